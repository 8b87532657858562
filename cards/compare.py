"""One script on two cards: where they differ, by what the bytes mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, NamedTuple

from cards.explain import Explainer, Field
from cards.link import CardLink
from cards.protection import Protected
from cards.script import Runner, Script, StepResult
from cards.script.model import Section, Step
from cards.trace import Entry, TracedLink

ANEW: Final = {
    "challenge": "TS 102 221 §11.1.18",
    "resume token": "TS 102 221 §11.1.22",
    "ephemeral public key": "TS 33.501 §C.3.2",
    "enciphered MSIN": "TS 33.501 §C.3.2",
    "MAC of the SUCI": "TS 33.501 §C.3.2",
    "concealed NAI": "TS 33.501 §C.3.2",
    "card challenge": "GP Card Specification §E.5.1, Amendment D §7.1.1",
    "card cryptogram": "GP Card Specification §E.5.1, Amendment D §7.1.1",
    "euiccChallenge": "SGP.22 §5.7.7",
    "euiccOtpk": "SGP.22 §5.7.5",
    "euiccSignature1": "SGP.22 §5.7.13",
    "euiccSignature2": "SGP.22 §5.7.5",
    "euiccCancelSessionSignature": "SGP.22 §5.7.14",
    "euiccNotificationSignature": "SGP.22 §2.5.6",
    "euiccSignPIR": "SGP.22 §2.5.6",
    "euiccSignature3": "SGP.22 v3 §5.7",
    "euiccSignRPR": "SGP.22 v3 §5.7",
    "euiccSignEPR": "SGP.32 §2.11",
    "euiccSignEPE": "SGP.32 §2.11",
}
"""Fields that a card makes anew each time, challenges, keys for one use and what is computed with them, and
the clause that has it so. No card says the same twice here: only their lengths are compared."""


class FieldDifference(NamedTuple):
    """A thing that the two cards say differently; empty where one does not say it."""

    name: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A step that was run on both cards."""

    section: Section
    step: Step
    left: str
    """What became of it: the status word in words, or why there is none."""
    right: str
    fields: tuple[FieldDifference, ...] = ()
    is_withheld: bool = False
    """Whether the step was kept from the cards, for it could change them."""

    @property
    def differs(self) -> bool:
        return self.left != self.right or bool(self.fields)


class _Side:
    """A card, what runs on it, and what its answers mean."""

    def __init__(self, link: CardLink) -> None:
        # The time does not matter here: two cards are compared by what they say.
        self._runner = Runner(TracedLink(link, (self,), clock=float, timer=float))
        self._explainer = Explainer()
        self._fields: tuple[Field, ...] = ()
        link.reset()

    def take(self, entry: Entry, /) -> None:
        self._fields = self._explainer.entry(entry).answer

    def close(self) -> None:
        """The caller closes the link."""

    def run(self, step: Step) -> tuple[StepResult, tuple[Field, ...]]:
        """The step, whatever it expects; what it captures is known to later steps."""
        self._fields = ()
        return self._runner.run_step(step), self._fields


def compare(script: Script, left: CardLink, right: CardLink) -> Iterator[Comparison]:
    """Run every step on both cards, each of which is reset before. What the script expects does not matter;
    what it captures comes from each card for itself. A section ends before a step that a `ProtectedLink`
    keeps from a card; protect both of them or none. LinkError if a card is gone."""
    sides = _Side(left), _Side(right)
    for section in script.sections:
        for step in section.steps:
            try:
                found = _on_both(section, step, sides)
            except Protected as error:
                yield Comparison(section, step, str(error), str(error), is_withheld=True)
                break
            yield found


def _on_both(section: Section, step: Step, sides: tuple[_Side, _Side]) -> Comparison:
    (one, fields), (other, other_fields) = (side.run(step) for side in sides)
    left, right = _outcome(one), _outcome(other)
    # Where one card refuses, what the other one says has nothing to be compared with.
    found = differences(fields, other_fields) if left == right else ()
    return Comparison(section, step, left, right, tuple(found))


def _outcome(result: StepResult) -> str:
    if result.response is None:
        return result.problem
    sw = result.response.sw
    return f"{sw}, {sw.meaning}"


def differences(left: Iterable[Field], right: Iterable[Field]) -> Iterator[FieldDifference]:
    """Leaves of the two trees that differ, by the names that lead to them; status words are left out."""
    one, other = (list(_leaves(fields)) for fields in (left, right))
    names = dict.fromkeys(name for name, _ in (*one, *other))
    for name in names:
        values = [[value for key, value in side if key == name] for side in (one, other)]
        for first, second in zip_longest(*values, fillvalue=""):
            if first != second:
                yield FieldDifference(name, first, second)


def _leaves(fields: Iterable[Field], above: str = "") -> Iterator[tuple[str, str]]:
    for field in fields:
        name = f"{above} / {field.name}" if above else field.name
        if field.children:
            yield from _leaves(field.children, name)
        elif field.name != "status word":
            is_anew = field.name.partition(" (")[0] in ANEW
            yield name, f"{field.length} bytes, new each time" if is_anew else field.value
