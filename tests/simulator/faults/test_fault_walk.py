"""A download with each fault at each step: nothing half done, lost or done twice, and words for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from cards import InProcessLink
from cards.errors import CardError
from cards.isdr import Isdr
from simulator.crypto.ecc import Curve
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.faults import Fault, FaultyEs9, FaultyLink, Kind, Party, Plan
from simulator.faults.plan import KINDS
from simulator.lpa import InProcessEs9, Lpa, LpaError
from simulator.profile import build, describe
from simulator.smdp.core import SmdpPlus
from simulator.smdp.states import OrderState
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy, make_bench

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


NEEDS_MORE = {Kind.WRONG_CERTIFICATE, Kind.OLD_ANSWER}


@pytest.mark.parametrize("kind", sorted(KINDS[Party.SERVER] - NEEDS_MORE, key=lambda kind: kind.value))
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


def test_answers_of_an_earlier_session(test_pki: TestPki) -> None:
    other = build.build_package(describe.load_shipped("home-operator"))
    for number, function in enumerate(
        ("initiateAuthentication", "authenticateClient", "getBoundProfilePackage"), 1
    ):
        fault = Fault(Party.SERVER, Kind.OLD_ANSWER, 2, function)
        bench, plan = make_bench(test_pki, f"old {number}"), Plan((fault,))
        way = FaultyEs9(InProcessEs9(Server(bench), through_json=True), plan, sleep=lambda _: None)
        bench.smdp.add_order(other, "EARLIER")
        with Lpa(Isdr(InProcessLink(bench.euicc)), way) as lpa:
            lpa.download(f"LPA:1${ADDRESS}$EARLIER")
        bench.smdp.add_order(UPP, MATCHING_ID)
        with Lpa(Isdr(InProcessLink(bench.euicc)), way) as lpa, pytest.raises((LpaError, CardError)):
            lpa.download(CODE)
        assert plan.struck == [fault]
        assert [profile.package for profile in bench.euicc.core.registry] == [other]
        if bench.smdp.find_order(MATCHING_ID).state is OrderState.ERROR:
            bench.smdp.release_order(MATCHING_ID)
        with bench.lpa() as lpa:
            lpa.process_notifications()
            lpa.download(CODE)
        assert [profile.package for profile in bench.euicc.core.registry] == [other, UPP]


def reissued(original: CertificateAndKey, ci: CertificateAndKey, **changes: Any) -> bytes:
    """The certificate as this CI would have issued it, with some of it changed."""
    template = x509.load_der_x509_certificate(original.certificate_der)
    days = changes.get("days", 0)
    public = changes.get("public_key", template.public_key())
    builder = (
        x509.CertificateBuilder(changes.get("issuer", template.issuer), template.subject)
        .public_key(public)
        .serial_number(template.serial_number + 1)
        .not_valid_before(template.not_valid_before_utc + timedelta(days=days))
        .not_valid_after(template.not_valid_after_utc + timedelta(days=days))
    )
    for extension in template.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    key = changes.get("key", ci.require_key())
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def wrong_certificates(pki: TestPki, function: str) -> dict[str, bytes]:
    """By what is wrong with them, certificates in place of the one that the function brings."""
    branch, other = pki.branches[Curve.NIST_P256], pki.branches[Curve.BRAINPOOL_P256R1]
    right, wrong_role = branch.dp_auth, branch.dp_pb
    elsewhere = other.dp_auth
    if function == "authenticateClient":
        right, wrong_role, elsewhere = branch.dp_pb, branch.dp_auth, other.dp_pb
    assert right is not None
    assert wrong_role is not None
    assert elsewhere is not None
    foreign = TestPki.create(entropy=entropy("another pki"), now=NOW).branches[Curve.NIST_P256]
    strange = ec.generate_private_key(ec.SECP384R1())
    return {
        "expired": reissued(right, branch.ci, days=-20000),
        "not yet valid": reissued(right, branch.ci, days=20000),
        "self-signed": reissued(right, branch.ci, key=right.require_key()),
        "of a foreign CI": reissued(right, foreign.ci),
        "of another role": wrong_role.certificate_der,
        "on another curve": elsewhere.certificate_der,
        "on an unknown curve": reissued(right, branch.ci, public_key=strange.public_key()),
        "damaged": right.certificate_der[:-1] + bytes((right.certificate_der[-1] ^ 1,)),
    }


@pytest.mark.parametrize("function", ["initiateAuthentication", "authenticateClient"])
@pytest.mark.parametrize(
    "what",
    [
        "expired",
        "not yet valid",
        "self-signed",
        "of a foreign CI",
        "of another role",
        "on another curve",
        "on an unknown curve",
        "damaged",
    ],
)
def test_a_certificate_that_is_not_the_servers(test_pki: TestPki, function: str, what: str) -> None:
    certificate = wrong_certificates(test_pki, function)[what]
    fault = Fault(Party.SERVER, Kind.WRONG_CERTIFICATE, 1, function, certificate=certificate)
    said = walk(test_pki, fault)
    assert "certificate" in said or "signature" in said or "curve" in said, said
