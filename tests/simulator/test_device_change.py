"""A profile moves from card A to card B through the server, in process; and back, if B cannot have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from asn1 import es9
from cards import InProcessLink, Isdr
from cards.isdr.errors import VerifyDeviceChangeError
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.features import V3, Features
from simulator.lpa import (
    AskMove,
    Decision,
    Device,
    DeviceChangeCancelled,
    DeviceChangeDelayed,
    EuiccRefused,
    InProcessEs9,
    InstallationFailed,
    Lpa,
    LpaError,
    MovedProfile,
    NewDevice,
    Recovery,
    ServerProtocolError,
    ServerRefused,
    ServerUnreachable,
)
from simulator.lpa.errors import ProfileNotFound
from simulator.profile import build, describe
from simulator.smdp import MemoryStore, ProfileMetadata, SmdpIdentity, SmdpPlus
from simulator.smdp.device_change.policy import DeviceChangePolicy
from simulator.smdp.device_change.states import DeviceChangeState
from simulator.smdp.states import OrderState
from tests.simulator.conftest import ADDRESS, NOW, entropy

S = DeviceChangeState
EID_A = bytes.fromhex("89049032123451234512345678901235")
EID_B = bytes.fromhex("89049032000000000000000000000163")
OPERATOR = "2.999.77"
NEWEST = Features(svn=V3)
PACKAGE = build.build_package(describe.load_shipped("home-operator"))


@dataclass
class Wire:
    """The way to the server, over JSON; one function can be out of reach, answers can be changed."""

    server: SmdpPlus
    cut: frozenset[str] = frozenset()
    changes: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sent = received = 0

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if function in self.cut:
            raise ServerUnreachable(address, "cut")
        self.seen.append((function, message))
        answer = InProcessEs9(self.server, through_json=True).post(address, function, message)
        return self.changes.get(function, lambda it: it)(answer)

    def functions(self) -> list[str]:
        return [function for function, _ in self.seen]


class World:
    """Card A, card B, a server."""

    def __init__(self, pki: TestPki, *, a: Features = NEWEST, b: Features = NEWEST) -> None:
        self.pki = pki
        self.now = NOW
        self.smdp = SmdpPlus(
            SmdpIdentity.from_pki(pki, ADDRESS),
            MemoryStore(),
            entropy=entropy("server"),
            clock=lambda: self.now,
        )
        self.a, self.b = self._card(EID_A, a), self._card(EID_B, b)
        self.wire = Wire(self.smdp)
        self.asked: list[AskMove] = []
        self.decisions: list[Decision] = []

    def _card(self, eid: bytes, features: Features) -> Euicc:
        identity = EuiccIdentity.from_pki(self.pki, eid, entropy=entropy("factory"), now=NOW)
        card = Euicc(identity, entropy=entropy(eid.hex()), clock=lambda: self.now, features=features)
        card.reset()
        return card

    def agree(self, question: AskMove) -> Decision:
        self.asked.append(question)
        return self.decisions.pop(0) if self.decisions else Decision()

    def lpa(self, card: Euicc, device: Device | None = None) -> Lpa:
        return Lpa(Isdr(InProcessLink(card)), self.wire, move_consent=self.agree, device=device)

    def install(self, policy: DeviceChangePolicy | None, *, enable: bool = False, **options: Any) -> None:
        """A profile with this policy on card A."""
        matching_id = self.smdp.add_order(PACKAGE, "FIRST", device_change=policy, **options)
        with self.lpa(self.a) as lpa:
            lpa.download(f"LPA:1${ADDRESS}${matching_id}")
            if enable:
                lpa.enable(lpa.profiles()[0].iccid)
            lpa.process_notifications()

    def move(self, new: NewDevice | None = None, code: str = "", **options: Any) -> MovedProfile:
        with self.lpa(self.a, options.pop("device", None)) as lpa:
            return lpa.move(lpa.profiles()[0].iccid, new, code, **options)

    def download(self, code: Any, card: Euicc | None = None) -> None:
        with self.lpa(card or self.b) as lpa:
            assert lpa.download(code).notification_error is None

    def names(self, card: Euicc) -> list[bytes]:
        return [profile.iccid for profile in card.core.registry]

    @property
    def state(self) -> DeviceChangeState:
        return self.smdp.device_changes()[-1].state


@pytest.fixture
def make(test_pki: TestPki) -> Callable[..., World]:
    def new(policy: DeviceChangePolicy | None = None, *, enable: bool = False, **members: Any) -> World:
        world = World(test_pki)
        world.install(policy or DeviceChangePolicy(**members), enable=enable)
        return world

    return new


Make = Callable[..., World]


@pytest.mark.parametrize("enabled", [False, True], ids=["disabled", "enabled"])
@pytest.mark.parametrize("encrypts", [False, True], ids=["clear", "encrypted"])
def test_a_profile_moves(test_pki: TestPki, enabled: bool, encrypts: bool) -> None:
    world = World(test_pki, a=Features(svn=V3, encrypts_device_change=encrypts))
    world.install(DeviceChangePolicy(message="Good bye"), enable=enabled)
    (iccid,) = world.names(world.a)
    moved = world.move()
    assert [question.message for question in world.asked] == ["Good bye"]
    assert world.asked[0].profile.is_enabled is enabled
    assert moved.is_deleted
    assert world.names(world.a) == []
    assert all(delivery.error is None for delivery in moved.deliveries)
    operations = [delivery.notification.operation for delivery in moved.deliveries]
    assert operations == (["disable", "delete"] if enabled else ["delete"])
    with world.lpa(world.a) as lpa:
        assert lpa.notifications() == []
    assert moved.activation_code.delete_notification
    assert moved.recovery is None
    assert world.state is S.DELETED
    world.download(str(moved.activation_code))
    assert world.names(world.b) == [iccid]
    assert world.state is S.INSTALLED


def test_the_code_alone_tells_of_the_deletion(make: Make) -> None:
    """Card A's device cannot reach the server any more."""
    world = make()
    world.wire.cut = frozenset({"handleNotification"})
    moved = world.move()
    assert [type(delivery.error) for delivery in moved.deliveries] == [ServerUnreachable]
    world.wire.cut = frozenset()
    assert world.state is S.CONFIRMED
    bare = replace(moved.activation_code, delete_notification=b"")
    with pytest.raises(ServerRefused, match=r"8.2/1.2"):
        world.download(bare)
    world.download(moved.activation_code.qr_text)
    assert world.state is S.INSTALLED
    with world.lpa(world.a) as lpa:
        assert [delivery.error for delivery in lpa.process_notifications()] == [None], "late, and harmless"
    assert world.state is S.INSTALLED


