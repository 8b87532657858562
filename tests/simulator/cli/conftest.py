"""Runs `esim` in this process, with a home of its own, through the same last stop as the script."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from simulator.cli import app


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


Esim = Callable[..., Outcome]
Server = Callable[..., list[str]]
Start = Callable[..., subprocess.Popen[str]]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def esim_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("ESIM_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")
    return home


@pytest.fixture
def esim(esim_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Esim:
    def call(*arguments: object, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["esim", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app.run()
        captured = capsys.readouterr()
        status = ended.value.code
        assert isinstance(status, int)
        return Outcome(status, captured.out, captured.err)

    return call


@pytest.fixture
def start(esim_home: Path) -> Iterator[Start]:
    """Starts `esim` with a command that serves, in a process of its own, until the test ends."""
    processes: list[subprocess.Popen[str]] = []

    def call(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", "from simulator.cli import main; main()", *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                "ESIM_HOME": str(esim_home),
                "PYTHONUNBUFFERED": "1",
                "LC_ALL": "C.UTF-8",
                "PCSCLITE_CSOCK_NAME": os.environ["PCSCLITE_CSOCK_NAME"],
            },
        )
        processes.append(process)
        return process

    yield call
    for process in processes:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode == 0


def next_line(stream: IO[str] | None) -> str:
    """The next line that a process prints, without its end."""
    assert stream is not None
    return stream.readline().strip()


@pytest.fixture
def serve(start: Start) -> Server:
    """Starts `esim smdp serve` on a free port; gives the lines that it prints."""

    def call(*arguments: object) -> list[str]:
        process = start("smdp", "serve", "--port", "0", *arguments)
        lines = [next_line(process.stdout)]
        assert lines[0].startswith("SM-DP+"), lines
        return lines + [next_line(process.stdout) for _ in range(2 * arguments.count("--upp"))]

    return call
