"""The files of a built package: what the elements with file templates say (SAIP §8.3, annex A).

One function per profile element. A file stands as its template has it wherever the default will do; only
what differs is said.
"""

from __future__ import annotations

from typing import Any

from simulator.profile import access_rules, ef, templates
from simulator.profile.describe import Access, Subscription

Body = dict[str, Any]
File = list[tuple[str, Any]]

USIM_AID = bytes.fromhex("A0000000871002FFFFFFFF8903020000")
ISIM_AID = bytes.fromhex("A0000000871004FFFFFFFF8903020000")
USIM_TEMPORARY_FID = bytes.fromhex("7FF1")
ISIM_TEMPORARY_FID = bytes.fromhex("7FF2")
DF_5GS, DF_SAIP = bytes.fromhex("5FC0"), bytes.fromhex("5FD0")
"""Said although the templates have them, for not all readers of packages know them right."""
PIN_STATUS = bytes([0x01, 0x81, 0x0A])
"""pinStatusTemplateDO: the key references that the PIN status template shows (PIN1, PIN2, ADM1)."""
PIN_STATUS_AT_MF = bytes([0x01, 0x0A])
"""The same outside applications, where there is no second PIN."""

DEFAULT: File = []
"""The file exactly as the template has it."""

PHONE_BOOK_FIDS = {"ef-adn": 0x4F58, "ef-ext1": 0x4F38}
"""The identifiers that DF.PHONEBOOK uses, each the first of its range."""
PHONE_BOOK_SFIS = {"ef-adn": 1, "ef-ext1": 2}
PHONE_BOOK_LABEL = 14
"""Bytes of a name in the phone book."""


def template(suffix: str) -> Body:
    """The member templateID."""
    return {"templateID": templates.ROOT + suffix}


def content(data: bytes, **fcp: bytes) -> File:
    """A file with this content, and with FCP members that differ from the template's."""
    return [*([("fileDescriptor", fcp)] if fcp else []), ("fillFileContent", data)]


def minimal(number: int) -> bytes:
    """A length on as few bytes as possible, as efFileSize wants it."""
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def sized(data: bytes, at_least: int = 0) -> File:
    """A transparent file as long as its content, or as the template has it if that is longer."""
    return content(data, efFileSize=minimal(len(data))) if len(data) > at_least else content(data)


def record_descriptor(length: int) -> bytes:
    """File descriptor of a shareable linear fixed file, TS 102 222 §6.3.2.2.1."""
    return bytes([0x42, 0x21]) + length.to_bytes(2, "big")


def linear_fixed(contents: list[bytes]) -> File:
    """A linear fixed file: record length and count follow from the contents."""
    length = max(map(len, contents))
    body = ef.records(contents, length, len(contents))
    return content(body, fileDescriptor=record_descriptor(length), efFileSize=minimal(len(body)))


def empty_records(fid: int, sfi: int, length: int, count: int) -> File:
    """A linear fixed file with the template's content, under one of the identifiers it allows."""
    fcp = {
        "fileDescriptor": record_descriptor(length),
        "fileID": fid.to_bytes(2, "big"),
        "efFileSize": minimal(length * count),
        "shortEFID": bytes([sfi << 3]),
    }
    return [("fileDescriptor", fcp)]


def directory(fid: bytes = b"", aid: bytes = b"", pin_status: bytes = PIN_STATUS) -> File:
    """A DF or ADF; an ADF is known by a temporary file identifier while the profile is installed."""
    fcp = {name: value for name, value in (("fileID", fid), ("dfName", aid)) if value}
    return [("fileDescriptor", {**fcp, "pinStatusTemplateDO": pin_status})]


def access_rule_file() -> File:
    return linear_fixed(list(access_rules.RECORDS))


def plmns(codes: tuple[str, ...]) -> bytes:
    """PLMN codes of three bytes each."""
    return b"".join(ef.plmn(code[:3], code[4:]) for code in codes)


def plmns_with_access(entries: tuple[Access, ...]) -> bytes:
    """PLMN codes with their access technologies, five bytes each."""
    return b"".join(
        ef.plmn_with_access_technology(entry.plmn[:3], entry.plmn[4:], entry.access) for entry in entries
    )


# --- the elements -------------------------------------------------------------------------------------


