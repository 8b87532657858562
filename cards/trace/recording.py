"""Recordings: a session with a card as JSON Lines, one object a line, and what brings it back.

The first line says what the file is; then a line for each reset and exchange, times in seconds since the
session began:

    {"format": "esim-recording", "version": 1, "reader": "…", "started": "2026-11-28T06:35:10.000000+00:00"}
    {"time": 0.0, "reset": "3B9F…"}
    {"time": 0.001, "command": "00A40004023F00", "response": "61…", "seconds": 0.0004}
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, TextIO

from cards.trace.entries import Entry, Exchange, Reset, TraceError

FORMAT, VERSION = "esim-recording", 1


class RecordingSink:
    """Writes each entry at once. `reader` says where the card was; the first entry's time is the start."""

    def __init__(self, file: TextIO, reader: str = "") -> None:
        self._file = file
        self._reader = reader
        self._started: float | None = None

    def take(self, entry: Entry, /) -> None:
        if self._started is None:
            self._started = entry.time
            started = datetime.fromtimestamp(entry.time, UTC).isoformat(timespec="microseconds")
            head = {"format": FORMAT, "version": VERSION, "reader": self._reader, "started": started}
            self._write(head)
        time = round(entry.time - self._started, 6)
        if isinstance(entry, Reset):
            self._write({"time": time, "reset": entry.atr.hex().upper()})
            return
        line = {
            "time": time,
            "command": entry.command.hex().upper(),
            "response": entry.response.hex().upper(),
        }
        self._write(line | {"seconds": round(entry.seconds, 6)})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def is_recording(text: str) -> bool:
    """Whether a text begins as a recording does."""
    return text.startswith("{") and f'"{FORMAT}"' in text.partition("\n")[0]


def read(text: str) -> list[Entry]:
    """The entries of a recording. TraceError names the line that is none."""
    lines = [line for line in text.splitlines() if line.strip()]
    head = _object(lines[0] if lines else "", 1)
    if head.get("format") != FORMAT or head.get("version") != VERSION:
        raise TraceError("line 1 is not the head of a recording of version 1")
    try:
        started = datetime.fromisoformat(str(head.get("started"))).timestamp()
    except ValueError:
        raise TraceError(f"line 1 says that the recording started at {head.get('started')!r}") from None
    return [_entry(_object(line, number), number, started) for number, line in enumerate(lines[1:], 2)]


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise TraceError(f"line {number} of the recording is no JSON object")
    return value


def _entry(line: dict[str, Any], number: int, started: float) -> Entry:
    try:
        time = started + float(line.get("time", 0))
        if "reset" in line:
            return Reset(bytes.fromhex(line["reset"]), time)
        command, response = bytes.fromhex(line["command"]), bytes.fromhex(line["response"])
        return Exchange(command, response, time, float(line.get("seconds", 0)))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise TraceError(f"line {number} of the recording is neither a reset nor an exchange") from None
