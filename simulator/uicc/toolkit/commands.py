"""Proactive commands as applications write them: a function for each, with its data objects (TS 102 223 §6.4,
§6.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from cards.toolkit import TYPES, DataObject, Device, Tag, encode_text, proactive_command


class Proactive(NamedTuple):
    """A command that waits to be sent: type, qualifier, whom it is for, and data objects."""

    type: int
    qualifier: int
    destination: int
    objects: tuple[DataObject, ...] = ()

    def to_bytes(self, number: int = 1) -> bytes:
        return proactive_command(self.type, self.qualifier, self.destination, self.objects, number)


def _make(
    name: str, qualifier: int = 0, destination: int = Device.TERMINAL, objects: Iterable[DataObject] = ()
) -> Proactive:
    return Proactive(TYPES[name], qualifier, destination, tuple(objects))


def _text(text: str, tag: int = Tag.TEXT_STRING) -> DataObject:
    return DataObject(tag, encode_text(text))


def alpha_identifier(text: str) -> tuple[DataObject, ...]:
    """An alpha identifier (§8.2), 8-bit or UCS2 with '80' in front; none for an empty text."""
    if not text:
        return ()
    octets = text.encode() if text.isascii() else b"\x80" + text.encode("utf-16-be")
    return (DataObject(Tag.ALPHA_IDENTIFIER, octets),)


def _duration(seconds: int) -> DataObject:
    """Minutes where they come out even, else seconds (§8.8)."""
    if seconds % 60 == 0:
        return DataObject(Tag.DURATION, bytes((0x00, seconds // 60)))
    return DataObject(Tag.DURATION, bytes((0x01, seconds)))


def display_text(text: str, *, high_priority: bool = False, wait_for_user: bool = True) -> Proactive:
    """§6.4.1."""
    qualifier = (0x01 if high_priority else 0) | (0x80 if wait_for_user else 0)
    return _make("DISPLAY TEXT", qualifier, Device.DISPLAY, [_text(text)])


def get_inkey(text: str, *, digits_only: bool = False, yes_or_no: bool = False) -> Proactive:
    """§6.4.2; the answer has one character as its text."""
    qualifier = (0x00 if digits_only else 0x01) | (0x04 if yes_or_no else 0)
    return _make("GET INKEY", qualifier, objects=[_text(text)])


def get_input(
    text: str,
    shortest: int = 0,
    longest: int = 0xFF,
    *,
    default: str = "",
    digits_only: bool = True,
    hidden: bool = False,
) -> Proactive:
    """§6.4.3; lengths in characters."""
    qualifier = (0 if digits_only else 0x01) | (0x04 if hidden else 0)
    objects = [_text(text), DataObject(Tag.RESPONSE_LENGTH, bytes((shortest, longest)))]
    return _make(
        "GET INPUT", qualifier, objects=objects + ([_text(default, Tag.DEFAULT_TEXT)] if default else [])
    )


def _items(items: Sequence[str]) -> list[DataObject]:
    """Items with identifiers from 1 on (§8.9)."""
    return [DataObject(Tag.ITEM, bytes((number,)) + item.encode()) for number, item in enumerate(items, 1)]


def select_item(title: str, items: Sequence[str]) -> Proactive:
    """§6.4.9; the answer has the number of an item, from 1."""
    return _make("SELECT ITEM", objects=[*alpha_identifier(title), *_items(items)])


def set_up_menu(title: str, items: Sequence[str]) -> Proactive:
    """§6.4.8; without items the menu goes away."""
    return _make(
        "SET UP MENU", objects=[*alpha_identifier(title), *(_items(items) or [DataObject(Tag.ITEM, b"")])]
    )


def set_up_event_list(events: Iterable[int]) -> Proactive:
    """§6.4.16; no events: none is told any more."""
    return _make("SET UP EVENT LIST", objects=[DataObject(Tag.EVENT_LIST, bytes(events))])


def send_short_message(tpdu: bytes, *, title: str = "", packed: bool = False) -> Proactive:
    """§6.4.10: an SMS-SUBMIT (TS 23.040 §9.2.2.2); `packed`: the terminal packs its text."""
    objects = [*alpha_identifier(title), DataObject(Tag.SMS_TPDU, tpdu)]
    return _make("SEND SHORT MESSAGE", int(packed), Device.NETWORK, objects)


def send_ss(string: bytes, *, title: str = "") -> Proactive:
    """TS 31.111 §6.4.11: type of number and the SS string in BCD (§8.14)."""
    return _make("SEND SS", 0, Device.NETWORK, [*alpha_identifier(title), DataObject(Tag.SS_STRING, string)])


def send_ussd(text: str, *, title: str = "") -> Proactive:
    """TS 31.111 §6.4.12; in eight bits (DCS '44'), the answer has a text."""
    string = DataObject(Tag.USSD_STRING, b"\x44" + text.encode("latin-1"))
    return _make("SEND USSD", 0, Device.NETWORK, [*alpha_identifier(title), string])


def address(number: str) -> DataObject:
    """An address (§8.1): type of number, then its digits in BCD."""
    type_of_number = 0x91 if number.startswith("+") else 0x81
    digits = number.lstrip("+").translate(str.maketrans("*#", "AB"))
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    return DataObject(Tag.ADDRESS, bytes((type_of_number,)) + bytes.fromhex(swapped))


def set_up_call(number: str, *, title: str = "", qualifier: int = 0) -> Proactive:
    """§6.4.13; the qualifier says what happens to other calls (§8.6)."""
    return _make("SET UP CALL", qualifier, Device.NETWORK, [*alpha_identifier(title), address(number)])


def play_tone(tone: int = 0, seconds: int = 0, *, title: str = "") -> Proactive:
    """§6.4.5; tone 0: the terminal's own."""
    objects = alpha_identifier(title) + ((DataObject(Tag.TONE, bytes((tone,))),) if tone else ())
    return _make("PLAY TONE", 0, Device.EARPIECE, objects + ((_duration(seconds),) if seconds else ()))


