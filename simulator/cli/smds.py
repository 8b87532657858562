"""`esim smds`: runs a test SM-DS, lists and deletes its events."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import edge, home, output
from simulator.cli.smdp import interruptible

if TYPE_CHECKING:
    from simulator.smdp.ds.sql import DsSqlStore

DEFAULT_PORT = 8444


@click.group()
def command() -> None:
    """Run a test SM-DS, and manage its events."""


_DATABASE = click.option(
    "--db", metavar="URL", help="Keep events in this database.  [default: smds.db in the folder of the cards]"
)


@command.command()
@click.option("--host", default="localhost", show_default=True, help="Where to listen.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="TCP port; 0 takes one that is free.")
@click.option("--address", default="", help="SM-DS address that LPAs know.  [default: HOST:PORT]")
@click.option("--oid", default="2.999.15", show_default=True, help="By which other servers know it.")
@click.option("--root", default="", metavar="HOST:PORT", help="The root SM-DS to forward events to.")
@click.option(
    "--push",
    "push_services",
    multiple=True,
    metavar="OID=URL",
    help="Offer this push service: a new event is told to the URL, with the LPA's token.",
)
@_DATABASE
@edge.PKI_FOLDER
@click.option("--http", is_flag=True, help="Serve plain HTTP.")
def serve(
    host: str,
    port: int,
    address: str,
    oid: str,
    root: str,
    push_services: tuple[str, ...],
    db: str | None,
    folder: Path | None,
    http: bool,
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
    from simulator.smdp.ds.push_client import PushClients
    from simulator.smdp.serve import running_application
    from simulator.smdp.upkeep import tidying

    services = dict(map(_push_service, push_services))
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
    with (
        _store(db) as store,
        PushClients(services) as push,
        interruptible() as interrupted,
    ):
        ds = SmDs(
            identity,
            store,
            entropy=edge.entropy,
            clock=edge.now,
            root=forward,
            push_services=push.services,
        )
        app = create_app(ds, meddler=edge.quirks())
        with running_application(ds, app, host, port, is_tls=not http) as listening, tidying(ds):
            click.echo(f"SM-DS {ds.identity.address} listens at {listening.url}; Ctrl-C ends it.")
            interrupted.wait()


@command.command()
@_DATABASE
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def events(db: str | None, as_json: bool) -> None:
    """List the events that wait, oldest first."""
    from simulator.smdp.ds import EventType

    with _store(db) as store:
        found = store.events()
    rows = [
        {
            "eid": event.eid.hex(),
            "event_id": event.event_id,
            "type": _TYPES[EventType(event.event_type)],
            "server": event.rsp_server_address,
            "registered_by": event.requester,
            "is_forwarded": event.is_forwarded,
            "registered_at": datetime.fromtimestamp(event.registered_at, UTC).isoformat(),
        }
        for event in found
    ]
    if as_json:
        output.write_json({"events": rows})
        return
    for row in rows:
        click.echo(f"{row['eid']}  {row['event_id']}  {row['type']} at {row['server']}")
    if not rows:
        click.echo("No events wait.")


_TYPES = ("download", "remote management")


@command.command()
@click.argument("eid")
@click.argument("event_id")
@_DATABASE
def delete(eid: str, event_id: str, db: str | None) -> None:
    """Delete the event EVENT_ID of the eUICC EID, whoever registered it. A root SM-DS is not told."""
    with _store(db) as store:
        event = next(
            (one for one in store.events() if (one.eid.hex(), one.event_id) == (eid, event_id)), None
        )
        if event is None:
            raise click.ClickException(f"{eid} has no event {event_id}; see `esim smds events`.")
        store.delete(event)
    click.echo(f"Event {event_id} is deleted.")


@command.command()
@click.option("--days", default=7, show_default=True, type=click.IntRange(0), help="What is older.")
@_DATABASE
def clean(days: int, db: str | None) -> None:
    """Forget old sessions, ecIds and push tokens; a running server does so by itself. Events stay."""
    now = int(edge.now().timestamp())
    with _store(db) as store:
        gone = store.forget(now - days * 86400, now - 3600)
    click.echo(f"{gone} sessions, ecIds and push tokens are forgotten.")


def _store(db: str | None) -> DsSqlStore:
    """The database at this URL, or in the user's folder."""
    from simulator.smdp.ds.sql import DsSqlStore

    if db is None:
        home.home().mkdir(parents=True, exist_ok=True)
        db = f"sqlite:///{home.home() / 'smds.db'}"
    return DsSqlStore(db)


def _push_service(text: str) -> tuple[str, str]:
    oid, is_there, url = text.partition("=")
    if not (is_there and oid.replace(".", "").isdecimal() and url.startswith(("http://", "https://"))):
        raise click.BadParameter(f"{text!r} is not OID=URL", param_hint="--push")
    return oid, url
