"""The state of an eUICC, without APDUs: what the functions of ES10 and ES8+ read and change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from simulator.crypto.ecc import Entropy, PrivateKey, PublicKey
from simulator.crypto.keylog import KeyLog, no_key_log
from simulator.crypto.revocation import Crl
from simulator.euicc.features import CONSUMER, Features
from simulator.euicc.identity import Credential, EuiccIdentity
from simulator.euicc.iot.state import IotState
from simulator.euicc.notifications import REMOTELY, NotificationList
from simulator.euicc.ports import MepMode
from simulator.euicc.profiles import Profile, Registry
from simulator.euicc.revocation import RevocationLists

DEFAULT_MEMORY = 1 << 20
DEFAULT_ROOT_DS = "testrootsmds.example.com"


@dataclass(slots=True)
class Session:
    """One RSP session, from GetEUICCChallenge to the end of the download (SGP.22 §3.1.2, §3.1.3).

    It grows member by member; a function that finds its own missing answers noSessionContext.
    """

    challenge: bytes
    transaction_id: bytes = b""
    server_address: str = ""
    server_oid: str = ""
    server_ci_key_id: bytes = b""
    """subjectKeyIdentifier of who issued the server's certificate: a CI, or in version 3 a SubCA."""
    server_chain: tuple[bytes, ...] = ()
    """otherCertsInChain of the server: they stand above its certificate for binding too."""
    server_lists: tuple[Crl, ...] = ()
    """Revocation lists that came with them, verified (version 3)."""
    server_key: PublicKey | None = None
    """That of the server's CERT.XXauth, which signs its later answers in version 3."""
    server_root_key_id: bytes = b""
    """subjectKeyIdentifier of the CI that its certificate leads to."""
    context: tuple[str, dict[str, Any]] = ("", {})
    """ctxParams1, as decoded: what the session is for."""
    credential: Credential | None = None
    signature1: bytes = b""
    """euiccSignature1, 64 bytes: smdpSignature2 covers it, and so do the signatures 4 and 6, and
    smdsSignature2."""
    signature3: bytes = b""
    """euiccSignature3, 64 bytes: smdpSignature5 covers it."""
    change_key: PrivateKey | None = None
    """One-time key for the data of a device change."""
    pb_certificate: bytes = b""
    one_time_key: PrivateKey | None = None
    one_time_point: bytes = b""
    """otPK.EUICC.ECKA, 65 bytes."""

    @property
    def is_authenticated(self) -> bool:
        return self.credential is not None

    def is_for(self, kind: str) -> bool:
        """Whether the server was authenticated for this: an alternative of CtxParams1."""
        return self.is_authenticated and self.context[0] == kind


class RetainedKey(NamedTuple):
    """A one-time key that a failed download leaves behind: the same SM-DP+ may bind its package with it once
    more (SGP.22 §3.1.3.1)."""

    point: bytes
    """otPK.EUICC.ECKA, 65 bytes."""
    server_oid: str
    key: PrivateKey


@dataclass(slots=True)
class EuiccCore:
    """Everything that an eUICC remembers. `clock` gives its notion of time, `entropy` its randomness."""

    identity: EuiccIdentity
    entropy: Entropy
    clock: Callable[[], datetime]
    features: Features = CONSUMER
    registry: Registry = field(default_factory=lambda: Registry(DEFAULT_MEMORY))
    notifications: NotificationList = field(default_factory=NotificationList)
    revocation_lists: RevocationLists = field(default_factory=RevocationLists)
    default_dp_address: str = ""
    default_dp_ci: bytes = b""
    """The only CI, by subjectKeyIdentifier, that the default SM-DP+ may be certified by; empty: any."""
    root_ds_address: str = DEFAULT_ROOT_DS
    additional_root_ds_addresses: tuple[str, ...] = ()
    """Further root SM-DSs, of version 3."""
    iot: IotState | None = None
    """Of an IoT eUICC."""
    last_installed: bytes = b""
    """ISD-P of the profile that was installed last since the power came on."""
    session: Session | None = None
    retained_key: RetainedKey | None = None
    mode: MepMode | None = None
    """How several profiles are enabled at once; None: one at most. It does not outlive a reset."""
    slots: int = 1
    """How many can be enabled at once in that mode."""
    port: int = 0
    """The eSIM port that the command under way came on."""
    switched: Callable[[int, bool], None] = lambda slot, refresh: None
    """Called after another profile (or none) was enabled in a slot; with the refresh flag."""
    is_busy: Callable[[int], bool] = lambda slot: False
    """Whether a proactive session hinders a REFRESH there (catBusy)."""
    is_enterprise_capable: Callable[[], bool] = lambda: False
    """Whether the device has announced that it heeds enterprise rules."""
    key_log: KeyLog = no_key_log
    """Called with the session keys of a download, for a trace to be read with."""
    remount: Callable[[int], None] = lambda port: None
    """Lets a port show the files of the profile that is enabled there now."""
    _is_remote: bool = False

    def credential_of(self, profile: Profile) -> Credential:
        """The credential that signs a profile's notifications."""
        return self.identity.credential(profile.ci_key_id) or self.identity.credentials[0]

    def announce(self, profile: Profile, event: int) -> None:
        if self._is_remote:
            event = REMOTELY.get(event, event)
        self.notifications.announce(profile, event, self.credential_of(profile))

    @contextmanager
    def remote_management(self) -> Iterator[None]:
        """For the length of the block what happens is told as caused by remote management; ports follow what
        was switched at its end, each once."""
        switched, slots = self.switched, dict[int, bool]()

        def remember(slot: int, refresh: bool) -> None:
            slots[slot] = refresh or slots.get(slot, False)

        self.switched, self._is_remote = remember, True
        try:
            yield
        finally:
            self.switched, self._is_remote = switched, False
            for slot, refresh in slots.items():
                switched(slot, refresh)

    def save(self) -> dict[str, Any]:
        """What survives the loss of power, as plain values; a session does not."""
        return {
            "default_dp_address": self.default_dp_address,
            "default_dp_ci": self.default_dp_ci.hex(),
            "root_ds_address": self.root_ds_address,
            "additional_root_ds_addresses": list(self.additional_root_ds_addresses),
            "memory": self.registry.memory,
            "next_aid": self.registry.next_aid,
            "overridden": {str(slot): aid.hex() for slot, aid in self.registry.overridden.items()},
            "profiles": [profile.save() for profile in self.registry],
            "notifications": self.notifications.save(),
            "revocation_lists": self.revocation_lists.save(),
            "iot": None if self.iot is None else self.iot.save(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.default_dp_address = state["default_dp_address"]
        self.default_dp_ci = bytes.fromhex(state.get("default_dp_ci", ""))
        self.root_ds_address = state["root_ds_address"]
        self.additional_root_ds_addresses = tuple(state.get("additional_root_ds_addresses", ()))
        self.registry.memory = state["memory"]
        self.registry.next_aid = state["next_aid"]
        overridden = state.get("overridden") or {}
        self.registry.overridden = {int(slot): bytes.fromhex(aid) for slot, aid in overridden.items()}
        self.registry.profiles = [Profile.load(saved) for saved in state["profiles"]]
        self.notifications.restore(state["notifications"])
        self.revocation_lists.restore(state.get("revocation_lists", []))
        saved = state.get("iot")
        self.iot = None if saved is None else IotState.load(saved)
