"""SELECT and STATUS (TS 102 221 §8.4, §11.1.1, §11.1.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Union

from cards.apdu import CommandApdu
from cards.status import SW, StatusError
from simulator.uicc.command import ISO, PROPRIETARY, command
from simulator.uicc.fcp import fcp
from simulator.uicc.image import LifeCycle
from simulator.uicc.index import CURRENT_ADF, Node

if TYPE_CHECKING:
    from simulator.uicc.application import Application
    from simulator.uicc.channel import Channel

Selected = Union[Node, "Application"]

# P2 of SELECT, TS 102 221 Table 11.2
_RETURN = 0x0C
_RETURN_FCP = 0x04
_RETURN_NOTHING = 0x0C
_RETURN_FCI = 0x00
_SESSION = 0x60
_TERMINATION = 0x40
_OCCURRENCE = 0x03
_P2_RFU = 0x90


def select(channel: Channel, command: CommandApdu) -> bytes:
    """SELECT, §11.1.1. Nothing changes unless the command succeeds."""
    p2 = command.p2
    if p2 & _P2_RFU or p2 & _RETURN not in (_RETURN_FCP, _RETURN_NOTHING, _RETURN_FCI):
        raise StatusError(SW.INCORRECT_P1_P2)
    find = _BY_P1.get(command.p1)
    if find is None:
        raise StatusError(SW.INCORRECT_P1_P2)
    selected = find(channel, command.data, p2)
    if not isinstance(selected, Node):
        return _select_application(channel, selected, command)
    if command.p1 == _BY_NAME and p2 & _SESSION == _TERMINATION:
        return _terminate(channel, selected)
    if not selected.image.shareable:
        _must_be_free(channel, selected)
    channel.select_node(selected)
    answer = b"" if p2 & _RETURN == _RETURN_NOTHING else fcp(channel.files, selected)
    state = channel.files.life_cycle(selected)
    if state is not LifeCycle.ACTIVATED and state in _WARNINGS:
        raise StatusError(_WARNINGS[state], answer)
    return answer


_WARNINGS = {
    LifeCycle.DEACTIVATED: SW.SELECTED_FILE_INVALIDATED,
    LifeCycle.TERMINATED: SW.TERMINATED,
}
"""The file is selected, and the terminal is told that it cannot be used (TS 102 221 §11.1.1.4.9)."""


def _must_be_free(channel: Channel, node: Node) -> None:
    """A file that is not shareable is current on one channel only (TS 102 221 §8.7); 6985 if another has
    it."""
    for other in channel.card.channels:
        if other is not None and other is not channel and node in (other.df, other.adf, other.ef):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)


def _select_application(channel: Channel, application: Application, command: CommandApdu) -> bytes:
    """6999 for an application whose code the card does not execute; 6283 with the answer if the card is
    locked (GP Card Specification §11.9.3)."""
    if not application.is_executable:
        raise StatusError(SW.APPLET_SELECT_FAILED)
    channel.select_application(application)
    answer = application.select(channel, command)
    answer = b"" if command.p2 & _RETURN == _RETURN_NOTHING else answer
    if channel.card.is_locked:
        raise StatusError(SW.SELECTED_FILE_INVALIDATED, answer)
    return answer


def _terminate(channel: Channel, node: Node) -> bytes:
    """Termination of an application session, §8.5.1.2: its PINs need to be verified again."""
    card = channel.card
    card.verified = frozenset(key for key in card.verified if key[0] != node.aid or not node.aid)
    card.security_changed()
    channel.select_node(card.mf)
    channel.adf = None
    return b""


def _by_fid(channel: Channel, data: bytes, p2: int) -> Node:
    """P1 '00': by file identifier, §8.4.2; no identifier means the MF."""
    if not data:
        return channel.card.mf
    if len(data) != 2:
        raise StatusError(SW.LC_INCONSISTENT)
    return _step(channel, channel.df, int.from_bytes(data, "big"))


def _step(channel: Channel, df: Node, fid: int) -> Node:
    if fid == CURRENT_ADF and channel.adf is not None:
        return channel.adf
    node = df.selectable.get(fid)
    if node is None:
        raise StatusError(SW.FILE_NOT_FOUND)
    return node


def _child_df(channel: Channel, data: bytes, p2: int) -> Node:
    """P1 '01': a DF directly below the current one."""
    node = channel.df.by_fid.get(int.from_bytes(data, "big")) if len(data) == 2 else None
    if node is None or not node.is_df:
        raise StatusError(SW.FILE_NOT_FOUND)
    return node


def _parent(channel: Channel, data: bytes, p2: int) -> Node:
    """P1 '03': the parent of the current DF; an ADF's and the MF's is the MF."""
    if data:
        raise StatusError(SW.LC_INCONSISTENT)
    return channel.df.parent or channel.card.mf


def _path_from_mf(channel: Channel, data: bytes, p2: int) -> Node:
    """P1 '08': by path from the MF, whose own identifier is left out; '7FFF' begins at the current ADF."""
    return walk(channel, channel.card.mf, data)


def _path_from_df(channel: Channel, data: bytes, p2: int) -> Node:
    """P1 '09': by path from the current DF, whose own identifier is left out."""
    return walk(channel, channel.df, data)


def walk(channel: Channel, node: Node, path: bytes) -> Node:
    """The file at a path of file identifiers from `node`; 6A82 or 6A87."""
    if len(path) % 2 or not path:
        raise StatusError(SW.LC_INCONSISTENT)
    fids = [int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2)]
    if fids[0] == CURRENT_ADF:
        if channel.adf is None:
            raise StatusError(SW.FILE_NOT_FOUND)
        node, fids = channel.adf, fids[1:]
    for fid in fids:
        following = node.by_fid.get(fid)
        if following is None:
            raise StatusError(SW.FILE_NOT_FOUND)
        node = following
    return node


_FIRST, _LAST, _NEXT, _PREVIOUS = range(4)


def _by_name(channel: Channel, data: bytes, p2: int) -> Selected:
    """P1 '04': by AID, whole or cut on the right; P2 says which of those that fit (§8.5.1.1, Table 11.2)."""
    card = channel.card
    fitting: list[Selected] = [
        node for node in card.files.index.applications() if node.df.aid.startswith(data)
    ]
    fitting += [application for application in card.applications if application.aid.startswith(data)]
    registry = card.registry
    if registry is not None:
        fitting += map(card.registered, registry.selectable(data))
    if not fitting or not data:
        raise StatusError(SW.FILE_NOT_FOUND)
    if registry is not None and registry.is_locked:
        fitting = _answering(fitting)
    occurrence = p2 & _OCCURRENCE
    if occurrence == _FIRST:
        return fitting[0]
    if occurrence == _LAST:
        return fitting[-1]
    current: Selected | None = channel.application or channel.adf
    if current not in fitting:
        return fitting[0] if occurrence == _NEXT else fitting[-1]
    position = fitting.index(current) + (1 if occurrence == _NEXT else -1)
    if not 0 <= position < len(fitting):
        raise StatusError(SW.FILE_NOT_FOUND)
    return fitting[position]


def _answering(fitting: list[Selected]) -> list[Selected]:
    """Those that a locked card still lets be selected: no NAA; 6A81 if nothing is left (GP Card Specification
    §5.1.1.4, Table 11-81)."""
    left: list[Selected] = [application for application in fitting if not isinstance(application, Node)]
    if not left:
        raise StatusError(SW.FUNCTION_NOT_SUPPORTED)
    return left


_BY_NAME = 0x04
_BY_P1: dict[int, Callable[[Channel, bytes, int], Selected]] = {
    0x00: _by_fid,
    0x01: _child_df,
    0x03: _parent,
    _BY_NAME: _by_name,
    0x08: _path_from_mf,
    0x09: _path_from_df,
}
"""How P1 says which file is meant, TS 102 221 Table 11.1."""


def status(channel: Channel, command: CommandApdu) -> bytes:
    """STATUS, §11.1.2: the FCP or the AID of the current DF; P1 tells how the terminal's session stands."""
    if command.p1 > 0x02:
        raise StatusError(SW.INCORRECT_P1_P2)
    if command.p2 == 0x00:
        return fcp(channel.files, channel.df)
    if command.p2 == 0x01:
        aid = channel.df.aid or (channel.adf.df.aid if channel.adf else b"")
        return bytes((0x84, len(aid))) + aid
    if command.p2 == 0x0C:
        return b""
    raise StatusError(SW.INCORRECT_P1_P2)


CARD_COMMANDS = (command("SELECT", ISO, 0xA4, "1234", "TS 102 221 §11.1.1", select),)
FILE_COMMANDS = (command("STATUS", PROPRIETARY, 0xF2, "12", "TS 102 221 §11.1.2", status),)
