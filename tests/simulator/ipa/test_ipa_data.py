"""What an eIM may ask of the eUICC and the IPA; packages of its own accord (SGP.32 §2.11.1.2, §6.3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import iot
from simulator.ipa import EimFileError
from tests.simulator.conftest import ADDRESS
from tests.simulator.ipa.conftest import IotBench, ScriptedEim

TRANSACTION = b"\x0a"


def ask(bench: IotBench, tags: str, **members: Any) -> tuple[str, Any]:
    """The IpaEuiccDataResponse to a request with this tag list."""
    request = {"tagList": bytes.fromhex(tags), "eimTransactionId": TRANSACTION, **members}
    bench.eim.packages.append(("ipaEuiccDataRequest", request))
    bench.eim.results.clear()
    bench.run()
    kind, response = bench.eim.results[0]
    assert kind == "ipaEuiccDataResponse"
    return response


def data(bench: IotBench, tags: str, **members: Any) -> dict[str, Any]:
    kind, value = ask(bench, tags, **members)
    assert kind == "ipaEuiccData", value
    assert value.pop("eimTransactionId") == TRANSACTION
    found: dict[str, Any] = value
    return found


def test_every_member(direct: IotBench) -> None:
    core = direct.bench.euicc.core
    core.default_dp_address = ADDRESS
    found = data(direct, "A081A2BF20BF228384A5A6A8A9")
    credential = core.identity.credentials[0]
    assert found["defaultSmdpAddress"] == ADDRESS
    assert found["rootSmdsAddress"] == core.root_ds_address
    assert found["euiccInfo1"]["svn"] == bytes((2, 2, 2))
    assert found["euiccInfo2"]["iotSpecificInfo"]["iotVersion"] == [bytes((1, 2, 0))]
    assert found["eumCertificate"] == credential.eum_certificate
    assert found["euiccCertificate"] == credential.certificate
    assert found["deviceInfo"]["tac"] == direct.setup.device.tac
    assert found["ipaCapabilities"]["ipaFeatures"] == (b"\xf0", 4)
    assert found["notificationsList"] == found["euiccPackageResultList"] == []
    assert "associationToken" not in found, "this eIM has none"


def test_only_what_is_asked_for(direct: IotBench) -> None:
    assert data(direct, "83").keys() == {"rootSmdsAddress"}
    assert data(direct, "81") == {}, "there is no default SM-DP+"


def test_association_token(iot_bench: IotBench) -> None:
    iot_bench.associate(associationToken=-1)
    assert data(iot_bench, "84") == {"associationToken": 1}


def test_notifications_and_results_by_number(indirect: IotBench) -> None:
    indirect.eim.acknowledges = False
    with indirect.bench.lpa() as lpa:
        lpa.enable(indirect.bench.euicc.core.registry.profiles[1].aid)
        numbers = [item.sequence_number for item in lpa.notifications()]
    for tag in ("A0", "BF2B"):
        criteria = {"searchCriteriaNotification": ("seqNumber", numbers[1])}
        (found,) = data(indirect, tag, **criteria)["notificationsList"]
        assert found[1]["tbsOtherNotification"]["seqNumber"] == numbers[1]
        # The run itself has brought the notifications away: make new ones.
        with indirect.bench.lpa() as lpa:
            lpa.enable(lpa.profiles()[0 if indirect.enabled else 1].aid)
            numbers = [item.sequence_number for item in lpa.notifications()]
    operation = {
        "searchCriteriaNotification": ("profileManagementOperation", iot_event("notificationDisable"))
    }
    (found,) = data(indirect, "A0", **operation)["notificationsList"]
    assert found[1]["tbsOtherNotification"]["seqNumber"] == min(numbers)


def iot_event(name: str) -> tuple[bytes, int]:
    return iot.bits("NotificationEvent", [name])


def test_package_results_by_number(direct: IotBench) -> None:
    direct.eim.acknowledges = False
    direct.eim.add(("getRAT", {}))
    direct.eim.add(("listEim", {}))
    direct.run()
    assert direct.bench.euicc.core.iot is not None
    first, second = direct.bench.euicc.core.iot.results
    direct.eim.answers["provideEimPackageResult"] = lambda value: (
        direct.eim.results.append(value["eimPackageResult"]),
        ("provideEimPackageResultResponse", ("emptyResponse", {})),
    )[1]
    for number in (first, second):
        direct.eim.packages.append(
            (
                "ipaEuiccDataRequest",
                {"tagList": b"\xa2", "searchCriteriaEuiccPackageResult": ("seqNumber", number)},
            )
        )
    direct.run()
    responses = [value[1] for kind, value in direct.eim.results if kind == "ipaEuiccDataResponse"]
    for number, response in zip((first, second), responses, strict=True):
        ((_, result),) = response["euiccPackageResultList"]
        assert result["euiccPackageResultDataSigned"]["seqNumber"] == number


@pytest.mark.parametrize("tags", ["5A", "BF", "BF21", "A0FF", "80"])
def test_a_tag_list_that_is_none(direct: IotBench, tags: str) -> None:
    assert ask(direct, tags) == (
        "ipaEuiccDataResponseError",
        {"eimTransactionId": TRANSACTION, "ipaEuiccDataErrorCode": 1},
    )


def test_certificates_under_a_ci(direct: IotBench) -> None:
    """The identifier may be cut short at its end."""
    credential = direct.bench.euicc.core.identity.credentials[-1]
    short = credential.ci_key_id[:5]
    found = data(direct, "A6", euiccCiPKIdentifierToBeUsed=short)
    assert found["euiccCertificate"] == credential.certificate
    kind, error = ask(direct, "A6", euiccCiPKIdentifierToBeUsed=bytes(20))
    assert (kind, error["ipaEuiccDataErrorCode"]) == ("ipaEuiccDataResponseError", 5)


def test_no_data_in_an_emergency(direct: IotBench) -> None:
    profile = direct.bench.euicc.core.registry.profiles[1]
    profile.metadata = {**profile.metadata, "ecallIndication": True}
    with direct.ipa() as ipa:
        ipa.enable_emergency_profile()
    assert ask(direct, "BF20")[1]["ipaEuiccDataErrorCode"] == 104


def transfer(bench: IotBench, kind: str, value: Any) -> tuple[str, Any]:
    """The answer to a package that the eIM sends of its own accord."""
    request = ("transferEimPackageRequest", (kind, value))
    with bench.ipa() as ipa:
        octets = ipa.receive(bench.eim.eim_id, iot.encode("EsipaMessageFromEimToIpa", request))
    name, answer = iot.decode("EsipaMessageFromIpaToEim", octets)
    assert name == "transferEimPackageResponse"
    found: tuple[str, Any] = answer
    return found


def test_a_package_is_injected_and_acknowledged(direct: IotBench) -> None:
    direct.eim.add(("getRAT", {}))
    kind, (name, value) = transfer(direct, *direct.eim.packages.pop())
    assert (kind, name) == ("euiccPackageResult", "euiccPackageResultSigned")
    number = value["euiccPackageResultDataSigned"]["seqNumber"]
    assert direct.bench.euicc.core.iot is not None
    assert number in direct.bench.euicc.core.iot.results
    assert transfer(direct, "eimAcknowledgements", [number]) == ("eimPackageReceived", None)
    assert direct.bench.euicc.core.iot.results == {}


def test_an_injected_switch_brings_its_notifications(indirect: IotBench) -> None:
    indirect.eim.add(("enable", indirect.iccid(1)))
    kind, value = transfer(indirect, *indirect.eim.packages.pop())
    assert kind == "ePRAndNotifications"
    assert len(value["notificationList"]) == 2


def test_a_data_request_is_injected(direct: IotBench) -> None:
    kind, (name, value) = transfer(direct, "ipaEuiccDataRequest", {"tagList": b"\x83"})
    assert (kind, name) == ("ipaEuiccDataResponse", "ipaEuiccData")
    assert value == {"rootSmdsAddress": direct.bench.euicc.core.root_ds_address}


def test_a_download_is_injected(direct: IotBench) -> None:
    """It is received at once, and carried out when the IPA runs; the result names the transaction."""
    code = ("activationCode", direct.order())
    request = {"profileDownloadData": code, "eimTransactionId": TRANSACTION}
    kind, value = transfer(direct, "profileDownloadTriggerRequest", request)
    expected = ("eimTransactionId", TRANSACTION)
    assert (kind, value["correlationId"]) == ("eimPackageReceivedWithCid", expected)
    kind, value = transfer(direct, "profileDownloadTriggerRequest", request)
    assert (kind, value["eimPackageError"]) == ("eimPackageErrorWithCid", 127), "one at a time"
    direct.lose_power()
    direct.run()
    assert direct.eim.results[0][1]["eimTransactionId"] == TRANSACTION
    assert len(direct.bench.euicc.core.registry.profiles) == 3


def test_a_download_without_a_transaction_is_known_by_the_eid(direct: IotBench) -> None:
    request = {"profileDownloadData": ("activationCode", direct.order())}
    _, value = transfer(direct, "profileDownloadTriggerRequest", request)
    assert value["correlationId"] == ("eidValue", direct.bench.euicc.core.identity.eid)


@pytest.mark.parametrize("octets", ["", "00", "BF4F03020101", "BF4E02A500"])
def test_what_is_no_package(direct: IotBench, octets: str) -> None:
    with direct.ipa() as ipa:
        answer = ipa.receive(direct.eim.eim_id, bytes.fromhex(octets))
    assert iot.decode("EsipaMessageFromIpaToEim", answer) in (
        ("transferEimPackageResponse", ("eimPackageError", 1)),
        ("transferEimPackageResponse", ("eimPackageError", 2)),
    )


def test_only_eims_of_the_euicc(direct: IotBench) -> None:
    with direct.ipa() as ipa, pytest.raises(EimFileError, match="nobody"):
        ipa.receive("nobody", b"")


@pytest.mark.parametrize("form", ["der", "hex", "base64", "one", "of the eUICC"])
def test_files_that_introduce_eims(iot_bench: IotBench, form: str) -> None:
    import base64

    configuration = iot_bench.eim.configuration()
    octets = iot.encode("AddInitialEimRequest", {"eimConfigurationDataList": [configuration]})
    octets = {
        "der": octets,
        "hex": octets.hex().encode() + b"\n",
        "base64": base64.encodebytes(octets),
        "one": iot.encode("EimConfigurationData", configuration),
        "of the eUICC": iot.encode(
            "GetEimConfigurationDataResponse", {"eimConfigurationDataList": [configuration]}
        ),
    }[form]
    with iot_bench.ipa() as ipa:
        assert ipa.add_eims(octets) == [(iot_bench.eim.eim_id, None)]
        assert [eim.address for eim in ipa.eims()] == ["eim.example.com"]


@pytest.mark.parametrize("octets", [b"", b"\n", b"hello", b"\x30\x03\x80\x01", bytes.fromhex("BF5702A000")])
def test_files_that_introduce_nobody(iot_bench: IotBench, octets: bytes) -> None:
    with iot_bench.ipa() as ipa, pytest.raises(EimFileError):
        ipa.add_eims(octets)


def test_which_eims_are_polled(iot_bench: IotBench) -> None:
    """One without an FQDN cannot be asked, nor one that only injects."""
    nameless = ScriptedEim(iot_bench.bench, "2.999.1").configuration(eimIdType=1)
    injecting = ScriptedEim(iot_bench.bench, "push.example.com").configuration(
        eimSupportedProtocol=iot.bits("EimSupportedProtocol", ["eimInjectHttps"])
    )
    named = ScriptedEim(iot_bench.bench, "2.999.2").configuration(eimIdType=1, eimFqdn="eim.example.com:8443")
    request = {"eimConfigurationDataList": [nameless, injecting, named]}
    with iot_bench.ipa() as ipa:
        ipa.add_eims(iot.encode("AddInitialEimRequest", request))
        assert [(eim.address, eim.can_be_polled) for eim in ipa.eims()] == [
            ("", False),
            ("push.example.com", False),
            ("eim.example.com:8443", True),
        ]
        assert ipa.run_once() == []
    assert len(iot_bench.eim.received) == 1
