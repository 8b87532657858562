"""The files of the CSIM and of DF.CDMA, where a R-UIM has the same ones (3GPP2 C.S0065 §5.2, C.S0023 §3.4).

The text of C.S0065 was not at hand beyond its contents; layouts are those of public decoders and of GSMA's TS.48
profiles. What only CDMA terminals of one maker read, or what packs bits that no network uses any more, stays bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.access import rules
from cards.explain.fields import (
    Cursor,
    Decoder,
    Field,
    Unreadable,
    ascii_text,
    counted,
    flags,
    hexadecimal,
    named,
    number,
    or_unused,
)
from cards.explain.files import telecom
from cards.explain.files.cdma_systems import Bits, extended_roaming, preferred_roaming
from cards.explain.files.contents import MMS, OPERATION_MODES
from cards.explain.files.gsm import emergency_codes
from cards.explain.files.row import FileRow, parts, whole
from cards.explain.numbers import KEY, bcd
from cards.explain.services import CSIM, RUIM, service_table, two_bit_table
from cards.explain.tlvs import template


def _little(data: bytes) -> str:
    """A number whose lowest octet comes first, as all of CDMA's here."""
    return str(int.from_bytes(data, "little"))


def three_digits(value: int) -> str:
    """Ten bits that stand for three digits, of which each is one less, and 0 stands for 10
    (C.S0005 §2.3.1.1)."""
    if value > 999:
        raise Unreadable(f"{value} stands for no three digits")
    return "".join(str((int(digit) + 1) % 10) for digit in f"{value:03}")


def _seven_digits(data: bytes) -> str:
    """IMSI_S1: three digits, one in four bits with 10 for 0, three digits."""
    value = int.from_bytes(data, "little")
    fourth = value >> 10 & 0x0F
    if not 1 <= fourth <= 10:
        raise Unreadable(f"{fourth} stands for no digit")
    return f"{three_digits(value >> 14)}{fourth % 10}{three_digits(value & 0x3FF)}"


def _two_digits(data: bytes) -> str:
    value = data[0] & 0x7F
    if value > 99:
        raise Unreadable(f"{value} stands for no two digits")
    return "".join(str((int(digit) + 1) % 10) for digit in f"{value:02}")


def _programmed(data: bytes) -> str:
    return f"{'programmed' if data[0] & 0x80 else 'not programmed'}, ADDR_NUM {data[0] & 7}"


def _three(data: bytes) -> str:
    return three_digits(int.from_bytes(data, "little") & 0x3FF)


