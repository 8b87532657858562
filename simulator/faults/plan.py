"""What goes wrong, where and when: faults as data, in Python or as YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

_E = TypeVar("_E", bound=Enum)


class Party(Enum):
    """Which exchange a fault strikes: APDUs with the card, or messages with a server."""

    CARD = "card"
    SERVER = "server"


class Kind(Enum):
    """What happens to the message that a fault strikes."""

    DROP_REQUEST = "drop-request"
    """It is lost on its way: the other side never sees it."""
    DROP_RESPONSE = "drop-response"
    """The other side acts, but its answer is lost."""
    DUPLICATE = "duplicate"
    """It arrives twice; the second answer comes back."""
    REPLAY = "replay"
    """The message before it arrives once more first."""
    CORRUPT_REQUEST = "corrupt-request"
    CORRUPT_RESPONSE = "corrupt-response"
    """One byte is changed, see `Fault.byte`."""
    DELAY = "delay"
    """It waits, see `Fault.seconds`."""
    POWER_OFF_BEFORE = "power-off-before"
    POWER_OFF_AFTER = "power-off-after"
    """The card loses its power before or after the command; the LPA gets no answer."""
    RESTART = "restart"
    """The server is started anew before it gets the message."""
    WRONG_CERTIFICATE = "wrong-certificate"
    """The server's certificate in the answer is another one, see `Fault.certificate`."""
    OLD_ANSWER = "old-answer"
    """What the server answered to this function the time before, in another session, comes again."""


BOTH: Final = frozenset(
    {
        Kind.DROP_REQUEST,
        Kind.DROP_RESPONSE,
        Kind.DUPLICATE,
        Kind.REPLAY,
        Kind.CORRUPT_REQUEST,
        Kind.CORRUPT_RESPONSE,
        Kind.DELAY,
    }
)
KINDS: Final = {
    Party.CARD: BOTH | {Kind.POWER_OFF_BEFORE, Kind.POWER_OFF_AFTER},
    Party.SERVER: BOTH | {Kind.RESTART, Kind.WRONG_CERTIFICATE, Kind.OLD_ANSWER},
}
"""What can happen between whom."""


class FaultError(ValueError):
    """A plan is not usable; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. It strikes once: message `number` (from 1) of its party, or, with `function`, that one of
    the messages of this function, as ES9+ spells it."""

    party: Party
    kind: Kind
    number: int = 1
    function: str = ""
    byte: int = -1
    """Which byte of the message is changed, from its end if negative; its bits are inverted."""
    seconds: float = 0.0
    certificate: bytes = b""
    """DER; in a file, the path of it, counted from the plan's folder."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS[self.party]:
            raise FaultError(f"{self.kind.value} cannot happen to a {self.party.value}")
        if self.number < 1:
            raise FaultError("messages are numbered from 1")
        if self.function and self.party is Party.CARD:
            raise FaultError("APDUs are numbered, a function is one of a server")
        if (self.kind is Kind.WRONG_CERTIFICATE) != bool(self.certificate):
            raise FaultError("a certificate goes with wrong-certificate, and with nothing else")
        if self.seconds < 0:
            raise FaultError("seconds cannot be less than 0")

    def __str__(self) -> str:
        name = self.function or ("APDU" if self.party is Party.CARD else "message")
        return f"{self.kind.value} at {name} {self.number}"


@dataclass(slots=True)
class Plan:
    """Faults, and what has come of them."""

    faults: tuple[Fault, ...]
    struck: list[Fault] = field(default_factory=list)
    """Those that have happened, in order."""
    _seen: dict[tuple[Party, str], int] = field(default_factory=dict)

    def next(self, party: Party, function: str = "") -> list[Fault]:
        """Counts a message, and gives the faults that strike it."""
        for name in {"", function}:
            self._seen[party, name] = self._seen.get((party, name), 0) + 1
        found = [
            fault
            for fault in self.faults
            if fault.party is party
            and fault.function in ("", function)
            and self._seen[party, fault.function] == fault.number
        ]
        self.struck += found
        return found

    def count(self, party: Party) -> int:
        """How many messages have passed."""
        return self._seen.get((party, ""), 0)


def corrupted(data: bytes, byte: int) -> bytes:
    """The data with one byte inverted; what has no such byte stays as it is."""
    if not -len(data) <= byte < len(data):
        return data
    changed = bytearray(data)
    changed[byte] ^= 0xFF
    return bytes(changed)


def load_plan(path: Path) -> Plan:
    """A plan from a YAML list of faults, each with `party` and `kind`, and any of `number`, `function`,
    `byte`, `seconds`, `certificate`. FaultError names the file, the line and the reason."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise FaultError(f"{path}: {str(error).splitlines()[0]}") from None
    if not isinstance(node, yaml.SequenceNode):
        raise FaultError(f"{path}: a list of faults expected")
    faults = []
    for item in node.value:
        try:
            faults.append(_fault(yaml.safe_load(yaml.serialize(item)), path.parent))
        except FaultError as error:
            raise FaultError(f"{path}, line {item.start_mark.line + 1}: {error}") from None
    return Plan(tuple(faults))


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "number": (int,),
    "function": (str,),
    "byte": (int,),
    "seconds": (int, float),
    "certificate": (str,),
}


def _fault(value: Any, folder: Path) -> Fault:
    if not isinstance(value, dict):
        raise FaultError("a fault is a mapping with party and kind")
    given = dict(value)
    party, kind = (
        _choice(Party, "party", given.pop("party", None)),
        _choice(Kind, "kind", given.pop("kind", None)),
    )
    for name, setting in given.items():
        if name not in _TYPES:
            raise FaultError(f"there is no {name!r}; known are party, kind, {', '.join(_TYPES)}")
        if type(setting) not in _TYPES[name]:
            raise FaultError(f"{name}: {' or '.join(kind.__name__ for kind in _TYPES[name])} expected")
    if "certificate" in given:
        try:
            given["certificate"] = (folder / given["certificate"]).read_bytes()
        except OSError as error:
            raise FaultError(f"certificate: {error.filename}: {error.strerror}") from None
    return Fault(party, kind, **given)


def _choice(names: type[_E], what: str, value: Any) -> _E:
    try:
        return names(value)
    except ValueError:
        known = ", ".join(str(item.value) for item in names)
        raise FaultError(f"{what}: one of {known} expected, not {value!r}") from None
