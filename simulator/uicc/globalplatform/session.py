"""Secure channel sessions: INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, and what they secure afterwards (GP Card
Specification annex E, Amendment D §7.1).

An application that takes part uses the keys of its security domain. There is one session per logical channel;
selecting the application, a reset, and any failure of secure messaging end it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cards.apdu import CommandApdu
from cards.status import SW, StatusError, StatusWord
from simulator.crypto import keylog, scp02, scp03
from simulator.crypto.errors import CryptoError
from simulator.crypto.keylog import log_keys
from simulator.crypto.scp02 import Scp02
from simulator.crypto.scp03 import Scp03
from simulator.crypto.scp80_algorithms import Algorithm
from simulator.crypto.scp80_algorithms import decipher as decipher_remote
from simulator.crypto.secure_channel import (
    HOST_CHALLENGE_LENGTH,
    SecureChannel,
    SecureMessagingError,
    SecurityLevel,
    StaticKeys,
)
from simulator.uicc.application import Application
from simulator.uicc.command import PROPRIETARY, command
from simulator.uicc.globalplatform.registry import Instance

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.channel import Channel

KEY_TYPE_AES = 0x88
KEY_TYPES_DES = frozenset((0x80, 0x82))
"""Key types of Table 11-16 that secure channels use."""
_ENC, _MAC, _DEK = 1, 2, 3
"""Key identifiers of a key set."""
_RESERVED_VERSIONS = frozenset((*range(0x01, 0x20), *range(0x40, 0x50)))
"""Key versions of SCP80 and its kin, and of SCP81 (TS 102 226 §8.2.1.5, Amendment B)."""
_DIVERSIFICATION = bytes(10)
_EXTERNAL_AUTHENTICATE = 0x82
_SECURE = 0x0C
_FURTHER, _FURTHER_SECURE = 0x40, 0x20
_PROTOCOL_TAG = 0x81
"""In the install parameters of a security domain: protocol and i."""
_AUTHENTICATION_FAILED = SW.WARNING_CHANGED
"""6300: authentication of the host cryptogram failed (§E.5.2.7)."""


class KeySet(NamedTuple):
    """What INITIALIZE UPDATE found: the domain that has the keys, their version, and the protocol."""

    owner: Instance
    version: int
    keys: StaticKeys
    is_aes: bool

    @property
    def option(self) -> int:
        """i: as the install parameters of the domain say ('81'), else '15' or '70'."""
        wanted = scp03.IDENTIFIER if self.is_aes else scp02.IDENTIFIER
        allowed = (
            (scp03.I_PSEUDO_RANDOM, scp03.I_RANDOM)
            if self.is_aes
            else (scp02.I_RANDOM, scp02.I_PSEUDO_RANDOM)
        )
        parameters = self.owner.parameters
        for place in range(len(parameters) - 3):
            protocol = parameters[place : place + 3] == bytes((_PROTOCOL_TAG, 2, wanted))
            if protocol and parameters[place + 3] in allowed:
                return parameters[place + 3]
        return allowed[0]

    @property
    def is_pseudo_random(self) -> bool:
        return self.option in (scp02.I_PSEUDO_RANDOM, scp03.I_PSEUDO_RANDOM)


def key_set(owner: Instance, version: int) -> KeySet | None:
    """The key set of a version, or of the lowest one for 0; None if there is no whole one."""
    versions = sorted({found for found, _ in owner.keys if version in (0, found)} - _RESERVED_VERSIONS)
    for candidate in versions:
        found = [owner.keys.get((candidate, identifier)) for identifier in (_ENC, _MAC, _DEK)]
        components = [key.components[0] for key in found if key is not None and key.components]
        kinds = {kind for kind, _ in components}
        is_triple_des = kinds <= KEY_TYPES_DES and {len(value) for _, value in components} == {16}
        if len(components) == 3 and (kinds == {KEY_TYPE_AES} or is_triple_des):
            keys = StaticKeys(*(value for _, value in components))
            return KeySet(owner, candidate, keys, KEY_TYPE_AES in kinds)
    return None


class Session:
    """One session of one logical channel; until EXTERNAL AUTHENTICATE it secures nothing."""

    def __init__(self, keys: KeySet, channel: SecureChannel) -> None:
        self.keys = keys
        self.secure_channel = channel
        self.is_authenticated = False
        self.has_answered = False
        """The answer to EXTERNAL AUTHENTICATE itself is not protected yet."""


class SecuredApplication(Application):
    """An application of the registry, with the secure channel of its security domain."""

    AID = b""
    """Each instance has one of its own."""

    def __init__(self, card: Card, aid: bytes) -> None:
        super().__init__()
        self.card = card
        self.aid = aid
        self._sessions: dict[int, Session] = {}

    @property
    def instance(self) -> Instance:
        return self.card.files.registry.instances[self.aid]

    def select(self, channel: Channel, command: CommandApdu) -> bytes:
        self._sessions.pop(channel.number, None)
        return b""

    def reset(self) -> None:
        self._sessions.clear()

    def store(self, objects: dict[int, bytes]) -> None:
        """Keep data objects; StatusError 6A84 where there is no room for them."""
        self.card.files.registry.store(self.instance, objects)

    def take(self, data: bytes) -> bytes:
        """Carry out what STORE DATA brought."""
        raise NotImplementedError

    # --- the session ----------------------------------------------------------------------------------

    def initialize_update(self, channel: Channel, command: CommandApdu) -> bytes:
        """INITIALIZE UPDATE, §E.5.1, Amendment D §7.1.1: P1 the key version, data the host challenge of 8
        bytes. 6A88 if there is no such key set."""
        self._sessions.pop(channel.number, None)
        if command.p2:
            raise StatusError(SW.INCORRECT_P1_P2)
        if len(command.data) != HOST_CHALLENGE_LENGTH:
            raise StatusError(SW.WRONG_LENGTH)
        owner = self.card.files.registry.key_owner(self.aid)
        keys = key_set(owner, command.p1) if owner else None
        if keys is None:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        begin = self._begin_scp03 if keys.is_aes else self._begin_scp02
        session, answer = begin(keys, command.data)
        self._sessions[channel.number] = session
        return _DIVERSIFICATION + bytes((keys.version,)) + answer

    def _begin_scp02(self, keys: KeySet, host_challenge: bytes) -> tuple[Session, bytes]:
        sequence = _counter(keys, scp02.SEQUENCE_LENGTH).to_bytes(scp02.SEQUENCE_LENGTH, "big")
        if keys.is_pseudo_random:
            challenge = scp02.pseudo_random_challenge(keys.keys, sequence, self.aid)
        else:
            challenge = self.card.entropy(scp02.CARD_CHALLENGE_LENGTH)
        channel = Scp02(keys.keys, sequence, host_challenge, challenge)
        identity = host_challenge + sequence + challenge
        log_keys(self.card.key_log, keylog.SCP02, identity, channel.session_keys)
        answer = bytes((scp02.IDENTIFIER,)) + sequence + challenge + channel.card_cryptogram
        return Session(keys, channel), answer

    def _begin_scp03(self, keys: KeySet, host_challenge: bytes) -> tuple[Session, bytes]:
        sequence = b""
        if keys.is_pseudo_random:
            # Counted before it is used, so that a challenge never comes twice, wherever the power is cut.
            count = keys.owner.counters[keys.version] = _counter(keys, scp03.SEQUENCE_LENGTH) + 1
            sequence = count.to_bytes(scp03.SEQUENCE_LENGTH, "big")
            challenge = scp03.pseudo_random_challenge(keys.keys, sequence, self.aid)
        else:
            challenge = self.card.entropy(scp03.CARD_CHALLENGE_LENGTH)
        channel = Scp03(keys.keys, host_challenge, challenge)
        log_keys(self.card.key_log, keylog.SCP03, host_challenge + challenge, channel.session_keys)
        head = bytes((scp03.IDENTIFIER, keys.option))
        return Session(keys, channel), head + challenge + channel.card_cryptogram + sequence

    def external_authenticate(self, channel: Channel, command: CommandApdu) -> bytes:
        """EXTERNAL AUTHENTICATE, §E.5.2, Amendment D §7.1.2: P1 the security level. 6985 without INITIALIZE
        UPDATE before, 6300 if cryptogram or MAC is wrong."""
        session = self._sessions.pop(channel.number, None)
        if session is None or session.is_authenticated:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        if not _is_secured(command.cla):
            raise StatusError(SW.CLA_NOT_SUPPORTED)
        if command.p2 or command.p1 not in session.secure_channel.LEVELS:
            raise StatusError(SW.INCORRECT_P1_P2)
        if len(command.data) != 16:
            raise StatusError(SW.WRONG_LENGTH)
        try:
            session.secure_channel.authenticate(command.header, command.data, SecurityLevel(command.p1))
        except SecureMessagingError:
            raise StatusError(_AUTHENTICATION_FAILED) from None
        session.is_authenticated = True
        if not session.keys.is_aes:
            owner, version = session.keys.owner, session.keys.version
            owner.counters[version] = _counter(session.keys, scp02.SEQUENCE_LENGTH) + 1
        self._sessions[channel.number] = session
        return b""

    def require_session(self, channel: Channel, command: CommandApdu) -> None:
        """StatusError 6982 unless the command came as the session asks for it, or in a secured packet."""
        if getattr(channel, "is_remote", False):
            return
        session = self._sessions.get(channel.number)
        if session is None or not session.is_authenticated:
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED)
        if session.secure_channel.level and not _is_secured(command.cla):
            self._sessions.pop(channel.number)
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED)

    def require_change(self, channel: Channel, command: CommandApdu) -> None:
        """As `require_session`, for what changes card content, keys or data: StatusError 6985 while the card
        is locked (§5.1.1.4)."""
        self.require_session(channel, command)
        if self.card.files.registry.is_locked:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)

    def level(self, channel: Channel) -> int:
        """The current security level, as GET DATA 'D3' shows it: '80' authenticated, with that of the
        session."""
        session = self._sessions.get(channel.number)
        return 0x80 | session.secure_channel.level if session and session.is_authenticated else 0

    def decrypt(self, channel: Channel, ciphered: bytes) -> bytes:
        """Keys and other sensitive data under the DEK of the session, or the KIK of a secured packet; 6A80
        if they are no whole blocks."""
        try:
            if getattr(channel, "is_remote", False):
                key = getattr(channel, "kik", None)
                if key is None:
                    raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
                nibble = 0x2 if key.algorithm is Algorithm.AES else 0xD if len(key.value) == 8 else 0x5
                return decipher_remote(nibble, key, ciphered)
            return self._sessions[channel.number].secure_channel.decrypt_sensitive(ciphered)
        except CryptoError:
            raise StatusError(SW.INCORRECT_DATA) from None

    # --- secure messaging -----------------------------------------------------------------------------

    def is_secured(self, channel: Channel) -> bool:
        return channel.number in self._sessions

    def unwrap(self, channel: Channel, command: CommandApdu) -> CommandApdu:
        session = self._sessions[channel.number]
        if not session.is_authenticated:
            if command.ins == _EXTERNAL_AUTHENTICATE:
                return command
            self._sessions.pop(channel.number)
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED)
        if not session.secure_channel.level:
            raise StatusError(SW.SECURE_MESSAGING_NOT_SUPPORTED)
        try:
            data = session.secure_channel.open_command(command.header, command.data)
        except SecureMessagingError:
            self._sessions.pop(channel.number)
            raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED) from None
        return CommandApdu(command.cla, command.ins, command.p1, command.p2, data, command.le)

    def wrap(self, channel: Channel, data: bytes, sw: StatusWord) -> bytes:
        session = self._sessions.get(channel.number)
        if session is not None:
            if session.has_answered:
                data = session.secure_channel.protect_response(data, sw)
            session.has_answered = True
        return data + sw.to_bytes(2, "big")

    SESSION_COMMANDS = (
        command(
            "INITIALIZE UPDATE",
            PROPRIETARY,
            0x50,
            "34",
            "GP Card Specification §E.5.1",
            initialize_update,
        ),
        command(
            "EXTERNAL AUTHENTICATE",
            PROPRIETARY,
            0x82,
            "34",
            "GP Card Specification §E.5.2",
            external_authenticate,
        ),
    )


def _counter(keys: KeySet, length: int) -> int:
    """The sequence counter; 6985 when it has come to its end (§E.1.2)."""
    count = keys.owner.counters.get(keys.version, 0)
    if count >= (1 << 8 * length) - 1:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    return count


def _is_secured(cla: int) -> bool:
    return bool(cla & _FURTHER_SECURE if cla & _FURTHER else cla & _SECURE)
