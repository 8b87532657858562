"""`esim pki` issues, spoils and revokes certificates; OpenSSL is the second opinion."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim

EID = "89049032123451234512345678901235"


@pytest.fixture
def folder(esim: Esim, tmp_path: Path) -> Path:
    made = tmp_path / "pki"
    assert esim("pki", "make", "--dir", made).status == 0
    return made


def as_pem(der: Path, kind: str) -> Path:
    pem = der.with_suffix(".openssl.pem")
    subprocess.run(
        ["openssl", kind, "-inform", "DER", "-in", der, "-out", pem], check=True, capture_output=True
    )
    return pem


def openssl_verify(folder: Path, certificate: Path, *more: str) -> subprocess.CompletedProcess[str]:
    ci = as_pem(folder / "CERT_CI_ECDSA_NIST.der", "x509")
    call = ["openssl", "verify", *more, "-CAfile", str(ci), str(as_pem(certificate, "x509"))]
    return subprocess.run(call, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("operator", "--oid", "2.999.77"), ["OPERATOR_TLS_NIST"]),
        (("operator", "--oid", "2.999.77", "--name", "ACME"), ["ACME_TLS_NIST"]),
        (("sm-ds",), ["S_SM_DSauth_ECDSA_NIST", "S_SM_DSauth_ECDSA_BRP", "S_SM_DS_TLS_NIST"]),
        (("sm-dp", "--host", "dp.example.org"), ["S_SM_DP_TLS_NIST"]),
        (("eim",), ["S_EIMsign_ECDSA_NIST", "S_EIMsign_ECDSA_BRP", "S_EIM_TLS_NIST"]),
        (("euicc", "--eid", EID), ["EUICC_ECDSA_NIST", "EUICC_ECDSA_BRP"]),
    ],
)
def test_each_party_gets_certificates_whose_chain_holds(
    esim: Esim, folder: Path, tmp_path: Path, arguments: tuple[str, ...], names: list[str]
) -> None:
    out = tmp_path / "out"
    issued = esim("pki", "issue", *arguments, "--dir", folder, "--out", out)
    assert (issued.status, issued.err) == (0, "")
    assert sorted(p.stem.removeprefix("CERT_") for p in out.glob("CERT_*.der")) == sorted(names)
    for name in names:
        shown = esim("pki", "show", out / f"CERT_{name}.der", "--dir", folder)
        assert (shown.status, shown.out.splitlines()[-1].startswith("The chain holds")) == (0, True)


def test_an_eid_that_is_none_is_refused(esim: Esim, folder: Path) -> None:
    refused = esim("pki", "issue", "euicc", "--eid", "123", "--dir", folder)
    assert refused.status == 2
    assert "'123' is no EID: 32 digits are expected." in refused.err


@pytest.mark.parametrize(
    "defect", ["expired", "self-signed", "wrong-issuer", "wrong-signature", "wrong-key-usage"]
)
def test_a_spoilt_certificate_is_refused_in_words(
    esim: Esim, folder: Path, tmp_path: Path, defect: str
) -> None:
    good = folder / "CERT_S_SM_DPauth_ECDSA_NIST.der"
    spoilt = esim("pki", "spoil", good, defect, "--dir", folder, "--out", tmp_path)
    assert spoilt.status == 0
    bad = Path(spoilt.out.removeprefix("Wrote ").split(":")[0])
    shown = esim("pki", "show", bad, "--dir", folder, "--json")
    assert shown.status == 1
    assert json.loads(shown.out)["holds"] is False
    assert esim("pki", "show", good, "--dir", folder).status == 0


def test_an_unknown_defect_names_those_there_are(esim: Esim, folder: Path) -> None:
    refused = esim("pki", "spoil", folder / "CERT_S_SM_DP_TLS_NIST.der", "rust", "--dir", folder)
    assert "rust is no defect; there are expired, not-yet-valid" in refused.err


def test_openssl_refuses_what_the_lists_revoke(esim: Esim, folder: Path) -> None:
    auth, pb = (folder / f"CERT_S_SM_DP{part}_ECDSA_NIST.der" for part in ("auth", "pb"))
    assert esim("pki", "crl", "--issue", "--dir", folder).out.count("nothing is revoked") == 2
    assert esim("pki", "revoke", auth, "--dir", folder).status == 0
    crl = ("-crl_check", "-CRLfile", str(as_pem(folder / "CRL_CI_ECDSA_NIST.der", "crl")))
    assert "certificate revoked" in openssl_verify(folder, auth, *crl).stderr
    assert "certificate revoked" not in openssl_verify(folder, pb, *crl).stderr
    listed = json.loads(esim("pki", "crl", folder / "CRL_CI_ECDSA_NIST.der", "--dir", folder, "--json").out)
    assert [(item["number"], len(item["revoked"]), item["signature_holds"]) for item in listed] == [
        (2, 1, True)
    ]


def test_lists_count_up_in_parts_and_differences(esim: Esim, folder: Path) -> None:
    auth, pb = (folder / f"CERT_S_SM_DP{part}_ECDSA_NIST.der" for part in ("auth", "pb"))
    early = esim("pki", "revoke", auth, "--dir", folder, "--delta")
    assert "has no list yet that another could be a difference to" in early.err
    assert esim("pki", "revoke", auth, "--dir", folder).status == 0
    assert esim("pki", "revoke", pb, "--dir", folder, "--delta").status == 0
    shown = esim("pki", "crl", "--dir", folder).out
    assert "number 1, whole list, signature holds" in shown
    assert "number 2, difference to number 1, signature holds" in shown
    assert esim("pki", "revoke", pb, "--dir", folder, "--parts", "2").status == 0
    parts = json.loads(esim("pki", "crl", "--dir", folder, "--json").out)
    assert [(item["number"], item["part"], item["parts"]) for item in parts] == [(3, 1, 2), (3, 2, 2)]
    assert sum(len(item["revoked"]) for item in parts) == 2


def test_nobody_revokes_the_ci_or_a_strangers_certificate(
    esim: Esim, folder: Path, shared_data: Path
) -> None:
    ci = esim("pki", "revoke", folder / "CERT_CI_ECDSA_NIST.der", "--dir", folder)
    assert "is a CI's: nobody can revoke it" in ci.err
    strange = next((shared_data / "sgp26").rglob("CERT_EUM_ECDSA_NIST.der"))
    refused = esim("pki", "revoke", strange, "--dir", folder)
    assert refused.err == "esim: nobody of this PKI has issued this certificate.\n"


def test_version_3_chains_are_added_once(esim: Esim, folder: Path) -> None:
    assert esim("pki", "variants", "A", "C", "--dir", folder).status == 0
    again = esim("pki", "variants", "A", "--dir", folder)
    assert "the PKI has chains of variant A; replace with --force" in again.err
    shown = esim("pki", "show", "--dir", folder).out
    assert "variant A" in shown
    assert "SM-DP+ SubCA" in shown
    roles = {
        (entry["variant"], entry["role"])
        for entry in json.loads(esim("pki", "show", "--dir", folder, "--json").out)
    }
    assert ("C", "eum_sub_ca") in roles


def test_keys_are_encrypted_with_the_passphrase_and_need_it(
    esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secret"
    monkeypatch.setenv("ESIM_PKI_PASSPHRASE", "open sesame")
    assert esim("pki", "make", "--dir", folder).status == 0
    assert "BEGIN ENCRYPTED PRIVATE KEY" in (folder / "SK_CI_ECDSA_NIST.pem").read_text()
    assert esim("pki", "show", "--dir", folder).status == 0
    monkeypatch.setenv("ESIM_PKI_PASSPHRASE", "open rye")
    refused = esim("pki", "show", "--dir", folder)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "passphrase" in refused.err


def test_a_file_that_is_neither_certificate_nor_list_is_named(esim: Esim, folder: Path) -> None:
    nonsense = folder / "nonsense.der"
    nonsense.write_bytes(b"\x30\x03abc")
    refused = esim("pki", "show", nonsense, "--dir", folder)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert str(nonsense) in refused.err
