"""Which card a command is about: a simulated one on disk (--card), or a real one in a reader (--reader) or
behind a modem (--modem)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from simulator.cli import home, named, tracing

if TYPE_CHECKING:
    from cards.link import CardLink
    from simulator.lpa import Lpa
    from simulator.lpa.es9 import Es9

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
        "--modem",
        metavar="PORT",
        envvar="ESIM_MODEM",
        help="Use the card behind the modem on this serial port, such as /dev/ttyUSB2.",
    ),
    click.option(
        "--allow-changes",
        "allowed",
        default="",
        metavar="ICCID|EID",
        help="Allow changes to the card in the reader or modem, if it is this one.",
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
    modem: str | None = None
    allowed: str = ""
    is_shared: bool = False
    protocol: str = "any"

    @property
    def title(self) -> str:
        """How a user calls the card; empty if nothing is said."""
        if self.modem is not None:
            return f"behind the modem {self.modem}"
        return f"in the reader {self.reader}" if self.reader else self.name or ""

    @property
    def is_real(self) -> bool:
        """Whether it is a card that somebody may need, and that is there only once."""
        return self.reader is not None or self.modem is not None

    @contextmanager
    def opened(self) -> Iterator[CardLink]:
        """A link to the card, for as long as the block runs; it was not reset yet."""
        if self.is_real:
            with self._real() as link:
                yield link
            return
        with named.opened(self._named()) as card:
            yield _in_process(card)

    @contextmanager
    def opened_euicc(self) -> Iterator[CardLink]:
        """The same for a command that needs an eUICC, and takes the only one there is if nothing is said."""
        if self.is_real:
            with self._real() as link:
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

    def copies(self) -> Callable[[], CardLink]:
        """Gives copies of a simulated card, each fresh; what they change is kept nowhere."""
        name = self._named()
        stored = home.read_card(name)

        def copy() -> CardLink:
            from cards import InProcessLink

            return InProcessLink(named.with_quirks(named.revive(name, stored).end))

        return copy

    @contextmanager
    def opened_lpa(self, es9: Es9 | None = None, **options: Any) -> Iterator[Lpa]:
        """An LPA before the eUICC that is meant, with the options of `Lpa`."""
        from cards import Isdr
        from simulator.lpa import InProcessEs9, Lpa

        with self.opened_euicc() as link:
            link.reset()
            with Lpa(Isdr(link), es9 or InProcessEs9(None), **options) as lpa:
                yield lpa

    def _named(self) -> str:
        if self.name is None:
            raise click.UsageError("Say which card: --card NAME, or --reader READER, or --modem PORT.")
        return self.name

    @contextmanager
    def _real(self) -> Iterator[CardLink]:
        from cards.protection import ProtectedLink

        with self._behind_modem() if self.modem is not None else self._in_reader() as link:
            place = f"reader {self.reader}" if self.modem is None else f"modem {self.modem}"
            yield _watched(ProtectedLink(link, self.allowed), place)

    @contextmanager
    def _in_reader(self) -> Iterator[CardLink]:
        from cards.pcsc import Protocol, Service

        assert self.reader is not None
        with Service() as service:
            protocol = Protocol[PROTOCOLS[self.protocol]]
            link = service.connect(self.reader, protocol=protocol, is_shared=self.is_shared)
            with closing(link):
                yield link

    @contextmanager
    def _behind_modem(self) -> Iterator[CardLink]:
        from cards.at import SerialPort, open_modem

        assert self.modem is not None
        with closing(open_modem(SerialPort(self.modem))) as link:
            yield link


def _in_process(card: named.NamedCard) -> CardLink:
    from cards import InProcessLink

    return InProcessLink(card.end)


def _watched(link: CardLink, name: str) -> CardLink:
    """The card behind what --quirks puts in the way, seen by --trace; itself where there is neither."""
    seen = tracing.watched(named.with_quirks(link), name)
    if seen is link:
        return link
    from cards import InProcessLink

    return InProcessLink(seen)


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
    """--card, --reader, --modem and what belongs to them, handed over as `which`; and --trace."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def call(
            *arguments: Any, name: str | None, reader: str | None, modem: str | None, allowed: str,
            shared: bool, protocol: str, **options: Any,
        ) -> Any:  # fmt: skip
            which = Which(**_one_of(name=name, reader=reader, modem=modem), allowed=allowed, is_shared=shared,
                          protocol=protocol)  # fmt: skip
            return function(*arguments, which=which, **options)

        decorated: Any = call
        for option in reversed(_READER_OPTIONS):
            decorated = option(decorated)
        card = click.option("--card", "name", metavar="NAME", envvar=envvar, help=words)
        return card(tracing.OPTION(decorated))  # type: ignore[no-any-return]

    return decorate


def _one_of(**chosen: str | None) -> dict[str, str | None]:
    """One card, reader or modem at most; what was typed goes before what the environment says."""
    given = [name for name, value in chosen.items() if value is not None]
    if len(given) > 1:
        source = click.get_current_context().get_parameter_source
        typed = [name for name in given if source(name) is not ParameterSource.ENVIRONMENT]
        given = typed or given
    if len(given) > 1:
        raise click.UsageError("Give one of --card, --reader and --modem.")
    return {name: value for name, value in chosen.items() if name in given}
