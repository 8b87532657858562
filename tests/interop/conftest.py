"""The foreign programs' surroundings: a PC/SC service with a virtual reader, and cards to put into it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from cards.link import CardLike
from cards.pcsc import Service
from cards.plug import VirtualSlot, plugged
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from tests.interop.pcscd import PcscService, eventually, why_not
from tests.simulator.cli.conftest import esim, esim_home, start
from tests.simulator.conftest import bench, test_pki

__all__ = ["bench", "esim", "esim_home", "start", "test_pki"]

READER = "Virtual PCD 00 00"
SECOND = "Virtual PCD 00 01"
Program = Callable[..., str]


@pytest.fixture(scope="session")
def pcscd(pcsc_folder: Path) -> Iterator[PcscService]:
    """A running service; whoever ends it starts it again."""
    if missing := why_not():
        pytest.skip(missing)
    service = PcscService(pcsc_folder)
    service.start()
    yield service
    service.stop()


@pytest.fixture
def readers(pcscd: PcscService) -> Iterator[Service]:
    """Our own connection to the service."""
    with Service() as service:
        yield service


@pytest.fixture
def program(pcscd: PcscService) -> Program:
    """Runs a foreign program and gives what it prints, also on standard error. It must succeed."""

    def call(*command: str, stdin: str = "", environment: dict[str, str] | None = None) -> str:
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed (make system-packages)")
        finished = subprocess.run(
            command,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            env={**pcscd.environment, **(environment or {})},
        )
        assert finished.returncode == 0, finished.stdout
        return finished.stdout

    return call


def make_card(subscription: str = "test-operator", **options: object) -> Card:
    """A plain SIM."""
    package = build.build_package(describe.load_shipped(subscription))
    return Card(FileSystem(image_of(package)), entropy=os.urandom, **options)  # type: ignore[arg-type]


def has_card(service: Service, number: int = 0) -> bool:
    return service.readers()[number].has_card


Insert = Callable[..., AbstractContextManager[VirtualSlot]]


@pytest.fixture
def insert(pcscd: PcscService, readers: Service) -> Insert:
    """`with insert(card, slot):` the service sees the card from the beginning of the block, and none after
    it."""

    @contextmanager
    def call(card: CardLike, slot: int = 0) -> Iterator[VirtualSlot]:
        assert eventually(lambda: not has_card(readers, slot))
        with plugged(card, pcscd.port + slot) as virtual:
            assert eventually(lambda: has_card(readers, slot))
            yield virtual

    return call
