"""A link through AT+CRSM, which reads and writes files and nothing else (TS 27.007 §8.18)."""

from __future__ import annotations

from cards.apdu import CommandApdu
from cards.at.client import AtClient
from cards.at.links import restart
from cards.errors import CardProtocolError
from cards.fcp import Fcp
from cards.status import SW, StatusWord

READ_BINARY, READ_RECORD, GET_RESPONSE = 0xB0, 0xB2, 0xC0
UPDATE_BINARY, UPDATE_RECORD, STATUS = 0xD6, 0xDC, 0xF2
RETRIEVE_DATA, SET_DATA = 0xCB, 0xDB
COMMANDS = (
    READ_BINARY,
    READ_RECORD,
    GET_RESPONSE,
    UPDATE_BINARY,
    UPDATE_RECORD,
    STATUS,
    RETRIEVE_DATA,
    SET_DATA,
)
"""What AT+CRSM carries; INS in decimal is its <command>."""

SELECT = 0xA4
MF, CURRENT_ADF = 0x3F00, 0x7FFF
_BY_FID, _PARENT, _BY_AID, _FROM_MF, _FROM_DF = 0x00, 0x03, 0x04, 0x08, 0x09
_NO_DATA = 0x0C
_3GPP = bytes.fromhex("A000000087")


class CrsmLink:
    """To who sends APDUs it is a card with files: SELECT is remembered here, and each command on the selected
    file goes with its path. Other instructions are answered '6D00'.

    AT+CRSM reaches the files of the MF, below the DFs of the MF, and the ADF that the modem uses ('7FFF').
    """

    def __init__(self, client: AtClient) -> None:
        self._client = client
        self._directory: list[int] = []
        """FIDs from below the MF to the current DF."""
        self._file = 0
        """The current EF; 0 if a directory was selected last."""

    def transmit(self, apdu: bytes, /) -> bytes:
        command = CommandApdu.parse(apdu)
        if command.ins == SELECT:
            return self._select(command)
        if command.ins not in COMMANDS:
            return SW.INS_NOT_SUPPORTED.to_bytes(2, "big")
        if command.ins == STATUS:
            return self._parameters(self._directory or [MF])
        if not self._file:
            return SW.COMMAND_NOT_ALLOWED_NO_EF.to_bytes(2, "big")
        if command.ins == READ_BINARY and command.p1 & 0x80:
            return SW.INCORRECT_P1_P2.to_bytes(2, "big")  # a short identifier names no path
        return self._access(command.ins, self._file, command, self._directory)

    def reset(self) -> bytes:
        """Reset card and modem; the ATR is empty, for no AT command tells it."""
        self._directory, self._file = [], 0
        return restart(self._client)

    def close(self) -> None:
        self._client.close()

    def _access(self, ins: int, file: int, command: CommandApdu, directory: list[int]) -> bytes:
        length = len(command.data) if command.data else (command.le or 0) & 0xFF
        path = "".join(f"{fid:04X}" for fid in directory)
        data = command.data.hex().upper()
        text = f'+CRSM={ins},{file},{command.p1},{command.p2},{length},"{data}","{path}"'
        return self._run(text.removesuffix(',"",""').removesuffix(',""'))

    def _run(self, text: str) -> bytes:
        lines = self._client.execute(text, "+CRSM:")
        if not lines:
            raise CardProtocolError("the modem said OK to AT+CRSM and gave no answer of the card")
        parts = [part.strip().strip('"') for part in lines[0].split(",")]
        try:
            sw1, sw2 = int(parts[0]), int(parts[1])
            data = bytes.fromhex(parts[2]) if len(parts) > 2 else b""
            return data + bytes((sw1, sw2))
        except (ValueError, IndexError):
            raise CardProtocolError(f"the modem's answer {lines[0]!r} is no <sw1>,<sw2>,<response>") from None

    def _parameters(self, path: list[int]) -> bytes:
        """What SELECT of the last file in `path` would answer."""
        directory = [] if path == [MF] else path[:-1]
        return self._access(GET_RESPONSE, path[-1], CommandApdu(0, GET_RESPONSE), directory)

    def _select(self, command: CommandApdu) -> bytes:
        path = self._path(command)
        if path is None:
            return SW.FILE_NOT_FOUND.to_bytes(2, "big")
        answer = self._parameters(path or [MF])
        if not StatusWord(int.from_bytes(answer[-2:], "big")).is_success:
            return answer
        if not path:
            self._directory, self._file = [], 0
        elif _is_directory(answer[:-2]):
            self._directory, self._file = path, 0
        else:
            self._directory, self._file = path[:-1], path[-1]
        return SW.OK.to_bytes(2, "big") if command.p2 & _NO_DATA == _NO_DATA else answer

    def _path(self, command: CommandApdu) -> list[int] | None:
        """The path from below the MF that a SELECT asks for; None if it cannot be said in AT+CRSM."""
        data = command.data
        if command.p1 == _BY_AID:
            return [CURRENT_ADF] if data.startswith(_3GPP) else None
        if command.p1 == _PARENT:
            return self._directory[:-1]
        if len(data) % 2 or (command.p1 == _BY_FID and len(data) not in (0, 2)):
            return None
        fids = [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
        if command.p1 == _FROM_MF:
            return fids
        if command.p1 == _FROM_DF:
            return self._directory + fids
        if command.p1 != _BY_FID:
            return None
        if not fids or fids[0] == MF:
            return []
        return self._from_here(fids[0])

    def _from_here(self, fid: int) -> list[int]:
        """A file by its FID: the DF itself, the parent, a sibling DF, or a file below (TS 102 221 §8.4.2)."""
        if fid == CURRENT_ADF:
            return [fid]
        if fid in self._directory:
            return self._directory[: self._directory.index(fid) + 1]
        if self._directory and fid >> 8 == 0x7F:
            return [fid]  # the DFs of first level have the parent of all of them
        return [*self._directory, fid]


def _is_directory(parameters: bytes) -> bool:
    """Whether FCP ('62'), or the response parameters of a GSM SIM (TS 51.011 §9.2.1), are those of an MF, DF
    or ADF."""
    if parameters[:1] != b"\x62":
        return len(parameters) > 6 and parameters[6] in (0x01, 0x02)
    try:
        return Fcp.parse(parameters).is_df
    except CardProtocolError:
        return False
