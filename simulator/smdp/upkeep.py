"""What a server does by itself while it runs: messages to other servers, and an end to what is old."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Protocol

from asn1 import es2, es12
from simulator.smdp.client import PeerClient
from simulator.smdp.core import SmdpPlus
from simulator.smdp.delivery import deliver
from simulator.smdp.records import ES2_PLUS, Operator, Outgoing
from simulator.smdp.store import StoreError

INTERVAL: Final = 5.0
"""Seconds between two rounds."""
RETENTION: Final = timedelta(days=7)
"""How long sessions and delivered messages are kept. A session that can still go on is younger by far."""
_log = logging.getLogger(__name__)


class Peers:
    """Ways to operators and SM-DSs, one connection kept for each; threads may share it."""

    def __init__(self, smdp: SmdpPlus) -> None:
        self._smdp = smdp
        self._clients: dict[tuple[str, str], PeerClient] = {}
        self._lock = threading.Lock()

    def sm_ds(self, address: str) -> PeerClient:
        """ES12 of the SM-DS at this address."""
        return self._client("ES12", address)

    def operator(self, operator: Operator) -> PeerClient:
        """ES2+ of the operator's callback."""
        return self._client(ES2_PLUS, operator.callback)

    def __call__(self, outgoing: Outgoing) -> PeerClient:
        """The way to whom a message is for; LookupError if the operator is not known any more."""
        if outgoing.interface != ES2_PLUS:
            return self.sm_ds(outgoing.receiver)
        operator = self._smdp.store.operator(outgoing.receiver)
        if operator is None or not operator.callback:
            raise LookupError(outgoing.receiver)
        return self.operator(operator)

    def _client(self, interface: str, address: str) -> PeerClient:
        identity = self._smdp.identity
        with self._lock:
            if (interface, address) not in self._clients:
                self._clients[interface, address] = PeerClient(
                    es2.CALLBACK if interface == ES2_PLUS else es12.BINDING,
                    address,
                    requester=identity.credentials[0].oid,
                    anchors=identity.anchors,
                    tls=identity.tls,
                )
            return self._clients[interface, address]

    def close(self) -> None:
        """Closes all connections."""
        for client in self._clients.values():
            client.close()


class Aging(Protocol):
    """A server whose sessions grow old: an SM-DP+ or SM-DS."""

    session_lifetime: timedelta

    @property
    def store(self) -> Forgetful: ...
    def now(self) -> int: ...


class Forgetful(Protocol):
    """A store that drops what is old."""

    def forget(self, before: int, initiated_before: int = 0) -> int: ...


def tidy(server: Aging, retention: timedelta = RETENTION) -> int:
    """Forgets what is older than `retention`, and sessions without an eUICC that cannot go on; how many."""
    now = server.now()
    return server.store.forget(
        now - int(retention.total_seconds()), now - int(server.session_lifetime.total_seconds())
    )


@contextmanager
def tidying(server: Aging, *, interval: float = INTERVAL, retention: timedelta = RETENTION) -> Iterator[None]:
    """Keeps the store of an SM-DS small for the length of the block, in a thread."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(interval):
            try:
                tidy(server, retention)
            except StoreError as error:
                _log.warning("%s", error)

    thread = threading.Thread(target=work, name="tidying", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def upkeep(
    smdp: SmdpPlus, *, interval: float = INTERVAL, retention: timedelta = RETENTION
) -> Iterator[Peers]:
    """Keeps a server up for the length of the block, in a thread: a round every `interval` seconds. The
    server tells SM-DSs of events by the same ways."""
    peers, over = Peers(smdp), threading.Event()
    smdp.registrars, smdp.operators = peers.sm_ds, peers.operator

    def work() -> None:
        while not over.wait(interval):
            try:
                if taken := deliver(smdp, peers):
                    _log.info("told other servers %d messages", taken)
                if gone := tidy(smdp, retention):
                    _log.info("forgot %d old sessions and messages", gone)
            except StoreError as error:
                _log.warning("%s", error)

    thread = threading.Thread(target=work, name="upkeep", daemon=True)
    thread.start()
    try:
        yield peers
    finally:
        over.set()
        thread.join()
        peers.close()
