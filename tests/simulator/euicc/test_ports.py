"""Several profiles enabled at once, on eSIM ports (SGP.22 v3 §3.4; MANAGE LSI of TS 102 221)."""

from __future__ import annotations

from typing import Any

import pytest

from cards import InProcessLink, Isdr, Uicc
from cards.errors import CardError, CardStatusError
from cards.isdr.errors import EnableProfileError
from cards.ports import EsimPorts
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.euicc.features import V3
from simulator.euicc.ports import Mep, MepMode
from simulator.profile import build, describe
from tests.simulator.conftest import NOW, Bench, clock, entropy, make_bench

NAMES = ("test-operator", "home-operator", "travel-operator")
ALL = Mep(profiles=2)
TEST_IMSI = "001010123456789"


def make(pki: TestPki, mep: Mep = ALL) -> Bench:
    """An eUICC with three profiles, none enabled."""
    bench = make_bench(pki, "ports")
    identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=NOW)
    features = Features(svn=V3, mep=mep)
    bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=features)
    bench.euicc.card.on_fault = lambda apdu, error: bench.faults.append(error)
    for name in NAMES:
        bench.download(build.build_package(describe.load_shipped(name)))
    return bench


@pytest.fixture
def bench(test_pki: TestPki) -> Bench:
    return make(test_pki)


def imsi(ports: EsimPorts, number: int) -> str:
    uicc = Uicc(ports.port(number))
    return str(uicc.read_imsi())


def enabled(isdr: Isdr) -> list[int | None]:
    """By profile, the port that it is enabled on."""
    return [info.get("enabledOnEsimPort") for info in isdr.get_profiles_info()]


def aids(bench: Bench) -> list[bytes]:
    return [profile.aid for profile in bench.euicc.core.registry]


def test_configuration_by_bytes(bench: Bench) -> None:
    """Proposed: LSI up to 2, modes B then A1, two profiles. Agreed: B, so ports 0 and 1."""
    answer = bench.euicc.transmit(
        bytes.fromhex("807C04000D" + "800102" + "810100" + "90020301" + "910102" + "00")
    )
    assert answer.hex() == "800101" + "810100" + "900403010203" + "910102" + "9000"


def test_data_wait_for_get_response_where_there_is_no_le(bench: Bench) -> None:
    answer = bench.euicc.transmit(bytes.fromhex("807C040009" + "800102" + "900101" + "910102"))
    assert answer.hex() == "610f"
    answer = bench.euicc.transmit(bytes.fromhex("00C000000F"))
    assert answer.hex() == "800102" + "810100" + "900401010203" + "910102" + "9000"


def test_the_lpa_chooses_the_port(bench: Bench) -> None:
    ports = EsimPorts(InProcessLink(bench.euicc))
    agreed = ports.configure(["MEP-A1"])
    assert agreed == ("MEP-A1", ("MEP-A1", "MEP-A2", "MEP-B"), 3, 2)
    first, second, third = aids(bench)
    with Isdr(ports.port(0)) as isdr:
        isdr.enable_profile(first, refresh=False, port=2)
        isdr.enable_profile(second, refresh=False, port=1)
        assert enabled(isdr) == [2, 1, None]
        assert imsi(ports, 2) == TEST_IMSI
        for port in (None, 0, 3):
            with pytest.raises(EnableProfileError, match="commandError"):
                isdr.enable_profile(third, refresh=False, port=port)
        isdr.enable_profile(third, refresh=False, port=2)
        assert enabled(isdr) == [None, 1, 2]
        isdr.disable_profile(second, refresh=False)
        assert enabled(isdr) == [None, None, 2]
    with pytest.raises(CardStatusError):
        imsi(ports, 1)
    with pytest.raises(CardError, match="no ISD-R"), Isdr(ports.port(1)):
        pass
    assert bench.faults == []


def test_the_euicc_chooses_the_port(bench: Bench) -> None:
    ports = EsimPorts(InProcessLink(bench.euicc))
    ports.configure(["MEP-A2"])
    first, second, third = aids(bench)
    with Isdr(ports.port(0)) as isdr:
        assert isdr.enable_profile(first, refresh=False) == 1
        assert isdr.enable_profile(second, refresh=False) == 2
        with pytest.raises(EnableProfileError, match="noEsimPortAvailable"):
            isdr.enable_profile(third, refresh=False)
        isdr.disable_profile(first, refresh=False)
        assert isdr.enable_profile(third, refresh=False) == 1


