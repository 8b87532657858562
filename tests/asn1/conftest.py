"""Fixtures of the ASN.1 tests: types from a few lines of ASN.1, and asn1tools as the oracle."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import asn1tools
import pytest

from asn1 import EncodeError
from asn1.der.assemble import Assembler
from asn1.schema import Schema

MODULES = Path(__file__).parents[2] / "asn1" / "modules"


class Types:
    """Types written in a test, decoded by us and by asn1tools."""

    def __init__(self, text: str, header: str = "AUTOMATIC TAGS") -> None:
        self._source = source = f"Test DEFINITIONS {header} ::= BEGIN {text} END"
        schema = Schema(asn1tools.parse_string(source))
        schema.add_module("Test")
        self.table = schema.types
        self.names = schema.names
        self._assembler = Assembler(schema.types)

    @cached_property
    def oracle(self) -> Any:
        return asn1tools.compile_string(self._source, "der")

    def decode(self, data: bytes | str, name: str = "T") -> Any:
        octets = bytes.fromhex(data) if isinstance(data, str) else data
        value, end = self._assembler.decode(name, octets, 0)
        assert end == len(octets)
        return value

    def encode(self, value: Any, name: str = "T") -> bytes:
        try:
            return self._assembler.named(name).encode(value)
        except EncodeError as error:
            error.within(name)
            raise


@pytest.fixture(scope="session")
def types() -> Callable[..., Types]:
    return Types


@pytest.fixture(scope="session")
def saip_oracle() -> Any:
    return asn1tools.compile_files([str(MODULES / "saip.asn")], "der")


@pytest.fixture(scope="session")
def rsp_oracle() -> Any:
    return asn1tools.compile_files([str(MODULES / "rsp.asn"), str(MODULES / "pkix.asn")], "der")


@pytest.fixture(scope="session")
def pkix_oracle() -> Any:
    return asn1tools.compile_files([str(MODULES / "pkix.asn")], "der")
