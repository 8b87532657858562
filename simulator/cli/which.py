"""Which card a command is about: a simulated one on disk (--card), or a real one in a reader (--reader)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from simulator.cli import edge, home, named, tracing

if TYPE_CHECKING:
    from cards.link import CardLink

Function = TypeVar("Function", bound=Callable[..., Any])
PROTOCOLS = {"any": "ANY", "0": "T0", "1": "T1"}
_READER_OPTIONS = (
    click.option(
        "--reader",
        metavar="READER",
        envvar="ESIM_READER",
        help="Use the card in this reader: its name, number, or ATR of the card; see `esim reader list`.",
    ),
    click.option(
        "--allow-changes",
        "allowed",
        default="",
        metavar="ICCID|EID",
        help="Allow changes to the card in the reader, if it is this one.",
    ),
    click.option("--shared", is_flag=True, help="Let other programs use the card in the reader, too."),
    click.option(
        "--protocol", type=click.Choice(tuple(PROTOCOLS)), default="any", help="T=0 or T=1 in the reader."
    ),
)


@dataclass(frozen=True, slots=True)
class Which:
    """What the options say. Without any, the command has a default of its own."""

    name: str | None = None
    reader: str | None = None
    allowed: str = ""
    is_shared: bool = False
    protocol: str = "any"

    @property
    def title(self) -> str:
        """How a user calls the card; empty if nothing is said."""
        return f"in the reader {self.reader}" if self.reader else self.name or ""

    @contextmanager
    def opened(self) -> Iterator[CardLink]:
        """A link to the card, for as long as the block runs; it was not reset yet."""
        if self.reader is not None:
            with self._in_reader() as link:
                yield link
            return
        with named.opened(self._named()) as card:
            yield _in_process(card)

    @contextmanager
    def opened_euicc(self) -> Iterator[CardLink]:
        """The same for a command that needs an eUICC, and takes the only one there is if nothing is said."""
        if self.reader is not None:
            with self._in_reader() as link:
                yield link
            return
        chosen = self.name or only_euicc()
        with named.opened(chosen) as card:
            if not isinstance(card, named.EuiccCard):
                raise click.ClickException(
                    f"{chosen} is a plain SIM: it has one profile, always enabled, "
                    "and nothing can be downloaded onto it."
                )
            yield _in_process(card)

    def _named(self) -> str:
        if self.name is None:
            raise click.UsageError("Say which card: --card NAME, or --reader READER for one in a reader.")
        return self.name

    @contextmanager
    def _in_reader(self) -> Iterator[CardLink]:
        from cards.pcsc import Protocol, Service
        from cards.protection import ProtectedLink

        assert self.reader is not None
        with Service() as service:
            protocol = Protocol[PROTOCOLS[self.protocol]]
            link: CardLink = service.connect(self.reader, protocol=protocol, is_shared=self.is_shared)
            try:
                yield _watched(_with_quirks(ProtectedLink(link, self.allowed)), f"reader {self.reader}")
            finally:
                link.close()


def _in_process(card: named.NamedCard) -> CardLink:
    from cards import InProcessLink

    return InProcessLink(card.end)


def _watched(link: CardLink, name: str) -> CardLink:
    from cards import InProcessLink

    shown = tracing.watched(link, name)
    return link if shown is link else InProcessLink(shown)


def _with_quirks(link: CardLink) -> CardLink:
    quirks = edge.quirks()
    if quirks is None:
        return link
    from cards import InProcessLink
    from simulator.faults import QuirkyCard

    return InProcessLink(QuirkyCard(link, quirks))


def only_euicc() -> str:
    """The name of the one eUICC on disk; ClickException if there is none, or more than one."""
    names = [name for name in home.card_names() if home.read_card(name).get("kind") == named.EUICC]
    if len(names) == 1:
        return names[0]
    if names:
        raise click.ClickException(f"say with --card which eUICC: {', '.join(names)}.")
    raise click.ClickException("there is no eUICC yet; make one with `esim card new NAME`.")


def card_options(
    words: str = "The card; see `esim card list`.", *, envvar: str | None = None
) -> Callable[[Function], Function]:
    """--card, --reader and what belongs to them, handed over as `which`; and --trace."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def call(
            *arguments: Any, name: str | None, reader: str | None, allowed: str, shared: bool, protocol: str,
            **options: Any,
        ) -> Any:  # fmt: skip
            which = Which(*_one_of(name, reader), allowed, shared, protocol)
            return function(*arguments, which=which, **options)

        decorated: Any = call
        for option in reversed(_READER_OPTIONS):
            decorated = option(decorated)
        card = click.option("--card", "name", metavar="NAME", envvar=envvar, help=words)
        return card(tracing.OPTION(decorated))  # type: ignore[no-any-return]

    return decorate


def _one_of(name: str | None, reader: str | None) -> tuple[str | None, str | None]:
    """The card or the reader; what was typed goes before what the environment says."""
    if name is None or reader is None:
        return name, reader
    context = click.get_current_context()
    if context.get_parameter_source("name") is ParameterSource.ENVIRONMENT:
        return None, reader
    if context.get_parameter_source("reader") is ParameterSource.ENVIRONMENT:
        return name, None
    raise click.UsageError("Give --card or --reader, not both.")
