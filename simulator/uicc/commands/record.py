"""READ RECORD, UPDATE RECORD, SEARCH RECORD and INCREASE (TS 102 221 §11.1.5 to §11.1.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.access import Operation
from simulator.uicc.command import ISO, PROPRIETARY, command
from simulator.uicc.commands.binary import sfi_target
from simulator.uicc.image import FileStructure
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_NEXT, _PREVIOUS, _ABSOLUTE = 0x02, 0x03, 0x04
_WITH_RECORDS = (FileStructure.LINEAR_FIXED, FileStructure.CYCLIC)


def _target(channel: Channel, p2: int, operation: int) -> Node:
    """The EF that P2 means: b8 to b4 an SFI, or '00' the current EF; it becomes the current one."""
    sfi = p2 >> 3
    node = sfi_target(channel, sfi) if sfi else channel.current_ef()
    if node.structure not in _WITH_RECORDS:
        raise StatusError(SW.INCOMPATIBLE_FILE_STRUCTURE)
    channel.require(node, operation)
    if sfi and node is not channel.ef:
        channel.select_node(node)
    return node


def _record_number(channel: Channel, node: Node, command: CommandApdu, count: int) -> int:
    """The record that P1 and P2 mean (Table 11.9); the record pointer moves for next and previous."""
    mode, number, current = command.p2 & 0x07, command.p1, channel.record
    if mode == _ABSOLUTE:
        number = number or current
        if not 1 <= number <= count:
            raise StatusError(SW.RECORD_NOT_FOUND)
        return number
    if mode not in (_NEXT, _PREVIOUS):
        raise StatusError(SW.INCORRECT_P1_P2)
    # Without a current record, next is the first and previous the last.
    number = current + 1 if mode == _NEXT else (current or count + 1) - 1
    if node.structure is FileStructure.CYCLIC:
        number = (number - 1) % count + 1
    if not 1 <= number <= count:
        raise StatusError(SW.RECORD_NOT_FOUND)
    return number


def read_record(channel: Channel, command: CommandApdu) -> bytes:
    """READ RECORD. A wrong Le is answered with 6CXX and moves nothing."""
    node = _target(channel, command.p2, Operation.READ)
    body, length = channel.files.body(node), node.record_length
    number = _record_number(channel, node, command, len(body) // length)
    if command.le not in (length, 256, 65536):
        record = body[length * (number - 1) : length * number]
        raise StatusError(SW.wrong_le(length), record[: command.le])
    if command.p2 & 0x07 != _ABSOLUTE:
        channel.record = number
    return body[length * (number - 1) : length * number]


def update_record(channel: Channel, command: CommandApdu) -> bytes:
    """UPDATE RECORD. A cyclic file takes PREVIOUS only: the oldest record becomes record 1."""
    node = _target(channel, command.p2, Operation.UPDATE)
    body, length = channel.files.body(node), node.record_length
    mode = command.p2 & 0x07
    if node.structure is FileStructure.CYCLIC:
        if mode != _PREVIOUS:
            raise StatusError(SW.INCORRECT_P1_P2)
        _must_fill(command.data, length)
        channel.card.write(node, command.data + body[:-length])
        channel.record = 1
        return b""
    number = _record_number(channel, node, command, len(body) // length)
    _must_fill(command.data, length)
    channel.card.write(node, body[: length * (number - 1)] + command.data + body[length * number :])
    if mode != _ABSOLUTE:
        channel.record = number
    return b""


def _must_fill(data: bytes, length: int) -> None:
    if len(data) != length:
        raise StatusError(SW.WRONG_LENGTH)


_FORWARD_FROM_P1, _BACKWARD_FROM_P1, _ENHANCED = 0x04, 0x05, 0x06
_FORWARD_FROM_NEXT, _BACKWARD_FROM_PREVIOUS = 0x06, 0x07


def search_record(channel: Channel, command: CommandApdu) -> bytes:
    """SEARCH RECORD, §11.1.7, simple and enhanced: the numbers of the records that fit; the first becomes
    the current record. 6A83 if none fits."""
    node = _target(channel, command.p2, Operation.READ)
    body, length = channel.files.body(node), node.record_length
    records = [body[at : at + length] for at in range(0, len(body), length)]
    mode = command.p2 & 0x07
    if mode == _ENHANCED:
        order, fits = _enhanced(channel, command, len(records))
    elif mode in (_FORWARD_FROM_P1, _BACKWARD_FROM_P1):
        order = _order(command.p1 or channel.record or 1, mode == _FORWARD_FROM_P1, len(records))
        fits = _Pattern(command.data, 0)
    else:
        raise StatusError(SW.INCORRECT_P1_P2)
    if len(fits.pattern) > length:
        raise StatusError(SW.WRONG_LENGTH)
    hits = bytes(number for number in order if fits(records[number - 1]))
    if not hits:
        raise StatusError(SW.RECORD_NOT_FOUND)
    channel.record = hits[0]
    return hits


class _Pattern:
    """What a record must contain: the pattern from an offset, or anywhere behind a given byte value."""

    def __init__(self, pattern: bytes, offset: int, after: int | None = None) -> None:
        self.pattern = pattern
        self._offset = offset
        self._after = after

    def __call__(self, record: bytes) -> bool:
        start = self._offset
        if self._after is not None:
            found = record.find(self._after)
            if found < 0:
                return False
            start = found + 1
        return self.pattern in record[start:]


def _order(start: int, forward: bool, count: int) -> range:
    if not 1 <= start <= count:
        raise StatusError(SW.RECORD_NOT_FOUND)
    return range(start, count + 1) if forward else range(start, 0, -1)


def _enhanced(channel: Channel, command: CommandApdu, count: int) -> tuple[range, _Pattern]:
    """Enhanced search: a byte of indication, a byte of offset or value, then the pattern (Table 11.12)."""
    if len(command.data) < 3:
        raise StatusError(SW.WRONG_LENGTH)
    indication, detail, pattern = command.data[0], command.data[1], command.data[2:]
    mode = indication & 0x07
    if mode in (_FORWARD_FROM_P1, _BACKWARD_FROM_P1):
        order = _order(command.p1 or channel.record or 1, mode == _FORWARD_FROM_P1, count)
    elif mode == _FORWARD_FROM_NEXT:
        order = _order(channel.record + 1, True, count)
    elif mode == _BACKWARD_FROM_PREVIOUS:
        order = _order(channel.record - 1 if channel.record else count, False, count)
    else:
        raise StatusError(SW.INCORRECT_DATA)
    if indication & 0x08:
        return order, _Pattern(pattern, 0, after=detail)
    return order, _Pattern(pattern, detail)


def increase(channel: Channel, command: CommandApdu) -> bytes:
    """INCREASE, §11.1.8: adds to the last written record of a cyclic file and writes the sum as a new one.
    Answers with the sum and the number added; 9850 if it does not fit."""
    if command.p2 or (command.p1 and command.p1 & 0xE0 != 0x80):
        raise StatusError(SW.INCORRECT_P1_P2)
    node = sfi_target(channel, command.p1 & 0x1F) if command.p1 else channel.current_ef()
    if node.structure is not FileStructure.CYCLIC:
        raise StatusError(SW.INCOMPATIBLE_FILE_STRUCTURE)
    channel.require(node, Operation.INCREASE)
    body, length = channel.files.body(node), node.record_length
    if len(command.data) > length:
        raise StatusError(SW.WRONG_LENGTH)
    total = int.from_bytes(body[:length], "big") + int.from_bytes(command.data, "big")
    if total >> 8 * length:
        raise StatusError(SW.INCREASE_MAX_REACHED)
    record = total.to_bytes(length, "big")
    if command.p1:
        channel.select_node(node)
    channel.card.write(node, record + body[:-length])
    channel.record = 1
    return record + command.data.rjust(length, b"\0")


COMMANDS = (
    command("READ RECORD", ISO, 0xB2, "2", "TS 102 221 §11.1.5", read_record),
    command("UPDATE RECORD", ISO, 0xDC, "3", "TS 102 221 §11.1.6", update_record),
    command("SEARCH RECORD", ISO, 0xA2, "34", "TS 102 221 §11.1.7", search_record),
    command("INCREASE", PROPRIETARY, 0x32, "34", "TS 102 221 §11.1.8", increase),
)
