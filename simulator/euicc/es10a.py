"""ES10a: addresses of SM-DP+ and SM-DS (SGP.22 §5.7.3, §5.7.4)."""

from __future__ import annotations

from typing import Any

from asn1 import rsp
from simulator.euicc.core import EuiccCore
from simulator.euicc.es10 import Es10Function


def get_euicc_configured_addresses(core: EuiccCore, request: dict[str, Any]) -> bytes:
    answer: dict[str, Any] = {"rootDsAddress": core.root_ds_address}
    if core.features.is_v3 and core.additional_root_ds_addresses:
        answer["additionalRootDsAddresses"] = list(core.additional_root_ds_addresses)
    if core.default_dp_address:
        answer["defaultDpAddress"] = core.default_dp_address
    if core.default_dp_ci:
        answer["allowedCiPKId"] = core.default_dp_ci
    return rsp.encode("EuiccConfiguredAddressesResponse", answer)


def set_default_dp_address(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """An empty address removes the default one. In version 3 the only CI for it may be named;
    unsupportedCiPKId if the eUICC does not trust that one."""
    allowed = request.get("allowedCiPKId", b"") if core.features.is_v3 else b""
    if allowed and core.identity.chains.anchor(allowed) is None:
        return _result("unsupportedCiPKId")
    core.default_dp_address = request["defaultDpAddress"]
    core.default_dp_ci = allowed if core.default_dp_address else b""
    return _result("ok")


def _result(name: str) -> bytes:
    code = rsp.names("SetDefaultDpAddressResponse.setDefaultDpAddressResult")[name]
    return rsp.encode("SetDefaultDpAddressResponse", {"setDefaultDpAddressResult": code})


FUNCTIONS = (
    Es10Function(
        "GetEuiccConfiguredAddresses",
        0xBF3C,
        "EuiccConfiguredAddressesRequest",
        "SGP.22 §5.7.3",
        get_euicc_configured_addresses,
    ),
    Es10Function(
        "SetDefaultDpAddress", 0xBF3F, "SetDefaultDpAddressRequest", "SGP.22 §5.7.4", set_default_dp_address
    ),
)
