"""The files of a card at one moment, read through APDUs as a phone would, with what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cards import Uicc, files
from cards.dump import DumpedFile, walk
from cards.errors import CardError, CardStatusError
from cards.explain import Field, access, fcp
from cards.explain.fields import Decoder, read
from cards.explain.files import FileRow, decoder_of
from cards.explain.tlvs import template
from cards.fcp import Fcp
from cards.gsm import Sim, card_on
from cards.link import CardLink

_APPLICATIONS: Final = {prefix.hex().upper(): name for name, prefix in files.APPLICATIONS.items()}
_UNKNOWN_OBJECT: Final[Decoder] = template({})


class Part(NamedTuple):
    """Bytes of a file: its content, a record (by number), or an object (by tag)."""

    key: str
    data: bytes
    fields: tuple[Field, ...]


class Rule(NamedTuple):
    """What may be done with a file, and when."""

    operations: str
    condition: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All files that the card let itself be asked for. `problem` says why there are none, or not all."""

    files: dict[str, DumpedFile] = field(default_factory=dict)
    problem: str = ""
    moved: bool = False
    """Whether reading has moved what is selected, for the card has no other logical channels."""
    is_gsm: bool = False
    """Whether it is a SIM of the second generation, which knows class 'A0' alone."""

    def of(self, path: str) -> DumpedFile | None:
        return self.files.get(path)

    @property
    def locked(self) -> int:
        """How many files could not be read."""
        return sum(bool(file.unreadable) for file in self.files.values())


def snapshot(link: CardLink) -> Snapshot:
    """Read all files on a logical channel of its own, so that nobody else's selection is lost; on the basic
    channel if the card has no other."""
    found: dict[str, DumpedFile] = {}
    card: Uicc | Sim | None = None
    moved = False
    try:
        try:
            card = Uicc(link).open_channel()
        except CardStatusError:
            card, moved = card_on(link), True
        for file in walk(card):
            found[file.path] = file
        if isinstance(card, Uicc):
            card.close_channel()
    except CardError as error:
        return Snapshot(found, f"{error}", moved, isinstance(card, Sim))
    return Snapshot(found, "", moved, isinstance(card, Sim))


# One file in words


def name_of(path: str) -> str:
    return path.rpartition("/")[2]


def directory_of(path: str) -> str:
    """The name of the directory that a file is in, as `cards.files` calls it; a second USIM is one too."""
    above = name_of(path.rpartition("/")[0])
    return next((name for prefix, name in _APPLICATIONS.items() if above.startswith(prefix)), above)


def row_of(path: str) -> FileRow | None:
    """What the specifications say of a file."""
    return decoder_of(directory_of(path), name_of(path))


def parts(file: DumpedFile) -> list[Part]:
    """The content, decoded; empty for a directory, or if nothing could be read."""
    row = row_of(file.path)
    decoder = row.decoder if row else None
    if file.content is not None:
        return [Part("", file.content, _read(decoder, file.content))]
    if file.records is not None:
        return [Part(f"{n}", data, _read(decoder, data)) for n, data in enumerate(file.records, 1)]
    if file.objects is not None:
        return [Part(f"{tag:02X}", data, _read(_UNKNOWN_OBJECT, data)) for tag, data in file.objects.items()]
    return []


def parameters(file: DumpedFile) -> tuple[Field, ...]:
    """The file control parameters, field by field."""
    return read(fcp.answer, file.fcp)


def summary(parsed: Fcp) -> str:
    """'linear fixed, 3 × 30 bytes, SFI 7', in the words of the specification."""
    said = []
    if parsed.is_df:
        said.append(f"AID {parsed.aid.hex().upper()}" if parsed.aid else "")
    elif parsed.record_length:
        said.append(f"{parsed.structure}, {parsed.record_count} × {parsed.record_length} bytes")
    else:
        said.append(f"{parsed.structure}, {parsed.file_size} bytes")
    if parsed.sfi:
        said.append(f"SFI {parsed.sfi}")
    if parsed.fid is not None:
        said.append(f"FID {parsed.fid:04X}")
    if parsed.life_cycle_name not in ("", "activated"):
        said.append(parsed.life_cycle_name)
    return ", ".join(filter(None, said))


