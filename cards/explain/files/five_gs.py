"""The 5G files of the USIM: DF.5GS, DF.SAIP and DF.SNPN (TS 31.102 §4.4.11, §4.4.12)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Decoder, Field, flags, hexadecimal, named, number, or_unused, utf8
from cards.explain.files.contents import wildcard_plmn
from cards.explain.files.row import FileRow, parts, whole
from cards.explain.numbers import KEY, ROAMING_STATUS, area, bcd, plmn
from cards.explain.tlvs import Row, template


def location(cursor: Cursor) -> Iterator[Field]:
    """EF.5GS3GPPLOCI and EF.5GSN3GPPLOCI (TS 31.102 §4.4.11.2)."""
    if cursor.peek(13).strip(b"\xff"):
        yield cursor.group("5G-GUTI", 13, _guti, "TS 24.501 §9.11.3.4")
    else:
        yield cursor.field("5G-GUTI", 13, KEY)
    yield from area("last registered tracking area", "TAC", 3, "TS 24.501 §9.11.3.8")(cursor)
    yield cursor.field("5GS update status", 1, ROAMING_STATUS)


def _guti(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("length", 2, number)
    yield cursor.field("type", 1)
    yield cursor.field("PLMN", 3, plmn)
    yield cursor.field("AMF region", 1)
    yield cursor.field("AMF set and pointer", 2)
    yield cursor.field("5G-TMSI", 4)


_CONTEXT = {
    0x80: Row("key set identifier (ngKSI)", number), 0x81: Row("KAMF"), 0x82: Row("uplink NAS count", number),
    0x83: Row("downlink NAS count", number), 0x84: Row("NAS algorithms"), 0x85: Row("EPS NAS algorithms"),
}  # fmt: skip
_SECURITY_CONTEXT = {0xA0: Row("5G NAS security context", inside=template(_CONTEXT))}
_KEYS = {0x80: Row("KAUSF"), 0x81: Row("KSEAF"), 0x82: Row("SoR counter"), 0x83: Row("UPU counter")}
_SCHEMES = {0: "null scheme", 1: "Profile A (X25519)", 2: "Profile B (P-256)"}


def schemes(cursor: Cursor) -> Iterator[Field]:
    """Protection schemes by priority, and the place of each one's key in the list (TS 31.102 §4.4.11.8)."""
    priority = 0
    while cursor.left >= 2:
        start = cursor.at
        scheme, place = cursor.take(2)
        key = f", key {place}" if place else ""
        name = _SCHEMES.get(scheme, "another scheme")
        yield Field(f"priority {priority}", f"{name}{key}", start, 2)
        priority += 1


_HOME_NETWORK_KEYS = {
    0x80: Row("key identifier", number, "TS 23.003 §2.2B"),
    0x81: Row("public key", hexadecimal, "TS 33.501 annex C"),
}
_SUCI = {
    0xA0: Row("protection schemes", inside=schemes),
    0xA1: Row("home network public keys", inside=template(_HOME_NETWORK_KEYS)),
}


def operator_list(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.OPL5G (TS 31.102 §4.4.11.9)."""
    yield cursor.field("PLMN", 3, or_unused(wildcard_plmn))
    yield cursor.field("first tracking area", 3)
    yield cursor.field("last tracking area", 3)
    yield cursor.field("record of EF.PNN", 1, lambda data: number(data) if data[0] else "none: other sources")


_NAI = {
    0x80: Row("network specific identifier", utf8),
    0x81: Row("global line identifier", utf8),
    0x82: Row("global cable identifier", utf8),
}
_ACCESS = flags({1: "multimedia priority service", 2: "mission critical services"})
_ROAMING = parts(
    ("disaster roaming", 1, lambda data: "enabled" if data[0] & 1 else "disabled"),
    ("parameters present", 1, flags({1: "roaming wait range", 2: "return wait range", 3: "applicability"})),
    ("roaming wait range", 2, hexadecimal),
    ("return wait range", 2, hexadecimal),
    ("applicability", 1, hexadecimal),
)
_POLICY = {0x80: Row("URSP rules", hexadecimal, "TS 24.526 §5.2")}


def _row(title: str, decoder: Decoder, clause: str) -> FileRow:
    return FileRow(title, decoder, f"TS 31.102 §{clause}")


FILES = {
    "EF.5GS3GPPLOCI": _row("5GS location, 3GPP access", location, "4.4.11.2"),
    "EF.5GSN3GPPLOCI": _row("5GS location, other access", location, "4.4.11.3"),
    "EF.5GS3GPPNSC": _row("5GS security context, 3GPP access", template(_SECURITY_CONTEXT), "4.4.11.4"),
    "EF.5GSN3GPPNSC": _row("5GS security context, other access", template(_SECURITY_CONTEXT), "4.4.11.5"),
    "EF.5GAUTHKEYS": _row("5G authentication keys", template(_KEYS), "4.4.11.6"),
    "EF.UAC_AIC": _row("access identities", parts(("configured", 1, _ACCESS), ("reserved", None, hexadecimal)), "4.4.11.7"),
    "EF.SUCI_CALC_INFO": _row("SUCI calculation", template(_SUCI), "4.4.11.8"),
    "EF.OPL5G": _row("operator PLMN, 5GS", operator_list, "4.4.11.9"),
    "EF.SUPI_NAI": _row("SUPI as NAI", template(_NAI), "4.4.11.10"),
    "EF.ROUTING_INDICATOR": _row("routing indicator", parts(("digits", 2, bcd), ("reserved", None, hexadecimal)), "4.4.11.11"),
    "EF.URSP": _row("route selection policy", template(_POLICY), "4.4.11.12"),
    "EF.TN3GPPSNN": _row("trusted access networks", template({0x80: Row("serving network name", utf8)}), "4.4.11.13"),
    "EF.CAG": _row("closed access groups", whole("list", hexadecimal), "4.4.11.14"),
    "EF.SOR-CMCI": _row("steering of roaming control", whole("information", hexadecimal), "4.4.11.15"),
    "EF.DRI": _row("disaster roaming", _ROAMING, "4.4.11.17"),
    "EF.5GSEDRX": _row("extended DRX", parts(("access", 1, flags({1: "NG-RAN", 2: "satellite NG-RAN"})), ("cycle length", 1, number)), "4.4.11.18"),
    "EF.5GNSWO_CONF": _row("WLAN offload", whole("usage", named({0: "disabled", 1: "enabled"})), "4.4.11.19"),
}  # fmt: skip
SAIP = {"EF.SUCI_CALC_INFO_USIM": _row("SUCI calculation by the USIM", template(_SUCI), "4.4.11.8")}
"""DF.SAIP has what the USIM itself calculates with (SAIP §9.5.11)."""
SNPN = {
    "EF.PWS_SNPN": _row("warnings in SNPNs", whole("ignored", flags({1: "in subscribed", 2: "in other"})), "4.4.12.2"),
    "EF.NID": _row("network identifier", parts(("assignment mode", 1, number), ("identifier", 5, hexadecimal)), "4.4.12.3"),
}  # fmt: skip
