"""The card application toolkit in words: proactive commands, envelopes, terminal profile, responses and
capabilities (TS 102 223, TS 31.111, TS 102 221 §11.1.19)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from cards.explain.fields import (
    Cursor,
    Field,
    Unreadable,
    Words,
    ascii_text,
    counted,
    flags,
    hexadecimal,
    named,
    number,
)
from cards.explain.files.uicc import application
from cards.explain.numbers import alpha, dialled, labels, plmn, time_stamp, type_of_number
from cards.explain.sms import tpdu
from cards.explain.tlvs import Row, comprehension_header, template
from cards.identities import swap_nibbles
from cards.toolkit import COMMANDS, RESULTS, decode_text, decode_ussd

_DEVICES = {
    0x01: "keypad", 0x02: "display", 0x03: "earpiece", 0x81: "card", 0x82: "terminal", 0x83: "network",
    0x84: "application", **{0x10 + n: f"card reader {n}" for n in range(8)},
    **{0x20 + n: f"channel {n}" for n in range(1, 8)},
}  # fmt: skip
"""TS 102 223 §8.7."""
_EVENTS = {
    0x00: "MT call", 0x01: "call connected", 0x02: "call disconnected", 0x03: "location status",
    0x04: "user activity", 0x05: "idle screen available", 0x06: "card reader status",
    0x07: "language selection", 0x08: "browser termination", 0x09: "data available", 0x0A: "channel status",
    0x0B: "access technology change", 0x0C: "display parameters changed", 0x0D: "local connection",
    0x0E: "network search mode change", 0x0F: "browsing status", 0x10: "frames information change",
    0x11: "I-WLAN access status", 0x12: "network rejection", 0x13: "HCI connectivity",
    0x14: "access technologies",
    0x15: "CSG cell selection", 0x16: "contactless state request", 0x17: "IMS registration",
    0x18: "incoming IMS data", 0x19: "profile container", 0x1B: "secured profile container",
    0x1C: "poll interval negotiation", 0x1D: "data connection status change",
}  # fmt: skip
"""TS 102 223 §8.25."""
_REFRESH = {
    0x00: "NAA initialisation, all files changed", 0x01: "files changed",
    0x02: "NAA initialisation, files changed",
    0x03: "NAA initialisation", 0x04: "UICC reset", 0x05: "NAA application reset", 0x06: "NAA session reset",
    0x07: "steering of roaming", 0x08: "steering of roaming for I-WLAN", 0x09: "eUICC profile state change",
    0x0A: "application update",
}  # fmt: skip
"""Command qualifier of REFRESH (TS 102 223 §8.6)."""
_LOCAL_INFORMATION = {
    0x00: "location", 0x01: "IMEI", 0x02: "network measurements", 0x03: "date and time", 0x04: "language",
    0x05: "timing advance", 0x06: "access technology", 0x07: "ESN", 0x08: "IMEISV", 0x09: "search mode",
    0x0A: "battery", 0x0B: "MEID", 0x0D: "location of broadcast network", 0x0E: "access technologies",
    0x1A: "supported radio access technologies",
}  # fmt: skip
_UNITS = {0x00: "min", 0x01: "s", 0x02: "tenths of a second"}
_ACCESS = {0x00: "GSM", 0x03: "UTRAN", 0x08: "E-UTRAN", 0x0A: "NG-RAN"}
_LOCATION_STATUS = {0: "normal service", 1: "limited service", 2: "no service"}
_TRANSPORT = {0x01: "UDP, client, remote", 0x02: "TCP, client, remote", 0x03: "TCP server"}
_TRANSPORT |= {0x04: "UDP, client, local", 0x05: "TCP, client, local", 0x06: "direct"}
_BEARERS = {0x01: "CSD", 0x02: "GPRS", 0x03: "default bearer", 0x0B: "E-UTRAN and NG-RAN", 0x0C: "NG-RAN"}


def _details(cursor: Cursor) -> Iterator[Field]:
    """Command details (TS 102 223 §8.6)."""
    yield cursor.field("command number", 1, number)
    kind = cursor.peek()
    row = COMMANDS.get(kind[0]) if kind else None
    clause = f"TS 102 223 {row.clause}" if row and row.clause[0] == "§" else row.clause if row else ""
    yield cursor.field("type", 1, lambda data: row.name if row else f"{data[0]:02X}: unknown", clause)
    yield cursor.field("qualifier", 1, _qualifier(kind[0]))


def _qualifier(kind: int) -> Words:
    if kind == 0x01:
        return named(_REFRESH)
    return named(_LOCAL_INFORMATION) if kind == 0x26 else hexadecimal


def _devices(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("from", 1, named(_DEVICES))
    yield cursor.field("to", 1, named(_DEVICES))


def _result(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("general result", 1, named(RESULTS))
    if cursor.left:
        yield cursor.field("additional information", None)


def _duration(data: bytes) -> str:
    return f"{data[1]} {_UNITS.get(data[0], 'units')}"


def _address(data: bytes) -> str:
    return f"{dialled(data[0], data[1:])} ({type_of_number(data[:1])})" if data else "none"


def _text(data: bytes) -> str:
    return f"“{decode_text(data)}”"


def _item(data: bytes) -> str:
    return f"{data[0]}: {alpha(data[1:])}" if data else "removed"


def _response_length(data: bytes) -> str:
    return f"{data[0]} to {data[1]} characters"


def _events(data: bytes) -> str:
    return ", ".join(_EVENTS.get(octet, f"event {octet:02X}") for octet in data) or "none"


def _location(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("PLMN", 3, plmn)
    yield cursor.field("area code", 2)
    if cursor.left:
        yield cursor.field("cell", None)


def _file_list(cursor: Cursor) -> Iterator[Field]:
    """Number of files, then a path from the MF on for each (TS 102 223 §8.18)."""
    yield cursor.field("number of files", 1, number)
    start, rest = cursor.at, cursor.take(cursor.left)
    for path in rest.split(b"\x3f\x00")[1:]:
        fids = [path[at : at + 2].hex().upper() for at in range(0, len(path), 2)]
        yield Field("file", "/".join(["3F00", *fids]), start, len(path) + 2)
        start += len(path) + 2


def _imei(data: bytes) -> str:
    return swap_nibbles(data)[1:].rstrip("F")


def _timer_value(data: bytes) -> str:
    hours, minutes, seconds = (f"{octet & 15}{octet >> 4}" for octet in data)
    return f"{hours}:{minutes}:{seconds}"


def _channel_status(data: bytes) -> str:
    state = "link established" if data[0] & 0x80 else "link not established or dropped"
    return f"channel {data[0] & 7}, {state}"


def _bearer(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("type", 1, named(_BEARERS))
    if cursor.left:
        yield cursor.field("parameters", None)


def _transport(data: bytes) -> str:
    return f"{_TRANSPORT.get(data[0], f'{data[0]:02X}')}, port {int.from_bytes(data[1:3], 'big')}"


def _network_address(data: bytes) -> str:
    if not data:
        return "dynamic"
    if (data[0], len(data)) in ((0x21, 5), (0x57, 17)):
        return str(ip_address(data[1:]))
    raise Unreadable(f"address type {data[0]:02X} with {len(data) - 1} bytes")


OBJECTS = {
    0x01: Row("command details", clause="TS 102 223 §8.6", inside=_details),
    0x02: Row("device identities", clause="TS 102 223 §8.7", inside=_devices),
    0x03: Row("result", clause="TS 102 223 §8.12", inside=_result),
    0x04: Row("duration", _duration, "TS 102 223 §8.8"),
    0x05: Row("alpha identifier", alpha, "TS 102 223 §8.2"),
    0x06: Row("address", _address, "TS 102 223 §8.1"),
    0x07: Row("capability configuration", hexadecimal, "TS 102 223 §8.4"),
    0x08: Row("subaddress", hexadecimal, "TS 102 223 §8.3"),
    0x09: Row("SS string", _address, "TS 31.111 §8.14"),
    0x0A: Row("USSD string", lambda data: f"“{decode_ussd(data)}”", "TS 31.111 §8.17"),
    0x0B: Row("SMS TPDU", clause="TS 31.111 §8.13", inside=tpdu),
    0x0C: Row("cell broadcast page", hexadecimal, "TS 31.111 §8.5"),
    0x0D: Row("text string", _text, "TS 102 223 §8.15"),
    0x0E: Row("tone", hexadecimal, "TS 102 223 §8.16"),
    0x0F: Row("item", _item, "TS 102 223 §8.9"),
    0x10: Row("item identifier", number, "TS 102 223 §8.10"),
    0x11: Row("response length", _response_length, "TS 102 223 §8.11"),
    0x12: Row("file list", clause="TS 102 223 §8.18", inside=_file_list),
    0x13: Row("location information", clause="TS 102 223 §8.19", inside=_location),
    0x14: Row("IMEI", _imei, "TS 102 223 §8.20"),
    0x15: Row("help request", lambda _: "help wanted", "TS 102 223 §8.21"),
    0x16: Row("network measurement results", hexadecimal, "TS 102 223 §8.22"),
    0x17: Row("default text", _text, "TS 102 223 §8.23"),
    0x18: Row("items next action indicator", hexadecimal, "TS 102 223 §8.24"),
    0x19: Row("event list", _events, "TS 102 223 §8.25"),
    0x1A: Row("cause", hexadecimal, "TS 102 223 §8.26"),
    0x1B: Row("location status", named(_LOCATION_STATUS), "TS 102 223 §8.27"),
    0x1C: Row("transaction identifier", hexadecimal, "TS 102 223 §8.28"),
    0x1E: Row("icon identifier", hexadecimal, "TS 102 223 §8.31"),
    0x1F: Row("item icon identifiers", hexadecimal, "TS 102 223 §8.32"),
    0x22: Row("C-APDU", hexadecimal, "TS 102 223 §8.35"),
    0x23: Row("R-APDU", hexadecimal, "TS 102 223 §8.36"),
    0x24: Row("timer", number, "TS 102 223 §8.37"),
    0x25: Row("timer value", _timer_value, "TS 102 223 §8.38"),
    0x26: Row("date and time", time_stamp, "TS 102 223 §8.39"),
    0x28: Row("AT command", ascii_text, "TS 102 223 §8.40"),
    0x29: Row("AT response", ascii_text, "TS 102 223 §8.41"),
    0x2B: Row("immediate response", lambda _: "wanted", "TS 102 223 §8.43"),
    0x2C: Row("DTMF string", hexadecimal, "TS 102 223 §8.44"),
    0x2D: Row("language", ascii_text, "TS 102 223 §8.45"),
    0x2F: Row("AID", application, "TS 102 223 §8.60"),
    0x30: Row("browser identity", number, "TS 102 223 §8.47"),
    0x31: Row("URL", ascii_text, "TS 102 223 §8.48"),
    0x32: Row("bearers", hexadecimal, "TS 102 223 §8.49"),
    0x34: Row("browser termination cause", named({0: "user", 1: "error"}), "TS 102 223 §8.51"),
    0x35: Row("bearer description", clause="TS 102 223 §8.52", inside=_bearer),
    0x36: Row("channel data", hexadecimal, "TS 102 223 §8.53"),
    0x37: Row("channel data length", counted("bytes"), "TS 102 223 §8.54"),
    0x38: Row("channel status", _channel_status, "TS 102 223 §8.56"),
    0x39: Row("buffer size", counted("bytes"), "TS 102 223 §8.55"),
    0x3C: Row("transport", _transport, "TS 102 223 §8.59"),
    0x3E: Row("network address", _network_address, "TS 102 223 §8.58"),
    0x3F: Row("access technology", named(_ACCESS), "TS 102 223 §8.61"),
    0x47: Row("network access name", labels, "TS 102 223 §8.70"),
    0x50: Row("text attribute", hexadecimal, "TS 102 223 §8.72"),
    0x52: Row("PDP context activation", hexadecimal, "TS 31.111 §8.72"),
    0x7C: Row("EPS PDN connection activation", hexadecimal, "TS 31.111 §8.98"),
}
"""Tag without comprehension bit → data object (TS 102 223 §9.3)."""
objects = template(OBJECTS, comprehension_header, Row("data object"))
"""Data objects one after the other, as TERMINAL RESPONSE has them."""

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
    return COMMANDS[details[1]].name if len(details) == 3 and details[1] in COMMANDS else "proactive command"


def control_answer(cursor: Cursor) -> Iterator[Field]:
    """What the card answers to call control (TS 31.111 §7.3.1.6)."""
    yield cursor.field("result", 1, named({0: "allowed", 1: "not allowed", 2: "allowed, with modifications"}))
    yield cursor.field("length", 1, number)
    yield from objects(cursor)


_PROFILE = (
    ("profile download", "SMS-PP data download", "cell broadcast data download", "menu selection",
     "SMS-PP data download, 9EXX", "timer expiration", "USSD in call control", "call control, always"),
    ("command result", "call control", "cell identity in call control", "MO short message control",
     "alpha identifier", "UCS2 entry", "UCS2 display", "extension text display"),
    ("DISPLAY TEXT", "GET INKEY", "GET INPUT", "MORE TIME", "PLAY TONE", "POLL INTERVAL", "POLLING OFF",
     "REFRESH"),
    ("SELECT ITEM", "SEND SHORT MESSAGE", "SEND SS", "SEND USSD", "SET UP CALL", "SET UP MENU",
     "PROVIDE LOCAL INFORMATION", "PROVIDE LOCAL INFORMATION, measurements"),
    ("SET UP EVENT LIST", "event: MT call", "event: call connected", "event: call disconnected",
     "event: location status", "event: user activity", "event: idle screen", "event: card reader status"),
    ("event: language selection", "event: browser termination", "event: data available",
     "event: channel status", "event: access technology change", "event: display parameters",
     "event: local connection", "event: network search mode"),
    ("POWER ON CARD", "POWER OFF CARD", "PERFORM CARD APDU", "GET READER STATUS, status",
     "GET READER STATUS, identifier"),
    ("TIMER MANAGEMENT, start and stop", "TIMER MANAGEMENT, current value", "PROVIDE LOCAL INFORMATION, date",
     "GET INKEY, yes or no", "SET UP IDLE MODE TEXT", "RUN AT COMMAND", "second alpha in SET UP CALL",
     "second capability configuration"),
    ("sustained DISPLAY TEXT", "SEND DTMF", "PROVIDE LOCAL INFORMATION, channel list",
     "PROVIDE LOCAL INFORMATION, language", "PROVIDE LOCAL INFORMATION, timing advance",
     "LANGUAGE NOTIFICATION", "LAUNCH BROWSER", "PROVIDE LOCAL INFORMATION, access technology"),
    (), (),
    ("OPEN CHANNEL", "CLOSE CHANNEL", "RECEIVE DATA", "SEND DATA", "GET CHANNEL STATUS", "SERVICE SEARCH",
     "GET SERVICE INFORMATION", "DECLARE SERVICE"),
    ("bearer CSD", "bearer GPRS", "bearer Bluetooth", "bearer IrDA", "bearer RS232"),
    (), (), (),
    ("TCP, client, remote", "UDP, client, remote", "TCP server", "TCP, client, local", "UDP, client, local",
     "direct channel", "bearer E-UTRAN", "HSDPA"),
)  # fmt: skip
"""TERMINAL PROFILE, byte by byte, from the lowest bit on (TS 102 223 §5.2); other bytes are shown as they
are."""


def terminal_profile(cursor: Cursor) -> Iterator[Field]:
    """What the terminal can do (TS 102 223 §5.2)."""
    for place in range(cursor.left):
        bits = _PROFILE[place] if place < len(_PROFILE) else ()
        words = flags(dict(enumerate(bits, 1)), "nothing of it") if bits else hexadecimal
        yield cursor.field(f"byte {place + 1}", 1, words)


_EUICC = {
    1: "user interface in the device (LUId)", 2: "profile download in the device (LPDd)",
    3: "discovery in the device (LDSd)", 4: "user interface over web server (LUIe)",
    5: "metadata update alerting",
    6: "enterprise capable device", 7: "user interface by E4E", 8: "local profile assistant proxy",
}  # fmt: skip
_CAPABILITIES = {
    0x80: Row("terminal power supply", hexadecimal, "TS 102 221 §11.1.19.2.1"),
    0x81: Row("extended logical channels", lambda _: "supported", "TS 102 221 §11.1.19.2.2"),
    0x82: Row("additional interfaces", flags({1: "UICC-CLF"}), "TS 102 221 §11.1.19.2.3"),
    0x83: Row("eUICC-related capabilities", flags(_EUICC), "TS 102 221 §11.1.19.2.4"),
    0x84: Row("eUICC-related device capabilities", hexadecimal, "SGP.22 v3 §5.7.1"),
}
terminal_capability = template(
    {0xA9: Row("terminal capabilities", clause="TS 102 221 §11.1.19", inside=template(_CAPABILITIES))}
)
