"""ES10a: the addresses that an eUICC is configured with (SGP.22 §5.7.3, §5.7.4)."""

from __future__ import annotations

from typing import Any

from cards.isdr.errors import SetDefaultDpAddressError
from cards.isdr.transport import Es10Transport


class Es10a(Es10Transport):
    """The functions of ES10a."""

    def get_euicc_configured_addresses(self) -> dict[str, Any]:
        """defaultDpAddress, if there is one, and rootDsAddress (§5.7.3)."""
        value: dict[str, Any] = self.call(
            "EuiccConfiguredAddressesRequest", {}, "EuiccConfiguredAddressesResponse"
        )
        return value

    def set_default_dp_address(self, address: str, allowed_ci: bytes = b"") -> None:
        """Set the default SM-DP+ address; an empty one removes it (§5.7.4). `allowed_ci` is the key
        identifier of the only CI that it may be certified by, for an eUICC of version 3."""
        request: dict[str, Any] = {"defaultDpAddress": address}
        if allowed_ci:
            request["allowedCiPKId"] = allowed_ci
        answer = self.call("SetDefaultDpAddressRequest", request, "SetDefaultDpAddressResponse")
        if code := answer["setDefaultDpAddressResult"]:
            raise SetDefaultDpAddressError(code)
