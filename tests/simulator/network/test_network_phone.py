"""A phone's life with a real simulated card: registration, resumption, synchronisation, rejection, limited
service, lists, toolkit and locks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from cards.errors import LinkError
from cards.identities import Imsi, Plmn
from simulator.crypto.milenage import Milenage
from simulator.network.air import Cell
from simulator.network.errors import NetworkError
from simulator.network.handset.files import eps_keys, forbidden_bytes, plmns
from simulator.network.handset.phone import Handset, Service
from simulator.network.home import Steering
from simulator.network.journal import Apdu, Event, Journal, Message, Row, Rule
from simulator.network.nas import Protocol
from simulator.network.networks import Networks
from simulator.network.world.model import Device, Rat
from simulator.network.world.queries import World
from tests.simulator.network.conftest import (
    ALPHA,
    BANDS,
    BETA,
    GAMMA,
    HOME,
    OPC,
    K,
    agreement,
    link_to,
    operator,
    sim,
    world_of,
)

IMSI = Imsi("001010123456789")
ALPHA_PLMN, BETA_PLMN, GAMMA_PLMN = Plmn("999", "70"), Plmn("999", "80"), Plmn("999", "90")


def of_rat(cells: list[Cell], *rats: Rat) -> list[Cell]:
    return [cell for cell in cells if cell.rat in rats]


def kinds(journal: Journal) -> list[str]:
    return [event.kind for event in journal]


def first(journal: Journal, kind: str) -> Event:
    return next(event for event in journal if event.kind == kind)


def device(**members: Any) -> Device:
    values: dict[str, Any] = {
        "key": "test", "maker": "Maker", "model": "Model", "market": "here", "year": 2020, "bands": BANDS,
        "sim_slots": 1, "esim": False, "profiles": 0, "enabled_profiles": 0, "active": 1, "source": "example",
    }  # fmt: skip
    return Device(**(values | members))


# --- registration and resumption ------------------------------------------------------------------------


@pytest.mark.parametrize("rat", list(Rat), ids=lambda rat: rat.name)
def test_every_technology_registers_and_writes_its_files(networks: Networks, rat: Rat) -> None:
    phone, card = Handset(networks), sim()
    assert phone.switch_on(link_to(card), of_rat(networks.cells("hm"), rat)) is Service.NORMAL
    assert phone.registration is not None
    written = {name for name, _, _ in phone.card.changes} if phone.card else set()
    expected = {
        Rat.GERAN: {"EF.LOCI", "EF.KEYS", "EF.PSLOCI", "EF.KEYSPS"},
        Rat.UTRAN: {"EF.LOCI", "EF.KEYS", "EF.PSLOCI", "EF.KEYSPS"},
        Rat.E_UTRAN: {"EF.EPSLOCI", "EF.LOCI"},  # a combined attach
        Rat.NG_RAN: {"EF.5GS3GPPLOCI", "EF.5GAUTHKEYS"},
    }[rat]
    assert written == expected


def test_the_network_and_the_card_have_the_same_keys(networks: Networks) -> None:
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("hm"), Rat.UTRAN))
    request = [
        e for e in phone.journal if e.kind == "message received" and "AUTHENTICATION REQUEST" in e.text
    ][-1]
    rand = bytes.fromhex(next(one.members["RAND"] for one in request.evidence if hasattr(one, "members")))
    _, ck, ik, _ = Milenage(K, OPC).f2345(rand)
    assert phone.data.contents["EF.KEYS"] == b"\x00" + ck + ik


def test_after_power_off_the_phone_begins_where_it_was(networks: Networks) -> None:
    card = sim()
    Handset(networks).switch_on(link_to(card), of_rat(networks.cells("vs"), Rat.E_UTRAN))
    again = Handset(networks)
    again.switch_on(link_to(card), of_rat(networks.cells("vs"), Rat.E_UTRAN))
    assert again.candidates[0].reason.name == "REGISTERED"
    assert again.registration is not None
    assert again.registration.plmn == again.candidates[0].plmn
    request = first(again.journal, "message sent")
    assert request.text.endswith("ATTACH REQUEST")


def test_with_its_temporary_identity_nobody_asks_for_the_imsi(networks: Networks) -> None:
    card, cells = sim(), of_rat(networks.cells("hm"), Rat.E_UTRAN)
    Handset(networks).switch_on(link_to(card), cells)
    before = len(networks.journal)
    Handset(networks).switch_on(link_to(card), cells)
    texts = " ".join(event.text for event in list(networks.journal)[before:])
    assert "IDENTITY REQUEST" not in texts
    networks.serving(HOME).contexts.clear()
    before = len(networks.journal)
    Handset(networks).switch_on(link_to(card), cells)
    assert "IDENTITY REQUEST" in " ".join(event.text for event in list(networks.journal)[before:])


def test_keys_may_be_used_again_where_the_network_wants_that(networks: Networks) -> None:
    card, cells = sim(), of_rat(networks.cells("hm"), Rat.UTRAN)
    networks.serving(HOME).authenticates_always = False
    Handset(networks).switch_on(link_to(card), cells)
    before = len(networks.journal)
    for _ in range(3):
        Handset(networks).switch_on(link_to(card), cells)
    assert "AUTHENTICATION" not in " ".join(event.text for event in list(networks.journal)[before:])
    for context in networks.serving(HOME).contexts.values():
        context.ksi = 5  # the network has other keys by now
    Handset(networks).switch_on(link_to(card), cells)
    assert "AUTHENTICATION" in " ".join(event.text for event in list(networks.journal)[before:])


def test_the_security_context_of_4g_is_kept_at_switch_off_and_not_valid_meanwhile(networks: Networks) -> None:
    """TS 24.301 §4.4.2.1: KASME as the network has it; marked as not valid while the phone is registered."""
    card, cells = sim(), of_rat(networks.cells("hm"), Rat.E_UTRAN)
    auc = networks.home(HOME).auc
    vectors = []
    make = auc.eps_vector
    auc.eps_vector = lambda imsi, plmn: vectors.append(make(imsi, plmn)) or vectors[-1]  # type: ignore[method-assign, func-returns-value]
    phone = Handset(networks)
    phone.switch_on(link_to(card), cells)
    phone.switch_off()

    def on_card() -> bytes:
        node = next(n for n in card.card.files.index.nodes if n.path.endswith("/6FE4") and not n.is_df)
        return card.card.files.body(node)

    assert on_card()[:5] == bytes.fromhex("A034800100")
    assert on_card()[7:39] == vectors[-1].kasme
    assert eps_keys(on_card()) == 0
    phone.switch_on(link_to(card), cells)
    assert eps_keys(on_card()) == 7
    request = [event for event in phone.journal if "ATTACH REQUEST" in event.text][-1]
    assert any(
        one.members["key set identifier"] == "0" for one in request.evidence if isinstance(one, Message)
    )


def test_no_context_of_4g_is_kept_from_a_phone_that_is_in_3g(networks: Networks) -> None:
    card, phone = sim(), Handset(networks)
    phone.switch_on(link_to(card), of_rat(networks.cells("hm"), Rat.E_UTRAN))
    phone.move(of_rat(networks.cells("hm"), Rat.UTRAN))
    before = len(phone.journal)
    phone.switch_off()
    assert len(phone.journal) == before


def test_the_keys_of_5g_are_those_of_the_network(networks: Networks) -> None:
    vectors = []
    auc = networks.home(HOME).auc
    make = auc.five_g_vector
    auc.five_g_vector = lambda imsi, plmn: vectors.append(make(imsi, plmn)) or vectors[-1]  # type: ignore[method-assign, func-returns-value]
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("hm"), Rat.NG_RAN))
    kept = phone.data.contents["EF.5GAUTHKEYS"]
    assert kept[:2] == b"\x80\x20"
    assert kept[34:68] == b"\x81\x20" + vectors[-1].kseaf


def test_emergency_numbers(networks: Networks) -> None:
    """TS 22.101 §10.1.1: of every phone, of the card, of the network; without a card there are more."""
    phone = Handset(networks)
    networks.serving(HOME).emergency_numbers = ("117",)
    phone.switch_on(link_to(sim(emergency_numbers=("112", "999"))), networks.cells("hm"))
    assert phone.emergency_numbers == ("112", "911", "999", "117")
    phone.switch_on(None, networks.cells("hm"))
    assert phone.emergency_numbers == ("112", "911", "000", "08", "110", "118", "119", "999")


def test_three_digits_of_mnc() -> None:
    world = world_of([operator("a", "hm", "310-410"), operator("b", "hm", "310-41")], [])
    networks = Networks(world, Journal(lambda: datetime_of(date(2026, 12, 1))), seed=1)
    networks.subscribe("a", Imsi("310410123456789"), Milenage(K, OPC))
    changes = {"home": [], "equivalent_home": []}
    card = sim(imsi="310410123456789", operator={"plmn": "310-410"}, networks=changes)
    phone = Handset(networks)
    phone.switch_on(link_to(card), networks.cells("hm"))
    assert phone.data.home == Plmn("310", "410")
    assert phone.registration is not None
    assert phone.registration.operator == "a"
    assert not phone.registration.is_roaming


def datetime_of(day: date) -> Any:
    from datetime import datetime, time

    return datetime.combine(day, time(9))


def test_an_equivalent_home_network_is_home(world: World, journal: Journal) -> None:
    card = sim(networks={"equivalent_home": ["999-80", "001-01"], "home": []})
    networks = Networks(world, journal, seed=1)
    networks.subscribe(HOME, IMSI, Milenage(K, OPC))
    phone = Handset(networks)
    phone.switch_on(link_to(card), networks.cells("vs"))
    assert phone.candidates[0].plmn == BETA_PLMN
    assert phone.candidates[0].reason.name == "HOME"
    networks.serving(BETA).reject_next = [(Protocol.FIVE_GMM, 11)]
    phone.switch_off()
    phone.switch_on(link_to(card), of_rat(networks.cells("vs"), Rat.NG_RAN))
    assert BETA_PLMN not in phone.data.forbidden


# --- authentication -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rat", list(Rat), ids=lambda rat: rat.name)
def test_a_network_that_lost_its_numbers_gets_them_from_the_card(networks: Networks, rat: Rat) -> None:
    card, cells = sim(), of_rat(networks.cells("hm"), rat)
    for _ in range(40):
        Handset(networks).switch_on(link_to(card), cells)
    auc = networks.home(HOME).auc
    used = auc.subscriber(IMSI).seq
    auc.add(IMSI, Milenage(K, OPC))  # a backup from before
    phone, before = Handset(networks), len(networks.journal)
    assert phone.switch_on(link_to(card), cells) is Service.NORMAL
    told = list(networks.journal)[before:]
    again = next(event for event in told if event.kind == "resynchronised")
    assert again.details["seq"] == used
    assert auc.subscriber(IMSI).seq > used
    assert any("AUTHENTICATION" in event.text and "FAILURE" in event.text for event in told)


@pytest.mark.parametrize("rat", list(Rat), ids=lambda rat: rat.name)
def test_a_network_with_another_key_is_found_out_by_the_card(networks: Networks, rat: Rat) -> None:
    networks.home(HOME).auc.add(IMSI, Milenage(K, bytes(16)))
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("hm"), rat))
    assert phone.registration is None
    wrong = [event for event in phone.journal if event.text == "the card finds the network's MAC wrong"]
    assert len(wrong) >= 3
    assert any(isinstance(one, Apdu) and one.response == b"\x98\x62" for one in wrong[0].evidence)
    assert phone.memory.is_invalid_cs or phone.memory.is_invalid_ps


@pytest.mark.parametrize("rat", list(Rat), ids=lambda rat: rat.name)
def test_a_forged_card_is_rejected(networks: Networks, rat: Rat) -> None:
    """A card whose RES is wrong: the network's expectation is spoilt on the way."""
    phone = Handset(networks)
    functions = Milenage(K, OPC)

    class Spoilt:
        def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
            return functions.f1(rand, sqn, amf)

        def f1star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
            return functions.f1star(rand, sqn, amf)

        def f2345(self, rand: bytes) -> tuple[bytes, bytes, bytes, bytes]:
            res, ck, ik, ak = functions.f2345(rand)
            return bytes(len(res)), ck, ik, ak

        def f5star(self, rand: bytes) -> bytes:
            return functions.f5star(rand)

    networks.home(HOME).auc.add(IMSI, Spoilt())
    phone.switch_on(link_to(sim()), of_rat(networks.cells("hm"), rat))
    assert phone.registration is None
    assert phone.service is Service.LIMITED
    assert phone.memory.is_card_invalid
    assert any("REJECT" in event.text for event in phone.journal if event.kind == "message received")


