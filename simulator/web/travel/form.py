"""A trip as a form: what one may choose without knowing how a trip's file is written. What the form does not
show (faults, policy rules, offers) stays in the text as it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import yaml

from simulator.network.world import World
from simulator.network.world.model import Device, OfferKind, Operator
from simulator.scenario.trip import Trip

OWN: Final = """\
name: A week in Thailand
traveller: {lives_in: us}
devices: [iphone-15]
home: [{operator: att-us, offer: att-us-home}]
itinerary:
  - {at: 2026-12-01 09:00, country: us}
  - {at: 2026-12-02 20:00, country: th}
  - {at: 2026-12-09 20:00, country: us}
tries: {data: 200, call: true, message: true}
"""
"""The trip that the form begins with."""
WIFI: Final = ("home", "airport", "lodging")
CHECKS: Final = {
    "call": ("tries", "call", False),
    "message": ("tries", "message", False),
    "prepares": ("traveller", "prepares", True),
    "shops": ("traveller", "shops", True),
    "passport": ("traveller", "passport", True),
    "post": ("traveller", "post", True),
}
"""Things that are so or not: where they stand in a trip's file, and what holds if nothing is said."""
_STAY: Final = timedelta(days=3)
_TIME: Final = "%Y-%m-%d %H:%M"


class TripForm:
    """The plain values of a trip that was read, for changing. They are not checked: `text` is, when it is
    read again."""

    def __init__(self, trip: Trip, world: World) -> None:
        self._world = world
        self._data: dict[str, Any] = trip.model_dump(mode="json", exclude_defaults=True)
        self._data["itinerary"] = [
            {"at": stop.at.strftime(_TIME), "country": stop.country} for stop in trip.itinerary
        ]
        if trip.ends is not None:
            self._data["ends"] = trip.ends.strftime(_TIME)

    @property
    def text(self) -> str:
        """The trip as `esim travel` reads it."""
        return yaml.safe_dump(self._data, sort_keys=False, allow_unicode=True, width=100)

    # From where, with what

    @property
    def home(self) -> str:
        """The country that the traveller lives in."""
        return str(self._data["traveller"]["lives_in"])

    def live_in(self, country: str) -> None:
        """Live in another country, with its first operator: the trip begins and ends there."""
        before = self.home
        self._data["traveller"]["lives_in"] = country
        for stop in self._data["itinerary"]:
            if stop["country"] == before:
                stop["country"] = country
        if operators := self.operators():
            self.subscribe(operators[0].key)

    def operators(self) -> list[Operator]:
        """Those that the traveller may be a subscriber of: of the country, virtual ones too, those with a
        tariff in the world first."""
        found = [one for one in self._world.operators.values() if one.country == self.home and one.plmns]
        return sorted(found, key=lambda one: not self._tariffs(one.key))

    @property
    def operator(self) -> str:
        """Empty without a subscription."""
        home = self._data.get("home") or [{}]
        return str(home[0].get("operator", ""))

    def subscribe(self, operator: str) -> None:
        """Be a subscriber of another operator, with its first tariff."""
        first = {name: value for name, value in self._first_home.items() if name in ("form", "device")}
        tariffs = self._tariffs(operator)
        offer = {"offer": tariffs[0]} if tariffs else {}
        self._data["home"] = [{"operator": operator, **offer, **first}, *self._data.get("home", [])[1:]]

    def _tariffs(self, operator: str) -> list[str]:
        return [one.key for one in self._world.offers_of(operator) if one.kind is OfferKind.HOME]

    @property
    def _first_home(self) -> dict[str, Any]:
        found: dict[str, Any] = (self._data.get("home") or [{}])[0]
        return found

    @property
    def is_on_esim(self) -> bool:
        """Whether the home subscription is a profile, not a card."""
        return self._first_home.get("form") == "esim"

    def keep_on(self, form: str) -> None:
        """Have the home subscription on a 'card', or as 'esim'."""
        if self.operator:
            self._data["home"][0]["form"] = form

    @property
    def device(self) -> str:
        """The key of the first device; empty for one that the file describes itself."""
        model = self._data["devices"][0]
        model = model["model"] if isinstance(model, dict) else model
        return model if isinstance(model, str) else ""

    def take(self, device: str) -> None:
        """Take another device, with the home subscription on what it has room for."""
        first = self._data["devices"][0]
        if isinstance(first, dict):
            first["model"] = device
        else:
            self._data["devices"][0] = device
        row = self._world.devices[device]
        if not row.esim:
            self.keep_on("card")
        elif not row.sim_slots:
            self.keep_on("esim")

    @property
    def is_locked(self) -> bool:
        """Whether the device is locked to the home operator."""
        first = self._data["devices"][0]
        return isinstance(first, dict) and bool(first.get("locked_to"))

    def lock(self, locked: bool) -> None:
        """Lock the device to the home operator, or unlock it."""
        first = self._data["devices"][0]
        row = dict(first) if isinstance(first, dict) else {"model": first}
        row.pop("locked_to", None)
        self._data["devices"][0] = row | ({"locked_to": self.operator} if locked and self.operator else {})

    # Where to, and when

    @property
    def stops(self) -> list[tuple[datetime, str]]:
        """When the traveller is where, from the beginning to the return."""
        return [(_time(stop["at"]), str(stop["country"])) for stop in self._data["itinerary"]]

    def move(self, number: int, *, country: str = "", at: str = "") -> None:
        """Go somewhere else, or at another time ('2026-12-02T20:00'). ValueError if that is none."""
        stop = self._data["itinerary"][number]
        if country:
            stop["country"] = country
        if at:
            try:
                stop["at"] = datetime.fromisoformat(at).strftime(_TIME)
            except ValueError:
                raise ValueError(f"{at!r} is no date with a time") from None

    def add_stop(self, country: str) -> None:
        """Another stop before the return, some days after the one before; the return moves on."""
        stops = self._data["itinerary"]
        last = stops[-1]
        before = _time(stops[-2]["at"]) if len(stops) > 1 else _time(last["at"])
        at = before + _STAY
        stops.insert(len(stops) - 1, {"at": at.strftime(_TIME), "country": country})
        if _time(last["at"]) <= at:
            last["at"] = (at + _STAY).strftime(_TIME)

    def remove_stop(self, number: int) -> None:
        """Leave a stop out; a beginning and another stop remain."""
        if len(self._data["itinerary"]) > 2:
            del self._data["itinerary"][number]

    # What is done

    @property
    def megabytes(self) -> int:
        """Data that are wanted a day."""
        return int(self._data.get("tries", {}).get("data", 200))

    def want(self, megabytes: int) -> None:
        self._data.setdefault("tries", {})["data"] = megabytes

    def is_so(self, check: str) -> bool:
        """One of CHECKS."""
        part, name, otherwise = CHECKS[check]
        return bool(self._data.get(part, {}).get(name, otherwise))

    def make_so(self, check: str, value: bool) -> None:
        part, name, _ = CHECKS[check]
        self._data.setdefault(part, {})[name] = value

    @property
    def wifi(self) -> tuple[str, ...]:
        return tuple(self._data["traveller"].get("wifi", WIFI))

    def have_wifi(self, places: Iterable[str]) -> None:
        """Where there is Wi-Fi."""
        wanted = set(places)
        self._data["traveller"]["wifi"] = [place for place in WIFI if place in wanted]


def device_title(device: Device) -> str:
    """'Apple iPhone 15 (United States): no card, 8 profiles'; numbers say it in all languages."""
    return f"{device.maker} {device.model} ({device.market}, {device.year})"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
