"""Profile metadata as text: every key reaches StoreMetadataRequest; what is wrong is told with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from asn1 import rsp
from simulator.profile import build, describe
from simulator.profile.describe import DescriptionError
from simulator.smdp.describe_metadata import load, parse
from simulator.smdp.metadata import PackageHeader

PAGE = Path(__file__).parents[3] / "docs" / "profile-metadata.md"
HEADER = PackageHeader.read(build.build_package(describe.load_shipped("home-operator")))


def encoded(text: str) -> dict[str, Any]:
    value: dict[str, Any] = rsp.decode(
        "StoreMetadataRequest", parse(text).metadata().encode(HEADER, "dp.example.com")
    )
    return value


def page() -> str:
    """The examples of the page, put together."""
    return "".join(block.split("```")[0] for block in PAGE.read_text(encoding="utf-8").split("```yaml\n")[1:])


def test_every_key_of_the_page(tmp_path: Path) -> None:
    value = encoded(page())
    assert value["serviceProviderName"] == "Acme Mobile"
    assert value["profileName"] == "Acme work"
    assert value["profileClass"] == 2
    assert value["profileOwner"] == {"mccMnc": bytes.fromhex("99F907")}
    assert value["profilePolicyRules"] == (b"\x20", 3)
    assert value["enterpriseConfiguration"] == {
        "enterpriseOid": "2.999.100",
        "enterpriseName": "Acme",
        "enterpriseRules": {"enterpriseRuleBits": (b"\xe0", 3), "numberOfNonEnterpriseProfiles": 1},
    }
    assert value["serviceProviderMessage"] == {"languageTag": "en", "message": "Welcome to Acme"}
    assert value["hriServerAddress"] == "hri.example.com"
    assert value["serviceDescription"] == (b"\xa0", 3)
    assert value["estimatedProfileSize"] == 20000
    assert value["lprConfiguration"] == {
        "pcmpAddress": "pcm.example.com",
        "dpiEnable": "token=1",
        "triggerLprOnEnableProfile": None,
    }
    assert value["rpmConfiguration"] == {
        "managingDpList": [{"managingDpOid": "2.999.10", "rpmType": (b"\xc0", 2), "tagList": b"\x91\x92"}],
        "pollingAddress": "poll.example.com",
        "profileOwnerOid": "2.999.77",
    }
    assert value["deviceChangeConfiguration"] == (
        "requestToDp",
        {"smdpAddressForDc": "dc.example.com", "eidRequired": None},
    )
    path = tmp_path / "metadata.yaml"
    path.write_text(page(), encoding="utf-8")
    assert load(path) == parse(page())


def test_the_page_has_every_key() -> None:
    from simulator.smdp.describe_metadata import MetadataDescription

    assert yaml.safe_load(page()).keys() == MetadataDescription.model_fields.keys()


def test_a_stored_activation_code() -> None:
    value = encoded('device_change: {activation_code: "1$a$b", delete_old: true}')
    assert value["deviceChangeConfiguration"] == (
        "usingStoredAc",
        {"activationCodeForDc": "1$a$b", "deleteOldProfile": None},
    )


def test_flags_of_sgp32() -> None:
    value = encoded("fallback_allowed: true\nemergency: true")
    assert (value["fallbackAllowed"], value["ecallIndication"]) == (True, True)


def test_nothing_is_as_without_a_description() -> None:
    assert encoded("{}").keys() == {
        "iccid",
        "serviceProviderName",
        "profileName",
        "profileClass",
        "notificationConfigurationInfo",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour: red", "m.yaml:1: colour:"),
        ("policy_rules: [ppr1]", "policy_rules need an owner"),
        ("name: " + 65 * "x", "m.yaml:1: name:"),
        ("enterprise: {name: Acme}", "m.yaml:1: enterprise.oid:"),
        ("enterprise: {oid: acme, name: Acme}", "m.yaml:1: enterprise.oid:"),
        ("enterprise:\n  oid: 2.999.1\n  name: A\n  rules: [priority]", "m.yaml:4: enterprise.rules"),
        ("device_change: {needs_eid: true}", "either a server or an activation_code"),
        ("device_change: {activation_code: a, needs_tac: true}", "go with a server"),
        ("device_change: {server: a, delete_old: true}", "goes with an activation_code"),
        ("service_description: [32]", "m.yaml:1: service_description.0:"),
        ("message: {text: ''}", "m.yaml:1: message.text:"),
        ("message: {text: a, language: '!'}", "m.yaml:1: message.language:"),
        ("remote_management: {owner: 2.999.1, servers: []}", "m.yaml:1: remote_management.servers:"),
        (
            "remote_management: {owner: 2.999.1, servers: [2.999.2], commands: [reset]}",
            "m.yaml:1: remote_management.commands",
        ),
        (
            "remote_management: {owner: 2.999.1, servers: [2.999.2], update_tags: '9'}",
            "m.yaml:1: remote_management.update_tags:",
        ),
    ],
)
def test_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        parse(text, "m.yaml")
    assert message in str(caught.value)
