"""The ways to be connected abroad, as what a traveller does: before leaving, on arrival, and at home again.

A strategy that gets stuck says so, and the stay goes on with the lines that there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulator.network.world.model import Offer
from simulator.scenario import buying, downloads, phones, service
from simulator.scenario.choosing import Stay, choose, stays_ahead
from simulator.scenario.evidence import told
from simulator.scenario.journey import Journey
from simulator.scenario.ledger import Plan
from simulator.scenario.phone import Line
from simulator.scenario.stuck import Stuck
from simulator.scenario.trip import OptionName

_PASSES: Final = frozenset(
    {
        *("no-network-for-download", "server-unreachable", "download-interrupted"),
        *("no-offer", "no-esim-sold", "not-covered", "no-local-number"),
    }
)
"""Reasons that may be gone at the next place; with any other the traveller gives up."""


class Strategy:
    """What all options have in common: nothing is done before leaving, abroad the home line is on."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.home = next((line for line in journey.home if line in journey.phone.lines), None)
        """The first of the traveller's own lines in the phone that the option is about."""
        self.line = self.home
        """What data go over."""
        self.plan: Plan | None = None
        """What data are paid with; None: by the agreement of the home operator."""
        self.has_given_up = False
        self._chosen: dict[tuple[Stay, ...], Offer] = {}

    def prepare(self) -> None:
        """At home, before leaving."""
        self._attempt(self.before)

    def arrive(self) -> None:
        """Abroad: switch the phone on, and do what the option wants."""
        self.journey.do("airplane-mode-off")
        if not self.has_given_up:
            self._attempt(self.abroad)
        if self.journey.leg is not None and not self.journey.leg.lines:
            service.register(self.journey)

    def _attempt(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Stuck as stuck:
            said = self.journey.outcome.statements
            said[:] = [one for one in said if one.text != stuck.statement.text]  # it is no better abroad
            self.journey.add(stuck.statement)
            self.has_given_up = stuck.statement.reason not in _PASSES

    def before(self) -> None:
        """What is done before leaving."""

    def abroad(self) -> None:
        """What is done on arrival. It ends with `self.go_online`."""
        self.go_online()

    def come_home(self) -> None:
        """At home again: put things back."""
        self._attempt(self._put_back)

    def _put_back(self) -> None:
        home, phone = self.home, self.journey.phone
        if home is None or home.is_active:
            if self.line is not home and home is not None and len(phone.active) > 1:
                self.journey.do("choose-data-line")
            return
        if home.slot is not None:
            home.is_on = True
            self.journey.do("switch-line-on")
        elif home.is_profile:
            port = phone.free_port() if self.line is None or self.line.port is None else self.line.port
            assert port is not None, "only the line of the trip took the place of the home line"
            self.journey.do("switch-line-on")
            downloads.enable(self.journey, phone, home, port)
        elif self.line is not None and self.line.slot is not None:
            phones.put_in_place_of(self.journey, self.line, home, keep=False)
        self.line, self.plan = home, None

    def go_online(self) -> None:
        """Register, choose the line, and let the first data pass."""
        service.register(self.journey)
        if self.line is not None:
            service.connect(self.journey, self.line)

    def choose(self) -> Offer:
        """The offer for the stay that goes on, or, at home, for the next one."""
        stays = tuple(stays_ahead(self.journey))
        if stays not in self._chosen:
            self._chosen[stays] = choose(self.journey, stays)
        return self._chosen[stays]

    @property
    def is_bought(self) -> bool:
        """Whether what was bought before holds here."""
        plan, stays = self.plan, stays_ahead(self.journey)
        return plan is not None and plan.covers(stays[0].country) and not plan.is_over(self.journey.clock.now)


class Roaming(Strategy):
    """The home line, as it is. A home tariff that names the country holds there."""

    def __init__(self, journey: Journey) -> None:
        super().__init__(journey)
        self.line = journey.home[0] if journey.home else None
        offer = journey.trip.home[0].offer if journey.trip.home else None
        self._tariff = Plan.of(journey.world.offers[offer], renews=False) if offer else None

    def check(self) -> None:
        """Stuck if there is no line to roam with."""
        if self.line is None:
            row = told("home", "none")
            raise Stuck("no-home-line", "the traveller has no subscription to roam with", row)

    def abroad(self) -> None:
        journey = self.journey
        self.check()
        self.find_plan()
        if "allow-roaming" not in [step for leg in journey.outcome.legs for step in leg.steps]:
            journey.do("allow-roaming")
        self.go_online()

    def find_plan(self) -> None:
        """What data here are paid with: the home tariff, if it holds here."""
        holds = self._tariff is not None and self._tariff.covers(self.journey.country)
        self.plan = self._tariff if holds else None


class RoamingPass(Roaming):
    """The home line, with a pass that the home operator sells."""

    def before(self) -> None:
        self.check()
        self._buy()

    def find_plan(self) -> None:
        if not self.is_bought:
            self._buy()

    def _buy(self) -> None:
        self.plan = buying.buy(self.journey, self.choose())


class _LocalCard(Strategy):
    """A card that is bought in the country."""

    def abroad(self) -> None:
        if not self.is_bought:
            self.check()
            plan = buying.buy(self.journey, self.choose())
            line = phones.make_card(self.journey, plan.offer)
            self.put_in(line)
            self.line, self.plan = line, plan
        self.go_online()

    def check(self) -> None:
        """Whether the phone takes the card; before it is paid for."""

    def put_in(self, line: Line) -> None:
        """Into which slot."""


class Swap(_LocalCard):
    """The local card in place of the home card, or of the local card of the country before. A home profile is
    switched off for it."""

    def check(self) -> None:
        phones.check_slot(self.journey)

    def put_in(self, line: Line) -> None:
        journey, old = self.journey, self.line
        if old is not None and old.slot is not None:
            phones.put_in_place_of(journey, old, line)
            return
        if old is not None and old.is_profile:
            journey.do("switch-line-off")
            downloads.disable(journey, journey.phone, old)
        phones.put_beside(journey, line)


class SecondSlot(_LocalCard):
    """The local card beside the home line; in the next country in place of the local card before."""

    def check(self) -> None:
        if self.line is self.home:
            phones.check_second(self.journey)

    def put_in(self, line: Line) -> None:
        if self.line is not None and self.line is not self.home:
            phones.put_in_place_of(self.journey, self.line, line, keep=False)
        else:
            phones.put_beside(self.journey, line)
        self.journey.do("choose-data-line")


class MultiImsi(Strategy):
    """A card with several identities, beside the home line if there is room, else in its place."""

    def before(self) -> None:
        self._get()

    def abroad(self) -> None:
        if not self.is_bought:
            self._get()
        self.go_online()

    def _get(self) -> None:
        journey = self.journey
        phones.check_slot(journey)
        plan = buying.buy(journey, self.choose())
        line = phones.make_card(journey, plan.offer)
        if journey.phone.free_slot() is not None and journey.phone.has_room:
            phones.put_beside(journey, line)
            journey.do("choose-data-line")
        elif self.home is not None and self.home.slot is not None:
            phones.put_in_place_of(journey, self.home, line)
        else:
            phones.check_second(journey)
        self.line, self.plan = line, plan


class Esim(Strategy):
    """A profile of an operator of the country, or of a reseller: downloaded before leaving where that can be
    done, else after arrival."""

    def before(self) -> None:
        phones.check_esim(self.journey)
        offer = self.choose()
        if buying.is_sold_online(offer):
            self._get(offer)

    def abroad(self) -> None:
        journey = self.journey
        phones.check_esim(journey)
        if not self.is_bought:
            self._get(self.choose())
        assert self.line is not None, "the profile was installed"
        if not self.line.is_active:
            phones.enable_profile(journey, self.line)
            journey.do("choose-data-line")
        if self.line.issued.seller != self.line.issued.operator:
            journey.do("allow-roaming")
        self.go_online()

    def _get(self, offer: Offer) -> None:
        plan = buying.buy(self.journey, offer)
        self.line = phones.install_profile(self.journey, offer)
        self.plan = plan


STRATEGIES: Final[dict[OptionName, type[Strategy]]] = {
    OptionName.ROAMING: Roaming,
    OptionName.PASS: RoamingPass,
    OptionName.SWAP: Swap,
    OptionName.SECOND_SLOT: SecondSlot,
    OptionName.MULTI_IMSI: MultiImsi,
    OptionName.LOCAL_ESIM: Esim,
    OptionName.TRAVEL_ESIM: Esim,
}
