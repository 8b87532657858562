"""A phone from switch-on to switch-off: the card, the choice of a network, registration, and service (TS
23.122 §3 and §4, TS 31.102 §5.1).

    phone = Handset(networks, device)
    phone.switch_on(link, networks.cells("th"))
    phone.service, phone.registration, phone.failures
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from enum import Enum

from cards.errors import CardError, LinkError
from cards.identities import Plmn
from cards.link import CardLink
from cards.proactive import PERFORMED, UICC_RESET, Responder
from simulator.network.air import Cell
from simulator.network.errors import NetworkError
from simulator.network.handset import files, selection, toolkit
from simulator.network.handset.card import CardData, PhoneCard, PinNeeded
from simulator.network.handset.gsm_card import started
from simulator.network.handset.hearing import hear
from simulator.network.handset.lock import MESSAGE, Personalisation, check, locks_of
from simulator.network.handset.memory import Memory
from simulator.network.handset.rejection import allow
from simulator.network.handset.search import Failure, Registration, Search
from simulator.network.handset.selection import Candidate, Lists
from simulator.network.handset.toolkit import STEERING, PhoneToolkit
from simulator.network.journal import Evidence, Journal, Rule
from simulator.network.nas import Area, Protocol
from simulator.network.nas_coding import SELECTED_ALGORITHMS
from simulator.network.networks import Networks
from simulator.network.world.model import Device, Rat

MAX_REFRESHES = 4
"""How often in a row a card may have itself read anew before the phone stops listening."""


ALWAYS = ("112", "911")
WITHOUT_CARD = ("000", "08", "110", "118", "119", "999")
"""Emergency numbers of every phone (TS 22.101 §10.1.1)."""


class Service(Enum):
    """What a phone can do (TS 23.122 §3.5)."""

    NORMAL = "normal service"
    LIMITED = "emergency calls only"
    NONE = "no service"


class Handset:
    """A phone. `device` brings its bands; None: it has all. `pin1` is what its user types. `is_writable`:
    False for a card that nothing may change: it is read, networks are put in order, and that is all."""

    def __init__(
        self,
        networks: Networks,
        device: Device | None = None,
        *,
        pin1: str | None = None,
        is_writable: bool = True,
        locks: Sequence[Personalisation] = (),
        respond: Responder = lambda _: PERFORMED,
    ) -> None:
        self.networks = networks
        self.journal: Journal = networks.journal
        self.device = device
        self.pin1 = pin1
        self.is_writable = is_writable
        self.locks = [*locks, *locks_of(device, networks.world)]
        self._respond = respond
        self._chance = random.Random(f"phone {networks.seed}")
        self.memory = Memory()
        self.card: PhoneCard | None = None
        self.toolkit: PhoneToolkit | None = None
        self.cells: tuple[Cell, ...] = ()
        """What it can hear."""
        self.camped: Cell | None = None
        self.registration: Registration | None = None
        self.candidates: tuple[Candidate, ...] = ()
        """The networks of the last search, in the order in which they are tried."""
        self.manual: Plmn | None = None
        """The network that the user selected by hand; None: automatic mode."""
        self.failures: list[Failure] = []
        """Refusals since the last search began."""
        self.lock: Personalisation | None = None
        """The SIM lock that refuses the card."""
        self.no_card = ""
        """Why there is no card to register with; empty if there is one."""

    @property
    def service(self) -> Service:
        if self.registration is not None:
            return Service.NORMAL
        return Service.LIMITED if self.camped else Service.NONE

    @property
    def data(self) -> CardData:
        """What was read from the card."""
        return self.card.data if self.card else CardData()

    @property
    def emergency_numbers(self) -> tuple[str, ...]:
        """What the phone takes for an emergency call: 112 and 911, what the card and the network add, and
        more without a card (TS 22.101 §10.1.1)."""
        more = self.data.emergency_numbers if self.card else WITHOUT_CARD
        return tuple(dict.fromkeys((*ALWAYS, *more, *self.memory.network_numbers)))

    # --- what happens to a phone --------------------------------------------------------------------------

    def switch_on(
        self, link: CardLink | None, cells: Sequence[Cell], *, manual: Plmn | None = None
    ) -> Service:
        """Read the card, choose a network, register; `manual` is what the user selects by hand. LinkError if
        the card goes meanwhile, NetworkError if that network is not heard."""
        self._forget()
        self.cells = hear(cells, self.device, self.journal)
        self._insert(link)
        self._start_toolkit()
        if manual is not None and self.card is not None:
            self._by_hand(manual)
            self.manual = manual
        self._find_service()
        return self.service

    def move(self, cells: Sequence[Cell]) -> Service:
        """The phone is somewhere else, with other cells: it stays with its network if that is there, too, and
        looks for another one if not (TS 23.122 §4.5.2, recovery from lack of coverage)."""
        self.cells = hear(cells, self.device, self.journal)
        if not self._stays():
            self._find_service()
        return self.service

    def choose(self, plmn: Plmn) -> Service:
        """The user selects a network by hand (TS 23.122 §4.4.3.1.2): the phone takes no other one, until it
        is switched off or the user wants automatic mode again. NetworkError if it is not heard."""
        if self.card is None:
            raise NetworkError(f"the phone cannot register by hand: {self.no_card or 'it is off'}")
        self._by_hand(plmn)
        self.manual = plmn
        self._find_service()
        return self.service

    def choose_from_menu(self, item: int) -> Service:
        """The user chooses from the menu that the card set up (`toolkit.terminal.menu`); a card that changes
        its identity for that is read anew. NetworkError without a menu."""
        if self.toolkit is None or self.card is None or item not in self.toolkit.terminal.menu:
            raise NetworkError(f"the card has no item {item} in a menu")
        self.toolkit.terminal.choose(item)
        if self._refreshed(self.card.evidence()):
            self._find_service()
        return self.service

    def choose_automatically(self) -> Service:
        """The user goes back to automatic mode (TS 23.122 §4.4.3.2.1)."""
        self.manual = None
        self._find_service()
        return self.service

    def _by_hand(self, plmn: Plmn) -> None:
        """NetworkError if the network is not among those that are offered."""
        offered = selection.manual(self._for_card(), self.lists(), self._chance)
        if not any(item.plmn == plmn for item in offered):
            raise NetworkError(f"the phone hears no network {plmn} here")

    def look_for_better(self) -> Service:
        """The periodic search of a phone abroad, every `data.search_period` minutes, for its home network or
        one that stands higher in its lists (TS 23.122 §4.4.3.3.1). If none of them takes it, it returns."""
        before = self.registration
        if before is None or not before.is_roaming or not self.card or self.manual is not None:
            return self.service
        if self.data.search_period is None:
            return self.service
        better = selection.higher_priority(self._for_card(), self.lists(), before.candidate, self._chance)
        if better:
            self._search(better)
            if self.registration is None:
                self._search([before.candidate])
            self._told_card()
        return self.service

    def switch_off(self) -> None:
        """Power off: the security context of 4G goes onto the card (TS 24.301 §4.4.2.1); lists in the phone's
        memory are gone, those on the card stay. LinkError if the card is gone."""
        here = self.registration
        if self.card and here and Protocol.EMM in here.protocols and self.memory.kasme:
            context = files.eps_context(0, self.memory.kasme, SELECTED_ALGORITHMS)
            if self.card.write("EF.EPSNSC", context):
                rule = Rule("TS 31.102 §4.2.92", "the EPS NAS security context is kept at switch-off")
                text = "the phone keeps the security context in EF.EPSNSC"
                self.journal.tell("phone", "card written", text, *self.card.evidence(), rule)
        self._forget()

    def _forget(self) -> None:
        self.memory = Memory()
        self.registration, self.camped, self.card, self.toolkit = None, None, None, None
        self.cells, self.candidates, self.failures, self.no_card = (), (), [], ""
        self.manual = None
        self.lock = None

    def lists(self) -> Lists:
        """What the phone goes by when it chooses."""
        data = self.data
        return Lists(
            homes=data.homes,
            home_list=data.home_list,
            user_list=data.user_list,
            operator_list=(*self.memory.steered, *data.operator_list),
            forbidden=frozenset(data.forbidden),
            registered=data.registered,
            equivalent=self.memory.equivalent,
        )

    # --- the card -----------------------------------------------------------------------------------------

    def _insert(self, link: CardLink | None) -> None:
        self.card = None
        if link is None:
            self._without_card("there is no card in the phone")
            return
        card = PhoneCard(link, is_writable=self.is_writable)
        try:
            card = started(card)
            card.verify(self.pin1)
            card.read_all(self.journal)
        except LinkError:
            raise
        except (CardError, PinNeeded) as error:
            self._without_card(str(error), card)
        else:
            self.card = card
            self._check_locks(card)

    def _check_locks(self, card: PhoneCard) -> None:
        """SIM locks; a card that one of them refuses is no card."""
        self.lock = check(self.locks, card, self.journal, self.device)
        if self.lock is not None:
            self._without_card(f"the phone is locked ({self.lock.category.text}) and says “{MESSAGE}”", card)

    def _without_card(self, why: str, card: PhoneCard | None = None) -> None:
        self.card, self.toolkit, self.no_card = None, None, why
        evidence = card.evidence() if card else ()
        rule = Rule("TS 23.122 §3.5", "without a valid card there are emergency calls only")
        self.journal.tell("phone", "no card", f"no card to register with: {why}", *evidence, rule)

    def _start_toolkit(self) -> None:
        if self.card is None or not self.is_writable:
            return
        self.toolkit = PhoneToolkit(self.card.uicc.session, self._where, self._respond)
        self.toolkit.start()
        text = "the phone tells the card what it can do"
        rule = Rule("TS 102 223 §5.2", "TERMINAL PROFILE")
        said = self.card.evidence()
        self.journal.tell("phone", "toolkit started", text, *said, rule)
        self._refreshed(said)

    def _where(self) -> tuple[Cell | None, int]:
        if self.registration is not None:
            return self.registration.cell, toolkit.NORMAL
        return self.camped, toolkit.LIMITED if self.camped else toolkit.NONE

    def _told_card(self) -> bool:
        """Tell the card where the phone is; whether it was read anew for that."""
        if self.toolkit is None or self.card is None:
            return False
        said: tuple[Evidence, ...] = ()
        if self.toolkit.tell_location():
            said = self.card.evidence()
            rule = Rule("TS 102 223 §7.5.4", "EVENT DOWNLOAD, location status")
            text = "the phone tells the card where it is"
            self.journal.tell("phone", "location told", text, *said, rule)
        return self._refreshed(said)

    def _refreshed(self, said: tuple[Evidence, ...]) -> bool:
        """Follow a REFRESH, if there was one in what the card said (TS 102 223 §6.4.7)."""
        if self.toolkit is None or self.card is None or (mode := self.toolkit.wants()) is None:
            return False
        rule = Rule("TS 102 223 §6.4.7", f"REFRESH, mode {mode}: the phone initialises the USIM anew")
        text = "the card has changed and wants to be read anew"
        self.journal.tell("card", "refresh", text, *said, rule, mode=mode)
        before, card = self.data.imsi, self.card
        if mode == STEERING:
            self._steer()
            return False
        if mode == UICC_RESET:
            self._insert(card.link)
            self._start_toolkit()
        else:
            try:
                card.read_all(self.journal)
            except CardError as error:
                self._without_card(str(error), card)
        if self.data.imsi != before:
            self.memory = Memory()
        return True

    def _steer(self) -> None:
        """Steering of roaming by the card (TS 23.122 §4.4.6): its list comes before the operator's, its
        networks are not forbidden any more, and the phone looks for a better network at once."""
        assert self.toolkit is not None
        assert self.card is not None
        self.memory.steered = self.toolkit.steered
        for entry in self.memory.steered:
            allow(self.card, entry.plmn)
            self.memory.forbidden_ps.discard(entry.plmn)
        names = ", ".join(map(str, self.memory.steered)) or "nothing"
        rule = Rule("TS 23.122 §4.4.6", "steering of roaming")
        self.journal.tell(
            "phone", "steered", f"the card steers the phone to {names}", *self.card.evidence(), rule
        )
        if self.registration is not None:
            self.look_for_better()

    # --- choice and registration --------------------------------------------------------------------------

    def _find_service(self) -> None:
        """Choose and register, until the card does not want to be read anew any more."""
        for _ in range(MAX_REFRESHES):
            self.registration, self.camped = None, None
            if self.card is not None:
                self._search(self._ordered(), is_by_hand=self.manual is not None)
            if self.registration is None:
                self._camp()
            if not self._told_card():
                return

    def _ordered(self) -> list[Candidate]:
        """By hand the selected network and its equivalents, else all that are allowed."""
        if self.manual is None:
            return selection.automatic(self._for_card(), self.lists(), self._chance)
        wanted = (self.manual, *self.memory.equivalent)
        offered = selection.manual(self._for_card(), self.lists(), self._chance)
        return [item for item in offered if item.plmn in wanted]

    def _for_card(self) -> tuple[Cell, ...]:
        """The cells that the phone may register in: with a SIM none of 4G and 5G (TS 33.401 §6.1.1)."""
        if self.card is None or not self.card.is_gsm:
            return self.cells
        return tuple(cell for cell in self.cells if cell.rat in (Rat.GERAN, Rat.UTRAN))

    def _search(self, candidates: Sequence[Candidate], *, is_by_hand: bool = False) -> None:
        """Try networks in order, and once more those where only a timer has to run out."""
        assert self.card is not None
        self.candidates, self.failures, self.registration = tuple(candidates), [], None
        order = "; ".join(map(str, candidates)) or "none"
        rules = [Rule(item.reason.clause, str(item)) for item in candidates]
        self.journal.tell("phone", "networks ordered", f"the phone tries in this order: {order}", *rules)
        if not self.is_writable:
            return
        search = Search(self.card, self.memory, self.networks, self.device, self._for_card())
        search.run(candidates, is_by_hand=is_by_hand)
        if search.registration is None and any(failure.is_for_now for failure in search.failures):
            rule = Rule("TS 24.301 §5.5.1.2.6", "the phone tries again when T3402 has run out, 12 minutes")
            self.journal.tell("phone", "tried again", "the phone waits and tries again", rule)
            search.run(candidates, is_by_hand=is_by_hand)
        self.registration, self.failures = search.registration, search.failures
        if self.registration is not None:
            self.camped = self.registration.cell
            if is_by_hand:
                self._take_off(self.registration.plmn)

    def _take_off(self, plmn: Plmn) -> None:
        """A network that took the phone by hand is not forbidden any more (TS 23.122 §3.1)."""
        assert self.card is not None
        if allow(self.card, plmn):
            text = f"{plmn} taken off EF.FPLMN: selected by hand, it took the phone"
            rule = Rule("TS 23.122 §3.1", text)
            self.journal.tell("phone", "card written", text, *self.card.evidence(), rule)

    def _stays(self) -> bool:
        """Whether the network of the registration is here, too; it is told where the area is another one."""
        here = self.registration
        if here is None or self.card is None:
            return False
        cells = selection.on_air(self.cells).get((here.plmn, here.rat), ())
        search = Search(self.card, self.memory, self.networks, self.device, self._for_card())
        cell = next((cell for cell in cells if search.may_use(cell)), None)
        if cell is None:
            return False
        if Area(cell.plmn, cell.area) != Area(here.plmn, here.cell.area):
            search.update(here, cell)
            self.registration, self.failures = search.registration, search.failures
            if self.registration is None:
                return False
            self.camped = cell
        return not self._told_card()

    def _camp(self) -> None:
        """Limited service in the strongest cell of any network (TS 23.122 §3.5); access class 10 barred: no
        emergency calls there (TS 22.011 §4.3)."""
        usable = [cell for cell in self.cells if 10 not in cell.barred_classes]
        self.camped = max(usable, key=lambda cell: cell.level, default=None)
        rule = Rule("TS 23.122 §3.5", "limited service in any cell, or none")
        self.journal.tell("phone", "limited service", self.service.value, rule)


__all__ = ["Failure", "Handset", "Registration", "Service"]
