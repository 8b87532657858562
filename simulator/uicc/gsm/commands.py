"""The instructions of a GSM SIM (TS 51.011 §8, §9.2), with the status words of §9.4."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cards.apdu import CommandApdu
from cards.status import SW, StatusError, StatusWord
from simulator.uicc.access import Operation
from simulator.uicc.command import GSM, Command
from simulator.uicc.commands import terminal
from simulator.uicc.gsm.responses import CHV1, CHV2, directory_response, ef_response
from simulator.uicc.gsm.view import DF_GSM, GsmFile, GsmView
from simulator.uicc.image import FileStructure, LifeCycle
from simulator.uicc.index import MF_FID
from simulator.uicc.pins import Pin

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.channel import Channel

_NEXT, _PREVIOUS, _ABSOLUTE = 0x02, 0x03, 0x04
_RECORDS = (FileStructure.LINEAR_FIXED, FileStructure.CYCLIC)
_CHV_LENGTH = 8
_SEEK_LIMIT = 16


class GsmSession:
    """What is current on the SIM, and what waits for GET RESPONSE. Lost in a reset."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.directory = MF_FID
        self.ef: GsmFile | None = None
        self.record = 0
        self.pending = b""

    @property
    def view(self) -> GsmView:
        """The files as they are now."""
        return GsmView(self.card.files)

    def chv(self, reference: int) -> Pin | None:
        """CHV1 or CHV2, as a PIN of the USIM or of the card."""
        files = self.card.files
        usim = self.view.usim
        return files.pin(usim or files.index.mf, reference)

    def current(self, *structures: FileStructure) -> GsmFile:
        """The current EF; 9400 if there is none, 9408 if it has another structure."""
        if self.ef is None:
            raise StatusError(SW.GSM_NO_EF_SELECTED)
        if self.ef.node.structure not in structures:
            raise StatusError(SW.GSM_WRONG_FILE_TYPE)
        return self.ef

    def require(self, file: GsmFile, operation: int) -> None:
        """9810 if the file is invalidated, 9804 if its access condition is not fulfilled."""
        files = self.card.files
        switching = operation in (Operation.ACTIVATE, Operation.DEACTIVATE)
        if not switching and files.life_cycle(file.node) is not LifeCycle.ACTIVATED:
            raise StatusError(SW.GSM_INVALIDATED)
        if not files.allows(file.node, operation, self.card.verified):
            raise StatusError(SW.GSM_CHV_FAILED)
        if operation != Operation.READ and file.content is not None:
            raise StatusError(SW.GSM_CHV_FAILED)


def _wrong_length(length: int) -> StatusError:
    """67XX: XX is the length that fits."""
    return StatusError(StatusWord(0x6700 | length & 0xFF))


def _no_parameters(command: CommandApdu) -> None:
    if command.p1 or command.p2:
        raise StatusError(SW.WRONG_P1_P2)


def select(session: GsmSession, command: CommandApdu) -> bytes:
    """SELECT: by identifier; the answer is fetched with GET RESPONSE. 9404 if there is no such file."""
    _no_parameters(command)
    if len(command.data) != 2:
        raise _wrong_length(2)
    view = session.view
    file = view.select(int.from_bytes(command.data, "big"), session.directory)
    if file is None:
        raise StatusError(SW.GSM_NOT_FOUND)
    session.record = 0
    if not file.is_df and file.fid != MF_FID:
        session.ef = file
        return ef_response(view, file)
    session.directory, session.ef = file.fid, None
    return _directory(session, view)


def _directory(session: GsmSession, view: GsmView) -> bytes:
    file = view.select(session.directory, MF_FID)
    assert file is not None, "the current directory exists"
    return directory_response(view, file, (session.chv(CHV1), session.chv(CHV2)))


def status(session: GsmSession, command: CommandApdu) -> bytes:
    """STATUS: the current directory, as SELECT answers it; as many bytes as are asked for."""
    _no_parameters(command)
    answer = _directory(session, session.view)
    if command.le is None or command.le > len(answer):
        raise _wrong_length(len(answer))
    return answer[: command.le]


def read_binary(session: GsmSession, command: CommandApdu) -> bytes:
    """READ BINARY: 9402 beyond the end, 67XX if less is there than P3 asks for."""
    file = session.current(FileStructure.TRANSPARENT)
    session.require(file, Operation.READ)
    body, offset = session.view.body(file), command.p1 << 8 | command.p2
    if offset >= len(body):
        raise StatusError(SW.GSM_OUT_OF_RANGE)
    wanted = command.le or 0
    if wanted > len(body) - offset:
        raise _wrong_length(len(body) - offset)
    return body[offset : offset + wanted]


