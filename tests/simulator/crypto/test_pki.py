"""The test PKI: what is in its certificates, how it is kept on disk, and that TLS libraries take it."""

from __future__ import annotations

import hashlib
import json
import shutil
import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from simulator.crypto.certificates import Role
from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import Curve, Entropy
from simulator.crypto.pki import PkiError, TestPki, key_pem

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EID = bytes.fromhex("89049032123451234512345678901235")


def replayed(seed: str) -> Entropy:
    drawn = iter(range(1 << 30))
    return lambda length: hashlib.shake_256(f"{seed} {next(drawn)}".encode()).digest(length)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create(entropy=replayed("pki"), now=NOW)


def test_the_same_entropy_and_time_give_the_same_pki(pki: TestPki) -> None:
    again = TestPki.create(entropy=replayed("pki"), now=NOW)
    for curve, branch in pki.branches.items():
        mine = {name: item.certificate_der for name, item in branch.items.items()}
        assert mine == {name: item.certificate_der for name, item in again.branches[curve].items.items()}


@pytest.mark.parametrize("name", ["ci", "eum", "dp_auth", "dp_pb", "tls"])
def test_extensions_are_those_of_the_published_set(pki: TestPki, shared_data: Path, name: str) -> None:
    """Same extensions, same criticality, as the certificate of SGP.26 in that role."""

    def kinds(der: bytes) -> dict[str, bool]:
        extensions = x509.load_der_x509_certificate(der).extensions
        return {extension.oid.dotted_string: extension.critical for extension in extensions}

    published = TestPki.load(shared_data / "sgp26").branches[Curve.NIST_P256].items[name]
    ours = kinds(pki.branches[Curve.NIST_P256].items[name].certificate_der)
    theirs = kinds(published.certificate_der)
    certificate_policies = "2.5.29.32"
    if name == "tls":  # §4.5.2.1.0.5 leaves open whether the policies of a TLS certificate are critical
        theirs[certificate_policies] = ours[certificate_policies]
    assert ours == theirs


def test_roles_and_oids(pki: TestPki) -> None:
    for branch in pki.branches.values():
        roles = {name: item.certificate.role for name, item in branch.items.items()}
        expected = {"ci": Role.CI, "eum": Role.EUM, "dp_auth": Role.DP_AUTH, "dp_pb": Role.DP_PB}
        assert roles == expected | ({"tls": Role.DP_TLS} if branch.tls else {})
    ids = {item.certificate.registered_id for item in pki.branches[Curve.NIST_P256].items.values()}
    assert ids == {"2.999.1", "2.999.5", "2.999.10"}


def test_saved_and_loaded_it_is_the_same(pki: TestPki, tmp_path: Path) -> None:
    pki.save(tmp_path / "pki")
    loaded = TestPki.load(tmp_path / "pki")
    for curve, branch in pki.branches.items():
        for name, item in branch.items.items():
            same = loaded.branches[curve].items[name]
            assert same.certificate_der == item.certificate_der
            assert key_pem(same.require_key()) == key_pem(item.require_key())


def test_private_keys_are_for_the_owner_only(pki: TestPki, tmp_path: Path) -> None:
    (tmp_path / "SK_CI_ECDSA_NIST.pem").touch(mode=0o644)
    pki.save(tmp_path)
    keys = list(tmp_path.glob("SK_*.pem"))
    assert len(keys) == 9
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_the_published_set_brings_the_keys_it_has(shared_data: Path) -> None:
    published = TestPki.load(shared_data / "sgp26")
    with_key = {
        curve: {name for name, item in branch.items.items() if item.key is not None}
        for curve, branch in published.branches.items()
    }
    assert with_key == {
        Curve.NIST_P256: {"ci", "eum", "dp_auth", "dp_pb", "tls"},
        Curve.BRAINPOOL_P256R1: {"dp_auth", "dp_pb", "tls"},
    }
    assert TestPki.load(shared_data / "sgp26", server="DP2").branches[Curve.NIST_P256].dp_pb is not None
    with pytest.raises(PkiError, match="not at hand"):
        published.branches[Curve.BRAINPOOL_P256R1].ci.require_key()
    with pytest.raises(PkiError, match="no eUICC manufacturer"):
        published.issue_euicc(EID, Curve.BRAINPOOL_P256R1, entropy=replayed("x"), now=NOW)


