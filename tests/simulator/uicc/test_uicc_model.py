"""A small model of a file system beside the card, over long random sessions: both always agree.

The model is written from the clauses and keeps plain Python values; it knows nothing of images, indices or
overlays.
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from asn1 import tlv
from simulator.uicc import Card, FileSystem
from tests.simulator.uicc.test_uicc_administration import EVERYTHING, IMAGE

FIDS = [0x6F01, 0x6F02, 0x6F03, 0x6F04, 0x6F10, 0x6F11, 0x6F12]
TRANSPARENT, LINEAR, CYCLIC, BER_TLV = 0x41, 0x42, 0x46, 0x79
fids = st.sampled_from(FIDS)
small = st.binary(min_size=1, max_size=6)
tags = st.sampled_from([0x84, 0x85, 0xBF38])


class File:
    """An EF: its structure, and a bytearray, a list of records, or a dict of data objects."""

    def __init__(self, structure: int, content: Any, limit: int = 0) -> None:
        self.structure = structure
        self.limit = limit
        """Bytes that data objects may have together; 600 in the file that the image brings."""
        self.content = content
        self.is_active = True


def fcp(fid: int, structure: int, size: int, record_length: int = 0) -> bytes:
    descriptor = bytes((structure, 0x21)) + (record_length.to_bytes(2, "big") if record_length else b"")
    return tlv.encode(
        0x62,
        tlv.encode(0x82, descriptor)
        + tlv.encode(0x83, fid.to_bytes(2, "big"))
        + tlv.encode(0x8A, b"\x05")
        + EVERYTHING
        + tlv.encode(0x80, size.to_bytes(2, "big"))
        + tlv.encode(0x88, b""),
    )


class Session(RuleBasedStateMachine):
    """Commands on the MF of a card, with the administrative key verified."""

    @initialize()
    def power_up(self) -> None:
        self.files = FileSystem(IMAGE)
        self.faults: list[Exception] = []
        self._insert()
        self.model = {
            0x6F01: File(TRANSPARENT, bytearray(range(8))),
            0x6F02: File(LINEAR, [b"aa", b"bb", b"cc"]),
            0x6F03: File(CYCLIC, [b"a", b"b", b"c"]),
            0x6F04: File(BER_TLV, {}, 600),
        }
        self.current: int | None = None

    def _insert(self) -> None:
        self.card = Card(self.files, entropy=bytes)
        self.card.on_fault = lambda apdu, error: self.faults.append(error)
        assert self.send("0020000A08" + b"55555555".hex()) == (b"", 0x9000)

    def send(self, command: str, data: bytes = b"", le: str = "") -> tuple[bytes, int]:
        apdu = bytes.fromhex(command) + (bytes((len(data),)) + data if data else b"") + bytes.fromhex(le)
        answer = self.card.transmit(apdu)
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    @property
    def file(self) -> File | None:
        return self.model.get(self.current) if self.current is not None else None

    def refusal(self, *structures: int) -> int:
        """What the card says of a command for these structures, on the current file; 0 if nothing."""
        if self.file is None:
            return 0x6986
        if self.file.structure not in structures:
            return 0x6981
        return 0 if self.file.is_active else 0x6984

    @rule(fid=fids)
    def select(self, fid: int) -> None:
        answer = self.send("00A4000C", fid.to_bytes(2, "big"))
        if fid not in self.model:
            assert answer == (b"", 0x6A82)
            return
        self.current = fid
        assert answer == (b"", 0x9000 if self.model[fid].is_active else 0x6283)

    @rule()
    def select_mf(self) -> None:
        assert self.send("00A4000C", b"\x3f\x00") == (b"", 0x9000)
        self.current = None

    @rule(offset=st.integers(0, 12), length=st.integers(1, 12))
    def read_binary(self, offset: int, length: int) -> None:
        answer = self.send(f"00B0{offset:04X}{length:02X}")
        if refusal := self.refusal(TRANSPARENT):
            assert answer == (b"", refusal)
            return
        assert self.file is not None
        body = bytes(self.file.content)
        if offset >= len(body):
            assert answer == (b"", 0x6B00)
        elif offset + length > len(body):
            assert answer == (b"", 0x6C00 | len(body) - offset)
        else:
            assert answer == (body[offset : offset + length], 0x9000)

    @rule(offset=st.integers(0, 12), data=small)
    def update_binary(self, offset: int, data: bytes) -> None:
        answer = self.send(f"00D6{offset:04X}", data)
        if refusal := self.refusal(TRANSPARENT):
            assert answer == (b"", refusal)
            return
        assert self.file is not None
        body = self.file.content
        if offset >= len(body):
            assert answer == (b"", 0x6B00)
        elif offset + len(data) > len(body):
            assert answer == (b"", 0x6700)
        else:
            body[offset : offset + len(data)] = data
            assert answer == (b"", 0x9000)

    @rule(number=st.integers(1, 5))
    def read_record(self, number: int) -> None:
        answer = self.send(f"00B2{number:02X}0400")
        if refusal := self.refusal(LINEAR, CYCLIC):
            assert answer == (b"", refusal)
            return
        assert self.file is not None
        records = self.file.content
        assert answer == ((records[number - 1], 0x9000) if number <= len(records) else (b"", 0x6A83))

    @rule(number=st.integers(1, 5), data=small)
    def update_record(self, number: int, data: bytes) -> None:
        answer = self.send(f"00DC{number:02X}04", data)
        if refusal := self.refusal(LINEAR, CYCLIC):
            assert answer == (b"", refusal)
            return
        assert self.file is not None
        records = self.file.content
        if self.file.structure == CYCLIC:
            assert answer == (b"", 0x6A86)
        elif number > len(records):
            assert answer == (b"", 0x6A83)
        elif len(data) != len(records[0]):
            assert answer == (b"", 0x6700)
        else:
            records[number - 1] = data
            assert answer == (b"", 0x9000)

    @rule(data=small)
    def update_previous(self, data: bytes) -> None:
        """The way in which cyclic files are written: the oldest record becomes the first."""
        if self.file is None or self.file.structure != CYCLIC:
            return
        answer = self.send("00DC0003", data)
        records = self.file.content
        if not self.file.is_active:
            assert answer == (b"", 0x6984)
        elif len(data) != len(records[0]):
            assert answer == (b"", 0x6700)
        else:
            records[:] = [data, *records[:-1]]
            assert answer == (b"", 0x9000)

    @rule(tag=tags, value=st.one_of(st.none(), small))
    def set_data(self, tag: int, value: bytes | None) -> None:
        octets = tlv.tag_bytes(tag) if value is None else tlv.encode(tag, value)
        answer = self.send("80DB0080", octets)
        if refusal := self.refusal(BER_TLV):
            assert answer == (b"", refusal)
            return
        assert self.file is not None
        if value is not None:
            objects = {**self.file.content, tag: value}
            fits = sum(len(tlv.encode(*item)) for item in objects.items()) <= self.file.limit
            if fits:
                self.file.content = objects
            assert answer == (b"", 0x9000 if fits else 0x6A84)
        else:
            known = self.file.content.pop(tag, None) is not None
            assert answer == (b"", 0x9000 if known else 0x6A88)

    @rule(tag=tags)
    def retrieve_data(self, tag: int) -> None:
        answer = self.send("80CB0080", tlv.tag_bytes(tag), "00")
        if refusal := self.refusal(BER_TLV):
            assert answer == (b"", refusal)
            return
        assert self.file is not None
        value = self.file.content.get(tag)
        assert answer == ((b"", 0x6A88) if value is None else (tlv.encode(tag, value), 0x9000))

    @rule(fid=fids, kind=st.sampled_from([TRANSPARENT, LINEAR, CYCLIC, BER_TLV]), count=st.integers(1, 4))
    def create(self, fid: int, kind: int, count: int) -> None:
        has_records = kind in (LINEAR, CYCLIC)
        answer = self.send("00E00000", fcp(fid, kind, 2 * count, 2 if has_records else 0))
        if fid in self.model:
            assert answer == (b"", 0x6A89)
            return
        contents: dict[int, Any] = {TRANSPARENT: bytearray(b"\xff" * 2 * count), BER_TLV: {}}
        self.model[fid] = File(kind, contents.get(kind, [b"\xff\xff"] * count), 2 * count)
        self.current = fid
        assert answer == (b"", 0x9000)

    @precondition(lambda self: len(self.model) > 2)
    @rule(fid=fids)
    def delete(self, fid: int) -> None:
        answer = self.send("00E40000", fid.to_bytes(2, "big"))
        if fid not in self.model:
            assert answer == (b"", 0x6A82)
            return
        del self.model[fid]
        # Whatever was current below the MF: the MF is now.
        self.current = None
        assert answer == (b"", 0x9000)

    @rule(fid=fids, activate=st.booleans())
    def switch(self, fid: int, activate: bool) -> None:
        answer = self.send("00440000" if activate else "00040000", fid.to_bytes(2, "big"))
        if fid in self.model:
            self.model[fid].is_active = activate
        assert answer == (b"", 0x9000 if fid in self.model else 0x6A82)

    @rule()
    def power_cycle(self) -> None:
        """What the card saves is all that it needs."""
        saved = self.files.save()
        self.files = FileSystem(IMAGE)
        self.files.restore(saved)
        self._insert()
        self.current = None

    @rule()
    def reset(self) -> None:
        self.card.reset()
        assert self.send("0020000A08" + b"55555555".hex()) == (b"", 0x9000)
        self.current = None

    @invariant()
    def nothing_failed(self) -> None:
        assert not self.faults


TestSession = Session.TestCase
TestSession.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
