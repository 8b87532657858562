"""Runs toolkit applications: their commands one after the other to the terminal, its answers back to them.

An application is a class whose methods are generators. It yields a proactive command and is sent the
terminal's `Answer`. One command is out at a time; what an event starts meanwhile waits its turn. A reset ends
everything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cards.status import SW, StatusError
from cards.toolkit import (
    BEYOND_CAPABILITIES,
    DataObject,
    Envelope,
    Tag,
    ToolkitError,
    decode_text,
    first_of,
    has_command,
    parse_objects,
    read_template,
)
from simulator.uicc.toolkit import commands
from simulator.uicc.toolkit.commands import Proactive
from simulator.uicc.toolkit.control import Decision, Request, allow, decide, read_request

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.cell_broadcast import Page
    from simulator.uicc.ota.sms import ShortMessage

_FIRST_REFUSAL = 0x10
"""General results from here on say that the command was not performed."""


class Answer(NamedTuple):
    """What a terminal answers: the general result, more about it, and data objects."""

    result: int
    additional: bytes = b""
    objects: tuple[DataObject, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether the command was performed, in full or in part ('0X')."""
        return self.result < _FIRST_REFUSAL

    def value(self, tag: int) -> bytes | None:
        """The value of a data object."""
        return first_of(self.objects, tag)

    @property
    def text(self) -> str:
        """The text that the user typed, or that the network sent; empty if there is none."""
        try:
            return decode_text(self.value(Tag.TEXT_STRING) or b"")
        except ToolkitError:
            return ""

    @property
    def item(self) -> int:
        """The number of the item that the user chose; 0 if there is none."""
        return (self.value(Tag.ITEM_IDENTIFIER) or b"\0")[0]

    @classmethod
    def parse(cls, objects: Sequence[DataObject]) -> Answer:
        """ToolkitError without a result."""
        result = first_of(objects, Tag.RESULT)
        if not result:
            raise ToolkitError("there is no result")
        return cls(result[0], result[1:], tuple(objects))


Session = Generator[Proactive, Answer, None]


class Applet:
    """A toolkit application. A subclass says what it wants to hear of, and writes what it does as
    generators."""

    title = ""
    """Its entry in the menu; none if it is empty."""
    events: frozenset[int] = frozenset()
    """Events of the terminal (`cards.toolkit.Event`) that it is told of."""

    controls: frozenset[int] = frozenset()
    """What it is asked about before it goes out: `Envelope.CALL_CONTROL` (calls, SS, USSD, contexts),
    `Envelope.MO_SMS_CONTROL`."""

    def attach(self, card: Card) -> None:
        """The card is made: bring along what it needs. Before the card's state is restored."""

    def started(self, card: Card) -> Session:
        """After TERMINAL PROFILE."""
        yield from ()

    def selected(self, card: Card) -> Session:
        """The user chose its entry in the menu."""
        yield from ()

    def happened(self, card: Card, event: int, objects: Sequence[DataObject]) -> Session:
        """One of its events."""
        yield from ()

    def timer_expired(self, card: Card, timer: int) -> Session:
        """A timer that any application started."""
        yield from ()

    def broadcast_received(self, card: Card, page: Page) -> Session:
        """A page of a cell broadcast that is not secured."""
        yield from ()

    def message_received(self, card: Card, message: ShortMessage) -> Session:
        """A short message for the card that is no command packet."""
        yield from ()

    def control(self, card: Card, request: Request) -> Decision:
        """Asked for one of its `controls`; the answer goes out at once, what it wants done follows."""
        return allow()


