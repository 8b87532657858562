"""The files of the GSM application, DF.GSM and DF.GSM-ACCESS (TS 51.011 §10.3, TS 31.102 §4.4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import Cursor, Field, flags, hexadecimal, named, or_unused
from cards.explain.files import contents, telecom, usim
from cards.explain.files.row import FileRow, parts, whole
from cards.explain.numbers import KEY, KEY_SET, UPDATE_STATUS, area, bcd, plmns
from cards.explain.services import SIM, two_bit_table

_LANGUAGES = {
    0x00: "German", 0x01: "English", 0x02: "Italian", 0x03: "French", 0x04: "Spanish", 0x05: "Dutch",
    0x06: "Swedish", 0x07: "Danish", 0x08: "Portuguese", 0x09: "Finnish", 0x0A: "Norwegian", 0x0B: "Greek",
    0x0C: "Turkish", 0x0D: "Hungarian", 0x0E: "Polish", 0x0F: "not specified", 0x20: "Czech", 0x21: "Hebrew",
    0x22: "Arabic", 0x23: "Russian", 0x24: "Icelandic",
}  # fmt: skip
"""Cell broadcast data coding schemes (TS 23.038 §5)."""
_PHASES = {0: "phase 1", 2: "phase 2", 3: "phase 2, PROFILE DOWNLOAD required"}


def languages(cursor: Cursor) -> Iterator[Field]:
    """EF.LP: a coding scheme a language, preferred first."""
    for place in range(1, cursor.left + 1):
        yield cursor.field(f"language {place}", 1, or_unused(named(_LANGUAGES)))


def location(cursor: Cursor) -> Iterator[Field]:
    """EF.LOCI of the SIM (TS 51.011 §10.3.17)."""
    yield cursor.field("TMSI", 4, KEY)
    yield from area("location area", "LAC", 2, "TS 24.008 §10.5.1.3")(cursor)
    yield cursor.field("TMSI time", 1)
    yield cursor.field("location update status", 1, UPDATE_STATUS)


def administrative_data(cursor: Cursor) -> Iterator[Field]:
    """EF.AD of the SIM (TS 51.011 §10.3.18)."""
    yield cursor.field("MS operation mode", 1, named(contents.OPERATION_MODES))
    yield cursor.field("additional information", 2, flags({1: "ciphering indicator (OFM)"}))
    if cursor.left:
        yield cursor.field("length of MNC in the IMSI", 1, lambda data: f"{data[0] & 0x0F} digits")


def emergency_codes(cursor: Cursor) -> Iterator[Field]:
    """EF.ECC of the SIM: three bytes a code (TS 51.011 §10.3.27)."""
    place = 0
    while cursor.left >= 3:
        place += 1
        yield cursor.field(f"emergency call code {place}", 3, or_unused(bcd))


_KC = parts(("Kc", 8, KEY), ("key sequence number", 1, KEY_SET))
_SHARED = (
    "EF.IMSI", "EF.HPPLMN", "EF.ACMMAX", "EF.ACM", "EF.GID1", "EF.GID2", "EF.SPN", "EF.PUCT", "EF.CBMI",
    "EF.ACC", "EF.FPLMN", "EF.CBMID", "EF.CBMIR", "EF.DCK", "EF.CNL", "EF.PLMNWACT", "EF.OPLMNWACT",
    "EF.HPLMNWACT", "EF.PNN", "EF.OPL", "EF.MBI", "EF.MWIS", "EF.SPDI", "EF.CFIS", "EF.MMSN", "EF.MMSICP",
)  # fmt: skip
"""Files of the same layout in both applications."""

ACCESS = {
    "EF.KC": FileRow("GSM ciphering key", _KC, "TS 31.102 §4.4.3.1"),
    "EF.KCGPRS": FileRow("GPRS ciphering key", _KC, "TS 31.102 §4.4.3.2"),
    "EF.CPBCCH": FileRow("CPBCCH", contents.ranges("carrier", 1), "TS 31.102 §4.4.3.3"),
    "EF.INVSCAN": FileRow("investigation scan", whole("scan", flags({1: "in limited service", 2: "after PLMN selection"})), "TS 31.102 §4.4.3.4"),
}  # fmt: skip
FILES = {
    **{name: usim.FILES[name] for name in _SHARED},
    **ACCESS,
    "EF.LP": FileRow("languages", languages, "TS 51.011 §10.3.1"),
    "EF.PLMNSEL": FileRow("PLMN selector", plmns, "TS 51.011 §10.3.4"),
    "EF.SST": FileRow("SIM services", two_bit_table(SIM), "TS 51.011 §10.3.7"),
    "EF.LOCIGPRS": FileRow("packet location", contents.packet_location, "TS 51.011 §10.3.33"),
    "EF.LOCI": FileRow("location", location, "TS 51.011 §10.3.17"),
    "EF.AD": FileRow("administrative data", administrative_data, "TS 51.011 §10.3.18"),
    "EF.PHASE": FileRow("phase", whole("phase", named(_PHASES)), "TS 51.011 §10.3.19"),
    "EF.ECC": FileRow("emergency call codes", emergency_codes, "TS 51.011 §10.3.27"),
    "EF.BCCH": FileRow("broadcast channels", whole("channels", hexadecimal), "TS 51.011 §10.3.14"),
    "EF.MBDN": telecom.FILES["EF.MBDN"],
}
