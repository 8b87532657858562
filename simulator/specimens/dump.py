"""The files of a card as text: what `esim card dump` writes and `esim card new --from` reads
(docs/card-description.md).

A dump holds the FCP of each file as the card gave it and what was in the file. What could not be read is
filled with 'FF'; values of PINs and keys, which no card gives away, are put in by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from asn1 import tlv
from cards.dump import DumpedFile
from cards.errors import CardProtocolError
from cards.fcp import Fcp
from cards.files import UnknownFileError, file_identifier
from cards.status import StatusError
from cards.survey import PinState
from simulator.profile import ef
from simulator.profile.build import operator_constant
from simulator.profile.describe import Authentication, Description, Pin, Puk
from simulator.uicc.image import AkaAlgorithm, AkaImage, CardImage, DfImage, EfImage, FileStructure, PinImage
from simulator.uicc.structure import life_cycle, structure_of

MF = "MF"
_USIM = "A0000000871002"
_ALGORITHMS = {
    "milenage": AkaAlgorithm.MILENAGE,
    "tuak": AkaAlgorithm.TUAK,
    "test": AkaAlgorithm.USIM_TEST,
}


def _bytes(value: object) -> bytes:
    try:
        return bytes.fromhex(value if isinstance(value, str) else "-")
    except ValueError:
        raise ValueError("must be hexadecimal digits in quotes") from None


Octets = Annotated[bytes, BeforeValidator(_bytes)]


class DumpedPin(Description):
    """A PIN that the card has. Its value is not the card's."""

    reference: Annotated[int, Field(ge=1, le=0x8E)]
    enabled: bool = True
    tries: Annotated[int, Field(ge=0, le=15)] = 3
    value: Pin = "0000"
    puk: Puk = "12345678"


class File(Description):
    """A file: its place, its FCP, and its content in one of three ways, or none."""

    path: str
    fcp: Octets
    content: Octets | None = None
    records: tuple[Octets, ...] | None = None
    objects: dict[Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2}){1,3}$")], Octets] | None = None
    unreadable: str = ""

    @field_validator("fcp")
    @classmethod
    def is_an_fcp(cls, value: bytes) -> bytes:
        try:
            Fcp.parse(value)
        except CardProtocolError as error:
            raise ValueError(str(error)) from None
        return value

    @property
    def parsed(self) -> Fcp:
        return Fcp.parse(self.fcp)


