"""A proactive session: from TERMINAL PROFILE over FETCH and TERMINAL RESPONSE to its end; a menu selection
(TS 102 221 §7.4.2, §11.2, TS 102 223 §6, §7.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cards.proactive import FULL_PROFILE, PERFORMED, ProactiveCommand, Reply, parse_proactive
from cards.status import StatusWord
from cards.toolkit import TYPES, DataObject, Details, Device, Envelope, Tag, envelope, terminal_response
from simulator.conformance.exchange import Line, answers
from simulator.conformance.model import Check, Subject, expect, require

_LIMIT: Final = 40
"""Proactive commands after which a session counts as endless."""
_BACKWARD: Final = Reply(0x11)
"""Backward move wanted by the user: it leads out of every menu."""


class _Terminal:
    """A terminal that has every command of the toolkit."""

    def __init__(self, subject: Subject) -> None:
        self.line = Line(subject.link)
        self.seen: list[ProactiveCommand] = []

    def start(self) -> int:
        """TERMINAL PROFILE; the length of the command that waits. NotApplicable if none does."""
        sw = self._send("8010", FULL_PROFILE)
        answers(sw, "9000|91XX", "TERMINAL PROFILE")
        require(
            sw.proactive_length is not None,
            "the card has no toolkit application: nothing waits to be fetched",
        )
        return sw.proactive_length or 0

    def _send(self, head: str, data: bytes) -> StatusWord:
        return self.line.send(bytes.fromhex(head) + b"\0\0" + bytes((len(data),)) + data).sw

    def fetch(self, length: int) -> ProactiveCommand:
        """FETCH of a command, which is read."""
        data = self.line(f"80120000{length & 0xFF:02X}", "9000", "FETCH")
        expect(len(data) == length, f"FETCH brings {len(data)} bytes, {length} were announced")
        command = parse_proactive(data)
        self.seen.append(command)
        return command

    def respond(
        self, command: ProactiveCommand, reply: Reply = PERFORMED, number: int | None = None
    ) -> StatusWord:
        """TERMINAL RESPONSE to a command, or to one of another `number`."""
        details = Details(command.number if number is None else number, command.type, command.qualifier)
        return self._send("8014", terminal_response(details, reply.result, objects=reply.objects))

    def select(self, item: int) -> StatusWord:
        """ENVELOPE (MENU SELECTION)."""
        chosen = [DataObject(Tag.ITEM_IDENTIFIER, bytes((item,)))]
        return self._send("80C2", envelope(Envelope.MENU_SELECTION, Device.KEYPAD, chosen))

    def until_the_end(self, length: int | None, reply: Callable[[ProactiveCommand], Reply]) -> None:
        """Fetch and answer until nothing waits any more."""
        for _ in range(_LIMIT):
            if length is None:
                return
            command = self.fetch(length)
            sw = self.respond(command, reply(command))
            answers(sw, "9000|91XX", f"TERMINAL RESPONSE to {command.name}")
            length = sw.proactive_length
        expect(False, f"after {_LIMIT} proactive commands there are still more")

    def menu(self) -> ProactiveCommand:
        """Everything that comes at first, done; the menu among it. NotApplicable without one."""
        self.until_the_end(self.start(), lambda command: PERFORMED)
        menus = [command for command in self.seen if command.type == TYPES["SET UP MENU"]]
        require(bool(menus), "the card sets up no menu")
        return menus[-1]


def _session(subject: Subject) -> None:
    terminal = _Terminal(subject)
    terminal.until_the_end(terminal.start(), lambda command: PERFORMED)


def _announced(subject: Subject) -> None:
    """Until it is fetched, each success tells that a command waits."""
    terminal = _Terminal(subject)
    length = terminal.start()
    sw = terminal.line.send("80F2000C").sw
    expect(sw.proactive_length == length, f"STATUS answers {sw} in place of 91{length:02X}")
    terminal.fetch(length)


def _wrong_length(subject: Subject) -> None:
    terminal = _Terminal(subject)
    length = terminal.start()
    response = terminal.line.direct(
        f"80120000{length + 1 & 0xFF:02X}", "6CXX|6700|9000", "FETCH of a byte more"
    )
    if response.sw.sw1 == 0x6C:
        expect(response.sw.number == length, f"6CXX tells {response.sw.number} bytes, {length} wait")
    terminal.fetch(length)


def _other_number(subject: Subject) -> None:
    """A response to another command than the one that was fetched is refused, and the right one is taken."""
    terminal = _Terminal(subject)
    command = terminal.fetch(terminal.start())
    sw = terminal.respond(command, number=command.number % 254 + 1)
    answers(sw, "6A80|6F00|6985|6984", "TERMINAL RESPONSE to another command")
    answers(terminal.respond(command), "9000|91XX", "the right one")


def _twice(subject: Subject) -> None:
    """A command is answered once."""
    terminal = _Terminal(subject)
    terminal.until_the_end(terminal.start(), lambda command: PERFORMED)
    sw = terminal.respond(terminal.seen[-1])
    answers(sw, "6985|6A80|6F00|6984", "TERMINAL RESPONSE once more")


def _cleared(subject: Subject) -> None:
    """A reset ends a session; TERMINAL PROFILE begins it anew."""
    terminal = _Terminal(subject)
    first = terminal.start()
    subject.link.reset()
    answers(terminal.line.send("8012000000").sw, "6985|6F00|6A88|6D00", "FETCH after a reset")
    expect(terminal.start() == first, "TERMINAL PROFILE after a reset announces something else")


def _small_terminal(subject: Subject) -> None:
    """A terminal that has no menu is asked for none (TS 102 223 §5.2)."""
    terminal = _Terminal(subject)
    terminal.menu()
    subject.link.reset()
    poor = _Terminal(subject)
    sw = poor._send("8010", bytes.fromhex("010000"))
    answers(sw, "9000|91XX", "TERMINAL PROFILE of a terminal that has nothing")
    poor.until_the_end(sw.proactive_length, lambda command: PERFORMED)
    names = ", ".join(command.name for command in poor.seen)
    expect("SET UP MENU" not in names, f"it is asked for {names}")


def _chosen(subject: Subject) -> None:
    """Each entry of the menu begins something that a backward move ends."""
    terminal = _Terminal(subject)
    menu = terminal.menu()
    expect(bool(menu.items), "the menu has no entry")
    for item, text in menu.items.items():
        sw = terminal.select(item)
        answers(sw, "9000|91XX", f"the choice of {text!r}")
        terminal.until_the_end(sw.proactive_length, lambda command: _BACKWARD)


def _unknown_choice(subject: Subject) -> None:
    """An entry that is not there begins nothing."""
    terminal = _Terminal(subject)
    items = terminal.menu().items
    nobody = next(number for number in range(1, 256) if number not in items)
    sw = terminal.select(nobody)
    answers(sw, "9000|6F00|6A80|6985|6A88", "the choice of an entry that is not there")


def _row(title: str, clause: str, run: Callable[[Subject], None]) -> Check:
    return Check("toolkit", title, clause, run, ("toolkit",), True)


CHECKS = (
    _row("A proactive session runs to its end", "TS 102 221 §7.4.2, §11.2", _session),
    _row("91XX stays until the command is fetched", "TS 102 221 §7.4.2.1", _announced),
    _row("FETCH of another length", "TS 102 221 §11.2.3", _wrong_length),
    _row("TERMINAL RESPONSE to another command than the fetched one", "TS 102 223 §6.8", _other_number),
    _row("TERMINAL RESPONSE is taken once", "TS 102 221 §11.2.4", _twice),
    _row("A reset ends a proactive session", "TS 102 221 §7.4.2, TS 102 223 §6", _cleared),
    _row("A terminal without a menu is asked for none", "TS 102 223 §5.2", _small_terminal),
    _row("Each entry of the menu can be chosen, and left", "TS 102 223 §7.2", _chosen),
    _row("An entry that is not there begins nothing", "TS 102 223 §7.2", _unknown_choice),
)
"""The checks of this suite that need a toolkit application."""
