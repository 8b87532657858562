"""Tables are read strictly: what is wrong is said with file, row, member and reason, in one sentence."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.network.errors import WorldError
from simulator.network.world import load, read
from simulator.network.world.model import PriceClass, Rat

SMALL = Path(__file__).parent / "small"
"""A world of its own, so that tests break what they mean to break."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in SMALL.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def refusal(folder: Path, table: str, old: str, new: str) -> str:
    """What is said when `old` in a table is replaced."""
    path = folder / f"{table}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        read(folder)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_the_shipped_world_is_read_once() -> None:
    assert load() is load()


def test_a_copy_reads_the_same(folder: Path) -> None:
    assert read(folder) == read(SMALL)


@pytest.mark.parametrize(
    ("table", "old", "new", "says"),
    [
        ("operators", "  name: AT&T\n", "", "member 'name': it is missing"),
        ("operators", "  name: AT&T\n", "  name: AT&T\n  name: AT\n", "member 'name': it is said twice"),
        (
            "operators",
            "  name: AT&T\n",
            "  name: AT&T\n  colour: blue\n",
            "member 'colour': there is no such member",
        ),
        ("operators", "  name: AT&T\n", "  name: AT&T\n  key: at\n", "member 'key': there is no such member"),
        ("operators", "  name: AT&T\n", "  name:\n", "member 'name': it is empty; leave it out instead"),
        (
            "operators",
            "  name: AT&T\n",
            "  name: [AT, T]\n",
            "member 'name': one word or sentence is expected",
        ),
        ("operators", "[310-410", "[31-410", "member 'plmns[0]': '31-410' is no network code"),
        ("operators", "[310-410", "[{a: b}", "member 'plmns[0]': one word or sentence is expected"),
        (
            "operators",
            "{rat: UTRAN,",
            "{rat: 3G,",
            "member 'radios[0].rat': '3G' is none of GERAN, UTRAN, E_UTRAN",
        ),
        ("operators", "until: 2022-02-22", "until: 22.2.2022", "'22.2.2022' is no date such as 2022-02-22"),
        (
            "operators",
            "  radios:\n",
            "  radios: none\n  other:\n",
            "member 'radios': a list in brackets is expected",
        ),
        ("countries", "latitude: 40.7", "latitude: north", "member 'latitude': 'north' is no number"),
        ("countries", "latitude: 40.7", "latitude: inf", "member 'latitude': 'inf' is no number"),
        ("countries", "us: {", "us: [", "countries.yaml, line "),
        ("devices", "year: 2023", "year: MMXXIII", "member 'year': 'MMXXIII' is no whole number"),
        ("devices", "esim: true", "esim: yes", "member 'esim': 'yes' is neither true nor false"),
        ("devices", "GERAN: [", "GSM: [", "member 'bands.GSM': 'GSM' is none of GERAN"),
        ("devices", "  bands:\n", "  bands: []\n  other:\n", "member 'bands': 'name: value' is expected"),
        ("bands", "GERAN:\n", "GSM:\n", "bands.yaml, row 'GSM': it is none of GERAN, UTRAN, E_UTRAN, NG_RAN"),
        (
            "bands",
            "uplink: [824, 849]",
            "uplink: [824]",
            "row 'GERAN GSM850' (line 3): member 'uplink': a list of 2",
        ),
        ("bands", "GERAN:\n", "GERAN: []\nother:\n", "bands.yaml, row 'GERAN': 'name: value' is expected"),
        ("rates", "USD: {", "EUR: {", "rates.yaml: member 'EUR': it is said twice"),
        ("rates", "USD: {", "[a]: {", "rates.yaml: a name is a word"),
        (
            "agreements",
            "price: HIGH",
            "price: MUCH",
            "member 'price': 'MUCH' is none of LIKE_AT_HOME, LOW, MIDDLE",
        ),
    ],
)
def test_a_wrong_row_is_refused(folder: Path, table: str, old: str, new: str, says: str) -> None:
    sentence = refusal(folder, table, old, new)
    assert sentence.startswith(f"{table}.yaml")
    assert says in sentence


