"""SCP03 against sessions recorded with an eUICC, three key lengths at three security levels."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.crypto import scp03
from simulator.crypto.scp03 import Scp03
from simulator.crypto.secure_channel import (
    SecureMessagingError,
    SecurityLevel,
    StaticKeys,
    key_check_value,
)

ISD_R = bytes.fromhex("A0000005591010FFFFFFFF8900000100")
EID_REQUEST = "80E29100", "BF3E035C015A"
EID_ANSWER = "BF3E125A1089882119900000000000000000000005"
PLAIN = (
    EID_REQUEST,
    ("80F22002", ""),
    ("80CA0066", ""),
    ("80F22002", "4F0212345C054F9F70C5"),
    ("80F28002", "4F00"),
)


def keys_of(length: int) -> StaticKeys:
    """The published test keys: 16 counting bytes, and again their beginning where the key is longer."""
    return StaticKeys(*((bytes(range(start, start + 16)) * 2)[:length] for start in (0x00, 0x10, 0x20)))


class Session(NamedTuple):
    key_length: int
    host_challenge: str
    sequence: int
    card: str
    """Card challenge and card cryptogram."""
    authentication: str
    commands: tuple[str, ...]
    """Data fields of the five commands of PLAIN."""
    answer: str
    """Data field of the answer to the first."""


SESSIONS = {
    "AES-128 11": Session(
        16,
        "b13e5f938fc108c4",
        2,
        "3eb51047495b249f66c484c1d2ef1948",
        "7d5f5826a993ebc89eea24957fa0b3ce",
        (
            "bf3e035c015a558d036518a28297",
            "63a63f8959827fb2",
            "a0c6a4a74166f7ce",
            "4f0212345c054f9f70c52249b50272656536",
            "4f00e91443f6dce6b8ed",
        ),
        "bf3e125a1089882119900000000000000000000005971be68992dbbdfa",
    ),
    "AES-128 03": Session(
        16,
        "8e1552d0513c60f3",
        1,
        "30760cd2c47c1dd395065fe5ead8a9d7",
        "fd4721a14d9b07003c451d2f8ae6bb21",
        (
            "ca9c00f6713d79bc8baa642bdff51c3f6a4082d3bd9ad26c",
            "c9811b11f1264cf1",
            "e10ab60b30547988",
            "4e2908bdb48b2315a55482e9e936ca122d6ecfae7d17416e",
            "0dd10a6b6193e5340b9e77d32d5a179cd710ac2773aefb28",
        ),
        "bf3e125a1089882119900000000000000000000005",
    ),
    "AES-128 33": Session(
        16,
        "fdf38259a1e0de44",
        3,
        "3b1aca81e821f219081cdc01c26b372d",
        "8c36f96bcc00724a4e13ad591d7da3f0",
        (
            "267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f",
            "ac6a59024bed84cc",
            "409912ad8fb7aed0",
            "5f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a",
            "65165105be3373347d0424d4400af2ac393f569ec779389e",
        ),
        "f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9",
    ),
    "AES-192 11": Session(
        24,
        "7396430b768b085b",
        3,
        "8cfc23522ffdbf1e5df5542cac8fd866",
        "2145ed30b146f5db252fb7e624cec244",
        (
            "bf3e035c015aff42cf801d143944",
            "4584e4f6784811ee",
            "937776ebe190fa30",
            "4f0212345c054f9f70c59a52bddf3040368c",
            "4f009804b11411f7393d",
        ),
        "bf3e125a1089882119900000000000000000000005162fbd33e04940a9",
    ),
    "AES-192 03": Session(
        24,
        "69c65da8202bf19f",
        1,
        "b570a67be38446717729d6dd3d2ec5b1",
        "65df4f1a356a887905466516d9e5b7c1",
        (
            "d2c6fb477c5d4afe4fd4d21f17eff10d3578ec1774a12a2d",
            "964e188f0b1bb697",
            "f0820035a41d3e18",
            "06b076ed452cd1fa84f77f5c08a146aa77a9286757dea791",
            "d06527e39222dce091fabdb8e9b898417a67a6852d3577db",
        ),
        "bf3e125a1089882119900000000000000000000005",
    ),
    "AES-192 33": Session(
        24,
        "9b3f2eef0e8c9374",
        2,
        "f6bb305a15bae1a68f79fb08212fbed7",
        "9100bc22d58b45b86a26365ce39ff3cf",
        (
            "8f7f946c84f70d17994bc6e8791251bb1bb1bf02cf8de589",
            "d5d97754b6b3d2ba",
            "516c82b8e30adbeb",
            "cc247f4761e6944277a4e0d6e32e44025b1e31537e2fc668",
            "ba22b63d509bef5d093b43e5eaed03ed23144ab2d9cb51de",
        ),
        "c05176c1b6f72aae50c32cbee63b0e95998928fd4dfb2be9f27ffde8c8476f5909b4805cc4039599",
    ),
    "AES-256 11": Session(
        32,
        "11666d57866c6f54",
        3,
        "53ea8847efa7674e41498a4d66cf0dee",
        "2f2ad190eff2fafc4908996d1cebd310",
        (
            "bf3e035c015af4b680372542b59d",
            "d618b7da68d5fe52",
            "8f3e055db23ad5e5",
            "4f0212345c054f9f70c5b6e15cc42404915e",
            "4f00aa124aa74afe7f75",
        ),
        "bf3e125a10898821199000000000000000000000058012dd7f01f1c4c1",
    ),
    "AES-256 03": Session(
        32,
        "c6066990fc426e1d",
        1,
        "8682cd81bbd8919f2de3f2664581f118",
        "77c493b632edadaf865a1e64acc07ce9",
        (
            "3ddaa60594963befaada3525b492ede23c2ab2c1ce3afe44",
            "480ddc8e419da38d",
            "3e9d6a6c0b2d7320",
            "3ebfef2da8b04af2a85f491f299b76973df76ff08a4031be",
            "783fff80990f5585b1055010ea95094a26e4a8f1ef4b18e1",
        ),
        "bf3e125a1089882119900000000000000000000005",
    ),
    "AES-256 33": Session(
        32,
        "97b2055fe58599fd",
        2,
        "a8439a22cedf045fa9f1903b2834f26e",
        "508a0fd959d2e547c6b33154a6be2057",
        (
            "7a5ef717eaf1e135ae92fe54429d0e465decda65f5fe5aea",
            "bcc5c17275545d93",
            "04806aba9d543bb6",
            "717222491556ec81a45f49ce48be33320024801a1c4cb0e0",
            "561f105bccd3a1642904b251ccc1228beb80a82370a86370",
        ),
        "ea90dbfa648a67c5eb6abc57f8530b97d0cd5647c5e8732016b55203b078dd2ace7f8bc5d1c1cd99",
    ),
}


def started(name: str) -> tuple[Session, SecurityLevel, Scp03]:
    session = SESSIONS[name]
    level = SecurityLevel(int(name[-2:], 16))
    card_challenge = bytes.fromhex(session.card)[:8]
    channel = Scp03(keys_of(session.key_length), bytes.fromhex(session.host_challenge), card_challenge)
    return session, level, channel


@pytest.mark.parametrize("name", SESSIONS)
def test_the_recorded_terminal_and_ours_say_the_same(name: str) -> None:
    session, level, channel = started(name)
    assert channel.card_cryptogram.hex() == session.card[16:]
    header = bytes((0x84, 0x82, level, 0))
    assert channel.protect_authentication(header, level).hex() == session.authentication
    for number, ((command, data), expected) in enumerate(zip(PLAIN, session.commands, strict=True)):
        assert channel.protect_command(bytes.fromhex(command), bytes.fromhex(data)).hex() == expected
        if number == 0:
            answer = channel.open_response(bytes.fromhex(session.answer), 0x9000)
            assert answer.hex().upper() == EID_ANSWER


@pytest.mark.parametrize("name", SESSIONS)
def test_our_card_understands_the_recorded_terminal(name: str) -> None:
    session, level, channel = started(name)
    channel.authenticate(bytes((0x84, 0x82, level, 0)), bytes.fromhex(session.authentication), level)
    for number, ((command, data), protected) in enumerate(zip(PLAIN, session.commands, strict=True)):
        assert channel.open_command(bytes.fromhex(command), bytes.fromhex(protected)).hex().upper() == data
        if number == 0:
            assert channel.protect_response(bytes.fromhex(EID_ANSWER), 0x9000).hex() == session.answer


@pytest.mark.parametrize("name", SESSIONS)
def test_the_card_challenge_is_pseudo_random(name: str) -> None:
    session = SESSIONS[name]
    challenge = scp03.pseudo_random_challenge(
        keys_of(session.key_length), session.sequence.to_bytes(3, "big"), ISD_R
    )
    assert challenge.hex() == session.card[:16]


@pytest.mark.parametrize("place", range(16))
def test_one_wrong_byte_does_not_authenticate(place: int) -> None:
    session, level, channel = started("AES-128 33")
    data = bytearray.fromhex(session.authentication)
    data[place] ^= 1
    with pytest.raises(SecureMessagingError):
        channel.authenticate(bytes((0x84, 0x82, level, 0)), bytes(data), level)
    assert channel.level is SecurityLevel.NONE


@pytest.mark.parametrize("name", SESSIONS)
def test_a_damaged_command_is_refused(name: str) -> None:
    session, level, _ = started(name)
    protected = bytes.fromhex(session.commands[0])
    for place in range(len(protected)):
        _, _, channel = started(name)
        channel.authenticate(bytes((0x84, 0x82, level, 0)), bytes.fromhex(session.authentication), level)
        damaged = bytearray(protected)
        damaged[place] ^= 0x80
        with pytest.raises(SecureMessagingError):
            channel.open_command(bytes.fromhex(EID_REQUEST[0]), bytes(damaged))


def test_an_error_has_no_mac() -> None:
    session, level, channel = started("AES-128 33")
    channel.authenticate(bytes((0x84, 0x82, level, 0)), bytes.fromhex(session.authentication), level)
    assert channel.protect_response(b"", 0x6A88) == b""
    assert len(channel.protect_response(b"", 0x6310)) == 8


@given(st.sampled_from(sorted(Scp03.LEVELS)), st.lists(st.binary(max_size=300), max_size=4))
def test_both_sides_understand_each_other(level: SecurityLevel, messages: list[bytes]) -> None:
    card, terminal = (Scp03(keys_of(16), b"host 123", b"card 456") for _ in range(2))
    header = bytes((0x84, 0x82, level, 0))
    card.authenticate(header, terminal.protect_authentication(header, level), level)
    for message in messages:
        command = bytes.fromhex("84E29000")
        assert card.open_command(command, terminal.protect_command(command, message)) == message
        assert terminal.open_response(card.protect_response(message, 0x9000), 0x9000) == message


def test_key_check_values() -> None:
    values = [key_check_value(key, is_aes=True).hex() for key in keys_of(16)]
    assert values == ["c35280", "013808", "840de5"]


def test_sensitive_data_come_back_and_odd_lengths_do_not() -> None:
    _, _, channel = started("AES-256 11")
    assert channel.decrypt_sensitive(channel.encrypt_sensitive(bytes(range(32)))) == bytes(range(32))
    for length in (0, 15, 17):
        with pytest.raises(SecureMessagingError):
            channel.decrypt_sensitive(bytes(length))
