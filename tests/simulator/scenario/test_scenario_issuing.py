"""Subscriptions of operators, as cards show them and networks know them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cards import InProcessLink, Uicc
from cards.identities import Imsi, Plmn
from simulator.crypto.aka import generate_vector
from simulator.network.errors import WorldError
from simulator.network.world import World
from simulator.network.world.model import (
    Agreement,
    Country,
    EsimSupport,
    Offer,
    OfferKind,
    Operator,
    PriceClass,
    Radio,
    Rat,
)
from simulator.scenario import numbering
from simulator.scenario.errors import IssuingError
from simulator.scenario.issuing import Issued, Issuer

DAY = date(2026, 12, 1)
LTE_AND_NR = (
    Radio(Rat.E_UTRAN, ("2",), "example"),
    Radio(Rat.NG_RAN, ("n77",), "example"),
    Radio(Rat.UTRAN, ("2",), "example", until=date(2022, 2, 22)),
)


def operator(key: str, country: str, *plmns: str, radios: tuple[Radio, ...] = (), host: str = "") -> Operator:
    codes = tuple(map(Plmn.parse, plmns))
    return Operator(
        key=key,
        name=f"{key} name",
        esim=EsimSupport.NONE,
        source="example",
        esim_source="example",
        country=country,
        plmns=codes,
        radios=radios,
        host=host,
    )


def country(key: str, *mccs: str) -> Country:
    return Country(key, key, key, "", mccs, "0", 0, 0, "example")


def agreement(home: str, visited: str, *, preferred: bool = True, barred: bool = False) -> Agreement:
    rats = (Rat.E_UTRAN, Rat.UTRAN)
    return Agreement(home, visited, rats, ("data",), PriceClass.HIGH, preferred, barred, "example")


def offer(key: str, kind: OfferKind, seller: str, sponsor: str, *sponsors: str) -> Offer:
    return Offer(
        key,
        kind,
        seller,
        sponsor,
        f"{key} name",
        ("th",),
        Decimal(5),
        "USD",
        1000,
        7,
        None,
        (),
        "example",
        sponsors,
        ("ppr1",),
    )


WORLD = World(
    sources={},
    countries={"us": country("us", "310", "311"), "th": country("th", "520"), "hk": country("hk", "454")},
    bands={},
    operators={
        one.key: one
        for one in (
            operator("att", "us", "310-410", "310-280", radios=LTE_AND_NR),
            operator("fi", "us", host="att"),
            operator("ais", "th", "520-03", radios=(Radio(Rat.GERAN, ("GSM900",), "example"),)),
            operator("true", "th", "520-04"),
            operator("dtac", "th", "520-05"),
            operator("three", "hk", "454-03"),
            operator("shop", ""),
        )
    },
    agreements={
        one.key: one
        for one in (
            agreement("att", "ais"),
            agreement("att", "true", preferred=False),
            agreement("att", "dtac", barred=True),
            agreement("att", "three"),
        )
    },
    devices={},
    offers={
        one.key: one
        for one in (
            offer("travel", OfferKind.TRAVEL_ESIM, "shop", "three"),
            offer("global", OfferKind.MULTI_IMSI, "shop", "three", "ais", "att"),
        )
    },
    rates={},
)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(WORLD, 1, DAY)


def card_of(issuer: Issuer, issued: Issued) -> Uicc:
    return Uicc(InProcessLink(issuer.sim(issued).card))


def files(uicc: Uicc, *names: str) -> list[str]:
    uicc.select(uicc.find_application("ADF.USIM"))
    return [read(uicc, f"EF.{name}") for name in names]


def read(uicc: Uicc, name: str) -> str:
    uicc.select(name)
    return uicc.read_binary().hex().upper()


def test_a_card_of_an_american_operator(issuer: Issuer) -> None:
    issued = issuer.subscription("att")
    uicc = card_of(issuer, issued)
    iccid = uicc.read_iccid()
    assert str(iccid).startswith("8901410")
    assert iccid.is_valid
    assert str(uicc.read_imsi()).startswith("310410")
    ad, hplmn, ehplmn, oplmn, spn, fplmn = files(
        uicc, "AD", "HPLMNwAcT", "EHPLMN", "OPLMNwAcT", "SPN", "FPLMN"
    )
    assert ad.endswith("03")
    assert hplmn == "1300144800"  # 5G and 4G, the 3G network was switched off
    assert ehplmn[:12] == "130014" + "130082"
    assert (
        oplmn[:20] == "25F030C000" + "54F430C000"
    )  # AIS and Three; neither the second choice nor the barred
    assert bytes.fromhex(spn[2:]).rstrip(b"\xff") == b"att name"
    assert set(fplmn) == {"F"}


def test_access_class_is_the_last_digit_of_the_imsi(issuer: Issuer) -> None:
    uicc = card_of(issuer, issuer.subscription("att"))
    imsi = str(uicc.read_imsi())
    assert files(uicc, "ACC") == [f"{1 << int(imsi[-1]):04X}"]


def test_the_card_authenticates_against_what_the_network_gets(issuer: Issuer) -> None:
    issued = issuer.subscription("att")
    (subscriber,) = issued.subscribers
    uicc = card_of(issuer, issued)
    assert uicc.read_imsi() == subscriber.imsi
    vector = generate_vector(subscriber.aka, bytes(range(16)), (32).to_bytes(6, "big"), bytes.fromhex("8000"))
    uicc.select(uicc.find_application("ADF.USIM"))
    answer = uicc.authenticate(vector.rand, vector.autn)
    assert answer.res == vector.xres


def test_the_same_seed_issues_the_same(issuer: Issuer) -> None:
    again = Issuer(WORLD, 1, DAY)
    assert again.subscription("att").package == issuer.subscription("att").package
    others = {
        issuer.subscription("att", number=2).imsi,
        Issuer(WORLD, 2, DAY).subscription("att").imsi,
        issuer.subscription("att").imsi,
    }
    assert len(others) == 3


def test_a_virtual_operator_has_its_hosts_codes_and_a_group(issuer: Issuer) -> None:
    issued = issuer.subscription("fi")
    uicc = card_of(issuer, issued)
    assert str(uicc.read_imsi()).startswith("310410")
    gid, oplmn = files(uicc, "GID1", "OPLMNwAcT")
    assert bytes.fromhex(gid) == issued.description.group_identifier
    assert oplmn.startswith("25F030")


def test_an_operator_without_subscribers_of_others_has_no_group(issuer: Issuer) -> None:
    assert issuer.subscription("att").description.group_identifier is None


def test_a_travel_esim_is_its_sponsors(issuer: Issuer) -> None:
    issued = issuer.offer("travel")
    assert (issued.seller, issued.operator, issued.offer) == ("shop", "three", "travel")
    assert str(issued.imsi).startswith("45403")
    assert str(issued.iccid).startswith("8985203")
    assert issued.metadata.service_provider_name == "shop name"
    assert issued.metadata.policy_rules == ("ppr1",)
    assert issued.metadata.owner is not None
    assert issued.metadata.owner.mcc_mnc == "45403"


def test_a_multi_imsi_card_has_its_sponsors_identities(issuer: Issuer) -> None:
    issued = issuer.offer("global")
    assert [one.operator for one in issued.subscribers] == ["three", "ais", "att"]
    assert [str(one.imsi)[:5] for one in issued.subscribers] == ["45403", "52003", "31041"]
    assert [one["countries"] for one in issued.applets[0]["identities"][1:]] == [["520"], ["310", "311"]]
    assert card_of(issuer, issued).read_imsi() == issued.imsi


def test_who_cannot_issue(issuer: Issuer) -> None:
    with pytest.raises(IssuingError, match="shop name has no network and no host"):
        issuer.subscription("shop")
    with pytest.raises(WorldError, match="no operator 'nobody'"):
        issuer.subscription("nobody")
    with pytest.raises(WorldError, match="no offer 'nothing'"):
        issuer.offer("nothing")


def test_numbers() -> None:
    assert str(numbering.imsi(Plmn("001", "01"), "a")).startswith("00101")
    assert len(str(numbering.imsi(Plmn("310", "410"), "a"))) == 15
    assert isinstance(numbering.imsi(Plmn("310", "410"), "a"), Imsi)
    assert str(numbering.iccid("de", Plmn("262", "01"), "a")).startswith("8949001")
    with pytest.raises(IssuingError, match="country code of 'xx'"):
        numbering.iccid("xx", Plmn("001", "01"), "a")


def test_radios_begin_and_end(issuer: Issuer) -> None:
    early = Issuer(WORLD, 1, date(2022, 2, 22))
    assert early.subscription("att").description.networks.home[0].access == ("ng-ran", "eutran", "utran")
    nothing = replace(WORLD.operators["att"], radios=())
    world = replace(WORLD, operators={**WORLD.operators, "att": nothing})
    assert Issuer(world, 1, DAY).subscription("att").description.networks.home[0].access == ("eutran",)
