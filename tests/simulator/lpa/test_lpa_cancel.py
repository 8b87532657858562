"""Leaving a session early, with real parties: what both sides are told, and what is left of the order
(SGP.22 §3.0.2, §5.6.5, §5.7.14)."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import rsp
from cards import InProcessLink
from cards.isdr import Isdr
from simulator.lpa import (
    AskUser,
    Decision,
    DownloadCancelled,
    InProcessEs9,
    Lpa,
    ServerProtocolError,
    ServerRefused,
)
from simulator.profile import build, describe
from simulator.smdp.metadata import ProfileMetadata, ProfileOwner
from tests.simulator.conftest import ADDRESS, Bench

UPP = build.build_package(describe.load_shipped("test-operator"))
RULED = ProfileMetadata(owner=ProfileOwner("00101"), policy_rules=("ppr1",))


class Watched(InProcessEs9):
    """Keeps the reasons that the server is told; `spoil` changes a bound profile package on its way."""

    def __init__(self, bench: Bench, spoil: Any = None) -> None:
        super().__init__(bench.smdp)
        self.reasons: list[str] = []
        self.spoil = spoil

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if function == "cancelSession":
            kind, response = message["cancelSessionResponse"]
            assert kind == "cancelSessionResponseOk", "the eUICC knew the session, and signed"
            number = response["euiccCancelSessionSigned"]["reason"]
            self.reasons += [
                name for name, value in rsp.names("CancelSessionReason").items() if value == number
            ]
        answer = super().post(address, function, message)
        if function == "getBoundProfilePackage" and self.spoil:
            answer = {**answer, "boundProfilePackage": self.spoil(answer["boundProfilePackage"])}
        return answer


def attempt(bench: Bench, es9: Watched, matching_id: str, decision: Decision | None = None) -> list[AskUser]:
    asked: list[AskUser] = []

    def consent(question: AskUser) -> Decision:
        asked.append(question)
        return decision or Decision()

    with Lpa(Isdr(InProcessLink(bench.euicc)), es9, consent=consent) as lpa:
        lpa.download(f"LPA:1${ADDRESS}${matching_id}")
    return asked


@pytest.mark.parametrize(
    ("reason", "is_order_left"),
    [("endUserRejection", False), ("postponed", True), ("timeout", True)],
)
def test_the_user_stops_it(bench: Bench, reason: str, is_order_left: bool) -> None:
    matching_id, es9 = bench.smdp.add_order(UPP), Watched(bench)
    with pytest.raises(DownloadCancelled) as caught:
        attempt(bench, es9, matching_id, Decision(False, reason=reason))
    assert (caught.value.reason, es9.reasons) == (reason, [reason])
    if is_order_left:
        attempt(bench, es9, matching_id)
    else:
        with pytest.raises(ServerRefused, match=r"8\.2\.6/3\.8"):
            attempt(bench, es9, matching_id)
    assert len(bench.euicc.core.registry.profiles) == is_order_left


def test_no_confirmation_code(bench: Bench) -> None:
    matching_id, es9 = bench.smdp.add_order(UPP, confirmation_code="12"), Watched(bench)
    with pytest.raises(DownloadCancelled, match="none was given"):
        attempt(bench, es9, matching_id)
    assert es9.reasons == ["endUserRejection"]


def test_a_package_that_arrives_damaged(bench: Bench) -> None:
    matching_id, es9 = bench.smdp.add_order(UPP), Watched(bench, lambda package: package[:-3])
    with pytest.raises(ServerProtocolError, match="no usable bound profile package"):
        attempt(bench, es9, matching_id)
    assert es9.reasons == ["loadBppExecutionError"]


def test_a_package_with_other_metadata(bench: Bench) -> None:
    def rename(package: bytes) -> bytes:
        assert package.count(b"Test operator") == 1, "metadata are not encrypted (§2.5.3)"
        return package.replace(b"Test operator", b"Best operator")

    matching_id, es9 = bench.smdp.add_order(UPP), Watched(bench, rename)
    with pytest.raises(DownloadCancelled, match="profileName"):
        attempt(bench, es9, matching_id)
    assert es9.reasons == ["metadataMismatch"]


def test_policy_rules_need_strong_consent_and_a_first_profile(bench: Bench) -> None:
    es9 = Watched(bench)
    (asked,) = attempt(bench, es9, bench.smdp.add_order(UPP, metadata=RULED))
    assert asked.strong_consent_required
    assert asked.metadata.policy_rules == ("ppr1",)
    other = build.build_package(describe.load_shipped("home-operator"))
    with pytest.raises(DownloadCancelled, match="an operational profile already"):
        attempt(bench, es9, bench.smdp.add_order(other, metadata=RULED))
    assert es9.reasons == ["pprNotAllowed"]
