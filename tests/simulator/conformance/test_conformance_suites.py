"""The checks of cards: ours passes them all; a card with a fault is found out by the check about it."""

from __future__ import annotations

from collections import Counter

import pytest

from cards.link import CardLink
from simulator.conformance import SUITES, CheckResult, Verdict, checks, conform
from simulator.testing.bench import make_smdp
from simulator.testing.sources import SimulatedReader, SimulatedSource


@pytest.fixture(scope="module")
def source() -> SimulatedSource:
    return SimulatedSource()


def run(source: SimulatedSource, *suites: str, **options: bool) -> list[CheckResult]:
    return list(
        conform(
            source.open,
            checks(suites or SUITES),
            server=lambda: make_smdp(source.bench.pki),
            may_change=options.get("may_change", True),
        )
    )


def test_our_card_passes(source: SimulatedSource) -> None:
    results = run(source)
    assert [f"{one.check.title}: {one.finding}" for one in results if one.verdict is not Verdict.PASSED] == []
    assert all(one.entries for one in results)
    assert len(results) > 80


class WrongCard:
    """Our card with one answer changed: what it says to commands that begin like this."""

    def __init__(self, link: SimulatedReader, command: str, right: str, wrong: str) -> None:
        self._link = link
        self._command, self._right, self._wrong = (bytes.fromhex(text) for text in (command, right, wrong))

    def transmit(self, apdu: bytes) -> bytes:
        answer = self._link.transmit(apdu)
        if self._command in apdu or not self._command:
            return answer.replace(self._right, self._wrong)
        return answer

    def reset(self) -> bytes:
        return self._link.reset()

    def close(self) -> None: ...


WRONG_ANSWERS = {
    "a file that is not there is selected": ("00A40004026FFE", "6A82", "9000"),
    "an unknown instruction is taken": ("00FC0000", "6D00", "9000"),
    "reading beyond the end is a warning": ("00B0000B01", "6B00", "6282"),
    "the enabled profile is enabled again": ("", "BF3103800102", "BF3103800100"),
    "the enabled profile is deleted": ("", "BF3303800102", "BF3303800100"),
    "EF.ICCID has a wrong check digit": ("00B0", "0000000000 10F4", "0000000000 10F5"),
    "notifications that are not there are removed": ("", "BF3003800101", "BF3003800100"),
}
FOUND_BY = {
    "a file that is not there is selected": {"SELECT of a file that is not there"},
    "an unknown instruction is taken": {"An unknown instruction"},
    "reading beyond the end is a warning": {"READ BINARY beyond the end of the file"},
    "the enabled profile is enabled again": {"EnableProfile refuses the enabled profile"},
    "the enabled profile is deleted": {"DeleteProfile refuses the enabled profile"},
    "EF.ICCID has a wrong check digit": {"EF.ICCID holds a number with the right check digit"},
    "notifications that are not there are removed": {
        "RemoveNotificationFromList with a number that is not there: nothingToDelete"
    },
}


@pytest.mark.parametrize("fault", FOUND_BY)
def test_a_wrong_answer_is_found(source: SimulatedSource, fault: str) -> None:
    def connect() -> CardLink:
        return WrongCard(source.open(), *WRONG_ANSWERS[fault])

    chosen = checks(("uicc", "files", "es10", "profiles"))
    failed = {
        one.check.title for one in conform(connect, chosen, may_change=True) if one.verdict is Verdict.FAILED
    }
    assert FOUND_BY[fault] <= failed
    assert len(failed) <= 3


def test_a_card_that_believes_every_signature(
    source: SimulatedSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("authentication", "download"):
        monkeypatch.setattr(f"simulator.euicc.{module}.verify_raw", lambda *_: True)
    failed = {
        one.check.title: one.finding for one in run(source, "provisioning") if one.verdict is Verdict.FAILED
    }
    found = "a wrong signature: it was done, in place of invalidSignature"
    assert failed == {
        "AuthenticateServer refuses a wrong signature": found,
        "PrepareDownload refuses a wrong signature": found,
    }


def test_what_is_not_run(source: SimulatedSource) -> None:
    careful = list(conform(source.open, checks()))
    skipped = Counter(one.finding for one in careful if one.verdict is Verdict.SKIPPED)
    assert skipped == {"needs a server that the card trusts": 20, "would change the card": 6}
    assert all(one.verdict is not Verdict.FAILED for one in careful)


def test_every_check_has_a_clause_and_a_name_of_its_own() -> None:
    found = checks()
    assert all(check.clause for check in found)
    names = Counter((check.suite, check.title) for check in found)
    assert max(names.values()) == 1
