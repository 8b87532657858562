"""Numbers of the toolkit in words: commands and their qualifiers, events, results, tones (TS 102 223 §8,
TS 31.111 §8)."""

from __future__ import annotations

from collections.abc import Mapping

from cards.explain.fields import Words, flags, hexadecimal, named
from cards.toolkit import COMMANDS

DEVICES = {
    0x01: "keypad", 0x02: "display", 0x03: "earpiece", 0x81: "card", 0x82: "terminal", 0x83: "network",
    0x84: "application", **{0x10 + n: f"card reader {n}" for n in range(8)},
    **{0x20 + n: f"channel {n}" for n in range(1, 8)}, **{0x30 + n: f"client {n}" for n in range(1, 16)},
}  # fmt: skip
"""TS 102 223 §8.7."""

FURTHER_COMMANDS = {
    0x16: ("GEOGRAPHICAL LOCATION REQUEST", "TS 31.111 §6.4.38"),
    0x30: ("PERFORM CARD APDU", "TS 102 223 §6.4.17"), 0x31: ("POWER ON CARD", "TS 102 223 §6.4.19"),
    0x32: ("POWER OFF CARD", "TS 102 223 §6.4.18"), 0x33: ("GET READER STATUS", "TS 102 223 §6.4.20"),
    0x34: ("RUN AT COMMAND", "TS 102 223 §6.4.23"), 0x45: ("SERVICE SEARCH", "TS 102 223 §6.4.32"),
    0x46: ("GET SERVICE INFORMATION", "TS 102 223 §6.4.33"), 0x47: ("DECLARE SERVICE", "TS 102 223 §6.4.34"),
    0x50: ("SET FRAMES", "TS 102 223 §6.4.35"), 0x51: ("GET FRAMES STATUS", "TS 102 223 §6.4.36"),
    0x60: ("RETRIEVE MULTIMEDIA MESSAGE", "TS 102 223 §6.4.37"),
    0x61: ("SUBMIT MULTIMEDIA MESSAGE", "TS 102 223 §6.4.38"),
    0x62: ("DISPLAY MULTIMEDIA MESSAGE", "TS 102 223 §6.4.39"), 0x70: ("ACTIVATE", "TS 102 223 §6.4.40"),
    0x71: ("CONTACTLESS STATE CHANGED", "TS 102 223 §6.4.41"),
    0x72: ("COMMAND CONTAINER", "TS 102 223 §6.4.42"),
    0x73: ("ENCAPSULATED SESSION CONTROL", "TS 102 223 §6.4.43"),
    0x81: ("end of the proactive session", "TS 102 223 §9.4"),
}  # fmt: skip
"""Types of command that our cards do not send (§9.4)."""


def command_name(kind: int) -> tuple[str, str]:
    """Name and clause of a type of command; empty if there is none."""
    row = COMMANDS.get(kind)
    if row:
        return row.name, f"TS 102 223 {row.clause}" if row.clause.startswith("§") else row.clause
    return FURTHER_COMMANDS.get(kind, ("", ""))


