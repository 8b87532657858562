"""A phone's search for service: it tries networks in their order until one takes it, and settles on the
technology of that network which serves it best (TS 23.122 §4.4.3, TS 36.304 §5.2.4, TS 23.221 §7.2a)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cards.identities import Imsi, Plmn
from simulator.network.air import Cell
from simulator.network.causes import ATTEMPTS, Cause, Effect
from simulator.network.handset.card import PhoneCard
from simulator.network.handset.files import BEST_FIRST
from simulator.network.handset.memory import Memory
from simulator.network.handset.registration import Attempt, Outcome
from simulator.network.handset.rejection import carry_out
from simulator.network.handset.selection import Candidate, on_air
from simulator.network.home import Refused
from simulator.network.journal import Evidence, Row, Rule
from simulator.network.nas import PROTOCOLS, Area, Protocol
from simulator.network.networks import Networks
from simulator.network.world.model import Agreement, Device, Rat

CIRCUIT, IMS, FALLBACK = "circuit-switched", "IMS", "CS fallback"
"""How calls go."""


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
    """Of 'voice', 'sms', 'data': what subscription and agreement grant."""
    voice: str
    """How calls go: 'circuit-switched', 'IMS', 'CS fallback'; empty: not at all, even if they are granted."""
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


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt that a network refused."""

    cell: Cell
    cause: Cause
    refused: Refused | None
    """What the home network said, if it was that; its `why` is a sentence."""
    attempts: int

    @property
    def is_for_now(self) -> bool:
        """Whether it may work later: only the attempts were used up, or the network has too much to do."""
        return bool(self.cause.effect & (Effect.RETRY | Effect.WAIT))

    @property
    def why(self) -> str:
        return self.refused.why if self.refused else self.cause.meaning


