"""The GSMA TS.48 packages: asn1tools, GSMA's own value notation and our codec must say the same of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asn1 import DecodeError, saip

# Bugs of asn1tools that show here; every other difference fails a test:
#   sqnInit, a SEQUENCE OF whose DEFAULT is one element, gets that element's text instead of a list.
SQN_INIT_DEFAULT = [bytes(6)] * 32


def elements(package: bytes) -> list[tuple[Any, bytes]]:
    """The profile elements of a package, decoded and as octets."""
    found = []
    offset = 0
    while offset < len(package):
        value, end = saip.decode_prefix("ProfileElement", package, offset)
        found.append((value, package[offset:end]))
        offset = end
    return found


def test_the_oracle_agrees(ts48_package: Path, saip_oracle: Any) -> None:
    for value, octets in elements(ts48_package.read_bytes()):
        expected = saip_oracle.decode("ProfileElement", octets)
        if expected[0] == "akaParameter" and not isinstance(expected[1]["sqnInit"], list):
            expected[1]["sqnInit"] = SQN_INIT_DEFAULT
        assert value == expected


def test_encoding_again_gives_the_same_octets(ts48_package: Path) -> None:
    for value, octets in elements(ts48_package.read_bytes()):
        assert saip.encode("ProfileElement", value) == octets


def test_fields_cover_every_octet(ts48_package: Path) -> None:
    for value, octets in elements(ts48_package.read_bytes()):
        fields = saip.fields("ProfileElement", octets)
        assert fields[0].value == value[1]
        assert fields[0].path == f"ProfileElement.{value[0]}"
        starts = [field.offset for field in fields]
        assert starts == sorted(set(starts))
        at = 0
        for field in fields:
            # Between a header and the next TLV there is either nothing or the value of a primitive.
            assert octets[field.offset : field.offset + len(field.tag)] == field.tag
            assert field.offset == at
            is_constructed = field.tag[0] & 0x20
            at = field.offset + field.header_length + (0 if is_constructed else field.length)
        assert at == len(octets)


# GSMA wrote the notation from the module of SAIP 2.3, where this member has a misprint in its name.
RENAMED = {"keyCompontents": "keyComponents"}
# Of the members with a DEFAULT, those that the notation leaves out where they have it.
LEFT_OUT = {"fileDetails": b"\x01", "specialFileInformation": b"\x00", "lcsi": b"\x05", "pinAttributes": 7}
TOKEN = re.compile(r"""'[0-9A-F]*'H|"[^"]*"|::=|[{}:,]|[A-Za-z0-9-]+""")


class Notation:
    """ASN.1 value notation (X.680), compared with decoded values token by token."""

    def __init__(self, text: str) -> None:
        self._tokens: Iterator[str] = iter(TOKEN.findall(text))
        self.compared = 0

    def take(self) -> str:
        return next(self._tokens)

    def expect(self, *tokens: str) -> None:
        for token in tokens:
            assert self.take() == token

    def is_at_end(self) -> bool:
        return next(self._tokens, None) is None

    def compare(self, value: Any) -> None:
        self.compared += 1
        match value:
            case tuple() if isinstance(value[0], str):
                self.expect(value[0], ":")
                self.compare(value[1])
            case dict():
                self.expect("{")
                self._members(value)
            case list():
                self.expect("{")
                for at, item in enumerate(value):
                    self.expect(*[","][: bool(at)])
                    self.compare(item)
                self.expect("}")
            case _:
                self._primitive(value)

    def _members(self, value: dict[str, Any]) -> None:
        left = dict(value)
        separator = ","
        while separator == "," and (name := self.take()) != "}":
            self.compare(left.pop(RENAMED.get(name, name)))
            separator = self.take()
        assert left.items() <= LEFT_OUT.items()

    def _primitive(self, value: Any) -> None:
        token = self.take()
        if token == "{":
            assert [self.take() for _ in value.split(".")] == value.split(".")
            self.expect("}")
        elif isinstance(value, bytes):
            assert token == f"'{value.hex().upper()}'H"
        elif isinstance(value, int):
            assert int(token) == value if token.isdecimal() else self._named(token, value)
        else:
            assert token == ("NULL" if value is None else f'"{value}"')

    @staticmethod
    def _named(token: str, value: int) -> bool:
        paths = ("PINKeyReferenceValue", "PUKKeyReferenceValue", "AlgoParameter.algorithmID")
        return any(saip.names(path).get(token) == value for path in paths)


@pytest.mark.parametrize("name", ["TS48v7_SAIP2.3_BERTLV_SUCI", "TS48v7_SAIP2.3_NoBERTLV"])
def test_the_value_notation_of_gsma_agrees(shared_data: Path, name: str) -> None:
    notation = Notation((shared_data / "ts48" / f"{name}.txt").read_text(encoding="ascii"))
    for number, (value, _) in enumerate(
        elements((shared_data / "ts48" / f"{name}.der").read_bytes()), start=1
    ):
        notation.expect(f"value{number}", "ProfileElement", "::=")
        notation.compare(value)
    assert notation.is_at_end()
    assert notation.compared > 2000


@pytest.fixture(scope="module")
def package(ts48_packages: list[Path]) -> bytes:
    return ts48_packages[-1].read_bytes()


class TestDamage:
    """A damaged package decodes to something else, or is refused; at once, and never otherwise."""

    @pytest.mark.parametrize("mask", [0x01, 0x20, 0x80, 0xFF])
    def test_every_damaged_octet(self, package: bytes, mask: int) -> None:
        refused = sum(self._is_refused(octets, mask) for _, octets in elements(package))
        assert refused > len(package) // 8

    @staticmethod
    def _is_refused(octets: bytes, mask: int) -> int:
        refused = accepted = 0
        for offset in range(0, len(octets), 3):
            damaged = bytearray(octets)
            damaged[offset] ^= mask
            try:
                value = saip.decode("ProfileElement", bytes(damaged))
            except DecodeError as error:
                refused += error.path.startswith("ProfileElement") and 0 <= error.offset <= len(octets)
            else:
                accepted += saip.encode("ProfileElement", value) == bytes(damaged)
        assert refused + accepted == len(range(0, len(octets), 3))
        return refused

    @settings(max_examples=200, deadline=1000)
    @given(data=st.data())
    def test_cut_and_spliced(self, package: bytes, data: st.DataObject) -> None:
        parts = [octets for _, octets in elements(package)]
        first, second = data.draw(st.sampled_from(parts)), data.draw(st.sampled_from(parts))
        spliced = (
            first[: data.draw(st.integers(0, len(first)))] + second[data.draw(st.integers(0, len(second))) :]
        )
        try:
            value = saip.decode("ProfileElement", spliced)
        except DecodeError:
            return
        assert saip.encode("ProfileElement", value) == spliced
