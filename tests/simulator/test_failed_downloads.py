"""Downloads that fail on the card: what the server is told, and that a second attempt works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from asn1 import rsp, saip
from cards import Eid, InProcessLink, Isdr
from simulator.euicc import Euicc, EuiccIdentity
from simulator.faults import Fault, FaultyEs9, FaultyLink, Kind, Party, Plan
from simulator.lpa import InProcessEs9, Lpa
from simulator.lpa.errors import DownloadInterrupted, InstallationFailed, ServerRefused
from simulator.profile import build, describe
from simulator.smdp.states import OrderState
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy


def elements() -> list[tuple[str, dict[str, Any]]]:
    return list(build.elements(describe.load_shipped("home-operator")))


def encode(parts: list[tuple[str, dict[str, Any]]]) -> bytes:
    return b"".join(saip.encode("ProfileElement", part) for part in parts)


def reported(bench: Bench) -> dict[str, Any]:
    """errorResult of the last installation result that the server has received and verified."""
    content = bench.smdp.notifications()[-1].content
    kind, result = rsp.decode("PendingNotification", content)
    assert kind == "profileInstallationResult"
    outcome, error = result["profileInstallationResultData"]["finalResult"]
    assert outcome == "errorResult"
    assert isinstance(error, dict)
    return error


@contextmanager
def damaged_segment(bench: Bench) -> Iterator[None]:
    """While it lasts, the last byte of every segment with profile data is wrong."""
    execute = bench.euicc.isdr.execute

    def damage(message: bytes) -> bytes:
        spoilt = message[:-1] + bytes((message[-1] ^ 1,)) if message[0] == 0x86 else message
        return execute(spoilt)

    bench.euicc.isdr.execute = damage  # type: ignore[method-assign]
    try:
        yield
    finally:
        bench.euicc.isdr.execute = execute  # type: ignore[method-assign]


def test_a_broken_profile_element_is_named_to_the_server(bench: Bench) -> None:
    parts = elements()
    number, usim = next((number, value) for number, (name, value) in enumerate(parts) if name == "usim")
    usim["ef-imsi"] = [("fillFileContent", bytes(10))]  # the template has 9
    with pytest.raises(InstallationFailed, match="loadProfileElements"):
        bench.download(encode(parts))
    error = reported(bench)
    assert (error["bppCommandId"], error["errorReason"]) == (5, 12)
    response = saip.decode("EUICCResponse", error["simaResponse"])
    assert response["peStatus"] == [{"status": 3, "identification": usim["usim-header"]["identification"]}]
    assert "profileInstallationAborted" in response
    assert number > 0
    assert not bench.euicc.core.registry.profiles


def test_metadata_of_another_profile(bench: Bench) -> None:
    """The package's own ICCID decides: metadata that say another make the installation fail."""
    upp = encode(elements())
    matching_id = bench.smdp.add_order(upp)
    order = bench.smdp.store.order_by_matching_id(matching_id)
    assert order is not None
    metadata = dict(rsp.decode("StoreMetadataRequest", order.profile_metadata))
    metadata["iccid"] = bytes.fromhex("98999900000000001017")
    changed = order._replace(profile_metadata=rsp.encode("StoreMetadataRequest", metadata))
    bench.smdp.store.save(changed)
    with bench.lpa() as lpa, pytest.raises(InstallationFailed):
        lpa.download(f"1${ADDRESS}${matching_id}")
    assert reported(bench)["errorReason"] == 13


def test_memory_that_runs_out(bench: Bench) -> None:
    upp = encode(elements())
    registry = bench.euicc.core.registry
    matching_id = bench.smdp.add_order(upp)
    execute = bench.euicc.isdr.execute

    def shrink(message: bytes) -> bytes:
        if message[:1] == b"\xa3":  # after the server has looked at the free memory
            registry.memory = len(upp) - 1
        return execute(message)

    bench.euicc.isdr.execute = shrink  # type: ignore[method-assign]
    with bench.lpa() as lpa, pytest.raises(InstallationFailed):
        lpa.download(f"1${ADDRESS}${matching_id}")
    assert reported(bench)["errorReason"] == 10
    assert not registry.profiles


def test_an_order_whose_package_arrived_damaged_is_not_served_again(bench: Bench) -> None:
    """The card reported an error, which ends the order (SGP.22 §3.1.3.3)."""
    matching_id = bench.smdp.add_order(encode(elements()))
    with damaged_segment(bench), bench.lpa() as lpa, pytest.raises(InstallationFailed):
        lpa.download(f"1${ADDRESS}${matching_id}")
    assert reported(bench)["errorReason"] == 8
    with bench.lpa() as lpa, pytest.raises(Exception, match=r"8\.2\.6"):
        lpa.download(f"1${ADDRESS}${matching_id}")


