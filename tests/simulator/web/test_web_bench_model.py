"""The model of the bench, without a browser: what a person does, what passes, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cards.explain import Field
from simulator.lpa import Decision
from simulator.lpa.steps import AskUser
from simulator.smdp.states import OrderState
from simulator.web.bench import trouble
from simulator.web.bench.model import Bench
from simulator.web.bench.person import WAITING, BenchError, Pace
from simulator.web.bench.record import ACTS, ROWS, Act, Party, Recorder, Row, Said, State
from simulator.web.bench.trouble import Trouble

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OPERATOR = "telekom-de"
YES = Decision()


def make_bench(device: str = "iphone-15", *, is_on: bool = True) -> Bench:
    bench = Bench(clock=lambda: NOW, device=device)
    bench.lines.country = "de"
    if is_on:
        bench.switch_on()
    return bench


def answered(bench: Bench, action: Callable[[], None], *decisions: Decision) -> Act:
    """Run an action whose questions get these answers in turn; the act that it was."""
    left = list(decisions)
    bench.recorder.listeners.append(lambda: _reply(bench, left))
    bench.start(action)
    bench.wait()
    bench.recorder.listeners.clear()
    assert not bench.is_busy
    assert not left
    return bench.recorder.acts[-1]


def _reply(bench: Bench, left: list[Decision]) -> None:
    if bench.question is not None and left:
        bench.reply(left.pop(0))


def ordered(bench: Bench, **options: object) -> str:
    bench.order(OPERATOR, **options)  # type: ignore[arg-type]
    return bench.orders[-1].code


def downloaded(bench: Bench, *, enable: bool = False) -> Act:
    code = ordered(bench)
    return answered(bench, lambda: bench.download(code, enable=enable), YES)


def titles(act: Act) -> list[str]:
    return [row.title if isinstance(row.title, str) else row.title.key for row in act.rows]


def named(act: Act, title: str) -> Row:
    return next(row for row in act.rows if row.title == title)


def fields(row: Row) -> list[Field]:
    return [field for piece in row.pieces for field in piece.explanation.walk()]


def test_a_download_is_one_act_with_a_row_for_each_function_in_its_order() -> None:
    bench = make_bench()
    act = downloaded(bench)
    assert act.state is State.DONE
    expected = [
        "msg.scan",
        "GetEUICCInfo1",
        "GetEUICCChallenge",
        "InitiateAuthentication",
        "AuthenticateServer",
        "AuthenticateClient",
        "msg.ask",
        "msg.agreed",
        "PrepareDownload",
        "GetBoundProfilePackage",
        "LoadBoundProfilePackage, InitialiseSecureChannel",
        "LoadBoundProfilePackage, ConfigureISDP",
        "LoadBoundProfilePackage, StoreMetadata",
        "LoadBoundProfilePackage, LoadProfileElements",
        "ListNotification",
        "HandleNotification",
        "RemoveNotificationFromList",
    ]
    assert [title for title in titles(act) if title in expected] == expected
    assert named(act, "AuthenticateServer").interface == "ES10b"
    assert named(act, "InitiateAuthentication").receiver is Party.SERVER
    assert bench.state_of(bench.orders[0]) is OrderState.INSTALLED
    assert [profile.iccid for profile in bench.profiles] == [bench.orders[0].issued.iccid]


def test_the_keys_of_the_server_open_the_package_on_both_ways() -> None:
    act = downloaded(make_bench())
    for title in ("GetBoundProfilePackage", "LoadBoundProfilePackage, LoadProfileElements"):
        names = [field.name for field in fields(named(act, title))]
        assert "profile element 1" in names
        assert any("the MAC is right" in field.value for field in fields(named(act, title)))


def test_there_is_nothing_in_a_download_that_is_not_explained() -> None:
    bench = make_bench()
    act = downloaded(bench, enable=True)
    every = [field for row in act.rows for field in fields(row)]
    assert not [field for field in every if field.problem or " is no " in field.value]
    iccids = [field.value for field in every if field.name.startswith("iccid ")]
    assert set(iccids) == {str(bench.profiles[0].iccid)}


def test_every_member_of_a_message_lies_where_its_field_says() -> None:
    act = downloaded(make_bench())
    rows = [row for row in act.rows if row.interface == "ES9+"]
    assert len(rows) == 4
    for row in rows:
        explanation = row.pieces[0].explanation
        for raw, members in (
            (explanation.raw_command, explanation.command),
            (explanation.raw_answer, explanation.answer),
        ):
            document = json.loads(raw) if raw else {}
            assert [field.name for field in members] == list(document)
            for field in members:
                text = raw[field.offset : field.offset + field.length].decode()
                assert json.loads("{" + text + "}") == {field.name: document[field.name]}


def test_enabling_makes_the_phone_read_the_card_and_register() -> None:
    bench = make_bench()
    act = downloaded(bench, enable=True)
    assert act.state is State.DONE
    said = titles(act)
    assert said.index("EnableProfile") < said.index("msg.reset") < said.index("msg.reads")
    assert (
        said.index("AUTHENTICATION REQUEST") < said.index("AUTHENTICATE") < said.index("REGISTRATION ACCEPT")
    )
    service = bench.lines.service(str(bench.orders[0].issued.iccid))
    assert service is not None
    assert service.key == "line.home"


def test_a_sim_is_read_and_registered_where_the_phone_is() -> None:
    bench = make_bench()
    bench.buy_sim("att-us")
    bench.insert(bench.sims[0], 0)
    iccid = str(bench.sims[0].iccid)
    service = bench.lines.service(iccid)
    assert service is not None
    agreement = bench.world.agreement("att-us", OPERATOR)
    assert (service.key == "line.roaming") is (agreement is not None and not agreement.barred)
    bench.travel("us")
    assert bench.lines.service(iccid) == Said(
        "line.home",
        {**bench.lines.service(iccid).values, "operator": "AT&T"},  # type: ignore[union-attr]
    )
    bench.remove(bench.sims[0])
    assert bench.lines.service(iccid) is None
    assert bench.in_slot(0) is None


def test_another_sim_takes_the_slot_of_the_first() -> None:
    bench = make_bench()
    for _ in range(2):
        bench.buy_sim(OPERATOR)
    first, second = bench.sims
    assert first.iccid != second.iccid
    bench.insert(first, 0)
    bench.insert(second, 0)
    assert (first.slot, second.slot) == (None, 0)


def test_profiles_are_switched_renamed_deleted_and_reported() -> None:
    bench = make_bench()
    downloaded(bench)
    downloaded(bench)
    first, second = bench.profiles
    bench.enable(first)
    bench.enable(second)
    assert [profile.is_enabled for profile in bench.profiles] == [False, True]
    bench.disable(bench.profiles[1])
    assert bench.lines.service(str(second.iccid)) is None
    bench.rename(first, "Holidays")
    assert bench.profiles[0].label == "Holidays"
    bench.delete(bench.profiles[0])
    assert [profile.iccid for profile in bench.profiles] == [second.iccid]
    assert bench.waiting == 5
    bench.send_notifications()
    assert bench.waiting == 0
    assert bench.recorder.acts[-1].result == Said("end.notified", {"count": 5})


def test_an_enabled_profile_is_not_deleted_and_the_card_says_why() -> None:
    bench = make_bench()
    downloaded(bench, enable=True)
    bench.delete(bench.profiles[0])
    act = bench.recorder.acts[-1]
    assert act.state is State.FAILED
    row = named(act, "DeleteProfile")
    assert row.succeeded is False
    assert "profileNotInDisabledState" in row.outcome
    assert bench.profiles


@pytest.mark.parametrize(
    ("reason", "state"),
    [("endUserRejection", OrderState.ERROR), ("postponed", OrderState.RELEASED)],
)
def test_who_declines_cancels_with_the_reason(reason: str, state: OrderState) -> None:
    bench = make_bench()
    code = ordered(bench)
    act = answered(bench, lambda: bench.download(code), Decision(accepted=False, reason=reason))
    assert act.state is State.FAILED
    assert reason in str(act.result)
    assert {"CancelSession"} <= set(titles(act))
    assert bench.state_of(bench.orders[0]) is state


def test_a_wrong_confirmation_code_is_refused_and_asked_for_again() -> None:
    bench = make_bench()
    code = ordered(bench, confirmation_code="2468")
    act = answered(
        bench,
        lambda: bench.download(code),
        Decision(confirmation_code="1"),
        Decision(confirmation_code="2468"),
    )
    assert act.state is State.DONE
    refused = [row for row in act.rows if row.title == "GetBoundProfilePackage"]
    assert [row.outcome for row in refused] == ["Failed 8.2.7/3.8", "Executed-Success"]
    assert "confirmation code is wrong" in str(refused[0].why)


def test_a_policy_rule_reaches_the_user_and_is_obeyed() -> None:
    bench = make_bench()
    code = ordered(bench, ppr=("ppr1",))
    asked: list[AskUser] = []
    bench.recorder.listeners.append(
        lambda: asked.append(bench.question) if isinstance(bench.question, AskUser) else None
    )
    act = answered(bench, lambda: bench.download(code, enable=True), YES)
    assert act.state is State.DONE
    assert asked[0].metadata.policy_rules == ("ppr1",)
    bench.disable(bench.profiles[0])
    assert "disallowedByPolicy" in named(bench.recorder.acts[-1], "DisableProfile").outcome


def test_a_code_serves_once() -> None:
    bench = make_bench()
    downloaded(bench)
    bench.download(bench.orders[0].code)
    act = bench.recorder.acts[-1]
    assert act.state is State.FAILED
    assert "8.2.6/3.8" in named(act, "AuthenticateClient").outcome or "refused" in str(act.result)


@pytest.mark.parametrize(
    ("code", "why"),
    [("", "is empty"), ("LPA:1", "no '$'"), ("LPA:1$nowhere.example.com$A", "no server has this address")],
)
def test_a_code_that_leads_nowhere_gets_a_sentence(code: str, why: str) -> None:
    bench = make_bench()
    bench.download(code)
    assert bench.recorder.acts[-1].state is State.FAILED
    assert why in str(bench.recorder.acts[-1].result)


@pytest.mark.parametrize("kind", [kind for kind in trouble.KINDS if kind != "old-answer"])
def test_every_fault_strikes_and_is_shown(kind: str) -> None:
    bench = make_bench()
    code = ordered(bench)
    bench.trouble = Trouble.of(kind)
    bench.start(lambda: bench.download(code))
    bench.recorder.listeners.append(lambda: bench.reply(YES) if bench.question else None)
    if bench.question:
        bench.reply(YES)
    bench.wait()
    act = bench.recorder.acts[-1]
    faults = [row for row in act.rows if row.is_fault]
    assert len(faults) == 1
    assert act.state is State.FAILED
    assert str(act.result)
    bench.recorder.listeners.clear()
    bench.trouble = None
    assert answered(bench, lambda: bench.download(ordered(bench)), YES).state is State.DONE


def test_an_old_answer_comes_from_an_earlier_session() -> None:
    """The first session of an act has no earlier one: the answer is its own, and all goes well."""
    bench = make_bench()
    bench.trouble = Trouble("old-answer", function="initiateAuthentication")
    act = downloaded(bench)
    assert [row.title for row in act.rows if row.is_fault] == [
        Said("msg.fault", {"fault": "old-answer at initiateAuthentication 1"})
    ]


@pytest.mark.parametrize(
    ("defect", "error"),
    [
        ("EXPIRED", "invalidCertificate"),
        ("NOT_YET_VALID", "invalidCertificate"),
        ("WRONG_ROLE", "invalidCertificate"),
        ("WRONG_ISSUER", "ciPKUnknown"),
        ("WRONG_SIGNATURE", "invalidCertificate"),
        ("WRONG_KEY_USAGE", "invalidCertificate"),
    ],
)
def test_the_euicc_refuses_every_bad_certificate(defect: str, error: str) -> None:
    bench = make_bench()
    code = ordered(bench)
    bench.trouble = Trouble(trouble.CERTIFICATE_KIND, defect=defect)
    bench.download(code)
    row = named(bench.recorder.acts[-1], "AuthenticateServer")
    assert row.succeeded is False
    assert error in row.outcome
    assert bench.state_of(bench.orders[0]) is OrderState.RELEASED


def test_what_cannot_be_done_is_said() -> None:
    bench = make_bench(is_on=False)
    code = ordered(bench)
    bench.download(code)
    assert bench.recorder.acts[-1].result == Said("bench.is-off")
    bench.change_phone("iphone-6s")
    bench.switch_on()
    bench.download(code)
    assert isinstance(bench.recorder.acts[-1].result, Said)
    assert bench.recorder.acts[-1].result.key == "bench.no-euicc"
    bench.buy_sim(OPERATOR)
    bench.insert(bench.sims[0], 7)
    assert bench.recorder.acts[-1].result == Said("bench.no-slot")
    none = next(key for key, one in bench.world.operators.items() if one.esim.name == "NONE")
    bench.order(none)
    assert isinstance(bench.recorder.acts[-1].result, Said)
    assert bench.recorder.acts[-1].result.key == "bench.no-esim"


def test_only_one_action_runs_at_a_time_and_one_that_waits_ends_with_the_bench() -> None:
    bench = make_bench()
    code = ordered(bench)
    bench.start(lambda: bench.download(code))
    while bench.question is None:
        assert bench.is_busy
    for _ in range(WAITING):
        bench.start(bench.switch_off)
    with pytest.raises(BenchError):
        bench.start(bench.switch_off)
    assert bench.recorder.acts[-1].title.key == "act.download"
    bench.close()
    bench.wait()
    assert "timeout" in str(bench.recorder.acts[-1].result)


def test_an_action_waits_for_the_one_before() -> None:
    bench = make_bench()
    code = ordered(bench)
    bench.start(lambda: bench.download(code))
    bench.start(bench.switch_off)
    while bench.question is None:
        assert bench.is_busy
    bench.reply(YES)
    bench.wait()
    assert [act.title.key for act in bench.recorder.acts][-2:] == ["act.download", "act.off"]


def test_a_fault_of_ours_ends_the_act_and_not_the_bench(caplog: pytest.LogCaptureFixture) -> None:
    bench = make_bench()
    bench.lines.stop_all = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    bench.start(bench.switch_off)
    bench.wait()
    act = bench.recorder.acts[-1]
    assert (act.state, act.result) == (State.FAILED, Said("bench.our-fault"))
    assert "ZeroDivisionError" in caplog.text
    bench.start(lambda: bench.buy_sim(OPERATOR))
    bench.wait()
    assert bench.sims


def test_a_person_may_take_it_step_by_step() -> None:
    bench = make_bench()
    bench.pace = Pace.STEP
    rows: list[int] = []
    bench.recorder.listeners.append(lambda: rows.append(len(bench.recorder.acts[-1].rows)))
    bench.start(bench.switch_off)
    assert bench.is_busy
    assert not any(rows)
    bench.go_on()
    bench.wait()
    assert bench.recorder.acts[-1].state is State.DONE


def test_two_benches_share_nothing_that_changes() -> None:
    one, other = make_bench(), make_bench()
    downloaded(one)
    assert one.profiles
    assert not other.profiles
    assert not other.orders
    other.download(one.orders[0].code)
    assert "no server has this address" in str(other.recorder.acts[-1].result)


def test_the_same_seed_gives_the_same_messages() -> None:
    def messages() -> list[bytes]:
        act = downloaded(make_bench(), enable=True)
        return [piece.explanation.raw_command for row in act.rows for piece in row.pieces]

    assert messages() == messages()


def test_old_acts_and_too_many_rows_are_not_kept() -> None:
    recorder = Recorder()
    for number in range(ACTS + 3):
        recorder.begin(Said("act.on", {"phone": number}))
    assert len(recorder.acts) == ACTS
    for _ in range(ROWS + 5):
        recorder.add(Party.PHONE, Party.CARD, "again")
    act = recorder.acts[-1]
    assert (len(act.rows), act.left_out) == (ROWS, 5)
    assert recorder.row(act.rows[0].number) is act.rows[0]
    recorder.clear()
    assert recorder.row(act.rows[0].number) is None
