"""ES10b of an IoT eUICC: its eIMs, their packages and results, and the ways back (SGP.32 §5.9)."""

from __future__ import annotations

from typing import Any

from asn1 import Asn1Error, iot
from cards.errors import CardError
from cards.isdr.errors import Es10Error
from cards.isdr.iot_errors import (
    AddInitialEimError,
    ConfigureImmediateProfileEnablingError,
    DisableEmergencyProfileError,
    EnableEmergencyProfileError,
    ExecuteFallbackMechanismError,
    GetCertsError,
    GetConnectivityParametersError,
    ImmediateEnableError,
    IotEuiccMemoryResetError,
    IotRetrieveNotificationsListError,
    ProfileRollbackError,
    ResetEimError,
    ResetImmediateEnableError,
    ReturnFromFallbackError,
)
from cards.isdr.transport import Es10Transport

Value = dict[str, Any]
NO_RESULT_AVAILABLE = 1
"""As SGP.22 has it; SGP.32 gives an empty list instead."""
NOTHING_TO_DELETE = 1


class Es10bIot(Es10Transport):
    """The functions of ES10b that only SGP.32 has, or has in another way."""

    def load_euicc_package(self, request: Value) -> tuple[str, Value]:
        """Let the eUICC obey an eIM's signed package; its EuiccPackageResult, which may be an error that it
        signs, or one that it cannot sign (§5.9.1). See `settle` for what follows a change of profile."""
        result: tuple[str, Value] = self._iot("EuiccPackageRequest", request, "EuiccPackageResult")
        return result

    def add_initial_eim(self, eims: list[Value]) -> list[int | None]:
        """Give the eUICC its first eIMs, all or none; the association token that it made for each that asked
        for one with -1 (§5.9.4). Raises AddInitialEimError."""
        kind, value = self._iot(
            "AddInitialEimRequest", {"eimConfigurationDataList": eims}, "AddInitialEimResponse"
        )
        if kind != "addInitialEimOk":
            raise AddInitialEimError(value)
        return [token for _, token in value]

    def get_eim_configuration_data(self, eim_id: str = "") -> list[Value]:
        """EimConfigurationData of all eIMs, or of one (§5.9.18)."""
        request = {"searchCriteria": ("eimId", eim_id)} if eim_id else {}
        answer = self._iot("GetEimConfigurationDataRequest", request, "GetEimConfigurationDataResponse")
        eims: list[Value] = answer["eimConfigurationDataList"]
        return eims

    def get_certs(self, ci_key_id: bytes = b"") -> Value:
        """The certificates 'eumCertificate' and 'euiccCertificate', DER, under the CI with this subject key
        identifier, or the preferred one (§5.9.10). Raises GetCertsError."""
        request = {"euiccCiPKId": ci_key_id} if ci_key_id else {}
        kind, value = self._iot("GetCertsRequest", request, "GetCertsResponse")
        if kind != "certs":
            raise GetCertsError(value)
        certs: Value = value
        return certs

    def retrieve_euicc_package_results(self, sequence_number: int | None = None) -> list[tuple[str, Value]]:
        """The results of packages that wait to be acknowledged: all, or the one with this number (§5.9.11).
        None there is an empty list."""
        search = ("euiccPackageResults", None) if sequence_number is None else ("seqNumber", sequence_number)
        kind, value = self._retrieve(search)
        return value if kind == "euiccPackageResultList" else []

    def retrieve_pending_notifications(
        self, sequence_number: int | None = None, operation: tuple[bytes, int] | None = None
    ) -> list[tuple[str, Value]]:
        """The notifications that wait, as IotPendingNotification: all, the one with this number, or those of
        these operations, a NotificationEvent (§5.9.11). None there is an empty list."""
        search: tuple[str, Any] | None = None
        if sequence_number is not None:
            search = ("seqNumber", sequence_number)
        elif operation is not None:
            search = ("profileManagementOperation", operation)
        kind, value = self._retrieve(search)
        return value if kind == "notificationList" else []

    def _retrieve(self, search: tuple[str, Any] | None) -> tuple[str, list[tuple[str, Value]]]:
        request = {"searchCriteria": search} if search else {}
        kind, value = self._iot(
            "IotRetrieveNotificationsListRequest", request, "IotRetrieveNotificationsListResponse"
        )
        if kind != "notificationsListResultError":
            return kind, value
        if value == NO_RESULT_AVAILABLE:
            return kind, []
        raise IotRetrieveNotificationsListError(value)

    def immediate_enable(self, *, refresh: bool = True) -> None:
        """Enable the profile that has just been installed (§5.9.15). Raises ImmediateEnableError."""
        self._switch("ImmediateEnable", "immediateEnableResult", ImmediateEnableError, refresh)

    def profile_rollback(self, *, refresh: bool = True) -> tuple[str, Value] | None:
        """Go back to the profile that was enabled before the last package; the EuiccPackageResult that tells
        its eIM so, in place of the former one (§5.9.16). Raises ProfileRollbackError."""
        answer = self._iot("ProfileRollbackRequest", {"refreshFlag": refresh}, "ProfileRollbackResponse")
        if code := answer["cmdResult"]:
            raise ProfileRollbackError(code)
        result: tuple[str, Value] | None = answer.get("eUICCPackageResult")
        return result

    def configure_immediate_profile_enabling(
        self, *, enable: bool = True, smdp_oid: str = "", smdp_address: str = ""
    ) -> None:
        """Allow, or no more, that a profile is enabled at once after its download (§5.9.17); an eUICC that
        has an eIM takes that from the eIM only. Raises ConfigureImmediateProfileEnablingError."""
        given = {"defaultSmdpOid": smdp_oid, "defaultSmdpAddress": smdp_address}
        request: Value = {name: text for name, text in given.items() if text}
        if enable:
            request["immediateEnableFlag"] = None
        name = "ConfigureImmediateProfileEnabling"
        answer = self._iot(f"{name}Request", request, f"{name}Response")
        if code := answer["configImmediateEnableResult"]:
            raise ConfigureImmediateProfileEnablingError(code)

    def execute_fallback_mechanism(self, *, refresh: bool = True) -> None:
        """Enable the profile with the fallback attribute (§5.9.20). Raises ExecuteFallbackMechanismError."""
        name = "ExecuteFallbackMechanism"
        self._switch(name, "executeFallbackMechanismResult", ExecuteFallbackMechanismError, refresh)

    def return_from_fallback(self, *, refresh: bool = True) -> None:
        """Enable the profile again whose place the fallback profile took (§5.9.21). Raises
        ReturnFromFallbackError."""
        self._switch("ReturnFromFallback", "returnFromFallbackResult", ReturnFromFallbackError, refresh)

    def enable_emergency_profile(self, *, refresh: bool = True) -> None:
        """Enable the profile for emergency calls (§5.9.22). Raises EnableEmergencyProfileError."""
        name = "EnableEmergencyProfile"
        self._switch(name, "enableEmergencyProfileResult", EnableEmergencyProfileError, refresh)

    def disable_emergency_profile(self, *, refresh: bool = True) -> None:
        """Enable the profile again whose place the emergency profile took (§5.9.23). Raises
        DisableEmergencyProfileError."""
        name = "DisableEmergencyProfile"
        self._switch(name, "disableEmergencyProfileResult", DisableEmergencyProfileError, refresh)

    def _switch(self, function: str, member: str, error: type[Es10Error], refresh: bool) -> None:
        """A function with nothing but a refresh flag, answered by nothing but a code."""
        answer = self._iot(f"{function}Request", {"refreshFlag": refresh}, f"{function}Response")
        if code := answer[member]:
            raise error(code)

    def get_connectivity_parameters(self) -> bytes | None:
        """Parameters for HTTP from the enabled profile, if it has some (§5.9.24). Raises
        GetConnectivityParametersError."""
        kind, value = self._iot("GetConnectivityParametersRequest", {}, "GetConnectivityParametersResponse")
        if kind != "connectivityParameters":
            raise GetConnectivityParametersError(value)
        parameters: bytes | None = value.get("httpParams")
        return parameters

    def iot_euicc_memory_reset(self, *options: str) -> None:
        """Reset what the options name (names of resetOptions, §5.9.5). Raises the error of the part that
        failed, or that there was nothing to delete at all."""
        if not options:
            raise CardError("a memory reset names what to reset, and nothing was named")
        request = {"resetOptions": iot.bits("IotEuiccMemoryResetRequest.resetOptions", options)}
        answer = self._iot("IotEuiccMemoryResetRequest", request, "IotEuiccMemoryResetResponse")
        for member, error, harmless in _RESETS:
            if answer.get(member, 0) not in harmless:
                raise error(answer[member])
        nothing = {answer[member] for member, _, _ in _RESETS if member in answer} == {NOTHING_TO_DELETE}
        if nothing:
            raise IotEuiccMemoryResetError(NOTHING_TO_DELETE)

    def _iot(self, request: str, value: Any, response: str) -> Any:
        try:
            return self.call(request, value, response, iot)
        except Asn1Error as error:
            raise CardError(f"{request} cannot be sent: {error}") from None


_RESETS: tuple[tuple[str, type[Es10Error], tuple[int, ...]], ...] = (
    ("resetResult", IotEuiccMemoryResetError, (0, NOTHING_TO_DELETE)),
    ("resetEimResult", ResetEimError, (0, NOTHING_TO_DELETE)),
    ("resetImmediateEnableConfigResult", ResetImmediateEnableError, (0,)),
)
"""Result, its error, and which codes are none."""
