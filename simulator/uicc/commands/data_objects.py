"""RETRIEVE DATA and SET DATA on files of BER-TLV structure (TS 102 221 §11.3).

An object goes in one or more blocks. The state of a transfer belongs to the channel and ends with any change
of its current file; what is written shows in the file with the last block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.access import Operation
from simulator.uicc.channel import Transfer
from simulator.uicc.command import PROPRIETARY, command
from simulator.uicc.commands.binary import sfi_target
from simulator.uicc.image import FileStructure
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_FIRST, _NEXT, _RETRANSMIT = 0x80, 0x00, 0x40
_BLOCK_BITS, _SFI_BITS = 0xE0, 0x1F
_TAG_LIST = 0x5C
_CONTEXT_SPECIFIC = 0x80


def _target(channel: Channel, command: CommandApdu, operation: int) -> Node:
    """The file that P2 means: an SFI with the first block, or the current EF (Tables 11.33, 11.35)."""
    if command.p1 or command.p2 & _BLOCK_BITS not in (_FIRST, _NEXT, _RETRANSMIT):
        raise StatusError(SW.INCORRECT_P1_P2)
    sfi = command.p2 & _SFI_BITS
    if sfi and command.p2 & _BLOCK_BITS != _FIRST:
        raise StatusError(SW.INCORRECT_P1_P2)
    node = sfi_target(channel, sfi) if sfi else channel.current_ef()
    if node.structure is not FileStructure.BER_TLV:
        raise StatusError(SW.INCOMPATIBLE_FILE_STRUCTURE)
    channel.require(node, operation)
    if sfi:
        channel.select_node(node)
    return node


def _read_tag(data: bytes) -> tuple[int, int]:
    """A tag of the context-specific class, one to three bytes, and its length; 6A80 for any other."""
    try:
        tag, _, _ = tlv.read_header(data + b"\0", 0)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    octets = len(tlv.tag_bytes(tag))
    if data[0] & 0xC0 != _CONTEXT_SPECIFIC or octets > 3:
        raise StatusError(SW.INCORRECT_DATA)
    return tag, octets


def objects(body: bytes) -> dict[int, bytes]:
    """The data objects of a file by tag, each with tag and length; what is no TLV ends the list."""
    found: dict[int, bytes] = {}
    offset = 0
    while offset < len(body):
        try:
            item = tlv.read(body, offset)
        except Asn1Error:
            break
        found[item.tag] = body[offset : item.end]
        offset = item.end
    return found


def retrieve_data(channel: Channel, command: CommandApdu) -> bytes:
    """RETRIEVE DATA, §11.3.1: an object, or with tag '5C' the list of all tags. 62F1 while there is more;
    6A88 without such an object, 6985 for a next block without a first one."""
    node = _target(channel, command, Operation.READ)
    block = command.p2 & _BLOCK_BITS
    if block == _FIRST:
        octets = _wanted(objects(channel.files.body(node)), command.data)
        start = 0
    else:
        transfer = channel.transfer
        if command.data:
            raise StatusError(SW.WRONG_LENGTH)
        if transfer is None or not transfer.is_reading:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        octets = transfer.octets
        start = transfer.previous if block == _RETRANSMIT else transfer.position
        if start >= len(octets):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    end = min(start + (command.le or 256), len(octets))
    channel.transfer = Transfer(True, octets, end, start)
    if end < len(octets):
        raise StatusError(SW.MORE_DATA, octets[start:end])
    return octets[start:end]


def _wanted(found: dict[int, bytes], data: bytes) -> bytes:
    if not data:
        raise StatusError(SW.WRONG_LENGTH)
    if data == bytes((_TAG_LIST,)):
        return tlv.encode(_TAG_LIST, b"".join(map(tlv.tag_bytes, found)))
    tag, octets = _read_tag(data)
    if octets != len(data):
        raise StatusError(SW.INCORRECT_DATA)
    if tag not in found:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    return found[tag]


def set_data(channel: Channel, command: CommandApdu) -> bytes:
    """SET DATA, §11.3.2: creates or replaces an object, or with nothing but its tag deletes it. 63F1 while
    more is expected. 6A84 if the file has no room; then, and if the transfer breaks off, the object is gone
    (annex L)."""
    node = _target(channel, command, Operation.UPDATE)
    block = command.p2 & _BLOCK_BITS
    if block == _FIRST:
        return _begin(channel, node, command.data)
    transfer = channel.transfer
    if transfer is None or transfer.is_reading:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    start = transfer.previous if block == _RETRANSMIT else len(transfer.octets)
    return _continue(channel, node, transfer.octets[:start] + command.data, transfer.position, start)


def _begin(channel: Channel, node: Node, data: bytes) -> bytes:
    if not data:
        raise StatusError(SW.WRONG_LENGTH)
    tag, octets = _read_tag(data)
    found = objects(channel.files.body(node))
    if len(data) == octets:
        if tag not in found:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        _write_without(channel, node, tag)
        return b""
    try:
        _, _, end = tlv.read_header(data, 0)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    others = sum(len(item) for other, item in found.items() if other != tag)
    limit = node.target.ef.maximum_size
    if limit and others + end > limit:
        raise StatusError(SW.NOT_ENOUGH_MEMORY)
    if end > len(data) and tag in found:
        _write_without(channel, node, tag)
    return _continue(channel, node, data, end, 0)


def _continue(channel: Channel, node: Node, octets: bytes, length: int, start: int) -> bytes:
    """What has come so far is `octets`, the last block from `start`; the object is written when it is
    whole."""
    if len(octets) > length:
        channel.transfer = None
        raise StatusError(SW.INCORRECT_DATA)
    if len(octets) < length:
        channel.transfer = Transfer(False, octets, length, start)
        raise StatusError(SW.MORE_DATA_EXPECTED)
    channel.transfer = None
    tag, _ = _read_tag(octets)
    found = objects(channel.files.body(node)) | {tag: octets}
    channel.card.write(node, b"".join(found.values()))
    return b""


def _write_without(channel: Channel, node: Node, tag: int) -> None:
    found = objects(channel.files.body(node))
    del found[tag]
    channel.transfer = None
    channel.card.write(node, b"".join(found.values()))


COMMANDS = (
    command("RETRIEVE DATA", PROPRIETARY, 0xCB, "234", "TS 102 221 §11.3.1", retrieve_data),
    command("SET DATA", PROPRIETARY, 0xDB, "3", "TS 102 221 §11.3.2", set_data),
)
