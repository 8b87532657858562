"""Proactive commands and envelopes (TS 102 223 §6.6, §7, TS 31.111 §7)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Field, named, number
from cards.explain.tlvs import Row, template
from cards.explain.toolkit.names import command_name
from cards.explain.toolkit.objects import objects

TEMPLATES = {
    0xD0: Row("proactive command", clause="TS 102 223 §6.6", inside=objects),
    0xD1: Row("SMS-PP download", clause="TS 31.111 §7.1.1", inside=objects),
    0xD2: Row("cell broadcast download", clause="TS 31.111 §7.1.2", inside=objects),
    0xD3: Row("menu selection", clause="TS 102 223 §7.2", inside=objects),
    0xD4: Row("call control", clause="TS 31.111 §7.3.1", inside=objects),
    0xD5: Row("MO short message control", clause="TS 31.111 §7.3.2", inside=objects),
    0xD6: Row("event download", clause="TS 102 223 §7.5", inside=objects),
    0xD7: Row("timer expiration", clause="TS 102 223 §7.4", inside=objects),
    0xD9: Row("USSD download", clause="TS 31.111 §7.7", inside=objects),
    0xDA: Row("MMS transfer status", clause="TS 102 223 §7.6", inside=objects),
    0xDB: Row("MMS notification download", clause="TS 102 223 §7.7", inside=objects),
    0xDC: Row("terminal application", clause="TS 102 223 §7.8", inside=objects),
    0xDD: Row("geographical location", clause="TS 31.111 §7.8", inside=objects),
    0xDE: Row("envelope container", clause="TS 102 223 §7.9", inside=objects),
    0xDF: Row("ProSe report", clause="TS 31.111 §7.10", inside=objects),
    0xE4: Row("proactive session on the contactless interface", inside=template({})),
}
"""Tag → proactive command or envelope."""
messages = template(TEMPLATES)


def title_of(data: bytes) -> str:
    """'DISPLAY TEXT', 'menu selection' …, of a proactive command or an envelope; empty for anything else."""
    row = TEMPLATES.get(data[0]) if data else None
    if row is None:
        return ""
    if data[0] != 0xD0:
        return row.name
    at = data.find(b"\x03", 2)
    details = data[at + 1 : at + 4] if data[at - 1 : at] in (b"\x81", b"\x01") else b""
    return (len(details) == 3 and command_name(details[1])[0]) or "proactive command"


def control_answer(cursor: Cursor) -> Iterator[Field]:
    """What the card answers to call control (TS 31.111 §7.3.1.6)."""
    yield cursor.field("result", 1, named({0: "allowed", 1: "not allowed", 2: "allowed, with modifications"}))
    yield cursor.field("length", 1, number)
    yield from objects(cursor)
