"""Revocation lists that a server staples to its certificates: downloads with them on both curves and in every
variant, and each thing that can be wrong with them (SGP.22 v3 §3.0.1, §5.7.13, §5.7.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulator.crypto.ecc import Curve
from simulator.crypto.issue import Issuer
from simulator.crypto.pki import CertificateAndKey, TestPki, Variant
from simulator.crypto.revocation import issue_crl, parse_crl
from simulator.euicc.features import V2, Features
from simulator.lpa.device import Device
from tests.simulator.test_chain_variants_download import (
    NIST,
    NOW,
    PKIS,
    SERVER_VARIANTS,
    Maker,
    World,
    made,
    spoil_answer,
)
from tests.simulator.test_chain_variants_download import make as make
from tests.simulator.test_chain_variants_download import package as package

LISTED = {curve: pki.with_lists(now=NOW) for curve, pki in PKIS.items()}
ISSUERS = {Variant.O: 1, Variant.A: 2, Variant.B: 2, Variant.C: 3}
"""How many certificates are issued by a CA in the server's chain, so how many lists are needed."""


def issuer_of(pki: TestPki, curve: Curve, variant: Variant) -> CertificateAndKey:
    """Who issued CERT.DPauth."""
    branch = pki.branch(curve, variant)
    assert branch is not None
    assert branch.dp_auth is not None
    wanted = branch.dp_auth.certificate.authority_key_id
    return next(item for item in branch.items.values() if item.certificate.subject_key_id == wanted)


def crl(item: CertificateAndKey, *revoked: int, number: int = 7, **options: Any) -> bytes:
    issuer = Issuer(item.certificate, item.require_key())
    times = {"now": NOW, "next_update": NOW + timedelta(days=9)} | options
    return issue_crl(issuer, revoked, number, **times)


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize("variant", [Variant.O, *SERVER_VARIANTS])
def test_a_download_with_lists(make: Maker, curve: Curve, variant: Variant) -> None:
    world = make(curve, [variant], pki=LISTED[curve])
    world.download()
    opening = world.es9.answer("initiateAuthentication")
    assert opening["serverSigned1"]["sessionContext"]["crlStaplingV3Used"] is True
    assert len(opening["crlList"]) == ISSUERS[variant]
    above = {parse_crl(der).issuer_key_id for der in opening["crlList"]}
    assert issuer_of(LISTED[curve], curve, variant).certificate.subject_key_id in above


class TestWhenNoneAreSent:
    """If and only if eUICC and LPA can do with them and the server has them (§3.0.1)."""

    def check(self, world: World) -> None:
        world.download()
        opening = world.es9.answer("initiateAuthentication")
        assert "crlList" not in opening
        context = opening["serverSigned1"].get("sessionContext", {})
        assert context.get("crlStaplingV3Used", False) is False

    def test_to_an_euicc_of_version_2(self, make: Maker) -> None:
        self.check(make(pki=LISTED[NIST], features=Features(svn=V2)))

    def test_to_an_lpa_that_does_not_carry_them(self, make: Maker) -> None:
        world = make(pki=LISTED[NIST])

        def without(function: str, message: dict[str, Any]) -> dict[str, Any]:
            return message | {"lpaRspCapability": (b"\x40", 2)} if "lpaRspCapability" in message else message

        world.es9.change_request = without
        world.device = Device(lpa_svn=(2, 2, 2))
        self.check(world)

    def test_by_a_server_without_lists(self, make: Maker) -> None:
        self.check(make())

    def test_by_a_server_whose_lists_are_old(self, make: Maker) -> None:
        later = NOW + timedelta(days=366)
        self.check(make(pki=LISTED[NIST], now=later))

    def test_by_a_server_that_lacks_one(self, make: Maker) -> None:
        pki = LISTED[NIST]
        own = issuer_of(pki, NIST, Variant.C).certificate.subject_key_id
        rest = tuple(der for der in pki.lists if parse_crl(der).issuer_key_id != own)
        self.check(make(NIST, [Variant.C], pki=replace(pki, lists=rest)))


Lists = Callable[[CertificateAndKey, list[bytes]], Iterable[bytes]]
"""(issuer of the server's certificate, all lists that the server sends) → what arrives."""


def others(item: CertificateAndKey, sent: list[bytes]) -> list[bytes]:
    return [der for der in sent if parse_crl(der).issuer_key_id != item.certificate.subject_key_id]


def damaged(item: CertificateAndKey, sent: list[bytes]) -> list[bytes]:
    right = crl(item)
    return [*others(item, sent), right[:-1] + bytes((right[-1] ^ 1,))]


