"""Issues the certificates of RSP, with the extensions of SGP.22 §4.5.2.1 (profiles in SGP.26 §3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.ecc import Entropy, PrivateKey, PublicKey

EUM_ORGANISATION: Final = "eSIM Simulator Test EUM"
EID_PREFIX: Final = "89049032"
"""Issuer identification number of the test EUM, the first digits of its EIDs (SGP.26)."""
CI_OID, EUM_OID, DP_OID, DS_OID = "2.999.1", "2.999.5", "2.999.10", "2.999.15"
"""registeredID of the owners: under 2.999, the arc for examples, as in SGP.26."""
CRL_URIS: Final = ("http://ci.test.example.com/CRL-A.crl", "http://ci.test.example.com/CRL-B.crl")
_YEAR: Final = timedelta(days=365)
_LIFETIME: Final = {
    Role.CI: 35 * _YEAR,
    Role.EUM: 34 * _YEAR,
    Role.DP_AUTH: 10 * _YEAR,
    Role.DP_PB: 10 * _YEAR,
    Role.DS_AUTH: 10 * _YEAR,
    # SGP.26 has 398 days, after which test set-ups break; nobody relies on this PKI, so it may live longer.
    Role.DP_TLS: 10 * _YEAR,
    Role.DS_TLS: 10 * _YEAR,
}
_NO_END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""An eUICC's certificate does not end (RFC 5280 §4.1.2.5)."""
_CI_NAME: Final = (
    (NameOID.COMMON_NAME, "eSIM Simulator Test CI"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "TESTCERT"),
    (NameOID.ORGANIZATION_NAME, "eSIM Simulator"),
)
_SERVER_NAMES: Final = {
    Role.DP_AUTH: "Test SM-DP+",
    Role.DP_PB: "Test SM-DP+",
    Role.DS_AUTH: "Test SM-DS",
}


class Issuer(NamedTuple):
    """A CA: its certificate and private key."""

    certificate: Certificate
    key: PrivateKey


def eid_prefix(eum: Certificate) -> str:
    """Digits that the EIDs of this manufacturer begin with, from its name constraints."""
    for name in eum.permitted:
        for attribute in name.get_attributes_for_oid(NameOID.SERIAL_NUMBER):
            return str(attribute.value)
    return ""


def ci_certificate(key: PrivateKey, *, entropy: Entropy, now: datetime) -> bytes:
    """The self-signed certificate of the CI that holds `key`, DER (SGP.22 §4.5.2.1.0.1)."""
    builder = _builder(Role.CI, _name(_CI_NAME), key.public_key(), entropy, now)
    builder = (
        builder.issuer_name(_name(_CI_NAME))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(_registered(CI_OID), critical=False)
    )
    return _sign(builder, key)


def eum_certificate(issuer: Issuer, public: PublicKey, *, entropy: Entropy, now: datetime) -> bytes:
    """The certificate of the manufacturer, for EIDs that begin with EID_PREFIX, DER (§4.5.2.1.0.2)."""
    subject = ((NameOID.ORGANIZATION_NAME, EUM_ORGANISATION), (NameOID.COMMON_NAME, "Test EUM"))
    permitted = ((NameOID.ORGANIZATION_NAME, EUM_ORGANISATION), (NameOID.SERIAL_NUMBER, EID_PREFIX))
    constraints = x509.NameConstraints([x509.DirectoryName(_name(permitted))], None)
    builder = (
        _builder(Role.EUM, _name(subject), public, entropy, now)
        .add_extension(_key_usage(key_cert_sign=True), critical=True)
        .add_extension(_registered(EUM_OID), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(constraints, critical=True)
    )
    return _issue(builder, issuer)


def euicc_certificate(
    issuer: Issuer, public: PublicKey, eid: bytes, *, entropy: Entropy, now: datetime
) -> bytes:
    """The certificate of the eUICC with this EID (16 bytes), DER, under its manufacturer (§4.5.2.1.0.3)."""
    organisation = _text(issuer.certificate.permitted[0], NameOID.ORGANIZATION_NAME)
    subject = (
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.SERIAL_NUMBER, eid.hex()),
        (NameOID.COMMON_NAME, "Test eUICC"),
    )
    builder = _builder(Role.EUICC, _name(subject), public, entropy, now)
    return _issue(builder.add_extension(_key_usage(digital_signature=True), critical=True), issuer)


