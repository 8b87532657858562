"""One template package for many subscriptions: numbers and keys from a CSV (SGP.22 §3.1.1).

    template = Template(package)
    for row in read_csv(path):
        package = template.apply(row)

Only the elements that hold a number, a code or a key are encoded anew; all others are copied byte for byte.
"""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from asn1 import saip
from cards.identities import Iccid, luhn_digit
from simulator.crypto.milenage import Milenage
from simulator.profile import ef
from simulator.profile.errors import ProfileError
from simulator.profile.package import ProfilePackage

PIN1, PIN2, ADM1 = 0x01, 0x81, 0x0A
"""Key references, TS 102 221 §9.5.1."""
_MSISDN_WITHOUT_LABEL: Final = 14
_KEY_LENGTHS: Final = (16, 32)


class PersonalisationError(ValueError):
    """A value cannot be used, or the template has no place for it."""


Row = Mapping[str, str]
Patch = Callable[[dict[str, Any], str, Row], bool]
"""Changes the value of an element in place; whether it had a place for it."""


def _header_iccid(element: dict[str, Any], value: str, _: Row) -> bool:
    if "iccid" not in element:
        return False
    element["iccid"] = bytes.fromhex(value.ljust(20, "F"))
    return True


def _file(name: str, encode: Callable[[str], bytes]) -> Patch:
    """Replaces the content of a transparent file, or of the first record of a linear one."""

    def patch(element: dict[str, Any], value: str, _: Row) -> bool:
        if name not in element:
            return False
        kept = [part for part in element[name] if not part[0].startswith("fill")]
        element[name] = [*kept, ("fillFileContent", encode(value))]
        return True

    return patch


def _iccid(element: dict[str, Any], value: str, row: Row) -> bool:
    in_header = _header_iccid(element, value, row)
    return _file("ef-iccid", ef.iccid)(element, value, row) or in_header


def _imsi(element: dict[str, Any], value: str, row: Row) -> bool:
    """EF.ACC follows the last digit of the IMSI (TS 22.011 §4.2), unless the row says otherwise."""
    found = _file("ef-imsi", ef.imsi)(element, value, row)
    if found and not row.get("acc"):
        _file("ef-acc", _access_class)(element, value[-1], row)
    return found


def _access_class(classes: str) -> bytes:
    numbers = [int(number) for number in classes.split()] if classes.replace(" ", "").isdecimal() else [-1]
    if not all(0 <= number <= 15 for number in numbers):
        raise PersonalisationError("access control classes are numbers from 0 to 15, with spaces between")
    return ef.access_control_classes(numbers)


def _msisdn(element: dict[str, Any], value: str, row: Row) -> bool:
    contents = [content for kind, content in element.get("ef-msisdn", ()) if kind == "fillFileContent"]
    if not contents:
        return False
    label_length = max(len(contents[0]) - _MSISDN_WITHOUT_LABEL, 0)

    def record(number: str) -> bytes:
        return ef.dialling_number(number, label_length=label_length)

    return _file("ef-msisdn", record)(element, value, row)


def _key(element: dict[str, Any], value: str, _: Row) -> bool:
    return _algorithm(element, "key", _octets(value, _KEY_LENGTHS))


def _opc(element: dict[str, Any], value: str, _: Row) -> bool:
    return _algorithm(element, "opc", _octets(value, _KEY_LENGTHS))


def _op(element: dict[str, Any], value: str, row: Row) -> bool:
    if not row.get("k"):
        raise PersonalisationError("OPc comes from OP and K: there is no column k")
    return _algorithm(element, "opc", Milenage.opc(_octets(row["k"], (16,)), _octets(value, (16,))))


def _algorithm(element: dict[str, Any], field: str, value: bytes) -> bool:
    kind, parameter = element.get("algoConfiguration", ("", None))
    if kind != "algoParameter":
        return False
    parameter[field] = value
    return True


def _pin(reference: int) -> Patch:
    def patch(element: dict[str, Any], value: str, _: Row) -> bool:
        kind, codes = element.get("pinCodes", ("", ()))
        return kind == "pinconfig" and _code(codes, reference, "pinValue", value)

    return patch


def _puk(reference: int) -> Patch:
    def patch(element: dict[str, Any], value: str, _: Row) -> bool:
        return _code(element.get("pukCodes", ()), reference, "pukValue", value)

    return patch


def _code(codes: Any, reference: int, field: str, value: str) -> bool:
    found = False
    for code in codes:
        if code["keyReference"] == reference:
            code[field], found = ef.pin(value), True
    return found


def _octets(text: str, lengths: tuple[int, ...]) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        raise PersonalisationError("hexadecimal digits expected") from None
    if len(value) not in lengths:
        raise PersonalisationError(f"{' or '.join(map(str, lengths))} bytes expected, not {len(value)}")
    return value


class Column(NamedTuple):
    """A column of the CSV: the elements of a package that may hold its value, and what changes them."""

    elements: frozenset[str]
    patch: Patch
    meaning: str