EVENTS = {
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
_LOCAL_INFORMATION = {
    0x00: "location", 0x01: "IMEI", 0x02: "network measurements", 0x03: "date and time", 0x04: "language",
    0x05: "timing advance", 0x06: "access technology", 0x07: "ESN", 0x08: "IMEISV", 0x09: "search mode",
    0x0A: "battery", 0x0B: "MEID", 0x0C: "WSID", 0x0D: "location of broadcast network",
    0x0E: "access technologies", 0x0F: "location by access technologies",
    0x10: "network measurements by access technologies", 0x11: "CSGs and home node B names",
    0x12: "IP address of the home node B", 0x13: "macrocells around the home node B",
    0x1A: "supported radio access technologies",
}  # fmt: skip
_CALLS = {
    0x00: "only if not busy", 0x01: "only if not busy, redialling", 0x02: "others are held",
    0x03: "others are held, redialling", 0x04: "others are ended", 0x05: "others are ended, redialling",
}  # fmt: skip
_BROWSERS = {0x00: "if none is launched", 0x02: "the one that is there", 0x03: "that one is closed first"}
_INKEY = {1: "alphabet", 2: "UCS2", 3: "yes or no", 4: "at once, without showing", 8: "help available"}
_INPUT = {1: "alphabet", 2: "UCS2", 3: "hidden", 4: "packed", 8: "help available"}
_ITEMS = {1: "presentation said", 2: "navigation", 3: "soft keys", 8: "help available"}
_QUALIFIERS: dict[int, Words] = {
    0x01: named(_REFRESH),
    0x10: named(_CALLS),
    0x13: flags({1: "packed by the terminal"}, "not packed"),
    0x15: named(_BROWSERS),
    0x20: flags({1: "with vibration"}, "vibration as the terminal likes"),
    0x21: flags({1: "high priority", 8: "waits for the user"}, "normal priority, goes after a while"),
    0x22: flags(_INKEY, "digits"),
    0x23: flags(_INPUT, "digits"),
    0x24: flags(_ITEMS, "no preference"),
    0x25: flags({1: "soft keys", 8: "help available"}, "no preference"),
    0x26: named(_LOCAL_INFORMATION),
    0x27: lambda data: ("start", "deactivate", "current value", "reserved")[data[0] & 3],
    0x33: lambda data: "identifier" if data[0] & 1 else "status",
    0x35: lambda data: "specific" if data[0] & 1 else "not specific",
    0x40: flags({1: "link at once", 2: "reconnects", 3: "in the background", 4: "DNS servers wanted"},
                "link on demand"),
    0x41: flags({1: "goes on listening"}, "closed"),
    0x43: flags({1: "at once"}, "stored until the rest comes"),
}  # fmt: skip
"""Type of command → what its qualifier says (TS 102 223 §8.6, TS 31.111 §8.6)."""


def qualifier(kind: int) -> Words:
    return _QUALIFIERS.get(kind, hexadecimal)


_BUSY = {
    0x00: "no cause", 0x01: "screen busy", 0x02: "busy on a call", 0x03: "busy on SS", 0x04: "no service",
    0x05: "access class barred", 0x06: "no radio resource", 0x07: "not in a speech call",
    0x08: "busy on USSD", 0x09: "busy on DTMF", 0x0A: "no NAA active",
}  # fmt: skip
_BROWSER = {0: "no cause", 1: "bearer unavailable", 2: "browser unavailable",
            3: "provisioning data unreadable", 4: "no default URL"}  # fmt: skip
_CONTROL = {0: "no cause", 1: "not allowed", 2: "the type of request has changed"}
_MULTIPLE = {
    0: "no cause", 1: "no reader", 2: "no card", 3: "reader busy", 4: "card powered off",
    5: "C-APDU malformed", 6: "mute card", 7: "transmission error", 8: "protocol not supported",
    9: "reader not valid",
}  # fmt: skip
_CHANNELS = {
    0x00: "no cause", 0x01: "no channel available", 0x02: "channel closed", 0x03: "channel not valid",
    0x04: "buffer size not available", 0x05: "security error", 0x06: "transport level not available",
    0x07: "remote device out of reach", 0x08: "service error", 0x09: "service unknown",
    0x10: "port not available", 0x11: "launch parameters missing or wrong", 0x12: "launch failed",
}  # fmt: skip
_FRAMES = {0: "no cause", 1: "frame not valid", 2: "too many frames", 3: "no frame defined",
           4: "size not supported", 5: "default frame not valid"}  # fmt: skip
ADDITIONAL: Mapping[int, Words] = {
    0x20: named(_BUSY), 0x25: named(_CONTROL), 0x26: named(_BROWSER), 0x38: named(_MULTIPLE),
    0x39: named(_CONTROL), 0x3A: named(_CHANNELS), 0x3C: named(_FRAMES),
    0x21: lambda data: f"cause {data[0] & 0x7F} (TS 24.008 §10.5.4.11)" if data[0] else "no cause",
    0x34: lambda data: f"error {data[0]} (TS 24.080)" if data[0] else "no cause",
    0x35: lambda data: f"cause {data[0]} (TS 24.011 §8.2.5.4)" if data[0] else "no cause",
    0x37: lambda data: f"error {data[0]} (TS 24.080)" if data[0] else "no cause",
}  # fmt: skip
"""General result → additional information (TS 102 223 §8.12.2 to §8.12.13)."""
TONES = {
    0x01: "dial tone", 0x02: "subscriber busy", 0x03: "congestion", 0x04: "radio path acknowledge",
    0x05: "radio path not available, or call dropped", 0x06: "error", 0x07: "call waiting", 0x08: "ringing",
    0x10: "general beep", 0x11: "positive acknowledgement", 0x12: "negative acknowledgement or error",
    0x13: "ringing, as the user chose", 0x14: "message alert, as the user chose", 0x15: "critical alert",
    0x20: "vibration only", 0x30: "happy", 0x31: "sad", 0x32: "urgent", 0x33: "question",
    0x34: "message received", **{0x40 + n: f"melody {n + 1}" for n in range(8)},
}  # fmt: skip
"""TS 102 223 §8.16."""
ACCESS_TECHNOLOGIES = {
    0x00: "GSM", 0x01: "TIA/EIA-553", 0x02: "TIA/EIA-136", 0x03: "UTRAN", 0x04: "TETRA", 0x05: "TIA/EIA-95",
    0x06: "cdma2000 1x", 0x07: "cdma2000 HRPD", 0x08: "E-UTRAN", 0x09: "eHRPD", 0x0A: "NG-RAN",
    0x0B: "satellite NG-RAN",
}  # fmt: skip
"""TS 102 223 §8.61."""
UPDATES = {
    0: "normal location updating", 1: "periodic location updating", 2: "IMSI attach", 3: "GPRS attach",
    4: "combined GPRS and IMSI attach", 5: "routing area updating", 6: "combined updating",
    7: "combined updating with IMSI attach", 8: "periodic routing area updating", 9: "EPS attach",
    10: "combined EPS and IMSI attach", 11: "tracking area updating", 12: "combined tracking area updating",
    13: "combined tracking area updating with IMSI attach", 14: "periodic tracking area updating",
    15: "initial registration", 16: "mobility registration updating", 17: "periodic registration updating",
}  # fmt: skip
"""TS 31.111 §8.92."""
REJECTIONS = {
    2: "IMSI unknown in HLR or HSS", 3: "illegal MS or UE", 4: "IMSI unknown in VLR", 5: "IMEI not accepted",
    6: "illegal ME", 7: "packet services not allowed", 8: "no services allowed", 9: "identity not derived",
    10: "implicitly detached", 11: "PLMN not allowed", 12: "area not allowed", 13: "roaming not allowed here",
    14: "packet services not allowed in this PLMN", 15: "no suitable cells in the area",
    17: "network failure", 20: "MAC failure", 21: "synchronisation failure", 22: "congestion",
    25: "not authorised for this CSG", 27: "N1 mode not allowed", 35: "service not authorised in this PLMN",
    42: "severe network failure", 72: "other access than 3GPP not allowed",
}  # fmt: skip
"""Causes of rejection (TS 24.008 §10.5.3.6, TS 24.301 §9.9.3.9, TS 24.501 §9.11.3.2)."""
MEASUREMENTS = {
    1: "UTRAN, same frequency", 2: "UTRAN, other frequency", 3: "UTRAN, GERAN", 4: "UTRAN, E-UTRAN",
    5: "E-UTRAN, same frequency", 6: "E-UTRAN, other frequency", 7: "E-UTRAN, GERAN", 8: "E-UTRAN, UTRAN",
    9: "E-UTRAN, NR",
}  # fmt: skip
"""TS 31.111 §8.73."""
BROADCASTS = {
    0: "DVB-H",
    1: "DVB-T",
    2: "DVB-SH",
    3: "T-DMB",
    4: "FLO",
    5: "WiMAX",
    6: "DVB-NGH",
    7: "DVB-T2",
}
"""TS 102 223 §8.90."""
BROWSERS = {0: "default", 1: "WML", 2: "HTML", 3: "XHTML", 4: "cHTML"}
"""TS 102 223 §8.47."""
BEARERS = {
    0x01: "CSD", 0x02: "GPRS", 0x03: "default bearer", 0x04: "local link", 0x05: "Bluetooth", 0x06: "IrDA",
    0x07: "RS232", 0x08: "cdma2000 packet data", 0x09: "UTRAN with extended parameters", 0x0A: "I-WLAN",
    0x0B: "E-UTRAN and NG-RAN", 0x0C: "NG-RAN", 0x10: "USB",
}  # fmt: skip
"""TS 102 223 §8.52, TS 31.111 §8.52."""
TRANSPORTS = {
    0x01: "UDP, client, remote", 0x02: "TCP, client, remote", 0x03: "TCP server",
    0x04: "UDP, client, local", 0x05: "TCP, client, local", 0x06: "direct",
}  # fmt: skip
"""TS 102 223 §8.59."""
