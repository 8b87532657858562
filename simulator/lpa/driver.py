"""Runs an LPA's procedure: the steps to card, server and user, and what each cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from cards.errors import CardError
from cards.isdr import Isdr, Segment
from simulator.lpa.errors import LpaError
from simulator.lpa.es9 import Es9
from simulator.lpa.steps import (
    AskMove,
    Decision,
    Exchange,
    PostToServer,
    Procedure,
    Question,
    SendToCard,
    Step,
    Wait,
    exchange_of,
)

Result = TypeVar("Result")
AnyStep = TypeVar("AnyStep")


@dataclass(frozen=True, slots=True)
class Progress:
    """A step that was done, or, with `segment`, one piece of a package about to be sent.

    Bytes are those of the APDUs, or of the bodies of the HTTP messages.
    """

    exchange: Exchange
    apdus: int = 0
    sent: int = 0
    received: int = 0
    error: str = ""
    segment: str = ""
    """What the piece carries, 'LoadProfileElements' for example."""
    number: int = 0
    count: int = 0


ProgressSink = Callable[[Progress], None]
Consent = Callable[[Question], Decision | bool]
MoveConsent = Callable[[AskMove], Decision | bool]


def accept(_: Question) -> Decision:
    """The consent of someone who wants every profile, and all that operators want."""
    return Decision()


def run_steps(procedure: Generator[AnyStep, Any, Result], perform: Callable[[AnyStep], Any]) -> Result:
    """Run a procedure to its end, `perform` doing each step; see `Driver.run`."""
    try:
        step = next(procedure)
        while True:
            try:
                answer = perform(step)
            except (CardError, LpaError, KeyboardInterrupt) as error:
                step = procedure.throw(error)
            else:
                step = procedure.send(answer)
    except StopIteration as end:
        result: Result = end.value
        return result


def let_go(_: AskMove) -> Decision:
    """The consent of someone who lets every profile go."""
    return Decision()


class Driver:
    """Card, server and user behind one `run`."""

    def __init__(
        self,
        isdr: Isdr,
        es9: Es9,
        consent: Consent = accept,
        progress: ProgressSink | None = None,
        sleep: Callable[[float], None] = time.sleep,
        announce: Callable[[Step], None] | None = None,
        move_consent: MoveConsent = let_go,
    ) -> None:
        """`progress` hears of each step when it is done, `announce` before; `move_consent` is asked before a
        profile leaves for another device."""
        self._isdr = isdr
        self._es9 = es9
        self._consent = consent
        self._progress = progress
        self._sleep = sleep
        self._announce = announce
        self._move_consent = move_consent

    def run(self, procedure: Procedure[Result]) -> Result:
        """Run a procedure to its end. Errors of card and server go into it, and so does Ctrl-C, so that it
        can tell both sides that it stops; what it does not handle comes out."""
        return run_steps(procedure, self.perform)

    def perform(self, step: Step) -> Any:
        """Do one step; the answer to it."""
        if self._announce:
            self._announce(step)
        if isinstance(step, Question | AskMove):
            decision = self._move_consent(step) if isinstance(step, AskMove) else self._consent(step)
            return decision if isinstance(decision, Decision) else Decision(decision)
        before = self._counts()
        if isinstance(step, Wait):
            self._report(step, before)
            self._sleep(step.seconds)
            return None
        try:
            answer = self._call(step)
        except (CardError, LpaError) as error:
            self._report(step, before, str(error))
            raise
        self._report(step, before)
        return answer

    def _call(self, step: SendToCard | PostToServer) -> Any:
        if isinstance(step, PostToServer):
            return self._es9.post(step.address, step.function, step.message)
        arguments = step.arguments
        if step.function == "load_bound_profile_package" and self._progress:
            arguments = (*arguments, self._show_segment)
        return getattr(self._isdr, step.function)(*arguments, **step.options)

    def _show_segment(self, segment: Segment, number: int, count: int) -> None:
        if self._progress:
            exchange = exchange_of(SendToCard("load_bound_profile_package"))
            self._progress(Progress(exchange, segment=segment.name, number=number, count=count))

    def _counts(self) -> tuple[int, int, int]:
        meter = self._isdr.meter
        return meter.apdus, meter.sent + self._es9.sent, meter.received + self._es9.received

    def _report(
        self, step: SendToCard | PostToServer | Wait, before: tuple[int, int, int], error: str = ""
    ) -> None:
        if self._progress:
            apdus, sent, received = (n - b for n, b in zip(self._counts(), before, strict=True))
            self._progress(Progress(exchange_of(step), apdus, sent, received, error))
