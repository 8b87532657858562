"""SELECT in all its forms, GET RESPONSE, logical channels (TS 102 221 §7.3.1.1, §8.4, §8.7, §11.1.1,
§11.1.17)."""

from __future__ import annotations

from collections.abc import Callable

from cards import Uicc
from cards.atr import Atr, AtrError
from cards.errors import CardStatusError
from cards.fcp import Fcp
from cards.status import SW
from simulator.conformance.exchange import Line, answers
from simulator.conformance.known import PIN1
from simulator.conformance.model import Check, NotApplicable, Subject, expect, require
from simulator.conformance.pin_state import enabled_pin

_DIRECTORIES = ("7F10", "7F20", "7F66", "7F25")
"""Where a DF is looked for below the MF: DF.TELECOM, DF.GSM …"""
_LIMIT = 20
"""Logical channels that class bytes can name (§10.1.1)."""


def _directory(line: Line) -> str:
    """The identifier of a DF below the MF, where the selection is afterwards. NotApplicable without one."""
    line("00A4000C023F00")
    for fid in _DIRECTORIES:
        if line.send(f"00A4000C02{fid}").sw == SW.OK:
            line("00A4000C023F00")
            return fid
    raise NotApplicable("the card has none of the DFs that cards usually have below the MF")


def _fid(data: bytes) -> str:
    fcp = Fcp.parse(data)
    return f"{fcp.fid or 0:04X}"


def _child_and_parent(subject: Subject) -> None:
    """P1 '01' goes down, '03' up again; down to an EF it does not go."""
    line = Line(subject.link)
    fid = _directory(line)
    found = _fid(line(f"00A4010402{fid}00", doing="P1 '01', the child DF"))
    expect(found == fid, f"P1 '01' selects {found} in place of {fid}")
    found = _fid(line("00A4030400", doing="P1 '03', the parent"))
    expect(found == "3F00", f"P1 '03' selects {found} in place of the MF")
    answers(line.send("00A4010C022FE2").sw, "6A82|6A86|6981", "P1 '01' with the identifier of an EF")


def _paths(subject: Subject) -> None:
    """P1 '08' from the MF and '09' from the current DF find the same file."""
    line = Line(subject.link)
    fid = _directory(line)
    first = line(f"00A4080402{fid}00", doing="P1 '08'")
    line("00A4000C023F00")
    second = line(f"00A4090402{fid}00", doing="P1 '09'")
    expect(_fid(first) == _fid(second) == fid, "the two paths do not lead to the same file")
    answers(line.send(f"00A4090C02{fid}").sw, "6A82", "P1 '09' from the DF itself")
    answers(line.send("00A4080C046FFE6FFE").sw, "6A82", "a path that leads nowhere")


def _odd_path(subject: Subject) -> None:
    line = Line(subject.link)
    answers(line.send("00A4080C032FE200").sw, "6A87|6700|6A80|6A82", "a path of three bytes")


def _by_name(subject: Subject) -> None:
    """By the whole AID, and by its beginning; the FCP names the AID."""
    uicc = subject.uicc
    entries = uicc.applications()
    require(bool(entries), "EF.DIR lists no application")
    aid = entries[0].aid
    line = Line(subject.link)
    for part in (aid, aid[:7]):
        data = line(bytes.fromhex(f"00A40404{len(part):02X}{part.hex()}00"), doing="SELECT by AID")
        found = Fcp.parse(data).aid
        expect(found.startswith(part), f"the FCP has the AID {found.hex().upper() or '(none)'}")


def _occurrences(subject: Subject) -> None:
    """First, next and last of the applications whose AID begins alike (Table 11.2)."""
    aids = [entry.aid for entry in subject.uicc.applications()]
    require(len(aids) > 1, "the card has one application: there is no next one")
    line = Line(subject.link)
    prefix = aids[0][:5]
    alike = [aid for aid in aids if aid.startswith(prefix)]
    require(len(alike) > 1, "no two applications have the same RID")
    first = line.send(f"00A4040405{prefix.hex()}00")
    following = line.send(f"00A4040605{prefix.hex()}00")
    if following.sw in (SW.INCORRECT_P1_P2, SW.FUNCTION_NOT_SUPPORTED):
        raise NotApplicable(f"the card selects no next application ({following.sw}): it need not")
    answers(first.sw, "9000", "the first one")
    answers(following.sw, "9000|6A82", "the next one")
    expect(first.data != following.data, "first and next occurrence are the same")


