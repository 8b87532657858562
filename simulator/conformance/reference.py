"""The page of checks, made from them: docs/reference/conformance.md."""

from __future__ import annotations

from simulator.conformance.suite import SUITES, checks

_HEAD = """\
# Checks of cards

Made from the checks in `simulator/conformance/`; do not edit. `esim conform` runs them, see
[conformance](../conformance.md).
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD]
    for name, about in SUITES.items():
        rows = [
            f"| {one.title} | {one.clause} | {', '.join(one.needs)} | {'yes' if one.destructive else ''} |"
            for one in checks((name,))
        ]
        head = "| check | clause | needs | changes the card |\n| --- | --- | --- | --- |"
        parts.append("\n".join([f"\n## {name}: {about}\n", head, *rows, ""]))
    return "".join(parts)


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