def test_from_a_to_b_and_back(make: Make) -> None:
    world = make(requires_eid=True, requires_tac=True)
    code = world.move(NewDevice(EID_B, bytes(4))).activation_code
    with pytest.raises(ServerRefused, match=r"8.1.1/3.8"):
        world.download(code, world.a)
    world.download(code)
    world.a, world.b = world.b, world.a
    world.download(world.move(NewDevice(EID_A, bytes(4))).activation_code)
    assert [change.state for change in world.smdp.device_changes()] == [S.INSTALLED, S.INSTALLED]


def test_a_new_device_of_version_2_downloads_as_well(test_pki: TestPki) -> None:
    world = World(test_pki, b=Features())
    world.install(DeviceChangePolicy())
    world.download(world.move().activation_code)
    assert world.state is S.INSTALLED


def test_a_confirmation_code(make: Make) -> None:
    world = make(confirmation_code="4711")
    world.decisions = [Decision(confirmation_code="1"), Decision(confirmation_code="4711")]
    moved = world.move()
    assert [(q.confirmation_code_required, q.code_refused) for q in world.asked] == [
        (True, False),
        (True, True),
    ]
    assert world.wire.functions().count("initiateAuthentication") == 2, "one to download, one to move"
    world.download(moved.activation_code)


def test_a_confirmation_code_given_beforehand(make: Make) -> None:
    world = make(confirmation_code="4711")
    with pytest.raises(ServerRefused, match=r"8.2.7/3.8"):
        world.move(code="1")
    assert world.move(code="4711").is_deleted
    assert not world.asked[-1].confirmation_code_required


