"""`esim profile` builds from descriptions, prints real packages, and names what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim


def test_a_description_that_comes_along_is_built(
    esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    built = esim("profile", "build", "home-operator")
    assert built.status == 0
    package = (tmp_path / "home-operator.der").read_bytes()
    assert f"{len(package)} bytes" in built.out
    assert "IMSI 999700000000001" in built.out
    listed = esim("profile", "build", "--list").out
    assert all(name in listed for name in ("home-operator", "test-operator", "travel-operator"))


def test_a_description_from_a_file_is_built(esim: Esim, tmp_path: Path) -> None:
    source = tmp_path / "mine.yaml"
    source.write_text(
        'name: Mine\niccid: "899990000000000001"\noperator: {name: Mine, plmn: 001-01}\n'
        'imsi: "001010000000042"\nauthentication: {key: 000102030405060708090a0b0c0d0e0f, '
        "opc: 000102030405060708090a0b0c0d0e0f}\n"
    )
    built = esim("profile", "build", source, "-o", tmp_path / "mine.der")
    assert "IMSI 001010000000042" in built.out
    shown = esim("profile", "show", tmp_path / "mine.der").out
    assert shown.startswith("Mine\nICCID 8999900000000000014")
    assert "Milenage" in shown


def test_what_is_wrong_with_a_description_is_told_in_one_sentence(esim: Esim, tmp_path: Path) -> None:
    source = tmp_path / "bad.yaml"
    source.write_text("name: Bad\n")
    refused = esim("profile", "build", source)
    assert refused.status == 1
    assert refused.err == f"esim: {source}:1: iccid: it is missing\n"
    assert "no description 'nowhere' is shipped" in esim("profile", "build", "nowhere").err
    assert esim("profile", "build").status == 2


def test_real_packages_are_shown(esim: Esim, ts48_package: Path) -> None:
    shown = esim("profile", "show", ts48_package)
    assert shown.status == 0
    assert "usim" in shown.out
    data = json.loads(esim("profile", "show", ts48_package, "--json").out)
    assert sum(element["length"] for element in data["elements"]) == ts48_package.stat().st_size


def test_every_value_can_be_printed(esim: Esim, tmp_path: Path) -> None:
    esim("profile", "build", "test-operator", "-o", tmp_path / "t.der")
    values = json.loads(esim("profile", "show", tmp_path / "t.der", "--values").out)
    assert values["0 header"]["profileType"]
    assert "5 usim" in values


def test_a_file_that_is_no_package_is_named_with_the_place(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "x.der"
    path.write_bytes(b"\x30\x05ab")
    refused = esim("profile", "show", path)
    assert refused.status == 1
    assert refused.err.startswith(f"esim: {path}: profile element 0")
    assert refused.err.count("\n") == 1
    assert esim("profile", "show", tmp_path / "absent.der").status == 2