def update_binary(session: GsmSession, command: CommandApdu) -> bytes:
    """UPDATE BINARY: 9402 if the data reach beyond the end."""
    file = session.current(FileStructure.TRANSPARENT)
    session.require(file, Operation.UPDATE)
    body, offset = session.view.body(file), command.p1 << 8 | command.p2
    end = offset + len(command.data)
    if end > len(body):
        raise StatusError(SW.GSM_OUT_OF_RANGE)
    session.card.write(file.node, body[:offset] + command.data + body[end:])
    return b""


def _record(session: GsmSession, file: GsmFile, command: CommandApdu) -> int:
    """The record that P1 and P2 mean; 9402 beyond the ends (§8.5)."""
    mode, current = command.p2, session.record
    count = len(session.view.body(file)) // file.node.record_length
    number = command.p1 or current
    if mode in (_NEXT, _PREVIOUS):
        number = current + 1 if mode == _NEXT else (current or count + 1) - 1
        if file.node.structure is FileStructure.CYCLIC:
            number = (number - 1) % count + 1
    elif mode != _ABSOLUTE:
        raise StatusError(SW.WRONG_P1_P2)
    if not 1 <= number <= count:
        raise StatusError(SW.GSM_OUT_OF_RANGE)
    return number


def read_record(session: GsmSession, command: CommandApdu) -> bytes:
    """READ RECORD: next, previous, absolute or current."""
    file = session.current(*_RECORDS)
    session.require(file, Operation.READ)
    length = file.node.record_length
    number = _record(session, file, command)
    if command.le != length:
        raise _wrong_length(length)
    if command.p2 != _ABSOLUTE:
        session.record = number
    return session.view.body(file)[length * (number - 1) : length * number]


def update_record(session: GsmSession, command: CommandApdu) -> bytes:
    """UPDATE RECORD; a cyclic file takes PREVIOUS only, and its oldest record becomes the first."""
    file = session.current(*_RECORDS)
    session.require(file, Operation.UPDATE)
    length, body = file.node.record_length, session.view.body(file)
    if len(command.data) != length:
        raise _wrong_length(length)
    if file.node.structure is FileStructure.CYCLIC:
        if command.p2 != _PREVIOUS:
            raise StatusError(SW.WRONG_P1_P2)
        session.card.write(file.node, command.data + body[:-length])
        session.record = 1
        return b""
    number = _record(session, file, command)
    session.card.write(file.node, body[: length * (number - 1)] + command.data + body[length * number :])
    if command.p2 != _ABSOLUTE:
        session.record = number
    return b""


_SEEK_FROM_BEGINNING, _SEEK_FROM_END, _SEEK_NEXT, _SEEK_PREVIOUS = range(4)
_SEEK_WITH_NUMBER = 0x10


def seek(session: GsmSession, command: CommandApdu) -> bytes:
    """SEEK: the record that begins with the pattern becomes current; type 2 answers its number. 9404 without
    one."""
    mode, kind = command.p2 & 0x0F, command.p2 & 0xF0
    if command.p1 or mode > _SEEK_PREVIOUS or kind not in (0x00, _SEEK_WITH_NUMBER):
        raise StatusError(SW.WRONG_P1_P2)
    file = session.current(FileStructure.LINEAR_FIXED)
    session.require(file, Operation.READ)
    length, body = file.node.record_length, session.view.body(file)
    if not 1 <= len(command.data) <= min(_SEEK_LIMIT, length):
        raise _wrong_length(min(_SEEK_LIMIT, length))
    count = len(body) // length
    orders = {
        _SEEK_FROM_BEGINNING: range(1, count + 1),
        _SEEK_FROM_END: range(count, 0, -1),
        _SEEK_NEXT: range(session.record + 1, count + 1),
        _SEEK_PREVIOUS: range((session.record or count + 1) - 1, 0, -1),
    }
    for number in orders[mode]:
        if body[length * (number - 1) :].startswith(command.data):
            session.record = number
            return bytes((number,)) if kind else b""
    raise StatusError(SW.GSM_NOT_FOUND)


def increase(session: GsmSession, command: CommandApdu) -> bytes:
    """INCREASE: adds three bytes to the last record of a cyclic file; answers the sum and what was added."""
    _no_parameters(command)
    file = session.current(FileStructure.CYCLIC)
    session.require(file, Operation.INCREASE)
    if len(command.data) != 3:
        raise _wrong_length(3)
    length, body = file.node.record_length, session.view.body(file)
    total = int.from_bytes(body[:length], "big") + int.from_bytes(command.data, "big")
    if total >> 8 * length:
        raise StatusError(SW.INCREASE_MAX_REACHED)
    record = total.to_bytes(length, "big")
    session.card.write(file.node, record + body[:-length])
    session.record = 1
    return record + command.data