class Toolkit:
    """The applications of one card, and the session that they share."""

    def __init__(self, card: Card, applets: Iterable[Applet]) -> None:
        self.card = card
        self.applets = tuple(applets)
        self._waiting: deque[Session] = deque()
        self._running: Session | None = None
        for applet in self.applets:
            applet.attach(card)

    def reset(self) -> None:
        """The power is gone, and every session with it."""
        self._waiting.clear()
        self._running = None

    @property
    def menu(self) -> list[Applet]:
        """The applications that have an entry, in the order of the menu."""
        return [applet for applet in self.applets if applet.title]

    def start(self) -> None:
        """TERMINAL PROFILE came: menu and event list are set up, and every application begins."""
        self.reset()
        self._waiting.append(self._set_up())
        self._waiting.extend(applet.started(self.card) for applet in self.applets)
        self._proceed()

    def _set_up(self) -> Session:
        titles = [applet.title for applet in self.menu]
        if titles:
            yield commands.set_up_menu("Services", titles)
        events = frozenset().union(*(applet.events for applet in self.applets))
        if events:
            yield commands.set_up_event_list(sorted(events))

    def envelope(self, data: bytes) -> bytes:
        """An ENVELOPE that is not for remote management; data only in answer to call control and MO short
        message control. StatusError 6A80 for what cannot be read, 9300 for a choice of the user while a
        command is out (TS 102 221 §7.4.2.1)."""
        try:
            tag, objects = read_template(data)
        except ToolkitError:
            raise StatusError(SW.INCORRECT_DATA) from None
        answer = b""
        if tag == Envelope.MENU_SELECTION:
            if self.card.proactive.is_busy:
                raise StatusError(SW.TOOLKIT_BUSY)
            self._choose(objects)
        elif tag == Envelope.EVENT_DOWNLOAD:
            self._tell(objects)
        elif tag == Envelope.TIMER_EXPIRATION:
            timer = (first_of(objects, Tag.TIMER_IDENTIFIER) or b"\0")[0]
            self._waiting.extend(applet.timer_expired(self.card, timer) for applet in self.applets)
        elif tag in (Envelope.CALL_CONTROL, Envelope.MO_SMS_CONTROL):
            answer = self._control(read_request(tag, objects))
        self._proceed()
        return answer

    def broadcast(self, page: Page) -> None:
        """A page for the applications (TS 31.111 §7.1.2)."""
        self._waiting.extend(applet.broadcast_received(self.card, page) for applet in self.applets)
        self._proceed()

    def message(self, message: ShortMessage) -> None:
        """An SMS-PP download for the applications (TS 31.111 §7.1.1)."""
        self._waiting.extend(applet.message_received(self.card, message) for applet in self.applets)
        self._proceed()

    def _control(self, request: Request) -> bytes:
        decision = decide(self.card, self.applets, request)
        if decision.then is not None:
            self._waiting.append(decision.then)
        return decision.answer.to_bytes()

    def _choose(self, objects: Sequence[DataObject]) -> None:
        number = (first_of(objects, Tag.ITEM_IDENTIFIER) or b"\0")[0]
        menu = self.menu
        if not 1 <= number <= len(menu):
            raise StatusError(SW.INCORRECT_DATA)
        self._waiting.append(menu[number - 1].selected(self.card))

    def _tell(self, objects: Sequence[DataObject]) -> None:
        """EVENT DOWNLOAD (TS 102 223 §7.5): to every application that wants the event."""
        for event in first_of(objects, Tag.EVENT_LIST) or b"":
            interested = (applet for applet in self.applets if event in applet.events)
            self._waiting.extend(applet.happened(self.card, event, objects) for applet in interested)

    def _proceed(self) -> None:
        """Start what waits, if nothing runs."""
        while self._running is None and self._waiting:
            self._running = self._waiting.popleft()
            self._go_on(None)

    def _go_on(self, answer: Answer | None) -> None:
        """Let the running application work up to its next command that the terminal knows."""
        session = self._running
        assert session is not None
        try:
            command = session.send(answer) if answer else next(session)
            while not has_command(self.card.terminal_profile, command.type):
                command = session.send(Answer(BEYOND_CAPABILITIES))
        except StopIteration:
            self._running = None
            return
        except Exception as fault:  # noqa: BLE001 - an application must not stop the card
            self.card.on_fault(b"", fault)
            self._running = None
            return
        self.card.proactive.queue(command.to_bytes(), self._answered)

    def _answered(self, response: bytes) -> None:
        """TERMINAL RESPONSE to the command of the running application."""
        self._go_on(Answer.parse(parse_objects(response)))
        self._proceed()
