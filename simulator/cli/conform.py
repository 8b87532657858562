"""`esim conform`: holds a card to the clauses of its specifications, check by check."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import edge, home, named
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards import CardLink
    from simulator.conformance import Check, CheckResult
    from simulator.conformance.equipment import Equipment
    from simulator.conformance.known import Known

_REPORT = click.Path(dir_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ADDRESS = "conformance.example.com"
"""Of the server that checks play: nobody else's notifications wait for it."""


@click.command("conform")
@card_options()
@click.option(
    "--suite", "suites", multiple=True, metavar="SUITE", help="Only these; all of them if not given."
)
@click.option("--secrets", metavar="FILE", type=_FILE, help="PINs and keys of the card: a YAML file.")
@click.option("--list", "only_list", is_flag=True, is_eager=True, help="List the checks and run none.")
@click.option("--all", "show_all", is_flag=True, help="Show every check, not only those that failed.")
@click.option("--junit", type=_REPORT, help="Write JUnit XML here.")
@click.option("--html", type=_REPORT, help="Write a page here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a check.")
@edge.PKI_FOLDER
def command(
    which: Which,
    suites: tuple[str, ...],
    secrets: Path | None,
    only_list: bool,
    show_all: bool,
    junit: Path | None,
    html: Path | None,
    as_json: bool,
    folder: Path | None,
) -> int:
    """Check a card against the clauses of its specifications: TS 102 221, TS 31.102, SGP.22 …

    A simulated card is copied for each check, and stays as it is. Of a real one, checks that change it run
    only with --allow-changes. The exit status is 1 if a check failed.
    """
    from simulator.conformance import SUITES, Verdict, checks, report

    unknown = [suite for suite in suites if suite not in SUITES]
    if unknown:
        raise click.UsageError(f"there is no suite {unknown[0]!r}: they are {', '.join(SUITES)}")
    chosen = checks(suites or SUITES)
    if only_list:
        _list(chosen)
        return 0
    results: list[CheckResult] = []
    try:
        for result in _results(which, chosen, secrets, folder):
            results.append(result)
            if as_json:
                click.echo(json.dumps(report.as_object(result)))
            else:
                _progress(results, len(chosen))
    finally:  # a card that is gone leaves what was found until then
        stopped = f", stopped after {len(results)} of {len(chosen)} checks"
        title = which.title + (stopped if len(results) < len(chosen) else "")
        if junit:
            home.write_page(junit, report.junit(results, title, edge.now()).encode())
        if html:
            home.write_page(html, report.html(results, title, edge.now()).encode())
        if not as_json:
            _show(results, show_all)
    return 1 if report.count(results, Verdict.FAILED) else 0


def _results(
    which: Which, chosen: Sequence[Check], secrets: Path | None, folder: Path | None
) -> Iterator[CheckResult]:
    from simulator.conformance import conform

    may_change = bool(which.allowed) or not which.is_real
    known = _known(which, secrets)
    with _cards(which) as connect:
        yield from conform(connect, chosen, equipment=_equipment(folder), known=known, may_change=may_change)


@contextmanager
def _cards(which: Which) -> Iterator[Callable[[], CardLink]]:
    """What gives the card: a copy of a simulated one each time, a real one always the same."""
    if not which.is_real:
        yield which.copies()
        return
    from simulator.testing.sources import Lent

    with which.opened() as link:
        yield lambda: Lent(link)


def _known(which: Which, secrets: Path | None) -> Known:
    """What the file says, or a simulated card itself."""
    from simulator.conformance import known

    if secrets is not None:
        return known.load(secrets)
    if which.is_real or which.name is None:
        return known.NOTHING
    revived = named.revive(which.name, home.read_card(which.name))
    return known.of_card(revived.card.card if isinstance(revived, named.EuiccCard) else revived.card)


