"""Command and response APDUs, cases 1 to 4, short and extended (ISO/IEC 7816-3 §12.1.3, TS 102 221 §10.1)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, Self

from cards.status import SW, StatusWord

SHORT_DATA_LIMIT = 255
SHORT_LE_LIMIT = 256
EXTENDED_DATA_LIMIT = 65535
EXTENDED_LE_LIMIT = 65536


class ApduError(ValueError):
    """Bytes that are no APDU, or values that no APDU can carry."""


class _Command(NamedTuple):
    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    le: int | None = None
    extended: bool = False


_new = tuple.__new__
"""Commands are made by the thousand: where the values are known to fit, the checks are left out."""


class CommandApdu(_Command):
    """A command: header, data of 0 to 65535 bytes, and Le, the number of bytes wanted (1 to 65536).

    `le` is None where the command asks for no answer (cases 1 and 3). The encoding is short where both
    fit (255 bytes of data, Le 256), else extended; `extended` asks for the long form anyway.
    """

    __slots__ = ()

    def __new__(
        cls,
        cla: int,
        ins: int,
        p1: int = 0,
        p2: int = 0,
        data: bytes = b"",
        le: int | None = None,
        extended: bool = False,
    ) -> Self:
        """ApduError for values that no APDU can carry."""
        if (cla | ins | p1 | p2) & ~0xFF:
            raise ApduError("CLA, INS, P1 and P2 are one byte each")
        if len(data) > EXTENDED_DATA_LIMIT:
            raise ApduError(f"{len(data)} bytes of data exceed the {EXTENDED_DATA_LIMIT} of an APDU")
        if le is not None and not 1 <= le <= EXTENDED_LE_LIMIT:
            raise ApduError(f"Le {le} is not between 1 and {EXTENDED_LE_LIMIT}")
        return _new(cls, (cla, ins, p1, p2, data, le, extended))

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def case(self) -> int:
        """1: no data, no Le; 2: Le; 3: data; 4: both."""
        return 1 + (self.le is not None) + 2 * bool(self.data)

    def to_bytes(self) -> bytes:
        """The command as it goes to the card."""
        cla, ins, p1, p2, data, le, extended = self
        length = len(data)
        if extended or length > SHORT_DATA_LIMIT or (le is not None and le > SHORT_LE_LIMIT):
            return self._extended_bytes()
        short = bytes((cla, ins, p1, p2, length)) + data if length else bytes((cla, ins, p1, p2))
        return short if le is None else short + bytes((le & 0xFF,))

    def _extended_bytes(self) -> bytes:
        body = b"\x00" if self.data or self.le is not None else b""
        if self.data:
            body += len(self.data).to_bytes(2, "big") + self.data
        if self.le is not None:
            body += (self.le & 0xFFFF).to_bytes(2, "big")
        return self.header + body

    @classmethod
    def parse(cls, apdu: bytes) -> Self:
        """Read a command. ApduError unless the bytes are exactly one command of one of the cases."""
        length = len(apdu)
        if length < 4:
            raise ApduError(f"a command has at least 4 bytes, this has {length}")
        if length == 4:
            return _new(cls, (apdu[0], apdu[1], apdu[2], apdu[3], b"", None, False))
        if length > 5 and length == 5 + apdu[4]:
            return _new(cls, (apdu[0], apdu[1], apdu[2], apdu[3], apdu[5:], None, False))
        if length == 5:
            return _new(cls, (apdu[0], apdu[1], apdu[2], apdu[3], b"", apdu[4] or SHORT_LE_LIMIT, False))
        data, le = _body_and_le(apdu) if apdu[4] else _extended_body(apdu)
        return _new(cls, (apdu[0], apdu[1], apdu[2], apdu[3], data, le, not apdu[4]))

    @classmethod
    def from_hex(cls, text: str) -> Self:
        """Read a command as people write it: hexadecimal digits, spaces and colons allowed."""
        try:
            return cls.parse(bytes.fromhex(text.replace(":", " ")))
        except ApduError:
            raise
        except ValueError:
            raise ApduError(f"{text!r} is not hexadecimal") from None

    def with_class(self, cla: int) -> Self:
        """The same command with another class byte (0 to 255)."""
        return _new(type(self), (cla, self.ins, self.p1, self.p2, self.data, self.le, self.extended))

    def with_le(self, le: int) -> Self:
        """The same command asking for another number of bytes (1 to 65536)."""
        return _new(type(self), (self.cla, self.ins, self.p1, self.p2, self.data, le, self.extended))

    def with_block(self, p1: int, p2: int, data: bytes) -> Self:
        """A part of the command: its class and instruction, other parameters (0 to 255) and data, no Le."""
        return _new(type(self), (self.cla, self.ins, p1, p2, data, None, False))

    def __str__(self) -> str:
        return self.to_bytes().hex().upper()


def _body_and_le(apdu: bytes) -> tuple[bytes, int]:
    """Data and Le behind a one-byte Lc (case 4S)."""
    end = 5 + apdu[4]
    if len(apdu) == end + 1:
        return apdu[5:end], apdu[end] or SHORT_LE_LIMIT
    raise ApduError(f"Lc says {apdu[4]} bytes of data, {len(apdu) - 5} follow")


def _extended_body(apdu: bytes) -> tuple[bytes, int | None]:
    """Data and Le behind a '00' in place of Lc (cases 2E, 3E and 4E)."""
    if len(apdu) == 7:
        return b"", int.from_bytes(apdu[5:7], "big") or EXTENDED_LE_LIMIT
    if len(apdu) < 7:
        raise ApduError("extended length fields are cut off")
    lc = int.from_bytes(apdu[5:7], "big")
    end = 7 + lc
    if lc and len(apdu) == end:
        return apdu[7:end], None
    if lc and len(apdu) == end + 2:
        return apdu[7:end], int.from_bytes(apdu[end:], "big") or EXTENDED_LE_LIMIT
    raise ApduError(f"extended Lc says {lc} bytes of data, {len(apdu) - 7} follow")


class ResponseApdu(NamedTuple):
    """An answer: data, then the status word."""

    data: bytes = b""
    sw: StatusWord = SW.OK

    @classmethod
    def parse(cls, response: bytes) -> Self:
        """Read an answer. ApduError if it has no status word."""
        if len(response) < 2:
            raise ApduError(
                f"a response has at least the 2 bytes of the status word, this has {len(response)}"
            )
        if len(response) == 2:
            return cls(b"", _status_word(response))
        return cls(response[:-2], _status_word(response[-2:]))

    def to_bytes(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")

    def __str__(self) -> str:
        return f"{self.data.hex().upper()} {self.sw}".lstrip()


@cache
def _status_word(octets: bytes) -> StatusWord:
    """SW1-SW2 as an object; there are at most 65536 of them."""
    return StatusWord(int.from_bytes(octets, "big"))
