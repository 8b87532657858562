"""Walks the file system of a card, read-only: which files are there, what the card says of them, what is in
them.

A card does not list its files. Those are tried that TS 102 221 §13, TS 31.102 §4, TS 31.103 §4 and TS 51.011
§10 name (`cards.files`), and on request all identifiers that a directory of its kind may hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cards import files
from cards.apdu import SHORT_LE_LIMIT, CommandApdu
from cards.errors import CardError, CardProtocolError, CardStatusError, LinkError
from cards.fcp import Fcp
from cards.gsm import GsmStatus, Sim
from cards.session import BY_AID, SELECT
from cards.status import SW
from cards.survey import reason
from cards.uicc import RETURN_FCP, Uicc

_ADFS = {prefix: name for name, prefix in files.APPLICATIONS.items()}
_SCANNED = {1: (0x2F, 0x7F), 2: (0x6F, 0x5F), 3: (0x4F,)}
"""Depth of a directory (1: the MF) → first bytes of the identifiers of its children (TS 102 221 §8.6)."""
_NAMES = {
    directory: {fid: name for name, fid in reversed(children.items())}
    for directory, children in files.TREE.items()
}


@dataclass(slots=True)
class DumpedFile:
    """One file. What could not be read is None, and `unreadable` says why."""

    path: str
    """By names where they are known: 'MF/ADF.USIM/EF.IMSI'; else hexadecimal."""
    fcp: bytes
    """The template '62' as the card gave it."""
    content: bytes | None = None
    records: list[bytes] | None = None
    objects: dict[int, bytes] | None = None
    """Of a BER-TLV file: tag → value."""
    unreadable: str = ""

    @property
    def parsed(self) -> Fcp:
        return Fcp.parse(self.fcp)


@dataclass(slots=True)
class Walker:
    """Visits all files. `progress` hears the path of each one that is there."""

    uicc: Uicc
    progress: Callable[[str], None] = lambda path: None
    scan: bool = False
    """Try all identifiers, not only those that have a name: a real card takes minutes for it."""

    def walk(self) -> Iterator[DumpedFile]:
        """The MF and all below it, then the applications. LinkError if the card goes meanwhile; CardError
        if it is a SIM of the second generation, which `GsmWalker` visits."""
        yield from self._directory("MF", ())
        for aid, name in self._applications():
            yield from self._directory(f"MF/{name}", (), aid)

    def _applications(self) -> list[tuple[bytes, str]]:
        """AID and name of the applications that are file systems; a second USIM is named by its AID."""
        found: list[tuple[bytes, str]] = []
        try:
            entries = self.uicc.applications()
        except LinkError:
            raise
        except CardError:
            return []
        for entry in entries:
            name = _ADFS.get(entry.aid[:7], "")
            taken = any(name == other for _, other in found)
            found.append((entry.aid, entry.aid.hex().upper() if taken or not name else name))
        return found

    def _directory(self, path: str, fids: tuple[int, ...], aid: bytes = b"") -> Iterator[DumpedFile]:
        """A directory and what is in it. `fids` lead to it from the MF or the ADF."""
        fcp = self._enter(fids, aid)
        if fcp is None:
            return
        self.progress(path)
        yield DumpedFile(path, fcp)
        depth = 1 + len(fids) + bool(aid)
        for fid, name in self._candidates(path.rpartition("/")[2], depth):
            child = self._select(fid)
            if child is None:
                continue
            if Fcp.parse(child).is_df:
                yield from self._directory(f"{path}/{name}", (*fids, fid), aid)
                self._enter(fids, aid)
            else:
                self.progress(f"{path}/{name}")
                yield self._file(f"{path}/{name}", child)

    def _candidates(self, directory: str, depth: int) -> list[tuple[int, str]]:
        """Identifiers to try in a directory, and the names of those that have one."""
        names = _NAMES.get(directory, {})
        fids = dict.fromkeys(sorted(names))
        if self.scan:
            fids |= dict.fromkeys(
                first << 8 | last for first in _SCANNED.get(depth, (0x4F,)) for last in range(256)
            )
        return [(fid, names.get(fid, f"{fid:04X}")) for fid in fids if fid not in (files.MF, 0x7FFF)]

    def _enter(self, fids: tuple[int, ...], aid: bytes) -> bytes | None:
        """Select a directory from the top; its FCP."""
        if aid:
            fcp = self._sent(CommandApdu(0, SELECT, BY_AID, RETURN_FCP, aid, SHORT_LE_LIMIT))
        else:
            fcp = self._select(files.MF)
        for fid in fids:
            fcp = self._select(fid)
        return fcp

    def _select(self, fid: int) -> bytes | None:
        """The FCP of a file in or near the current directory; None if the card has none with this
        identifier."""
        fcp = self._sent(CommandApdu(0, SELECT, 0, RETURN_FCP, fid.to_bytes(2, "big"), SHORT_LE_LIMIT))
        if fcp is None or Fcp.parse(fcp).fid in (fid, None):
            return fcp
        return None

    def _sent(self, command: CommandApdu) -> bytes | None:
        response = self.uicc.session.transmit(command)
        if response.sw.sw1 == 0x6E:
            raise CardError(
                "the card is a SIM of the second generation: it knows class 'A0' only, and no FCP"
            )
        if not (response.sw.is_success or response.sw == SW.SELECTED_FILE_INVALIDATED):
            return None
        try:
            Fcp.parse(response.data)
        except CardProtocolError:
            return None
        return response.data

    def _file(self, path: str, fcp: bytes) -> DumpedFile:
        """The selected EF with its content."""
        file = DumpedFile(path, fcp)
        self.uicc.selected = parsed = Fcp.parse(fcp)
        try:
            if parsed.structure == "transparent":
                file.content = self.uicc.read_binary()
            elif parsed.structure in ("linear fixed", "cyclic"):
                file.records = self.uicc.read_records()
            elif parsed.structure == "BER-TLV":
                file.objects = self.uicc.read_objects()
        except LinkError:
            raise
        except CardError as error:
            file.content = file.records = file.objects = None
            file.unreadable = unreadable(error)
        return file


_SIM_DIRECTORIES = ("MF", "DF.TELECOM", "DF.GSM", "DF.CDMA", "DF.GRAPHICS")
"""Directories whose files a SIM may have by name; the phone book of the third generation is none of them."""


@dataclass(slots=True)
class GsmWalker:
    """Visits all files of a SIM of the second generation; their FCPs are made from what it says of them."""

    sim: Sim
    progress: Callable[[str], None] = lambda path: None
    scan: bool = False

    def walk(self) -> Iterator[DumpedFile]:
        """The MF and all below it. LinkError if the card goes meanwhile."""
        status = self._select(files.MF)
        if status is None:
            return
        yield from self._directory("MF", (), status)

    def _directory(self, path: str, fids: tuple[int, ...], status: GsmStatus) -> Iterator[DumpedFile]:
        self.progress(path)
        yield DumpedFile(path, status.fcp)
        for fid, name in self._candidates(path.rpartition("/")[2], len(fids) + 1):
            child = self._select(fid)
            if child is None or fid in fids:
                continue
            if child.is_df:
                yield from self._directory(f"{path}/{name}", (*fids, fid), child)
                self._enter(fids)
            else:
                self.progress(f"{path}/{name}")
                yield self._file(f"{path}/{name}", child)

    def _candidates(self, directory: str, depth: int) -> list[tuple[int, str]]:
        names = _NAMES.get(directory, {}) if directory in _SIM_DIRECTORIES else {}
        fids = dict.fromkeys(sorted(names))
        if self.scan:
            fids |= dict.fromkeys(
                first << 8 | last for first in _SCANNED.get(depth, (0x4F,)) for last in range(256)
            )
        # From a directory below the MF, SELECT finds those beside it, too (TS 51.011 §6.5).
        beside = {0x7F10, 0x7F20, 0x7F25} if depth > 1 else set()
        return [(fid, names.get(fid, f"{fid:04X}")) for fid in fids if fid != files.MF and fid not in beside]

    def _enter(self, fids: tuple[int, ...]) -> None:
        for fid in (files.MF, *fids):
            self._select(fid)

    def _select(self, fid: int) -> GsmStatus | None:
        """What the card says of a file; None if it has none with this identifier here."""
        try:
            status = self.sim.select(fid)
        except LinkError:
            raise
        except CardError:
            return None
        return status if status.fid == fid else None

    def _file(self, path: str, status: GsmStatus) -> DumpedFile:
        file = DumpedFile(path, status.fcp)
        try:
            if status.structure == "transparent":
                file.content = self.sim.read_binary()
            elif status.record_length:
                file.records = self.sim.read_records()
        except LinkError:
            raise
        except CardError as error:
            file.content = file.records = None
            file.unreadable = unreadable(error)
        return file


def walk(
    card: Uicc | Sim, progress: Callable[[str], None] = lambda path: None, *, scan: bool = False
) -> Iterator[DumpedFile]:
    """All files of a card of either generation, each after its directory."""
    walker = GsmWalker(card, progress, scan) if isinstance(card, Sim) else Walker(card, progress, scan)
    yield from walker.walk()


def unreadable(error: CardError) -> str:
    """Why a file could not be read, with the status word if there is one."""
    why = reason(error)
    return f"{error.sw} {why}" if isinstance(error, CardStatusError) else why
