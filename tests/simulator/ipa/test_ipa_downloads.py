"""Profile downloads that an eIM asks for: directly, and by way of it (SGP.32 §3.2.3)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from asn1 import iot
from cards.isdr.iot_errors import ImmediateEnableError
from simulator.ipa import EimProtocolError, EimRefused, EmergencyActive, UnusablePackage
from simulator.lpa import DownloadCancelled, EuiccRefused, InstallationFailed, LpaError, Patience
from tests.simulator.conftest import ADDRESS
from tests.simulator.ipa.conftest import IotBench, Proxy
from tests.simulator.lpa.test_discovery import OPERATOR, ROOT, Internet, Wire, make_ds

TRANSACTION = b"\x07\x08"


def ask_for(bench: IotBench, data: tuple[str, Any] | None) -> None:
    request: dict[str, Any] = {"eimTransactionId": TRANSACTION}
    if data is not None:
        request["profileDownloadData"] = data
    bench.eim.packages.append(("profileDownloadTriggerRequest", request))


def answers(bench: IotBench) -> list[tuple[str, Any]]:
    """What the eIM hears of downloads; each names the transaction."""
    found = []
    for kind, value in bench.eim.results:
        assert kind == "profileDownloadTriggerResult"
        assert value["eimTransactionId"] == TRANSACTION
        found.append(value["profileDownloadTriggerResultData"])
    return found


def is_success(answer: tuple[str, Any]) -> bool:
    kind, value = answer
    final: tuple[str, Any] = value["profileInstallationResultData"]["finalResult"]
    return kind == "profileInstallationResult" and final[0] == "successResult"


def profiles(bench: IotBench) -> int:
    return len(bench.bench.euicc.core.registry.profiles)


def waiting(bench: IotBench) -> dict[str, int]:
    with bench.ipa() as ipa:
        return ipa.waiting()


def test_direct_with_an_activation_code(direct: IotBench) -> None:
    code = direct.order()
    ask_for(direct, ("activationCode", code))
    (handled,) = direct.run()
    assert handled.error is None
    assert handled.done[0].startswith("installed 89")
    (answer,) = answers(direct)
    assert is_success(answer)
    assert profiles(direct) == 3
    # The SM-DP+ has heard of it from the IPA, so that nothing waits.
    assert waiting(direct) == {"package_results": 0, "notifications": 0, "memory": 0}


def test_direct_from_the_default_smdp(direct: IotBench) -> None:
    from simulator.profile import build, describe

    eid = direct.bench.euicc.core.identity.eid
    package = build.build_package(describe.load_shipped("travel-operator"))
    direct.bench.smdp.add_order(package, eid=eid, matching_id="")
    direct.bench.euicc.core.default_dp_address = ADDRESS
    ask_for(direct, ("contactDefaultSmdp", None))
    (handled,) = direct.run()
    assert handled.error is None, handled.error
    assert profiles(direct) == 3


def test_direct_without_a_default_smdp(direct: IotBench) -> None:
    ask_for(direct, ("contactDefaultSmdp", None))
    assert isinstance(direct.run()[0].error, LpaError)
    assert answers(direct) == [("profileDownloadError", {"profileDownloadErrorReason": 127})]


@pytest.mark.parametrize("data", [None, ("activationCode", "no code"), ("activationCode", "1$")])
def test_direct_with_too_little_to_go_by(direct: IotBench, data: tuple[str, Any] | None) -> None:
    """§3.2.3.1 steps 3 and 4: invalidPackageFormat, and the procedure stops."""
    ask_for(direct, data)
    assert isinstance(direct.run()[0].error, UnusablePackage)
    assert direct.eim.results == [
        ("eimPackageResultResponseError", {"eimTransactionId": TRANSACTION, "eimPackageResultErrorCode": 1})
    ]
    assert waiting(direct)["memory"] == 0


def test_direct_refused_by_the_server(direct: IotBench) -> None:
    ask_for(direct, ("activationCode", f"1${ADDRESS}$UNKNOWN"))
    error = direct.run()[0].error
    assert isinstance(error, LpaError)
    assert "8.2.6/3.8" in str(error)
    assert answers(direct) == [("profileDownloadError", {"profileDownloadErrorReason": 127})]


def test_direct_with_a_confirmation_code(direct: IotBench) -> None:
    code = direct.order(confirmation_code="1234")
    direct.setup.confirmation_code = "1234"
    ask_for(direct, ("activationCode", code))
    assert direct.run()[0].error is None
    assert is_success(answers(direct)[0])


@pytest.mark.parametrize("mode", ["direct", "indirect"])
def test_a_failed_installation_is_told_as_it_is(mode: str, request: pytest.FixtureRequest) -> None:
    bench: IotBench = request.getfixturevalue(mode)
    Proxy(bench.eim)
    ask_for(bench, ("activationCode", bench.order("home-operator")))
    error = bench.run()[0].error
    assert isinstance(error, InstallationFailed)
    (answer,) = answers(bench)
    assert answer[0] == "profileInstallationResult"
    result = answer[1]["profileInstallationResultData"]["finalResult"]
    assert result[0] == "errorResult"
    assert waiting(bench)["notifications"] == 0


def test_indirect(indirect: IotBench) -> None:
    Proxy(indirect.eim)
    ask_for(indirect, ("activationCode", indirect.order()))
    (handled,) = indirect.run()
    assert handled.error is None, handled.error
    assert is_success(answers(indirect)[0])
    assert profiles(indirect) == 3
    opening = next(v for n, v in indirect.eim.received if n == "initiateAuthenticationRequestEsipa")
    assert opening["smdpAddress"] == ADDRESS
    assert opening["eimTransactionId"] == TRANSACTION
    # The SM-DP+ is to hear of it from the eIM, which has acknowledged the notification.
    assert waiting(indirect) == {"package_results": 0, "notifications": 0, "memory": 0}


def test_indirect_where_the_eim_knows_everything(indirect: IotBench) -> None:
    """eimDownloadDataHandling, eimCtxParams1Generation: address and matching id are the eIM's."""
    matching_id = indirect.order().rpartition("$")[2]
    context = {"matchingId": matching_id, "deviceInfo": indirect.setup.device.to_value()}
    Proxy(indirect.eim, ctxParams1=("ctxParamsForCommonAuthentication", context))
    ask_for(indirect, None)
    assert indirect.run()[0].error is None
    assert is_success(answers(indirect)[0])


