"""Every command line and every code sample of README and docs, page by page, in its order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.documentation import prepared
from tests.documentation.runner import Walk, environment, shown
from tests.documentation.samples import OUTPUT, PAGES, ROOT, Command, Sample, commands, samples
from tests.simulator.cli.conftest import Esim, esim, esim_home

__all__ = ["esim", "esim_home"]
SHELL = ("sh", "console")


@pytest.fixture
def walk(
    request: pytest.FixtureRequest, esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path], Walk]]:
    folder = tmp_path / "reader"
    folder.mkdir()
    monkeypatch.chdir(folder)
    begun: list[Walk] = []

    def begin(page: Path) -> Walk:
        begun.append(Walk(esim, folder))
        return begun[-1]

    yield begin
    for each in begun:
        each.stop()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_samples_of(page: Path, walk: Callable[[Path], Walk]) -> None:
    reader = walk(page)
    prepare = prepared.PAGES.get(page.name)
    names = prepare(Path.cwd()) if prepare else {}
    for sample in samples(page):
        if sample.marker == "not run":
            continue
        if sample.marker == "file":
            Path(sample.rest).write_text(sample.text, encoding="utf-8")
        elif sample.language in SHELL:
            for command in commands(sample):
                reader.run(command, sample.place)
        elif sample.language == "python":
            run_python(sample, names)
        else:
            assert sample.language in OUTPUT, f"{sample.place}: nobody runs {sample.language!r}"


def run_python(sample: Sample, names: dict[str, object]) -> None:
    """A sample with tests is a file of a project that has nothing else; others run one after the other."""
    if "def test_" not in sample.text:
        exec(compile(sample.text, sample.place, "exec"), names)
        return
    path = Path(f"test_line_{sample.line}.py")
    path.write_text(sample.text, encoding="utf-8")
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(path)]
    done = subprocess.run(call, env=environment(), capture_output=True, text=True, check=False)
    assert f"{sample.text.count('def test_')} passed" in done.stdout, (
        f"{sample.place}: {done.stdout}{done.stderr}"
    )


def test_what_is_not_run_says_why() -> None:
    """A sample that needs what no test machine has is marked on the page; those are few."""
    every = [sample for page in PAGES for sample in samples(page) if sample.language not in OUTPUT]
    left_out = [sample for sample in every if sample.marker == "not run"]
    assert all(sample.rest.startswith(prepared.REASONS) for sample in left_out), left_out
    assert len(left_out) * 4 < len(every)


def test_no_command_hides_in_a_block_without_a_language() -> None:
    shown_only = [sample for page in PAGES for sample in samples(page) if not sample.language]
    assert [one.place for one in shown_only if one.text.startswith(("esim ", "pip ", "make "))] == []


def test_what_a_console_shows() -> None:
    assert shown("card …\n…\nlast\n", "a line\ncard phone\nx\ny\nlast\n")
    assert not shown("one\ntwo\n", "one\nx\ntwo\n")
    assert not shown("…\nthree\n", "one\ntwo\n")


def test_comments_and_refusals_of_commands() -> None:
    block = Sample(
        ROOT / "README.md", 1, "sh", "# a title\nesim a 'LPA:1$x#1' --b   # refused: why\nesim c \\\n  --d\n"
    )
    assert commands(block) == [Command("esim a 'LPA:1$x#1' --b", refused=True), Command("esim c    --d")]
    console = Sample(ROOT / "README.md", 1, "console", "$ esim a\none\n$ esim b  # two\n")
    assert commands(console) == [Command("esim a", "one\n"), Command("esim b")]