def _chv(session: GsmSession, number: int) -> Pin:
    """The CHV that P2 means; 9802 if the card has none."""
    if number not in (1, 2):
        raise StatusError(SW.WRONG_P1_P2)
    pin = session.chv(CHV1 if number == 1 else CHV2)
    if pin is None:
        raise StatusError(SW.GSM_NO_CHV)
    return pin


def _values(command: CommandApdu, count: int) -> list[bytes]:
    if command.p1:
        raise StatusError(SW.WRONG_P1_P2)
    if len(command.data) != count * _CHV_LENGTH:
        raise _wrong_length(count * _CHV_LENGTH)
    return [command.data[at : at + _CHV_LENGTH] for at in range(0, len(command.data), _CHV_LENGTH)]


def _attempt(session: GsmSession, pin: Pin, attempt: Callable[[], None]) -> bytes:
    """A command with a CHV: 9804 if it is wrong, 9840 if that was the last try or it is blocked."""
    try:
        attempt()
    except StatusError as error:
        session.card.forget(pin.key)
        if error.sw.retries:
            raise StatusError(SW.GSM_CHV_FAILED) from None
        if error.sw.retries == 0 or error.sw == SW.AUTHENTICATION_METHOD_BLOCKED:
            raise StatusError(SW.GSM_CHV_BLOCKED) from None
        raise StatusError(SW.GSM_CHV_CONTRADICTION) from None
    session.card.remember(pin.key)
    return b""


def verify_chv(session: GsmSession, command: CommandApdu) -> bytes:
    """VERIFY CHV: 9808 while CHV1 is disabled."""
    pin, (value,) = _chv(session, command.p2), _values(command, 1)
    if not pin.enabled:
        raise StatusError(SW.GSM_CHV_CONTRADICTION)
    return _attempt(session, pin, lambda: pin.verify(value))


def change_chv(session: GsmSession, command: CommandApdu) -> bytes:
    pin, (old, new) = _chv(session, command.p2), _values(command, 2)
    return _attempt(session, pin, lambda: pin.change(old, new))


def disable_chv(session: GsmSession, command: CommandApdu) -> bytes:
    """DISABLE CHV: CHV1 only; its conditions count as fulfilled from now on."""
    if command.p2 != 1:
        raise StatusError(SW.WRONG_P1_P2)
    pin, (value,) = _chv(session, command.p2), _values(command, 1)
    _attempt(session, pin, lambda: pin.disable(value, replace_by_universal=False))
    session.card.forget(pin.key)
    return b""


def enable_chv(session: GsmSession, command: CommandApdu) -> bytes:
    if command.p2 != 1:
        raise StatusError(SW.WRONG_P1_P2)
    pin, (value,) = _chv(session, command.p2), _values(command, 1)
    return _attempt(session, pin, lambda: pin.enable(value))


def unblock_chv(session: GsmSession, command: CommandApdu) -> bytes:
    """UNBLOCK CHV: P2 '00' means CHV1, '02' CHV2."""
    if command.p2 not in (0, 2):
        raise StatusError(SW.WRONG_P1_P2)
    pin, (unblock, new) = _chv(session, command.p2 or 1), _values(command, 2)
    return _attempt(session, pin, lambda: pin.unblock(unblock, new))


def invalidate(session: GsmSession, command: CommandApdu) -> bytes:
    """INVALIDATE: 9810 if the EF is invalidated already."""
    return _switch(session, command, Operation.DEACTIVATE, LifeCycle.DEACTIVATED)


def rehabilitate(session: GsmSession, command: CommandApdu) -> bytes:
    """REHABILITATE: 9810 if the EF is not invalidated."""
    return _switch(session, command, Operation.ACTIVATE, LifeCycle.ACTIVATED)


def _switch(session: GsmSession, command: CommandApdu, operation: int, state: LifeCycle) -> bytes:
    _no_parameters(command)
    file = session.current(FileStructure.TRANSPARENT, *_RECORDS)
    session.require(file, operation)
    if session.card.files.life_cycle(file.node) is state:
        raise StatusError(SW.GSM_INVALIDATED)
    session.card.set_life_cycle(file.node, state)
    return b""