def test_a_vector_without_the_separation_bit_is_not_taken_in_eps(networks: Networks) -> None:
    auc = networks.home(HOME).auc
    auc.eps_vector = lambda imsi, plmn: _umts_as_eps(auc, imsi)  # type: ignore[assignment]
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("hm"), Rat.E_UTRAN))
    assert phone.registration is None
    failure = next(e for e in phone.journal if "AUTHENTICATION FAILURE" in e.text)
    assert any("#26" in one.members["cause"] for one in failure.evidence if hasattr(one, "members"))


def _umts_as_eps(auc: Any, imsi: Imsi) -> Any:
    from simulator.network.auc import EpsVector

    vector = auc.vector(imsi)
    return EpsVector(vector.rand, vector.autn, vector.xres, bytes(32))


def test_a_subscriber_that_nobody_knows(world: World, journal: Journal) -> None:
    networks = Networks(world, journal, seed=1)
    networks.home(HOME)
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("hm"), Rat.E_UTRAN))
    assert phone.service is Service.LIMITED
    assert phone.failures[0].cause.number == 8
    assert phone.failures[0].why == "Home has no subscriber 001010123456789"


# --- rejection and lists --------------------------------------------------------------------------------


def test_a_network_without_agreement_goes_onto_the_forbidden_list(networks: Networks) -> None:
    listed = [{"plmn": "999-90", "access": ["eutran"]}, {"plmn": "999-80", "access": ["eutran"]}]
    card = sim(networks={"operator_controlled": listed})
    phone = Handset(networks)
    phone.switch_on(link_to(card), networks.cells("vs"))
    assert phone.failures[0].why == "Home has no roaming agreement with Gamma"
    assert phone.data.forbidden == (GAMMA_PLMN,)
    phone.switch_off()
    phone.switch_on(link_to(card), networks.cells("vs"))
    assert GAMMA_PLMN not in {item.plmn for item in phone.candidates}


