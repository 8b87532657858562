"""Files that are written, searched and counted up (TS 102 221 §11.1.4, §11.1.6 to §11.1.8), what is refused,
and that EF.ARR is obeyed (§9.2).

What was in a file is there again afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cards import Uicc
from cards.apdu import CommandApdu
from cards.errors import CardStatusError
from cards.fcp import Fcp
from cards.status import SW, StatusWord
from cards.uicc import INCREASE, SEARCH_RECORD, UPDATE_BINARY, UPDATE_RECORD
from simulator.conformance.exchange import answers
from simulator.conformance.known import PIN1
from simulator.conformance.model import Check, NotApplicable, Subject, expect, require
from simulator.conformance.pin_state import is_enabled, present_pin
from simulator.uicc.access import Condition, Operation, Rule, condition_for, parse_compact, parse_expanded

_RECORD_FILES = ("EF.SMS", "EF.MSISDN", "EF.SMSP", "EF.EPSNSC", "EF.SMSR")
"""Where a linear file that PIN 1 lets update is looked for."""
_CYCLIC_FILES = ("EF.ACM", "EF.ICI", "EF.OCI", "EF.ICT", "EF.OCT")
_RULED = (
    *("EF.LI", "EF.IMSI", "EF.Keys", "EF.KeysPS", "EF.HPPLMN", "EF.UST", "EF.ACC", "EF.FPLMN", "EF.LOCI"),
    *("EF.AD", "EF.PSLOCI", "EF.EPSLOCI", "EF.SPN", "EF.EST", "EF.START-HFN", "EF.THRESHOLD", "EF.NETPAR"),
    *("EF.PLMNwAcT", "EF.OPLMNwAcT", "EF.HPLMNwAcT", "EF.EHPLMN"),
)
"""Transparent files of a USIM whose access rules are tried."""


@contextmanager
def _transparent(subject: Subject) -> Iterator[tuple[Uicc, bytes]]:
    """EF.FPLMN selected, PIN 1 presented, and its content, which is there again afterwards."""
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    present_pin(subject, uicc)
    uicc.select("MF/ADF.USIM/EF.FPLMN")
    before = uicc.read_binary()
    try:
        yield uicc, before
    finally:
        uicc.select("MF/ADF.USIM/EF.FPLMN")
        uicc.update_binary(before)


def _send(uicc: Uicc, ins: int, p1: int, p2: int, data: bytes, cla: int = 0) -> StatusWord:
    le = 256 if ins in (SEARCH_RECORD, INCREASE) else None
    return uicc.session.transmit(CommandApdu(cla, ins, p1, p2, data, le)).sw


def _binary(subject: Subject) -> None:
    with _transparent(subject) as (uicc, before):
        new = bytes.fromhex("99F907") + before[3:]
        uicc.update_binary(new)
        expect(uicc.read_binary() == new, "READ BINARY reads something else than was written")
        uicc.update_binary(b"\x13\xf0\x62", 3)
        wanted = new[:3] + b"\x13\xf0\x62" + new[6:]
        expect(uicc.read_binary() == wanted, "UPDATE BINARY at an offset writes elsewhere")
        subject.link.reset()
        uicc.select("MF/ADF.USIM")
        present_pin(subject, uicc)
        uicc.select("MF/ADF.USIM/EF.FPLMN")
        expect(uicc.read_binary() == wanted, "a reset takes back what was written")


def _binary_beyond(subject: Subject) -> None:
    with _transparent(subject) as (uicc, before):
        size = len(before)
        sw = _send(uicc, UPDATE_BINARY, 0, size - 1, b"\0\0")
        answers(sw, "6700|6B00|6A84", "two bytes at the last one")
        answers(_send(uicc, UPDATE_BINARY, 0, size, b"\0"), "6B00|6700", "a byte behind the last one")
        expect(uicc.read_binary() == before, "a refused UPDATE BINARY writes nevertheless")


def _binary_by_sfi(subject: Subject) -> None:
    """With a short file identifier, which selects the file (EF.FPLMN has '0D' in a USIM, TS 31.102 Table
    4.2)."""
    with _transparent(subject) as (uicc, before):
        fcp = uicc.selected
        assert fcp is not None, "EF.FPLMN was selected"
        require(bool(fcp.sfi), "EF.FPLMN has no short file identifier")
        uicc.select("MF/ADF.USIM")
        sw = _send(uicc, UPDATE_BINARY, 0x80 | (fcp.sfi or 0), 0, before[:3])
        answers(sw, "9000", "UPDATE BINARY by SFI")
        data = uicc.session.send(0xB0, 0, 0, le=len(before)).data
        expect(data == before, "the file is not the current one afterwards")


def _binary_refused(subject: Subject) -> None:
    uicc = subject.uicc
    uicc.select("MF/EF.ICCID")
    answers(_send(uicc, UPDATE_BINARY, 0, 0, bytes(10)), "6982|6985|6900", "UPDATE BINARY of EF.ICCID")
    uicc.select("MF/EF.DIR")
    answers(_send(uicc, UPDATE_BINARY, 0, 0, b"\0"), "6981|6982", "UPDATE BINARY of a file of records")
    uicc.select("MF")
    answers(_send(uicc, UPDATE_BINARY, 0, 0, b"\0"), "6986", "UPDATE BINARY without a file")


# Records


@contextmanager
def _records(subject: Subject) -> Iterator[tuple[Uicc, Fcp, list[bytes]]]:
    """A linear fixed file that can be written with PIN 1; its records are there again afterwards."""
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    present_pin(subject, uicc)
    for name in _RECORD_FILES:
        try:
            fcp = uicc.select(f"MF/ADF.USIM/{name}")
            before = uicc.read_records()
            uicc.update_record(1, before[0])
        except CardStatusError:
            continue
        try:
            yield uicc, fcp, before
        finally:
            uicc.select(f"MF/ADF.USIM/{name}")
            for number, record in enumerate(before, 1):
                uicc.update_record(number, record)
        return
    raise NotApplicable("the USIM has no file of records that PIN 1 lets write")


def _record(subject: Subject) -> None:
    with _records(subject) as (uicc, fcp, before):
        new = bytes(range(256))[: fcp.record_length].ljust(fcp.record_length, b"\x5a")
        uicc.update_record(1, new)
        expect(uicc.read_record(1) == new, "READ RECORD reads something else than was written")
        expect(uicc.read_records()[1:] == before[1:], "UPDATE RECORD changes other records")


def _record_modes(subject: Subject) -> None:
    """NEXT from nowhere is the first record, PREVIOUS from nowhere the last."""
    with _records(subject) as (uicc, fcp, before):
        answers(_send(uicc, UPDATE_RECORD, 0, 2, before[0]), "9000", "UPDATE RECORD of the next one")
        new = b"\xa5" * fcp.record_length
        uicc.select(fcp.fid or 0)
        answers(_send(uicc, UPDATE_RECORD, 0, 3, new), "9000", "UPDATE RECORD of the previous one")
        expect(uicc.read_record(len(before)) == new, "PREVIOUS from nowhere is not the last record")


def _record_refused(subject: Subject) -> None:
    with _records(subject) as (uicc, fcp, before):
        short = before[0][:-1]
        answers(_send(uicc, UPDATE_RECORD, 1, 4, short), "6700", "a record that is too short")
        answers(_send(uicc, UPDATE_RECORD, 1, 4, before[0] + b"\0"), "6700", "a record that is too long")
        count = fcp.record_count
        sw = _send(uicc, UPDATE_RECORD, count + 1, 4, before[0])
        answers(sw, "6A83", "a record behind the last one")
        answers(
            _send(uicc, UPDATE_RECORD, 0, 4, before[0]), "6A83", "the current record, of which there is none"
        )
        answers(_send(uicc, UPDATE_RECORD, 1, 5, before[0]), "6A86|6B00", "P2 '05'")
        expect(uicc.read_records() == before, "a refused UPDATE RECORD writes nevertheless")


def _record_structure(subject: Subject) -> None:
    with _transparent(subject) as (uicc, _):
        answers(_send(uicc, UPDATE_RECORD, 1, 4, b"\0"), "6981", "UPDATE RECORD of a transparent file")


# SEARCH RECORD, §11.1.7


def _search(subject: Subject) -> None:
    """EF.DIR for the AID of its first record: forwards, backwards, enhanced."""
    uicc = subject.uicc
    uicc.select("MF/EF.DIR")
    records = uicc.read_records()
    pattern = records[0][4:11]
    wanted = [number for number, record in enumerate(records, 1) if pattern in record]
    found = uicc.search_record(pattern)
    expect(found == wanted, f"forwards it finds {found} in place of {wanted}")
    command = CommandApdu(0, SEARCH_RECORD, len(records), 5, pattern, 256)
    backwards = list(uicc.session.transmit(command).data)
    expect(backwards == wanted[::-1], f"backwards it finds {backwards} in place of {wanted[::-1]}")
    command = CommandApdu(0, SEARCH_RECORD, 1, 6, bytes((0x04, 4)) + pattern, 256)
    enhanced = uicc.session.transmit(command)
    if enhanced.sw in (SW.INCORRECT_P1_P2, SW.FUNCTION_NOT_SUPPORTED):
        raise NotApplicable(f"the card has no enhanced search ({enhanced.sw})")
    expect(list(enhanced.data) == wanted, f"enhanced it finds {list(enhanced.data)} in place of {wanted}")


def _search_nothing(subject: Subject) -> None:
    uicc = subject.uicc
    uicc.select("MF/EF.DIR")
    answers(_send(uicc, SEARCH_RECORD, 1, 4, b"\x01\x02\x03\x04\x05\x06"), "6282|6A83", "what is not there")
    answers(_send(uicc, SEARCH_RECORD, 254, 4, b"\x61"), "6A83|6A86", "from a record that is not there")
    uicc.select("MF/EF.ICCID")
    answers(_send(uicc, SEARCH_RECORD, 1, 4, b"\x61"), "6981", "SEARCH RECORD of a transparent file")


# INCREASE, §11.1.8


@contextmanager
def _cyclic(subject: Subject) -> Iterator[Uicc]:
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    present_pin(subject, uicc)
    for name in _CYCLIC_FILES:
        try:
            uicc.select(f"MF/ADF.USIM/{name}")
            uicc.increase(0)
        except CardStatusError:
            continue
        yield uicc
        return
    raise NotApplicable("the USIM has no cyclic file that PIN 1 lets increase")


def _increase(subject: Subject) -> None:
    with _cyclic(subject) as uicc:
        before = int.from_bytes(uicc.read_record(1), "big")
        expect(uicc.increase(1) == before + 1, "INCREASE answers another sum")
        now = int.from_bytes(uicc.read_record(1), "big")
        expect(now == before + 1, "the newest record is not the sum")


def _increase_maximum(subject: Subject) -> None:
    with _cyclic(subject) as uicc:
        before = int.from_bytes(uicc.read_record(1), "big")
        length = uicc.selected.record_length if uicc.selected else 3
        if before == 0:
            uicc.increase(1)
        sw = _send(uicc, INCREASE, 0, 0, b"\xff" * length, cla=0x80)
        answers(sw, "9850", "INCREASE beyond the maximum")


def _increase_structure(subject: Subject) -> None:
    with _transparent(subject) as (uicc, _):
        answers(_send(uicc, INCREASE, 0, 0, b"\0\0\1", cla=0x80), "6981", "INCREASE of a transparent file")


# Access rules, §9.2


def _rule(uicc: Uicc, fcp: Fcp, directory: str) -> Rule | None:
    """The access rule of a file, from its FCP or the EF.ARR that this names; None if it cannot be read."""
    tag, value = fcp.security[:1], fcp.security[2:]
    if tag == b"\x8c":
        return parse_compact(value)
    if tag == b"\xab":
        return parse_expanded(value)
    if fcp.arr_fid is None or not fcp.arr_records:
        return None
    for place in (directory, "MF"):
        uicc.select(place)
        try:
            uicc.select(fcp.arr_fid)
        except CardStatusError:
            continue
        return parse_expanded(uicc.read_record(fcp.arr_records[0]))
    return None


def _obeyed(operation: int, try_it: Callable[[Uicc, Fcp], StatusWord]) -> Callable[[Subject], None]:
    """Each file lets be done with it what its rule says, before PIN 1 is presented and after."""

    def run(subject: Subject) -> None:
        uicc = subject.uicc
        uicc.select("MF/ADF.USIM")
        closed = is_enabled(uicc)
        present = {PIN1} if not closed else set[int]()
        tried = _try_files(uicc, operation, try_it, present)
        if closed and subject.known.has("pin1"):
            uicc.select("MF/ADF.USIM")
            present_pin(subject, uicc)
            tried += _try_files(uicc, operation, try_it, {PIN1})
        require(tried > 0, "no access rule could be read")

    return run


def _try_files(
    uicc: Uicc, operation: int, try_it: Callable[[Uicc, Fcp], StatusWord], present: set[int]
) -> int:
    tried = 0
    for name in _RULED:
        try:
            fcp = uicc.select(f"MF/ADF.USIM/{name}")
            rule = _rule(uicc, fcp, "MF/ADF.USIM")
            uicc.select(f"MF/ADF.USIM/{name}")
        except CardStatusError:
            continue
        if rule is None or not fcp.file_size:
            continue
        condition = condition_for(rule, operation)
        allowed = condition.holds(lambda key: key in present)
        sw = try_it(uicc, fcp)
        tried += 1
        wanted = "allows" if allowed else "forbids"
        expect(
            sw.is_success == allowed,
            f"the rule of {name} {wanted} it ({_in_words(condition)}), and the card answered {sw}",
        )
    return tried


def _in_words(condition: Condition) -> str:
    return f"key {condition.key_reference:02X}" if condition.key_reference else condition.kind.name.lower()


def _reading(uicc: Uicc, fcp: Fcp) -> StatusWord:
    return uicc.session.transmit(CommandApdu(0, 0xB0, 0, 0, b"", min(fcp.file_size or 1, 255))).sw


def _writing(uicc: Uicc, fcp: Fcp) -> StatusWord:
    """Its own first byte, where that can be read; otherwise nothing is risked."""
    answer = uicc.session.transmit(CommandApdu(0, 0xB0, 0, 0, b"", 1))
    return _send(uicc, UPDATE_BINARY, 0, 0, answer.data or b"\xff")


def _row(title: str, clause: str, run: Callable[[Subject], None], *, changes: bool = True) -> Check:
    needs = ("usim",) if changes else ("files",)
    return Check("writing", title, f"TS 102 221 §{clause}", run, needs, changes)


CHECKS = (
    _row("UPDATE BINARY writes, at an offset too, and for good", "11.1.4", _binary),
    _row("UPDATE BINARY beyond the end writes nothing", "11.1.4", _binary_beyond),
    _row("UPDATE BINARY by short file identifier", "11.1.4, §8.4.3", _binary_by_sfi),
    _row("UPDATE BINARY where it is not allowed: 6982, 6981, 6986", "11.1.4", _binary_refused),
    _row("UPDATE RECORD writes one record", "11.1.6", _record),
    _row("UPDATE RECORD of the next and of the previous one", "11.1.6", _record_modes),
    _row("UPDATE RECORD of a wrong length or number: 6700, 6A83, 6A86", "11.1.6", _record_refused),
    _row("UPDATE RECORD of a transparent file: 6981", "11.1.6", _record_structure),
    _row("SEARCH RECORD forwards, backwards and enhanced", "11.1.7", _search, changes=False),
    _row("SEARCH RECORD of what is not there", "11.1.7", _search_nothing, changes=False),
    _row("INCREASE adds, and the newest record is the sum", "11.1.8", _increase),
    _row("INCREASE beyond the maximum: 9850", "11.1.8", _increase_maximum),
    _row("INCREASE of a transparent file: 6981", "11.1.8", _increase_structure),
    _row("Reading obeys the access rules", "9.2", _obeyed(Operation.READ, _reading)),
    _row("Updating obeys the access rules", "9.2", _obeyed(Operation.UPDATE, _writing)),
)
"""The checks of this suite."""
