"""What a terminal says that it can do: TERMINAL PROFILE and TERMINAL CAPABILITY (TS 102 223 §5.2,
TS 102 221 §11.1.19)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Field, Words, flags, hexadecimal
from cards.explain.tlvs import Row, template

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
    ("soft keys in SELECT ITEM", "soft keys in SET UP MENU"),
    ("count", "soft keys"),
    ("OPEN CHANNEL", "CLOSE CHANNEL", "RECEIVE DATA", "SEND DATA", "GET CHANNEL STATUS", "SERVICE SEARCH",
     "GET SERVICE INFORMATION", "DECLARE SERVICE"),
    ("bearer CSD", "bearer GPRS", "bearer Bluetooth", "bearer IrDA", "bearer RS232"),
    ("size", "lines of the display"), ("size", "characters in a line"),
    ("display can change its size", "text wrapping", "text scrolling", "text attributes"),
    ("TCP, client, remote", "UDP, client, remote", "TCP server", "TCP, client, local", "UDP, client, local",
     "direct channel", "bearer E-UTRAN", "HSDPA"),
    ("variable time-out of DISPLAY TEXT", "help in GET INKEY, immediate", "bearer USB",
     "variable time-out of GET INKEY", "PROVIDE LOCAL INFORMATION, ESN", "call control on GPRS",
     "PROVIDE LOCAL INFORMATION, IMEISV", "event: search mode change"),
    (), (),
    ("WML", "XHTML", "HTML", "cHTML"),
    ("bearer UTRAN with extended parameters", "PROVIDE LOCAL INFORMATION, battery", "melodies in PLAY TONE",
     "multimedia calls in SET UP CALL", "GBA by toolkit", "RETRIEVE MULTIMEDIA MESSAGE",
     "SUBMIT MULTIMEDIA MESSAGE", "DISPLAY MULTIMEDIA MESSAGE"),
    ("SET FRAMES", "GET FRAMES STATUS", "MMS notification download", "alpha identifier in REFRESH",
     "geographical location reporting", "PROVIDE LOCAL INFORMATION, MEID",
     "PROVIDE LOCAL INFORMATION, measurements of UTRAN and E-UTRAN", "USSD data download"),
    ("count", "frames"),
    ("event: browsing status", "event: MMS transfer status", "event: frames information change",
     "event: I-WLAN access status", "event: network rejection", "event: HCI connectivity",
     "E-UTRAN in network rejection", "access technologies, several"),
    ("event: CSG cell selection", "event: contactless state request"),
    ("text aligned left", "text centred", "text aligned right", "normal font", "large font", "small font"),
    ("normal style", "bold", "italic", "underlined", "struck through", "text colour", "background colour"),
    (),
    ("bearer I-WLAN", "PROVIDE LOCAL INFORMATION, WSID", "terminal applications",
     "REFRESH, steering of roaming", "ACTIVATE", "geographical location request",
     "PROVIDE LOCAL INFORMATION, broadcast network", "REFRESH, steering of roaming for I-WLAN"),
    ("CONTACTLESS STATE CHANGED", "CSG cell discovery", "confirmation of OPEN CHANNEL, server",
     "communication control for IMS", "toolkit over the modem's interface", "event: incoming IMS data",
     "event: IMS registration", "envelope and command container"),
)  # fmt: skip
"""TERMINAL PROFILE, byte by byte, from the lowest bit on (TS 102 223 §5.2); other bytes are shown as they
are."""


def _words(bits: tuple[str, ...]) -> Words:
    if bits and bits[0] == "count":
        return lambda data: f"{bits[1]}: {data[0]}"
    if bits and bits[0] == "size":
        return lambda data: f"{bits[1]}: {data[0] & 0x1F if bits[1].startswith('lines') else data[0] & 0x7F}"
    return flags(dict(enumerate(bits, 1)), "nothing of it") if bits else hexadecimal


def terminal_profile(cursor: Cursor) -> Iterator[Field]:
    """What the terminal can do (TS 102 223 §5.2)."""
    for place in range(cursor.left):
        bits = _PROFILE[place] if place < len(_PROFILE) else ()
        yield cursor.field(f"byte {place + 1}", 1, _words(bits))


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
