"""Every reject cause, sent by a network to a phone with a real card: what it does to the card, to the phone's
lists, and where the phone is afterwards. The expectations are written from the clauses, not from the
table."""

from __future__ import annotations

import pytest

from cards.identities import Plmn
from simulator.network.causes import ATTEMPTS, CAUSES, Cause, Effect, cause_of
from simulator.network.handset.files import UpdateStatus
from simulator.network.handset.phone import Handset, Service
from simulator.network.nas import PROTOCOLS, Area, Protocol
from simulator.network.networks import Networks
from simulator.network.world.model import Rat
from tests.simulator.network.conftest import ALPHA, link_to, sim

RAT = {
    Protocol.MM: Rat.UTRAN,
    Protocol.GMM: Rat.UTRAN,
    Protocol.EMM: Rat.E_UTRAN,
    Protocol.FIVE_GMM: Rat.NG_RAN,
}
ACCESS = {Rat.UTRAN: "utran", Rat.E_UTRAN: "eutran", Rat.NG_RAN: "ng-ran"}
ALPHA_PLMN, BETA_PLMN = Plmn("999", "70"), Plmn("999", "80")

MM, GMM, EMM, FIVE = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
FPLMN, FPLMN_PS, AREA, ROAMING, NO_CS, NO_PS, FORGET = [
    "fplmn",
    "ps",
    "area",
    "roaming",
    "no-cs",
    "no-ps",
    "forget",
]
EXPECTED: dict[tuple[Protocol, int], set[str]] = {
    # TS 24.008 §4.4.4.7
    (MM, 2): {NO_CS, FORGET}, (MM, 3): {NO_CS, FORGET}, (MM, 6): {NO_CS, FORGET},
    (MM, 11): {FPLMN, FORGET}, (MM, 12): {AREA, FORGET}, (MM, 13): {ROAMING}, (MM, 15): {ROAMING},
    (MM, 17): set(), (MM, 22): set(),
    # TS 24.008 §4.7.3.1.4, §4.7.3.2.4, §4.7.5.1.4
    (GMM, 2): {NO_CS}, (GMM, 3): {NO_CS, NO_PS, FORGET}, (GMM, 6): {NO_CS, NO_PS, FORGET},
    (GMM, 7): {NO_PS, FORGET}, (GMM, 8): {NO_CS, NO_PS, FORGET}, (GMM, 9): {FORGET}, (GMM, 10): set(),
    (GMM, 11): {FPLMN, FORGET}, (GMM, 12): {AREA, FORGET}, (GMM, 13): {ROAMING},
    (GMM, 14): {FPLMN_PS, FORGET},
    (GMM, 15): {ROAMING}, (GMM, 17): set(), (GMM, 22): set(),
    # TS 24.301 §5.5.1.2.5, §5.5.1.3.4.3, §5.5.3.2.5
    (EMM, 2): {NO_CS}, (EMM, 3): {NO_CS, NO_PS, FORGET}, (EMM, 6): {NO_CS, NO_PS, FORGET},
    (EMM, 7): {NO_PS, FORGET}, (EMM, 8): {NO_CS, NO_PS, FORGET}, (EMM, 9): {FORGET}, (EMM, 10): set(),
    (EMM, 11): {FPLMN, FORGET}, (EMM, 12): {AREA, FORGET}, (EMM, 13): {ROAMING, FORGET},
    (EMM, 14): {FPLMN_PS, FORGET}, (EMM, 15): {ROAMING, FORGET}, (EMM, 17): set(), (EMM, 18): set(),
    (EMM, 22): set(), (EMM, 35): {FPLMN, FORGET}, (EMM, 42): {FORGET},
    # TS 24.501 §5.5.1.2.5, §5.5.1.3.5
    (FIVE, 3): {NO_CS, NO_PS, FORGET}, (FIVE, 6): {NO_CS, NO_PS, FORGET}, (FIVE, 7): {FORGET},
    (FIVE, 9): {FORGET}, (FIVE, 10): set(), (FIVE, 11): {FPLMN, FORGET}, (FIVE, 12): {AREA, FORGET},
    (FIVE, 13): {ROAMING, FORGET}, (FIVE, 15): {ROAMING, FORGET}, (FIVE, 22): set(), (FIVE, 27): {FORGET},
    (FIVE, 62): set(), (FIVE, 73): {FPLMN, FORGET}, (FIVE, 111): set(),
}  # fmt: skip


def phone_refused(networks: Networks, cause: Cause, times: int = 1) -> Handset:
    """A phone whose card prefers Alpha, where it was registered before, and that hears one technology; Alpha
    refuses with the cause."""
    rat = RAT[cause.protocol]
    listed = [{"plmn": plmn, "access": [ACCESS[rat]]} for plmn in ("999-70", "999-80")]
    card = sim(networks={"operator_controlled": listed})
    cells = [cell for cell in networks.cells("vs") if cell.rat is rat]
    phone = Handset(networks)
    assert phone.switch_on(link_to(card), cells) is Service.NORMAL
    assert phone.registration is not None
    assert phone.registration.plmn == ALPHA_PLMN
    phone.switch_off()
    networks.serving(ALPHA).reject_next = [(cause.protocol, cause.number)] * times
    phone.switch_on(link_to(card), cells)
    return phone


