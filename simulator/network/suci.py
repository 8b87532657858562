"""The subscription concealed identifier on its way: its octets, and how the home network reads it (TS 24.501
§9.11.3.4, TS 33.501 §6.12 and annex C)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from cards.identities import IdentityError, Imsi, Plmn, swap_nibbles
from simulator.crypto.suci import ProtectionScheme, msin_of, reveal
from simulator.network.errors import NetworkError

IMSI_TYPE: Final = 0x01
"""SUPI format IMSI, type of identity SUCI, in one octet."""
NO_ROUTING_INDICATOR: Final = b"\xf0\xff"
_HEADER: Final = 8
TEST_KEYS: Final = {
    27: bytes.fromhex("c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d"),
    28: bytes.fromhex("f1ab1074477ebcc7f554ea1c5fc368b1616730155e0041ac447d6301975fecda"),
}
"""Identifier → private key of the examples of TS 33.501 §C.4.3 and §C.4.4, which test cards have the public
ones of."""


@dataclass(frozen=True, slots=True)
class Suci:
    """A SUCI of the IMSI kind."""

    home: Plmn
    routing_indicator: bytes
    """Two bytes, digits swapped, filled with 'F'."""
    scheme: ProtectionScheme
    key: int
    """Identifier of the home network's public key; 0 with the null scheme."""
    output: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From the octets of a 5GS mobile identity, 4 on. NetworkError for what is none of the IMSI kind."""
        try:
            if len(data) <= _HEADER or data[0] != IMSI_TYPE:
                raise IdentityError("it is not of the IMSI kind")
            scheme = ProtectionScheme(data[6] & 0x0F)
            return cls(Plmn.from_bytes(data[1:4]), data[4:6], scheme, data[7], data[_HEADER:])
        except ValueError as error:
            raise NetworkError(f"{data.hex().upper()} is no SUCI: {error}") from None

    def to_bytes(self) -> bytes:
        start = bytes((IMSI_TYPE,)) + self.home.to_bytes() + self.routing_indicator
        return start + bytes((self.scheme, self.key)) + self.output

    def imsi(self, keys: Mapping[int, bytes]) -> Imsi:
        """What the home network makes of it, with its private keys by identifier. NetworkError if it has not
        the key; SchemeOutputError if the output is not what a phone of its own sends."""
        if self.scheme is ProtectionScheme.NULL:
            private = b""
        elif (found := keys.get(self.key)) is not None:
            private = found
        else:
            raise NetworkError(f"the home network has no private key {self.key}")
        return Imsi(self.home.mcc + self.home.mnc + msin_of(reveal(self.scheme, self.output, private)))

    def words(self) -> dict[str, str]:
        """What everybody can read of it."""
        said = {
            "home network": str(self.home),
            "routing indicator": swap_nibbles(self.routing_indicator).rstrip("F"),
            "protection scheme": self.scheme.name.replace("_", " ").lower(),
        }
        if self.scheme is ProtectionScheme.NULL:
            return said | {"MSIN": msin_of(self.output)}
        return said | {"home network key": str(self.key), "scheme output": self.output.hex().upper()}
