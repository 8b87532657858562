"""A module's codec: decodes and encodes its types by name, strictly in DER, from the committed tables."""

from __future__ import annotations

import importlib
import threading
from functools import cached_property
from typing import Any, NamedTuple

from asn1.der.assemble import Assembler
from asn1.der.base import ANY_TAG, Decode, Element, overrun, unexpected_tag
from asn1.der.constructed import Choice
from asn1.errors import Asn1Error, DecodeError, EncodeError, join
from asn1.signed import OPAQUE, SIGNED
from asn1.tlv import read_header


class Field(NamedTuple):
    """One TLV of a message and what it means: `path` from the type on, `tag` octets, `offset` in the data,
    `header_length` (of tag and length), `length` of the value, the ASN.1 `type`, the decoded `value`."""

    path: str
    tag: bytes
    offset: int
    header_length: int
    length: int
    type: str
    value: Any


class Codec:
    """The types of one ASN.1 module. Nothing is loaded before the first use.

    Values: SEQUENCE `dict`, SEQUENCE OF `list`, CHOICE `(alternative, value)`, OCTET STRING `bytes`, BIT
    STRING `(bytes, number_of_bits)`, INTEGER `int`, BOOLEAN `bool`, NULL None, ENUMERATED and strings `str`,
    OBJECT IDENTIFIER dotted `str`, times `datetime` in UTC, ANY the `bytes` of the TLV. Members with a DEFAULT
    are always present after decoding. TLVs that a SEQUENCE does not know stay, in order, as `bytes` under
    "..."; an unknown alternative of a CHOICE that the module marks extensible is `("...", bytes)`.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._recording = threading.Lock()

    def __repr__(self) -> str:
        return f"<ASN.1 codec of {self._module}>"

    def decode(self, type_name: str, data: bytes) -> Any:
        """The value of `data`, all of it. Raises DecodeError with path and byte offset."""
        value, end = self.decode_prefix(type_name, data)
        if end != len(data):
            raise DecodeError(type_name, end, f"{len(data) - end} octets after the end")
        return value

    def decode_prefix(self, type_name: str, data: bytes, offset: int = 0) -> tuple[Any, int]:
        """The value of the TLV at `offset`, and the offset after it. Raises DecodeError."""
        return _decode_at(type_name, self._type(type_name).decoders(), bytes(data), offset)

    def encode(self, type_name: str, value: Any) -> bytes:
        """The DER of a value, tag and length included. Raises EncodeError with the path."""
        element = self._type(type_name)
        try:
            return element.encode(value)
        except EncodeError as error:
            error.within(type_name)
            raise

    def fields(self, type_name: str, data: bytes) -> list[Field]:
        """Every TLV of `data` in the order of its bytes. Slower than decode, and as strict."""
        self._type(type_name)
        with self._recording:
            return self._recorder.record(type_name, bytes(data))

    def names(self, path: str) -> dict[str, int]:
        """The named numbers or bits of a type (`ProfileState`), or of a member defined in place
        (`PEStatus.status`). Raises Asn1Error where there are none."""
        try:
            return dict(self._tables.NAMES[path])
        except KeyError:
            raise Asn1Error(f"{self._module}: {path} has no named numbers or bits") from None

    @property
    def types(self) -> frozenset[str]:
        """The names of all types."""
        return frozenset(self._tables.TYPES)

    @cached_property
    def _tables(self) -> Any:
        return importlib.import_module(f"asn1.tables.{self._module}")

    @cached_property
    def _assembler(self) -> Assembler:
        signed, opaque = SIGNED.get(self._module, ()), OPAQUE.get(self._module, ())
        return Assembler(self._tables.TYPES, signed, opaque)

    @cached_property
    def _recorder(self) -> Recorder:
        return Recorder(self._tables.TYPES, SIGNED.get(self._module, ()), OPAQUE.get(self._module, ()))

    def _type(self, type_name: str) -> Element:
        try:
            return self._assembler.named(type_name)
        except KeyError:
            raise Asn1Error(f"{self._module} has no type {type_name}") from None


def _decode_at(path: str, decoders: dict[int, Decode], data: bytes, offset: int) -> tuple[Any, int]:
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
        error.within(path)
        raise


class Recorder(Assembler):
    """The same decoders, each noting the TLV it was given: no second walk can disagree with the first."""

    _path = ""
    _fields: list[Field | None]
    # Of each SEQUENCE OF that is being read, how many elements were begun; by its path.
    _counts: dict[str, int]

    def record(self, type_name: str, data: bytes) -> list[Field]:
        """The fields of `data`. Not reentrant."""
        self._path, self._fields, self._counts = "", [], {}
        _, end = _decode_at(type_name, self.bind(type_name, self.named(type_name)), data, 0)
        if end != len(data):
            raise DecodeError(type_name, end, f"{len(data) - end} octets after the end")
        return [field for field in self._fields if field]

    def bind(self, name: str, element: Element) -> dict[int, Decode]:
        # A CHOICE has no TLV of its own: the alternative that it turns out to be is noted.
        note = not isinstance(element, Choice)
        return {
            tag: self._noting(name, element.type_name, decode, note)
            for tag, decode in element.decoders().items()
        }

    def _noting(self, name: str, type_name: str, decode: Decode, note: bool) -> Decode:
        def noting(data: bytes, start: int, content: int, end: int) -> Any:
            outer = self._path
            self._path = path = self._step(outer, name)
            slot = len(self._fields)
            self._fields.append(None)
            value = decode(data, start, content, end)
            if note:
                tag_end = _tag_end(data, start)
                self._fields[slot] = Field(
                    path, data[start:tag_end], start, content - start, end - content, type_name, value
                )
            self._path = outer
            return value

        return noting

    def _step(self, outer: str, name: str) -> str:
        if name != "[]":
            return join(outer, name) if outer else name
        count = self._counts.get(outer, 0)
        self._counts[outer] = count + 1
        return f"{outer}[{count}]"


def _tag_end(data: bytes, start: int) -> int:
    """The offset after the identifier octets at `start`."""
    end = start + 1
    if data[start] & 0x1F == 0x1F:
        while data[end] & 0x80:
            end += 1
        end += 1
    return end