def mf(subscription: Subscription) -> Body:
    applications = [ef.application_template(USIM_AID, "USIM")]
    if subscription.ims:
        applications.append(ef.application_template(ISIM_AID, "ISIM"))
    return {
        **template("1"),
        "mf": directory(pin_status=PIN_STATUS_AT_MF),
        "ef-pl": sized("".join(subscription.languages).encode("ascii"), 2),
        "ef-iccid": content(ef.iccid(subscription.full_iccid)),
        "ef-dir": linear_fixed(applications),
        "ef-arr": access_rule_file(),
        "ef-umpc": content(bytes.fromhex("3C00000000")),
    }


def telecom(subscription: Subscription) -> Body:
    """DF.TELECOM with the phone book of the whole card."""
    return {
        **template("3"),
        "df-telecom": directory(pin_status=PIN_STATUS_AT_MF),
        "ef-arr": access_rule_file(),
        "df-phonebook": directory(pin_status=PIN_STATUS_AT_MF),
        "ef-pbr": linear_fixed([phone_book_reference()]),
        "ef-ext1": empty_records(PHONE_BOOK_FIDS["ef-ext1"], PHONE_BOOK_SFIS["ef-ext1"], 13, 5),
        "ef-psc": DEFAULT,
        "ef-cc": DEFAULT,
        "ef-puid": DEFAULT,
        "ef-adn": empty_records(
            PHONE_BOOK_FIDS["ef-adn"],
            PHONE_BOOK_SFIS["ef-adn"],
            PHONE_BOOK_LABEL + 14,
            subscription.phone_book,
        ),
    }


def phone_book_reference() -> bytes:
    """EF.PBR, TS 31.102 §4.4.2.1: EF.ADN by record ('A8'), EF.EXT1 by reference ('AA')."""

    def reference(field: str) -> bytes:
        return PHONE_BOOK_FIDS[field].to_bytes(2, "big") + bytes([PHONE_BOOK_SFIS[field]])

    adn = bytes([0xC0, 3]) + reference("ef-adn")
    ext1 = bytes([0xC2, 3]) + reference("ef-ext1")
    return bytes([0xA8, len(adn)]) + adn + bytes([0xAA, len(ext1)]) + ext1


def usim_services(subscription: Subscription) -> set[int]:
    """The services of EF.UST that the description implies, TS 31.102 §4.2.8."""
    networks, five_g = subscription.networks, subscription.five_g
    present = {
        2: True,  # fixed dialling numbers
        10: True,  # short message storage
        12: subscription.sms_centre,  # short message parameters
        17: subscription.group_identifier,
        19: True,  # service provider name
        20: True,  # user controlled PLMN selector with access technology
        21: subscription.msisdn,
        27: True,  # GSM access
        33: True,  # shall be set to '1'
        38: True,  # GSM security context
        42: networks.operator_controlled,
        43: networks.home,
        45: subscription.operator.full_name,  # PLMN network name
        46: subscription.operator.full_name,  # operator PLMN list
        71: networks.equivalent_home,
        85: True,  # EPS mobility management information
        122: five_g,  # 5GS mobility management information
        123: five_g,  # 5G security parameters
        124: five_g,  # subscription identifier privacy support
        125: five_g and five_g.concealed_by == "card",  # SUCI calculation by the USIM
        126: five_g,  # UAC access identities
    }
    return {number for number, wanted in present.items() if wanted} | set(subscription.services)


def usim(subscription: Subscription) -> Body:
    operator, networks = subscription.operator, subscription.networks
    element = {
        **template("4"),
        "adf-usim": directory(USIM_TEMPORARY_FID, USIM_AID),
        "ef-imsi": content(ef.imsi(subscription.imsi)),
        "ef-arr": access_rule_file(),
        "ef-hpplmn": content(bytes([networks.search_period])),
        "ef-ust": sized(ef.service_table(usim_services(subscription), 17), 14),
        "ef-spn": content(ef.service_provider_name(operator.name)),
        "ef-est": content(b"\x00"),
        "ef-acc": content(ef.access_control_classes(subscription.access_control_classes)),
        "ef-ad": content(ef.administrative_data(len(operator.mnc))),
        "ef-ecc": linear_fixed([ef.emergency_call_code(code) for code in subscription.emergency_numbers]),
    }
    if networks.forbidden:
        element["ef-fplmn"] = sized(plmns(networks.forbidden), 12)
    if subscription.sms_centre:
        element["ef-smsp"] = content(ef.sms_parameters(subscription.sms_centre))
    return element


