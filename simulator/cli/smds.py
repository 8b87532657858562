"""`esim smds`: runs a test SM-DS."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from simulator.cli import edge, home
from simulator.cli.smdp import interruptible

DEFAULT_PORT = 8444


@click.group()
def command() -> None:
    """Run a test SM-DS."""


@command.command()
@click.option("--host", default="localhost", show_default=True, help="Where to listen.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="TCP port; 0 takes one that is free.")
@click.option("--address", default="", help="SM-DS address that LPAs know.  [default: HOST:PORT]")
@click.option("--oid", default="2.999.15", show_default=True, help="By which other servers know it.")
@click.option("--root", default="", metavar="HOST:PORT", help="The root SM-DS to forward events to.")
@click.option(
    "--db", metavar="URL", help="Keep events in this database.  [default: smds.db in the folder of the cards]"
)
@edge.PKI_FOLDER
@click.option("--http", is_flag=True, help="Serve plain HTTP.")
def serve(
    host: str, port: int, address: str, oid: str, root: str, db: str | None, folder: Path | None, http: bool
) -> None:
    """Tell LPAs which servers have something for their eUICC, until interrupted.

    \b
    esim smds serve
    esim smds serve --port 8445 --oid 2.999.16 --root localhost:8444

    Its certificates are issued anew under the CI of your own test PKI, or of the folder that --pki names.
    """
    from asn1 import es12
    from simulator.smdp.client import PeerClient
    from simulator.smdp.ds import DsIdentity, SmDs
    from simulator.smdp.ds.http import create_app
    from simulator.smdp.ds.sql import DsSqlStore
    from simulator.smdp.serve import running_application

    if db is None:
        home.home().mkdir(parents=True, exist_ok=True)
        db = f"sqlite:///{home.home() / 'smds.db'}"
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    identity = DsIdentity.from_pki(
        edge.pki(folder),
        address or f"{host}:{port}",
        oid=oid,
        aliases=[host],
        entropy=edge.entropy,
        now=edge.now(),
    )
    forward = (
        PeerClient(
            es12.BINDING,
            root,
            requester=oid,
            anchors=identity.anchors,
            tls=identity.tls,
            scheme="http" if http else "https",
        )
        if root
        else None
    )
    with DsSqlStore(db) as store, interruptible() as interrupted:
        ds = SmDs(identity, store, entropy=edge.entropy, clock=edge.now, root=forward)
        with running_application(
            ds, create_app(ds, meddler=edge.quirks()), host, port, is_tls=not http
        ) as listening:
            click.echo(f"SM-DS {ds.identity.address} listens at {listening.url}; Ctrl-C ends it.")
            interrupted.wait()
