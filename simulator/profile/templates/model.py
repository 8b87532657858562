"""What a file template says of one file, and the tables it is read from (SAIP annex A, §9).

A table has one row per file, and these columns:

    field     member of the profile element; two spaces of indentation put it below the DF above it
    FID       file identifier; `4F38-4F3F` where each use of the field takes one of several; `-`: the
              profile gives it
    name      as TS 102 221, TS 31.102, TS 31.103 or C.S0065 call the file
    kind      MF, ADF, DF; TR transparent, LF linear fixed, CY cyclic, BT BER-TLV; `+` behind it: high
              update activity
    size      bytes of TR and BT, records x bytes of LF and CY; `?`: the profile gives it; DFs have `-`
    SFI       short file identifier in hexadecimal; `-`: none
    ARR       the access rule (§9.9), which is the record of EF.ARR
    services  numbers in the service table that the file belongs to, `|` where one of them will do
    content   `!`: the profile gives it; `-`: none; else a pattern (class Pattern)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.uicc.image import FileStructure

EF_ARR_AT_MF, EF_ARR_IN_DF = 0x2F06, 0x6F06

DIRECTORIES = frozenset({"MF", "ADF", "DF"})
STRUCTURES = {
    "TR": FileStructure.TRANSPARENT,
    "LF": FileStructure.LINEAR_FIXED,
    "CY": FileStructure.CYCLIC,
    "BT": FileStructure.BER_TLV,
}


class Pattern(NamedTuple):
    """Default content of a transparent file, or of every record: `before`, then `fill` over and over,
    then `after`. Written `00FF*` (the byte before the asterisk repeats), `(FFFFFF0000)*` (the octets in
    parentheses repeat), `FF*0001` (with an end), or `0A` (no fill: shorter is padded with 'FF')."""

    before: bytes = b""
    fill: bytes = b"\xff"
    after: bytes = b""

    @classmethod
    def parse(cls, text: str) -> Pattern:
        head, star, tail = text.partition("*")
        if not star:
            return cls(before=bytes.fromhex(head))
        if head.startswith("("):
            return cls(fill=bytes.fromhex(head.strip("()")), after=bytes.fromhex(tail))
        return cls(bytes.fromhex(head[:-2]), bytes.fromhex(head[-2:]), bytes.fromhex(tail))

    def expand(self, length: int) -> bytes:
        """The content for a file (or record) of this many bytes; cut where it is too long."""
        room = max(0, length - len(self.before) - len(self.after))
        filling = (self.fill * (room // len(self.fill) + 1))[:room]
        return (self.before + filling + self.after)[:length]


EMPTY = Pattern()
"""What a file has where neither template nor profile says anything: 'FF' (TS 102 222 §6.3.2.2.2)."""


class FileTemplate(NamedTuple):
    """One file of a template. Sizes in bytes; None where the profile has to say it."""

    field: str
    """Member of the profile element."""
    fid: int | None
    """File identifier; the first one where `last_fid` shows a range. None: the profile gives it (an ADF's
    temporary identifier, or that of DF.EAP)."""
    name: str
    kind: str
    """MF, ADF, DF, TR, LF, CY or BT."""
    arr: int
    """Access rule: record number in the EF.ARR that `Template.arr_file` names."""
    parent: str | None = None
    """Field of the DF in the same template that holds it; None: the template's base directory."""
    last_fid: int | None = None
    size: int | None = None
    """Whole file: of transparent and BER-TLV files, and of record files where both counts are known."""
    record_length: int | None = None
    record_count: int | None = None
    sfi: int | None = None
    default_content: Pattern | None = None
    """None: there is no default (see `content_required`)."""
    content_required: bool = False
    """The profile must give the content."""
    high_update: bool = False
    services: tuple[tuple[int, ...], ...] = ()
    """Every one of these must be available in the service table; of each, any of the numbers will do."""

    @property
    def is_directory(self) -> bool:
        return self.kind in DIRECTORIES

    @property
    def structure(self) -> FileStructure | None:
        """Structure of an EF; None for directories."""
        return STRUCTURES.get(self.kind)

    @property
    def parameters(self) -> tuple[str, ...]:
        """FCP members that the profile has to give: of 'fileID', 'dfName', 'pinStatusTemplateDO',
        'fileDescriptor' (record length) and 'efFileSize'."""
        wanted = {
            "fileID": self.fid is None,
            "dfName": self.kind == "ADF",
            "pinStatusTemplateDO": self.is_directory,
            "fileDescriptor": self.kind in ("LF", "CY") and self.record_length is None,
            "efFileSize": not self.is_directory and self.size is None,
        }
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)

    def takes(self, fid: int) -> bool:
        """Whether a file of this template may have this identifier."""
        return self.fid is None or self.fid <= fid <= (self.last_fid or self.fid)

    def content(self, size: int, record_length: int = 0) -> bytes:
        """The whole body by default: `size` bytes, in records of `record_length` if it has records."""
        pattern = self.default_content or EMPTY
        if not record_length:
            return pattern.expand(size)
        return pattern.expand(record_length) * (size // record_length)


@dataclass(frozen=True, slots=True)
class Template:
    """One version of one template of SAIP annex A."""

    oid: str
    name: str
    element: str
    """The profile element (alternative of ProfileElement) that it belongs to."""
    clause: str
    created_by_default: bool
    """True: every file is there unless the profile says doNotCreate; False: the files that the profile
    mentions are there (an empty list will do)."""
    parent: str
    """Profile element whose directory is the base directory; '' for the MF and ADFs, which are roots."""
    files: dict[str, FileTemplate] = field(default_factory=dict)

    @property
    def root(self) -> FileTemplate | None:
        """The directory that later elements extend, if it makes one; that of the IoT template, which
        makes MF and ADF, is the ADF."""
        if not next(iter(self.files.values())).is_directory:
            return None
        return [file for file in self.children(None) if file.is_directory][-1]

    def arr_file(self, file: FileTemplate) -> int:
        """File identifier of the EF.ARR that the file's rule refers to: '2F06' for the MF, ADFs and all that
        stands right below the MF, '6F06' for the rest (SAIP §8.3.3, securityAttributesReferenced)."""
        holder = self.files[file.parent].kind if file.parent else self.parent.upper()
        return EF_ARR_AT_MF if file.kind in ("MF", "ADF") or holder == "MF" else EF_ARR_IN_DF

    def children(self, directory: str | None) -> Iterator[FileTemplate]:
        """The files directly below a DF of this template, by its field."""
        return (file for file in self.files.values() if file.parent == directory)


class Source(NamedTuple):
    """A template as its table is written."""

    oid: str
    """Suffix to 2.23.143.1.2."""
    name: str
    element: str
    clause: str
    table: str
    created_by_default: bool = False
    parent: str = ""

    def load(self, oid: str) -> Template:
        files = {file.field: file for file in rows(self.table)}
        return Template(
            oid,
            self.name,
            self.element,
            self.clause,
            self.created_by_default,
            self.parent,
            files,
        )


def changed(table: str, replacements: str) -> str:
    """A table for a later version: rows for the same field stand in place of the earlier ones."""
    new = {line.split()[0]: line for line in replacements.splitlines() if line.strip()}
    return "\n".join(new.get(line.split()[0], line) for line in table.splitlines() if line.strip()) + "\n"


def rows(table: str) -> Iterator[FileTemplate]:
    """The files of a table, in order."""
    path: list[str] = []
    for line in table.splitlines():
        columns = line.split()
        if not columns:
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        file = row(columns, path[depth - 1] if depth else None)
        yield file
        if file.is_directory:
            path[depth:] = [file.field]


def row(columns: list[str], parent: str | None = None) -> FileTemplate:
    """One row of a table, split at its blanks, below a DF."""
    name, fid, title, kind, measure, sfi, arr, services, content = columns
    size, record_length, record_count = measures(measure)
    first, _, last = fid.partition("-") if fid != "-" else ("", "", "")
    return FileTemplate(
        field=name,
        fid=int(first, 16) if first else None,
        last_fid=int(last, 16) if last else None,
        name=title,
        kind=kind.rstrip("+"),
        size=size,
        record_length=record_length,
        record_count=record_count,
        high_update=kind.endswith("+"),
        sfi=None if sfi == "-" else int(sfi, 16),
        arr=int(arr),
        parent=parent,
        default_content=None if content in "!-" else Pattern.parse(content),
        content_required=content == "!",
        services=tuple(tuple(map(int, one.split("|"))) for one in services.split(",") if one != "-"),
    )


def measures(text: str) -> tuple[int | None, int | None, int | None]:
    """Size, record length and record count out of the size column."""
    count, times, length = (None if part in ("?", "-") else part for part in text.partition("x"))
    if not times:
        return int(count) if count else None, None, None
    records, each = int(count) if count else None, int(length) if length else None
    return records * each if records and each else None, each, records
