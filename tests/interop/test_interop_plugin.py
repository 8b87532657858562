"""The pytest plugin on a card in the virtual reader of a PC/SC service."""

from __future__ import annotations

import pytest

from tests.interop.pcscd import PcscService

TESTS = """
import pytest

def test_files(uicc):
    assert str(uicc.read_iccid()) == "8999900000000000014"

@pytest.mark.destructive
@pytest.mark.requires("es10c")
def test_a_download(lpa, smdp):
    from simulator.profile import build, describe
    order = smdp.add_order(build.build_package(describe.load_shipped("home-operator")))
    lpa.download(f"LPA:1$testsmdpplus1.example.com${order}")
    assert len(lpa.profiles()) == 2
"""


def test_tests_through_the_virtual_reader(
    pcscd: PcscService, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", pcscd.environment["PCSCLITE_CSOCK_NAME"])
    pytester.makepyfile(TESTS)
    arguments = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "--card", f"vpcd:{pcscd.port}")
    pytester.runpytest_inprocess(*arguments).assert_outcomes(passed=2)
