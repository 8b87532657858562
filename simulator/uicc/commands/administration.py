"""Files created, deleted, resized, (de)activated and terminated (TS 102 221 §11.1.14 f., TS 102 222 §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc import structure
from simulator.uicc.access import Operation
from simulator.uicc.command import ISO, PROPRIETARY, command
from simulator.uicc.commands.select import walk
from simulator.uicc.image import DfImage, FileStructure, LifeCycle
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_BY_FID, _BY_PATH_FROM_MF, _BY_PATH_FROM_DF = 0x00, 0x08, 0x09


def _no_parameters(command: CommandApdu) -> None:
    if command.p1 or command.p2:
        raise StatusError(SW.INCORRECT_P1_P2)


def _named(channel: Channel, data: bytes) -> Node:
    """The file below the current DF, or the current DF itself, with the identifier in the data."""
    if len(data) != 2:
        raise StatusError(SW.WRONG_LENGTH)
    fid = int.from_bytes(data, "big")
    node = channel.df.by_fid.get(fid) or (channel.df if fid == channel.df.fid else None)
    if node is None and channel.df is channel.card.mf:
        node = next((adf for adf in channel.files.index.adfs if adf.fid == fid), None)
    if node is None:
        raise StatusError(SW.FILE_NOT_FOUND)
    return node


def _switched(channel: Channel, command: CommandApdu) -> Node:
    """The EF that ACTIVATE or DEACTIVATE FILE means: by identifier, by path, or the current one (Table
    11.21)."""
    if command.p2 or command.p1 not in (_BY_FID, _BY_PATH_FROM_MF, _BY_PATH_FROM_DF):
        raise StatusError(SW.INCORRECT_P1_P2)
    if not command.data:
        return channel.current_ef()
    if command.p1 == _BY_FID:
        node = _named(channel, command.data)
    else:
        start = channel.card.mf if command.p1 == _BY_PATH_FROM_MF else channel.df
        node = walk(channel, start, command.data)
    if node.is_df:
        raise StatusError(SW.FILE_NOT_FOUND)
    return node


def deactivate_file(channel: Channel, command: CommandApdu) -> bytes:
    """DEACTIVATE FILE. A file that is deactivated already stays so; 6985 if it is terminated."""
    return _switch(channel, command, Operation.DEACTIVATE, LifeCycle.DEACTIVATED)


def activate_file(channel: Channel, command: CommandApdu) -> bytes:
    """ACTIVATE FILE: a deactivated file works again; one in creation or initialisation becomes
    operational."""
    return _switch(channel, command, Operation.ACTIVATE, LifeCycle.ACTIVATED)


def _switch(channel: Channel, command: CommandApdu, operation: int, state: LifeCycle) -> bytes:
    node = _switched(channel, command)
    channel.require(node, operation)
    channel.card.set_life_cycle(node, state)
    return b""


def terminate_ef(channel: Channel, command: CommandApdu) -> bytes:
    """TERMINATE EF: for good; afterwards the file can only be deleted."""
    return _terminate(channel, command, is_df=False)


def terminate_df(channel: Channel, command: CommandApdu) -> bytes:
    """TERMINATE DF: for good, with all that is below it; afterwards it can only be deleted. 6985 for the
    MF."""
    return _terminate(channel, command, is_df=True)


def _terminate(channel: Channel, command: CommandApdu, *, is_df: bool) -> bytes:
    _no_parameters(command)
    node = _named(channel, command.data) if command.data else _current(channel, is_df)
    if node.is_df is not is_df:
        raise StatusError(SW.FILE_NOT_FOUND)
    if node is channel.card.mf:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    channel.require(node, Operation.TERMINATE)
    for file in _with_descendants(node):
        channel.card.set_life_cycle(file, LifeCycle.TERMINATED)
    return b""


def _current(channel: Channel, is_df: bool) -> Node:
    return channel.df if is_df else channel.current_ef()


def _with_descendants(node: Node) -> list[Node]:
    return [node, *(file for child in node.children for file in _with_descendants(child))]


def terminate_card_usage(channel: Channel, command: CommandApdu) -> bytes:
    """TERMINATE CARD USAGE: the rule of the MF decides; afterwards only SELECT, STATUS and GET RESPONSE
    work."""
    _no_parameters(command)
    mf = channel.card.mf
    channel.require(mf, Operation.TERMINATE)
    channel.card.set_life_cycle(mf, LifeCycle.TERMINATED)
    channel.card.terminate()
    return b""


def create_file(channel: Channel, command: CommandApdu) -> bytes:
    """CREATE FILE: an EF, DF or ADF below the current DF, which it becomes itself (§6.3.1)."""
    _no_parameters(command)
    parent = channel.df
    file = structure.read_file(command.data)
    is_df = isinstance(file, DfImage)
    channel.require(parent, Operation.CREATE_DF if is_df else Operation.CREATE_EF)
    node = channel.card.restructure(lambda: channel.files.create(parent, command.data))
    channel.select_node(node)
    return b""


def delete_file(channel: Channel, command: CommandApdu) -> bytes:
    """DELETE FILE: an EF below the current DF, or a DF with all that is below it. The rule of the file must
    allow it, or that of its DF must allow to delete what is in it; 6985 for the MF and for a file that
    another channel uses."""
    _no_parameters(command)
    node = _named(channel, command.data)
    if node is channel.card.mf:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    _may_be_deleted(channel, node)
    doomed = set(_with_descendants(node))
    others = (other for other in channel.card.channels if other is not None and other is not channel)
    if any(doomed & {other.df, other.adf, other.ef} for other in others):
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    parent = node.parent or channel.card.mf
    channel.card.restructure(lambda: channel.files.delete(node))
    if channel.df.path == node.path or channel.df is channel.card.mf:
        channel.select_node(channel.files.index.by_path[parent.path])
    return b""


def _may_be_deleted(channel: Channel, node: Node) -> None:
    try:
        channel.require(node, Operation.DELETE)
    except StatusError:
        if node.parent is None:
            raise
        channel.require(node.parent, Operation.DELETE_CHILD)


def resize_file(channel: Channel, command: CommandApdu) -> bytes:
    """RESIZE FILE: another size for a transparent, linear fixed or BER-TLV EF; what stays keeps its content.
    With P1 '01' a BER-TLV file may lose its objects where they no longer fit, with '00' that is 6A84. 6981
    for cyclic files."""
    if command.p2 or command.p1 not in (0x00, 0x01):
        raise StatusError(SW.INCORRECT_P1_P2)
    wanted = structure.read_resizing(command.data)
    node = _named(channel, wanted.fid.to_bytes(2, "big"))
    if node.is_df or node.structure is FileStructure.CYCLIC:
        raise StatusError(SW.INCOMPATIBLE_FILE_STRUCTURE)
    channel.require(node, Operation.RESIZE)
    too_much = node.structure is FileStructure.BER_TLV and len(channel.files.body(node)) > wanted.size
    if too_much and not command.p1:
        raise StatusError(SW.NOT_ENOUGH_MEMORY)
    path = node.path
    channel.card.restructure(lambda: channel.files.resize(node, wanted))
    node = channel.files.index.by_path[path]
    if too_much:
        channel.card.write(node, b"")
    channel.select_node(node)
    return b""


COMMANDS = (
    command("DEACTIVATE FILE", ISO, 0x04, "13", "TS 102 221 §11.1.14", deactivate_file),
    command("ACTIVATE FILE", ISO, 0x44, "13", "TS 102 221 §11.1.15", activate_file),
    command("CREATE FILE", ISO, 0xE0, "3", "TS 102 222 §6.3", create_file),
    command("DELETE FILE", ISO, 0xE4, "3", "TS 102 222 §6.4", delete_file),
    command("TERMINATE DF", ISO, 0xE6, "13", "TS 102 222 §6.7", terminate_df),
    command("TERMINATE EF", ISO, 0xE8, "13", "TS 102 222 §6.8", terminate_ef),
    command("TERMINATE CARD USAGE", ISO, 0xFE, "1", "TS 102 222 §6.9", terminate_card_usage),
    command("RESIZE FILE", PROPRIETARY, 0xD4, "3", "TS 102 222 §6.10", resize_file),
)
