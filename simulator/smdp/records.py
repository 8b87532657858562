"""What the SM-DP+ remembers: orders, RSP sessions and notifications, as immutable records.

A record carries the version that the store gave it; `Store.save` takes a changed copy only while the stored
one still has that version. Records are named tuples because those are copied ten times as fast as frozen
dataclasses. Times are whole seconds since 1970, UTC.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

from asn1 import rsp
from simulator.smdp.device_change.states import DEVICE_CHANGE, DeviceChangeEvent, DeviceChangeState
from simulator.smdp.states import (
    CLOSED,
    ORDER,
    RPM,
    SESSION,
    OrderEvent,
    OrderState,
    RpmEvent,
    RpmState,
    SessionEvent,
    SessionState,
)

MAX_CONFIRMATION_CODE_ATTEMPTS = 3
ES2_PLUS, ES12 = "ES2+", "ES12"


class Order(NamedTuple):
    """A download order for one profile."""

    order_id: str
    upp: bytes
    """The unprotected profile package, DER."""
    profile_metadata: bytes
    """StoreMetadataRequest, DER."""
    matching_id: str = ""
    """Empty for an order that is found by its EID alone (the eUICC's default SM-DP+, §3.1.1.3)."""
    eid: bytes = b""
    """16 bytes; empty until the order is linked or downloaded."""
    iccid: str = ""
    """As printed, 18 to 20 digits."""
    profile_type: str = ""
    """As the operator names it (§5.3.1): what the header of the package says."""
    owner: str = ""
    """OID of the operator whose profile it is; empty: anybody may order it."""
    smds_address: str = ""
    """The SM-DS that knows of this order; empty if there is none."""
    is_event_registered: bool = False
    is_linked: bool = False
    """Whether the EID was given with the order, not learnt from the first download."""
    state: OrderState = OrderState.RELEASED
    confirmation_code_hash: bytes = b""
    """SHA-256 of the confirmation code; empty if none is required."""
    confirmation_code_failures: int = 0
    attempts: int = 0
    max_attempts: int = 0
    """AuthenticateClient is refused after so many; 0 for no limit."""
    expires_at: int = 0
    """0 for never."""
    is_reusable: bool = False
    """A test profile that any number of eUICCs may download, even at once; it stays as it is."""
    allows_rebinding: bool = True
    with_ppk: bool = False
    """Whether the package is protected with its own keys, sent by ReplaceSessionKeys (§2.5.3)."""
    ppk: bytes = b""
    """These keys: PPK-ENC, PPK-CMAC and the initial MAC chaining value, 16 bytes each."""
    ppp: bytes = b""
    """The protected profile package, made with them at the first download and kept for the next ones."""
    bpp_euicc_otpk: bytes = b""
    """otPK.EUICC.ECKA that the package is bound to, 65 bytes; empty if it is not bound."""
    bpp_smdp_otpk: bytes = b""
    bpp_body: bytes = b""
    """The bound package after InitialiseSecureChannelRequest."""
    device_change: str = ""
    """What users may do with the profile later (DeviceChangePolicy, JSON); empty: not take it elsewhere."""
    awaits_deletion: bool = False
    """Whether the profile must not be downloaded before another eUICC has reported that it is gone there."""
    transaction_id: bytes = b""
    """Of the session that got the package last; empty if none did."""
    version: int = 0

    @property
    def key(self) -> str:
        return self.order_id

    @property
    def is_open(self) -> bool:
        """Whether it waits for its download, or is on its way."""
        return self.state not in CLOSED

    def moved(self, event: OrderEvent) -> Order:
        """This order after the event; unchanged where the table has no such step."""
        if self.is_reusable and event is not OrderEvent.WITHDRAW:
            return self
        state = ORDER[self.state].get(event, self.state)
        return self._unbound(state) if event is OrderEvent.POSTPONE else self._replace(state=state)

    def returned(self) -> Order:
        """Back in stock, as if it had never been ordered."""
        return Order(
            order_id=self.order_id,
            upp=self.upp,
            profile_metadata=self.profile_metadata,
            iccid=self.iccid,
            profile_type=self.profile_type,
            owner=self.owner,
            state=ORDER[self.state][OrderEvent.RETURN],
            with_ppk=self.with_ppk,
            device_change=self.device_change,
            version=self.version,
        )

    def _unbound(self, state: OrderState) -> Order:
        """This order in `state`, ready for any eUICC that it is meant for."""
        return self._replace(
            state=state,
            eid=self.eid if self.is_linked else b"",
            bpp_euicc_otpk=b"",
            bpp_smdp_otpk=b"",
            bpp_body=b"",
            transaction_id=b"",
        )


class RpmOrder(NamedTuple):
    """An order of remote profile management for one eUICC (version 3, §3.7)."""

    order_id: str
    eid: bytes
    """16 bytes."""
    script: bytes
    """All commands, as an RpmPackage in DER, which may be too long for one package."""
    matching_id: str
    owner: str
    """OID of the operator that gave the order."""
    created_at: int
    done: int = 0
    """How many of its commands were executed."""
    state: RpmState = RpmState.RELEASED
    smds_address: str = ""
    """The SM-DS that knows of this order; empty if there is none."""
    is_event_registered: bool = False
    version: int = 0

    @property
    def key(self) -> str:
        return self.order_id

    @property
    def is_open(self) -> bool:
        """Whether it waits for its eUICC, or is on its way."""
        return bool(RPM[self.state])

    @property
    def commands(self) -> list[dict[str, Any]]:
        """RpmCommands that are still to be executed."""
        commands: list[dict[str, Any]] = rsp.decode("RpmPackage", self.script)
        return commands[self.done :]

    def moved(self, event: RpmEvent) -> RpmOrder:
        """This order after the event; unchanged where the table has no such step."""
        return self._replace(state=RPM[self.state].get(event, self.state))


class Session(NamedTuple):
    """An RSP session (§3.0.1), from InitiateAuthentication on."""

    transaction_id: bytes
    created_at: int
    euicc_ci_key_id: bytes
    """CI under which the eUICC is to sign, 20 bytes."""
    server_ci_key_id: bytes
    """subjectKeyIdentifier of who issued the certificates that this server uses in the session: a CI, or a
    SubCA in version 3."""
    server_challenge: bytes
    state: SessionState = SessionState.INITIATED
    eid: bytes = b""
    order_id: str = ""
    euicc_certificate: bytes = b""
    """CERT.EUICC.ECDSA, DER."""
    smdp_signature2: bytes = b""
    change_id: str = ""
    """The device change that the session is for."""
    smdp_signature4: bytes = b""
    euicc_capability: bytes = b""
    """euiccRspCapability of EUICCInfo1, DER; empty from an eUICC of version 2."""
    lpa_capability: bytes = b""
    """lpaRspCapability as the LPA told it first, DER; empty from an LPA of version 2."""
    version: int = 0

    @property
    def key(self) -> str:
        return self.transaction_id.hex()

    def is_dead(self, before: int, initiated_before: int) -> bool:
        """Whether a store may forget it; see `Store.forget`."""
        is_idle = self.state is SessionState.INITIATED and self.created_at < initiated_before
        return self.created_at < before or is_idle

    @property
    def euicc_can(self) -> tuple[str, ...]:
        """Names of RspCapability."""
        return _bit_names("RspCapability", self.euicc_capability)

    @property
    def v3_features(self) -> tuple[str, ...]:
        """What the eUICC can do of version 3: nothing where its LPA follows version 2, for the device as a
        whole then does (v3 §2.11)."""
        return self.euicc_can if self.lpa_capability else ()

    @property
    def lpa_can(self) -> tuple[str, ...]:
        """Names of LpaRspCapability."""
        return _bit_names("LpaRspCapability", self.lpa_capability)

    def moved(self, event: SessionEvent) -> Session | None:
        """This session after the event; None where the table has no such step."""
        state = SESSION[self.state].get(event)
        return self._replace(state=state) if state else None


class DeviceChange(NamedTuple):
    """A user takes a profile to another device (SGP.22 v3 §3.11)."""

    change_id: str
    """Of dcSessionId, 16 bytes, in hexadecimal."""
    order_id: str
    """By which the old eUICC got the profile."""
    iccid: str
    """Of the profile that leaves, 18 to 20 digits."""
    eid: bytes
    """Of the old eUICC."""
    created_at: int
    state: DeviceChangeState = DeviceChangeState.REQUESTED
    target_eid: bytes = b""
    """Of the new device's eUICC, 16 bytes; empty if it was not told."""
    target_tac: bytes = b""
    """Of the new device, 4 bytes; empty if it was not told."""
    euicc_certificate: bytes = b""
    """CERT.EUICC of the old eUICC, DER, which signs the deletion."""
    new_iccid: str = ""
    """Of the profile that the operator gives instead; empty: the same one moves."""
    new_order_id: str = ""
    """By which the new device gets its profile, once the user has confirmed."""
    message: str = ""
    language: str = "en"
    confirmation_code_hash: bytes = b""
    """SHA-256 of the confirmation code; empty if none is required."""
    confirmation_code_failures: int = 0
    recoverable_until: int = 0
    """0: recovery was not offered."""
    recovery_order_id: str = ""
    """By which the old eUICC gets its profile back."""
    version: int = 0

    @property
    def key(self) -> str:
        return self.change_id

    def moved(self, event: DeviceChangeEvent) -> DeviceChange:
        """This change after the event; unchanged where the table has no such step."""
        return self._replace(state=DEVICE_CHANGE[self.state].get(event, self.state))


def _bit_names(type_name: str, der: bytes) -> tuple[str, ...]:
    return rsp.bit_names(type_name, rsp.decode(type_name, der)) if der else ()


class Notification(NamedTuple):
    """A notification that an eUICC signed (§3.5)."""

    eid: bytes
    sequence_number: int
    event: str
    """One of `simulator.smdp.metadata.EVENTS`."""
    iccid: bytes
    """As in EF.ICCID, 10 bytes; empty if it was not told."""
    is_success: bool
    received_at: int
    content: bytes
    """PendingNotification, DER."""
    version: int = 0

    @property
    def key(self) -> str:
        """A hash of what was signed: the same notification sent twice is one record, while the sequence
        numbers of a card that was set back come again."""
        return sha256(self.content).hexdigest()


class Operator(NamedTuple):
    """An operator that may order profiles over ES2+."""

    oid: str
    """By which its TLS certificate and its function calls name it."""
    callback: str = ""
    """Host and port where it hears of the progress of downloads; empty: it does not want to."""
    is_v3: bool = False
    """Whether it hears of it, and of what becomes of its profiles, by HandleNotification of version 3."""
    version: int = 0

    @property
    def key(self) -> str:
        return self.oid


class Outgoing(NamedTuple):
    """A function call that another server is still to get: it is tried until it is taken."""

    message_id: str
    interface: str
    """ES2_PLUS, to an operator, or ES12, to an SM-DS."""
    receiver: str
    """The operator's OID, or the address of the SM-DS."""
    function: str
    message: str
    """The members of the request, in JSON."""
    created_at: int
    failures: int = 0
    next_attempt_at: int = 0
    is_delivered: bool = False
    version: int = 0

    @property
    def key(self) -> str:
        return self.message_id


Record = Order | RpmOrder | Session | DeviceChange | Notification | Operator | Outgoing
