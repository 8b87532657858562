"""Runs checks on a card: a reset before each, everything that was said kept, findings as results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from cards import CardLink
from cards.apdu import ApduError
from cards.errors import CardError, LinkError
from cards.protection import Protected
from simulator.conformance.model import Check, CheckResult, NotConform, Subject, Verdict
from simulator.smdp.core import SmdpPlus
from simulator.testing.capabilities import has
from simulator.testing.trace import ApduTrace

SERVER = "server"


def conform(
    connect: Callable[[], CardLink],
    checks: Iterable[Check],
    *,
    server: Callable[[], SmdpPlus] | None = None,
    may_change: bool = False,
) -> Iterator[CheckResult]:
    """Run each check on the card that `connect` gives, which is asked for anew each time.

    `server` makes an SM-DP+ that the card trusts; without it checks that need one are skipped, as are those
    that change the card unless `may_change`. LinkError if the card is gone.
    """
    known: dict[str, bool] = {}
    for check in checks:
        obstacle = _obstacle(check, connect, known, server is not None, may_change)
        if obstacle:
            yield CheckResult(check, Verdict.SKIPPED, obstacle)
        else:
            yield _run(check, connect, server)


def _obstacle(
    check: Check, connect: Callable[[], CardLink], known: dict[str, bool], has_server: bool, may_change: bool
) -> str:
    """Why a check does not run; empty if it does."""
    for word in check.needs:
        if word == SERVER:
            if not has_server:
                return "needs a server that the card trusts"
            continue
        if word not in known:
            link = connect()
            try:
                known[word] = has(link, word)
            finally:
                link.close()
        if not known[word]:
            return f"the card does not do this: {word}"
    if check.destructive and not may_change:
        return "would change the card"
    return ""


def _run(check: Check, connect: Callable[[], CardLink], server: Callable[[], SmdpPlus] | None) -> CheckResult:
    link = connect()
    trace = ApduTrace()
    started = time.perf_counter()
    verdict, finding = Verdict.PASSED, ""
    try:
        link.reset()
        subject = Subject(trace.of(link), server() if server and SERVER in check.needs else None)
        check.run(subject)
    except LinkError:
        raise
    except Protected as error:
        verdict, finding = Verdict.SKIPPED, str(error)
    except (NotConform, CardError, ApduError) as error:
        verdict, finding = Verdict.FAILED, str(error)
    finally:
        link.close()
    return CheckResult(check, verdict, finding, trace.entries, time.perf_counter() - started)
