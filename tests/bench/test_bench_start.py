"""How long it takes to begin: `esim --help` beside a bare interpreter, and the first card after that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ESIM = Path(sys.executable).with_name("esim")
FIRST_CARD = """
import time
from simulator.cli import app  # what `esim --help` has loaded
start = time.perf_counter()
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
Card(FileSystem(image_of(build.build_package(describe.load_shipped("test-operator")))), entropy=bytes)
print(time.perf_counter() - start)
"""
FIRST_CARD_FROM_PACKAGE = """
import sys, time
from pathlib import Path
from simulator.cli import app
package = Path(sys.argv[1]).read_bytes()
start = time.perf_counter()
from simulator.profile import image_of
from simulator.uicc import Card, FileSystem
Card(FileSystem(image_of(package)), entropy=bytes)
print(time.perf_counter() - start)
"""


def run(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


@pytest.mark.benchmark(group="start")
def test_bare_interpreter(benchmark: Any) -> None:
    benchmark.pedantic(run, args=(sys.executable, "-c", "pass"), rounds=20, warmup_rounds=2)


@pytest.mark.benchmark(group="start")
def test_esim_help(benchmark: Any) -> None:
    benchmark.pedantic(run, args=(ESIM, "--help"), rounds=20, warmup_rounds=2)


@pytest.mark.benchmark(group="start")
def test_first_card_from_a_description(benchmark: Any) -> None:
    """extra_info: seconds from the loaded command line to a card, description, package and all."""
    inner = [float(run(sys.executable, "-c", FIRST_CARD)) for _ in range(5)]
    benchmark.extra_info["first card, ms"] = round(min(inner) * 1e3, 1)
    benchmark.pedantic(run, args=(sys.executable, "-c", FIRST_CARD), rounds=3)
    print(f"\nfirst card from a description: {min(inner) * 1e3:.1f} ms")


@pytest.mark.benchmark(group="start")
def test_first_card_from_a_package(benchmark: Any, tmp_path: Path) -> None:
    from simulator.profile import build, describe

    package = tmp_path / "package.der"
    package.write_bytes(build.build_package(describe.load_shipped("test-operator")))
    command = (sys.executable, "-c", FIRST_CARD_FROM_PACKAGE, package)
    inner = [float(run(*command)) for _ in range(5)]
    benchmark.extra_info["first card, ms"] = round(min(inner) * 1e3, 1)
    benchmark.pedantic(run, args=command, rounds=3)
    print(f"\nfirst card from a package: {min(inner) * 1e3:.1f} ms")
