"""The examples of docs/command-line.md, run in their order."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim

PAGE = Path(__file__).parents[3] / "docs" / "command-line.md"
NOT_HERE = ("until Ctrl-C", "with the server above")
"""Comments of examples that need a server that stays; other tests run those."""


def examples() -> list[str]:
    blocks = PAGE.read_text(encoding="utf-8").split("```sh\n")[1:]
    lines = [line for block in blocks for line in block.split("```")[0].splitlines()]
    return [line for line in lines if not line.endswith(NOT_HERE)]


def test_every_example_works(esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(examples()) > 20
    for line in examples():
        command, *arguments = shlex.split(line)
        assert command == "esim"
        outcome = esim(*arguments)
        assert outcome.status == 0, f"{line}: {outcome.err}"
