"""Files that DF.TELECOM and the USIM share: dialling numbers, short messages, extensions (TS 31.102 §4.2, §4.6,
TS 51.011 §10.5)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.access import rules
from cards.explain.fields import (
    Cursor,
    Decoder,
    Field,
    Unreadable,
    flags,
    hexadecimal,
    named,
    number,
    or_unused,
)
from cards.explain.files.row import FileRow, parts, whole
from cards.explain.numbers import alpha, minutes_and_hours, number_of_length, time_stamp
from cards.explain.services import service_table
from cards.explain.sms import coding, protocol, report, stored
from cards.explain.tlvs import Row, template

_NUMBER_PART = 14
"""Length, TON/NPI, ten bytes of digits, and two identifiers behind the label."""


def dialling_number(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.ADN and its kin: label, number, capability configuration, extension (TS 31.102 §4.4.2.3)."""
    if cursor.left < _NUMBER_PART:
        raise Unreadable(f"a dialling number has at least {_NUMBER_PART} bytes")
    if cursor.left > _NUMBER_PART:
        yield cursor.field("label", cursor.left - _NUMBER_PART, or_unused(alpha, "empty"))
    yield from number_of_length("number", 10)(cursor)
    yield cursor.field("capability configuration record", 1, or_unused(number, "none"))
    if cursor.left:
        yield cursor.field("extension record", 1, or_unused(number, "none"))


