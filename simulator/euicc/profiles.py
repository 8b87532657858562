"""ISD-Ps and the profiles in them: states, metadata, memory (SGP.22 §2.4.4, §3.1.6, §4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from asn1 import rsp
from simulator.profile import image_of
from simulator.uicc.filesystem import FileSystem

ISD_P_PREFIX = bytes.fromhex("A0000005591010FFFFFFFF89")
FIRST_ISD_P, ISD_P_STEP = 0x1000, 0x100
TEST, PROVISIONING, OPERATIONAL = range(3)
"""profileClass, SGP.22 §4.4."""


class ProfileState(Enum):
    """profileState; the value is the number in ProfileInfo."""

    DISABLED = 0
    ENABLED = 1


class Event(Enum):
    """What moves a profile from state to state (SGP.22 §3.2)."""

    ENABLE = "enable"
    DISABLE = "disable"
    DELETE = "delete"


TRANSITIONS: dict[tuple[ProfileState, Event], ProfileState | None] = {
    (ProfileState.DISABLED, Event.ENABLE): ProfileState.ENABLED,
    (ProfileState.ENABLED, Event.DISABLE): ProfileState.DISABLED,
    (ProfileState.DISABLED, Event.DELETE): None,
}
"""Life cycle of an installed profile; None: it is gone. A pair that is not here is refused."""

PPR1, PPR2 = 1, 2
"""Bits of PprIds: disabling, deletion of the profile is not allowed (SGP.22 §2.9.1)."""


def has_bit(value: tuple[bytes, int] | None, bit: int) -> bool:
    """Whether a named bit of a decoded BIT STRING is set."""
    return value is not None and bit < value[1] and bool(value[0][bit // 8] << (bit % 8) & 0x80)


@dataclass(slots=True)
class Profile:
    """One installed profile in its ISD-P. `metadata` is StoreMetadataRequest as decoded."""

    aid: bytes
    metadata: dict[str, Any]
    package: bytes
    files: FileSystem
    ci_key_id: bytes
    """The CI under which it was downloaded; its notifications are signed with the key there."""
    dp_oid: str = ""
    state: ProfileState = ProfileState.DISABLED
    slot: int = 0
    """While it is enabled: its place among the profiles that are enabled at once, from 0."""
    nickname: str | None = None
    is_preloaded: bool = False
    """Whether a test profile was on the eUICC when it was made, not loaded in the field."""

    @property
    def iccid(self) -> bytes:
        """As in EF.ICCID, nibbles swapped, 10 bytes."""
        iccid = self.metadata["iccid"]
        assert isinstance(iccid, bytes)
        return iccid

    @property
    def profile_class(self) -> int:
        return int(self.metadata.get("profileClass", OPERATIONAL))

    @property
    def is_test(self) -> bool:
        return self.profile_class == TEST

    @property
    def is_enabled(self) -> bool:
        return self.state is ProfileState.ENABLED

    def forbids(self, policy_rule: int) -> bool:
        return has_bit(self.metadata.get("profilePolicyRules"), policy_rule)

    def save(self) -> dict[str, Any]:
        return {
            "aid": self.aid.hex(),
            "metadata": rsp.encode("StoreMetadataRequest", self.metadata).hex(),
            "package": self.package.hex(),
            "files": self.files.save(),
            "ci": self.ci_key_id.hex(),
            "dp_oid": self.dp_oid,
            "state": self.state.name,
            "slot": self.slot,
            "nickname": self.nickname,
            "preloaded": self.is_preloaded,
        }

    @classmethod
    def load(cls, state: dict[str, Any]) -> Profile:
        package = bytes.fromhex(state["package"])
        files = FileSystem(image_of(package))
        files.restore(state["files"])
        return cls(
            bytes.fromhex(state["aid"]),
            rsp.decode("StoreMetadataRequest", bytes.fromhex(state["metadata"])),
            package,
            files,
            bytes.fromhex(state["ci"]),
            state["dp_oid"],
            ProfileState[state["state"]],
            state.get("slot", 0),
            state["nickname"],
            state.get("preloaded", False),
        )


class Registry:
    """The profiles of one eUICC, in the order of installation. At most one is enabled in each slot, and there
    is one slot unless several ports are configured."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        """Non-volatile memory for profiles, in bytes."""
        self.profiles: list[Profile] = []
        self.next_aid = FIRST_ISD_P
        self.overridden: dict[int, bytes] = {}
        """By slot, the AID of the operational profile whose place an enabled test profile took."""

    def __iter__(self) -> Iterator[Profile]:
        return iter(self.profiles)

    @property
    def free(self) -> int:
        """Bytes that are left for profiles."""
        return self.memory - sum(len(profile.package) for profile in self.profiles)

    @property
    def enabled(self) -> Profile | None:
        """The enabled profile, the first of them if there are several."""
        return self.enabled_in(0)

    def enabled_in(self, slot: int) -> Profile | None:
        found = (profile for profile in self.profiles if profile.is_enabled and profile.slot == slot)
        return next(found, None)

    def by_iccid(self, iccid: bytes) -> Profile | None:
        return next((profile for profile in self.profiles if profile.iccid == iccid), None)

    def by_aid(self, aid: bytes) -> Profile | None:
        return next((profile for profile in self.profiles if profile.aid == aid), None)

    def find(self, identifier: tuple[str, bytes]) -> Profile | None:
        """The profile that a decoded choice of isdpAid and iccid means."""
        kind, value = identifier
        return self.by_aid(value) if kind == "isdpAid" else self.by_iccid(value)

    def allocate_aid(self) -> bytes:
        """The AID of the next ISD-P, 16 bytes; a number is never given twice."""
        aid = ISD_P_PREFIX + self.next_aid.to_bytes(4, "big")
        self.next_aid += ISD_P_STEP
        return aid

    def remove(self, profile: Profile) -> None:
        self.profiles.remove(profile)
