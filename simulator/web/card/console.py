"""A conversation with a card: what was typed, what went to the card for it, and what that means."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cards.errors import CardError
from cards.explain import Explainer, Explanation
from cards.explain.secrets import Secrets
from cards.isdr import Isdr
from cards.link import CardLink
from cards.protection import Protected
from cards.script import Runner
from cards.script.model import Reset, Step
from cards.status import StatusWord
from cards.trace import Entry, TracedLink
from simulator.web.card import lines
from simulator.web.card.es10 import Es10Line

KEPT: Final = 100
"""Lines that are remembered."""
_RESULT: Final = re.compile(r"(result|error|errorCode|status|response)\w* \([0-9A-F]+\)$", re.IGNORECASE)
_REFUSED: Final = re.compile(r"[1-9]\d*: (\w+(?: \(.*\))?)$")


@dataclass(slots=True)
class Line:
    """Something that was typed. `number` counts from 1; `problem` and `note` are sentences."""

    number: int
    text: str
    exchanges: list[Explanation] = field(default_factory=list)
    problem: str = ""
    note: str = ""

    @property
    def succeeded(self) -> bool:
        return not self.problem

    @property
    def status(self) -> str:
        """The last status word, as four digits; empty if nothing was sent."""
        answers = [one.raw_answer for one in self.exchanges if len(one.raw_answer) >= 2]
        return answers[-1][-2:].hex().upper() if answers and self.exchanges[-1].raw_command else ""

    def take_status(self, sw: StatusWord) -> None:
        """Status words that a script takes for success, and that a person should hear of."""
        if sw.retries is not None:
            tries = f"{sw.retries} {'try is' if sw.retries == 1 else 'tries are'} left"
            self.problem = f"The value is wrong: {tries}." if sw.retries else "It is blocked now."
        if length := sw.proactive_length:
            self.note = _pending(length)


class Console:
    """A card, and the lines that were said to it. The card is reset when the conversation begins.

    `clock` gives seconds since 1970 (UTC), `timer` seconds of a clock that never goes back.
    """

    def __init__(
        self,
        card: CardLink,
        *,
        clock: Callable[[], float],
        timer: Callable[[], float],
        secrets: Secrets | None = None,
    ) -> None:
        self._link = TracedLink(card, (self,), clock=clock, timer=timer)
        self._runner = Runner(self._link)
        self._explainer = Explainer(secrets)
        self._isdr: Isdr | None = None
        self.lines: deque[Line] = deque(maxlen=KEPT)
        self._count = 0
        self.type("reset")

    def take(self, entry: Entry, /) -> None:
        """The trace hands every exchange over here."""
        self.lines[-1].exchanges.append(self._explainer.entry(entry))

    def close(self) -> None:
        """The caller closes the card."""

    @property
    def typed(self) -> list[str]:
        """What was typed, the newest last, each once."""
        return list(dict.fromkeys(line.text for line in reversed(self.lines)))[::-1]

    def type(self, text: str) -> list[Line]:
        """Say one or more lines to the card; what became of each. A line that fails ends it."""
        said: list[Line] = []
        for one in text.splitlines() or [""]:
            if not one.strip():
                continue
            said.append(self._say(one.strip()))
            if not said[-1].succeeded:
                break
        return said

    def _say(self, text: str) -> Line:
        self._count += 1
        line = Line(self._count, text)
        self.lines.append(line)
        try:
            asked = lines.parse(text)
            if isinstance(asked, Es10Line):
                self._es10(line, asked)
            else:
                self._steps(line, asked)
        except (CardError, Protected, ValueError) as error:
            line.problem = _sentence(str(error))
        return line

    def _steps(self, line: Line, steps: tuple[Step, ...]) -> None:
        for step in steps:
            if isinstance(step, Reset):
                self._isdr = None
            result = self._runner.run_step(step)
            if result.problem:
                line.problem = _sentence(result.problem)
                return
            if result.response is not None:
                line.take_status(result.response.sw)

    def _es10(self, line: Line, asked: Es10Line) -> None:
        """The ISD-R stays selected on a channel of its own until the card is reset: some functions need what
        others did before."""
        if self._isdr is None:
            self._isdr = Isdr(self._link)
        self._isdr.store_data(asked.request)
        line.problem = _refusal(line.exchanges[-1])
        if length := self._isdr.pending_proactive:
            line.note = _pending(length)


def _refusal(answer: Explanation) -> str:
    """What the eUICC says no with: a result or error code other than 0, near the top of its answer. The
    status word is 9000 even then (SGP.22 §5.7.2)."""
    fields = [child for top in answer.answer for child in top.children]
    if len(fields) == 1 and fields[0].children:
        fields = list(fields[0].children)
    for one in fields:
        code = _REFUSED.match(one.value)
        if code and _RESULT.search(one.name):
            return f"The eUICC refuses: {code[1]}."
    return ""


def _pending(length: int) -> str:
    return (
        f"The card has a proactive command of {length} bytes for the phone: FETCH 0000 {length & 0xFF:02X} "
        "shows it. After a REFRESH a phone resets the card."
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
