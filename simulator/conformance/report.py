"""Reports of a run of checks: JUnit XML for CI, HTML for people, plain objects for programs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

from cards.trace import Exchange
from simulator.conformance.model import CheckResult, Verdict
from simulator.testing.trace import in_words


def apdus(result: CheckResult) -> list[str]:
    """What was said, a line each way."""
    return in_words(result.entries)


def as_object(result: CheckResult) -> dict[str, Any]:
    """One result with stable member names."""
    check = result.check
    return {
        "suite": check.suite,
        "title": check.title,
        "clause": check.clause,
        "verdict": result.verdict.value,
        "finding": result.finding or None,
        "milliseconds": round(result.seconds * 1000, 3),
        "apdus": [
            [entry.command.hex().upper(), entry.response.hex().upper()]
            for entry in result.entries
            if isinstance(entry, Exchange)
        ],
    }


def count(results: Sequence[CheckResult], verdict: Verdict) -> int:
    return sum(result.verdict is verdict for result in results)


def junit(results: Sequence[CheckResult], card: str) -> str:
    """JUnit XML: a test suite for each suite, a test case for each check."""
    root = ET.Element("testsuites", name=f"conformance of {card}")
    for name, group in groupby(results, key=lambda result: result.check.suite):
        rows = list(group)
        suite = ET.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(rows)),
            failures=str(count(rows, Verdict.FAILED)),
            skipped=str(count(rows, Verdict.SKIPPED)),
            time=f"{sum(row.seconds for row in rows):.3f}",
        )
        for row in rows:
            suite.append(_case(row))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(result: CheckResult) -> ET.Element:
    check = result.check
    case = ET.Element(
        "testcase",
        classname=f"conformance.{check.suite}",
        name=f"{check.title} ({check.clause})",
        time=f"{result.seconds:.3f}",
    )
    if result.verdict is Verdict.FAILED:
        failure = ET.SubElement(case, "failure", message=result.finding, type=check.clause)
        failure.text = "\n".join(apdus(result))
    elif result.verdict is Verdict.SKIPPED:
        ET.SubElement(case, "skipped", message=result.finding)
    return case


_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
td, th { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #8884; }
td:first-child { width: 5rem; font-weight: 600; } td.clause { white-space: nowrap; opacity: .8; }
.passed { color: #1a7f37; } .failed { color: #cf222e; } .skipped { color: #8a6d00; }
pre { overflow-x: auto; background: #8881; padding: .6rem; border-radius: .3rem; font-size: 13px; }
summary { cursor: pointer; opacity: .8; }
"""


def html(results: Sequence[CheckResult], card: str) -> str:
    """One page that needs nothing else: totals, a table for each suite, the APDUs of each check."""
    totals = ", ".join(f"{count(results, verdict)} {verdict.value}" for verdict in Verdict)
    body = [f"<h1>Conformance of {escape(card)}</h1><p>{totals}</p>"]
    for name, group in groupby(results, key=lambda result: result.check.suite):
        rows = "".join(_row(result) for result in group)
        body.append(
            f"<h2>{escape(name)}</h2><table><tr><th>Verdict</th><th>Check</th><th>Clause</th></tr>{rows}</table>"
        )
    head = f'<meta charset="utf-8"><title>Conformance of {escape(card)}</title><style>{_STYLE}</style>'
    return f"<!doctype html>\n<html lang='en'><head>{head}</head><body>{''.join(body)}</body></html>\n"


def _row(result: CheckResult) -> str:
    verdict = result.verdict.value
    finding = f"<div class='{verdict}'>{escape(result.finding)}</div>" if result.finding else ""
    said = escape("\n".join(apdus(result)))
    shown = " open" if result.verdict is Verdict.FAILED else ""
    trace = f"<details{shown}><summary>APDUs</summary><pre>{said}</pre></details>" if said else ""
    title, clause = escape(result.check.title), escape(result.check.clause)
    return (
        f"<tr><td class='{verdict}'>{verdict}</td><td>{title}{finding}{trace}</td>"
        f"<td class='clause'>{clause}</td></tr>"
    )
