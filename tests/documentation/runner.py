"""Runs the commands of a page one after the other, as a reader would: in one folder, with one home of `esim`,
servers in the background, and what one command printed in the next."""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.documentation.samples import Command
from tests.simulator.cli.conftest import Outcome

STAYING = re.compile(
    r"esim (--quirks \S+ )?(\S+ serve|operator listen|reader plug|reader watch|web)\b|esim .*--every "
)
"""Commands that stay until Ctrl-C."""
IMPLIED: Mapping[str, str] = {
    r"esim (--quirks \S+ )?smdp serve\b(?!.*--port)": "--port 8443",
    r"esim smds serve\b(?!.*--port)": "--port 8444",
    r"esim operator listen\b(?!.*--port)": "--port 8446",
    r"esim eim serve\b(?!.*--port)": "--port 8447",
    r"esim eim config\b(?!.*--address)": "--address localhost:8447",
    r"esim smdp stock\b(?!.*--address)": "--address localhost:8443",
    r"esim operator (order|confirm|cancel|release|rpm)\b(?!.*--smdp)": "--smdp localhost:8443",
    r"esim web\b(?!.*--port)": "--port 8080",
    r"esim web\b(?!.*--no-open)": "--no-open",
}
"""What a command takes for granted, so that a free port can stand in its place."""
PORTS = re.compile(r"(?<=localhost:)\d{4}\b|(?<=127\.0\.0\.1:)\d{4}\b|(?<=--port )\d{4}\b|(?<=--tcp )\d{4}\b")
PRINTED = {
    "activation code": (re.compile(r"LPA:1\$[^\s']*…"), re.compile(r"LPA:1\$[^\s'\"]+")),
    "EID": (re.compile(r"(?<![\w-])EID\b"), re.compile(r"\b89\d{30}\b")),
    "ICCID": (re.compile(r"(?<![\w-])ICCID\b"), re.compile(r"\b89\d{16,18}\b")),
}
"""What a reader copies from the screen: how the page writes it, and how it is printed."""
_SECONDS = 60
_STILL = 0.3


class Walk:
    """The state of one reader, who puts what was printed last in the place of EID, ICCID and `LPA:1$…`."""

    def __init__(self, esim: Callable[..., Outcome], folder: Path) -> None:
        self._esim = esim
        self._folder = folder
        self._ports: dict[str, str] = {}
        self._printed: dict[str, str] = {}
        self._servers: list[subprocess.Popen[str]] = []

    def run(self, command: Command, place: str) -> None:
        """Run it; AssertionError if it does not do what the page says."""
        line = self._filled(command.line)
        if STAYING.match(line):
            self._start(line, place)
            return
        outcome = self._in_process(line) if self._is_plain(line) else self._in_shell(line)
        assert bool(outcome.status) == command.refused, f"{place}: {line}: {outcome.out}{outcome.err}"
        self._remember(outcome.out)
        if command.shows:
            assert shown(command.shows, outcome.out + outcome.err), (
                f"{place}: {line} prints\n{outcome.out}{outcome.err}and not\n{command.shows}"
            )

    def stop(self) -> None:
        """End the servers as Ctrl-C does."""
        for server in reversed(self._servers):
            server.send_signal(signal.SIGINT)
        for server in self._servers:
            try:
                out, _ = server.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                out, _ = server.communicate()
            assert server.returncode in (0, 130), f"{server.args!r} ended with {server.returncode}: {out}"

    def _filled(self, line: str) -> str:
        for pattern, option in IMPLIED.items():
            if re.match(pattern, line):
                line = f"{line} {option}"
        line = PORTS.sub(lambda port: self._port(port.group()), line)
        for place, (placeholder, _) in PRINTED.items():
            if placeholder.search(line):
                assert place in self._printed, f"{line}: nothing printed an {place} before"
                line = placeholder.sub(self._printed[place].replace("\\", r"\\"), line)
        return line

    def _port(self, port: str) -> str:
        if port not in self._ports:
            with socket.create_server(("localhost", 0)) as free:
                self._ports[port] = str(free.getsockname()[1])
        return self._ports[port]

    def _remember(self, text: str) -> None:
        for place, (_, value) in PRINTED.items():
            if found := value.findall(text):
                self._printed[place] = found[-1]

    @staticmethod
    def _is_plain(line: str) -> bool:
        return line.startswith("esim ") and not re.search(r" [|<>&]|\$\(|^\w+=", line)

    def _in_process(self, line: str) -> Outcome:
        return self._esim(*shlex.split(line)[1:])

    def _in_shell(self, line: str) -> Outcome:
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {line}"],
            cwd=self._folder,
            env=environment(),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def _start(self, line: str, place: str) -> None:
        server = subprocess.Popen(
            shlex.split(line),
            cwd=self._folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._servers.append(server)
        said = first_words(server)
        assert said, f"{place}: {line} does not start: {server.communicate(timeout=_SECONDS)[0]}"
        self._remember(said)


def environment() -> dict[str, str]:
    """That of a reader whose `esim` is the one under test."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
        "LC_ALL": "C.UTF-8",
    }


def first_words(server: subprocess.Popen[str]) -> str:
    """What it says before it waits: that Ctrl-C ends it, and what follows until it is still for a moment.
    Nothing if it ends before."""
    assert server.stdout is not None
    stream, said = server.stdout.fileno(), b""
    while select.select([stream], [], [], _STILL if b"Ctrl-C" in said else _SECONDS)[0]:
        if not (more := os.read(stream, 65536)):
            return ""
        said += more
    return said.decode()


def shown(expected: str, printed: str) -> bool:
    """Whether the lines that a page shows stand in what was printed, in their order; '…' is anything, and a
    line of nothing else any number of lines."""
    lines = [line.rstrip() for line in printed.splitlines()]
    at = 0
    anywhere = True
    for wanted in (line.rstrip() for line in expected.strip("\n").splitlines()):
        if wanted.strip() == "…":
            anywhere = True
            continue
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        found = next((place for place in range(at, len(lines)) if pattern.fullmatch(lines[place])), None)
        if found is None or (not anywhere and found != at):
            return False
        at, anywhere = found + 1, False
    return True