def _current_adf(subject: Subject) -> None:
    """'7FFF' is the ADF of the current application (§8.4.2)."""
    line = Line(subject.link)
    answers(line.send("00A4000C027FFF").sw, "6A82", "'7FFF' before an application is selected")
    uicc = subject.uicc
    aid = uicc.find_application("ADF.USIM")
    uicc.select(aid)
    line("00A4000C023F00")
    found = Fcp.parse(line("00A40004027FFF00", doing="'7FFF' from the MF")).aid
    expect(found == aid, "'7FFF' selects another application")
    path = line("00A40804047FFF6FAD00", doing="a path that begins with '7FFF'")
    expect(_fid(path) == "6FAD", "a path that begins with '7FFF' leads elsewhere")


def _fcp_members(subject: Subject) -> None:
    """What the FCP of MF, EF and ADF must have (§11.1.1.3)."""
    uicc = subject.uicc
    mf = uicc.select(0x3F00)
    expect(mf.is_df and mf.fid == 0x3F00, "the FCP of the MF is not that of a DF '3F00'")
    for path, fcp in (("MF", mf), ("MF/EF.DIR", uicc.select("MF/EF.DIR"))):
        expect(fcp.life_cycle is not None, f"the FCP of {path} has no life cycle ('8A')")
        expect(bool(fcp.security), f"the FCP of {path} has no security attributes ('8B', '8C' or 'AB')")
    expect(bool(mf.pins), "the FCP of the MF has no PIN status template ('C6')")
    entry = uicc.selected
    assert entry is not None, "EF.DIR was selected"
    expect(entry.structure == "linear fixed", f"EF.DIR is {entry.structure}")
    size = entry.record_length * entry.record_count
    expect(entry.file_size == size, f"EF.DIR has {entry.file_size} bytes, its records have {size}")


def _short_length(subject: Subject) -> None:
    line = Line(subject.link)
    answers(line.send("00A4000C013F").sw, "6700|6A87|6A80|6A82", "one byte of an identifier")


def _challenge(subject: Subject) -> None:
    line = Line(subject.link)
    first, second = line.send("0084000008"), line.send("0084000008")
    require(first.sw.sw1 not in (0x6D, 0x6E), "the card has no GET CHALLENGE: it need not")
    answers(first.sw, "9000", "GET CHALLENGE")
    expect(len(first.data) == 8, f"GET CHALLENGE of eight bytes gives {len(first.data)}")
    expect(first.data != second.data, "GET CHALLENGE gives the same bytes twice")


# GET RESPONSE, §7.3.1.1


def _waiting(line: Line) -> int:
    """Bytes that wait after SELECT of the MF. NotApplicable where the card answers at once, as in T=1."""
    response = line.direct("00A40004023F00", "61XX|9000|6CXX", "SELECT of the MF")
    if response.sw.sw1 != 0x61:
        raise NotApplicable("the card has no 61XX: it speaks T=1")
    return response.sw.number


def _in_pieces(subject: Subject) -> None:
    line = Line(subject.link)
    length = _waiting(line)
    whole = line.direct(f"00C00000{length:02X}", "9000").data
    expect(len(whole) == length, f"GET RESPONSE brings {len(whole)} bytes of {length}")
    _waiting(line)
    first = line.direct("00C0000004", "61XX", "GET RESPONSE of four bytes")
    rest = first.sw.number
    expect(rest == length - 4, f"{rest} bytes are announced after four of {length}")
    second = line.direct(f"00C00000{rest:02X}", "9000", "GET RESPONSE of the rest")
    expect(first.data + second.data == whole, "the pieces are not the whole")


def _gone(subject: Subject) -> None:
    """Another command takes away what waits."""
    line = Line(subject.link)
    length = _waiting(line)
    line.direct("00A4000C022FE2", "9000|6A82")
    line.direct(f"00C00000{length:02X}", "6XXX", "GET RESPONSE after another command")


def _wrong_le(subject: Subject) -> None:
    """READ BINARY with a wrong Le: 6CXX tells the right one, with which the command is repeated."""
    subject.uicc.select("MF/EF.ICCID")
    line = Line(subject.link)
    response = line.direct("00B000000B", "6C0A|6282|9000", "READ BINARY of eleven bytes of ten")
    require(response.sw.sw1 == 0x6C, "the card has no 6CXX: it speaks T=1")
    data = line.direct("00B000000A", "9000").data
    expect(len(data) == 10, f"READ BINARY brings {len(data)} bytes of ten")


# Logical channels, §8.7, §11.1.17


def _many_channels(subject: Subject) -> None:
    """As many as the ATR announces; then there are no more: 6A81."""
    line = Line(subject.link)
    opened = []
    for _ in range(_LIMIT):
        response = line.send("0070000001")
        if response.sw != SW.OK:
            answers(response.sw, "6A81|6881|6A84|6985", "one channel too many")
            break
        opened.append(response.data[0])
    expect(len(set(opened)) == len(opened), "a channel is opened twice")
    announced = _announced(subject.link.reset())
    count = len(opened) + 1
    expect(count >= announced, f"the ATR announces {announced} channels, there are {count}")


