"""X.509 certificates of RSP: what they say, and whether a chain leads to a trusted CI (SGP.22 §4.5.2).

Certificates travel as DER and are kept so; `Certificate` is a view with the few fields that RSP reads.
A `ChainVerifier` checks signatures, roles (certificate policies), extensions, validity and the EUM's name
constraints, and says which certificate fails and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Final, TypeVar, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

from simulator.crypto.ecc import Curve, PublicKey, curve_of
from simulator.crypto.errors import CryptoError, KeyFormatError


class Role(Enum):
    """id-rspRole of SGP.22 §4.5.2.1.0; the value is the OID in certificatePolicies, the text a name."""

    CI = "2.23.146.1.2.1.0", "certificate issuer"
    EUICC = "2.23.146.1.2.1.1", "eUICC"
    EUM = "2.23.146.1.2.1.2", "eUICC manufacturer"
    DP_TLS = "2.23.146.1.2.1.3", "SM-DP+ TLS"
    DP_AUTH = "2.23.146.1.2.1.4", "SM-DP+ authentication"
    DP_PB = "2.23.146.1.2.1.5", "SM-DP+ profile binding"
    DS_TLS = "2.23.146.1.2.1.6", "SM-DS TLS"
    DS_AUTH = "2.23.146.1.2.1.7", "SM-DS authentication"

    def __init__(self, oid: str, title: str) -> None:
        self.oid, self.title = oid, title


_ROLE_BY_OID: Final = {role.oid: role for role in Role}
_ISSUER_ROLE: Final = {Role.EUICC: Role.EUM}
"""Who issues a role; the CI issues all others (SGP.22 §2.4.5)."""


class CertificateFault(Enum):
    """Why a certificate is refused, in words."""

    UNSUPPORTED_CURVE = "has a key on a curve that RSP does not know"
    MALFORMED = "is not an X.509 certificate that RSP can read"
    WRONG_SIGNATURE = "has a wrong signature"
    EXPIRED = "has expired"
    NOT_YET_VALID = "is not valid yet"
    WRONG_ROLE = "has another role"
    WRONG_ISSUER = "was not issued by the certificate above it"
    UNKNOWN_CI = "leads to no trusted certificate issuer"
    WRONG_EXTENSION = "lacks or misuses an extension"
    UNKNOWN_CRITICAL_EXTENSION = "has a critical extension that RSP does not know"
    NAME_CONSTRAINT = "lies outside the name constraints of its manufacturer"


class CertificateError(CryptoError):
    """A certificate or chain is refused. `role` is what the refused certificate was to be."""

    def __init__(self, fault: CertificateFault, role: Role | None = None, detail: str = "") -> None:
        self.fault, self.role, self.detail = fault, role, detail
        subject = f"the {role.title} certificate" if role else "the certificate"
        super().__init__(f"{subject} {fault.value}" + (f": {detail}" if detail else ""))


_KNOWN_CRITICAL: Final = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """What RSP reads of a certificate. Key identifiers are 20 bytes, times are in UTC."""

    der: bytes
    serial_number: int
    subject: x509.Name
    issuer: x509.Name
    not_before: datetime
    not_after: datetime
    public_key: PublicKey
    curve: Curve
    subject_key_id: bytes
    authority_key_id: bytes
    """Empty where there is none, as in a CI certificate."""
    role: Role | None
    registered_id: str
    """OID of the owner, from subjectAltName ("2.999.10"); empty in eUICC certificates."""
    is_ca: bool
    signs_certificates: bool
    signs_data: bool
    permitted: tuple[x509.Name, ...]
    """Directory names in nameConstraints."""
    unknown_critical: str
    """OID of the first critical extension that RSP does not know; empty if there is none."""
    signature: bytes
    signed_part: bytes
    eid: bytes = b""
    """EID, 16 bytes, from the serialNumber of an eUICC's subject; empty if there is no EID."""
    hosts: tuple[str, ...] = ()
    """DNS names and IP addresses that a TLS certificate is for."""

    @staticmethod
    def parse(der: bytes) -> Certificate:
        """Reads one certificate; CertificateError MALFORMED if it cannot be read.

        Certificates that were read lately are kept: reading is a function of the bytes alone, and thousands
        of cards meet the same server's. That a certificate was read says nothing about its signature.
        """
        return _parse(der)


