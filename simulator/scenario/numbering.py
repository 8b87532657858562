"""Numbers of the subscriptions that are issued: ICCID (ITU-T E.118 §4.1), IMSI (TS 23.003 §2.2).

They are made from a seed. Real subscribers may have the same ones; nothing leaves the process.
"""

from __future__ import annotations

from hashlib import shake_128
from typing import Final

from cards.identities import Iccid, Imsi, Plmn
from simulator.scenario.errors import IssuingError

TELECOMMUNICATIONS: Final = "89"
"""Major industry identifier of an ICCID (ITU-T E.118 §4.1)."""
_IIN_LENGTH: Final = 7
"""Industry, country and issuer together have at most seven digits (ITU-T E.118 §4.1)."""
_ICCID_BODY: Final = 18
_IMSI_LENGTH: Final = 15

COUNTRY_CODES: Final = {
    # ITU-T E.164, assigned country codes. Issuers of world zone 1 write it with two digits.
    "ae": "971",
    "ar": "54",
    "at": "43",
    "au": "61",
    "be": "32",
    "bg": "359",
    "br": "55",
    "ca": "01",
    "ch": "41",
    "cl": "56",
    "cn": "86",
    "co": "57",
    "cz": "420",
    "de": "49",
    "dk": "45",
    "ee": "372",
    "eg": "20",
    "es": "34",
    "fi": "358",
    "fr": "33",
    "gb": "44",
    "gr": "30",
    "hk": "852",
    "hr": "385",
    "hu": "36",
    "id": "62",
    "ie": "353",
    "il": "972",
    "in": "91",
    "is": "354",
    "it": "39",
    "jp": "81",
    "ke": "254",
    "kh": "855",
    "kr": "82",
    "la": "856",
    "lt": "370",
    "lu": "352",
    "lv": "371",
    "ma": "212",
    "mo": "853",
    "mx": "52",
    "my": "60",
    "nl": "31",
    "no": "47",
    "nz": "64",
    "ph": "63",
    "pl": "48",
    "pt": "351",
    "qa": "974",
    "ro": "40",
    "rs": "381",
    "sa": "966",
    "se": "46",
    "sg": "65",
    "si": "386",
    "sk": "421",
    "th": "66",
    "tr": "90",
    "tw": "886",
    "ua": "380",
    "us": "01",
    "vn": "84",
    "za": "27",
}
"""ISO 3166-1 alpha-2, lower case → the country code in an ICCID."""


def drawn(count: int, *names: object) -> bytes:
    """Random-looking bytes that depend on the names alone."""
    return shake_128("\0".join(map(str, names)).encode()).digest(count)


def drawn_digits(count: int, *names: object) -> str:
    """Random-looking decimal digits that depend on the names alone."""
    return f"{int.from_bytes(drawn(count + 8, *names), 'big') % 10**count:0{count}d}"


def iccid(country: str, plmn: Plmn, *names: object) -> Iccid:
    """19 digits: '89', the issuer's country code, its MNC as issuer identifier, a number that depends on the
    names, the check digit. The true issuer identifiers are registered with the ITU; here it is the MNC."""
    try:
        code = COUNTRY_CODES[country]
    except KeyError:
        raise IssuingError(
            f"the telephone country code of {country!r} is not known: add it to COUNTRY_CODES in "
            "simulator/scenario/numbering.py"
        ) from None
    issuer = plmn.mnc.zfill(_IIN_LENGTH)[-(_IIN_LENGTH - len(TELECOMMUNICATIONS + code)) :]
    prefix = TELECOMMUNICATIONS + code + issuer
    return Iccid.with_check_digit(prefix + drawn_digits(_ICCID_BODY - len(prefix), "ICCID", *names))


def imsi(plmn: Plmn, *names: object) -> Imsi:
    """15 digits: MCC, MNC, and an MSIN that depends on the names."""
    prefix = plmn.mcc + plmn.mnc
    return Imsi(prefix + drawn_digits(_IMSI_LENGTH - len(prefix), "IMSI", *names))
