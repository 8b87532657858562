"""Reports of a run of checks: JUnit XML for CI, HTML for people, plain objects for programs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from typing import Any

from cards.trace import Exchange
from simulator.conformance.model import CheckResult, Verdict
from simulator.conformance.suite import SUITES
from simulator.testing.trace import in_words

_NOT_RUN = (Verdict.NOT_APPLICABLE, Verdict.SKIPPED)


def apdus(result: CheckResult) -> list[str]:
    """What was said up to the finding, a line each way."""
    return in_words(result.until_finding)


def as_object(result: CheckResult) -> dict[str, Any]:
    """One result with stable member names."""
    check = result.check
    return {
        "suite": check.suite,
        "title": check.title,
        "clause": check.clause,
        "case": check.case or None,
        "verdict": result.verdict.value,
        "finding": result.finding or None,
        "milliseconds": round(result.seconds * 1000, 3),
        "apdus": [
            [entry.command.hex().upper(), entry.response.hex().upper()]
            for entry in result.until_finding
            if isinstance(entry, Exchange)
        ],
    }


def count(results: Sequence[CheckResult], verdict: Verdict) -> int:
    return sum(result.verdict is verdict for result in results)


def totals(results: Sequence[CheckResult]) -> str:
    """How many of each verdict, in words; passed and failed always."""
    always = (Verdict.PASSED, Verdict.FAILED)
    counts = [(verdict, count(results, verdict)) for verdict in Verdict]
    return ", ".join(f"{number} {verdict.value}" for verdict, number in counts if number or verdict in always)


def by_suite(results: Sequence[CheckResult]) -> Iterator[tuple[str, list[CheckResult]]]:
    """The results of each suite, in the order in which they came."""
    for name, group in groupby(results, key=lambda result: result.check.suite):
        yield name, list(group)


def reasons(results: Sequence[CheckResult], verdict: Verdict) -> dict[str, list[CheckResult]]:
    """Why checks did not run → those that did not."""
    found: dict[str, list[CheckResult]] = {}
    for result in results:
        if result.verdict is verdict:
            found.setdefault(result.finding, []).append(result)
    return found


# JUnit


def junit(results: Sequence[CheckResult], card: str, when: datetime) -> str:
    """JUnit XML: a test suite for each suite, a test case for each check; `when` they ran."""
    root = ET.Element("testsuites", {"name": f"conformance of {card}", **_counts(results)})
    stamp = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for name, rows in by_suite(results):
        suite = ET.SubElement(root, "testsuite", {"name": name, "timestamp": stamp, **_counts(rows)})
        for row in rows:
            suite.append(_case(row))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _counts(rows: Sequence[CheckResult]) -> dict[str, str]:
    return {
        "tests": str(len(rows)),
        "failures": str(count(rows, Verdict.FAILED)),
        "skipped": str(sum(count(rows, verdict) for verdict in _NOT_RUN)),
        "time": f"{sum(row.seconds for row in rows):.3f}",
    }


def _case(result: CheckResult) -> ET.Element:
    check = result.check
    case = ET.Element(
        "testcase",
        classname=f"conformance.{check.suite}",
        name=f"{check.title} ({check.source})",
        time=f"{result.seconds:.3f}",
    )
    if result.verdict is Verdict.FAILED:
        failure = ET.SubElement(case, "failure", message=result.finding, type=check.clause)
        failure.text = "\n".join(apdus(result))
    elif result.verdict in _NOT_RUN:
        ET.SubElement(case, "skipped", message=f"{result.verdict.value}: {result.finding}")
    return case


# HTML

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; table-layout: fixed; }
td, th { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #8884; }
th.verdict { width: 7.5rem; } td.verdict { font-weight: 600; white-space: nowrap; }
th.clause { width: 15rem; } td.clause { opacity: .8; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; } th.number { width: 7.5rem; }
.passed { color: #1a7f37; } .failed { color: #cf222e; } .skipped, .not-applicable { color: #8a6d00; }
@media (prefers-color-scheme: dark) {
  .passed { color: #3fb950; } .failed { color: #ff7b72; } .skipped, .not-applicable { color: #d29922; }
}
.none { opacity: .35; }
pre { white-space: pre-wrap; word-break: break-all; font-size: 12px;
background: #8881; padding: .6rem; border-radius: .3rem; }
@media (max-width: 45rem) {
  .checks tr:first-child { display: none; }
  .checks td { display: block; border-bottom: 0; padding: .1rem 0; }
  .checks td.clause { border-bottom: 1px solid #8884; padding-bottom: .6rem; }
  .number, th.number { width: 3.6rem; padding: .35rem .2rem; font-size: 12px; white-space: normal; }
}
summary { cursor: pointer; opacity: .8; } h2 { margin-top: 2.5rem; }
h2 small { font-weight: 400; opacity: .7; font-size: 1rem; }
"""


def html(results: Sequence[CheckResult], card: str, when: datetime) -> str:
    """One page that needs nothing else: totals of each suite, the checks that failed with their APDUs, then a
    table for each suite, the APDUs of each check to be unfolded."""
    title = escape(f"Conformance of {card}")
    failed = [result for result in results if result.verdict is Verdict.FAILED]
    stamp = when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    body = [f"<h1>{title}</h1><p>{stamp}: {totals(results)}</p>", _overview(results)]
    if failed:
        body.append(f"<h2>What failed</h2>{_table(failed, is_open=True)}")
    for name, rows in by_suite(results):
        about = f"<small>{escape(SUITES[name].about)}</small>" if name in SUITES else ""
        body.append(f"<h2 id='{escape(name)}'>{escape(name)} {about}</h2>{_table(rows)}")
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    return f"<!doctype html>\n<html lang='en'><head>{head}</head><body>{''.join(body)}</body></html>\n"


def _overview(results: Sequence[CheckResult]) -> str:
    heads = "".join(f"<th class='number'>{verdict.value}</th>" for verdict in Verdict)
    rows = []
    for name, group in by_suite(results):
        cells = "".join(_number(verdict, count(group, verdict)) for verdict in Verdict)
        rows.append(f"<tr><td><a href='#{escape(name)}'>{escape(name)}</a></td>{cells}</tr>")
    return f"<table><tr><th>Suite</th>{heads}</tr>{''.join(rows)}</table>"


def _number(verdict: Verdict, number: int) -> str:
    return f"<td class='number {_style(verdict) if number else 'none'}'>{number}</td>"


def _style(verdict: Verdict) -> str:
    return verdict.value.replace(" ", "-")


def _table(rows: Sequence[CheckResult], *, is_open: bool = False) -> str:
    head = "<tr><th class='verdict'>Verdict</th><th>Check</th><th class='clause'>Clause</th></tr>"
    return f"<table class='checks'>{head}{''.join(_row(row, is_open) for row in rows)}</table>"


def _row(result: CheckResult, is_open: bool) -> str:
    style = _style(result.verdict)
    finding = f"<div class='{style}'>{escape(result.finding)}</div>" if result.finding else ""
    said = escape("\n".join(apdus(result)))
    shown = " open" if is_open else ""
    trace = f"<details{shown}><summary>APDUs</summary><pre>{said}</pre></details>" if said else ""
    check = result.check
    suite = f"{escape(check.suite)}: " if is_open else ""
    source = escape(check.clause) + (f"<br>{escape(check.case)}" if check.case else "")
    return (
        f"<tr><td class='verdict {style}'>{result.verdict.value}</td>"
        f"<td>{suite}{escape(check.title)}{finding}{trace}</td><td class='clause'>{source}</td></tr>"
    )
