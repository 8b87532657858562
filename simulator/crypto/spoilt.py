"""Certificates with one thing wrong, to test who checks what; the kinds of SGP.26 §4, and some more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from simulator.crypto.branch import CertificateAndKey, PkiError
from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.ecc import Entropy, PrivateKey, PublicKey, one_time_key
from simulator.crypto.issue import Issuer, ci_certificate

_DAY: Final = timedelta(days=1)


class Defect(Enum):
    """What is wrong: how SGP.26 calls it in file names, where it has it, and in words."""

    EXPIRED = "EXPIRED", "it has expired"
    NOT_YET_VALID = "NOT_YET_VALID", "it is not valid yet"
    WRONG_ROLE = "INV_CERT_POL", "its policy gives it another role"
    WRONG_ISSUER = "INV_ISSUER", "a stranger issued it"
    SELF_SIGNED = "SELF_SIGNED", "it is signed with its own key"
    WRONG_SIGNATURE = "INV_SIGN", "its signature is another key's than its issuer's"
    WRONG_CURVE = "INV_CURVE", "its key lies on NIST P-384, which RSP does not know"
    WRONG_KEY_USAGE = "INV_KEY_USAGE", "its key is for key agreement only"
    WRONG_EXTENDED_KEY_USAGE = "INV_EXT_KEY_USAGE", "its key is not for serving TLS"
    MISSING_EXTENSION = "INV_CRITICAL_EXT", "it lacks extendedKeyUsage, or keyUsage if it is not for TLS"

    def __init__(self, infix: str, words: str) -> None:
        self.infix, self.words = infix, words


@dataclass(slots=True)
class _Draft:
    """The certificate that is to be issued once more."""

    old: x509.Certificate
    subject_key: PublicKey
    key: PrivateKey | None
    issuer_name: x509.Name
    issuer_key_id: bytes
    signer: PrivateKey
    begin: datetime
    end: datetime
    extensions: dict[x509.ObjectIdentifier, tuple[x509.ExtensionType, bool]]
    """With whether they are critical."""

    @property
    def certificate(self) -> Certificate:
        return Certificate.parse(self.old.public_bytes(Encoding.DER))

    def put(self, value: x509.ExtensionType) -> None:
        """An extension in place of the one of its kind, critical if that is."""
        _, critical = self.extensions.get(value.oid, (None, True))
        self.extensions[value.oid] = value, critical


def spoilt(
    item: CertificateAndKey, defect: Defect, issuer: Issuer, *, entropy: Entropy, now: datetime
) -> CertificateAndKey:
    """The certificate of `item` once more, right but for this defect, with its key or, where that cannot be,
    a new one. `issuer` is who issued it. PkiError if such a certificate cannot have the defect."""
    old = x509.load_der_x509_certificate(item.certificate_der)
    draft = _Draft(
        old=old,
        subject_key=item.certificate.public_key,
        key=item.key,
        issuer_name=old.issuer,
        issuer_key_id=issuer.certificate.subject_key_id,
        signer=issuer.key,
        begin=old.not_valid_before_utc,
        end=old.not_valid_after_utc,
        extensions={extension.oid: (extension.value, extension.critical) for extension in old.extensions},
    )
    _CHANGES[defect](draft, entropy, now)
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(draft.issuer_name)
        .public_key(draft.subject_key)
        .serial_number(old.serial_number)
        .not_valid_before(draft.begin)
        .not_valid_after(draft.end)
    )
    draft.put(x509.AuthorityKeyIdentifier(draft.issuer_key_id, None, None))
    for value, critical in draft.extensions.values():
        builder = builder.add_extension(value, critical=critical)
    signed = builder.sign(draft.signer, SHA256(), ecdsa_deterministic=True)
    return CertificateAndKey(signed.public_bytes(Encoding.DER), draft.key)


def _expired(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    draft.begin, draft.end = now - 365 * _DAY, now - _DAY


def _not_yet_valid(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    draft.begin, draft.end = now + 30 * _DAY, now + 365 * _DAY


def _wrong_role(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    certificate = draft.certificate
    if certificate.role is None:
        raise PkiError("the certificate has no role of RSP that could be wrong")
    other = Role.DP_AUTH if certificate.role is Role.DP_PB else Role.DP_PB
    oid = x509.ObjectIdentifier(other.oid_v3 if certificate.is_v3 else other.oid)
    draft.put(x509.CertificatePolicies([x509.PolicyInformation(oid, None)]))


def _wrong_issuer(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    """A CI of the same name, whose key nobody trusts."""
    key = one_time_key(draft.certificate.curve, entropy)
    stranger = Certificate.parse(ci_certificate(key, entropy=entropy, now=now))
    draft.issuer_name, draft.issuer_key_id = stranger.subject, stranger.subject_key_id
    draft.signer = key


def _self_signed(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    draft.key = draft.signer = draft.key or one_time_key(draft.certificate.curve, entropy)
    _take_key(draft, draft.key)
    draft.issuer_name = draft.old.subject
    draft.issuer_key_id = x509.SubjectKeyIdentifier.from_public_key(draft.subject_key).digest


def _wrong_signature(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    draft.signer = one_time_key(draft.certificate.curve, entropy)


def _wrong_curve(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    scalar = int.from_bytes(entropy(48), "big") >> 1 | 1  # below the order of the curve
    _take_key(draft, ec.derive_private_key(scalar, ec.SECP384R1()))


def _take_key(draft: _Draft, key: PrivateKey) -> None:
    draft.key, draft.subject_key = key, key.public_key()
    draft.put(x509.SubjectKeyIdentifier.from_public_key(draft.subject_key))


def _wrong_key_usage(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    draft.put(x509.KeyUsage(key_agreement=True, **usage))


def _wrong_extended_key_usage(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    if x509.ExtendedKeyUsage.oid not in draft.extensions:
        raise PkiError("the certificate has no extendedKeyUsage: it is not for TLS")
    draft.put(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]))


def _missing_extension(draft: _Draft, entropy: Entropy, now: datetime) -> None:
    is_tls = x509.ExtendedKeyUsage.oid in draft.extensions
    draft.extensions.pop(x509.ExtendedKeyUsage.oid if is_tls else x509.KeyUsage.oid, None)


_CHANGES: Final[dict[Defect, Callable[[_Draft, Entropy, datetime], None]]] = {
    Defect.EXPIRED: _expired,
    Defect.NOT_YET_VALID: _not_yet_valid,
    Defect.WRONG_ROLE: _wrong_role,
    Defect.WRONG_ISSUER: _wrong_issuer,
    Defect.SELF_SIGNED: _self_signed,
    Defect.WRONG_SIGNATURE: _wrong_signature,
    Defect.WRONG_CURVE: _wrong_curve,
    Defect.WRONG_KEY_USAGE: _wrong_key_usage,
    Defect.WRONG_EXTENDED_KEY_USAGE: _wrong_extended_key_usage,
    Defect.MISSING_EXTENSION: _missing_extension,
}
