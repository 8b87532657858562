"""ES6.UpdateMetadata: an operator changes what its enabled profile says of itself, over the air (SGP.22
§5.4.1)."""

from __future__ import annotations

from typing import Any, Final

from asn1 import Asn1Error, rsp
from cards.status import SW, StatusError
from simulator.euicc.profiles import PPR1, PPR2, Profile, has_bit

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
_DELETABLE: Final = {
    b"\xbf\x22": "serviceSpecificDataStoredInEuicc",
    b"\xb6": "notificationConfigurationInfo",
    b"\xba": "rpmConfiguration",
    b"\x9b": "hriServerAddress",
    b"\xbc": "lprConfiguration",
    b"\xbd": "enterpriseConfiguration",
    b"\xbf\x20": "deviceChangeConfiguration",
}
"""What tagsForDeletion may name in version 3."""


def update_metadata(profile: Profile, message: bytes, *, is_v3: bool) -> None:
    """Change the metadata of a profile, all or nothing.

    Profile policy rules can only be unset: the stored ones stay where the request has them too. An empty
    icon, or an empty text, takes the place of what was there. StatusError 6A80 if the message is no
    UpdateMetadataRequest, names an icon without its type, another way of updating rules than the defined one,
    or tags that cannot be deleted.
    """
    try:
        request = rsp.decode("UpdateMetadataRequest", message)
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    if ("icon" in request) != ("iconType" in request):
        raise StatusError(SW.INCORRECT_DATA)
    members = _V2 + _V3 if is_v3 else _V2
    changed = profile.metadata | {name: request[name] for name in members if name in request}
    if request.get("icon") == b"":
        del changed["icon"], changed["iconType"]
    if is_v3:
        for name in _deleted(request.get("tagsForDeletion", b"")):
            changed.pop(name, None)
    if "profilePolicyRules" in request:
        _unset(changed, request["profilePolicyRules"])
    profile.metadata = changed


def _unset(metadata: dict[str, Any], wanted: tuple[bytes, int]) -> None:
    if has_bit(wanted, _UPDATE_CONTROL):
        raise StatusError(SW.INCORRECT_DATA)
    stored = metadata.get("profilePolicyRules")
    kept = [rule for rule in (PPR1, PPR2) if has_bit(stored, rule) and has_bit(wanted, rule)]
    metadata.pop("profilePolicyRules", None)
    if kept:
        metadata["profilePolicyRules"] = bytes((sum(0x80 >> rule for rule in kept),)), max(kept) + 1


def _deleted(tag_list: bytes) -> list[str]:
    """Members that a row of bare tags names."""
    found = []
    while tag_list:
        length = 2 if tag_list[0] & 0x1F == 0x1F else 1
        name = _DELETABLE.get(tag_list[:length])
        if name is None:
            raise StatusError(SW.INCORRECT_DATA)
        found.append(name)
        tag_list = tag_list[length:]
    return found
