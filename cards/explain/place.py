"""Where a terminal stands on a card: the directory, file and application of each logical channel, followed
through the commands of a session (TS 102 221 §8.4, TS 51.011 §6.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from cards import files
from cards.explain.applications import name_of
from cards.explain.files import FileRow, decoder_of
from cards.explain.files.phonebook import PhoneBooks
from cards.fcp import Fcp

_DIRECTORY_FIRST_BYTES = (0x3F, 0x7F, 0x5F)
"""The identifiers of directories begin so (TS 102 221 §8.6)."""
SHORT_IDENTIFIERS = {
    "MF": {0x1E: "EF.DIR", 0x02: "EF.ICCID", 0x05: "EF.PL", 0x06: "EF.ARR", 0x08: "EF.UMPC"},
    "ADF.USIM": {
        0x01: "EF.ECC", 0x02: "EF.LI", 0x03: "EF.AD", 0x04: "EF.UST", 0x05: "EF.EST", 0x06: "EF.ACC",
        0x07: "EF.IMSI", 0x08: "EF.KEYS", 0x09: "EF.KEYSPS", 0x0A: "EF.PLMNWACT", 0x0B: "EF.LOCI",
        0x0C: "EF.PSLOCI", 0x0D: "EF.FPLMN", 0x0E: "EF.CBMID", 0x0F: "EF.START-HFN", 0x10: "EF.THRESHOLD",
        0x11: "EF.OPLMNWACT", 0x12: "EF.HPPLMN", 0x13: "EF.HPLMNWACT", 0x14: "EF.ICI", 0x15: "EF.OCI",
        0x16: "EF.CCP2", 0x17: "EF.ARR", 0x18: "EF.EPSNSC", 0x19: "EF.PNN", 0x1A: "EF.OPL", 0x1B: "EF.SPDI",
        0x1C: "EF.ACM", 0x1D: "EF.EHPLMN", 0x1E: "EF.EPSLOCI",
    },
    "DF.5GS": {number: name for name, fid in files.TREE["DF.5GS"].items() if (number := fid & 0x1F)},
    "ADF.ISIM": {
        0x02: "EF.IMPI", 0x03: "EF.AD", 0x04: "EF.IMPU", 0x05: "EF.DOMAIN", 0x06: "EF.ARR", 0x07: "EF.IST",
    },
}  # fmt: skip
"""Short file identifiers that the specifications lay down (TS 31.102 annex H, TS 31.103 annex B)."""


class Node(NamedTuple):
    """A directory or file that was selected."""

    name: str
    """'EF.IMSI', 'ADF.USIM'; the four digits of the identifier where it has no known name."""
    fid: int = 0


MF = Node("MF", files.MF)


@dataclass(slots=True)
class Place:
    """What is selected on one channel."""

    path: tuple[Node, ...] = (MF,)
    """The directories down to the current one."""
    file: Node | None = None
    fcp: Fcp | None = None
    """What the card said of the file that was selected last."""
    application: str = ""
    """Name of the application that was selected by its AID, or the digits of the AID."""
    short: dict[tuple[str, int], Node] = field(default_factory=dict)
    """(Directory, short file identifier) → file, as far as the session has shown it."""
    books: PhoneBooks = field(default_factory=PhoneBooks)
    """The phone books of the card, which all channels share."""

    @property
    def directory(self) -> str:
        return self.path[-1].name

    @property
    def title(self) -> str:
        """'MF/ADF.USIM/EF.IMSI'."""
        return self.path_of(self.file)

    def path_of(self, file: Node | None) -> str:
        names = [node.name for node in self.path]
        return "/".join(names if file is None else [*names, file.name])

    def row(self, file: Node | None = None) -> FileRow | None:
        """The layout of a file in the current directory, or of the selected one."""
        chosen = file or self.file
        if chosen is None:
            return None
        assigned = self.books.by_identifier(self.path_of(None), chosen.fid)
        return assigned.row if assigned else decoder_of(self.directory, chosen.name)

    def name_in(self, depth: int, fid: int) -> str:
        """The name of a child of the directory at a depth of the path; empty if it has no known one."""
        name = files.name_in(self.path[depth - 1].name, fid)
        if name:
            return name
        directory = "/".join(node.name for node in self.path[:depth])
        assigned = self.books.by_identifier(directory, fid)
        return assigned.name if assigned else ""

    def by_short_identifier(self, number: int) -> Node:
        """The file that READ and UPDATE with a short file identifier mean."""
        known = self.short.get((self.directory, number))
        if known:
            return known
        assigned = self.books.by_short_identifier(self.path_of(None), number)
        if assigned:
            return Node(assigned.name, assigned.fid)
        name = SHORT_IDENTIFIERS.get(self.directory, {}).get(number)
        return Node(name or f"SFI {number:02X}")

    def select(self, fid: int, fcp: Fcp | None = None) -> None:
        """Follow a SELECT by file identifier that went well."""
        self.fcp = fcp
        if fid == files.MF:
            self.path, self.file, self.application = (MF,), None, ""
        elif fid == files.CURRENT_ADF:
            self._up_to_application()
        elif any(node.fid == fid for node in self.path):
            at = next(at for at, node in enumerate(self.path) if node.fid == fid)
            self.path, self.file = self.path[: at + 1], None
        else:
            self._select_below(fid, fcp)

    def _up_to_application(self) -> None:
        at = next(
            (at for at, node in enumerate(self.path) if node.name.startswith("ADF")), len(self.path) - 1
        )
        self.path, self.file = self.path[: at + 1], None

    def _select_below(self, fid: int, fcp: Fcp | None) -> None:
        """A child of the current directory, else of one above it: a terminal may go to a sibling."""
        parents = [at for at in range(len(self.path), 0, -1) if self.name_in(at, fid)]
        depth = parents[0] if parents else len(self.path)
        node = Node(self.name_in(depth, fid) or f"{fid:04X}", fid)
        is_directory = fcp.is_df if fcp else fid >> 8 in _DIRECTORY_FIRST_BYTES
        self.path = self.path[:depth]
        if is_directory:
            self.path, self.file = (*self.path, node), None
            return
        self.file = node
        if fcp and fcp.sfi:
            self.short[self.directory, fcp.sfi] = node

    def select_application(self, aid: bytes, fcp: Fcp | None = None) -> None:
        """Follow a SELECT by AID that went well."""
        whole = fcp.aid if fcp and fcp.aid else aid
        name = name_of(whole) or name_of(aid)
        self.application = name or whole.hex().upper()
        self.path, self.file, self.fcp = (MF, Node(self.application)), None, fcp

    def select_parent(self) -> None:
        self.path, self.file = self.path[:-1] or (MF,), None

    def learn(self, fcp: Fcp | None) -> None:
        """What the card says, by GET RESPONSE, of the file that was just selected."""
        self.fcp = fcp
        if fcp and fcp.sfi and self.file:
            self.short[self.directory, fcp.sfi] = self.file

    def use(self, file: Node) -> None:
        """A short file identifier makes its file the current one."""
        if file != self.file:
            self.file, self.fcp = file, None
