"""How fast the codec is: a TS.48 package of about 12 kB, an RSP message, loading the tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from asn1 import rsp, saip

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
    """Import and first use of both tables, in a process of its own. Target for the tables: 10 ms."""
    code = (
        "import time; t = time.perf_counter();"
        "from asn1 import rsp, saip; rsp.types, saip.types; print(time.perf_counter() - t)"
    )

    def run() -> float:
        return float(
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        )

    benchmark.extra_info["seconds"] = benchmark.pedantic(run, rounds=5)
