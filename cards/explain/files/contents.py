"""Contents of the files of the USIM, of which the GSM application has many, too (TS 31.102 §4.2)."""

from __future__ import annotations

from collections.abc import Iterator

from cards.explain.fields import (
    Cursor,
    Decoder,
    Field,
    flags,
    hexadecimal,
    named,
    number,
    or_unused,
    utf8,
)
from cards.explain.numbers import (
    KEY,
    ROAMING_STATUS,
    UPDATE_STATUS,
    alpha,
    area,
    bcd,
    labels,
    number_of_length,
    plmn,
    plmns,
    typed_address,
)
from cards.explain.sms import unpacked
from cards.explain.tlvs import Row, template
from cards.identities import Imsi, swap_nibbles


def imsi(cursor: Cursor) -> Iterator[Field]:
    """EF.IMSI (TS 31.102 §4.2.2)."""
    whole_of_it = cursor.rest
    yield cursor.field("length", 1, number)
    yield cursor.field("IMSI", 8, or_unused(lambda _: str(Imsi.from_bytes(whole_of_it))))


OPERATION_MODES = {
    0x00: "normal", 0x80: "type approval", 0x01: "normal, specific facilities",
    0x81: "type approval, specific facilities", 0x02: "maintenance", 0x04: "cell test",
}  # fmt: skip
_ADDITIONAL = {
    1: "ciphering indicator enabled", 2: "CSG display restricted", 3: "ProSe authorised",
    4: "extended DRX cycle allowed",
}  # fmt: skip


def administrative_data(cursor: Cursor) -> Iterator[Field]:
    """EF.AD (TS 31.102 §4.2.18); an ISIM has no length of MNC."""
    yield cursor.field("UE operation mode", 1, named(OPERATION_MODES))
    yield cursor.field("additional information", 2, flags(_ADDITIONAL))
    if cursor.left:
        yield cursor.field("length of MNC in the IMSI", 1, lambda data: f"{data[0] & 0x0F} digits")


def location(cursor: Cursor) -> Iterator[Field]:
    """EF.LOCI (TS 31.102 §4.2.17)."""
    yield cursor.field("TMSI", 4, KEY)
    yield from area("location area", "LAC", 2, "TS 24.008 §10.5.1.3")(cursor)
    yield cursor.field("reserved", 1)
    yield cursor.field("location update status", 1, UPDATE_STATUS)


def packet_location(cursor: Cursor) -> Iterator[Field]:
    """EF.PSLOCI and EF.LOCIGPRS (TS 31.102 §4.2.23)."""
    yield cursor.field("P-TMSI", 4, KEY)
    yield cursor.field("P-TMSI signature", 3, KEY)
    yield from area("routing area", "LAC", 2, "TS 24.008 §10.5.5.15")(cursor)
    yield cursor.field("routing area: RAC", 1)
    yield cursor.field("routing area update status", 1, UPDATE_STATUS)


def eps_location(cursor: Cursor) -> Iterator[Field]:
    """EF.EPSLOCI (TS 31.102 §4.2.91)."""
    if cursor.peek(12).strip(b"\xff"):
        yield cursor.group("GUTI", 12, _guti, "TS 24.301 §9.9.3.12")
    else:
        yield cursor.field("GUTI", 12, KEY)
    yield from area("last registered tracking area", "TAC", 2, "TS 24.301 §9.9.3.32")(cursor)
    yield cursor.field("EPS update status", 1, ROAMING_STATUS)


