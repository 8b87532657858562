"""APDUs through pcscd and vpcd: our card against one that answers a constant, over the same path.

The ratio says what the card costs where the path costs most; 0.8 is the target. Both cards are in their
slots at the same time and take turns, for what else the machine does changes the rate of both by a factor of
four.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from cards.pcsc import PcscLink, Service
from simulator.profile import build
from simulator.uicc.card import DEFAULT_ATR
from tests.interop.conftest import Insert, insert, make_card, pcscd, readers

__all__ = ["insert", "pcscd", "readers"]

BATCH, ROUNDS = 500, 40
SELECT_USIM = bytes.fromhex("00A4040410") + build.USIM_AID + b"\0"
LOOPS = {
    "READ BINARY": [bytes.fromhex("00B0870009")],
    "SELECT and READ loop": [
        *(bytes.fromhex("00A40004023F0000"), SELECT_USIM, bytes.fromhex("00A40004026F0700")),
        bytes.fromhex("00B0000009"),
    ],
}


class Constant:
    """Answers each command with as many bytes as our card does, and thinks about nothing."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self.transmit = answers.__getitem__

    def reset(self) -> bytes:
        return DEFAULT_ATR


def rate(link: PcscLink, commands: list[bytes]) -> float:
    """APDUs in a second."""
    start = time.perf_counter()
    for command in commands:
        link.transmit(command)
    return len(commands) / (time.perf_counter() - start)


@pytest.mark.benchmark(group="reader")
@pytest.mark.parametrize("name", LOOPS)
def test_round_trips_through_the_pcsc_service(
    benchmark: Any, insert: Insert, readers: Service, name: str
) -> None:
    card, commands = make_card(), LOOPS[name] * (BATCH // len(LOOPS[name]))
    card.transmit(SELECT_USIM)
    constant = Constant({command: card.transmit(command) for command in [SELECT_USIM, *LOOPS[name]]})
    best = [0.0, 0.0]
    with (
        insert(constant, 0),
        insert(card, 1),
        readers.connect("0") as to_constant,
        readers.connect("1") as to_card,
    ):
        to_card.transmit(SELECT_USIM)

        def both() -> None:
            for at, link in enumerate((to_constant, to_card)):
                best[at] = max(best[at], rate(link, commands))

        benchmark.pedantic(both, rounds=ROUNDS, warmup_rounds=1)
    ratio = best[1] / best[0]
    print(f"\n{name}: {best[1]:,.0f} APDU/s, a constant {best[0]:,.0f}: {ratio:.2f}")
    benchmark.extra_info.update({"APDU/s": round(best[1]), "ratio": round(ratio, 2)})
