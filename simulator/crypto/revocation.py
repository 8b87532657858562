"""Revocation lists of RSP: issued by a CI, whole, in parts, or as differences (SGP.22 §4.5.2.1.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from simulator.crypto.certificates import Certificate
from simulator.crypto.ecc import PublicKey
from simulator.crypto.errors import CryptoError
from simulator.crypto.issue import Issuer

TOTAL_PARTIAL_CRL_NUMBER: Final = x509.ObjectIdentifier("2.23.146.1.2.0.2")
PARTIAL_CRL_NUMBER: Final = x509.ObjectIdentifier("2.23.146.1.2.0.3")
_INTEGER: Final = 0x02


class RevocationError(CryptoError):
    """The list is not one that RSP can read; the text says why."""


@dataclass(frozen=True, slots=True)
class Crl:
    """What RSP reads of a revocation list. Times are in UTC."""

    der: bytes
    issuer_key_id: bytes
    """subjectKeyIdentifier of the CI that signed it, 20 bytes."""
    number: int
    base_number: int | None
    """The list that this one is a difference to; None for a list that stands for itself."""
    part: int
    """From 1; 1 where the list is whole."""
    parts: int
    this_update: datetime
    next_update: datetime | None
    revoked: frozenset[int]
    """Serial numbers of certificates."""
    of_cas: bool = True
    """Whether certificates of CAs are in its scope (issuingDistributionPoint)."""
    of_others: bool = True
    """Whether those of end entities are."""

    def covers(self, certificate: Certificate) -> bool:
        """Whether the certificate is in its scope, given that the issuer is the same."""
        return self.of_cas if certificate.is_ca else self.of_others

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether it has been issued, and the next list is not due yet; `moment` in UTC."""
        return self.this_update <= moment and (self.next_update is None or moment <= self.next_update)

    def verify(self, public_key: PublicKey) -> bool:
        """Whether the list is signed with this key."""
        return x509.load_der_x509_crl(self.der).is_signature_valid(public_key)


def parse_crl(der: bytes) -> Crl:
    """The list in `der`; RevocationError if it is malformed or lacks what §4.5.2.1.4 wants."""
    try:
        crl = x509.load_der_x509_crl(der)
        extensions = crl.extensions
        key_id = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        number = extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        base = _optional(extensions, x509.DeltaCRLIndicator)
        parts = _integer(extensions, TOTAL_PARTIAL_CRL_NUMBER)
        part = _integer(extensions, PARTIAL_CRL_NUMBER)
        revoked = frozenset(entry.serial_number for entry in crl)
        scope = _optional(extensions, x509.IssuingDistributionPoint)
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension, UnsupportedAlgorithm) as error:
        raise RevocationError(f"not a revocation list: {error}") from error
    if not key_id or not 1 <= part <= parts:
        raise RevocationError("the list names no issuer's key, or a part that there is not")
    return Crl(
        der=der,
        issuer_key_id=key_id,
        number=number,
        base_number=base.crl_number if base else None,
        part=part,
        parts=parts,
        this_update=crl.last_update_utc,
        next_update=crl.next_update_utc,
        revoked=revoked,
        of_cas=scope is None or not scope.only_contains_user_certs,
        of_others=scope is None or not scope.only_contains_ca_certs,
    )


def issue_crl(
    issuer: Issuer,
    revoked: Iterable[int],
    number: int,
    *,
    now: datetime,
    next_update: datetime,
    part: int = 1,
    parts: int = 1,
    base_number: int | None = None,
) -> bytes:
    """A list of the certificates with these serial numbers, DER: whole, a part, or a difference."""
    begin = now.astimezone(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(begin)
        .next_update(next_update)
        .add_extension(
            x509.AuthorityKeyIdentifier(issuer.certificate.subject_key_id, None, None), critical=False
        )
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    if base_number is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base_number), critical=True)
    if parts > 1:
        for oid, value in ((TOTAL_PARTIAL_CRL_NUMBER, parts), (PARTIAL_CRL_NUMBER, part)):
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, _der(value)), critical=True)
    for serial in sorted(revoked):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(begin)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def issue_next(issuer: Issuer, known: Iterable[Crl], *, now: datetime, days: int) -> bytes:
    """The list that the issuer needs now, DER: empty if the newest of its `known` lists is whole and valid,
    else the next one, with all serial numbers that they name."""
    before = list(known)
    whole = [crl for crl in before if crl.base_number is None]
    number = max((crl.number for crl in before), default=0)
    newest = [crl for crl in whole if crl.number == number and crl.is_valid_at(now.astimezone(UTC))]
    if newest and len({crl.part for crl in newest}) == newest[0].parts:
        return b""
    revoked = frozenset[int]().union(*(crl.revoked for crl in before))
    end = now.astimezone(UTC).replace(microsecond=0) + timedelta(days=days)
    return issue_crl(issuer, revoked, number + 1, now=now, next_update=end)


_E = TypeVar("_E", bound=x509.ExtensionType)


def _optional(extensions: x509.Extensions, kind: type[_E]) -> _E | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _integer(extensions: x509.Extensions, oid: x509.ObjectIdentifier) -> int:
    """The INTEGER in an extension of RSP's; 1 where it is not there."""
    try:
        value = extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return 1
    if not isinstance(value, x509.UnrecognizedExtension):
        raise ValueError(f"{oid.dotted_string} is no INTEGER")
    der = value.value
    if len(der) < 3 or der[0] != _INTEGER or der[1] != len(der) - 2:
        raise ValueError(f"{oid.dotted_string} is no INTEGER")
    return int.from_bytes(der[2:], "big", signed=True)


def _der(number: int) -> bytes:
    octets = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes((_INTEGER, len(octets))) + octets
