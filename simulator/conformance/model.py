"""What a check is, what it gets, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from cards import CardLink, Isdr, Uicc
from cards.trace import Entry
from simulator.conformance.known import NOTHING, Known

if TYPE_CHECKING:
    from simulator.conformance.equipment import Equipment


class Verdict(Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    """The card has nothing that the check is about."""
    SKIPPED = "skipped"
    """Nobody allowed it to change the card, or a server or secret that it needs is not at hand."""


class NotConform(Exception):  # noqa: N818 - a finding, not an error of anybody
    """The card did something else than its clause says."""


class NotApplicable(Exception):  # noqa: N818 - likewise
    """The card has nothing that the check is about; the text says what is missing."""


@dataclass
class Subject:
    """The card under test, after a reset, and what there is besides: secrets that are `known` of it, and an
    `equipment` whose certificates it trusts, if there is one."""

    link: CardLink
    known: Known = NOTHING
    equipment: Equipment | None = None

    @property
    def uicc(self) -> Uicc:
        return Uicc(self.link)

    def isdr(self) -> Isdr:
        """To be used as a context: it opens a channel and closes it."""
        return Isdr(self.link)

    @property
    def bench(self) -> Equipment:
        """The equipment of a check that needs a server."""
        assert self.equipment is not None, "a check without 'server' among its needs asks for one"
        return self.equipment


def expect(condition: bool, finding: str) -> None:
    """NotConform with the finding unless the condition holds."""
    if not condition:
        raise NotConform(finding)


def require(condition: bool, lacking: str) -> None:
    """NotApplicable with what the card lacks unless the condition holds."""
    if not condition:
        raise NotApplicable(lacking)


@dataclass(frozen=True)
class Check:
    """One check. `needs` are words of `simulator.testing.capabilities`, names of secrets
    (`simulator.conformance.known`), and 'server' for one that needs a server which the card trusts. `case`
    is the test case of SGP.23 whose function it is about."""

    suite: str
    title: str
    clause: str
    run: Callable[[Subject], None]
    needs: tuple[str, ...] = ()
    destructive: bool = False
    case: str = ""

    @property
    def source(self) -> str:
        """Clause and test case."""
        return f"{self.clause}; {self.case}" if self.case else self.clause


@dataclass(frozen=True)
class CheckResult:
    """A check that was run: what was found, and all that was said to the card."""

    check: Check
    verdict: Verdict
    finding: str = ""
    entries: list[Entry] = field(default_factory=list)
    seconds: float = 0.0
    cleanup: int = 0
    """How many of the last entries came after the finding: they take back what the check did."""

    @property
    def until_finding(self) -> list[Entry]:
        """What was said up to the finding, or at all."""
        return self.entries[: len(self.entries) - self.cleanup]
