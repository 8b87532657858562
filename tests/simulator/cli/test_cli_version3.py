"""SGP.22 version 3 from the command line: what is told of an eUICC, its rules, versions of LPA and server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.simulator.cli.conftest import Esim

METADATA = "name: Work\nenterprise: {oid: 2.999.100, name: Acme, rules: [referenceEnterpriseRule]}\n"
CARD = """name: A card
kind: euicc
version: 3
package_versions: [3.3.1]
tre: [isIntegrated]
tre_product: 2.999.1/soc
additional_info: cafe
"""


@pytest.fixture
def card(esim: Esim, tmp_path: Path) -> str:
    path = tmp_path / "card.yaml"
    path.write_text(CARD)
    assert esim("card", "new", "phone", "--from", path).status == 0
    return "phone"


def test_info_in_words_and_in_json(esim: Esim, card: str) -> None:
    told = json.loads(esim("lpa", "info", "--card", card, "--json").out)
    assert (told["sgp22_version"], told["highest_sgp22_version"]) == ("2.2.2", "3.1.0")
    assert told["additional_package_versions"] == ["3.3.1"]
    assert (told["tre_properties"], told["tre_product"]) == (["isIntegrated"], "2.999.1/soc")
    assert told["additional_info"] == "cafe"
    assert told["certification"]["platformLabel"]
    assert "enterpriseProfilesSupport" in told["rsp_capabilities"]
    words = esim("lpa", "info", "--card", card).out
    for word in ("SGP.22 up to     3.1.0", "Packages too     3.3.1", "Built as         isIntegrated", "cafe"):
        assert word in words


def test_an_euicc_of_version_2_tells_none_of_it(esim: Esim) -> None:
    esim("card", "new", "old")
    told = json.loads(esim("lpa", "info", "--card", "old", "--json").out)
    assert not {"highest_sgp22_version", "tre_properties", "certification"} & told.keys()
    assert "SGP.22 up to" not in esim("lpa", "info", "--card", "old").out


def test_the_ci_of_the_default_server(esim: Esim, card: str) -> None:
    trusted = json.loads(esim("lpa", "info", "--card", card, "--json").out)["ci_keys_for_verification"][0]
    assert esim("lpa", "smdp", "dp.example.com", "--card", card, "--ci", trusted).status == 0
    assert json.loads(esim("lpa", "info", "--card", card, "--json").out)["default_smdp_ci_key"] == trusted
    refused = esim("lpa", "smdp", "dp.example.com", "--card", card, "--ci", "00" * 20)
    assert (refused.status, "unsupportedCiPKId" in refused.err) == (1, True)
    assert esim("lpa", "smdp", "dp.example.com", "--card", card, "--ci", "xyz").status == 2
    assert esim("lpa", "smdp", "--card", card, "--ci", trusted).status == 2


@pytest.mark.parametrize("version", ["2", "3"])
def test_an_lpa_of_either_version(esim: Esim, card: str, version: str) -> None:
    done = esim("download", "--upp", "test-operator", "--card", card, "--lpa-sgp22", version)
    assert done.status == 0, done.err


def test_profiles_in_stock_with_metadata(esim: Esim, tmp_path: Path) -> None:
    path = tmp_path / "metadata.yaml"
    path.write_text(METADATA)
    assert esim("smdp", "stock", "home-operator", "--metadata", path).status == 0
    path.write_text("colour: red\n")
    refused = esim("smdp", "stock", "travel-operator", "--metadata", path)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert f"{path}:1: colour:" in refused.err