def _guti(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("length and type", 2)
    yield cursor.field("PLMN", 3, plmn)
    yield cursor.field("MME group", 2)
    yield cursor.field("MME code", 1)
    yield cursor.field("M-TMSI", 4)


def network_name(data: bytes) -> str:
    """A name as TS 24.008 §10.5.3.5a codes it: coding and unused bits, then text."""
    coding = data[0] >> 4 & 7
    if coding == 0:
        spare = data[0] & 7
        count = (8 * (len(data) - 1) - spare) // 7
        return f"“{unpacked(data[1:], count, 0)}”"
    if coding == 1:
        return f"“{data[1:].decode('utf-16-be', 'replace')}”"
    return hexadecimal(data)


NETWORK_NAMES = {
    0x43: Row("full name", network_name, "TS 24.008 §10.5.3.5a"),
    0x45: Row("short name", network_name, "TS 24.008 §10.5.3.5a"),
    0x80: Row("additional information", alpha),
}


def operator_list(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.OPL (TS 31.102 §4.2.59); 'D' in a PLMN stands for any digit."""
    yield cursor.field("PLMN", 3, or_unused(wildcard_plmn))
    yield cursor.field("first location area", 2)
    yield cursor.field("last location area", 2)
    yield cursor.field("record of EF.PNN", 1, lambda data: number(data) if data[0] else "none: other sources")


def wildcard_plmn(data: bytes) -> str:
    digits = swap_nibbles(data).replace("D", "*")
    return f"{digits[:3]}-{(digits[4:] + digits[3]).rstrip('F')}"


_CATEGORIES = {
    1: "police", 2: "ambulance", 3: "fire brigade", 4: "marine guard", 5: "mountain rescue",
    6: "manually initiated eCall", 7: "automatically initiated eCall",
}  # fmt: skip


def emergency_code(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.ECC (TS 31.102 §4.2.21)."""
    yield cursor.field("emergency call code", 3, or_unused(bcd))
    if cursor.left > 1:
        yield cursor.field("label", cursor.left - 1, or_unused(alpha, "empty"))
    if cursor.left:
        yield cursor.field("service category", 1, or_unused(flags(_CATEGORIES, "not named")))


def service_provider_name(cursor: Cursor) -> Iterator[Field]:
    """EF.SPN (TS 31.102 §4.2.12)."""
    condition = lambda data: "; ".join(  # noqa: E731
        (
            "registered PLMN shown, too" if data[0] & 1 else "registered PLMN not needed",
            "name not needed in other networks" if data[0] & 2 else "name shown in listed networks",
        )
    )
    yield cursor.field("display condition", 1, or_unused(condition))
    yield cursor.field("name", None, or_unused(alpha))


def control_classes(data: bytes) -> str:
    """EF.ACC: a bit a class (TS 31.102 §4.2.15)."""
    value = int.from_bytes(data, "big")
    return ", ".join(str(bit) for bit in range(16) if value >> bit & 1) or "none"


def price(cursor: Cursor) -> Iterator[Field]:
    """EF.PUCT (TS 31.102 §4.2.11): a currency, and a price per unit with a decimal exponent."""
    yield cursor.field("currency", 3, or_unused(alpha))
    octets = cursor.peek(2)
    if len(octets) == 2:
        base = octets[0] << 4 | octets[1] & 0x0F
        exponent = (octets[1] >> 5 & 7) * (-1 if octets[1] & 0x10 else 1)
        yield cursor.field("price per unit", 2, lambda _: f"{base} × 10^{exponent}")


def ranges(what: str, size: int) -> Decoder:
    """Message identifiers, or pairs of them, of two bytes each; 'FFFF' is an empty place."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        place = 0
        while cursor.left >= 2 * size:
            place += 1
            words = lambda data: " to ".join(hexadecimal(data[at : at + 2]) for at in range(0, len(data), 2))  # noqa: E731
            field = cursor.field(f"{what} {place}", 2 * size, or_unused(words))
            if not field.value.startswith("not"):
                yield field

    return decode


LEVELS = {1: "A", 2: "B", 3: "0", 4: "1", 5: "2", 6: "3", 7: "4"}
_MAILBOXES = ("voice", "fax", "e-mail", "other", "video")


def mailboxes(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.MBI (TS 31.102 §4.2.62)."""
    for kind in _MAILBOXES:
        if cursor.left:
            yield cursor.field(
                f"{kind} mailbox: record of EF.MBDN", 1, lambda data: number(data) if data[0] else "none"
            )


def waiting(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.MWIS (TS 31.102 §4.2.63)."""
    yield cursor.field("messages wait", 1, flags(dict(enumerate(_MAILBOXES, 1)), "none"))
    for kind in _MAILBOXES:
        if cursor.left:
            yield cursor.field(f"{kind} messages", 1, or_unused(number))


def forwarding(cursor: Cursor) -> Iterator[Field]:
    """A record of EF.CFIS (TS 31.102 §4.2.64)."""
    yield cursor.field("profile", 1, or_unused(number))
    yield cursor.field("forwarded", 1, or_unused(flags({1: "voice", 2: "fax", 3: "data"})))
    yield from number_of_length("number", 10)(cursor)
    yield cursor.field("capability configuration record", 1, or_unused(number, "none"))
    yield cursor.field("extension record", 1, or_unused(number, "none"))


DISPLAY = {0xA3: Row("networks that show the name", inside=template({0x80: Row("PLMNs", inside=plmns)}))}


def apns(cursor: Cursor) -> Iterator[Field]:
    """EF.ACL (TS 31.102 §4.2.48)."""
    yield cursor.field("number of APNs", 1, number)
    yield from template({0xDD: Row("APN", labels, "TS 23.003 §9.1")})(cursor)


def length_value(*names: str) -> Decoder:
    """Values each behind its length in one byte."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        for name in names:
            size = cursor.peek()
            if not size:
                return
            yield cursor.field(f"length of {name}", 1, or_unused(number))
            if size[0] != 0xFF:
                yield cursor.field(name, size[0])

    return decode


def depersonalisation(cursor: Cursor) -> Iterator[Field]:
    """EF.DCK (TS 31.102 §4.2.49): four keys of eight digits."""
    for kind in ("network", "network subset", "service provider", "corporate"):
        if cursor.left:
            yield cursor.field(f"{kind} key", 4, or_unused(bcd))


def group_identifiers(cursor: Cursor) -> Iterator[Field]:
    """EF.VGCS and EF.VBS: identifiers of up to eight digits (TS 31.102 §4.2.73)."""
    place = 0
    while cursor.left >= 4:
        place += 1
        yield cursor.field(f"group {place}", 4, or_unused(bcd))


def group_algorithms(cursor: Cursor) -> Iterator[Field]:
    """EF.VGCSCA and EF.VBSCA: for each group the algorithms of its two master keys (TS 31.102 §4.2.77)."""
    words = lambda data: ", ".join(f"A5/{octet}" if octet else "none" for octet in data)  # noqa: E731
    place = 0
    while cursor.left >= 2:
        place += 1
        yield cursor.field(f"group {place}: algorithms of its keys", 2, or_unused(words))


def group_status(data: bytes) -> str:
    """EF.VGCSS and EF.VBSS: a bit a group, 50 of them, then six bits '1' (TS 31.102 §4.2.74)."""
    found = [str(8 * at + bit + 1) for at, octet in enumerate(data) for bit in range(8) if octet >> bit & 1]
    return ", ".join(group for group in found if int(group) <= 50) or "none"


MMS = {
    0x80: Row("implementation", flags({1: "WAP", 2: "M-IMAP", 3: "SIP"})),
    0x81: Row("relay server or profile name"),
    0x82: Row("interface or preferences"),
    0x83: Row("gateway"),
}
NAS = {
    0x80: Row("NAS signalling priority", number), 0x81: Row("NMO I behaviour", number),
    0x82: Row("attach with IMSI", number), 0x83: Row("minimum periodic search timer", number),
    0x84: Row("extended access barring", number), 0x85: Row("timer T3245", number),
    0x86: Row("override NAS signalling priority", number), 0x87: Row("override extended access barring", number),
    0x88: Row("fast first higher priority PLMN search", number), 0x89: Row("E-UTRA disabling allowed", number),
    0x8A: Row("SM retry wait time", number), 0x8B: Row("SM retry at RAT change", number),
    0x8C: Row("default DCN identifier", number), 0x8D: Row("exception data reporting", number),
}  # fmt: skip
"""EF.NASCONFIG (TS 31.102 §4.2.94)."""
SECURITY_CONTEXT = {
    0xA0: Row(
        "EPS NAS security context",
        inside=template(
            {
                0x80: Row("key set identifier", number), 0x81: Row("KASME"), 0x82: Row("uplink NAS count", number),
                0x83: Row("downlink NAS count", number), 0x84: Row("NAS algorithms"),
            }
        ),
    )
}  # fmt: skip
PLAIN_URI = {0x80: Row("URI", utf8), 0x81: Row("label", alpha)}
EPDG = {0x80: Row("ePDG", typed_address)}


def epdg_selection(cursor: Cursor) -> Iterator[Field]:
    place = 0
    while cursor.left >= 6:
        place += 1
        yield cursor.field(f"entry {place}: PLMN", 3, or_unused(plmn, "any PLMN"))
        yield cursor.field("priority", 2, number)
        yield cursor.field("name format", 1, named({0: "operator identifier", 1: "location"}))


EARFCN = {
    0xA0: Row("frequencies", inside=template({0x80: Row("EARFCN", number), 0x81: Row("geographical area")})),
}
