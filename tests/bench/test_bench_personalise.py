"""Packages from a template: how many a second."""

from __future__ import annotations

from typing import Any

from cards.identities import luhn_digit
from simulator.profile import build, describe
from simulator.profile.personalise import Template

COUNT = 100


def rows() -> list[dict[str, str]]:
    numbers = [f"8988211{number:011d}" for number in range(COUNT)]
    return [
        {
            "iccid": number + luhn_digit(number),
            "imsi": f"00101{number[-10:]}",
            "k": number.ljust(32, "0"),
            "opc": number.rjust(32, "0"),
            "pin1": "1234",
            "puk1": "12345678",
        }
        for number in numbers
    ]


def test_a_hundred_packages(benchmark: Any) -> None:
    template = Template(build.build_package(describe.load_shipped("test-operator")))
    subscriptions = rows()
    packages = benchmark(lambda: [template.apply(row) for row in subscriptions])
    assert len(set(packages)) == COUNT
