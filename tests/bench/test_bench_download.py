"""A whole profile download in process, beside the cryptography that it cannot avoid, in the same run.

Both sides, the card and the server, run here: what the bare figure counts is done by a real download of the
same package. JSON and HTTP are left out of both; `esim demo` shows what they cost.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from cards import InProcessLink
from cards.isdr import Isdr
from simulator.crypto.bsp import derive_session_keys
from simulator.crypto.ecc import Curve, one_time_key, public_bytes, shared_secret, sign_raw, verify_raw
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.lpa.es9 import InProcessEs9
from simulator.lpa.lpa import Lpa
from simulator.smdp.core import SmdpPlus
from simulator.smdp.identity import SmdpIdentity
from simulator.smdp.store import MemoryStore
from tests.conftest import SHARED_DATA

ADDRESS = "testsmdpplus1.example.com"
SEGMENT = 1008


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def upp() -> bytes:
    path = SHARED_DATA / "ts48" / "TS48v5_SAIP2.3_NoBERTLV.der"
    if not path.is_file():
        pytest.skip("../shared/data/ts48 is missing")
    return path.read_bytes()


@pytest.mark.parametrize("curve", list(Curve), ids=lambda curve: curve.label)
def test_whole_download(benchmark: Any, upp: bytes, curve: Curve) -> None:
    pki = TestPki.create(entropy=os.urandom, now=now(), curves=[curve])
    identity = EuiccIdentity.from_pki(pki, entropy=os.urandom, now=now())
    euicc = Euicc(identity, entropy=os.urandom, clock=now)
    smdp = SmdpPlus(SmdpIdentity.from_pki(pki, ADDRESS), MemoryStore(), entropy=os.urandom, clock=now)
    lpa = Lpa(Isdr(InProcessLink(euicc)), InProcessEs9(smdp))
    lpa.isdr.open()

    def prepare() -> tuple[tuple[str], dict[str, object]]:
        for profile in lpa.profiles():
            lpa.delete(profile.iccid)
        euicc.core.notifications.pending.clear()
        return (f"1${ADDRESS}${smdp.add_order(upp)}",), {}

    benchmark.group = f"download, {curve.label}"
    benchmark.pedantic(lpa.download, setup=prepare, rounds=100, warmup_rounds=5)


@pytest.mark.parametrize("curve", list(Curve), ids=lambda curve: curve.label)
def test_bare_cryptography_of_a_download(benchmark: Any, upp: bytes, curve: Curve) -> None:
    """Six signatures made and checked (server: serverSigned1, smdpSigned2, smdpSign; card: euiccSigned1,
    euiccSigned2, the installation result); on each side a one-time key, an agreement and the session keys
    from it; the package encrypted and decrypted, and each segment's counter block and MAC made twice."""
    benchmark.group = f"download, {curve.label}"
    benchmark(bare(curve, upp))


def bare(curve: Curve, upp: bytes) -> Callable[[], None]:
    key, message = one_time_key(curve, os.urandom), os.urandom(400)
    public = key.public_key()
    aes, mac_key = AES(os.urandom(16)), AES(os.urandom(16))
    segments = [upp[at : at + SEGMENT].ljust(SEGMENT, b"\0") for at in range(0, len(upp), SEGMENT)]

    def run() -> None:
        for _ in range(6):
            assert verify_raw(public, sign_raw(key, message), message)
        mine, theirs = one_time_key(curve, os.urandom), one_time_key(curve, os.urandom)
        for secret in (shared_secret(mine, public_bytes(theirs)), shared_secret(theirs, public_bytes(mine))):
            derive_session_keys(secret, host_id=b"host", eid=bytes(16))
        encrypt, decrypt = Cipher(aes, CBC(bytes(16))).encryptor(), Cipher(aes, CBC(bytes(16))).decryptor()
        counter = Cipher(aes, ECB()).encryptor()
        for segment in segments:
            ciphertext = encrypt.update(segment)
            for _ in range(2):
                counter.update(bytes(16))
                cmac = CMAC(mac_key)
                cmac.update(ciphertext)
                cmac.finalize()
            decrypt.update(ciphertext)

    return run
