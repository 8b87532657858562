"""The order in which networks are tried: one test a rule of TS 23.122 §4.4.3, and properties of all
orders."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.identities import Plmn
from simulator.network.air import HIGH_QUALITY, Cell
from simulator.network.handset.files import Listed
from simulator.network.handset.selection import (
    Candidate,
    Lists,
    Reason,
    automatic,
    higher_priority,
    manual,
    on_air,
)
from simulator.network.world.model import Rat

GERAN, UTRAN, E_UTRAN, NG_RAN = Rat
HOME, EHPLMN, A, B, C, D = (Plmn("001", f"{number:02}") for number in range(1, 7))
ABROAD = Plmn("999", "01")


def cell(plmn: Plmn, rat: Rat = E_UTRAN, level: int = -90, **members: object) -> Cell:
    return replace(Cell(plmn, rat, "1", 1, level, "x", "y"), **members)  # type: ignore[arg-type]


def order(cells: list[Cell], lists: Lists, seed: int = 1) -> list[tuple[Plmn, Rat, Reason]]:
    return [(item.plmn, item.rat, item.reason) for item in automatic(cells, lists, random.Random(seed))]


def plmns(cells: list[Cell], lists: Lists, seed: int = 1) -> list[Plmn]:
    return [item.plmn for item in automatic(cells, lists, random.Random(seed))]


def test_the_network_registered_last_comes_first_then_its_equivalents() -> None:
    """§4.4.3.1."""
    lists = Lists(homes=(HOME,), registered=B, equivalent=(C,))
    found = order([cell(HOME), cell(A), cell(B), cell(C)], lists)
    assert found[:3] == [
        (B, E_UTRAN, Reason.REGISTERED),
        (C, E_UTRAN, Reason.EQUIVALENT),
        (HOME, E_UTRAN, Reason.HOME),
    ]


def test_the_home_network_comes_before_all_lists() -> None:
    """§4.4.3.1.1 i."""
    lists = Lists(homes=(HOME,), user_list=(Listed(A, (E_UTRAN,)),), operator_list=(Listed(B, (E_UTRAN,)),))
    assert plmns([cell(C), cell(B), cell(A), cell(HOME, level=-117)], lists) == [HOME, A, B, C]


def test_equivalent_home_networks_come_by_their_priority() -> None:
    """§4.4.3.1.1 i; the IMSI's network has no rank of its own where the list is not empty (§1.2)."""
    lists = Lists(homes=(EHPLMN, HOME))
    assert order([cell(HOME), cell(EHPLMN)], lists) == [
        (EHPLMN, E_UTRAN, Reason.HOME),
        (HOME, E_UTRAN, Reason.EQUIVALENT_HOME),
    ]


def test_technologies_at_home_come_as_the_card_says_then_as_the_phone_likes() -> None:
    """§4.4.3.1.1 f."""
    lists = Lists(homes=(HOME,), home_list=(Listed(HOME, (UTRAN,)), Listed(HOME, (GERAN,))))
    found = order([cell(HOME, rat) for rat in Rat], lists)
    assert [rat for _, rat, _ in found] == [UTRAN, GERAN, NG_RAN, E_UTRAN]


def test_lists_are_followed_with_their_technologies_only() -> None:
    """§4.4.3.1.1 ii, iii and c."""
    lists = Lists(
        user_list=(Listed(A, (UTRAN,)),), operator_list=(Listed(B, (E_UTRAN,)), Listed(A, (GERAN,)))
    )
    cells = [cell(A, E_UTRAN, -80), cell(A, UTRAN, -101), cell(A, GERAN, -90), cell(B, E_UTRAN, -115)]
    assert order(cells, lists) == [
        (A, UTRAN, Reason.USER),
        (B, E_UTRAN, Reason.OPERATOR),
        (A, GERAN, Reason.OPERATOR),
        (A, E_UTRAN, Reason.HIGH_QUALITY),
    ]


def test_an_entry_that_names_no_technology_stands_for_all() -> None:
    lists = Lists(operator_list=(Listed(A, ()),))
    assert [rat for _, rat, _ in order([cell(A, UTRAN), cell(A, NG_RAN)], lists)] == [NG_RAN, UTRAN]


def test_high_quality_comes_in_an_order_that_the_seed_gives() -> None:
    """§4.4.3.1.1 iv."""
    cells = [cell(plmn) for plmn in (A, B, C, D)]
    orders = {tuple(plmns(cells, Lists(), seed)) for seed in range(200)}
    assert len(orders) == 24  # every one of 4! occurs
    assert plmns(cells, Lists(), 7) == plmns(cells, Lists(), 7)


@pytest.mark.parametrize(
    ("rat", "limit"), [(GERAN, -84), (UTRAN, -95), (E_UTRAN, -110), (NG_RAN, -110)], ids=lambda x: str(x)
)
def test_what_high_quality_is(rat: Rat, limit: int) -> None:
    assert cell(A, rat, limit).is_high_quality
    assert not cell(A, rat, limit - 1).is_high_quality
    assert HIGH_QUALITY[rat][1].startswith("TS ")


def test_the_rest_comes_by_level_within_a_technology() -> None:
    """§4.4.3.1.1 v and h."""
    cells = [cell(A, UTRAN, -100), cell(B, UTRAN, -98), cell(C, E_UTRAN, -117), cell(D, E_UTRAN, -112)]
    assert plmns(cells, Lists()) == [D, C, B, A]


def test_forbidden_networks_are_left_out_but_never_a_home_network() -> None:
    """§3.1."""
    lists = Lists(homes=(HOME,), forbidden=frozenset((HOME, A)), user_list=(Listed(A, (E_UTRAN,)),))
    assert plmns([cell(HOME), cell(A), cell(B)], lists) == [HOME, B]


