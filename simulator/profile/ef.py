"""Contents of elementary files, encoded as 3GPP TS 31.102 §4 and ETSI TS 102 221 §13 lay them out.

Every function takes values as people write them and returns the bytes of the file (or of one record).
A value that does not fit raises `ContentError`, which names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from cards.identities import to_swapped_bcd as bcd
from cards.text import GSM_DEFAULT_ALPHABET

ACCESS_TECHNOLOGY = {
    "utran": 0x8000,
    "eutran": 0x4000,
    "eutran-nb-s1": 0x5000,
    "eutran-wb-s1": 0x6000,
    "ng-ran": 0x0800,
    "gsm": 0x0080,
    "gsm-compact": 0x0040,
}
"""Access Technology Identifier of EF.PLMNwAcT, TS 31.102 §4.2.5, two bytes."""


class ContentError(ValueError):
    """A value cannot be written into a file; the text names the value and the rule."""


def digits(value: str, what: str, lengths: Iterable[int]) -> str:
    """`value` if it consists of decimal digits and has one of the lengths; else ContentError."""
    allowed = sorted(lengths)
    if not (value.isascii() and value.isdecimal() and len(value) in allowed):
        span = str(allowed[0]) if len(allowed) == 1 else f"{allowed[0]} to {allowed[-1]}"
        raise ContentError(f"{what} {value!r} is not a number of {span} digits")
    return value


def iccid(number: str) -> bytes:
    """EF.ICCID, TS 102 221 §13.2: 18 to 20 digits, swapped BCD, 10 bytes."""
    return bcd(digits(number, "ICCID", range(18, 21)), 10)


def imsi(number: str) -> bytes:
    """EF.IMSI, TS 31.102 §4.2.2: length, then parity and the digits, 9 bytes."""
    digits(number, "IMSI", range(6, 16))
    parity = "9" if len(number) % 2 else "1"
    body = bcd(parity + number, 8)
    return bytes([len(number) // 2 + 1]) + body


def plmn(mcc: str, mnc: str) -> bytes:
    """MCC and MNC, three bytes, TS 24.008 §10.5.1.13: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1."""
    digits(mcc, "MCC", [3])
    digits(mnc, "MNC", [2, 3])
    third = mnc[2] if len(mnc) == 3 else "F"
    return bytes.fromhex(mcc[1] + mcc[0] + third + mcc[2] + mnc[1] + mnc[0])


def plmn_with_access_technology(mcc: str, mnc: str, technologies: Iterable[str]) -> bytes:
    """One entry of EF.PLMNwAcT, EF.OPLMNwAcT and EF.HPLMNwAcT, TS 31.102 §4.2.5: 5 bytes."""
    bits = 0
    for technology in technologies:
        if technology not in ACCESS_TECHNOLOGY:
            known = ", ".join(ACCESS_TECHNOLOGY)
            raise ContentError(f"access technology {technology!r} is none of {known}")
        bits |= ACCESS_TECHNOLOGY[technology]
    return plmn(mcc, mnc) + bits.to_bytes(2, "big")


def service_table(services: Iterable[int], minimum: int) -> bytes:
    """EF.UST, EF.IST, EF.EST: service n is bit (n-1) mod 8 of byte (n-1) div 8; at least `minimum` bytes."""
    numbers = set(services)
    if numbers and min(numbers) < 1:
        raise ContentError(f"service number {min(numbers)} is below 1")
    table = bytearray(max([minimum, *((number + 7) // 8 for number in numbers)]))
    for number in numbers:
        table[(number - 1) // 8] |= 1 << ((number - 1) % 8)
    return bytes(table)


def access_control_classes(classes: Iterable[int]) -> bytes:
    """EF.ACC, TS 31.102 §4.2.15: class n is bit n of two bytes, class 15 the most significant."""
    bits = 0
    for number in classes:
        if number not in range(16) or number == 10:
            raise ContentError(f"access control class {number} is none of 0 to 9 and 11 to 15")
        bits |= 1 << number
    return bits.to_bytes(2, "big")


def alpha(text: str, length: int, what: str) -> bytes:
    """Text in the SIM's coding, TS 102 221 annex A: GSM default alphabet, else '80' and UCS2, 'FF' filled."""
    if all(character in GSM_DEFAULT_ALPHABET for character in text):
        coded = bytes(GSM_DEFAULT_ALPHABET.index(character) for character in text)
    else:
        coded = b"\x80" + text.encode("utf-16-be")
    if len(coded) > length:
        raise ContentError(f"{what} {text!r} takes {len(coded)} bytes, but the file has {length}")
    return coded.ljust(length, b"\xff")


def service_provider_name(name: str, display_plmn: bool = True) -> bytes:
    """EF.SPN, TS 31.102 §4.2.12: display condition and name, 17 bytes."""
    return bytes([0x01 if display_plmn else 0x00]) + alpha(name, 16, "service provider name")


def administrative_data(mnc_length: int, operation_mode: int = 0x00) -> bytes:
    """EF.AD, TS 31.102 §4.2.18: UE operation mode, additional information, length of the MNC; 4 bytes."""
    return bytes([operation_mode, 0x00, 0x00, mnc_length])


def dialling_number(number: str, label: str = "", label_length: int = 14) -> bytes:
    """One record of EF.MSISDN, EF.ADN, EF.FDN, TS 31.102 §4.2.26: label, length, TON/NPI, number; 14 more."""
    international = number.startswith("+")
    plain = number.removeprefix("+")
    if not (0 < len(plain) <= 20 and all(character in "0123456789*#" for character in plain)):
        raise ContentError(f"dialling number {number!r} is not up to 20 digits after an optional '+'")
    coded = plain.replace("*", "A").replace("#", "B")
    used = (len(coded) + 1) // 2
    type_of_number = 0x91 if international else 0x81
    return (
        alpha(label, label_length, "label") + bytes([used + 1, type_of_number]) + bcd(coded, 10) + b"\xff\xff"
    )