def send_dtmf(digits: str) -> Proactive:
    """§6.4.24."""
    padded = digits.translate(str.maketrans("*#", "AB")) + "F" * (len(digits) % 2)
    octets = bytes.fromhex("".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2)))
    return _make("SEND DTMF", 0, Device.NETWORK, [DataObject(Tag.DTMF, octets)])


def more_time() -> Proactive:
    """§6.4.4."""
    return _make("MORE TIME")


def poll_interval(seconds: int) -> Proactive:
    """§6.4.6; the answer has the interval that the terminal will keep."""
    return _make("POLL INTERVAL", objects=[_duration(seconds)])


def polling_off() -> Proactive:
    """§6.4.14."""
    return _make("POLLING OFF")


class RefreshMode(IntEnum):
    """Modes of REFRESH (§8.6)."""

    NAA_INITIALIZATION_AND_FULL_FILE_CHANGE = 0x00
    FILE_CHANGE = 0x01
    NAA_INITIALIZATION_AND_FILE_CHANGE = 0x02
    NAA_INITIALIZATION = 0x03
    UICC_RESET = 0x04
    NAA_APPLICATION_RESET = 0x05
    NAA_SESSION_RESET = 0x06
    STEERING_OF_ROAMING = 0x07
    STEERING_OF_ROAMING_FOR_IWLAN = 0x08


def refresh(mode: RefreshMode, files: Sequence[bytes] = ()) -> Proactive:
    """§6.4.7; `files` are paths from '3F00' on, for the modes that name files (§8.18)."""
    listed = [DataObject(Tag.FILE_LIST, bytes((len(files),)) + b"".join(files))] if files else []
    return _make("REFRESH", mode, objects=listed)


class Local(IntEnum):
    """What PROVIDE LOCAL INFORMATION asks for (§8.6)."""

    LOCATION = 0x00
    IMEI = 0x01
    NETWORK_MEASUREMENTS = 0x02
    DATE_TIME = 0x03
    LANGUAGE = 0x04
    TIMING_ADVANCE = 0x05
    ACCESS_TECHNOLOGY = 0x06
    ESN = 0x07
    IMEISV = 0x08
    SEARCH_MODE = 0x09
    BATTERY = 0x0A
    MEID = 0x0B


