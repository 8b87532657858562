"""A SIM of the second generation as a terminal uses it: class 'A0' alone (TS 51.011 §8, §9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from asn1 import tlv
from cards import files
from cards.apdu import SHORT_DATA_LIMIT, SHORT_LE_LIMIT, CommandApdu, ResponseApdu
from cards.authentication import AuthenticationResult
from cards.errors import CardError, CardProtocolError, CardStatusError, InvalidPin, PinBlocked
from cards.identities import Iccid, Imsi, from_card
from cards.link import CardLink
from cards.processors import GSM_CLASS
from cards.session import SELECT, CardSession, TraceSink
from cards.status import SW
from cards.uicc import (
    ABSOLUTE_RECORD,
    PIN1,
    READ_BINARY,
    READ_RECORD,
    RETURN_FCP,
    STATUS,
    UPDATE_BINARY,
    UPDATE_RECORD,
    VERIFY,
    Uicc,
    pad_pin,
)

RUN_GSM_ALGORITHM = 0x88
_NO_SUCH_CLASS = (0x6E, 0x6D)
_MF, _EF = 0x01, 0x04
_STRUCTURES = {0x00: ("transparent", 0x41), 0x01: ("linear fixed", 0x42), 0x03: ("cyclic", 0x46)}
"""Byte 14 of the answer → structure, and the file descriptor byte of TS 102 221 that says the same."""
_DF_DESCRIPTOR, _DATA_CODING = 0x78, 0x21
_ACTIVATED, _DEACTIVATED = 0x05, 0x04
_CHV1, _CHV2 = 0x01, 0x81
_LEVEL_KEYS = {
    1: _CHV1,
    2: _CHV2,
    **{4 + n: 0x0A + n for n in range(5)},
    **{9 + n: 0x8A + n for n in range(5)},
}
"""Access condition level (§7.3) → key reference of TS 102 221 Table 9.3: ADM levels in their order."""
_NEVER = 0x0F
_TRIES, _INITIALISED = 0x0F, 0x80
_DIRECTORY_LENGTH = 22
"""Bytes of the answer to STATUS that every SIM has (§9.2.1)."""


@dataclass(frozen=True, slots=True)
class ChvState:
    """CHV1 or CHV2 as the answer to SELECT of a directory tells it (§9.2.1)."""

    reference: int
    """Key reference of TS 102 221 that means the same: '01' or '81'."""
    enabled: bool
    tries: int


@dataclass(frozen=True, slots=True)
class GsmStatus:
    """What a SIM says of the selected file: the answer to SELECT, as it came."""

    raw: bytes
    fid: int
    is_df: bool
    structure: str = "none"
    file_size: int = 0
    record_length: int = 0

    @classmethod
    def parse(cls, answer: bytes) -> Self:
        """§9.2.1: 22 bytes or more of a directory, 14 or more of a file. CardProtocolError if it is none."""
        if len(answer) < 14 or (answer[6] != _EF and len(answer) < 22):
            raise CardProtocolError(f"{len(answer)} bytes are no answer to SELECT of a SIM")
        fid = int.from_bytes(answer[4:6], "big")
        if answer[6] != _EF:
            return cls(answer, fid, is_df=True)
        structure, _ = _STRUCTURES.get(answer[13], ("unknown", 0))
        length = answer[14] if len(answer) > 14 and structure != "transparent" else 0
        return cls(answer, fid, False, structure, int.from_bytes(answer[2:4], "big"), length)

    @property
    def record_count(self) -> int:
        return self.file_size // self.record_length if self.record_length else 0

    @property
    def chvs(self) -> tuple[ChvState, ...]:
        """The CHVs that are initialised, of a directory. CHV2 cannot be disabled (§11.3.1)."""
        if not self.is_df:
            return ()
        states = ((_CHV1, not self.raw[13] & 0x80, self.raw[18:19]), (_CHV2, True, self.raw[20:21]))
        return tuple(
            ChvState(reference, enabled, octet[0] & _TRIES)
            for reference, enabled, octet in states
            if octet and octet[0] & _INITIALISED
        )

    @property
    def pins(self) -> tuple[ChvState, ...]:
        """The CHVs, as an FCP calls them."""
        return self.chvs

    @property
    def aid(self) -> bytes:
        """A directory of a SIM has none."""
        return b""

    @property
    def fcp(self) -> bytes:
        """The same as file control parameters '62' (TS 102 221 §11.1.1.3), with access rules in the expanded
        format."""
        fid = tlv.encode(0x83, self.fid.to_bytes(2, "big"))
        if self.is_df:
            parts = tlv.encode(0x82, bytes((_DF_DESCRIPTOR, _DATA_CODING))) + fid
            parts += tlv.encode(0x8A, bytes((_ACTIVATED,))) + tlv.encode(0xC6, self._pin_template())
            return tlv.encode(0x62, parts)
        _, descriptor = _STRUCTURES.get(self.raw[13], ("", 0x41))
        described = bytes((descriptor, _DATA_CODING))
        if self.record_length:
            described += self.record_length.to_bytes(2, "big") + bytes((self.record_count,))
        cycle = _ACTIVATED if self.raw[11] & 1 else _DEACTIVATED
        parts = tlv.encode(0x82, described) + fid + tlv.encode(0x8A, bytes((cycle,)))
        parts += tlv.encode(0xAB, self._rules()) + tlv.encode(0x80, self.file_size.to_bytes(2, "big"))
        return tlv.encode(0x62, parts + tlv.encode(0x88, b""))

    def _pin_template(self) -> bytes:
        chvs = self.chvs
        mask = sum(0x80 >> place for place, chv in enumerate(chvs) if chv.enabled)
        references = b"".join(tlv.encode(0x83, bytes((chv.reference,))) for chv in chvs)
        return tlv.encode(0x90, bytes((mask,))) + references

    def _rules(self) -> bytes:
        """READ, UPDATE, INCREASE, ACTIVATE (which was REHABILITATE), DEACTIVATE (INVALIDATE), each with its
        level."""
        read, update = self.raw[8] >> 4, self.raw[8] & 0x0F
        increase = self.raw[9] >> 4
        activate, deactivate = self.raw[10] >> 4, self.raw[10] & 0x0F
        rules = _mode(0x80, 0x01) + _condition(read) + _mode(0x80, 0x02) + _condition(update)
        if self.structure == "cyclic":
            rules += _mode(0x84, 0x32) + _condition(increase)
        return rules + _mode(0x80, 0x10) + _condition(activate) + _mode(0x80, 0x08) + _condition(deactivate)


def _mode(tag: int, value: int) -> bytes:
    return tlv.encode(tag, bytes((value,)))


def _condition(level: int) -> bytes:
    """An access condition level as a security condition (TS 102 221 §9.2.4)."""
    if level == 0:
        return tlv.encode(0x90, b"")
    key = _LEVEL_KEYS.get(level)
    if key is None:
        return tlv.encode(0x97, b"")
    return tlv.encode(0xA4, tlv.encode(0x83, bytes((key,))) + tlv.encode(0x95, b"\x08"))


class Sim:
    """Commands of class 'A0'. Every refusal is a CardStatusError."""

    def __init__(self, link: CardLink, *, trace: TraceSink | None = None) -> None:
        self.session = CardSession(link, trace=trace)
        self.selected: GsmStatus | None = None
        """What the card said of the file that was selected last."""

    def _send(
        self, ins: int, p1: int = 0, p2: int = 0, data: bytes = b"", le: int | None = None, doing: str = ""
    ) -> ResponseApdu:
        return self.session.send(ins, p1, p2, data, le, cla=GSM_CLASS, doing=doing)

    def select(self, target: int | str) -> GsmStatus:
        """Select a file by its identifier, or by a path of names ('MF/DF.GSM/EF.IMSI')."""
        if isinstance(target, int):
            answer = self._send(SELECT, data=target.to_bytes(2, "big"), doing=f"selecting {target:04X}")
            self.selected = GsmStatus.parse(answer.data)
            return self.selected
        directory, status = "", None
        for name in target.strip("/").split("/"):
            status = self.select(files.file_identifier(name, directory))
            directory = name
        if status is None:
            raise files.UnknownFileError("an empty path stands for no file")
        return status

    def read_binary(self) -> bytes:
        """All of the selected transparent EF, in pieces of up to 256 bytes."""
        size, data = self._selected().file_size, b""
        while len(data) < size:
            wanted = min(SHORT_LE_LIMIT, size - len(data))
            at = len(data)
            piece = self._send(READ_BINARY, at >> 8, at & 0xFF, le=wanted, doing="READ BINARY").data
            data += piece
            if len(piece) < wanted:
                break
        return data

    def read_record(self, number: int) -> bytes:
        """A record, counted from 1, of the selected EF."""
        wanted = self._selected().record_length
        return self._send(READ_RECORD, number, ABSOLUTE_RECORD, le=wanted, doing="READ RECORD").data

    def read_records(self) -> list[bytes]:
        """All records of the selected EF."""
        return [self.read_record(number) for number in range(1, self._selected().record_count + 1)]

    def status(self) -> GsmStatus:
        """What the card says of the current directory (STATUS)."""
        return GsmStatus.parse(self._send(STATUS, le=_DIRECTORY_LENGTH, doing="STATUS").data)

    def update_binary(self, data: bytes) -> None:
        """Write to the selected transparent EF from its first byte on, in pieces of up to 255 bytes."""
        for at in range(0, len(data), SHORT_DATA_LIMIT):
            piece = data[at : at + SHORT_DATA_LIMIT]
            self._send(UPDATE_BINARY, at >> 8, at & 0xFF, piece, doing="UPDATE BINARY")

    def update_record(self, number: int, data: bytes) -> None:
        """Write a record, counted from 1, of the selected EF; its whole length must be given."""
        self._send(UPDATE_RECORD, number, ABSOLUTE_RECORD, data, doing="UPDATE RECORD")

    def pin_tries(self, reference: int) -> int:
        """Tries of CHV1 ('01') or CHV2 ('81') that remain; 0 if the card has none."""
        states = self.status().chvs
        return next((chv.tries for chv in states if chv.reference == reference), 0)

    def verify_pin(self, reference: int, value: str | bytes) -> None:
        """Verify CHV1 ('01') or CHV2 ('81'). InvalidPin with the tries that remain: a SIM says only that it
        was wrong, so that the directory is asked."""
        number = 1 if reference == PIN1 else 2
        command = CommandApdu(GSM_CLASS, VERIFY, 0, number, pad_pin(value))
        sw = self.session.transmit(command).sw
        if sw == SW.GSM_CHV_BLOCKED:
            raise PinBlocked(sw, command)
        if sw == SW.GSM_CHV_FAILED:
            left = next((chv.tries for chv in self.select(files.MF).chvs if chv.reference == reference), 0)
            raise InvalidPin(left, sw, command)
        if not sw.is_success:
            raise CardStatusError(sw, command)

    def authenticate_gsm(self, rand: bytes) -> AuthenticationResult:
        """RUN GSM ALGORITHM in DF.GSM: SRES (as `res`) and Kc."""
        self.select("MF/DF.GSM")
        answer = self._send(RUN_GSM_ALGORITHM, data=rand, doing="RUN GSM ALGORITHM").data
        if len(answer) != 12:
            raise CardProtocolError(f"RUN GSM ALGORITHM answered {len(answer)} bytes, not 12")
        return AuthenticationResult(res=answer[:4], kc=answer[4:])

    def read_iccid(self) -> Iccid:
        """The number of the card (EF.ICCID)."""
        self.select("MF/EF.ICCID")
        return from_card(Iccid, self.read_binary())

    def read_imsi(self) -> Imsi:
        """The number of the subscription. The card may ask for CHV1 first."""
        self.select("MF/DF.GSM/EF.IMSI")
        return from_card(Imsi, self.read_binary())

    def _selected(self) -> GsmStatus:
        if self.selected is None:
            raise CardError("no file is selected")
        return self.selected


def card_on(link: CardLink, *, trace: TraceSink | None = None) -> Uicc | Sim:
    """The card as what it is: a SIM of the second generation does not know the class of a UICC's commands."""
    uicc = Uicc(link, trace=trace)
    select = CommandApdu(0, SELECT, 0, RETURN_FCP, files.MF.to_bytes(2, "big"), SHORT_LE_LIMIT)
    if uicc.session.transmit(select).sw.sw1 not in _NO_SUCH_CLASS:
        return uicc
    return Sim(link, trace=trace)
