"""`esim web`: the page on which one sees what cards, phones, networks and servers say."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import click

from simulator.cli import home

if TYPE_CHECKING:
    from cards.link import CardLink

DEFAULT_PORT = 8080


@click.command()
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="TCP port on 127.0.0.1; 0 takes one that is free.",
)
@click.option("--open/--no-open", "opens", default=True, help="Open it in a browser.  [default: --open]")
def command(port: int, opens: bool) -> None:
    """Show a page with a bench: a phone, SIM cards, an eUICC and an SM-DP+.

    \b
    esim web
    esim web --port 0 --no-open

    Put SIMs into a phone, download eSIM profiles, switch them, let things go wrong, and open every message
    into its bytes (docs/web.md). The page is served to this machine alone, until Ctrl-C.
    """
    if importlib.util.find_spec("nicegui") is None:
        raise click.ClickException(
            "the page needs NiceGUI: install it with pip install 'esim-simulator[web]'."
        )
    from simulator.web.app import serve
    from simulator.web.card import sources

    sources.offer(sources.SavedCards(lambda: list(home.card_names()), _copy))

    def ready(address: str) -> None:
        click.echo(f"The page is at {address}; Ctrl-C ends it.")
        if opens:
            click.launch(address)

    serve(port, ready=ready)


def _copy(name: str) -> CardLink:
    """A copy of a named card; CardError if there is none."""
    from cards.errors import CardError
    from simulator.cli.which import Which

    try:
        return Which(name=name).copies()()
    except click.ClickException as error:
        raise CardError(error.format_message().rstrip(".")) from None