def mobile_identity(name: str) -> Decoder:
    """EF.IMSI_M and EF.IMSI_T: an IMSI in parts, each coded of its own (C.S0065 §5.2.2)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        yield cursor.field(f"{name}_CLASS", 1, lambda data: str(data[0] & 1))
        yield cursor.field(f"{name}_S2, three digits", 2, _three)
        yield cursor.field(f"{name}_S1, seven digits", 3, _seven_digits)
        yield cursor.field(f"{name}_11_12, two digits", 1, _two_digits)
        yield cursor.field("state", 1, _programmed)
        yield cursor.field("MCC, three digits", 2, _three)

    return decode


def _systems(*extra: tuple[str, int]) -> Decoder:
    """SID and NID, and what a file has beside them."""
    return parts(
        ("SID", 2, _little),
        ("NID", 2, _little),
        *((name, length, number) for name, length in extra),
        ("reserved", None, hexadecimal),
    )


_ZONE = parts(
    ("registration zone", 2, _little), ("SID", 2, _little), ("NID", 2, _little), ("band class", 1, number),
    ("reserved", None, hexadecimal),
)  # fmt: skip
_LAST_SYSTEM = parts(
    ("number of entries", 1, number), ("SID", 2, _little), ("NID", 2, _little), ("band class", 1, number),
    ("reserved", None, hexadecimal),
)  # fmt: skip
_DISTANCE = parts(
    ("latitude of the base station", 3, _little), ("longitude", 3, _little), ("distance", 2, _little)
)
_TEMPORARY = parts(
    ("length of the zone", 1, number), ("zone", 8, hexadecimal), ("TMSI code", 4, KEY),
    ("expiry", 3, _little),
)  # fmt: skip
_TERMINATIONS = flags({1: "at home", 2: "roaming in a known network (SID)", 3: "roaming in a known NID"})
_USED = flags({1: "the card's identifier instead of the terminal's ESN", 2: "SF_EUIMID instead of MEID"})


def identifier(cursor: Cursor) -> Iterator[Field]:
    """EF.RUIMID and EF.ESN_MEID_ME: length, then up to seven octets (C.S0065 §5.2.17)."""
    length = cursor.peek()
    yield cursor.field("length", 1, lambda data: str(data[0] & 0x0F))
    size = min(length[0] & 0x0F, cursor.left)
    if size:
        yield cursor.field("identifier", size)


_FEATURES = {
    0: "NAM download", 1: "key exchange", 2: "preferred roaming", 3: "service programming lock",
    4: "parameter administration (OTAPA)", 5: "preferred user zone list", 6: "packet data",
    7: "multimedia domain", 8: "system tag", 9: "multimedia messaging",
}  # fmt: skip
"""Features of over-the-air provisioning (C.S0016 Table 3.5.1.7-1)."""


def provisioning(cursor: Cursor) -> Iterator[Field]:
    """EF.OTA: features, each with its protocol revision."""
    count = cursor.peek()
    yield cursor.field("number of features", 1, number)
    for place in range(1, count[0] + 1):
        yield cursor.field(
            f"feature {place}",
            2,
            lambda data: f"{_FEATURES.get(data[0], f'feature {data[0]}')}, revision {data[1]}",
        )


def directory_number(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.MDN: a number in the digits of DTMF, in which 'A' is 0."""
    count = cursor.peek()
    yield cursor.field("number of digits", 1, lambda data: str(data[0] & 0x0F))

    def digits(data: bytes) -> str:
        swapped = "".join(f"{octet & 15:X}{octet >> 4:X}" for octet in data)[: count[0] & 0x0F]
        return swapped.translate(str.maketrans("ABC", "0*#"))

    yield cursor.field("number", 8, or_unused(digits))
    yield cursor.field("type and plan of the number", 1)
    if cursor.left:
        yield cursor.field("presentation and screening", 1)


_ENCODINGS = {0: "octets", 2: "ASCII, 7 bits", 3: "IA5", 4: "UCS2", 8: "Latin", 9: "GSM 7-bit"}
_LANGUAGES = {0: "unknown", 1: "English", 2: "French", 3: "Spanish", 4: "Japanese", 5: "Korean", 6: "Chinese",
              7: "Hebrew"}  # fmt: skip
"""C.R1001 Tables 9.1-1 and 9.2-1."""
_SHOWN = {0: "not needed in the home area", 1: "shown in the home area"}


def _text(encoding: int, data: bytes) -> str:
    text = data.split(b"\xff")[0] if encoding != 4 else data
    if encoding == 4:
        return f"“{text.decode('utf-16-be', 'replace').rstrip(chr(0xFFFF))}”"
    return f"“{text.decode('latin-1')}”" if text else "empty"


def provider_name(cursor: Cursor) -> Iterator[Field]:
    """EF.SPN: display condition, encoding, language, 32 octets of name."""
    yield cursor.field("display condition", 1, lambda data: _SHOWN[data[0] & 1])
    encoding = cursor.peek()
    yield cursor.field("character encoding", 1, named(_ENCODINGS))
    yield cursor.field("language", 1, named(_LANGUAGES))
    yield cursor.field("name", None, lambda data: _text(encoding[0] & 0x1F, data))


def model(cursor: Cursor) -> Iterator[Field]:
    """EF.MODEL: what the terminal tells of itself."""
    yield cursor.field("character encoding", 1, or_unused(named(_ENCODINGS)))
    yield cursor.field("language", 1, or_unused(named(_LANGUAGES)))
    for name, length in (("model", 32), ("maker", 32), ("software version", 60)):
        yield cursor.field(name, length, or_unused(lambda data: _text(8, data)))


