"""`esim card`: makes, lists, shows and deletes the simulated cards on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from simulator.cli import card_info, edge, home, named, reading, tracing
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards.link import CardLike

NAME = click.argument("name")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """Make, list, show and delete simulated cards.

    What an eUICC does with its profiles is the work of `esim lpa`.
    """


command.add_command(card_info.info)
command.add_command(card_info.dump)


@command.command()
@NAME
@click.option("--sim", is_flag=True, help="Make a plain SIM with one profile instead of an eUICC.")
@click.option(
    "--profile",
    "profiles",
    multiple=True,
    metavar="FILE|NAME",
    help="Profile package (.der), description (.yaml) or name of one that comes along. May be repeated.",
)
@click.option("--enable", is_flag=True, help="Enable the first profile.")
@click.option("--eid", help="EID of the eUICC, 32 digits; made up if not given.")
@click.option(
    "--from",
    "description",
    metavar="FILE|SPECIMEN",
    help="Description of a card (.yaml) or name of one that comes along; see `esim card specimens`.",
)
@edge.PKI_FOLDER
def new(
    name: str,
    sim: bool,
    profiles: tuple[str, ...],
    enable: bool,
    eid: str | None,
    description: str | None,
    folder: Path | None,
) -> None:
    """Make a card: an eUICC, empty or with profiles, or a plain SIM.

    \b
    esim card new phone
    esim card new phone --profile test-operator --profile my.der --enable
    esim card new plain --sim --profile home-operator
    esim card new traveller --from euicc-two-profiles
    """
    if home.card_path(name).exists():
        raise click.ClickException(f"there is a card named {name} already; delete it first.")
    from simulator.cli import rsp

    maker = rsp.maker(lambda: edge.pki(folder))
    if description is not None:
        if sim or profiles or enable or eid:
            raise click.UsageError("--from says all about a card: leave out the other options.")
        _keep(name, named.card_of(maker.from_text(description)))
        return
    if sim and (len(profiles) != 1 or eid or enable):
        raise click.UsageError("A SIM has exactly one --profile, always enabled, and no EID.")
    if enable and not profiles:
        raise click.UsageError("--enable needs a --profile.")
    from simulator.cli.profile import package_of

    packages = [package_of(profile) for profile in profiles]
    if sim:
        from simulator.specimens.sim import PlainSim

        card: named.NamedCard = named.SimCard(PlainSim(packages[0], entropy=edge.entropy))
    else:
        card = named.EuiccCard(maker.euicc(eid))
        for package in packages:
            rsp.install(card.end, maker.pki(), package)
        if enable:
            with reading.lpa_of(card.end) as lpa:
                lpa.enable(lpa.profiles()[0].aid)
    _keep(name, card)


def _keep(name: str, card: named.NamedCard) -> None:
    home.write_card(name, card.save())
    click.echo(f"Made card {name}.")
    for line in describe(card):
        click.echo(line)


@command.command()
def specimens() -> None:
    """List the card descriptions that come along, for `esim card new --from`."""
    from simulator.specimens import describe as texts

    for name in texts.shipped():
        click.echo(f"{name:<20}{texts.load_shipped(name).name}")


@command.command("list")
@JSON
def list_cards(as_json: bool) -> None:
    """List the cards on disk."""
    cards = {name: summary(named.revive(name, home.read_card(name))) for name in home.card_names()}
    if as_json:
        click.echo(json.dumps(cards, indent=1))
        return
    if not cards:
        click.echo("No cards yet; make one with `esim card new NAME`.")
    width = max(map(len, cards), default=0)
    for name, card in cards.items():
        number = f"EID {card['eid']}" if card["kind"] == named.EUICC else f"ICCID {card['iccid']}"
        click.echo(f"{name:<{width}}  {card['kind']:<5}  {number}")
        enabled = [profile for profile in card.get("profiles", ()) if profile["state"] == "enabled"]
        if card["kind"] == named.EUICC:
            what = f"{enabled[0]['name']} enabled" if enabled else "none enabled"
            count = len(card["profiles"])
            click.echo(f"{'':<{width}}         {count} {'profile' if count == 1 else 'profiles'}, {what}")


class Shown(NamedTuple):
    """A card that is in no file: what kind it is, and a way to it."""

    kind: str
    end: CardLike


@command.command()
@click.argument("chosen", required=False, metavar="[NAME]")
@card_options("The card, in place of NAME.")
@JSON
def show(chosen: str | None, which: Which, as_json: bool) -> None:
    """Show what is on a card, a simulated one by NAME or a real one in a reader."""
    if chosen and which.title:
        raise click.UsageError("Give NAME, --card, --reader or --modem.")
    if which.is_real:
        with which.opened() as link:
            kind = named.EUICC if card_info.is_euicc(link) else named.SIM
            _show(Shown(kind, link), as_json)
        return
    name = chosen or which.name
    if name is None:
        raise click.UsageError("Say which card: NAME, or --reader READER for one in a reader.")
    card = named.revive(name, home.read_card(name))
    card.end = tracing.watched(card.end, f"card {name}")
    _show(card, as_json)


def _show(card: named.NamedCard | Shown, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(summary(card), indent=1))
        return
    for line in describe(card):
        click.echo(line)


@command.command()
@NAME
def delete(name: str) -> None:
    """Delete a card."""
    home.delete_card(name)
    home.card_path(name).with_suffix(".lock").unlink(missing_ok=True)
    click.echo(f"Deleted card {name}.")


def summary(card: named.NamedCard | Shown) -> dict[str, Any]:
    return {"kind": card.kind, **reading.summary(card.end, euicc=card.kind == named.EUICC)}


def describe(card: named.NamedCard | Shown) -> list[str]:
    """What is on the card, a line each."""
    data = summary(card)
    lines = [f"EID    {data['eid']}"] if "eid" in data else []
    if "profiles" in data:
        lines += reading.profile_lines(data["profiles"])
    return lines + identity_lines(card)


def identity_lines(card: named.NamedCard | Shown) -> list[str]:
    """ICCID and IMSI as a terminal reads them."""
    from cards import InProcessLink

    link = InProcessLink(card.end)
    link.reset()
    identity = reading.read_identity(link)
    if not identity.iccid:
        return ["ICCID  none: no profile is enabled"]
    return [f"ICCID  {identity.iccid}", f"IMSI   {identity.imsi or 'not readable: ' + identity.why}"]
