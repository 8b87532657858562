"""SIM against eSIM: the same task, service with a new operator, done both ways on benches of their own, and
what differs, counted from what happened.

A bench of either kind starts with a phone that is on and has a subscription already, as that of a person who
wants a second one; then each way runs to its end. Nothing is said that was not found in a run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simulator.lpa import Decision
from simulator.network.world import World
from simulator.scenario.issuing import Issued
from simulator.smdp.states import OrderState
from simulator.web.bench.model import Bench
from simulator.web.bench.parts import Order
from simulator.web.bench.record import Act, Party, Row, Said, State, Words

OWN, NEW = "telekom-de", "orange-fr"
"""Whose subscription the person has, and whose is wanted."""
COUNTRY = "fr"
DEVICE = "iphone-15"


@dataclass(frozen=True, slots=True)
class Side:
    """One way, after it was gone."""

    acts: tuple[Act, ...]
    bench: Bench
    issued: Issued

    @property
    def rows(self) -> list[Row]:
        return [row for act in self.acts for row in act.rows]

    def count(self, sender: Party, receiver: Party) -> int:
        return sum((row.sender, row.receiver) == (sender, receiver) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of the table: what is compared, and what was found on either side."""

    key: str
    sim: Words
    esim: Words

    @property
    def differs(self) -> bool:
        return self.sim != self.esim


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both ways, and what differs."""

    sim: Side
    esim: Side
    differences: tuple[Difference, ...]


def compare(world: World, clock: Callable[[], datetime], seed: int = 1) -> Comparison:
    """Go both ways."""
    sim, esim = _by_sim(world, clock, seed), _by_esim(world, clock, seed)
    return Comparison(sim, esim, tuple(_differences(sim, esim)))


def _by_sim(world: World, clock: Callable[[], datetime], seed: int) -> Side:
    """The new operator's SIM takes the place of the one in the slot."""
    bench = _bench(world, clock, seed)
    bench.buy_sim(OWN)
    bench.insert(bench.sims[0], 0)
    bench.recorder.clear()
    bench.buy_sim(NEW)
    bench.remove(bench.sims[0])
    bench.insert(bench.sims[1], 0)
    return Side(tuple(bench.recorder.acts), bench, bench.sims[1].issued)


def _by_esim(world: World, clock: Callable[[], datetime], seed: int) -> Side:
    """The new operator's profile is downloaded beside the one that is there, and enabled."""
    bench = _bench(world, clock, seed)
    bench.order(OWN)
    _download(bench, bench.orders[0])
    bench.recorder.clear()
    bench.order(NEW)
    _download(bench, bench.orders[1])
    return Side(tuple(bench.recorder.acts), bench, bench.orders[1].issued)


def _bench(world: World, clock: Callable[[], datetime], seed: int) -> Bench:
    bench = Bench(world, seed=seed, clock=clock, device=DEVICE)
    bench.lines.country = COUNTRY
    bench.switch_on()
    return bench


def _download(bench: Bench, order: Order) -> None:
    """With the consent of somebody who wants it."""
    bench.consent = lambda _: Decision()
    bench.download(order.code, enable=True)


def _differences(sim: Side, esim: Side) -> list[Difference]:
    both = (sim, esim)

    def line(key: str, found: Callable[[Side], Words]) -> Difference:
        return Difference(key, *(found(side) for side in both))

    return [
        line("versus.steps", lambda side: str(side.count(Party.TRAVELLER, Party.PHONE) + _errands(side))),
        line("versus.shop", lambda side: _yes(_is_bought(side))),
        line("versus.online", lambda side: _yes(side.count(Party.PHONE, Party.SERVER) > 0)),
        line("versus.server", lambda side: str(side.count(Party.PHONE, Party.SERVER))),
        line("versus.apdus", lambda side: str(_apdus(side))),
        line("versus.bytes", _bytes_of),
        line("versus.time", _time_of),
        line("versus.keys", _where_keys_were),
        line("versus.clear", _clear_keys),
        line("versus.old", _what_became_of_the_old_one),
        line("versus.service", lambda side: side.bench.lines.service(str(side.issued.iccid)) or ""),
        line("versus.again", _what_a_second_phone_gets),  # the last, for it changes the benches
    ]


def _yes(is_so: bool) -> Said:
    return Said("versus.yes" if is_so else "versus.no")


def _errands(side: Side) -> int:
    """What was bought, or ordered."""
    return sum(act.title.key in ("act.buy", "act.order") for act in side.acts)


def _is_bought(side: Side) -> bool:
    return any(act.title.key == "act.buy" for act in side.acts)


def _apdus(side: Side) -> int:
    return sum(len(row.pieces) for row in side.rows if row.receiver is Party.CARD)


def _bytes_of(side: Side) -> str:
    sizes = [row.size for row in side.rows if row.receiver in (Party.CARD, Party.SERVER)]
    return f"{sum(there + back for there, back in sizes):,}"


def _time_of(side: Side) -> Said:
    """Of the parties' own work, on this machine; a person's way to a shop is not in it."""
    seconds = sum(row.seconds for row in side.rows)
    return Said("bench.time", {"milliseconds": f"{seconds * 1e3:.1f}"})


def _where_keys_were(side: Side) -> Said:
    """Who had K before the phone: it is looked for in the packages that servers keep."""
    key = _key(side)
    servers = [order for order in side.bench.orders if key in side.bench.stored(order).upp]
    return Said("versus.keys.server" if servers else "versus.keys.card")


def _clear_keys(side: Side) -> Said:
    """Whether K can be read in anything that passed."""
    key = _key(side)
    passed = [
        raw
        for row in side.rows
        for piece in row.pieces
        for raw in (piece.explanation.raw_command, piece.explanation.raw_answer)
    ]
    return _yes(any(key in raw or key.hex().encode() in raw.lower() for raw in passed))


def _key(side: Side) -> bytes:
    return bytes(side.issued.description.authentication.key)


def _what_a_second_phone_gets(side: Side) -> Words:
    """The same code once more, or the same card in another phone."""
    bench = side.bench
    if bench.orders:
        order = bench.orders[-1]
        assert bench.state_of(order) is OrderState.INSTALLED
        bench.download(order.code)
        act = bench.recorder.acts[-1]
        refused = [row.outcome for row in act.rows if row.succeeded is False]
        return Said("versus.again.refused", {"why": refused[-1]}) if act.state is State.FAILED else _yes(True)
    sim = bench.sims[-1]
    other = Bench(bench.world, seed=bench.seed, clock=bench.clock, device="iphone-6s")
    other.lines.country = COUNTRY
    other.switch_on()
    other.sims.append(sim)
    other.insert(sim, 0)
    service = other.lines.service(str(sim.iccid))
    return Said("versus.again.works", {"service": service}) if service else _yes(False)


def _what_became_of_the_old_one(side: Side) -> Said:
    """Where the subscription is that the person had before."""
    bench = side.bench
    if bench.sims:
        return Said("versus.old.table" if bench.sims[0].slot is None else "versus.old.used")
    old = bench.orders[0].issued.iccid
    kept = next((profile for profile in bench.profiles if profile.iccid == old), None)
    if kept is None:
        return Said("versus.old.gone")
    return Said("versus.old.used" if kept.is_enabled else "versus.old.disabled")
