"""Certificates with one thing wrong: each is refused for that, by us and, where it looks, by OpenSSL."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from simulator.crypto.branch import ROLES, Branch, CertificateAndKey, PkiError, Variant
from simulator.crypto.certificates import CertificateError, CertificateFault
from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import Curve, Entropy
from simulator.crypto.issue import Issuer
from simulator.crypto.pki import TestPki
from simulator.crypto.pki_files import certificate_pem
from simulator.crypto.spoilt import Defect, spoilt

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EID = bytes.fromhex("89049032123451234512345678901235")
NIST, BRAINPOOL = Curve


def replayed(seed: str) -> Entropy:
    drawn = iter(range(1 << 30))
    return lambda length: hashlib.shake_256(f"{seed} {next(drawn)}".encode()).digest(length)


PKI = TestPki.create(entropy=replayed("pki"), now=NOW).with_variants(
    [Variant.C], entropy=replayed("variants"), now=NOW
)
VERIFIER = ChainVerifier(PKI.anchors)
FAULTS = {
    Defect.EXPIRED: CertificateFault.EXPIRED,
    Defect.NOT_YET_VALID: CertificateFault.NOT_YET_VALID,
    Defect.WRONG_ROLE: CertificateFault.WRONG_ROLE,
    Defect.WRONG_ISSUER: CertificateFault.UNKNOWN_CI,
    Defect.SELF_SIGNED: CertificateFault.UNKNOWN_CI,
    Defect.WRONG_SIGNATURE: CertificateFault.WRONG_SIGNATURE,
    Defect.WRONG_CURVE: CertificateFault.UNSUPPORTED_CURVE,
    Defect.WRONG_KEY_USAGE: CertificateFault.WRONG_EXTENSION,
    Defect.WRONG_EXTENDED_KEY_USAGE: CertificateFault.WRONG_EXTENSION,
    Defect.MISSING_EXTENSION: CertificateFault.WRONG_EXTENSION,
}
EVERY = [
    (curve, variant, name)
    for curve in Curve
    for variant in (Variant.O, Variant.C)
    for name in ("dp_auth", "dp_pb", "tls", "eum")
    if name in PKI.branch(curve, variant).items  # type: ignore[union-attr]
]


def issuer_of(branch: Branch, item: CertificateAndKey) -> Issuer:
    key_id = item.certificate.authority_key_id
    found = next(i for i in branch.items.values() if i.certificate.subject_key_id == key_id)
    return Issuer(found.certificate, found.require_key())


def made(curve: Curve, variant: Variant, name: str, defect: Defect) -> tuple[Branch, CertificateAndKey]:
    branch = PKI.branch(curve, variant)
    assert branch is not None
    item = branch.items[name]
    return branch, spoilt(item, defect, issuer_of(branch, item), entropy=replayed(defect.name), now=NOW)


@pytest.mark.parametrize("defect", Defect)
@pytest.mark.parametrize(("curve", "variant", "name"), EVERY)
def test_it_is_refused_for_its_defect(curve: Curve, variant: Variant, name: str, defect: Defect) -> None:
    if defect is Defect.WRONG_EXTENDED_KEY_USAGE and name != "tls":
        with pytest.raises(PkiError, match="not for TLS"):
            made(curve, variant, name, defect)
        return
    branch, bad = made(curve, variant, name, defect)
    with pytest.raises(CertificateError) as caught:
        VERIFIER.verify([bad.certificate_der], ROLES[name], NOW, branch.above(branch.items[name]))
    assert (caught.value.fault, caught.value.role) == (FAULTS[defect], ROLES[name])


@pytest.mark.parametrize("defect", Defect)
def test_nothing_else_is_wrong(defect: Defect) -> None:
    """Name, serial number and all other extensions are the original's; the key is that of the certificate."""
    branch, bad = made(NIST, Variant.C, "tls", defect)
    old = x509.load_der_x509_certificate(branch.items["tls"].certificate_der)
    new = x509.load_der_x509_certificate(bad.certificate_der)
    assert (new.subject, new.serial_number) == (old.subject, old.serial_number)
    of_both = [{e.oid: (e.critical, e.value) for e in certificate.extensions} for certificate in (old, new)]
    before, after = of_both
    differing = {oid for oid in before.keys() | after.keys() if before.get(oid) != after.get(oid)}
    assert len(differing) <= (2 if defect in (Defect.SELF_SIGNED, Defect.WRONG_CURVE) else 1)
    assert bad.require_key().public_key() == new.public_key()


@pytest.mark.parametrize(
    ("defect", "complaint"),
    [
        (Defect.EXPIRED, "certificate has expired"),
        (Defect.NOT_YET_VALID, "certificate is not yet valid"),
        (Defect.WRONG_ISSUER, "unable to get local issuer certificate"),
        (Defect.SELF_SIGNED, "self-signed certificate"),
        (Defect.WRONG_SIGNATURE, "certificate signature failure"),
        (Defect.WRONG_EXTENDED_KEY_USAGE, "unsuitable certificate purpose"),
    ],
)
def test_openssl_says_the_same(defect: Defect, complaint: str, tmp_path: Path) -> None:
    branch, bad = made(NIST, Variant.C, "tls", defect)
    (tmp_path / "ci.pem").write_bytes(certificate_pem(branch.ci.certificate_der))
    above = branch.above(branch.items["tls"])
    (tmp_path / "others.pem").write_bytes(b"".join(map(certificate_pem, above)))
    (tmp_path / "leaf.pem").write_bytes(certificate_pem(bad.certificate_der))
    command = ["openssl", "verify", "-purpose", "sslserver", "-CAfile", "ci.pem", "-untrusted", "others.pem"]
    command += ["-attime", str(int(NOW.timestamp())), "leaf.pem"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_an_euicc_is_spoilt_too() -> None:
    branch = PKI.branches[BRAINPOOL]
    euicc = PKI.issue_euicc(EID, BRAINPOOL, entropy=replayed("euicc"), now=NOW)
    bad = spoilt(euicc, Defect.EXPIRED, issuer_of(branch, euicc), entropy=replayed("bad"), now=NOW)
    assert branch.eum is not None
    with pytest.raises(CertificateError, match="the eUICC certificate has expired"):
        VERIFIER.verify([bad.certificate_der, branch.eum.certificate_der], ROLES["eum"].EUICC, NOW)


def test_without_a_role_none_can_be_wrong() -> None:
    branch = PKI.branches[NIST]
    operator = PKI.issue_peer_tls(["op.example.org"], None, "2.999.77", entropy=replayed("op"), now=NOW)
    issuer = issuer_of(branch, operator)
    with pytest.raises(PkiError, match="no role of RSP"):
        spoilt(operator, Defect.WRONG_ROLE, issuer, entropy=replayed("bad"), now=NOW)
