"""The person at a bench: what is to be done next, what the phone asks, and how fast messages may come.

Actions run one after the other in a thread, for they wait: for a consent, which `reply` gives, or for
somebody who follows message by message.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

from simulator.lpa import Decision
from simulator.lpa.steps import AskUser, Question
from simulator.web.bench.record import Party, Recorder, Said

WAITING: Final = 8
"""The most actions that wait for one that runs."""
_PATIENCE: Final = 900.0
"""Seconds in which a person answers a question."""
_FOLLOWING: Final = 0.12
"""Seconds between two messages that somebody follows."""
_log = logging.getLogger(__name__)


class BenchError(Exception):
    """Something that cannot be done on the bench now; `words` says why."""

    def __init__(self, words: Said) -> None:
        super().__init__(words.key)
        self.words = words


class Pace(Enum):
    """How fast messages follow one another."""

    AT_ONCE = "at-once"
    FOLLOW = "follow"
    STEP = "step"
    """Each when the person says so."""


class Person:
    """Whose bench it is."""

    def __init__(self) -> None:
        self.recorder = Recorder(self._wait_for_pace)
        self.pace = Pace.AT_ONCE
        self.question: Question | None = None
        """What the phone asks now."""
        self.consent: Callable[[Question], Decision] | None = None
        """Who answers in the person's place."""
        self._decision: Decision | None = None
        self._answered = threading.Event()
        self._go_on = threading.Event()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._actions: deque[Callable[[], None]] = deque()
        """Those that wait for the one that runs."""
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an action runs."""
        return self._thread is not None

    def start(self, action: Callable[[], None]) -> None:
        """Run an action in a thread, after those that were started before. BenchError if too many wait."""
        with self._lock:
            if len(self._actions) >= WAITING:
                raise BenchError(Said("bench.busy"))
            self._actions.append(action)
            if self._thread is None:
                self._go_on.clear()
                self._thread = threading.Thread(target=self._work, name="bench", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        """The thread: one action after the other."""
        while True:
            with self._lock:
                if not self._actions:
                    self._thread = None
                    break
                action = self._actions.popleft()
            try:
                action()
            except Exception:  # noqa: BLE001 - it is told in its act and logged; the bench goes on
                _log.exception("an action of the bench failed")
        self.recorder.changed()

    def wait(self, seconds: float = 60.0) -> None:
        """Until no action runs or waits."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def ask(self, question: Question) -> Decision:
        """The phone asks; the thread waits for `reply`."""
        self.say(Party.PHONE, Party.TRAVELLER, "msg.ask", name=_asked_about(question))
        decision = self.consent(question) if self.consent else self._wait_for_reply(question)
        key = "msg.agreed" if decision.accepted else "msg.declined"
        self.say(Party.TRAVELLER, Party.PHONE, key, reason=decision.reason)
        return decision

    def _wait_for_reply(self, question: Question) -> Decision:
        self._answered.clear()
        self._decision = None
        self.question = question
        self.recorder.changed()
        self._answered.wait(_PATIENCE)
        self.question = None
        return self._decision or Decision(accepted=False, reason="timeout")

    def reply(self, decision: Decision) -> None:
        """What the person answers."""
        self._decision = decision
        self._answered.set()

    def go_on(self) -> None:
        """The next message, where the person says when."""
        self._go_on.set()

    def _wait_for_pace(self) -> None:
        if threading.current_thread() is not self._thread:
            return
        if self.pace is Pace.FOLLOW:
            self._closing.wait(_FOLLOWING)
        while self.pace is Pace.STEP and not self._closing.is_set():
            if self._go_on.wait(0.2):
                self._go_on.clear()
                return

    def close(self) -> None:
        """The visitor is gone: nothing waits any more."""
        self._closing.set()
        self._actions.clear()
        self._answered.set()

    def say(self, sender: Party, receiver: Party, key: str, **values: object) -> None:
        """A row of words, from or to the person."""
        self.recorder.add(sender, receiver, Said(key, values))


def _asked_about(question: Question) -> str:
    return question.metadata.name if isinstance(question, AskUser) else ""
