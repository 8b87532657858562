"""A PC/SC service of the tests' own: pcscd with vpcd, whose socket and ports collide with nobody's.

pcscd's socket is /run/pcscd/pcscd.comm and nothing else. Its own mount namespace puts a folder of ours there,
so that the socket appears in that folder, where PCSCLITE_CSOCK_NAME leads clients. Where namespaces are not
allowed, and nobody else uses /run/pcscd, the service runs there, one at a time on a machine.
"""

from __future__ import annotations

import fcntl
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

SLOTS = 2
CONFIGURATION = Path("/etc/reader.conf.d/vpcd")
RUN = Path("/run/pcscd")
PROGRAM = shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
_MOUNT = (
    "[ -d /run/pcscd ] || mkdir /run/pcscd 2>/dev/null || { mount -t tmpfs none /run && mkdir /run/pcscd; }; "
    'mount --bind "$0" /run/pcscd && exec "$@"'
)


def why_not() -> str:
    """What is missing on this machine; empty if nothing."""
    if PROGRAM is None:
        return "pcscd is not installed (make system-packages)"
    if not CONFIGURATION.exists():
        return "vsmartcard-vpcd is not installed (make system-packages)"
    return ""


def socket_of(folder: Path) -> Path:
    return folder / "pcscd.comm"


class PcscService:
    """pcscd with one virtual reader of two slots, on `port` and the next one once it was started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0
        self._lock: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "conf").mkdir(exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to use this service."""
        return {**os.environ, "PCSCLITE_CSOCK_NAME": str(socket_of(self._folder)), "LC_ALL": "C.UTF-8"}

    def start(self) -> None:
        """Start, and wait until it serves; on the ports that it had before, if it had any."""
        known = self.port
        for _ in range(5):  # somebody may take a port in between, or the one before still hold it
            self.port = known or _free_ports(SLOTS)
            if self._starts():
                return
            self.stop()
            time.sleep(0.2)
        raise RuntimeError(f"pcscd does not start: {(self._folder / 'log').read_text()}")

    def _starts(self) -> bool:
        assert PROGRAM is not None
        text = re.sub(r"0x8C7B", f"0x{self.port:04X}", CONFIGURATION.read_text(), flags=re.IGNORECASE)
        (self._folder / "conf" / "vpcd").write_text(text)
        options = ["--foreground", "--config", str(self._folder / "conf")]
        if "--disable-polkit" in subprocess.run([PROGRAM, "--help"], capture_output=True, text=True).stdout:
            options.append("--disable-polkit")  # pcsc-lite 2 asks polkit, which does not run in a test
        command = [*self._isolation(), PROGRAM, *options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        place = socket_of(self._folder)
        return eventually(lambda: _answers(place) and _listens(self.port + SLOTS - 1), 5)

    def _isolation(self) -> list[str]:
        """What goes before the program to run it with a /run/pcscd of its own."""
        become_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        isolated = ["unshare", *become_root, "--mount", "sh", "-c", _MOUNT, str(self._folder)]
        if (
            shutil.which("unshare")
            and subprocess.run([*isolated, "true"], capture_output=True).returncode == 0
        ):
            return isolated
        RUN.mkdir(exist_ok=True)
        self._lock = (Path(tempfile.gettempdir()) / "esim-tests-pcscd.lock").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        if _answers(socket_of(RUN)):
            raise RuntimeError("a PC/SC service runs already, and no namespace can be made for another one")
        socket_of(self._folder).unlink(missing_ok=True)
        socket_of(self._folder).symlink_to(socket_of(RUN))
        return []

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _free_ports(count: int) -> int:
    """The first of some free ports in a row, below those that systems give to clients."""
    while True:
        port = random.randrange(10_000, 32_000)
        if not any(_listens(port + number) for number in range(count)):
            return port


def _listens(port: int) -> bool:
    """Whether somebody listens on the port, found out without calling."""
    wanted = f":{port:04X} "
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        if any(line.split()[3] == "0A" and f"{line.split()[1]} ".endswith(wanted) for line in lines):
            return True
    return False


def _answers(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(place))
        except OSError:
            return False
    return True