def test_indirect_with_the_matching_id_of_the_eim(indirect: IotBench) -> None:
    Proxy(indirect.eim, matchingId=indirect.order().rpartition("$")[2])
    ask_for(indirect, None)
    assert indirect.run()[0].error is None


def test_indirect_without_metadata(indirect: IotBench) -> None:
    """An eIM that verifies the metadata itself does not pass them on."""
    Proxy(indirect.eim, profileMetaData=None)
    ask_for(indirect, ("activationCode", indirect.order()))
    (handled,) = indirect.run()
    assert handled.error is None
    assert handled.done[0].startswith("installed 89")


@pytest.mark.parametrize("who", ["eim", "ipa", "nobody"])
def test_indirect_with_a_confirmation_code(indirect: IotBench, who: str) -> None:
    code = indirect.order(confirmation_code="1234")
    proxy = Proxy(indirect.eim)
    if who == "ipa":
        indirect.setup.confirmation_code = "1234"
    if who == "eim":

        def authenticate(value: Any) -> Any:
            digest = sha256(sha256(b"1234").digest() + value["transactionId"]).digest()
            proxy.extra["hashCc"] = digest
            return proxy.authenticate(value)

        indirect.eim.answers["authenticateClientRequestEsipa"] = authenticate
    ask_for(indirect, ("activationCode", code))
    error = indirect.run()[0].error
    if who == "nobody":
        assert isinstance(error, DownloadCancelled)
        assert error.reason == "endUserRejection"
        cancelled = [v for n, v in indirect.eim.received if n == "cancelSessionRequestEsipa"]
        assert cancelled[0]["cancelSessionResponse"][0] == "cancelSessionResponseOk"
        assert answers(indirect) == [("profileDownloadError", {"profileDownloadErrorReason": 127})]
    else:
        assert error is None, error
        assert is_success(answers(indirect)[0])


ESIPA_ERRORS = [
    (function, name, code)
    for function, path in (
        ("initiateAuthentication", "initiateAuthenticationErrorEsipa"),
        ("authenticateClient", "authenticateClientErrorEsipa"),
        ("getBoundProfilePackage", "getBoundProfilePackageErrorEsipa"),
    )
    for name, code in iot.names(f"{function[:1].upper()}{function[1:]}ResponseEsipa.{path}").items()
    if name != "deprecated"
]


