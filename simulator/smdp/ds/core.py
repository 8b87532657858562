"""The SM-DS without network, clock or randomness of its own: ES11 and ES12 in four methods (SGP.22 §5.8 f.).

    ds = SmDs(identity, DsMemoryStore(), entropy=os.urandom, clock=utc_now)

Requests and responses are dictionaries with the members of `asn1.es11` and `asn1.es12`; the header of ES12 is
two members more. A refused request raises RspError.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from simulator.smdp.ds import discovery, events
from simulator.smdp.ds.identity import DsIdentity
from simulator.smdp.ds.store import DsStore

Message = dict[str, Any]


class Registrar(Protocol):
    """A way to another SM-DS over ES12 or ES15."""

    def post(self, function: str, message: Message) -> Message:
        """Call a function of `asn1.es12`. RspError if refused, OSError if it is out of reach."""
        ...


class SmDs:
    """An SM-DS. With `root` it is an alternative one, which forwards events to the root SM-DS (§3.6.1.2)."""

    def __init__(
        self,
        identity: DsIdentity,
        store: DsStore,
        *,
        entropy: Callable[[int], bytes],
        clock: Callable[[], datetime],
        root: Registrar | None = None,
        session_lifetime: timedelta = timedelta(hours=1),
    ) -> None:
        """`entropy` gives the number of random bytes asked for; `clock` an aware time."""
        self.identity = identity
        self.store = store
        self.entropy = entropy
        self.clock = clock
        self.root = root
        self.session_lifetime = session_lifetime

    @property
    def oid(self) -> str:
        """By which this SM-DS names itself as function requester."""
        return self.identity.credentials[0].oid

    def initiate_authentication(self, request: Message) -> Message:
        """ES11.InitiateAuthentication (§5.8.1)."""
        return discovery.initiate_authentication(self, request)

    def authenticate_client(self, request: Message) -> Message:
        """ES11.AuthenticateClient (§5.8.2)."""
        return discovery.authenticate_client(self, request)

    def register_event(self, request: Message) -> Message:
        """ES12.RegisterEvent (§5.9.1); the response has no members."""
        return events.register_event(self, request)

    def delete_event(self, request: Message) -> Message:
        """ES12.DeleteEvent (§5.9.2); the response has no members."""
        return events.delete_event(self, request)

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock().timestamp())