def optional_usim(subscription: Subscription) -> Body:
    networks, operator = subscription.networks, subscription.operator
    element = {
        **template("5"),
        "ef-li": sized("".join(subscription.languages).encode("ascii"), 6),
        "ef-plmnwact": sized(plmns_with_access(networks.user_controlled), 40),
    }
    if subscription.group_identifier:
        element["ef-gid1"] = sized(subscription.group_identifier)
    if subscription.msisdn:
        element["ef-msisdn"] = content(ef.dialling_number(subscription.msisdn, label_length=10))
    if networks.operator_controlled:
        element["ef-oplmnwact"] = sized(plmns_with_access(networks.operator_controlled), 40)
    if networks.home:
        element["ef-hplmnwact"] = sized(plmns_with_access(networks.home), 5)
    if networks.equivalent_home:
        element["ef-ehplmn"] = sized(plmns(networks.equivalent_home), 15)
    if operator.full_name:
        element["ef-pnn"] = linear_fixed([ef.network_name(operator.full_name)])
        element["ef-opl"] = linear_fixed([ef.operator_plmn(operator.mcc, operator.mnc, 1)])
    return element


def gsm_access(subscription: Subscription) -> Body:
    return {**template("7"), "df-gsm-access": directory(), "ef-kc": DEFAULT, "ef-kcgprs": DEFAULT}


def df_5gs(subscription: Subscription) -> Body:
    assert subscription.five_g is not None
    element = {
        **template("13"),
        "df-df-5gs": directory(DF_5GS),
        "ef-5gs3gpploci": DEFAULT,
        "ef-5gsn3gpploci": DEFAULT,
        "ef-5gs3gppnsc": DEFAULT,
        "ef-5gsn3gppnsc": DEFAULT,
        "ef-5gauthkeys": content(b"\xff" * 110),
        "ef-uac-aic": content(bytes(4)),
        "ef-routing-indicator": content(ef.routing_indicator(subscription.five_g.routing_indicator)),
    }
    if subscription.five_g.concealed_by == "phone":
        element["ef-suci-calc-info"] = sized(suci_calculation(subscription))
    return element


def df_saip(subscription: Subscription) -> Body:
    """DF.SAIP: what the USIM itself needs to conceal the subscription identifier."""
    return {
        **template("14"),
        "df-df-saip": directory(DF_SAIP),
        "ef-suci-calc-info-usim": sized(suci_calculation(subscription)),
    }


def suci_calculation(subscription: Subscription) -> bytes:
    """EF.SUCI_Calc_Info: the null scheme last, and alone where there is no key."""
    assert subscription.five_g is not None
    keys = [(key.scheme, key.identifier, key.value) for key in subscription.five_g.home_network_keys]
    return ef.suci_calculation_information(keys)


def isim(subscription: Subscription) -> Body:
    ims, operator = subscription.ims, subscription.operator
    assert ims is not None
    domain = ims.domain or f"ims.mnc{operator.mnc.zfill(3)}.mcc{operator.mcc}.3gppnetwork.org"
    private = ims.private_identity or f"{subscription.imsi}@{domain}"
    public = ims.public_identities or (f"sip:{subscription.imsi}@{domain}",)
    services = {1} if ims.proxies else set()  # P-CSCF address, TS 31.103 §4.2.7
    return {
        **template("8"),
        "adf-isim": directory(ISIM_TEMPORARY_FID, ISIM_AID),
        "ef-impi": sized(ef.uri(private)),
        "ef-impu": linear_fixed([ef.uri(identity) for identity in public]),
        "ef-domain": sized(ef.uri(domain)),
        "ef-ist": content(ef.service_table(services, 14)),
        "ef-ad": content(bytes(3)),
        "ef-arr": access_rule_file(),
    }


def optional_isim(subscription: Subscription) -> Body:
    assert subscription.ims is not None
    return {
        **template("9"),
        "ef-pcscf": linear_fixed([ef.host_name(proxy) for proxy in subscription.ims.proxies]),
    }
