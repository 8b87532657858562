"""`esim world` shows rows of the world's tables, filtered, whole, and for programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from simulator.network.world import load
from simulator.network.world.loading import SHIPPED
from tests.simulator.cli.conftest import Esim


def test_without_a_table_it_says_what_there_is(esim: Esim) -> None:
    lines = esim("world").out.splitlines()
    assert lines[0].split() == ["table", "rows", "holds"]
    assert {line.split()[0]: line.split()[1] for line in lines[1:]}["countries"] == str(len(load().countries))
    assert json.loads(esim("world", "--json").out)["operators"] == len(load().operators)


def test_a_table_is_filtered_by_country(esim: Esim) -> None:
    lines = esim("world", "operators", "--country", "th").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["ais-th", "true-th"]
    assert "520-03" in lines[1]


def test_a_row_is_shown_whole_with_its_sources(esim: Esim) -> None:
    out = esim("world", "operators", "att-us").out
    assert "  radios: rat UTRAN, bands 2 5, source us-3g, until 2022-02-22\n" in out
    assert "  smdp_address: smdp.att-us.example.com\n" in out
    assert f"  [itu-e212] {load().sources['itu-e212'].title} (" in out
    assert "  [us-esim] " in out


def test_a_device_is_shown_with_its_bands(esim: Esim) -> None:
    out = esim("world", "devices", "feature-phone-2g").out
    assert "  bands GERAN: GSM900 GSM1800\n" in out
    assert "  esim: no\n" in out


def test_agreements_are_those_of_a_home_operator(esim: Esim) -> None:
    lines = esim("world", "agreements", "att-us", "--country", "jp").out.splitlines()[1:]
    assert lines
    assert all(line.split()[:2] == ["att-us", network] for line, network in zip(lines, _japan(), strict=True))


def _japan() -> list[str]:
    return [a.visited for a in load().agreements_of("att-us") if a.visited.endswith("-jp")]


def test_part_of_a_name_is_enough(esim: Esim) -> None:
    assert "key: " not in esim("world", "countries", "thai").out
    assert esim("world", "countries", "泰国").out.startswith("th\n")
    lines = esim("world", "devices", "apple iphone 15").out.splitlines()[1:]
    assert {line.split()[0] for line in lines} == {"iphone-15", "iphone-15-us", "iphone-15-cn"}


def test_programs_get_json(esim: Esim) -> None:
    rows = json.loads(esim("world", "offers", "verizon-us-travelpass", "ais-th-tourist-sim", "--json").out)
    assert list(rows) == ["verizon-us-travelpass", "ais-th-tourist-sim"]
    assert rows["verizon-us-travelpass"]["price"] == 12
    assert rows["ais-th-tourist-sim"]["needs"] == ["SHOP", "PASSPORT"]
    everything = json.loads(esim("world", "agreements", "--json").out)
    assert everything["telekom-de/orange-fr"]["price"] == "LIKE_AT_HOME"


def test_bands_have_both_names(esim: Esim) -> None:
    assert "  downlink: 758 803\n" in esim("world", "bands", "E_UTRAN/28").out


def test_what_is_not_there_is_said(esim: Esim) -> None:
    outcome = esim("world", "operators", "xyzzy")
    assert outcome.status == 1
    assert outcome.err == "esim: there is no row 'xyzzy' in operators; see `esim world operators`.\n"
    outcome = esim("world", "operators", "att-us", "--country", "th")
    assert outcome.err == (
        "esim: there is no row 'att-us' in operators about th; see `esim world operators`.\n"
    )
    outcome = esim("world", "operators", "--country", "xx")
    assert outcome.status == 1
    assert outcome.err.startswith("esim: the world has no country 'xx'")


def test_devices_are_about_no_country(esim: Esim) -> None:
    outcome = esim("world", "devices", "--country", "us")
    assert outcome.status == 2
    assert "devices are about no country; leave --country out." in outcome.err


def test_nobody_reads_thousands_of_rows(esim: Esim) -> None:
    outcome = esim("world", "agreements")
    assert outcome.status == 1
    assert "name a KEY or a --country, or take --json." in outcome.err


def test_an_empty_answer_is_said(esim: Esim, tmp_path: Path) -> None:
    for path in SHIPPED.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "offers.yaml").write_text("", encoding="utf-8")
    assert esim("world", "offers", "--tables", tmp_path).out == "There are no such rows.\n"


def test_tables_of_ones_own_are_checked(esim: Esim, tmp_path: Path) -> None:
    for path in SHIPPED.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    operators = tmp_path / "operators.yaml"
    text = operators.read_text(encoding="utf-8")
    operators.write_text(text.replace("host: tmobile-us", "host: nobody", 1), encoding="utf-8")
    outcome = esim("world", "--tables", tmp_path)
    assert outcome.status == 1
    assert outcome.err == (
        "esim: operators.yaml, row 'google-fi', member 'host': there is no operator 'nobody'\n"
    )
