"""A service menu, as operators put it on their cards: the own number, the balance, a message to the
operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from simulator.uicc.index import Node
from simulator.uicc.services import Naa, naa_of
from simulator.uicc.toolkit import commands
from simulator.uicc.toolkit.runtime import Applet, Session

if TYPE_CHECKING:
    from simulator.uicc.card import Card

_EF_MSISDN = 0x6F40
_NUMBER_LENGTH = 14
"""Bytes of EF.MSISDN behind the name: length, type of number, ten of digits, two identifiers (TS 31.102
§4.2.26)."""
_SUBMIT, _DEFAULT_REFERENCE = 0x01, 0x00


class ServiceMenu(Applet):
    """Three entries behind one title. `balance` is the USSD code that the network answers, `service` the
    number that messages go to."""

    def __init__(self, title: str = "Services", balance: str = "*100#", service: str = "+882107000") -> None:
        self.title = title
        self.balance = balance
        self.service = service

    def selected(self, card: Card) -> Session:
        entries = (
            Entry("My number", self._number),
            Entry("Balance", self._balance),
            Entry("Write to us", self._message),
        )
        while True:
            answer = yield commands.select_item(self.title, [entry.title for entry in entries])
            if not answer.is_ok or not 1 <= answer.item <= len(entries):
                return
            yield from entries[answer.item - 1].run(card)

    def _number(self, card: Card) -> Session:
        yield commands.display_text(own_number(card) or "This card does not know its number.")

    def _balance(self, card: Card) -> Session:
        answer = yield commands.send_ussd(self.balance, title="Asking for your balance")
        yield commands.display_text(
            answer.text if answer.is_ok and answer.text else "Please try again later."
        )

    def _message(self, card: Card) -> Session:
        answer = yield commands.get_input("Your message", 1, 100, digits_only=False)
        if not answer.is_ok or not answer.text:
            return
        sent = yield commands.send_short_message(submit(self.service, answer.text), title="Sending")
        yield commands.display_text("Thank you." if sent.is_ok else "The message could not be sent.")


class Entry(NamedTuple):
    """One entry of the menu, and what it does."""

    title: str
    run: Callable[[Card], Session]


def own_number(card: Card) -> str:
    """The first number in EF.MSISDN of the USIM; empty if there is none."""
    usim = next((adf for adf in card.files.index.adfs if naa_of(adf) is Naa.USIM), None)
    node: Node | None = usim.by_fid.get(_EF_MSISDN) if usim else None
    if node is None or node.is_df:
        return ""
    record = card.files.body(node)[: node.record_length][-_NUMBER_LENGTH:]
    length = record[0]
    if not 1 < length <= 11:
        return ""
    swapped = record[2 : 1 + length].hex().upper()
    digits = "".join(swapped[at + 1] + swapped[at] for at in range(0, len(swapped), 2)).rstrip("F")
    return ("+" if record[1] & 0x70 == 0x10 else "") + digits


def submit(number: str, text: str) -> bytes:
    """An SMS-SUBMIT in eight bits or UCS2 (TS 23.040 §9.2.2.2)."""
    digits = number.lstrip("+")
    address = bytes((len(digits),)) + commands.address(number).value
    octets, scheme = (text.encode(), 0x04) if text.isascii() else (text.encode("utf-16-be"), 0x08)
    head = bytes((_SUBMIT, _DEFAULT_REFERENCE))
    return head + address + bytes((0x00, scheme, len(octets))) + octets
