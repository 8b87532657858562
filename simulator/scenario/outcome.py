"""What a trip tells: statements that each stand on evidence, by leg and for the whole trip."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulator.network.journal import Event, Evidence
from simulator.scenario.evidence import as_object, event_as_object
from simulator.scenario.reasons import REASONS, Reason
from simulator.scenario.trip import OptionName


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that a trip says. `topic` is for programs: 'service', 'first byte', 'cost', 'problem' …"""

    topic: str
    text: str
    evidence: tuple[Evidence, ...]
    reason: str = ""
    """Of a problem: a key of `simulator.scenario.reasons.REASONS`."""

    @property
    def problem(self) -> Reason | None:
        """What went wrong, if it is a problem."""
        return REASONS[self.reason] if self.reason else None

    def as_object(self) -> dict[str, Any]:
        """JSON-able values."""
        found: dict[str, Any] = {"topic": self.topic, "text": self.text}
        if (problem := self.problem) is not None:
            found |= {"reason": problem.key, "term": problem.term, "clause": problem.where}
            found["advice"] = problem.advice
        return found | {"evidence": [as_object(one) for one in self.evidence]}


@dataclass(slots=True)
class LineService:
    """What one line had in a country."""

    line: str
    """'home line', or the name of what was bought."""
    network: str
    """Key of the operator; empty without service."""
    network_name: str = ""
    plmn: str = ""
    rat: str = ""
    band: str = ""
    mechanism: str = ""
    """How it came to service: 'home IMSI, roaming' …"""


@dataclass(slots=True)
class Leg:
    """A stay in a country abroad."""

    country: str
    begin: datetime
    end: datetime
    lines: list[LineService] = field(default_factory=list)
    data: LineService | None = None
    """The line that data went over; None: there were none."""
    first_byte: float | None = None
    """Minutes from arrival; None: never."""
    data_mb: int = 0
    wanted_mb: int = 0
    steps: list[str] = field(default_factory=list)
    """Keys of manual steps, in order."""
    cost: Decimal = Decimal(0)
    calls: bool | None = None
    """Whether a call got through; None: not tried."""
    messages: bool | None = None
    emergency: bool | None = None
    home_number: bool = False
    """Whether the home number could be reached."""
    statements: list[Statement] = field(default_factory=list)

    @property
    def problems(self) -> list[Statement]:
        return [statement for statement in self.statements if statement.reason]

    def as_object(self) -> dict[str, Any]:
        """JSON-able values."""
        return {
            "country": self.country,
            "begin": self.begin.isoformat(),
            "end": self.end.isoformat(),
            "lines": [_line(line) for line in self.lines],
            "data_line": _line(self.data) if self.data else None,
            "minutes_until_first_byte": self.first_byte,
            "data_mb": self.data_mb,
            "wanted_mb": self.wanted_mb,
            "manual_steps": list(self.steps),
            "cost": str(self.cost),
            "calls": self.calls,
            "messages": self.messages,
            "emergency_call": self.emergency,
            "home_number_reachable": self.home_number,
            "statements": [statement.as_object() for statement in self.statements],
        }


def _line(line: LineService) -> dict[str, str]:
    return {name: getattr(line, name) for name in line.__slots__}


@dataclass(slots=True)
class Outcome:
    """What came of a trip with one option."""

    option: OptionName
    device: str
    """Key of the device."""
    currency: str
    title: str = ""
    """What to call it: the option, and what tells it from another one of the same trip."""
    offers: list[str] = field(default_factory=list)
    """Keys of what was bought, each as often as it was bought."""
    before: list[str] = field(default_factory=list)
    """Manual steps before leaving."""
    after: list[str] = field(default_factory=list)
    """Manual steps after coming home."""
    cost: Decimal = Decimal(0)
    legs: list[Leg] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    """Those that are about no leg."""
    events: list[Event] = field(default_factory=list)

    @property
    def manual_steps(self) -> int:
        """How many there were in all."""
        return len(self.before) + len(self.after) + sum(len(leg.steps) for leg in self.legs)

    @property
    def first_byte(self) -> float | None:
        """Minutes until the first byte where it took longest; None if it never came in one of the legs."""
        times = [leg.first_byte for leg in self.legs]
        return None if None in times or not times else max(time for time in times if time is not None)

    @property
    def works(self) -> bool:
        """Whether there were data in every country."""
        return bool(self.legs) and all(leg.data is not None for leg in self.legs)

    @property
    def home_number(self) -> bool:
        """Whether the home number could be reached in every country."""
        return bool(self.legs) and all(leg.home_number for leg in self.legs)

    @property
    def all_statements(self) -> list[Statement]:
        return [*self.statements, *(one for leg in self.legs for one in leg.statements)]

    @property
    def problems(self) -> list[Statement]:
        return [statement for statement in self.all_statements if statement.reason]

    @property
    def reasons(self) -> list[str]:
        """Keys of what went wrong, each once."""
        return list(dict.fromkeys(statement.reason for statement in self.problems))

    def as_object(self, *, events: bool = True) -> dict[str, Any]:
        """JSON-able values; the journal with them if `events`."""
        found: dict[str, Any] = {
            "option": self.option.value,
            "title": self.title,
            "device": self.device,
            "works": self.works,
            "offers": list(self.offers),
            "manual_steps": self.manual_steps,
            "steps_before": list(self.before),
            "steps_after": list(self.after),
            "minutes_until_first_byte": self.first_byte,
            "cost": str(self.cost),
            "currency": self.currency,
            "home_number_reachable": self.home_number,
            "problems": self.reasons,
            "legs": [leg.as_object() for leg in self.legs],
            "statements": [statement.as_object() for statement in self.statements],
        }
        return found | ({"events": [event_as_object(event) for event in self.events]} if events else {})
