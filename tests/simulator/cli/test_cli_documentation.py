"""The examples of docs/command-line.md and docs/traces.md, run in their order."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim

PAGES = Path(__file__).parents[3] / "docs"
NOT_HERE = ("until Ctrl-C", "with the server above", "in a shell")
"""Comments of examples that need a server that stays; other tests run those."""


def examples(page: str = "command-line.md") -> list[str]:
    blocks = (PAGES / page).read_text(encoding="utf-8").split("```sh\n")[1:]
    lines = [line for block in blocks for line in block.split("```")[0].splitlines()]
    return [line for line in lines if not line.endswith(NOT_HERE)]


@pytest.mark.parametrize(
    ("page", "fewest"), [("command-line.md", 20), ("traces.md", 10), ("lessons/index.md", 2)]
)
def test_every_example_works(
    esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str, fewest: int
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(examples(page)) >= fewest
    for line in examples(page):
        command, *arguments = shlex.split(line)
        assert command == "esim"
        outcome = esim(*arguments)
        assert outcome.status == 0, f"{line}: {outcome.err}"
