"""A bound profile package cut into the pieces in which it is sent to the eUICC (SGP.22 §2.5.5, §5.7.6)."""

from __future__ import annotations

from typing import NamedTuple

from asn1 import tlv
from asn1.errors import TlvError

BOUND_PROFILE_PACKAGE = 0xBF36
INITIALISE_SECURE_CHANNEL = 0xBF23

_SEQUENCES = {
    0xA0: ("ConfigureISDP", False),
    0xA1: ("StoreMetadata", True),
    0xA2: ("ReplaceSessionKeys", False),
    0xA3: ("LoadProfileElements", True),
}
"""Tag → name of what it carries, and whether its elements are sent one by one after its header."""
_REQUIRED = (0xA0, 0xA1, 0xA3)


class PackageError(ValueError):
    """What the server sent is no bound profile package."""


class Segment(NamedTuple):
    """A piece of the package that is one ES10 message: what it carries and its bytes."""

    name: str
    data: bytes


def cut(package: bytes) -> list[Segment]:
    """The pieces in the order of sending: 'BF36' header with 'BF23'; 'A0' whole; header of 'A1', each '88';
    'A2' whole if it is there; header of 'A3', each '86'. Raises PackageError."""
    try:
        whole = tlv.read(package)
        if whole.tag != BOUND_PROFILE_PACKAGE or whole.end != len(package):
            raise PackageError("the bound profile package is not one TLV with tag 'BF36'")
        first = tlv.read(package, whole.header_length)
        if first.tag != INITIALISE_SECURE_CHANNEL:
            raise PackageError("the bound profile package does not begin with 'BF23'")
        return [Segment("InitialiseSecureChannel", package[: first.end]), *_sequences(package, first.end)]
    except TlvError as error:
        raise PackageError(f"the bound profile package is damaged: {error}") from None


def _sequences(package: bytes, offset: int) -> list[Segment]:
    segments: list[Segment] = []
    tags: list[int] = []
    while offset < len(package):
        sequence = tlv.read(package, offset)
        name, one_by_one = _SEQUENCES.get(sequence.tag, ("", False))
        if not name or (tags and sequence.tag <= tags[-1]):
            raise PackageError(f"tag '{sequence.tag:X}' at byte {offset} does not belong there")
        tags.append(sequence.tag)
        if one_by_one:
            start = offset + sequence.header_length
            segments.append(Segment(name, package[offset:start]))
            segments += _elements(name, package, start, sequence.end)
        else:
            segments.append(Segment(name, package[offset : sequence.end]))
        offset = sequence.end
    if not set(_REQUIRED) <= set(tags):
        raise PackageError("a sequence of the bound profile package is missing")
    return segments


def _elements(name: str, package: bytes, offset: int, end: int) -> list[Segment]:
    segments: list[Segment] = []
    while offset < end:
        _, _, stop = tlv.read_header(package, offset)
        if stop > end:
            raise TlvError(offset, "it reaches over the end of its sequence")
        segments.append(Segment(name, package[offset:stop]))
        offset = stop
    return segments


def metadata(segments: list[Segment]) -> bytes:
    """The StoreMetadataRequest ('BF25') that the package carries under a MAC, but not encrypted (§2.5.3):
    the '88' values without their 8-byte MACs. Raises PackageError."""
    pieces = [segment.data for segment in segments if segment.name == "StoreMetadata"][1:]
    return b"".join(tlv.read(piece).value[:-8] for piece in pieces)
