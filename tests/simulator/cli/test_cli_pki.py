"""`esim pki` makes a PKI on first use, explains it, and names what is wrong with a folder."""

from __future__ import annotations

import json
from pathlib import Path

from tests.simulator.cli.conftest import Esim


def test_it_is_made_when_first_wanted_and_then_kept(esim: Esim, esim_home: Path) -> None:
    first = esim("pki", "show", "--json")
    assert first.status == 0
    assert f"Making a test PKI in {esim_home / 'pki'}" in first.err
    second = esim("pki", "show", "--json")
    assert (second.out, second.err) == (first.out, "")
    roles = [(entry["curve"], entry["role"]) for entry in json.loads(first.out)]
    assert len(roles) == 9
    assert ("BRAINPOOL_P256R1", "dp_pb") in roles
    assert all(entry["private_key"] for entry in json.loads(first.out))


def test_the_chain_is_explained_within_80_columns(esim: Esim) -> None:
    shown = esim("pki", "show").out
    assert "├── eUICC manufacturer" in shown
    assert "serves localhost, 127.0.0.1" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_published_set_is_known_and_its_expired_certificate_named(esim: Esim, shared_data: Path) -> None:
    shown = esim("pki", "show", "--dir", shared_data / "sgp26").out
    assert "the published test CI of GSMA SGP.26" in shown
    assert "expired: 2025-06-30 to 2026-08-02" in shown
    assert "no private key" in shown


def test_a_pki_is_not_replaced_by_accident(esim: Esim, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert esim("pki", "make", "--dir", folder, "--host", "dp.example.org").status == 0
    before = (folder / "CERT_CI_ECDSA_NIST.der").read_bytes()
    refused = esim("pki", "make", "--dir", folder)
    assert (refused.status, refused.err) == (
        1,
        f"esim: {folder} holds a PKI already; replace it with --force.\n",
    )
    assert "dp.example.org" in esim("pki", "show", "--dir", folder).out
    assert esim("pki", "make", "--dir", folder, "--force").status == 0
    assert (folder / "CERT_CI_ECDSA_NIST.der").read_bytes() != before


def test_a_folder_without_certificates_is_refused_in_one_sentence(esim: Esim, tmp_path: Path) -> None:
    refused = esim("pki", "show", "--dir", tmp_path)
    assert refused.status == 1
    assert refused.err.startswith(f"esim: {tmp_path} holds no CI certificate")
    assert refused.err.count("\n") == 1