@lru_cache(maxsize=1024)
def _parse(der: bytes) -> Certificate:
    try:
        return _read(x509.load_der_x509_certificate(der), der)
    except (
        ValueError,
        TypeError,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        x509.InvalidVersion,
        UnsupportedAlgorithm,
        KeyFormatError,
        CryptographyDeprecationWarning,  # where the caller turns warnings into errors
    ) as error:
        raise CertificateError(CertificateFault.MALFORMED, detail=str(error)) from error


def _attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    for attribute in name.get_attributes_for_oid(oid):
        return str(attribute.value)
    return ""


def _eid(subject: x509.Name) -> bytes:
    digits = _attribute(subject, NameOID.SERIAL_NUMBER)
    return bytes.fromhex(digits) if len(digits) == 32 and digits.isdecimal() else b""


def _read(certificate: x509.Certificate, der: bytes) -> Certificate:
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise KeyFormatError("its key does not lie on an elliptic curve")
    try:
        curve = curve_of(public)
    except KeyFormatError:
        raise CertificateError(CertificateFault.UNSUPPORTED_CURVE, detail=public.curve.name) from None
    if certificate.signature_algorithm_oid != SignatureAlgorithmOID.ECDSA_WITH_SHA256:
        raise KeyFormatError("it is not signed with ECDSA and SHA-256")
    signature = certificate.signature
    if der[-len(signature) - 1]:  # the BIT STRING's count of unused bits, which the library ignores
        raise ValueError("its signature is not a whole number of bytes")
    extensions = _Extensions(certificate.extensions)
    names = tuple(extensions.of(x509.SubjectAlternativeName) or ())
    usage = extensions.of(x509.KeyUsage)
    constraints = extensions.of(x509.BasicConstraints)
    own_key, issuing_key = (
        extensions.of(x509.SubjectKeyIdentifier),
        extensions.of(x509.AuthorityKeyIdentifier),
    )
    return Certificate(
        der=der,
        serial_number=certificate.serial_number,
        subject=certificate.subject,
        issuer=certificate.issuer,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        public_key=public,
        curve=curve,
        subject_key_id=own_key.digest if own_key else b"",
        authority_key_id=(issuing_key.key_identifier or b"") if issuing_key else b"",
        role=_role(extensions.of(x509.CertificatePolicies)),
        registered_id=next((n.value.dotted_string for n in names if type(n) is x509.RegisteredID), ""),
        is_ca=constraints is not None and constraints.ca,
        signs_certificates=usage is not None and usage.key_cert_sign,
        signs_data=usage is not None and usage.digital_signature,
        permitted=_permitted(extensions.of(x509.NameConstraints)),
        unknown_critical=extensions.unknown_critical,
        signature=signature,
        signed_part=certificate.tbs_certificate_bytes,
        eid=_eid(certificate.subject),
        hosts=tuple(str(n.value) for n in names if type(n) in (x509.DNSName, x509.IPAddress)),
    )


_E = TypeVar("_E", bound=x509.ExtensionType)


class _Extensions:
    """Extensions by their class: looking each up with isinstance costs more than the whole parsing."""

    def __init__(self, extensions: x509.Extensions) -> None:
        self._values = {type(extension.value): extension.value for extension in extensions}
        unknown = (e.oid.dotted_string for e in extensions if e.critical and e.oid not in _KNOWN_CRITICAL)
        self.unknown_critical = next(unknown, "")

    def of(self, kind: type[_E]) -> _E | None:
        return cast("_E | None", self._values.get(kind))


def _role(policies: x509.CertificatePolicies | None) -> Role | None:
    roles = (_ROLE_BY_OID.get(policy.policy_identifier.dotted_string) for policy in policies or ())
    return next((role for role in roles if role), None)


