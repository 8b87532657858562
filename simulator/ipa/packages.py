"""eUICC packages: carried out, their results brought home, and the way back if that fails (SGP.32 §3.3.1).

If the device has lost its network because the package enabled another profile, and the eIM allowed it, the
IPA has the eUICC go back, and brings the result of that instead.
"""

from __future__ import annotations

from typing import Any

from asn1 import iot
from cards.errors import CardStatusError
from cards.isdr.iot_errors import ProfileRollbackError
from simulator.ipa.eim import Eim
from simulator.ipa.errors import NoConnectivity, UnusablePackage
from simulator.ipa.results import PackageResult, attempt, bring, eim_id_of, operations_of
from simulator.ipa.setup import Setup
from simulator.ipa.steps import CheckConnectivity, IpaProcedure, Remember
from simulator.lpa.errors import LpaError
from simulator.lpa.steps import SendToCard

Value = dict[str, Any]
OK = 0
SWITCHING = ("enableResult", "disableResult", "rollbackResult")
OTHER_EIM = "otherEim"


def execute(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[list[str]]:
    """Have the eUICC obey a package, and bring its result; what was done, in words. Raises what kept the
    result from the eIM; the result waits on the eUICC then."""
    result = yield from load(setup, eim, request)
    changed = has_switched(result)
    error = yield from bring_home(setup, eim, result, changed)
    if error is None:
        return in_words(result)
    rolled = (yield from roll_back(setup, eim)) if changed and wants_rollback(request) else None
    if rolled is None:
        raise error
    error = yield from bring_home(setup, eim, rolled, True)
    if error is not None:
        raise error
    return [*in_words(result), *in_words(rolled)]


def load(setup: Setup, eim: Eim, request: Value) -> IpaProcedure[PackageResult]:
    """LoadEuiccPackage, and the REFRESH that follows a change of profile. UnusablePackage if the eUICC takes
    it for no package at all."""
    try:
        result: PackageResult = yield SendToCard("load_euicc_package", (request,))
    except CardStatusError as error:
        raise UnusablePackage(f"the eUICC does not take it: {error}") from error
    if has_switched(result):
        yield SendToCard("settle")
    if operations_of(result):
        yield from tell_other_eims(setup, eim.eim_id)
    return result


def tell_other_eims(setup: Setup, eim_id: str) -> IpaProcedure[None]:
    """The other eIMs of the eUICC will hear that something has changed without them (§3.1.1.1)."""
    for data in (yield SendToCard("get_eim_configuration_data")):
        if data["eimId"] != eim_id:
            setup.memory.state_changes[data["eimId"]] = OTHER_EIM
    yield Remember()


def has_switched(result: PackageResult) -> bool:
    """Whether another profile, or none, is enabled after a package."""
    return any(name in SWITCHING and code == OK for name, code in operations_of(result))


def wants_rollback(request: Value) -> bool:
    """Whether a package allows the way back from the profile that it enables."""
    kind, operations = request["euiccPackageSigned"]["euiccPackage"]
    return kind == "psmoList" and any(
        name == "enable" and "rollbackFlag" in value for name, value in operations
    )


def bring_home(setup: Setup, eim: Eim, result: PackageResult, changed: bool) -> IpaProcedure[LpaError | None]:
    """A result to its eIM, after a change of profile only if there is a network; what kept it from there."""
    if changed and not (yield CheckConnectivity()):
        return NoConnectivity()
    return (yield from attempt(bring(setup, eim, result)))


def roll_back(setup: Setup, eim: Eim) -> IpaProcedure[PackageResult | None]:
    """ProfileRollback; the result that takes the former one's place, None if the eUICC may not go back."""
    try:
        result: PackageResult | None = yield SendToCard("profile_rollback")
    except ProfileRollbackError:
        return None
    yield SendToCard("settle")
    return result


def bring_waiting(setup: Setup, eim: Eim) -> IpaProcedure[list[str]]:
    """The results that wait on the eUICC for this eIM, after a loss of power or of the network, oldest first.
    If they cannot be brought, and the last one tells of a profile enabled, the eUICC goes back if it may."""
    results: list[PackageResult] = yield SendToCard("retrieve_euicc_package_results")
    own = [result for result in results if eim_id_of(result) == eim.eim_id]
    done: list[str] = []
    for result in own:
        error = yield from bring_home(setup, eim, result, has_switched(result))
        if error is None:
            done += in_words(result)
            continue
        rolled = (yield from roll_back(setup, eim)) if has_switched(own[-1]) else None
        if rolled is None:
            raise error
        error = yield from bring_home(setup, eim, rolled, True)
        if error is not None:
            raise error
        return [*done, *in_words(rolled)]
    return done


def in_words(result: PackageResult) -> list[str]:
    """What a result says, operation by operation, by the names of SGP.32."""
    kind, value = result
    if kind == "euiccPackageErrorUnsigned":
        return ["refused: the eUICC does not know the eIM, or its signature is wrong"]
    if kind == "euiccPackageErrorSigned":
        code = value["euiccPackageErrorDataSigned"]["euiccPackageErrorCode"]
        return [f"refused: {_name('EuiccPackageErrorCode', code)}"]
    return [_operation(name, outcome) for name, outcome in operations_of(result)]


CODES = {
    "enableResult": "EnableProfileResult",
    "disableResult": "DisableProfileResult",
    "deleteResult": "DeleteProfileResult",
    "configureImmediateEnableResult": "ConfigureImmediateEnableResult",
    "deleteEimResult": "DeleteEimResult",
    "updateEimResult": "UpdateEimResult",
    "rollbackResult": "RollbackProfileResult",
    "setFallbackAttributeResult": "SetFallbackAttributeResult",
    "unsetFallbackAttributeResult": "UnsetFallbackAttributeResult",
    "processingTerminated": "EuiccResultData.processingTerminated",
}
"""Result of an operation that is a number → where its names stand."""


def _operation(name: str, outcome: Any) -> str:
    about = name.removesuffix("Result")
    if name in CODES:
        return f"{about}: {_name(CODES[name], outcome)}"
    if name == "setDefaultDpAddressResult":
        code = outcome["setDefaultDpAddressResult"]
        return f"{about}: {_name('IotSetDefaultDpAddressResponse.setDefaultDpAddressResult', code)}"
    if name == "getRATResult":
        return f"{about}: ok"
    return f"{about}: {_choice(*outcome)}"


def _choice(kind: str, value: Any) -> str:
    """The outcome of an operation that answers with data, or with a number if it fails."""
    paths = {
        "addEimResultCode": "AddEimResult.addEimResultCode",
        "listEimError": "ListEimResult.listEimError",
        "profileInfoListError": "IotProfileInfoListResponse.profileInfoListError",
    }
    return _name(paths[kind], value) if kind in paths else "ok"


def _name(path: str, code: int) -> str:
    return next((name for name, number in iot.names(path).items() if number == code), f"code {code}")
