"""How fast the codec is: a TS.48 package of about 12 kB, an RSP message, loading the tables."""

from __future__ import annotations

import importlib
import marshal
from pathlib import Path
from typing import Any

import pytest

from asn1 import build, rsp, saip
from asn1.der.assemble import Assembler

TABLES = Path(build.__file__).parent / "tables"

AUTHENTICATE = {
    "transactionId": bytes(16),
    "euiccChallenge": bytes(16),
    "serverAddress": "smdp.example.com",
    "serverChallenge": bytes(16),
}


@pytest.fixture(scope="module")
def package(ts48_packages: list[Path]) -> bytes:
    return ts48_packages[-1].read_bytes()


def elements(package: bytes) -> list[Any]:
    found = []
    offset = 0
    while offset < len(package):
        value, offset = saip.decode_prefix("ProfileElement", package, offset)
        found.append(value)
    return found


def test_decode_package(benchmark: Any, package: bytes) -> None:
    """Target: 2.5 ms."""
    assert len(benchmark(elements, package)) > 25


def test_encode_package(benchmark: Any, package: bytes) -> None:
    values = elements(package)
    encoded = benchmark(lambda: b"".join(saip.encode("ProfileElement", value) for value in values))
    assert encoded == package


def test_fields_of_a_package(benchmark: Any, package: bytes) -> None:
    _, end = saip.decode_prefix("ProfileElement", package)
    assert benchmark(saip.fields, "ProfileElement", package[:end])


def test_decode_message(benchmark: Any) -> None:
    octets = rsp.encode("ServerSigned1", AUTHENTICATE)
    assert benchmark(rsp.decode, "ServerSigned1", octets) == AUTHENTICATE


def test_load_tables(benchmark: Any) -> None:
    """All tables from byte code, without reading the files. Target: 10 ms."""
    sources = [path.read_text(encoding="utf-8") for path in TABLES.glob("[!_]*.py")]
    stored = [marshal.dumps(compile(source, "table", "exec")) for source in sources]

    def load() -> list[dict[str, Any]]:
        namespaces: list[dict[str, Any]] = [{} for _ in stored]
        for octets, namespace in zip(stored, namespaces, strict=True):
            exec(marshal.loads(octets), namespace)
        return namespaces

    assert all(namespace["TYPES"] for namespace in benchmark(load))


def test_first_use(benchmark: Any) -> None:
    """Putting together all that a profile package may hold."""
    tables = importlib.import_module("asn1.tables.saip")
    assert benchmark(lambda: Assembler(tables.TYPES).named("ProfileElement"))