def test_the_port_of_the_command(bench: Bench) -> None:
    ports = EsimPorts(InProcessLink(bench.euicc))
    assert ports.configure(["MEP-B"]).ports == 2
    first, second, third = aids(bench)
    with Isdr(ports.port(0)) as here, Isdr(ports.port(1)) as there:
        assert here.enable_profile(first, refresh=False) is None
        there.enable_profile(second, refresh=False)
        assert enabled(here) == enabled(there) == [0, 1, None]
        there.enable_profile(third, refresh=False)
        assert enabled(here) == [0, None, 1]
    assert imsi(ports, 0) == TEST_IMSI


def test_a_refresh_comes_on_the_profiles_port(bench: Bench) -> None:
    ports = EsimPorts(InProcessLink(bench.euicc))
    ports.configure(["MEP-A1"])
    first, second, _ = aids(bench)
    with Isdr(ports.port(0)) as isdr:
        isdr.enable_profile(first, port=1)
        with pytest.raises(EnableProfileError, match="catBusy"):
            isdr.enable_profile(second, port=1)
        isdr.enable_profile(second, port=2)
        link = ports.port(1)
        assert link.transmit(bytes.fromhex("80F2000C")).hex() == "910b"
        assert link.transmit(bytes.fromhex("801200000B")).hex().startswith("d009810301010482028182")
        link.transmit(bytes.fromhex("801400000C" + "810301010482028281830100"))
        assert imsi(ports, 1) == TEST_IMSI
        with pytest.raises(CardStatusError):
            imsi(ports, 2)


def test_a_reset_of_one_port_leaves_the_others_alone(bench: Bench) -> None:
    ports = EsimPorts(InProcessLink(bench.euicc))
    ports.configure(["MEP-A1"])
    first, *_ = aids(bench)
    with Isdr(ports.port(0)) as isdr:
        isdr.enable_profile(first, port=1)
        challenge = isdr.get_euicc_challenge()
        assert ports.port(1).reset() == bench.euicc.card.atr
        session = bench.euicc.core.session
        assert session is not None
        assert session.challenge == challenge
        assert imsi(ports, 1) == TEST_IMSI
        assert enabled(isdr) == [1, None, None]


def test_after_a_reset_there_is_one_port(bench: Bench) -> None:
    ports = EsimPorts(InProcessLink(bench.euicc))
    ports.configure(["MEP-A1"])
    first, second, _ = aids(bench)
    with Isdr(ports.port(0)) as isdr:
        isdr.enable_profile(second, refresh=False, port=2)
        isdr.enable_profile(first, refresh=False, port=1)
    again = Euicc.load(bench.euicc.save(), entropy=entropy("again"), clock=clock)
    assert again.transmit(bytes.fromhex("807C0001")).hex() == "6a88"
    ports = EsimPorts(InProcessLink(again))
    assert imsi(ports, 0) == TEST_IMSI
    ports.configure(["MEP-A2"])
    with Isdr(ports.port(0)) as isdr:
        assert enabled(isdr) == [1, 2, None]


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("807C0003", "6a88"),  # no such port
        ("807C010300", "6a88"),
        ("807C0200", "6a86"),  # contactless
        ("807C0300", "6a86"),
        ("807C0401", "6a86"),
        ("807C0400", "6a80"),
        ("807C04000390020300", "6a80"),  # no highest LSI
        ("807C0400038001", "6700"),
        ("807C00000100", "6700"),
    ],
)
def test_what_manage_lsi_refuses(bench: Bench, apdu: str, status: str) -> None:
    assert bench.euicc.transmit(bytes.fromhex(apdu)).hex() == status


def test_without_a_common_mode_there_is_one_port(test_pki: TestPki) -> None:
    bench = make(test_pki, Mep((MepMode.B,), 2))
    ports = EsimPorts(InProcessLink(bench.euicc))
    assert ports.configure(["MEP-A1"]) == ("", ("MEP-B",), 1, 1)
    with Isdr(ports.port(0)) as isdr:
        isdr.enable_profile(aids(bench)[0], refresh=False)
        assert enabled(isdr) == [None, None, None]


def test_an_euicc_with_one_port_knows_no_manage_lsi(test_pki: TestPki) -> None:
    euicc: Any = make_bench(test_pki, "one port").euicc
    assert euicc.transmit(bytes.fromhex("807C0000")).hex() == "6d00"
    with pytest.raises(CardStatusError, match="MANAGE LSI"):
        EsimPorts(InProcessLink(euicc)).configure()
