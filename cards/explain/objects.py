"""Bytes without a session around them: a data object, an ATR, a status word, the content of a file; and
lists of hexadecimal in which commands, answers and objects stand mixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asn1 import saip
from asn1.errors import Asn1Error
from cards import files
from cards.apdu import ApduError, CommandApdu
from cards.explain import atr, commands, es10, fcp, toolkit
from cards.explain.certificates import certificate
from cards.explain.fields import Cursor, Decoder, Field, Unreadable, hexadecimal, read
from cards.explain.files import FileRow, decoder_of
from cards.explain.files.uicc import APPLICATION_TEMPLATE
from cards.explain.session import Explainer, Explanation
from cards.explain.tlvs import ber_header, template
from cards.processors import GSM_CLASS
from cards.status import StatusWord

_TLVS: dict[int, tuple[str, Decoder]] = {
    0x62: ("File control parameters", fcp.answer),
    0x6F: ("File control information", fcp.answer),
    0x61: ("Application template", template(APPLICATION_TEMPLATE)),
    0xA9: ("Terminal capabilities", toolkit.terminal_capability),
    **{tag: (row.name.capitalize(), toolkit.messages) for tag, row in toolkit.TEMPLATES.items()},
}
"""First tag → what a bare object is."""
_CERTIFICATE, _PROFILE_HEADER = 0x30, 0xA0
_ATR_STARTS = (0x3B, 0x3F)


class UnknownFile(Unreadable):
    """The content of a file of this name has no known layout."""


def explain_object(data: bytes) -> Explanation:
    """Bytes that are no command, by what they look like."""
    title, fields = _looks_like(data)
    return Explanation(title, answer=fields, raw_answer=data)


def _looks_like(data: bytes) -> tuple[str, tuple[Field, ...]]:
    if len(data) == 2 and data[0] >> 4 in (0x6, 0x9):
        sw = StatusWord(int.from_bytes(data, "big"))
        return "Status word", (Field("status word", f"{sw}: {sw.meaning}", 0, 2, sw.clause),)
    if data[:1] and data[0] in _ATR_STARTS and 2 <= len(data) <= 33:
        return "Answer to reset", read(atr.decode, data)
    if not _is_tlv(data):
        return "Bytes", (Field("bytes", hexadecimal(data), 0, len(data), problem="no command and no TLV"),)
    tag = es10.tag_of(data)
    if tag in es10.FUNCTIONS:
        return f"{es10.FUNCTIONS[tag].name} ({tag:X})", _request_or_response(data, tag)
    if tag in es10.OTHERS:
        return es10.OTHERS[tag][0].capitalize(), read(es10.alone, data)
    if tag == _CERTIFICATE:
        fields = read(certificate, data)
        return ("Data object", read(template({}), data)) if fields[0].problem else ("Certificate", fields)
    if data[0] & 0xE0 == _PROFILE_HEADER and (fields := _profile_elements(data)):
        return "Profile elements", fields
    title, decoder = _TLVS.get(tag, ("Data object", template({})))
    return title, read(decoder, data)


def _is_tlv(data: bytes) -> bool:
    """Whether bytes are TLVs and nothing more."""
    cursor = Cursor(data)
    try:
        while cursor.left:
            ber_header(cursor)
    except Unreadable:
        return False
    return bool(data)


def _request_or_response(data: bytes, tag: int) -> tuple[Field, ...]:
    """A function's request, or its response where the message is none of the former's type."""
    asked = read(es10.request, data)
    if not any(field.problem for top in asked for field in top.walk()):
        return asked
    answered = read(es10.response_to(tag), data)
    return answered if not any(field.problem for field in answered) else asked


def _profile_elements(data: bytes) -> tuple[Field, ...]:
    """A profile package, element by element; nothing if it is none."""
    found, offset = [], 0
    try:
        while offset < len(data):
            _, end = saip.decode_prefix("ProfileElement", data, offset)
            found.append((offset, end))
            offset = end
        return tuple(
            field
            for begin, end in found
            for field in es10.tree(saip, "ProfileElement", data[begin:end], begin)
        )
    except Asn1Error:
        return ()


def explain_content(path: str, data: bytes) -> Explanation:
    """The content of a transparent file, or a record of another, by the file's path or name. Raises
    UnknownFile."""
    row, name = row_of(path)
    return Explanation(
        f"Content of {name}: {row.title}", "", row.clause, (), read(row.decoder, data), raw_answer=data
    )


def row_of(path: str) -> tuple[FileRow, str]:
    """The layout of a file by its path ('MF/ADF.USIM/EF.IMSI') or its name alone, and its name.
    UnknownFile."""
    parts = [part.strip().upper() for part in path.strip("/").split("/")]
    name, directory = parts[-1], parts[-2] if len(parts) > 1 else ""
    if directory:
        row = decoder_of(directory, name)
        known = [row] if row else []
    else:
        # A name alone means the USIM's file before the SIM's of the same name.
        known = [row for place in ("ADF.USIM", *files.TREE) if (row := decoder_of(place, name))]
    if not known:
        raise UnknownFile(f"{path!r} is no file whose layout is known; write it as MF/ADF.USIM/EF.IMSI")
    return known[0], name


def is_command(data: bytes) -> bool:
    """Whether bytes that stand alone are a command that cards know, rather than a data object."""
    try:
        command = CommandApdu.parse(data)
    except ApduError:
        return False
    return (not command.cla & 0x20 or command.cla == GSM_CLASS) and commands.find(command) is not None


def explain_all(words: Iterable[bytes], explainer: Explainer) -> Iterator[Explanation]:
    """Commands, each with the answer that follows it if there is one, and objects, in their order."""
    command: bytes | None = None
    for word in words:
        if command is not None and not is_command(word) and _ends_in_status(word):
            yield explainer.exchange(command, word)
            command = None
            continue
        if command is not None:
            yield explainer.exchange(command)
            command = None
        if is_command(word):
            command = word
        else:
            yield explain_object(word)
    if command is not None:
        yield explainer.exchange(command)


def _ends_in_status(word: bytes) -> bool:
    return len(word) >= 2 and word[-2] >> 4 in (0x6, 0x9)
