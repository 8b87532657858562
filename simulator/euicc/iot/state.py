"""What an IoT eUICC remembers beyond a consumer's: its eIMs, results, and ways back (SGP.32 §2.11, §3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from asn1 import iot

COUNTER_LIMIT = 0x7FFFFF
"""Highest counterValue of a package."""
RESULT_LIMIT = 64
"""Results that are kept; the oldest goes when another one comes."""


@dataclass(slots=True)
class Rollback:
    """An eIM's leave to go back to the profile that was enabled before its package."""

    aid: bytes
    """ISD-P of that profile."""
    eim_id: str
    counter: int
    transaction_id: bytes | None


@dataclass(slots=True)
class IotState:
    """All of it survives the loss of power."""

    eims: dict[str, dict[str, Any]] = field(default_factory=dict)
    """EimConfigurationData by eimId. Its counterValue is that of the last package taken."""
    last_token: int = 0
    """The highest association token that was ever given."""
    results: dict[int, bytes] = field(default_factory=dict)
    """EuiccPackageResult, DER, by its number: kept until the eIM has acknowledged it."""
    rollback: Rollback | None = None
    fallback: bytes | None = None
    """ISD-P of the profile with the fallback attribute."""
    returns_to: bytes | None = None
    """ISD-P of the profile whose place it took."""
    emergency_returns_to: bytes | None = None
    """ISD-P of the profile whose place the emergency profile took; empty: none was enabled."""
    immediate: dict[str, Any] | None = None
    """ConfigureImmediateProfileEnabling, if it was configured with its flag."""

    def keep(self, number: int, result: bytes) -> None:
        """Keep a result until it is acknowledged."""
        self.results[number] = result
        while len(self.results) > RESULT_LIMIT:
            del self.results[min(self.results)]

    def save(self) -> dict[str, Any]:
        """The state as plain values."""
        rollback = self.rollback
        return {
            "eims": [iot.encode("EimConfigurationData", data).hex() for data in self.eims.values()],
            "last_token": self.last_token,
            "results": {str(number): der.hex() for number, der in self.results.items()},
            "rollback": rollback
            and {
                "aid": rollback.aid.hex(),
                "eim_id": rollback.eim_id,
                "counter": rollback.counter,
                "transaction_id": rollback.transaction_id and rollback.transaction_id.hex(),
            },
            "fallback": _text(self.fallback),
            "returns_to": _text(self.returns_to),
            "emergency_returns_to": _text(self.emergency_returns_to),
            "immediate": None
            if self.immediate is None
            else iot.encode("ConfigureImmediateProfileEnablingRequest", self.immediate).hex(),
        }

    @classmethod
    def load(cls, saved: dict[str, Any]) -> IotState:
        """The state that `save` gave."""
        eims = (dict(iot.decode("EimConfigurationData", bytes.fromhex(der))) for der in saved["eims"])
        rollback, immediate = saved["rollback"], saved["immediate"]
        return cls(
            {data["eimId"]: data for data in eims},
            saved["last_token"],
            {int(number): bytes.fromhex(der) for number, der in saved["results"].items()},
            rollback
            and Rollback(
                bytes.fromhex(rollback["aid"]),
                rollback["eim_id"],
                rollback["counter"],
                _octets(rollback["transaction_id"]),
            ),
            _octets(saved["fallback"]),
            _octets(saved["returns_to"]),
            _octets(saved.get("emergency_returns_to")),
            immediate
            and dict(iot.decode("ConfigureImmediateProfileEnablingRequest", bytes.fromhex(immediate))),
        )


def _text(octets: bytes | None) -> str | None:
    return None if octets is None else octets.hex()


def _octets(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)
