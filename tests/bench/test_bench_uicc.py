"""The card in process, on one core: reads, the loop that every phone runs, AUTHENTICATE, memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem

BATCH = 2000
USIM = build.USIM_AID


@pytest.fixture(scope="module")
def subscription() -> describe.Subscription:
    return describe.load_shipped("test-operator")


@pytest.fixture(scope="module")
def package(subscription: describe.Subscription) -> bytes:
    return build.build_package(subscription)


@pytest.fixture
def card(package: bytes) -> Card:
    made = Card(FileSystem(image_of(package)), entropy=bytes)
    assert made.transmit(bytes.fromhex("00A4040C10") + USIM).hex() == "9000"
    assert made.transmit(bytes.fromhex("00A4000C026F07")).hex() == "9000"
    return made


def per_second(benchmark: Any, what: str, count: int) -> None:
    rate = count / benchmark.stats.stats.min
    benchmark.extra_info[what] = round(rate)
    print(f"\n{what}: {rate:,.0f} (best round)")


def batch(transmit: Callable[[bytes], bytes], commands: list[bytes]) -> None:
    for command in commands:
        transmit(command)


@pytest.mark.benchmark(group="card")
def test_read_binary(benchmark: Any, card: Card) -> None:
    command = bytes.fromhex("00B0000009")
    assert card.transmit(command)[-2:] == b"\x90\x00"
    benchmark(batch, card.transmit, [command] * BATCH)
    per_second(benchmark, "READ BINARY/s", BATCH)


@pytest.mark.benchmark(group="card")
def test_select_and_read_loop(benchmark: Any, card: Card) -> None:
    """SELECT MF, SELECT ADF.USIM by AID, SELECT EF.IMSI, all with FCP, READ BINARY."""
    loop = [
        bytes.fromhex("00A40004023F0000"),
        bytes.fromhex("00A4040410") + USIM + b"\0",
        bytes.fromhex("00A40004026F0700"),
        bytes.fromhex("00B0000009"),
    ]
    assert all(card.transmit(command)[-2:] == b"\x90\x00" for command in loop)
    benchmark(batch, card.transmit, loop * (BATCH // 4))
    per_second(benchmark, "APDU/s in the loop", BATCH)


@pytest.mark.benchmark(group="card")
def test_authenticate(benchmark: Any, package: bytes, subscription: describe.Subscription) -> None:
    """AUTHENTICATE in 3G context with Milenage; every challenge has a new RAND and a new SQN."""
    key = subscription.authentication.key
    assert subscription.authentication.op is not None
    functions = Milenage(key, Milenage.opc(key, subscription.authentication.op))
    commands = []
    for number in range(1, BATCH + 1):
        rand = number.to_bytes(16, "big")
        vector = generate_vector(functions, rand, (number << 5).to_bytes(6, "big"), b"\0\0")
        commands.append(bytes.fromhex("0088008122") + b"\x10" + rand + b"\x10" + vector.autn + b"\0")

    def fresh() -> tuple[tuple[Any, ...], dict[str, Any]]:
        made = Card(FileSystem(image_of(package)), entropy=bytes)
        made.transmit(bytes.fromhex("00A4040C10") + USIM)
        return (made.transmit, commands), {}

    (transmit, _), _ = fresh()
    assert all(transmit(command)[:1] == b"\xdb" for command in commands[:10])
    benchmark.pedantic(batch, setup=fresh, rounds=20, warmup_rounds=1)
    per_second(benchmark, "AUTHENTICATE/s", BATCH)


@pytest.mark.benchmark(group="card")
def test_memory_of_a_further_card(benchmark: Any, package: bytes) -> None:
    """extra_info: bytes for each further card of the same profile, idle and after a phone has read it."""
    image = image_of(package)
    Card(FileSystem(image), entropy=bytes)
    count = 1000
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    cards = [Card(FileSystem(image), entropy=bytes) for _ in range(count)]
    idle = (tracemalloc.get_traced_memory()[0] - before) / count
    for made in cards:
        made.transmit(bytes.fromhex("00A4040C10") + USIM)
        made.transmit(bytes.fromhex("00B0870009"))
    used = (tracemalloc.get_traced_memory()[0] - before) / count
    tracemalloc.stop()
    benchmark.extra_info.update({"idle, bytes": round(idle), "read, bytes": round(used)})
    print(f"\nmemory of a further card: {idle:,.0f} bytes idle, {used:,.0f} after reading")
    benchmark(lambda: Card(FileSystem(image), entropy=bytes))