def barred_number(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.BDN: a dialling number and a comparison method (TS 31.102 §4.2.44)."""
    if cursor.left <= _NUMBER_PART:
        raise Unreadable(f"a barred dialling number has at least {_NUMBER_PART + 1} bytes")
    yield from dialling_number(Cursor(cursor.data, cursor.at, cursor.end - 1))
    cursor.at = cursor.end - 1
    yield cursor.field("comparison method record", 1, or_unused(number, "none"))


_EXTENSION_TYPES = {0: "free", 1: "called party subaddress", 2: "additional digits"}
extension = parts(
    ("type of record", 1, named(_EXTENSION_TYPES)),
    ("extension data", 11, or_unused(hexadecimal)),
    ("next record", 1, or_unused(number, "none")),
)
"""EF.EXT1 to EF.EXT8 (TS 31.102 §4.4.2.4)."""


def sms_parameters(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.SMSP (TS 31.102 §4.2.27): a bit that is 0 says that the parameter is there."""
    if cursor.left < 28:
        raise Unreadable("short message parameters have at least 28 bytes")
    if cursor.left > 28:
        yield cursor.field("label", cursor.left - 28, or_unused(alpha, "empty"))
    there = {1: "destination", 2: "service centre", 3: "protocol", 4: "coding", 5: "validity"}
    indicators = cursor.peek()[0]
    present = lambda data: flags(there)(bytes((~data[0] & 0x1F,)))  # noqa: E731
    yield cursor.field("parameters that are present", 1, present)
    for bit, name in ((1, "destination"), (2, "service centre")):
        if indicators >> (bit - 1) & 1:
            yield cursor.field(f"{name} address", 12, lambda _: "absent")
        else:
            yield cursor.group(f"{name} address", 12, number_of_length("number", 10))
    yield cursor.field("protocol identifier", 1, protocol if not indicators & 4 else lambda _: "absent")
    yield cursor.field("data coding scheme", 1, coding if not indicators & 8 else lambda _: "absent")
    validity = lambda data: "absent" if indicators & 16 else minutes_and_hours(data[0])  # noqa: E731
    yield cursor.field("validity period", 1, validity)


def _sms_status(cursor: Cursor) -> Iterator[Field]:
    """EF.SMSS (TS 31.102 §4.2.28)."""
    yield cursor.field("last message reference", 1, or_unused(number, "none"))
    exceeded = lambda data: "not exceeded" if data[0] & 1 else "exceeded"  # noqa: E731
    yield cursor.field("memory capacity", 1, exceeded)


def _phone_book_link(data: bytes) -> str:
    """Which phone book, record of EF.PBR, record of EF.ADN."""
    book = "of the USIM" if data[0] & 1 else "of DF.TELECOM"
    entry = "no entry" if data[1:] == b"\xff\xff" else f"record {data[1]} of EF.PBR, entry {data[2]}"
    return f"{entry}, phone book {book}"


def call_information(incoming: bool) -> Decoder:
    """A record of EF.ICI or EF.OCI (TS 31.102 §4.2.33, §4.2.34)."""
    tail = 28 if incoming else 27

    def decode(cursor: Cursor) -> Iterator[Field]:
        if cursor.left < tail:
            raise Unreadable(f"call information has at least {tail} bytes")
        if cursor.left > tail:
            yield cursor.field("label", cursor.left - tail, or_unused(alpha, "empty"))
        yield from number_of_length("number", 10)(cursor)
        yield cursor.field("capability configuration record", 1, or_unused(number, "none"))
        yield cursor.field("extension record", 1, or_unused(number, "none"))
        yield cursor.field("date and time", 7, or_unused(time_stamp))
        yield cursor.field("duration", 3, or_unused(lambda data: f"{number(data)} s"))
        if incoming:
            yield cursor.field("status", 1, lambda data: "not answered" if data[0] & 1 else "answered")
        yield cursor.field("link to the phone book", 3, or_unused(_phone_book_link, "none"))

    return decode


def call_configuration(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.CCP: bearer capability as TS 24.008 §10.5.4.5 has it, behind its length."""
    yield cursor.field("length", 1, or_unused(number, "not set"))
    yield cursor.field("bearer capability", None, or_unused(hexadecimal))


comparison = parts(("comparison method", 1, number), ("label", None, or_unused(alpha, "empty")))
_SET_UP_MENU = {
    0x85: Row("title of the menu", alpha, "TS 102 223 §8.2"),
    0x05: Row("title of the menu", alpha, "TS 102 223 §8.2"),
    0x9E: Row("icon of the menu"),
    0x1E: Row("icon of the menu"),
}
_SERVICE_CENTRE_URI = {0x80: Row("public service identity", lambda data: data.decode())}

FILES = {
    "EF.ARR": FileRow("access rules", rules, "TS 102 221 §13.4"),
    "EF.ADN": FileRow("phone book entry", dialling_number, "TS 31.102 §4.4.2.3"),
    "EF.FDN": FileRow("fixed dialling number", dialling_number, "TS 31.102 §4.2.24"),
    "EF.SDN": FileRow("service dialling number", dialling_number, "TS 31.102 §4.2.29"),
    "EF.BDN": FileRow("barred dialling number", barred_number, "TS 31.102 §4.2.44"),
    "EF.MSISDN": FileRow("own number", dialling_number, "TS 31.102 §4.2.26"),
    "EF.MBDN": FileRow("mailbox number", dialling_number, "TS 31.102 §4.2.60"),
    "EF.LND": FileRow("last number dialled", dialling_number, "TS 51.011 §10.5.8"),
    "EF.SMS": FileRow("short message", stored, "TS 31.102 §4.2.25"),
    "EF.SMSP": FileRow("short message parameters", sms_parameters, "TS 31.102 §4.2.27"),
    "EF.SMSS": FileRow("short message status", _sms_status, "TS 31.102 §4.2.28"),
    "EF.SMSR": FileRow("short message status report", report, "TS 31.102 §4.2.32"),
    **{f"EF.EXT{n}": FileRow(f"extension {n}", extension, "TS 31.102 §4.4.2.4") for n in range(1, 9)},
    "EF.CCP": FileRow("capability configuration", call_configuration, "TS 51.011 §10.5.4"),
    "EF.CCP2": FileRow("capability configuration", call_configuration, "TS 31.102 §4.2.38"),
    "EF.ECCP": FileRow("capability configuration", call_configuration, "TS 51.011 §10.5.4"),
    "EF.CMI": FileRow("comparison method", comparison, "TS 31.102 §4.2.49"),
    "EF.ICI": FileRow("incoming call", call_information(incoming=True), "TS 31.102 §4.2.33"),
    "EF.OCI": FileRow("outgoing call", call_information(incoming=False), "TS 31.102 §4.2.34"),
    "EF.SUME": FileRow("set up menu elements", template(_SET_UP_MENU), "TS 31.102 §4.6.1.2"),
    "EF.RMA": FileRow("remote management actions", whole("actions", hexadecimal), "TS 102 221"),
    "EF.ICE_DN": FileRow("emergency contact", dialling_number, "TS 31.102 §4.6.1.3"),
    "EF.ICE_FF": FileRow("emergency information", whole("information", hexadecimal), "TS 31.102 §4.6.1.4"),
    "EF.PSISMSC": FileRow("service centre as URI", template(_SERVICE_CENTRE_URI), "TS 31.102 §4.2.104"),
}

MMSS = {
    "EF.MLPL": FileRow(
        "priorities of locations", whole("list (C.S0016)", or_unused(hexadecimal)), "TS 31.102 §4.6.3"
    ),
    "EF.MSPL": FileRow(
        "priorities of systems", whole("list (C.S0016)", or_unused(hexadecimal)), "TS 31.102 §4.6.3"
    ),
    "EF.MMSSMODE": FileRow("multimode selection", whole("mode", number), "TS 31.102 §4.6.3"),
}
"""DF.MMSS: which systems of 3GPP2 and 3GPP come first."""
_MISSION_CRITICAL = ("MCPTT UE configuration data", "MCPTT user profile data", "MCS group configuration data",
                     "MCPTT service configuration data", "MCS UE initial configuration data",
                     "MCData UE configuration data", "MCData user profile data",
                     "MCData service configuration data", "MCVideo UE configuration data",
                     "MCVideo user profile data", "MCVideo service configuration data")  # fmt: skip
_CONFIGURATION = template({0x80: Row("configuration", hexadecimal)})
MCS = {
    "EF.MST": FileRow("mission critical services", service_table(_MISSION_CRITICAL), "TS 31.102 §4.6.4"),
    "EF.MCS_CONFIG": FileRow("mission critical configuration", _CONFIGURATION, "TS 31.102 §4.6.4"),
}
"""DF.MCS."""
_VEHICLES = ("V2X configuration data", "V2X policy configuration data over PC5",
             "V2X policy configuration data over Uu")  # fmt: skip
V2X = {
    "EF.VST": FileRow("V2X services", service_table(_VEHICLES), "TS 31.102 §4.6.5"),
    "EF.V2X_CONFIG": FileRow("V2X configuration", _CONFIGURATION, "TS 31.102 §4.6.5"),
    "EF.V2XP_PC5": FileRow("V2X policy over PC5", _CONFIGURATION, "TS 31.102 §4.6.5"),
    "EF.V2XP_UU": FileRow("V2X policy over Uu", _CONFIGURATION, "TS 31.102 §4.6.5"),
}
"""DF.V2X."""
