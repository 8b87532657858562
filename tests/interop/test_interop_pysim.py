"""pySim-shell explores, exports and authenticates on our card, and osmo-smdpp serves our LPA and eUICC.

`ESIM_PYSIM` names a checkout of pySim, `ESIM_PYSIM_PYTHON` the Python that has what it needs.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cards import InProcessLink, Isdr, Uicc
from cards.dump import DumpedFile, Walker
from simulator.cli import edge
from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.lpa import Es9Client, Lpa
from simulator.profile import build, describe
from tests.interop.conftest import Insert, make_card
from tests.interop.pcscd import PcscService, eventually
from tests.simulator.conftest import Bench

PYSIM = os.environ.get("ESIM_PYSIM", "")
PYTHON = os.environ.get("ESIM_PYSIM_PYTHON", sys.executable)
ADDRESS = "testsmdpplus1.example.com"
"""osmo-smdpp has no other."""
pytestmark = pytest.mark.skipif(not PYSIM, reason="ESIM_PYSIM does not name a checkout of pySim")
Shell = Callable[..., str]


@pytest.fixture
def shell(pcscd: PcscService, tmp_path: Path) -> Shell:
    """Runs commands in pySim-shell on the card in the first slot; all that it prints."""

    def call(*commands: str) -> str:
        script = tmp_path / "script"
        script.write_text("\n".join(commands) + "\n")
        finished = subprocess.run(
            [PYTHON, str(Path(PYSIM) / "pySim-shell.py"), "-p", "0", "--noprompt", "--script", str(script)],
            cwd=tmp_path,
            env=pcscd.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return finished.stdout

    return call


def test_pysim_explores(insert: Insert, shell: Shell) -> None:
    with insert(make_card("home-operator")):
        said = shell(
            *("verify_chv 2468", "select MF", "tree", "select EF.ICCID", "read_binary_decoded"),
            *(
                "select ADF.USIM",
                "select EF.IMSI",
                "read_binary_decoded",
                "select EF.SPN",
                "read_binary_decoded",
            ),
        )
    assert "Card is of type: UICC" in said
    assert "USIM: a0000000871002ffffffff8903020000 (EF.DIR)" in said
    assert "CHV verification successful" in said
    assert '"iccid": "8999900000000000709"' in said
    assert '"imsi": "999700000000001"' in said
    assert "Home" in said


def test_pysim_exports_what_we_dump(insert: Insert, shell: Shell) -> None:
    """File by file, its export holds the bytes that our own walk through the card finds."""
    card = make_card("home-operator")
    with insert(card):
        said = shell("verify_chv 2468", "export")
    link = InProcessLink(card)
    link.reset()
    uicc = Uicc(link)
    uicc.verify_pin(0x01, "2468")
    ours = {(file.parsed.fid, _content(file)) for file in Walker(uicc).walk()}
    exported = []
    for part in re.split(r"^# directory: ", said, flags=re.MULTILINE)[1:]:
        fid = re.match(r"\S+ \(\S*?([0-9a-f]{4})\)", part)
        content = "".join(re.findall(r"^update_(?:binary|record \d+) ([0-9a-f]+)", part, flags=re.MULTILINE))
        if fid and content:
            exported.append((int(fid[1], 16), bytes.fromhex(content)))
    assert len(exported) > 30
    assert set(exported) <= ours


def _content(file: DumpedFile) -> bytes:
    return b"".join(file.records) if file.records is not None else file.content or b""


def test_pysim_authenticates(insert: Insert, shell: Shell) -> None:
    subscription = describe.load_shipped("test-operator")
    key = subscription.authentication.key
    assert subscription.authentication.op is not None
    milenage = Milenage(key, Milenage.opc(key, subscription.authentication.op))
    rand = bytes(range(16))
    vector = generate_vector(milenage, rand, (32).to_bytes(6, "big"), b"\0\0")
    with insert(make_card("test-operator")):
        said = shell("select ADF.USIM", f"authenticate {rand.hex()} {vector.autn.hex()}")
    for value in (vector.xres, vector.ck, vector.ik):
        assert value.hex() in said


def test_pysim_speaks_to_the_isd_r(insert: Insert, shell: Shell, bench: Bench) -> None:
    bench.download(build.build_package(describe.load_shipped("test-operator")))
    with insert(bench.euicc):
        said = shell(
            *(
                "select ADF.ISD-R",
                "get_eid",
                "get_profiles_info",
                "enable_profile --iccid 8999900000000000014",
            ),
            *("get_profiles_info", "list_notification"),
        )
    assert "Consumer eUICC (SGP.22)" in said
    assert f'"eid_value": "{bench.euicc.core.identity.eid.hex()}"' in said
    assert '"profile_name": "Test operator"' in said
    assert '"enable_result": "ok"' in said
    assert '"profile_state": "enabled"' in said


# --- osmo-smdpp ---------------------------------------------------------------------------------------


@pytest.fixture
def osmo_smdpp(tmp_path: Path) -> Iterator[int]:
    """The port of osmo-smdpp, without TLS: its certificates from SGP.26 have expired."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [PYTHON, "osmo-smdpp.py", "--host", "127.0.0.1", "--port", str(port), "--nossl", "--in-memory"],
            cwd=PYSIM,
            stdout=log,
            stderr=log,
        )
    try:
        assert eventually(lambda: _serves(port), 20), (tmp_path / "log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _serves(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("name", ["TS48V1-A-UNIQUE", "TS48V5-SAIP2-3-BERTLV-SUCI-UNIQUE"])
def test_osmo_smdpp_serves_our_lpa(osmo_smdpp: int, shared_data: Path, name: str) -> None:
    """It verifies the signed installation result, and takes all notifications."""
    published = TestPki.load(shared_data / "sgp26")
    identity = EuiccIdentity.from_pki(published, entropy=os.urandom, now=edge.now())
    euicc = Euicc(identity, entropy=os.urandom, clock=edge.now)
    es9 = Es9Client(scheme="http", connect_to={ADDRESS: f"127.0.0.1:{osmo_smdpp}"})
    with es9, Lpa(Isdr(InProcessLink(euicc)), es9) as lpa:
        result = lpa.download(f"LPA:1${ADDRESS}${name}")
        assert result.notification_error is None
        lpa.enable(result.isdp_aid)
        lpa.disable(result.isdp_aid)
        lpa.delete(result.isdp_aid)
        deliveries = lpa.process_notifications()
        assert [delivery.notification.operation for delivery in deliveries] == ["enable", "disable", "delete"]
        assert [delivery.error for delivery in deliveries] == [None] * 3