def ids(cause: Cause) -> str:
    return f"{cause.protocol.name}-{cause.number}"


def test_the_expectations_cover_the_table() -> None:
    assert set(EXPECTED) == {(cause.protocol, cause.number) for cause in CAUSES}
    assert len(EXPECTED) == len(CAUSES)


@pytest.mark.parametrize("cause", CAUSES, ids=ids)
def test_what_a_cause_does(networks: Networks, cause: Cause) -> None:
    phone = phone_refused(networks, cause)
    memory, area = phone.memory, Area(ALPHA_PLMN, next(c.area for c in phone.cells if c.plmn == ALPHA_PLMN))
    seen = {
        FPLMN: ALPHA_PLMN in phone.data.forbidden,
        FPLMN_PS: ALPHA_PLMN in memory.forbidden_ps,
        AREA: area in memory.forbidden_areas,
        ROAMING: area in memory.forbidden_areas_roaming,
        NO_CS: memory.is_invalid_cs,
        NO_PS: memory.is_invalid_ps,
    }
    expected = EXPECTED[cause.protocol, cause.number]
    assert {name for name, is_so in seen.items() if is_so} == expected - {FORGET}
    told = [event for event in phone.journal if event.kind == "reject carried out"]
    assert told[0].details["cause"] == cause.number
    assert any(getattr(rule, "clause", "") == cause.clause for rule in told[0].evidence)


@pytest.mark.parametrize("cause", CAUSES, ids=ids)
def test_where_the_phone_is_then(networks: Networks, cause: Cause) -> None:
    phone = phone_refused(networks, cause)
    expected = EXPECTED[cause.protocol, cause.number]
    if {NO_CS, NO_PS} <= expected or (NO_PS in expected and cause.protocol is EMM):
        assert phone.service is Service.LIMITED
    elif cause.effect & (Effect.RETRY | Effect.REGISTER_ANEW):
        assert phone.registration is not None
        assert phone.registration.plmn == ALPHA_PLMN  # the second attempt went well
    elif cause.protocol in (MM, GMM) and not expected & {FPLMN, ROAMING, AREA}:
        # One half of a 2G or 3G network refused, the other took the phone.
        assert phone.registration is not None
        assert phone.registration.plmn == ALPHA_PLMN
        assert set(phone.registration.protocols) == {MM, GMM} - {cause.protocol}
    elif cause.number == 2 or (cause.protocol, cause.number) == (EMM, 18):
        pass  # not sent as a reject to this phone; see the combined attach
    elif (cause.protocol, cause.number) == (FIVE, 7):
        assert phone.service is Service.LIMITED  # there is nothing but 5G here
    else:
        assert phone.registration is not None
        in_beta = phone.registration.plmn == BETA_PLMN
        # No suitable cells in one half's area: the other half of the same network may have taken the phone.
        assert in_beta or cause.protocol in (MM, GMM)


@pytest.mark.parametrize("cause", CAUSES, ids=ids)
def test_what_the_card_keeps(networks: Networks, cause: Cause) -> None:
    """Update status and temporary identity on the card, between the refusal and the next attempt."""
    phone = phone_refused(networks, cause)
    written = [event for event in phone.journal if event.kind == "reject carried out"]
    assert written
    location = phone.data.location(cause.protocol)
    if phone.registration is not None and cause.protocol in phone.registration.protocols:
        assert location.status is UpdateStatus.UPDATED
        return
    if FORGET in EXPECTED[cause.protocol, cause.number]:
        assert location.identity is None
        assert location.area is None
    if cause.effect & Effect.UPDATE_3:
        by_area = cause.protocol in (MM, GMM) and EXPECTED[cause.protocol, cause.number] & {AREA, ROAMING}
        assert location.status == (3 if by_area else 2)


@pytest.mark.parametrize("protocol", list(Protocol), ids=lambda protocol: protocol.name)
def test_attempts_end(networks: Networks, protocol: Protocol) -> None:
    number = 111 if protocol is FIVE else 17
    limit = ATTEMPTS[protocol]
    phone = phone_refused(networks, cause_of(protocol, number), limit)
    assert [(failure.cause.number, failure.attempts) for failure in phone.failures] == [(number, limit)]
    assert phone.registration is not None
    if protocol is not MM and protocol is not GMM:
        assert phone.registration.plmn == BETA_PLMN


def test_what_is_not_in_the_table_counts_as_a_failed_attempt(networks: Networks) -> None:
    cause = cause_of(EMM, 99)
    assert cause.effect is Effect.RETRY
    phone = phone_refused(networks, cause)
    assert phone.registration is not None
    assert phone.registration.plmn == ALPHA_PLMN


def test_the_home_network_is_never_forbidden(networks: Networks) -> None:
    phone = Handset(networks)
    networks.serving("home").reject_next = [(EMM, 11)]
    cells = [cell for cell in networks.cells("hm") if cell.rat is Rat.E_UTRAN]
    phone.switch_on(link_to(sim()), cells)
    assert phone.data.forbidden == ()


def test_every_technology_has_its_protocols() -> None:
    assert {protocol for protocols in PROTOCOLS.values() for protocol in protocols} == set(Protocol)
