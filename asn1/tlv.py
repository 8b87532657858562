"""BER-TLV with definite lengths: bounds-checked reading and writing (ITU-T X.690 §8.1, ISO/IEC 7816-4 §5.2).

A tag is the big-endian integer of its identifier octets: 0x5A, 0xBF38, 0x9F70. Tags and lengths must use
the fewest octets, as DER and ISO/IEC 7816-4 ask; the indefinite length is refused.
"""

from __future__ import annotations

from typing import NamedTuple

from asn1.errors import TlvError

# Four length octets reach 4 GiB, four tag octets 21-bit tag numbers: far above any card or RSP object.
MAX_LENGTH_OCTETS = 4
MAX_TAG_OCTETS = 4


class Tlv(NamedTuple):
    """One TLV: `tag`, its `value` octets, and where it lay in the data it was read from."""

    tag: int
    value: bytes
    offset: int
    header_length: int

    @property
    def end(self) -> int:
        """The offset of the first octet after this TLV."""
        return self.offset + self.header_length + len(self.value)

    @property
    def raw(self) -> bytes:
        """The whole TLV; the only encoding there is, because headers are minimal."""
        return encode(self.tag, self.value)


def read_header(data: bytes, offset: int) -> tuple[int, int, int]:
    """Tag, offset of the value and offset after it. The end is not compared with the end of `data`."""
    try:
        tag = data[offset]
        content = offset + 1
        if tag & 0x1F == 0x1F:
            tag, content = _long_tag(data, offset)
        length = data[content]
        content += 1
        if length > 0x7F:
            length, content = _long_length(data, content - 1)
    except IndexError:
        raise TlvError(offset, "the data ends within a tag or length") from None
    return tag, content, content + length


def _long_tag(data: bytes, offset: int) -> tuple[int, int]:
    """A tag of two or more octets (X.690 §8.1.2.4), and the offset after it."""
    end = offset + 1
    while data[end] & 0x80:
        end += 1
        if end - offset >= MAX_TAG_OCTETS:
            raise TlvError(offset, f"tag longer than {MAX_TAG_OCTETS} octets")
    end += 1
    if data[offset + 1] == 0x80 or (end - offset == 2 and data[offset + 1] < 0x1F):
        raise TlvError(offset, "tag number in more octets than it needs")
    return int.from_bytes(data[offset:end], "big"), end


def _long_length(data: bytes, offset: int) -> tuple[int, int]:
    """A length in its long form (X.690 §8.1.3.5, §10.1), and the offset after it."""
    count = data[offset] & 0x7F
    if count == 0:
        raise TlvError(offset, "indefinite length")
    if count > MAX_LENGTH_OCTETS:
        raise TlvError(offset, f"length in more than {MAX_LENGTH_OCTETS} octets")
    end = offset + 1 + count
    length = int.from_bytes(data[offset + 1 : end], "big")
    data[end - 1]  # an IndexError here says that the length itself is cut off
    if length < 0x80 or length >> (8 * (count - 1)) == 0:
        raise TlvError(offset, "length in more octets than it needs")
    return length, end


def read(data: bytes, offset: int = 0, end: int | None = None) -> Tlv:
    """The TLV at `offset`; it must not reach over `end`. Raises TlvError with the offset of the fault."""
    limit = len(data) if end is None else end
    if offset >= limit:
        raise TlvError(offset, "a TLV expected, no data left")
    tag, content, stop = read_header(data, offset)
    if stop > limit:
        raise TlvError(
            offset, f"tag {tag:X} claims {stop - content} octets, {max(0, limit - content)} are left"
        )
    return Tlv(tag, bytes(data[content:stop]), offset, content - offset)


def read_all(data: bytes) -> list[Tlv]:
    """All TLVs of `data`, which must hold nothing else. Raises TlvError."""
    found = []
    offset = 0
    while offset < len(data):
        tlv = read(data, offset)
        found.append(tlv)
        offset = tlv.end
    return found


def find(data: bytes, tag: int) -> bytes | None:
    """The value of the first TLV with `tag` among those of `data` (not inside them), or None."""
    offset = 0
    while offset < len(data):
        tlv = read(data, offset)
        if tlv.tag == tag:
            return tlv.value
        offset = tlv.end
    return None


def tag_bytes(tag: int) -> bytes:
    """The identifier octets of a tag."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")


def encode_length(length: int) -> bytes:
    """A length in the fewest octets: 7F, 81 80, 82 01 00 (X.690 §10.1)."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def encode(tag: int, value: bytes) -> bytes:
    """The TLV of `tag` and `value`."""
    return tag_bytes(tag) + encode_length(len(value)) + value
