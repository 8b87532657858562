"""Builds a complete profile package (SAIP 2.3, DER) from the description of a subscription.

One function per profile element; those with files are in `build_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from asn1 import saip
from simulator.crypto.milenage import Milenage
from simulator.crypto.tuak import Tuak
from simulator.profile import build_files as files
from simulator.profile import ef
from simulator.profile.build_files import ISIM_AID, USIM_AID, USIM_TEMPORARY_FID
from simulator.profile.describe import Authentication, Subscription

MNO_SD_AID = bytes.fromhex("A000000151000000")

Element = tuple[str, dict[str, Any]]


def header(subscription: Subscription) -> dict[str, Any]:
    used = [make(subscription).get("templateID") for _, make in makers(subscription)]
    return {
        "major-version": 2,
        "minor-version": 3,
        "profileType": subscription.name,
        "iccid": bytes.fromhex(subscription.full_iccid.ljust(20, "F")),
        "eUICC-Mandatory-services": mandatory_services(subscription),
        "eUICC-Mandatory-GFSTEList": [oid for oid in used if oid],
    }


def mandatory_services(subscription: Subscription) -> dict[str, None]:
    """What the eUICC must support, by the names of ServicesList."""
    authentication, five_g = subscription.authentication, subscription.five_g
    tuak = "tuak256" if len(authentication.key) == 32 else "tuak128"
    concealed_by_card = five_g is not None and five_g.concealed_by == "card"
    schemes = {key.scheme for key in five_g.home_network_keys} if five_g and concealed_by_card else set()
    wanted = {
        "usim": True,
        "isim": subscription.ims,
        "milenage": authentication.algorithm == "milenage",
        tuak: authentication.algorithm == "tuak",
        "usim-test-algorithm": authentication.algorithm == "test",
        "get-identity": concealed_by_card,
        "profile-a-x25519": "profile-a" in schemes,
        "profile-b-p256": "profile-b" in schemes,
    }
    return {name: None for name, is_wanted in wanted.items() if is_wanted}


def puk_codes(subscription: Subscription) -> dict[str, Any]:
    pins = subscription.pins
    return {
        "pukCodes": [
            {"keyReference": 0x01, "pukValue": ef.pin(pins.puk1)},
            {"keyReference": 0x81, "pukValue": ef.pin(pins.puk2)},
        ]
    }


PIN_ENABLED, PIN_MAY_BE_CHANGED, PIN_MAY_BE_DISABLED = 0x01, 0x02, 0x04
"""pinAttributes, SAIP §8.4.2."""


def global_pins(subscription: Subscription) -> dict[str, Any]:
    pins = subscription.pins
    enabled = PIN_ENABLED if pins.pin1_enabled else 0
    pin1 = {
        "keyReference": 0x01,
        "pinValue": ef.pin(pins.pin1),
        "unblockingPINReference": 0x01,
        "pinAttributes": enabled | PIN_MAY_BE_DISABLED | PIN_MAY_BE_CHANGED,
        "maxNumOfAttemps-retryNumLeft": 0x33,
    }
    adm1 = {
        "keyReference": 0x0A,
        "pinValue": ef.pin(pins.adm1),
        "pinAttributes": PIN_ENABLED | PIN_MAY_BE_CHANGED,
        "maxNumOfAttemps-retryNumLeft": 0xAA,
    }
    return {"pinCodes": ("pinconfig", [pin1, adm1])}


def local_pins(subscription: Subscription) -> dict[str, Any]:
    pin2 = {
        "keyReference": 0x81,
        "pinValue": ef.pin(subscription.pins.pin2),
        "unblockingPINReference": 0x81,
        "pinAttributes": PIN_ENABLED | PIN_MAY_BE_CHANGED,
        "maxNumOfAttemps-retryNumLeft": 0x33,
    }
    return {"pinCodes": ("pinconfig", [pin2])}


def aka_parameters(subscription: Subscription) -> dict[str, Any]:
    authentication = subscription.authentication
    numbers = {"milenage": 1, "tuak": 2, "test": 3}
    algorithm: dict[str, Any] = {
        "algorithmID": numbers[authentication.algorithm],
        "algorithmOptions": ALGORITHM_OPTIONS[authentication.algorithm],
        "key": authentication.key,
        "opc": operator_constant(authentication),
        "numberOfKeccak": authentication.keccak_iterations,
    }
    if authentication.rotation_constants is not None:
        algorithm["rotationConstants"] = authentication.rotation_constants
    if authentication.failures_allowed is not None:
        algorithm["authCounterMax"] = authentication.failures_allowed.to_bytes(3, "big")
    if authentication.xoring_constants is not None:
        algorithm["xoringConstants"] = authentication.xoring_constants
    return {
        "algoConfiguration": ("algoParameter", algorithm),
        "sqnOptions": bytes([authentication.sqn_options]),
        "sqnDelta": authentication.sqn_delta.to_bytes(6, "big"),
        "sqnAgeLimit": authentication.sqn_age_limit.to_bytes(6, "big"),
        "sqnInit": [authentication.sqn_init.to_bytes(6, "big")] * 32,
    }


ALGORITHM_OPTIONS = {"milenage": b"\x00", "tuak": b"\x00", "test": b"\x02"}
"""algorithmOptions of SAIP §8.6: without meaning for Milenage; for the test algorithm as GSMA's TS.48."""