@pytest.mark.parametrize(("function", "name", "code"), ESIPA_ERRORS)
def test_indirect_refused(indirect: IotBench, function: str, name: str, code: int) -> None:
    """Every error of §6.3.2.1 to §6.3.2.3 by its name, in words, and the download reported as failed."""
    Proxy(indirect.eim)
    indirect.eim.answers[f"{function}RequestEsipa"] = lambda value: (
        f"{function}ResponseEsipa",
        (f"{function}ErrorEsipa", code),
    )
    ask_for(indirect, ("activationCode", indirect.order()))
    error = indirect.run()[0].error
    assert isinstance(error, EimRefused)
    assert (error.code, error.name) == (code, name)
    assert f"({name})" in str(error)
    assert f": {name} (" not in str(error), "it has words of its own"
    assert answers(indirect) == [("profileDownloadError", {"profileDownloadErrorReason": 127})]


def test_indirect_with_a_server_that_the_euicc_does_not_believe(indirect: IotBench) -> None:
    """The eIM is told what the eUICC has against it (AuthenticateServerResponse)."""
    proxy = Proxy(indirect.eim)

    def initiate(value: Any) -> Any:
        name, (kind, answer) = proxy.initiate(value)
        return name, (kind, answer | {"serverSignature1": bytes(64)})

    indirect.eim.answers["initiateAuthenticationRequestEsipa"] = initiate
    ask_for(indirect, ("activationCode", indirect.order()))
    indirect.eim.answers["authenticateClientRequestEsipa"] = lambda value: (
        "authenticateClientResponseEsipa",
        ("authenticateClientErrorEsipa", 127),
    )
    error = indirect.run()[0].error
    assert isinstance(error, EuiccRefused)
    told = next(v for n, v in indirect.eim.received if n == "authenticateClientRequestEsipa")
    kind, value = told["authenticateServerResponse"]
    assert (kind, value["authenticateErrorCode"]) == ("authenticateResponseError", 2)  # invalidSignature


def test_indirect_with_another_server_than_asked_for(indirect: IotBench) -> None:
    Proxy(indirect.eim, smdpAddress="x")
    matching_id = indirect.order().rpartition("$")[2]
    initiate = indirect.eim.answers["initiateAuthenticationRequestEsipa"]
    indirect.eim.answers["initiateAuthenticationRequestEsipa"] = lambda value: initiate(
        value | {"smdpAddress": ADDRESS}
    )
    ask_for(indirect, ("activationCode", f"1$other.example.com${matching_id}"))
    error = indirect.run()[0].error
    assert isinstance(error, EimProtocolError)
    assert "other.example.com" in str(error)


def test_indirect_after_an_interruption(indirect: IotBench) -> None:
    """The network breaks off in the middle; the download begins anew, within the IPA's patience."""
    Proxy(indirect.eim)
    indirect.setup.patience = Patience(attempts=2, pause=0.0)
    away = iter([True, False])
    indirect.eim.is_away = lambda name: name.startswith("getBoundProfilePackage") and next(away)
    ask_for(indirect, ("activationCode", indirect.order()))
    assert indirect.run()[0].error is None
    assert is_success(answers(indirect)[0])


@pytest.mark.parametrize("mode", ["direct", "indirect"])
def test_power_is_lost_before_the_result_is_told(mode: str, request: pytest.FixtureRequest) -> None:
    """The eUICC has the profile; the eIM hears of it when the IPA runs again, with its transaction."""
    bench: IotBench = request.getfixturevalue(mode)
    Proxy(bench.eim)
    ask_for(bench, ("activationCode", bench.order()))
    with bench.ipa() as ipa:
        install = ipa.isdr.load_bound_profile_package

        def cut(*arguments: Any) -> Any:
            install(*arguments)
            raise OSError("power")

        ipa.isdr.load_bound_profile_package = cut  # type: ignore[method-assign]
        with pytest.raises(OSError, match="power"):
            ipa.run_once()
    bench.lose_power()
    handled = bench.run()
    assert handled[0].done == ("brought the result of an installation before the loss of power",)
    assert is_success(answers(bench)[0])
    assert profiles(bench) == 3
    assert waiting(bench) == {"package_results": 0, "notifications": 0, "memory": 0}