def test_the_oldest_forbidden_network_goes_out(networks: Networks) -> None:
    full = ["001-02", "001-03", "001-04", "001-05"]
    listed = [{"plmn": "999-90", "access": ["eutran"]}]
    card = sim(networks={"forbidden": full, "operator_controlled": listed})
    phone = Handset(networks)
    phone.switch_on(link_to(card), networks.cells("vs"))
    assert [str(plmn) for plmn in phone.data.forbidden] == [*full[1:], "999-90"]
    on_card = card.card.files
    node = next(n for n in on_card.index.nodes if n.path.endswith("/6F7B") and not n.is_df)
    assert plmns(on_card.body(node)) == phone.data.forbidden
    assert on_card.body(node) == forbidden_bytes(phone.data.forbidden)


def test_a_newer_technology_that_refuses_may_lose_the_network(networks: Networks) -> None:
    """Registered in 3G, the phone reselects 4G and hears there that the network is not for it."""
    card = sim(networks={"operator_controlled": [{"plmn": "999-70", "access": ["utran"]}]})
    networks.serving(ALPHA).reject_next = [(Protocol.EMM, 11)]
    phone = Handset(networks)
    cells = of_rat(networks.cells("vs"), Rat.UTRAN, Rat.E_UTRAN)
    phone.switch_on(link_to(card), [cell for cell in cells if cell.operator != GAMMA])
    assert phone.data.forbidden == (ALPHA_PLMN,)
    assert phone.registration is not None
    assert phone.registration.plmn == BETA_PLMN


