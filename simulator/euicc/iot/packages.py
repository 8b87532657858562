"""eUICC packages: an eIM's signed orders, one after another, and the signed result (SGP.32 §2.11, §5.9.1)."""

from __future__ import annotations

from typing import Any

from asn1 import Asn1Error, iot, rsp, tlv
from simulator.crypto.ecc import SIGNATURE_LENGTH, sign_raw, verify_raw
from simulator.euicc import es10c
from simulator.euicc.core import EuiccCore
from simulator.euicc.identity import Credential
from simulator.euicc.iot import eims, emergency, profiles
from simulator.euicc.iot.state import COUNTER_LIMIT, IotState

_TAG = 0xBF51
_RESULT, _ERROR = 0xA0, 0xA1
_SIGNATURE = 0x5F37


def state_of(core: EuiccCore) -> IotState:
    """What only an IoT eUICC remembers; the functions here are reached on no other."""
    assert core.iot is not None
    return core.iot


def load_euicc_package(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """§5.9.1. A package of an unknown eIM, or with a wrong signature, is answered unsigned; one for another
    eUICC, or with a counter that was seen or is too high, by a signed error, and so is every package during
    an emergency. Else its operations are carried out up to the first that fails."""
    signed, state = request["euiccPackageSigned"], state_of(core)
    eim = state.eims.get(signed["eimId"])
    if eim is None or not _verifies(eim, signed.raw, request["eimSignature"]):
        return _unsigned(signed, eim)
    if signed["eidValue"] != core.identity.eid:
        return _error(core, eim, signed, "invalidEid")
    if emergency.is_active(core):
        return _error(core, eim, signed, "ecallActive")
    if signed["counterValue"] > COUNTER_LIMIT:
        return _error(core, eim, signed, "counterValueOutOfRange")
    if signed["counterValue"] <= eim["counterValue"]:
        return _error(core, eim, signed, "replayError")
    eim["counterValue"] = signed["counterValue"]
    kind, operations = signed["euiccPackage"]
    results = []
    for operation in operations:
        carry_out = _psmo if kind == "psmoList" else _eco
        result, is_good = carry_out(core, signed, operation)
        results.append(result)
        if not is_good:
            break
    return sign_result(core, eim, signed, results)


def _verifies(eim: dict[str, Any], signed: bytes, signature: bytes) -> bool:
    try:
        key = eims.public_key(eim)
    except eims.EimError:
        return False
    return len(signature) == SIGNATURE_LENGTH and verify_raw(key, signature, signed + eims.association(eim))


def _unsigned(signed: dict[str, Any], eim: dict[str, Any] | None) -> bytes:
    error: dict[str, Any] = {name: signed[name] for name in ("eimId", "eimTransactionId") if name in signed}
    if eim is not None and "associationToken" in eim:
        error["associationToken"] = eim["associationToken"]
    return iot.encode("EuiccPackageResult", ("euiccPackageErrorUnsigned", error))


def _error(core: EuiccCore, eim: dict[str, Any], signed: dict[str, Any], name: str) -> bytes:
    code = iot.names("EuiccPackageErrorCode")[name]
    data = iot.encode("EuiccPackageErrorDataSigned", {**_about(signed), "euiccPackageErrorCode": code})
    return tlv.encode(_TAG, tlv.encode(_ERROR, data + _sign(core, eim, data)))


def sign_result(
    core: EuiccCore, eim: dict[str, Any], signed: dict[str, Any], results: list[tuple[str, Any]]
) -> bytes:
    """The signed EuiccPackageResult; it is kept until its eIM acknowledges it."""
    notifications = core.notifications
    notifications.last_number += 1
    number = notifications.last_number
    data = iot.encode(
        "EuiccPackageResultDataSigned", {**_about(signed), "seqNumber": number, "euiccResult": results}
    )
    result = tlv.encode(_TAG, tlv.encode(_RESULT, data + _sign(core, eim, data)))
    state_of(core).keep(number, result)
    return result


def forget_result(core: EuiccCore, eim_id: str, counter: int) -> None:
    """The result of a package is not kept any more: another one takes its place."""
    results = state_of(core).results
    for number, der in list(results.items()):
        data = iot.decode("EuiccPackageResult", der)[1]["euiccPackageResultDataSigned"]
        if (data["eimId"], data["counterValue"]) == (eim_id, counter):
            del results[number]


def _about(signed: dict[str, Any]) -> dict[str, Any]:
    names = ("eimId", "counterValue", "eimTransactionId")
    return {name: signed[name] for name in names if signed.get(name) is not None}


def _sign(core: EuiccCore, eim: dict[str, Any], data: bytes) -> bytes:
    """A signature covers the association token too."""
    return tlv.encode(_SIGNATURE, sign_raw(_credential(core, eim).key, data + eims.association(eim)))


def _credential(core: EuiccCore, eim: dict[str, Any]) -> Credential:
    wanted = eim.get("euiccCiPKId")
    return (core.identity.credential(wanted) if wanted else None) or core.identity.credentials[0]


def _eco(core: EuiccCore, signed: dict[str, Any], operation: tuple[str, Any]) -> tuple[tuple[str, Any], bool]:
    """One operation on eIM configuration data, and whether it did what it was to do."""
    (name, data), state = operation, state_of(core)
    if name == "listEim":
        listed = [
            {key: eim[key] for key in ("eimId", "eimIdType") if key in eim} for eim in state.eims.values()
        ]
        return ("listEimResult", ("eimIdList", listed)), True
    if name == "deleteEim":
        code = eims.delete(state, data["eimId"])
        return ("deleteEimResult", code), code != eims.NOT_FOUND
    try:
        if name == "updateEim":
            eims.update(core, state, data)
            return ("updateEimResult", eims.OK), True
        token = eims.add(core, state, data)
    except eims.EimError as error:
        if name == "updateEim":
            return ("updateEimResult", error.code), False
        return ("addEimResult", ("addEimResultCode", error.code)), False
    given = ("addEimResultCode", eims.OK) if token is None else ("associationToken", token)
    return ("addEimResult", given), True


def _psmo(
    core: EuiccCore, signed: dict[str, Any], operation: tuple[str, Any]
) -> tuple[tuple[str, Any], bool]:
    """One operation on profiles, and whether it did what it was to do."""
    name, data = operation
    if name == "listProfileInfo":
        answer = es10c.get_profiles_info(core, _as_rsp(data))
        listed = iot.decode("IotProfileInfoListResponse", answer)
        return ("listProfileInfoResult", listed), listed[0] == "profileInfoListOk"
    if name == "getRAT":
        return ("getRATResult", list(core.features.rules)), True
    if name == "setDefaultDpAddress":
        core.default_dp_address = data["defaultDpAddress"]
        return ("setDefaultDpAddressResult", {"setDefaultDpAddressResult": 0}), True
    result, code = profiles.OPERATIONS[name](core, state_of(core), signed, data)
    return (result, code), code == 0


def _as_rsp(data: dict[str, Any]) -> dict[str, Any]:
    """A request that this codec has read, as the other one reads it."""
    try:
        found: dict[str, Any] = rsp.decode(
            "ProfileInfoListRequest", iot.encode("Psmo", ("listProfileInfo", data))
        )
    except Asn1Error:
        return {"tagList": b"\x1f"}
    return found
