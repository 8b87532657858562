"""`esim eim`: runs a test eIM, and orders what its devices are to do (SGP.32)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from simulator.cli import edge, home
from simulator.cli.eim_orders import ORDERS
from simulator.cli.eim_records import RECORDS
from simulator.cli.eim_store import DATABASE, eid_argument, identity, managed, open_store
from simulator.cli.smdp import interruptible

DEFAULT_ADDRESS = "localhost:8447"
Function = TypeVar("Function", bound=Callable[..., Any])
_ADDRESS = click.option(
    "--address",
    default=DEFAULT_ADDRESS,
    show_default=True,
    metavar="HOST[:PORT]",
    help="Where devices find it.",
)
_EIM_ID = click.option("--eim-id", default="", help="By which eUICCs know it.  [default: the host]")


def _identity_options(function: Function) -> Function:
    return _ADDRESS(_EIM_ID(edge.PKI_FOLDER(function)))


@click.group()
def command() -> None:
    """Run a test eIM, and order what its devices do.

    \b
    esim eim config --out eim.der     what an eUICC must know of the eIM
    esim eim serve                    the eIM itself
    esim eim add EID                  a device that it manages
    esim eim enable EID ICCID         an order; the device fetches it
    esim eim results                  what became of it
    """


@command.command()
@click.option("--host", default="localhost", show_default=True, help="Where to listen.")
@click.option("--port", default=8447, show_default=True, help="TCP port; 0 takes one that is free.")
@_identity_options
@DATABASE
@click.option(
    "--ca", multiple=True, type=click.Path(path_type=Path, exists=True), help="Trust this TLS issuer."
)
@click.option("--insecure", is_flag=True, help="Accept any TLS certificate of an SM-DP+ or SM-DS.")
@click.option("--http", is_flag=True, help="Serve plain HTTP.")
def serve(
    host: str,
    port: int,
    address: str,
    eim_id: str,
    folder: Path | None,
    db: Path | None,
    ca: tuple[Path, ...],
    insecure: bool,
    http: bool,
) -> None:
    """Answer devices over ESipa until interrupted, in ASN.1 and in JSON.

    \b
    esim eim serve
    esim eim serve --port 9447 --address localhost:9447
    """
    from simulator.cli import servers
    from simulator.eim import Eim
    from simulator.eim.serve import running

    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    own = identity(folder, address, eim_id)
    with open_store(db) as store, servers.client(ca, folder, insecure=insecure) as es9:
        eim = Eim(own, store, entropy=edge.entropy, clock=edge.now, es9=es9)
        with interruptible() as interrupted, running(eim, host, port, is_tls=not http) as listening:
            click.echo(f"eIM {own.eim_id} listens at {listening.url}; Ctrl-C ends it.")
            interrupted.wait()


@command.command()
@_identity_options
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write DER to this file.")
@click.option("--token", is_flag=True, help="Have the eUICC make an association token.")
@click.option("--direct", is_flag=True, help="Devices download from the SM-DP+ themselves.")
@click.option("--counter", default=0, show_default=True, help="Of the last package that the eUICC has had.")
def config(
    address: str, eim_id: str, folder: Path | None, out: Path | None, token: bool, direct: bool, counter: int
) -> None:
    """Print what an eUICC must know of this eIM (EimConfigurationData), in hexadecimal.

    \b
    esim eim config --out eim.der

    An eUICC takes its first eIM by AddInitialEim, further ones by an addEim of one that it obeys.
    """
    from asn1 import iot

    own = identity(folder, address, eim_id)
    data = own.configuration(counter=counter, with_token=token, is_indirect=not direct)
    der = iot.encode("EimConfigurationData", data)
    if out is None:
        click.echo(der.hex().upper())
        return
    home.write_atomically(out, der)
    click.echo(f"Wrote {out}: eIM {own.eim_id} at {own.address}.")


@command.command()
@click.argument("eids", nargs=-1, required=True, metavar="EID…")
@click.option("--token", type=int, help="The association token that the eUICC gave for this eIM.")
@click.option("--counter", default=0, show_default=True, help="Of the last package that the eUICC has had.")
@DATABASE
def add(eids: tuple[str, ...], token: int | None, counter: int, db: Path | None) -> None:
    """Manage the eUICCs with these EIDs, 32 digits each. The first thing that each is asked is what it is."""
    from simulator.cli.pki_issue import eid_of

    octets = [eid_of(eid) for eid in eids]
    with managed(db) as eim:
        for eid in octets:
            eim.add_device(eid, counter=counter, association_token=token)
            click.echo(f"Device {eid.hex()} is managed.")


@command.command()
@eid_argument
@DATABASE
def remove(eid: bytes, db: Path | None) -> None:
    """Forget a device, its packages and notifications. Its eUICC goes on to obey this eIM."""
    with managed(db) as eim:
        eim.remove_device(eid)
    click.echo(f"Device {eid.hex()} is forgotten.")


for _command in (*ORDERS, *RECORDS):
    command.add_command(_command)
