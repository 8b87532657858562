"""The authentication centre against the real card: sequence numbers, separation bit, resynchronisation."""

from __future__ import annotations

import random

import pytest

from cards import Uicc
from cards.errors import CardStatusError
from cards.identities import Imsi, Plmn
from simulator.crypto.aka import ResynchronisationError, c2, c3, resynchronisation_token, xor
from simulator.crypto.milenage import Milenage
from simulator.crypto.tuak import Tuak
from simulator.crypto.xor_test import XorTest
from simulator.network.auc import SEQ_LIMIT, AuthenticationCentre, UnknownSubscriber
from simulator.network.errors import NetworkError
from tests.simulator.network.conftest import OPC, K, link_to, sim

IMSI = Imsi("001010123456789")
HOME = Plmn("001", "01")


@pytest.fixture
def auc() -> AuthenticationCentre:
    made = AuthenticationCentre(random.Random(1).randbytes)
    made.add(IMSI, Milenage(K, OPC))
    return made


def sqn_of(autn: bytes, rand: bytes) -> int:
    """The sequence number in AUTN, by the subscriber's key."""
    return int.from_bytes(xor(autn[:6], Milenage(K, OPC).f2345(rand)[3]), "big")


def usim() -> Uicc:
    uicc = Uicc(link_to(sim()))
    uicc.select("MF/ADF.USIM")
    return uicc


def test_seq_goes_up_by_one_and_ind_goes_round(auc: AuthenticationCentre) -> None:
    numbers = [sqn_of(vector.autn, vector.rand) for vector in (auc.vector(IMSI) for _ in range(70))]
    assert [number >> 5 for number in numbers] == list(range(1, 71))
    assert [number & 31 for number in numbers] == [n % 32 for n in range(1, 71)]


def test_the_separation_bit_is_set_for_eps_and_5gs_only(auc: AuthenticationCentre) -> None:
    auc.add(IMSI, Milenage(K, OPC), amf=b"\x80\x12")
    assert auc.vector(IMSI).autn[6:8] == b"\x00\x12"
    assert auc.eps_vector(IMSI, HOME).autn[6:8] == b"\x80\x12"
    assert auc.five_g_vector(IMSI, HOME).autn[6:8] == b"\x80\x12"


@pytest.mark.parametrize(
    "functions",
    [Milenage(K, OPC), Tuak(K, bytes(32)), XorTest(K)],
    ids=["Milenage", "TUAK", "XOR"],
)
def test_all_algorithms_make_vectors(functions: Milenage | Tuak | XorTest) -> None:
    auc = AuthenticationCentre(random.Random(1).randbytes)
    auc.add(IMSI, functions)
    vector = auc.vector(IMSI)
    res, ck, ik, ak = functions.f2345(vector.rand)
    assert (vector.xres, vector.ck, vector.ik) == (res, ck, ik)
    assert vector.autn[8:] == functions.f1(vector.rand, xor(vector.autn[:6], ak), vector.autn[6:8])


def test_a_triplet_is_the_quintet_converted(auc: AuthenticationCentre) -> None:
    triplet = auc.triplet(IMSI)
    res, ck, ik, _ = Milenage(K, OPC).f2345(triplet.rand)
    assert (triplet.sres, triplet.kc) == (c2(res), c3(ck, ik))
    result = usim().authenticate_gsm(triplet.rand)
    assert (result.res, result.kc) == (triplet.sres, triplet.kc)


def test_the_card_takes_the_vectors_in_any_order_within_a_round(auc: AuthenticationCentre) -> None:
    card, vectors = usim(), [auc.vector(IMSI) for _ in range(20)]
    for vector in reversed(vectors):
        assert card.authenticate(vector.rand, vector.autn).res == vector.xres


def test_a_vector_is_taken_once(auc: AuthenticationCentre) -> None:
    card, vector = usim(), auc.vector(IMSI)
    assert card.authenticate(vector.rand, vector.autn).res
    assert card.authenticate(vector.rand, vector.autn).is_synchronisation_failure


def test_a_centre_that_lost_its_numbers_resynchronises_with_the_card(auc: AuthenticationCentre) -> None:
    card = usim()
    for _ in range(40):
        vector = auc.vector(IMSI)
        card.authenticate(vector.rand, vector.autn)
    restored = AuthenticationCentre(random.Random(2).randbytes)
    restored.add(IMSI, Milenage(K, OPC))
    # 32 indices: the first vectors of the restored centre meet indices that have seen higher numbers.
    vector = restored.vector(IMSI)
    result = card.authenticate(vector.rand, vector.autn)
    assert result.is_synchronisation_failure
    assert restored.resynchronise(IMSI, vector.rand, result.auts) == 40
    again = restored.vector(IMSI)
    assert sqn_of(again.autn, again.rand) >> 5 == 41
    assert card.authenticate(again.rand, again.autn).res == again.xres


def test_a_number_far_ahead_of_the_card_comes_back(auc: AuthenticationCentre) -> None:
    card = usim()
    auc.add(IMSI, Milenage(K, OPC), seq=1 << 30)
    vector = auc.vector(IMSI)
    result = card.authenticate(vector.rand, vector.autn)
    assert result.is_synchronisation_failure  # beyond Δ = 2^28, annex C.2.1
    auc.resynchronise(IMSI, vector.rand, result.auts)
    again = auc.vector(IMSI)
    assert card.authenticate(again.rand, again.autn).res == again.xres


def test_auts_of_an_old_number_does_not_turn_ours_back(auc: AuthenticationCentre) -> None:
    for _ in range(9):
        vector = auc.vector(IMSI)
    auts = resynchronisation_token(Milenage(K, OPC), vector.rand, (3 << 5).to_bytes(6, "big"))
    assert auc.resynchronise(IMSI, vector.rand, auts) == 9


@pytest.mark.parametrize("place", [0, 5, 6, 13])
def test_auts_with_a_wrong_mac_s_changes_nothing(auc: AuthenticationCentre, place: int) -> None:
    card, vector = usim(), auc.vector(IMSI)
    card.authenticate(vector.rand, vector.autn)
    auts = bytearray(card.authenticate(vector.rand, vector.autn).auts)
    auts[place] ^= 1
    with pytest.raises(ResynchronisationError):
        auc.resynchronise(IMSI, vector.rand, bytes(auts))
    assert auc.subscriber(IMSI).seq == 1


def test_another_key_is_no_network_for_the_card() -> None:
    auc = AuthenticationCentre(random.Random(1).randbytes)
    auc.add(IMSI, Milenage(K, bytes(16)))
    vector = auc.vector(IMSI)
    with pytest.raises(CardStatusError, match="9862"):
        usim().authenticate(vector.rand, vector.autn)


def test_strangers_and_used_up_numbers_are_refused_in_a_sentence(auc: AuthenticationCentre) -> None:
    with pytest.raises(UnknownSubscriber, match="no subscriber 001010000000000"):
        auc.vector(Imsi("001010000000000"))
    auc.add(IMSI, Milenage(K, OPC), seq=SEQ_LIMIT - 1)
    with pytest.raises(NetworkError, match="used up"):
        auc.vector(IMSI)
