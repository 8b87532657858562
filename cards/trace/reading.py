"""Traces from wherever they come: a capture, a recording, another program's log, or plain hexadecimal."""

from __future__ import annotations

from cards.trace import pcap, recording, text
from cards.trace.entries import Entry, TraceError


def read(data: bytes, where: str = "the trace") -> list[Entry]:
    """The entries of a trace in any known form; `where` names it in errors. Raises TraceError."""
    try:
        entries = pcap.read(data) if pcap.is_capture(data) else _text(data, where)
    except TraceError as error:
        raise TraceError(f"{where}: {error}") from None
    if not entries:
        raise TraceError(f"{where} has no APDU in it")
    return entries


def _text(data: bytes, where: str) -> list[Entry]:
    try:
        content = data.decode()
    except UnicodeDecodeError:
        raise TraceError("it is neither a capture (pcap, pcapng) nor text") from None
    if recording.is_recording(content):
        return recording.read(content)
    words = text.hex_words(data)
    return text.read_log(content) if words is None else text.read_hex(words)
