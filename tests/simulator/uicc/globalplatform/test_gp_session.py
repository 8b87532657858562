"""INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, and commands under secure messaging."""

from __future__ import annotations

import pytest

from simulator.crypto.scp02 import Scp02
from simulator.crypto.scp03 import Scp03
from simulator.uicc import Card, FileSystem
from tests.simulator.uicc.globalplatform.conftest import (
    HOST_CHALLENGE,
    ISD,
    VERSIONS,
    Terminal,
    image,
    make_card,
)

SESSIONS = [
    *((0x20, int(level), parameters) for level in sorted(Scp02.LEVELS) for parameters in ("0215", "0255")),
    *(
        (version, int(level), parameters)
        for version in (0x30, 0x31, 0x32)
        for level in sorted(Scp03.LEVELS)
        for parameters in ("0360", "0370")
    ),
]
ISSUER = "E3144F08A0000001510000009F70010FC5039EDC00"


@pytest.mark.parametrize(("version", "level", "option"), SESSIONS)
def test_every_protocol_at_every_level(version: int, level: int, option: str) -> None:
    terminal = Terminal(make_card(FileSystem(image("8102" + option))))
    terminal.open(version, level)
    for _ in range(3):
        answer = terminal.send("F28002", bytes.fromhex("4F005C044F9F70C5"))
        assert answer.sw == "9000"
        assert answer.data.hex().upper().startswith("E3")
        assert terminal.send("CA00D3").data == bytes((0xD3, 1, 0x80 | level))
        assert terminal.send("CA9F01").sw == "6A88", "an error has no MAC, and the session goes on"


@pytest.mark.parametrize("option", ["0215", "0255", "0360", "0370"])
def test_what_initialize_update_says(option: str) -> None:
    terminal = Terminal(make_card(FileSystem(image("8102" + option))))
    terminal.select(ISD)
    version = 0x20 if option.startswith("02") else 0x30
    answer = terminal.plain(0x80, f"50{version:02X}00", HOST_CHALLENGE).data
    if version == 0x20:
        assert (len(answer), answer[10:14]) == (28, bytes.fromhex("20020000"))
    else:
        assert answer[10:13] == bytes.fromhex("3003" + option[2:])
        assert len(answer) == (32 if option == "0370" else 29)


def test_counters_go_up_and_last(card: Card) -> None:
    terminal = Terminal(card)
    counts = []
    for _ in range(3):
        terminal.open(0x20)
        counts.append(terminal.card.files.registry.instances[ISD].counters[0x20])
    assert counts == [1, 2, 3]
    terminal.select(ISD)
    terminal.plain(0x80, "503000", HOST_CHALLENGE)
    saved = card.files.save()
    files = FileSystem(image())
    files.restore(saved)
    assert files.registry.instances[ISD].counters == {0x20: 3, 0x30: 1}
    assert files.save() == saved


def test_a_challenge_never_comes_twice(card: Card) -> None:
    terminal = Terminal(card)
    challenges = set()
    for _ in range(20):
        terminal.select(ISD)
        challenges.add(terminal.plain(0x80, "503000", HOST_CHALLENGE).data[13:21])
        card.reset()
    assert len(challenges) == 20


@pytest.mark.parametrize(
    ("command", "data", "sw"),
    [
        ("507F00", HOST_CHALLENGE, "6A88"),
        ("500100", HOST_CHALLENGE, "6A88"),  # keys of SCP80 open no secure channel
        ("503001", HOST_CHALLENGE, "6A86"),
        ("503000", HOST_CHALLENGE[:7], "6700"),
        ("503000", HOST_CHALLENGE + b"9", "6700"),
        ("503000", b"", "6700"),
        ("CA0066", b"", "9000"),
        ("F28002", bytes.fromhex("4F00"), "6982"),
        ("F08007", b"", "6982"),
        ("D80081", b"\x30\x88", "6982"),
        ("E40000", bytes.fromhex("4F00"), "6982"),
        ("E60200", b"\0", "6982"),
        ("E88000", b"\0", "6982"),
        ("E29000", b"\0", "6982"),
        ("FE0000", b"", "6D00"),
    ],
)
def test_before_authentication(terminal: Terminal, command: str, data: bytes, sw: str) -> None:
    terminal.select(ISD)
    assert terminal.plain(0x80, command, data).sw == sw