def provide_local_information(what: Local = Local.LOCATION) -> Proactive:
    """§6.4.15."""
    return _make("PROVIDE LOCAL INFORMATION", what)


_START, _DEACTIVATE, _CURRENT_VALUE = range(3)


def start_timer(number: int, seconds: int) -> Proactive:
    """TIMER MANAGEMENT, §6.4.21: timers 1 to 8, up to a day."""
    parts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    value = bytes(int(f"{part % 10}{part // 10}", 16) for part in parts)
    objects = [DataObject(Tag.TIMER_IDENTIFIER, bytes((number,))), DataObject(Tag.TIMER_VALUE, value)]
    return _make("TIMER MANAGEMENT", _START, objects=objects)


def stop_timer(number: int) -> Proactive:
    """TIMER MANAGEMENT: the answer has the time that was left."""
    return _make(
        "TIMER MANAGEMENT", _DEACTIVATE, objects=[DataObject(Tag.TIMER_IDENTIFIER, bytes((number,)))]
    )


def get_timer(number: int) -> Proactive:
    """TIMER MANAGEMENT: the time that is left."""
    return _make(
        "TIMER MANAGEMENT", _CURRENT_VALUE, objects=[DataObject(Tag.TIMER_IDENTIFIER, bytes((number,)))]
    )


def set_up_idle_mode_text(text: str) -> Proactive:
    """§6.4.22."""
    return _make("SET UP IDLE MODE TEXT", objects=[_text(text)])


def language_notification(language: str = "") -> Proactive:
    """§6.4.25: two letters of ISO 639; none: any language."""
    objects = [DataObject(Tag.LANGUAGE, language.encode())] if language else []
    return _make("LANGUAGE NOTIFICATION", int(bool(language)), objects=objects)


def launch_browser(url: str, *, qualifier: int = 0) -> Proactive:
    """§6.4.26."""
    return _make("LAUNCH BROWSER", qualifier, objects=[DataObject(Tag.URL, url.encode())])


_BEARER_DEFAULT = b"\x03"
_TCP_CLIENT, _UDP_CLIENT = 0x02, 0x01


def open_channel(
    host: bytes, port: int, *, buffer: int = 1024, apn: str = "", udp: bool = False
) -> Proactive:
    """§6.4.27, packet data: `host` an IPv4 or IPv6 address, 4 or 16 bytes. The answer has the channel's
    status."""
    labels = b"".join(bytes((len(label),)) + label.encode() for label in apn.split(".")) if apn else b""
    kind = _UDP_CLIENT if udp else _TCP_CLIENT
    return _make(
        "OPEN CHANNEL",
        0x01,
        objects=[
            DataObject(Tag.BEARER, _BEARER_DEFAULT),
            DataObject(Tag.BUFFER_SIZE, buffer.to_bytes(2, "big")),
            *([DataObject(Tag.NETWORK_ACCESS_NAME, labels)] if labels else []),
            DataObject(Tag.TRANSPORT, bytes((kind,)) + port.to_bytes(2, "big")),
            DataObject(Tag.OTHER_ADDRESS, bytes((0x21 if len(host) == 4 else 0x57,)) + host),
        ],
    )


def close_channel(channel: int) -> Proactive:
    """§6.4.28; channels 1 to 7."""
    return _make("CLOSE CHANNEL", 0, Device.CHANNEL_1 + channel - 1)


def send_data(channel: int, data: bytes, *, at_once: bool = True) -> Proactive:
    """§6.4.30; at most 255 bytes go in one command."""
    return _make(
        "SEND DATA", int(at_once), Device.CHANNEL_1 + channel - 1, [DataObject(Tag.CHANNEL_DATA, data)]
    )


def receive_data(channel: int, length: int) -> Proactive:
    """§6.4.29; the answer has channel data and how much is left."""
    wanted = DataObject(Tag.CHANNEL_DATA_LENGTH, bytes((length,)))
    return _make("RECEIVE DATA", 0, Device.CHANNEL_1 + channel - 1, [wanted])


def get_channel_status() -> Proactive:
    """§6.4.31."""
    return _make("GET CHANNEL STATUS")
