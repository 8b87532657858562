"""A channel that no terminal sees, on which the commands of a remote script are executed (TS 102 226 §5, §7).

It has a current file and verified PINs of its own; what the terminal did or does is not noticed here, nor the
other way round. Access follows the domain of the target instead of the PINs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from cards.apdu import CommandApdu
from cards.status import SW, StatusError, StatusWord
from simulator.crypto.scp80 import Key
from simulator.uicc.access import Operation, condition_for
from simulator.uicc.channel import Channel
from simulator.uicc.image import LifeCycle
from simulator.uicc.index import Node
from simulator.uicc.ota.configuration import NO_ACCESS, AccessDomain, ApplicationTarget, FileTarget, Target

if TYPE_CHECKING:
    from simulator.uicc.card import Card

Row = tuple[frozenset[int], Callable[..., bytes]]

FILE_INSTRUCTIONS: Final = {
    0xA4: "SELECT",
    0xD6: "UPDATE BINARY",
    0xDC: "UPDATE RECORD",
    0xA2: "SEARCH RECORD",
    0x32: "INCREASE",
    0x20: "VERIFY PIN",
    0x24: "CHANGE PIN",
    0x26: "DISABLE PIN",
    0x28: "ENABLE PIN",
    0x2C: "UNBLOCK PIN",
    0x04: "DEACTIVATE FILE",
    0x44: "ACTIVATE FILE",
    0xB0: "READ BINARY",
    0xB2: "READ RECORD",
    0xE0: "CREATE FILE",
    0xE4: "DELETE FILE",
    0xD4: "RESIZE FILE",
    0xDB: "SET DATA",
    0xCB: "RETRIEVE DATA",
}
"""What remote file management may do, by INS (TS 102 226 Tables 7.1 and 7.2)."""
APPLICATION_INSTRUCTIONS: Final = {
    0xE4: "DELETE",
    0xF0: "SET STATUS",
    0xE6: "INSTALL",
    0xE8: "LOAD",
    0xD8: "PUT KEY",
    0xF2: "GET STATUS",
    0xCA: "GET DATA",
    0xE2: "STORE DATA",
}
"""What remote application management may do, by INS (TS 102 226 §8.2.1)."""
_GET_RESPONSE, _READ_BINARY, _RETRIEVE_DATA = 0xC0, 0xB0, 0xCB
_FIRST_BLOCK = 0x80
_WRONG_LE = 0x6C
_ALL, _EVERYTHING = 256, 65536
"""Le for P3 '00', and what it means in a script: all there is, also above 256 bytes (§5.1.1)."""
_CHANNEL_AND_SECURITY = 0x7F


class Answer(NamedTuple):
    """Response data and status word of one command."""

    data: bytes
    sw: StatusWord

    @property
    def is_error(self) -> bool:
        """Whether a script ends here: neither success nor a warning, or an answer that was cut off."""
        return not (self.sw.is_success or self.sw.is_warning) or self.sw == SW.MORE_DATA


class _RemoteCard:
    """The card as a remote channel sees it: with verifications that do not count for the terminal."""

    def __init__(self, card: Card) -> None:
        self._card = card
        self._changes = 0
        self.verified: frozenset[tuple[bytes, int]] = frozenset()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._card, name)

    @property
    def security_epoch(self) -> int:
        return self._card.security_epoch + self._changes

    def remember(self, key: tuple[bytes, int]) -> None:
        self.verified |= {key}
        self._changes += 1

    def forget(self, key: tuple[bytes, int]) -> None:
        self.verified -= {key}
        self._changes += 1


class RemoteChannel(Channel):
    """The hidden channel of one script. `is_remote` and `kik` tell a security domain that the security of the
    packet stands for a secure channel, and which key protects the keys that it carries."""

    __slots__ = ("instructions", "kik", "target")

    is_remote = True

    def __init__(self, card: Card, target: Target, kik: Key | None = None) -> None:
        """StatusError 6A82 if the card has no such ADF or application."""
        super().__init__(cast("Card", _RemoteCard(card)), 0, card.mf)
        self.target = target
        self.kik = kik
        self.instructions = FILE_INSTRUCTIONS
        if isinstance(target, ApplicationTarget):
            self.instructions = APPLICATION_INSTRUCTIONS
            applications = (*card.applications, *card.registered_by_name(target.application))
            self.select_application(
                _named(found for found in applications if found.aid == target.application)
            )
        elif target.adf:
            self.select_node(_named(node for node in card.files.index.adfs if node.df.aid == target.adf))

    def execute(self, command: CommandApdu) -> Answer:
        """One command; data for which it has no Le wait for GET RESPONSE, as on T=0."""
        if command.cla & _CHANNEL_AND_SECURITY:
            return Answer(b"", SW.CLA_NOT_SUPPORTED)
        if command.ins == _GET_RESPONSE:
            return self._get_response(command)
        self.pending = b""
        row = self.row(command.cla, command.ins)
        if row is None:
            return Answer(b"", SW.INS_NOT_SUPPORTED)
        if command.case not in row[0]:
            return Answer(b"", SW.WRONG_LENGTH)
        answer = self._run(row, command)
        self.follow(self.files)
        return answer

    def row(self, cla: int, ins: int) -> Row | None:
        """The row of the instruction table, if the target may use the instruction."""
        return self.handlers.get((cla & 0x80) << 8 | ins) if ins in self.instructions else None

    def knows(self, cla: int, ins: int) -> bool:
        """Whether the target may use the instruction; GET RESPONSE always."""
        return ins == _GET_RESPONSE or self.row(cla, ins) is not None

    def is_outgoing(self, cla: int, ins: int, p2: int) -> bool:
        """Whether P3 of a command in compact format is Le; else it is Lc (§5.1.1)."""
        if ins == _GET_RESPONSE:
            return True
        if ins == _RETRIEVE_DATA:
            return not p2 & _FIRST_BLOCK
        row = self.row(cla, ins)
        return row is not None and 2 in row[0] and 3 not in row[0]

    def _run(self, row: Row, command: CommandApdu) -> Answer:
        wanted = command.le
        if wanted == _ALL and command.ins == _READ_BINARY:
            command = _with_le(command, _EVERYTHING)
        try:
            data = row[1](self, command)
        except StatusError as error:
            if error.sw.sw1 != _WRONG_LE:
                return Answer(error.data, error.sw)
            length = error.sw.remaining_length
            if length and wanted == _ALL:
                return self._run(row, _with_le(command, length))
            return Answer(b"", error.sw)
        except Exception as fault:  # noqa: BLE001 - a fault of ours must not stop the script's answer
            self.card.on_fault(command.to_bytes(), fault)
            return Answer(b"", SW.TECHNICAL_PROBLEM)
        if data and wanted is None:
            return self._postponed(command, data)
        if wanted not in (None, _ALL) and len(data) > (wanted or 0):
            return self._postponed(command, data)
        return Answer(data, SW.OK)

    def _postponed(self, command: CommandApdu, data: bytes) -> Answer:
        """More data than Le asks for: 6CXX for case 2, 61XX for case 4 (TS 102 221 §7.3.1.1)."""
        if command.case == 2:
            return Answer(b"", SW.wrong_le(len(data)))
        self.pending = data
        return Answer(b"", SW.bytes_available(len(data)))

    def _get_response(self, command: CommandApdu) -> Answer:
        """GET RESPONSE: P3 '00' brings all that waits; more than waits is 6CXX."""
        wanted = command.le or _ALL
        if command.p1 or command.p2:
            return Answer(b"", SW.INCORRECT_P1_P2)
        if not self.pending:
            return Answer(b"", SW.CONDITIONS_NOT_SATISFIED)
        if wanted != _ALL and wanted > len(self.pending):
            return Answer(b"", SW.wrong_le(len(self.pending)))
        end = len(self.pending) if wanted == _ALL else wanted
        data, self.pending = self.pending[:end], self.pending[end:]
        return Answer(data, SW.bytes_available(len(self.pending)) if self.pending else SW.OK)

    def _refusal(self, node: Node, operation: int) -> StatusWord:
        """As on any channel where the life cycle forbids; else the access domain decides, not the PINs."""
        refusal = super()._refusal(node, operation)
        if refusal not in (SW.OK, SW.SECURITY_STATUS_NOT_SATISFIED):
            return refusal
        domain = _domain(self.target, node, operation)
        if domain == NO_ACCESS:
            return SW.SECURITY_STATUS_NOT_SATISFIED
        if self.files.life_cycle(node) in (LifeCycle.CREATION, LifeCycle.INITIALISATION):
            return SW.OK
        condition = condition_for(self.files.rule(node), operation)
        verified = frozenset(reference for _, reference in self.card.verified)
        return SW.OK if domain.fulfils(condition, verified) else SW.SECURITY_STATUS_NOT_SATISFIED


_ADMINISTRATION = frozenset((Operation.DELETE, Operation.TERMINATE, Operation.RESIZE))
"""With the operations of a DF on what is below it; (de)activation is no administration."""
_OF_DF = frozenset((Operation.DELETE_CHILD, Operation.CREATE_EF, Operation.CREATE_DF))


def _domain(target: Target, node: Node, operation: int) -> AccessDomain:
    """The domain that rules an operation on a file: of the ADF of the target, or of what is below the MF."""
    if not isinstance(target, FileTarget):
        return NO_ACCESS
    is_administrative = operation in _ADMINISTRATION or (node.is_df and operation in _OF_DF)
    if not node.aid:
        return target.administrative_access if is_administrative else target.access
    if node.aid != target.adf:
        return NO_ACCESS
    return target.adf_administrative_access if is_administrative else target.adf_access


def _named(found: Any) -> Any:
    """The one that was looked for; StatusError 6A82 if there is none."""
    for one in found:
        return one
    raise StatusError(SW.FILE_NOT_FOUND)


def _with_le(command: CommandApdu, le: int) -> CommandApdu:
    return CommandApdu(command.cla, command.ins, command.p1, command.p2, command.data, le)
