"""A trip as a form, and the text that it becomes."""

from __future__ import annotations

from datetime import datetime

import pytest

from simulator.network.world import World, load
from simulator.network.world.model import OfferKind
from simulator.scenario import trip as trips
from simulator.scenario.trip import Wifi
from simulator.web.travel.form import CHECKS, OWN, TripForm, device_title


@pytest.fixture(scope="module")
def world() -> World:
    return load()


@pytest.fixture
def form(world: World) -> TripForm:
    return TripForm(trips.parse(OWN, world), world)


@pytest.mark.parametrize("name", ["", *sorted(trips.shipped())])
def test_a_trip_survives_the_form(world: World, name: str) -> None:
    trip = trips.parse(trips.shipped()[name] if name else OWN, world)
    again = trips.parse(TripForm(trip, world).text, world)
    assert again == trip


def test_living_elsewhere_moves_both_ends_and_the_subscription(world: World, form: TripForm) -> None:
    form.live_in("de")
    assert [country for _, country in form.stops] == ["de", "th", "de"]
    assert form.home == "de"
    assert world.operators[form.operator].country == "de"
    trip = trips.parse(form.text, world)
    assert trip.traveller.lives_in == "de"
    offer = trip.home[0].offer
    assert offer is None or world.offers[offer].kind is OfferKind.HOME


def test_a_subscription_keeps_its_form(world: World, form: TripForm) -> None:
    form.keep_on("esim")
    others = [one.key for one in form.operators() if one.key != form.operator]
    form.subscribe(others[0])
    assert form.is_on_esim
    assert trips.parse(form.text, world).home[0].operator == others[0]


def test_a_device_decides_what_the_subscription_is_on(world: World, form: TripForm) -> None:
    no_tray = next(key for key, device in world.devices.items() if device.esim and not device.sim_slots)
    no_esim = next(key for key, device in world.devices.items() if not device.esim)
    form.take(no_tray)
    assert form.is_on_esim
    form.take(no_esim)
    assert not form.is_on_esim
    assert form.device == no_esim
    assert trips.parse(form.text, world).devices[0].model == no_esim


def test_a_lock_is_of_the_home_operator(world: World, form: TripForm) -> None:
    assert not form.is_locked
    form.lock(True)
    assert form.is_locked
    assert trips.parse(form.text, world).devices[0].locked_to == form.operator
    form.lock(False)
    assert trips.parse(form.text, world).devices[0].locked_to is None


def test_stops_come_move_and_go(world: World, form: TripForm) -> None:
    form.add_stop("vn")
    form.move(2, country="jp", at="2026-12-06T10:15")
    assert form.stops[2] == (datetime(2026, 12, 6, 10, 15), "jp")
    assert [stop.country for stop in trips.parse(form.text, world).itinerary] == ["us", "th", "jp", "us"]
    form.remove_stop(1)
    form.remove_stop(1)
    form.remove_stop(0)
    assert len(form.stops) == 2
    with pytest.raises(ValueError, match="is no date with a time"):
        form.move(0, at="tomorrow")


def test_another_stop_moves_a_return_that_is_too_early(form: TripForm) -> None:
    form.move(2, at="2026-12-03T20:00")
    form.add_stop("vn")
    times = [at for at, _ in form.stops]
    assert times == sorted(times)
    assert times[-1] == datetime(2026, 12, 8, 20, 0)


def test_what_is_done(world: World, form: TripForm) -> None:
    form.want(1234)
    form.have_wifi(["lodging", "home"])
    before = {check: form.is_so(check) for check in CHECKS}
    for check in CHECKS:
        form.make_so(check, not before[check])
    trip = trips.parse(form.text, world)
    assert trip.tries.data == form.megabytes == 1234
    assert trip.traveller.wifi == (Wifi.HOME, Wifi.LODGING)
    assert form.wifi == ("home", "lodging")
    assert trip.tries.call is not before["call"]
    assert trip.traveller.passport is not before["passport"]
    assert {check: form.is_so(check) for check in CHECKS} == {c: not value for c, value in before.items()}


def test_devices_are_told_apart(world: World) -> None:
    titles = [device_title(device) for device in world.devices.values()]
    assert len(titles) == len(set(titles))