FAULTS: dict[str, tuple[Lists, str]] = {
    "none at all": (lambda item, sent: (), "missingCrl"),
    "not the issuer's": (others, "missingCrl"),
    "a part is missing": (lambda item, sent: [*others(item, sent), crl(item, parts=2)], "missingCrl"),
    "damaged": (damaged, "invalidCrlSignature"),
    "expired": (
        lambda item, sent: [
            *others(item, sent),
            crl(item, next_update=NOW - timedelta(seconds=1), now=NOW - timedelta(days=2)),
        ],
        "invalidCertOrCrlTime",
    ),
    "not valid yet": (
        lambda item, sent: [*others(item, sent), crl(item, now=NOW + timedelta(days=1))],
        "invalidCertOrCrlTime",
    ),
    "no list": (lambda item, sent: [b"\x30\x00"], "invalidCertOrCrlConfiguration"),
    "a difference": (
        lambda item, sent: [*sent, crl(item, base_number=1)],
        "invalidCertOrCrlConfiguration",
    ),
}


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize("variant", [Variant.O, Variant.C])
@pytest.mark.parametrize("fault", FAULTS)
def test_lists_that_do_not_do(make: Maker, curve: Curve, variant: Variant, fault: str) -> None:
    world = make(curve, [variant], pki=LISTED[curve])
    lists, name = FAULTS[fault]
    item = issuer_of(LISTED[curve], curve, variant)
    sent = [der for der in LISTED[curve].lists if parse_crl(der).number == 1]
    spoil_answer(world, crlList=list(lists(item, sent)))
    assert world.refusal_of_euicc() == name


@pytest.mark.parametrize(("name", "answer"), [("dp_auth", "revokedCert"), ("dp_pb", "invalidCertificate")])
@pytest.mark.parametrize("variant", [Variant.O, Variant.A])
def test_a_server_that_was_revoked(make: Maker, variant: Variant, name: str, answer: str) -> None:
    """CERT.DPauth in AuthenticateServer, CERT.DPpb in PrepareDownload: the lists are kept for the session."""
    pki = PKIS[NIST]
    branch = pki.branch(NIST, variant)
    assert branch is not None
    serial = branch.items[name].certificate.serial_number
    listed = replace(pki, lists=(crl(issuer_of(pki, NIST, variant), serial),)).with_lists(now=NOW)
    assert make(NIST, [variant], pki=listed).refusal_of_euicc() == answer


def test_a_sub_ca_that_was_revoked(make: Maker) -> None:
    pki = PKIS[NIST]
    branch = pki.branch(NIST, Variant.C)
    assert branch is not None
    assert branch.dp_sub_ca is not None
    assert branch.ci_sub_ca is not None
    serial = branch.dp_sub_ca.certificate.serial_number
    listed = replace(pki, lists=(crl(branch.ci_sub_ca, serial),)).with_lists(now=NOW)
    assert make(NIST, [Variant.C], pki=listed).refusal_of_euicc() == "revokedCert"


def test_a_list_of_a_stranger_is_passed_over(make: Maker) -> None:
    stranger = made("stranger", [NIST]).with_lists(now=NOW)
    pki = LISTED[NIST]
    make(NIST, [Variant.A], pki=replace(pki, lists=(*stranger.lists, *pki.lists))).download()


def test_the_newest_list_counts(make: Maker) -> None:
    """A certificate that an older list names, and the newer one does not, was taken back in error."""
    pki = PKIS[NIST]
    item = issuer_of(pki, NIST, Variant.O)
    branch = pki.branches[NIST]
    assert branch.dp_auth is not None
    serial = branch.dp_auth.certificate.serial_number
    older, newer = crl(item, serial, number=1), crl(item, number=2)
    make(pki=replace(pki, lists=(older, newer))).download()
    world = make(pki=replace(pki, lists=(older, crl(item, serial, number=3), newer)))
    assert world.refusal_of_euicc() == "revokedCert"


def test_the_lists_of_a_pki_go_on_where_those_of_its_folder_end() -> None:
    pki = PKIS[NIST]
    item = pki.branches[NIST].ci
    old = crl(item, 4711, number=3, now=NOW - timedelta(days=9), next_update=NOW - timedelta(days=1))
    fresh = replace(pki, lists=(old,)).with_lists(now=NOW)
    (new,) = (
        found
        for der in fresh.lists
        if (found := parse_crl(der)).issuer_key_id == item.certificate.subject_key_id and der != old
    )
    assert (new.number, new.revoked) == (4, {4711})
    assert fresh.with_lists(now=NOW).lists == fresh.lists