def test_a_newer_technology_that_is_not_allowed_leaves_the_phone_where_it_was(networks: Networks) -> None:
    card = sim(networks={"operator_controlled": [{"plmn": "999-70", "access": ["utran"]}]})
    networks.serving(ALPHA).reject_next = [(Protocol.EMM, 15)]
    phone = Handset(networks)
    phone.switch_on(link_to(card), of_rat(networks.cells("vs"), Rat.UTRAN, Rat.E_UTRAN))
    assert phone.registration is not None
    assert (phone.registration.plmn, phone.registration.rat) == (ALPHA_PLMN, Rat.UTRAN)


def test_the_second_try_leaves_out_what_was_forbidden_in_the_first(networks: Networks) -> None:
    networks.serving(ALPHA).reject_next = [(Protocol.EMM, 11)]
    networks.serving(BETA).reject_next = [(Protocol.EMM, 17)] * 5
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("vs"), Rat.E_UTRAN))
    assert ALPHA_PLMN in phone.data.forbidden
    assert phone.registration is not None
    assert phone.registration.plmn == BETA_PLMN


def test_by_hand_a_forbidden_network_is_tried_and_taken_off(networks: Networks) -> None:
    card = sim(networks={"forbidden": ["999-70", "999-90"]})
    phone = Handset(networks)
    phone.switch_on(link_to(card), networks.cells("vs"))
    assert phone.registration is not None
    assert phone.registration.plmn == BETA_PLMN
    assert phone.choose(ALPHA_PLMN) is Service.NORMAL
    assert phone.data.forbidden == (GAMMA_PLMN,)
    assert phone.choose(GAMMA_PLMN) is Service.LIMITED
    assert phone.data.forbidden == (GAMMA_PLMN,)
    with pytest.raises(NetworkError, match="hears no network 001-01"):
        phone.choose(Plmn("001", "01"))


