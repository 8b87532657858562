"""Builds a complete profile package (SAIP 2.3, DER) from the description of a subscription.

One function per profile element, in the order in which they stand in the package. A file is written as
its template has it wherever the template's default will do; only what differs is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from asn1 import saip
from simulator.crypto.milenage import Milenage
from simulator.crypto.tuak import Tuak
from simulator.profile import access_rules, ef
from simulator.profile.describe import Access, Authentication, Subscription

TEMPLATE = "2.23.143.1.2."
"""Root of the file templates' object identifiers, SAIP §9."""

USIM_AID = bytes.fromhex("A0000000871002FFFFFFFF8903020000")
ISIM_AID = bytes.fromhex("A0000000871004FFFFFFFF8903020000")
MNO_SD_AID = bytes.fromhex("A000000151000000")
USIM_TEMPORARY_FID = bytes.fromhex("7FF1")
ISIM_TEMPORARY_FID = bytes.fromhex("7FF2")
PIN_STATUS = bytes([0x01, 0x81, 0x0A])
"""pinStatusTemplateDO: the key references that the PIN status template shows (PIN1, PIN2, ADM1)."""

File = list[tuple[str, Any]]
Element = tuple[str, dict[str, Any]]

DEFAULT: File = []
"""The file exactly as the template has it."""


def content(data: bytes, **fcp: bytes) -> File:
    """A file with this content, and with FCP members that differ from the template's."""
    return [*([("fileDescriptor", fcp)] if fcp else []), ("fillFileContent", data)]


def minimal(number: int) -> bytes:
    """A length on as few bytes as possible, as efFileSize wants it."""
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def sized(data: bytes) -> File:
    """A transparent file that is as long as its content."""
    return content(data, efFileSize=minimal(len(data)))


def linear_fixed(contents: list[bytes], length: int | None = None) -> File:
    """A linear fixed file: record length and count follow from the contents."""
    length = length or max(map(len, contents))
    body = ef.records(contents, length, len(contents))
    descriptor = bytes([0x42, 0x21]) + length.to_bytes(2, "big")
    return content(body, fileDescriptor=descriptor, efFileSize=minimal(len(body)))


def directory(temporary_fid: bytes = b"", aid: bytes = b"") -> File:
    """A DF or ADF; an ADF is known by a temporary file identifier while the profile is created."""
    fcp = {"fileID": temporary_fid, "dfName": aid} if aid else {}
    return [("fileDescriptor", {**fcp, "pinStatusTemplateDO": PIN_STATUS})]


def access_rule_file() -> File:
    return linear_fixed(list(access_rules.RECORDS))


def plmns(codes: tuple[str, ...]) -> bytes:
    return b"".join(ef.plmn(code[:3], code[4:]) for code in codes)


def plmns_with_access(entries: tuple[Access, ...]) -> bytes:
    return b"".join(
        ef.plmn_with_access_technology(entry.plmn[:3], entry.plmn[4:], entry.access) for entry in entries
    )


# --- profile elements, in the order of the package ---------------------------------------------------


def header(subscription: Subscription) -> dict[str, Any]:
    services: dict[str, None] = {"usim": None}
    if subscription.ims:
        services["isim"] = None
    algorithm = subscription.authentication.algorithm
    tuak = "tuak256" if len(subscription.authentication.key) == 32 else "tuak128"
    services[{"milenage": "milenage", "tuak": tuak, "test": "usim-test-algorithm"}[algorithm]] = None
    return {
        "major-version": 2,
        "minor-version": 3,
        "profileType": subscription.name,
        "iccid": bytes.fromhex(subscription.full_iccid.ljust(20, "F")),
        "eUICC-Mandatory-services": services,
        "eUICC-Mandatory-GFSTEList": [TEMPLATE + suffix for suffix in templates(subscription)],
    }


def templates(subscription: Subscription) -> Iterator[str]:
    """Suffixes of the templates that the package uses."""
    yield from ("1", "4", "5", "7")
    if subscription.ims:
        yield from ("8", "9") if subscription.ims.proxies else ("8",)
    if subscription.five_g:
        yield "13"


