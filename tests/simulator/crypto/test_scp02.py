"""SCP02 against a session recorded with a card (i = '15')."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.crypto.scp02 import Scp02, pseudo_random_challenge
from simulator.crypto.secure_channel import (
    SecureMessagingError,
    SecurityLevel,
    StaticKeys,
    key_check_value,
)

KEYS = StaticKeys(
    bytes.fromhex("100102030405060708090A0B0C0D0E0F"),
    bytes.fromhex("101102030405060708090A0B0C0D0E0F"),
    bytes.fromhex("102102030405060708090A0B0C0D0E0F"),
)
SEQUENCE = bytes.fromhex("0001")
HOST_CHALLENGE = bytes.fromhex("40A62C37FA6304F8")
CARD_CHALLENGE = bytes.fromhex("6B4524ABEE7C")
AUTHENTICATE = bytes.fromhex("84820100")
AUTHENTICATION = bytes.fromhex("BA6961667737C5BCEBECE14C7D6A4376")
COMMANDS = (
    ("80F22002", "", "14DB34FA4341DCA8"),
    ("80CA0066", "", "55ED7C5FF069512B"),
    ("80F22002", "4F0212345C054F9F70C5", "4F0212345C054F9F70C58FC1B380C4228AF8"),
    ("80F28002", "4F00", "4F003B95F09317DE6A4E"),
)
"""Header, plain data, data with MAC."""


def session() -> Scp02:
    return Scp02(KEYS, SEQUENCE, HOST_CHALLENGE, CARD_CHALLENGE)


def test_the_recorded_terminal_and_ours_say_the_same() -> None:
    channel = session()
    assert channel.card_cryptogram == bytes.fromhex("F32EA3838BC148F3")
    assert channel.protect_authentication(AUTHENTICATE, SecurityLevel.C_MAC) == AUTHENTICATION
    for header, plain, protected in COMMANDS:
        assert channel.protect_command(bytes.fromhex(header), bytes.fromhex(plain)) == bytes.fromhex(
            protected
        )


def test_our_card_understands_the_recorded_terminal() -> None:
    channel = session()
    channel.authenticate(AUTHENTICATE, AUTHENTICATION, SecurityLevel.C_MAC)
    for header, plain, protected in COMMANDS:
        assert channel.open_command(bytes.fromhex(header), bytes.fromhex(protected)) == bytes.fromhex(plain)


@pytest.mark.parametrize("place", range(16))
def test_one_wrong_byte_does_not_authenticate(place: int) -> None:
    data = bytearray(AUTHENTICATION)
    data[place] ^= 1
    channel = session()
    with pytest.raises(SecureMessagingError):
        channel.authenticate(AUTHENTICATE, bytes(data), SecurityLevel.C_MAC)
    assert channel.level is SecurityLevel.NONE


def test_a_command_that_comes_twice_is_refused() -> None:
    channel = session()
    channel.authenticate(AUTHENTICATE, AUTHENTICATION, SecurityLevel.C_MAC)
    header, _, protected = (bytes.fromhex(part) for part in COMMANDS[0])
    channel.open_command(header, protected)
    with pytest.raises(SecureMessagingError):
        channel.open_command(header, protected)


@given(st.sampled_from(sorted(Scp02.LEVELS)), st.lists(st.binary(max_size=300), max_size=4))
def test_both_sides_understand_each_other(level: SecurityLevel, messages: list[bytes]) -> None:
    card, terminal = session(), session()
    header = bytes((0x84, 0x82, level, 0))
    card.authenticate(header, terminal.protect_authentication(header, level), level)
    for message in messages:
        command = bytes.fromhex("84E29000")
        protected = terminal.protect_command(command, message)
        assert card.open_command(command, protected) == message
        assert terminal.open_response(card.protect_response(message, 0x9000), 0x9000) == message


def test_damaged_ciphered_commands_are_refused() -> None:
    level = SecurityLevel.C_MAC | SecurityLevel.C_DECRYPTION
    header, command = bytes((0x84, 0x82, level, 0)), bytes.fromhex("84E29000")
    protected = session_at(level).protect_command(command, b"a message of two blocks")
    for place in range(len(protected)):
        card = session()
        card.authenticate(header, session().protect_authentication(header, level), level)
        damaged = bytearray(protected)
        damaged[place] ^= 1
        with pytest.raises(SecureMessagingError):
            card.open_command(command, bytes(damaged))


def session_at(level: SecurityLevel) -> Scp02:
    terminal = session()
    terminal.protect_authentication(bytes((0x84, 0x82, level, 0)), level)
    return terminal


def test_the_pseudo_random_challenge_depends_on_counter_and_domain() -> None:
    challenges = {
        pseudo_random_challenge(KEYS, sequence, aid)
        for sequence in (b"\0\1", b"\0\2")
        for aid in (bytes.fromhex("A000000151000000"), bytes.fromhex("A000000003000000"))
    }
    assert len(challenges) == 4
    assert {len(challenge) for challenge in challenges} == {6}


def test_key_check_value() -> None:
    """Of the widely known default test key."""
    assert key_check_value(bytes(range(0x40, 0x50)), is_aes=False) == bytes.fromhex("8BAF47")


def test_sensitive_data_come_back_and_odd_lengths_do_not() -> None:
    assert session().decrypt_sensitive(session().encrypt_sensitive(bytes(range(16)))) == bytes(range(16))
    for length in (0, 7, 9):
        with pytest.raises(SecureMessagingError):
            session().decrypt_sensitive(bytes(length))
