"""Profile metadata as text, for `--metadata` of the SM-DP+ and for a profile in a card description
(docs/profile-metadata.md; SGP.22 §2.4a.1, §5.5.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from asn1 import rsp
from simulator.profile import describe
from simulator.profile.describe import Description, PlmnCode
from simulator.smdp.metadata import Enterprise, ProfileMetadata, ProfileOwner

Oid = Annotated[str, Field(pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$")]
Address = Annotated[str, Field(min_length=1, max_length=255)]
_BITS = 32


class EnterpriseDescription(Description):
    """An enterprise profile (SGP.22 v3 §2.4a.1.7); without `rules` it has none."""

    oid: Oid
    name: Annotated[str, Field(max_length=64)]
    rules: (
        tuple[
            Literal[
                "referenceEnterpriseRule",
                "priorityEnterpriseProfile",
                "onlyEnterpriseProfilesCanBeInstalled",
            ],
            ...,
        ]
        | None
    ) = None
    other_profiles: Annotated[int, Field(ge=0, le=255)] = 0
    """How many profiles that are not an enterprise's may be enabled at once."""


class LpaProxyDescription(Description):
    """lprConfiguration."""

    server: Address
    """The platform that manages the content of the profile (pcmpAddress)."""
    parameters: Annotated[str, Field(max_length=255)] = ""
    """dpiEnable."""
    on_enable: bool = False
    """Whether the proxy starts when the profile is enabled (triggerLprOnEnableProfile)."""

    def value(self) -> dict[str, Any]:
        value: dict[str, Any] = {"pcmpAddress": self.server}
        if self.parameters:
            value["dpiEnable"] = self.parameters
        return value | ({"triggerLprOnEnableProfile": None} if self.on_enable else {})


RpmCommandName = Literal["enable", "disable", "delete", "listProfileInfo", "contactPcmp"]
"""Names of RpmType."""


class RemoteManagementDescription(Description):
    """rpmConfiguration: who may manage the profile from afar."""

    owner: Oid
    servers: Annotated[tuple[Oid, ...], Field(min_length=1)]
    """OIDs of the SM-DP+ servers that may."""
    polling_address: Annotated[str, Field(max_length=255)] = ""
    commands: tuple[RpmCommandName, ...] | None = None
    """What they may order, updates apart; everything if it is not told."""
    update_tags: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2})*$")] | None = None
    """Tags in hexadecimal of what updates may touch; everything if it is not told."""

    def value(self) -> dict[str, Any]:
        limits: dict[str, Any] = {}
        if self.commands is not None:
            limits["rpmType"] = rsp.bits("RpmType", self.commands)
        if self.update_tags is not None:
            limits["tagList"] = bytes.fromhex(self.update_tags)
        value: dict[str, Any] = {
            "managingDpList": [{"managingDpOid": oid, **limits} for oid in self.servers],
            "profileOwnerOid": self.owner,
        }
        return value | ({"pollingAddress": self.polling_address} if self.polling_address else {})


class MessageDescription(Description):
    """serviceProviderMessage: what the operator says to the user before the download."""

    text: Annotated[str, Field(min_length=1, max_length=255)]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")] = "en"

    def value(self) -> dict[str, Any]:
        return {"languageTag": self.language, "message": self.text}


class DeviceChangeDescription(Description):
    """deviceChangeConfiguration: how the profile comes to another device; one of `server` and
    `activation_code`."""

    server: Address | None = None
    needs_eid: bool = False
    needs_tac: bool = False
    activation_code: Address | None = None
    delete_old: bool = False

    @model_validator(mode="after")
    def one_way(self) -> DeviceChangeDescription:
        if (self.server is None) == (self.activation_code is None):
            raise ValueError("needs either a server or an activation_code")
        if self.server is None and (self.needs_eid or self.needs_tac):
            raise ValueError("needs_eid and needs_tac go with a server")
        if self.server is not None and self.delete_old:
            raise ValueError("delete_old goes with an activation_code")
        return self

    def value(self) -> tuple[str, dict[str, Any]]:
        flags = {
            "eidRequired": self.needs_eid,
            "tacRequired": self.needs_tac,
            "deleteOldProfile": self.delete_old,
        }
        given = {name: None for name, is_set in flags.items() if is_set}
        if self.server is not None:
            return "requestToDp", {"smdpAddressForDc": self.server, **given}
        return "usingStoredAc", {"activationCodeForDc": self.activation_code, **given}