def mf(subscription: Subscription) -> dict[str, Any]:
    applications = [ef.application_template(USIM_AID, "USIM")]
    if subscription.ims:
        applications.append(ef.application_template(ISIM_AID, "ISIM"))
    return {
        "templateID": TEMPLATE + "1",
        "mf": directory(),
        "ef-pl": sized("".join(subscription.languages).encode("ascii")),
        "ef-iccid": content(ef.iccid(subscription.full_iccid)),
        "ef-dir": linear_fixed(applications),
        "ef-arr": access_rule_file(),
        "ef-umpc": content(bytes.fromhex("3C00000000")),
    }


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


def usim_services(subscription: Subscription) -> set[int]:
    """The services of EF.UST that the description implies, TS 31.102 §4.2.8."""
    networks = subscription.networks
    present = {
        10: True,  # short message storage
        12: subscription.sms_centre,
        19: True,  # service provider name
        20: True,  # user controlled PLMN selector with access technology
        21: subscription.msisdn,
        27: True,  # GSM access
        33: True,  # shall be set to '1'
        38: True,  # GSM security context
        42: networks.operator_controlled,
        43: networks.home,
        71: networks.equivalent_home,
        85: True,  # EPS mobility management information
        122: subscription.five_g,  # 5GS mobility management information
        123: subscription.five_g,  # 5G security parameters
        124: subscription.five_g,  # subscription identifier privacy support
        126: subscription.five_g,  # UAC access identities
    }
    return {number for number, wanted in present.items() if wanted} | set(subscription.services)


def usim(subscription: Subscription) -> dict[str, Any]:
    operator, networks = subscription.operator, subscription.networks
    element: dict[str, Any] = {
        "templateID": TEMPLATE + "4",
        "adf-usim": directory(USIM_TEMPORARY_FID, USIM_AID),
        "ef-imsi": content(ef.imsi(subscription.imsi)),
        "ef-arr": access_rule_file(),
        "ef-hpplmn": content(bytes([networks.search_period])),
        "ef-ust": sized(ef.service_table(usim_services(subscription), 17)),
        "ef-spn": content(ef.service_provider_name(operator.name)),
        "ef-est": content(b"\x00"),
        "ef-acc": content(ef.access_control_classes(subscription.access_control_classes)),
        "ef-ad": content(ef.administrative_data(len(operator.mnc))),
        "ef-ecc": linear_fixed([ef.emergency_call_code(code) for code in subscription.emergency_numbers]),
    }
    if networks.forbidden:
        element["ef-fplmn"] = content(plmns(networks.forbidden))
    if subscription.sms_centre:
        element["ef-smsp"] = content(sms_parameters(subscription.sms_centre))
    return element


def sms_parameters(sms_centre: str) -> bytes:
    """EF.SMSP, TS 31.102 §4.2.27: service centre, protocol 0, default coding, validity one day; 38 bytes."""
    address = ef.dialling_number(sms_centre, label_length=0)[:12]
    return ef.alpha("", 10, "label") + b"\xe1" + b"\xff" * 12 + address + bytes([0x00, 0x00, 0xA7])


