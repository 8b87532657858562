"""Constructed types in DER: SEQUENCE, SET, SEQUENCE OF, SET OF, CHOICE (ITU-T X.690 §8.9–§8.13, §11).

A SEQUENCE is read with one table per position, from tag to the member that may stand there. Most types have
distinct tags and share one table for all positions; those that repeat a tag (ApplicationInstance of SAIP has
up to four [APPLICATION 15]) have one for each, and the position decides.
"""

from __future__ import annotations

from collections.abc import Sequence as Members
from typing import Any, NamedTuple

from asn1.der.base import (
    ANY_TAG,
    Decode,
    Element,
    complete_tlv,
    overrun,
    unexpected_tag,
    whole_tlv,
    wrong_type,
)
from asn1.der.constraints import Ranges, allows, describe
from asn1.errors import DecodeError, EncodeError
from asn1.tlv import read_header, tag_bytes
from asn1.values import Record

# The key under which a SEQUENCE keeps the TLVs that its type does not know.
EXTENSIONS = "..."

NO_DEFAULT: Any = object()


class Member(NamedTuple):
    """A member of a SEQUENCE, SET or CHOICE; a `default` other than NO_DEFAULT is also optional."""

    name: str
    element: Element
    decoders: dict[int, Decode]
    optional: bool = False
    default: Any = NO_DEFAULT


# What a tag leads to: the member's index, its name, how to decode it.
Slot = tuple[int, str, Decode]


class Sequence:
    """SEQUENCE, and SET with its members already in the order of their tags; a `dict`.

    `extension_at` is the index of the member before which unknown TLVs may stand, None where the type is not
    extensible. Absent members with a DEFAULT are filled in; present ones that equal it are refused (§11.5).
    """

    __slots__ = (
        "_by_name",
        "_defaults",
        "_extension",
        "_extension_at",
        "_members",
        "_next_required",
        "_required",
        "_tables",
    )

    def __init__(
        self, members: Members[Member], extension_at: int | None, extension: Decode = whole_tlv
    ) -> None:
        self._members = tuple(members)
        self._by_name = {member.name: (at, member) for at, member in enumerate(members)}
        self._required = sum(not member.optional for member in members)
        self._extension_at = extension_at
        self._extension = extension
        self._defaults = tuple((m.name, m.default) for m in members if m.default is not NO_DEFAULT)
        self._next_required = _next_required(self._members)
        self._tables = _tables(self._members, self._next_required)

    def decode(self, data: bytes, start: int, content: int, end: int) -> Any:
        value: dict[str, Any] = {}
        tables = self._tables
        next_required = self._next_required
        position = 0
        offset = content
        try:
            while offset < end:
                tag = data[offset]
                length = data[offset + 1]
                if length < 0x80 and tag & 0x1F != 0x1F:
                    body = offset + 2
                    stop = body + length
                else:
                    tag, body, stop = read_header(data, offset)
                if stop > end:
                    raise overrun(offset, stop, end)
                slot = tables[position].get(tag)
                if slot is None or slot[0] < position:
                    slot = self._unlisted(position, tag, offset)
                index, name, decode = slot
                if index > next_required[position]:
                    raise self._missing(position, offset)
                try:
                    decoded = decode(data, offset, body, stop)
                except DecodeError as error:
                    error.within(name)
                    raise
                if name == EXTENSIONS:
                    value.setdefault(EXTENSIONS, []).append(decoded)
                    position = index
                else:
                    value[name] = decoded
                    position = index + 1
                offset = stop
        except IndexError:
            raise DecodeError("", offset, "the data ends within a tag or length") from None
        if next_required[position] < len(self._members):
            raise self._missing(position, end)
        for name, default in self._defaults:
            if name not in value:
                value[name] = list(default) if type(default) is list else default
        return value

    def _unlisted(self, position: int, tag: int, offset: int) -> Slot:
        """Where a TLV goes whose tag is not in the table: to an open type, or among the extensions."""
        table = self._tables[position]
        slot = table.get(ANY_TAG)
        if slot and slot[0] >= position:
            return slot
        at = self._extension_at
        known = any(tag in members.decoders for members in self._members)
        if at is None or at < position or known or _flip_constructed(tag) in table or tag == 0:
            fitting = {t: s for t, s in table.items() if position <= s[0] <= self._next_required[position]}
            raise unexpected_tag(offset, tag, fitting)
        return at, EXTENSIONS, self._extension

    def _missing(self, position: int, offset: int) -> DecodeError:
        return DecodeError(self._members[self._next_required[position]].name, offset, "missing")

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, dict):
            raise wrong_type("a dict", value)
        parts: list[bytes] = []
        last, required = -1, 0
        for name, item in value.items():
            slot = self._by_name.get(name)
            if slot is None or slot[0] < last:
                return self._encode_in_order(value)
            last, (_, element, _, optional, default) = slot
            if not optional:
                required += 1
            elif default is not NO_DEFAULT and item == default:
                continue
            try:
                parts.append(element.encode(item))
            except EncodeError as error:
                error.within(name)
                raise
        if required < self._required:
            return self._encode_in_order(value)
        return b"".join(parts)

    def _encode_in_order(self, value: dict[str, Any]) -> bytes:
        """The members in their order, whatever that of the dict: slower, and it names what is missing."""
        parts: list[bytes] = []
        known = 0
        for name, element, _, optional, default in self._members:
            if name in value:
                known += 1
                if default is not NO_DEFAULT and value[name] == default:
                    continue
                try:
                    parts.append(element.encode(value[name]))
                except EncodeError as error:
                    error.within(name)
                    raise
            elif not optional:
                raise EncodeError(name, "missing")
        if known < len(value):
            self._insert_extensions(value, parts)
        return b"".join(parts)

    def _insert_extensions(self, value: dict[str, Any], parts: list[bytes]) -> None:
        """Put the unknown TLVs where they stood; refuse any other key that is no member."""
        for name in value.keys() - self._by_name.keys():
            if name != EXTENSIONS or self._extension_at is None:
                raise EncodeError(str(name), "the type has no such member")
        tail = self._members[self._extension_at :]
        at = len(parts) - sum(m.name in value and value[m.name] != m.default for m in tail)
        try:
            parts[at:at] = [complete_tlv(octets) for octets in value[EXTENSIONS]]
        except EncodeError as error:
            error.within(EXTENSIONS)
            raise


