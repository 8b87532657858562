"""Elements with secrets: PINs and PUKs, AKA parameters, keys of security domains (SAIP §8.4 to §8.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from simulator.profile.errors import PeStatus
from simulator.profile.package import Element
from simulator.uicc.image import AkaAlgorithm, AkaImage, KeyImage, PinImage, SecurityDomainImage


class Puk(NamedTuple):
    """One PUKConfiguration: value (8 bytes), tries left and at most."""

    value: bytes
    left: int
    maximum: int


def pin_image(
    element: Element, configuration: dict[str, Any], puks: Mapping[int, Puk], aid: bytes
) -> PinImage:
    """One PINConfiguration. Local references ('81' to '88') belong to the application `aid`."""
    reference = configuration["keyReference"]
    maximum, left = divmod(configuration["maxNumOfAttemps-retryNumLeft"], 16)
    attributes = configuration["pinAttributes"]
    puk_reference = configuration.get("unblockingPINReference")
    puk, puk_left, puk_maximum = b"", 0, 0
    if puk_reference is not None:
        if puk_reference not in puks:
            raise element.error(
                f"PIN '{reference:02X}' refers to PUK '{puk_reference:02X}', which is not there",
                PeStatus.PIN_CODE_MISSING,
                "unblockingPINReference",
            )
        puk, puk_left, puk_maximum = puks[puk_reference]
    is_local = 0x81 <= reference <= 0x88
    return PinImage(
        reference,
        configuration["pinValue"],
        tries=left,
        maximum_tries=maximum,
        enabled=bool(attributes & 0x01),
        unblock=puk,
        unblock_tries=puk_left,
        unblock_maximum_tries=puk_maximum,
        aid=aid if is_local else b"",
        attributes=attributes,
    )


_KEY_LENGTHS = {
    AkaAlgorithm.MILENAGE: ((16,), 16),
    AkaAlgorithm.TUAK: ((16, 32), 32),
    AkaAlgorithm.USIM_TEST: ((16,), 0),
}
"""Lengths of key and OPc or TOPc in bytes; 0: not used."""


def aka_image(element: Element, parameter: dict[str, Any], aid: bytes) -> AkaImage:
    """AlgoParameter for the application `aid`; sequence number rules come from the element around it."""
    try:
        algorithm = AkaAlgorithm(parameter["algorithmID"])
    except ValueError:
        number = parameter["algorithmID"]
        raise element.error(
            f"algorithm {number} is unknown", PeStatus.FEATURE_NOT_SUPPORTED, "algorithmID"
        ) from None
    key, opc = parameter["key"], parameter["opc"]
    key_lengths, opc_length = _KEY_LENGTHS[algorithm]
    if len(key) not in key_lengths:
        raise element.error(f"a key of {len(key)} bytes does not fit {algorithm.name}", field="key")
    if opc_length and len(opc) != opc_length:
        raise element.error(f"an OPc or TOPc of {len(opc)} bytes does not fit {algorithm.name}", field="opc")
    counter = parameter.get("authCounterMax")
    value = element.value
    return AkaImage(
        aid,
        algorithm,
        key,
        opc=opc,
        rotations=parameter["rotationConstants"],
        constants=parameter["xoringConstants"],
        keccak_iterations=parameter["numberOfKeccak"],
        res_length=16 if algorithm is AkaAlgorithm.USIM_TEST else 8,
        sqn_options=value["sqnOptions"][0],
        sqn_delta=int.from_bytes(value["sqnDelta"], "big"),
        sqn_age_limit=int.from_bytes(value["sqnAgeLimit"], "big"),
        sqn_init=tuple(int.from_bytes(sqn, "big") for sqn in value["sqnInit"]),
        authentication_counter_maximum=None if counter is None else int.from_bytes(counter, "big"),
    )


def security_domain_image(element: Element) -> SecurityDomainImage:
    """PE-SecurityDomain: the instance, its keys, and what personalises it (SAIP §8.7)."""
    instance = element.value["instance"]
    parameters = instance.get("applicationParameters", {})
    return SecurityDomainImage(
        instance["instanceAID"],
        load_package_aid=instance["applicationLoadPackageAID"],
        class_aid=instance["classAID"],
        privileges=instance["applicationPrivileges"],
        life_cycle=instance["lifeCycleState"][0],
        application_specific_parameters=instance["applicationSpecificParametersC9"],
        toolkit_parameters=parameters.get("uiccToolkitApplicationSpecificParametersField", b""),
        keys=tuple(_key(element, key) for key in element.value.get("keyList", ())),
        personalisation=tuple(element.value.get("sdPersoData", ())),
    )


def _key(element: Element, key: dict[str, Any]) -> KeyImage:
    if not all(component["keyType"] for component in key["keyComponents"]):
        raise element.error("a key component has an empty key type", field="keyType")
    return KeyImage(
        key["keyIdentifier"][0],
        key["keyVersionNumber"][0],
        tuple((component["keyType"][0], component["keyData"]) for component in key["keyComponents"]),
        usage_qualifier=key["keyUsageQualifier"][0],
        access=key["keyAccess"][0],
        counter=int.from_bytes(key.get("keyCounterValue", b""), "big"),
        mac_length=key["keyComponents"][0]["macLength"],
    )
