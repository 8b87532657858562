"""What the commands of `esim eim` share: the database, the eIM's keys, and EIDs as arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simulator.cli import edge, home

if TYPE_CHECKING:
    from simulator.eim import EimIdentity, EimStore
    from simulator.eim.orders import Orders

Function = TypeVar("Function", bound=Callable[..., Any])
SIGNING_NAME = "S_EIMsign_ECDSA_NIST"
"""As `esim pki issue eim` calls the file."""
DATABASE = click.option(
    "--db",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep devices and packages in this file.  [default: eim.db in the folder of the cards]",
)


def _eid(context: click.Context, parameter: click.Parameter, value: str) -> bytes:
    from simulator.cli.pki_issue import eid_of

    return eid_of(value)


def eid_argument(function: Function) -> Function:
    """The argument EID, handed over as 16 bytes."""
    return click.argument("eid", callback=_eid)(function)


def open_store(path: Path | None) -> EimStore:
    """The eIM's database: this file, or the one in the user's folder."""
    from simulator.eim import EimStore

    if path is None:
        home.home().mkdir(parents=True, exist_ok=True)
        path = home.home() / "eim.db"
    return EimStore(path)


def identity(folder: Path | None, address: str, eim_id: str) -> EimIdentity:
    """The eIM with the signing key that stands in the PKI, which is made when it is first wanted: eUICCs know
    it, so that it must not change."""
    from simulator.crypto.ecc import Curve
    from simulator.crypto.pki_files import load_item, save_item
    from simulator.eim import EimIdentity

    pki = edge.pki(folder)
    place = folder or home.pki_folder()
    kept = load_item(place, SIGNING_NAME, Curve.NIST_P256, {}, edge.pki_passphrase())
    own = EimIdentity.from_pki(
        pki,
        address,
        eim_id=eim_id,
        signing=kept if kept and kept.key else None,
        entropy=edge.entropy,
        now=edge.now(),
    )
    if own.signing is not kept:
        save_item(place, SIGNING_NAME, own.signing, edge.pki_passphrase())
    return own


@contextmanager
def managed(db: Path | None) -> Iterator[Orders]:
    """The eIM's records, to give orders and to look at; the server may run meanwhile."""
    from simulator.eim.orders import Orders

    with open_store(db) as store:
        yield Orders(store, entropy=edge.entropy, clock=edge.now)
