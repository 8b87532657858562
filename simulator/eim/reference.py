"""Writes docs/reference/eim.md: the functions of ESipa, every error, and the states of a package.

python -m simulator.eim.reference > docs/reference/eim.md
"""

from __future__ import annotations

from collections.abc import Iterable

from asn1 import esipa
from asn1.binding import Member
from simulator.eim.errors import FURTHER_CODES
from simulator.eim.packages import DATA_TAGS
from simulator.eim.records import PACKAGE

_HEAD = """# The eIM, function by function

Made from the tables in `asn1/esipa.py` and `simulator/eim/`; do not edit. Clauses are those of GSMA SGP.32.
Members in brackets are optional; names are those of the JSON binding.
"""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join((_HEAD, _functions(), _errors(), _data(), _states()))


def _functions() -> str:
    rows = [
        (name, function.clause, _members(function.request), _members(function.response))
        for name, function in esipa.FUNCTIONS.items()
    ]
    return "## ESipa\n\n" + _table(("function", "clause", "request", "response"), rows)


def _members(members: Iterable[Member]) -> str:
    return ", ".join(f"[{m.name}]" if m.is_optional else m.name for m in members) or "–"


def _errors() -> str:
    rows = []
    for function, own in esipa.CODES.items():
        for name, code in esipa.error_codes(function).items():
            pairs = [own[name]] if name in own else []
            pairs += [pair for pair, further in FURTHER_CODES.get(function, {}).items() if further == name]
            told = ", ".join("/".join(pair) for pair in pairs)
            rows.append((function, str(code), name, told or ("any other" if code == 127 else "–")))
    head = ("function", "error", "name", "codes of the SM-DP+ or SM-DS, and of the JSON binding")
    return "## Errors of an indirect download\n\n" + _table(head, rows)


def _data() -> str:
    rows = [(name, f"{tag:X}") for name, tag in DATA_TAGS.items()]
    return "## What `esim eim data` can ask for\n\n" + _table(("member of IpaEuiccData", "tag"), rows)


def _states() -> str:
    rows = [
        (state.value, event.value, after.value)
        for state, steps in PACKAGE.items()
        for event, after in steps.items()
    ]
    return "## States of a package\n\n" + _table(("state", "event", "then"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
