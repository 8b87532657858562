"""What of a profile's metadata an eUICC gets: what its version and its capabilities know (SGP.22 v3 §1.9).

Optional members that the eUICC does not know are left out. An enterprise profile and one for an LPA proxy go
out whole to any device of version 3: whether it takes them LPA and eUICC say, with reasons of their own
(`enterpriseProfilesNotSupported`, `lprNotSupported`). To one of version 2 an enterprise profile is not sent
at all, as its rules would be lost on the way.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Final

from asn1 import rsp
from simulator.smdp.errors import Refusal, RspError

V3_MEMBERS: Final = {
    "rpmConfiguration": "rpmSupport",
    "hriServerAddress": "hriServerAddressSupport",
    "serviceProviderMessage": "serviceProviderMessageSupport",
    "lprConfiguration": "",
    "enterpriseConfiguration": "",
    "serviceDescription": "serviceDescriptionSupport",
    "deviceChangeConfiguration": "deviceChangeSupport",
    "estimatedProfileSize": "estimatedProfileSizeIndicationSupport",
}
"""Members of StoreMetadataRequest that version 3 adds → the bit of RspCapability that says that an eUICC
knows it; empty: every device of version 3 gets it."""
NOT_STORED: Final = "serviceSpecificDataNotStoredInEuicc"
"""For the LPA alone: it does not go into the package (§2.4a.1.4)."""


def metadata_for(metadata: bytes, capabilities: Collection[str]) -> bytes:
    """StoreMetadataRequest, DER, for an eUICC with these capabilities; none: one of version 2. RspError if it
    must not have the profile."""
    return _metadata_for(metadata, frozenset(capabilities))


@lru_cache(maxsize=256)
def _metadata_for(metadata: bytes, capabilities: frozenset[str]) -> bytes:
    value = rsp.decode("StoreMetadataRequest", metadata)
    if not capabilities and "enterpriseConfiguration" in value:
        raise RspError.of(Refusal.NOT_ELIGIBLE, detail="enterprise profiles need an eUICC of version 3")
    kept = {
        name: member
        for name, member in value.items()
        if name not in V3_MEMBERS or (capabilities and V3_MEMBERS[name] in ("", *capabilities))
    }
    return metadata if len(kept) == len(value) else rsp.encode("StoreMetadataRequest", kept)


def stored_metadata(metadata: bytes) -> bytes:
    """The same as the package carries it."""
    value = rsp.decode("StoreMetadataRequest", metadata)
    if NOT_STORED not in value:
        return metadata
    return rsp.encode("StoreMetadataRequest", {n: v for n, v in value.items() if n != NOT_STORED})
