"""What an IPA must not lose when the power fails: results that no eUICC keeps for it, and a download begun.

The eUICC keeps the results of its packages and its notifications itself until they are removed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple


class Parcel(NamedTuple):
    """An EimPackageResult, DER, that its eIM has not taken yet."""

    eim_id: str
    result: bytes


class Trigger(NamedTuple):
    """A download that an eIM asked for and that has not come to its end: the ProfileDownloadTriggerRequest,
    DER, and the highest sequence number of a notification before it began."""

    eim_id: str
    request: bytes
    last_number: int


@dataclass(slots=True)
class Memory:
    """All that an IPA remembers."""

    outbox: list[Parcel] = field(default_factory=list)
    trigger: Trigger | None = None
    state_changes: dict[str, str] = field(default_factory=dict)
    """eIM → name of the StateChangeCause that it is to be told with the next GetEimPackage."""
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    """eIM → what it has got of IpaEuiccData, each with its digest: compact messages may leave that out."""

    def save(self) -> dict[str, Any]:
        """The memory as plain values."""
        trigger = self.trigger
        return {
            "outbox": [[parcel.eim_id, parcel.result.hex()] for parcel in self.outbox],
            "trigger": trigger and [trigger.eim_id, trigger.request.hex(), trigger.last_number],
            "state_changes": dict(self.state_changes),
            "given": {eim_id: dict(digests) for eim_id, digests in self.given.items()},
        }

    @classmethod
    def load(cls, saved: dict[str, Any]) -> Memory:
        """The memory that `save` gave."""
        trigger = saved["trigger"]
        return cls(
            [Parcel(eim_id, bytes.fromhex(result)) for eim_id, result in saved["outbox"]],
            trigger and Trigger(trigger[0], bytes.fromhex(trigger[1]), trigger[2]),
            dict(saved["state_changes"]),
            {eim_id: dict(digests) for eim_id, digests in saved["given"].items()},
        )

    def note(self, eim_id: str, name: str, octets: bytes) -> None:
        """An eIM has got this."""
        self.given.setdefault(eim_id, {})[name] = _digest(octets)

    def knows(self, eim_id: str, name: str, octets: bytes) -> bool:
        """Whether an eIM has got exactly this."""
        return self.given.get(eim_id, {}).get(name) == _digest(octets)


def _digest(octets: bytes) -> str:
    return sha256(octets).hexdigest()
