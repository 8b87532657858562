"""Decoding that notes every TLV on its way: where it lay, and which field it is."""

from __future__ import annotations

import threading
from typing import Any

from asn1.der.assemble import Assembler
from asn1.der.base import Decode, Element
from asn1.der.constructed import Choice
from asn1.errors import DecodeError, join
from asn1.values import Field


class Recorder(Assembler):
    """The same decoders, each noting the TLV it was given: no second walk can disagree with the first."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._one_at_a_time = threading.Lock()
        self._path = ""
        self._fields: list[Field | None] = []
        # Of each SEQUENCE OF that is being read, how many elements were begun; by its path.
        self._counts: dict[str, int] = {}

    def record(self, type_name: str, data: bytes) -> list[Field]:
        """The fields of `data`, in the order of their first octets. Raises DecodeError."""
        with self._one_at_a_time:
            return self._record(type_name, data)

    def _record(self, type_name: str, data: bytes) -> list[Field]:
        self._path, self._fields, self._counts = "", [], {}
        _, end = self.decode(type_name, data, 0)
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
