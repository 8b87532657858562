"""`esim trace`: shows, converts and replays what --trace and other programs recorded."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import explaining, output, tracing
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards.trace import Entry, Exchange

SOURCE = click.argument("source", metavar="FILE|-")


@click.group()
def command() -> None:
    """Show, convert and replay traces.

    A trace is a recording (esim … --trace FILE), a capture (pcap, pcapng) with GSMTAP, or a log of pySim,
    pcsc-perl, pyscard, GlobalPlatformPro, lpac or `esim apdu`; '-' is standard input.
    """


@command.command()
@SOURCE
@explaining.KEY_LOG
@click.option("--brief", is_flag=True, help="A line for each exchange, without fields.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(source: str, keylog: Path | None, brief: bool, as_json: bool) -> None:
    """Say in words what happened, down to the fields.

    \b
    esim trace show session.jsonl
    esim trace show session.pcapng --brief
    """
    explanations = explaining.entries_in_words(_entries(source), keylog)
    if as_json:
        output.write_json([one.as_data() for one in explanations])
        return
    for number, one in enumerate(explanations, 1):
        explaining.show(one, brief=brief, number=number)


@command.command()
@SOURCE
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
def convert(source: str, target: Path) -> None:
    """Write a trace in another form: .pcapng for Wireshark, else a recording.

    In a capture, each packet has its explanation as a comment.
    """
    from cards.trace.pcap import PcapngSink

    entries = _entries(source)
    sink = tracing.file_sink(target, f"converted from {source}")
    if isinstance(sink, PcapngSink):
        for entry, one in zip(entries, explaining.entries_in_words(entries, None), strict=True):
            sink.take(entry, one.title)
    else:
        for entry in entries:
            sink.take(entry)
    sink.close()
    click.echo(f"{target}: {len(entries)} entries")


@command.command()
@SOURCE
@click.argument("apdus", nargs=-1, metavar="[APDU]...")
@card_options("Send the recorded commands to this card, and compare.")
@click.option("--skip", is_flag=True, help="Let APDUs leave out parts of the recording.")
def replay(source: str, apdus: tuple[str, ...], which: Which, skip: bool) -> None:
    """Replay a recording as a card that answers APDUs, or against another card.

    \b
    esim trace replay session.jsonl 00A40004022FE2 00B000000A
    esim trace replay session.jsonl --card demo

    With --card or --reader the status is 1 if the card answers differently. Times, challenges and signatures
    differ from session to session.
    """
    entries = _entries(source)
    if bool(apdus) == bool(which.title):
        raise click.UsageError("Give APDUs for the recording to answer, or --card NAME to send it to.")
    if which.title:
        _against(which, entries)
    else:
        _as_card(entries, apdus, exact=not skip)


def _as_card(entries: list[Entry], apdus: Iterable[str], *, exact: bool) -> None:
    from cards import CommandApdu, ResponseApdu
    from cards.trace import Reset
    from cards.trace.replay import ReplayCard
    from simulator.cli import apdu

    card = ReplayCard(entries, exact=exact)
    if any(isinstance(entry, Reset) for entry in entries):
        card.reset()
    for text in apdus:
        sent = CommandApdu.from_hex(text)
        apdu.show(sent, ResponseApdu.parse(card.transmit(sent.to_bytes())), as_json=False)


def _against(which: Which, entries: list[Entry]) -> None:
    """Sends every command, shows where the answers part."""
    from cards.trace import Reset

    sent = differing = 0
    with which.opened() as link:
        link.reset()
        for number, entry in enumerate(entries, 1):
            if isinstance(entry, Reset):
                link.reset()
                continue
            answer = link.transmit(entry.command)
            sent += 1
            if answer != entry.response:
                differing += 1
                _show_difference(number, entry, answer)
    click.echo(f"{sent} commands, {differing} answers differ.")
    if differing:
        raise click.exceptions.Exit(1)


def _show_difference(number: int, entry: Exchange, answer: bytes) -> None:
    click.echo(f"{number:>4}  {entry.command.hex().upper()}")
    click.echo(f"      recorded  {entry.response.hex().upper() or 'nothing'}")
    click.echo(f"      now       {answer.hex().upper()}")


def _entries(source: str) -> list[Entry]:
    from cards.trace.reading import read

    if source == "-":
        stream: Any = getattr(sys.stdin, "buffer", None)
        return read(stream.read() if stream else sys.stdin.read().encode(), "standard input")
    return read(Path(source).read_bytes(), source)
