"""Fixtures for the whole test suite: where the real input lies, and a PC/SC service that is not the
machine's."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import _pytest.pytester
import pytest
from hypothesis import settings

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_PCSC_FOLDER = pytest.StashKey[Path]()


# How long an example takes says more about the machine than about the code.
settings.register_profile("esim", deadline=None)
settings.load_profile("esim")


class _Snapshot(_pytest.pytester.SysModulesSnapshot):
    """pytester forgets what a run in this process was the first to import, and whoever holds a class of such
    a module does not know the one that is imported next. Only the tests of that run are forgotten here."""

    def __init__(self, preserve: Callable[[str], bool] | None = None) -> None:
        super().__init__(lambda name: not name.startswith(("test_", "conftest")))


_pytest.pytester.SysModulesSnapshot = _Snapshot  # type: ignore[misc]


def pytest_configure(config: pytest.Config) -> None:
    """No test may reach a real card: PC/SC clients look for their service in a folder where only tests put
    one. And Ctrl-C works, also in programs that tests start: a shell in the background ignores it, and what
    it starts inherits that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="esim-pcsc-"))
    config.stash[_PCSC_FOLDER] = folder
    os.environ["PCSCLITE_CSOCK_NAME"] = str(folder / "pcscd.comm")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_PCSC_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def pcsc_folder(pytestconfig: pytest.Config) -> Path:
    """Where a PC/SC service of the tests' own puts its socket."""
    return pytestconfig.stash[_PCSC_FOLDER]


def ts48_paths() -> list[Path]:
    """The GSMA TS.48 packages; empty where the shared data is not checked out beside the repository."""
    return sorted((SHARED_DATA / "ts48").glob("*.der"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip("real packages and certificates are not here: ../shared/data is missing")
    return SHARED_DATA


@pytest.fixture(scope="session")
def ts48_packages(shared_data: Path) -> list[Path]:
    return ts48_paths()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `ts48_package` runs once for every TS.48 package."""
    if "ts48_package" in metafunc.fixturenames:
        paths = ts48_paths()
        skip = pytest.param(None, marks=pytest.mark.skip(reason="../shared/data/ts48 is missing"))
        metafunc.parametrize("ts48_package", paths or [skip], ids=lambda p: p.stem if p else "none")
