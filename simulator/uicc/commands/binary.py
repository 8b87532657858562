"""READ BINARY and UPDATE BINARY (TS 102 221 §11.1.3, §11.1.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.access import Operation
from simulator.uicc.command import ISO, command
from simulator.uicc.image import FileStructure
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_WITH_SFI = 0x80
_SFI_RFU = 0x60


def sfi_target(channel: Channel, sfi: int) -> Node:
    """The EF with a short file identifier in the current DF; StatusError 6A82 if there is none."""
    node = channel.df.by_sfi.get(sfi)
    if node is None:
        raise StatusError(SW.FILE_NOT_FOUND)
    return node


def _target(channel: Channel, command: CommandApdu) -> tuple[Node, int]:
    """File and offset: P1 b8 set: SFI in P1 and offset P2, else offset P1 P2 in the current EF."""
    if not command.p1 & _WITH_SFI:
        return channel.current_ef(), command.p1 << 8 | command.p2
    if command.p1 & _SFI_RFU:
        raise StatusError(SW.INCORRECT_P1_P2)
    return sfi_target(channel, command.p1 & 0x1F), command.p2


def _open(channel: Channel, node: Node, operation: int, by_sfi: int) -> None:
    if node.structure is not FileStructure.TRANSPARENT:
        raise StatusError(SW.INCOMPATIBLE_FILE_STRUCTURE)
    channel.require(node, operation)
    if by_sfi:
        channel.select_node(node)


def read_binary(channel: Channel, command: CommandApdu) -> bytes:
    """READ BINARY. 6B00 beyond the end; fewer bytes than Le asks for: 6CXX."""
    node, offset = _target(channel, command)
    _open(channel, node, Operation.READ, command.p1 & _WITH_SFI)
    body = channel.files.body(node)
    if offset >= len(body):
        raise StatusError(SW.WRONG_P1_P2)
    le = command.le or 256
    available = len(body) - offset
    if le > available:
        if le in (256, 65536):
            return body[offset:]
        raise StatusError(SW.wrong_le(available), body[offset:])
    return body[offset : offset + le]


def update_binary(channel: Channel, command: CommandApdu) -> bytes:
    """UPDATE BINARY. 6700 if the data reach beyond the end of the file."""
    node, offset = _target(channel, command)
    _open(channel, node, Operation.UPDATE, command.p1 & _WITH_SFI)
    body = channel.files.body(node)
    if offset >= len(body):
        raise StatusError(SW.WRONG_P1_P2)
    end = offset + len(command.data)
    if end > len(body):
        raise StatusError(SW.WRONG_LENGTH)
    channel.card.write(node, body[:offset] + command.data + body[end:])
    return b""


COMMANDS = (
    command("READ BINARY", ISO, 0xB0, "2", "TS 102 221 §11.1.3", read_binary),
    command("UPDATE BINARY", ISO, 0xD6, "3", "TS 102 221 §11.1.4", update_binary),
)