def dp_auth_certificate(issuer: Issuer, public: PublicKey, *, entropy: Entropy, now: datetime) -> bytes:
    """The certificate with which the SM-DP+ authenticates to eUICCs, DER (§4.5.2.1.0.4)."""
    return _issue(_server_builder(Role.DP_AUTH, DP_OID, public, entropy, now), issuer)


def dp_pb_certificate(issuer: Issuer, public: PublicKey, *, entropy: Entropy, now: datetime) -> bytes:
    """The certificate with which the SM-DP+ binds profiles, DER (§4.5.2.1.0.4)."""
    return _issue(_server_builder(Role.DP_PB, DP_OID, public, entropy, now), issuer)


def ds_auth_certificate(
    issuer: Issuer, public: PublicKey, oid: str = DS_OID, *, entropy: Entropy, now: datetime
) -> bytes:
    """The certificate with which the SM-DS `oid` authenticates to eUICCs, DER (§4.5.2.1.0.6)."""
    return _issue(_server_builder(Role.DS_AUTH, oid, public, entropy, now), issuer)


def tls_certificate(
    issuer: Issuer,
    public: PublicKey,
    hosts: Sequence[str],
    role: Role = Role.DP_TLS,
    oid: str = DP_OID,
    *,
    entropy: Entropy,
    now: datetime,
) -> bytes:
    """The certificate with which a server uses TLS as `hosts`, names or IP addresses, DER. It serves clients
    and is itself a client of other servers."""
    subject = ((NameOID.ORGANIZATION_NAME, "eSIM Simulator"), (NameOID.COMMON_NAME, hosts[0][:64]))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = (
        _builder(role, _name(subject), public, entropy, now)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_registered(oid, hosts), critical=False)
    )
    return _issue(builder, issuer)


def _server_builder(
    role: Role, oid: str, public: PublicKey, entropy: Entropy, now: datetime
) -> x509.CertificateBuilder:
    name = ((NameOID.ORGANIZATION_NAME, "eSIM Simulator"), (NameOID.COMMON_NAME, _SERVER_NAMES[role]))
    return (
        _builder(role, _name(name), public, entropy, now)
        .add_extension(_registered(oid), critical=False)
        .add_extension(_key_usage(digital_signature=True), critical=True)
    )


def _builder(
    role: Role, subject: x509.Name, public: PublicKey, entropy: Entropy, now: datetime
) -> x509.CertificateBuilder:
    """What all certificates share. They are valid from the day before, for clocks that run behind."""
    begin = now.astimezone(UTC).replace(microsecond=0) - timedelta(days=1)
    policy = x509.PolicyInformation(x509.ObjectIdentifier(role.oid), None)
    uris = CRL_URIS[1:] if role is Role.EUM else CRL_URIS
    builder = (
        x509.CertificateBuilder()
        .serial_number(int.from_bytes(entropy(8), "big") >> 1 | 1)
        .not_valid_before(begin)
        .not_valid_after(begin + _LIFETIME[role] if role in _LIFETIME else _NO_END)
        .subject_name(subject)
        .public_key(public)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.CertificatePolicies([policy]), critical=True)
    )
    if role is Role.EUICC:
        return builder
    points = [x509.DistributionPoint([x509.UniformResourceIdentifier(u)], None, None, None) for u in uris]
    return builder.add_extension(x509.CRLDistributionPoints(points), critical=False)


def _issue(builder: x509.CertificateBuilder, issuer: Issuer) -> bytes:
    authority = x509.AuthorityKeyIdentifier(issuer.certificate.subject_key_id, None, None)
    builder = builder.issuer_name(issuer.certificate.subject).add_extension(authority, critical=False)
    return _sign(builder, issuer.key)


def _sign(builder: x509.CertificateBuilder, key: PrivateKey) -> bytes:
    return builder.sign(key, SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def _name(attributes: Sequence[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return "".join(str(attribute.value) for attribute in name.get_attributes_for_oid(oid))


def _registered(oid: str, hosts: Sequence[str] = ()) -> x509.SubjectAlternativeName:
    names = [_host(host) for host in hosts]
    return x509.SubjectAlternativeName([*names, x509.RegisteredID(x509.ObjectIdentifier(oid))])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
