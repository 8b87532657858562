"""What every function of the SM-DP+ works with: identity, records, randomness, time (SGP.22 §5.6)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import PrivateKey
from simulator.crypto.keylog import KeyLog, no_key_log
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.identity import SmdpIdentity
from simulator.smdp.records import Operator, Session
from simulator.smdp.states import SessionEvent
from simulator.smdp.store import Store


class Registrar(Protocol):
    """A way to another server: to an SM-DS over ES12 or ES15, to an operator over ES2+."""

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        """Call a function of `asn1.es12` or `asn1.es2`. RspError if refused, OSError if out of reach."""
        ...


Registrars = Callable[[str], Registrar]
"""Address of an SM-DS → a way to it."""
Operators = Callable[[Operator], Registrar]
"""An operator with a callback → a way to it over ES2+."""


Version = tuple[int, int, int]
V2: Final[Version] = (2, 2, 2)
V3: Final[Version] = (3, 1, 0)


class Context:
    """An SM-DP+ as its functions see it. It may be shared by threads if its store and entropy may."""

    rsp_capabilities = "cancelForEmptySpnPnSupport", "cancelForSessionAbortedSupport"
    push_services: tuple[str, ...] = ()

    def __init__(
        self,
        identity: SmdpIdentity,
        store: Store,
        *,
        entropy: Callable[[int], bytes],
        clock: Callable[[], datetime],
        session_lifetime: timedelta = timedelta(hours=1),
        registrars: Registrars | None = None,
        svn: Version = V3,
        operators: Operators | None = None,
    ) -> None:
        """`entropy` gives the number of random bytes asked for; `clock` an aware time. A session in which no
        package was delivered ends after `session_lifetime`. `registrars` are the ways to SM-DSs, `operators`
        those to operators that must be asked."""
        self.identity = identity
        self.store = store
        self.svn = svn
        """Highest version of SGP.22 that it follows; one of version 2 overlooks what version 3 adds."""
        self.entropy = entropy
        self.clock = clock
        self.key_log: KeyLog = no_key_log
        """Called with the session keys of each package, for a trace to be read with."""
        self.session_lifetime = session_lifetime
        self.registrars = registrars
        self.operators = operators

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock().timestamp())

    def new_matching_id(self) -> str:
        """Four groups of five hexadecimal digits."""
        digits = self.entropy(10).hex().upper()
        return "-".join(digits[at : at + 5] for at in range(0, 20, 5))

    def session_for(self, transaction_id: bytes, event: SessionEvent) -> tuple[Session, Session]:
        """The session as it is, and as it will be after `event`. RspError TRANSACTION_ID if it is unknown,
        too old, or not at this step."""
        session = self.store.session(transaction_id)
        moved = session.moved(event) if session else None
        if session is None or moved is None or self.is_too_old(session):
            raise RspError.of(Refusal.TRANSACTION_ID, transaction_id.hex().upper())
        return session, moved

    def is_too_old(self, session: Session) -> bool:
        return self.now() - session.created_at > self.session_lifetime.total_seconds()


class AuthCredentials(Protocol):
    """With what a server, SM-DP+ or SM-DS, authenticates under one CI."""

    @property
    def issuer_key_id(self) -> bytes: ...
    @property
    def auth_certificate(self) -> bytes: ...
    @property
    def auth_key(self) -> PrivateKey: ...
    @property
    def others(self) -> tuple[bytes, ...]: ...


class ServerIdentity(Protocol):
    """Who a server is that eUICCs authenticate."""

    @property
    def chains(self) -> ChainVerifier: ...
    @property
    def lists(self) -> tuple[bytes, ...]:
        """Revocation lists that it can staple to its certificates, DER."""
        ...

    def own_address(self, address: str) -> str | None: ...
    def credentials_for(self, ci_key_id: bytes, *, v3: bool) -> AuthCredentials | None: ...


class SessionStore(Protocol):
    """Where a server keeps its sessions."""

    def save(self, session: Session, /) -> None: ...


class Server(Protocol):
    """What common mutual authentication (§3.0.1) needs, of an SM-DP+ or an SM-DS."""

    @property
    def identity(self) -> ServerIdentity: ...
    @property
    def store(self) -> SessionStore: ...
    @property
    def entropy(self) -> Callable[[int], bytes]: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def svn(self) -> Version:
        """Highest version of SGP.22 that it follows."""
        ...

    @property
    def rsp_capabilities(self) -> tuple[str, ...]:
        """Names of ServerRspCapability, told to eUICCs of version 3."""
        ...

    @property
    def push_services(self) -> Collection[str]:
        """OIDs of the push services that an LPA may be reached by."""
        ...

    def now(self) -> int: ...


def follows_v3(server: Server) -> bool:
    """Whether the server follows version 3 of SGP.22."""
    return server.svn >= (3, 0, 0)
