"""What every DER type has in common: content octets to value and back, and the tag around them.

A `Content` knows the octets inside a TLV and not its tag, because one ASN.1 type appears under many tags.
An `Element` is what stands in a SEQUENCE: a content under its tag, a CHOICE between several, or anything.

Decoders are called as `decode(data, start, content, end)`: the whole input, the offset of the TLV, of its
value, and after it. They are plain callables, so that the hot loops look one up by tag and call it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from asn1.errors import DecodeError, EncodeError, TlvError
from asn1.tlv import encode_length, read, read_header, tag_bytes
from asn1.values import Record

Decode = Callable[[bytes, int, int, int], Any]

# The key of an open type (ANY) among the tags: it takes whatever no other member takes.
ANY_TAG = -1


SHORT_LENGTHS = tuple(bytes((length,)) for length in range(0x80))


class Content(Protocol):
    """The value octets of one type, without its tag."""

    def decode(self, data: bytes, start: int, content: int, end: int) -> Any:
        """The value that `data[content:end]` encodes; DecodeError with an absolute offset."""

    def encode(self, value: Any) -> bytes:
        """The value octets; EncodeError when the value does not fit."""


class Element(Protocol):
    """Something that stands in a SEQUENCE, SET, CHOICE or SEQUENCE OF, tag and all."""

    type_name: str

    def decoders(self) -> dict[int, Decode]:
        """Every tag that it may start with, and what decodes the TLV then."""

    def encode(self, value: Any) -> bytes:
        """The complete TLV."""


class Tagged:
    """A content under its one tag."""

    __slots__ = ("_tag_octets", "content", "tag", "type_name")

    def __init__(self, tag: int, content: Content, type_name: str) -> None:
        self.tag = tag
        self.content = content
        self.type_name = type_name
        self._tag_octets = tag_bytes(tag)

    def decoders(self) -> dict[int, Decode]:
        return {self.tag: self.content.decode}

    def encode(self, value: Any) -> bytes:
        if type(value) is Record:
            return self._as_received(value)
        octets = self.content.encode(value)
        length = len(octets)
        return self._tag_octets + (SHORT_LENGTHS[length] if length < 0x80 else encode_length(length)) + octets

    def _as_received(self, record: Record) -> bytes:
        if not record.raw.startswith(self._tag_octets):
            raise EncodeError(
                "", f"a record that does not start with its tag {self.tag:X}: {record.raw[:4].hex()}…"
            )
        return record.raw


class Explicit:
    """EXPLICIT tagging: the value octets are one complete TLV of the inner element (X.690 §8.14.2)."""

    __slots__ = ("_decoders", "_inner")

    def __init__(self, inner: Element, decoders: dict[int, Decode]) -> None:
        self._inner = inner
        self._decoders = decoders

    def decode(self, data: bytes, start: int, content: int, end: int) -> Any:
        if content >= end:
            raise DecodeError("", start, "an empty value where a TLV is due")
        tag, body, stop = read_header(data, content)
        if stop != end:
            raise DecodeError("", content, "a TLV that does not fill the tag around it")
        decode = self._decoders.get(tag) or self._decoders.get(ANY_TAG)
        if decode is None:
            raise unexpected_tag(content, tag, self._decoders)
        return decode(data, content, body, end)

    def encode(self, value: Any) -> bytes:
        return self._inner.encode(value)


class Open:
    """ANY and ANY DEFINED BY: the complete TLV as `bytes`, not looked into."""

    type_name = "ANY"

    def decoders(self) -> dict[int, Decode]:
        return {ANY_TAG: whole_tlv}

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, (bytes, bytearray)):
            raise wrong_type("the bytes of one complete TLV", value)
        return complete_tlv(bytes(value))


class Opaque:
    """A SEQUENCE that is handed on as `bytes`, the complete TLV under its own tag 30: certificates, CRLs."""

    def decode(self, data: bytes, start: int, content: int, end: int) -> bytes:
        if data[start] == 0x30:
            return data[start:end]
        return b"\x30" + encode_length(end - content) + data[content:end]

    def encode(self, value: Any) -> bytes:
        octets = Open().encode(value)
        tag, content, _ = read_header(octets, 0)
        if tag != 0x30:
            raise EncodeError("", f"a SEQUENCE (tag 30) expected, not tag {tag:X}")
        return octets[content:]


def whole_tlv(data: bytes, start: int, content: int, end: int) -> bytes:
    """The TLV itself, tag and length included."""
    return data[start:end]


def complete_tlv(octets: bytes) -> bytes:
    """The octets themselves, once it is sure that they are one TLV and nothing more."""
    try:
        if read(octets).end == len(octets):
            return octets
    except TlvError:
        pass
    raise EncodeError("", "bytes that are not one complete TLV")


def unexpected_tag(offset: int, tag: int, known: dict[int, Any]) -> DecodeError:
    """The error for a tag that has no place at `offset`."""
    expected = " or ".join(f"{t:X}" for t in list(known)[:6]) or "none"
    return DecodeError("", offset, f"tag {tag:X} where {expected} is expected")


def overrun(offset: int, stop: int, end: int) -> DecodeError:
    """The error for a TLV that ends after what encloses it."""
    return DecodeError("", offset, f"the TLV runs {stop - end} octets over its end")


def wrong_type(expected: str, value: Any) -> EncodeError:
    """The error for a Python value of another type than the ASN.1 type has."""
    return EncodeError("", f"{expected} expected, not {type(value).__name__}")