def short_message(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.SMS: status, length, message of C.S0015."""
    states = {0: "free", 1: "received, read", 3: "received, to be read", 5: "sent", 7: "to be sent"}
    status = cursor.peek()
    yield cursor.field("status", 1, lambda data: states.get(data[0] & 7, "unknown"))
    if not status[0] & 1 or not cursor.rest.strip(b"\xff"):
        return
    length = cursor.peek()
    yield cursor.field("length", 1, number)
    yield cursor.field("message (C.S0015)", min(length[0], cursor.left))


def languages(cursor: Cursor) -> Iterator[Field]:
    """EF.LI: pairs of language and encoding, preferred first."""
    place = 0
    while cursor.left >= 2:
        place += 1
        yield cursor.field(
            f"language {place}",
            2,
            or_unused(lambda data: f"{_LANGUAGES.get(data[0], f'{data[0]:02X}')}, encoding {data[1]:02X}"),
        )


def _bits(octets: int, *fields: tuple[str, int]) -> Decoder:
    def decode(cursor: Cursor) -> Iterator[Field]:
        bits = Bits(cursor, octets)
        for name, count in fields:
            yield bits.field(name, count)

    return decode


_SIMPLE_IP = _bits(4, ("NAIs, at most", 4), ("length of a NAI, at most", 7), ("length of a secret, at most", 5),
                   ("authentication algorithms", 16))  # fmt: skip
_MOBILE_IP = _bits(
    5, ("NAIs, at most", 4), ("length of a NAI, at most", 7), ("length of a MN-AAA secret, at most", 5),
    ("MN-AAA algorithms", 8), ("length of a MN-HA secret, at most", 5), ("MN-HA algorithms", 8), ("reserved", 3),
)  # fmt: skip
_HRPD = _bits(3, ("length of a NAI, at most", 8), ("length of a secret, at most", 5),
              ("authentication algorithms", 8), ("reserved", 3))  # fmt: skip


def simple_ip_profile(cursor: Cursor) -> Iterator[Field]:
    """EF.SIPUPP: length, number of NAIs, and of each a number, a length, the NAI and the algorithm, of which
    only the first begins on an octet (C.S0016 §3.5.8.6)."""
    length = cursor.peek()
    yield cursor.field("length", 1, number)
    end = min(cursor.at + length[0], cursor.end)
    yield cursor.field(
        "number of NAIs; index of the first", 1, lambda data: f"{data[0] >> 4}; {data[0] & 15}"
    )
    size = cursor.peek()
    yield cursor.field("length of NAI", 1, number)
    yield cursor.field("NAI", size[0], ascii_text)
    if cursor.at < end:
        yield cursor.field("authentication algorithm, further NAIs", end - cursor.at)


def hrpd_profile(cursor: Cursor) -> Iterator[Field]:
    """EF.HRPDUPP: length, length of NAI, NAI, algorithm."""
    yield cursor.field("length", 1, number)
    size = cursor.peek()
    yield cursor.field("length of NAI", 1, number)
    yield cursor.field("NAI", size[0], ascii_text)
    if cursor.left:
        yield cursor.field("authentication algorithm", 1, lambda data: str(data[0] >> 4))


def behind_length(name: str) -> Decoder:
    """A length, then what only the terminal reads."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        length = cursor.peek()
        yield cursor.field("length", 1, or_unused(number))
        if length[0] and length[0] != 0xFF:
            yield cursor.field(name, min(length[0], cursor.left))

    return decode


_PACKET_MODES = {0: "simple IP", 1: "mobile IP, else simple IP", 2: "mobile IP"}
_CLAUSE = "3GPP2 C.S0065 §5.2"


def _row(title: str, decoder: Decoder, section: int = 0) -> FileRow:
    return FileRow(title, decoder, f"{_CLAUSE}.{section}" if section else _CLAUSE)


def _opaque(title: str, section: int = 0) -> FileRow:
    return _row(title, whole("octets", or_unused(hexadecimal)), section)


def _shared(name: str) -> FileRow:
    """A file that the USIM has with the same layout, of C.S0065 none the less."""
    row = telecom.FILES[name]
    return FileRow(row.title, row.decoder, _CLAUSE)


_COMMON = {
    "EF.COUNT": _row("number of calls", whole("COUNT", lambda data: str(int(number(data)) & 0x3F)), 1),
    "EF.IMSI_M": _row("mobile station identity, as a number of ten digits", mobile_identity("IMSI_M"), 2),
    "EF.IMSI_T": _row("mobile station identity, true", mobile_identity("IMSI_T"), 3),
    "EF.TMSI": _row("temporary identity", _TEMPORARY, 4),
    "EF.AH": _row("analog home system", whole("SID", _little), 5),
    "EF.AOP": _opaque("analog operation", 6),
    "EF.ALOC": _opaque("analog location", 7),
    "EF.CDMAHOME": _row("home system", _systems(("band class", 1)), 8),
    "EF.ZNREGI": _row("registration by zones", _ZONE, 9),
    "EF.SNREGI": _row("registration by systems", _LAST_SYSTEM, 10),
    "EF.DISTREGI": _row("registration by distance", _DISTANCE, 11),
    "EF.ACCOLC": _row("access overload class", whole("class", lambda data: str(data[0] & 0x0F)), 12),
    "EF.TERM": _row("calls are accepted", whole("calls are accepted", _TERMINATIONS), 13),
    "EF.SSCI": _row("slot cycle index", whole("index", lambda data: str(data[0] & 7)), 14),
    "EF.ACP": _opaque("analog channels", 15),
    "EF.PRL": _row("preferred roaming list", preferred_roaming, 16),
    "EF.RUIMID": _row("identifier of the card", identifier, 17),
    "EF.SPC": _row("service programming code", whole("code", bcd), 19),
    "EF.OTAPASPC": _opaque("whether the user lets parameters be changed", 20),
    "EF.NAMLOCK": _opaque("lock of parameters"),
    "EF.OTA": _row("features of provisioning", provisioning),
    "EF.SP": _opaque("preferred band and system"),
    "EF.ESN_MEID_ME": _row("identifier of the terminal", identifier),
    "EF.LI": _row("languages", languages),
    "EF.SMS": _row("short message", short_message),
    "EF.SMSP": _opaque("short message parameters"),
    "EF.SMSS": _opaque("short message status"),
    "EF.SSFC": _row("feature codes", parts(("number of codes", 1, number), ("codes", None, or_unused(hexadecimal)))),
    "EF.SPN": _row("service provider name", provider_name),
    "EF.USGIND": _row("which identifier is used", whole("used", _USED)),
    "EF.AD": _row("administrative data", parts(
        ("operation mode", 1, named(OPERATION_MODES)), ("additional information", None, hexadecimal))),
    "EF.MDN": _row("directory number", directory_number),
    "EF.MAX_PRL": _row("longest roaming lists", parts(
        ("PRL, at most", 2, counted("bytes")), ("EPRL, at most", 2, counted("bytes")))),
    "EF.SPCS": _row("whether the programming code is set", whole(
        "state", lambda data: "another than the default" if data[0] & 1 else "the default")),
    "EF.ECC": _row("emergency call codes", emergency_codes),
    "EF.ME3GPDOPC": _row("what packet data the terminal has", whole("modes", flags(
        {1: "simple IP", 2: "mobile IP, else simple IP", 3: "mobile IP"}))),
    "EF.3GPDOPM": _row("packet data mode", whole("mode", lambda data: _PACKET_MODES.get(data[0] & 3, "reserved"))),
    "EF.SIPCAP": _row("simple IP capabilities", _SIMPLE_IP),
    "EF.MIPCAP": _row("mobile IP capabilities", _MOBILE_IP),
    "EF.SIPUPP": _row("simple IP user profile", simple_ip_profile),
    "EF.MIPUPP": _row("mobile IP user profile", behind_length("parameters, bit by bit")),
    "EF.SIPSP": _row("simple IP, active", whole("active NAIs", number)),
    "EF.MIPSP": _row("mobile IP, active", parts(("number of active NAIs", 1, number), ("NAIs", None, hexadecimal))),
    "EF.SIPPAPSS": _row("simple IP secrets", parts(("number of NAIs", 1, number), ("secrets", None, KEY))),
    "EF.PUZL": _opaque("preferred user zones"),
    "EF.MAXPUZL": _opaque("longest list of user zones"),
    "EF.MECRP": _row("what the terminal is", parts(
        ("station class mark", 1, hexadecimal), ("protocol revision", 1, number), ("local control", 1, number))),
    "EF.HRPDCAP": _row("HRPD access capabilities", _HRPD),
    "EF.HRPDUPP": _row("HRPD user profile", hrpd_profile),
    "EF.CSSPR": _row("revision of roaming lists", whole("revision", or_unused(number))),
    "EF.ATC": _row("access terminal class", whole("class", number)),
    "EF.EPRL": _row("extended preferred roaming list", extended_roaming),
    "EF.BCSMSCFG": _row("broadcast messages, by the operator", whole("mode", named(
        {0: "none", 1: "all", 2: "chosen ones"}))),
    "EF.BCSMSPREF": _row("broadcast messages, by the user", whole("mode", named(
        {0: "none", 1: "all", 2: "chosen ones"}))),
    "EF.BCSMSTABLE": _opaque("broadcast services"),
    "EF.BCSMSP": _row("broadcast service that was chosen", parts(
        ("selected", 1, or_unused(number)), ("priority", 1, or_unused(number)))),
    "EF.BAKPARA": _opaque("broadcast access keys"),
    "EF.UPBAKPARA": _opaque("broadcast access keys, renewed"),
    "EF.MMSN": _row("MMS notification", parts(
        ("status", 2, hexadecimal), ("implementation", 1, hexadecimal), ("notification", None, or_unused(hexadecimal)))),
    "EF.MMSICP": _row("MMS connection", template(MMS)),
    "EF.MMSUP": _row("MMS preferences", template(MMS)),
    "EF.MMSUCP": _row("the user's MMS connection", template(MMS)),
    "EF.AUTHCAPABILITY": _opaque("authentication capabilities"),
    "EF.3GCIK": _row("keys", parts(("CK", 16, KEY), ("IK", 16, KEY))),
    "EF.DCK": _row("depersonalisation keys", parts(*((f"{kind} key", 4, or_unused(bcd)) for kind in (
        "network type 1", "network type 2", "service provider", "corporate", "HRPD network")))),
    "EF.GID1": _opaque("group identifier 1"),
    "EF.GID2": _opaque("group identifier 2"),
    "EF.CDMACNL": _opaque("co-operative networks"),
    "EF.HOME_TAG": _opaque("tag of the home system"),
    "EF.GROUP_TAG": _opaque("tags of groups"),
    "EF.SPECIFIC_TAG": _opaque("tags of systems"),
    "EF.CALL_PROMPT": _opaque("call prompts"),
    "EF.SF_EUIMID": _row("short form of the expanded identifier", whole("identifier", or_unused(hexadecimal))),
    "EF.LCSVER": _opaque("version of location services"),
    "EF.LCSCP": _opaque("location services"),
    "EF.APPLABELS": _opaque("labels of applications"),
    "EF.MODEL": _row("what the terminal tells of itself", model),
    "EF.RC": _opaque("root certificates"),
    "EF.SMSCAP": _opaque("short message capabilities"),
    "EF.MIPFLAGS": _opaque("flags of mobile IP"),
    "EF.3GPDUPPEXT": _opaque("packet data user profile, further parameters"),
    "EF.IPV6CAP": _opaque("IPv6 capabilities"),
    "EF.TCPCONFIG": _opaque("TCP configuration"),
    "EF.DGC": _opaque("data generic configuration"),
    "EF.WAPBROWSERCP": _opaque("browser connection"),
    "EF.WAPBROWSERBM": _opaque("bookmarks"),
    "EF.MMSCONFIG": _opaque("MMS configuration"),
    "EF.JDL": _opaque("addresses for Java downloads"),
}  # fmt: skip

FILES = {
    **_COMMON,
    "EF.ARR": FileRow("access rules", rules, "TS 102 221 §13.4"),
    "EF.CSIM_ST": _row("CSIM services", service_table(CSIM), 18),
    "EF.EST": _row("enabled services", service_table(("Fixed Dialling Numbers (FDN)",), yes="enabled", no="not enabled")),
    "EF.HIDDENKEY": _row("hidden key", whole("key", or_unused(bcd))),
    **{name: _shared(name) for name in (
        "EF.FDN", "EF.SDN", "EF.EXT2", "EF.EXT3", "EF.EXT5", "EF.EXT8", "EF.ICI", "EF.OCI", "EF.CCP2")},
}  # fmt: skip
"""ADF.CSIM."""
CDMA = {
    **{name: row._replace(clause="3GPP2 C.S0023 §3.4") for name, row in _COMMON.items()},
    "EF.CST": FileRow("CDMA services", two_bit_table(RUIM), "3GPP2 C.S0023 §3.4.18"),
    "EF.EXT8": telecom.FILES["EF.EXT8"]._replace(clause="3GPP2 C.S0023 §3.4"),
}
"""DF.CDMA of a R-UIM."""
