"""Remote profile management end to end: operator, SM-DP+, LPA and eUICC, all real (SGP.22 v3 §2.10, §3.7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from asn1 import es2
from cards import InProcessLink
from cards.errors import CardError
from cards.isdr import Isdr
from cards.ports import EsimPorts
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.features import ALLOW_PPR2, V3, Features
from simulator.euicc.ports import Mep, MepMode
from simulator.lpa import (
    ActivationCode,
    AskRpm,
    Decision,
    EuiccRefused,
    Event,
    InProcessEs9,
    Lpa,
    LpaError,
    RpmCancelled,
    ServerRefused,
    ServerUnreachable,
)
from simulator.lpa.rpm import describe_update
from simulator.profile import build, describe
from simulator.smdp.progress import NotificationEvent
from simulator.smdp.states import RpmState
from tests.simulator.conftest import ADDRESS, NOW, clock, entropy, make_bench

OWNER = "2.999.77"


class World:
    """A bench with an eUICC of version 3, two managed profiles on it, and the operator's ES2+."""

    def __init__(self, pki: TestPki, features: Features | None = None) -> None:
        self.bench = make_bench(pki, "remote management")
        identity = EuiccIdentity.from_pki(pki, entropy=entropy("rpm, factory"), now=NOW)
        features = features or Features(svn=V3)
        self.bench.euicc = Euicc(identity, entropy=entropy("rpm, card"), clock=clock, features=features)
        self.bench.smdp.add_operator(OWNER, "operator.example.com", is_v3=True)
        for name in ("home-operator", "travel-operator"):
            upp = build.build_package(describe.load_shipped(name))
            self.bench.download(upp, rpm_owner=OWNER)
        self.home, self.travel = (str(p.iccid) for p in self.lpa().profiles())

    @property
    def smdp(self) -> Any:
        return self.bench.smdp

    def lpa(self, consent: Callable[[Any], Any] = lambda question: True, **options: Any) -> Lpa:
        es9 = InProcessEs9(self.bench.smdp, through_json=True)
        lpa = Lpa(Isdr(InProcessLink(self.bench.euicc)), es9, consent=consent, **options)
        lpa.isdr.open()
        return lpa

    def order(self, *script: dict[str, Any], **members: Any) -> str:
        """RpmOrder, through JSON as on the wire."""
        request = {
            "functionRequesterIdentifier": OWNER,
            "functionCallIdentifier": "call",
            "eid": self.bench.euicc.core.identity.eid.hex(),
            "rpmScript": list(script),
            **members,
        }
        document = json.loads(json.dumps(es2.BINDING.encode_request("rpmOrder", request)))
        answer = self.smdp.rpm_order(es2.BINDING.decode_request("rpmOrder", document))
        matching_id: str = answer["matchingId"]
        return matching_id

    def state(self, matching_id: str) -> RpmState:
        order = self.smdp.store.rpm_order_by_matching_id(matching_id)
        assert order is not None
        return order.state

    def told(self) -> list[tuple[int, str]]:
        """What the operator is to hear by HandleNotification: events and statuses."""
        messages = [json.loads(one.message) for one in self.smdp.store.undelivered()]
        return [(m["notificationEvent"], m["notificationEventStatus"]["status"]) for m in messages]

    def enabled(self) -> list[str]:
        return [str(p.iccid) for p in self.lpa().profiles() if p.is_enabled]


def command(name: str, iccid: str, **members: Any) -> dict[str, Any]:
    return {"rpmCommand": name, "iccid": iccid, **members}


@pytest.fixture
def world(test_pki: TestPki) -> World:
    return World(test_pki)