def _equipment(folder: Path | None) -> Equipment:
    from simulator.conformance.equipment import Equipment

    return Equipment(edge.pki(folder), ADDRESS, edge.entropy, edge.now)


def _list(chosen: Sequence[Check]) -> None:
    suite = ""
    for check in chosen:
        if check.suite != suite:
            suite = check.suite
            click.echo(click.style(suite, bold=True))
        click.echo(f"  {check.title} ({check.source})")


def _progress(results: Sequence[CheckResult], total: int) -> None:
    """How far it is, where a person looks on."""
    if sys.stderr.isatty():
        done = f"{len(results)} of {total}: {results[-1].check.suite}"
        end = "\r" + " " * len(done) + "\r" if len(results) == total else ""
        click.echo(f"\r{done:<40}{end}", err=True, nl=False)


_COLUMN = 21
"""How wide the column of a verdict is."""
_COLOURS = {"passed": "green", "failed": "red", "not applicable": "yellow", "skipped": "yellow"}


def _show(results: Sequence[CheckResult], show_all: bool) -> None:
    """What failed with its APDUs, why others did not run, then how many of each suite."""
    from simulator.conformance import Verdict, report

    for result in results:
        if result.verdict is Verdict.FAILED:
            _failure(result)
    if show_all:
        for result in results:
            _line(result)
        click.echo()
    for verdict in (Verdict.NOT_APPLICABLE, Verdict.SKIPPED):
        for reason, concerned in report.reasons(results, verdict).items():
            number = f"{len(concerned)} {verdict.value}"
            click.echo(f"{click.style(number, fg=_COLOURS[verdict.value])}: {reason}")
    _names_of_failures(results)
    click.echo()
    for name, rows in report.by_suite(results):
        click.echo(f"{name:<15}{_counted(rows)}")
    click.echo(report.totals(results))


def _names_of_failures(results: Sequence[CheckResult]) -> None:
    """Once more by name, where their APDUs have filled the screen."""
    from simulator.conformance import Verdict

    failed = [result.check for result in results if result.verdict is Verdict.FAILED]
    if len(failed) > 1:
        click.echo(f"{click.style(f'{len(failed)} failed', fg='red')}:")
        for check in failed:
            click.echo(f"  {check.suite}: {check.title}")


def _counted(rows: Sequence[CheckResult]) -> str:
    """A column for each verdict; those of which there are none stay empty."""
    from simulator.conformance import Verdict, report

    line, width = "", 0
    for column, verdict in enumerate(Verdict):
        if number := report.count(rows, verdict):
            text = f"{number:>4} {verdict.value}"
            line += " " * (_COLUMN * column - width) + click.style(text, fg=_COLOURS[verdict.value])
            width = _COLUMN * column + len(text)
    return line


def _line(result: CheckResult) -> None:
    word = result.verdict.value
    source = click.style(f"({result.check.source})", dim=True)
    click.echo(f"{click.style(f'{word:<16}', fg=_COLOURS[word])}{result.check.title} {source}")


def _failure(result: CheckResult) -> None:
    from simulator.conformance import report

    check = result.check
    click.echo(f"{click.style('failed', fg='red', bold=True)}  {check.suite}: {check.title}")
    click.echo(click.style(f"        {check.source}", dim=True))
    click.echo(f"        {result.finding}")
    said = report.apdus(result)
    if len(said) > _SHOWN:
        click.echo(click.style("          … what was said before is in --html and --json", dim=True))
    for line in said[-_SHOWN:]:
        click.echo(click.style(f"          {_LONG.sub(_shortened, line)}".rstrip(), dim=True))
    click.echo()


_SHOWN = 16
"""Lines of a failure's APDUs on the terminal: two for each exchange."""
_LONG = re.compile(r"[0-9A-F]{100,}")


def _shortened(found: re.Match[str]) -> str:
    """Beginning and end of an APDU that would fill many lines."""
    return f"{found[0][:60]}…{found[0][-20:]}"
