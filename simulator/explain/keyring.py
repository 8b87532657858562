"""The keys of a key log, for `cards.explain.Explainer`: opens what they fit, and says whether the MAC is
right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from cards.explain.secrets import Opened
from simulator.crypto import keylog
from simulator.crypto.bsp import Bsp, BspError, SessionKeys
from simulator.crypto.errors import CryptoError
from simulator.crypto.scp02 import IDENTIFIER as SCP02
from simulator.crypto.scp02 import Scp02
from simulator.crypto.scp03 import IDENTIFIER as SCP03
from simulator.crypto.scp03 import Scp03
from simulator.crypto.scp80 import Spi, open_command, open_response, read_command_header
from simulator.crypto.scp80_algorithms import Key, Keys, SecurityError, decipher
from simulator.crypto.secure_channel import SecureChannel, SecureMessagingError, SecurityLevel

_CLEAR, _HEADER = 10, 13
"""Bytes of a command packet that are never ciphered, and CHL without a checksum."""
_RESPONSE_CLEAR, _RESPONSE_HEADER = 6, 10
"""The same of a response packet, and RHL."""


class KeyRing:
    """Keys by label and identifying octets."""

    def __init__(self, keys: Mapping[tuple[str, bytes], bytes]) -> None:
        self._keys = keys

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the text of a key log. Raises KeyLogError."""
        return cls(keylog.parse(text))

    def _all(self, labels: tuple[str, ...], identity: bytes) -> list[bytes] | None:
        found = [self._keys.get((label, identity)) for label in labels]
        return [key for key in found if key is not None] if all(found) else None

    def package(self, smdp_otpk: bytes, /) -> PackageKeys | None:
        """For a bound profile package, by otPK.DP.ECKA."""
        keys = self._all(keylog.BSP, smdp_otpk)
        return PackageKeys(*keys) if keys else None

    def channel(self, protocol: int, host_challenge: bytes, card_side: bytes, /) -> ChannelKeys | None:
        """For a session of SCP02 or SCP03."""
        labels = {SCP02: keylog.SCP02, SCP03: keylog.SCP03}.get(protocol, ())
        keys = self._all(labels, host_challenge + card_side) if labels else None
        if not keys:
            return None
        try:
            channel: SecureChannel = (
                Scp02.from_session_keys(*keys) if protocol == SCP02 else Scp03.from_session_keys(*keys)
            )
        except (CryptoError, ValueError):
            return None
        return ChannelKeys(channel, protocol)

    def packet(self, packet: bytes, /) -> Opened | None:
        """What is ciphered in a command packet of SCP80, from CPL on."""
        identity = packet[5:10]
        ciphering, checking = (self._keys.get((label, identity)) for label in keylog.SCP80)
        if len(packet) < _CLEAR or ciphering is None or not Spi.parse(packet[3:5]).ciphered:
            return None
        mac_length = packet[2] - _HEADER
        kic, kid = Key(ciphering), Key(checking, mac_length=mac_length) if checking else None
        try:
            clear = decipher(packet[5], kic, packet[_CLEAR:])
        except (SecurityError, ValueError):
            return None
        try:
            open_command(packet, Keys(kic, kid))
        except (CryptoError, ValueError) as error:
            return Opened(clear, f"opened with KIc; {error}")
        return Opened(clear, "opened with KIc; the checksum is right")

    def response(self, command: bytes, packet: bytes, /) -> Opened | None:
        """What is ciphered in a response packet of SCP80, from RPL on, by the keys of its command."""
        ciphering, checking = (self._keys.get((label, command[5:10])) for label in keylog.SCP80)
        if len(packet) <= _RESPONSE_CLEAR or ciphering is None:
            return None
        kic = Key(ciphering)
        kid = Key(checking, mac_length=packet[2] - _RESPONSE_HEADER) if checking else None
        try:
            clear = decipher(command[5], kic, packet[_RESPONSE_CLEAR:])
        except (SecurityError, ValueError):
            return None
        try:
            open_response(packet, read_command_header(command), Keys(kic, kid))
        except (CryptoError, ValueError) as error:
            return Opened(clear, f"opened with KIc; {error}")
        return Opened(clear, "opened with KIc; the checksum is right")


class PackageKeys:
    """The session keys of one package, or the profile protection keys that took over."""

    def __init__(self, s_enc: bytes, s_mac: bytes, initial_mcv: bytes) -> None:
        self._bsp = Bsp.from_keys(SessionKeys(s_enc, s_mac, initial_mcv))
        self._name = "session keys"

    def open(self, segment: bytes, *, ciphered: bool) -> Opened | None:
        """The clear data of a segment; None once one of them does not fit."""
        try:
            clear = self._bsp.unprotect(segment) if ciphered else self._bsp.verify_mac_only(segment)
        except BspError:
            return None
        return Opened(
            clear, f"opened with the {self._name}; the MAC is right" if ciphered else "the MAC is right"
        )

    def replace_keys(self, s_enc: bytes, s_mac: bytes, initial_mcv: bytes) -> None:
        """Go on with the keys of ReplaceSessionKeys."""
        self._bsp = Bsp.from_keys(SessionKeys(s_enc, s_mac, initial_mcv))
        self._name = "profile protection keys"


class ChannelKeys:
    """The session keys of one secure channel, seen from the card."""

    def __init__(self, channel: SecureChannel, protocol: int) -> None:
        self._channel = channel
        self._name = f"SCP{protocol:02X}"

    def authenticate(self, header: bytes, data: bytes, level: int) -> None:
        """EXTERNAL AUTHENTICATE begins the chain of MACs."""
        self._channel.host_cryptogram = data[:8]
        try:
            self._channel.authenticate(header, data, SecurityLevel(level))
        except (SecureMessagingError, ValueError):
            self._channel.level = SecurityLevel.NONE

    def command(self, header: bytes, data: bytes) -> Opened | None:
        """The plain data of a command."""
        if not self._channel.level:
            return None
        try:
            clear = self._channel.open_command(header, data)
        except SecureMessagingError:
            return None
        return Opened(clear, f"opened with the {self._name} session keys; the MAC is right")

    def response(self, data: bytes, sw: int) -> Opened | None:
        """The plain data of an answer."""
        try:
            clear = self._channel.open_response(data, sw)
        except SecureMessagingError:
            return None
        return Opened(clear, f"opened with the {self._name} session keys; the MAC is right")
