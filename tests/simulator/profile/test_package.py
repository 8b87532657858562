"""Packages of profile elements: places of the elements, and damage answered with ProfileError alone."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from simulator.profile import PeStatus, ProfileError, ProfilePackage, build_image


def test_elements_tile_the_package(ts48_packages: list[Path]) -> None:
    for path in ts48_packages:
        der = path.read_bytes()
        package = ProfilePackage.parse(der)
        offset = 0
        for index, element in enumerate(package.elements):
            assert (element.index, element.offset) == (index, offset)
            offset += element.length
        assert offset == len(der)


def test_an_empty_package_is_refused() -> None:
    with pytest.raises(ProfileError) as caught:
        ProfilePackage.parse(b"")
    assert caught.value.status is PeStatus.INVALID_REQUEST_FORMAT


def test_damaged_packages_build_or_raise_profile_error(ts48_packages: list[Path]) -> None:
    chance = random.Random(48)
    for path in ts48_packages[:4]:
        der = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(der)
            damaged[chance.randrange(len(der))] = chance.randrange(256)
            with contextlib.suppress(ProfileError):
                build_image(ProfilePackage.parse(bytes(damaged)))


def test_without_any_one_element_a_package_builds_or_raises_profile_error(ts48_packages: list[Path]) -> None:
    der = ts48_packages[-1].read_bytes()
    for element in ProfilePackage.parse(der).elements:
        shorter = der[: element.offset] + der[element.offset + element.length :]
        with contextlib.suppress(ProfileError):
            build_image(ProfilePackage.parse(shorter))


def test_an_element_of_unknown_kind_is_refused_in_words(ts48_packages: list[Path]) -> None:
    der = ts48_packages[0].read_bytes()
    end = ProfilePackage.parse(der).elements[-1].offset
    package = ProfilePackage.parse(der[:end] + bytes.fromhex("BF4003800100") + der[end:])
    with pytest.raises(ProfileError, match="unknown") as caught:
        build_image(package)
    assert (caught.value.status, caught.value.offset) == (PeStatus.PE_NOT_SUPPORTED, end)