def test_a_user_without_a_code_or_will(make: Make) -> None:
    world = make(confirmation_code="4711")
    with pytest.raises(DeviceChangeCancelled, match="none was given") as caught:
        world.move()
    assert caught.value.reason == "endUserRejection"
    assert world.state is S.CANCELLED
    for reason, words, state in (
        ("postponed", "later", S.READY),
        ("timeout", "in time", S.READY),
        ("endUserRejection", "does not want", S.CANCELLED),
    ):
        world.decisions = [Decision(accepted=False, reason=reason)]
        with pytest.raises(DeviceChangeCancelled, match=words):
            world.move()
        assert world.state is state
    assert len(world.names(world.a)) == 1


def test_ctrl_c_tells_both_sides(make: Make) -> None:
    world = make()

    def interrupt(_: AskMove) -> Decision:
        raise KeyboardInterrupt

    with (
        Lpa(Isdr(InProcessLink(world.a)), world.wire, move_consent=interrupt) as lpa,
        pytest.raises(DeviceChangeCancelled, match="begun anew"),
    ):
        lpa.move(lpa.profiles()[0].iccid)
    assert world.wire.functions()[-1] == "cancelSession"
    assert world.state is S.READY
    assert world.a.core.session is None


# --- another profile, and patience ------------------------------------------------------------------------

OTHER_ICCID = "8949449999999990098"


class OperatorDouble:
    def __call__(self, operator: Any) -> OperatorDouble:
        return self

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        return {"newProfileIccid": OTHER_ICCID}


def waiting_world(make: Make) -> World:
    world = make()
    order = world.smdp.find_order("FIRST")
    world.smdp.store.save(order._replace(owner=OPERATOR))
    world.smdp.set_device_change("FIRST", DeviceChangePolicy(asks_operator=True, retry_minutes=2))
    world.smdp.add_operator(OPERATOR, "operator.example.com")
    world.smdp.operators = OperatorDouble()
    return world


def release_other(world: World) -> None:
    other = ProfileMetadata(iccid=OTHER_ICCID)
    world.smdp.add_order(PACKAGE, "OTHER", metadata=other)


def test_a_server_that_prepares_another_profile(make: Make) -> None:
    world = waiting_world(make)
    with pytest.raises(DeviceChangeDelayed, match="again in 2 minutes") as caught:
        world.move()
    assert caught.value.minutes == 2
    assert world.a.core.session is None
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            release_other(world)

    with world.lpa(world.a) as lpa:
        lpa._driver._sleep = sleep
        moved = lpa.move(lpa.profiles()[0].iccid, waits=True)
    assert pauses == [120.0, 120.0]
    assert world.wire.functions().count("checkProgress") == 2
    assert moved.activation_code.matching_id == "OTHER"


# --- what is refused --------------------------------------------------------------------------------------


def test_version_2_is_refused_in_a_sentence(test_pki: TestPki) -> None:
    for features, device in ((Features(), None), (Features(svn=V3), Device(lpa_svn=(2, 5, 0)))):
        world = World(test_pki, a=features)
        world.install(DeviceChangePolicy())
        before = len(world.wire.seen)
        with pytest.raises(LpaError, match=r"SGP.22 version 2, in which a profile cannot change"):
            world.move(device=device)
        assert "authenticateClient" not in world.wire.functions()[before:]


