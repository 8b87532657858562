"""Follows a session with a card and explains each exchange by what came before: where the terminal stands,
which answer a GET RESPONSE brings, which message a block of STORE DATA ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cards.apdu import SHORT_DATA_LIMIT, ApduError, CommandApdu
from cards.errors import CardError
from cards.explain import atr, commands, es10, parameters
from cards.explain.bpp import PIECES, PackageReader
from cards.explain.commands import Command
from cards.explain.fields import Decoder, Field, hexadecimal, read
from cards.explain.files.phonebook import PhoneBooks
from cards.explain.header import CHAINING, channel_of, header_fields
from cards.explain.packets import Packets
from cards.explain.place import Node, Place
from cards.explain.secrets import NoSecrets, Secrets
from cards.explain.securing import EXTERNAL_AUTHENTICATE, INITIALIZE_UPDATE, Clear, Securing
from cards.fcp import Fcp
from cards.status import StatusWord
from cards.trace.entries import Entry, Reset

_STORE_DATA, _LOAD, _GET_RESPONSE, _SELECT, _MANAGE_CHANNEL, _READ_BINARY = 0xE2, 0xE8, 0xC0, 0xA4, 0x70, 0xB0
_MORE = (0x61, 0x9F)
_LAST_BLOCK = 0x80
_LONGEST = 1 << 20
"""No message and no answer that is joined from pieces is longer."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One exchange, one reset or one object in words."""

    title: str
    """What is asked: 'READ BINARY of MF/EF.ICCID, 10 bytes'."""
    outcome: str = ""
    """What became of it, from the status word."""
    clause: str = ""
    command: tuple[Field, ...] = ()
    answer: tuple[Field, ...] = ()
    succeeded: bool | None = None
    """None where there is no answer."""
    raw_command: bytes = b""
    raw_answer: bytes = b""

    def as_data(self) -> dict[str, Any]:
        """JSON-able values."""
        data: dict[str, Any] = {"title": self.title, "outcome": self.outcome, "clause": self.clause}
        if self.succeeded is not None:
            data["succeeded"] = self.succeeded
        both = ("command", self.raw_command, self.command), ("answer", self.raw_answer, self.answer)
        for name, raw, fields in both:
            if raw or fields:
                data[name] = {"hex": hexadecimal(raw), "fields": [one.as_data() for one in fields]}
        return data

    def walk(self) -> Iterator[Field]:
        """Every field of command and answer."""
        for top in (*self.command, *self.answer):
            yield from top.walk()


@dataclass(slots=True)
class _Pending:
    """A command whose answer has not come in whole: GET RESPONSE goes on with it."""

    command: CommandApdu
    row: Command | None
    title: str
    data: bytes = b""
    is_followed: bool = False
    """What it changes is taken into account already: 61XX says that it went well."""


@dataclass(slots=True)
class _Channel:
    """What is known of one logical channel."""

    securing: Securing
    place: Place = field(default_factory=Place)
    pending: _Pending | None = None
    blocks: bytes = b""
    """Blocks of STORE DATA, or of a chain, whose last one has not come."""
    message_tag: int | None = None
    """Tag of the ES10 message that the next answer is for; None if it is for none."""
    read_so_far: tuple[Node | None, bytes] = (None, b"")
    """What READ BINARY brought of a file from its first byte on."""


