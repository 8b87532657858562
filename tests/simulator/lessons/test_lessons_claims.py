"""What the lessons say is so: right answers against facts from the specifications, written down by hand, and
lessons that are not told when a part does not do what they say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.euicc import installation
from simulator.lessons.catalogue import LESSONS, find
from simulator.lessons.model import Choice, ClaimError
from simulator.lessons.subjects import authentication, copying, roaming, sim
from simulator.network.handset import selection
from simulator.network.home import HomeNetwork
from simulator.uicc.aka import AkaState
from simulator.uicc.pins import Pin

FACTS: dict[str, tuple[str, ...]] = {
    "sim": (
        "A4",  # TS 102 221 Table 10.5
        "8999900000000000709",  # 98 99 09 00 00 00 00 00 07 F9 with halves swapped; Luhn digit of …070 is 9
        "The user has not typed the PIN",  # 6982
        "2",  # three tries, TS 102 221 §9.5.1
        "70",  # 999 70 0000000001 with an MNC of two digits
        "99F908",  # TS 24.008 §10.5.1.13
        "0",
    ),
    "authentication": (
        "`K`",
        "It refuses",  # 9862
        "The sequence number",
        "1004",  # 1000, and one for each of four vectors
        "1005",
        "The clone takes the real network for a false one",
        "Neither",
    ),
    "euicc": (
        "82",  # b8 and b2, SGP.22 §5.7.1
        "16",  # 32 digits, two in a byte
        "The one whose issuer",
        "The card answers that there is no such file",
        "0",
        "No, the answers are the same",
    ),
    "download": (
        "The address of a server",
        "So that nobody can play back",
        '"Not now" (postponed)',
        "4",  # 1020 = 4 × 255
        "It stays on the chip",
        "4",  # InitiateAuthentication, AuthenticateClient, GetBoundProfilePackage, HandleNotification
    ),
    "copying": (
        "An error: the server refuses",
        "The profile's ICCID and name",
        "`invalidTransactionId`",
        "`invalidSignature`",
        "No. The operator has to order the profile anew",
    ),
    "switching": (
        "That of Home, still",
        "Travel.",
        "Travel must be disabled",
        "PPR1",
        "2",
        "The eUICC refuses",
    ),
    "roaming": (
        "99980",
        "It asks Home",
        "It does not even try",
        "Home: it prefers Beta",
        "It is at home there",
    ),
    "trouble": (
        "The operator has not released",  # 8.2: the profile, 1.2: is not allowed
        "The chip",
        "Nothing; the same code works again",
        "No. A package that does not verify",
        "6983",
        "The phone has none of the frequency bands",
    ),
}


@pytest.mark.parametrize("name", FACTS)
def test_right_answers_are_what_the_specifications_say(name: str) -> None:
    for question, fact in zip(find(name).questions(), FACTS[name], strict=True):
        if isinstance(question, Choice):
            assert question.options[int(question.right_answer) - 1].text.said().startswith(fact)
        else:
            assert question.right_answer == fact


def test_every_lesson_is_held_against_facts() -> None:
    assert list(FACTS) == [lesson.name for lesson in LESSONS]


def always(value: object) -> Callable[..., object]:
    return lambda *_, **__: value


LIES = {
    "a card that takes every sequence number": (authentication, AkaState, "_is_fresh", always(True)),
    "a chip that checks no signature": (copying, installation, "verify_raw", always(True)),
    "a phone that goes by nothing but the signal": (
        roaming,
        selection,
        "automatic",
        lambda cells, lists, chance: sorted(
            selection.manual(cells, lists, chance), key=lambda one: -one.cell.level
        ),
    ),
    "a home network that steers nobody": (roaming, HomeNetwork, "_steers_away", always(False)),
    "a PIN whose tries do not count": (sim, Pin, "verify", always(None)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lesson_is_not_told_when_it_is_not_so(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts that do not do what a lesson says: it ends with an error instead of teaching what is wrong, or
    its answers are others."""
    module, owner, name, replacement = LIES[lie]
    before = list(find(module.__name__.rpartition(".")[2]).questions())
    monkeypatch.setattr(owner, name, replacement)
    try:
        after = [step.question for step in module.steps() if hasattr(step, "question")]
    except (ClaimError, ValueError):
        return
    assert [one.right_answer for one in after] != [one.right_answer for one in before]