def run_gsm_algorithm(session: GsmSession, command: CommandApdu) -> bytes:
    """RUN GSM ALGORITHM: SRES (4) and Kc (8) for a RAND, in DF.GSM and with CHV1; 9804 elsewhere."""
    _no_parameters(command)
    if len(command.data) != 16:
        raise _wrong_length(16)
    usim, files = session.view.usim, session.card.files
    state = files.aka(usim.df.aid if usim else b"")
    allowed = files.is_satisfied(usim or files.index.mf, CHV1, session.card.verified)
    if session.chv(CHV1) is not None and not allowed:
        raise StatusError(SW.GSM_CHV_FAILED)
    if session.directory != DF_GSM or state is None:
        raise StatusError(SW.GSM_CHV_FAILED)
    sres, kc = state.gsm(command.data)
    return sres + kc


def sleep(session: GsmSession, command: CommandApdu) -> bytes:
    """SLEEP: an old command without effect."""
    _no_parameters(command)
    return b""


def get_response(session: GsmSession, command: CommandApdu) -> bytes:
    """GET RESPONSE: what 9FXX announced, or less; 67XX for more."""
    _no_parameters(command)
    if not session.pending:
        raise StatusError(SW.TECHNICAL_PROBLEM)
    if (command.le or 0) > len(session.pending):
        raise _wrong_length(len(session.pending))
    return session.pending[: command.le]


Run = Callable[[GsmSession, CommandApdu], bytes]
_GET_RESPONSE = 0xC0


def _row(name: str, ins: int, cases: str, clause: str, run: Run) -> Command:
    """A row of the table. What a command with data answers waits for GET RESPONSE, as 9FXX tells (§9.1)."""

    def handler(channel: Channel, command: CommandApdu) -> bytes:
        session = channel.card.gsm
        if command.ins != _GET_RESPONSE:
            session.pending = b""
        data = run(session, command)
        if not data or command.le is not None:
            return data
        session.pending = data
        raise StatusError(StatusWord(0x9F00 | len(data)))

    return Command(name, GSM, ins, frozenset(map(int, cases)), f"TS 51.011 {clause}", handler)


def _of_uicc(run: Callable[[Channel, CommandApdu], bytes]) -> Run:
    """A toolkit command is the same in both classes."""
    return lambda session, command: run(_basic_channel(session), command)


def _basic_channel(session: GsmSession) -> Channel:
    channel = session.card.channels[0]
    assert channel is not None, "the basic channel is always open"
    return channel


COMMANDS: tuple[Command, ...] = (
    _row("SELECT", 0xA4, "3", "§9.2.1", select),
    _row("STATUS", 0xF2, "2", "§9.2.2", status),
    _row("READ BINARY", 0xB0, "2", "§9.2.3", read_binary),
    _row("UPDATE BINARY", 0xD6, "3", "§9.2.4", update_binary),
    _row("READ RECORD", 0xB2, "2", "§9.2.5", read_record),
    _row("UPDATE RECORD", 0xDC, "3", "§9.2.6", update_record),
    _row("SEEK", 0xA2, "3", "§9.2.7", seek),
    _row("INCREASE", 0x32, "3", "§9.2.8", increase),
    _row("VERIFY CHV", 0x20, "3", "§9.2.9", verify_chv),
    _row("CHANGE CHV", 0x24, "3", "§9.2.10", change_chv),
    _row("DISABLE CHV", 0x26, "3", "§9.2.11", disable_chv),
    _row("ENABLE CHV", 0x28, "3", "§9.2.12", enable_chv),
    _row("UNBLOCK CHV", 0x2C, "3", "§9.2.13", unblock_chv),
    _row("INVALIDATE", 0x04, "12", "§9.2.14", invalidate),
    _row("REHABILITATE", 0x44, "12", "§9.2.15", rehabilitate),
    _row("RUN GSM ALGORITHM", 0x88, "3", "§9.2.16", run_gsm_algorithm),
    _row("SLEEP", 0xFA, "12", "§9.2.17", sleep),
    _row("GET RESPONSE", 0xC0, "2", "§9.2.18", get_response),
    _row("TERMINAL PROFILE", 0x10, "3", "§9.2.19", _of_uicc(terminal.terminal_profile)),
    _row("ENVELOPE", 0xC2, "3", "§9.2.20", _of_uicc(terminal.envelope)),
    _row("FETCH", 0x12, "2", "§9.2.21", _of_uicc(terminal.fetch)),
    _row("TERMINAL RESPONSE", 0x14, "3", "§9.2.22", _of_uicc(terminal.terminal_response)),
)
