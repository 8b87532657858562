"""AT commands over a port: one command, its information lines, and its final result (ITU-T V.250 §5.7)."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Protocol

from cards.at.errors import describe
from cards.errors import LinkError

_FAILURES = ("ERROR", "NO CARRIER", "COMMAND NOT SUPPORT")
_MAXIMUM_LINE = 1 << 18


class AtPort(Protocol):
    """Where a modem listens: bytes out, bytes in. A file of pyserial is one."""

    def write(self, data: bytes, /) -> object: ...

    def read(self, limit: int, seconds: float, /) -> bytes:
        """Up to `limit` bytes, as soon as there are any; none after `seconds`. LinkError if it is gone."""

    def close(self) -> None: ...


class ModemError(LinkError):
    """The modem refused a command. `number` is the <err> of +CME ERROR, None for a bare ERROR."""

    def __init__(self, command: str, number: int | None) -> None:
        why = "ERROR" if number is None else describe(number)
        super().__init__(f"the modem refused {command}: {why}")
        self.command = command
        self.number = number


class ModemSilent(LinkError):  # noqa: N818 - a name that reads as what happened
    """The modem did not answer in time."""


class AtClient:
    """Commands to a modem. `patience` is how many seconds each may take, `clock` counts them."""

    def __init__(
        self, port: AtPort, *, patience: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._port = port
        self._patience = patience
        self._clock = clock
        self._received = b""
        self._is_late = False
        """Whether an answer may still come to a command that was given up."""

    def start(self) -> None:
        """Agree with the modem on plain words: no echo, and errors by number (TS 27.007 §9.1)."""
        self.execute("E0")
        with contextlib.suppress(ModemError):  # then it says ERROR only
            self.execute("+CMEE=1")

    def execute(self, command: str, prefix: str | None = None) -> list[str]:
        """Send `AT<command>`; the lines before OK, or those that begin with `prefix`, without it.

        What a modem says of itself meanwhile is passed over. ModemError if it refuses, ModemSilent if it does
        not answer in time.
        """
        if self._is_late:
            self._drain()
        self._port.write(f"AT{command}\r".encode("ascii"))
        deadline = self._clock() + self._patience
        lines: list[str] = []
        shown = f"AT{command.partition('=')[0]}"
        while True:
            line = self._line(deadline, shown)
            if line == "OK":
                break
            if line.startswith("+CME ERROR:"):
                raise ModemError(shown, _number(line.partition(":")[2]))
            if line in _FAILURES:
                raise ModemError(shown, None)
            if line and not line.upper().startswith("AT"):  # its echo
                lines.append(line)
        if prefix is None:
            return lines
        return [line.removeprefix(prefix).strip() for line in lines if line.startswith(prefix)]

    def supports(self, command: str) -> bool:
        """Whether the modem knows a command, by its test form (`AT+CSIM=?`)."""
        try:
            self.execute(f"{command}=?")
        except ModemError:
            return False
        return True

    def close(self) -> None:
        self._port.close()

    def _line(self, deadline: float, command: str) -> str:
        while b"\n" not in self._received:
            left = deadline - self._clock()
            piece = self._port.read(4096, left) if left > 0 else b""
            if not piece:
                self._is_late = True
                raise ModemSilent(
                    f"the modem did not answer {command} within {self._patience:g} seconds: "
                    "is this its AT port, and is no other program using it?"
                )
            self._received += piece
            if len(self._received) > _MAXIMUM_LINE:
                self._received = b""
                raise LinkError("what comes from the port has no line ends: it is not the AT port of a modem")
        line, _, self._received = self._received.partition(b"\n")
        return line.decode("ascii", "replace").strip()

    def _drain(self) -> None:
        self._received = b""
        while self._port.read(4096, 0.05):
            pass
        self._is_late = False


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isdecimal() else None


class SerialPort:
    """A serial port through pyserial (extra `modem`): a device file, or a URL that pyserial knows."""

    def __init__(self, name: str, speed: int = 115200) -> None:
        try:
            import serial
        except ImportError:
            raise LinkError("a modem needs pyserial: pip install 'esim-simulator[modem]'") from None
        self.name = name
        self._errors = (serial.SerialException, OSError)
        try:
            self._serial = serial.serial_for_url(name, baudrate=speed, timeout=0, write_timeout=5)
        except (*self._errors, ValueError) as error:
            raise LinkError(f"the port {name} cannot be opened: {_reason(error)}") from None

    def write(self, data: bytes, /) -> None:
        try:
            self._serial.write(data)
        except self._errors as error:
            raise LinkError(f"the port {self.name} is gone: {_reason(error)}") from None

    def read(self, limit: int, seconds: float, /) -> bytes:
        try:
            self._serial.timeout = max(seconds, 0)
            first: bytes = self._serial.read(1)
            more: bytes = self._serial.read(min(limit - 1, self._serial.in_waiting)) if first else b""
        except self._errors as error:
            raise LinkError(f"the port {self.name} is gone: {_reason(error)}") from None
        return first + more

    def close(self) -> None:
        self._serial.close()


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)