def operator_constant(authentication: Authentication) -> bytes:
    """OPc or TOPc, derived where the description gives OP or TOP."""
    given = authentication
    if given.op is not None:
        return Milenage.opc(given.key, given.op)
    if given.top is not None:
        return Tuak.topc(given.key, given.top, iterations=given.keccak_iterations)
    return given.opc or given.topc or bytes(16)


def shared_pins(subscription: Subscription) -> dict[str, Any]:
    """The ISIM's second PIN is the USIM's."""
    return {"pinCodes": ("filePath", USIM_TEMPORARY_FID)}


KEY_USAGE = {1: b"\x18", 2: b"\x14", 3: b"\x48"}
"""Key usage qualifier by key identifier: ciphering, MAC, key encryption (GP Card Specification §11.1.9)."""


def security_domain(subscription: Subscription) -> dict[str, Any]:
    keys = [
        {
            "keyUsageQualifier": KEY_USAGE.get(key.identifier, b"\x18"),
            "keyIdentifier": bytes([key.identifier]),
            "keyVersionNumber": bytes([key.version]),
            "keyComponents": [{"keyType": b"\x88" if key.type == "aes" else b"\x80", "keyData": key.value}],
        }
        for key in subscription.remote_keys
    ]
    return {
        "instance": {
            "applicationLoadPackageAID": bytes.fromhex("A0000001515350"),
            "classAID": bytes.fromhex("A000000151535041"),
            "instanceAID": MNO_SD_AID,
            "applicationPrivileges": bytes.fromhex("82DC00"),
            "lifeCycleState": b"\x0f",
            "applicationSpecificParametersC9": bytes.fromhex("810280008201F08301F08701F0"),
        },
        "keyList": keys,
    }


def shared_files_management(subscription: Subscription) -> dict[str, Any]:
    """RFM of the files below the MF."""
    return rfm(0x00, bytes.fromhex("B00000"))


def usim_files_management(subscription: Subscription) -> dict[str, Any]:
    """RFM of the USIM's files."""
    return rfm(0x01, bytes.fromhex("B00011"), USIM_AID)


def isim_files_management(subscription: Subscription) -> dict[str, Any]:
    """RFM of the ISIM's files."""
    return rfm(0x02, bytes.fromhex("B00025"), ISIM_AID)


def rfm(number: int, tar: bytes, adf: bytes = b"") -> dict[str, Any]:
    """One instance of remote file management (SAIP §8.8), ciphered and with a MAC. The TARs are of the range
    that TS 101 220 annex D sets aside for it. Access domain '00': every file, as PIN and ADM allow."""
    instance: dict[str, Any] = {
        "instanceAID": bytes.fromhex("A000000559101000") + bytes([number]),
        "securityDomainAID": MNO_SD_AID,
        "tarList": [tar],
        "minimumSecurityLevel": b"\x16",
        "uiccAccessDomain": b"\x00",
        "uiccAdminAccessDomain": b"\x00",
    }
    if adf:
        instance["adfRFMAccess"] = {
            "adfAID": adf,
            "adfAccessDomain": b"\x00",
            "adfAdminAccessDomain": b"\x00",
        }
    return instance


def end(subscription: Subscription) -> dict[str, Any]:
    return {}


# --- the package --------------------------------------------------------------------------------------

Maker = Callable[[Subscription], dict[str, Any]]

HEADER_FIELD = {
    "mf": "mf-header",
    "pukCodes": "puk-Header",
    "pinCodes": "pin-Header",
    "telecom": "telecom-header",
    "usim": "usim-header",
    "opt-usim": "optusim-header",
    "akaParameter": "aka-header",
    "gsm-access": "gsm-access-header",
    "df-5gs": "df-5gs-header",
    "df-saip": "df-saip-header",
    "isim": "isim-header",
    "opt-isim": "optisim-header",
    "securityDomain": "sd-Header",
    "rfm": "rfm-header",
    "end": "end-header",
}
"""Name of the PEHeader in each kind of profile element."""


def makers(subscription: Subscription) -> Iterator[tuple[str, Maker]]:
    """The elements of the package after its header, in order."""
    yield from (("mf", files.mf), ("pukCodes", puk_codes), ("pinCodes", global_pins))
    if subscription.phone_book:
        yield "telecom", files.telecom
    yield from (("usim", files.usim), ("opt-usim", files.optional_usim), ("pinCodes", local_pins))
    yield from (("akaParameter", aka_parameters), ("gsm-access", files.gsm_access))
    if subscription.five_g:
        yield "df-5gs", files.df_5gs
        if subscription.five_g.concealed_by == "card":
            yield "df-saip", files.df_saip
    if subscription.ims:
        yield "isim", files.isim
        if subscription.ims.proxies:
            yield "opt-isim", files.optional_isim
        yield from (("pinCodes", shared_pins), ("akaParameter", aka_parameters))
    if subscription.remote_keys:
        yield from (("securityDomain", security_domain), ("rfm", shared_files_management))
        yield "rfm", usim_files_management
        if subscription.ims:
            yield "rfm", isim_files_management
    yield "end", end


def elements(subscription: Subscription) -> Iterator[Element]:
    """The decoded profile elements, numbered from 1."""
    yield "header", header(subscription)
    number = count(1)
    for name, make in makers(subscription):
        yield (
            name,
            {
                HEADER_FIELD[name]: {"mandated": None, "identification": next(number)},
                **make(subscription),
            },
        )


def build_package(subscription: Subscription) -> bytes:
    """The profile package of a subscription: its profile elements in DER, one after another.

    Raises `ef.ContentError` where a value does not fit its file.
    """
    return b"".join(saip.encode("ProfileElement", element) for element in elements(subscription))