class SignedSequence(Sequence):
    """A SEQUENCE that keeps the octets it came in, because a signature covers them; a `Record`."""

    __slots__ = ()

    def decode(self, data: bytes, start: int, content: int, end: int) -> Record:
        return Record(super().decode(data, start, content, end), data[start:end])


class Defaulted:
    """The decoder of a member with a DEFAULT: the default itself must not be encoded (§11.5)."""

    __slots__ = ("_decode", "_default")

    def __init__(self, decode: Decode, default: Any) -> None:
        self._decode = decode
        self._default = default

    def decode(self, data: bytes, start: int, content: int, end: int) -> Any:
        value = self._decode(data, start, content, end)
        if value == self._default:
            raise DecodeError("", start, "the DEFAULT value, which DER leaves out")
        return value


class Alternative:
    """One alternative of a CHOICE: puts its name beside the value."""

    __slots__ = ("_decode", "_name")

    def __init__(self, name: str, decode: Decode) -> None:
        self._name = name
        self._decode = decode

    def decode(self, data: bytes, start: int, content: int, end: int) -> tuple[str, Any]:
        try:
            return self._name, self._decode(data, start, content, end)
        except DecodeError as error:
            error.within(self._name)
            raise


class Choice:
    """CHOICE; `(name of the alternative, value)`. Where the module marks it extensible, the TLV of an unknown
    alternative is `("...", bytes)`."""

    __slots__ = ("_decoders", "_elements", "_extensible", "type_name")

    def __init__(self, alternatives: Members[Member], extensible: bool, type_name: str) -> None:
        self.type_name = type_name
        self._extensible = extensible
        self._elements = {member.name: member.element for member in alternatives}
        self._decoders: dict[int, Decode] = {
            tag: Alternative(member.name, decode).decode
            for member in alternatives
            for tag, decode in member.decoders.items()
        }
        if extensible:
            self._decoders[ANY_TAG] = self._unknown

    def decoders(self) -> dict[int, Decode]:
        return self._decoders

    def _unknown(self, data: bytes, start: int, content: int, end: int) -> tuple[str, bytes]:
        tag = read_header(data, start)[0]
        if _flip_constructed(tag) in self._decoders or tag == 0:
            raise unexpected_tag(start, tag, self._decoders)
        return EXTENSIONS, data[start:end]

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, tuple) or len(value) != 2:
            raise wrong_type("(alternative, value)", value)
        name, inner = value
        if name == EXTENSIONS and self._extensible:
            return bytes(inner)
        element = self._elements.get(name) if isinstance(name, str) else None
        if element is None:
            raise EncodeError("", f"no alternative {name!r:.40}; there are {', '.join(self._elements)}")
        try:
            return element.encode(inner)
        except EncodeError as error:
            error.within(name)
            raise


