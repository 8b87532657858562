"""What AUTHENTICATE carries and answers in the 3G and GSM contexts (TS 31.102 §7.1.2)."""

from __future__ import annotations

from dataclasses import dataclass

from cards.errors import CardProtocolError

GSM_CONTEXT = 0x80
UMTS_CONTEXT = 0x81
SUCCESSFUL = 0xDB
SYNCHRONISATION_FAILURE = 0xDC


@dataclass(frozen=True, slots=True)
class AuthenticationResult:
    """What the card computed. Members that its answer does not hold are empty."""

    res: bytes = b""
    """RES of 4 to 16 bytes; in the GSM context SRES, 4 bytes."""
    ck: bytes = b""
    ik: bytes = b""
    kc: bytes = b""
    """The GSM cipher key, 8 bytes; in the 3G context only if service 27 is available."""
    auts: bytes = b""
    """14 bytes for the network to resynchronise with; nothing else is there then."""

    @property
    def is_synchronisation_failure(self) -> bool:
        return bool(self.auts)


def length_prefixed(*values: bytes) -> bytes:
    """Values, each after its length in one byte."""
    return b"".join(bytes((len(value),)) + value for value in values)


def _split(data: bytes) -> list[bytes]:
    values, offset = [], 0
    while offset < len(data):
        end = offset + 1 + data[offset]
        if end > len(data):
            raise CardProtocolError(f"AUTHENTICATE answered {data.hex().upper()}: a length runs over the end")
        values.append(data[offset + 1 : end])
        offset = end
    return values


def parse_umts(data: bytes) -> AuthenticationResult:
    """The answer in the 3G context, §7.1.2.1. Raises CardProtocolError."""
    values = _split(data[1:])
    if data[:1] == bytes((SUCCESSFUL,)) and len(values) in (3, 4):
        return AuthenticationResult(*values)
    if data[:1] == bytes((SYNCHRONISATION_FAILURE,)) and len(values) == 1:
        return AuthenticationResult(auts=values[0])
    raise CardProtocolError(f"AUTHENTICATE answered {data.hex().upper()}, neither RES, CK and IK nor AUTS")


def parse_gsm(data: bytes) -> AuthenticationResult:
    """The answer in the GSM context, §7.1.2.2: SRES and Kc. Raises CardProtocolError."""
    values = _split(data)
    if [len(value) for value in values] != [4, 8]:
        raise CardProtocolError(f"AUTHENTICATE answered {data.hex().upper()} in place of SRES and Kc")
    return AuthenticationResult(res=values[0], kc=values[1])