def test_an_euicc_is_issued_under_the_published_manufacturer(shared_data: Path) -> None:
    published = TestPki.load(shared_data / "sgp26")
    eum = published.branches[Curve.NIST_P256].eum
    assert eum is not None
    euicc = published.issue_euicc(EID, entropy=replayed("euicc"), now=NOW)
    verifier = ChainVerifier(published.anchors)
    assert verifier.verify([euicc.certificate_der, eum.certificate_der], Role.EUICC, NOW).eid == EID
    with pytest.raises(PkiError, match="begin with 89049032"):
        published.issue_euicc(bytes(16), entropy=replayed("euicc"), now=NOW)


def test_new_tls_certificate_for_other_hosts(pki: TestPki) -> None:
    tls = pki.issue_tls(["dp.example.org", "192.0.2.7"], entropy=replayed("tls"), now=NOW).tls.certificate
    assert tls.hosts == ("dp.example.org", "192.0.2.7")
    ChainVerifier(pki.anchors).verify([tls.der], Role.DP_TLS, NOW)


def test_openssl_takes_a_tls_handshake_with_it(pki: TestPki, tmp_path: Path) -> None:
    """In memory, with the strict flag that newer Pythons set by default."""
    pem = tmp_path / "tls.pem"
    pem.write_bytes(
        ssl.DER_cert_to_PEM_cert(pki.tls.certificate_der).encode() + key_pem(pki.tls.require_key())
    )
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(pem)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    client_context.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(pki.anchors[0]))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname="localhost")
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert client.getpeercert(binary_form=True) == pki.tls.certificate_der


def test_a_folder_without_a_pki_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PkiError, match="holds no CI certificate"):
        TestPki.load(tmp_path)


def test_spoilt_folders_are_refused_in_words(pki: TestPki, tmp_path: Path) -> None:
    def spoilt(name: str) -> Path:
        folder = tmp_path / name
        pki.save(folder)
        return folder

    folder = spoilt("wrong key")
    shutil.copy(folder / "SK_EUM_ECDSA_NIST.pem", folder / "SK_CI_ECDSA_NIST.pem")
    with pytest.raises(PkiError, match=r"SK_CI_ECDSA_NIST is not that of CERT_CI_ECDSA_NIST\.der"):
        TestPki.load(folder)
    folder = spoilt("no key")
    (folder / "SK_CI_ECDSA_NIST.pem").write_text("nothing")
    with pytest.raises(PkiError, match="holds no private key"):
        TestPki.load(folder)
    folder = spoilt("wrong curve")
    shutil.copy(folder / "CERT_CI_ECDSA_BRP.der", folder / "CERT_CI_ECDSA_NIST.der")
    with pytest.raises(PkiError, match="lies on BRAINPOOL_P256R1"):
        TestPki.load(folder)
    folder = spoilt("keys.json")
    (folder / "keys.json").write_text(json.dumps({"SK_X": {"curve": "secp384r1", "d": "01"}}))
    with pytest.raises(PkiError, match="not a list of published keys"):
        TestPki.load(folder)


def test_what_is_missing_is_named(pki: TestPki) -> None:
    brainpool = TestPki({Curve.BRAINPOOL_P256R1: pki.branches[Curve.BRAINPOOL_P256R1]})
    with pytest.raises(PkiError, match="no TLS certificate"):
        _ = brainpool.tls
    with pytest.raises(PkiError, match="NIST"):
        brainpool.issue_tls(["localhost"], entropy=replayed("tls"), now=NOW)