_FILES = frozenset({"mf", "usim", "opt-usim", "isim", "opt-isim", "telecom"})
_KEYS, _PINS, _PUKS = frozenset({"akaParameter"}), frozenset({"pinCodes"}), frozenset({"pukCodes"})
COLUMNS: Final = {
    "iccid": Column(frozenset({"header", "mf"}), _iccid, "18 to 20 digits; a check digit is added to 18"),
    "imsi": Column(_FILES, _imsi, "6 to 15 digits; EF.ACC follows its last digit"),
    "k": Column(_KEYS, _key, "K of every application, 16 or 32 bytes in hexadecimal"),
    "opc": Column(_KEYS, _opc, "OPc or TOPc, as long as K, in hexadecimal"),
    "op": Column(_KEYS, _op, "OP in place of OPc, for Milenage, 16 bytes in hexadecimal"),
    "pin1": Column(_PINS, _pin(PIN1), "4 to 8 digits"),
    "pin2": Column(_PINS, _pin(PIN2), "4 to 8 digits"),
    "puk1": Column(_PUKS, _puk(PIN1), "8 digits"),
    "puk2": Column(_PUKS, _puk(PIN2), "8 digits"),
    "adm1": Column(_PINS, _pin(ADM1), "4 to 8 digits"),
    "msisdn": Column(_FILES, _msisdn, "the subscriber's number, with + before a country code"),
    "acc": Column(_FILES, _file("ef-acc", _access_class), "access control classes, with spaces between"),
}
"""What a CSV may tell of a subscription (SAIP §8.2 to §8.7)."""
UNIQUE: Final = ("iccid", "imsi")


class Template:
    """A package that many are made from; decoded once."""

    def __init__(self, package: bytes) -> None:
        """ProfileError if `package` (DER) is no profile package."""
        parsed = ProfilePackage.parse(package)
        _ = parsed.header
        self._pieces = [package[e.offset : e.offset + e.length] for e in parsed.elements]
        self._elements = [(element.name, element.value) for element in parsed.elements]

    def apply(self, row: Row) -> bytes:
        """The package of one subscription, DER. PersonalisationError names the column that cannot be used."""
        wanted = {name: value for name, value in row.items() if value}
        places = dict.fromkeys(wanted, False)
        pieces = list(self._pieces)
        for number, (kind, value) in enumerate(self._elements):
            columns = [name for name in wanted if kind in COLUMNS[name].elements]
            if not columns:
                continue
            changed = copy.deepcopy(value)
            touched = [_applied(name, changed, wanted) for name in columns]
            places.update((name, True) for name, found in zip(columns, touched, strict=True) if found)
            if any(touched):
                pieces[number] = saip.encode("ProfileElement", (kind, changed))
        for name, found in places.items():
            if not found:
                raise PersonalisationError(f"{name}: the template has no place for it")
        return b"".join(pieces)


def _applied(name: str, element: dict[str, Any], row: Row) -> bool:
    try:
        return COLUMNS[name].patch(element, row[name], row)
    except (PersonalisationError, ef.ContentError) as error:
        raise PersonalisationError(f"{name}: {error}") from None


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """The subscriptions of a CSV with a heading, one after another. PersonalisationError names the line: an
    unknown column, a cell too many or too few, a wrong check digit, a number that was there before."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.DictReader(file, skipinitialspace=True, restkey="", strict=True)
        try:
            names = [name.strip().lower() for name in lines.fieldnames or ()]
            lines.fieldnames = names
            _check_heading(path, names)
            seen: dict[tuple[str, str], int] = {}
            for row in lines:
                where = f"{path}, line {lines.line_num}"
                if "" in row or None in row.values():
                    raise PersonalisationError(f"{where}: {len(names)} cells expected, as in the heading")
                yield _checked(
                    {name: value.strip() for name, value in row.items()}, where, lines.line_num, seen
                )
        except (csv.Error, UnicodeDecodeError) as error:
            raise PersonalisationError(f"{path}, line {lines.line_num}: {error}") from None


def _check_heading(path: Path, names: list[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise PersonalisationError(f"{path}, line 1: there is no column {name!r}; known are {known}")
    if "iccid" not in names or len(set(names)) != len(names):
        raise PersonalisationError(f"{path}, line 1: one column iccid is needed, and no column twice")
    if {"op", "opc"} <= set(names):
        raise PersonalisationError(f"{path}, line 1: give op or opc, not both")


def _checked(row: dict[str, str], where: str, line: int, seen: dict[tuple[str, str], int]) -> dict[str, str]:
    iccid = row["iccid"]
    if not (iccid.isascii() and iccid.isdecimal() and 18 <= len(iccid) <= 20):
        raise PersonalisationError(f"{where}: iccid: 18 to 20 digits expected, not {iccid!r}")
    row["iccid"] = iccid = iccid + luhn_digit(iccid) if len(iccid) == 18 else iccid
    if not Iccid(iccid).is_valid:
        raise PersonalisationError(
            f"{where}: iccid: the check digit of {iccid} is {luhn_digit(iccid[:-1])}, not {iccid[-1]}"
        )
    for name in UNIQUE:
        value = row.get(name, "")
        if value and (before := seen.setdefault((name, value), line)) != line:
            raise PersonalisationError(f"{where}: {name}: {value} stands in line {before} already")
    return row


def personalise(template: Template, path: Path) -> Iterator[tuple[dict[str, str], bytes]]:
    """Each subscription of a CSV with its package. PersonalisationError names the line and the column."""
    for number, row in enumerate(read_csv(path), start=2):
        try:
            yield row, template.apply(row)
        except (PersonalisationError, ProfileError) as error:
            raise PersonalisationError(f"{path}, line {number}: {error}") from None
