"""Runs checks on a card: a reset before each, everything that was said kept, findings as results."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asn1.errors import DecodeError, EncodeError, TlvError
from cards import CardLink
from cards.apdu import ApduError
from cards.errors import CardError, LinkError
from cards.protection import Protected
from cards.trace import Entry
from simulator.conformance.known import NOTHING, WORDS, Known
from simulator.conformance.model import Check, CheckResult, NotApplicable, NotConform, Subject, Verdict
from simulator.crypto.errors import CryptoError
from simulator.lpa import LpaError
from simulator.smdp.errors import RspError
from simulator.testing.capabilities import CAPABILITIES, has
from simulator.testing.trace import ApduTrace

if TYPE_CHECKING:
    from simulator.conformance.equipment import Equipment

SERVER = "server"
_NO_SERVER = "needs a server that the card trusts"
_UNKNOWN = "needs {} (--secrets)"
_WOULD_CHANGE = "would change the card: --allow-changes with its ICCID or EID allows it"
_FINDINGS = (NotConform, CardError, ApduError)
"""What says of itself what the card did wrong."""
_MISFITS = (DecodeError, TlvError, CryptoError, LpaError, RspError, ValueError, LookupError)
"""What a check, or a server or LPA in it, cannot go on with: an answer of another shape than it must have."""


def conform(
    connect: Callable[[], CardLink],
    checks: Iterable[Check],
    *,
    equipment: Equipment | None = None,
    known: Known = NOTHING,
    may_change: bool = False,
) -> Iterator[CheckResult]:
    """Run each check on the card that `connect` gives, which is asked for anew each time.

    `equipment` has certificates that the card trusts, and `known` its secrets; without them checks that need
    them are skipped, as are those that change the card unless `may_change`. LinkError if the card is gone.
    """
    runner = _Runner(connect, equipment, known, may_change)
    for check in checks:
        yield runner.result(check)


class _Listener(ApduTrace):
    """Keeps what is said, and knows what was said while an exception was on its way: that is a check that
    takes back what it did."""

    def __init__(self) -> None:
        super().__init__()
        self._raised: list[tuple[BaseException, int]] = []
        """Exceptions, and how many entries there were before the first that came after."""

    def take(self, entry: Entry, /) -> None:
        error = sys.exception()
        if error is not None and all(error is not other for other, _ in self._raised):
            self._raised.append((error, len(self.entries)))
        super().take(entry)

    def entries_after(self, error: BaseException) -> int:
        """How many there are that came after the exception."""
        return next((len(self.entries) - count for other, count in self._raised if other is error), 0)


@dataclass(slots=True)
class _Runner:
    connect: Callable[[], CardLink]
    equipment: Equipment | None
    known: Known
    may_change: bool
    _capable: dict[str, bool] = field(default_factory=dict)
    """Word → whether the card does this, as far as it was asked."""

    def result(self, check: Check) -> CheckResult:
        for word in check.needs:
            if word in CAPABILITIES and not self._is_capable(word):
                wanted = f"needs a card that {CAPABILITIES[word].meaning}"
                return CheckResult(check, Verdict.NOT_APPLICABLE, wanted)
            if word in WORDS and self.known.is_complete and not self.known.has(word):
                return CheckResult(check, Verdict.NOT_APPLICABLE, f"the card does not have {WORDS[word]}")
        obstacle = self._obstacle(check)
        return CheckResult(check, Verdict.SKIPPED, obstacle) if obstacle else self._run(check)

    def _is_capable(self, word: str) -> bool:
        if word not in self._capable:
            link = self.connect()
            try:
                self._capable[word] = has(link, word)
            finally:
                link.close()
        return self._capable[word]

    def _obstacle(self, check: Check) -> str:
        """Why a check that applies does not run; empty if it does."""
        for word in check.needs:
            if word == SERVER and self.equipment is None:
                return _NO_SERVER
            if word in WORDS and not self.known.has(word):
                return _UNKNOWN.format(WORDS[word])
        return _WOULD_CHANGE if check.destructive and not self.may_change else ""

    def _run(self, check: Check) -> CheckResult:
        link = self.connect()
        trace = _Listener()
        started = time.perf_counter()
        error: Exception | None = None
        outcome = Verdict.PASSED, ""
        try:
            link.reset()
            check.run(Subject(trace.of(link), self.known, self.equipment))
        except (LinkError, EncodeError):
            raise
        except (Protected, NotApplicable, *_FINDINGS, *_MISFITS) as raised:
            error = _finding(raised)
            outcome = _outcome(error)
        finally:
            link.close()
        seconds = time.perf_counter() - started
        cleanup = trace.entries_after(error) if error else 0
        return CheckResult(check, *outcome, trace.entries, seconds, cleanup)


def _finding(error: Exception) -> Exception:
    """What a check found, where taking back what it did failed after that."""
    before: BaseException | None = error
    while before is not None:
        if isinstance(before, NotConform):
            return before
        before = before.__context__
    return error


def _outcome(error: Exception) -> tuple[Verdict, str]:
    """The verdict on a check that ended so, and what to tell about it."""
    if isinstance(error, Protected):
        return Verdict.SKIPPED, _WOULD_CHANGE
    if isinstance(error, NotApplicable):
        return Verdict.NOT_APPLICABLE, str(error)
    if isinstance(error, _FINDINGS):
        return Verdict.FAILED, str(error)
    return Verdict.FAILED, f"what the card answered does not fit: {error}"
