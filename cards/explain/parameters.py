"""What P1, P2, data and answers of commands say: the pieces that the table of commands is made of (TS 102 221
§11, TS 31.102 §7, GP Card Specification §11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cards.apdu import CommandApdu
from cards.explain import atr, fcp, toolkit
from cards.explain.access import key_reference
from cards.explain.applications import name_of
from cards.explain.fields import Cursor, Decoder, Field, ascii_text, hexadecimal, number
from cards.explain.files.uicc import application
from cards.explain.globalplatform.words import key_version, scp03_options
from cards.explain.place import Node, Place
from cards.explain.sms import delivery_report
from cards.explain.tlvs import Row as Object
from cards.explain.tlvs import template
from cards.files import MF

INTERINDUSTRY, PROPRIETARY, GSM = "interindustry", "proprietary", "GSM"


def kind_of(cla: int) -> str:
    """Which commands a class byte belongs to (TS 102 221 §10.1.1)."""
    if cla == 0xA0:
        return GSM
    return PROPRIETARY if cla & 0x80 else INTERINDUSTRY


# Files

SELECTIONS = {
    0x00: "by file identifier", 0x01: "child directory", 0x02: "file in the current directory",
    0x03: "parent directory", 0x04: "by AID", 0x08: "by path from the MF", 0x09: "by path from here",
}  # fmt: skip


def what_is_selected(command: CommandApdu, place: Place) -> str:
    if command.p1 == 0x03:
        return "the parent directory"
    if command.p1 == 0x04:
        return name_of(command.data) or f"AID {hexadecimal(command.data)}"
    if command.p1 in (0x08, 0x09):
        there = (
            Place()
            if command.p1 == 0x08
            else Place(place.path, application=place.application, books=place.books)
        )
        for at in range(0, len(command.data) - 1, 2):
            there.select(int.from_bytes(command.data[at : at + 2], "big"))
        return there.title
    return file_name(command.data, place)


def file_name(data: bytes, place: Place) -> str:
    """The file with this identifier, as seen from a place."""
    fid = int.from_bytes(data, "big")
    if fid == MF:
        return "MF"
    if fid == 0x7FFF:
        return "the directory of the current application"
    for depth in range(len(place.path), 0, -1):
        if place.path[depth - 1].fid == fid:
            return place.path[depth - 1].name
        if name := place.name_in(depth, fid):
            return name
    return f"{fid:04X}"


def select_parameters(command: CommandApdu) -> tuple[str, str]:
    wanted = {0x04: "FCP wanted", 0x0C: "no answer wanted", 0x00: "FCI wanted", 0x08: "FMD wanted"}
    occurrence = ("first or only", "last", "next", "previous")[command.p2 & 3]
    answer = wanted.get(command.p2 & 0x1C, "other answer")
    session = {0x40: ", ends the session"}.get(command.p2 & 0x60, "")
    return SELECTIONS.get(command.p1, "another way"), f"{answer}, {occurrence} occurrence{session}"


def selected_data(command: CommandApdu, place: Place) -> Decoder:
    def decode(cursor: Cursor) -> Iterator[Field]:
        if command.p1 == 0x04:
            yield cursor.field("AID", None, application, "TS 101 220 annex E")
        elif command.p1 in (0x08, 0x09):
            while cursor.left >= 2:
                yield cursor.field("file identifier", 2)
        else:
            yield cursor.field(
                "file identifier", None, lambda data: f"{hexadecimal(data)} ({file_name(data, place)})"
            )

    return decode


def gsm_parameters(command: CommandApdu) -> tuple[str, str]:
    return ("" if command.p1 == 0 else "not 0"), ("" if command.p2 == 0 else "not 0")


def file_of(command: CommandApdu, place: Place) -> Node | None:
    """The file that a command reads or writes: by its short file identifier, else the selected one."""
    if kind_of(command.cla) == GSM:
        return place.file
    if command.ins in _BINARY:
        return place.by_short_identifier(command.p1 & 0x1F) if command.p1 & 0x80 else place.file
    short = command.p2 >> 3
    return place.by_short_identifier(short) if 0 < short < 0x1F else place.file


_BINARY = (0xB0, 0xD6, 0x0E, 0xD0)


def offset_of(command: CommandApdu) -> int:
    """Where in a transparent file a command begins."""
    return command.p2 if command.p1 & 0x80 else (command.p1 & 0x7F) << 8 | command.p2


def binary_asked(command: CommandApdu, place: Place) -> str:
    file = file_of(command, place)
    name = place.path_of(file) if file else "the selected file"
    length = len(command.data) or command.le
    amount = f", {length} bytes" if length else ""
    at = offset_of(command)
    return f"{name}{f' from byte {at}' if at else ''}{amount}"


def binary_parameters(command: CommandApdu) -> tuple[str, str]:
    if command.p1 & 0x80:
        return f"short file identifier {command.p1 & 0x1F:02X}", f"offset {command.p2}"
    return "offset, high byte", f"offset {offset_of(command)}"


_RECORD_MODES = {2: "next record", 3: "previous record", 4: "record number in P1"}


def record_asked(command: CommandApdu, place: Place) -> str:
    file = file_of(command, place)
    name = place.path_of(file) if file else "the selected file"
    mode = command.p2 & 7
    which = f"record {command.p1}" if mode == 4 and command.p1 else _RECORD_MODES.get(mode, "current record")
    return f"{which} of {name}"


def record_parameters(command: CommandApdu) -> tuple[str, str]:
    short = command.p2 >> 3
    file = f", short file identifier {short:02X}" if short else ""
    mode = (
        "current record" if command.p2 & 7 == 4 and not command.p1 else _RECORD_MODES.get(command.p2 & 7, "")
    )
    return (f"record {command.p1}" if command.p1 else "current record"), mode + file


def content(command: CommandApdu, place: Place) -> Decoder | None:
    """What the file that a command means holds, if that has a known layout."""
    file = file_of(command, place)
    row = place.row(file)
    if file is None or row is None:
        return None
    return lambda cursor: [cursor.group(f"{file.name}, {row.title}", None, row.decoder, row.clause)]


def written_content(command: CommandApdu, place: Place) -> Decoder | None:
    """The same for data that are written; not for a part of a file that begins in its midst."""
    return None if command.ins in _BINARY and offset_of(command) else content(command, place)


def search_parameters(command: CommandApdu) -> tuple[str, str]:
    modes = {4: "forward from P1", 5: "backward from P1", 6: "enhanced search", 7: "proprietary search"}
    return (f"from record {command.p1}" if command.p1 else "from the current record"), modes.get(
        command.p2 & 7, ""
    )


def search_answer(cursor: Cursor) -> Iterator[Field]:
    while cursor.left:
        yield cursor.field("found in record", 1, number)


_STATUS = {0: "no indication", 1: "the application is initialised", 2: "the application will be terminated"}
_STATUS_ANSWERS = {0x00: "as SELECT", 0x01: "AID of the application", 0x0C: "no answer"}


def status_parameters(command: CommandApdu) -> tuple[str, str]:
    return _STATUS.get(command.p1, ""), _STATUS_ANSWERS.get(command.p2, "")


def status_answer(command: CommandApdu, place: Place) -> Decoder:
    aid = template({0x84: Object("AID", application)})
    return aid if command.p2 == 0x01 else fcp.answer


# PINs


def pin_asked(command: CommandApdu, place: Place) -> str:
    key = key_reference(bytes((command.p2,))).partition(": ")[2]
    return f"{key}{'' if command.data else ', tries left only'}"


def pin_parameters(command: CommandApdu) -> tuple[str, str]:
    return "", key_reference(bytes((command.p2,)))


def pin_text(data: bytes) -> str:
    """Eight bytes, 'FF' filled (TS 102 221 §9.5.1)."""
    digits = data.rstrip(b"\xff")
    if not digits:
        return "not given"
    return ascii_text(digits) if digits.isdigit() else hexadecimal(data)


def pin_fields(*names: str) -> Callable[[CommandApdu, Place], Decoder]:
    def decode(cursor: Cursor) -> Iterator[Field]:
        for name in names:
            if cursor.left:
                yield cursor.field(name, 8, pin_text, "TS 102 221 §9.5.1")

    return lambda command, place: decode


# Authentication

_CONTEXTS = {0: "GSM context", 1: "3G context", 2: "VGCS or VBS context", 4: "GBA context", 5: "MBMS context"}
_CONTEXTS |= {6: "local key establishment"}


def authenticate_parameters(command: CommandApdu) -> tuple[str, str]:
    return "", _CONTEXTS.get(command.p2 & 7, "another context")


def gsm_authenticated(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("SRES", 4)
    yield cursor.field("Kc", 8)


# Channels and the rest


def channel_asked(command: CommandApdu, place: Place) -> str:
    if command.p1 == 0x00:
        return f"open channel {command.p2}" if command.p2 else "open a channel"
    return f"close channel {command.p2}" if command.p1 == 0x80 else ""


def opened_channel(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("logical channel", 1, number)


def toolkit_asked(command: CommandApdu, place: Place) -> str:
    return toolkit.title_of(command.data)


def envelope_answer(command: CommandApdu, place: Place) -> Decoder | None:
    if command.data[:1] == b"\xd1":
        return delivery_report
    return toolkit.control_answer if command.data[:1] in (b"\xd4", b"\xd5") else None


def always(decoder: Decoder) -> Callable[[CommandApdu, Place], Decoder]:
    return lambda command, place: decoder


def tlv_objects(command: CommandApdu, place: Place) -> Decoder:
    return template({})


def retrieve_parameters(command: CommandApdu) -> tuple[str, str]:
    return "", {0x80: "first block", 0x00: "next block", 0x40: "repeat the block"}.get(command.p2 & 0xC0, "")


def suspend_parameters(command: CommandApdu) -> tuple[str, str]:
    return {0: "suspend", 1: "resume"}.get(command.p1, ""), ""


def initialised(cursor: Cursor) -> Iterator[Field]:
    """The answer to INITIALIZE UPDATE (GP annex E.5.1, Amendment D §7.1.1)."""
    yield cursor.field("key diversification data", 10)
    yield cursor.field("key version", 1, key_version)
    protocol = cursor.peek()
    yield cursor.field("protocol", 1, lambda data: f"SCP{data[0]:02X}")
    if protocol == b"\x02":
        yield cursor.field("sequence counter", 2, number)
        yield cursor.field("card challenge", 6)
    else:
        yield cursor.field("i", 1, scp03_options, "GP Amendment D Table 5-1")
        yield cursor.field("card challenge", 8)
    yield cursor.field("card cryptogram", 8)
    if cursor.left:
        yield cursor.field("sequence counter", 3, number)


def host_challenge(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("host challenge", None)


def host_cryptogram(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("host cryptogram", 8)
    yield cursor.field("MAC", None)


def security_levels(command: CommandApdu) -> tuple[str, str]:
    bits = {0x01: "C-MAC", 0x02: "C-DECRYPTION", 0x10: "R-MAC", 0x20: "R-ENCRYPTION"}
    return ", ".join(text for bit, text in bits.items() if command.p1 & bit) or "no secure messaging", ""


_INTERFACES = {
    0x80: Object("highest interface", number, "TS 102 221 §11.1.25"),
    0x81: Object("options", hexadecimal, "TS 102 221 §11.1.25"),
    0x90: Object("modes of several enabled profiles", hexadecimal, "SGP.22 v3 §3.3"),
    0x91: Object("profiles enabled, at most", number, "SGP.22 v3 §3.3"),
}
interfaces = template(_INTERFACES)
"""What MANAGE LSI [configure] says and answers."""


def interfaces_answer(command: CommandApdu, place: Place) -> Decoder:
    """The answer to a reset is an ATR; that to configuring says what was configured."""
    if command.p1 == 0x01:
        return template({0x80: Object("ATR of the interface", inside=atr.decode)})
    return interfaces
