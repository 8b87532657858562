"""ESipa as it goes over the wire, both bindings; whom an IPA trusts; and the compact forms (SGP.32 §6)."""

from __future__ import annotations

import json
import ssl
from typing import Any

import httpx2
import pytest

from asn1 import esipa, iot
from simulator.crypto.pki import TestPki
from simulator.ipa import Eim, EimProtocolError, EimRefused, EimUnreachable, EsipaClient
from simulator.ipa.compact import compact_notification
from simulator.ipa.errors import ERROR_WORDS
from simulator.ipa.esipa import eim_context
from simulator.lpa import LpaError
from tests.simulator.ipa.conftest import IotBench, Proxy
from tests.simulator.ipa.test_ipa_data import data
from tests.simulator.ipa.test_ipa_downloads import answers, ask_for, is_success

EIM = Eim({"eimId": "eim.example.com", "eimIdType": 2})
EID = bytes.fromhex("89049032123451234512345678901235")


def client(handler: Any, **options: Any) -> EsipaClient:
    return EsipaClient(transport=httpx2.MockTransport(handler), **options)


def test_a_request_in_asn1() -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, content=bytes.fromhex("BF4F03020101"))

    with client(handler) as way:
        assert way.post(EIM, "getEimPackage", {"eidValue": EID}) == ("eimPackageError", 1)
        assert (way.sent, way.received) == (21, 6)
    (request,) = seen
    assert str(request.url) == "https://eim.example.com/gsma/rsp2/asn1"
    assert request.headers["User-Agent"] == "gsma-rsp-ipad"
    assert request.headers["Content-Type"] == "application/x-gsma-rsp-asn1"
    assert request.headers["X-Admin-Protocol"].startswith("gsma/rsp/v2.")
    assert request.content.hex().upper() == "BF4F125A10" + EID.hex().upper()


def test_a_request_in_json() -> None:
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={**HEADER, "eimPackageError": 1})

    with client(handler, binding="json") as way:
        message = {"eidValue": EID, "notifyStateChange": None, "stateChangeCause": 1}
        assert way.post(EIM, "getEimPackage", message) == ("eimPackageError", 1)
    (request,) = seen
    assert str(request.url) == "https://eim.example.com/gsma/rsp2/esipa/getEimPackage"
    assert request.headers["Content-Type"].startswith("application/json")
    assert json.loads(request.content) == {
        "eidValue": EID.hex(),
        "notifyStateChange": True,
        "stateChangeCause": 1,
    }


HEADER = {"header": {"functionExecutionStatus": {"status": "Executed-Success"}}}
FAILED = {
    "header": {
        "functionExecutionStatus": {
            "status": "Failed",
            "statusCodeData": {"subjectCode": "1.6", "reasonCode": "2.1", "message": "no"},
        }
    }
}


@pytest.mark.parametrize(
    ("binding", "status", "body", "error", "words"),
    [
        ("asn1", 200, b"", EimProtocolError, "not usable"),
        ("asn1", 200, b"\xbf\x4f", EimProtocolError, "not usable"),
        (
            "asn1",
            200,
            bytes.fromhex("BF50023000"),
            EimProtocolError,
            "with a provideEimPackageResultResponse",
        ),
        ("asn1", 404, b"", EimProtocolError, "HTTP status 404"),
        ("asn1", 503, b"", EimUnreachable, "HTTP status 503"),
        ("json", 200, b"no JSON", EimProtocolError, "not usable"),
        ("json", 200, json.dumps(HEADER).encode(), EimProtocolError, "not usable"),
        ("json", 200, json.dumps(FAILED).encode(), EimRefused, "1.6/2.1 no"),
    ],
)
def test_answers_that_are_none(
    binding: str, status: int, body: bytes, error: type[Exception], words: str
) -> None:
    way = client(lambda request: httpx2.Response(status, content=body), binding=binding)
    with way, pytest.raises(error, match=words):
        way.post(EIM, "getEimPackage", {"eidValue": EID})


def test_a_notification_is_not_answered(indirect: IotBench) -> None:
    with indirect.bench.lpa() as lpa:
        lpa.enable(indirect.bench.euicc.core.registry.profiles[1].aid)
    with indirect.ipa() as ipa:
        pending = ipa.isdr.retrieve_pending_notifications()[0]
    for binding in ("asn1", "json"):
        with client(lambda request: httpx2.Response(204), binding=binding) as way:
            message = ("pendingNotification", pending)
            assert way.post(EIM, "handleNotification", message) is None


def test_a_message_that_cannot_be_sent() -> None:
    way = client(lambda request: httpx2.Response(204))
    with way, pytest.raises(EimProtocolError, match="cannot be sent"):
        way.post(EIM, "getEimPackage", {"eidValue": b"\x01"})


def test_nobody_listens() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no route")

    with client(handler) as way, pytest.raises(EimUnreachable, match=r"eim\.example\.com cannot be reached"):
        way.post(EIM, "getEimPackage", {"eidValue": EID})


