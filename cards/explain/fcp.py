"""What SELECT and STATUS answer: FCP and FCI templates (TS 102 221 §11.1.1.3), and the GSM SIM's fixed
layouts (TS 51.011 §9.2.1)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.access import compact, key_reference, referenced, rules
from cards.explain.fields import Cursor, Field, counted, flags, hexadecimal, named, number
from cards.explain.files.uicc import application
from cards.explain.globalplatform.objects import PROPRIETARY
from cards.explain.tlvs import Row, ber_header, template
from cards.fcp import LIFE_CYCLES, STRUCTURES


def descriptor(cursor: Cursor) -> Iterator[Field]:
    """'82' (TS 102 221 §11.1.1.4.3)."""
    first = cursor.peek()
    yield cursor.field("file descriptor", 1, _kind)
    yield cursor.field("data coding", 1)
    if cursor.left:
        yield cursor.field("record length", 2, number)
    if cursor.left and first[0] & 0x07:
        yield cursor.field("number of records", 1, number)


def _kind(data: bytes) -> str:
    value = data[0]
    shared = "shareable" if value & 0x40 else "not shareable"
    if value & 0xBF == 0x38:
        return f"{value:02X}: directory (DF or ADF), {shared}"
    structure = STRUCTURES.get(value & 0x3F) or STRUCTURES.get(value & 0x07, "unknown")
    internal = "internal" if value & 0x38 == 0x08 else "working"
    return f"{value:02X}: {internal} EF, {structure}, {shared}"


def _short_identifier(data: bytes) -> str:
    return f"{data[0] >> 3}" if data and data[0] >> 3 else "none"


def _life_cycle(data: bytes) -> str:
    return f"{data[0]:02X}: {LIFE_CYCLES.get(data[0], 'proprietary')}"


def pins(cursor: Cursor) -> Iterator[Field]:
    """A bit mask '90' of enabled PINs, from the highest bit on, then the key references '83' in its order,
    each after a usage qualifier '95' (TS 102 221 §9.5.2)."""
    bits: list[str] = []
    while cursor.left:
        begin = cursor.at
        tag, start, end = ber_header(cursor)
        value = cursor.data[start:end]
        if tag == 0x90:
            bits = list("".join(f"{octet:08b}" for octet in value))
            yield Field("enabled, a bit each (90)", hexadecimal(value), begin, end - begin)
        elif tag == 0x83 and value:
            state = {"1": "enabled", "0": "disabled"}.get(bits.pop(0) if bits else "", "not said")
            said = f"{key_reference(value)}, {state}"
            yield Field("key reference (83)", said, begin, end - begin, "TS 102 221 Table 9.3")
        else:
            yield Field(f"usage qualifier ({tag:02X})", hexadecimal(value), begin, end - begin)


_VOLTAGES = {1: "class A (5 V)", 2: "class B (3 V)", 3: "class C (1.8 V)"}
_CHARACTERISTICS = {1: "clock stop allowed", 3: "clock stop at high level", 4: "clock stop at low level"}
_CHARACTERISTICS |= {5: "class A (5 V)", 6: "class B (3 V)", 7: "class C (1.8 V)"}
_COMMANDS = flags({1: "TERMINAL CAPABILITY"})
_PROPRIETARY = {
    0x80: Row("UICC characteristics", flags(_CHARACTERISTICS), "TS 102 221 §11.1.1.4.6.1"),
    0x81: Row("power consumption", hexadecimal, "TS 102 221 §11.1.1.4.6.2"),
    0x82: Row("minimum clock frequency", lambda d: f"{d[0] / 10} MHz", "TS 102 221 §11.1.1.4.6.3"),
    0x83: Row("memory available", counted("bytes"), "TS 102 221 §11.1.1.4.6.4"),
    0x84: Row("file details", flags({1: "DER coding only"}), "TS 102 221 §11.1.1.4.6.5"),
    0x85: Row("reserved file size", counted("bytes"), "TS 102 221 §11.1.1.4.6.6"),
    0x86: Row("maximum file size", counted("bytes"), "TS 102 221 §11.1.1.4.6.7"),
    0x87: Row("supported commands", _COMMANDS, "TS 102 221 §11.1.1.4.6.8"),
    0x88: Row("environmental conditions", hexadecimal, "TS 102 221 §11.1.1.4.6.9"),
    0x89: Row("secured APDUs between platforms"),
    0xC0: Row("special file information", flags({8: "often updated", 7: "readable when deactivated"})),
    0xC1: Row("filling pattern"),
    0xC2: Row("repeat pattern"),
}
_OBJECTS = {
    0x80: Row("file size", counted("bytes"), "TS 102 221 §11.1.1.4.1"),
    0x81: Row("total file size", counted("bytes"), "TS 102 221 §11.1.1.4.2"),
    0x82: Row("file descriptor", clause="TS 102 221 §11.1.1.4.3", inside=descriptor),
    0x83: Row("file identifier", hexadecimal, "TS 102 221 §11.1.1.4.4"),
    0x84: Row("AID (DF name)", application, "TS 102 221 §11.1.1.4.5"),
    0x88: Row("short file identifier", _short_identifier, "TS 102 221 §11.1.1.4.8"),
    0x8A: Row("life cycle", _life_cycle, "TS 102 221 §11.1.1.4.9"),
    0x8B: Row("access rules", clause="TS 102 221 §11.1.1.4.7.1", inside=referenced),
    0x8C: Row("access rules, compact", clause="TS 102 221 §11.1.1.4.7.2", inside=compact),
    0xAB: Row("access rules, expanded", clause="TS 102 221 §11.1.1.4.7.3", inside=rules),
    0xA5: Row("proprietary", clause="TS 102 221 §11.1.1.4.6", inside=template(_PROPRIETARY)),
    0xC6: Row("PIN status", clause="TS 102 221 §11.1.1.4.10", inside=pins),
}
_INFORMATION = {
    **_OBJECTS,
    0xA5: Row("proprietary", clause="GP Card Specification Table 11-75", inside=template(PROPRIETARY)),
}
"""Of an application that is none of a UICC's: a security domain, say."""
_VERSION = {0x82: Row("version", lambda data: ".".join(str(octet) for octet in data))}
_TEMPLATES = {
    0x62: Row("file control parameters", clause="TS 102 221 §11.1.1.3", inside=template(_OBJECTS)),
    0x6F: Row("file control information", clause="ISO/IEC 7816-4 §7.4.3", inside=template(_INFORMATION)),
    0xE0: Row("ISD-R", clause="SGP.22 §5.7.1", inside=template(_VERSION)),
}
answer = template(_TEMPLATES)

