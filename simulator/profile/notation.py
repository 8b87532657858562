"""Profile packages as text: ASN.1 value notation (ITU-T X.680), laid out as GSMA publishes its test profiles.

    for line in notation.package_lines(package): print(line)

Each element is introduced by a comment with its place: `-- 4 usim, byte 1319, 688 bytes`. Without comments
the text of a TS.48 package is GSMA's own, line by line. Members that the package leaves to their DEFAULT are
printed, for that is what the eUICC will use; only `fileDetails` is not, which matters to BER-TLV files alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from asn1 import saip
from simulator.profile.package import ProfilePackage

_OBJECT_IDENTIFIER = re.compile(r"[0-2](\.[0-9]+)+")

NAMED_NUMBERS = {
    "keyReference": ("PINKeyReferenceValue",),
    "unblockingPINReference": ("PUKKeyReferenceValue",),
    "algorithmID": ("AlgoParameter.algorithmID",),
    "status": ("PEStatus.status",),
}
"""Members whose numbers have names, with the types that name them."""

OBJECT_IDENTIFIERS = frozenset({"templateID", "issuerID", "eUICC-Mandatory-GFSTEList"})
"""Members that hold object identifiers; every other text is a string."""


ORDER = {
    name: at
    for at, name in enumerate(
        (
            # Fcp and ProprietaryInfo
            *("fileDescriptor", "fileID", "dfName", "lcsi", "securityAttributesReferenced", "efFileSize"),
            *("pinStatusTemplateDO", "shortEFID", "proprietaryEFInfo", "linkPath", "specialFileInformation"),
            *("fillPattern", "repeatPattern", "maximumFileSize", "fileDetails"),
            # PINConfiguration and PUKConfiguration
            *("keyReference", "pinValue", "pukValue", "unblockingPINReference", "pinAttributes"),
            "maxNumOfAttemps-retryNumLeft",
            # KeyObject
            *("keyUsageQualifier", "keyAccess", "keyIdentifier", "keyVersionNumber", "keyCounterValue"),
            *("keyComponents", "keyType", "keyData", "macLength"),
            # PE-AKAParameter and AlgoParameter
            *("aka-header", "algoConfiguration", "sqnOptions", "sqnDelta", "sqnAgeLimit", "sqnInit"),
            *("algorithmID", "algorithmOptions", "key", "opc", "rotationConstants", "xoringConstants"),
            *("authCounterMax", "numberOfKeccak"),
            # ApplicationInstance
            *("applicationLoadPackageAID", "classAID", "instanceAID", "extraditeSecurityDomainAID"),
            *("applicationPrivileges", "lifeCycleState", "applicationSpecificParametersC9"),
            *("systemSpecificParameters", "applicationParameters", "processData", "controlReferenceTemplate"),
        )
    )
}
"""Members of the types that have DEFAULTs, in the module's order: decoding puts defaults behind the rest."""


def package_lines(package: ProfilePackage, *, with_places: bool = True) -> Iterator[str]:
    """The whole package. `with_places` adds a comment with index, kind, offset and length to each element."""
    for number, element in enumerate(package.elements, start=1):
        if with_places:
            place = f"byte {element.offset}, {element.length} bytes"
            yield f"-- {element.index} {element.name}, {place}"
        yield from value_lines((element.name, element.value), f"value{number} ProfileElement ::= ")


def value_lines(value: Any, prefix: str = "", indent: str = "", member: str = "") -> Iterator[str]:
    """One decoded value; `prefix` stands before it on its first line, `member` names what it is in."""
    match value:
        case tuple() if isinstance(value[0], str):
            yield from value_lines(value[1], f"{prefix}{value[0]} : ", indent, value[0])
        case dict():
            yield from _braced(prefix, indent, list(_members(value)))
        case list():
            yield from _braced(prefix, indent, [("", member, inner) for inner in value])
        case _:
            yield indent + prefix + primitive(value, member)


def _members(value: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Label, name and value of each member, in the module's order."""
    in_order = sorted(value, key=ORDER.__getitem__) if value.keys() <= ORDER.keys() else value
    for name in in_order:
        if name == "fileDetails" and value[name] == b"\x01":
            continue
        is_puk = name == "keyReference" and "pukValue" in value
        yield f"{name} ", "unblockingPINReference" if is_puk else name, value[name]


def _braced(prefix: str, indent: str, members: list[tuple[str, str, Any]]) -> Iterator[str]:
    """Members in braces, each on lines of its own, with commas between them."""
    if not members:
        yield f"{indent}{prefix}{{ }}"
        return
    yield f"{indent}{prefix}{{"
    for at, (label, name, inner) in enumerate(members, start=1):
        lines = list(value_lines(inner, label, indent + "  ", name))
        lines[-1] += "," if at < len(members) else ""
        yield from lines
    yield indent + "}"


def primitive(value: Any, member: str = "") -> str:
    """A value without parts: `NULL`, `TRUE`, `'0A'H`, `10`, `adm1`, `"text"`, `{ 2 23 143 }`."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case bytes():
            return f"'{value.hex().upper()}'H"
        case int():
            return _named(value, member)
        case tuple():
            octets, bits = value
            return f"'{int.from_bytes(octets, 'big'):0{8 * len(octets)}b}"[: bits + 1] + "'B"
        case str() if member in OBJECT_IDENTIFIERS and _OBJECT_IDENTIFIER.fullmatch(value):
            return f"{{ {value.replace('.', ' ')} }}"
        case _:
            return '"' + str(value).replace('"', '""') + '"'


def _named(number: int, member: str) -> str:
    """A number, or its name where the module gives one."""
    for path in NAMED_NUMBERS.get(member, ()):
        for name, named in saip.names(path).items():
            if named == number:
                return name
    return str(number)
