"""A download on a line that damages one byte: refused with words, and card and server stay as they were."""

from __future__ import annotations

import json
import os
import random
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from asn1 import es9
from cards import InProcessLink, Isdr
from cards.errors import CardError
from simulator.crypto.ecc import Curve
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.lpa import DownloadCancelled, Es9Client, InstallationFailed, Lpa, LpaError
from simulator.smdp import MemoryStore, SmdpIdentity, SmdpPlus
from simulator.smdp.http import Interface, answer

NOW = datetime.now(UTC)
ADDRESS = "testsmdpplus1.example.com"
TRIES = 12
"""Damaged downloads for each message; the positions are drawn, the same in each run."""


class Line:
    """HTTP without a network. It damages the n-th encoded byte of one message."""

    def __init__(self, smdp: SmdpPlus) -> None:
        self.smdp = smdp
        self.target = ""
        self.is_response = False
        self.draw = random.Random(0)
        self.damaged = ""

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        function = request.url.path.rpartition("/")[2]
        document = json.loads(request.content)
        if function == self.target and not self.is_response:
            self._damage(document)
        status, result = answer(Interface.of(es9.BINDING, self.smdp), function, document)
        if result is None:
            return httpx2.Response(status)
        if function == self.target and self.is_response:
            self._damage(result)
        return httpx2.Response(status, json=result)

    def _damage(self, document: dict[str, Any]) -> None:
        members = [name for name, value in document.items() if name != "header" and isinstance(value, str)]
        if not members:
            return
        name = self.draw.choice(members)
        if name in ("transactionId", "smdpAddress"):
            text = document[name]
            document[name] = ("1" if text[0] == "0" else "0") + text[1:]
            self.damaged = name
            return
        octets = bytearray(b64decode(document[name]))
        at = self.draw.randrange(len(octets))
        octets[at] ^= 1 << self.draw.randrange(8)
        document[name] = b64encode(bytes(octets)).decode()
        self.damaged = f"{name} at byte {at}"


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki.create(entropy=os.urandom, now=NOW, curves=[Curve.NIST_P256])


MESSAGES = [
    ("initiateAuthentication", False),
    ("initiateAuthentication", True),
    ("authenticateClient", False),
    ("authenticateClient", True),
    ("getBoundProfilePackage", False),
    ("getBoundProfilePackage", True),
    ("handleNotification", False),
]


def is_told(error: Exception) -> bool:
    """Whether the server knows that the download has failed, so that the order has ended (§5.6.4, §5.6.5)."""
    return isinstance(error, InstallationFailed | DownloadCancelled) or "bound profile package" in str(error)


@pytest.mark.parametrize(("function", "is_response"), MESSAGES)
def test_one_byte(shared_data: Path, pki: TestPki, function: str, is_response: bool) -> None:
    upp = sorted((shared_data / "ts48").glob("*.der"))[0].read_bytes()
    smdp = SmdpPlus(SmdpIdentity.from_pki(pki), MemoryStore(), entropy=os.urandom, clock=lambda: NOW)
    identity = EuiccIdentity.from_pki(pki, entropy=os.urandom, now=NOW)
    line = Line(smdp)
    es9_client = Es9Client(transport=httpx2.MockTransport(line))
    for number in range(TRIES):
        line.draw = random.Random(number)
        card = Euicc(identity, entropy=os.urandom, clock=lambda: NOW)
        code = f"LPA:1${ADDRESS}${smdp.add_order(upp)}"
        with Lpa(Isdr(InProcessLink(card)), es9_client) as lpa:
            line.target, line.is_response = function, is_response
            try:
                result = lpa.download(code)
            except (LpaError, CardError) as error:
                assert lpa.profiles() == [], line.damaged
                if is_told(error):
                    continue
                line.target = ""
                lpa.download(code)  # with the line mended, the same order still works
            else:
                assert len(lpa.profiles()) == 1
                if result.notification_error:
                    line.target = ""
                    assert [item.error for item in lpa.process_notifications()] == [None]
            assert len(lpa.profiles()) == 1
            assert lpa.notifications() == []


def test_functions_are_those_of_the_binding() -> None:
    others = {"cancelSession", "confirmDeviceChange", "checkProgress"}
    assert {function for function, _ in MESSAGES} == set(es9.FUNCTIONS) - others