_KINDS = {0x01: "MF", 0x02: "DF", 0x04: "EF"}
_GSM_STRUCTURES = {0x00: "transparent", 0x01: "linear fixed", 0x03: "cyclic"}
_LEVELS = {0: "always", 1: "CHV1", 2: "CHV2", 3: "reserved", 15: "never"}


def gsm_answer(cursor: Cursor) -> Iterator[Field]:
    """MF and DF: 22 bytes and more; EF: 14 or 15 (TS 51.011 §9.2.1)."""
    kind = cursor.peek(7)[6:]
    if kind == b"\x04":
        yield from _gsm_file(cursor)
        return
    yield cursor.field("reserved", 2)
    yield cursor.field("memory not allocated", 2, counted("bytes"))
    yield cursor.field("file identifier", 2)
    yield cursor.field("type", 1, named(_KINDS))
    yield cursor.field("reserved", 5)
    yield cursor.field("length of what follows", 1, number)
    yield cursor.field("characteristics", 1, lambda d: "CHV1 disabled" if d[0] & 0x80 else "CHV1 enabled")
    yield cursor.field("directories in it", 1, number)
    yield cursor.field("files in it", 1, number)
    yield cursor.field("CHVs and administrative codes", 1, number)
    yield cursor.field("reserved", 1)
    for name in ("CHV1", "UNBLOCK CHV1", "CHV2", "UNBLOCK CHV2"):
        if cursor.left:
            yield cursor.field(name, 1, _tries)
    if cursor.left:
        yield cursor.field("further data", None)


def _tries(data: bytes) -> str:
    return f"{data[0] & 15} tries left" if data[0] & 0x80 else "not initialised"


def _gsm_file(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("reserved", 2)
    yield cursor.field("file size", 2, counted("bytes"))
    yield cursor.field("file identifier", 2)
    yield cursor.field("type", 1, named(_KINDS))
    yield cursor.field("INCREASE", 1, lambda data: "allowed" if data[0] & 0x40 else "not allowed")
    yield cursor.field("READ; UPDATE", 1, _levels)
    yield cursor.field("INCREASE; reserved", 1, _levels)
    yield cursor.field("REHABILITATE; INVALIDATE", 1, _levels)
    yield cursor.field("status", 1, lambda data: "valid" if data[0] & 1 else "invalidated")
    yield cursor.field("length of what follows", 1, number)
    yield cursor.field("structure", 1, named(_GSM_STRUCTURES))
    if cursor.left:
        yield cursor.field("record length", 1, number)


def _levels(data: bytes) -> str:
    return "; ".join(_LEVELS.get(level, f"ADM {level - 3}") for level in (data[0] >> 4, data[0] & 15))