def _permitted(constraints: x509.NameConstraints | None) -> tuple[x509.Name, ...]:
    subtrees = constraints.permitted_subtrees or () if constraints else ()
    return tuple(subtree.value for subtree in subtrees if isinstance(subtree, x509.DirectoryName))


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
        return _parse(der)

    def verify(self, chain: Sequence[bytes], role: Role, now: datetime) -> Certificate:
        """The first certificate of `chain`, once the chain holds.

        `chain` is the certificate in `role` and then its issuers, without the CI: for an eUICC its own
        and the EUM's, for a server just its own. CertificateError says which one is refused, and why.
        """
        if not chain:
            raise CertificateError(CertificateFault.UNKNOWN_CI, role, "there is no certificate")
        levels: list[tuple[Certificate, Role]] = []
        for der in chain:
            try:
                levels.append((self.parse(der), role))
            except CertificateError as error:
                raise CertificateError(error.fault, role, error.detail) from error
            role = _ISSUER_ROLE.get(role, Role.CI)
        last, last_role = levels[-1]
        anchor = self._anchors.get(last.authority_key_id)
        if anchor is None or role is not Role.CI:
            raise CertificateError(CertificateFault.UNKNOWN_CI, last_role, last.authority_key_id.hex())
        issuers = [certificate for certificate, _ in levels[1:]] + [anchor]
        # From the CI downwards: a certificate is only believed once its issuer is.
        for (certificate, its_role), issuer in reversed(list(zip(levels, issuers, strict=True))):
            self._check_level(certificate, its_role, issuer, now)
        _check_time(anchor, Role.CI, now)
        return levels[0][0]

    def _check_level(self, certificate: Certificate, role: Role, issuer: Certificate, now: datetime) -> None:
        vouched = certificate.der, role, issuer.der
        if vouched not in self._vouched:
            _check_issue(certificate, role, issuer)
            if len(self._vouched) >= self._REMEMBERED:
                self._vouched.clear()
            self._vouched.add(vouched)
        _check_time(certificate, role, now)


def verify_chain(
    chain: Sequence[bytes], anchors: Iterable[bytes], *, role: Role, now: datetime
) -> Certificate:
    """`ChainVerifier.verify` for a single use."""
    return ChainVerifier(anchors).verify(chain, role, now)


def _check_issue(certificate: Certificate, role: Role, issuer: Certificate) -> None:
    """All that does not depend on the time: who issued it, the signature, what it says."""
    named = certificate.issuer == issuer.subject and certificate.authority_key_id == issuer.subject_key_id
    if not named:
        raise CertificateError(CertificateFault.WRONG_ISSUER, role)
    try:
        issuer.public_key.verify(certificate.signature, certificate.signed_part, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise CertificateError(CertificateFault.WRONG_SIGNATURE, role) from None
    _check_content(certificate, role)
    if role is Role.EUICC and not any(_within(certificate.subject, name) for name in issuer.permitted):
        raise CertificateError(CertificateFault.NAME_CONSTRAINT, role, certificate.subject.rfc4514_string())


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
    if role is Role.EUM:
        ca = certificate.is_ca and certificate.signs_certificates
        return "" if ca and certificate.permitted else "basicConstraints, keyUsage or nameConstraints"
    if certificate.is_ca or not certificate.signs_data:
        return "keyUsage"
    if role is Role.EUICC:
        return "" if certificate.eid else "EID in the subject's serialNumber"
    return "" if certificate.registered_id else "registeredID in subjectAltName"


def _check_time(certificate: Certificate, role: Role, now: datetime) -> None:
    moment = now.astimezone(UTC)
    if moment < certificate.not_before:
        detail = f"it begins on {certificate.not_before:%Y-%m-%d}"
        raise CertificateError(CertificateFault.NOT_YET_VALID, role, detail)
    if moment > certificate.not_after:
        raise CertificateError(CertificateFault.EXPIRED, role, f"on {certificate.not_after:%Y-%m-%d}")


def _within(subject: x509.Name, permitted: x509.Name) -> bool:
    """Whether `subject` has every attribute of `permitted`; serialNumber, the EID's issuer identification
    number, only has to begin so (SGP.22 §4.5.2.1.0.2)."""
    for wanted in permitted:
        value = _attribute(subject, wanted.oid)
        prefix = wanted.oid == NameOID.SERIAL_NUMBER and value.startswith(str(wanted.value))
        if value != wanted.value and not prefix:
            return False
    return True