def test_power_is_lost_before_the_installation(direct: IotBench) -> None:
    ask_for(direct, ("activationCode", direct.order()))
    with direct.ipa() as ipa:

        def cut(*_: Any) -> Any:
            raise OSError("power")

        ipa.isdr.prepare_download = cut  # type: ignore[method-assign]
        with pytest.raises(OSError, match="power"):
            ipa.run_once()
    direct.lose_power()
    handled = direct.run()
    assert (handled[0].what, handled[0].error) == ("interrupted download", None)
    assert is_success(answers(direct)[0])


def test_the_eim_is_away_when_the_profile_is_there(direct: IotBench) -> None:
    direct.eim.is_away = lambda name: name == "provideEimPackageResult"
    ask_for(direct, ("activationCode", direct.order()))
    direct.run()
    assert waiting(direct)["memory"] == 1
    direct.lose_power()
    direct.eim.is_away = lambda name: False
    direct.run()
    assert is_success(answers(direct)[0])
    assert waiting(direct)["memory"] == 0


def test_immediate_enable(direct: IotBench) -> None:
    """A profile of the SM-DP+ that was configured is enabled at once; the eIM hears of it (§5.9.15)."""
    direct.eim.add(("configureImmediateEnable", {"immediateEnableFlag": None}))
    direct.run()
    ask_for(direct, ("activationCode", direct.order()))
    direct.eim.results.clear()
    handled = direct.run()
    assert handled[0].done[0].endswith("and enabled it at once")
    assert direct.enabled == 2
    polls = [value for name, value in direct.eim.received if name == "getEimPackageRequest"]
    assert polls[-1]["stateChangeCause"] == 5  # immediateEnableProfile


def test_no_download_in_an_emergency(direct: IotBench) -> None:
    profile = direct.bench.euicc.core.registry.profiles[1]
    profile.metadata = {**profile.metadata, "ecallIndication": True}
    with direct.ipa() as ipa:
        ipa.enable_emergency_profile()
    ask_for(direct, ("activationCode", direct.order()))
    assert isinstance(direct.run()[0].error, EmergencyActive)
    assert answers(direct) == [("profileDownloadError", {"profileDownloadErrorReason": 104})]


def test_direct_from_the_events_of_an_sm_ds(direct: IotBench) -> None:
    """contactSmds: every event is a download, and each is told; without an event there is none."""
    from simulator.profile import build, describe

    root = make_ds(direct.bench.pki, ROOT, "2.999.15")
    direct.bench.smdp.registrars = {ROOT: Wire(root, "2.999.10")}.__getitem__
    direct.es9 = Internet({ADDRESS: direct.bench.smdp, ROOT: root})
    ask_for(direct, ("contactSmds", {}))
    assert "no event" in str(direct.run()[0].error)
    assert answers(direct) == [("profileDownloadError", {"profileDownloadErrorReason": 127})]
    direct.eim.results.clear()
    for number, name in enumerate(("travel-operator", "third")):
        text = describe.load_shipped("travel-operator")
        if name == "third":
            text = text.model_copy(update={"iccid": "8999970000000000333"})
        iccid = direct.bench.smdp.add_profile(build.build_package(text))
        eid = direct.bench.euicc.core.identity.eid.hex()
        direct.bench.smdp.download_order({**OPERATOR, "iccid": iccid, "eid": eid})
        confirmed = {"matchingId": f"EVENT-{number}", "smdsAddress": ROOT, "releaseFlag": True}
        direct.bench.smdp.confirm_order({**OPERATOR, "iccid": iccid, **confirmed})
    ask_for(direct, ("contactSmds", {"smdsAddress": ROOT}))
    (handled,) = direct.run()
    assert handled.error is None, handled.error
    assert len(handled.done) == 2
    assert [is_success(answer) for answer in answers(direct)] == [True, True]


def test_immediate_enabling_that_fails_hides_no_result(direct: IotBench) -> None:
    direct.eim.add(("configureImmediateEnable", {"immediateEnableFlag": None}))
    direct.run()
    direct.eim.results.clear()
    direct.bench.euicc.core.is_busy = lambda slot: True
    ask_for(direct, ("activationCode", direct.order()))
    error = direct.run()[0].error
    assert isinstance(error, ImmediateEnableError)
    assert error.name == "catBusy"
    assert is_success(answers(direct)[0])
