"""The database of the test SM-DP+, as the commands of `esim smdp` open it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import edge, home

if TYPE_CHECKING:
    from simulator.smdp import SmdpPlus
    from simulator.smdp.sql import SqlStore

DATABASE = click.option(
    "--db",
    metavar="URL",
    help="The database, such as sqlite:///orders.db or postgresql+psycopg://user@host/name; sqlite:// is in "
    "memory.  [default: smdp.db in the folder of the cards]",
)
PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The keys in the database are encrypted with the passphrase in this file, or in $ESIM_PASSPHRASE.",
)


@contextmanager
def managed(db: str | None, passphrase_file: Path | None, address: str = "") -> Iterator[SmdpPlus]:
    """The server on its database, to be asked and changed without being served; `address` is what profiles
    call it."""
    from simulator.cli import rsp

    store = open_store(db, passphrase_file)
    try:
        yield rsp.server(edge.pki(), address or rsp.LOOPBACK, store)
    finally:
        store.close()


@contextmanager
def named(order: str) -> Iterator[None]:
    """Turns what a server says of an order that is not there, or in another state, into a sentence."""
    try:
        yield
    except KeyError:
        raise click.ClickException(f"there is no order {order}; see `esim smdp orders`.") from None
    except ValueError as error:
        raise click.ClickException(f"{error}.") from None


def read_passphrase(path: Path | None) -> str:
    """The passphrase in the file, else in the environment; empty for none."""
    if path is None:
        return os.environ.get("ESIM_PASSPHRASE", "")
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def open_store(url: str | None, passphrase_file: Path | None = None) -> SqlStore:
    """The server's database: at this URL, or in the user's folder."""
    if url is None:
        home.home().mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{home.home() / 'smdp.db'}"
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from simulator.smdp.sql import SqlStore

    try:
        return SqlStore(url, read_passphrase(passphrase_file))
    except ArgumentError:
        raise click.UsageError(f"{url!r} is no database URL; write sqlite:///FILE for a file.") from None
    except (SQLAlchemyError, ImportError) as error:
        reason = getattr(error, "orig", None) or error
        raise click.ClickException(f"the database {url} cannot be used: {reason}.") from None