def _announced(raw: bytes) -> int:
    """Logical channels in the third byte of the card capabilities (ISO/IEC 7816-4 §8.1.1.2.7); 1 without
    them."""
    try:
        capabilities = Atr.parse(raw).compact_tlvs.get(7, b"")
    except AtrError:
        return 1
    return (capabilities[2] & 0x07) + 1 if len(capabilities) > 2 else 1


def _by_number(subject: Subject) -> None:
    """A channel that the terminal names, once; closed, and closed no second time."""
    line = Line(subject.link)
    response = line.send("00700002")
    if response.sw != SW.OK:
        raise NotApplicable(f"the card lets nobody choose a channel ({response.sw}): it need not")
    answers(line.send("00700002").sw, "6A86|6881|6985|6A81|6200", "opening channel 2 once more")
    line("00708002", doing="closing channel 2")
    answers(line.send("00708002").sw, "62XX|6881|6A86|6985", "closing it once more")
    answers(line.send("02A4000C023F00").sw, "6881", "a command on a closed channel")


def _from_channel(subject: Subject) -> None:
    """A channel that is opened from another one than 0 begins where that one stands (§8.7)."""
    uicc = subject.uicc
    aid = uicc.find_application("ADF.USIM")
    with uicc.open_channel() as first:
        first.select(aid)
        number = first.session.send(0x70, le=1).data[0]
        try:
            second = Uicc(subject.link, number)
            found = second.status().aid
            expect(found == aid, f"the new channel is at {found.hex().upper() or 'the MF'}")
        finally:
            uicc.session.close_channel(number)


def _reserved(subject: Subject) -> None:
    line = Line(subject.link)
    answers(line.send("0070400001").sw, "6A86|6B00", "P1 '40'")
    answers(line.send("00700000").sw, "6700|6CXX|61XX|9000", "opening without Le")


def _security_is_shared(subject: Subject) -> None:
    """A PIN that one channel has presented counts on another, for the same application (§9.4)."""
    with enabled_pin(subject) as uicc:
        aid = uicc.find_application("ADF.USIM")
        uicc.select(aid)
        with uicc.open_channel() as other:
            other.select(aid)
            uicc.verify_pin(PIN1, subject.known.pins[PIN1])
            other.select(0x6F07)
            try:
                other.read_binary(length=9)
            except CardStatusError as error:
                expect(False, f"reading EF.IMSI on the other channel: {error.sw}")


def _row(
    title: str, clause: str, run: Callable[[Subject], None], *needs: str, changes: bool = False
) -> Check:
    return Check("uicc", title, f"TS 102 221 §{clause}", run, ("uicc", *needs), changes)


CHECKS = (
    _row("SELECT of a child DF and of the parent, by P1 '01' and '03'", "11.1.1.2", _child_and_parent,
         "files"),
    _row("SELECT by path from the MF and from the current DF", "8.4.2, §11.1.1.2", _paths, "files"),
    _row("SELECT by a path of an odd length", "11.1.1.2", _odd_path),
    _row("SELECT with one byte of an identifier", "11.1.1.2", _short_length),
    _row("SELECT by AID, whole and cut", "8.5.1, §11.1.1.2", _by_name, "files"),
    _row("SELECT of the next application with the same beginning", "8.5.1.1", _occurrences, "files"),
    _row("SELECT of the current ADF by '7FFF'", "8.4.2", _current_adf, "usim"),
    _row("FCPs have what they must have", "11.1.1.3, §11.1.1.4", _fcp_members, "files"),
    _row("GET CHALLENGE gives other bytes each time", "11.1.18", _challenge),
    _row("GET RESPONSE brings an answer whole or in pieces", "7.3.1.1", _in_pieces),
    _row("Another command takes an answer away that waits", "7.3.1.1", _gone),
    _row("READ BINARY with a wrong Le: 6CXX", "7.3.1.1", _wrong_le, "files"),
    _row("As many logical channels as the ATR announces, then 6A81", "8.7, §11.1.17", _many_channels,
         "channels"),
    _row("MANAGE CHANNEL opens the channel that it names, once", "11.1.17", _by_number, "channels"),
    _row("A channel that is opened from another begins there", "8.7", _from_channel, "channels", "usim"),
    _row("MANAGE CHANNEL with reserved parameters", "11.1.17", _reserved, "channels"),
    _row("A PIN counts on all channels", "9.4", _security_is_shared, "channels", "usim", "pin1",
         changes=True),
)  # fmt: skip
"""The checks of this suite that a script cannot make."""
