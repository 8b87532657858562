"""A UICC as a terminal uses it: files, PINs, authentication (TS 102 221 §11, TS 31.102 §7)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from asn1 import tlv
from asn1.errors import TlvError
from cards import data_objects, files
from cards.apdu import SHORT_DATA_LIMIT, SHORT_LE_LIMIT, CommandApdu
from cards.authentication import (
    GSM_CONTEXT,
    UMTS_CONTEXT,
    AuthenticationResult,
    length_prefixed,
    parse_gsm,
    parse_umts,
)
from cards.errors import CardError, CardProtocolError, CardStatusError, InvalidPin, LinkError, PinBlocked
from cards.fcp import Fcp
from cards.identities import Iccid, Imsi, from_card
from cards.link import CardLink
from cards.session import SELECT, CardSession, TraceSink
from cards.status import SW

READ_BINARY, UPDATE_BINARY = 0xB0, 0xD6
READ_RECORD, UPDATE_RECORD = 0xB2, 0xDC
SEARCH_RECORD, INCREASE, STATUS, AUTHENTICATE = 0xA2, 0x32, 0xF2, 0x88
VERIFY, CHANGE, DISABLE, ENABLE, UNBLOCK = 0x20, 0x24, 0x26, 0x28, 0x2C

RETURN_FCP = 0x04
ABSOLUTE_RECORD = 0x04
LARGEST_OFFSET = 0x7FFF
PIN1, PIN2, UNIVERSAL_PIN, ADM1 = 0x01, 0x81, 0x11, 0x0A
"""Key references, TS 102 221 Table 9.3."""


@dataclass(frozen=True, slots=True)
class ApplicationEntry:
    """A record of EF.DIR (TS 102 221 §13.1): an application on the card and what it is called."""

    aid: bytes
    label: str = ""


class Uicc:
    """Commands to the card on one logical channel. Every refusal is a CardStatusError."""

    def __init__(self, link: CardLink, channel: int = 0, *, trace: TraceSink | None = None) -> None:
        self.session = CardSession(link, channel, trace=trace)
        self.selected: Fcp | None = None
        """File control parameters of the file selected last."""

    def open_channel(self) -> Uicc:
        """The same card on a new logical channel, where the MF is selected."""
        return Uicc(self.session.link, self.session.open_channel(), trace=self.session.trace)

    def close_channel(self) -> None:
        """Close this logical channel; the basic channel stays open."""
        if self.session.channel:
            CardSession(self.session.link, trace=self.session.trace).close_channel(self.session.channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(LinkError):  # a card that is gone has no channels, and why it went is told already
            self.close_channel()

    # Files

    def select(self, target: int | str | bytes) -> Fcp:
        """Select a file: an FID (0x6F07), an AID or its first bytes (bytes), or a path by names or
        hexadecimal FIDs ('MF/ADF.USIM/EF.IMSI', '3F00/7F10/6F3A'). Returns its FCP."""
        if isinstance(target, str):
            return self._select_path(target)
        if isinstance(target, bytes):
            self.selected = Fcp.parse(self.session.select_application(target, le=SHORT_LE_LIMIT))
            return self.selected
        return self._select_fid(target, f"{target:04X}")

    def _select_fid(self, fid: int, name: str) -> Fcp:
        data = fid.to_bytes(2, "big")
        answer = self.session.send(SELECT, 0, RETURN_FCP, data, SHORT_LE_LIMIT, doing=f"selecting {name}")
        self.selected = Fcp.parse(answer.data)
        return self.selected

    def _select_path(self, path: str) -> Fcp:
        directory = ""
        fcp: Fcp | None = None
        for name in (part.strip() for part in path.strip("/").split("/")):
            if name.upper() in files.APPLICATIONS:
                fcp = self.select(self.find_application(name.upper()))
            else:
                fcp = self._select_fid(files.file_identifier(name, directory), name)
            directory = name
        if fcp is None:
            raise files.UnknownFileError("an empty path stands for no file")
        return fcp

    def status(self) -> Fcp:
        """The FCP of the current directory (STATUS, TS 102 221 §11.1.2)."""
        return Fcp.parse(self.session.send(STATUS, cla=0x80, le=SHORT_LE_LIMIT).data)

    def read_binary(self, offset: int = 0, length: int | None = None) -> bytes:
        """Read the selected transparent EF in pieces of up to 256 bytes; all of it if no length is given."""
        if length is None:
            length = self._size() - offset
        data = b""
        while len(data) < length:
            at = offset + len(data)
            wanted = min(SHORT_LE_LIMIT, length - len(data))
            answer = self.session.send(READ_BINARY, *_offset(at), le=wanted, doing="READ BINARY")
            data += answer.data
            if len(answer.data) < wanted:
                break
        return data

    def update_binary(self, data: bytes, offset: int = 0) -> None:
        """Write to the selected transparent EF in pieces of up to 255 bytes."""
        for start in range(0, len(data), SHORT_DATA_LIMIT):
            piece = data[start : start + SHORT_DATA_LIMIT]
            self.session.send(UPDATE_BINARY, *_offset(offset + start), piece, doing="UPDATE BINARY")

    def read_record(self, number: int, length: int | None = None) -> bytes:
        """Read a record, counted from 1, of the selected linear fixed or cyclic EF."""
        wanted = length or self._record_length()
        return self.session.send(READ_RECORD, number, ABSOLUTE_RECORD, le=wanted, doing="READ RECORD").data

    def read_records(self) -> list[bytes]:
        """All records of the selected EF."""
        count = self._selected().record_count
        return [self.read_record(number) for number in range(1, count + 1)]

    def update_record(self, number: int, data: bytes) -> None:
        """Write a record, counted from 1; its whole length must be given."""
        self.session.send(UPDATE_RECORD, number, ABSOLUTE_RECORD, data, doing="UPDATE RECORD")

    def search_record(self, pattern: bytes, start: int = 1) -> list[int]:
        """Numbers of the records, from `start` on, that hold `pattern` (simple search, §11.1.7)."""
        command = CommandApdu(0, SEARCH_RECORD, start, ABSOLUTE_RECORD, pattern, SHORT_LE_LIMIT)
        response = self.session.transmit(command)
        # '6282': the end was reached and nothing found.
        if response.sw in (SW.END_OF_FILE, SW.RECORD_NOT_FOUND):
            return []
        if not response.sw.is_success:
            raise CardStatusError(response.sw, command, "SEARCH RECORD")
        return list(response.data)

    def increase(self, value: int) -> int:
        """Add 3 bytes' worth to the selected cyclic EF; the new value (INCREASE, §11.1.8)."""
        added = value.to_bytes(3, "big")
        length = self._record_length()
        answer = self.session.send(INCREASE, 0, 0, added, SHORT_LE_LIMIT, cla=0x80, doing="INCREASE")
        return int.from_bytes(answer.data[:length], "big")

    def read_objects(self) -> dict[int, bytes]:
        """Tag → value of every data object in the selected BER-TLV file (RETRIEVE DATA, §11.3.1)."""
        return {tag: data_objects.retrieve(self.session, tag) for tag in data_objects.tags(self.session)}

    def write_object(self, tag: int, value: bytes | None) -> None:
        """Create or replace a data object of the selected BER-TLV file; None deletes it (SET DATA)."""
        if value is None:
            data_objects.delete(self.session, tag)
        else:
            data_objects.store(self.session, tag, value)

    # PINs, TS 102 221 §11.1.9 to §11.1.13

    def verify_pin(self, reference: int, value: str | bytes) -> None:
        """Verify a PIN. Raises InvalidPin with the tries that remain."""
        self._pin_command(VERIFY, 0, reference, pad_pin(value))

    def change_pin(self, reference: int, old: str | bytes, new: str | bytes) -> None:
        self._pin_command(CHANGE, 0, reference, pad_pin(old) + pad_pin(new))

    def disable_pin(self, reference: int, value: str | bytes) -> None:
        self._pin_command(DISABLE, 0, reference, pad_pin(value))

    def enable_pin(self, reference: int, value: str | bytes) -> None:
        self._pin_command(ENABLE, 0, reference, pad_pin(value))

    def unblock_pin(self, reference: int, puk: str | bytes, new: str | bytes) -> None:
        """Set a new PIN with the PUK. Raises InvalidPin with the tries of the PUK that remain."""
        self._pin_command(UNBLOCK, 0, reference, pad_pin(puk) + pad_pin(new))

    def pin_tries(self, reference: int) -> int:
        """Tries that remain, asked without using one; PIN verified or disabled counts as 3."""
        sw = self.session.transmit(CommandApdu(0, VERIFY, 0, reference)).sw
        if sw == SW.AUTHENTICATION_METHOD_BLOCKED:
            return 0
        return 3 if sw.retries is None else sw.retries

    def _pin_command(self, ins: int, p1: int, reference: int, data: bytes) -> None:
        command = CommandApdu(0, ins, p1, reference, data)
        sw = self.session.transmit(command).sw
        if sw.retries is not None:
            raise InvalidPin(sw.retries, sw, command)
        if sw == SW.AUTHENTICATION_METHOD_BLOCKED:
            raise PinBlocked(sw, command)
        if not sw.is_success:
            raise CardStatusError(sw, command)

    # Authentication, TS 31.102 §7.1

    def authenticate(self, rand: bytes, autn: bytes) -> AuthenticationResult:
        """Authenticate in the 3G context of the selected application. '9862', a wrong MAC, and all other
        refusals are CardStatusErrors; a synchronisation failure is a result that holds AUTS."""
        data = length_prefixed(rand, autn)
        answer = self.session.send(AUTHENTICATE, 0, UMTS_CONTEXT, data, SHORT_LE_LIMIT, doing="AUTHENTICATE")
        return parse_umts(answer.data)

    def authenticate_gsm(self, rand: bytes) -> AuthenticationResult:
        """Authenticate in the GSM context: SRES (as `res`) and Kc."""
        data = length_prefixed(rand)
        answer = self.session.send(AUTHENTICATE, 0, GSM_CONTEXT, data, SHORT_LE_LIMIT, doing="AUTHENTICATE")
        return parse_gsm(answer.data)

    # What people ask for first

    def applications(self) -> list[ApplicationEntry]:
        """The applications that EF.DIR lists."""
        self._select_fid(files.MF, "MF")
        self._select_fid(0x2F00, "EF.DIR")
        return [entry for record in self.read_records() if (entry := _directory_entry(record))]

    def find_application(self, name: str) -> bytes:
        """The AID of 'ADF.USIM', 'ADF.ISIM' or 'ADF.CSIM' on this card, from EF.DIR."""
        prefix = files.APPLICATIONS[name]
        for entry in self.applications():
            if entry.aid.startswith(prefix):
                return entry.aid
        raise CardError(f"the card has no {name}: EF.DIR does not list it")

    def read_iccid(self) -> Iccid:
        """The number of the card, or of the enabled profile (EF.ICCID)."""
        self.select("MF/EF.ICCID")
        return from_card(Iccid, self.read_binary())

    def read_imsi(self) -> Imsi:
        """The number of the subscription (EF.IMSI of the USIM). The card may ask for PIN 1 first."""
        self.select("MF/ADF.USIM/EF.IMSI")
        return from_card(Imsi, self.read_binary())

    def _selected(self) -> Fcp:
        if self.selected is None:
            raise CardError("no file is selected")
        return self.selected

    def _size(self) -> int:
        size = self._selected().file_size
        if size is None:
            raise CardProtocolError("the card does not say how long the selected file is")
        return size

    def _record_length(self) -> int:
        return self._selected().record_length or SHORT_LE_LIMIT


