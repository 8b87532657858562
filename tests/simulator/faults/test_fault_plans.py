"""Plans of faults: what they strike, how they are written, and what is told of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cards.errors import LinkError
from simulator.faults import Fault, FaultError, FaultyLink, Kind, Party, Plan, load_plan
from simulator.faults.plan import corrupted


class Card:
    """Answers with what it was sent, and writes down what happened."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def transmit(self, apdu: bytes, /) -> bytes:
        self.log.append(apdu.hex())
        return apdu + b"\x90\x00"

    def reset(self) -> bytes:
        self.log.append("reset")
        return b"\x3b"

    def close(self) -> None:
        self.log.append("close")


@pytest.mark.parametrize(
    ("fault", "answer", "log"),
    [
        (Fault(Party.CARD, Kind.DROP_REQUEST, 2), None, ["01"]),
        (Fault(Party.CARD, Kind.DROP_RESPONSE, 2), None, ["01", "02"]),
        (Fault(Party.CARD, Kind.DUPLICATE, 2), "029000", ["01", "02", "02"]),
        (Fault(Party.CARD, Kind.REPLAY, 2), "029000", ["01", "01", "02"]),
        (Fault(Party.CARD, Kind.CORRUPT_REQUEST, 2, byte=0), "fd9000", ["01", "fd"]),
        (Fault(Party.CARD, Kind.CORRUPT_RESPONSE, 2, byte=1), "026f00", ["01", "02"]),
        (Fault(Party.CARD, Kind.POWER_OFF_BEFORE, 2), None, ["01", "reset"]),
        (Fault(Party.CARD, Kind.POWER_OFF_AFTER, 2), None, ["01", "02", "reset"]),
        (Fault(Party.CARD, Kind.DELAY, 2, seconds=0.5), "029000", ["01", "02"]),
    ],
)
def test_a_fault_strikes_once_and_where_it_should(fault: Fault, answer: str | None, log: list[str]) -> None:
    card, plan, slept = Card(), Plan((fault,)), list[float]()
    link = FaultyLink(card, plan, sleep=slept.append)
    assert link.transmit(b"\x01") == b"\x01\x90\x00"
    if answer is None:
        with pytest.raises(LinkError, match="at APDU 2"):
            link.transmit(b"\x02")
    else:
        assert link.transmit(b"\x02").hex() == answer
    assert card.log == log
    assert link.transmit(b"\x02") == b"\x02\x90\x00"
    assert plan.struck == [fault]
    assert slept == ([0.5] if fault.kind is Kind.DELAY else [])


def test_a_function_is_counted_for_itself() -> None:
    fault = Fault(Party.SERVER, Kind.RESTART, 2, "handleNotification")
    plan = Plan((fault,))
    order = ["initiateAuthentication", "handleNotification", "handleNotification", "handleNotification"]
    assert [plan.next(Party.SERVER, function) for function in order] == [[], [], [fault], []]


def test_a_byte_that_is_not_there_is_not_changed() -> None:
    assert corrupted(b"\x01\x02", 1) == b"\x01\xfd"
    assert corrupted(b"\x01\x02", -2) == b"\xfe\x02"
    assert corrupted(b"\x01\x02", 2) == b"\x01\x02"
    assert corrupted(b"", -1) == b""


def test_a_plan_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        """
- {party: card, kind: power-off-after, number: 40}
- party: server
  kind: delay
  function: getBoundProfilePackage
  seconds: 2
"""
    )
    assert load_plan(path).faults == (
        Fault(Party.CARD, Kind.POWER_OFF_AFTER, 40),
        Fault(Party.SERVER, Kind.DELAY, function="getBoundProfilePackage", seconds=2),
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("party: card", ": a list of faults expected"),
        ("- [", ": while parsing"),
        ("\n- card", ", line 2: a fault is a mapping with party and kind"),
        ("- {kind: drop-request}", ", line 1: party: one of card, server expected, not None"),
        ("- {party: card, kind: explode}", ", line 1: kind: one of drop-request, drop-response"),
        ("- {party: card, kind: restart}", ", line 1: restart cannot happen to a card"),
        ("- {party: card, kind: delay, colour: 1}", ", line 1: there is no 'colour'; known are party, kind"),
        ("- {party: card, kind: delay, number: x}", ", line 1: number: int expected"),
        ("- {party: card, kind: delay, number: true}", ", line 1: number: int expected"),
        ("- {party: card, kind: delay, number: 0}", ", line 1: messages are numbered from 1"),
        ("- {party: card, kind: delay, seconds: -1}", ", line 1: seconds cannot be less than 0"),
        ("- {party: server, kind: wrong-certificate}", ", line 1: a certificate goes with wrong-certificate"),
        ("- {party: server, kind: delay, certificate: no.der}", ", line 1: certificate: "),
        ("- {party: card, kind: delay, function: x}", ", line 1: APDUs are numbered"),
    ],
)
def test_mistakes_in_a_plan(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(FaultError) as caught:
        load_plan(path)
    assert str(caught.value).startswith(f"{path}{reason}")
