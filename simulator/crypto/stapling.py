"""Revocation lists that a server staples to its certificates (SGP.22 v3 §4.6, crlList of AuthenticateServer).

Every certificate of the chain, from the server's up to the one that the CI issued, needs the list of its
issuer: signed with the issuer's key, valid now, in all its parts, and without the certificate in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from itertools import pairwise

from simulator.crypto.certificates import Certificate
from simulator.crypto.errors import CryptoError
from simulator.crypto.revocation import Crl, RevocationError, parse_crl


class StaplingFault(Enum):
    """Why the lists do not do, in words."""

    MISSING = "there is no list, or not every part of it, of an issuer"
    SIGNATURE = "a list is not signed with its issuer's key"
    TIME = "a list has expired or is not valid yet"
    CONFIGURATION = "a list is malformed, a mere difference, or of an issuer that may not sign lists"
    REVOKED = "a list names a certificate"


class StaplingError(CryptoError):
    """The lists do not vouch for a chain."""

    def __init__(self, fault: StaplingFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def verify_lists(path: Sequence[Certificate], ders: Iterable[bytes], now: datetime) -> tuple[Crl, ...]:
    """The lists, once they vouch for each certificate of a verified path but the CI's, which is its last.
    StaplingError says what is wrong; lists of strangers are passed over."""
    lists = _parsed(ders)
    for crl in lists:
        issuer = next((one for one in path[1:] if one.subject_key_id == crl.issuer_key_id), None)
        if issuer is not None:
            _check_list(crl, issuer, now)
    kept = lists_of(path, lists)
    if any(is_revoked(certificate, kept) for certificate in path[:-1]):
        raise StaplingError(StaplingFault.REVOKED)
    return kept


def lists_of(path: Sequence[Certificate], lists: Iterable[Crl]) -> tuple[Crl, ...]:
    """Of these lists those that the certificates of a path need, the newest of each issuer in all its parts.
    StaplingError if one is missing."""
    whole = [crl for crl in lists if crl.base_number is None]
    needed: dict[bytes, Crl] = {}
    for certificate, issuer in pairwise(path):
        of_issuer = (crl for crl in whole if crl.issuer_key_id == issuer.subject_key_id)
        covering = newest(crl for crl in of_issuer if crl.covers(certificate))
        if not covering or len({crl.part for crl in covering}) < covering[0].parts:
            raise StaplingError(StaplingFault.MISSING)
        needed |= {crl.der: crl for crl in covering}
    return tuple(needed.values())


def newest(lists: Iterable[Crl]) -> list[Crl]:
    """The parts of the list with the highest number."""
    found = list(lists)
    highest = max((crl.number for crl in found), default=0)
    return [crl for crl in found if crl.number == highest]


def is_revoked(certificate: Certificate, lists: Iterable[Crl]) -> bool:
    """Whether a list of the certificate's issuer names it."""
    return any(
        certificate.serial_number in crl.revoked
        for crl in lists
        if crl.issuer_key_id == certificate.authority_key_id
    )


def _parsed(ders: Iterable[bytes]) -> list[Crl]:
    try:
        return [parse_crl(der) for der in ders]
    except RevocationError as error:
        raise StaplingError(StaplingFault.CONFIGURATION) from error


def _check_list(crl: Crl, issuer: Certificate, now: datetime) -> None:
    if crl.base_number is not None or not issuer.signs_lists:
        raise StaplingError(StaplingFault.CONFIGURATION)
    if not crl.verify(issuer.public_key):
        raise StaplingError(StaplingFault.SIGNATURE)
    if not crl.is_valid_at(now.astimezone(UTC)):
        raise StaplingError(StaplingFault.TIME)
