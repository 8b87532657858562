"""rpmConfiguration in a profile's metadata: who may manage it from afar (SGP.22 v3 §2.4a.1.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asn1 import Asn1Error, rsp
from simulator.smdp.metadata import RPM_EVENTS, MetadataError, NotificationConfiguration


def managed(
    metadata: bytes,
    owner: str,
    *,
    managers: Iterable[str],
    address: str,
    commands: Iterable[str] | None = None,
    tag_list: bytes | None = None,
) -> bytes:
    """StoreMetadataRequest, DER, by which the operator with the OID `owner` may have the SM-DP+s with the
    OIDs `managers` manage the profile. The LPA asks for commands at `address`, where the eUICC also reports
    what they did. `commands` are names of RpmType, None stands for all; `tag_list` is what updates may touch,
    None for everything. MetadataError if an OID or a command is none."""
    value = dict(rsp.decode("StoreMetadataRequest", metadata))
    try:
        limits: dict[str, Any] = {} if commands is None else {"rpmType": rsp.bits("RpmType", commands)}
        limits |= {} if tag_list is None else {"tagList": tag_list}
        value["rpmConfiguration"] = {
            "managingDpList": [{"managingDpOid": oid, **limits} for oid in managers],
            "pollingAddress": address,
            "profileOwnerOid": owner,
        }
        told = NotificationConfiguration(address, RPM_EVENTS).values()
        value["notificationConfigurationInfo"] = [*value.get("notificationConfigurationInfo", ()), *told]
        return rsp.encode("StoreMetadataRequest", value)
    except Asn1Error as error:
        raise MetadataError(f"remote management: {error}") from error
