"""Runs scripts over a card link, step by step, and says what differed from what was expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cards.apdu import ApduError, CommandApdu, ResponseApdu
from cards.errors import CardError, LinkError
from cards.link import CardLink
from cards.processors import Direct, GetResponse, Processor, Trace, class_on_channel
from cards.protection import Protected
from cards.script.bytes import Mask
from cards.script.model import (
    Close,
    Expectation,
    On,
    Open,
    Reset,
    Script,
    Section,
    Select,
    Send,
    Set,
    Step,
    Verify,
)
from cards.session import MANAGE_CHANNEL, TraceSink
from cards.uicc import VERIFY, Uicc, pad_pin


@dataclass(frozen=True, slots=True)
class StepResult:
    """A step that was run. `command` and `response` are the last exchange, None where there was none;
    `problem` says what differed, empty if nothing did."""

    step: Step
    command: CommandApdu | None = None
    response: ResponseApdu | None = None
    problem: str = ""

    def __str__(self) -> str:
        what = f"{self.step.place}: {self.step.text}"
        return f"{what}: {self.problem}" if self.problem else what


@dataclass(frozen=True, slots=True)
class SectionResult:
    """A section that was run, up to its first step that failed."""

    section: Section
    steps: tuple[StepResult, ...]

    @property
    def failure(self) -> StepResult | None:
        return self.steps[-1] if self.steps and self.steps[-1].problem else None


class _Differs(Exception):  # noqa: N818 - no error of anybody: the card answered otherwise
    """What the card answered is not what the script expects."""


@dataclass(slots=True)
class Runner:
    """A card, and what a script knows of it: variables and the logical channel in use. `trace` sees every
    exchange as it goes to the card."""

    link: CardLink
    trace: TraceSink | None = None
    variables: dict[str, bytes] = field(default_factory=dict)
    channel: int = 0
    _last: tuple[CommandApdu, ResponseApdu] | None = None

    def run(self, script: Script) -> Iterator[SectionResult]:
        """Run every section; a step that fails ends its section, and the next one begins."""
        self.variables.update(script.variables)
        for section in script.sections:
            yield self.run_section(section)

    def run_section(self, section: Section) -> SectionResult:
        results = []
        for step in section.steps:
            results.append(self.run_step(step))
            if results[-1].problem:
                break
        return SectionResult(section, tuple(results))

    def run_step(self, step: Step) -> StepResult:
        """Run a step. LinkError if the card is gone, Protected if a command was kept from it; every other
        trouble is in the result."""
        self._last = None
        problem = ""
        try:
            _ACTIONS[type(step)](self, step)
        except (LinkError, Protected):
            raise
        except (_Differs, CardError, ApduError, ValueError) as error:
            problem = str(error)
        command, response = self._last or (None, None)
        return StepResult(step, command, response, problem)

    # Steps

    def _send(self, step: Send) -> None:
        command = CommandApdu.parse(step.command.fill(self.variables))
        if self.channel:
            command = command.with_class(class_on_channel(command.cla, self.channel))
        processor: Processor = self._direct()
        response = (processor if step.raw else GetResponse(processor)).transmit(command)
        self._check(command, response, step.expected)

    def _reset(self, step: Reset) -> None:
        self.channel = 0
        atr = self.link.reset()
        if step.atr is not None:
            self._match(step.atr, atr, "the ATR")

    def _select(self, step: Select) -> None:
        """Each part of the path in turn; what is expected is held against the answer of the last."""
        uicc = Uicc(self.link, self.channel, trace=self._remember)
        try:
            uicc.select(step.path)
        except CardError:
            if step.expected.status is None or self._last is None:
                raise
        if self._last is not None:
            self._check(*self._last, step.expected)

    def _verify(self, step: Verify) -> None:
        if step.value.startswith("$"):
            name = step.value[1:]
            if name not in self.variables:
                raise ValueError(f"{step.value} is not set")
            value = self.variables[name]
        else:
            value = bytes.fromhex(step.value) if len(step.value) == 16 else pad_pin(step.value)
        command = CommandApdu(class_on_channel(0, self.channel), VERIFY, 0, step.reference, value)
        self._check(command, self._direct().transmit(command), step.expected)

    def _open(self, step: Open) -> None:
        command = CommandApdu(0, MANAGE_CHANNEL, 0, 0, b"", 1)
        response = self._direct().transmit(command)
        self._check(command, response, Expectation(None, Mask.parse("??")))
        self.variables[step.variable] = response.data
        self.channel = response.data[0]

    def _on(self, step: On) -> None:
        number = step.channel.fill(self.variables)
        if len(number) != 1:
            raise ValueError("the number of a channel is one byte")
        class_on_channel(0, number[0])
        self.channel = number[0]

    def _close(self, step: Close) -> None:
        command = CommandApdu(0, MANAGE_CHANNEL, 0x80, self.channel)
        self.channel = 0
        self._check(command, self._direct().transmit(command), Expectation())

    def _set(self, step: Set) -> None:
        self.variables[step.variable] = step.value.fill(self.variables)

    # What they share

    def _direct(self) -> Processor:
        return Trace(Direct(self.link), self._remember)

    def _remember(self, command: CommandApdu, response: ResponseApdu) -> None:
        self._last = command, response
        if self.trace:
            self.trace(command, response)

    def _check(self, command: CommandApdu, response: ResponseApdu, expected: Expectation) -> None:
        self._last = command, response
        sw = response.sw
        if expected.status is None:
            if not (sw.is_success or sw.is_warning):
                raise _Differs(f"the card answered {sw}, {sw.meaning}")
        elif not expected.status.matches(sw):
            raise _Differs(f"the card answered {sw}, {sw.meaning}, in place of {expected.status.text}")
        if expected.data is not None:
            self._match(expected.data, response.data, "the data")

    def _match(self, mask: Mask, data: bytes, what: str) -> None:
        try:
            self.variables.update(mask.match(data, self.variables))
        except ValueError as error:
            raise _Differs(f"{what} {data.hex().upper() or '(none)'}: {error}") from None


_ACTIONS: dict[type[Step], Callable[..., None]] = {
    Send: Runner._send,
    Reset: Runner._reset,
    Select: Runner._select,
    Verify: Runner._verify,
    Open: Runner._open,
    On: Runner._on,
    Close: Runner._close,
    Set: Runner._set,
}
