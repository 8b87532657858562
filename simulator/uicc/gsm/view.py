"""The files of the card as a GSM terminal sees them (TS 51.011 §6.3, §10).

A profile for USIMs has no DF.GSM. Where it is missing, the EFs of ADF.USIM with the same identifier and
coding stand in for it, as on cards that serve both generations; those of DF.GSM-ACCESS have other
identifiers, and the SIM service table is computed from the USIM's.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from simulator.uicc.filesystem import FileSystem
from simulator.uicc.image import EfImage, FileStructure
from simulator.uicc.index import MF_FID, Node
from simulator.uicc.services import Naa, naa_of

DF_TELECOM, DF_GSM = 0x7F10, 0x7F20
EF_SST, _EF_UST = 0x6F38, 0x6F38
_DF_GSM_ACCESS = 0x5F3B

_NOT_IN_GSM: Final = frozenset({0x6F06, 0x6F08, 0x6F09, 0x6F56, 0x6F5B, 0x6F5C, 0x6F73})
"""EFs of ADF.USIM whose identifiers mean nothing, or something else, in DF.GSM."""
_FROM_GSM_ACCESS: Final = {0x6F20: 0x4F20, 0x6F52: 0x4F52}
"""EF.Kc and EF.KcGPRS: identifier in DF.GSM → in DF.GSM-ACCESS (TS 31.102 §4.4.3)."""
_IN_TELECOM: Final = frozenset(
    {0x6F3B, 0x6F3C, 0x6F3D, 0x6F40, 0x6F42, 0x6F43, 0x6F44, 0x6F47, 0x6F49, 0x6F4B, 0x6F4C, 0x6F4D, 0x6F4E}
)
"""EFs of DF.TELECOM in a SIM that are EFs of ADF.USIM in a UICC."""

SERVICES: Final = {
    2: 1, 3: 2, 4: 10, 5: 13, 6: 14, 9: 21, 11: 3, 12: 12, 14: 15, 15: 17, 16: 18, 17: 19, 18: 4, 19: 5,
    23: 24,
    24: 25, 25: 29, 26: 28, 28: 30, 30: 16, 31: 6, 32: 7, 33: 36, 34: 37, 35: 11, 37: 31, 39: 22, 40: 23,
    43: 20, 44: 42, 45: 43, 48: 39, 51: 45, 52: 46, 53: 47, 54: 48,
}  # fmt: skip
"""Service of EF.SST (TS 51.011 §10.3.7) → the service of EF.UST (TS 31.102 §4.2.8) that it is."""
_CHV1_DISABLING = 1
_SST_LENGTH = 14


class GsmFile(NamedTuple):
    """A file in its GSM place: the card's own, or `content` made up for GSM alone."""

    fid: int
    parent: int
    """Identifier of the directory it lies in."""
    node: Node
    content: bytes | None = None

    @property
    def is_df(self) -> bool:
        return self.node.is_df and self.content is None


class GsmView:
    """The tree of a SIM over a file system: MF, DF.TELECOM, DF.GSM and what lies in them."""

    def __init__(self, files: FileSystem) -> None:
        self.files = files
        self.usim = next((adf for adf in files.index.adfs if naa_of(adf) is Naa.USIM), None)
        self.directories: dict[int, dict[int, GsmFile]] = {MF_FID: {}}
        mf = files.index.mf
        self._fill(MF_FID, mf)
        for fid in (DF_TELECOM, DF_GSM):
            own = mf.by_fid.get(fid)
            if own is not None and own.is_df:
                self._fill(fid, own)
        if self.usim is not None:
            self._lend(self.usim)

    def _fill(self, fid: int, df: Node) -> None:
        files = self.directories.setdefault(fid, {})
        for child in df.children:
            if not child.is_df or fid == MF_FID:
                files[child.fid] = GsmFile(child.fid, fid, child)

    def _lend(self, usim: Node) -> None:
        """What the USIM has and DF.GSM or DF.TELECOM lacks."""
        root = self.directories[MF_FID]
        gsm = self.directories.setdefault(DF_GSM, {})
        telecom = self.directories.setdefault(DF_TELECOM, {})
        for fid in (DF_GSM, DF_TELECOM):
            root.setdefault(fid, GsmFile(fid, MF_FID, usim))
        for child in usim.children:
            if child.is_df or child.fid in _NOT_IN_GSM or child.structure is FileStructure.BER_TLV:
                continue
            place, files = (DF_TELECOM, telecom) if child.fid in _IN_TELECOM else (DF_GSM, gsm)
            files.setdefault(child.fid, GsmFile(child.fid, place, child))
        access = usim.by_fid.get(_DF_GSM_ACCESS)
        for fid, original in _FROM_GSM_ACCESS.items():
            if access is not None and original in access.by_fid:
                gsm.setdefault(fid, GsmFile(fid, DF_GSM, access.by_fid[original]))
        table = usim.by_fid.get(_EF_UST)
        if table is not None and gsm[EF_SST].node is table:
            gsm[EF_SST] = GsmFile(EF_SST, DF_GSM, table, self._service_table(table))

    def _service_table(self, ust: Node) -> bytes:
        """EF.SST: two bits for each service, allocated and activated."""
        table, available = bytearray(_SST_LENGTH), self.files.body(ust)
        for service, usim_service in {_CHV1_DISABLING: 0, **SERVICES}.items():
            byte, bit = divmod(usim_service - 1, 8)
            if not usim_service or (byte < len(available) and available[byte] >> bit & 1):
                table[(service - 1) // 4] |= 0x03 << 2 * ((service - 1) % 4)
        return bytes(table)

    def select(self, fid: int, directory: int) -> GsmFile | None:
        """The file that SELECT means from a directory: in it, itself, its parent, or a DF beside it
        (§6.6)."""
        if fid == MF_FID:
            return GsmFile(MF_FID, MF_FID, self.files.index.mf)
        here = self.directories.get(directory, {}).get(fid)
        beside = self.directories[MF_FID].get(fid)
        if here is not None:
            return here
        return beside if beside is not None and beside.is_df else None

    def body(self, file: GsmFile) -> bytes:
        """The content of an EF."""
        return self.files.body(file.node) if file.content is None else file.content

    def image(self, file: GsmFile) -> EfImage:
        return file.node.target.ef
