"""`esim qr`: an activation code as QR code, on the terminal or as a file, and read from one (SGP.22 §4.1)."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import codes

if TYPE_CHECKING:
    import segno

    from simulator.lpa import ActivationCode

WHITE_ON_BLACK, PLAIN = "\x1b[97;40m", "\x1b[0m"
"""A QR code is dark on light; on a terminal its light parts are drawn, whatever the colours there are."""
SUFFIXES = (".png", ".svg")
MODULE = 8
"""Pixels of one square of a QR code, in files."""


@click.command()
@click.argument("source", metavar="CODE|FILE|-")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a picture, .png or .svg, instead of drawing here.",
)
@click.option("--read", "only_read", is_flag=True, help="Only say what the code holds.")
@click.option("--json", "as_json", is_flag=True, help="Print what the code holds as JSON.")
def command(source: str, output: Path | None, only_read: bool, as_json: bool) -> None:
    """Draw an activation code as QR code, or read one.

    \b
    esim qr 'LPA:1$localhost:8443$FIRST'
    esim qr 'LPA:1$localhost:8443$FIRST' -o code.png
    esim qr --read code.png

    CODE may stand in a text file, in a picture or on standard input as well.
    """
    code = codes.activation_code(source)
    if output is not None:
        save(code, output)
        click.echo(f"Wrote {output}.", err=as_json)
    if as_json:
        click.echo(json.dumps(as_data(code), indent=1))
        return
    if output is None and not only_read:
        click.echo(drawing(code, colours=sys.stdout.isatty()), nl=False)
    for line in describe(code):
        click.echo(line)


def make(code: ActivationCode) -> segno.QRCode:
    """The QR code, with level M of error correction."""
    import segno

    return segno.make_qr(code.qr_text, error="m")


def drawing(code: ActivationCode, *, colours: bool) -> str:
    """The QR code in half blocks, for a terminal with a dark background, or with colours for any."""
    out = StringIO()
    make(code).terminal(out, compact=True)
    if not colours:
        return out.getvalue()
    return "".join(f"{WHITE_ON_BLACK}{line}{PLAIN}\n" for line in out.getvalue().splitlines())


def save(code: ActivationCode, path: Path) -> None:
    """Write the QR code as a picture; UsageError unless the name ends with .png or .svg."""
    if path.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"{path} is neither .png nor .svg.")
    make(code).save(str(path), scale=MODULE)


def describe(code: ActivationCode) -> list[str]:
    """What the code says, a line each."""
    lines = [
        f"Code        {code.qr_text}",
        f"SM-DP+      {code.smdp_address}",
        f"Matching id {code.matching_id or 'none: the server knows the profile by the EID'}",
    ]
    if code.smdp_oid:
        lines.append(f"SM-DP+ OID  {code.smdp_oid}")
    if code.confirmation_code_required:
        lines.append("A confirmation code will be asked for.")
    return lines


def as_data(code: ActivationCode) -> dict[str, object]:
    """What the code says as JSON-able values."""
    return {
        "code": code.qr_text,
        "smdp_address": code.smdp_address,
        "matching_id": code.matching_id,
        "smdp_oid": code.smdp_oid,
        "confirmation_code_required": code.confirmation_code_required,
    }
