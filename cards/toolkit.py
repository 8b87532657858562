"""The words of the card application toolkit: commands, data objects, results, events (TS 102 223 §6, §8, §9).

Both sides use them: the card that builds a proactive command, and the terminal that answers it. Data objects
are COMPREHENSION-TLVs: one byte of tag, whose highest bit says that the object must be understood, or '7F'
and two bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from asn1.tlv import encode_length
from cards.text import unpack

PROACTIVE_COMMAND = 0xD0
COMPREHENSION_REQUIRED = 0x80


class ToolkitError(ValueError):
    """Bytes that are no data objects of the toolkit."""


class CommandType(NamedTuple):
    """A proactive command: how it is called, where, and the bit of TERMINAL PROFILE (byte from 1, bit from 1)
    that says that a terminal has it; (0, 0): every terminal has it."""

    name: str
    clause: str
    profile: tuple[int, int]


COMMANDS: dict[int, CommandType] = {
    0x01: CommandType("REFRESH", "§6.4.7", (3, 8)),
    0x02: CommandType("MORE TIME", "§6.4.4", (3, 4)),
    0x03: CommandType("POLL INTERVAL", "§6.4.6", (3, 6)),
    0x04: CommandType("POLLING OFF", "§6.4.14", (3, 7)),
    0x05: CommandType("SET UP EVENT LIST", "§6.4.16", (5, 1)),
    0x10: CommandType("SET UP CALL", "§6.4.13", (4, 5)),
    0x11: CommandType("SEND SS", "TS 31.111 §6.4.11", (4, 3)),
    0x12: CommandType("SEND USSD", "TS 31.111 §6.4.12", (4, 4)),
    0x13: CommandType("SEND SHORT MESSAGE", "§6.4.10", (4, 2)),
    0x14: CommandType("SEND DTMF", "§6.4.24", (9, 2)),
    0x15: CommandType("LAUNCH BROWSER", "§6.4.26", (9, 7)),
    0x20: CommandType("PLAY TONE", "§6.4.5", (3, 5)),
    0x21: CommandType("DISPLAY TEXT", "§6.4.1", (3, 1)),
    0x22: CommandType("GET INKEY", "§6.4.2", (3, 2)),
    0x23: CommandType("GET INPUT", "§6.4.3", (3, 3)),
    0x24: CommandType("SELECT ITEM", "§6.4.9", (4, 1)),
    0x25: CommandType("SET UP MENU", "§6.4.8", (4, 6)),
    0x26: CommandType("PROVIDE LOCAL INFORMATION", "§6.4.15", (4, 7)),
    0x27: CommandType("TIMER MANAGEMENT", "§6.4.21", (8, 1)),
    0x28: CommandType("SET UP IDLE MODE TEXT", "§6.4.22", (8, 5)),
    0x35: CommandType("LANGUAGE NOTIFICATION", "§6.4.25", (9, 6)),
    0x40: CommandType("OPEN CHANNEL", "§6.4.27", (12, 1)),
    0x41: CommandType("CLOSE CHANNEL", "§6.4.28", (12, 2)),
    0x42: CommandType("RECEIVE DATA", "§6.4.29", (12, 3)),
    0x43: CommandType("SEND DATA", "§6.4.30", (12, 4)),
    0x44: CommandType("GET CHANNEL STATUS", "§6.4.31", (12, 5)),
}
"""Type of command (§9.4, Table 9.1 in §9.4) → what it is."""
TYPES = {row.name: number for number, row in COMMANDS.items()}


class Tag:
    """Tags of data objects without their comprehension bit (§9.3)."""

    COMMAND_DETAILS, DEVICE_IDENTITIES, RESULT, DURATION = 0x01, 0x02, 0x03, 0x04
    ALPHA_IDENTIFIER, ADDRESS, SS_STRING, USSD_STRING = 0x05, 0x06, 0x09, 0x0A
    SMS_TPDU, TEXT_STRING, TONE, ITEM, ITEM_IDENTIFIER = 0x0B, 0x0D, 0x0E, 0x0F, 0x10
    RESPONSE_LENGTH, FILE_LIST, LOCATION_INFORMATION, IMEI = 0x11, 0x12, 0x13, 0x14
    HELP_REQUEST, DEFAULT_TEXT, EVENT_LIST, LOCATION_STATUS = 0x15, 0x17, 0x19, 0x1B
    TIMER_IDENTIFIER, TIMER_VALUE, DATE_TIME, DTMF, LANGUAGE, URL = 0x24, 0x25, 0x26, 0x2C, 0x2D, 0x31
    BEARER, CHANNEL_DATA, CHANNEL_DATA_LENGTH, CHANNEL_STATUS = 0x35, 0x36, 0x37, 0x38
    CELL_BROADCAST_PAGE, PDP_CONTEXT, EPS_PDN_CONNECTION = 0x0C, 0x52, 0x7C
    BUFFER_SIZE, TRANSPORT, OTHER_ADDRESS, ACCESS_TECHNOLOGY, NETWORK_ACCESS_NAME = (
        0x39,
        0x3C,
        0x3E,
        0x3F,
        0x47,
    )


class Device:
    """Device identities (§8.7)."""

    KEYPAD, DISPLAY, EARPIECE, CHANNEL_1 = 0x01, 0x02, 0x03, 0x21
    UICC, TERMINAL, NETWORK = 0x81, 0x82, 0x83


class Event:
    """Events of SET UP EVENT LIST (§8.25)."""

    MT_CALL, CALL_CONNECTED, CALL_DISCONNECTED, LOCATION_STATUS = 0x00, 0x01, 0x02, 0x03
    USER_ACTIVITY, IDLE_SCREEN, CARD_READER_STATUS, LANGUAGE_SELECTION = 0x04, 0x05, 0x06, 0x07
    BROWSER_TERMINATION, DATA_AVAILABLE, CHANNEL_STATUS, ACCESS_TECHNOLOGY = 0x08, 0x09, 0x0A, 0x0B


class Envelope:
    """Tags of ENVELOPE commands (§7, TS 31.111 §7)."""

    SMS_PP_DOWNLOAD, CELL_BROADCAST, MENU_SELECTION, CALL_CONTROL = 0xD1, 0xD2, 0xD3, 0xD4
    MO_SMS_CONTROL, EVENT_DOWNLOAD, TIMER_EXPIRATION = 0xD5, 0xD6, 0xD7


RESULTS = {
    0x00: "performed",
    0x01: "performed with partial comprehension",
    0x02: "performed, with missing information",
    0x03: "REFRESH performed with additional EFs read",
    0x04: "performed, but the icon could not be shown",
    0x05: "performed, but modified by call control",
    0x06: "performed, limited service",
    0x07: "performed with modification",
    0x08: "REFRESH performed, but the NAA was not active",
    0x09: "performed, tone not played",
    0x10: "proactive session ended by the user",
    0x11: "backward move wanted by the user",
    0x12: "no response from the user",
    0x13: "help wanted by the user",
    0x20: "terminal currently unable",
    0x21: "network currently unable",
    0x22: "user did not accept",
    0x23: "user cleared down the call",
    0x24: "action in contradiction with the timer state",
    0x25: "interaction with call control, temporary problem",
    0x26: "launch browser generic error",
    0x30: "beyond the terminal's capabilities",
    0x31: "command type not understood",
    0x32: "command data not understood",
    0x33: "command number not known",
    0x34: "SS return error",
    0x35: "SMS RP-ERROR",
    0x36: "required values missing",
    0x37: "USSD return error",
    0x38: "multiple card commands error",
    0x39: "permanent problem with call control",
    0x3A: "bearer independent protocol error",
    0x3B: "access technology unable",
    0x3C: "frames error",
    0x3D: "MMS error",
}
"""General result (§8.12)."""
BEYOND_CAPABILITIES = 0x30


class ControlResult(IntEnum):
    """What the card says to a call or message that the terminal is about to make (TS 31.111 §7.3.1.6,
    §7.3.2.3)."""

    ALLOWED = 0x00
    NOT_ALLOWED = 0x01
    ALLOWED_WITH_MODIFICATIONS = 0x02


class DataObject(NamedTuple):
    """One COMPREHENSION-TLV; `tag` without its comprehension bit."""

    tag: int
    value: bytes
    must_understand: bool = True

    def to_bytes(self) -> bytes:
        bit = COMPREHENSION_REQUIRED if self.must_understand else 0
        return bytes((self.tag | bit,)) + encode_length(len(self.value)) + self.value


def parse_objects(data: bytes) -> list[DataObject]:
    """Take data objects apart (TS 101 220 §7.1.1). ToolkitError where one reaches beyond the end."""
    return list(_objects(data))


def _objects(data: bytes) -> Iterator[DataObject]:
    offset = 0
    while offset < len(data):
        tag, must = data[offset] & 0x7F, bool(data[offset] & COMPREHENSION_REQUIRED)
        offset += 1
        if tag == 0x7F:
            tag, must = (
                int.from_bytes(data[offset : offset + 2], "big") & 0x7FFF,
                bool(data[offset : offset + 1]),
            )
            offset += 2
        length, offset = _length(data, offset)
        if offset + length > len(data):
            raise ToolkitError(
                f"data object {tag:02X} reaches {offset + length - len(data)} bytes beyond the end"
            )
        yield DataObject(tag, data[offset : offset + length], must)
        offset += length


def _length(data: bytes, offset: int) -> tuple[int, int]:
    if offset >= len(data):
        raise ToolkitError("a data object ends within its tag")
    first = data[offset]
    if first < 0x80:
        return first, offset + 1
    count = first & 0x7F
    if not 1 <= count <= 3 or offset + 1 + count > len(data):
        raise ToolkitError("a data object ends within its length")
    return int.from_bytes(data[offset + 1 : offset + 1 + count], "big"), offset + 1 + count


def first_of(objects: Iterable[DataObject], tag: int) -> bytes | None:
    """The value of the first object with a tag."""
    return next((item.value for item in objects if item.tag == tag), None)


_DCS_PACKED, _DCS_8_BIT, _DCS_UCS2 = 0x00, 0x04, 0x08


def encode_text(text: str) -> bytes:
    """A text string: data coding scheme, then the text; 8-bit where it has no other than ASCII letters, else
    UCS2 (§8.15)."""
    if not text:
        return b""
    if text.isascii():
        return bytes((_DCS_8_BIT,)) + text.encode()
    return bytes((_DCS_UCS2,)) + text.encode("utf-16-be")


def decode_text(value: bytes) -> str:
    """A text string in 7-bit packed, 8-bit or UCS2 coding. ToolkitError for any other."""
    if not value:
        return ""
    scheme, octets = value[0] & 0x0C, value[1:]
    if scheme == _DCS_PACKED:
        return unpack(octets)
    if scheme == _DCS_8_BIT:
        return octets.decode("latin-1")
    if scheme == _DCS_UCS2 and len(octets) % 2 == 0:
        return octets.decode("utf-16-be", errors="replace")
    raise ToolkitError(f"data coding scheme {value[0]:02X} is unknown")


def decode_ussd(value: bytes) -> str:
    """A USSD string: a data coding scheme of cell broadcasts, then the text (§8.17, TS 23.038 §5). Without a
    language group of its own ('0X') it is in seven bits. ToolkitError as `decode_text`."""
    if value and value[0] >> 4 == 0:
        return unpack(value[1:])
    return decode_text(value)


class Details(NamedTuple):
    """Command details (§8.6): by these a TERMINAL RESPONSE names its command."""

    number: int
    type: int
    qualifier: int

    @classmethod
    def of(cls, objects: Iterable[DataObject]) -> Details:
        """ToolkitError unless there are command details of three bytes."""
        value = first_of(objects, Tag.COMMAND_DETAILS)
        if value is None or len(value) != 3:
            raise ToolkitError("there are no command details of three bytes")
        return cls(*value)


def proactive_command(
    type_: int, qualifier: int, destination: int, objects: Iterable[DataObject] = (), number: int = 1
) -> bytes:
    """A proactive command, 'D0' (§6.6)."""
    body = DataObject(Tag.COMMAND_DETAILS, bytes((number, type_, qualifier))).to_bytes()
    body += DataObject(Tag.DEVICE_IDENTITIES, bytes((Device.UICC, destination))).to_bytes()
    body += b"".join(item.to_bytes() for item in objects)
    return bytes((PROACTIVE_COMMAND,)) + encode_length(len(body)) + body


def read_template(data: bytes) -> tuple[int, list[DataObject]]:
    """Tag and objects of a proactive command or an ENVELOPE: one BER-TLV. ToolkitError."""
    if not data:
        raise ToolkitError("there are no data")
    length, offset = _length(data, 1)
    if offset + length != len(data):
        raise ToolkitError(f"template {data[0]:02X} says {length} bytes, {len(data) - offset} follow")
    return data[0], parse_objects(data[offset:])


def terminal_response(details: Details, result: int, objects: Iterable[DataObject] = ()) -> bytes:
    """TERMINAL RESPONSE (§6.8); `result` is a general result, additional information is not given."""
    body = DataObject(Tag.COMMAND_DETAILS, bytes(details)).to_bytes()
    body += DataObject(Tag.DEVICE_IDENTITIES, bytes((Device.TERMINAL, Device.UICC))).to_bytes()
    body += DataObject(Tag.RESULT, bytes((result,))).to_bytes()
    return body + b"".join(item.to_bytes() for item in objects)


def envelope(
    tag: int, source: int, objects: Iterable[DataObject], before: Iterable[DataObject] = ()
) -> bytes:
    """ENVELOPE: a template with device identities, which only an event list stands before (§7)."""
    identities = DataObject(Tag.DEVICE_IDENTITIES, bytes((source, Device.UICC)))
    body = b"".join(item.to_bytes() for item in (*before, identities, *objects))
    return bytes((tag,)) + encode_length(len(body)) + body


class ControlAnswer(NamedTuple):
    """The card's answer to call control and MO short message control: result, length, data objects (TS 31.111
    §7.3.1.6). Nothing at all means that it is allowed as it is."""

    result: ControlResult = ControlResult.ALLOWED
    objects: tuple[DataObject, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> ControlAnswer:
        """ToolkitError for a result that is none, or a length that is wrong."""
        if not data:
            return cls()
        if len(data) < 2 or data[0] > ControlResult.ALLOWED_WITH_MODIFICATIONS:
            raise ToolkitError(f"{data.hex().upper()} is no answer of call control")
        length, offset = _length(data, 1)
        if offset + length != len(data):
            raise ToolkitError(f"call control says {length} bytes, {len(data) - offset} follow")
        return cls(ControlResult(data[0]), tuple(parse_objects(data[offset:])))

    def to_bytes(self) -> bytes:
        body = b"".join(item.to_bytes() for item in self.objects)
        return bytes((self.result,)) + encode_length(len(body)) + body


def call_control(what: DataObject, objects: Iterable[DataObject] = ()) -> bytes:
    """ENVELOPE (CALL CONTROL): a call by its ADDRESS, an SS_STRING, a USSD_STRING, or a PDP_CONTEXT; behind
    it location information and what else there is (TS 31.111 §7.3.1)."""
    return envelope(Envelope.CALL_CONTROL, Device.TERMINAL, [what, *objects])


def mo_sms_control(service_centre: bytes, destination: bytes, objects: Iterable[DataObject] = ()) -> bytes:
    """ENVELOPE (MO SHORT MESSAGE CONTROL): values of the addresses of RP and TP (TS 31.111 §7.3.2)."""
    addresses = [DataObject(Tag.ADDRESS, value) for value in (service_centre, destination)]
    return envelope(Envelope.MO_SMS_CONTROL, Device.TERMINAL, [*addresses, *objects])


def decode_address(value: bytes) -> str:
    """The number in an address (§8.1): type of number, digits two to a byte, swapped; 'A' to 'C' of it are
    '*', '#' and 'p', as TS 24.008 Table 10.5.118 has them. Empty for no address."""
    if not value:
        return ""
    swapped = value[1:].hex().upper()
    digits = "".join(swapped[at + 1] + swapped[at] for at in range(0, len(swapped), 2)).rstrip("F")
    return ("+" if value[0] & 0x70 == 0x10 else "") + digits.translate(str.maketrans("ABC", "*#p"))


def profile_of(commands: Iterable[int], events: Iterable[tuple[int, int]] = ()) -> bytes:
    """TERMINAL PROFILE of a terminal with these commands (§5.2), menu selection and event download; further
    bits as (byte, bit)."""
    bits = {(1, 1), (1, 2), (1, 4), (1, 6), *events, *(COMMANDS[number].profile for number in commands)}
    profile = bytearray(max(byte for byte, _ in bits))
    for byte, bit in bits:
        profile[byte - 1] |= 1 << bit - 1
    return bytes(profile)


def has_command(profile: bytes, type_: int) -> bool:
    """Whether a TERMINAL PROFILE says that the terminal has a command."""
    byte, bit = COMMANDS[type_].profile
    return byte <= len(profile) and bool(profile[byte - 1] >> bit - 1 & 1)
