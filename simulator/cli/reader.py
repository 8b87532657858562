"""`esim reader`: the readers of this machine, and simulated cards in a virtual one."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import named, tracing

if TYPE_CHECKING:
    from cards.link import CardLike
    from cards.pcsc import Reader

FIRST_PORT = 35963
"""Where vpcd's first slot listens; the next ones follow."""
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def command() -> None:
    """List and watch card readers; plug a simulated card into a virtual one.

    Commands that take --card work with the card in a reader, too: --reader names it.
    """


def reader_data(reader: Reader) -> dict[str, Any]:
    """A reader as JSON-able values."""
    return {
        "number": reader.number,
        "name": reader.name,
        "state": reader.state,
        "has_card": reader.has_card,
        "atr": reader.atr.hex().upper(),
    }


@command.command("list")
@JSON
def list_readers(as_json: bool) -> None:
    """List the readers, and what is in them."""
    from cards.pcsc import Service

    with Service() as service:
        readers = service.readers()
    if as_json:
        click.echo(json.dumps({"readers": [reader_data(reader) for reader in readers]}, indent=1))
        return
    for reader in readers:
        click.echo(f"{reader.number:>3}  {reader.name}: {reader.state}")
        if reader.atr:
            click.echo(f"     {reader.atr.hex().upper()}{_kind(reader.atr)}")
    if not readers:
        click.echo("No reader. Plug one in, or a simulated card with `esim reader plug`.")


def _kind(atr: bytes) -> str:
    from cards.atr import Atr, AtrError

    try:
        return "  (an eUICC)" if Atr.parse(atr).is_euicc else ""
    except AtrError:
        return "  (not a valid ATR)"


@command.command()
@JSON
@click.option(
    "--for", "seconds", type=click.FloatRange(0), help="End when nothing has happened for so many seconds."
)
def watch(as_json: bool, seconds: float | None) -> None:
    """Tell when readers and cards come and go, until Ctrl-C."""
    from cards.pcsc import Service

    with Service() as service:
        for change in service.changes(seconds):
            if as_json:
                click.echo(json.dumps({"event": change.what, **reader_data(change.reader)}))
            else:
                atr = f"  {change.reader.atr.hex().upper()}" if change.what == "card inserted" else ""
                click.echo(f"{change.what}: {change.reader.name}{atr}")
            sys.stdout.flush()


@command.command()
@click.argument("cards", nargs=-1, required=True, metavar="CARD...")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=FIRST_PORT, show_default=True, help="vpcd's first slot."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the virtual reader listens.")
@click.option("--tcp", "tcp_port", type=click.IntRange(0, 65535), help="Listen on this port instead.")
@click.option("--modem", is_flag=True, help="Play a modem around the card on a pseudo-terminal instead.")
@click.option("--stdio", is_flag=True, help="Speak lpac's lines on standard input and output instead.")
@click.option("--run", "program", default="", metavar="COMMAND", help="Start lpac or the like on the card.")
@tracing.OPTION
def plug(
    cards: tuple[str, ...],
    port: int,
    host: str,
    tcp_port: int | None,
    modem: bool,
    stdio: bool,
    program: str,
) -> None:
    """Put simulated cards into the virtual reader, one into each slot, until Ctrl-C.

    \b
    esim reader plug phone                       for any PC/SC program (needs pcscd and vsmartcard-vpcd)
    esim reader plug phone --tcp 9000            for clients without PC/SC: length-prefixed APDUs
    esim reader plug phone --modem               for programs that speak AT commands to a serial port
    esim reader plug phone --run 'lpac chip info'
    """
    ways = (tcp_port is not None) + modem + stdio + bool(program)
    if ways > 1:
        raise click.UsageError("Give one of --tcp, --modem, --stdio, --run.")
    alone = ways == 1
    if alone and len(cards) > 1:
        raise click.UsageError("Only the virtual reader has slots for more than one card.")
    if len(cards) > 1 and tracing.wanted():
        raise click.UsageError("--trace follows one card: plug in one.")
    if len(set(cards)) < len(cards):
        raise click.UsageError("A card fits into one slot only.")
    with ExitStack() as stack:
        ends = [stack.enter_context(named.opened(name)).end for name in cards]
        if tcp_port is not None:
            _listen(cards[0], ends[0], tcp_port, host)
        elif modem:
            _play_modem(cards[0], ends[0])
        elif stdio:
            _speak_lines(ends[0])
        elif program:
            raise click.exceptions.Exit(_run_on_card(ends[0], program))
        else:
            _plug_in(cards, ends, port, host)


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block, and are no error."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _plug_in(names: Sequence[str], ends: Sequence[CardLike], port: int, host: str) -> None:
    from cards.plug import VirtualSlot

    slots = [VirtualSlot(end, port + number, host) for number, end in enumerate(ends)]
    failures: list[Exception] = []

    def stay(slot: VirtualSlot) -> None:
        try:
            slot.stay(lambda sentence: click.echo(f"esim: {sentence}", err=True))
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits
            failures.append(error)

    with _until_stopped():
        try:
            threads = []
            for name, slot in zip(names, slots, strict=True):
                slot.insert()
                threads.append(threading.Thread(target=stay, args=(slot,), daemon=True))
                threads[-1].start()
                click.echo(f"Card {name} is in the virtual reader; Ctrl-C takes it out.", err=True)
            while any(thread.is_alive() for thread in threads) and not failures:
                threads[0].join(0.2)
        finally:
            for slot in slots:
                slot.remove()
            for thread in threads:
                thread.join()
    if failures:
        raise failures[0]


def _listen(name: str, end: CardLike, port: int, host: str) -> None:
    from cards.plug import CardServer

    server = CardServer(end, port, host)
    click.echo(f"Card {name} listens on {server.host}:{server.port} until Ctrl-C.", err=True)
    with _until_stopped():
        server.serve()
    server.close()


def _play_modem(name: str, end: CardLike) -> None:
    from cards.at import Modem
    from cards.at.terminal import ModemTerminal

    with ModemTerminal(Modem(end)) as terminal, _until_stopped():
        click.echo(f"Card {name} is behind the modem {terminal.path} until Ctrl-C.", err=True)
        terminal.wait()


def _speak_lines(end: CardLike) -> None:
    from cards.plug import LpacCard

    card = LpacCard(end)
    with _until_stopped():
        for line in sys.stdin:
            answer = card.take(line)
            if answer is not None:
                click.echo(answer)
                sys.stdout.flush()


def _run_on_card(end: CardLike, program: str) -> int:
    """Start a program that speaks lpac's lines; what it says to others goes to standard output. Its exit
    status."""
    import os

    from cards.plug import LpacCard

    card = LpacCard(end)
    environment = {**os.environ, "LPAC_APDU": "stdio"}
    with subprocess.Popen(
        shlex.split(program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            answer = card.take(line)
            if answer is None:
                click.echo(line, nl=False)
                continue
            try:
                process.stdin.write(answer + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                break
    return process.returncode
