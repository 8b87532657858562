"""Bytes with holes: templates, which variables fill, and masks, which answers are held against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Variables = Mapping[str, bytes]
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TEMPLATE = re.compile(rf"\s+|(?P<hex>[0-9A-Fa-f]+)|\$(?P<name>{NAME})|(?P<open>\()|(?P<close>\))")
_MASK = re.compile(
    rf"\s+|(?P<nibbles>[0-9A-Fa-f?]+)|\$(?P<name>{NAME})|(?P<star>\*)"
    rf"|\{{(?P<capture>{NAME})(?::(?P<count>\d+))?\}}"
)


@dataclass(frozen=True, slots=True)
class Template:
    """`00A40404 (A000000087 $rest)`: hexadecimal, `$variables`, and groups that get their length in front.

    A length is one byte up to 'FF', and '00' with two bytes from 256 on, as Lc of an extended APDU.
    """

    pieces: tuple[bytes | str | Template, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """ValueError if it is none."""
        stack: list[list[bytes | str | Template]] = [[]]
        for match in _scan(_TEMPLATE, text):
            if match["hex"]:
                if len(match["hex"]) % 2:
                    raise ValueError(f"{match['hex']} has an odd number of hexadecimal digits")
                stack[-1].append(bytes.fromhex(match["hex"]))
            elif match["name"]:
                stack[-1].append(match["name"])
            elif match["open"]:
                stack.append([])
            elif match["close"]:
                if len(stack) == 1:
                    raise ValueError("a ')' too many")
                group = cls(tuple(stack.pop()))
                stack[-1].append(group)
        if len(stack) > 1:
            raise ValueError("a ')' is missing")
        return cls(tuple(stack[0]))

    def fill(self, variables: Variables) -> bytes:
        """The bytes; ValueError for a variable that is not set."""
        return b"".join(self._fill(variables))

    def _fill(self, variables: Variables) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            elif isinstance(piece, str):
                if piece not in variables:
                    raise ValueError(f"${piece} is not set")
                yield variables[piece]
            else:
                content = piece.fill(variables)
                length = len(content)
                yield bytes((length,)) if length < 256 else b"\x00" + length.to_bytes(2, "big")
                yield content


@dataclass(frozen=True, slots=True)
class Capture:
    """`{name}`, `{name:3}` or `*`: some bytes, which get a name or none; how many, None: any number."""

    name: str
    count: int | None


Item = tuple[int, int] | str | Capture
"""A byte (value, significant bits), a variable, or a hole."""


@dataclass(frozen=True, slots=True)
class Mask:
    """`62 ?? 82 {descriptor:3} *`: `?` any digit, `*` any bytes, `{name}` any bytes that get a name.

    One hole of unknown length at most, so that there is one way to read an answer.
    """

    items: tuple[Item, ...]

    @classmethod
    def parse(cls, text: str) -> Mask:
        """ValueError if it is none."""
        items: list[Item] = []
        for match in _scan(_MASK, text):
            if match["nibbles"]:
                items += _bytes_of(match["nibbles"])
            elif match["name"]:
                items.append(match["name"])
            elif match["star"]:
                items.append(Capture("", None))
            elif match["capture"]:
                count = match["count"]
                items.append(Capture(match["capture"], int(count) if count else None))
        if sum(isinstance(item, Capture) and item.count is None for item in items) > 1:
            raise ValueError("only one hole of unknown length can be in a mask")
        return cls(tuple(items))

    def match(self, data: bytes, variables: Variables) -> dict[str, bytes]:
        """What the holes hold. ValueError that says where the first difference is."""
        items = self._with(variables)
        fixed = sum(_length(item) for item in items)
        has_hole = any(isinstance(item, Capture) and item.count is None for item in items)
        if len(data) < fixed or (len(data) > fixed and not has_hole):
            least = "at least " if has_hole else ""
            raise ValueError(f"{len(data)} bytes in place of {least}{fixed}")
        found: dict[str, bytes] = {}
        at = 0
        for item in items:
            if isinstance(item, Capture):
                count = len(data) - fixed if item.count is None else item.count
                if item.name:
                    found[item.name] = data[at : at + count]
                at += count
                continue
            value, bits = item
            if data[at] & bits != value:
                raise ValueError(f"byte {at} is {data[at]:02X} in place of {_shown(value, bits)}")
            at += 1
        return found

    def _with(self, variables: Variables) -> list[tuple[int, int] | Capture]:
        items: list[tuple[int, int] | Capture] = []
        for item in self.items:
            if isinstance(item, str):
                if item not in variables:
                    raise ValueError(f"${item} is not set")
                items += [(byte, 0xFF) for byte in variables[item]]
            else:
                items.append(item)
        return items


@dataclass(frozen=True, slots=True)
class StatusMask:
    """`9000|61??`: status words, `?` any digit."""

    alternatives: tuple[tuple[int, int], ...]
    text: str

    @classmethod
    def parse(cls, text: str) -> StatusMask:
        """ValueError if it is none."""
        return cls(tuple(_status(part) for part in text.split("|")), text.upper())

    def matches(self, sw: int) -> bool:
        return any(sw & bits == value for value, bits in self.alternatives)

    @property
    def is_about_more_data(self) -> bool:
        """Whether it can be the answer of a card that waits for GET RESPONSE or another Le."""
        return any(value >> 8 in (0x61, 0x6C, 0x9F) for value, bits in self.alternatives if bits >> 8 == 0xFF)


def _status(text: str) -> tuple[int, int]:
    if not re.fullmatch(r"[0-9A-Fa-f?]{4}", text):
        raise ValueError(f"{text!r} is no status word: four hexadecimal digits, ? for any")
    (high, high_bits), (low, low_bits) = _bytes_of(text)
    return high << 8 | low, high_bits << 8 | low_bits


def _scan(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise ValueError(
                f"{text[at:].split()[0]!r} is neither hexadecimal nor anything else that may stand here"
            )
        at = match.end()
        yield match


def _bytes_of(digits: str) -> Sequence[tuple[int, int]]:
    if len(digits) % 2:
        raise ValueError(f"{digits} has an odd number of digits")
    pairs = []
    for at in range(0, len(digits), 2):
        value = bits = 0
        for digit in digits[at : at + 2]:
            value = value << 4 | (0 if digit == "?" else int(digit, 16))
            bits = bits << 4 | (0 if digit == "?" else 0xF)
        pairs.append((value, bits))
    return pairs


def _length(item: tuple[int, int] | Capture) -> int:
    return (item.count or 0) if isinstance(item, Capture) else 1


def _shown(value: int, bits: int) -> str:
    return "".join(f"{value:02X}"[n] if f"{bits:02X}"[n] == "F" else "?" for n in (0, 1))
