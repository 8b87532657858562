"""`esim smdp movable` and `esim smdp moves`: which profiles users may take to another device, and which they
took (SGP.22 v3 §3.11, annex O)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from simulator.cli import output
from simulator.cli.smdp_store import DATABASE, PASSPHRASE, managed, named

_NEEDS = ("eid", "tac")


@click.command("movable")
@click.argument("order")
@click.option("--no", "is_forbidden", is_flag=True, help="Users may not take it elsewhere any more.")
@click.option(
    "--needs", multiple=True, type=click.Choice(_NEEDS), help="What the old device must tell of the new one."
)
@click.option("--ask-operator", is_flag=True, help="Ask the operator each time (ES2+).")
@click.option(
    "--keep-old", is_flag=True, help="Keep the profile on the old device if the new one gets another."
)
@click.option("--recovery-days", default=0, type=click.IntRange(0, 3650), help="How long it may come back.")
@click.option("--retry-minutes", default=5, type=click.IntRange(1, 10080), show_default=True,
              help="When the old device shall ask again while the new profile is prepared.")  # fmt: skip
@click.option("--confirmation-code", default="", metavar="CODE", help="Ask the user for this code.")
@click.option("--message", default="", metavar="TEXT", help="What the user reads before agreeing.")
@click.option("--language", default="en", show_default=True, help="Of the message (RFC 5646).")
@click.option("--stored-code", default="", metavar="CODE", help="The eUICC itself has this activation code.")
@click.option("--allowed-ci", default="", metavar="KEYID", help="Servers below this CI alone may be asked.")
@click.option("--address", default="", metavar="HOST:PORT", help="Whom to ask.  [default: as in the order]")
@DATABASE
@PASSPHRASE
def movable(
    order: str,
    is_forbidden: bool,
    needs: tuple[str, ...],
    ask_operator: bool,
    keep_old: bool,
    address: str,
    db: str | None,
    passphrase_file: Path | None,
    **options: Any,
) -> None:
    """Let users take the profile of ORDER, an order or matching id, to another device.

    It counts from the next download of the profile on: that brings the eUICC the configuration. Needs eUICC
    and LPA of SGP.22 version 3.
    """
    from simulator.smdp.device_change.policy import DeviceChangePolicy

    policy = DeviceChangePolicy(
        requires_eid="eid" in needs,
        requires_tac="tac" in needs,
        asks_operator=ask_operator,
        deletes_old=not keep_old,
        **options,
    )
    with managed(db, passphrase_file) as smdp, named(order):
        smdp.set_device_change(order, None if is_forbidden else policy, address)
    click.echo(f"{order} {'cannot' if is_forbidden else 'can'} be taken to another device.")


@click.command("moves")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@DATABASE
@PASSPHRASE
def moves(as_json: bool, db: str | None, passphrase_file: Path | None) -> None:
    """List the profiles that users took to other devices."""
    with managed(db, passphrase_file) as smdp:
        rows = [
            {
                "iccid": change.iccid,
                "state": change.state.value,
                "from_eid": change.eid.hex(),
                "order": change.order_id,
                "new_order": change.new_order_id,
                "new_iccid": change.new_iccid or change.iccid,
                "recovery_order": change.recovery_order_id,
            }
            for change in smdp.device_changes()
        ]
    if as_json:
        output.write_json({"moves": rows})
        return
    if not rows:
        click.echo("No profile has left for another device.")
        return
    from rich.console import Console
    from rich.table import Table

    names = ("iccid", "state", "from_eid", "order", "new_order")
    table = Table(*(name.replace("_", " ") for name in names), box=None)
    for row in rows:
        table.add_row(*(row[name] for name in names))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
