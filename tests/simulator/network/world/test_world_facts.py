"""The shipped tables against facts from elsewhere, typed here from their publications."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from simulator.network.world import load
from simulator.network.world.model import EsimSupport, PriceClass, Rat
from simulator.scenario.map import outlines

WORLD = load()

ITU = {  # ITU Operational Bulletin No. 1162, annex: who has which code
    "310410": ("att-us", "AT&T Mobility"),
    "311480": ("verizon-us", "Verizon Wireless"),
    "310260": ("tmobile-us", "T-Mobile USA"),
    "302720": ("rogers-ca", "Rogers Wireless"),
    "334020": ("telcel-mx", "RADIOMOVIL DIPSA"),
    "72410": ("vivo-br", "VIVO"),
    "23415": ("vodafone-gb", "Vodafone Uk Ltd"),
    "23420": ("three-gb", "Hutchison 3G UK Limited"),
    "23433": ("ee-gb", "Orange (EE)"),
    "26202": ("vodafone-de", "Vodafone GmbH"),
    "20801": ("orange-fr", "Orange"),
    "20815": ("free-fr", "Free Mobile"),
    "21407": ("movistar-es", "Telefonica Moviles Espana"),
    "22201": ("tim-it", "Telecom Italia Mobile"),
    "20408": ("kpn-nl", "KPN"),
    "22801": ("swisscom-ch", "Swisscom Schweiz AG"),
    "24001": ("telia-se", "Telia Sverige AB"),
    "26006": ("play-pl", "Play / P4"),
    "28601": ("turkcell-tr", "Turkcell"),
    "42402": ("etisalat-ae", "Etisalat"),
    "65501": ("vodacom-za", "Vodacom"),
    "40410": ("airtel-in", "Bharti Airtel, Delhi"),
    "52501": ("singtel-sg", "Singtel"),
    "50212": ("maxis-my", "Malaysian Mobile Services"),
    "52005": ("true-th", "DTAC Network"),
    "52003": ("ais-th", "Advanced Wireless Network"),
    "45204": ("viettel-vn", "Viettel"),
    "51010": ("telkomsel-id", "Telkomsel"),
    "51502": ("globe-ph", "Globe Telecom"),
    "44010": ("docomo-jp", "NTT DOCOMO"),
    "44020": ("softbank-jp", "SoftBank"),
    "44050": ("kddi-jp", "KDDI"),
    "45005": ("skt-kr", "SK Telecom"),
    "45008": ("kt-kr", "KT"),
    "46000": ("cmcc-cn", "China Mobile"),
    "46001": ("unicom-cn", "China Unicom"),
    "45403": ("three-hk", "Hutchison Telephone Company"),
    "45412": ("cmhk-hk", "China Mobile Hong Kong"),
    "50501": ("telstra-au", "Telstra"),
    "53001": ("one-nz", "Vodafone New Zealand"),
}


@pytest.mark.parametrize("code", ITU)
def test_network_codes_are_those_that_the_itu_lists(code: str) -> None:
    operator = WORLD.operator_of(code)
    assert operator is not None
    assert operator.key == ITU[code][0]
    assert not WORLD.source(operator.source).title.startswith("Judged")


SEPARATION = {  # TS 36.101 table 5.7.4-1: from uplink to downlink, in MHz
    "1": 190, "2": 80, "3": 95, "4": 400, "5": 45, "7": 120, "8": 45, "11": 48, "12": 30, "13": -31,
    "14": -30, "17": 30, "18": 45, "19": 45, "20": -41, "21": 48, "25": 80, "26": 45, "27": 45, "28": 55,
    "30": 45, "66": 400, "71": -46, "85": 30,
}  # fmt: skip


def test_lte_bands_have_the_separation_of_the_standard() -> None:
    found = {
        name: band.downlink[0] - band.uplink[0]
        for (rat, name), band in WORLD.bands.items()
        if rat is Rat.E_UTRAN and band.duplex == "FDD" and band.uplink
    }
    assert found == {name: Decimal(distance) for name, distance in SEPARATION.items()}


def test_nr_bands_lie_where_the_lte_bands_of_the_same_number_lie() -> None:
    """TS 38.101-1 table 5.2-1 takes the numbers of LTE over."""
    twins = 0
    for (rat, name), band in WORLD.bands.items():
        lte = WORLD.bands.get((Rat.E_UTRAN, name.removeprefix("n")))
        if rat is Rat.NG_RAN and lte:
            assert (band.uplink, band.downlink) == (lte.uplink, lte.downlink), name
            twins += 1
    assert twins > 20


def test_umts_bands_lie_where_lte_bands_of_the_same_number_lie() -> None:
    """TS 36.101 table 5.5-1 takes the numbers of TS 25.101 over."""
    for (rat, name), band in WORLD.bands.items():
        lte = WORLD.bands.get((Rat.E_UTRAN, name))
        if rat is Rat.UTRAN and lte:
            assert (band.uplink, band.downlink) == (lte.uplink, lte.downlink), name


def inside(point: tuple[float, float], ring: list[tuple[float, float]]) -> bool:
    """Whether a point lies within a ring: an odd number of its sides are east of it."""
    x, y = point
    crossed = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossed = not crossed
    return crossed


def test_points_of_countries_lie_in_their_outlines() -> None:
    """Natural Earth's outlines are drawn coarsely: a city at the coast may lie half a degree out at sea."""
    around = [(x / 4, y / 4) for x in range(-2, 3) for y in range(-2, 3)]
    rings = outlines.load()
    small = {"344", "702"}  # Hong Kong and Singapore have no outline at this scale
    for country in WORLD.countries.values():
        if country.numeric in small:
            continue
        x, y = country.longitude, country.latitude
        assert any(inside((x + dx, y + dy), ring) for dx, dy in around for ring in rings[country.numeric]), (
            country.name
        )


