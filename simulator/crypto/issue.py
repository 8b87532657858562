"""Issues the certificates of RSP, with the extensions of SGP.22 §4.5.2.1 (profiles in SGP.26 §3).

Each issues for chains of variant O, and with `v3` for those of version 3, which have other policies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from simulator.crypto.certificates import PERMITTED_EINS, Certificate, Role, attribute
from simulator.crypto.ecc import Entropy, PrivateKey, PublicKey

EUM_ORGANISATION: Final = "eSIM Simulator Test EUM"
EID_PREFIX: Final = "89049032"
"""Issuer identification number of the test EUM, the first digits of its EIDs (SGP.26)."""
CI_OID, EUM_OID, DP_OID, DS_OID = "2.999.1", "2.999.5", "2.999.10", "2.999.15"
"""registeredID of the owners: under 2.999, the arc for examples, as in SGP.26."""
EIM_OID: Final = "2.999.20"
CRL_URIS: Final = ("http://ci.test.example.com/CRL-A.crl", "http://ci.test.example.com/CRL-B.crl")
_YEAR: Final = timedelta(days=365)
_LIFETIME: Final[dict[Role | None, timedelta]] = {
    Role.CI: 35 * _YEAR,
    Role.EUM: 34 * _YEAR,
    Role.CI_SUB_CA: 35 * _YEAR,
    Role.EUM_SUB_CA: 34 * _YEAR,
    Role.DP_SUB_CA: 20 * _YEAR,
    Role.DS_SUB_CA: 20 * _YEAR,
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
_PEER_LIFETIME: Final = 10 * _YEAR
_SUB_CAS: Final = {
    Role.CI_SUB_CA: ("eSIM Simulator", "eSIM Simulator Test CI SubCA", CI_OID, None),
    # The manufacturer's name constraints hold for its SubCA too.
    Role.EUM_SUB_CA: (EUM_ORGANISATION, "Test EUM SubCA", EUM_OID, 0),
    Role.DP_SUB_CA: ("eSIM Simulator", "Test SM-DP+ SubCA", DP_OID, 0),
    Role.DS_SUB_CA: ("eSIM Simulator", "Test SM-DS SubCA", DS_OID, 0),
}
"""Organisation, common name, owner and path length of each SubCA."""


class Issuer(NamedTuple):
    """A CA: its certificate and private key."""

    certificate: Certificate
    key: PrivateKey


def eid_prefix(eum: Certificate) -> str:
    """Digits that the EIDs of this manufacturer begin with, from its constraints; the first of several."""
    return eum.eins[0] if eum.eins else ""


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


def eum_certificate(
    issuer: Issuer, public: PublicKey, *, v3: bool = False, entropy: Entropy, now: datetime
) -> bytes:
    """The certificate of the manufacturer, for EIDs that begin with EID_PREFIX, DER (§4.5.2.1.0.2). In
    version 3 an extension of its own says so, and the manufacturer may have a SubCA."""
    subject = ((NameOID.ORGANIZATION_NAME, EUM_ORGANISATION), (NameOID.COMMON_NAME, "Test EUM"))
    permitted = [(NameOID.ORGANIZATION_NAME, EUM_ORGANISATION)]
    if not v3:
        permitted.append((NameOID.SERIAL_NUMBER, EID_PREFIX))
    constraints = x509.NameConstraints([x509.DirectoryName(_name(permitted))], None)
    builder = (
        _builder(Role.EUM, _name(subject), public, entropy, now, v3=v3)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=v3), critical=True)
        .add_extension(_registered(EUM_OID), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=int(v3)), critical=True)
        .add_extension(constraints, critical=True)
    )
    if v3:
        eins = x509.UnrecognizedExtension(x509.ObjectIdentifier(PERMITTED_EINS), _printable(EID_PREFIX))
        builder = builder.add_extension(eins, critical=False)
    return _issue(builder, issuer)


def sub_ca_certificate(
    issuer: Issuer, public: PublicKey, role: Role, *, entropy: Entropy, now: datetime
) -> bytes:
    """The certificate of a SubCA, DER (§4.5.2.1, version 3 only)."""
    organisation, common_name, oid, path_length = _SUB_CAS[role]
    subject = ((NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common_name))
    builder = (
        _builder(role, _name(subject), public, entropy, now, v3=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(_registered(oid), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    )
    return _issue(builder, issuer)


def euicc_certificate(
    issuer: Issuer, public: PublicKey, eid: bytes, *, v3: bool = False, entropy: Entropy, now: datetime
) -> bytes:
    """The certificate of the eUICC with this EID (16 bytes), DER, under its manufacturer or that one's SubCA
    (§4.5.2.1.0.3)."""
    named = (*issuer.certificate.permitted, issuer.certificate.subject)[0]
    organisation = attribute(named, NameOID.ORGANIZATION_NAME)
    subject = (
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.SERIAL_NUMBER, eid.hex()),
        (NameOID.COMMON_NAME, "Test eUICC"),
    )
    builder = _builder(Role.EUICC, _name(subject), public, entropy, now, v3=v3)
    return _issue(builder.add_extension(_key_usage(digital_signature=True), critical=True), issuer)


def server_certificate(
    issuer: Issuer,
    public: PublicKey,
    role: Role,
    oid: str,
    *,
    v3: bool = False,
    entropy: Entropy,
    now: datetime,
) -> bytes:
    """The certificate with which the server `oid` authenticates to eUICCs or binds profiles, DER: its role is
    DP_AUTH, DP_PB or DS_AUTH (§4.5.2.1.0.4, §4.5.2.1.0.6)."""
    name = ((NameOID.ORGANIZATION_NAME, "eSIM Simulator"), (NameOID.COMMON_NAME, _SERVER_NAMES[role]))
    builder = (
        _builder(role, _name(name), public, entropy, now, v3=v3)
        .add_extension(_registered(oid), critical=False)
        .add_extension(_key_usage(digital_signature=True), critical=True)
    )
    return _issue(builder, issuer)


def tls_certificate(
    issuer: Issuer,
    public: PublicKey,
    hosts: Sequence[str],
    role: Role | None = Role.DP_TLS,
    oid: str = DP_OID,
    *,
    v3: bool = False,
    entropy: Entropy,
    now: datetime,
) -> bytes:
    """The certificate with which a server uses TLS as `hosts`, names or IP addresses, DER. It serves clients
    and is itself a client of other servers. An operator or an eIM has none of RSP's roles."""
    subject = ((NameOID.ORGANIZATION_NAME, "eSIM Simulator"), (NameOID.COMMON_NAME, hosts[0][:64]))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = (
        _builder(role, _name(subject), public, entropy, now, v3=v3)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_registered(oid, hosts), critical=False)
    )
    return _issue(builder, issuer)


