"""What is asked of the world, and the facts in it that can be checked against other publications."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cards.identities import Imsi, Plmn
from simulator.network.errors import WorldError
from simulator.network.world import load
from simulator.network.world.model import OfferKind, PriceClass, Rat

WORLD = load()


def keys(rows: list) -> list[str]:  # type: ignore[type-arg]
    return [row.key for row in rows]


@pytest.mark.parametrize(
    ("digits", "operator"),
    [
        ("310410123456789", "att-us"),  # 3 digits of MNC
        ("262011234567890", "telekom-de"),  # 2
        ("440101234567890", "docomo-jp"),
        ("999991234567890", None),
    ],
)
def test_an_imsi_tells_its_operator(digits: str, operator: str | None) -> None:
    for identity in (digits, Imsi(digits)):
        found = WORLD.operator_of(identity)
        assert (found.key if found else None) == operator


def test_a_network_code_tells_its_operator() -> None:
    assert WORLD.operator_of(Plmn("310", "260")) is WORLD.operator("tmobile-us")
    assert WORLD.operator_of("310-260") is WORLD.operator("tmobile-us")
    assert WORLD.operator_of(Plmn("310", "26")) is None


def test_networks_of_a_country_are_without_virtual_operators_and_resellers() -> None:
    networks = keys(WORLD.operators_in("us"))
    assert {"att-us", "tmobile-us"} <= set(networks)
    assert "google-fi" not in networks
    assert "airalo" not in keys(WORLD.operators_in("sg"))


def test_a_virtual_operator_uses_its_hosts_network_and_agreements() -> None:
    assert WORLD.host_of("google-fi").key == "tmobile-us"
    assert WORLD.radios_of("google-fi") == WORLD.radios_of("tmobile-us")
    host = WORLD.agreement("tmobile-us", "docomo-jp")
    assert host is not None
    assert WORLD.agreement("google-fi", "docomo-jp") in (host, WORLD.agreements.get("google-fi/docomo-jp"))
    assert set(keys(WORLD.agreements_of("tmobile-us"))) <= {
        a.key.replace("google-fi/", "tmobile-us/") for a in WORLD.agreements_of("google-fi")
    }


def test_there_is_no_agreement_at_home() -> None:
    assert WORLD.agreement("att-us", "tmobile-us") is None


def test_radios_of_one_technology() -> None:
    (radio,) = WORLD.radios_of("att-us", Rat.UTRAN)
    assert radio.rat is Rat.UTRAN


def test_within_the_eea_roaming_costs_what_it_costs_at_home() -> None:
    """Regulation (EU) 2022/612 Article 4: every network of one country for subscribers of another."""
    eea = [o for o in WORLD.operators.values() if o.radios and "EEA" in WORLD.country(o.country).areas]
    assert len({o.country for o in eea}) >= 2
    for home in eea:
        for visited in eea:
            if home.country != visited.country:
                agreement = WORLD.agreement(home.key, visited.key)
                assert agreement is not None, (home.key, visited.key)
                assert agreement.price is PriceClass.LIKE_AT_HOME


def test_offers_for_a_country() -> None:
    kinds = {offer.kind for offer in WORLD.offers_for("th")}
    assert {OfferKind.ROAMING_PASS, OfferKind.LOCAL_SIM, OfferKind.LOCAL_ESIM, OfferKind.TRAVEL_ESIM} <= kinds
    assert all(o.kind is OfferKind.LOCAL_SIM for o in WORLD.offers_for("th", OfferKind.LOCAL_SIM))
    assert "att-us-day-pass" in keys(WORLD.offers_of("att-us"))


def test_there_is_an_offer_of_each_kind() -> None:
    assert {offer.kind for offer in WORLD.offers.values()} == set(OfferKind)


def test_prices_are_compared_in_dollars() -> None:
    assert WORLD.dollars(Decimal("12.345"), "USD") == Decimal("12.34")
    assert WORLD.dollars(Decimal(100), "JPY") == (100 * WORLD.rates["JPY"].usd).quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: WORLD.operator("att-uk"), "the world has no operator 'att-uk'; did you mean 'att-us' or "),
        (lambda: WORLD.country("USA"), "the world has no country 'USA'; did you mean 'us' or "),
        (lambda: WORLD.device("xyzzy"), "the world has no device 'xyzzy'"),
        (lambda: WORLD.offer("xyzzy"), "the world has no offer 'xyzzy'"),
        (lambda: WORLD.source("xyzzy"), "the world has no source 'xyzzy'"),
        (lambda: WORLD.operators_in("xyzzy"), "the world has no country 'xyzzy'"),
        (lambda: WORLD.offers_for("xyzzy"), "the world has no country 'xyzzy'"),
        (lambda: WORLD.dollars(Decimal(1), "xyzzy"), "the world has no rate 'xyzzy'"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(ask, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WorldError) as caught:
        ask()
    assert str(caught.value).startswith(says)
