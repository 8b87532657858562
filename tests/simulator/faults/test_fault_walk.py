"""A download with each fault at each step: nothing half done, lost or done twice, and words for a person."""

from __future__ import annotations

from typing import Any

import pytest

from cards import InProcessLink
from cards.errors import CardError
from cards.isdr import Isdr
from simulator.crypto.pki import TestPki
from simulator.faults import Fault, FaultyEs9, FaultyLink, Kind, Party, Plan
from simulator.faults.plan import KINDS
from simulator.lpa import InProcessEs9, Lpa, LpaError
from simulator.profile import build, describe
from simulator.smdp.core import SmdpPlus
from simulator.smdp.states import OrderState
from tests.simulator.conftest import ADDRESS, Bench, clock, entropy, make_bench

UPP = build.build_package(describe.load_shipped("test-operator"))
MATCHING_ID = "FAULT-1"
CODE = f"LPA:1${ADDRESS}${MATCHING_ID}"


class Server:
    """The server behind a name, which a restart replaces over the same records."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def restart(self) -> None:
        before = self.bench.smdp
        self.bench.smdp = SmdpPlus(before.identity, before.store, entropy=entropy("again"), clock=clock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bench.smdp, name)


def attempt(bench: Bench, plan: Plan) -> str:
    """A download in the way of a plan; what a person is told if it fails, empty if it does not."""
    server = Server(bench)
    link = FaultyLink(InProcessLink(bench.euicc), plan, sleep=lambda _: None)
    way = FaultyEs9(
        InProcessEs9(server, through_json=True), plan, restart=server.restart, sleep=lambda _: None
    )
    try:
        with Lpa(Isdr(link), way) as lpa:
            result = lpa.download(CODE)
    except (LpaError, CardError) as error:
        return str(error)
    return "" if result.notification_error is None else str(result.notification_error)


def messages(test_pki: TestPki) -> dict[Party, int]:
    """How many messages a download has."""
    bench, plan = make_bench(test_pki, "count"), Plan(())
    bench.smdp.add_order(UPP, MATCHING_ID)
    assert attempt(bench, plan) == ""
    return {party: plan.count(party) for party in Party}


def check_after(bench: Bench, fault: Fault) -> None:
    """After the power came back, with a healthy way to card and server."""
    bench.euicc.reset()
    with bench.lpa() as lpa:
        assert all(delivery.error is None for delivery in lpa.process_notifications()), fault
        assert lpa.notifications() == []
    profiles = list(bench.euicc.core.registry)
    (order,) = bench.smdp.orders()
    if profiles:
        assert [profile.package for profile in profiles] == [UPP], fault
        assert order.state is OrderState.INSTALLED, fault
        return
    assert order.state in (OrderState.RELEASED, OrderState.DOWNLOADED, OrderState.ERROR), (fault, order.state)
    if order.state is OrderState.ERROR:
        bench.smdp.release_order(MATCHING_ID)
    with bench.lpa() as lpa:
        lpa.download(CODE)
    assert [profile.package for profile in bench.euicc.core.registry] == [UPP], fault
    assert bench.smdp.orders()[0].state is OrderState.INSTALLED, fault
    assert len(bench.smdp.notifications()) <= 2


def walk(test_pki: TestPki, fault: Fault) -> str:
    bench, plan = make_bench(test_pki, "walk"), Plan((fault,))
    bench.smdp.add_order(UPP, MATCHING_ID)
    said = attempt(bench, plan)
    assert plan.struck == [fault]
    assert bench.faults == []
    check_after(bench, fault)
    return said


@pytest.mark.parametrize("kind", sorted(KINDS[Party.SERVER], key=lambda kind: kind.value))
def test_every_message_to_the_server(test_pki: TestPki, kind: Kind) -> None:
    for number in range(1, messages(test_pki)[Party.SERVER] + 1):
        for byte in (-1, 60, 200) if "corrupt" in kind.value else (-1,):
            said = walk(test_pki, Fault(Party.SERVER, kind, number, byte=byte))
            if kind in (Kind.DROP_REQUEST, Kind.DROP_RESPONSE):
                assert "cannot be reached: the connection broke off" in said
            if kind in (Kind.DELAY, Kind.RESTART):
                assert said == ""


@pytest.mark.parametrize("kind", sorted(KINDS[Party.CARD], key=lambda kind: kind.value))
def test_apdus_with_the_card(test_pki: TestPki, kind: Kind) -> None:
    """Every APDU up to the package and after it, and a sample of the many that carry the package."""
    count = messages(test_pki)[Party.CARD]
    numbers = [*range(1, 30), *range(30, count - 12, 17), *range(count - 12, count + 1)]
    for number in numbers:
        said = walk(test_pki, Fault(Party.CARD, kind, number))
        if kind in (Kind.DROP_REQUEST, Kind.DROP_RESPONSE, Kind.POWER_OFF_BEFORE, Kind.POWER_OFF_AFTER):
            assert "the card does not answer" in said or number > count - 6, (number, said)
        if kind is Kind.DELAY:
            assert said == ""