class SequenceOf:
    """SEQUENCE OF; a `list` whose length SIZE bounds."""

    __slots__ = ("_decoders", "_element", "_ranges")

    def __init__(self, element: Element, decoders: dict[int, Decode], ranges: Ranges) -> None:
        self._element = element
        self._decoders = decoders
        self._ranges = ranges

    def decode(self, data: bytes, start: int, content: int, end: int) -> list[Any]:
        items: list[Any] = []
        decoders = self._decoders
        offset = content
        try:
            while offset < end:
                tag = data[offset]
                length = data[offset + 1]
                if length < 0x80 and tag & 0x1F != 0x1F:
                    body = offset + 2
                    stop = body + length
                else:
                    tag, body, stop = read_header(data, offset)
                if stop > end:
                    raise overrun(offset, stop, end)
                decode = decoders.get(tag) or decoders.get(ANY_TAG)
                if decode is None:
                    raise unexpected_tag(offset, tag, decoders)
                items.append(decode(data, offset, body, stop))
                offset = stop
        except DecodeError as error:
            error.within(f"[{len(items)}]")
            raise
        except IndexError:
            raise DecodeError(f"[{len(items)}]", offset, "the data ends within a tag or length") from None
        if self._ranges and not allows(self._ranges, len(items)):
            raise DecodeError("", start, f"{len(items)} elements, SIZE ({describe(self._ranges)}) asked")
        return items

    def encode(self, value: Any) -> bytes:
        return b"".join(self._encoded(value))

    def _encoded(self, value: Any) -> list[bytes]:
        if not isinstance(value, (list, tuple)):
            raise wrong_type("a list", value)
        if self._ranges and not allows(self._ranges, len(value)):
            raise EncodeError("", f"{len(value)} elements, SIZE ({describe(self._ranges)}) asked")
        encoded: list[bytes] = []
        try:
            for item in value:
                encoded.append(self._element.encode(item))
        except EncodeError as error:
            error.within(f"[{len(encoded)}]")
            raise
        return encoded


class SetOf(SequenceOf):
    """SET OF; a `list` in the ascending order of its encodings (§11.6)."""

    __slots__ = ()

    def decode(self, data: bytes, start: int, content: int, end: int) -> list[Any]:
        items = super().decode(data, start, content, end)
        previous = b""
        offset = content
        while offset < end:
            stop = read_header(data, offset)[2]
            if data[offset:stop] < previous:
                raise DecodeError("", offset, "a SET OF whose elements are not in ascending order")
            previous = data[offset:stop]
            offset = stop
        return items

    def encode(self, value: Any) -> bytes:
        return b"".join(sorted(self._encoded(value)))


def _next_required(members: Members[Member]) -> tuple[int, ...]:
    """For every position, the index of the next member that must be present; their number after the last."""
    needed = [len(members)]
    for index in range(len(members) - 1, -1, -1):
        needed.append(needed[-1] if members[index].optional else index)
    return tuple(reversed(needed))


def _tables(members: Members[Member], next_required: tuple[int, ...]) -> tuple[dict[int, Slot], ...]:
    """For every position, the tags that may come; one table for all where each tag leads to one member."""
    slots = [
        (tag, (index, member.name, decode))
        for index, member in enumerate(members)
        for tag, decode in member.decoders.items()
    ]
    table = dict(slots)
    if len(table) == len(slots):
        return (table,) * (len(members) + 1)
    return tuple(
        # Of two members with the same tag the earlier one stands nearer: it is put in last.
        {tag: slot for tag, slot in reversed(slots) if position <= slot[0] <= needed}
        for position, needed in enumerate(next_required)
    )


def _flip_constructed(tag: int) -> int:
    """The same tag number in the other form: constructed instead of primitive, or the reverse."""
    return tag ^ 0x20 << 8 * (len(tag_bytes(tag)) - 1)
