"""Whether a chain of certificates leads to a trusted CI (SGP.22 §4.5.2; SGP.26 §3 for the variants).

Chains of version 2, variant O, have no SubCA:

    CI - EUM - eUICC            CI - SM-DP+ or SM-DS

Version 3 has policies of its own for every role, and four variants:

    Ov3   CI - EUM - eUICC
    A     CI - EUM - EUM SubCA - eUICC               CI - DP or DS SubCA - server
    B     CI - CI SubCA - EUM - eUICC                CI - CI SubCA - server
    C     CI - CI SubCA - EUM - EUM SubCA - eUICC    CI - CI SubCA - DP or DS SubCA - server

All certificates of a chain are of the same version and lie on the same curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.crypto.certificates import Certificate, CertificateError, CertificateFault, Role, attribute

ISSUERS: Final[dict[Role, tuple[Role, ...]]] = {
    Role.EUICC: (Role.EUM, Role.EUM_SUB_CA),
    Role.EUM_SUB_CA: (Role.EUM,),
    Role.EUM: (Role.CI, Role.CI_SUB_CA),
    **dict.fromkeys((Role.DP_TLS, Role.DP_AUTH, Role.DP_PB), (Role.CI, Role.CI_SUB_CA, Role.DP_SUB_CA)),
    **dict.fromkeys((Role.DS_TLS, Role.DS_AUTH), (Role.CI, Role.CI_SUB_CA, Role.DS_SUB_CA)),
    Role.DP_SUB_CA: (Role.CI, Role.CI_SUB_CA),
    Role.DS_SUB_CA: (Role.CI, Role.CI_SUB_CA),
    Role.CI_SUB_CA: (Role.CI,),
}
"""Who issues a role. The first is the one in variant O, where the role is there at all."""
MOST_OTHERS: Final = 4
"""Certificates of SubCAs that are looked at: no variant has more than three in a chain."""
_TLS_PURPOSES: Final = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
_CAS: Final = frozenset(role for roles in ISSUERS.values() for role in roles)

Level = tuple[Certificate, Role]
"""A certificate, and what it is to be."""


class ChainVerifier:
    """Verifies chains up to the CI certificates that it trusts.

    Which certificates were found right stays in this object, so that the same card or server is checked again
    without elliptic-curve work. No other verifier profits from it, times are checked anew each time, and a
    refused certificate is never remembered.
    """

    _REMEMBERED: Final = 1024

    def __init__(self, anchors: Iterable[bytes]) -> None:
        """`anchors` are CI certificates in DER; CertificateError if one of them is not."""
        self._anchors: dict[bytes, Certificate] = {}
        for der in anchors:
            anchor = Certificate.parse(der)
            if not (anchor.is_ca and anchor.signs_certificates and anchor.subject_key_id):
                raise CertificateError(CertificateFault.WRONG_EXTENSION, Role.CI)
            self._anchors[anchor.subject_key_id] = anchor
        self._vouched: set[tuple[bytes, Role, bytes]] = set()
        """Certificate, the role it was found right in, and its issuer."""

    @property
    def anchor_key_ids(self) -> tuple[bytes, ...]:
        """subjectKeyIdentifier, 20 bytes, of each trusted CI, in the order that they were given."""
        return tuple(self._anchors)

    def anchor(self, key_id: bytes) -> Certificate | None:
        """The trusted CI certificate with this subjectKeyIdentifier."""
        return self._anchors.get(key_id)

    def parse(self, der: bytes) -> Certificate:
        """The certificate in `der`; CertificateError if malformed."""
        return Certificate.parse(der)

    def verify(
        self,
        chain: Sequence[bytes],
        role: Role,
        now: datetime,
        others: Sequence[bytes] = (),
        *,
        v3: bool = True,
    ) -> Certificate:
        """The first certificate of `chain`, once the chain holds; see `verify_path`."""
        return self.verify_path(chain, role, now, others, v3=v3)[0]

    def verify_path(
        self,
        chain: Sequence[bytes],
        role: Role,
        now: datetime,
        others: Sequence[bytes] = (),
        *,
        v3: bool = True,
    ) -> tuple[Certificate, ...]:
        """All certificates from the first of `chain` up to the CI's, once the chain holds.

        `chain` is the certificate in `role` and then its issuers, as far as the message names them one by
        one: for an eUICC its own and the next, for a server just its own. `others` are the rest, in any
        order, without the CI (otherCertsInChain). Without `v3` only chains of variant O are known.
        CertificateError says which certificate is refused, and why.
        """
        levels = self._levels(chain, role, others)
        last, last_role = levels[-1]
        anchor = self._anchors.get(last.authority_key_id)
        if anchor is None or Role.CI not in ISSUERS[last_role]:
            raise CertificateError(CertificateFault.UNKNOWN_CI, last_role, last.authority_key_id.hex())
        issuers = [certificate for certificate, _ in levels[1:]] + [anchor]
        # From the CI downwards: a certificate is only believed once its issuer is.
        for (certificate, its_role), issuer in reversed(list(zip(levels, issuers, strict=True))):
            if certificate.is_v3 and not v3:
                raise CertificateError(CertificateFault.WRONG_ROLE, its_role, "one of version 3 of SGP.22")
            self._check_level(certificate, its_role, issuer, now)
        _check_path(levels, anchor)
        _check_time(anchor, Role.CI, now)
        return (levels[0][0], *issuers)

    def _levels(self, chain: Sequence[bytes], role: Role, others: Sequence[bytes]) -> list[Level]:
        """The certificates below the CI, each with what it is to be there."""
        if not chain:
            raise CertificateError(CertificateFault.UNKNOWN_CI, role, "there is no certificate")
        levels = [(_parse(chain[0], role), role)]
        for der in chain[1:]:
            levels.append(_issuer_level(der, levels[-1]))
        if len(others) > MOST_OTHERS:
            detail = f"no chain has {len(others)} certificates of SubCAs"
            raise CertificateError(CertificateFault.UNKNOWN_CI, role, detail)
        pool = [_parse(der, role) for der in others]
        while (wanted := levels[-1][0].authority_key_id) not in self._anchors:
            issuer = next((item for item in pool if item.subject_key_id == wanted), None)
            if issuer is None:
                break
            pool.remove(issuer)
            levels.append(_issuer_level(issuer.der, levels[-1]))
        return levels

    def _check_level(self, certificate: Certificate, role: Role, issuer: Certificate, now: datetime) -> None:
        vouched = certificate.der, role, issuer.der
        if vouched not in self._vouched:
            _check_issue(certificate, role, issuer)
            if len(self._vouched) >= self._REMEMBERED:
                self._vouched.clear()
            self._vouched.add(vouched)
        _check_time(certificate, role, now)


def verify_chain(
    chain: Sequence[bytes],
    anchors: Iterable[bytes],
    *,
    role: Role,
    now: datetime,
    others: Sequence[bytes] = (),
) -> Certificate:
    """`ChainVerifier.verify` for a single use."""
    return ChainVerifier(anchors).verify(chain, role, now, others)


def _parse(der: bytes, role: Role) -> Certificate:
    try:
        return Certificate.parse(der)
    except CertificateError as error:
        raise CertificateError(error.fault, role, error.detail) from error


def _issuer_level(der: bytes, below: Level) -> Level:
    """The certificate above, which is not the CI's: it must say that it is what may issue the one below."""
    possible = [role for role in ISSUERS[below[1]] if role is not Role.CI]
    if not possible:
        raise CertificateError(CertificateFault.UNKNOWN_CI, below[1], below[0].authority_key_id.hex())
    certificate = _parse(der, possible[0])
    role = certificate.role
    if role is None or role not in possible:
        raise CertificateError(
            CertificateFault.WRONG_ROLE, possible[0], role.title if role else "none of RSP's"
        )
    return certificate, role


