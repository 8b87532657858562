"""X.509 certificates of RSP: what they say, and the ways in which one is refused (SGP.22 §4.5.2).

Certificates travel as DER and are kept so; `Certificate` is a view with the few fields that RSP reads.
Whether a chain of them holds, `simulator.crypto.chains` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Final, TypeVar, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtensionOID, NameOID, SignatureAlgorithmOID

from simulator.crypto.ecc import Curve, PublicKey, curve_of
from simulator.crypto.errors import CryptoError, KeyFormatError

_ID_RSP_ROLE: Final = "2.23.146.1.2.1"
PERMITTED_EINS: Final = "2.23.146.1.2.2.0"
"""Extension of an EUM certificate of version 3: SEQUENCE OF PrintableString, what its EIDs begin with."""


class Role(Enum):
    """id-rspRole of SGP.22 §4.5.2.1 and annex H: the arc below it that certificatePolicies have in chains of
    version 2 (variant O) and in those of version 3; empty where the version knows no such role."""

    CI = "0", "0", "certificate issuer"
    EUICC = "1", "0.0.0.0.0", "eUICC"
    EUM = "2", "0.0.0", "eUICC manufacturer"
    DP_TLS = "3", "0.0.1.0", "SM-DP+ TLS"
    DP_AUTH = "4", "0.0.1.1", "SM-DP+ authentication"
    DP_PB = "5", "0.0.1.2", "SM-DP+ profile binding"
    DS_TLS = "6", "0.0.2.0", "SM-DS TLS"
    DS_AUTH = "7", "0.0.2.1", "SM-DS authentication"
    CI_SUB_CA = "", "0.0", "certificate issuer's SubCA"
    EUM_SUB_CA = "", "0.0.0.0", "eUICC manufacturer's SubCA"
    DP_SUB_CA = "", "0.0.1", "SM-DP+ SubCA"
    DS_SUB_CA = "", "0.0.2", "SM-DS SubCA"

    def __init__(self, arc: str, arc_v3: str, title: str) -> None:
        self.oid_v3, self.title = f"{_ID_RSP_ROLE}.{arc_v3}", title
        self.oid = f"{_ID_RSP_ROLE}.{arc}" if arc else self.oid_v3
        """The policy in variant O, where there is one."""

    @property
    def is_tls(self) -> bool:
        return self in (Role.DP_TLS, Role.DS_TLS)

    @property
    def is_sub_ca(self) -> bool:
        """Whether only chains of version 3 have it."""
        return self.oid == self.oid_v3 and self is not Role.CI


_ROLE_BY_OID: Final = {oid: role for role in Role for oid in (role.oid, role.oid_v3)}


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
    PATH_LENGTH = "has more certificates below it than its path length allows"
    WRONG_CURVE = "lies on another curve than its issuer"


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
    x509.ObjectIdentifier(PERMITTED_EINS),
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
    is_v3: bool
    """Whether the role is told with the policy of version 3; false for a CI."""
    registered_id: str
    """OID of the owner, from subjectAltName ("2.999.10"); empty in eUICC certificates."""
    is_ca: bool
    path_length: int | None
    """How many certificates of CAs may stand between it and an end entity; None: any number."""
    signs_certificates: bool
    signs_lists: bool
    """Whether it may sign revocation lists."""
    signs_data: bool
    permitted: tuple[x509.Name, ...]
    """Directory names in nameConstraints."""
    eins: tuple[str, ...]
    """What a manufacturer's EIDs begin with: permittedEins, else the serialNumbers in nameConstraints."""
    unknown_critical: str
    """OID of the first critical extension that RSP does not know; empty if there is none."""
    signature: bytes
    signed_part: bytes
    eid: bytes = b""
    """EID, 16 bytes, from the serialNumber of an eUICC's subject; empty if there is no EID."""
    hosts: tuple[str, ...] = ()
    """DNS names and IP addresses that a TLS certificate is for."""
    purposes: frozenset[x509.ObjectIdentifier] = frozenset()
    """extendedKeyUsage."""

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


