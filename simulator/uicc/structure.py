"""Files that come, go and change size (TS 102 222 §6.3, §6.4, §6.10): the FCP in, another card image out.

Images are immutable; a card whose files change gets an image of its own. The functions here are pure, so that
the list of changes, replayed on the same image, gives the same files again (`FileSystem.restore`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.status import SW, StatusError
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure, LifeCycle

FCP_TEMPLATE = 0x62
_DESCRIPTOR, _FID, _DF_NAME, _PROPRIETARY, _LIFE_CYCLE = 0x82, 0x83, 0x84, 0xA5, 0x8A
_SIZE, _SFI, _PIN_STATUS, _SECURITY = 0x80, 0x88, 0xC6, (0x8B, 0x8C, 0xAB)
_FILL_PATTERN, _REPEAT_PATTERN, _MAXIMUM_SIZE = 0xC1, 0xC2, 0x86
_DF_BYTE, _STRUCTURE_BITS, _SHAREABLE = 0x38, 0x3F, 0x40
MAXIMUM_FILE_SIZE = 0xFFFF
"""Bytes of one file; two bytes of tag '80'."""
_RECORDS = (FileStructure.LINEAR_FIXED, FileStructure.CYCLIC)

File = EfImage | DfImage
Objects = dict[int, bytes]


class Resizing(NamedTuple):
    """What RESIZE FILE asks for: the file's identifier, its new size in bytes and what fills new space."""

    fid: int
    size: int
    pattern: Pattern


