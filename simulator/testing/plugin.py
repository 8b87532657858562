"""The pytest plugin: cards as fixtures, scripts as tests, APDUs of failures in words (docs/testing.md)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cards import CardLink, Isdr, Uicc
    from simulator.lpa.lpa import Lpa
    from simulator.smdp.core import SmdpPlus
    from simulator.testing.bench import Bench
    from simulator.testing.sources import CardSource
    from simulator.testing.trace import ApduTrace

SCRIPTS = (".apdu", ".scriptor")
_ANY = "sim"
_SOURCE: pytest.StashKey[CardSource] = pytest.StashKey()
_CAPABILITIES: pytest.StashKey[dict[str, bool]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("esim", "smart cards and eSIMs")
    group.addoption(
        "--card",
        default=_ANY,
        metavar="WHICH",
        help="what tests with a card run against: sim (default), sim:FILE, pcsc:READER, vpcd, modem:PORT",
    )
    group.addoption(
        "--card-id",
        default="",
        metavar="NUMBER",
        help="ICCID or EID of the real card that tests marked destructive may change",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requires(*words): skip the test where the card lacks a capability")
    config.addinivalue_line(
        "markers", "destructive: the test changes its card; a real one must be named with --card-id"
    )
    config.stash[_CAPABILITIES] = {}
    if config.getoption("--card") != _ANY:
        source(config)  # a mistake in it is told once, before anything runs


# Fixtures


@pytest.fixture(scope="session")
def card_source(pytestconfig: pytest.Config) -> CardSource:
    """Where cards come from in this run."""
    return source(pytestconfig)


@pytest.fixture
def trace() -> ApduTrace:
    """What the test and its card said to each other; printed when the test fails."""
    from simulator.testing.trace import ApduTrace

    return ApduTrace()


@pytest.fixture
def reader(request: pytest.FixtureRequest, card_source: CardSource) -> Iterator[CardLink]:
    """The reader with the card in it: `transmit`, `reset`, and in the simulation `remove` and `insert`."""
    _check_marks(request.node)
    link = opened(card_source)
    yield link
    link.close()


@pytest.fixture
def card(reader: CardLink, trace: ApduTrace) -> CardLink:
    """A link to a card after a reset; a fresh one in the simulation."""
    return trace.of(reader)


@pytest.fixture
def uicc(card: CardLink) -> Uicc:
    """Typed commands to files, PINs and applications of the card."""
    from cards import Uicc

    return Uicc(card)


@pytest.fixture
def euicc(card: CardLink) -> Iterator[Isdr]:
    """ES10 functions of the card's ISD-R, on a logical channel of its own."""
    from cards import Isdr

    with Isdr(card) as isdr:
        yield isdr


@pytest.fixture
def smdp(card_source: CardSource) -> SmdpPlus:
    """An SM-DP+ in process, without orders; simulated eUICCs trust it."""
    from simulator.testing.bench import make_smdp

    return make_smdp(_bench(card_source).pki)


@pytest.fixture
def lpa(card: CardLink, smdp: SmdpPlus) -> Iterator[Lpa]:
    """An LPA between the card and the SM-DP+."""
    from cards import Isdr
    from simulator.lpa.es9 import InProcessEs9
    from simulator.lpa.lpa import Lpa

    with Lpa(Isdr(card), InProcessEs9(smdp)) as opened:
        yield opened


def _bench(cards: CardSource) -> Bench:
    from simulator.testing.bench import make_bench

    found: Bench = getattr(cards, "bench", None) or make_bench()
    return found


def source(config: pytest.Config) -> CardSource:
    """Where cards come from in this run, by `--card`."""
    if _SOURCE not in config.stash:
        from cards.errors import CardError
        from simulator.testing.sources import source_of

        try:
            config.stash[_SOURCE] = source_of(config.getoption("--card"), config.getoption("--card-id"))
        except (ValueError, CardError, OSError) as error:
            raise pytest.UsageError(f"--card {config.getoption('--card')}: {error}") from None
    return config.stash[_SOURCE]


def opened(cards: CardSource) -> CardLink:
    """The card; a test without one fails with the reason and nothing else."""
    from cards.errors import CardError

    try:
        return cards.open()
    except CardError as error:
        problem = f"--card {cards.name}: {error}"
    pytest.fail(problem, pytrace=False)


# What a test needs


def _check_marks(node: pytest.Item) -> None:
    words = [word for mark in node.iter_markers("requires") for word in mark.args]
    check_needs(node, words, node.get_closest_marker("destructive") is not None)


def check_needs(node: pytest.Item, words: Iterable[str], destructive: bool) -> None:
    """Skip a test for what its card lacks, and one that would change a card nobody named."""
    cards = source(node.config)
    for word in words:
        _require(node, cards, word)
    if destructive and not cards.is_simulated:
        _check_named(node, cards)


def _require(node: pytest.Item, cards: CardSource, word: str) -> None:
    from simulator.testing.capabilities import CAPABILITIES, has

    if word not in CAPABILITIES:
        raise pytest.UsageError(f"requires({word!r}): the words are {', '.join(CAPABILITIES)}")
    known = node.config.stash[_CAPABILITIES]
    if word not in known:
        link = opened(cards)
        try:
            known[word] = has(link, word)
        finally:
            link.close()
    if not known[word]:
        row = CAPABILITIES[word]
        pytest.skip(f"the card ({cards.name}) does not do this: {word}, {row.meaning} ({row.clause})")


def _check_named(node: pytest.Item, cards: CardSource) -> None:
    from cards.protection import numbers_of

    link = opened(cards)
    try:
        numbers = numbers_of(link)
    finally:
        link.close()
    named = node.config.getoption("--card-id")
    if not named:
        pytest.skip("it changes the card: name it with --card-id " + " or ".join(numbers))
    if named not in numbers:
        pytest.fail(
            f"--card-id {named} is not the card in the reader ({', '.join(numbers)}): nothing was changed",
            pytrace=False,
        )


# What a failing test said to its card


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report: Any = yield
    traced = getattr(item, "funcargs", {}).get("trace")
    if report.failed and traced is not None and hasattr(traced, "lines"):
        lines = traced.lines()
        if lines:
            report.sections.append(("APDUs", "\n".join(lines)))
    return report


# Scripts


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix not in SCRIPTS:
        return None
    from simulator.testing.scripts import ScriptFile

    collected: pytest.Collector = ScriptFile.from_parent(parent, path=file_path)
    return collected