def test_external_authenticate_in_every_wrong_way(terminal: Terminal) -> None:
    right = bytes(16)
    terminal.select(ISD)
    assert terminal.plain(0x80, "820100", right).sw == "6985", "without INITIALIZE UPDATE"
    for command, data, sw in (
        ("820100", right, "6300"),
        ("820000", right[:15], "6700"),
        ("820200", right, "6A86"),
        ("820101", right, "6A86"),
        ("82FF00", right, "6A86"),
    ):
        terminal.plain(0x80, "503000", HOST_CHALLENGE)
        assert terminal.plain(0x84, command, data).sw == sw
        assert terminal.plain(0x80, "F28002", bytes.fromhex("4F00")).sw == "6982"
        assert terminal.plain(0x84, command, data).sw == "6882", "the session is gone"
    terminal.plain(0x80, "503000", HOST_CHALLENGE)
    assert terminal.plain(0x80, "820100", right).sw == "6E00", "it must be under secure messaging"


@pytest.mark.parametrize("level", [0x01, 0x03, 0x33])
def test_a_command_without_its_mac_ends_the_session(terminal: Terminal, level: int) -> None:
    terminal.open(0x30, level)
    assert terminal.plain(0x80, "F28002", bytes.fromhex("4F00")).sw == "6982"
    assert terminal.send("F28002", bytes.fromhex("4F00")).sw == "6882"


@pytest.mark.parametrize("version", [0x20, 0x30])
def test_a_wrong_mac_ends_the_session(terminal: Terminal, version: int) -> None:
    terminal.open(version)
    assert terminal.plain(0x84, "F28002", bytes.fromhex("4F00") + bytes(8)).sw == "6982"
    assert terminal.send("F28002", bytes.fromhex("4F00")).sw == "6882"


def test_a_session_ends_with_selection_and_reset(terminal: Terminal) -> None:
    for end in (
        lambda: terminal.plain(0, "A40400", ISD),
        lambda: (terminal.card.reset(), terminal.select(ISD)),
    ):
        terminal.open(0x30, 0)
        assert terminal.send("F28002", bytes.fromhex("4F00")).sw == "9000"
        end()
        assert terminal.plain(0x80, "F28002", bytes.fromhex("4F00")).sw == "6982"


def test_sessions_of_channels_are_their_own(card: Card) -> None:
    card.transmit(bytes.fromhex("0070000001"))
    first, second = Terminal(card, 0), Terminal(card, 1)
    first.open(0x30, 0x33)
    second.open(0x20, 0x03)
    for _ in range(2):
        assert first.send("CA0042").sw == "6A88"
        assert second.send("CA00D3").data.hex() == "d30183"
        assert first.send("CA00D3").data.hex() == "d301b3"


def test_a_profile_switch_takes_its_domains_along(terminal: Terminal) -> None:
    terminal.open(0x30, 0)
    terminal.card.mount(None)
    assert terminal.plain(0x80, "CA0066").sw == "6D00"
    assert terminal.select(ISD).sw == "6A82"
    terminal.card.mount(FileSystem(image()))
    terminal.open(0x30, 0x33)
    assert terminal.send("CA0066").sw == "9000"


def test_version_zero_means_the_first_set(terminal: Terminal) -> None:
    terminal.open(0)
    assert VERSIONS[0x20]
    assert terminal.send("CA00C1").data.hex() == "c1020001"


def test_a_domain_without_whole_key_sets_opens_nothing() -> None:
    files = FileSystem(image())
    del files.registry.instances[ISD].keys[0x30, 3]
    terminal = Terminal(make_card(files))
    terminal.select(ISD)
    assert terminal.plain(0x80, "503000", HOST_CHALLENGE).sw == "6A88"


def test_select_says_what_the_domain_is(terminal: Terminal) -> None:
    answer = terminal.select(ISD).data.hex().upper()
    assert answer.startswith("6F")
    assert "8408A000000151000000" in answer
    assert "2A864886FC6B040370" in answer
    assert "2A864886FC6B040215" in answer
    assert terminal.select(ISD[:5]).sw == "9000", "a partial AID finds it too"