def optional_usim(subscription: Subscription) -> dict[str, Any]:
    networks = subscription.networks
    element: dict[str, Any] = {
        "templateID": TEMPLATE + "5",
        "ef-li": sized("".join(subscription.languages).encode("ascii")),
        "ef-plmnwact": DEFAULT,
    }
    if subscription.msisdn:
        element["ef-msisdn"] = content(ef.dialling_number(subscription.msisdn, label_length=10))
    if networks.user_controlled:
        element["ef-plmnwact"] = content(plmns_with_access(networks.user_controlled))
    if networks.operator_controlled:
        element["ef-oplmnwact"] = content(plmns_with_access(networks.operator_controlled))
    if networks.home:
        element["ef-hplmnwact"] = sized(plmns_with_access(networks.home))
    if networks.equivalent_home:
        element["ef-ehplmn"] = content(plmns(networks.equivalent_home))
    return element


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
    if authentication.xoring_constants is not None:
        algorithm["xoringConstants"] = authentication.xoring_constants
    return {
        "algoConfiguration": ("algoParameter", algorithm),
        "sqnDelta": authentication.sqn_delta.to_bytes(6, "big"),
        "sqnAgeLimit": authentication.sqn_age_limit.to_bytes(6, "big"),
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


def gsm_access(subscription: Subscription) -> dict[str, Any]:
    return {
        "templateID": TEMPLATE + "7",
        "df-gsm-access": directory(),
        "ef-kc": DEFAULT,
        "ef-kcgprs": DEFAULT,
    }


def df_5gs(subscription: Subscription) -> dict[str, Any]:
    assert subscription.five_g is not None
    indicator = ef.bcd(subscription.five_g.routing_indicator, 2) + b"\xff\xff"
    return {
        "templateID": TEMPLATE + "13",
        "df-df-5gs": directory(),
        "ef-5gs3gpploci": DEFAULT,
        "ef-5gsn3gpploci": DEFAULT,
        "ef-5gs3gppnsc": DEFAULT,
        "ef-5gsn3gppnsc": DEFAULT,
        "ef-5gauthkeys": content(b"\xff" * 110),
        "ef-uac-aic": content(bytes(4)),
        "ef-suci-calc-info": sized(bytes.fromhex("A0020000A100")),
        "ef-routing-indicator": content(indicator),
    }


def isim(subscription: Subscription) -> dict[str, Any]:
    ims = subscription.ims
    assert ims is not None
    operator = subscription.operator
    domain = ims.domain or f"ims.mnc{operator.mnc.zfill(3)}.mcc{operator.mcc}.3gppnetwork.org"
    private = ims.private_identity or f"{subscription.imsi}@{domain}"
    public = ims.public_identities or (f"sip:{subscription.imsi}@{domain}",)
    services = {1} if ims.proxies else set()
    return {
        "templateID": TEMPLATE + "8",
        "adf-isim": directory(ISIM_TEMPORARY_FID, ISIM_AID),
        "ef-impi": sized(ef.uri(private)),
        "ef-impu": linear_fixed([ef.uri(identity) for identity in public]),
        "ef-domain": sized(ef.uri(domain)),
        "ef-ist": content(ef.service_table(services, 14)),
        "ef-ad": content(bytes(3)),
        "ef-arr": access_rule_file(),
    }


def optional_isim(subscription: Subscription) -> dict[str, Any]:
    assert subscription.ims is not None
    proxies = [b"\x00" + proxy.encode("ascii") for proxy in subscription.ims.proxies]
    addresses = [bytes([0x80, len(proxy)]) + proxy for proxy in proxies]
    return {"templateID": TEMPLATE + "9", "ef-pcscf": linear_fixed(addresses)}


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


def remote_file_management(subscription: Subscription) -> dict[str, Any]:
    """RFM for the USIM under the TAR of TS 101 220 annex D, ciphered and with a MAC."""
    return {
        "instanceAID": bytes.fromhex("A00000055910100002"),
        "tarList": [bytes.fromhex("B00010")],
        "minimumSecurityLevel": b"\x16",
        "uiccAccessDomain": b"\x00",
        "uiccAdminAccessDomain": b"\x00",
        "adfRFMAccess": {
            "adfAID": USIM_AID,
            "adfAccessDomain": b"\x00",
            "adfAdminAccessDomain": b"\x00",
        },
    }


def end(subscription: Subscription) -> dict[str, Any]:
    return {}


# --- the package --------------------------------------------------------------------------------------

Maker = Callable[[Subscription], dict[str, Any]]

HEADER_FIELD = {
    "mf": "mf-header",
    "pukCodes": "puk-Header",
    "pinCodes": "pin-Header",
    "usim": "usim-header",
    "opt-usim": "optusim-header",
    "akaParameter": "aka-header",
    "gsm-access": "gsm-access-header",
    "df-5gs": "df-5gs-header",
    "isim": "isim-header",
    "opt-isim": "optisim-header",
    "securityDomain": "sd-Header",
    "rfm": "rfm-header",
    "end": "end-header",
}
"""Name of the PEHeader in each kind of profile element."""


def makers(subscription: Subscription) -> Iterator[tuple[str, Maker]]:
    """The elements of the package after its header, in order."""
    yield from (("mf", mf), ("pukCodes", puk_codes), ("pinCodes", global_pins))
    yield from (("usim", usim), ("opt-usim", optional_usim), ("pinCodes", local_pins))
    yield from (("akaParameter", aka_parameters), ("gsm-access", gsm_access))
    if subscription.five_g:
        yield "df-5gs", df_5gs
    if subscription.ims:
        yield "isim", isim
        if subscription.ims.proxies:
            yield "opt-isim", optional_isim
        yield from (("pinCodes", shared_pins), ("akaParameter", aka_parameters))
    if subscription.remote_keys:
        yield from (("securityDomain", security_domain), ("rfm", remote_file_management))
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