def test_japan_and_korea_never_had_gsm() -> None:
    for country in ("jp", "kr"):
        for operator in WORLD.operators_in(country):
            assert not WORLD.radios_of(operator.key, Rat.GERAN)


def test_the_last_3g_network_of_japan_is_off() -> None:
    ends = [r.until for o in WORLD.operators_in("jp") for r in o.radios if r.rat is Rat.UTRAN]
    assert max(str(end) for end in ends) == "2026-03-31"


def test_iphones_of_the_united_states_have_no_tray_since_the_14() -> None:
    phones = {key: device for key, device in WORLD.devices.items() if re.fullmatch(r"iphone-1[4-9]-us", key)}
    assert len(phones) >= 3
    assert all(phone.sim_slots == 0 and phone.esim for phone in phones.values())


def test_iphones_of_mainland_china_have_two_cards_and_no_esim_but_the_air() -> None:
    phones = {
        key: d for key, d in WORLD.devices.items() if d.maker == "Apple" and d.market == "China mainland"
    }
    assert {key for key, phone in phones.items() if phone.esim} == {"iphone-air-cn"}
    assert {phone.sim_slots for phone in phones.values() if not phone.esim} == {2}


def test_phones_before_the_iphone_xs_and_the_galaxy_s20_have_no_esim() -> None:
    assert not [d.key for d in WORLD.devices.values() if d.maker == "Apple" and d.year < 2018 and d.esim]
    assert not [d.key for d in WORLD.devices.values() if d.maker == "Samsung" and d.year < 2020 and d.esim]


def test_mainland_china_sells_esims_in_shops_only() -> None:
    support = {o.key: o.esim for o in WORLD.operators_in("cn")}
    assert support == {
        "cmcc-cn": EsimSupport.SHOP,
        "unicom-cn": EsimSupport.SHOP,
        "telecom-cn": EsimSupport.SHOP,
        "broadnet-cn": EsimSupport.NONE,
    }


def test_switzerland_and_the_united_kingdom_are_not_in_the_roaming_area() -> None:
    assert not WORLD.country("ch").areas
    assert not WORLD.country("gb").areas
    swiss = WORLD.agreement("telekom-de", "swisscom-ch")
    assert swiss is not None
    assert swiss.price is PriceClass.HIGH


def test_a_price_without_a_publication_is_an_example() -> None:
    for offer in WORLD.offers.values():
        assert offer.source == "example" or WORLD.source(offer.source).address, offer.key


@pytest.mark.parametrize(
    ("offer", "price", "currency"),
    [
        ("verizon-us-travelpass", "12", "USD"),
        ("ais-th-sim2fly", "2799", "THB"),
        ("ee-gb-roam", "2.59", "GBP"),
    ],
)
def test_published_prices(offer: str, price: str, currency: str) -> None:
    found = WORLD.offer(offer)
    assert (found.price, found.currency) == (Decimal(price), currency)


def test_what_was_auctioned_in_vietnam_lies_in_the_bands_of_the_winners() -> None:
    """2500 to 2600 MHz to Viettel, 3700 to 3800 to VNPT, 3800 to 3900, which is beyond n78, to MobiFone."""
    for operator, low in (("viettel-vn", 2500), ("vinaphone-vn", 3700), ("mobifone-vn", 3800)):
        (radio,) = WORLD.radios_of(operator, Rat.NG_RAN)
        edges = [WORLD.bands[Rat.NG_RAN, name].downlink for name in radio.bands]
        assert any(a <= low and low + 100 <= b for a, b in edges), operator
