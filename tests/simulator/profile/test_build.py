"""Built packages: asn1tools reads them, no template misses anything, cards hold what was described."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asn1tools
import pytest

from simulator.profile import ProfilePackage, build_image, describe, ef, templates
from simulator.profile.build import build_package, operator_constant
from simulator.profile.build_files import ISIM_AID, USIM_AID
from simulator.profile.describe import Subscription
from simulator.uicc.image import AkaAlgorithm, CardImage, DfImage, EfImage

MODULE = Path(__file__).parents[3] / "asn1" / "modules" / "saip.asn"

BASE = """
name: Example
iccid: "899990000000000001"
operator: {name: Example, plmn: 310-410}
imsi: "310410000000001"
authentication: {key: 000102030405060708090a0b0c0d0e0f, opc: 000102030405060708090a0b0c0d0e0f}
"""
"""The shortest description."""

RICH = (
    BASE
    + """
msisdn: "+13105550100"
sms_centre: "+13105550199"
group_identifier: "A1B2"
phone_book: 3
languages: [en, fr, de, it]
services: [95]
networks:
  home: [{plmn: 310-410, access: [eutran]}, {plmn: 310-411, access: [gsm]}]
  equivalent_home: [310-410, 310-411, 310-412, 310-413, 310-414, 310-415]
  user_controlled: [{plmn: 001-01}]
  operator_controlled: [{plmn: 001-01}, {plmn: 001-02}, {plmn: 001-03}]
  forbidden: [999-01, 999-02, 999-03, 999-04, 999-05]
ims: {proxies: [pcscf.example.com, 192.0.2.1, "2001:db8::1"]}
five_g:
  routing_indicator: "17"
  concealed_by: card
  home_network_keys:
    - scheme: profile-a
      identifier: 30
      value: 5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650
remote_keys:
  - {version: 1, identifier: 1, value: 000102030405060708090a0b0c0d0e0f}
  - {version: 0x30, identifier: 1, value: 101112131415161718191a1b1c1d1e1f}
