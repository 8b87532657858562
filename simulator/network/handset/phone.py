"""A phone from switch-on to switch-off: the card, the choice of a network, registration, and service (TS
23.122 §3 and §4, TS 31.102 §5.1).

    phone = Handset(networks, device)
    phone.switch_on(link, networks.cells("th"))
    phone.service, phone.registration
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from cards.errors import CardError, LinkError
from cards.identities import Imsi, Plmn
from cards.link import CardLink
from cards.proactive import PERFORMED, UICC_RESET, Responder
from simulator.network.air import Cell, hearable
from simulator.network.causes import ATTEMPTS, Cause, Effect
from simulator.network.errors import NetworkError
from simulator.network.handset import selection, toolkit
from simulator.network.handset.card import READ_5GS, READ_ORDER, CardData, PhoneCard, PinNeeded
from simulator.network.handset.memory import Memory
from simulator.network.handset.registration import Attempt, Outcome
from simulator.network.handset.rejection import allow, carry_out
from simulator.network.handset.selection import Candidate, Lists
from simulator.network.handset.toolkit import PhoneToolkit
from simulator.network.journal import Evidence, Journal, Row, Rule
from simulator.network.nas import PROTOCOLS, Area, Protocol
from simulator.network.networks import Networks
from simulator.network.world.model import Agreement, Device, Rat

MAX_REFRESHES = 4
"""How often in a row a card may have itself read anew before the phone stops listening."""


class Service(Enum):
    """What a phone can do (TS 23.122 §3.5)."""

    NORMAL = "normal service"
    LIMITED = "emergency calls only"
    NONE = "no service"


@dataclass(frozen=True, slots=True)
class Registration:
    """Where a phone is registered, and what it may use there."""

    imsi: Imsi
    plmn: Plmn
    operator: str
    """Key of the operator that serves it."""
    home: str
    """Key of the operator whose subscriber it is."""
    cell: Cell
    protocols: tuple[Protocol, ...]
    services: frozenset[str]
    """Of 'voice', 'sms', 'data'."""
    agreement: Agreement | None
    """None in the home network."""
    candidate: Candidate
    """Why this network was chosen."""

    @property
    def rat(self) -> Rat:
        return self.cell.rat

    @property
    def is_roaming(self) -> bool:
        return self.agreement is not None


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
        respond: Responder = lambda _: PERFORMED,
    ) -> None:
        self.networks = networks
        self.journal: Journal = networks.journal
        self.device = device
        self.pin1 = pin1
        self.is_writable = is_writable
        self._respond = respond
        self._chance = random.Random(f"phone {networks.seed}")
        self.memory = Memory()
        self.card: PhoneCard | None = None
        self.toolkit: PhoneToolkit | None = None
        self.cells: tuple[Cell, ...] = ()
        """What it can hear."""
        self.camped: Cell | None = None
        self.registration: Registration | None = None
        self.last_cause: Cause | None = None
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

    # --- what happens to a phone --------------------------------------------------------------------------

    def switch_on(self, link: CardLink | None, cells: Sequence[Cell]) -> Service:
        """Read the card, choose a network, register. LinkError if the card goes meanwhile."""
        self.memory = Memory()
        self.registration, self.camped, self.no_card = None, None, ""
        self._hear(cells)
        self._insert(link)
        self._start_toolkit()
        self._find_service()
        return self.service

    def move(self, cells: Sequence[Cell]) -> Service:
        """The phone is somewhere else, with other cells."""
        self._hear(cells)
        self._find_service()
        return self.service

    def choose(self, plmn: Plmn) -> Service:
        """The user selects a network by hand (TS 23.122 §4.4.3.1.2)."""
        candidates = [
            item for item in selection.manual(self.cells, self.lists(), self._chance) if item.plmn == plmn
        ]
        if not candidates:
            raise NetworkError(f"the phone hears no network {plmn} here")
        self.registration = None
        self._try_all(candidates, by_hand=True)
        return self.service

    def switch_off(self) -> None:
        """Power off: lists in the phone's memory are gone, those on the card stay."""
        self.memory = Memory()
        self.registration, self.camped, self.card, self.toolkit, self.cells = None, None, None, None, ()

    def lists(self) -> Lists:
        """What the phone goes by when it chooses."""
        data = self.data
        return Lists(
            homes=data.homes,
            home_list=data.home_list,
            user_list=data.user_list,
            operator_list=data.operator_list,
            forbidden=frozenset(data.forbidden),
            forbidden_ps=frozenset(self.memory.forbidden_ps),
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
            card.start()
            card.verify(self.pin1)
            self._read(card)
        except LinkError:
            raise
        except PinNeeded as error:
            self._without_card(str(error), card)
        except CardError as error:
            self._without_card(str(error), card)
        else:
            self.card = card

    def _without_card(self, why: str, card: PhoneCard | None = None) -> None:
        self.no_card = why
        evidence = card.evidence() if card else ()
        rule = Rule("TS 23.122 §3.5", "without a valid card there are emergency calls only")
        self.journal.tell("phone", "no card", f"no card to register with: {why}", *evidence, rule)

    def _read(self, card: PhoneCard) -> None:
        text = f"the phone finds the card {card.data.iccid}"
        rule = Rule("TS 31.102 §5.1.1", "the UICC is activated, and the USIM selected from EF.DIR")
        self.journal.tell("phone", "card found", text, *card.evidence(), rule)
        for row in (*READ_ORDER, *READ_5GS):
            if card.has(row):
                found = card.read(row)
                says = f"{row.name} read" if found is not None else f"{row.name} is not to be had"
                self.journal.tell(
                    "phone", "file read", says, *card.evidence(), Rule(row.clause, f"{row.name} request")
                )
        if card.data.imsi is None:
            raise CardError("the card gives no IMSI")

    def _start_toolkit(self) -> None:
        self.toolkit = None
        if self.card is None or not self.is_writable:
            return
        self.toolkit = PhoneToolkit(self.card.uicc.session, self._where, self._respond)
        self.toolkit.start()
        text = "the phone tells the card what it can do"
        rule = Rule("TS 102 223 §5.2", "TERMINAL PROFILE")
        self.journal.tell("phone", "toolkit started", text, *self.card.evidence(), rule)

    def _where(self) -> tuple[Cell | None, int]:
        if self.registration is not None:
            return self.registration.cell, toolkit.NORMAL
        return self.camped, toolkit.LIMITED if self.camped else toolkit.NONE

    # --- the air ------------------------------------------------------------------------------------------

    def _hear(self, cells: Sequence[Cell]) -> None:
        device = self.device
        self.cells = tuple(cells if device is None else hearable(cells, device.bands))
        plmns = ", ".join(sorted({str(cell.plmn) for cell in self.cells})) or "none"
        rows = tuple(dict.fromkeys(row for cell in self.cells for row in cell.evidence))
        if device is not None:
            bands = "; ".join(f"{rat.value}: {', '.join(names)}" for rat, names in device.bands.items())
            rows = (Row("devices", device.key, bands, device.source), *rows)
        self.journal.tell("phone", "cells found", f"the phone hears the networks {plmns}", *rows)

    # --- choice and registration --------------------------------------------------------------------------

    def _find_service(self) -> None:
        """Choose and register, until the card does not want to be read anew any more."""
        for _ in range(MAX_REFRESHES):
            self.registration, self.camped = None, None
            if self.card is not None and self.is_writable:
                self._try_all(selection.automatic(self.cells, self.lists(), self._chance))
            if self.registration is None:
                self._camp()
            if not self._told_card():
                return

    def _told_card(self) -> bool:
        """Tell the card where the phone is; whether it was read anew for that."""
        if self.toolkit is None or self.card is None:
            return False
        if self.toolkit.tell_location():
            rule = Rule("TS 102 223 §7.5.4", "EVENT DOWNLOAD, location status")
            text = "the phone tells the card where it is"
            self.journal.tell("phone", "location told", text, *self.card.evidence(), rule)
        mode = self.toolkit.wants()
        if mode is None:
            return False
        rule = Rule("TS 102 223 §6.4.7", f"REFRESH, mode {mode}: the phone initialises the USIM anew")
        self.journal.tell(
            "card", "refresh", "the card has changed and wants to be read anew", *self.card.evidence(), rule
        )
        before = self.data.imsi
        if mode == UICC_RESET:
            self._insert(self.card.link)
            self._start_toolkit()
        else:
            self._read_anew()
        if self.data.imsi != before:
            self.memory = Memory()
        return True

    def _read_anew(self) -> None:
        assert self.card is not None
        try:
            self._read(self.card)
        except CardError as error:
            self._without_card(str(error), self.card)
            self.card = None

    def _try_all(self, candidates: Sequence[Candidate], *, by_hand: bool = False) -> None:
        """Register with the first that takes the phone."""
        assert self.card is not None
        order = "; ".join(map(str, candidates)) or "none"
        self.journal.tell(
            "phone", "networks ordered", f"the phone tries in this order: {order}",
            *(Rule(item.reason.clause, str(item)) for item in candidates),
        )  # fmt: skip
        gone: set[Plmn] = set()
        for candidate in candidates:
            if candidate.plmn in gone or self.memory.is_card_invalid:
                continue
            if self._try(candidate, gone):
                if by_hand and allow(self.card, candidate.plmn):
                    text = (
                        f"{candidate.plmn} taken off EF.FPLMN, for it was selected by hand and took the phone"
                    )
                    self.journal.tell(
                        "phone", "card written", text, *self.card.evidence(), Rule("TS 23.122 §3.1", text)
                    )
                return

    def _try(self, candidate: Candidate, gone: set[Plmn]) -> bool:
        for cell in candidate.cells:
            if self._may_use(cell):
                causes = self._register(candidate, cell)
                if self.registration is not None:
                    return True
                if any(cause.effect & Effect.OTHER_PLMN for cause in causes):
                    gone.add(candidate.plmn)
                    return False
        return False

    def _may_use(self, cell: Cell) -> bool:
        area = Area(cell.plmn, cell.area)
        memory = self.memory
        if area in memory.forbidden_areas or area in memory.forbidden_areas_roaming:
            return False
        if (cell.plmn, cell.rat) in memory.without:
            return False
        return not self.data.access_classes or bool(self.data.access_classes - cell.barred_classes)

    def _register(self, candidate: Candidate, cell: Cell) -> list[Cause]:
        """Register in a cell with all its protocols; the causes of those that refused."""
        accepted: list[tuple[Protocol, Outcome]] = []
        causes: list[Cause] = []
        for protocol in PROTOCOLS[cell.rat]:
            is_packet = protocol is not Protocol.MM
            if self.memory.is_invalid_ps if is_packet else self.memory.is_invalid_cs:
                continue
            if is_packet and cell.plmn in self.memory.forbidden_ps:
                continue
            outcome = self._attempts(cell, protocol)
            if outcome.accepted is not None:
                accepted.append((protocol, outcome))
                self.memory.equivalent = outcome.accepted.equivalent
            elif outcome.cause is not None:
                causes.append(outcome.cause)
                if outcome.cause.effect & Effect.OTHER_PLMN:
                    break
        if accepted:
            self._registered(candidate, cell, accepted)
        return causes

    def _attempts(self, cell: Cell, protocol: Protocol) -> Outcome:
        """One attempt, and more where a cause only counts up (TS 24.008 §4.4.4.9, TS 24.301 §5.5.1.2.6)."""
        assert self.card is not None
        outcome = Outcome()
        for _ in range(ATTEMPTS[protocol]):
            outcome = Attempt(
                self.card, self.networks.serving(cell.operator), cell, protocol, self.journal
            ).run()
            if outcome.cause is None:
                break
            self.last_cause = outcome.cause
            carry_out(outcome.cause, self.card, self.memory, cell, self.journal)
            if not outcome.cause.effect & (Effect.RETRY | Effect.REGISTER_ANEW):
                break
        return outcome

    def _registered(self, candidate: Candidate, cell: Cell, accepted: list[tuple[Protocol, Outcome]]) -> None:
        services: set[str] = set()
        agreement, home = None, ""
        for protocol, outcome in accepted:
            connection = outcome.connection
            assert connection is not None
            assert connection.located is not None
            assert connection.home is not None
            located = connection.located
            wanted = {"voice", "sms"} if protocol is Protocol.MM else {"data"}
            if cell.rat in (Rat.E_UTRAN, Rat.NG_RAN):
                wanted = {"voice", "sms", "data"}
            services |= located.services & wanted
            agreement, home = located.agreement, connection.home.operator.key
        assert self.data.imsi is not None
        self.registration = Registration(
            self.data.imsi, cell.plmn, cell.operator, home, cell,
            tuple(protocol for protocol, _ in accepted), frozenset(services), agreement, candidate,
        )  # fmt: skip
        self.camped = cell
        words = f"registered with {cell.plmn} over {cell.rat.value}, band {cell.band}"
        evidence: list[Evidence] = [*cell.evidence, Rule(candidate.reason.clause, str(candidate))]
        if agreement is not None:
            evidence.append(Row("agreements", agreement.key, agreement.price.value, agreement.source))
        self.journal.tell("phone", "registered", words, *evidence, plmn=str(cell.plmn), rat=cell.rat.name)

    def _camp(self) -> None:
        """Limited service in the strongest cell of any network (TS 23.122 §3.5); access class 10 barred: no
        emergency calls there (TS 22.011 §4.3)."""
        usable = [cell for cell in self.cells if 10 not in cell.barred_classes]
        self.camped = max(usable, key=lambda cell: cell.level, default=None)
        rule = Rule("TS 23.122 §3.5", "limited service in any cell, or none")
        self.journal.tell("phone", "limited service", self.service.value, rule)


__all__ = ["Handset", "Registration", "Service"]