def test_enable_update_list_disable_delete(world: World) -> None:
    """What the operator orders happens on the card, and it hears of each step."""
    update = {"profileName": "Renamed from afar"}
    matching_id = world.order(
        command("enable", world.home),
        command("updateMetadata", world.home, updateMetadataRequest=update),
        {"rpmCommand": "listProfileInfo", "profileOwnerOid": OWNER, "tagList": bytes.fromhex("5A9F7092")},
    )
    (result,) = world.lpa().manage(ADDRESS)
    assert [outcome.result for outcome in result.outcomes] == ["ok", "ok", "ok"]
    listed = {str(p.iccid): (p.is_enabled, p.name) for p in result.outcomes[2].profiles}
    assert listed[world.home] == (True, "Renamed from afar")
    assert set(listed) == {world.home, world.travel}
    assert result.notification_error is None
    assert world.enabled() == [world.home]
    assert world.bench.euicc.cards[0].files is not None
    assert world.state(matching_id) is RpmState.EXECUTED
    assert not world.lpa().notifications()
    done = [(one.event, one.is_success) for one in world.smdp.notifications()][-2:]
    assert done == [("rpm-enable", True), ("rpm-result", True)]

    matching_id = world.order(command("disable", world.home), command("delete", world.home))
    (result,) = world.lpa().manage(ADDRESS)
    assert [outcome.result for outcome in result.outcomes] == ["ok", "ok"]
    assert [str(p.iccid) for p in world.lpa().profiles()] == [world.travel]
    assert world.state(matching_id) is RpmState.EXECUTED
    events = [event for event, status in world.told() if status == "Executed-Success"]
    assert events[-4:] == [
        NotificationEvent.RPM_DOWNLOAD,
        NotificationEvent.DISABLED,
        NotificationEvent.DELETED,
        NotificationEvent.RPM_EXECUTION,
    ]


@pytest.mark.parametrize(
    ("decision", "reason", "state"),
    [
        (False, "endUserRejection", RpmState.ERROR),
        (Decision(accepted=False, reason="postponed"), "postponed", RpmState.RELEASED),
        (Decision(accepted=False, reason="timeout"), "timeout", RpmState.RELEASED),
    ],
)
def test_the_user_says_no(world: World, decision: Any, reason: str, state: RpmState) -> None:
    matching_id = world.order(command("enable", world.home))
    with pytest.raises(RpmCancelled, match=reason) as caught:
        world.lpa(lambda question: decision).manage(ADDRESS)
    assert caught.value.reason == reason
    assert world.state(matching_id) is state
    assert world.enabled() == []
    assert world.told()[-1] == (NotificationEvent.RPM_DOWNLOAD, "Failed")
    assert world.bench.euicc.core.session is None


def test_what_the_user_is_asked(world: World) -> None:
    questions: list[AskRpm] = []

    def consent(question: Any) -> bool:
        questions.append(question)
        return True

    world.order(command("enable", world.home), {"rpmCommand": "listProfileInfo", "profileOwnerOid": OWNER})
    world.order(command("delete", world.travel))
    results = world.lpa(consent).manage(ADDRESS)
    first, second = questions
    assert [one.name for one in first.commands] == ["enable", "listProfileInfo"]
    profile = first.commands[0].profile
    assert profile is not None
    assert (str(profile.iccid), first.commands[1].iccid) == (world.home, None)
    assert [one.strong_consent_required for one in questions] == [False, True]
    assert [one.is_pending for one in results] == [True, False]
    assert [str(one.iccid) for one in second.commands] == [world.travel]


def test_a_script_of_several_packages_runs_through(world: World) -> None:
    steps = ["enable", "disable", "enable", "disable", "delete"]
    matching_id = world.order(*(command(step, world.home) for step in steps))
    results = world.lpa().manage(ADDRESS)
    assert [[command.name for command in one.commands] for one in results] == [
        ["enable"],
        ["disable", "enable"],
        ["disable", "delete"],
    ]
    assert world.state(matching_id) is RpmState.EXECUTED
    assert [str(p.iccid) for p in world.lpa().profiles()] == [world.travel]


def test_a_failure_ends_the_script(world: World) -> None:
    matching_id = world.order(command("disable", world.home), command("delete", world.home))
    (result,) = world.lpa().manage(ADDRESS)
    (outcome,) = result.outcomes
    assert (outcome.result, outcome.is_good) == ("profileNotInEnabledState", False)
    assert outcome.words == "the profile is not enabled"
    assert world.state(matching_id) is RpmState.ERROR
    assert len(world.lpa().profiles()) == 2


def test_switched_off_by_the_user(world: World) -> None:
    matching_id = world.order(command("enable", world.home))
    with pytest.raises(RpmCancelled, match="rpmDisabled"):
        world.lpa(allows_rpm=False).manage(ADDRESS)
    assert world.state(matching_id) is RpmState.ERROR