@dataclass(slots=True)
class Search:
    """One search: it is given what the phone has, and leaves the registration and the failures."""

    card: PhoneCard
    memory: Memory
    networks: Networks
    device: Device | None
    cells: tuple[Cell, ...]
    registration: Registration | None = None
    failures: list[Failure] = field(default_factory=list)

    def run(self, candidates: Sequence[Candidate], *, is_by_hand: bool = False) -> None:
        """Register with the first that takes the phone; those that are forbidden meanwhile only by hand."""
        gone: set[Plmn] = set()
        for candidate in candidates:
            if candidate.plmn in gone or self.memory.is_card_invalid:
                continue
            data = self.card.data
            if candidate.plmn in data.forbidden and candidate.plmn not in data.homes and not is_by_hand:
                continue
            if self._try(candidate, gone):
                self._settle(candidate, gone)
                if self.registration is not None:
                    return

    def update(self, registration: Registration, cell: Cell) -> None:
        """The phone is registered and in another area of its network: it tells the network. A network that
        refuses leaves it without registration."""
        self._register(registration.candidate, cell, is_update=True)

    def _try(self, candidate: Candidate, gone: set[Plmn]) -> bool:
        for cell in candidate.cells:
            if not self.may_use(cell):
                continue
            causes = self._register(candidate, cell)
            if self.registration is not None:
                return True
            if any(map(_leaves, causes)):
                gone.add(candidate.plmn)
            if not any(cause.effect & Effect.OTHER_AREA for cause in causes):
                return False
        return False

    def may_use(self, cell: Cell) -> bool:
        """Whether the phone may register there at all: forbidden areas (TS 23.122 §3.1), technologies that
        the network refused, access classes (TS 22.011 §4.2)."""
        area = Area(cell.plmn, cell.area)
        memory, classes = self.memory, self.card.data.access_classes
        if area in memory.forbidden_areas or area in memory.forbidden_areas_roaming:
            return False
        if (cell.plmn, cell.rat) in memory.without or (memory.is_invalid_5g and cell.rat is Rat.NG_RAN):
            return False
        return not classes or bool(classes - cell.barred_classes)

    # --- settling on a technology of the network ----------------------------------------------------------

    def _settle(self, candidate: Candidate, gone: set[Plmn]) -> None:
        """Cell reselection to the newest technology of the network (TS 36.304 §5.2.4.2; a simplification:
        every network gives its newest technology the highest priority); and back to an older one if only that
        carries calls, for phones are voice centric (TS 23.221 §7.2a). A network that refuses the phone there
        may lose it."""
        here = self.registration
        assert here is not None
        for rat in BEST_FIRST[: BEST_FIRST.index(here.rat)]:
            why = "a newer technology of the same network"
            if self._reselect(candidate, rat, "TS 36.304 §5.2.4.2", why, gone) or self.registration is None:
                break
        best = self.registration
        if best is None or best.voice or not self._wants_voice(best):
            return
        for rat in BEST_FIRST[BEST_FIRST.index(best.rat) + 1 :]:
            self._reselect(candidate, rat, "TS 23.221 §7.2a", f"{best.rat.value} carries no calls here", gone)
            if self.registration is None or self.registration.voice:
                return
        if self.registration is not best:
            self._reselect(candidate, best.rat, "TS 23.221 §7.2a", "no other carries calls, either", gone)

    def _reselect(self, candidate: Candidate, rat: Rat, clause: str, why: str, gone: set[Plmn]) -> bool:
        """Register in the network's strongest usable cell of a technology. Where it refuses, the phone stays
        where it was, unless the cause makes it leave the network or spoils the card."""
        before = self.registration
        cells = on_air(self.cells).get((candidate.plmn, rat), ())
        cell = next(filter(self.may_use, cells), None)
        if cell is None:
            return False
        text = f"the phone reselects {cell}: {why}"
        self.networks.journal.tell("phone", "cell reselected", text, Rule(clause, why), *cell.evidence)
        causes = self._register(candidate, cell)
        if self.registration is not None:
            return True
        if any(map(_leaves, causes)) or self.memory.is_card_invalid:
            gone.add(candidate.plmn)
        else:
            self.registration = before
        return False

    def _wants_voice(self, registration: Registration) -> bool:
        """Whether the subscription, and the agreement abroad, have calls at all."""
        home = self.networks.home(registration.home)
        subscription = home.subscriptions[registration.imsi]
        agreement = registration.agreement
        return "voice" in subscription.services and (agreement is None or "voice" in agreement.services)

    # --- one cell -----------------------------------------------------------------------------------------

    def _register(self, candidate: Candidate, cell: Cell, *, is_update: bool = False) -> list[Cause]:
        """Register in a cell with all its protocols; the causes of those that refused."""
        accepted: list[Outcome] = []
        causes: list[Cause] = []
        for protocol in self._protocols(cell):
            outcome = self._attempts(cell, protocol, is_update)
            if outcome.accepted is not None:
                accepted.append(outcome)
                self.memory.equivalent = outcome.accepted.equivalent
                self.memory.network_numbers = outcome.accepted.emergency_numbers
                if protocol is Protocol.EMM:
                    self.memory.kasme = outcome.kasme or self.memory.kasme
            elif outcome.cause is not None:
                causes.append(outcome.cause)
                if _leaves(outcome.cause):
                    accepted.clear()
                    break
        if self.memory.is_card_invalid:
            # A cause of one half may end the other, too (TS 24.008 §4.7.3.1.4).
            accepted.clear()
        self.registration = self._registered(candidate, cell, accepted) if accepted else None
        return causes

    def _protocols(self, cell: Cell) -> Iterable[Protocol]:
        """Those for which the card counts as valid and the network is not forbidden."""
        for protocol in PROTOCOLS[cell.rat]:
            if protocol is Protocol.MM:
                if not self.memory.is_invalid_cs:
                    yield protocol
            elif not self.memory.is_invalid_ps and cell.plmn not in self.memory.forbidden_ps:
                yield protocol

    def _attempts(self, cell: Cell, protocol: Protocol, is_update: bool) -> Outcome:
        """One attempt, and more where a cause only counts up (TS 24.008 §4.4.4.9, TS 24.301 §5.5.1.2.6)."""
        network = self.networks.serving(cell.operator)
        count = 0
        while True:
            count += 1
            attempt = Attempt(
                self.card, network, cell, protocol, is_update=is_update, is_combined=self._has_circuit()
            )
            outcome = attempt.run()
            cause = outcome.cause
            if cause is None:
                return outcome
            carry_out(cause, self.card, self.memory, cell, self.networks.journal)
            is_update = is_update and not cause.effect & Effect.REGISTER_ANEW
            again = cause.effect & (Effect.RETRY | Effect.REGISTER_ANEW)
            if not again or count >= ATTEMPTS[protocol]:
                self.failures.append(Failure(cell, cause, outcome.connection.refused, count))
                return outcome

    def _has_circuit(self) -> bool:
        """Whether the phone has 2G or 3G at all."""
        bands = None if self.device is None else self.device.bands
        return bands is None or bool(bands.get(Rat.GERAN) or bands.get(Rat.UTRAN))

    # --- what came of it ----------------------------------------------------------------------------------

    def _registered(self, candidate: Candidate, cell: Cell, accepted: Sequence[Outcome]) -> Registration:
        services: set[str] = set()
        voice = ""
        for outcome in accepted:
            granted, how = self._granted(cell, outcome)
            services |= granted
            voice = voice or how
        connection = accepted[0].connection
        assert connection.located is not None
        assert connection.home is not None
        imsi = self.card.data.imsi
        assert imsi is not None
        agreement = connection.located.agreement
        made = Registration(
            imsi, cell.plmn, cell.operator, connection.home.operator.key, cell,
            tuple(outcome.connection.protocol for outcome in accepted), frozenset(services), voice, agreement,
            candidate,
        )  # fmt: skip
        self._tell(made)
        return made

    def _granted(self, cell: Cell, outcome: Outcome) -> tuple[frozenset[str], str]:
        """What one protocol gives, and how calls go over it. Messages go over any of them (TS 23.204, TS
        23.272)."""
        accepted, located = outcome.accepted, outcome.connection.located
        assert accepted is not None
        assert located is not None
        protocol = outcome.connection.protocol
        if protocol is Protocol.MM:
            return located.services - {"data"}, CIRCUIT if "voice" in located.services else ""
        if protocol is Protocol.GMM:
            return located.services & {"data"}, ""
        phone_has_ims = self.device is None or self.device.volte
        if accepted.has_ims_voice and phone_has_ims:
            return located.services, IMS
        circuit = outcome.connection.circuit
        if circuit is not None and "voice" in circuit.services and self._hears_circuit(cell):
            return located.services, FALLBACK
        return located.services, ""

    def _hears_circuit(self, cell: Cell) -> bool:
        """Whether there is a cell of the network to fall back to."""
        return any(other.plmn == cell.plmn and other.rat in (Rat.GERAN, Rat.UTRAN) for other in self.cells)

    def _tell(self, made: Registration) -> None:
        cell, agreement = made.cell, made.agreement
        services = ", ".join(sorted(made.services))
        calls = f" (calls by {made.voice})" if made.voice else ""
        text = f"registered with {cell.plmn} over {cell.rat.value}, band {cell.band}: {services}{calls}"
        evidence: list[Evidence] = [*cell.evidence, Rule(made.candidate.reason.clause, str(made.candidate))]
        if agreement is not None:
            price, volte = agreement.price.value, "" if agreement.volte else "; no calls over 4G or 5G"
            evidence.append(Row("agreements", agreement.key, f"price class {price}{volte}", agreement.source))
        self.networks.journal.tell(
            "phone", "registered", text, *evidence, *self.card.evidence(),
            plmn=str(cell.plmn), operator=cell.operator, rat=cell.rat.name, band=cell.band, voice=made.voice,
        )  # fmt: skip


def _leaves(cause: Cause) -> bool:
    """Whether a refusal makes the phone leave the network altogether; one that is forbidden for packet
    services only still carries calls in 2G and 3G (TS 24.008 §4.7.3.1.4, TS 24.301 §5.5.1.3.5)."""
    return bool(cause.effect & Effect.OTHER_PLMN) and not cause.effect & Effect.FORBID_PLMN_PS
