"""Which eIMs an eUICC obeys: their configuration data and the operations on it (SGP.32 §2.11.1.1, §5.9.4)."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from asn1 import tlv
from simulator.crypto.ecc import PublicKey, curve_of
from simulator.crypto.errors import KeyFormatError
from simulator.euicc.core import EuiccCore
from simulator.euicc.iot.state import COUNTER_LIMIT, IotState

OK, NOT_FOUND, INSUFFICIENT_MEMORY, ALREADY_EXISTS, LAST_DELETED = 0, 1, 1, 2, 2
CI_UNKNOWN, INVALID_TOKEN, COUNTER_OUT_OF_RANGE, COMMAND_ERROR = 3, 5, 6, 7
EIM_LIMIT = 8
"""eIMs that there is room for."""
_MAKE_TOKEN = -1


class EimError(Exception):
    """An eIM cannot be added or changed; `code` is the result."""

    def __init__(self, code: int) -> None:
        super().__init__(f"result {code}")
        self.code = code


def public_key(data: dict[str, Any]) -> PublicKey:
    """The key with which packages of an eIM are verified; EimError COMMAND_ERROR if there is none that can be
    used."""
    kind, der = data.get("eimPublicKeyData", ("", b""))
    try:
        key = (
            load_der_public_key(der)
            if kind == "eimPublicKey"
            else x509.load_der_x509_certificate(der).public_key()
        )
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise EimError(COMMAND_ERROR)
        curve_of(key)
    except (ValueError, TypeError, UnsupportedAlgorithm, KeyFormatError):
        raise EimError(COMMAND_ERROR) from None
    return key


def association(data: dict[str, Any]) -> bytes:
    """The association token as signatures cover it: '84', with 0 where there is none."""
    token = int(data.get("associationToken", 0))
    return tlv.encode(0x84, token.to_bytes(token.bit_length() // 8 + 1, "big"))


def add(core: EuiccCore, state: IotState, data: dict[str, Any]) -> int | None:
    """Keep a new eIM; the association token that was made for it, if it asked for one. EimError if the eUICC
    has it already, has no room, has no key under its CI, or the data cannot be used."""
    if data["eimId"] in state.eims:
        raise EimError(ALREADY_EXISTS)
    if len(state.eims) >= EIM_LIMIT:
        raise EimError(INSUFFICIENT_MEMORY)
    public_key(data)
    if "counterValue" not in data:
        raise EimError(COMMAND_ERROR)
    _check(core, data)
    token = data.get("associationToken")
    if token is not None and token != _MAKE_TOKEN:
        raise EimError(INVALID_TOKEN)
    kept = dict(data)
    if token is not None:
        state.last_token += 1
        kept["associationToken"] = state.last_token
    state.eims[data["eimId"]] = kept
    return kept.get("associationToken")


def update(core: EuiccCore, state: IotState, data: dict[str, Any]) -> None:
    """Change what is named of an eIM; with a new key its counter begins anew, else it must not go back.
    EimError as `add`."""
    known = state.eims.get(data["eimId"])
    if known is None:
        raise EimError(NOT_FOUND)
    if "associationToken" in data:
        raise EimError(COMMAND_ERROR)
    changes_key = "eimPublicKeyData" in data
    if changes_key:
        public_key(data)
        if "counterValue" not in data:
            raise EimError(COMMAND_ERROR)
    _check(core, data)
    if not changes_key and data.get("counterValue", COUNTER_LIMIT) < known["counterValue"]:
        raise EimError(COUNTER_OUT_OF_RANGE)
    state.eims[data["eimId"]] = known | data


def _check(core: EuiccCore, data: dict[str, Any]) -> None:
    if not 0 <= data.get("counterValue", 0) <= COUNTER_LIMIT:
        raise EimError(COUNTER_OUT_OF_RANGE)
    ci = data.get("euiccCiPKId")
    if ci is not None and core.identity.credential(ci) is None:
        raise EimError(CI_UNKNOWN)


def delete(state: IotState, eim_id: str) -> int:
    """Forget an eIM; its result tells whether it was the last one."""
    if state.eims.pop(eim_id, None) is None:
        return NOT_FOUND
    if state.rollback is not None and state.rollback.eim_id == eim_id:
        state.rollback = None
    return OK if state.eims else LAST_DELETED
