"""`esim smdp`: runs a test SM-DP+, prints the activation codes of its profiles, manages its orders."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, movable
from simulator.cli.smdp_store import DATABASE, PASSPHRASE, managed, named, open_store, read_passphrase

if TYPE_CHECKING:
    from simulator.cli.rsp import Order
    from simulator.smdp.metadata import ProfileMetadata


_METADATA = click.option(
    "--metadata",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="What the profiles say of themselves, as YAML (docs/profile-metadata.md).",
)


def _metadata(path: Path | None) -> ProfileMetadata | None:
    """The metadata that a file describes."""
    if path is None:
        return None
    from simulator.smdp.describe_metadata import load

    return load(path).metadata()


@click.group()
def command() -> None:
    """Run a test SM-DP+, and manage its orders."""


command.add_command(movable.movable)
command.add_command(movable.moves)


@command.command()
@click.option("--host", default="localhost", show_default=True, help="Where to listen.")
@click.option("--port", default=8443, show_default=True, help="TCP port; 0 takes one that is free.")
@click.option("--address", default="", help="SM-DP+ address in activation codes.  [default: HOST:PORT]")
@click.option(
    "--upp",
    "profiles",
    multiple=True,
    metavar="FILE|NAME",
    help="Profile package or description to serve; repeat it.",
)
@click.option("--matching-id", "matching_ids", multiple=True, metavar="ID", help="For each --upp in turn.")
@click.option("--confirmation-code", default="", metavar="CODE", help="Ask for this confirmation code.")
@_METADATA
@DATABASE
@PASSPHRASE
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes to serve with."
)
@click.option(
    "--management-token",
    envvar="ESIM_MANAGEMENT_TOKEN",
    default="",
    metavar="TOKEN",
    help="Serve the management API below /manage/v1 to who shows this token.",
)
@edge.PKI_FOLDER
@click.option(
    "--sgp22",
    "version",
    default=3,
    show_default=True,
    type=click.IntRange(2, 3),
    help="Version of SGP.22 that it follows.",
)
@click.option("--http", is_flag=True, help="Serve plain HTTP.")
def serve(
    host: str,
    port: int,
    address: str,
    profiles: tuple[str, ...],
    matching_ids: tuple[str, ...],
    confirmation_code: str,
    metadata: Path | None,
    db: str | None,
    passphrase_file: Path | None,
    workers: int,
    management_token: str,
    folder: Path | None,
    version: int,
    http: bool,
) -> None:
    """Serve profiles over ES9+ and ES2+ until interrupted, and print an activation code for each.

    \b
    esim smdp serve --upp test-operator --upp my.der --matching-id FIRST
    esim smdp serve --address testsmdpplus1.example.com --pki DIR --upp my.der
    esim smdp serve --workers 4 --db postgresql+psycopg://user@host/smdp

    Certificates are those of your own test PKI unless --pki names a folder. If the TLS certificate there
    is not for this address or has expired, a new one is issued under the folder's CI.
    """
    from simulator.cli import rsp
    from simulator.cli.profile import package_of

    if len(matching_ids) > len(profiles):
        raise click.UsageError("There are more --matching-id than --upp.")
    if workers > 1 and (port == 0 or db == "sqlite://"):
        raise click.UsageError("Several workers need a --port and a --db that they can share.")
    orders: list[Order] = [
        rsp.Order(package_of(profile), matching_id, confirmation_code, _metadata(metadata))
        for profile, matching_id in zip_longest(profiles, matching_ids)
    ]
    pki = edge.pki(folder)
    if not http:
        pki = edge.with_tls_for(pki, [host, *([address.partition(":")[0]] if address else [])])
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "address": address,
        "is_tls": not http,
        "management_token": management_token,
        "version": version,
    }
    serving = (
        rsp.serving(pki, orders, store=open_store(db, passphrase_file), **options)
        if workers == 1
        else rsp.serving_with_workers(
            pki, orders, lambda: open_store(db, passphrase_file), workers, **options
        )
    )
    with interruptible() as interrupted, serving as service:
        click.echo(f"SM-DP+ {service.address} listens at {service.url}; Ctrl-C ends it.")
        for source, code in zip(profiles, service.codes, strict=True):
            click.echo(f"{source}\n  {code}")
        if not service.codes:
            click.echo("It has no new orders: give it a profile with --upp.")
        interrupted.wait()


@command.command()
@click.argument("profiles", nargs=-1, required=True, metavar="FILE|NAME…")
@click.option("--owner", default="", metavar="OID", help="The operator who may order them.  [default: any]")
@click.option(
    "--rpm", "is_managed", is_flag=True, help="Let the owner manage them from afar (SGP.22 version 3)."
)
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Make a profile for each line of this table from the one given; see `esim profile personalise`.",
)
@_METADATA
@click.option(
    "--address",
    default="localhost:8443",
    show_default=True,
    metavar="HOST:PORT",
    help="The address that the server will have: eUICCs report there, and LPAs ask there for commands.",
)
@DATABASE
@PASSPHRASE
def stock(
    profiles: tuple[str, ...],
    owner: str,
    is_managed: bool,
    table: Path | None,
    metadata: Path | None,
    address: str,
    db: str | None,
    passphrase_file: Path | None,
) -> None:
    """Put profiles in stock, for an operator to order over ES2+."""
    from simulator.cli.profile import package_of
    from simulator.profile.personalise import Template, personalise

    packages = [(profile, package_of(profile)) for profile in profiles]
    if table is not None:
        if len(packages) != 1:
            raise click.UsageError("A --csv needs one profile to make the others from.")
        template = Template(packages[0][1])
        packages = [(str(table), package) for _, package in personalise(template, table)]
    described = _metadata(metadata)
    with managed(db, passphrase_file, address) as smdp:
        for profile, package in packages:
            try:
                iccid = smdp.add_profile(package, owner=owner, metadata=described, is_managed=is_managed)
            except ValueError as error:
                raise click.ClickException(f"{profile}: {error}.") from None
            click.echo(f"{iccid}  {profile}")


@command.command()
@DATABASE
@PASSPHRASE
def orders(db: str | None, passphrase_file: Path | None) -> None:
    """List orders and stock, with their states."""
    from rich.console import Console
    from rich.table import Table

    table = Table("order", "state", "ICCID", "profile type", "matching id", "EID", "attempts", box=None)
    with managed(db, passphrase_file) as smdp:
        found, managing = smdp.orders(), smdp.store.rpm_orders()
    for order in found:
        shown = (order.order_id, order.state.value, order.iccid, order.profile_type, order.matching_id)
        table.add_row(*shown, order.eid.hex(), str(order.attempts))
    console = Console(width=None if sys.stdout.isatty() else 200)
    if found:
        console.print(table)
    else:
        click.echo("There are no orders: esim smdp serve --upp … makes some.")
    if managing:
        rpm = Table("remote management", "state", "matching id", "EID", "operator", "done", "left", box=None)
        for one in managing:
            row = (one.order_id, one.state.value, one.matching_id, one.eid.hex(), one.owner)
            rpm.add_row(*row, str(one.done), str(len(one.commands)))
        console.print(rpm)


@command.command()
@click.argument("order")
@DATABASE
@PASSPHRASE
def release(order: str, db: str | None, passphrase_file: Path | None) -> None:
    """Let the profile of ORDER, an order or matching id, be downloaded; again after an error."""
    with managed(db, passphrase_file) as smdp, named(order):
        smdp.release_order(order)
    click.echo(f"{order} is released.")


@command.command()
@click.argument("order")
@click.option("--to-stock", is_flag=True, help="Put the profile back in stock.")
@DATABASE
@PASSPHRASE
def withdraw(order: str, to_stock: bool, db: str | None, passphrase_file: Path | None) -> None:
    """End ORDER, an order or matching id, so that nobody can download its profile."""
    with managed(db, passphrase_file) as smdp, named(order):
        smdp.withdraw_order(order, to_stock=to_stock)
    click.echo(f"{order} is {'in stock again' if to_stock else 'withdrawn'}.")


@command.command()
@click.argument("oid")
@click.option("--callback", default="", metavar="HOST:PORT", help="Where it hears how downloads go.")
@click.option(
    "--v3", "is_v3", is_flag=True, help="Tell it all that becomes of its profiles (HandleNotification)."
)
@DATABASE
@PASSPHRASE
def operator(oid: str, callback: str, is_v3: bool, db: str | None, passphrase_file: Path | None) -> None:
    """Make an operator known by the OID in its certificate."""
    with managed(db, passphrase_file) as smdp:
        smdp.add_operator(oid, callback, is_v3=is_v3)
    click.echo(
        f"Operator {oid} hears of downloads at {callback}." if callback else f"Operator {oid} is known."
    )


@command.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(0), help="How old is old.")
@DATABASE
@PASSPHRASE
def clean(days: int, db: str | None, passphrase_file: Path | None) -> None:
    """Forget old sessions and delivered messages; a running server does so by itself."""
    from datetime import timedelta

    from simulator.smdp.upkeep import tidy

    with managed(db, passphrase_file) as smdp:
        click.echo(f"{tidy(smdp, timedelta(days=days))} sessions and messages are forgotten.")


@command.command()
@click.argument("new_passphrase_file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@DATABASE
@PASSPHRASE
def passphrase(new_passphrase_file: Path, db: str | None, passphrase_file: Path | None) -> None:
    """Encrypt the keys in the database with the passphrase in a file; an empty file decrypts them. Stop the
    server first."""
    store = open_store(db, passphrase_file)
    store.change_passphrase(read_passphrase(new_passphrase_file))
    store.close()
    click.echo("The passphrase is changed.")


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, so that the server ends in good order."""
    interrupted = threading.Event()

    def interrupt(*_: Any) -> None:
        interrupted.set()

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