class Explainer:
    """One session. `secrets` opens what is ciphered, if somebody has the keys."""

    def __init__(self, secrets: Secrets | None = None) -> None:
        self._secrets: Secrets = secrets or NoSecrets()
        self._channels: dict[int, _Channel] = {}
        self._package = PackageReader(self._secrets)
        self._packets = Packets(self._secrets)
        self._books = PhoneBooks()

    def entry(self, entry: Entry) -> Explanation:
        """The next entry of a trace."""
        if isinstance(entry, Reset):
            return self.reset(entry.atr)
        return self.exchange(entry.command, entry.response)

    def reset(self, answer: bytes = b"") -> Explanation:
        """The card was reset: all channels but the basic one are closed, and the MF is selected."""
        self._channels.clear()
        self._package = PackageReader(self._secrets)
        self._packets = Packets(self._secrets)
        self._books = PhoneBooks()
        fields = read(atr.decode, answer) if answer else ()
        return Explanation("Reset", "answer to reset", "TS 102 221 §6.2", (), fields, raw_answer=answer)

    def exchange(self, command: bytes, response: bytes = b"") -> Explanation:
        """A command and its answer; an empty one is not known."""
        try:
            parsed = CommandApdu.parse(command)
        except ApduError as error:
            shown = Field("not a command", hexadecimal(command), 0, len(command), problem=str(error))
            said, answer = _status(response)
            return Explanation(
                "Bytes that are no command", said, "", (shown,), answer, None, command, response
            )
        channel = self._channel(channel_of(parsed.cla))
        opened = channel.securing.command(parsed)
        clear = parsed._replace(data=opened.data)
        row = commands.find(parsed)
        title, decoder, joined = self._asked(channel, clear, row)
        head, tail = header_fields(parsed, row)
        asked = (*head, *_data_fields(parsed, opened, decoder, joined), *tail)
        asked = tuple(self._packets.within(field, command) for field in asked)
        said, sw = _status(response)
        answer = self._answered(channel, clear, row, title, response)
        answer = tuple(self._packets.within(field, response) for field in answer)
        clause = row.clause if row else ""
        return Explanation(title, said, clause, asked, (*answer, *sw), _success(response), command, response)

    def _channel(self, number: int) -> _Channel:
        if number not in self._channels:
            self._channels[number] = _Channel(Securing(self._secrets), Place(books=self._books))
        return self._channels[number]

    # What is asked

    def _asked(
        self, channel: _Channel, command: CommandApdu, row: Command | None
    ) -> tuple[str, Decoder | None, bytes]:
        """Title, decoder of the data, and the message that they end if it came in blocks."""
        if command.ins == _GET_RESPONSE and channel.pending:
            return f"GET RESPONSE to {channel.pending.title}", None, b""
        channel.pending, channel.message_tag = None, None
        if row is None:
            return f"Unknown instruction {command.ins:02X} of class {command.cla:02X}", None, b""
        if command.ins == _STORE_DATA and command.cla & 0x80:
            return self._store_data(channel, command, row)
        if command.ins == _LOAD and command.cla & 0x80:
            return self._load(channel, command, row)
        if command.cla & CHAINING and command.cla & 0xE0 in (0x00, 0x80):
            channel.blocks = _joined(channel.blocks, command.data)
            return f"{row.name}: a part of a chain", None, b""
        joined, channel.blocks = _joined(channel.blocks, command.data), b""
        asks = row.asks(command, channel.place)
        decoder = row.data(command, channel.place)
        return f"{row.name} {asks}".strip(), decoder, joined if joined != command.data else b""

    def _store_data(
        self, channel: _Channel, command: CommandApdu, row: Command
    ) -> tuple[str, Decoder | None, bytes]:
        """Blocks are joined; what they carry is ES10 if the ISD-R is selected, or looks so."""
        if command.p2 == 0:
            channel.blocks = b""
        joined = _joined(channel.blocks, command.data)
        tag = es10.tag_of(joined)
        is_es10 = channel.place.application == "ISD-R" or tag in es10.FUNCTIONS or tag in PIECES
        if not command.p1 & _LAST_BLOCK:
            channel.blocks = joined
            name = _es10_name(tag) if is_es10 else ""
            return f"STORE DATA, block {command.p2} of {name or 'a message'}", None, b""
        channel.blocks = b""
        whole = joined if joined != command.data else b""
        if not is_es10:
            whom = f" for {channel.place.application}" if channel.place.application else ""
            return f"STORE DATA{whom}", row.data(command, channel.place), whole
        channel.message_tag = tag
        decoder = self._package.fields if self._package.takes(joined) else es10.request
        return f"STORE DATA: {_es10_name(tag) or f'message {tag:02X}'}", decoder, whole

    @staticmethod
    def _load(channel: _Channel, command: CommandApdu, row: Command) -> tuple[str, Decoder | None, bytes]:
        """Blocks of a load file, which are read once the last one is there."""
        joined = _joined(channel.blocks if command.p2 else b"", command.data)
        is_last = bool(command.p1 & _LAST_BLOCK)
        channel.blocks = b"" if is_last else joined
        decoder = row.data(command, channel.place) if is_last else None
        title = f"{row.name} {row.asks(command, channel.place)}"
        return title, decoder, joined if is_last and joined != command.data else b""

    # What is answered

    def _answered(
        self, channel: _Channel, command: CommandApdu, row: Command | None, title: str, response: bytes
    ) -> tuple[Field, ...]:
        if not response:
            self._follow(channel, command, b"")
            return ()
        if len(response) < 2:
            return (
                Field("not an answer", hexadecimal(response), 0, len(response), problem="no status word"),
            )
        data, sw = response[:-2], StatusWord.from_bytes(response[-2:], "big")
        status = StatusWord(sw)
        pending = channel.pending or _Pending(command, row, title)
        whole = _joined(pending.data, data)
        if status.sw1 in _MORE:
            pending.data, channel.pending = whole, pending
            if pending.command.ins == _SELECT and not pending.is_followed:
                self._follow(channel, pending.command, b"")
                pending.is_followed = True
            return _piece(data, "a part of the answer")
        channel.pending = None
        if not (status.is_success or status.is_warning):
            return _piece(data, "data")
        clear = channel.securing.answer(pending.command, whole, status)
        decoder = None if clear.is_closed else self._decoder_of_answer(channel, pending)
        if pending.is_followed:
            channel.place.learn(_fcp(whole))
        else:
            self._follow(channel, pending.command, whole)
        if not clear.note:
            return _answer_fields(channel, pending, decoder, data, whole)
        fields = _answer_fields(channel, pending, decoder, clear.data, clear.data)
        name = "closed" if clear.is_closed else "opened"
        return (Field(name, clear.note, 0, len(data), "", fields, data=clear.data),)

    def _decoder_of_answer(self, channel: _Channel, pending: _Pending) -> Decoder | None:
        if channel.message_tag is not None and pending.command.ins == _STORE_DATA:
            if channel.message_tag in PIECES:
                return es10.alone
            return es10.response_to(channel.message_tag)
        return pending.row.answer(pending.command, channel.place) if pending.row else None

    def _follow(self, channel: _Channel, command: CommandApdu, answer: bytes) -> None:
        """What an exchange that went well changes for the next ones."""
        place = channel.place
        if command.ins == _SELECT:
            _follow_select(place, command, answer)
            if command.p1 == 0x04:
                channel.securing.end()
        elif command.ins == _MANAGE_CHANNEL and command.p1 == 0x80:
            self._channels.pop(command.p2, None)
        elif command.ins == _MANAGE_CHANNEL and command.p1 == 0x00:
            number = answer[0] if answer else command.p2
            self._channels.pop(number, None)
            self._channel(number)
        elif command.ins in (INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE) and command.cla & 0x80:
            channel.securing.follow(command, answer)
        elif row := commands.find(command):
            file = parameters.file_of(command, place)
            if file and row.name.startswith(("READ", "UPDATE", "SEARCH")):
                place.use(file)
            if file and file.name == "EF.PBR" and row.name.endswith("RECORD"):
                place.books.learn(place.path_of(None), answer or command.data)