def rules(file: DumpedFile, among: Snapshot) -> list[Rule]:
    """Access rules in words: those in the FCP, or the record of EF.ARR that it refers to. Empty if the card
    tells none, or the EF.ARR cannot be read."""
    parsed = file.parsed
    if parsed.arr_fid is None:
        return _in_words(_read(access.rules, parsed.security[2:])) if parsed.security[:1] == b"\xab" else []
    arr = _arr(file.path, parsed.arr_fid, among)
    numbers = parsed.arr_records[:1]  # of the first security environment, which is the usual one
    return [
        rule
        for number in numbers
        if arr is not None and 0 < number <= len(arr)
        for rule in _in_words(_read(access.rules, arr[number - 1]), is_directory=parsed.is_df)
    ]


def _arr(path: str, fid: int, among: Snapshot) -> list[bytes] | None:
    """Records of the EF.ARR with this identifier that is nearest above the file (TS 102 221 §9.2.7)."""
    above = path
    while above:
        above = above.rpartition("/")[0]
        file = among.of(f"{above}/EF.ARR")
        if file and file.parsed.fid == fid:
            return file.records
    return None


def _in_words(fields: Iterable[Field], is_directory: bool = False) -> list[Rule]:
    """Pairs of what for, and under which condition; conditions may be nested."""
    found: list[Rule] = []
    operations: list[str] = []
    for one in fields:
        kind = one.name.partition(" (")[0]
        if kind.startswith("for"):
            operations.append(_operations(one.value, is_directory))
        elif kind not in ("unused", "further bytes"):
            found.append(Rule(", ".join(operations), _condition(one)))
            operations = []
    return found


def _operations(value: str, is_directory: bool) -> str:
    of_file, _, of_directory = value.partition("; of a directory: ")
    return of_directory if is_directory and of_directory else of_file


def _condition(one: Field) -> str:
    kind = one.name.partition(" (")[0]
    keys = [
        child.value.partition(": ")[2] or child.value
        for child in one.children
        if child.name.startswith("key reference")
    ]
    if keys:
        return f"after {' and '.join(keys)}"
    if one.children:
        return f"{kind}: {', '.join(_condition(child) for child in one.children)}"
    return {"always": "always", "never": "never"}.get(kind, one.value or kind)


def _read(decoder: Decoder | None, data: bytes) -> tuple[Field, ...]:
    return read(decoder, data) if decoder else ()


# The tree


@dataclass(slots=True)
class Node:
    """A file in the tree, with those below it."""

    path: str
    name: str
    title: str
    """What the specifications call it in words; empty where they do not know it."""
    file: DumpedFile | None
    children: list[Node] = field(default_factory=list)

    @property
    def is_directory(self) -> bool:
        return self.file is None or self.file.parsed.is_df

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()


def tree(*snapshots: Snapshot) -> list[Node]:
    """The files of snapshots as a tree, in the order of the first that has each; a file that is gone stays at
    its place."""
    nodes: dict[str, Node] = {}
    roots: list[Node] = []
    paths = dict.fromkeys(path for one in snapshots for path in one.files)
    for path in paths:
        file = next((found for one in reversed(snapshots) if (found := one.of(path))), None)
        row = row_of(path)
        node = nodes[path] = Node(path, name_of(path), row.title if row else "", file)
        above = nodes.get(path.rpartition("/")[0])
        (above.children if above else roots).append(node)
    return roots


# What helps

_VERIFIED: Final = {"PIN 1": "PIN1", "PIN 2": "LOCAL1", "universal PIN": "UPIN"} | {
    f"ADM {n}": f"ADM{n}" for n in range(1, 6)
}
"""Keys by the names that rules call them → those of the word `verify`."""


def selecting(path: str, among: Snapshot | None) -> str:
    """Lines of the console that select a file."""
    if among is None or not among.is_gsm:
        return f"select {path}"
    directory, lines = "", []
    for name in path.split("/"):
        lines.append(f"A0A4000002{files.file_identifier(name, directory):04X}")
        directory = name
    return "\n".join(lines)


def unlocking(file: DumpedFile | None, among: Snapshot | None) -> list[tuple[str, str]]:
    """Keys that a file's rules name, and the line of the console that presents each, but for its value."""
    if file is None or among is None:
        return []
    if among.is_gsm:
        conditions = " ".join(rule.condition for rule in rules(file, among))
        return [(key, f"VERIFY CHV 000{n} ") for n, key in ((1, "PIN 1"), (2, "PIN 2")) if key in conditions]
    named = [key for rule in rules(file, among) for key in _VERIFIED if key in rule.condition]
    application = "/".join(file.path.split("/")[:2])
    select = f"select {application}\n" if "/ADF." in file.path else ""
    return [(key, f"{select}verify {_VERIFIED[key]} ") for key in dict.fromkeys(named)]
