"""What an eIM remembers: devices, packages for them, RSP sessions that it relays, notifications.

Records are immutable; one carries the version that the store gave it, and a changed copy is taken only while
the stored one still has that version. Times are whole seconds since 1970, UTC.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

MAX_DELIVERIES: Final = 3
"""A package that an IPA fetches so often without a result is given up."""


class PackageKind(StrEnum):
    """What an eIM package is (§2.11.1)."""

    EUICC = "euicc"
    """An eUICC package: operations on profiles or on eIMs, signed."""
    DATA = "data"
    """IpaEuiccDataRequest."""
    DOWNLOAD = "download"
    """ProfileDownloadTriggerRequest."""


class PackageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    """An IPA has fetched it."""
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class PackageEvent(StrEnum):
    DELIVER = "deliver"
    SUCCEED = "succeed"
    FAIL = "fail"
    WITHDRAW = "withdraw"


PACKAGE: Final[dict[PackageState, dict[PackageEvent, PackageState]]] = {
    PackageState.QUEUED: {
        PackageEvent.DELIVER: PackageState.SENT,
        PackageEvent.WITHDRAW: PackageState.WITHDRAWN,
    },
    PackageState.SENT: {
        # Once more, the same octets: the answer or the result may have been lost.
        PackageEvent.DELIVER: PackageState.SENT,
        PackageEvent.SUCCEED: PackageState.DONE,
        PackageEvent.FAIL: PackageState.FAILED,
    },
    # A rollback tells anew about a package that was done; a result may come when nobody waits any more.
    PackageState.DONE: {
        PackageEvent.SUCCEED: PackageState.DONE,
        PackageEvent.FAIL: PackageState.FAILED,
    },
    PackageState.FAILED: {
        PackageEvent.SUCCEED: PackageState.DONE,
        PackageEvent.FAIL: PackageState.FAILED,
    },
    PackageState.WITHDRAWN: {},
}
OPEN: Final = frozenset({PackageState.QUEUED, PackageState.SENT})


class Device(NamedTuple):
    """An eUICC that this eIM manages, and what is known of it; what is not known is empty."""

    eid: bytes
    """16 bytes."""
    counter: int = 0
    """counterValue of the last signed package."""
    association_token: int | None = None
    """As the eUICC gave it; None: there is none (§2.11.1.1)."""
    euicc_certificate: bytes = b""
    """CERT.EUICC.ECDSA, DER, once its chain was verified."""
    eum_certificate: bytes = b""
    euicc_info1: bytes = b""
    euicc_info2: bytes = b""
    ipa_capabilities: bytes = b""
    """IpaCapabilities, DER."""
    device_info: bytes = b""
    """DeviceInfo, DER."""
    default_smdp_address: str = ""
    root_smds_address: str = ""
    profiles: bytes = b""
    """The last IotProfileInfoListResponse, DER."""
    rules: bytes = b""
    """The last RulesAuthorisationTable, DER."""
    seen_at: int = 0
    state_change: str = ""
    """The last StateChangeCause that the IPA told of."""
    version: int = 0

    @property
    def key(self) -> str:
        return self.eid.hex()


class Package(NamedTuple):
    """An eIM package, from the order to its result."""

    transaction_id: bytes
    """eimTransactionId, which result and package have in common; 16 bytes."""
    eid: bytes
    kind: PackageKind
    content: bytes
    """EuiccPackage, IpaEuiccDataRequest or ProfileDownloadData, DER."""
    created_at: int
    state: PackageState = PackageState.QUEUED
    is_automatic: bool = False
    """Whether nobody asked for it: the eIM needs it itself."""
    counter: int = 0
    """counterValue, once it is signed."""
    request: bytes = b""
    """What the IPA gets, DER, from the first time on."""
    deliveries: int = 0
    is_indirect: bool = False
    """A download in which the eIM keeps the address and speaks with the SM-DP+."""
    confirmation_code_hash: bytes = b""
    """SHA-256 of the confirmation code; empty if the eIM has none."""
    results: tuple[bytes, ...] = ()
    """What the IPA brought back, DER: EuiccPackageResult, IpaEuiccDataResponse, ProfileDownloadTriggerResult,
    or the notification that ended a download."""
    detail: str = ""
    """Why it failed, in words."""
    finished_at: int = 0
    version: int = 0

    @property
    def key(self) -> str:
        return self.transaction_id.hex()

    @property
    def is_open(self) -> bool:
        """Whether it waits to be fetched, or for its result."""
        return self.state in OPEN

    def moved(self, event: PackageEvent) -> Package:
        """This package after the event; unchanged where the table has no such step."""
        return self._replace(state=PACKAGE[self.state].get(event, self.state))


class Receipt(NamedTuple):
    """A signed result that was taken: the same one again changes nothing."""

    eid: bytes
    sequence_number: int
    digest: bytes
    """SHA-256 of the EuiccPackageResult."""
    version: int = 0

    @property
    def key(self) -> str:
        return f"{self.eid.hex()}/{self.sequence_number}"


class Session(NamedTuple):
    """An RSP session between an eUICC and a server that goes through this eIM (§3.2.3.2)."""

    transaction_id: bytes
    """The server's."""
    address: str
    created_at: int
    server_signed1: bytes
    euicc_ci_key_id: bytes
    """The CI under which the eUICC is to sign, 20 bytes."""
    eid: bytes = b""
    """Empty until the eUICC has shown its certificate, where nothing else told it."""
    package: str = ""
    """Key of the package that began it."""
    is_smds: bool = False
    ctx_params1: bytes = b""
    """CtxParams1 that the eIM made, DER; empty if that is left to the IPA."""
    metadata: bytes = b""
    """StoreMetadataRequest, DER."""
    smdp_oid: str = ""
    smdp_signed2: bytes = b""
    smdp_signature2: bytes = b""
    version: int = 0

    @property
    def key(self) -> str:
        return self.transaction_id.hex()


class NotificationState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    REFUSED = "refused"


class Notification(NamedTuple):
    """A notification of an eUICC, on its way to the server that it is for (§3.7)."""

    eid: bytes
    sequence_number: int
    event: str
    """"install", "enable", "disable" or "delete"."""
    address: str
    """notificationAddress: the SM-DP+."""
    content: bytes
    """PendingNotification as SGP.22 has it, DER."""
    is_success: bool
    received_at: int
    state: NotificationState = NotificationState.WAITING
    failures: int = 0
    next_attempt_at: int = 0
    detail: str = ""
    version: int = 0

    @property
    def key(self) -> str:
        return sha256(self.content).hexdigest()


Record = Device | Package | Receipt | Session | Notification
