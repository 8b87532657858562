"""What every function of the eIM works with: identity, records, randomness, time, the way to servers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from simulator.eim.errors import EimError
from simulator.eim.identity import EimIdentity
from simulator.eim.records import Device, Package, PackageKind
from simulator.eim.store import EimStore

TRANSACTION_ID_LENGTH: Final = 16


class Es9(Protocol):
    """A way to SM-DP+ and SM-DS over ES9+' and ES11'; `simulator.lpa.Es9Client` is one."""

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the server at `address`. ServerRefused, ServerUnreachable or
        ServerProtocolError of `simulator.lpa`."""
        ...


class Records:
    """What an eIM does with its records alone."""

    def __init__(
        self, store: EimStore, *, entropy: Callable[[int], bytes], clock: Callable[[], datetime]
    ) -> None:
        """`entropy` gives the number of random bytes asked for; `clock` an aware time."""
        self.store = store
        self.entropy = entropy
        self.clock = clock

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock().timestamp())

    def device(self, eid: bytes) -> Device:
        """The device with this EID; EimError if there is none."""
        found = self.store.get(Device, eid.hex())
        if found is None:
            raise EimError(f"there is no device {eid.hex()}; add it first")
        return found

    def package(self, transaction_id: bytes) -> Package | None:
        return self.store.get(Package, transaction_id.hex())

    def new_package(self, eid: bytes, kind: PackageKind, content: bytes, **fields: Any) -> Package:
        """A package that is not saved yet, with a transaction id of its own."""
        return Package(self.entropy(TRANSACTION_ID_LENGTH), eid, kind, content, self.now(), **fields)


class Context(Records):
    """An eIM as its functions see it. It may be shared by threads if its entropy and `es9` may."""

    def __init__(
        self,
        identity: EimIdentity,
        store: EimStore,
        *,
        entropy: Callable[[int], bytes],
        clock: Callable[[], datetime],
        es9: Es9 | None = None,
    ) -> None:
        """As `Records`. Without `es9` nothing is relayed."""
        super().__init__(store, entropy=entropy, clock=clock)
        self.identity = identity
        self.es9 = es9
