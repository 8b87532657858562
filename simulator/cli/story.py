"""Tells a download as a story on the terminal: each step in words, with its messages, bytes and time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from simulator.cli.reading import state_of
from simulator.lpa.words import STEPS

if TYPE_CHECKING:
    from cards import Isdr
    from simulator.cli.reading import Identity
    from simulator.lpa import Progress
    from simulator.lpa.profiles import InstalledProfile


@dataclass(frozen=True, slots=True)
class Step:
    """One function that was done: messages, APDUs (0 for the server's), bytes and seconds."""

    interface: str
    function: str
    request: str
    response: str
    apdus: int
    sent: int
    received: int
    seconds: float
    error: str = ""

    def as_data(self) -> dict[str, Any]:
        """JSON-able values, times in milliseconds."""
        data = asdict(self)
        data["milliseconds"] = round(data.pop("seconds") * 1e3, 3)
        return data


class Recorder:
    """Takes the progress of an LPA, times it, and hands each finished step on."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._since = time.perf_counter()

    def start(self) -> None:
        """The next step begins now."""
        self._since = time.perf_counter()

    def resume(self) -> None:
        """The next step begins now: what passed since the last was someone's time to think."""
        self._since = time.perf_counter()

    def progress(self, progress: Progress) -> None:
        """What the LPA reports."""
        if progress.segment:
            return
        done = progress
        now = time.perf_counter()
        self.add(Step(*done.exchange, done.apdus, done.sent, done.received, now - self._since, done.error))
        self._since = time.perf_counter()

    def add(self, step: Step) -> None:
        self.steps.append(step)

    @contextmanager
    def watched(self, isdr: Isdr, interface: str, function: str) -> Iterator[None]:
        """Counts what a block exchanges with the card as one step."""
        meter, begin = isdr.meter, time.perf_counter()
        before = meter.apdus, meter.sent, meter.received
        yield
        apdus, sent, received = (
            after - past
            for after, past in zip((meter.apdus, meter.sent, meter.received), before, strict=True)
        )
        request, response = f"{function}Request", f"{function}Response"
        seconds = time.perf_counter() - begin
        self.add(Step(interface, function, request, response, apdus, sent, received, seconds))
        self._since = time.perf_counter()


class Story(Recorder):
    """Prints chapters, and each step as it is done. Fits 80 columns."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__()
        self.console = console or Console(highlight=False)

    def chapter(self, title: str) -> None:
        self.console.print(f"\n[bold cyan]{escape(title)}[/bold cyan]")

    def say(self, text: str, indent: int = 2, style: str = "") -> None:
        """A sentence, indented also where it wraps."""
        self.console.print(Padding(Text(text, style), (0, 0, 0, indent), expand=False))

    def fact(self, name: str, value: str) -> None:
        self.console.print(f"  {escape(name):<8}[bold]{escape(value)}[/bold]", soft_wrap=True)

    def offer(self, line: str) -> None:
        """A line about the profile that a server offers."""
        self.say(line, 8, "yellow")

    def identity(self, identity: Identity) -> None:
        """What a terminal reads from the card."""
        self.fact("ICCID", identity.iccid or "none")
        self.fact("IMSI", identity.imsi or "none")
        if identity.why:
            self.say(identity.why, style="dim")

    def profiles(self, profiles: Iterable[InstalledProfile]) -> None:
        """The profile list, as GetProfilesInfo gives it."""
        rows = list(profiles)
        if not rows:
            self.say("The profile list is empty.")
        for profile in rows:
            colour = "green" if profile.is_enabled else "yellow"
            state = state_of(profile)
            title = f"{profile.label} ({profile.service_provider})"
            self.console.print(f"  {profile.iccid}  [{colour}]{state}[/{colour}]", end="")
            fits = len(f"  {profile.iccid}  {state}  {title}") <= self.console.width
            self.console.print(f"  {escape(title)}" if fits else f"\n  {escape(title)}")

    def start(self) -> None:
        """The first step follows: say what its figures are."""
        super().start()
        self.console.print(f"\n[dim]{'bytes to and from card or server':>66}[/dim]")

    def add(self, step: Step) -> None:
        super().add(step)
        colour = "magenta" if step.interface == "ES9+" else "blue"
        apdus = f"{step.apdus} APDUs" if step.apdus else "HTTPS"
        self.console.print(
            f"  [{colour}]{step.interface:<6}[/{colour}][bold]{step.function:<28}[/bold]{apdus:>9}"
            f"{step.sent:>8,} →{step.received:>7,} ← {step.seconds * 1e3:>6.1f} ms"
        )
        arrow = f" → {step.response}" if step.response else ""
        self.say(step.request + arrow, 8, "dim")
        if step.error:
            self.say("failed", 8, "red")
        elif words := STEPS.get(step.function):
            self.say(words, 8)
