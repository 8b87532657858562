"""SIM lock: a phone that works only with cards of some operator, provider, company or subscriber (TS 22.022).

Each personalisation has codes that a card must fit, and a control key that switches it off; an operator may
also send the key to the card (EF.DCK), from which the phone takes it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from cards.identities import Plmn, swap_nibbles
from simulator.network.errors import NetworkError
from simulator.network.handset.card import CardData, PhoneCard
from simulator.network.journal import Evidence, Journal, Row, Rule
from simulator.network.world.model import Device
from simulator.network.world.queries import World

MESSAGE: Final = "Insert correct SIM card"
"""What a phone says."""


class Category(Enum):
    """Personalisation categories: name, clause, and place of the key in EF.DCK (None: there is none)."""

    NETWORK = "network", "TS 22.022 §5", 0
    SUBSET = "network subset", "TS 22.022 §6", 1
    SERVICE_PROVIDER = "service provider", "TS 22.022 §7", 2
    CORPORATE = "corporate", "TS 22.022 §8", 3
    SIM = "SIM/USIM", "TS 22.022 §9", None

    def __init__(self, text: str, clause: str, place: int | None) -> None:
        self.text, self.clause, self.place = text, clause, place


@dataclass(slots=True)
class Personalisation:
    """One category that is switched on. `codes` are what fits, as `code_of` writes it: '31041' + … in digits,
    group identifiers behind '/'."""

    category: Category
    codes: frozenset[str]
    key: str
    """Control key, 8 digits."""
    is_on: bool = True
    tries: int = field(default=10)
    """Wrong keys that the phone still takes (the number is the maker's)."""

    def fits(self, data: CardData) -> bool:
        """Whether the card may be used."""
        return not self.is_on or code_of(self.category, data) in self.codes

    def switch_off(self, key: str) -> None:
        """De-personalisation by key (TS 22.022 §5.3). NetworkError if it is wrong, or has been too often."""
        if not self.tries:
            raise NetworkError(f"the {self.category.text} lock takes no more keys: the maker has to open it")
        if key != self.key:
            self.tries -= 1
            raise NetworkError(f"the key is wrong, {self.tries} tries are left")
        self.is_on = False


def code_of(category: Category, data: CardData) -> str:
    """What a card says to a category: digits of the home network; with the 6th and 7th digit of the IMSI for
    the subset; with GID1, GID1 and GID2; the whole IMSI."""
    if data.imsi is None or data.home is None:
        return ""
    home = data.home.mcc + data.home.mnc
    first, second = data.group(1).hex().upper(), data.group(2).hex().upper()
    return {
        Category.NETWORK: home,
        Category.SUBSET: home + data.imsi.digits[len(home) : len(home) + 2],
        Category.SERVICE_PROVIDER: f"{home}/{first}",
        Category.CORPORATE: f"{home}/{first}/{second}",
        Category.SIM: data.imsi.digits,
    }[category]


def network_lock(plmns: Iterable[Plmn], key: str = "00000000") -> Personalisation:
    """A phone that is sold for an operator's networks."""
    return Personalisation(Category.NETWORK, frozenset(p.mcc + p.mnc for p in plmns), key)


def open_by_card(locks: Iterable[Personalisation], keys: bytes) -> list[Personalisation]:
    """De-personalisation by EF.DCK (TS 22.022 annex A): what its keys switch off. 4 bytes of swapped digits
    each."""
    opened = []
    for lock in locks:
        place = lock.category.place
        if place is None or not lock.is_on:
            continue
        sent = keys[4 * place : 4 * place + 4]
        if len(sent) == 4 and swap_nibbles(sent) == lock.key:
            lock.is_on = False
            opened.append(lock)
    return opened


def locks_of(device: Device | None, world: World) -> list[Personalisation]:
    """The SIM lock that a device is sold with, by its row of the world."""
    if device is None or not device.locked_to:
        return []
    return [network_lock(world.operator(device.locked_to).plmns)]


def check(
    locks: Sequence[Personalisation], card: PhoneCard, journal: Journal, device: Device | None
) -> Personalisation | None:
    """The lock that refuses the card, after the card has had a chance to open it; None if it may be used."""
    sent = card.data.contents.get("EF.DCK", b"")
    for lock in open_by_card(locks, sent):
        text = f"the card brings the key of the {lock.category.text} lock, which is open now"
        journal.tell("phone", "unlocked", text, Rule(lock.category.clause, text))
    if sent.strip(b"\xff"):
        card.write("EF.DCK", b"\xff" * len(sent))
    failed = next((lock for lock in locks if not lock.fits(card.data)), None)
    if failed is not None:
        _tell(failed, card, journal, device)
    return failed


def _tell(lock: Personalisation, card: PhoneCard, journal: Journal, device: Device | None) -> None:
    kind, code = lock.category, code_of(lock.category, card.data)
    text = f"the {kind.text} lock takes {', '.join(sorted(lock.codes))}, and the card says {code}"
    evidence: list[Evidence] = [*card.evidence(), Rule(kind.clause, f"{kind.text} personalisation")]
    if device is not None and device.locked_to:
        evidence.append(Row("devices", device.key, f"locked to {device.locked_to}", device.source))
    journal.tell("phone", "locked", text, *evidence)
