"""Chains of certificates: our own PKI and the published one hold; every way to spoil one is named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from simulator.crypto.certificates import (
    Certificate,
    CertificateError,
    CertificateFault,
    Role,
)
from simulator.crypto.chains import ChainVerifier, verify_chain
from simulator.crypto.ecc import Curve, Entropy, PrivateKey, one_time_key
from simulator.crypto.issue import Issuer, euicc_certificate
from simulator.crypto.pki import Branch, CertificateAndKey, TestPki

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EID = bytes.fromhex("89049032123451234512345678901235")


def replayed(seed: str) -> Entropy:
    """Bytes that come out the same in every run."""
    drawn = iter(range(1 << 30))
    return lambda length: hashlib.shake_256(f"{seed} {next(drawn)}".encode()).digest(length)


PKI = TestPki.create(entropy=replayed("pki"), now=NOW)
NIST = PKI.branches[Curve.NIST_P256]
EUICC = PKI.issue_euicc(EID, entropy=replayed("euicc"), now=NOW)


def item(name: str, branch: Branch = NIST) -> CertificateAndKey:
    return branch.items[name]


def euicc_chain() -> list[bytes]:
    return [EUICC.certificate_der, item("eum").certificate_der]


def fault(chain: list[bytes], role: Role, now: datetime = NOW) -> tuple[CertificateFault, Role | None]:
    with pytest.raises(CertificateError) as caught:
        verify_chain(chain, PKI.anchors, role=role, now=now)
    return caught.value.fault, caught.value.role


def reissued(
    change: Callable[[x509.CertificateBuilder], x509.CertificateBuilder],
    of: CertificateAndKey,
    signer: PrivateKey,
    without: type[x509.ExtensionType] | None = None,
) -> bytes:
    """The certificate once more, signed again after `change`, and without one of its extensions."""
    old = x509.load_der_x509_certificate(of.certificate_der)
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(old.issuer)
        .public_key(old.public_key())
        .serial_number(old.serial_number)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    for extension in old.extensions:
        if type(extension.value) is not without:
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return change(builder).sign(signer, SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize("curve", Curve)
def test_our_own_chains_hold_on_both_curves(curve: Curve) -> None:
    branch, verifier = PKI.branches[curve], ChainVerifier(PKI.anchors)
    euicc = PKI.issue_euicc(EID, curve, entropy=replayed("euicc"), now=NOW)
    found = verifier.verify([euicc.certificate_der, item("eum", branch).certificate_der], Role.EUICC, NOW)
    assert (found.eid, found.curve, found.role) == (EID, curve, Role.EUICC)
    for name, role in (("dp_auth", Role.DP_AUTH), ("dp_pb", Role.DP_PB)):
        server = verifier.verify([item(name, branch).certificate_der], role, NOW)
        assert (server.registered_id, server.curve) == ("2.999.10", curve)
    assert branch.ci_key_id in verifier.anchor_key_ids


def test_the_published_chains_hold(shared_data: Path) -> None:
    published = TestPki.load(shared_data / "sgp26")
    verifier = ChainVerifier(published.anchors)
    assert {key_id.hex().upper() for key_id in verifier.anchor_key_ids} == {
        "F54172BDF98A95D65CBEB88A38A1C11D800A85C3",
        "C0BC70BA36929D43B467FF57570530E57AB8FCD8",
    }
    for name, role in (("DPauth", Role.DP_AUTH), ("DPpb", Role.DP_PB), ("DP2auth", Role.DP_AUTH)):
        for curve in ("NIST", "BRP"):
            der = (shared_data / "sgp26" / f"CERT_S_SM_{name}_ECDSA_{curve}.der").read_bytes()
            assert verifier.verify([der], role, NOW).role is role
    for path in (shared_data / "sgp26").glob("*TLS*.der"):
        with pytest.raises(CertificateError, match="has expired: on 2026-08-02"):
            verifier.verify([path.read_bytes()], Role.DP_TLS, NOW)


def test_a_second_verification_does_no_signature_but_still_looks_at_the_clock() -> None:
    verifier = ChainVerifier(PKI.anchors)
    first = verifier.verify(euicc_chain(), Role.EUICC, NOW)
    assert verifier.verify(euicc_chain(), Role.EUICC, NOW) is first
    with pytest.raises(CertificateError) as caught:
        verifier.verify(euicc_chain(), Role.EUICC, NOW + timedelta(days=365 * 40))
    assert (caught.value.fault, caught.value.role) == (CertificateFault.EXPIRED, Role.EUM)


@pytest.mark.parametrize("shift", [0, 3])
def test_a_flipped_bit_in_any_byte_of_the_chain_is_refused(shift: int) -> None:
    verifier = ChainVerifier(PKI.anchors)
    verifier.verify(euicc_chain(), Role.EUICC, NOW)
    for position in (0, 1):
        for at in range(len(euicc_chain()[position])):
            chain = euicc_chain()
            spoilt = bytearray(chain[position])
            spoilt[at] ^= 1 << (at + shift) % 8
            chain[position] = bytes(spoilt)
            with pytest.raises(CertificateError):
                verifier.verify(chain, Role.EUICC, NOW)


def test_times_are_checked_at_both_ends() -> None:
    server = [item("dp_auth").certificate_der]
    assert fault(server, Role.DP_AUTH, NOW - timedelta(days=2)) == (
        CertificateFault.NOT_YET_VALID,
        Role.DP_AUTH,
    )
    assert fault(server, Role.DP_AUTH, NOW + timedelta(days=3650)) == (CertificateFault.EXPIRED, Role.DP_AUTH)
    assert fault(euicc_chain(), Role.EUICC, NOW - timedelta(days=2)) == (
        CertificateFault.NOT_YET_VALID,
        Role.EUM,
    )


def test_a_role_is_not_taken_for_another() -> None:
    assert fault([item("dp_pb").certificate_der], Role.DP_AUTH) == (CertificateFault.WRONG_ROLE, Role.DP_AUTH)
    assert fault([item("eum").certificate_der], Role.DP_PB) == (CertificateFault.WRONG_ROLE, Role.DP_PB)
    chain = [EUICC.certificate_der, item("dp_auth").certificate_der]
    assert fault(chain, Role.EUICC) == (CertificateFault.WRONG_ROLE, Role.EUM)


def test_a_chain_ends_at_a_trusted_ci() -> None:
    stranger = TestPki.create(entropy=replayed("other"), now=NOW, curves=[Curve.NIST_P256])
    server = item("dp_auth", stranger.branches[Curve.NIST_P256]).certificate_der
    assert fault([server], Role.DP_AUTH) == (CertificateFault.UNKNOWN_CI, Role.DP_AUTH)
    assert fault([EUICC.certificate_der], Role.EUICC)[0] is CertificateFault.UNKNOWN_CI
    assert fault([], Role.EUICC)[0] is CertificateFault.UNKNOWN_CI
    with pytest.raises(CertificateError) as caught:
        ChainVerifier([EUICC.certificate_der])
    assert caught.value.role is Role.CI


def test_the_wrong_manufacturer_is_named() -> None:
    other = PKI.branches[Curve.BRAINPOOL_P256R1]
    chain = [EUICC.certificate_der, item("eum", other).certificate_der]
    assert fault(chain, Role.EUICC) == (CertificateFault.WRONG_ISSUER, Role.EUICC)


def test_a_signature_of_another_key_is_refused() -> None:
    forger = one_time_key(Curve.NIST_P256, replayed("forger"))
    forged = reissued(lambda builder: builder, item("dp_auth"), forger)
    assert fault([forged], Role.DP_AUTH) == (CertificateFault.WRONG_SIGNATURE, Role.DP_AUTH)


def test_an_eid_outside_the_name_constraints_is_refused() -> None:
    issuer = Issuer(item("eum").certificate, item("eum").require_key())
    foreign = bytes.fromhex("89033023" + "00" * 12)
    public = EUICC.certificate.public_key
    der = euicc_certificate(issuer, public, foreign, entropy=replayed("foreign"), now=NOW)
    chain = [der, item("eum").certificate_der]
    assert fault(chain, Role.EUICC) == (CertificateFault.NAME_CONSTRAINT, Role.EUICC)


@pytest.mark.parametrize(
    ("name", "role", "extension"),
    [
        ("dp_auth", Role.DP_AUTH, x509.KeyUsage),
        ("dp_auth", Role.DP_AUTH, x509.SubjectKeyIdentifier),
        ("dp_pb", Role.DP_PB, x509.SubjectAlternativeName),
        ("eum", Role.EUM, x509.NameConstraints),
        ("eum", Role.EUM, x509.BasicConstraints),
    ],
)
def test_a_missing_extension_is_refused(name: str, role: Role, extension: type[x509.ExtensionType]) -> None:
    der = reissued(lambda builder: builder, item(name), item("ci").require_key(), without=extension)
    assert fault([der], role) == (CertificateFault.WRONG_EXTENSION, role)


def test_an_unknown_critical_extension_is_refused_an_uncritical_one_ignored() -> None:
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.77"), b"\x05\x00")

    def der(critical: bool) -> bytes:
        return reissued(
            lambda builder: builder.add_extension(extension, critical=critical),
            item("dp_auth"),
            item("ci").require_key(),
        )

    assert fault([der(True)], Role.DP_AUTH)[0] is CertificateFault.UNKNOWN_CRITICAL_EXTENSION
    assert verify_chain([der(False)], PKI.anchors, role=Role.DP_AUTH, now=NOW).role is Role.DP_AUTH


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x30\x80" + bytes(8), b"text"])
def test_bytes_that_are_no_certificate_are_malformed(der: bytes) -> None:
    assert fault([der], Role.DP_AUTH) == (CertificateFault.MALFORMED, Role.DP_AUTH)


def test_keys_of_other_kinds_are_malformed_for_rsp() -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW)
    der = builder.sign(key, None).public_bytes(Encoding.DER)
    with pytest.raises(CertificateError, match="elliptic curve"):
        Certificate.parse(der)