class Pattern(NamedTuple):
    """Initial content: a filling pattern, whose last byte goes on, or one that repeats (§6.3.2.2.2)."""

    octets: bytes = b"\xff"
    repeats: bool = False

    def expand(self, length: int) -> bytes:
        """`length` bytes of it."""
        more = self.octets if self.repeats else self.octets[-1:]
        return (self.octets + more * (length // len(more) + 1))[:length]


def read_template(data: bytes) -> Objects:
    """The data objects of an FCP template '62'; StatusError 6A80 if the data are no such template."""
    try:
        template = tlv.read(data)
        if template.tag != FCP_TEMPLATE or template.end != len(data):
            raise StatusError(SW.INCORRECT_DATA)
        return {item.tag: item.value for item in tlv.read_all(template.value)}
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None


def read_file(data: bytes) -> File:
    """The file that an FCP template describes, as CREATE FILE brings it (§6.3.2); StatusError 6A80."""
    objects = read_template(data)
    descriptor, fid = objects.get(_DESCRIPTOR, b""), objects.get(_FID, b"")
    security = next((tlv.encode(tag, objects[tag]) for tag in _SECURITY if tag in objects), b"")
    if len(descriptor) < 2 or len(fid) != 2 or not security:
        raise StatusError(SW.INCORRECT_DATA)
    if descriptor[0] & _STRUCTURE_BITS == _DF_BYTE:
        return _read_df(objects, security)
    return _read_ef(objects, security)


def _read_df(objects: Objects, security: bytes) -> DfImage:
    aid = objects.get(_DF_NAME, b"")
    if _DF_NAME in objects and not 5 <= len(aid) <= 16:
        raise StatusError(SW.INCORRECT_DATA)
    try:
        references = [item.value for item in tlv.read_all(objects.get(_PIN_STATUS, b"")) if item.tag == 0x83]
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None
    return DfImage(
        int.from_bytes(objects[_FID], "big"),
        aid=aid,
        security=security,
        pin_status=b"".join(references),
        life_cycle=life_cycle(objects.get(_LIFE_CYCLE, b"")),
        shareable=bool(objects[_DESCRIPTOR][0] & _SHAREABLE),
        proprietary=objects.get(_PROPRIETARY, b""),
    )


def _read_ef(objects: Objects, security: bytes) -> EfImage:
    descriptor, proprietary = objects[_DESCRIPTOR], _proprietary(objects)
    structure = structure_of(descriptor[0])
    size = _number(objects, _SIZE)
    record_length = int.from_bytes(descriptor[2:4], "big") if structure in _RECORDS else 0
    maximum = 0
    if structure is FileStructure.BER_TLV:
        maximum, size = int.from_bytes(proprietary.get(_MAXIMUM_SIZE, b""), "big") or size, 0
    elif structure in _RECORDS and (not record_length or size % record_length):
        raise StatusError(SW.INCORRECT_DATA)
    kept = b"".join(
        tlv.encode(tag, value)
        for tag, value in proprietary.items()
        if tag not in (_FILL_PATTERN, _REPEAT_PATTERN)
    )
    pattern, length = _pattern(proprietary), record_length or size
    return EfImage(
        int.from_bytes(objects[_FID], "big"),
        structure,
        pattern.expand(length) * (size // length if length else 0),
        record_length=record_length,
        sfi=_sfi(objects),
        security=security,
        life_cycle=life_cycle(objects.get(_LIFE_CYCLE, b"")),
        shareable=bool(descriptor[0] & _SHAREABLE),
        proprietary=kept,
        maximum_size=maximum,
    )


def structure_of(descriptor: int) -> FileStructure:
    """The structure that a file descriptor byte names (TS 102 221 Table 11.5); StatusError 6A80."""
    code = descriptor & _STRUCTURE_BITS
    try:
        return FileStructure(code if code == FileStructure.BER_TLV.value else code & 0x07)
    except ValueError:
        raise StatusError(SW.INCORRECT_DATA) from None


def _number(objects: Objects, tag: int) -> int:
    value = int.from_bytes(objects.get(tag, b""), "big")
    if tag not in objects or value > MAXIMUM_FILE_SIZE:
        raise StatusError(SW.NOT_ENOUGH_MEMORY if value > MAXIMUM_FILE_SIZE else SW.INCORRECT_DATA)
    return value


def _proprietary(objects: Objects) -> Objects:
    try:
        return {item.tag: item.value for item in tlv.read_all(objects.get(_PROPRIETARY, b""))}
    except Asn1Error:
        raise StatusError(SW.INCORRECT_DATA) from None


def _pattern(proprietary: Objects) -> Pattern:
    if proprietary.get(_REPEAT_PATTERN):
        return Pattern(proprietary[_REPEAT_PATTERN], repeats=True)
    return Pattern(proprietary.get(_FILL_PATTERN) or b"\xff")


def _sfi(objects: Objects) -> int | None:
    """'88': b8 to b4; empty or zero: none; absent: the last five bits of the FID (TS 102 221 §11.1.1.4.8)."""
    if _SFI in objects:
        return objects[_SFI][0] >> 3 or None if objects[_SFI] else None
    low = objects[_FID][1] & 0x1F
    return low if 0 < low < 31 else None


def life_cycle(value: bytes) -> LifeCycle:
    """Life cycle status byte (TS 102 221 Table 11.7b; in the operational states b1 tells them apart)."""
    status = value[0] if value else LifeCycle.ACTIVATED.value
    if status & 0x0C == 0x0C:
        return LifeCycle.TERMINATED
    if status & 0x04:
        return LifeCycle.ACTIVATED if status & 0x01 else LifeCycle.DEACTIVATED
    return {0x01: LifeCycle.CREATION, 0x03: LifeCycle.INITIALISATION}.get(status, LifeCycle.ACTIVATED)


def read_resizing(data: bytes) -> Resizing:
    """What RESIZE FILE brings: '83' the file, '80' its new size, patterns in 'A5' (§6.10.2); StatusError
    6A80."""
    objects = read_template(data)
    if len(objects.get(_FID, b"")) != 2:
        raise StatusError(SW.INCORRECT_DATA)
    proprietary = _proprietary(objects)
    size = _number(objects, _SIZE) if _SIZE in objects else _number(proprietary, _MAXIMUM_SIZE)
    return Resizing(int.from_bytes(objects[_FID], "big"), size, _pattern(proprietary))


def resized(body: bytes, image: EfImage, wanted: Resizing) -> bytes:
    """The content after RESIZE FILE: cut at the end, or filled up. StatusError 6A80 if records do not fit."""
    if image.record_length and wanted.size % image.record_length:
        raise StatusError(SW.INCORRECT_DATA)
    if wanted.size <= len(body):
        return body[: wanted.size]
    if image.record_length:
        added = (wanted.size - len(body)) // image.record_length
        return body + wanted.pattern.expand(image.record_length) * added
    return body + wanted.pattern.expand(wanted.size - len(body))


# --- another image --------------------------------------------------------------------------------

Path = tuple[int, ...]


def with_file(image: CardImage, aid: bytes, path: Path, file: File) -> CardImage:
    """The image with one file more, below the directory at `path` from the MF or from the ADF with `aid`. A
    file with an AID becomes an ADF."""
    if isinstance(file, DfImage) and file.aid:
        return replace(image, adfs=(*image.adfs, file))
    return _changed(image, aid, path, lambda df: replace(df, children=(*df.children, file)))


def without_file(image: CardImage, aid: bytes, path: Path) -> CardImage:
    """The image without the file at `path`, or without the ADF itself where the path is empty."""
    if not path:
        return replace(image, adfs=tuple(adf for adf in image.adfs if adf.aid != aid))
    return _changed(
        image,
        aid,
        path[:-1],
        lambda df: replace(df, children=tuple(child for child in df.children if child.fid != path[-1])),
    )


def with_size(image: CardImage, aid: bytes, path: Path, size: int) -> CardImage:
    """The image with another size of the EF at `path`; its content is the card's business."""

    def change(file: File) -> File:
        if file.fid != path[-1] or not isinstance(file, EfImage):
            return file
        if file.structure is FileStructure.BER_TLV:
            return replace(file, maximum_size=size)
        return replace(file, content=file.content[:size].ljust(size, b"\xff"))

    return _changed(image, aid, path[:-1], lambda df: replace(df, children=tuple(map(change, df.children))))


def _changed(image: CardImage, aid: bytes, path: Path, change: Callable[[DfImage], DfImage]) -> CardImage:
    if not aid:
        return replace(image, mf=_descend(image.mf, path, change))
    adfs = (_descend(adf, path, change) if adf.aid == aid else adf for adf in image.adfs)
    return replace(image, adfs=tuple(adfs))


def _descend(df: DfImage, path: Path, change: Callable[[DfImage], DfImage]) -> DfImage:
    if not path:
        return change(df)
    children = (
        _descend(child, path[1:], change) if isinstance(child, DfImage) and child.fid == path[0] else child
        for child in df.children
    )
    return replace(df, children=tuple(children))
