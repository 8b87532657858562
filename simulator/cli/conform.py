"""`esim conform`: holds a card to the clauses of its specifications, check by check."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import edge, home
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards import CardLink
    from simulator.conformance import CheckResult
    from simulator.smdp.core import SmdpPlus

_REPORT = click.Path(dir_okay=False, path_type=Path)
ADDRESS = "testsmdpplus1.example.com"


@click.command("conform")
@card_options()
@click.option(
    "--suite", "suites", multiple=True, metavar="SUITE", help="Only these; all of them if not given."
)
@click.option("--list", "only_list", is_flag=True, is_eager=True, help="List the checks and run none.")
@click.option("--junit", type=_REPORT, help="Write JUnit XML here.")
@click.option("--html", type=_REPORT, help="Write a page here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a check.")
@edge.PKI_FOLDER
def command(
    which: Which,
    suites: tuple[str, ...],
    only_list: bool,
    junit: Path | None,
    html: Path | None,
    as_json: bool,
    folder: Path | None,
) -> int:
    """Check a card against the clauses of TS 102 221, TS 31.102 and SGP.22.

    A simulated card is copied for each check, and stays as it is. Of a real one, checks that change it run
    only with --allow-changes. The exit status is 1 if a check failed.
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
    with _cards(which) as connect:
        may_change = bool(which.allowed) or not which.is_real
        for result in conform(connect, chosen, server=_server(folder), may_change=may_change):
            results.append(result)
            if as_json:
                click.echo(json.dumps(report.as_object(result)))
            else:
                _show(result)
    if junit:
        home.write_atomically(junit, report.junit(results, which.title).encode())
    if html:
        home.write_atomically(html, report.html(results, which.title).encode())
    if not as_json:
        totals = (f"{report.count(results, verdict)} {verdict.value}" for verdict in Verdict)
        click.echo(", ".join(totals))
    return 1 if report.count(results, Verdict.FAILED) else 0


@contextmanager
def _cards(which: Which) -> Iterator[Callable[[], CardLink]]:
    """What gives the card: a copy of a simulated one each time, a real one always the same."""
    if not which.is_real:
        yield which.copies()
        return
    from simulator.testing.sources import Lent

    with which.opened() as link:
        yield lambda: Lent(link)


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
