"""`esim world`: the tables of the mobile world, filtered, each row with its source."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import output

if TYPE_CHECKING:
    from simulator.network.world import World
    from simulator.network.world.words import View

NAMES = ("countries", "operators", "agreements", "devices", "offers", "bands", "rates", "sources")
MANY = 200
"""Rows that are more than anybody reads."""


@click.command()
@click.argument("table", required=False, type=click.Choice(NAMES))
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option(
    "--country", metavar="KEY", help="Only rows about this country, such as th (esim world countries)."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--tables",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Read and check the tables in this folder instead.",
)
def command(
    table: str | None, keys: tuple[str, ...], country: str | None, as_json: bool, folder: Path | None
) -> None:
    """Show the mobile world: countries, operators, agreements, devices, offers.

    \b
    esim world
    esim world operators --country th
    esim world operators ais-th
    esim world agreements att-us --country jp
    esim world devices iphone
    esim world offers --country vn --json

    A KEY is that of a row, or part of a key or name. One row is shown whole, with its source. The tables, and
    what is simplified in them, are described in docs/reference/world.md.
    """
    from simulator.network.world import load, read
    from simulator.network.world.words import TABLES

    world = read(folder) if folder else load()
    if table is None:
        _overview(world, as_json)
        return
    view = TABLES[table]
    rows = _chosen(world, table, view, keys, country)
    if as_json:
        _print_json(rows)
    elif len(rows) == 1 and keys:
        _whole(world, *rows.popitem())
    else:
        _list(world, table, view, rows)


def _overview(world: World, as_json: bool) -> None:
    from simulator.network.world.words import TABLES

    counts = {name: len(TABLES[name].rows(world)) for name in NAMES}
    if as_json:
        output.write_json(counts)
        return
    _print(("table", "rows", "holds"), ((n, str(counts[n]), TABLES[n].holds) for n in NAMES))


def _chosen(
    world: World, table: str, view: View, keys: tuple[str, ...], country: str | None
) -> dict[str, Any]:
    """Rows that one of the keys names, and that are about the country."""
    rows = view.rows(world)
    if country is not None:
        world.country(country)
        if not any(view.countries(world, row) for row in rows.values()):
            raise click.UsageError(f"{table} are about no country; leave --country out.")
        rows = {key: row for key, row in rows.items() if country in view.countries(world, row)}
    if not keys:
        return rows
    found: dict[str, Any] = {}
    for wanted in keys:
        named = _named(rows, wanted)
        if not named:
            where = f" about {country}" if country else ""
            raise click.ClickException(
                f"there is no row {wanted!r} in {table}{where}; see `esim world {table}`."
            )
        found |= named
    return found


def _named(rows: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The row with this key; else those of a home operator; else those with this in key or name."""
    if wanted in rows:
        return {wanted: rows[wanted]}
    if of_home := {key: row for key, row in rows.items() if key.startswith(f"{wanted}/")}:
        return of_home
    part = wanted.lower()
    return {key: row for key, row in rows.items() if part in f"{key} {_name(row)}".lower()}


def _name(row: Any) -> str:
    """What a row is called by people."""
    words = (getattr(row, name, "") for name in ("maker", "model", "name", "name_zh", "title"))
    return " ".join(words)


def _list(world: World, table: str, view: View, rows: dict[str, Any]) -> None:
    if len(rows) > MANY:
        raise click.ClickException(
            f"these are {len(rows)} rows of {table}; name a KEY or a --country, or take --json."
        )
    columns = [column for column in view.columns if not column.wide]
    cells = [[column.cell(world, row) for column in columns] for row in rows.values()]
    used = [i for i in range(len(columns)) if any(row[i] for row in cells)]
    if not cells:
        click.echo("There are no such rows.")
        return
    _print([columns[i].title for i in used], ([row[i] for i in used] for row in cells))


def _print(titles: Any, rows: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*titles, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 200, markup=False, highlight=False).print(table)


def _whole(world: World, key: str, row: Any) -> None:
    """Every member of a row, and what its sources are."""
    from simulator.network.world.words import plain

    click.echo(key)
    named: list[str] = []
    members = sorted(plain(row).items(), key=lambda item: item[0].endswith("source"))
    for member, value in members:
        if value in ("", None, [], {}) or member == "key":
            continue
        _member(member, value)
        named += _sources(value, member)
    for source in dict.fromkeys(named):
        found = world.sources[source]
        click.echo(
            f"  [{source}] {found.title}" + (f" ({found.address}, {found.seen})" if found.address else "")
        )


def _member(name: str, value: Any) -> None:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        for item in value:
            click.echo(f"  {name}: " + ", ".join(f"{k} {_text(v)}" for k, v in item.items() if v))
    elif isinstance(value, dict):
        for key, item in value.items():
            click.echo(f"  {name} {key}: {_text(item)}")
    else:
        click.echo(f"  {name}: {_text(value)}")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _sources(value: Any, member: str) -> list[str]:
    """Keys of sources in a member of a row."""
    if member.endswith("source"):
        return [value]
    if isinstance(value, list):
        return [item["source"] for item in value if isinstance(item, dict) and "source" in item]
    return []


def _print_json(rows: dict[str, Any]) -> None:
    from simulator.network.world.words import plain

    output.write_json({key: plain(row) for key, row in rows.items()})