def test_by_hand_forbidden_networks_are_offered_too() -> None:
    """§4.4.3.1.2; and the network registered last has no rank there."""
    lists = Lists(homes=(HOME,), forbidden=frozenset((A,)), registered=B, user_list=(Listed(A, (E_UTRAN,)),))
    found = manual([cell(B), cell(A), cell(HOME)], lists, random.Random(1))
    assert [item.plmn for item in found] == [HOME, A, B]


def test_each_combination_stands_once_where_it_comes_first() -> None:
    lists = Lists(homes=(HOME,), registered=HOME, user_list=(Listed(HOME, (E_UTRAN,)),))
    assert order([cell(HOME)], lists) == [(HOME, E_UTRAN, Reason.REGISTERED)]


def test_the_strongest_cell_stands_for_a_network() -> None:
    air = on_air([cell(A, level=-100, band="20"), cell(A, level=-80, band="3")])
    assert [one.band for one in air[A, E_UTRAN]] == ["3", "20"]


class TestHigherPriority:
    """§4.4.3.3.1: what a phone abroad looks for from time to time."""

    lists = Lists(
        homes=(HOME,),
        user_list=(Listed(ABROAD, (E_UTRAN,)),),
        operator_list=(Listed(Plmn("999", "02"), (E_UTRAN,)), Listed(Plmn("999", "03"), (E_UTRAN,))),
    )
    cells = (
        cell(HOME), cell(ABROAD), cell(Plmn("999", "02")), cell(Plmn("999", "03")), cell(Plmn("999", "04")),
        cell(Plmn("998", "01")),
    )  # fmt: skip

    def better_than(self, plmn: Plmn, lists: Lists | None = None) -> list[Plmn]:
        here = Candidate(plmn, E_UTRAN, (cell(plmn),), Reason.OTHER)
        found = higher_priority(self.cells, lists or self.lists, here, random.Random(1))
        return [item.plmn for item in found]

    def test_home_and_what_stands_before_the_present_network(self) -> None:
        assert self.better_than(Plmn("999", "03")) == [HOME, ABROAD, Plmn("999", "02")]

    def test_from_a_network_in_no_list_all_listed_ones_are_better(self) -> None:
        assert self.better_than(Plmn("999", "04")) == [HOME, ABROAD, Plmn("999", "02"), Plmn("999", "03")]

    def test_only_the_home_network_may_be_in_another_country(self) -> None:
        lists = replace(self.lists, user_list=(Listed(Plmn("998", "01"), (E_UTRAN,)),))
        assert self.better_than(Plmn("999", "03"), lists) == [HOME, Plmn("999", "02")]

    def test_forbidden_ones_are_not_looked_for(self) -> None:
        lists = replace(self.lists, forbidden=frozenset((ABROAD,)))
        assert self.better_than(Plmn("999", "03"), lists) == [HOME, Plmn("999", "02")]


PLMNS = st.sampled_from((HOME, EHPLMN, A, B, C, D, ABROAD))
CELLS = st.lists(st.builds(cell, PLMNS, st.sampled_from(list(Rat)), st.integers(-120, -60)), max_size=12)
LISTED = st.lists(
    st.builds(Listed, PLMNS, st.lists(st.sampled_from(list(Rat)), unique=True).map(tuple)), max_size=4
)
LISTS = st.builds(
    Lists,
    homes=st.lists(PLMNS, max_size=2, unique=True).map(tuple),
    home_list=LISTED.map(tuple),
    user_list=LISTED.map(tuple),
    operator_list=LISTED.map(tuple),
    forbidden=st.frozensets(PLMNS),
    registered=st.none() | PLMNS,
    equivalent=st.lists(PLMNS, max_size=2, unique=True).map(tuple),
)


@given(CELLS, LISTS, st.integers(0, 9))
def test_every_order_has_each_allowed_combination_once(cells: list[Cell], lists: Lists, seed: int) -> None:
    found = automatic(cells, lists, random.Random(seed))
    combinations = [(item.plmn, item.rat) for item in found]
    allowed = {(c.plmn, c.rat) for c in cells if c.plmn not in lists.forbidden or c.plmn in lists.homes}
    assert len(combinations) == len(set(combinations))
    assert set(combinations) == allowed


@given(CELLS, LISTS, st.integers(0, 9))
def test_reasons_never_go_back(cells: list[Cell], lists: Lists, seed: int) -> None:
    ranks = list(Reason)
    found = [ranks.index(item.reason) for item in automatic(cells, lists, random.Random(seed))]
    assert found == sorted(found)


@given(CELLS, LISTS, st.integers(0, 9))
def test_the_same_seed_gives_the_same_order(cells: list[Cell], lists: Lists, seed: int) -> None:
    assert automatic(cells, lists, random.Random(seed)) == automatic(cells, lists, random.Random(seed))


@given(CELLS, LISTS, st.integers(0, 9))
def test_chance_moves_high_quality_only(cells: list[Cell], lists: Lists, seed: int) -> None:
    def others(seed: int) -> list[Candidate]:
        found = automatic(cells, lists, random.Random(seed))
        return [item for item in found if item.reason is not Reason.HIGH_QUALITY]

    assert others(seed) == others(seed + 1)


@given(CELLS, LISTS, st.integers(0, 9))
def test_by_hand_everything_that_is_heard_is_offered(cells: list[Cell], lists: Lists, seed: int) -> None:
    found = manual(cells, lists, random.Random(seed))
    assert {(item.plmn, item.rat) for item in found} == {(c.plmn, c.rat) for c in cells}
