"""One logical channel: which application, directory and file are current on it (TS 102 221 §8.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.status import SW, StatusError
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.card import Application, Card
    from simulator.uicc.command import Handler


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
        "record",
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
        self._granted: dict[int, bool] = {}
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
        self.application = None
        self.handlers = self.card.file_handlers

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
        """StatusError 6982 unless the access rule of the file allows the operation now."""
        if self._granted_epoch != self.card.security_epoch:
            self._granted.clear()
            self._granted_epoch = self.card.security_epoch
        key = node.number << 16 | operation
        granted = self._granted.get(key)
        if granted is None:
            granted = self.files.allows(node, operation, self.card.verified)
            self._granted[key] = granted
        if not granted:
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED)