def test_by_hand_the_phone_takes_no_other_network(networks: Networks) -> None:
    """TS 23.122 §4.4.3.1.2 and §4.4.3.2."""
    phone = Handset(networks)
    cells = of_rat(networks.cells("vs"), Rat.E_UTRAN)
    assert phone.switch_on(link_to(sim()), cells, manual=BETA_PLMN) is Service.NORMAL
    assert phone.registration is not None
    assert phone.registration.plmn == BETA_PLMN
    assert phone.move([cell for cell in cells if cell.operator != BETA]) is Service.LIMITED
    assert phone.move(cells) is Service.NORMAL
    assert phone.registration.plmn == BETA_PLMN
    phone.move([*cells, *of_rat(networks.cells("hm"), Rat.E_UTRAN)])
    phone.look_for_better()
    assert phone.registration.plmn == BETA_PLMN
    phone.move([cell for cell in cells if cell.operator != BETA])
    assert phone.choose_automatically() is Service.NORMAL
    assert phone.registration.plmn == ALPHA_PLMN
    phone.switch_off()
    assert phone.manual is None


def test_data_that_the_agreement_does_not_have() -> None:
    """GPRS attach is refused with #14, calls still go (TS 24.008 §4.7.3.1.4)."""
    networks = small_world(agreement(HOME, ALPHA, services=("voice", "sms")))
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("vs"), Rat.UTRAN))
    assert phone.registration is not None
    assert phone.registration.services == {"voice", "sms"}
    assert phone.registration.protocols == (Protocol.MM,)
    assert [failure.cause.number for failure in phone.failures] == [14]


def small_world(*agreements: Any, until: date | None = None, **options: Any) -> Networks:
    """Home and Alpha only; Alpha's 2G and 3G may be off."""
    alpha = operator(ALPHA, "vs", "999-70")
    radios = tuple(replace(r, until=until) if r.rat in (Rat.GERAN, Rat.UTRAN) else r for r in alpha.radios)
    world = world_of([operator(HOME, "hm", "001-01"), replace(alpha, radios=radios)], list(agreements))
    networks = Networks(world, Journal(lambda: datetime_of(date(2026, 12, 1))), seed=1, **options)
    networks.subscribe(HOME, IMSI, Milenage(K, OPC))
    return networks


def test_data_refused_in_4g_leaves_calls_in_3g() -> None:
    """A combined attach refused with #14: the phone goes on in 3G for calls (TS 24.301 §5.5.1.3.5)."""
    networks = small_world(agreement(HOME, ALPHA, services=("voice", "sms")))
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("vs"), Rat.E_UTRAN, Rat.UTRAN))
    assert phone.registration is not None
    assert phone.registration.rat is Rat.UTRAN
    assert phone.registration.services == {"voice", "sms"}
    assert 14 in {failure.cause.number for failure in phone.failures}


def test_a_technology_that_the_agreement_does_not_have() -> None:
    networks = small_world(agreement(HOME, ALPHA, rats=(Rat.UTRAN, Rat.GERAN)))
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.registration is not None
    assert phone.registration.rat is Rat.UTRAN
    assert {failure.cause.number for failure in phone.failures} <= {15, 27}


