"""`esim smdp`: runs a test SM-DP+ and prints the activation codes of its profiles."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, home

if TYPE_CHECKING:
    from simulator.cli.rsp import Order
    from simulator.smdp import Store


@click.group()
def command() -> None:
    """Run a test SM-DP+."""


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
@click.option(
    "--db",
    metavar="URL",
    help="Keep orders in this database, such as sqlite:///orders.db; sqlite:// is in memory.  "
    "[default: smdp.db in the folder of the cards]",
)
@edge.PKI_FOLDER
@click.option("--http", is_flag=True, help="Serve plain HTTP.")
def serve(
    host: str,
    port: int,
    address: str,
    profiles: tuple[str, ...],
    matching_ids: tuple[str, ...],
    confirmation_code: str,
    db: str | None,
    folder: Path | None,
    http: bool,
) -> None:
    """Serve profiles over ES9+ until interrupted, and print an activation code for each.

    \b
    esim smdp serve --upp test-operator --upp my.der --matching-id FIRST
    esim smdp serve --address testsmdpplus1.example.com --pki DIR --upp my.der

    Certificates are those of your own test PKI unless --pki names a folder. If the TLS certificate there
    is not for this address or has expired, a new one is issued under the folder's CI.
    """
    from simulator.cli import rsp
    from simulator.cli.profile import package_of

    if len(matching_ids) > len(profiles):
        raise click.UsageError("There are more --matching-id than --upp.")
    orders: list[Order] = [
        rsp.Order(package_of(profile), matching_id, confirmation_code)
        for profile, matching_id in zip_longest(profiles, matching_ids)
    ]
    pki = edge.pki(folder)
    if not http:
        pki = edge.with_tls_for(pki, [host, *([address.partition(":")[0]] if address else [])])
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    with (
        _interruptible() as interrupted,
        rsp.serving(
            pki, orders, host=host, port=port, address=address, store=_store(db), is_tls=not http
        ) as service,
    ):
        click.echo(f"SM-DP+ {service.address} listens at {service.url}; Ctrl-C ends it.")
        for source, code in zip(profiles, service.codes, strict=True):
            click.echo(f"{source}\n  {code}")
        if not service.codes:
            click.echo("It has no new orders: give it a profile with --upp.")
        interrupted.wait()


def _store(url: str | None) -> Store:
    if url is None:
        home.home().mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{home.home() / 'smdp.db'}"
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from simulator.smdp.sql import SqlStore

    try:
        return SqlStore(url)
    except ArgumentError:
        raise click.UsageError(f"{url!r} is no database URL; write sqlite:///FILE for a file.") from None
    except (SQLAlchemyError, ImportError) as error:
        reason = getattr(error, "orig", None) or error
        raise click.ClickException(f"the database {url} cannot be used: {reason}.") from None


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
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
