"""Value notation: GSMA's own text of its test profiles, line by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.profile import ProfilePackage, describe, notation
from simulator.profile.build import build_package


@pytest.mark.parametrize("name", ["TS48v7_SAIP2.3_BERTLV_SUCI", "TS48v7_SAIP2.3_NoBERTLV"])
def test_the_text_is_that_of_gsma(shared_data: Path, name: str) -> None:
    package = ProfilePackage.parse((shared_data / "ts48" / f"{name}.der").read_bytes())
    theirs = (shared_data / "ts48" / f"{name}.txt").read_text(encoding="ascii").split("\n")
    ours = [
        line.replace("keyComponents", "keyCompontents")  # misprint of SAIP 2.3
        for line in notation.package_lines(package, with_places=False)
    ]
    assert ours == [line.rstrip() for line in theirs if line.strip()]


def test_every_element_is_introduced_with_its_place() -> None:
    der = build_package(describe.load_shipped("home-operator"))
    package = ProfilePackage.parse(der)
    text = "\n".join(notation.package_lines(package))
    places = re.findall(r"^-- (\d+) ([\w-]+), byte (\d+), (\d+) bytes$", text, re.MULTILINE)
    assert [name for _, name, _, _ in places] == [element.name for element in package.elements]
    assert sum(int(length) for *_, length in places) == len(der)


@pytest.mark.parametrize(
    ("value", "member", "expected"),
    [
        (None, "", "NULL"),
        (True, "", "TRUE"),
        (b"\x0a", "", "'0A'H"),
        (10, "", "10"),
        (10, "keyReference", "adm1"),
        (0x81, "unblockingPINReference", "secondPUKAppl1"),
        (99, "keyReference", "99"),
        (31, "status", "unsupported-profile-version"),
        ((b"\xa0", 3), "", "'101'B"),
        ("2.23.143", "templateID", "{ 2 23 143 }"),
        ("1.2", "profileType", '"1.2"'),
        ('a "name"', "profileType", '"a ""name"""'),
    ],
)
def test_primitives(value: object, member: str, expected: str) -> None:
    assert notation.primitive(value, member) == expected


def test_empty_lists() -> None:
    assert list(notation.value_lines([], "ef-kc ")) == ["ef-kc { }"]