def test_a_barred_agreement_and_a_barred_subscriber() -> None:
    networks = small_world(agreement(HOME, ALPHA, barred=True))
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.failures[0].why == "Home bars its subscribers from Alpha"
    assert phone.data.forbidden == (ALPHA_PLMN,)
    networks = small_world(agreement(HOME, ALPHA))
    home = networks.home(HOME)
    home.subscriptions[IMSI] = replace(home.subscriptions[IMSI], barred=True)
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.registration is None
    assert phone.failures[0].why == "Home has barred the subscriber"
    home.subscriptions[IMSI] = replace(home.subscriptions[IMSI], barred=False, roaming=False)
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.failures[0].why == "the subscription does not include roaming"


def test_a_subscription_for_data_only(networks: Networks) -> None:
    networks.subscribe(HOME, IMSI, Milenage(K, OPC), services=("data",))
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("hm"), Rat.UTRAN))
    assert phone.registration is not None
    assert phone.registration.services == {"data"}
    assert phone.registration.voice == ""
    assert phone.memory.is_invalid_cs
    assert not phone.memory.is_invalid_ps


# --- steering -------------------------------------------------------------------------------------------


def steered(world: World, journal: Journal) -> Networks:
    agreements = {a.key: a for a in (agreement(HOME, ALPHA), agreement(HOME, BETA, preferred=True))}
    networks = Networks(replace(world, agreements=agreements), journal, seed=1, steering=True)
    networks.subscribe(HOME, IMSI, Milenage(K, OPC))
    return networks


def test_steering_brings_the_phone_to_the_preferred_network(world: World, journal: Journal) -> None:
    networks = steered(world, journal)
    card = sim(networks={"operator_controlled": [{"plmn": "999-70", "access": ["eutran"]}]})
    phone = Handset(networks)
    phone.switch_on(link_to(card), of_rat(networks.cells("vs"), Rat.E_UTRAN))
    assert phone.registration is not None
    assert phone.registration.plmn == BETA_PLMN
    assert [(f.cause.number, f.attempts) for f in phone.failures if f.cell.operator == ALPHA] == [(17, 5)]
    assert ALPHA_PLMN not in phone.data.forbidden
    refusals = [event for event in journal if event.kind == "location refused"]
    assert any(isinstance(one, Rule) and one.clause == "GSMA IR.73" for one in refusals[0].evidence)


def test_steering_leaves_nobody_without_service(world: World, journal: Journal) -> None:
    networks = steered(world, journal)
    phone = Handset(networks)
    cells = [cell for cell in of_rat(networks.cells("vs"), Rat.E_UTRAN) if cell.operator == ALPHA]
    assert phone.switch_on(link_to(sim()), cells) is Service.NORMAL
    assert "tried again" in kinds(journal)


def test_who_is_let_in_is_not_steered_away_from_the_other_parts(world: World, journal: Journal) -> None:
    """After the refusals, all of the network serves: packets, calls, and newer technologies."""
    networks = steered(world, journal)
    phone = Handset(networks)
    cells = [cell for cell in networks.cells("vs") if cell.operator == ALPHA]
    assert phone.switch_on(link_to(sim()), cells) is Service.NORMAL
    assert phone.registration is not None
    assert phone.registration.rat is Rat.NG_RAN
    assert phone.registration.services == {"voice", "sms", "data"}


def test_steering_counts() -> None:
    steering = Steering(2)
    attempts = [steering.refuses(IMSI, ALPHA, Rat.E_UTRAN, True) for _ in range(3)]
    assert attempts == [True, True, False]
    assert steering.refuses(IMSI, ALPHA, Rat.UTRAN, True)


# --- calls ----------------------------------------------------------------------------------------------


def test_calls_go_by_ims_where_agreement_and_phone_have_it() -> None:
    networks = small_world(agreement(HOME, ALPHA), until=date(2020, 1, 1))
    phone = Handset(networks, device())
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.registration is not None
    assert (phone.registration.rat, phone.registration.voice) == (Rat.NG_RAN, "IMS")


@pytest.mark.parametrize("with_volte", [False, True], ids=["phone without", "agreement without"])
def test_calls_fall_back_where_there_is_no_ims(with_volte: bool) -> None:
    networks = small_world(agreement(HOME, ALPHA, volte=not with_volte))
    phone = Handset(networks, device(volte=with_volte))
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.registration is not None
    assert (phone.registration.rat, phone.registration.voice) == (Rat.E_UTRAN, "CS fallback")
    assert "EF.LOCI" in {name for name, _, _ in (phone.card.changes if phone.card else ())}


