"""Files while a package is read: what a template and a File list say becomes an image (SAIP §8.3).

Drafts are mutable and know their children; `freeze` makes the immutable image of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from asn1 import tlv
from simulator.profile.templates import FileTemplate
from simulator.uicc.image import EfImage, FileStructure, LifeCycle
from simulator.uicc.structure import life_cycle

Fcp = dict[str, Any]
FileList = list[tuple[str, Any]]

EF_ARR_AT_MF, EF_ARR_IN_DF = 0x2F06, 0x6F06
_STRUCTURE = 0x3F
_DF_DESCRIPTOR = 0x38
_SHAREABLE = 0x40
_HIGH_UPDATE = 0x80
_SPECIAL_FILE_INFORMATION = 0xC0
MAXIMUM_FILE_SIZE = 0xFFFF


class DraftError(ValueError):
    """A file cannot be made as it is described; the reader adds which element it stands in."""


@dataclass(slots=True)
class EfDraft:
    """One EF in the making. `written` is where the next fillFileContent goes."""

    fid: int
    name: str
    structure: FileStructure
    content: bytearray
    record_length: int
    sfi: int | None
    security: bytes
    life_cycle: LifeCycle
    shareable: bool
    proprietary: bytes
    maximum_size: int = 0
    link_path: bytes = b""
    written: int = 0

    def fill(self, data: bytes) -> None:
        """fillFileContent: write at the current position and move on."""
        end = self._reach(len(data))
        self.content[self.written : end] = data
        self.written = end

    def skip(self, count: int) -> None:
        """fillFileOffset: move on without writing."""
        self.written = self._reach(count)

    def _reach(self, count: int) -> int:
        """The position `count` bytes on; DraftError where the file has ended before."""
        end = self.written + count
        limit = self.maximum_size if self.structure is FileStructure.BER_TLV else len(self.content)
        if end > limit:
            raise DraftError(f"content reaches byte {end} of {self.label}, which has {limit}")
        return end

    @property
    def label(self) -> str:
        """What to call it in an error."""
        return self.name or f"file {self.fid:04X}"

    def freeze(self, link: tuple[int, ...] = (), link_aid: bytes = b"") -> EfImage:
        return EfImage(
            self.fid,
            self.structure,
            bytes(self.content),
            name=self.name,
            record_length=self.record_length,
            sfi=self.sfi,
            security=self.security,
            life_cycle=self.life_cycle,
            shareable=self.shareable,
            proprietary=self.proprietary,
            maximum_size=self.maximum_size,
            link=link,
            link_aid=link_aid,
        )


@dataclass(slots=True)
class DfDraft:
    """One DF in the making; an ADF's `fid` is its temporary one."""

    fid: int
    name: str = ""
    aid: bytes = b""
    security: bytes = b""
    pin_status: bytes = b""
    life_cycle: LifeCycle = LifeCycle.ACTIVATED
    shareable: bool = True
    children: dict[int, EfDraft | DfDraft] = field(default_factory=dict)

    def add(self, child: EfDraft | DfDraft) -> None:
        if child.fid in self.children:
            raise DraftError(f"file {child.fid:04X} exists already in {self.name or f'{self.fid:04X}'}")
        self.children[child.fid] = child


def security(fcp: Fcp, arr_file: int, arr_record: int | None) -> bytes:
    """The '8B' of a file: what its FCP refers to, else its template's rule."""
    reference = fcp.get("securityAttributesReferenced")
    if reference is None:
        if arr_record is None:
            return b""
        reference = bytes((arr_record,))
    if len(reference) == 1:
        reference = arr_file.to_bytes(2, "big") + reference
    return tlv.encode(0x8B, reference)


def make_df(fcp: Fcp, template: FileTemplate | None, arr_file: int) -> DfDraft:
    """A DF or ADF from its FCP and its row in the template."""
    fid = int.from_bytes(fcp["fileID"], "big") if "fileID" in fcp else template.fid if template else None
    if fid is None:
        raise DraftError("the FCP of a directory lacks fileID")
    if fcp.get("linkPath"):
        raise DraftError("linked directories are not supported")
    descriptor = fcp.get("fileDescriptor", b"\x78")
    return DfDraft(
        fid,
        name=template.name if template else "",
        aid=fcp.get("dfName", b""),
        security=security(fcp, arr_file, template.arr if template else None),
        pin_status=fcp.get("pinStatusTemplateDO", b""),
        life_cycle=life_cycle(fcp.get("lcsi", b"")),
        shareable=bool(descriptor[0] & _SHAREABLE),
    )


