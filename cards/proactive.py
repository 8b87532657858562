"""The terminal's side of the toolkit: it fetches what the card wants done, does it, and says how it went (TS
102 221 §11.2, TS 102 223 §6).

Who does it is a responder: a script, a person at a prompt, or any function from a command to a reply. Nothing
here reads from or writes to a screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cards.apdu import SHORT_LE_LIMIT, CommandApdu, ResponseApdu
from cards.errors import CardProtocolError, CardStatusError
from cards.session import CardSession
from cards.toolkit import (
    COMMANDS,
    PROACTIVE_COMMAND,
    TYPES,
    DataObject,
    Details,
    Device,
    Envelope,
    Event,
    Tag,
    ToolkitError,
    decode_text,
    encode_text,
    envelope,
    first_of,
    profile_of,
    read_template,
    terminal_response,
)

TERMINAL_PROFILE, FETCH, TERMINAL_RESPONSE, ENVELOPE = 0x10, 0x12, 0x14, 0xC2
REFRESH = 0x01
UICC_RESET = 0x04
"""Command qualifier of REFRESH after which the terminal resets the card and sends no TERMINAL RESPONSE."""
FULL_PROFILE = profile_of(COMMANDS, {(5, bit) for bit in range(1, 9)} | {(6, bit) for bit in range(1, 5)})
"""A terminal that has every command and tells every event of §5.2 bytes 5 and 6."""
_PROPRIETARY = 0x80


@dataclass(frozen=True, slots=True)
class ProactiveCommand:
    """A command of the card to the terminal."""

    number: int
    type: int
    qualifier: int
    raw: bytes
    objects: tuple[DataObject, ...] = ()

    @property
    def name(self) -> str:
        """'DISPLAY TEXT', or the type in hexadecimal where it is not known."""
        row = COMMANDS.get(self.type)
        return row.name if row else f"command {self.type:02X}"

    @property
    def asks_for_reset(self) -> bool:
        return self.type == REFRESH and self.qualifier == UICC_RESET

    @property
    def text(self) -> str:
        """The text to be shown; empty if there is none, or none that can be read."""
        try:
            return decode_text(first_of(self.objects, Tag.TEXT_STRING) or b"")
        except ToolkitError:
            return ""

    @property
    def title(self) -> str:
        """The alpha identifier."""
        value = first_of(self.objects, Tag.ALPHA_IDENTIFIER) or b""
        return value[1:].decode("utf-16-be", "replace") if value[:1] == b"\x80" else value.decode("latin-1")

    @property
    def items(self) -> dict[int, str]:
        """Identifier → text of the items to choose from."""
        found = (item.value for item in self.objects if item.tag == Tag.ITEM and item.value)
        return {value[0]: value[1:].decode("latin-1") for value in found}


@dataclass(frozen=True, slots=True)
class Reply:
    """How a command went: general result (§8.12) and data objects."""

    result: int = 0x00
    objects: tuple[DataObject, ...] = ()

    @classmethod
    def text(cls, text: str) -> Reply:
        """What the user typed, or the network answered."""
        return cls(objects=(DataObject(Tag.TEXT_STRING, encode_text(text)),))

    @classmethod
    def item(cls, number: int) -> Reply:
        """The item that the user chose."""
        return cls(objects=(DataObject(Tag.ITEM_IDENTIFIER, bytes((number,))),))

    @classmethod
    def location(cls, plmn: bytes, area: int = 1, cell: int = 1) -> Reply:
        """Where the terminal is: three bytes of PLMN, location area and cell."""
        return cls(objects=(location_information(plmn, area, cell),))


PERFORMED = Reply()
NOT_UNDERSTOOD = Reply(0x31)
Responder = Callable[[ProactiveCommand], Reply]


def location_information(plmn: bytes, area: int = 1, cell: int = 1) -> DataObject:
    """§8.19."""
    return DataObject(Tag.LOCATION_INFORMATION, plmn + area.to_bytes(2, "big") + cell.to_bytes(2, "big"))


def parse_proactive(data: bytes) -> ProactiveCommand:
    """Read the answer of FETCH. Raises CardProtocolError."""
    try:
        tag, objects = read_template(data)
        if tag != PROACTIVE_COMMAND:
            raise ToolkitError(f"tag {tag:02X} in place of D0")
        details = Details.of(objects)
    except ToolkitError as error:
        raise CardProtocolError(f"{data.hex().upper()} is no proactive command: {error}") from None
    return ProactiveCommand(*details, data, tuple(objects))


def fetch_pending(
    session: CardSession, length: int, respond: Responder = lambda _: PERFORMED
) -> ProactiveCommand:
    """Fetch the pending command and tell the card how it went, unless it asks for a reset."""
    command, _ = _fetch(session, length, respond)
    return command


def _fetch(
    session: CardSession, length: int, respond: Responder
) -> tuple[ProactiveCommand, ResponseApdu | None]:
    data = session.send(FETCH, cla=_PROPRIETARY, le=length, doing="FETCH").data
    command = parse_proactive(data)
    if command.asks_for_reset:
        return command, None
    reply = respond(command)
    details = Details(command.number, command.type, command.qualifier)
    response = terminal_response(details, reply.result, reply.objects)
    return command, session.send(
        TERMINAL_RESPONSE, data=response, cla=_PROPRIETARY, doing="TERMINAL RESPONSE"
    )


class ToolkitTerminal:
    """A terminal with a toolkit. `log` has every command that the card sent, in order."""

    def __init__(self, session: CardSession, respond: Responder, profile: bytes = FULL_PROFILE) -> None:
        self.session = session
        self.profile = profile
        self._respond = respond
        self.log: list[ProactiveCommand] = []
        self.menu: dict[int, str] = {}
        """Item → text of the menu that the card set up."""
        self.wants_reset = False
        """The card asked for a reset by REFRESH."""

    def start(self) -> None:
        """TERMINAL PROFILE, and whatever the card wants then."""
        self._send(TERMINAL_PROFILE, self.profile)

    def choose(self, item: int) -> None:
        """The user chooses from the card's menu (MENU SELECTION, §7.2)."""
        chosen = DataObject(Tag.ITEM_IDENTIFIER, bytes((item,)))
        self.envelope(envelope(Envelope.MENU_SELECTION, Device.KEYPAD, [chosen]))

    def event(self, event: int, objects: Iterable[DataObject] = (), source: int = Device.TERMINAL) -> None:
        """Something that the card asked to be told of happened (EVENT DOWNLOAD, §7.5)."""
        listed = DataObject(Tag.EVENT_LIST, bytes((event,)))
        self.envelope(envelope(Envelope.EVENT_DOWNLOAD, source, objects, [listed]))

    def moved_to(self, plmn: bytes) -> None:
        """The location changed, with normal service."""
        status = DataObject(Tag.LOCATION_STATUS, b"\x00")
        self.event(Event.LOCATION_STATUS, [status, location_information(plmn)])

    def timer_expired(self, timer: int, value: bytes = bytes(3)) -> None:
        """§7.4."""
        objects = [DataObject(Tag.TIMER_IDENTIFIER, bytes((timer,))), DataObject(Tag.TIMER_VALUE, value)]
        self.envelope(envelope(Envelope.TIMER_EXPIRATION, Device.TERMINAL, objects))

    def envelope(self, data: bytes) -> bytes:
        """Send an ENVELOPE; its answer. CardStatusError if the card refuses it (9300: it is busy)."""
        return self._send(ENVELOPE, data)

    def poll(self) -> None:
        """STATUS, as terminals send it in idle mode: the card may have something to say."""
        command = CommandApdu(_PROPRIETARY, 0xF2, 0x00, 0x0C)
        self._follow(self.session.transmit(command))

    def _send(self, ins: int, data: bytes) -> bytes:
        command = CommandApdu(_PROPRIETARY, ins, data=data)
        response = self.session.transmit(command)
        if not response.sw.is_success:
            raise CardStatusError(response.sw, command)
        self._follow(response)
        return response.data

    def _follow(self, response: ResponseApdu | None) -> None:
        """Carry out what 91XX announces, one command after the other."""
        while response is not None and (length := response.sw.proactive_length):
            command, response = _fetch(self.session, min(length, SHORT_LE_LIMIT), self._answer)
            if response is None:
                self.log.append(command)
                self.wants_reset = True

    def _answer(self, command: ProactiveCommand) -> Reply:
        self.log.append(command)
        if command.type == TYPES["SET UP MENU"]:
            self.menu = command.items
            return PERFORMED
        return self._respond(command)


def scripted(replies: Mapping[str, Iterable[Reply]]) -> Responder:
    """A responder that follows a script: name of the command → its replies in turn, then 'performed'."""
    queues = {name: iter(listed) for name, listed in replies.items()}
    return lambda command: next(queues.get(command.name, iter(())), PERFORMED)


def at_a_prompt(ask: Callable[[str], str], show: Callable[[str], None]) -> Responder:
    """A responder for a person: `ask` shows a question and brings the answer, '' for giving up; `show` shows
    a text."""

    def respond(command: ProactiveCommand) -> Reply:
        if command.type == TYPES["DISPLAY TEXT"]:
            show(command.text)
            return PERFORMED
        if command.type in (TYPES["GET INKEY"], TYPES["GET INPUT"]):
            typed = ask(command.text)
            return Reply.text(typed) if typed else Reply(0x12)
        if command.type == TYPES["SELECT ITEM"]:
            listed = "\n".join(f"{number}  {text}" for number, text in command.items.items())
            chosen = ask(f"{command.title}\n{listed}\n")
            number = int(chosen) if chosen.isdecimal() else 0
            return Reply.item(number) if number in command.items else Reply(0x10)
        show(f"{command.name} {command.title}".strip())
        return PERFORMED

    return respond