def test_power_lost_in_mid_package_and_the_second_attempt(bench: Bench) -> None:
    """The card kept its one-time key, the server the package bound to it: both are used again."""
    upp = encode(elements())
    matching_id = bench.smdp.add_order(upp)
    execute = bench.euicc.isdr.execute

    class PowerLostError(BaseException):
        """Passes through card and LPA alike, as if both were gone."""

    def cut(message: bytes) -> bytes:
        if message[:1] == b"\x86":
            raise PowerLostError
        return execute(message)

    bench.euicc.isdr.execute = cut  # type: ignore[method-assign]
    lpa = bench.lpa()
    lpa.isdr.open()
    with pytest.raises(PowerLostError):
        lpa.download(f"1${ADDRESS}${matching_id}")
    bench.euicc.isdr.execute = execute  # type: ignore[method-assign]
    bench.euicc.reset()
    retained = bench.euicc.core.retained_key
    assert retained is not None
    prepared: list[bytes] = []

    def watch(message: bytes) -> bytes:
        answer = execute(message)
        if message[:2] == b"\xbf\x21":
            prepared.append(answer)
        return answer

    bench.euicc.isdr.execute = watch  # type: ignore[method-assign]
    with bench.lpa() as lpa:
        lpa.download(f"1${ADDRESS}${matching_id}")
    assert retained.point in prepared[0], "the same one-time key"
    assert len(bench.euicc.core.registry.profiles) == 1
    assert bench.euicc.core.retained_key is None


def test_an_interruption_that_is_told_late_does_not_open_the_order_again(bench: Bench) -> None:
    """The eUICC reports the interruption of the first attempt before the success of the second: the profile
    is installed, and no other eUICC may have it."""
    matching_id = bench.smdp.add_order(encode(elements()))
    plan = Plan((Fault(Party.CARD, Kind.POWER_OFF_BEFORE, 30),))
    link = FaultyLink(InProcessLink(bench.euicc), plan)
    for attempt in range(2):
        with bench.lpa(link) as lpa, suppress(DownloadInterrupted):
            lpa.download(f"1${ADDRESS}${matching_id}")
            assert attempt == 1
    results = [rsp.decode("PendingNotification", one.content)[1] for one in bench.smdp.notifications()]
    outcomes = [one["profileInstallationResultData"]["finalResult"][0] for one in results]
    assert outcomes == ["errorResult", "successResult"]
    assert bench.smdp.find_order(matching_id).state is OrderState.INSTALLED
    with bench.lpa() as lpa, pytest.raises(ServerRefused, match=r"8\.2\.6/3\.8"):
        lpa.download(f"1${ADDRESS}${matching_id}")


def test_between_both_reports_nobody_else_gets_the_profile(bench: Bench) -> None:
    """The interruption has been told, the success not yet: the order is not open."""
    matching_id = bench.smdp.add_order(encode(elements()))
    plan = Plan(
        (
            Fault(Party.CARD, Kind.POWER_OFF_BEFORE, 30),
            Fault(Party.SERVER, Kind.DROP_REQUEST, 2, "handleNotification"),
        )
    )
    link, es9 = FaultyLink(InProcessLink(bench.euicc), plan), FaultyEs9(InProcessEs9(bench.smdp), plan)
    for _ in range(2):
        with Lpa(Isdr(link), es9) as lpa, suppress(DownloadInterrupted):
            lpa.download(f"1${ADDRESS}${matching_id}")
    assert len(plan.struck) == 2
    assert [one.is_success for one in bench.smdp.notifications()] == [False]
    order = bench.smdp.find_order(matching_id)
    assert order.state is OrderState.DOWNLOADED
    number = Eid.with_check_digits("890490320000000000000000000002").to_bytes()
    identity = EuiccIdentity.from_pki(bench.pki, number, entropy=entropy("other"), now=NOW)
    other = Euicc(identity, entropy=entropy("other card"), clock=clock)
    with bench.lpa(InProcessLink(other)) as lpa, pytest.raises(ServerRefused):
        lpa.download(f"1${ADDRESS}${matching_id}")
    with bench.lpa() as lpa:
        lpa.process_notifications()
    assert bench.smdp.find_order(matching_id).state is OrderState.INSTALLED