def test_an_eim_that_listens_elsewhere() -> None:
    def handler(request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == "127.0.0.1"
        assert request.headers["Host"] == "eim.example.com"
        assert request.extensions["sni_hostname"] == "eim.example.com"
        return httpx2.Response(200, content=bytes.fromhex("BF4F03020101"))

    with client(handler, connect_to={"eim.example.com": "127.0.0.1:8447"}) as way:
        way.post(EIM, "getEimPackage", {"eidValue": EID})


def test_whom_to_trust(test_pki: TestPki) -> None:
    certificate = test_pki.anchors[0]
    trusting = Eim({**EIM.data, "trustedPublicKeyDataTls": ("trustedCertificateTls", certificate)})
    context = eim_context(trusting, ())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.get_ca_certs(binary_form=True) == [certificate]
    by_ci = eim_context(EIM, test_pki.anchors)
    assert sorted(by_ci.get_ca_certs(binary_form=True)) == sorted(test_pki.anchors)
    assert eim_context(trusting, (), verify=False).verify_mode is ssl.CERT_NONE
    broken = Eim({**EIM.data, "trustedPublicKeyDataTls": ("trustedCertificateTls", b"\x30\x00")})
    with pytest.raises(LpaError, match="is unusable"):
        eim_context(broken, ())


def test_every_error_has_words() -> None:
    """Names of errors of ESipa that an IPA may be answered with."""
    for function, shape in esipa.SHAPES.items():
        if shape.error:
            assert esipa.error_codes(function).keys() - {"deprecated"} <= ERROR_WORDS.keys()
    for path in (
        "GetEimPackageResponse.eimPackageError",
        "ProvideEimPackageResultResponse.provideEimPackageResultError",
    ):
        assert iot.names(path).keys() <= ERROR_WORDS.keys()


# --- compact forms ------------------------------------------------------------------------------------


def sent(bench: IotBench, alternative: str) -> Any:
    return [value for name, value in bench.eim.received if name == alternative][-1]


def test_compact_only_as_far_as_the_eim_knows(indirect: IotBench) -> None:
    """Nothing is left out that this eIM has not got: not at first, and not for another eUICC's data."""
    indirect.setup.compact = True
    Proxy(indirect.eim)
    indirect.eim.answers["authenticateClientRequestEsipa"] = lambda value: (
        "authenticateClientResponseEsipa",
        ("authenticateClientErrorEsipa", 127),
    )
    ask_for(indirect, ("activationCode", indirect.order()))
    indirect.run()
    assert "euiccInfo1" in sent(indirect, "initiateAuthenticationRequestEsipa")
    kind, value = sent(indirect, "authenticateClientRequestEsipa")["authenticateServerResponse"]
    assert kind == "compactAuthenticateResponseOk"
    assert value["signedData"][0] == "euiccSigned1"
    assert {"euiccCertificate", "eumCertificate"} <= value.keys()


def test_compact_when_the_eim_knows_it_all(indirect: IotBench) -> None:
    indirect.setup.compact = True
    found = data(indirect, "BF20BF22A5A6A8")
    assert found["ipaCapabilities"]["ipaFeatures"] == (b"\xf4", 6), "minimizeEsipaBytes"
    Proxy(indirect.eim, known_info1=found["euiccInfo1"])
    indirect.eim.answers["authenticateClientRequestEsipa"] = lambda value: (
        "authenticateClientResponseEsipa",
        ("authenticateClientErrorEsipa", 127),
    )
    ask_for(indirect, ("activationCode", indirect.order()))
    indirect.run()
    assert "euiccInfo1" not in sent(indirect, "initiateAuthenticationRequestEsipa")
    _, value = sent(indirect, "authenticateClientRequestEsipa")["authenticateServerResponse"]
    assert value.keys() == {"signedData", "euiccSignature1"}
    kind, signed = value["signedData"]
    assert (kind, signed.keys()) == ("compactEuiccSigned1", {"extCardResource", "ctxParams1"})


def test_compact_notifications(indirect: IotBench) -> None:
    indirect.setup.compact = True
    data(indirect, "A5A6")
    with indirect.bench.lpa() as lpa:
        lpa.enable(indirect.bench.euicc.core.registry.profiles[1].aid)
    indirect.run()
    kind, (form, value) = sent(indirect, "handleNotificationEsipa")
    assert (kind, form) == ("pendingNotification", "compactOtherSignedNotification")
    assert value["eidValue"] == EID
    assert "euiccCertificate" not in value


def test_a_compact_installation_result(direct: IotBench) -> None:
    ask_for(direct, ("activationCode", direct.order()))
    direct.run()
    whole = answers(direct)[0]
    assert is_success(whole)
    kind, value = compact_notification(whole)
    assert kind == "compactProfileInstallationResult"
    short = value["compactProfileInstallationResultData"]
    aid = direct.bench.euicc.core.registry.profiles[2].aid
    assert short["compactFinalResult"] == ("compactSuccessResult", {"compactAid": aid[13:15]})
    assert short["iccidPresent"] is True
    assert len(iot.encode("IotPendingNotification", (kind, value))) == 100


def test_a_compact_result_leaves_nothing_out_that_it_cannot_tell(direct: IotBench) -> None:
    ask_for(direct, ("activationCode", direct.order()))
    direct.run()
    kind, value = answers(direct)[0]
    changed = dict(value["profileInstallationResultData"])
    changed["finalResult"] = ("successResult", {"aid": bytes(16), "simaResponse": b""})
    other = (kind, {**value, "profileInstallationResultData": changed})
    assert compact_notification(other) == other
    changed["finalResult"] = ("errorResult", {"bppCommandId": 0, "errorReason": 1})
    _, short = compact_notification(other)
    assert short["compactProfileInstallationResultData"]["compactFinalResult"][0] == "errorResult"
    remark = bytes.fromhex("3009A007300580010181 0103".replace(" ", ""))
    changed["finalResult"] = (
        "successResult",
        {"aid": bytes.fromhex("A0000005591010FFFFFFFF8900001000"), "simaResponse": remark},
    )
    _, short = compact_notification(other)
    final = short["compactProfileInstallationResultData"]["compactFinalResult"][1]
    assert final == {"compactAid": b"\x00\x10", "simaResponse": remark}