def attribute(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """The first attribute of this kind in a name; empty if there is none."""
    for attribute in name.get_attributes_for_oid(oid):
        return str(attribute.value)
    return ""


def _eid(subject: x509.Name) -> bytes:
    digits = attribute(subject, NameOID.SERIAL_NUMBER)
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
    policy = _policy(extensions.of(x509.CertificatePolicies))
    permitted = _permitted(extensions.of(x509.NameConstraints))
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
        role=_ROLE_BY_OID.get(policy),
        is_v3=policy in _V3_POLICIES,
        registered_id=next((n.value.dotted_string for n in names if type(n) is x509.RegisteredID), ""),
        is_ca=constraints is not None and constraints.ca,
        path_length=constraints.path_length if constraints else None,
        signs_certificates=usage is not None and usage.key_cert_sign,
        signs_lists=usage is not None and usage.crl_sign,
        signs_data=usage is not None and usage.digital_signature,
        permitted=permitted,
        eins=_eins(extensions.raw(PERMITTED_EINS), permitted),
        unknown_critical=extensions.unknown_critical,
        signature=signature,
        signed_part=certificate.tbs_certificate_bytes,
        eid=_eid(certificate.subject),
        hosts=tuple(str(n.value) for n in names if type(n) in (x509.DNSName, x509.IPAddress)),
        purposes=frozenset(extensions.of(x509.ExtendedKeyUsage) or ()),
    )


_E = TypeVar("_E", bound=x509.ExtensionType)


class _Extensions:
    """Extensions by their class: looking each up with isinstance costs more than the whole parsing."""

    def __init__(self, extensions: x509.Extensions) -> None:
        self._values = {type(extension.value): extension.value for extension in extensions}
        self._all = extensions
        unknown = (e.oid.dotted_string for e in extensions if e.critical and e.oid not in _KNOWN_CRITICAL)
        self.unknown_critical = next(unknown, "")

    def of(self, kind: type[_E]) -> _E | None:
        return cast("_E | None", self._values.get(kind))

    def raw(self, oid: str) -> bytes:
        """The octets of an extension that the library does not know; empty if there is none."""
        if x509.UnrecognizedExtension in self._values:
            for extension in self._all:
                if extension.oid.dotted_string == oid and type(extension.value) is x509.UnrecognizedExtension:
                    return extension.value.value
        return b""


def _policy(policies: x509.CertificatePolicies | None) -> str:
    """The first policy that gives a role."""
    oids = (policy.policy_identifier.dotted_string for policy in policies or ())
    return next((oid for oid in oids if oid in _ROLE_BY_OID), "")


def _permitted(constraints: x509.NameConstraints | None) -> tuple[x509.Name, ...]:
    subtrees = constraints.permitted_subtrees or () if constraints else ()
    return tuple(subtree.value for subtree in subtrees if isinstance(subtree, x509.DirectoryName))


def _eins(extension: bytes, permitted: tuple[x509.Name, ...]) -> tuple[str, ...]:
    if not extension:
        serials = (attribute(name, NameOID.SERIAL_NUMBER) for name in permitted)
        return tuple(serial for serial in serials if serial)
    ((tag, content),) = _tlvs(extension)
    items = tuple(_tlvs(content))
    if tag != _SEQUENCE or not items or any(kind != _PRINTABLE_STRING for kind, _ in items):
        raise ValueError("its permittedEins is no SEQUENCE OF PrintableString")
    return tuple(value.decode("ascii") for _, value in items)


_SEQUENCE, _PRINTABLE_STRING = 0x30, 0x13
_V3_POLICIES: Final = {role.oid_v3 for role in Role if role is not Role.CI}


def _tlvs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of one DER element after the other, with tags of one byte; ValueError if cut off."""
    at = 0
    while at < len(data):
        length, begin = (data[at + 1] if at + 1 < len(data) else 0x80), at + 2
        if length > 0x80:
            begin += length & 0x7F
            length = int.from_bytes(data[at + 2 : begin], "big")
        elif length == 0x80:
            raise ValueError("an extension is cut off")
        if begin + length > len(data):
            raise ValueError("an extension is cut off")
        yield data[at], data[begin : begin + length]
        at = begin + length
