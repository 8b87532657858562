"""What `check` finds: nothing in good packages, each fault in one that has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asn1 import saip
from simulator.profile import ProfilePackage, build, describe
from simulator.profile.check import check

Elements = list[tuple[str, dict[str, Any]]]


def elements(name: str = "home-operator") -> Elements:
    return list(build.elements(describe.load_shipped(name)))


def package(parts: Elements) -> ProfilePackage:
    return ProfilePackage.parse(b"".join(saip.encode("ProfileElement", part) for part in parts))


def value(parts: Elements, name: str) -> dict[str, Any]:
    return next(value for kind, value in parts if kind == name)


@pytest.mark.parametrize("name", describe.shipped())
def test_nothing_is_found_in_what_comes_along(name: str) -> None:
    assert check(package(elements(name))) == []


def test_gsma_packages_are_taken(ts48_package: Path) -> None:
    findings = check(ProfilePackage.parse(ts48_package.read_bytes()))
    assert all(finding.severity == "warning" for finding in findings)


def drop_end(parts: Elements) -> None:
    parts.pop()


def repeat_identification(parts: Elements) -> None:
    value(parts, "usim")["usim-header"] = value(parts, "mf")["mf-header"]


def change_iccid(parts: Elements) -> None:
    value(parts, "header")["iccid"] = bytes.fromhex("8999900000000000717F")


def lose_a_rule(parts: Elements) -> None:
    value(parts, "mf")["mf"][0][1]["securityAttributesReferenced"] = bytes.fromhex("2F0663")


def name_a_pin(parts: Elements) -> None:
    value(parts, "mf")["mf"][0][1]["pinStatusTemplateDO"] = b"\x01\x05"


def lose_the_keys(parts: Elements) -> None:
    parts[:] = [part for part in parts if part[0] != "akaParameter"]


def forget_a_template(parts: Elements) -> None:
    value(parts, "header")["eUICC-Mandatory-GFSTEList"].pop()


def forget_the_isim(parts: Elements) -> None:
    del value(parts, "header")["eUICC-Mandatory-services"]["isim"]


def forget_the_algorithm(parts: Elements) -> None:
    del value(parts, "header")["eUICC-Mandatory-services"]["milenage"]


def claim_the_oplmn(parts: Elements) -> None:
    """Service 42: operator controlled PLMN selector, whose file is not there."""
    table = value(parts, "usim")["ef-ust"]
    at = next(number for number, (choice, _) in enumerate(table) if choice == "fillFileContent")
    octets = bytearray(table[at][1])
    octets[41 // 8] |= 1 << 41 % 8
    table[at] = ("fillFileContent", bytes(octets))
    value(parts, "opt-usim").pop("ef-oplmnwact", None)


@pytest.mark.parametrize(
    ("spoil", "severity", "words"),
    [
        (drop_end, "error", "ends with the element 'end'"),
        (repeat_identification, "warning", "has the identification"),
        (change_iccid, "warning", "is not the ICCID of the header"),
        (lose_a_rule, "warning", "2F0663"),
        (name_a_pin, "warning", "'05'"),
        (lose_the_keys, "warning", "no AKA parameters"),
        (forget_a_template, "warning", "which the header does not list"),
        (forget_the_isim, "warning", "does not ask for the service isim"),
        (forget_the_algorithm, "warning", "does not ask for the service milenage"),
        (claim_the_oplmn, "warning", "calls service 42 available, but EF.OPLMNwAcT is missing"),
    ],
    ids=lambda part: part.__name__ if callable(part) else "",
)
def test_each_fault_is_found(spoil: Callable[[Elements], None], severity: str, words: str) -> None:
    parts = elements()
    spoil(parts)
    findings = check(package(parts))
    assert any(finding.severity == severity and words in finding.words for finding in findings), findings
    assert all("§" in finding.clause for finding in findings)


def test_a_wrong_check_digit() -> None:
    parts = elements()
    value(parts, "header")["iccid"] = bytes.fromhex("8999900000000000701F")
    assert any("check digit" in finding.words for finding in check(package(parts)))
