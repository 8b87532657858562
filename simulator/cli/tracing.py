"""The option --trace: shows or keeps what passes between a command and its card.

What an option names is made once a command, when its card is opened, and closed when the command ends.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cards.link import CardLike
    from cards.trace import Sink

GSMTAP = "gsmtap"
CAPTURES = (".pcapng", ".pcap")
_WANTED = "simulator.cli.tracing.wanted"
_SINKS = "simulator.cli.tracing.sinks"


def _remember(context: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    if value:
        context.find_root().meta[_WANTED] = value


OPTION = click.option(
    "--trace",
    multiple=True,
    metavar="FILE|gsmtap[:HOST]|-",
    expose_value=False,
    callback=_remember,
    help="Trace the APDUs: into a .pcapng for Wireshark, another file as recording, to UDP port 4729, or in "
    "words on standard error (-).",
)
"""The option of every command that opens a card; `named.opened` and `watched` do what it asks for."""


def wanted() -> tuple[str, ...]:
    """What the command was asked to trace to; nothing outside of commands."""
    context = click.get_current_context(silent=True)
    named: tuple[str, ...] = context.find_root().meta.get(_WANTED, ()) if context else ()
    return named


def watched(card: CardLike, name: str) -> CardLike:
    """The card, before which stand the traces that the command was asked for; itself if there are none."""
    names = wanted()
    if not names:
        return card
    from cards.trace import TracedLink

    root = click.get_current_context().find_root()
    if _SINKS not in root.meta:
        root.meta[_SINKS] = sinks = [sink_of(each, name) for each in names]
        for sink in sinks:
            root.call_on_close(sink.close)
    return TracedLink(card, root.meta[_SINKS], clock=time.time, timer=time.perf_counter)


def sink_of(place: str, reader: str) -> Sink:
    """What one --trace names; `reader` is kept in recordings. ClickException if it cannot be made."""
    if place == "-":
        from simulator.cli.explaining import TerminalSink

        return TerminalSink()
    if place.partition(":")[0] == GSMTAP:
        from cards.trace.gsmtap import UdpSink

        return UdpSink(place.partition(":")[2] or "127.0.0.1")
    return file_sink(Path(place), reader)


def file_sink(path: Path, reader: str) -> Sink:
    """A capture or a recording, by the file's suffix."""
    if path.suffix.lower() in CAPTURES:
        from cards.trace.pcap import PcapngSink

        return PcapngSink(path.open("wb"))
    from cards.trace.recording import RecordingSink

    return RecordingSink(path.open("w", encoding="utf-8"), reader)