def test_row_and_line_are_named(folder: Path) -> None:
    path = folder / "rates.yaml"
    path.write_text("USD: {usd: 1, source: example}\nEUR: {usd: much, source: example}\n", encoding="utf-8")
    with pytest.raises(
        WorldError, match=r"^rates\.yaml, row 'EUR' \(line 2\): member 'usd': 'much' is no number$"
    ):
        read(folder)


def test_a_table_that_is_missing_is_named(folder: Path) -> None:
    (folder / "rates.yaml").unlink()
    with pytest.raises(WorldError, match=r"^rates\.yaml: it cannot be read"):
        read(folder)


def test_an_empty_table_has_no_rows(folder: Path) -> None:
    (folder / "offers.yaml").write_text("# nothing\n", encoding="utf-8")
    assert read(folder).offers == {}


def test_what_does_not_fit_another_table_is_refused(folder: Path) -> None:
    says = refusal(folder, "operators", "host: tmobile-us", "host: ee-gb")
    assert says == (
        "operators.yaml, row 'google-fi', member 'host': 'ee-gb' has no network in the same country"
    )


AGREEMENT = """
{key}:
  homes: [att-us]
  visited: [ee-gb, ais-th]
  preferred: [{preferred}]
  rats: [E_UTRAN]
  services: [data]
  price: HIGH
  source: example
"""


def test_a_row_of_agreements_says_the_same_of_many_pairs(folder: Path) -> None:
    among = "among:\n  among: [telekom-de, orange-fr, ee-gb]\n  rats: [E_UTRAN]\n  services: [data]\n"
    text = (
        AGREEMENT.format(key="new", preferred="att-us/ee-gb")
        + among
        + "  price: LIKE_AT_HOME\n  source: example\n"
    )
    (folder / "agreements.yaml").write_text(text, encoding="utf-8")
    (folder / "offers.yaml").write_text("", encoding="utf-8")
    agreements = read(folder).agreements
    pairs = {(a.home, a.visited, a.preferred, a.price) for a in agreements.values()}
    europe = ("telekom-de", "orange-fr", "ee-gb")
    assert pairs == {
        ("att-us", "ee-gb", True, PriceClass.HIGH),
        ("att-us", "ais-th", False, PriceClass.HIGH),
        *((a, b, False, PriceClass.LIKE_AT_HOME) for a in europe for b in europe if a != b),
    }
    assert all(key == agreement.key for key, agreement in agreements.items())


def test_two_rows_do_not_say_of_one_pair(folder: Path) -> None:
    text = AGREEMENT.format(key="one", preferred="") + AGREEMENT.format(key="two", preferred="")
    (folder / "agreements.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(WorldError, match=r"row 'two': another row already says of 'att-us/ee-gb'"):
        read(folder)


def test_a_row_for_the_rest_leaves_pairs_out_that_a_row_above_speaks_of(folder: Path) -> None:
    first = AGREEMENT.format(key="one", preferred="")
    rest = first.replace("one:", "two:").replace("HIGH", "LOW").replace("ee-gb", "ee-gb, docomo-jp")
    (folder / "agreements.yaml").write_text(first + rest + "  otherwise: true\n", encoding="utf-8")
    (folder / "offers.yaml").write_text("", encoding="utf-8")
    prices = {key: agreement.price for key, agreement in read(folder).agreements.items()}
    assert prices == {
        "att-us/ee-gb": PriceClass.HIGH,
        "att-us/ais-th": PriceClass.HIGH,
        "att-us/docomo-jp": PriceClass.LOW,
    }


def test_who_is_preferred_is_in_the_row(folder: Path) -> None:
    text = AGREEMENT.format(key="one", preferred="docomo-jp")
    (folder / "agreements.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(WorldError, match=r"row 'one', member 'preferred': 'docomo-jp' is not in the row"):
        read(folder)


def test_numbers_are_exact() -> None:
    band = load().bands[Rat.UTRAN, "9"]
    assert band.downlink == (Decimal("1844.9"), Decimal("1879.9"))
