"""What a visitor does with a trip: choose or change one, run it with every option, walk through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulator.network.errors import NetworkError
from simulator.network.world import World
from simulator.profile.describe import DescriptionError
from simulator.scenario import engine
from simulator.scenario import trip as trips
from simulator.scenario.errors import ScenarioError
from simulator.scenario.outcome import Leg, Outcome
from simulator.scenario.trip import Trip
from simulator.web.travel.form import OWN, TripForm
from simulator.web.travel.steps import Step, leg_at, steps_of

OWN_NAME: Final = ""
"""The name of the visitor's own trip."""


class TripDesk:
    """`chosen` is the option that is looked at, `step` where in its journey."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.name = OWN_NAME
        self.problem = ""
        """Why the trip cannot be read or run; a sentence."""
        self.trip: Trip
        self.form: TripForm
        self.outcomes: list[Outcome] = []
        self.chosen = 0
        self.step = 0
        self.against: int | None = None
        """The option that the chosen one is compared with; None: the first other one."""
        self._titles: dict[str, str] = {}
        self._steps: dict[int, list[Step]] = {}
        names = self.names()
        self.choose(names[0] if names else OWN_NAME)

    @staticmethod
    def names() -> list[str]:
        """The trips that come along."""
        return sorted(trips.shipped())

    def title(self, name: str) -> str:
        """What a trip that comes along calls itself."""
        if name not in self._titles:
            self._titles[name] = trips.load(name, self.world).name
        return self._titles[name]

    def choose(self, name: str) -> None:
        """Take a trip that comes along, or begin one of one's own; it is run at once."""
        self.name = name
        self.use(OWN if name == OWN_NAME else trips.shipped()[name])

    def use(self, text: str) -> None:
        """Take a trip's text; `problem` says why it is none, and the trip before stays."""
        try:
            self.trip = trips.parse(text, self.world, "trip")
        except DescriptionError as error:
            self.problem = _sentence(str(error))
            return
        self.form = TripForm(self.trip, self.world)
        self.run()

    def change(self, edit: Callable[[TripForm], None]) -> None:
        """Change the form; the trip is read and run when `travel` is called."""
        try:
            edit(self.form)
            self.problem = ""
        except (ValueError, KeyError, IndexError) as error:
            self.problem = _sentence(str(error))

    def travel(self) -> None:
        """Read the form and run it."""
        self.name = OWN_NAME
        form = self.form
        self.use(form.text)
        if self.problem:
            self.form = form

    def run(self) -> None:
        """Run every option of the trip."""
        self.problem, self.outcomes, self._steps = "", [], {}
        try:
            self.outcomes = engine.compare(self.trip, self.world)
        except (ScenarioError, NetworkError) as error:
            self.problem = _sentence(str(error))
        works = [number for number, outcome in enumerate(self.outcomes) if outcome.works]
        self.chosen, self.step, self.against = (works[-1] if works else 0), 0, None

    def look_at(self, option: int) -> None:
        """Another option, at the stop where one was."""
        stop = self.current.stop if self.current else 0
        self.chosen = min(max(option, 0), max(len(self.outcomes) - 1, 0))
        self.step = next((step.number for step in self.steps if step.stop == stop), 0)

    def go(self, step: int) -> None:
        """Another step of the journey; before the first and after the last there is none."""
        self.step = min(max(step, 0), max(len(self.steps) - 1, 0))

    @property
    def outcome(self) -> Outcome | None:
        return self.outcomes[self.chosen] if self.outcomes else None

    @property
    def compared(self) -> int:
        """The option that the chosen one is compared with."""
        if self.against is not None and self.against < len(self.outcomes):
            return self.against
        return next((n for n in range(len(self.outcomes)) if n != self.chosen), 0)

    @property
    def steps(self) -> list[Step]:
        """Of the option that is looked at."""
        if self.outcome is None:
            return []
        if self.chosen not in self._steps:
            self._steps[self.chosen] = steps_of(self.outcome)
        return self._steps[self.chosen]

    @property
    def current(self) -> Step | None:
        return self.steps[self.step] if self.steps else None

    @property
    def leg(self) -> Leg | None:
        """The stay abroad at the current step."""
        if self.outcome is None or self.current is None:
            return None
        return leg_at(self.trip, self.outcome, self.current.stop)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
