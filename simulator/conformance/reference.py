"""The page of checks, made from them: docs/reference/conformance.md."""

from __future__ import annotations

from simulator.conformance.model import Check
from simulator.conformance.suite import SUITES, checks

_HEAD = """\
# Checks of cards

Made from the checks in `simulator/conformance/`; do not edit. `esim conform` runs them, see
[conformance](../conformance.md). Test cases are those of SGP.23 whose function a check is about.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for name, suite in SUITES.items():
        found = checks((name,))
        has_case = any(one.case for one in found)
        heads = ["check", "clause", *(["test case"] if has_case else []), "needs", "changes the card"]
        rows = [_row(cells) for cells in (heads, ["---"] * len(heads))]
        rows += [_row(_cells(one, has_case)) for one in found]
        parts.append("\n".join([f"\n## {name}: {suite.about}\n", *rows, ""]))
    return "".join(parts)


def _cells(check: Check, has_case: bool) -> list[str]:
    case = [check.case] if has_case else []
    change = "yes" if check.destructive else ""
    return [check.title, check.clause, *case, ", ".join(check.needs), change]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