def pad_pin(value: str | bytes) -> bytes:
    """A PIN of 4 to 8 digits as 8 bytes, filled with 'FF' (TS 102 221 §9.5.1); bytes go as they are."""
    if isinstance(value, bytes):
        return value
    if not (value.isascii() and value.isdecimal() and 4 <= len(value) <= 8):
        raise CardError("a PIN has 4 to 8 digits")
    return value.encode().ljust(8, b"\xff")


def _offset(offset: int) -> tuple[int, int]:
    """P1 and P2 for an offset of up to 32767 into a file."""
    if not 0 <= offset <= LARGEST_OFFSET:
        raise CardError(f"offset {offset} is beyond the {LARGEST_OFFSET} that READ and UPDATE BINARY reach")
    return offset >> 8, offset & 0xFF


def _directory_entry(record: bytes) -> ApplicationEntry | None:
    """An application template '61' with AID '4F' and label '50'; None for an unused record."""
    if record[:1] != b"\x61":
        return None
    try:
        objects = {item.tag: item.value for item in tlv.read_all(tlv.read(record).value)}
    except TlvError as error:
        raise CardProtocolError(f"a record of EF.DIR is no TLV: {error}") from None
    return ApplicationEntry(objects.get(0x4F, b""), objects.get(0x50, b"").decode("latin-1"))
