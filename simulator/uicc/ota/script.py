"""Remote command scripts: compact and expanded remote application data format (TS 102 226 §5).

Compact: commands one after another, answered by their number, the last status word and the last data.
Expanded: command TLVs in a scripting template of definite ('AA') or indefinite ('AE') length, answered by a
template ('AB', 'AF') with an R-APDU TLV for each C-APDU. A script is compact unless it begins with one of the
two tags. It ends with the first error; what it did until then stays done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.apdu import ApduError, CommandApdu
from cards.status import SW
from simulator.uicc.ota.remote import Answer, RemoteChannel

_HEADER = 5
_COMMANDS, _COMMANDS_INDEFINITE = 0xAA, 0xAE
_RESPONSES, _RESPONSES_INDEFINITE = 0xAB, 0xAF
"""Scripting templates, TS 101 220 Table 7.18."""
_C_APDU, _IMMEDIATE_ACTION, _ERROR_ACTION, _SCRIPT_CHAINING = 0x22, 0x81, 0x82, 0x83
"""Command TLVs, TS 101 220 Table 7.19."""
_R_APDU, _NUMBER_OF_COMMANDS, _IMMEDIATE_ACTION_RESPONSE = 0x23, 0x80, 0x81
_SCRIPT_CHAINING_RESPONSE, _BAD_FORMAT = 0x83, 0x90
"""Response TLVs, TS 101 220 Table 7.20."""
_INDEFINITE: Final = 0x80
_END_OF_CONTENTS: Final = bytes(2)
_PROACTIVE, _COMMAND_DETAILS = 0xD0, 0x01
_ACTIONS = frozenset((0x01, 0x20, 0x21))
"""Types of proactive commands that an action may be: REFRESH, PLAY TONE, DISPLAY TEXT."""
_ANSWER_OVERHEAD = 16
"""Octets that templates, counters and headers around the data of one answer take at most."""


class BadFormat(IntEnum):
    """Error type of the Bad format TLV (TS 102 226 Table 5.12)."""

    UNKNOWN_TAG = 0x01
    WRONG_LENGTH = 0x02
    LENGTH_NOT_FOUND = 0x03


class Chaining(IntEnum):
    """Value of the Script Chaining TLV (TS 102 226 Table 5.8)."""

    FIRST = 0x01
    """First script; what it leaves is deleted when the card is reset."""
    SUBSEQUENT = 0x02
    """More scripts follow."""
    LAST = 0x03
    FIRST_KEPT = 0x11
    """First script; what it leaves outlives a reset."""


class ChainingError(IntEnum):
    """Value of the Script Chaining Response TLV (TS 102 226 Table 5.16)."""

    NO_PREVIOUS_SCRIPT = 0x01
    NOT_SUPPORTED = 0x02
    UNABLE_TO_PROCESS = 0x03


_SUSPENSION_ERROR = 0x01
"""Value of the Immediate Action Response TLV (TS 102 226 Table 5.14)."""
_PROACTIVE_SESSION, _EARLY_RESPONSE = 0x81, 0x82
"""Immediate Action of one octet; '01' to '7F' are records of EF.RMA (TS 102 226 Table 5.4)."""


@dataclass
class Surroundings:
    """What a script may reach beyond files and applications.

    `send` queues a proactive command; `is_busy` tells whether a proactive session goes on; `action` gives
    the proactive command of a record of EF.RMA, or nothing.
    """

    send: Callable[[bytes], None]
    is_busy: Callable[[], bool]
    action: Callable[[int], bytes]


class Outcome(NamedTuple):
    """The response data of a script, and whether the next one may go on on the same channel."""

    data: bytes
    keeps_channel: bool = False
    outlives_reset: bool = False


def chaining_of(script: bytes) -> int | None:
    """The value of the Script Chaining TLV, which stands first if it is there at all."""
    items, _ = _command_tlvs(script) if is_expanded(script) else ([], None)
    if items and items[0][0] == _SCRIPT_CHAINING:
        return items[0][1][0] if len(items[0][1]) == 1 else -1
    return None


def is_expanded(script: bytes) -> bool:
    return script[:1] in (bytes((_COMMANDS,)), bytes((_COMMANDS_INDEFINITE,)))


def refuse_chaining(script: bytes, error: ChainingError) -> bytes:
    """The answer to a script of which no command is executed because of its chaining."""
    return _template(script, 0, tlv.encode(_SCRIPT_CHAINING_RESPONSE, bytes((error,))))


def execute(script: bytes, channel: RemoteChannel, room: int, surroundings: Surroundings) -> bytes:
    """Execute a script and give its response data, at most `room` octets of them.

    Data that do not fit are cut, their status word is then 62F1 and the script ends (§5.1.1, §5.2.1.1).
    """
    if is_expanded(script):
        return _Expanded(script, channel, room, surroundings).run()
    return _compact(script, channel, room)


# --- compact format ---------------------------------------------------------------------------------------


def _compact(script: bytes, channel: RemoteChannel, room: int) -> bytes:
    """Commands of header, P3 and data, §5.1. One that brings data can only be the last."""
    executed, answer, offset = 0, Answer(b"", SW.OK), 0
    while offset < len(script):
        command, offset, is_outgoing = _next(script, offset, channel)
        answer = Answer(b"", SW.WRONG_LENGTH) if command is None else channel.execute(command)
        executed += 1
        if is_outgoing or answer.is_error:
            break
    if not executed:
        return b""
    answer = _cut(answer, room - 3)
    return bytes((executed & 0xFF,)) + answer.sw.to_bytes(2, "big") + answer.data


def _next(script: bytes, offset: int, channel: RemoteChannel) -> tuple[CommandApdu | None, int, bool]:
    """The command at `offset`, None if it is cut off; where it ends; and whether it brings data."""
    if offset + _HEADER > len(script):
        return None, len(script), False
    cla, ins, p1, p2, p3 = script[offset : offset + _HEADER]
    start = offset + _HEADER
    if not channel.knows(cla, ins):
        return CommandApdu(cla, ins, p1, p2), len(script), False  # P3 may mean anything; it is an error
    if channel.is_outgoing(cla, ins, p2):
        return CommandApdu(cla, ins, p1, p2, le=p3 or 256), start, True
    end = start + p3
    if end > len(script):
        return None, len(script), False
    return CommandApdu(cla, ins, p1, p2, script[start:end]), end, False


def _cut(answer: Answer, room: int) -> Answer:
    if len(answer.data) <= max(0, room):
        return answer
    return Answer(answer.data[: max(0, room)], SW.MORE_DATA)


# --- expanded format --------------------------------------------------------------------------------------


def _command_tlvs(script: bytes) -> tuple[list[tuple[int, bytes]], BadFormat | None]:
    """The command TLVs of a template up to the first that cannot be read, and what is wrong with that."""
    if script[0] == _COMMANDS_INDEFINITE:
        if script[1:2] != bytes((_INDEFINITE,)):
            return [], BadFormat.LENGTH_NOT_FOUND if len(script) < 2 else BadFormat.WRONG_LENGTH
        return _items(script, 2, None)
    try:
        start, end = _extent(script, 0)
    except IndexError:
        return [], BadFormat.LENGTH_NOT_FOUND
    if end != len(script):
        return [], BadFormat.WRONG_LENGTH
    return _items(script, start, end)


def _items(script: bytes, offset: int, end: int | None) -> tuple[list[tuple[int, bytes]], BadFormat | None]:
    """TLVs from `offset` on; without an end they go on to the end-of-contents octets."""
    found: list[tuple[int, bytes]] = []
    limit = len(script) if end is None else end
    while True:
        if end is None and script[offset : offset + 2] == _END_OF_CONTENTS:
            return found, None
        if offset >= limit:
            return found, BadFormat.WRONG_LENGTH if end is None else None
        try:
            start, stop = _extent(script, offset)
        except IndexError:
            return found, BadFormat.LENGTH_NOT_FOUND
        if stop > limit:
            return found, BadFormat.WRONG_LENGTH
        found.append((script[offset], script[start:stop]))
        offset = stop


def _extent(script: bytes, offset: int) -> tuple[int, int]:
    """Where the value of the TLV at `offset` begins and ends: one tag octet, a BER length that need not be
    in the fewest octets. IndexError if there is no length."""
    length, start = script[offset + 1], offset + 2
    if length >= _INDEFINITE:
        octets = length & 0x7F
        if not octets or start + octets > len(script):
            raise IndexError(start)
        length, start = int.from_bytes(script[start : start + octets], "big"), start + octets
    return start, start + length


def _template(script: bytes, executed: int, responses: bytes) -> bytes:
    """The response scripting template that answers the template of the script (Tables 5.10 and 5.10a)."""
    if script[0] == _COMMANDS_INDEFINITE:
        return bytes((_RESPONSES_INDEFINITE, _INDEFINITE)) + responses + _END_OF_CONTENTS
    number = executed.to_bytes(executed.bit_length() // 8 + 1, "big")
    return tlv.encode(_RESPONSES, tlv.encode(_NUMBER_OF_COMMANDS, number) + responses)


def proactive_command(octets: bytes) -> bytes:
    """The proactive command in an action or a record of EF.RMA, whole or without its tag 'D0', padding left
    out. Nothing if it is not DISPLAY TEXT, PLAY TONE or REFRESH (Table 5.5)."""
    try:
        value = tlv.read(octets).value if octets[:1] == bytes((_PROACTIVE,)) else octets.rstrip(b"\xff")
        details = tlv.read(value)
    except Asn1Error:
        return b""
    is_allowed = details.tag & 0x7F == _COMMAND_DETAILS and len(details.value) == 3
    return tlv.encode(_PROACTIVE, value) if is_allowed and details.value[1] in _ACTIONS else b""


@dataclass
class _Expanded:
    """One script in expanded format while it is executed, §5.2."""

    script: bytes
    channel: RemoteChannel
    room: int
    surroundings: Surroundings
    executed: int = 0
    responses: bytearray = field(default_factory=bytearray)
    error_action: bytes = b""

    def run(self) -> bytes:
        items, fault = _command_tlvs(self.script)
        for tag, value in items:
            handle = _HANDLERS.get(tag)
            if handle is None:
                fault = BadFormat.UNKNOWN_TAG
                break
            goes_on = handle(self, value)
            self.executed += goes_on or tag == _C_APDU
            if not goes_on:
                fault = None
                break
        if fault is not None:
            self.responses += tlv.encode(_BAD_FORMAT, bytes((fault,)))
        return _template(self.script, self.executed, bytes(self.responses))

    def c_apdu(self, value: bytes) -> bool:
        try:
            answer = self.channel.execute(CommandApdu.parse(value))
        except ApduError:
            answer = Answer(b"", SW.WRONG_LENGTH)
        answer = _cut(answer, self.room - len(self.responses) - _ANSWER_OVERHEAD)
        self.responses += tlv.encode(_R_APDU, answer.data + answer.sw.to_bytes(2, "big"))
        if answer.is_error and self.error_action:
            self.surroundings.send(self.error_action)
        return not answer.is_error

    def immediate_action(self, value: bytes) -> bool:
        """A proactive command, given or named by a record of EF.RMA, or a word about the session (§5.2.1.2).
        Where a session goes on that the script would have to suspend, it ends with a suspension error."""
        if value == bytes((_EARLY_RESPONSE,)):
            return True  # the response always goes out when all is done; nobody can tell the difference
        if self.surroundings.is_busy():
            self.responses += tlv.encode(_IMMEDIATE_ACTION_RESPONSE, bytes((_SUSPENSION_ERROR,)))
            return False
        if action := self._action(value):
            self.surroundings.send(action)
        return True

    def set_error_action(self, value: bytes) -> bool:
        """What happens if a command from here on fails; nothing again, if the value is empty (§5.2.1.3)."""
        self.error_action = self._action(value)
        return True

    def script_chaining(self, value: bytes) -> bool:
        """The receiver has acted on it; anywhere but in front it is out of place (§5.2.1.4)."""
        if self.executed:
            error = bytes((ChainingError.UNABLE_TO_PROCESS,))
            self.responses += tlv.encode(_SCRIPT_CHAINING_RESPONSE, error)
            return False
        return True

    def _action(self, value: bytes) -> bytes:
        """The proactive command of an action; nothing if it is none that an action may be."""
        if len(value) == 1:
            value = self.surroundings.action(value[0]) if value[0] < _PROACTIVE_SESSION else b""
        return proactive_command(value)


_HANDLERS: Final[dict[int, Callable[[_Expanded, bytes], bool]]] = {
    _C_APDU: _Expanded.c_apdu,
    _IMMEDIATE_ACTION: _Expanded.immediate_action,
    _ERROR_ACTION: _Expanded.set_error_action,
    _SCRIPT_CHAINING: _Expanded.script_chaining,
}
