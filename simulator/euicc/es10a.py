"""ES10a: addresses of SM-DP+ and SM-DS (SGP.22 §5.7.3, §5.7.4)."""

from __future__ import annotations

from typing import Any

from asn1 import rsp
from simulator.euicc.core import EuiccCore
from simulator.euicc.es10 import Es10Function


def get_euicc_configured_addresses(core: EuiccCore, request: dict[str, Any]) -> bytes:
    answer = {"rootDsAddress": core.root_ds_address}
    if core.default_dp_address:
        answer["defaultDpAddress"] = core.default_dp_address
    return rsp.encode("EuiccConfiguredAddressesResponse", answer)


def set_default_dp_address(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """An empty address removes the default one."""
    core.default_dp_address = request["defaultDpAddress"]
    return rsp.encode("SetDefaultDpAddressResponse", {"setDefaultDpAddressResult": 0})


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
