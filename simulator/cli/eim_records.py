"""The commands of `esim eim` that show what the eIM knows: devices, packages and results, notifications."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import output
from simulator.cli.eim_store import DATABASE, managed

if TYPE_CHECKING:
    from simulator.eim import Device, Package

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _eid(context: click.Context, parameter: click.Parameter, value: str) -> bytes | None:
    from simulator.cli.pki_issue import eid_of

    return eid_of(value) if value else None


_MAYBE_EID = click.argument("eid", default="", callback=_eid)


@click.command()
@_JSON
@DATABASE
def devices(as_json: bool, db: Path | None) -> None:
    """List the devices, and what is known of each."""
    from simulator.eim import Device
    from simulator.eim.words import profiles_in_words

    with managed(db) as eim:
        found = eim.store.all(Device)
    if as_json:
        output.write_json([_device(device) for device in found])
        return
    for device in found:
        click.echo(f"{device.key}  {_seen(device)}")
        for line in profiles_in_words(device.profiles):
            click.echo(f"  {line}")
    if not found:
        click.echo("There are no devices: `esim eim add EID` makes one.")


def _seen(device: Device) -> str:
    if not device.seen_at:
        return "has never asked for anything"
    return f"last asked at {_time(device.seen_at)}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _device(device: Device) -> dict[str, Any]:
    from asn1 import iot
    from simulator.eim.words import plain

    named = {
        "euicc_info1": "EUICCInfo1",
        "euicc_info2": "EUICCInfo2",
        "ipa_capabilities": "IpaCapabilities",
        "device_info": "DeviceInfo",
        "profiles": "IotProfileInfoListResponse",
        "rules": "RulesAuthorisationTable",
    }
    shown = {name: value for name, value in device._asdict().items() if name != "version"}
    for name, kind in named.items():
        octets = shown[name]
        shown[name] = plain(iot.decode(kind, octets)) if octets else None
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in shown.items()}


@click.command()
@_MAYBE_EID
@click.option("--open", "only_open", is_flag=True, help="Only what waits.")
@_JSON
@DATABASE
def results(eid: bytes | None, only_open: bool, as_json: bool, db: Path | None) -> None:
    """List the packages of all devices or of one, what they were to do, and what became of them."""
    from simulator.eim import Package
    from simulator.eim.words import answers_in_words, order_in_words

    with managed(db) as eim:
        found = [one for one in eim.store.all(Package, eid) if one.is_open or not only_open]
    if as_json:
        output.write_json([_package(package) for package in found])
        return
    for package in found:
        click.echo(f"{package.key}  {package.state:9}  {order_in_words(package)}")
        for line in answers_in_words(package):
            click.echo(f"  {line}")
    if not found:
        click.echo("There are no packages.")


def _package(package: Package) -> dict[str, Any]:
    from simulator.eim.words import order_in_words, results_of

    return {
        "package": package.key,
        "eid": package.eid.hex(),
        "kind": str(package.kind),
        "state": str(package.state),
        "order": order_in_words(package),
        "counter": package.counter,
        "deliveries": package.deliveries,
        "automatic": package.is_automatic,
        "detail": package.detail,
        "created_at": _time(package.created_at),
        "finished_at": _time(package.finished_at) if package.finished_at else None,
        "results": results_of(package),
    }


@click.command()
@_MAYBE_EID
@_JSON
@DATABASE
def notifications(eid: bytes | None, as_json: bool, db: Path | None) -> None:
    """List the notifications that devices have handed to the eIM, and whether they were delivered."""
    from rich.console import Console
    from rich.table import Table

    from asn1 import rsp
    from simulator.eim import Notification
    from simulator.eim.notifications import metadata_of
    from simulator.eim.words import iccid_digits

    with managed(db) as eim:
        found = eim.store.all(Notification, eid)
    rows = []
    for one in found:
        iccid = metadata_of(rsp.decode("PendingNotification", one.content)).get("iccid", b"")
        rows.append(
            {
                "eid": one.eid.hex(),
                "sequence_number": one.sequence_number,
                "event": one.event,
                "success": one.is_success,
                "iccid": iccid_digits(iccid) if iccid else "",
                "address": one.address,
                "state": str(one.state),
                "detail": one.detail,
            }
        )
    if as_json:
        output.write_json(rows)
    elif rows:
        names = ("EID", "number", "event", "done", "ICCID", "for", "state", "why")
        table = Table(*names, box=None)
        for row in rows:
            shown = row | {"success": "yes" if row["success"] else "no"}
            table.add_row(*map(str, shown.values()))
        Console(width=None if sys.stdout.isatty() else 200).print(table)
    else:
        click.echo("There are no notifications.")


RECORDS = (devices, results, notifications)
