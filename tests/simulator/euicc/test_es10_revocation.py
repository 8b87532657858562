"""ES10b.LoadCRL: which lists an eUICC takes, what it says to others, and whom it does not believe then."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from cards import InProcessLink
from cards.errors import CardStatusError
from cards.isdr import Isdr
from cards.isdr.errors import LoadCrlError
from simulator.crypto.ecc import Curve
from simulator.crypto.issue import Issuer
from simulator.crypto.pki import TestPki
from simulator.crypto.revocation import RevocationError, issue_crl, parse_crl
from simulator.euicc import Euicc
from simulator.euicc.features import V3
from simulator.euicc.revocation import CRL_MEMORY
from simulator.lpa import EuiccRefused
from simulator.lpa.profiles import bit_names
from simulator.profile import build, describe
from tests.simulator.conftest import NOW, Bench, clock, entropy


def issuer(pki: TestPki, curve: Curve = Curve.NIST_P256) -> Issuer:
    ci = pki.branches[curve].ci
    return Issuer(ci.certificate, ci.require_key())


def crl(pki: TestPki, number: int, *revoked: int, **options: int | None) -> bytes:
    later = NOW + timedelta(days=30)
    return issue_crl(issuer(pki), revoked, number, now=NOW, next_update=later, **options)  # type: ignore[arg-type]


def load(bench: Bench, der: bytes) -> list[int]:
    with Isdr(InProcessLink(bench.euicc)) as isdr:
        return isdr.load_crl(der)


def refused(bench: Bench, der: bytes) -> str:
    with pytest.raises(LoadCrlError) as caught:
        load(bench, der)
    return caught.value.name


def test_version_3_has_no_load_crl(bench: Bench) -> None:
    """Servers staple the lists there; the tag is unknown, as capabilities say."""
    bench.euicc.core.features = replace(bench.euicc.core.features, svn=V3)
    with Isdr(InProcessLink(bench.euicc)) as isdr:
        assert "crlSupport" not in bit_names("RspCapability", isdr.get_euicc_info2()["rspCapability"])
        with pytest.raises(CardStatusError, match="6A88"):
            isdr.load_crl(crl(bench.pki, 1))


def serial(bench: Bench, name: str) -> int:
    item = bench.pki.branches[Curve.NIST_P256].items[name]
    return item.certificate.serial_number


@pytest.mark.parametrize(
    ("certificate", "function"), [("dp_auth", "AuthenticateServer"), ("dp_pb", "PrepareDownload")]
)
def test_a_revoked_server_is_not_believed(bench: Bench, certificate: str, function: str) -> None:
    """Every certificate of a chain that the eUICC checks; also after the power was off."""
    package = build.build_package(describe.load_shipped("test-operator"))
    assert load(bench, crl(bench.pki, 1, serial(bench, certificate))) == []
    bench.euicc = Euicc.load(bench.euicc.save(), entropy=entropy("again"), clock=clock)
    with pytest.raises(EuiccRefused, match="invalidCertificate") as caught:
        bench.download(package)
    assert f"ES10b.{function}" == caught.value.cause.FUNCTION
    load(bench, crl(bench.pki, 2))
    bench.download(package)


def test_another_cis_list_with_the_same_number_says_nothing(bench: Bench) -> None:
    other = issue_crl(
        issuer(bench.pki, Curve.BRAINPOOL_P256R1),
        [serial(bench, "dp_auth")],
        1,
        now=NOW,
        next_update=NOW + timedelta(days=1),
    )
    load(bench, other)
    bench.download(build.build_package(describe.load_shipped("test-operator")))


def test_the_newest_list_counts(bench: Bench) -> None:
    load(bench, crl(bench.pki, 5, 1))
    assert refused(bench, crl(bench.pki, 4)) == "fresherCrlAlreadyLoaded"
    assert refused(bench, crl(bench.pki, 5)) == "fresherCrlAlreadyLoaded"
    assert load(bench, crl(bench.pki, 6)) == []


def test_parts_come_in_any_order(bench: Bench) -> None:
    auth = serial(bench, "dp_auth")
    assert load(bench, crl(bench.pki, 7, 1, part=2, parts=3)) == [1, 3]
    assert refused(bench, crl(bench.pki, 7, 1, part=2, parts=3)) == "fresherCrlAlreadyLoaded"
    assert load(bench, crl(bench.pki, 7, auth, part=3, parts=3)) == [1]
    assert load(bench, crl(bench.pki, 7, part=1, parts=3)) == []
    with pytest.raises(EuiccRefused):
        bench.download(build.build_package(describe.load_shipped("test-operator")))


def test_a_difference_needs_its_list(bench: Bench) -> None:
    difference = crl(bench.pki, 9, serial(bench, "dp_auth"), base_number=8)
    assert refused(bench, difference) == "baseCrlMissing"
    load(bench, crl(bench.pki, 8, part=1, parts=2))
    assert refused(bench, difference) == "baseCrlMissing"
    load(bench, crl(bench.pki, 8, part=2, parts=2))
    assert load(bench, difference) == []
    assert refused(bench, difference) == "fresherCrlAlreadyLoaded"
    with pytest.raises(EuiccRefused):
        bench.download(build.build_package(describe.load_shipped("test-operator")))


def test_what_is_no_list_of_a_trusted_ci(bench: Bench) -> None:
    stranger = TestPki.create(entropy=entropy("stranger"), now=NOW)
    good = crl(bench.pki, 1)
    assert refused(bench, crl(stranger, 1)) == "verificationKeyNotFound"
    assert refused(bench, good[:-1] + bytes((good[-1] ^ 1,))) == "invalidSignature"
    assert refused(bench, bytes.fromhex("3003020101")) == "invalidCRLFormat"
    assert bench.euicc.core.revocation_lists.size == 0


def test_a_list_that_is_too_long(bench: Bench) -> None:
    long = crl(bench.pki, 1, *range(2**64, 2**64 + CRL_MEMORY // 20))
    assert refused(bench, long) == "notEnoughMemorySpace"


def test_the_euicc_says_that_it_reads_lists(bench: Bench) -> None:
    """crlSupport is bit 1 of RspCapability."""
    with Isdr(InProcessLink(bench.euicc)) as isdr:
        octets, _ = isdr.get_euicc_info2()["rspCapability"]
    assert octets[0] & 0x40


def test_openssl_reads_and_verifies_our_lists(bench: Bench, tmp_path: Path) -> None:
    """A second opinion on the list, and on what it says of a certificate."""
    branch = bench.pki.branches[Curve.NIST_P256]
    (tmp_path / "crl.der").write_bytes(crl(bench.pki, 3, serial(bench, "dp_auth")))
    for name, der in (("ci", branch.ci.certificate_der), ("auth", branch.items["dp_auth"].certificate_der)):
        pem = load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)

    def openssl(*arguments: str) -> str:
        done = subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, text=True)
        return done.stdout + done.stderr

    shown = openssl("crl", "-inform", "DER", "-in", "crl.der", "-CAfile", "ci.pem", "-text", "-noout")
    assert "verify OK" in shown
    assert f"Serial Number: {serial(bench, 'dp_auth'):X}" in shown.replace(
        "Serial Number: 0", "Serial Number: "
    )


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"x", bytes(40)])
def test_what_is_no_list(der: bytes) -> None:
    with pytest.raises(RevocationError):
        parse_crl(der)
