"""Trips as text: what is read, and the sentence that each mistake gets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.network.world import load as load_world
from simulator.network.world.model import Rat
from simulator.profile.describe import DescriptionError
from simulator.scenario import trip as trips
from simulator.scenario.trip import OptionName, Trip

NAME = "name: Bangkok"
HOME = "\nhome: [{"
TEXT = """
name: Bangkok
traveller: {lives_in: us}
devices: [iphone-15]
home: [{operator: att-us, offer: att-us-home}]
itinerary:
  - {at: 2026-12-01 08:00, country: us}
  - {at: 2026-12-02 10:00, country: th}
"""


def parse(text: str) -> Trip:
    return trips.parse(text, load_world(), "my.yaml")


def test_what_is_left_out() -> None:
    trip = parse(TEXT)
    assert [option.option for option in trip.options] == list(OptionName)
    assert trip.end == datetime(2026, 12, 3, 10, tzinfo=UTC)
    (first, second) = trip.visits()
    assert (first[0].country, first[1]) == ("us", datetime(2026, 12, 2, 10, tzinfo=UTC))
    assert (second[0].country, second[1]) == ("th", trip.end)
    assert trip.tries.data == 200
    assert trip.traveller.passport
    assert trip.devices[0].device(load_world()).model == "iPhone 15"


def test_a_device_of_ones_own() -> None:
    model = "{maker: Acme, model: One, bands: {4G: ['3', '8'], 2G: [GSM900]}, profiles: 5}"
    own = f"[{{model: {model}, locked_to: ais-th}}]"
    trip = parse(TEXT.replace("[iphone-15]", own))
    device = trip.devices[0].device(load_world())
    assert device.key == "acme-one"
    assert device.bands == {Rat.E_UTRAN: ("3", "8"), Rat.GERAN: ("GSM900",)}
    assert (device.esim, device.enabled_profiles, device.active) == (True, 1, 1)
    assert trip.devices[0].locked_to == "ais-th"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("lives_in: us", "lives_in: usa", r"my.yaml:3: traveller.lives_in: .* no country 'usa'.*`esim world"),
        ("lives_in: us", "lives_in: no", r"traveller.lives_in: .*put it into quotes"),
        (
            "[iphone-15]",
            "[iphone-155]",
            r"my.yaml:4: devices.0.model: .* 'iphone-155' \(did you mean iphone-15",
        ),
        ("[iphone-15]", "[]", r"my.yaml:4: devices: "),
        ("att-us,", "att-usa,", r"my.yaml:5: home.0.operator: .* 'att-usa' \(did you mean att-us"),
        ("att-us-home", "att-home", r"home.0.offer: the world has no offer 'att-home'"),
        ("08:00", "8 o'clock", r"my.yaml:7: itinerary.0.at: must be a date and a time like 2026-12-01 09:30"),
        ("2026-12-02", "9999-12-02", r"itinerary.1.at: is not in the years 2000 to 2099"),
        ("2026-12-02", "2026-11-02", r"the stops of the itinerary are not in the order of their times"),
        ("country: th", "country: us", r"the itinerary never leaves us, where the traveller lives"),
        (NAME, f"{NAME}\ncolour: red", r"my.yaml:3: colour: there is no such member here"),
        (NAME, f"{NAME}\n{NAME}", r"my.yaml:3: 'name' stands here twice"),
        (NAME, f"{NAME}\nends: 2026-12-01", r"it ends 2026-12-01 00:00, before the last stop"),
        (NAME, f"{NAME}\ncurrency: XXX", r"the world has no rate for XXX"),
        (NAME, f"{NAME}\noptions: [teleport]", r"options.0.option: must be 'home-roaming'"),
        (NAME, f"{NAME}\noptions: [{{option: multi-imsi, device: 1}}]", r"there is no device 1"),
        (
            NAME,
            f"{NAME}\noptions: [{{option: local-esim, offers: [att-us-home]}}]",
            r"offer att-us-home is a home tariff, which is not for local-esim",
        ),
        (
            "att-us-home}",
            "ee-gb-home}",
            r"home.0: offer ee-gb-home is no home tariff of att-us; .* att-us-home",
        ),
        ("2026-12-01", "2016-12-01", r"the trip begins in 2016, and Apple iPhone 15 is of 2023"),
        ("att-us-home}", "att-us-home, ppr: [ppr1]}", r"home.0 is a card: policy rules are for profiles"),
        ("att-us-home}", "att-us-home, form: esim, ppr: [ppr1]}", r"home.0 has ppr1, .* allows that to none"),
        (f"[iphone-15]{HOME}", f"[iphone-6s]{HOME}form: esim, ", r"home.0 is on an eSIM, .* 6s has none"),
        ("[iphone-15]", "[iphone-15-us]", r"Apple iPhone 15 has 0 slots for cards, too few"),
        ("att-us-home}", "att-us-home}, {operator: att-us}", r"Apple iPhone 15 has 1 slot for cards"),
        (NAME, f"{NAME}\nfaults: [{{fault: rain}}]", r"faults.0: .*'rain'.*'qr-used'"),
        (NAME, "name: [", r"my.yaml:4: not YAML"),
    ],
)
def test_mistakes_are_told_in_a_sentence(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(DescriptionError, match=sentence) as raised:
        parse(TEXT.replace(old, new))
    assert "\n" not in str(raised.value)


def test_a_time_with_a_zone_is_told_in_utc() -> None:
    trip = parse(TEXT.replace("2026-12-02 10:00", "2026-12-02 10:00+07:00"))
    assert trip.itinerary[1].at == datetime(2026, 12, 2, 3, tzinfo=UTC)
    assert trip.itinerary[1].at.tzinfo is UTC


def test_too_many_lines() -> None:
    home = "home: [{operator: att-us}, {operator: ais-th, form: esim}, {operator: ee-gb, form: esim}]"
    with pytest.raises(DescriptionError, match="Apple iPhone 15 has at most 2 lines at once"):
        parse(TEXT.replace("home: [{operator: att-us, offer: att-us-home}]", home))


def test_a_file_and_a_name(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(TEXT)
    assert trips.load(str(path), load_world()).name == "Bangkok"
    with pytest.raises(DescriptionError, match=r"no trip 'nowhere' comes along; `esim travel list`"):
        trips.load("nowhere", load_world())
    with pytest.raises(DescriptionError, match=r"missing.yaml: cannot be read: No such file"):
        trips.load(str(tmp_path / "missing.yaml"), load_world())