def eim_certificate(
    issuer: Issuer, public: PublicKey, host: str, *, entropy: Entropy, now: datetime
) -> bytes:
    """CERT.EIM.ECDSA, with which an eIM signs its packages, DER (SGP.32 §2.6; SGP.26 §3)."""
    builder = _builder(None, _name(((NameOID.COMMON_NAME, host),)), public, entropy, now)
    return _issue(builder.add_extension(_key_usage(digital_signature=True), critical=True), issuer)


def _builder(
    role: Role | None,
    subject: x509.Name,
    public: PublicKey,
    entropy: Entropy,
    now: datetime,
    *,
    v3: bool = False,
) -> x509.CertificateBuilder:
    """What all certificates share. They are valid from the day before, for clocks that run behind."""
    begin = now.astimezone(UTC).replace(microsecond=0) - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .serial_number(int.from_bytes(entropy(8), "big") >> 1 | 1)
        .not_valid_before(begin)
        .not_valid_after(_NO_END if role is Role.EUICC else begin + _LIFETIME.get(role, _PEER_LIFETIME))
        .subject_name(subject)
        .public_key(public)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if role is not None:
        oid = x509.ObjectIdentifier(role.oid_v3 if v3 else role.oid)
        policies = x509.CertificatePolicies([x509.PolicyInformation(oid, None)])
        builder = builder.add_extension(policies, critical=True)
    if role is Role.EUICC:
        return builder
    uris = CRL_URIS[1:] if role is Role.EUM else CRL_URIS
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


def _printable(*texts: str) -> bytes:
    """SEQUENCE OF PrintableString, DER; together under 128 bytes."""
    items = b"".join(bytes((0x13, len(text))) + text.encode("ascii") for text in texts)
    return bytes((0x30, len(items))) + items


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