def test_without_2g_and_3g_there_are_no_calls_without_ims() -> None:
    """The sunset: registered, with data, and no way to call."""
    networks = small_world(agreement(HOME, ALPHA, volte=False), until=date(2020, 1, 1))
    phone = Handset(networks, device())
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.registration is not None
    assert phone.registration.voice == ""
    assert phone.registration.rat is Rat.NG_RAN
    assert "data" in phone.registration.services


# --- bands ----------------------------------------------------------------------------------------------


def test_a_phone_registers_only_in_cells_whose_band_it_has(networks: Networks) -> None:
    phone = Handset(networks, device(bands={Rat.E_UTRAN: ("20",)}))
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    assert phone.registration is not None
    assert phone.registration.cell.band == "20"
    rows = [one for one in first(phone.journal, "cells found").evidence if isinstance(one, Row)]
    assert rows[0].table == "devices"
    deaf = Handset(networks, device(bands={Rat.GERAN: ("GSM850",)}))
    assert deaf.switch_on(link_to(sim()), networks.cells("vs")) is Service.NONE
    assert deaf.camped is None


# --- limited service ------------------------------------------------------------------------------------


def test_without_a_card_there_are_emergency_calls_only(networks: Networks) -> None:
    phone = Handset(networks)
    assert phone.switch_on(None, networks.cells("vs")) is Service.LIMITED
    assert phone.no_card == "there is no card in the phone"
    assert phone.camped is not None
    assert phone.camped.level == max(cell.level for cell in phone.cells)
    with pytest.raises(NetworkError, match="there is no card"):
        phone.choose(ALPHA_PLMN)


def test_a_locked_card_is_no_card_until_its_pin_is_typed(networks: Networks) -> None:
    card = sim(pins={"pin1_enabled": True})
    phone = Handset(networks)
    assert phone.switch_on(link_to(card), networks.cells("hm")) is Service.LIMITED
    assert phone.no_card == "PIN 1 is asked for"
    assert Handset(networks, pin1="1234").switch_on(link_to(card), networks.cells("hm")) is Service.NORMAL
    for left in (2, 1):
        wrong = Handset(networks, pin1="9999")
        wrong.switch_on(link_to(card), networks.cells("hm"))
        assert f"{left} tries are left" in wrong.no_card
    Handset(networks, pin1="9999").switch_on(link_to(card), networks.cells("hm"))
    blocked = Handset(networks, pin1="1234")
    assert blocked.switch_on(link_to(card), networks.cells("hm")) is Service.LIMITED
    assert "blocked" in blocked.no_card


def test_an_euicc_without_a_profile_is_no_card(networks: Networks) -> None:
    card = sim().card
    files = card.files
    card.mount(None)
    phone = Handset(networks)
    assert phone.switch_on(link_to_card(card), networks.cells("hm")) is Service.LIMITED
    assert "6A82" in phone.no_card
    card.mount(files)
    assert phone.switch_on(link_to_card(card), networks.cells("hm")) is Service.NORMAL


def link_to_card(card: Any) -> Any:
    from cards import InProcessLink

    return InProcessLink(card)


class Pulled:
    """A link whose card is pulled out after some APDUs."""

    def __init__(self, card: Any, after: int) -> None:
        self._card, self.left = card, after

    def reset(self) -> bytes:
        return bytes(self._card.reset())

    def transmit(self, apdu: bytes) -> bytes:
        if not self.left:
            raise LinkError("the card was pulled out")
        self.left -= 1
        return bytes(self._card.transmit(apdu))

    def close(self) -> None: ...


def test_a_card_that_is_pulled_at_any_moment(networks: Networks) -> None:
    """One clear error, wherever it happens; and the next time the phone starts as ever."""
    whole = Pulled(sim().card, 10_000)
    phone = Handset(networks)
    phone.switch_on(whole, networks.cells("hm"))
    used = 10_000 - whole.left
    for after in range(0, used, 3):
        with pytest.raises(LinkError, match="pulled out"):
            phone.switch_on(Pulled(sim().card, after), networks.cells("hm"))
    networks.subscribe(HOME, IMSI, Milenage(K, OPC))
    assert phone.switch_on(link_to(sim()), networks.cells("hm")) is Service.NORMAL


