"""UpdateMetadata: an operator changes what its profile says of itself (SGP.22 §5.4.1).

It comes over the air, as ES6.UpdateMetadata for the enabled profile, or in version 3 with a package of remote
profile management.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asn1 import Asn1Error, rsp
from cards.status import SW, StatusError
from simulator.euicc.enterprise import may_change
from simulator.euicc.profiles import PPR1, PPR2, Profile, has_bit

if TYPE_CHECKING:
    from simulator.euicc.core import EuiccCore

UPDATE_METADATA: Final = 0xBF2A
_UPDATE_CONTROL: Final = 0
"""Bit of PprIds: how rules are updated. Only 0 is defined, which unsets rules."""
_V2: Final = ("serviceProviderName", "profileName", "iconType", "icon", "serviceSpecificDataStoredInEuicc")
_V3: Final = (
    "notificationConfigurationInfo",
    "rpmConfiguration",
    "hriServerAddress",
    "lprConfiguration",
    "enterpriseConfiguration",
    "deviceChangeConfiguration",
)
DELETABLE: Final = {
    b"\xbf\x22": "serviceSpecificDataStoredInEuicc",
    b"\xb6": "notificationConfigurationInfo",
    b"\xba": "rpmConfiguration",
    b"\x9b": "hriServerAddress",
    b"\xbc": "lprConfiguration",
    b"\xbd": "enterpriseConfiguration",
    b"\xbf\x20": "deviceChangeConfiguration",
}
"""What tagsForDeletion may name in version 3."""
STATUS_WORDS: Final = {
    "enterpriseConfigurationNotAllowed": SW.CONDITIONS_NOT_SATISFIED,
    "commandError": SW.INCORRECT_DATA,
    "pprUpdateInvalidSetting": SW.FUNCTION_NOT_SUPPORTED,
    "invalidRpmConfiguration": SW.FUNCTION_NOT_SUPPORTED,
    "deleteNotAllowed": SW.INCORRECT_DATA,
}
"""How ES6 tells in version 3 what UpdateMetadataResponse has a number for. An eUICC of version 2 knows but
6A80."""


class UpdateRefusal(Exception):  # noqa: N818 - an answer, not a fault
    """The metadata stay as they are; `name` is that of the result in UpdateMetadataResponse."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def update_metadata(core: EuiccCore, profile: Profile, message: bytes) -> None:
    """ES6.UpdateMetadata. StatusError if the message is no UpdateMetadataRequest, or is refused."""
    try:
        request = rsp.decode("UpdateMetadataRequest", message)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    try:
        apply_update(core, profile, request)
    except UpdateRefusal as refusal:
        sw = STATUS_WORDS[refusal.name] if core.features.is_v3 else SW.INCORRECT_DATA
        raise StatusError(sw) from None


def apply_update(core: EuiccCore, profile: Profile, request: dict[str, Any]) -> None:
    """Change the metadata of a profile as an UpdateMetadataRequest asks, all or nothing.

    Profile policy rules can only be unset: the stored ones stay where the request has them too. An empty
    icon, or an empty text, takes the place of what was there. UpdateRefusal if the request names an icon
    without its type, sets and deletes the same member (commandError), asks for another way of updating rules
    than the defined one, gives remote management to another owner, or the profile to another enterprise, or
    deletes what cannot be deleted.
    """
    is_v3 = core.features.is_v3
    if ("icon" in request) != ("iconType" in request):
        raise UpdateRefusal("commandError")
    members = _V2 + _V3 if is_v3 else _V2
    changed = profile.metadata | {name: request[name] for name in members if name in request}
    if request.get("icon") == b"":
        del changed["icon"], changed["iconType"]
    if is_v3:
        _check_configurations(core, profile, request)
        for name in deleted_members(request.get("tagsForDeletion", b"")):
            if name in request:
                raise UpdateRefusal("commandError")
            changed.pop(name, None)
    if "profilePolicyRules" in request:
        _unset(changed, request["profilePolicyRules"])
    profile.metadata = changed


def _check_configurations(core: EuiccCore, profile: Profile, request: dict[str, Any]) -> None:
    """What a configuration of version 3 must keep: the enterprise, and the owner of remote management."""
    enterprise = request.get("enterpriseConfiguration")
    if enterprise is not None and not may_change(core, profile, enterprise):
        raise UpdateRefusal("enterpriseConfigurationNotAllowed")
    before, after = (one.get("rpmConfiguration") for one in (profile.metadata, request))
    if before and after and before["profileOwnerOid"] != after["profileOwnerOid"]:
        raise UpdateRefusal("invalidRpmConfiguration")


def _unset(metadata: dict[str, Any], wanted: tuple[bytes, int]) -> None:
    if has_bit(wanted, _UPDATE_CONTROL):
        raise UpdateRefusal("pprUpdateInvalidSetting")
    stored = metadata.get("profilePolicyRules")
    kept = [rule for rule in (PPR1, PPR2) if has_bit(stored, rule) and has_bit(wanted, rule)]
    metadata.pop("profilePolicyRules", None)
    if kept:
        metadata["profilePolicyRules"] = bytes((sum(0x80 >> rule for rule in kept),)), max(kept) + 1


def deleted_members(tag_list: bytes) -> list[str]:
    """Members that a row of bare tags names; UpdateRefusal deleteNotAllowed for any other tag."""
    found = []
    while tag_list:
        length = 2 if tag_list[0] & 0x1F == 0x1F else 1
        name = DELETABLE.get(tag_list[:length])
        if name is None:
            raise UpdateRefusal("deleteNotAllowed")
        found.append(name)
        tag_list = tag_list[length:]
    return found