def emergency_call_code(code: str, label: str = "", category: int = 0) -> bytes:
    """One record of EF.ECC, TS 31.102 §4.2.21: three bytes of BCD, label, service category."""
    return (
        bcd(digits(code, "emergency call code", range(2, 7)), 3) + label.encode("ascii") + bytes([category])
    )


def application_template(aid: bytes, label: str) -> bytes:
    """One record of EF.DIR, TS 102 221 §13.1: '61' with AID '4F' and label '50'."""
    text = label.encode("ascii")
    body = bytes([0x4F, len(aid)]) + aid + bytes([0x50, len(text)]) + text
    return bytes([0x61, len(body)]) + body


def uri(value: str) -> bytes:
    """A TLV of tag '80' with UTF-8 text: EF.IMPI, EF.IMPU, EF.DOMAIN (TS 31.103 §4.2), EF.PSISMSC."""
    return _tlv(0x80, value.encode())


def pin(code: str, what: str = "PIN") -> bytes:
    """A PIN of 4 to 8 digits, padded with 'FF' to 8 bytes, TS 102 221 §9.5.1."""
    return digits(code, what, range(4, 9)).encode("ascii").ljust(8, b"\xff")


def sms_parameters(sms_centre: str, validity: int = 0xA7) -> bytes:
    """One record of EF.SMSP, TS 31.102 §4.2.27: 10 bytes of label, then what is given (service centre,
    protocol, coding and validity; '00', '00' and one day), 38 bytes."""
    address = dialling_number(sms_centre, label_length=0)[:12]
    return alpha("", 10, "label") + b"\xe1" + b"\xff" * 12 + address + bytes([0x00, 0x00, validity])


def packed_septets(text: str) -> bytes:
    """The GSM default alphabet, 8 characters in 7 bytes, TS 23.038 §6.1.2.1."""
    bits = sum(GSM_DEFAULT_ALPHABET.index(character) << (7 * at) for at, character in enumerate(text))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")


def network_name(full_name: str) -> bytes:
    """One record of EF.PNN, TS 31.102 §4.2.58: '43' with the name as TS 24.008 §10.5.3.5a codes it."""
    if all(character in GSM_DEFAULT_ALPHABET for character in full_name):
        coded = bytes([0x80 | -7 * len(full_name) % 8]) + packed_septets(full_name)
    else:
        coded = b"\x90" + full_name.encode("utf-16-be")
    return bytes([0x43, len(coded)]) + coded


def operator_plmn(mcc: str, mnc: str, name_record: int) -> bytes:
    """One record of EF.OPL, TS 31.102 §4.2.59: in this PLMN, in every location area, the name of that
    record of EF.PNN; 8 bytes."""
    return plmn(mcc, mnc) + bytes.fromhex("0000FFFE") + bytes([name_record])


def routing_indicator(number: str) -> bytes:
    """EF.Routing_Indicator, TS 31.102 §4.4.11.11: up to four digits, swapped BCD, two bytes unused."""
    return bcd(digits(number, "routing indicator", range(1, 5)), 2) + b"\xff\xff"


PROTECTION_SCHEME = {"null": 0, "profile-a": 1, "profile-b": 2}
"""Protection Scheme Identifier, TS 33.501 annex C."""


def suci_calculation_information(keys: Iterable[tuple[str, int, bytes]]) -> bytes:
    """EF.SUCI_Calc_Info, TS 31.102 §4.4.11.8: schemes ('A0') by priority, home network keys ('A1').

    Each key is a scheme's name, the home network public key identifier and the key: 32 bytes (Profile A),
    33 or 65 (Profile B). The null scheme closes the list.
    """
    known = list(keys)
    schemes = b"".join(bytes([PROTECTION_SCHEME[name], at]) for at, (name, _, _) in enumerate(known, 1))
    listed = b"".join(bytes([0x80, 1, identifier, 0x81, len(key)]) + key for _, identifier, key in known)
    if not known:
        return bytes([0xA0, 2, 0, 0])
    return _tlv(0xA0, schemes + bytes([0, 0])) + _tlv(0xA1, listed)


def host_name(host: str) -> bytes:
    """One record of EF.P-CSCF, TS 31.103 §4.2.8: '80' with the type (0 name, 1 IPv4, 2 IPv6) and address."""
    try:
        address = ip_address(host)
    except ValueError:
        if not (host and host.isascii()):
            raise ContentError(f"{host!r} is neither a host name in ASCII nor an IP address") from None
        return _tlv(0x80, b"\x00" + host.encode("ascii"))
    return _tlv(0x80, bytes([1 if address.version == 4 else 2]) + address.packed)


def _tlv(tag: int, value: bytes) -> bytes:
    """BER-TLV of up to 255 bytes."""
    if len(value) > 0xFF:
        raise ContentError(f"{len(value)} bytes are too many for one data object of 255")
    return bytes([tag, *([0x81] if len(value) > 0x7F else []), len(value)]) + value


def records(contents: Iterable[bytes], length: int, count: int) -> bytes:
    """The records of a linear fixed file, each filled with 'FF', empty ones behind."""
    filled = [content.ljust(length, b"\xff") for content in contents]
    if any(len(content) > length for content in filled) or len(filled) > count:
        raise ContentError(f"{len(filled)} records do not fit into {count} of {length} bytes")
    return b"".join(filled) + b"\xff" * (length * (count - len(filled)))
