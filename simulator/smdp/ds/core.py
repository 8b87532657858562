"""The SM-DS without network, clock or randomness of its own: ES11 and ES12 in five methods (SGP.22 §5.8 f.).

    ds = SmDs(identity, DsMemoryStore(), entropy=os.urandom, clock=utc_now)

Requests and responses are dictionaries with the members of `asn1.es11` and `asn1.es12`; the header of ES12 is
two members more. A refused request raises RspError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from simulator.smdp.context import V3
from simulator.smdp.ds import discovery, events
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.event_checking import check_event
from simulator.smdp.ds.identity import DsIdentity
from simulator.smdp.ds.push import PushService
from simulator.smdp.ds.store import DsStore
from simulator.smdp.store import ConflictError

Message = dict[str, Any]
EC_ID_LIFETIME: Final = timedelta(days=30)
_TRIES: Final = 3
PUSH_LIFETIME: Final = timedelta(days=30)


class Registrar(Protocol):
    """A way to another SM-DS over ES12 or ES15."""

    def post(self, function: str, message: Message) -> Message:
        """Call a function of `asn1.es12`. RspError if refused, OSError if it is out of reach."""
        ...


class SmDs:
    """An SM-DS. With `root` it is an alternative one, which forwards events to the root SM-DS (§3.6.1.2)."""

    svn = V3

    def __init__(
        self,
        identity: DsIdentity,
        store: DsStore,
        *,
        entropy: Callable[[int], bytes],
        clock: Callable[[], datetime],
        root: Registrar | None = None,
        session_lifetime: timedelta = timedelta(hours=1),
        ec_id_lifetime: timedelta = EC_ID_LIFETIME,
        push_services: Mapping[str, PushService] | None = None,
        push_lifetime: timedelta = PUSH_LIFETIME,
    ) -> None:
        """`entropy` gives the number of random bytes asked for; `clock` an aware time. Without
        `ec_id_lifetime` there is no event checking; `push_services` are ways to LPAs, by OID, and a token is
        good for `push_lifetime`."""
        self.identity = identity
        self.store = store
        self.entropy = entropy
        self.clock = clock
        self.root = root
        self.session_lifetime = session_lifetime
        self.ec_id_lifetime = ec_id_lifetime
        self.push_services = push_services or {}
        self.push_lifetime = push_lifetime

    @property
    def oid(self) -> str:
        """By which this SM-DS names itself as function requester."""
        return self.identity.credentials[0].oid

    @property
    def rsp_capabilities(self) -> tuple[str, ...]:
        """Names of ServerRspCapability."""
        return "eventListSigningV3Support", *(("pushServiceV3Support",) if self.push_services else ())

    def initiate_authentication(self, request: Message) -> Message:
        """ES11.InitiateAuthentication (§5.8.1)."""
        return discovery.initiate_authentication(self, request)

    def check_event(self, request: Message) -> Message:
        """ES11.CheckEvent of version 3 (v3 §5.8)."""
        return check_event(self, request)

    def authenticate_client(self, request: Message) -> Message:
        """ES11.AuthenticateClient (§5.8.2)."""
        return self._run(discovery.authenticate_client, request)

    def register_event(self, request: Message) -> Message:
        """ES12.RegisterEvent (§5.9.1); the response has no members."""
        return self._run(events.register_event, request)

    def delete_event(self, request: Message) -> Message:
        """ES12.DeleteEvent (§5.9.2); the response has no members."""
        return self._run(events.delete_event, request)

    def _run(self, function: Callable[[SmDs, Message], Message], request: Message) -> Message:
        """Runs a function anew when another request was faster: it then sees what that one left."""
        for _ in range(_TRIES):
            try:
                return function(self, request)
            except ConflictError:
                continue
        raise DsRefusal.TRANSACTION_ID.error(detail="another request for the same eUICC is in progress")

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock().timestamp())