@pytest.mark.parametrize(
    ("rule", "script"),
    [
        (1, lambda w: [command("disable", w.home)]),
        (1, lambda w: [command("enable", w.travel)]),
        (2, lambda w: [command("delete", w.home)]),
    ],
)
def test_policy_rules_are_in_the_way(world: World, rule: int, script: Any) -> None:
    with world.lpa() as lpa:
        lpa.enable(world.home)
    world.bench.euicc.reset()
    home = next(p for p in world.bench.euicc.core.registry if p.is_enabled)
    home.metadata = home.metadata | {"profilePolicyRules": (bytes((0x80 >> rule,)), rule + 1)}
    matching_id = world.order(*script(world))
    with pytest.raises(RpmCancelled, match=f"ppr{rule}") as caught:
        world.lpa().manage(ADDRESS)
    assert caught.value.reason == "pprNotAllowed"
    assert world.state(matching_id) is RpmState.ERROR
    assert world.enabled() == [world.home]


def test_a_package_that_nobody_knows(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server sends a command of a later version: neither is the user asked nor the eUICC."""
    matching_id = world.order(command("enable", world.home))
    original = world.smdp.authenticate_client

    def meddled(request: Any) -> Any:
        answer = original(request)
        signed = answer["smdpSigned3"]
        members = {**signed, "rpmPackage": [{"rpmCommandDetails": ("...", b"\xa9\x00")}]}
        return {**answer, "smdpSigned3": type(signed)(members, signed.raw)}

    monkeypatch.setattr(world.smdp, "authenticate_client", meddled)
    lpa = Lpa(Isdr(InProcessLink(world.bench.euicc)), InProcessEs9(world.smdp))
    with pytest.raises(RpmCancelled, match="invalidRpmPackage"):
        lpa.manage(ADDRESS)
    assert world.state(matching_id) is RpmState.ERROR


def test_a_package_that_was_changed_on_its_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The eUICC sees it; its signed result says so to the server."""
    matching_id = world.order(command("delete", world.home))
    original = world.smdp.authenticate_client

    def meddled(request: Any) -> Any:
        return {**original(request), "smdpSignature3": bytes(64)}

    monkeypatch.setattr(world.smdp, "authenticate_client", meddled)
    (result,) = world.lpa().manage(ADDRESS)
    assert (result.error, result.outcomes) == ("invalidSignature", ())
    assert world.state(matching_id) is RpmState.ERROR
    assert len(world.lpa().profiles()) == 2


def test_a_card_that_stops(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    matching_id = world.order(command("enable", world.home))
    lpa = world.lpa()

    def stop(request: Any) -> Any:
        raise CardError("the card is gone")

    monkeypatch.setattr(lpa.isdr, "load_rpm_package", stop)
    with pytest.raises(RpmCancelled, match=r"loadRpmPackageError.*the card is gone"):
        lpa.manage(ADDRESS)
    assert world.state(matching_id) is RpmState.ERROR


def test_a_card_that_forgot_the_session(world: World) -> None:
    matching_id = world.order(command("enable", world.home))

    def forget(question: Any) -> bool:
        world.bench.euicc.core.session = None
        return True

    with pytest.raises(EuiccRefused, match="noSession"):
        world.lpa(forget).manage(ADDRESS)
    assert world.state(matching_id) is RpmState.DELIVERED
    (result,) = world.lpa().manage(ADDRESS)  # what was delivered and not answered is asked for again
    assert result.outcomes[0].is_good


def test_ctrl_c_leaves_the_order_open(world: World) -> None:
    matching_id = world.order(command("enable", world.home))

    def interrupt(question: Any) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(RpmCancelled, match="the order stays open"):
        world.lpa(interrupt).manage(ADDRESS)
    assert world.state(matching_id) is RpmState.RELEASED


def test_polling_addresses(world: World) -> None:
    polling = world.lpa().polling()
    assert [(str(one.iccid), one.address) for one in polling] == [
        (world.home, ADDRESS),
        (world.travel, ADDRESS),
    ]
    world.order(command("enable", world.home))
    (result,) = world.lpa().manage(polling[1])
    assert result.outcomes[0].is_good


def test_an_event_a_code_and_the_default_server(world: World) -> None:
    first = world.order(command("enable", world.home))
    assert world.lpa().manage(Event(ADDRESS, first))[0].outcomes[0].is_good
    second = world.order(command("disable", world.home))
    assert world.lpa().manage(ActivationCode(ADDRESS, second))[0].outcomes[0].is_good
    with pytest.raises(LpaError, match="no default SM-DP"):
        world.lpa().manage()
    world.lpa().set_default_smdp_address(ADDRESS)
    world.order(command("enable", world.home))
    assert world.lpa().manage()[0].outcomes[0].is_good


def test_the_lpa_chooses_the_port(test_pki: TestPki) -> None:
    """In mode MEP-A1; without a port the eUICC refuses, and the script ends."""
    world = World(test_pki, Features(svn=V3, rules=ALLOW_PPR2, mep=Mep((MepMode.A1,), 2)))
    ports = EsimPorts(InProcessLink(world.bench.euicc))
    assert ports.configure(["MEP-A1"]) == ("MEP-A1", ("MEP-A1",), 3, 2)
    es9 = InProcessEs9(world.smdp, through_json=True)
    lpa = Lpa(Isdr(ports.port(0)), es9)
    world.order(command("enable", world.home))
    assert lpa.manage(ADDRESS)[0].outcomes[0].result == "commandError"
    world.order(command("enable", world.home))
    assert lpa.manage(ADDRESS, port=2)[0].outcomes[0].is_good
    (enabled,) = [profile for profile in world.bench.euicc.core.registry if profile.is_enabled]
    assert enabled.slot == 1


def test_a_server_without_commands(world: World) -> None:
    with pytest.raises(ServerRefused) as caught:
        world.lpa().manage(ADDRESS)
    assert (caught.value.subject_code, caught.value.reason_code) == ("8.2.6", "3.8")


def test_a_result_that_the_server_does_not_take_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    matching_id = world.order(command("enable", world.home))

    def away(request: Any) -> Any:
        raise ServerUnreachable(ADDRESS, "it is away")

    with monkeypatch.context() as patch:
        patch.setattr(world.smdp, "handle_notification", away)
        (result,) = world.lpa().manage(ADDRESS)
    assert isinstance(result.notification_error, ServerUnreachable)
    waiting = world.lpa().notifications()
    assert [one.operation for one in waiting] == ["rpmenable", "loadrpmpackageresult"]
    deliveries = world.lpa().process_notifications()
    assert [one.error for one in deliveries] == [None, None]
    assert world.state(matching_id) is RpmState.EXECUTED


def test_a_download_tells_that_commands_wait(world: World) -> None:
    world.order(command("enable", world.home))
    code = world.smdp.add_order(build.build_package(describe.load_shipped("test-operator")))
    result = world.lpa().download(f"LPA:1${ADDRESS}${code}")
    assert result.rpm_pending
    world.lpa().manage(ADDRESS)
    with world.lpa() as lpa:
        lpa.delete(world.travel)
    code = world.smdp.add_order(build.build_package(describe.load_shipped("travel-operator")))
    assert not world.lpa().download(f"LPA:1${ADDRESS}${code}").rpm_pending


@pytest.mark.parametrize(
    ("features", "words"),
    [
        (Features(), "the eUICC follows SGP.22 version 2, which has no remote profile management"),
        (Features(svn=V3, rpm=False), "the eUICC does not support remote profile management"),
    ],
)
def test_an_euicc_that_cannot(test_pki: TestPki, features: Features, words: str) -> None:
    world = World(test_pki, features)
    matching_id = world.order(command("enable", world.home))
    with pytest.raises(LpaError, match=words):
        world.lpa().manage(ADDRESS)
    assert world.state(matching_id) is RpmState.RELEASED


def test_a_server_of_version_2(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows nothing of capabilities, so that it signs no session context."""
    original = world.smdp.initiate_authentication

    def of_version_2(request: dict[str, Any]) -> Any:
        info = {k: v for k, v in request["euiccInfo1"].items() if k != "euiccRspCapability"}
        return original({**request, "euiccInfo1": info})

    monkeypatch.setattr(world.smdp, "initiate_authentication", of_version_2)
    with pytest.raises(LpaError, match="version 2, which has no remote profile management"):
        world.lpa().manage(ADDRESS)


def test_updates_in_words() -> None:
    request = {"profileName": "New", "icon": b"", "iconType": 1, "tagsForDeletion": b"\xba"}
    assert describe_update({"updateMetadataRequest": request}) == "the name to 'New', icon, without BA"


def test_what_an_outcome_tells(world: World) -> None:
    """contactPcmp finds where the LPA proxy is to go."""
    home = next(p for p in world.bench.euicc.core.registry if str(p.iccid.hex()).startswith("9899"))
    home.metadata = home.metadata | {"lprConfiguration": {"pcmpAddress": "pcmp.example.com"}}
    world.order(command("enable", world.home), command("contactPcmp", world.home))
    (result,) = world.lpa().manage(ADDRESS)
    assert [one.pcmp_address for one in result.outcomes] == ["", "pcmp.example.com"]