def is_df(fcp: Fcp) -> bool:
    """Whether an FCP describes a DF (file descriptor byte, TS 102 221 Table 11.5)."""
    descriptor = fcp.get("fileDescriptor", b"")
    return bool(descriptor) and descriptor[0] & _STRUCTURE == _DF_DESCRIPTOR


def make_ef(fcp: Fcp, template: FileTemplate | None, arr_file: int) -> EfDraft:
    """An EF from its FCP and its row in the template, filled with its default content."""
    fid = int.from_bytes(fcp["fileID"], "big") if "fileID" in fcp else template.fid if template else None
    if fid is None:
        raise DraftError("the FCP of a file lacks fileID")
    structure, record_length, shareable = _descriptor(fcp, template)
    size = _size(fcp, template, record_length)
    proprietary = fcp.get("proprietaryEFInfo", {})
    ef = EfDraft(
        fid,
        name=template.name if template else "",
        structure=structure,
        content=bytearray(),
        record_length=record_length,
        sfi=_sfi(fcp, template, fid),
        security=security(fcp, arr_file, template.arr if template else None),
        life_cycle=life_cycle(fcp.get("lcsi", b"")),
        shareable=shareable,
        proprietary=_proprietary(proprietary, template),
        link_path=fcp.get("linkPath", b""),
    )
    if structure is FileStructure.BER_TLV:
        maximum = int.from_bytes(proprietary.get("maximumFileSize", b""), "big")
        ef.maximum_size = maximum or size
    else:
        ef.content[:] = _default_content(proprietary, template, size, record_length)
    return ef


def _descriptor(fcp: Fcp, template: FileTemplate | None) -> tuple[FileStructure, int, bool]:
    """Structure, record length and whether the file is shareable."""
    descriptor = fcp.get("fileDescriptor")
    if descriptor is None:
        if template is None or template.structure is None:
            raise DraftError("the FCP of a file lacks fileDescriptor")
        return template.structure, template.record_length or 0, True
    code = descriptor[0] & _STRUCTURE
    try:
        structure = FileStructure(code if code == FileStructure.BER_TLV.value else code & 0x07)
    except ValueError:
        raise DraftError(f"file descriptor {descriptor.hex().upper()} names no file structure") from None
    record_length = int.from_bytes(descriptor[2:4], "big")
    if structure in (FileStructure.LINEAR_FIXED, FileStructure.CYCLIC):
        record_length = record_length or (template.record_length or 0 if template else 0)
        if not record_length:
            raise DraftError("a file with records needs a record length")
    else:
        record_length = 0
    return structure, record_length, bool(descriptor[0] & _SHAREABLE)


def _size(fcp: Fcp, template: FileTemplate | None, record_length: int) -> int:
    """Size in bytes: efFileSize, else the template's; records must fill it."""
    if "efFileSize" in fcp:
        size = int.from_bytes(fcp["efFileSize"], "big")
    elif template and record_length and template.record_count:
        size = template.record_count * record_length
    else:
        size = (template.size or 0) if template else 0
    if size > MAXIMUM_FILE_SIZE:
        raise DraftError(f"a file of {size} bytes is larger than {MAXIMUM_FILE_SIZE}")
    if record_length and size % record_length:
        raise DraftError(f"{size} bytes cannot be divided into records of {record_length}")
    return size


def _sfi(fcp: Fcp, template: FileTemplate | None, fid: int) -> int | None:
    """Given: b8 to b4; empty: none; absent: the template's, or the last five bits of the FID."""
    given = fcp.get("shortEFID")
    if given is not None:
        return given[0] >> 3 if given else None
    if template is not None:
        return template.sfi
    return fid & 0x1F if 0 < fid & 0x1F < 31 else None


def _proprietary(given: dict[str, Any], template: FileTemplate | None) -> bytes:
    """The value of 'A5' in the FCP: special file information, where it says anything (TS 102 222 §6.3)."""
    information = given.get("specialFileInformation", b"\0")[0]
    if template and template.high_update and "specialFileInformation" not in given:
        information |= _HIGH_UPDATE
    return tlv.encode(_SPECIAL_FILE_INFORMATION, bytes((information,))) if information else b""


def _default_content(
    given: dict[str, Any], template: FileTemplate | None, size: int, record_length: int
) -> bytes:
    """What a file holds before anything is written: its own pattern, else the template's, else 'FF'."""
    pattern = given.get("fillPattern") or given.get("repeatPattern")
    if pattern is None:
        return template.content(size, record_length) if template else b"\xff" * size
    repeated = pattern if "repeatPattern" in given else pattern[-1:]
    start = b"" if "repeatPattern" in given else pattern
    length = record_length or size
    one = (start + repeated * (length // len(repeated) + 1))[:length] if length else b""
    return one * (size // record_length) if record_length else one
