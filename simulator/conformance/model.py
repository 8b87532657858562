"""What a check is, what it gets, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from cards import CardLink, Isdr, Uicc
from cards.trace import Entry

if TYPE_CHECKING:
    from simulator.smdp.core import SmdpPlus


class Verdict(Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """The card lacks what it is about, or nobody allowed it to change the card."""


class NotConform(Exception):  # noqa: N818 - a finding, not an error of anybody
    """The card did something else than its clause says."""


@dataclass
class Subject:
    """The card under test, after a reset. `smdp` is a server whose certificates the card trusts, if there is
    one."""

    link: CardLink
    smdp: SmdpPlus | None = None

    @property
    def uicc(self) -> Uicc:
        return Uicc(self.link)

    def isdr(self) -> Isdr:
        """To be used as a context: it opens a channel and closes it."""
        return Isdr(self.link)


def expect(condition: bool, finding: str) -> None:
    """NotConform with the finding unless the condition holds."""
    if not condition:
        raise NotConform(finding)


@dataclass(frozen=True)
class Check:
    """One check. `needs` are words of `simulator.testing.capabilities`, and 'server' for one that needs a
    server which the card trusts."""

    suite: str
    title: str
    clause: str
    run: Callable[[Subject], None]
    needs: tuple[str, ...] = ()
    destructive: bool = False


@dataclass(frozen=True)
class CheckResult:
    """A check that was run: what was found, and all that was said to the card."""

    check: Check
    verdict: Verdict
    finding: str = ""
    entries: list[Entry] = field(default_factory=list)
    seconds: float = 0.0