def _follow_select(place: Place, command: CommandApdu, answer: bytes) -> None:
    fcp = _fcp(answer)
    is_gsm = parameters.kind_of(command.cla) == parameters.GSM
    if command.p1 == 0x04 and not is_gsm:
        place.select_application(command.data, fcp)
    elif command.p1 == 0x03 and not is_gsm:
        place.select_parent()
    elif command.p1 in (0x08, 0x09) and not is_gsm:
        if command.p1 == 0x08:
            place.select(0x3F00)
        fids = [command.data[at : at + 2] for at in range(0, len(command.data) - 1, 2)]
        for fid in fids:
            place.select(int.from_bytes(fid, "big"), fcp if fid is fids[-1] else None)
    elif len(command.data) == 2:
        place.select(int.from_bytes(command.data, "big"), fcp)


def _fcp(answer: bytes) -> Fcp | None:
    try:
        return Fcp.parse(answer) if answer else None
    except (CardError, ValueError, IndexError):
        return None


def _joined(first: bytes, second: bytes) -> bytes:
    """Pieces one after the other; what grows beyond any message begins anew."""
    return first + second if len(first) + len(second) <= _LONGEST else second


def _es10_name(tag: int) -> str:
    if tag in PIECES:
        return f"LoadBoundProfilePackage, {PIECES[tag]}"
    function = es10.FUNCTIONS.get(tag)
    return function.name if function else ""


