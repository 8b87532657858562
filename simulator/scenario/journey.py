"""One traveller on one trip with one option: what there is, where the phone is, and what time it is.

`simulator.scenario.strategies` says what is done and when; `phones`, `buying`, `downloads` and `service` how.
Everything that happens goes to the journal with what it stands on.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Final

from simulator.network.handset.phone import Handset
from simulator.network.journal import Evidence, Journal, Rule
from simulator.network.networks import Networks
from simulator.network.world import World
from simulator.scenario.clock import Clock
from simulator.scenario.downloads import plan_of
from simulator.scenario.evidence import told, unique
from simulator.scenario.hardware import pki_of
from simulator.scenario.issuing import Issuer
from simulator.scenario.ledger import Ledger
from simulator.scenario.outcome import Leg, Outcome, Statement
from simulator.scenario.phone import Line, Phone
from simulator.scenario.servers import Recorder, Servers, WayToServers
from simulator.scenario.steps import STEPS
from simulator.scenario.stuck import Stuck
from simulator.scenario.trip import Option, Stop, Trip, Wifi

HOME_LINE: Final = "home line"
"""What the first of the traveller's own subscriptions is called: the one with the home number."""
_WIFI_STEPS: Final = {Wifi.AIRPORT: "reach-airport-wifi", Wifi.LODGING: "reach-lodging"}
"""Where there may be a Wi-Fi abroad, the nearest first, and how one gets there."""


class Journey:
    """Everything that a run of a trip has. `phones` and `home` are filled by `simulator.scenario.packing`."""

    def __init__(self, world: World, trip: Trip, option: Option, seed: int) -> None:
        self.world, self.trip, self.option, self.seed = world, trip, option, seed
        begin = trip.itinerary[0].at
        self.clock = Clock(begin)
        self.journal = Journal(self.clock)
        self.networks = Networks(world, self.journal, seed=seed)
        self.issuer = Issuer(world, seed, begin.date())
        self.servers = Servers(pki_of(begin.year), seed, self.clock)
        self.recorder = Recorder()
        self.way = WayToServers(self.servers, self.recorder, self.why_offline)
        self.interruptions = plan_of(trip.faults)
        self.ledger = Ledger(world, trip.currency)
        self.country = trip.itinerary[0].country
        self.wifi: Wifi | None = None
        """The Wi-Fi that the phone is in."""
        self.leg: Leg | None = None
        """The stay abroad that goes on."""
        self.is_back = False
        """Whether the traveller has come home."""
        self.phones: list[Phone] = []
        """The devices that are carried."""
        self.phone: Phone
        """The one that the option is about."""
        self.radio: dict[Line, Handset] = {}
        """The handset of each line that is on: standby of two lines is two registrations."""
        self.home: list[Line] = []
        """The traveller's own lines; the first has the home number."""
        self.outcome = Outcome(option.option, "", trip.currency)

    def phone_of(self, line: Line) -> Phone:
        """The phone that a line is in; for one that is in none, the one that the option is about."""
        return next((phone for phone in self.phones if line in phone.lines), self.phone)

    @property
    def active(self) -> list[Line]:
        """The lines that are on, of all phones."""
        return [line for phone in self.phones for line in phone.active]

    @property
    def is_at_home(self) -> bool:
        return self.country == self.trip.traveller.lives_in

    def go(self, stop: Stop, end: datetime) -> None:
        """Be somewhere else, from the time of the stop on."""
        self.clock.reach(stop.at)
        self.country, self.wifi = stop.country, None
        self.leg = None if self.is_at_home else Leg(stop.country, self.clock.now, end)
        if self.leg is not None:
            self.outcome.legs.append(self.leg)
        elif Wifi.HOME in self.trip.traveller.wifi:
            self.wifi = Wifi.HOME
        name = self.world.countries[stop.country].name
        number = self.trip.itinerary.index(stop)
        row = told(f"itinerary.{number}", f"{stop.at:%Y-%m-%d %H:%M}, {stop.country}")
        self.journal.tell("traveller", "arrived", f"the traveller is in {name}", row)

    # What is done by hand, and what takes time

    def do(self, key: str, *evidence: Evidence) -> None:
        """A step by hand (a key of `STEPS`)."""
        step = STEPS[key]
        self._steps.append(key)
        self.clock.pass_(step.duration)
        self.journal.tell("traveller", "manual step", step.text, step.row, *evidence, step=key)

    @property
    def _steps(self) -> list[str]:
        if self.leg is not None:
            return self.leg.steps
        return self.outcome.after if self.is_back else self.outcome.before

    def pass_step(self, key: str) -> None:
        """Something that takes time by itself."""
        self.clock.pass_(STEPS[key].duration)

    # What is said

    def add(self, statement: Statement) -> None:
        """Say something of this stay abroad, or of the whole trip."""
        self.statements.append(statement)

    def say(self, topic: str, text: str, *evidence: Evidence) -> None:
        self.add(Statement(topic, text, evidence))

    def problem(self, reason: str, text: str, *evidence: Evidence) -> None:
        self.add(Statement("problem", text, evidence, reason))

    @property
    def statements(self) -> list[Statement]:
        """What was said of this stay abroad, or of the whole trip."""
        return (self.leg if self.leg is not None else self.outcome).statements

    def pay(self, amount: Decimal) -> None:
        """An amount that the ledger has counted belongs to this stay."""
        if self.leg is not None:
            self.leg.cost += amount
        self.outcome.cost = self.ledger.total

    def evidence_since(self, begin: int) -> tuple[Evidence, ...]:
        """What the events of the journal from number `begin` on stand on, each once."""
        return unique(one for event in islice(self.journal, begin, None) for one in event.evidence)

    # Networks besides the mobile ones

    def why_offline(self) -> str:
        """Why messages to servers do not arrive; empty if they do."""
        if self.wifi is not None or self.has_mobile_data:
            return ""
        return "the phone has neither Wi-Fi nor mobile data"

    @property
    def has_mobile_data(self) -> bool:
        """Whether a line that may be used for downloads has data here."""
        return self.leg is not None and self.leg.data is not None

    def get_online(self, purpose: str) -> None:
        """Join the nearest Wi-Fi, unless there is a network already. Stuck if there is none."""
        if not self.why_offline():
            return
        known = self.trip.traveller.wifi
        if not self.is_at_home:
            for wifi, step in _WIFI_STEPS.items():
                if wifi in known:
                    self.do(step)
                    self.wifi = wifi
                    return
        words = ", ".join(wifi.value for wifi in known) or "nowhere"
        row = told("traveller.wifi", f"there is Wi-Fi: {words}")
        rule = Rule("SGP.22 §3.1.3", "the LPA reaches the SM-DP+ over a data connection of the device")
        name = self.world.countries[self.country].name
        raise Stuck("no-network-for-download", f"there is no network in {name} {purpose}", row, rule)
