"""`esim apdu`: speaks to a card by hand, and says in words what it answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards import CommandApdu, ResponseApdu
    from cards.link import CardLike


@click.command(context_settings={"ignore_unknown_options": True})
@card_options()
@click.option("--follow/--no-follow", default=True, help="Fetch what 61XX announces.  [default: follow]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.argument("apdus", nargs=-1, required=True, metavar="APDU...")
def command(which: Which, follow: bool, as_json: bool, apdus: tuple[str, ...]) -> None:
    """Send command APDUs, in hexadecimal, to a card, simulated or in a reader.

    The card is reset and takes all APDUs of one call in turn; a simulated one is put back on disk with
    whatever they changed. `-` reads APDUs from standard input, one a line; empty lines and lines that begin
    with # are skipped.

    \b
    esim apdu --card demo 00A40004023F00              select the MF
    esim apdu --card demo 00A40804022FE2 00B000000A   read EF.ICCID
    """
    from cards import CommandApdu

    commands = [CommandApdu.from_hex(text) for text in _texts(apdus)]
    with which.opened() as link:
        link.reset()
        for each in commands:
            for sent, answer in _exchange(link, each, follow):
                show(sent, answer, as_json)


def _texts(arguments: Iterable[str]) -> Iterator[str]:
    for argument in arguments:
        if argument == "-":
            lines = (line.strip() for line in sys.stdin)
            yield from (line for line in lines if line and not line.startswith("#"))
        else:
            yield argument


def _exchange(
    card: CardLike, command: CommandApdu, follow: bool
) -> Iterator[tuple[CommandApdu, ResponseApdu]]:
    """The command with its answer and, if `follow`, what a terminal would send after 61XX and 6CXX."""
    from cards import CommandApdu, ResponseApdu

    answer = ResponseApdu.parse(card.transmit(command.to_bytes()))
    yield command, answer
    if not follow:
        return
    if answer.sw.sw1 == 0x6C:
        command = command.with_le(answer.sw.number)
        answer = ResponseApdu.parse(card.transmit(command.to_bytes()))
        yield command, answer
    while answer.sw.sw1 in (0x61, 0x9F):
        cla = command.cla if command.cla == 0xA0 else command.cla & 0x4F
        fetch = CommandApdu(cla, 0xC0, le=answer.sw.number)
        answer = ResponseApdu.parse(card.transmit(fetch.to_bytes()))
        yield fetch, answer


def show(command: CommandApdu, answer: ResponseApdu, as_json: bool) -> None:
    """Print an exchange in words, or as one JSON object."""
    from cards.explain.commands import find

    row = find(command)
    name = row.name if row else "unknown instruction"
    if as_json:
        data = {
            "command": str(command),
            "name": name,
            "data": answer.data.hex().upper(),
            "sw": str(answer.sw),
            "meaning": answer.sw.meaning,
            "clause": answer.sw.clause,
        }
        click.echo(json.dumps(data))
        return
    click.echo(f"{click.style('>', bold=True)} {command}  {click.style(name, dim=True)}")
    if answer.data:
        click.echo(f"{click.style('<', bold=True)} {answer.data.hex().upper()}")
    colour = "green" if answer.sw.is_success else "yellow" if answer.sw.is_warning else "red"
    word = click.style(str(answer.sw), fg=colour)
    clause = click.style(f" ({answer.sw.clause})", dim=True) if answer.sw.clause else ""
    click.echo(f"{click.style('<', bold=True)} {word} {answer.sw.meaning}{clause}")
