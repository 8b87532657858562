"""What data objects of the toolkit hold (TS 102 223 §8, TS 31.111 §8)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from cards.explain.fields import (
    Cursor,
    Field,
    Unreadable,
    Words,
    ascii_text,
    flags,
    hexadecimal,
    named,
    number,
)
from cards.explain.numbers import alpha, dialled, plmn, type_of_number
from cards.explain.sms import alphabet_of, coding, unpacked
from cards.explain.toolkit import names
from cards.identities import swap_nibbles
from cards.toolkit import RESULTS, decode_text

_UNITS = {0x00: "min", 0x01: "s", 0x02: "tenths of a second"}
LOCATION_STATUS = {0: "normal service", 1: "limited service", 2: "no service"}


def details(cursor: Cursor) -> Iterator[Field]:
    """Command details (§8.6)."""
    yield cursor.field("command number", 1, number)
    kind = cursor.peek()
    name, clause = names.command_name(kind[0]) if kind else ("", "")
    yield cursor.field("type", 1, lambda data: name or f"{data[0]:02X}: unknown", clause)
    yield cursor.field("qualifier", 1, names.qualifier(kind[0]))


def devices(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("from", 1, named(names.DEVICES))
    yield cursor.field("to", 1, named(names.DEVICES))


def result(cursor: Cursor) -> Iterator[Field]:
    general = cursor.peek()
    yield cursor.field("general result", 1, named(RESULTS))
    if not cursor.left:
        return
    words = names.ADDITIONAL.get(general[0])
    if words:
        yield cursor.field("additional information", 1, words)
    if cursor.left:
        yield cursor.field("further information", None)


def duration(data: bytes) -> str:
    return f"{data[1]} {_UNITS.get(data[0], 'units')}"


def address(data: bytes) -> str:
    return f"{dialled(data[0], data[1:])} ({type_of_number(data[:1])})" if data else "none"


def text_string(data: bytes) -> str:
    return f"“{decode_text(data)}”"


def item(data: bytes) -> str:
    return f"{data[0]}: {alpha(data[1:])}" if data else "removed"


def response_length(data: bytes) -> str:
    return f"{data[0]} to {data[1]} characters"


def events(data: bytes) -> str:
    return ", ".join(names.EVENTS.get(octet, f"event {octet:02X}") for octet in data) or "none"


def actions(data: bytes) -> str:
    """What a chosen item leads to: types of command (§8.24)."""
    return ", ".join(
        names.command_name(octet)[0] or ("none" if not octet else f"{octet:02X}") for octet in data
    )


def location(cursor: Cursor) -> Iterator[Field]:
    """PLMN and area: that of 5G has three bytes, and then the cell identity five (§8.19)."""
    is_5g = cursor.left >= 11
    yield cursor.field("PLMN", 3, plmn)
    yield cursor.field("area code", 3 if is_5g else 2)
    if cursor.left:
        yield cursor.field("cell", None)


def file_list(cursor: Cursor) -> Iterator[Field]:
    """Number of files, then a path from the MF on for each (§8.18)."""
    yield cursor.field("number of files", 1, number)
    yield from paths(cursor)


def paths(cursor: Cursor) -> Iterator[Field]:
    start, rest = cursor.at, cursor.take(cursor.left)
    for path in rest.split(b"\x3f\x00")[1:]:
        fids = [path[at : at + 2].hex().upper() for at in range(0, len(path), 2)]
        yield Field("file", "/".join(["3F00", *fids]), start, len(path) + 2)
        start += len(path) + 2


def imei(data: bytes) -> str:
    return swap_nibbles(data)[1:].rstrip("F")


def timer_value(data: bytes) -> str:
    hours, minutes, seconds = (f"{octet & 15}{octet >> 4}" for octet in data)
    return f"{hours}:{minutes}:{seconds}"


_LINKS = {0x00: "no further information", 0x05: "link dropped"}


def channel_status(data: bytes) -> str:
    state = "link established" if data[0] & 0x80 else "link not established or dropped"
    further = _LINKS.get(data[1]) if len(data) > 1 else None
    return f"channel {data[0] & 7}, {state}{f', {further}' if further else ''}"


_REGISTRY_SERVICES: Words = named({0: "local link", 1: "remote link"})


def quality(cursor: Cursor) -> Iterator[Field]:
    """Bearer description: parameters by the kind of bearer (§8.52)."""
    kind = cursor.peek()
    yield cursor.field("type", 1, named(names.BEARERS))
    for name in _BEARER_PARAMETERS.get(kind[0], ()) if kind else ():
        if not cursor.left:
            return
        yield cursor.field(name, 1, _PDP_TYPES if name == "PDP type" else number)
    if cursor.left:
        yield cursor.field("parameters", None)


_PDP_TYPES = named({1: "X.25", 2: "IP", 3: "IPv6", 4: "IPv4v6", 5: "OSP:IHOSS", 6: "PPP"})
_BEARER_PARAMETERS = {
    0x01: ("data rate", "bearer service", "connection element"),
    0x02: ("precedence class", "delay class", "reliability class", "peak throughput class",
           "mean throughput class", "PDP type"),
    0x09: ("traffic class", "maximum bit rate up", "maximum bit rate down", "guaranteed bit rate up",
           "guaranteed bit rate down", "delivery order", "maximum SDU size", "SDU error ratio",
           "residual bit error ratio", "delivery of erroneous SDUs", "transfer delay",
           "traffic handling priority", "PDP type"),
    0x0B: ("QCI", "maximum bit rate up", "maximum bit rate down", "guaranteed bit rate up",
           "guaranteed bit rate down", "maximum bit rate up, extended", "maximum bit rate down, extended",
           "guaranteed bit rate up, extended", "guaranteed bit rate down, extended", "PDP type"),
    0x0C: ("PDU session type",),
}  # fmt: skip
"""Type of bearer → its parameters, a byte each (TS 27.007, TS 24.008 §10.5.6.5)."""


def transport(data: bytes) -> str:
    return f"{names.TRANSPORTS.get(data[0], f'{data[0]:02X}')}, port {int.from_bytes(data[1:3], 'big')}"


def network_address(data: bytes) -> str:
    """Type and address (§8.58)."""
    if not data:
        return "dynamic"
    if (data[0], len(data)) in ((0x21, 5), (0x57, 17)):
        return str(ip_address(data[1:]))
    raise Unreadable(f"address type {data[0]:02X} with {len(data) - 1} bytes")


def display_or_servers(data: bytes) -> str:
    """Display parameters of three bytes, or a DNS server: the tag is that of both (§8.62, §8.112)."""
    if len(data) in (5, 17) and data[0] in (0x21, 0x57):
        return f"DNS server {network_address(data)}"
    return f"{data[0] & 0x1F} lines of {data[1] & 0x7F} characters"


def command_apdu(data: bytes) -> str:
    from cards.explain.scripts import named_command  # a script's commands may hold toolkit objects in turn

    return named_command(data)


def response_apdu(data: bytes) -> str:
    from cards.explain.scripts import named_answer

    return named_answer(data)


def reader_status(data: bytes) -> str:
    bits = {4: "removable", 5: "present", 6: "takes ID-1 cards", 7: "card in it", 8: "card powered"}
    return f"reader {data[0] & 7}: {flags(bits, 'nothing of it')(bytes((data[0] & 0xF8,)))}"


def channels(cursor: Cursor) -> Iterator[Field]:
    """BCCH channel list: channel numbers of ten bits each (TS 31.111 §8.29)."""
    start, octets = cursor.at, cursor.take(cursor.left)
    value, count = int.from_bytes(octets, "big"), 8 * len(octets) // 10
    numbers = [value >> (8 * len(octets) - 10 * (place + 1)) & 0x3FF for place in range(count)]
    yield Field("ARFCNs", ", ".join(map(str, numbers)), start, len(octets))


def cause(data: bytes) -> str:
    """As TS 24.008 §10.5.4.11: location and cause."""
    if not data:
        return "radio link time-out"
    return f"cause {data[-1] & 0x7F}, from location {data[0] & 0x0F}"


def icon(data: bytes) -> str:
    shown = "beside the text" if data[0] & 1 else "instead of the text"
    return f"{shown}, {', '.join(f'record {octet}' for octet in data[1:])} of EF.IMG"


def broadcast_page(cursor: Cursor) -> Iterator[Field]:
    """A page of 88 bytes (TS 23.041 §9.4.1.2)."""
    yield cursor.field("serial number", 2)
    yield cursor.field("message identifier", 2, number)
    scheme = cursor.peek()
    yield cursor.field("data coding scheme", 1, coding, "TS 23.038 §5")
    yield cursor.field("page", 1, lambda data: f"{data[0] >> 4} of {data[0] & 15}")
    if alphabet_of(scheme[0]) == 0 and scheme[0] < 0x40:
        yield cursor.field("text", None, lambda data: f"“{unpacked(data, 8 * len(data) // 7, 0)}”")
    else:
        yield cursor.field("content", None)


def text_attributes(cursor: Cursor) -> Iterator[Field]:
    """From where, how long, format and colour (TS 23.040 §9.2.3.24.10.1.1)."""
    while cursor.left >= 4:
        yield cursor.field(
            "attribute",
            4,
            lambda data: f"from {data[0]}, {data[1]} characters: format {data[2]:02X}, colour {data[3]:02X}",
        )


def routing_area(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("PLMN", 3, plmn)
    yield cursor.field("LAC", 2)
    yield cursor.field("RAC", 1)


def tracking_area(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("PLMN", 3, plmn)
    yield cursor.field("TAC", None)


def rejection(data: bytes) -> str:
    return f"{data[0]}: {names.REJECTIONS.get(data[0], 'another cause')}"


def selection_status(data: bytes) -> str:
    camped = {0: "not camped on a CSG cell", 1: "camped on a CSG cell"}.get(data[0] & 1, "")
    return f"{camped} ({hexadecimal(data)})"


def http_status(data: bytes) -> str:
    return swap_nibbles(data).rstrip("F")


def registry_data(cursor: Cursor) -> Iterator[Field]:
    """Port, coding, kind of service, text (§8.88)."""
    yield cursor.field("port", 2, number)
    yield cursor.field("coding", 1, coding)
    yield cursor.field("type of service", 1, _REGISTRY_SERVICES)
    yield cursor.field("text", None, alpha)


def broadcast_network(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("technology", 1, named(names.BROADCASTS))
    yield cursor.field("location", None)


def frame_layout(data: bytes) -> str:
    direction = {1: "side by side", 2: "one below the other"}.get(data[0], f"{data[0]:02X}")
    return f"{direction}: {', '.join(str(octet) for octet in data[1:])}"


def text_or(words: Words) -> Words:
    """Text where it is printable; else as `words` says: the tag stands for something else elsewhere."""
    return lambda data: (
        f"“{ascii_text(data)}”" if data and all(0x20 <= o < 0x7F for o in data) else words(data)
    )


def technologies(data: bytes) -> str:
    return ", ".join(names.ACCESS_TECHNOLOGIES.get(octet, f"{octet:02X}") for octet in data) or "none"


ENABLED = named({0: "disabled", 1: "enabled"})
BATTERY = {0: "very low", 1: "low", 2: "average", 3: "good", 4: "full"}
BEARERS = {0: "SMS", 1: "CSD", 2: "USSD", 3: "packet service"}


def listed(table: dict[int, str]) -> Words:
    return lambda data: ", ".join(table.get(octet, f"{octet:02X}") for octet in data)