def test_barred_access_classes(networks: Networks) -> None:
    """TS 22.011 §4: the card's class 0 is barred; and with class 10, emergency calls without IMSI."""
    cells = [replace(cell, barred_classes=frozenset({0})) for cell in networks.cells("hm")]
    phone = Handset(networks)
    assert phone.switch_on(link_to(sim()), cells) is Service.LIMITED
    assert phone.failures == []
    special = Handset(networks)
    assert special.switch_on(link_to(sim(access_control_classes=(0, 15))), cells) is Service.NORMAL
    dark = [replace(cell, barred_classes=frozenset({10})) for cell in cells]
    assert Handset(networks).switch_on(None, dark) is Service.NONE


# --- moving ---------------------------------------------------------------------------------------------


def test_in_another_area_the_network_is_told(networks: Networks) -> None:
    cells = of_rat(networks.cells("vs"), Rat.E_UTRAN)
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), cells)
    assert phone.registration is not None
    here = phone.registration.plmn
    before = len(phone.journal)
    phone.move(cells)
    assert [event.kind for event in list(phone.journal)[before:]] == ["cells found"]
    phone.move([replace(cell, area=77) for cell in cells])
    assert phone.registration is not None
    assert phone.registration.plmn == here
    assert any("TRACKING AREA UPDATE ACCEPT" in event.text for event in phone.journal)
    area = phone.data.location(Protocol.EMM).area
    assert area is not None
    assert area.code == 77


def test_in_another_country_it_looks_for_another_network(networks: Networks) -> None:
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), networks.cells("hm"))
    phone.move(networks.cells("vs"))
    assert phone.registration is not None
    assert phone.registration.is_roaming
    phone.move([])
    assert phone.service is Service.NONE
    phone.move(networks.cells("vs"))
    assert phone.candidates[0].reason.name == "REGISTERED"


def test_the_periodic_search_finds_the_home_network_again(networks: Networks) -> None:
    phone = Handset(networks)
    phone.switch_on(link_to(sim()), of_rat(networks.cells("vs"), Rat.E_UTRAN))
    border = of_rat([*networks.cells("vs"), *networks.cells("hm")], Rat.E_UTRAN)
    phone.move(border)
    assert phone.registration is not None
    assert phone.registration.is_roaming
    assert phone.data.search_period == 60
    phone.look_for_better()
    assert phone.registration is not None
    assert not phone.registration.is_roaming


def test_the_periodic_search_returns_where_nobody_better_takes_the_phone(networks: Networks) -> None:
    listed = [{"plmn": "999-90", "access": ["eutran"]}, {"plmn": "999-80", "access": ["eutran"]}]
    card = sim(networks={"user_controlled": listed})
    phone = Handset(networks)
    cells = of_rat(networks.cells("vs"), Rat.E_UTRAN)
    phone.switch_on(link_to(card), [cell for cell in cells if cell.operator != GAMMA])
    phone.move(cells)
    assert phone.look_for_better() is Service.NORMAL
    assert phone.registration is not None
    assert phone.registration.plmn == BETA_PLMN
    assert phone.data.forbidden == (GAMMA_PLMN,)


def test_no_periodic_search_where_the_card_wants_none(networks: Networks) -> None:
    phone = Handset(networks)
    phone.switch_on(link_to(sim(networks={"search_period": 0})), of_rat(networks.cells("vs"), Rat.E_UTRAN))
    phone.move(of_rat([*networks.cells("vs"), *networks.cells("hm")], Rat.E_UTRAN))
    before = len(phone.journal)
    phone.look_for_better()
    assert len(phone.journal) == before


# --- everything stands on evidence ----------------------------------------------------------------------


def test_every_event_has_evidence(networks: Networks) -> None:
    phone = Handset(networks, device())
    phone.switch_on(link_to(sim()), networks.cells("vs"))
    phone.move(networks.cells("hm"))
    assert [event for event in phone.journal if not event.evidence] == []


def test_the_same_seed_gives_the_same_story(world: World) -> None:
    def story() -> list[Any]:
        networks = Networks(world, Journal(lambda: datetime_of(date(2026, 12, 1))), seed=3)
        networks.subscribe(HOME, IMSI, Milenage(K, OPC))
        Handset(networks).switch_on(link_to(sim()), networks.cells("vs"))
        return [(event.kind, event.text, event.evidence) for event in networks.journal]

    assert story() == story()
