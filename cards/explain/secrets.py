"""What can open ciphered parts of a trace: whoever has the session keys hands this in. Without it they are
shown as they are."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Opened(NamedTuple):
    """Clear data, and in words with which key and whether its MAC is right."""

    data: bytes
    note: str


class PackageOpener(Protocol):
    """Opens the segments of a bound profile package, in their order (SGP.22 §2.5.3)."""

    def open(self, segment: bytes, *, ciphered: bool) -> Opened | None:
        """The clear data of a whole segment TLV; None if the keys do not fit."""

    def replace_keys(self, s_enc: bytes, s_mac: bytes, initial_mcv: bytes) -> None:
        """Go on with the keys of ReplaceSessionKeys (§5.5.4)."""


class ChannelOpener(Protocol):
    """Opens the commands and answers of a secure channel session, in their order (GP annex E, Amendment
    D)."""

    def authenticate(self, header: bytes, data: bytes, level: int) -> None:
        """EXTERNAL AUTHENTICATE went by."""

    def command(self, header: bytes, data: bytes) -> Opened | None:
        """The clear data of a command; None if the keys do not fit."""

    def response(self, data: bytes, sw: int) -> Opened | None:
        """The clear data of an answer."""


class Secrets(Protocol):
    """The keys that somebody has."""

    def package(self, smdp_otpk: bytes, /) -> PackageOpener | None:
        """For the package whose InitialiseSecureChannel has this otPK.DP.ECKA (65 bytes)."""

    def channel(self, protocol: int, host_challenge: bytes, card_side: bytes, /) -> ChannelOpener | None:
        """For a secure channel session of SCP02 (card side: sequence counter and challenge) or SCP03
        (challenge), 8 bytes each."""

    def packet(self, packet: bytes, /) -> Opened | None:
        """What is ciphered in a whole command packet, from CPL on: counter, padding, checksum, data
        (TS 102 225 §5.1)."""

    def response(self, command: bytes, packet: bytes, /) -> Opened | None:
        """The same in a whole response packet, from RPL on, by the command packet that it answers (§5.2)."""


class NoSecrets:
    """Nobody has any keys."""

    def package(self, _: bytes, /) -> None:
        return None

    def channel(self, _: int, __: bytes, ___: bytes, /) -> None:
        return None

    def packet(self, _: bytes, /) -> None:
        return None

    def response(self, _: bytes, __: bytes, /) -> None:
        return None