def test_a_server_of_version_2_is_refused_in_a_sentence(make: Make) -> None:
    world = make()

    def older(request: dict[str, Any]) -> dict[str, Any]:
        info = {k: v for k, v in request["euiccInfo1"].items() if k != "euiccRspCapability"}
        return {**request, "euiccInfo1": info}

    answer = world.smdp.initiate_authentication
    world.smdp.initiate_authentication = lambda request: answer(older(request))  # type: ignore[method-assign]
    with pytest.raises(LpaError, match=f"{ADDRESS} speaks SGP.22 version 2"):
        world.move()


def test_profiles_that_do_not_move(test_pki: TestPki) -> None:
    world = World(test_pki)
    world.install(None)
    with pytest.raises(LpaError, match="has not configured it"):
        world.move()
    with world.lpa(world.a) as lpa, pytest.raises(ProfileNotFound):
        lpa.move("8900000000000000009")


def test_what_the_operator_wants_to_know(make: Make) -> None:
    world = make(requires_eid=True, requires_tac=True)
    with pytest.raises(LpaError, match="wants to know the EID and the TAC of the new device"):
        world.move()
    with pytest.raises(LpaError, match="wants to know the TAC of"):
        world.move(NewDevice(EID_B))
    assert not world.smdp.device_changes()


def test_the_ci_that_the_operator_allows(test_pki: TestPki) -> None:
    branches = list(test_pki.branches.values())
    for branch in branches:
        world = World(test_pki)
        world.install(DeviceChangePolicy(allowed_ci=branch.ci_key_id.hex()))
        world.move()
        opening = next(m for f, m in reversed(world.wire.seen) if f == "initiateAuthentication")
        assert opening["euiccInfo1"]["euiccCiPKIdListForVerification"] == [branch.ci_key_id]
    world = World(test_pki)
    world.install(DeviceChangePolicy(allowed_ci="00" * 20))
    with pytest.raises(ServerRefused, match=r"8\.8\.4/3\.7"):
        world.move()


def test_a_policy_rule_keeps_the_profile_here(make: Make) -> None:
    world = make()
    profile = world.a.core.registry.profiles[0]
    profile.metadata = {**profile.metadata, "profilePolicyRules": (b"\x20", 3)}
    with pytest.raises(EuiccRefused) as caught:
        world.move()
    assert isinstance(caught.value.cause, VerifyDeviceChangeError)
    assert caught.value.cause.name == "disallowedByPolicy"
    assert len(world.names(world.a)) == 1


