"""`esim phone` before a card in a reader, through the operating system's PC/SC service: it reads, and nothing
else. Neither AUTHENTICATE nor a message to a network is sent."""

from __future__ import annotations

import json

from cards.link import CardLike
from tests.interop.conftest import Insert, make_card
from tests.simulator.cli.conftest import Esim

READING = {0xA4: "SELECT", 0xB0: "READ BINARY", 0xB2: "READ RECORD", 0xC0: "GET RESPONSE", 0xF2: "STATUS"}
VERIFY = 0x20


class Watched:
    """A card that keeps every command that reaches it."""

    def __init__(self, card: CardLike) -> None:
        self.card = card
        self.commands: list[bytes] = []

    def reset(self) -> bytes:
        return self.card.reset()

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self.card.transmit(command)


def test_a_card_in_a_reader_is_read_and_stays_as_it_is(esim: Esim, insert: Insert) -> None:
    card = Watched(make_card())
    with insert(card):
        outcome = esim("phone", "--reader", 0, "--at", "de", "--json")
    assert outcome.status == 0, outcome.err
    found = json.loads(outcome.out)
    assert found["card"]["imsi"] == "001010123456789"
    assert found["candidates"]
    assert found["registration"] is None
    assert len(card.commands) > 20
    for command in card.commands:
        asks_for_tries = command[1] == VERIFY and len(command) <= 5
        assert command[1] in READING or asks_for_tries, command.hex()
