"""What an IoT eUICC refuses at ES10b: an error class for each function of SGP.32 (§5.9)."""

from __future__ import annotations

from asn1 import iot
from cards.isdr.errors import Es10Error


class IotError(Es10Error):
    """A refusal of a function of SGP.32, whose codes stand in its own module."""

    CODEC = iot


class AddInitialEimError(IotError):
    FUNCTION, CLAUSE = "ES10b.AddInitialEim", "SGP.32 §5.9.4"
    CODES = "AddInitialEimResponse.addInitialEimError"


class IotEuiccMemoryResetError(IotError):
    FUNCTION, CLAUSE = "ES10b.EuiccMemoryReset", "SGP.32 §5.9.5"
    CODES = "IotEuiccMemoryResetResponse.resetResult"


class ResetEimError(IotError):
    FUNCTION, CLAUSE = "ES10b.EuiccMemoryReset", "SGP.32 §5.9.5"
    CODES = "IotEuiccMemoryResetResponse.resetEimResult"


class ResetImmediateEnableError(IotError):
    FUNCTION, CLAUSE = "ES10b.EuiccMemoryReset", "SGP.32 §5.9.5"
    CODES = "IotEuiccMemoryResetResponse.resetImmediateEnableConfigResult"


class GetCertsError(IotError):
    FUNCTION, CLAUSE, CODES = "ES10b.GetCerts", "SGP.32 §5.9.10", "GetCertsResponse.getCertsError"


class IotRetrieveNotificationsListError(IotError):
    FUNCTION, CLAUSE = "ES10b.RetrieveNotificationsList", "SGP.32 §5.9.11"
    CODES = "IotRetrieveNotificationsListResponse.notificationsListResultError"


class ImmediateEnableError(IotError):
    FUNCTION, CLAUSE = "ES10b.ImmediateEnable", "SGP.32 §5.9.15"
    CODES = "ImmediateEnableResponse.immediateEnableResult"


class ProfileRollbackError(IotError):
    FUNCTION, CLAUSE, CODES = (
        "ES10b.ProfileRollback",
        "SGP.32 §5.9.16",
        "ProfileRollbackResponse.cmdResult",
    )


class ConfigureImmediateProfileEnablingError(IotError):
    FUNCTION, CLAUSE = "ES10b.ConfigureImmediateProfileEnabling", "SGP.32 §5.9.17"
    CODES = "ConfigureImmediateProfileEnablingResponse.configImmediateEnableResult"


class ExecuteFallbackMechanismError(IotError):
    FUNCTION, CLAUSE = "ES10b.ExecuteFallbackMechanism", "SGP.32 §5.9.20"
    CODES = "ExecuteFallbackMechanismResponse.executeFallbackMechanismResult"


class ReturnFromFallbackError(IotError):
    FUNCTION, CLAUSE = "ES10b.ReturnFromFallback", "SGP.32 §5.9.21"
    CODES = "ReturnFromFallbackResponse.returnFromFallbackResult"


class EnableEmergencyProfileError(IotError):
    FUNCTION, CLAUSE = "ES10b.EnableEmergencyProfile", "SGP.32 §5.9.22"
    CODES = "EnableEmergencyProfileResponse.enableEmergencyProfileResult"


class DisableEmergencyProfileError(IotError):
    FUNCTION, CLAUSE = "ES10b.DisableEmergencyProfile", "SGP.32 §5.9.23"
    CODES = "DisableEmergencyProfileResponse.disableEmergencyProfileResult"


class GetConnectivityParametersError(IotError):
    FUNCTION, CLAUSE = "ES10b.GetConnectivityParameters", "SGP.32 §5.9.24"
    CODES = "GetConnectivityParametersResponse.connectivityParametersError"
