"""The parts that lessons run: plain SIMs, and whole provisioning benches. The same in every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cards import InProcessLink, Uicc
from cards.dump import DumpedFile, Walker
from cards.errors import CardStatusError
from cards.isdr import Es10Error
from cards.link import CardLike
from cards.status import SW, StatusWord
from cards.survey import survey
from simulator.lpa import EuiccRefused, ServerRefused
from simulator.lpa.es9 import Es9
from simulator.profile import build, describe
from simulator.profile.describe import Subscription
from simulator.specimens import describe as specimens
from simulator.specimens.dump import text_of
from simulator.specimens.sim import PlainSim
from simulator.testing.bench import entropy

Value = dict[str, Any]
PIN1 = 0x01
"""Key reference of PIN 1 (TS 102 221 Table 9.3)."""


def subscription(name: str = "home-operator") -> Subscription:
    """A subscription that comes along."""
    return describe.load_shipped(name)


def package(name: str = "home-operator") -> bytes:
    """Its profile package, DER."""
    return build.build_package(subscription(name))


def plain_sim(name: str = "home-operator", seed: str = "lesson") -> PlainSim:
    """A plain SIM with this subscription, as it comes out of its envelope."""
    return PlainSim(package(name), entropy=entropy(seed))


def files_of(card: CardLike, pin: str) -> dict[str, DumpedFile]:
    """Path → file, of all files of a card that can be read with PIN 1."""
    uicc = Uicc(InProcessLink(card))
    uicc.verify_pin(PIN1, pin)
    return {file.path: file for file in Walker(uicc).walk() if not file.parsed.is_df}


def content(file: DumpedFile) -> bytes:
    """All that is in a file: its bytes, its records, or its objects, one after the other."""
    parts = [file.content or b"", *(file.records or ()), *(file.objects or {}).values()]
    return b"".join(parts)


def hexed(data: bytes) -> str:
    """Upper-case hexadecimal."""
    return data.hex().upper()


class RecordingEs9:
    """A way to a server that keeps all messages, as an eavesdropper inside the phone would have them."""

    def __init__(self, way: Es9) -> None:
        self._way = way
        self.messages: list[tuple[str, Value, Value]] = []
        """Function, request and answer, members as `asn1.es9` has them."""

    @property
    def sent(self) -> int:
        return self._way.sent

    @property
    def received(self) -> int:
        return self._way.received

    def post(self, address: str, function: str, message: Value) -> Value:
        answer = self._way.post(address, function, message)
        self.messages.append((function, message, answer))
        return answer


def clone_of(card: CardLike, pin: str, key: bytes, opc: bytes) -> PlainSim:
    """A copy of all files of a card, made by reading them, with a key and an OPc (16 bytes each) of whoever
    makes it; its PIN is '0000'."""
    link = InProcessLink(card)
    atr = link.reset()
    uicc = Uicc(link)
    uicc.verify_pin(PIN1, pin)
    files = list(Walker(uicc).walk())
    copied = text_of(files, survey(uicc, atr).pins, atr, "clone", 0)
    authentication = f'  authentication: {{key: "{key.hex()}", opc: "{opc.hex()}"}}\n'
    dump = specimens.parse(copied.replace("dump:\n", f"dump:\n{authentication}", 1)).dump
    assert dump is not None
    source = dump.model_dump(mode="json", exclude_defaults=True)
    return PlainSim(source, entropy=entropy("clone"), atr=atr)


def refusal(command: Callable[[], object]) -> StatusWord:
    """The status word with which a card refuses a command; '9000' if it does not."""
    try:
        command()
    except CardStatusError as error:
        return error.sw
    return SW.OK


def refused_with(action: Callable[[], object]) -> str:
    """With what a server or an eUICC refuses something: subject and reason code ('8.2.6/3.8'), or the name of
    its result; empty if it does not."""
    try:
        action()
    except ServerRefused as error:
        return f"{error.subject_code}/{error.reason_code}"
    except EuiccRefused as error:
        return error.cause.name
    except Es10Error as error:
        return error.name
    return ""
