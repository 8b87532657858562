"""`esim conform`: holds a card to the clauses of its specifications, check by check."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import edge, home, named

if TYPE_CHECKING:
    from cards import CardLink
    from simulator.conformance import CheckResult
    from simulator.smdp.core import SmdpPlus

_REPORT = click.Path(dir_okay=False, path_type=Path)
ADDRESS = "testsmdpplus1.example.com"


@click.command("conform")
@click.option("--card", "name", required=True, metavar="NAME", help="The card; see `esim card list`.")
@click.option(
    "--suite", "suites", multiple=True, metavar="SUITE", help="Only these; all of them if not given."
)
@click.option("--list", "only_list", is_flag=True, is_eager=True, help="List the checks and run none.")
@click.option("--junit", type=_REPORT, help="Write JUnit XML here.")
@click.option("--html", type=_REPORT, help="Write a page here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a check.")
@edge.PKI_FOLDER
def command(
    name: str,
    suites: tuple[str, ...],
    only_list: bool,
    junit: Path | None,
    html: Path | None,
    as_json: bool,
    folder: Path | None,
) -> int:
    """Check a card against the clauses of TS 102 221, TS 31.102 and SGP.22.

    A simulated card is copied for each check, and stays as it is. The exit status is 1 if a check failed.
    """
    from simulator.conformance import SUITES, Verdict, checks, conform, report

    unknown = [suite for suite in suites if suite not in SUITES]
    if unknown:
        raise click.UsageError(f"there is no suite {unknown[0]!r}: they are {', '.join(SUITES)}")
    chosen = checks(suites or SUITES)
    if only_list:
        for check in chosen:
            click.echo(f"{check.suite:<13}{check.title} ({check.clause})")
        return 0
    results = []
    for result in conform(_copies(name), chosen, server=_server(folder), may_change=True):
        results.append(result)
        if as_json:
            click.echo(json.dumps(report.as_object(result)))
        else:
            _show(result)
    if junit:
        home.write_atomically(junit, report.junit(results, name).encode())
    if html:
        home.write_atomically(html, report.html(results, name).encode())
    if not as_json:
        totals = (f"{report.count(results, verdict)} {verdict.value}" for verdict in Verdict)
        click.echo(", ".join(totals))
    return 1 if report.count(results, Verdict.FAILED) else 0


def _copies(name: str) -> Callable[[], CardLink]:
    from cards import InProcessLink

    stored = home.read_card(name)

    def connect() -> CardLink:
        return InProcessLink(named.with_quirks(named.revive(name, stored).end))

    return connect


def _server(folder: Path | None) -> Callable[[], SmdpPlus]:
    from simulator.smdp.core import SmdpPlus
    from simulator.smdp.identity import SmdpIdentity
    from simulator.smdp.store import MemoryStore

    identity = SmdpIdentity.from_pki(edge.pki(folder), ADDRESS)

    def make() -> SmdpPlus:
        return SmdpPlus(identity, MemoryStore(), entropy=edge.entropy, clock=edge.now)

    return make


_COLOURS = {"passed": "green", "failed": "red", "skipped": "yellow"}


def _show(result: CheckResult) -> None:
    from simulator.conformance import Verdict, report

    word = result.verdict.value
    title = f"{result.check.title} {click.style(f'({result.check.clause})', dim=True)}"
    click.echo(f"{click.style(f'{word:<8}', fg=_COLOURS[word])}{title}")
    if result.finding:
        click.echo(f"        {result.finding}")
    if result.verdict is Verdict.FAILED:
        for line in report.apdus(result):
            click.echo(click.style(f"          {line}", dim=True))
