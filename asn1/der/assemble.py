"""From the committed tables to decoders: each type is put together when it is first asked for.

A table maps the name of a type to a node. A node is one of

    "Name"                                        the type of that name, under its own tag
    ("IMPLICIT", tag, "Name")                     the type of that name, under this tag instead
    ("EXPLICIT", tag, node)                       one TLV within another
    ("INTEGER" | "OCTET STRING" | "UTF8String" …, tag, ranges)
    ("ENUMERATED", tag, ((number, name), …))
    ("SEQUENCE" | "SET", tag, members, extension) extension: where unknown members may stand, or None
    ("SEQUENCE OF" | "SET OF", tag, node, ranges)
    ("CHOICE", None, members, extensible)
    ("ANY", None)

where a tag is the integer of its identifier octets, ranges are pairs `(low, high)`, and a member is
`(name, node)`, `(name, node, "OPTIONAL")` or `(name, node, "DEFAULT", value)`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from asn1.der import constructed, primitive
from asn1.der.base import (
    ANY_TAG,
    Content,
    Decode,
    Element,
    Explicit,
    Opaque,
    Open,
    Tagged,
    overrun,
    unexpected_tag,
)
from asn1.der.constructed import Choice, Member
from asn1.errors import DecodeError
from asn1.tlv import read_header

Node = Any
Table = Mapping[str, Node]


class Assembler:
    """Elements from one table; `signed` are the types whose octets are kept, `opaque` those not opened."""

    def __init__(self, table: Table, signed: Collection[str] = (), opaque: Collection[str] = ()) -> None:
        self._table = table
        self._signed = signed
        self._opaque = opaque
        self._named: dict[str, Element] = {}

    def named(self, name: str) -> Element:
        """The element of a type; KeyError where the table has none of that name."""
        element = self._named.get(name)
        if element is None:
            if name in self._opaque:
                element = Tagged(0x30, Opaque(), name)
            else:
                element = self._element(self._table[name], name)
            self._named[name] = element
        return element

    def decode(self, name: str, data: bytes, offset: int) -> tuple[Any, int]:
        """The value of type `name` at `offset`, and the offset after it. Raises DecodeError."""
        decoders = self.bind(name, self.named(name))
        try:
            if not 0 <= offset < len(data):
                raise DecodeError("", offset, "a TLV expected, no data left")
            tag, content, end = read_header(data, offset)
            decode = decoders.get(tag) or decoders.get(ANY_TAG)
            if decode is None:
                raise unexpected_tag(offset, tag, decoders)
            if end > len(data):
                raise overrun(offset, end, len(data))
            return decode(data, offset, content, end), end
        except DecodeError as error:
            error.within(name)
            raise

    def bind(self, name: str, element: Element) -> dict[int, Decode]:
        """The decoders of an element where it stands as `name`; `[]` is an element of a SEQUENCE OF."""
        return element.decoders()

    def _element(self, node: Node, name: str) -> Element:
        """The element of a node; `name` is that of the type where the node is a type's definition."""
        if isinstance(node, str):
            return self.named(node)
        keyword, tag, *rest = node
        if keyword == "ANY":
            return Open()
        if keyword == "CHOICE":
            members, extensible = rest
            return Choice([self._member(m) for m in members], extensible, name or keyword)
        if keyword == "IMPLICIT":
            inner = self.named(rest[0])
            assert isinstance(inner, Tagged), f"{rest[0]} has no tag that could be replaced"
            return Tagged(tag, inner.content, rest[0])
        if keyword == "EXPLICIT":
            inner = self._element(rest[0], "")
            return Tagged(tag, Explicit(inner, self.bind("", inner)), name or inner.type_name)
        make = CONTENTS.get(keyword)
        content = make(*rest) if make else self._constructed(keyword, rest, name)
        return Tagged(tag, content, name or keyword)

    def _constructed(self, keyword: str, rest: list[Any], name: str) -> Content:
        match keyword, rest:
            case "SEQUENCE OF" | "SET OF", [node, ranges]:
                element = self._element(node, "")
                of = constructed.SetOf if keyword == "SET OF" else constructed.SequenceOf
                return of(element, self.bind("[]", element), ranges)
            case "SEQUENCE" | "SET", [members, extension_at]:
                sequence = constructed.SignedSequence if name in self._signed else constructed.Sequence
                extension = self.bind(constructed.EXTENSIONS, Open()).popitem()[1]
                return sequence([self._member(m) for m in members], extension_at, extension)
        from asn1.der import strings

        if keyword in strings.CHARACTER_SETS:
            return strings.CharacterString(keyword, *rest)
        return strings.Time(keyword)

    def _member(self, node: Node) -> Member:
        name, inner, *rest = node
        element = self._element(inner, "")
        decoders = self.bind(name, element)
        if not rest:
            return Member(name, element, decoders)
        if rest[0] == "OPTIONAL":
            return Member(name, element, decoders, optional=True)
        default = list(rest[1]) if isinstance(rest[1], tuple) and element_is_list(element) else rest[1]
        checked: dict[int, Decode] = {
            tag: constructed.Defaulted(decode, default).decode for tag, decode in decoders.items()
        }
        return Member(name, element, checked, optional=True, default=default)


def element_is_list(element: Element) -> bool:
    """Whether values of the element are lists: tables write lists as tuples, because those load faster."""
    return isinstance(element, Tagged) and isinstance(element.content, constructed.SequenceOf)


def _octet_string(ranges: Any) -> Content:
    return primitive.SizedOctetString(ranges) if ranges else primitive.OctetString()


CONTENTS: dict[str, Callable[..., Content]] = {
    "BOOLEAN": primitive.Boolean,
    "NULL": primitive.Null,
    "INTEGER": primitive.Integer,
    "ENUMERATED": primitive.Enumerated,
    "OCTET STRING": _octet_string,
    "BIT STRING": primitive.BitString,
    "OBJECT IDENTIFIER": primitive.ObjectIdentifier,
}