"""
)

DESCRIPTIONS = {"base": BASE, "rich": RICH, **describe.shipped()}


@pytest.fixture(params=DESCRIPTIONS, scope="module")
def subscription(request: pytest.FixtureRequest) -> Subscription:
    return describe.parse(DESCRIPTIONS[request.param])


@pytest.fixture(scope="module")
def package(subscription: Subscription) -> ProfilePackage:
    return ProfilePackage.parse(build_package(subscription))


@pytest.fixture(scope="module")
def rich() -> CardImage:
    return build_image(ProfilePackage.parse(build_package(describe.parse(RICH))))


@pytest.fixture(scope="module")
def oracle() -> Any:
    return asn1tools.compile_files(str(MODULE))


def test_asn1tools_reads_the_same(package: ProfilePackage, oracle: Any) -> None:
    for element in package.elements:
        octets = package.der[element.offset : element.offset + element.length]
        expected = oracle.decode("ProfileElement", octets)
        if element.name == "akaParameter":  # asn1tools has no list for the DEFAULT of sqnInit
            expected[1]["sqnInit"] = element.value["sqnInit"]
        assert (element.name, element.value) == expected


def test_elements_stand_in_the_order_of_saip(package: ProfilePackage) -> None:
    names = [element.name for element in package.elements]
    assert names[:4] == ["header", "mf", "pukCodes", "pinCodes"]
    assert names[-1] == "end"
    assert names.index("usim") < names.index("opt-usim") < names.index("akaParameter")
    numbers = [element.identification for element in package.elements[1:]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_template_in_use_is_named_in_the_header(package: ProfilePackage) -> None:
    used = [element.value["templateID"] for element in package.elements if "templateID" in element.value]
    assert package.header["eUICC-Mandatory-GFSTEList"] == used


def test_what_the_templates_leave_to_the_profile_is_there(package: ProfilePackage) -> None:
    for element in package.elements:
        if "templateID" not in element.value:
            continue
        template = templates.by_oid(element.value["templateID"])
        for file in template.files.values():
            choices = element.value.get(file.field)
            if choices is None:
                assert not (template.created_by_default and file.content_required), file.name
                continue
            given = dict(choices).get("fileDescriptor", {})
            assert set(file.parameters) <= set(given), file.name
            if file.content_required:
                assert "fillFileContent" in dict(choices), file.name


def test_the_image_has_all_files(package: ProfilePackage) -> None:
    image = build_image(package)
    expected = sum(len(e.value) - 2 for e in package.elements if e.name in ("opt-usim", "opt-isim"))
    assert len(list(image.mf.walk())) > 4
    assert sum(1 for adf in image.adfs for _ in adf.walk()) > expected


def test_files_are_known_to_the_service_table(subscription: Subscription, package: ProfilePackage) -> None:
    """A file that belongs to a service is there only if the service is available (TS 31.102 §4.2.8)."""
    ust = read(adf(build_image(package), USIM_AID), 0x6F38)
    available = {at + 1 for at in range(8 * len(ust)) if ust[at // 8] >> (at % 8) & 1}
    for element in package.elements:
        if element.name in ("opt-usim", "df-5gs", "gsm-access"):
            template = templates.by_oid(element.value["templateID"])
            for field in element.value.keys() & template.files.keys():
                for any_of in template.files[field].services:
                    assert available & set(any_of), field


def adf(image: CardImage, aid: bytes) -> DfImage:
    return next(adf for adf in image.adfs if adf.aid == aid)


def read(directory: DfImage, *path: int) -> bytes:
    files: dict[tuple[int, ...], EfImage | DfImage] = dict(directory.walk())
    file = files[path]
    assert isinstance(file, EfImage)
    return file.content


def test_identity(rich: CardImage) -> None:
    assert read(rich.mf, 0x2FE2) == ef.iccid("8999900000000000014")
    assert read(adf(rich, USIM_AID), 0x6F07).hex() == "083901140000000010"
    assert read(adf(rich, USIM_AID), 0x6FAD).hex() == "00000003"
    assert read(rich.mf, 0x2F05) == b"enfrdeit"


def test_lists_longer_than_the_template_make_the_file_longer(rich: CardImage) -> None:
    usim = adf(rich, USIM_AID)
    assert len(read(usim, 0x6FD9)) == 18
    assert len(read(usim, 0x6F7B)) == 15
    assert read(usim, 0x6F62).hex() == "1300144000" + "1310140080"
    assert read(usim, 0x6F61).hex() == "00f1104000" + "00f1204000" + "00f1304000" + "ffffff0000" * 5


def test_phone_book(rich: CardImage) -> None:
    phone_book = next(file for path, file in rich.mf.walk() if path == (0x7F10, 0x5F3A))
    assert isinstance(phone_book, DfImage)
    assert read(phone_book, 0x4F30).hex() == "a805c0034f5801" + "aa05c2034f3802"
    assert len(read(phone_book, 0x4F58)) == 3 * 28


def test_without_phone_book_there_is_no_telecom() -> None:
    package = ProfilePackage.parse(build_package(describe.parse(BASE + "phone_book: 0")))
    assert "telecom" not in [element.name for element in package.elements]


def test_the_usim_conceals_the_identifier(rich: CardImage) -> None:
    usim = adf(rich, USIM_AID)
    assert read(usim, 0x5FD0, 0x4F01).hex().startswith("a00401010000a125" + "80011e8120" + "5a8d")
    assert (0x5FC0, 0x4F07) not in dict(usim.walk())
    header = ProfilePackage.parse(build_package(describe.parse(RICH))).header
    assert {"get-identity", "profile-a-x25519"} <= set(header["eUICC-Mandatory-services"])


def test_isim(rich: CardImage) -> None:
    isim = adf(rich, ISIM_AID)
    domain = b"ims.mnc410.mcc310.3gppnetwork.org"
    assert read(isim, 0x6F03) == bytes([0x80, len(domain)]) + domain
    assert read(isim, 0x6F07)[0] == 0x01
    proxies = read(isim, 0x6F09)
    assert bytes.fromhex("800501C0000201") in proxies
    assert bytes.fromhex("80110220010DB8") in proxies


def test_keys_and_pins(rich: CardImage) -> None:
    assert {pin.reference for pin in rich.pins} == {0x01, 0x0A, 0x81}
    assert [aka.algorithm for aka in rich.akas] == [AkaAlgorithm.MILENAGE] * 2
    assert rich.akas[0].key == rich.akas[1].key == bytes(range(16))
    (domain,) = rich.security_domains
    assert {(key.version, key.identifier) for key in domain.keys} == {(1, 1), (0x30, 1)}


def test_authentication_options() -> None:
    options = (
        "authentication: {algorithm: test, key: 000102030405060708090a0b0c0d0e0f, failures_allowed: 5, "
        "sqn_options: 0, sqn_init: 7, sqn_delta: 16, sqn_age_limit: 32}"
    )
    text = "\n".join([*BASE.splitlines()[:-1], options])
    (aka,) = build_image(ProfilePackage.parse(build_package(describe.parse(text)))).akas
    assert aka.algorithm is AkaAlgorithm.USIM_TEST
    assert aka.authentication_counter_maximum == 5
    assert (aka.sqn_options, aka.sqn_delta, aka.sqn_age_limit) == (0, 16, 32)
    assert aka.sqn_init == (7,) * 32


def test_constants_of_milenage() -> None:
    added = ", rotation_constants: 0102030405, xoring_constants: " + "0a" * 80 + "}"
    text = BASE.rstrip().removesuffix("}") + added.replace("0102030405", '"0102030405"')
    (aka,) = build_image(ProfilePackage.parse(build_package(describe.parse(text)))).akas
    assert aka.rotations == bytes.fromhex("0102030405")
    assert aka.constants == b"\x0a" * 80


def test_operator_constant_is_derived() -> None:
    """TS 35.208 test set 1: K and OP give OPc."""
    authentication = describe.load_shipped("test-operator").authentication
    assert operator_constant(authentication).hex() == "cd63cb71954a9f4e48a5994e37a02baf"
