"""What an operator lets users do with a profile of its: the device change configuration (SGP.22 v3 annex O).

It has two sides. The eUICC gets DeviceChangeConfiguration within the profile's metadata: which server to ask
and what to tell it, or the activation code itself. The SM-DP+ keeps the rest: whether to ask the operator,
what the user reads and types, whether the profile may be recovered.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from asn1 import Asn1Error, rsp
from simulator.smdp.metadata import MetadataError

DAY: Final = 86400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class DeviceChangePolicy:
    """The configuration of one profile."""

    requires_eid: bool = False
    """The request names the EID of the new device's eUICC; only that one may then download."""
    requires_tac: bool = False
    """The request names the TAC of the new device."""
    asks_operator: bool = False
    """Whether ES2+.HandleDeviceChangeRequest asks the operator each time."""
    deletes_old: bool = True
    """Whether the old eUICC must delete the profile; always so unless the operator gives another profile."""
    recovery_days: int = 0
    """How long after the change the profile can be recovered; 0: it cannot."""
    retry_minutes: int = 5
    """When the old device shall ask again while another profile is prepared."""
    confirmation_code: str = ""
    """What the user must type; empty: nothing."""
    message: str = ""
    """From the operator, to be shown before the user agrees."""
    language: str = "en"
    """Of the message, as in RFC 5646."""
    stored_code: str = ""
    """An activation code for the new device that the eUICC keeps: then nobody asks this server."""
    allowed_ci: str = ""
    """subjectKeyIdentifier, in hexadecimal, of the only CI under which the server may be asked."""

    def to_json(self) -> str:
        """All members, to be kept."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Self | None:
        """What `to_json` gave; None for an empty text: no change is allowed."""
        return cls(**json.loads(text)) if text else None

    def configuration(self, address: str) -> tuple[str, dict[str, Any]]:
        """DeviceChangeConfiguration for the server at this address."""
        if self.stored_code:
            stored: dict[str, Any] = {"activationCodeForDc": self.stored_code.removeprefix("LPA:")}
            return "usingStoredAc", stored | ({"deleteOldProfile": None} if self.deletes_old else {})
        members: dict[str, Any] = {"smdpAddressForDc": address}
        if self.allowed_ci:
            members["allowedCiPKId"] = bytes.fromhex(self.allowed_ci)
        flags = {"eidRequired": self.requires_eid, "tacRequired": self.requires_tac}
        return "requestToDp", members | {name: None for name, is_set in flags.items() if is_set}


def configured(
    metadata: bytes, policy: DeviceChangePolicy | None, address: str, *, is_default: bool = True
) -> bytes:
    """StoreMetadataRequest, DER, with the policy's configuration in place of any other; without a policy,
    with none. A default address gives way to that of the notifications. MetadataError if the policy cannot
    be encoded."""
    value = dict(rsp.decode("StoreMetadataRequest", metadata))
    value.pop("deviceChangeConfiguration", None)
    if is_default and (told := value.get("notificationConfigurationInfo")):
        address = told[0]["notificationAddress"]
    try:
        if policy is not None:
            value["deviceChangeConfiguration"] = policy.configuration(address)
        return rsp.encode("StoreMetadataRequest", value)
    except (Asn1Error, ValueError) as error:
        raise MetadataError(f"device change: {error}") from error