def _check_path(levels: Sequence[Level], anchor: Certificate) -> None:
    """What only the whole chain shows: path lengths, and constraints on more than the next certificate."""
    for below, (issuer, role) in enumerate([*levels[1:], (anchor, Role.CI)]):
        if issuer.path_length is not None and below > issuer.path_length:
            raise CertificateError(CertificateFault.PATH_LENGTH, role, f"{issuer.path_length}")
        for certificate, its_role in levels[:below]:
            _check_constraints(certificate, its_role, issuer)


def names_and_signs(issuer: Certificate, certificate: Certificate) -> bool:
    """Whether `issuer` has issued the certificate, whatever either is for."""
    return _names(issuer, certificate) and _signs(issuer, certificate)


def _names(issuer: Certificate, certificate: Certificate) -> bool:
    linked = certificate.authority_key_id == issuer.subject_key_id
    return linked and certificate.issuer == issuer.subject


def _signs(issuer: Certificate, certificate: Certificate) -> bool:
    try:
        issuer.public_key.verify(certificate.signature, certificate.signed_part, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _check_issue(certificate: Certificate, role: Role, issuer: Certificate) -> None:
    """All that does not depend on the time: who issued it, the signature, what it says."""
    if not _names(issuer, certificate):
        raise CertificateError(CertificateFault.WRONG_ISSUER, role)
    if not _signs(issuer, certificate):
        raise CertificateError(CertificateFault.WRONG_SIGNATURE, role)
    if certificate.curve is not issuer.curve:
        raise CertificateError(CertificateFault.WRONG_CURVE, role, certificate.curve.name)
    _check_content(certificate, role)
    if issuer.role is not Role.CI and certificate.is_v3 != issuer.is_v3:
        detail = "one of another version of SGP.22 than its issuer's"
        raise CertificateError(CertificateFault.WRONG_ROLE, role, detail)
    _check_constraints(certificate, role, issuer)


def _check_constraints(certificate: Certificate, role: Role, issuer: Certificate) -> None:
    """Name constraints hold for everything below (RFC 5280 §4.2.1.10), permitted EINs for the EID."""
    if issuer.permitted and not any(_within(certificate.subject, name) for name in issuer.permitted):
        raise CertificateError(CertificateFault.NAME_CONSTRAINT, role, certificate.subject.rfc4514_string())
    if role is Role.EUICC and issuer.eins and not certificate.eid.hex().startswith(issuer.eins):
        raise CertificateError(CertificateFault.NAME_CONSTRAINT, role, certificate.eid.hex())


def _check_content(certificate: Certificate, role: Role) -> None:
    if certificate.unknown_critical:
        fault = CertificateFault.UNKNOWN_CRITICAL_EXTENSION
        raise CertificateError(fault, role, certificate.unknown_critical)
    if certificate.role is not role:
        other = certificate.role.title if certificate.role else "none of RSP's"
        raise CertificateError(CertificateFault.WRONG_ROLE, role, other)
    if missing := _missing_extension(certificate, role):
        raise CertificateError(CertificateFault.WRONG_EXTENSION, role, missing)


def _missing_extension(certificate: Certificate, role: Role) -> str:
    """What a certificate of this role must say and this one does not (SGP.22 §4.5.2.1)."""
    if not certificate.subject_key_id:
        return "subjectKeyIdentifier"
    if role in _CAS:
        if not (certificate.is_ca and certificate.signs_certificates):
            return "basicConstraints or keyUsage"
        is_bound = certificate.permitted and certificate.eins
        return "" if role is not Role.EUM or is_bound else "nameConstraints or permittedEins"
    if certificate.is_ca or not certificate.signs_data:
        return "keyUsage"
    if role is Role.EUICC:
        return "" if certificate.eid else "EID in the subject's serialNumber"
    if role.is_tls and not certificate.purposes >= _TLS_PURPOSES:
        return "extendedKeyUsage"
    return "" if certificate.registered_id else "registeredID in subjectAltName"


def _check_time(certificate: Certificate, role: Role, now: datetime) -> None:
    moment = now.astimezone(UTC)
    if moment < certificate.not_before:
        detail = f"it begins on {certificate.not_before:%Y-%m-%d}"
        raise CertificateError(CertificateFault.NOT_YET_VALID, role, detail)
    if moment > certificate.not_after:
        raise CertificateError(CertificateFault.EXPIRED, role, f"on {certificate.not_after:%Y-%m-%d}")


def _within(subject: x509.Name, permitted: x509.Name) -> bool:
    """Whether `subject` has every attribute of `permitted`. serialNumber, the EID's issuer identification
    number, only has to begin so, and binds whoever has a serialNumber: a SubCA has none (§4.5.2.1.0.2)."""
    for wanted in permitted:
        value = attribute(subject, wanted.oid)
        if wanted.oid == NameOID.SERIAL_NUMBER:
            if value and not value.startswith(str(wanted.value)):
                return False
        elif value != wanted.value:
            return False
    return True
