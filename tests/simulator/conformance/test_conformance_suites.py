"""The checks of cards: ours passes them all, and what is not run is told with its reason."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from simulator.conformance import SUITES, CheckResult, Verdict, checks, conform
from tests.simulator.conformance.cards_under_test import described, failures, run, source_of

SPECIMENS = (
    "euicc-company-phone",
    "euicc-empty",
    "euicc-iot",
    "euicc-two-profiles",
    "euicc-version3",
    "gsm-sim",
    "laboratory-sim",
    "multi-imsi-sim",
    "test-usim",
    "usim-isim",
    "usim-t1",
)
PACKAGES = ("TS48v1_A", "TS48v5_SAIP2.3_BERTLV_SUCI", "TS48v7_SAIP2.3_NoBERTLV_NoRAMRFM")


ELSEWHERE = {
    "INCREASE adds, and the newest record is the sum",
    "INCREASE beyond the maximum: 9850",
    "A wrong checksum: RC/CC/DS failed, and its counter does not count",
    "StoreMetadata of a test profile where there are none: unsupportedProfileClass",
    "StoreMetadata of an enterprise where there are none: enterpriseProfilesNotSupported",
    "DisableProfile against an enterprise's rules: disallowedByEnterpriseRule",
}
"""Checks that apply to none of these specimens, but to cards of the tests below."""


@cache
def results_of(name: str) -> list[CheckResult]:
    return run(source_of(name))


@pytest.mark.parametrize("name", ["", *SPECIMENS])
def test_our_cards_pass(name: str) -> None:
    results = results_of(name)
    assert failures(results) == {}
    assert all(one.entries for one in results if one.verdict is Verdict.PASSED)
    assert all(one.finding for one in results if one.verdict is Verdict.NOT_APPLICABLE)
    assert sum(one.verdict is Verdict.PASSED for one in results) > (20 if name == "gsm-sim" else 150)


@pytest.mark.parametrize("package", PACKAGES)
def test_cards_with_profiles_of_ts48_pass(package: str, shared_data: Path, tmp_path: Path) -> None:
    results = run(described(tmp_path, kind="sim", profile=shared_data / "ts48" / f"{package}.der"))
    assert failures(results) == {}
    passed = {one.check.title for one in results if one.verdict is Verdict.PASSED}
    assert "INCREASE beyond the maximum: 9850" in passed
    if package == "TS48v5_SAIP2.3_BERTLV_SUCI":
        assert "A wrong checksum: RC/CC/DS failed, and its counter does not count" in passed


def test_an_euicc_that_takes_little(tmp_path: Path) -> None:
    source = described(tmp_path, kind="euicc", version=3, test_profiles="false", enterprise_profiles="false")
    results = run(source, "packages")
    assert failures(results) == {}
    passed = {one.check.title for one in results if one.verdict is Verdict.PASSED}
    assert "StoreMetadata of a test profile where there are none: unsupportedProfileClass" in passed
    assert "StoreMetadata of an enterprise where there are none: enterpriseProfilesNotSupported" in passed


def test_an_euicc_with_ports_and_room_for_an_enterprise(tmp_path: Path) -> None:
    mep = "{modes: [A1], profiles: 2}"
    results = run(
        described(tmp_path, kind="euicc", version=3, mep=mep, enterprise_profiles="true"), "version3"
    )
    assert failures(results) == {}
    passed = {one.check.title for one in results if one.verdict is Verdict.PASSED}
    assert "DisableProfile against an enterprise's rules: disallowedByEnterpriseRule" in passed


def test_every_check_applies_to_some_card() -> None:
    results = [one for name in ("", *SPECIMENS) for one in results_of(name)]
    applied = {one.check.title for one in results if one.verdict is Verdict.PASSED}
    assert {check.title for check in checks()} - applied == ELSEWHERE


def test_what_is_not_run() -> None:
    careful = list(conform(source_of("").open, checks()))
    skipped = Counter(one.finding for one in careful if one.verdict is Verdict.SKIPPED)
    assert skipped["needs a server that the card trusts"] > 80
    assert skipped["would change the card: --allow-changes with its ICCID or EID allows it"] > 5
    assert skipped["needs the value of PIN 1 (--secrets)"] > 5
    assert all(one.verdict is not Verdict.FAILED for one in careful)


def test_every_check_has_a_clause_and_a_name_of_its_own() -> None:
    found = checks()
    assert all(check.clause for check in found)
    names = Counter((check.suite, check.title) for check in found)
    assert max(names.values()) == 1
    assert {check.suite for check in found} == set(SUITES)
