"""Power fails at every step of every write: after the reset a card is in the state before or after, never
between.

A card lives in a file. Each primitive of the operating system that takes part in storing it can be the last
one that happens; what counts is what the file holds then, and how the card goes on from there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cards import InProcessLink, Isdr
from simulator.cli import home, named
from simulator.crypto.pki import TestPki
from simulator.crypto.scp03 import Scp03, pseudo_random_challenge
from simulator.crypto.secure_channel import SecurityLevel, StaticKeys, key_check_value
from simulator.euicc import Euicc
from simulator.lpa import InProcessEs9, Lpa
from simulator.profile import build, describe
from simulator.smdp import MemoryStore, SmdpIdentity, SmdpPlus
from simulator.specimens.sim import PlainSim
from simulator.uicc.durable import DurableCard
from tests.simulator.conftest import ADDRESS, clock, entropy, make_bench

USIM = "A0000000871002FFFFFFFF8903020000"
RIGHT, OTHER, WRONG = (value.encode().ljust(8, b"\xff").hex() for value in ("2468", "1357", "9999"))
ADM1 = b"55555555".hex()


class PowerFailure(BaseException):
    """The power is gone. No `except Exception` may hold it up."""


class Power:
    """Counts the steps of writing, and fails before the n-th."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = 0
        self.fails_at = -1
        for owner, name in ((os, "fsync"), (Path, "replace"), (os, "fdopen")):
            monkeypatch.setattr(owner, name, self._guarded(getattr(owner, name), name))

    def _guarded(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def guarded(*arguments: Any, **options: Any) -> Any:
            self._step()
            result = function(*arguments, **options)
            return Torn(result, self) if name == "fdopen" else result

        return guarded

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.fails_at:
            raise PowerFailure


class Torn:
    """A file of which only the first half may get written."""

    def __init__(self, file: Any, power: Power) -> None:
        self._file, self._power = file, power

    def __enter__(self) -> Torn:
        self._file.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._file.__exit__(*details)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> None:
        self._file.write(data[: len(data) // 2])
        self._power._step()
        self._file.write(data[len(data) // 2 :])


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Power:
    monkeypatch.setenv("ESIM_HOME", str(tmp_path))
    return Power(monkeypatch)


def on_disk() -> dict[str, Any]:
    state: dict[str, Any] = json.loads(home.card_path("card").read_text())
    return state


def plain() -> dict[str, Any]:
    return named.SimCard(PlainSim(build.build_package(described()), entropy=bytes)).save()


SCP03_KEYS = StaticKeys(*(bytes(range(start, start + 16)) for start in (0x10, 0x40, 0x70)))
DOMAIN = build.MNO_SD_AID.hex()
HOST_CHALLENGE = b"terminal"


def described() -> describe.Subscription:
    """The home operator's, with keys for SCP03."""
    subscription = describe.load_shipped("home-operator")
    keys = tuple(
        describe.RemoteKey.model_validate({"version": 0x30, "identifier": identifier, "value": value.hex()})
        for identifier, value in enumerate(SCP03_KEYS, 1)
    )
    return subscription.model_copy(update={"remote_keys": (*subscription.remote_keys, *keys)})


def key_session() -> Iterator[bytes]:
    """EXTERNAL AUTHENTICATE, PUT KEY for new keys and in place of these, DELETE. The card challenge is the
    first of a new card, so that the commands are known before it says it."""
    challenge = pseudo_random_challenge(SCP03_KEYS, bytes.fromhex("000001"), build.MNO_SD_AID)
    channel = Scp03(SCP03_KEYS, HOST_CHALLENGE, challenge)
    header, level = bytes.fromhex("84820100"), SecurityLevel.C_MAC
    data = channel.protect_authentication(header, level)
    yield header + bytes((len(data),)) + data
    for command, version in (("84D80081", 0x31), ("84D83181", 0x32)):
        data = bytes((version,))
        for key in SCP03_KEYS:
            check = key_check_value(key, is_aes=True)
            data += bytes((0x88, 17, 16)) + channel.encrypt_sensitive(key) + b"\x03" + check
        header = bytes.fromhex(command)
        data = channel.protect_command(header, data)
        yield header + bytes((len(data),)) + data
    header = bytes.fromhex("84E40000")
    data = channel.protect_command(header, bytes.fromhex("D20132"))
    yield header + bytes((len(data),)) + data


SESSIONS = {
    "PINs": [
        "0020000108" + WRONG,
        "0020000108" + RIGHT,
        "0024000110" + RIGHT + OTHER,
        "0020000108" + RIGHT,
        "0026000108" + OTHER,
        "0028000108" + OTHER,
        "002C000110" + b"00000000".hex() + RIGHT,
    ],
    "keys": [
        "00A4040C08" + DOMAIN,
        "8050300008" + HOST_CHALLENGE.hex(),
        *(bytes(command).hex() for command in key_session()),
        "00A4040C08" + DOMAIN,
        "8050310008" + HOST_CHALLENGE.hex(),
    ],
    "files": [
        "00A4040C10" + USIM,
        "0020000108" + RIGHT,
        "0020000A08" + ADM1,
        "00A4000C026F7E",
        "00D600000B" + "01" * 11,
        "00A4000C026F3C",
        "00DC0104B0" + "02" * 176,
        "00A4000C026F7B",
        "0004000000",
        "00040000026F7B",
        "00440000026F7B",
        "00E4000002" + "6F7B",
    ],
}


def run(card: DurableCard, commands: list[str]) -> Iterator[bytes]:
    yield card.reset()
    for command in commands:
        yield card.transmit(bytes.fromhex(command))


@pytest.mark.parametrize("name", SESSIONS)
def test_a_plain_card(power: Power, name: str) -> None:
    """Every state that is found is one that an uninterrupted session goes through, and tries only go down."""
    commands = SESSIONS[name]
    home.write_card("card", plain())
    start = home.card_path("card").read_bytes()
    states, answers = [on_disk()], []
    with named.opened("card") as held:
        power.steps = 0
        for answer in run(held.end, commands):  # type: ignore[arg-type]
            answers.append(answer)
            states.append(on_disk())
    total = power.steps
    assert len({json.dumps(state) for state in states}) >= 5, "the session changes something"
    assert total >= 20
    for cut in range(1, total + 1):
        home.card_path("card").write_bytes(start)
        power.steps, power.fails_at = 0, cut
        seen: list[bytes] = []
        with pytest.raises(PowerFailure):
            until_the_power_fails(commands, seen)
        power.fails_at = -1
        assert seen == answers[: len(seen)]
        # What was answered has been stored; the command that got no answer has happened, or it has not.
        assert on_disk() in (states[len(seen)], states[len(seen) + 1])
        assert not list(home.card_path("card").parent.glob(".card*")), "nothing is left lying about"
        with named.opened("card") as again:
            assert again.end.reset()
            assert tries(again) <= 3


def until_the_power_fails(commands: list[str], seen: list[bytes]) -> None:
    with named.opened("card") as held:
        for answer in run(held.end, commands):  # type: ignore[arg-type]
            seen.append(answer)


def tries(card: named.NamedCard) -> int:
    answer = card.end.transmit(bytes.fromhex("00200001"))
    return answer[1] & 0x0F if answer[0] == 0x63 else 0


def lpa_session(euicc: Euicc | DurableCard, smdp: SmdpPlus, steps: list[str]) -> Iterator[str]:
    """Download, enable, disable, delete: the steps of a profile's life, each as it is done."""
    matching_id = smdp.orders()[0].matching_id
    link = InProcessLink(euicc)
    link.reset()
    with Lpa(Isdr(link), InProcessEs9(smdp)) as lpa:
        for step in steps:
            if step == "download":
                lpa.download(f"LPA:1${ADDRESS}${matching_id}")
            else:
                getattr(lpa, step)(lpa.profiles()[0].aid)
            yield step


STEPS = ["download", "enable", "disable", "delete"]


def summary(state: dict[str, Any]) -> tuple[Any, ...]:
    """What must be one of the states of a whole session: the profiles and what waits for the servers."""
    euicc = state["euicc"]["state"]
    profiles = [(profile["aid"], profile["state"]) for profile in euicc["profiles"]]
    return profiles, euicc["next_aid"], euicc["notifications"]["last"]


def test_a_profile_is_installed_switched_and_deleted(power: Power, test_pki: TestPki) -> None:
    """Between any two APDUs: the profile is there, or it is not; numbers of notifications never come
    twice."""

    def make_server() -> SmdpPlus:
        server = SmdpIdentity.from_pki(test_pki, ADDRESS)
        smdp = SmdpPlus(server, MemoryStore(), entropy=entropy("server"), clock=clock)
        smdp.add_order(build.build_package(describe.load_shipped("travel-operator")))
        return smdp

    def make_card(stored: dict[str, Any]) -> DurableCard:
        euicc = Euicc.load(stored["euicc"], entropy=entropy("card"), clock=clock)
        return DurableCard(
            euicc, lambda: {"kind": "euicc", "euicc": euicc.save()}, lambda s: home.write_card("card", s)
        )

    home.write_card("card", {"kind": "euicc", "euicc": make_bench(test_pki).euicc.save()})
    start = home.card_path("card").read_bytes()
    states: list[tuple[Any, ...]] = [summary(on_disk())]
    card = make_card(on_disk())
    transmit = card.transmit

    def noting(apdu: bytes) -> bytes:
        answer = transmit(apdu)
        states.append(summary(on_disk()))
        return answer

    power.steps = 0
    card.transmit = noting  # type: ignore[method-assign]
    assert list(lpa_session(card, make_server(), STEPS)) == STEPS
    total = power.steps
    assert total >= 12
    for cut in range(1, total + 1):
        home.card_path("card").write_bytes(start)
        power.steps, power.fails_at = 0, cut
        with pytest.raises(PowerFailure):
            list(lpa_session(make_card(on_disk()), make_server(), STEPS))
        power.fails_at = -1
        assert summary(on_disk()) in states
        again = make_card(on_disk())
        with Lpa(Isdr(InProcessLink(again)), InProcessEs9(make_server())) as lpa:
            again.reset()
            lpa.isdr.restart()
            assert len(lpa.profiles()) <= 1
