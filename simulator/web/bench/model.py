"""The bench: a phone with its cards and eUICC, operators with their SM-DP+s, and what one can do with them.

It needs no browser. Each action is an act in the recorder; what the parties refuse, or a fault destroys, ends
the act with a sentence and raises nothing. What the person says and waits for is in `person`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from asn1.errors import Asn1Error
from cards import InProcessLink, Isdr
from cards.errors import CardError
from cards.explain import Explainer
from cards.link import CardLike, CardLink
from simulator.crypto.pki import TestPki
from simulator.explain import KeyRing
from simulator.lpa import Lpa
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.errors import LpaError
from simulator.lpa.es9 import Es9Client
from simulator.lpa.profiles import InstalledProfile
from simulator.network.errors import NetworkError
from simulator.network.world import World, load
from simulator.network.world.model import Country, EsimSupport, Operator
from simulator.scenario.errors import ScenarioError
from simulator.scenario.hardware import euicc_of, pki_of
from simulator.scenario.issuing import Issued, Issuer
from simulator.scenario.servers import Servers
from simulator.smdp import SmdpPlus
from simulator.smdp.records import Order as StoredOrder
from simulator.smdp.states import OrderState
from simulator.web.bench.card_watch import WatchedLink
from simulator.web.bench.line import Lines
from simulator.web.bench.parts import Order, Phone, SimCard
from simulator.web.bench.person import BenchError, Person
from simulator.web.bench.record import Party, Said, State, Words
from simulator.web.bench.server_watch import Wire
from simulator.web.bench.trouble import Trouble, TroubledEs9, TroubledLink, plan_of
from simulator.web.words import Text

SIMS, ORDERS = 12, 24
"""The most that lie on a bench."""
DEFAULT_DEVICE: Final = "iphone-15"
_EXPECTED: Final = (CardError, LpaError, NetworkError, ScenarioError, Asn1Error)
"""What parties answer; anything else is a fault of ours."""


def utc_now() -> datetime:
    """The clock of a bench that stands in the present."""
    return datetime.now(UTC)


class Bench(Person):
    """One visitor's bench. The same seed gives the same keys, numbers and challenges."""

    def __init__(
        self,
        world: World | None = None,
        *,
        seed: int = 1,
        clock: Callable[[], datetime] = utc_now,
        device: str = DEFAULT_DEVICE,
    ) -> None:
        super().__init__()
        self.world = world or load()
        self.seed = seed
        self.clock = clock
        year = clock().year
        self.pki: TestPki = pki_of(year)
        self.keys: dict[tuple[str, bytes], bytes] = {}
        """The session keys of all packages, so that the page can open them."""
        self.issuer = Issuer(self.world, seed, clock().date())
        self.servers = Servers(self.pki, seed, clock)
        self.lines = Lines(self.world, self.recorder, clock, seed, next(iter(self.world.countries)))
        self.sims: list[SimCard] = []
        self.orders: list[Order] = []
        self.profiles: list[InstalledProfile] = []
        """On the eUICC, as the LPA last read them."""
        self.waiting: int = 0
        """Notifications that wait on the eUICC."""
        self.trouble: Trouble | None = None
        self._explainers: dict[int, tuple[CardLike, Explainer]] = {}
        self._issued: dict[str, int] = {}
        self.phone = self._phone(device)

    # What is there

    def _phone(self, key: str) -> Phone:
        device = self.world.devices[key]
        euicc = None
        if device.esim:
            # One profile at a time, as with SGP.22 version 2: several at once are the trips' business.
            euicc = euicc_of(replace(device, enabled_profiles=1), self.clock().year, self.seed, self.clock)
            euicc.log_keys(self._log_key)
            euicc.reset()
        return Phone(device, euicc)

    def _log_key(self, label: str, identity: bytes, key: bytes, /) -> None:
        self.keys[label, identity] = key

    @property
    def sellers(self) -> list[Operator]:
        """Operators whose subscriptions one can have."""
        return [operator for operator in self.world.operators.values() if operator.country]

    def in_slot(self, slot: int) -> SimCard | None:
        """The SIM in a slot of the phone."""
        return next((sim for sim in self.sims if sim.slot == slot), None)

    def server(self, address: str) -> SmdpPlus | None:
        """The SM-DP+ of an order; None if there is none under this address."""
        if not any(order.address == address for order in self.orders):
            return None
        server = self.servers.at(address)
        server.key_log = self._log_key
        return server

    def state_of(self, order: Order) -> OrderState:
        """How the SM-DP+ sees an order."""
        return self.stored(order).state

    def stored(self, order: Order) -> StoredOrder:
        """An order as its SM-DP+ keeps it."""
        return self.servers.at(order.address).find_order(order.matching_id)

    # Acts

    @contextmanager
    def _act(self, key: str, **values: object) -> Iterator[list[Words]]:
        """An act of the person. The list takes the sentence that it ends with."""
        self.recorder.begin(Said(key, values))
        ends: list[Words] = []
        try:
            yield ends
        except _EXPECTED as error:
            self.recorder.end(State.FAILED, str(error))
        except BenchError as error:
            self.recorder.end(State.FAILED, error.words)
        except BaseException:
            self.recorder.end(State.FAILED, Said("bench.our-fault"))
            raise
        else:
            self.recorder.end(State.DONE, ends[-1] if ends else "")

    def buy_sim(self, operator: str) -> None:
        """Buy a plain SIM in a shop; it lies on the table then."""
        with self._act("act.buy", operator=self.world.operators[operator].name) as ends:
            if len(self.sims) >= SIMS:
                raise BenchError(Said("bench.table-full"))
            issued = self._issue(operator)
            self.sims.append(SimCard(issued, self.issuer.sim(issued).card))
            ends.append(Said("end.bought", {"iccid": issued.iccid}))

    def order(self, operator: str, confirmation_code: str = "", ppr: tuple[str, ...] = ()) -> None:
        """Order a profile; its activation code comes with it."""
        seller = self.world.operators[operator]
        with self._act("act.order", operator=seller.name) as ends:
            if seller.esim is EsimSupport.NONE:
                raise BenchError(Said("bench.no-esim", {"operator": seller.name}))
            if len(self.orders) >= ORDERS:
                raise BenchError(Said("bench.orders-full"))
            issued = self._issue(operator, ppr)
            code = self.servers.order(issued, seller.smdp_address, confirmation_code=confirmation_code)
            self.orders.append(
                Order(issued, code.smdp_address, code.matching_id, code.qr_text, confirmation_code)
            )
            self.server(code.smdp_address)
            ends.append(Said("end.ordered", {"code": code.qr_text}))

    def _issue(self, operator: str, ppr: tuple[str, ...] = ()) -> Issued:
        number = self._issued[operator] = self._issued.get(operator, 0) + 1
        return self.issuer.subscription(operator, number=number, ppr=ppr)

    def change_phone(self, device: str) -> None:
        """Take another phone; its eUICC is a new one, and SIMs lie on the table."""
        with self._act("act.phone", phone=self.world.devices[device].model):
            for sim in self.sims:
                sim.slot = None
            self.lines.stop_all()
            self._explainers.clear()
            self.phone, self.profiles, self.waiting = self._phone(device), [], 0

    def insert(self, sim: SimCard, slot: int) -> None:
        """Put a SIM into a slot; what is in it comes out."""
        with self._act("act.insert", operator=sim.issued.description.name, slot=slot + 1):
            self.say(Party.TRAVELLER, Party.PHONE, "msg.insert", slot=slot + 1)
            if slot >= self.phone.device.sim_slots:
                raise BenchError(Said("bench.no-slot"))
            if there := self.in_slot(slot):
                self._take_out(there)
            sim.slot = slot
            self.recorder.changed()
            if self.phone.is_on:
                self._start_line(sim.card, sim.issued)

    def remove(self, sim: SimCard) -> None:
        """Take a SIM out of its slot."""
        with self._act("act.remove", operator=sim.issued.description.name):
            self.say(Party.TRAVELLER, Party.PHONE, "msg.remove")
            self._take_out(sim)

    def _take_out(self, sim: SimCard) -> None:
        sim.slot = None
        self.lines.stop(str(sim.iccid))

    def switch_on(self) -> None:
        """Switch the phone on: it reads what is in it and looks for service."""
        with self._act("act.on", phone=self.phone.name):
            self.say(Party.TRAVELLER, Party.PHONE, "msg.on")
            self.phone.is_on = True
            for sim in sorted((one for one in self.sims if one.slot is not None), key=lambda s: s.slot or 0):
                self._start_line(sim.card, sim.issued)
            if self.phone.euicc is not None:
                self._read_profiles()
                self._start_profile()

    def switch_off(self) -> None:
        """Switch the phone off."""
        with self._act("act.off", phone=self.phone.name):
            self.say(Party.TRAVELLER, Party.PHONE, "msg.off")
            self.phone.is_on = False
            self.lines.stop_all()

    def travel(self, country: str) -> None:
        """Be in another country."""
        with self._act("act.travel", country=name_of(self.world.countries[country])):
            self.say(Party.TRAVELLER, Party.PHONE, "msg.travel")
            self.lines.move(country)

    def download(self, code: str, confirmation_code: str = "", *, enable: bool = False) -> None:
        """Scan a QR code, or type an activation code in, and install the profile behind it."""
        with self._act("act.download", code=code) as ends:
            self.say(Party.TRAVELLER, Party.PHONE, "msg.scan", code=code)
            parsed = ActivationCode.parse(code)
            with self._lpa() as lpa:
                result = lpa.download(parsed, confirmation_code)
                ends.append(
                    Said("end.installed", {"name": result.metadata.name, "iccid": result.metadata.iccid})
                )
            if enable:
                self._switch(lambda lpa: lpa.enable(result.isdp_aid))

    def enable(self, profile: InstalledProfile) -> None:
        """Enable a profile; the phone then reads the card anew."""
        with self._act("act.enable", name=profile.label):
            self.say(Party.TRAVELLER, Party.PHONE, "msg.enable", name=profile.label)
            self._switch(lambda lpa: lpa.enable(profile.aid))

    def disable(self, profile: InstalledProfile) -> None:
        """Disable a profile."""
        with self._act("act.disable", name=profile.label):
            self.say(Party.TRAVELLER, Party.PHONE, "msg.disable", name=profile.label)
            self._switch(lambda lpa: lpa.disable(profile.aid))

    def delete(self, profile: InstalledProfile) -> None:
        """Delete a profile, for good."""
        with self._act("act.delete", name=profile.label), self._lpa() as lpa:
            self.say(Party.TRAVELLER, Party.PHONE, "msg.delete", name=profile.label)
            lpa.delete(profile.aid)

    def rename(self, profile: InstalledProfile, nickname: str) -> None:
        """Give a profile a nickname; an empty one removes it."""
        with self._act("act.rename", name=profile.label, nickname=nickname), self._lpa() as lpa:
            lpa.set_nickname(profile.aid, nickname)

    def send_notifications(self) -> None:
        """Send what the eUICC has to tell servers."""
        with self._act("act.notify") as ends, self._lpa() as lpa:
            deliveries = lpa.process_notifications()
            failed = [delivery for delivery in deliveries if delivery.error]
            if failed:
                raise failed[0].error or LpaError("")
            ends.append(Said("end.notified", {"count": len(deliveries)}))

    # The parties

    @contextmanager
    def _lpa(self) -> Iterator[Lpa]:
        """An LPA between the eUICC and the servers, with the fault that is switched on in the way; afterwards
        the phone knows what is on the eUICC."""
        euicc = self.phone.euicc
        if euicc is None:
            raise BenchError(Said("bench.no-euicc", {"phone": self.phone.name}))
        if not self.phone.is_on:
            raise BenchError(Said("bench.is-off"))
        plan = plan_of(self.trouble, self.pki, self.clock())
        link = TroubledLink(self._watched(euicc), plan, self.recorder)
        secrets = KeyRing(self.keys)
        wire = Wire(self.server, self.recorder, secrets)
        with Es9Client(verify=False, transport=wire) as client:
            es9 = TroubledEs9(client, plan, self.recorder, self._restart_servers)
            try:
                with Lpa(Isdr(link), es9, consent=self.ask) as lpa:
                    yield lpa
            finally:
                self._look(euicc)

    def _restart_servers(self) -> None:
        """Sessions are kept in memory: a server that starts anew has forgotten them."""
        later = int(self.clock().timestamp()) + 1
        for order in self.orders:
            self.servers.at(order.address).store.forget(later, later)

    def _look(self, euicc: CardLike) -> None:
        """What is on the eUICC, without showing how it is asked."""
        try:
            with Lpa(Isdr(InProcessLink(euicc)), Es9Client(verify=False)) as lpa:
                self.profiles = lpa.profiles(in_detail=True)
                self.waiting = len(lpa.notifications())
        except CardError as error:
            raise LpaError(f"the eUICC cannot be read: {error}") from error

    def _read_profiles(self) -> None:
        with self._lpa() as lpa:
            lpa.profiles()

    def _switch(self, do: Callable[[Lpa], Any]) -> None:
        with self._lpa() as lpa:
            do(lpa)
        for profile in self.profiles:
            self.lines.stop(str(profile.iccid))
        self._start_profile()

    def _start_profile(self) -> None:
        """The enabled profile is a card like any other."""
        euicc = self.phone.euicc
        enabled = next((profile for profile in self.profiles if profile.is_enabled), None)
        if euicc is None or enabled is None:
            return
        issued = next((order.issued for order in self.orders if order.issued.iccid == enabled.iccid), None)
        if issued is not None:
            self._start_line(euicc, issued)

    def _watched(self, card: CardLike) -> CardLink:
        """A link to a card; whoever talks to it, what was said before is known."""
        _, explainer = self._explainers.setdefault(id(card), (card, Explainer(KeyRing(self.keys))))
        return WatchedLink(card, self.recorder, explainer)

    def _start_line(self, card: CardLike, issued: Issued) -> None:
        """The phone powers a card up, reads it and registers with it."""
        self.lines.start(issued, self._watched(card), self.phone.device)
        self.recorder.changed()


def name_of(country: Country) -> Text:
    """What a country is called."""
    return Text(country.name, country.name_zh)
