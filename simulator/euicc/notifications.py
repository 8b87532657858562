"""Notifications: numbered, signed, kept until the LPA has delivered and removed them (SGP.22 §3.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asn1 import rsp, tlv
from simulator.crypto.ecc import sign_raw
from simulator.euicc.identity import Credential
from simulator.euicc.profiles import Profile, has_bit

INSTALL, ENABLE, DISABLE, DELETE, RPM_ENABLE, RPM_DISABLE, RPM_DELETE, RPM_RESULT = range(8)
"""Bits of NotificationEvent; the last four are of version 3."""
REMOTELY = {ENABLE: RPM_ENABLE, DISABLE: RPM_DISABLE, DELETE: RPM_DELETE}
"""How an event is told that remote profile management has caused."""
NAMES = ("install", "enable", "disable", "delete")
_EVENT_BITS = 8
SIGNATURE = 0x5F37


def event_bits(event: int) -> tuple[bytes, int]:
    """NotificationEvent with one bit set, trailing zeros left out as DER wants it."""
    return bytes((0x80 >> event,)), event + 1


@dataclass(frozen=True, slots=True)
class Notification:
    """One pending notification: its metadata, and PendingNotification as it will be sent, in DER."""

    metadata: dict[str, Any]
    der: bytes

    @property
    def sequence_number(self) -> int:
        return int(self.metadata["seqNumber"])

    def concerns(self, events: tuple[bytes, int] | None) -> bool:
        """Whether its event is among these; None stands for all."""
        own = self.metadata["profileManagementOperation"]
        return events is None or any(has_bit(own, bit) and has_bit(events, bit) for bit in range(_EVENT_BITS))


class NotificationList:
    """Pending notifications in the order of their numbers; a number is never used twice."""

    def __init__(self) -> None:
        self.pending: list[Notification] = []
        self.last_number = 0

    def next_metadata(self, event: int, address: str, iccid: bytes | None) -> dict[str, Any]:
        """NotificationMetadata with the next sequence number."""
        self.last_number += 1
        metadata: dict[str, Any] = {
            "seqNumber": self.last_number,
            "profileManagementOperation": event_bits(event),
            "notificationAddress": address,
        }
        return metadata if iccid is None else metadata | {"iccid": iccid}

    def add(self, notification: Notification) -> None:
        self.pending.append(notification)

    def find(self, number: int) -> Notification | None:
        return next((item for item in self.pending if item.sequence_number == number), None)

    def remove(self, number: int) -> bool:
        """Forget a notification; False if there is none with this number."""
        found = self.find(number)
        if found is not None:
            self.pending.remove(found)
        return found is not None

    def announce(
        self,
        profile: Profile,
        event: int,
        credential: Credential,
        wanted: Callable[[str], bool] = lambda address: True,
    ) -> None:
        """Sign and keep a notification for every recipient that the profile names for this event."""
        for item in profile.metadata.get("notificationConfigurationInfo", ()):
            address = item["notificationAddress"]
            if has_bit(item["profileManagementOperation"], event) and wanted(address):
                metadata = self.next_metadata(event, address, profile.iccid)
                self.add(Notification(metadata, sign_notification(metadata, credential)))

    def save(self) -> dict[str, Any]:
        return {
            "last": self.last_number,
            "pending": [
                {"metadata": rsp.encode("NotificationMetadata", item.metadata).hex(), "der": item.der.hex()}
                for item in self.pending
            ],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.last_number = state["last"]
        self.pending = [
            Notification(
                dict(rsp.decode("NotificationMetadata", bytes.fromhex(item["metadata"]))),
                bytes.fromhex(item["der"]),
            )
            for item in state["pending"]
        ]


def sign_notification(metadata: dict[str, Any], credential: Credential) -> bytes:
    """OtherSignedNotification in DER, signed over tbsOtherNotification."""
    tbs = rsp.encode("NotificationMetadata", metadata)
    signature = tlv.encode(SIGNATURE, sign_raw(credential.key, tbs))
    others = tlv.encode(0xA1, b"".join(credential.others)) if credential.others else b""
    return tlv.encode(0x30, tbs + signature + credential.certificate + credential.eum_certificate + others)