def _data_fields(
    command: CommandApdu, opened: Clear, decoder: Decoder | None, joined: bytes
) -> tuple[Field, ...]:
    """The data of a command: where they are whole, in place; where they were joined or opened, as bytes of
    their own."""
    length = len(command.data)
    if not length:
        return ()
    start = 7 if command.extended or length > SHORT_DATA_LIMIT else 5
    if opened.is_closed:
        return (Field("data", opened.note, start, length),)
    if joined or opened.note:
        data = joined or opened.data
        children = read(decoder, data) if decoder else ()
        value = "" if children else hexadecimal(data)
        inner = Field("message" if joined else "data, opened", value, start, length, "", children, data=data)
        said = opened.note or f"ends a message of {len(data)} bytes"
        return (Field("data", said, start, length, "", (inner,)),)
    raw = command.to_bytes()
    children = read(decoder, raw, start, start + length) if decoder else ()
    return (Field("data", "" if decoder else hexadecimal(command.data), start, length, "", children),)


def _answer_fields(
    channel: _Channel, pending: _Pending, decoder: Decoder | None, data: bytes, whole: bytes
) -> tuple[Field, ...]:
    if not whole:
        return ()
    if pending.command.ins == _READ_BINARY:
        return _read_binary(channel, pending.command, decoder, whole)
    if decoder is None:
        return (Field("data", hexadecimal(whole), 0, len(data), data=whole if whole != data else None),)
    if whole == data:
        return read(decoder, whole)
    return (
        Field("joined answer", f"{len(whole)} bytes", 0, len(data), "", read(decoder, whole), data=whole),
    )


def _read_binary(
    channel: _Channel, command: CommandApdu, decoder: Decoder | None, data: bytes
) -> tuple[Field, ...]:
    """A file from its beginning, or joined with what was read before; another part of it as bytes."""
    file, before = channel.read_so_far
    at, here = parameters.offset_of(command), parameters.file_of(command, channel.place)
    goes_on = at > 0 and file == here and len(before) == at
    whole = before + data if goes_on else data
    if at == 0 or goes_on:
        channel.read_so_far = (here, whole)
    if decoder is None or (at and not goes_on):
        return (Field(f"bytes {at} to {at + len(data) - 1}", hexadecimal(data), 0, len(data)),)
    size = channel.place.fcp.file_size if channel.place.fcp and here == channel.place.file else None
    if size is not None and len(whole) < size and len(data) >= 255:
        return (Field(f"bytes {at} to {at + len(data) - 1} of {size}", hexadecimal(data), 0, len(data)),)
    if not goes_on:
        return read(decoder, data)
    return (Field("file, joined", f"{len(whole)} bytes", 0, len(data), "", read(decoder, whole), data=whole),)


def _piece(data: bytes, name: str) -> tuple[Field, ...]:
    return (Field(name, hexadecimal(data), 0, len(data)),) if data else ()


def _success(response: bytes) -> bool | None:
    if len(response) < 2:
        return None
    sw = StatusWord(int.from_bytes(response[-2:], "big"))
    return sw.is_success or sw.is_warning


def _status(response: bytes) -> tuple[str, tuple[Field, ...]]:
    """The outcome in words, and the status word as a field."""
    if len(response) < 2:
        return "", ()
    sw = StatusWord(int.from_bytes(response[-2:], "big"))
    said = f"{sw}: {sw.meaning}"
    return said, (Field("status word", said, len(response) - 2, 2, sw.clause),)