class MetadataDescription(Description):
    """What StoreMetadataRequest says of a profile besides what its package tells."""

    service_provider: Annotated[str, Field(max_length=32)] | None = None
    name: Annotated[str, Field(max_length=64)] | None = None
    profile_class: Literal["test", "provisioning", "operational"] = "operational"
    owner: PlmnCode | None = None
    policy_rules: tuple[Literal["ppr1", "ppr2"], ...] = ()
    enterprise: EnterpriseDescription | None = None
    lpa_proxy: LpaProxyDescription | None = None
    remote_management: RemoteManagementDescription | None = None
    hri_server: Address | None = None
    """Where a person reads more of the service (hriServerAddress)."""
    message: MessageDescription | None = None
    service_description: tuple[Annotated[int, Field(ge=0, lt=_BITS)], ...] = ()
    """Numbers of the bits of serviceDescription that are set."""
    device_change: DeviceChangeDescription | None = None
    estimated_size: Annotated[int, Field(ge=0)] | None = None
    """Bytes that the profile needs on the eUICC (estimatedProfileSize)."""
    fallback_allowed: bool = False
    """Whether an eIM may make it the fallback profile (SGP.32 §4.4, fallbackAllowed)."""
    emergency: bool = False
    """Whether it is the profile for emergency calls (SGP.32 §4.4, ecallIndication)."""

    @model_validator(mode="after")
    def rules_have_an_owner(self) -> MetadataDescription:
        if self.policy_rules and self.owner is None:
            raise ValueError("policy_rules need an owner: eUICCs look whether that one may use them")
        return self

    def metadata(self) -> ProfileMetadata:
        """The same for the server."""
        defaults = ProfileMetadata()
        enterprise = self.enterprise
        return ProfileMetadata(
            service_provider_name=self.service_provider or defaults.service_provider_name,
            profile_name=self.name or "",
            profile_class=self.profile_class,
            owner=ProfileOwner(self.owner.replace("-", "")) if self.owner else None,
            policy_rules=self.policy_rules,
            enterprise=Enterprise(
                enterprise.oid, enterprise.name, enterprise.rules, enterprise.other_profiles
            )
            if enterprise
            else None,
            further=self._further(),
        )

    def _further(self) -> dict[str, Any]:
        described = {
            "lprConfiguration": self.lpa_proxy,
            "rpmConfiguration": self.remote_management,
            "serviceProviderMessage": self.message,
            "deviceChangeConfiguration": self.device_change,
        }
        further: dict[str, Any] = {name: one.value() for name, one in described.items() if one is not None}
        if self.hri_server is not None:
            further["hriServerAddress"] = self.hri_server
        if self.service_description:
            bits = sum(1 << (_BITS - 1 - bit) for bit in set(self.service_description))
            length = max(self.service_description) + 1
            further["serviceDescription"] = bits.to_bytes(_BITS // 8, "big")[: (length + 7) // 8], length
        if self.estimated_size is not None:
            further["estimatedProfileSize"] = self.estimated_size
        flags = {"fallbackAllowed": self.fallback_allowed, "ecallIndication": self.emergency}
        further |= {name: True for name, is_set in flags.items() if is_set}
        return further


def parse(text: str, where: str = "metadata") -> MetadataDescription:
    """Check a description; DescriptionError names file, line, key and reason."""
    return describe.parse_as(MetadataDescription, text, where)


def load(path: Path) -> MetadataDescription:
    """Read a description from a file."""
    return parse(describe.read_text(path), str(path))
