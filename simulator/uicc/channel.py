"""One logical channel: which application, directory and file are current on it (TS 102 221 §8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asn1 import tlv
from cards.status import SW, StatusError, StatusWord
from simulator.uicc.access import Operation
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.image import LifeCycle
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.application import Application
    from simulator.uicc.card import Card
    from simulator.uicc.command import Handler


class Transfer(NamedTuple):
    """Where the transfer of one data object stands (TS 102 221 §11.3): its octets, and how many have
    passed."""

    is_reading: bool
    octets: bytes
    """Reading: the whole object. Writing: what has come so far."""
    position: int
    """Reading: octets that went out. Writing: octets that the whole object will have."""
    previous: int = 0
    """Where the block before began, for 'retransmit previous block'."""


class Channel:
    """The state of a channel. `application` is None while files are worked on, else the card application
    that was selected (the ISD-R, a security domain, …)."""

    __slots__ = (
        "_granted",
        "_granted_epoch",
        "adf",
        "application",
        "card",
        "df",
        "ef",
        "handlers",
        "number",
        "pending",
        "pending_status",
        "record",
        "transfer",
    )

    def __init__(self, card: Card, number: int, df: Node) -> None:
        self.card = card
        self.number = number
        self.application: Application | None = None
        self.handlers: dict[int, tuple[frozenset[int], Handler]] = card.file_handlers
        self.df = df
        self.adf: Node | None = df.adf
        self.ef: Node | None = None
        self.record = 0
        """Current record, 0: undefined (TS 102 221 §11.1.5)."""
        self.pending = b""
        """Response data that GET RESPONSE will fetch."""
        self.pending_status = SW.OK
        """The status word behind the last of them: RETRIEVE DATA says there that more follows."""
        self.transfer: Transfer | None = None
        """A data object of a BER-TLV file that RETRIEVE DATA or SET DATA has not done with."""
        self._granted: dict[int, StatusWord] = {}
        self._granted_epoch = 0

    @property
    def files(self) -> FileSystem:
        return self.card.files

    def select_node(self, node: Node) -> None:
        """Make a file current; selecting a DF leaves no EF current, selecting anything no record."""
        if node.is_df:
            self.df, self.ef = node, None
        else:
            assert node.parent is not None
            self.df, self.ef = node.parent, node
        if node.adf is not None:
            self.adf = node.adf
        self.record = 0
        self.transfer = None
        self.application = None
        self.handlers = self.card.file_handlers

    def follow(self, files: FileSystem) -> None:
        """After files came or went: what is current, by its path, in the new index; the MF where it is
        gone."""
        by_path = files.index.by_path
        self.df = by_path.get(self.df.path, files.index.mf)
        self.adf = by_path.get(self.adf.path) if self.adf else None
        self.ef = by_path.get(self.ef.path) if self.ef else None
        self.transfer = None

    def select_application(self, application: Application) -> None:
        """Make a card application current; the file selection starts again from the MF."""
        self.df, self.adf, self.ef, self.record = self.card.mf, None, None, 0
        self.application = application
        self.handlers = application.handlers

    def current_ef(self) -> Node:
        """The selected EF; StatusError 6986 if there is none."""
        if self.ef is None:
            raise StatusError(SW.COMMAND_NOT_ALLOWED_NO_EF)
        return self.ef

    def require(self, node: Node, operation: int) -> None:
        """StatusError 6982 unless the access rule of the file allows the operation now; 6984 if the file is
        deactivated, 6985 if it is terminated, for what the life cycle forbids."""
        if self._granted_epoch != self.card.security_epoch:
            self._granted.clear()
            self._granted_epoch = self.card.security_epoch
        key = node.number << 16 | operation
        refusal = self._granted.get(key)
        if refusal is None:
            refusal = self._granted[key] = self._refusal(node, operation)
        if refusal is not SW.OK:
            raise StatusError(refusal)

    def _refusal(self, node: Node, operation: int) -> StatusWord:
        """The status word that forbids the operation, 9000 if nothing does."""
        state = self.files.life_cycle(node)
        if state is LifeCycle.TERMINATED and operation != Operation.DELETE:
            return SW.CONDITIONS_NOT_SATISFIED
        if state is LifeCycle.DEACTIVATED and operation not in _ADMINISTRATION and not _is_readable(node):
            return SW.REFERENCED_DATA_INVALIDATED
        allowed = self.files.allows(node, operation, self.card.verified)
        return SW.OK if allowed else SW.SECURITY_STATUS_NOT_SATISFIED


_ADMINISTRATION = frozenset(
    (Operation.ACTIVATE, Operation.DEACTIVATE, Operation.TERMINATE, Operation.DELETE, Operation.RESIZE)
)
"""What a deactivated file still allows, if its rule does."""
_SPECIAL_FILE_INFORMATION, _READABLE_WHEN_DEACTIVATED = 0x80, 0x40


def _is_readable(node: Node) -> bool:
    """Special file information b7: readable and updatable when deactivated (TS 102 222 §6.3.2.2.2)."""
    information = tlv.find(node.image.proprietary, _SPECIAL_FILE_INFORMATION)
    return bool(information and information[0] & _READABLE_WHEN_DEACTIVATED)
