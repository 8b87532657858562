"""Every function of ES10, message in and message out, with each of its result codes (SGP.22 §5.7)."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import rsp, tlv
from cards.status import StatusError
from simulator.crypto.ecc import Curve, one_time_key
from simulator.euicc import download
from simulator.euicc.core import RetainedKey
from simulator.euicc.features import Features
from simulator.euicc.isdr import FUNCTIONS
from simulator.euicc.metadata import _policies_allowed
from simulator.profile import build, describe
from tests.simulator.conftest import ADDRESS, Bench

ISD_R = bytes.fromhex("A0000005591010FFFFFFFF8900000100")


def package(name: str = "home-operator") -> bytes:
    return build.build_package(describe.load_shipped(name))


def call(bench: Bench, request: str, value: Any, response: str) -> Any:
    return rsp.decode(response, bench.euicc.isdr.execute(rsp.encode(request, value)))


def install_both(bench: Bench) -> tuple[bytes, bytes]:
    bench.download(package("home-operator"))
    bench.download(package("travel-operator"))
    first, second = bench.euicc.core.registry.profiles
    return first.iccid, second.iccid


def enable(bench: Bench, identifier: tuple[str, bytes], refresh: bool = False) -> int:
    value = {"profileIdentifier": identifier, "refreshFlag": refresh}
    return int(call(bench, "EnableProfileRequest", value, "EnableProfileResponse")["enableResult"])


def disable(bench: Bench, identifier: tuple[str, bytes], refresh: bool = False) -> int:
    value = {"profileIdentifier": identifier, "refreshFlag": refresh}
    return int(call(bench, "DisableProfileRequest", value, "DisableProfileResponse")["disableResult"])


def delete(bench: Bench, identifier: tuple[str, bytes]) -> int:
    return int(call(bench, "DeleteProfileRequest", identifier, "DeleteProfileResponse")["deleteResult"])


def test_every_request_of_the_table_begins_with_its_tag() -> None:
    for tag, function in FUNCTIONS.items():
        assert tag == function.tag
        assert "§" in function.clause


def test_eid(bench: Bench) -> None:
    answer = bench.euicc.isdr.execute(bytes.fromhex("BF3E035C015A"))
    assert answer == bytes.fromhex("BF3E125A10") + bench.euicc.core.identity.eid


def test_information(bench: Bench) -> None:
    info1 = call(bench, "GetEuiccInfo1Request", {}, "EUICCInfo1")
    info2 = call(bench, "GetEuiccInfo2Request", {}, "EUICCInfo2")
    assert info1["euiccCiPKIdListForSigning"] == info2["euiccCiPKIdListForSigning"]
    assert len(info1["euiccCiPKIdListForVerification"]) == 2
    free = tlv.find(info2["extCardResource"], 0x82)
    assert int.from_bytes(free or b"", "big") == bench.euicc.core.registry.free


def test_memory_is_accounted_for(bench: Bench) -> None:
    before = bench.euicc.core.registry.free
    upp = package()
    bench.download(upp)
    assert bench.euicc.core.registry.free == before - len(upp)


def test_challenge_is_new_each_time(bench: Bench) -> None:
    answers = {bench.euicc.isdr.execute(bytes.fromhex("BF2E00")) for _ in range(3)}
    assert len(answers) == 3
    assert all(answer.startswith(bytes.fromhex("BF2E128010")) for answer in answers)


def test_addresses(bench: Bench) -> None:
    asked = "EuiccConfiguredAddressesRequest", {}, "EuiccConfiguredAddressesResponse"
    assert call(bench, *asked) == {"rootDsAddress": "testrootsmds.example.com"}
    request = {"defaultDpAddress": ADDRESS}
    result = call(bench, "SetDefaultDpAddressRequest", request, "SetDefaultDpAddressResponse")
    assert result == {"setDefaultDpAddressResult": 0}
    assert call(bench, *asked)["defaultDpAddress"] == ADDRESS


def test_profile_list_by_default(bench: Bench) -> None:
    install_both(bench)
    _, infos = call(bench, "ProfileInfoListRequest", {}, "ProfileInfoListResponse")
    assert [info["serviceProviderName"] for info in infos] == ["eSIM Simulator", "eSIM Simulator"]
    assert infos[0]["isdpAid"].hex() == "a0000005591010ffffffff8900001000"
    assert infos[1]["isdpAid"].hex() == "a0000005591010ffffffff8900001100"
    assert "notificationConfigurationInfo" not in infos[0]


def test_profile_list_with_tag_list_and_search(bench: Bench) -> None:
    first, second = install_both(bench)
    request = {"searchCriteria": ("iccid", second), "tagList": bytes.fromhex("5A9F70B6")}
    _, infos = call(bench, "ProfileInfoListRequest", request, "ProfileInfoListResponse")
    assert [info["iccid"] for info in infos] == [second]
    assert set(infos[0]) == {"iccid", "profileState", "notificationConfigurationInfo"}
    aid = bench.euicc.core.registry.profiles[0].aid
    request = {"searchCriteria": ("isdpAid", aid), "tagList": b"\x5a"}
    _, infos = call(bench, "ProfileInfoListRequest", request, "ProfileInfoListResponse")
    assert [info["iccid"] for info in infos] == [first]
    for profile_class, count in ((0, 0), (2, 2)):
        request = {"searchCriteria": ("profileClass", profile_class)}
        _, infos = call(bench, "ProfileInfoListRequest", request, "ProfileInfoListResponse")
        assert len(infos) == count


def test_a_tag_list_that_is_cut_off(bench: Bench) -> None:
    request = {"tagList": b"\x5a\x9f"}
    assert call(bench, "ProfileInfoListRequest", request, "ProfileInfoListResponse") == (
        "profileInfoListError",
        1,
    )


def test_enable_and_disable(bench: Bench) -> None:
    first, second = install_both(bench)
    registry = bench.euicc.core.registry
    assert enable(bench, ("iccid", first)) == 0
    assert enable(bench, ("iccid", first)) == 2  # profileNotInDisabledState
    assert enable(bench, ("isdpAid", registry.profiles[1].aid)) == 0
    assert [profile.is_enabled for profile in registry] == [False, True]
    assert disable(bench, ("iccid", first)) == 2  # profileNotInEnabledState
    assert disable(bench, ("iccid", second)) == 0
    assert registry.enabled is None
    assert enable(bench, ("iccid", bytes(10))) == 1
    assert disable(bench, ("isdpAid", ISD_R)) == 1


def test_switching_swaps_the_file_system(bench: Bench) -> None:
    first, second = install_both(bench)
    euicc = bench.euicc
    assert euicc.card.files.index.adfs == []
    enable(bench, ("iccid", first))
    assert euicc.card.files is euicc.core.registry.profiles[0].files
    enable(bench, ("iccid", second), refresh=True)
    assert euicc.card.files is euicc.core.registry.profiles[0].files, "until the terminal has refreshed"
    euicc.reset()
    assert euicc.card.files is euicc.core.registry.profiles[1].files


def test_refresh_is_fetched_and_carried_out(bench: Bench) -> None:
    first, second = install_both(bench)
    enable(bench, ("iccid", first), refresh=True)
    assert enable(bench, ("iccid", second), refresh=True) == 5  # catBusy
    transmit = bench.euicc.transmit
    assert transmit(bytes.fromhex("80F2000C")).hex() == "910b"
    refresh = transmit(bytes.fromhex("801200000B"))
    assert refresh.hex().startswith("d009810301010482028182")
    transmit(bytes.fromhex("801400000C" + "810301010482028281830100"))
    assert bench.euicc.card.files is bench.euicc.core.registry.profiles[0].files
    assert transmit(bytes.fromhex("80F2000C")).hex() == "9000"


def test_delete(bench: Bench) -> None:
    first, _ = install_both(bench)
    enable(bench, ("iccid", first))
    assert delete(bench, ("iccid", first)) == 2  # profileNotInDisabledState
    disable(bench, ("iccid", first))
    assert delete(bench, ("iccid", first)) == 0
    assert delete(bench, ("iccid", first)) == 1
    bench.download(package("test-operator"))
    assert bench.euicc.core.registry.profiles[-1].aid.hex().endswith("1200"), "no AID is given twice"


def test_profile_policy_rules(bench: Bench) -> None:
    first, second = install_both(bench)
    registry = bench.euicc.core.registry
    registry.profiles[0].metadata["profilePolicyRules"] = (b"\x60", 3)
    enable(bench, ("iccid", first))
    assert disable(bench, ("iccid", first)) == 3
    assert enable(bench, ("iccid", second)) == 3
    registry.profiles[0].metadata["profilePolicyRules"] = (b"\x20", 3)
    assert disable(bench, ("iccid", first)) == 0
    assert delete(bench, ("iccid", first)) == 3


def test_nickname(bench: Bench) -> None:
    first, _ = install_both(bench)
    for iccid, name, result in ((first, "Work", 0), (first, "", 0), (bytes(10), "Nobody", 1)):
        value = {"iccid": iccid, "profileNickname": name}
        answer = call(bench, "SetNicknameRequest", value, "SetNicknameResponse")
        assert answer == {"setNicknameResult": result}
    assert bench.euicc.core.registry.profiles[0].nickname is None


@pytest.mark.parametrize(
    ("options", "left", "result"), [(b"\x80", 0, 0), (b"\x40", 2, 1), (b"\x20", 2, 0), (b"\xe0", 0, 0)]
)
def test_memory_reset(bench: Bench, options: bytes, left: int, result: int) -> None:
    first, _ = install_both(bench)
    enable(bench, ("iccid", first))
    bench.euicc.core.default_dp_address = ADDRESS
    value = {"resetOptions": (options, 3 if options != b"\x80" else 1)}
    if options == b"\x40":
        value = {"resetOptions": (options, 2)}
    answer = call(bench, "EuiccMemoryResetRequest", value, "EuiccMemoryResetResponse")
    assert answer == {"resetResult": result}
    assert len(bench.euicc.core.registry.profiles) == left


def test_notifications_are_numbered_listed_retrieved_and_removed(bench: Bench) -> None:
    first, second = install_both(bench)
    enable(bench, ("iccid", first))
    enable(bench, ("iccid", second))
    _, listed = call(bench, "ListNotificationRequest", {}, "ListNotificationResponse")
    events = [item["profileManagementOperation"][0] for item in listed]
    assert events == [b"\x40", b"\x20", b"\x40"]
    numbers = [item["seqNumber"] for item in listed]
    assert numbers == sorted(set(numbers))
    only = {"profileManagementOperation": (b"\x20", 3)}
    _, disabled = call(bench, "ListNotificationRequest", only, "ListNotificationResponse")
    assert [item["iccid"] for item in disabled] == [first]
    request = {"searchCriteria": ("seqNumber", numbers[0])}
    answer = call(bench, "RetrieveNotificationsListRequest", request, "RetrieveNotificationsListResponse")
    assert [kind for kind, _ in answer[1]] == ["otherSignedNotification"]
    for number, status in ((numbers[0], 0), (numbers[0], 1)):
        sent = call(bench, "NotificationSentRequest", {"seqNumber": number}, "NotificationSentResponse")
        assert sent == {"deleteNotificationStatus": status}


def test_rules_authorisation_table(bench: Bench) -> None:
    rules = call(bench, "GetRatRequest", {}, "GetRatResponse")["rat"]
    assert rules[0]["allowedOperators"] == [{"mccMnc": bytes.fromhex("EEEEEE")}]


@pytest.mark.parametrize(
    ("message", "sw"),
    [
        ("", 0x6A88),
        ("BF7F00", 0x6A88),
        ("BF2D", 0x6A80),
        ("BF2D0100", 0x6A80),
        ("BF3E035C015A00", 0x6A80),
        ("BF36820102", 0x6985),
        ("A00401020304", 0x6985),
        ("8600", 0x6985),
    ],
)
def test_messages_that_are_none(bench: Bench, message: str, sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        bench.euicc.isdr.execute(bytes.fromhex(message))
    assert caught.value.sw == sw


def select_isdr(bench: Bench) -> None:
    assert bench.euicc.transmit(bytes.fromhex("00A4040010") + ISD_R + b"\x00").hex().startswith("6f")


def test_store_data_blocks(bench: Bench) -> None:
    select_isdr(bench)
    transmit = bench.euicc.transmit
    assert transmit(bytes.fromhex("80E2110002BF3E")).hex() == "9000"
    assert transmit(bytes.fromhex("80E2910104035C015A")).hex() == "6115"
    assert transmit(bytes.fromhex("80C0000015")).hex().endswith("9000")
    assert transmit(bytes.fromhex("80E2110002BF3E")).hex() == "9000"
    assert transmit(bytes.fromhex("80E2910204035C015A")).hex() == "6a86", "block 1 was due"
    assert transmit(bytes.fromhex("80E2900003BF2E00")).hex() == "6a86", "P1"


def test_es10_needs_the_isd_r_selected(bench: Bench) -> None:
    message = bytes.fromhex("80E2910006BF3E035C015A")
    assert bench.euicc.transmit(message).hex() == "6d00"
    select_isdr(bench)
    assert bench.euicc.transmit(message).hex() == "6115"
    assert bench.euicc.transmit(bytes.fromhex("81E2910006BF3E035C015A")).hex() == "6881"
    bench.euicc.reset()
    assert bench.euicc.transmit(message).hex() == "6d00"


def test_ecasd_tells_eid_and_certificates(bench: Bench) -> None:
    ecasd = bytes.fromhex("A0000005591010FFFFFFFF8900000200")
    bench.euicc.transmit(bytes.fromhex("00A4040C10") + ecasd)
    assert bench.euicc.transmit(bytes.fromhex("00CA005A12")).hex().startswith("5a10")
    assert bench.euicc.transmit(bytes.fromhex("00CA123400")).hex() == "6a88"


def test_an_eucc_on_disk_is_the_same(bench: Bench) -> None:
    first, _ = install_both(bench)
    enable(bench, ("iccid", first))
    euicc = type(bench.euicc)
    saved = bench.euicc.save()
    again = euicc.load(saved, entropy=bench.euicc.core.entropy, clock=bench.euicc.core.clock)
    assert again.save() == saved
    assert again.card.files is again.core.registry.profiles[0].files


def test_a_message_has_at_most_256_blocks(bench: Bench) -> None:
    select_isdr(bench)
    for number in range(256):
        assert bench.euicc.transmit(bytes((0x80, 0xE2, 0x11, number, 1, 0xBF))).hex() == "9000"
    assert bench.euicc.transmit(bytes.fromhex("80E2910003BF2E00")).hex() == "6a86", "block 256, not block 0"
    assert bench.euicc.transmit(bytes.fromhex("80E2910003BF2E00")).hex() == "6115"


def test_memory_reset_waits_for_a_refresh_under_way(bench: Bench) -> None:
    first, _ = install_both(bench)
    enable(bench, ("iccid", first), refresh=True)
    value = {"resetOptions": (b"\x80", 1)}
    answer = call(bench, "EuiccMemoryResetRequest", value, "EuiccMemoryResetResponse")
    assert answer == {"resetResult": 5}
    assert len(bench.euicc.core.registry.profiles) == 2


PPR2 = (b"\x20", 3)


@pytest.mark.parametrize(
    ("allowed", "owner", "taken"),
    [
        ([{"mccMnc": bytes.fromhex("EEEEEE")}], {"mccMnc": bytes.fromhex("99F907")}, True),
        ([{"mccMnc": bytes.fromhex("99F907")}], {"mccMnc": bytes.fromhex("99F907")}, True),
        ([{"mccMnc": bytes.fromhex("99F908")}], {"mccMnc": bytes.fromhex("99F907")}, False),
        ([{"mccMnc": bytes.fromhex("EEEEEE"), "gid1": b"\x01"}], {"mccMnc": bytes.fromhex("99F907")}, False),
        (
            [{"mccMnc": bytes.fromhex("EEEEEE"), "gid1": b"\x01"}],
            {"mccMnc": bytes.fromhex("99F907"), "gid1": b"\x01"},
            True,
        ),
        ([{"mccMnc": bytes.fromhex("EEEEEE")}], None, False),
        ([], {"mccMnc": bytes.fromhex("99F907")}, False),
    ],
)
def test_policy_rules_need_the_rules_authorisation_table(
    bench: Bench, allowed: list[dict[str, bytes]], owner: dict[str, bytes] | None, taken: bool
) -> None:
    core = bench.euicc.core
    rule = {"pprIds": (b"\x60", 3), "allowedOperators": allowed, "pprFlags": (b"\x80", 1)}
    core.features = Features(rules=(rule,))
    metadata = {"profilePolicyRules": PPR2} | ({"profileOwner": owner} if owner else {})
    assert _policies_allowed(core, metadata) is taken


def test_one_key_is_kept_for_a_second_attempt_with_the_same_server(bench: Bench) -> None:
    core = bench.euicc.core
    key = one_time_key(Curve.NIST_P256, core.entropy)
    core.retained_key = RetainedKey(b"point", "2.999.10", key)
    certificate = core.identity.chains.parse(bench.smdp.identity.credentials[0].pb_certificate)
    assert download._one_time_key(core, certificate, b"point") is key
    assert download._one_time_key(core, certificate, b"other") is not key
    assert download._one_time_key(core, certificate, None) is not key
    core.retained_key = RetainedKey(b"point", "2.999.11", key)
    assert download._one_time_key(core, certificate, b"point") is not key