class Dump(Description):
    """All files of a card, each after its directory."""

    pins: tuple[DumpedPin, ...] = ()
    authentication: Authentication | None = None
    """Of the USIM; without it, AUTHENTICATE is refused."""
    files: Annotated[tuple[File, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def becomes_an_image(self) -> Dump:
        self.image()
        return self

    def image(self) -> CardImage:
        """The card image; ValueError names the file that cannot be used."""
        return _Builder(self).build()


class _Builder:
    """Puts the files into their directories."""

    def __init__(self, dump: Dump) -> None:
        self._dump = dump
        self._children: dict[str, list[File]] = {}
        known: dict[str, File] = {}
        for file in dump.files:
            parent = file.path.rpartition("/")[0]
            if file.path in known:
                raise ValueError(f"{file.path} is there twice")
            if parent and (parent not in known or not known[parent].parsed.is_df):
                raise ValueError(f"{file.path} has no directory before it")
            known[file.path] = file
            self._children.setdefault(parent, []).append(file)

    def build(self) -> CardImage:
        roots = self._children.get("", [])
        if [file.path for file in roots] != [MF] or not roots[0].parsed.is_df:
            raise ValueError("the first file is the MF, and all others lie below it")
        below = self._children.get(MF, [])
        adfs = tuple(self._df(file) for file in below if file.parsed.aid)
        usim = next((adf.aid for adf in adfs if adf.aid.hex().upper().startswith(_USIM)), b"")
        return CardImage(
            self._df(roots[0]),
            adfs,
            pins=tuple(_pin(pin, usim) for pin in self._dump.pins),
            pin_links=tuple((adf.aid, usim) for adf in adfs if adf.aid != usim and usim),
            akas=_akas(self._dump.authentication, usim),
        )

    def _df(self, file: File) -> DfImage:
        fcp = file.parsed
        is_mf = file.path == MF
        children = [child for child in self._children.get(file.path, ()) if not (is_mf and child.parsed.aid)]
        return DfImage(
            0x3F00 if is_mf else _identifier(file),
            tuple(self._df(child) if child.parsed.is_df else _ef(child) for child in children),
            name=file.path.rpartition("/")[2],
            aid=fcp.aid,
            security=fcp.security,
            pin_status=bytes(pin.reference for pin in fcp.pins),
            life_cycle=life_cycle(b"" if fcp.life_cycle is None else bytes((fcp.life_cycle,))),
            shareable=fcp.shareable,
            proprietary=_proprietary(fcp),
        )


def _identifier(file: File) -> int:
    """The FID in the FCP, or, for an ADF that has none, one that no file has."""
    fcp = file.parsed
    if fcp.fid is not None:
        return fcp.fid
    if fcp.aid:
        return 0x7FFF
    parent, _, name = file.path.rpartition("/")
    try:
        return file_identifier(name, parent.rpartition("/")[2])
    except UnknownFileError as error:
        raise ValueError(f"{file.path}: the FCP has no identifier, and {error}") from None


def _ef(file: File) -> EfImage:
    fcp = file.parsed
    descriptor = tlv.find(tlv.read(file.fcp).value, 0x82) or b""
    try:
        structure = structure_of(descriptor[0] if descriptor else 0)
    except StatusError:
        raise ValueError(f"{file.path}: the FCP names no structure of a file") from None
    is_ber = structure is FileStructure.BER_TLV
    return EfImage(
        _identifier(file),
        structure,
        _content(file, fcp, is_ber=is_ber),
        name=file.path.rpartition("/")[2],
        record_length=fcp.record_length,
        sfi=fcp.sfi if fcp.sfi and fcp.sfi <= 30 else None,
        security=fcp.security,
        life_cycle=life_cycle(b"" if fcp.life_cycle is None else bytes((fcp.life_cycle,))),
        shareable=fcp.shareable,
        proprietary=_proprietary(fcp),
        maximum_size=(fcp.file_size or 0) if is_ber else 0,
    )


def _content(file: File, fcp: Fcp, *, is_ber: bool) -> bytes:
    """The body, as long as the FCP says; ValueError if what the dump has does not fit."""
    if is_ber:
        return b"".join(tlv.encode(int(tag, 16), value) for tag, value in (file.objects or {}).items())
    size = fcp.record_length * fcp.record_count if fcp.record_length else fcp.file_size or 0
    if file.records is not None:
        if any(len(record) != fcp.record_length for record in file.records):
            raise ValueError(
                f"{file.path}: a record does not have the {fcp.record_length} bytes that the FCP says"
            )
        body = b"".join(file.records)
    else:
        body = file.content or b""
    if len(body) > size:
        raise ValueError(f"{file.path}: {len(body)} bytes are more than the {size} that the FCP says")
    return body.ljust(size, b"\xff")


def _proprietary(fcp: Fcp) -> bytes:
    return b"".join(tlv.encode(tag, value) for tag, value in fcp.proprietary.items())


def _pin(pin: DumpedPin, usim: bytes) -> PinImage:
    is_local = 0x81 <= pin.reference <= 0x88
    return PinImage(
        pin.reference,
        ef.pin(pin.value),
        tries=pin.tries,
        maximum_tries=max(pin.tries, 3),
        enabled=pin.enabled,
        unblock=ef.pin(pin.puk),
        aid=usim if is_local else b"",
        attributes=0x06 | pin.enabled,
    )


def _akas(authentication: Authentication | None, usim: bytes) -> tuple[AkaImage, ...]:
    if authentication is None:
        return ()
    algorithm = _ALGORITHMS[authentication.algorithm]
    is_test = algorithm is AkaAlgorithm.USIM_TEST
    return (
        AkaImage(
            usim,
            algorithm,
            authentication.key,
            opc=operator_constant(authentication),
            keccak_iterations=authentication.keccak_iterations,
            res_length=16 if is_test else 8,
            sqn_options=authentication.sqn_options,
            sqn_delta=authentication.sqn_delta,
            sqn_age_limit=authentication.sqn_age_limit,
            sqn_init=(authentication.sqn_init,) * 32,
            authentication_counter_maximum=authentication.failures_allowed,
        ),
    )


# --- writing ------------------------------------------------------------------------------------------

_HEAD = (
    "# What `esim card dump` read from a card; `esim card new NAME --from FILE` makes a simulated one of it.",
    "# Nobody can read PINs and keys: `value` is made up, and without `authentication` (key, opc; see",
    "# docs/profile-description.md) the copy refuses AUTHENTICATE. Unreadable files are filled with FF.",
)


def text_of(
    files: Iterable[DumpedFile],
    pins: Iterable[PinState],
    atr: bytes,
    name: str,
    protocol: Literal[0, 1],
    classes: str = "",
) -> str:
    """The description of a card with these files, in YAML. `classes`: 'gsm' of a SIM that knows class 'A0'
    alone."""
    return "\n".join((*_HEAD, *_lines(files, pins, atr, name, protocol, classes), ""))


def _lines(
    files: Iterable[DumpedFile],
    pins: Iterable[PinState],
    atr: bytes,
    name: str,
    protocol: int,
    classes: str,
) -> Iterator[str]:
    yield f'name: "{name}"'
    yield "kind: sim"
    if classes:
        yield f"classes: {classes}"
    if atr:  # a modem does not tell it
        yield f'atr: "{atr.hex().upper()}"'
    yield f"protocol: {protocol}"
    yield "dump:"
    known = [pin for pin in pins if pin.tries is not None or pin.enabled]
    yield "  pins:" if known else "  pins: []"
    for pin in known:
        tries = "" if pin.tries is None else f", tries: {pin.tries}"
        enabled = str(pin.enabled).lower()
        yield f'    - {{reference: {pin.reference}, enabled: {enabled}{tries}, value: "0000"}}  # {pin.name}'
    yield "  files:"
    for file in files:
        yield from _file_lines(file)


def _file_lines(file: DumpedFile) -> Iterator[str]:
    yield f"    - path: {file.path}  # {_about(file.parsed)}"
    yield f'      fcp: "{file.fcp.hex().upper()}"'
    if file.content is not None:
        yield f'      content: "{file.content.hex().upper()}"'
    if file.records is not None:
        yield "      records:" if file.records else "      records: []"
        yield from (f'        - "{record.hex().upper()}"' for record in file.records)
    if file.objects is not None:
        yield "      objects:" if file.objects else "      objects: {}"
        yield from (f'        "{tag:02X}": "{value.hex().upper()}"' for tag, value in file.objects.items())
    if file.unreadable:
        yield f'      unreadable: "{_plain(file.unreadable)}"'


def _about(fcp: Fcp) -> str:
    """What a reader of the text wants to know first."""
    words: list[Any] = [f"{fcp.fid:04X}" if fcp.fid is not None else "", fcp.aid.hex().upper()]
    if not fcp.is_df:
        words += [fcp.structure, f"{fcp.record_count} records" if fcp.record_length else ""]
        words.append(f"{fcp.record_length or fcp.file_size or 0} bytes")
    return ", ".join(filter(None, words))


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