def damaged(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda answer: {**answer, name: bytes(64)} if name in answer else answer


@pytest.mark.parametrize(
    ("function", "member", "cause"),
    [
        ("authenticateClient", "smdpSignature4", "PrepareDeviceChange"),
        ("confirmDeviceChange", "smdpSignature5", "VerifyDeviceChange"),
    ],
)
def test_what_the_server_did_not_sign(make: Make, function: str, member: str, cause: str) -> None:
    world = make()
    world.wire.changes[function] = damaged(member)
    with pytest.raises(EuiccRefused, match=cause) as caught:
        world.move()
    assert caught.value.cause.name == "invalidSignature"
    assert len(world.names(world.a)) == 1
    world.wire.changes.clear()
    assert world.move().is_deleted, "the user may begin anew"


def test_a_delay_that_the_server_did_not_sign(make: Make) -> None:
    world = waiting_world(make)
    world.wire.changes["authenticateClient"] = damaged("smdpSignature6")
    with pytest.raises(EuiccRefused, match="VerifySmdpResponse"):
        world.move()


def test_answers_that_are_something_else(make: Make) -> None:
    world = make()
    world.wire.changes["authenticateClient"] = lambda answer: {"transactionId": answer["transactionId"]}
    with pytest.raises(ServerProtocolError, match="something else"):
        world.move()
    recovery = Recovery(*_named(world), ADDRESS)
    with world.lpa(world.a) as lpa, pytest.raises(ServerRefused, match=r"8.13/1.2"):
        lpa.recover(recovery)


def _named(world: World) -> Iterable[Any]:
    with world.lpa(world.a) as lpa:
        return [profile.iccid for profile in lpa.profiles()]


def test_every_function_of_it_goes_over_json(make: Make) -> None:
    world = make()
    world.move()
    assert set(world.wire.functions()) <= set(es9.FUNCTIONS)
    assert "confirmDeviceChange" in world.wire.functions()


# --- usingStoredAc ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("deletes", "enabled"), [(True, True), (True, False), (False, True)])
def test_a_stored_activation_code(make: Make, deletes: bool, enabled: bool) -> None:
    stored = f"1${ADDRESS}$STORED"
    world = make(DeviceChangePolicy(stored_code=stored, deletes_old=deletes), enable=enabled)
    before = len(world.wire.seen)
    moved = world.move()
    assert world.asked[0].deletes is deletes
    assert (str(moved.activation_code), moved.is_deleted) == (stored, deletes)
    assert len(world.names(world.a)) == (0 if deletes else 1)
    wanted = (["disable"] if enabled else []) + ["delete"] if deletes else []
    assert [delivery.notification.operation for delivery in moved.deliveries] == wanted
    assert set(world.wire.functions()[before:]) <= {"handleNotification"}, "no server is asked"
    world.smdp.add_order(PACKAGE, "STORED")
    world.download(moved.activation_code)


def test_a_stored_code_that_is_none(make: Make) -> None:
    world = make(DeviceChangePolicy(stored_code="hello"))
    with pytest.raises(ServerProtocolError, match="activation code that is none"):
        world.move()
    assert len(world.names(world.a)) == 1


# --- recovery ---------------------------------------------------------------------------------------------


def lost(make: Make) -> tuple[World, MovedProfile]:
    """Card B could not install the profile."""
    world = make(recovery_days=2)
    moved = world.move()
    world.b.core.registry.memory = 100_000
    order = world.smdp.find_order(moved.activation_code.matching_id)
    world.smdp.store.save(order._replace(upp=PACKAGE[: len(PACKAGE) // 2]))
    with pytest.raises(InstallationFailed):
        world.download(moved.activation_code)
    assert world.state is S.FAILED
    return world, moved


def test_a_profile_comes_back(make: Make) -> None:
    world, moved = lost(make)
    recovery = moved.recovery
    assert recovery is not None
    assert recovery.smdp_address == ADDRESS
    assert recovery.until == NOW + timedelta(days=2)
    with world.lpa(world.a) as lpa:
        result = lpa.recover(recovery)
        assert [profile.iccid for profile in lpa.profiles()] == [result.iccid] == [recovery.iccid]
    assert world.state is S.RECOVERED
    order = world.smdp.find_order(world.smdp.device_changes()[-1].recovery_order_id)
    assert order.state is OrderState.INSTALLED
    assert world.move().is_deleted, "and it may leave again"


def test_recovery_that_is_refused(make: Make) -> None:
    world, moved = lost(make)
    assert moved.recovery is not None
    with world.lpa(world.b) as lpa, pytest.raises(ServerRefused, match="did not leave"):
        lpa.recover(moved.recovery)
    world.wire.changes["authenticateClient"] = damaged("smdpSignature4")
    with world.lpa(world.a) as lpa, pytest.raises(EuiccRefused, match="VerifyProfileRecovery"):
        lpa.recover(moved.recovery)
    world.wire.changes["authenticateClient"] = lambda answer: {"transactionId": b""}
    with world.lpa(world.a) as lpa, pytest.raises(ServerProtocolError, match="recover the profile with"):
        lpa.recover(moved.recovery)
    world.wire.changes.clear()
    world.now = NOW + timedelta(days=2)
    with world.lpa(world.a) as lpa, pytest.raises(ServerRefused, match="time for it is over"):
        lpa.recover(moved.recovery)
