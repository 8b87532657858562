"""Checks a profile package beyond what an eUICC must refuse: what its author wants to know (SAIP §8, §9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from asn1 import tlv
from cards.identities import luhn_digit
from simulator.profile.errors import ProfileError
from simulator.profile.package import ProfilePackage
from simulator.profile.reader import build_image
from simulator.profile.templates import FileTemplate, by_oid
from simulator.uicc.image import AkaAlgorithm, CardImage
from simulator.uicc.index import ImageIndex, Node, index_of

USIM_RID, ISIM_RID = bytes.fromhex("A0000000871002"), bytes.fromhex("A0000000871004")
EF_ICCID = 0x2FE2


class Finding(NamedTuple):
    """One thing that is wrong ("error": an eUICC refuses the package) or doubtful ("warning")."""

    severity: str
    subject: str
    """Profile element or file."""
    words: str
    clause: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.subject}: {self.words} ({self.clause})"


Check = Callable[[ProfilePackage, CardImage, ImageIndex], Iterator[Finding]]


def warning(subject: str, words: str, clause: str) -> Finding:
    return Finding("warning", subject, words, clause)


def identifications(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """Each element has a number of its own, by which an eUICC reports errors."""
    seen: dict[int, str] = {}
    for element in package.elements:
        number = element.identification
        if number is None:
            continue
        if number in seen:
            words = f"has the identification {number} of element {seen[number]}"
            yield warning(f"{element.index} {element.name}", words, "SAIP §8.1")
        seen[number] = f"{element.index} {element.name}"


def iccid(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """The ICCID of the header is the card's, and its last digit is a check digit."""
    node = index.mf.by_fid.get(EF_ICCID)
    digits = package.iccid.hex().upper()
    if node is None or node.is_df:
        yield warning("EF.ICCID", "is missing", "TS 102 221 §13.2")
    elif bytes((byte << 4 | byte >> 4) & 0xFF for byte in node.ef.content) != package.iccid:
        yield warning("EF.ICCID", f"is not the ICCID of the header, {digits}", "SAIP §8.2")
    number = digits.rstrip("F")
    if number.isdecimal() and luhn_digit(number[:-1]) != number[-1]:
        yield warning("header", f"the check digit of ICCID {number} is wrong", "ITU-T E.118 §4.1")


def access_rules(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """Every access rule that a file refers to stands in an EF.ARR."""
    for node in index.nodes:
        security = node.image.security
        if not security or tlv.read(security).tag != 0x8B:
            continue
        if not index.rule(node):
            reference = tlv.read(security).value.hex().upper()
            words = f"refers to an access rule ({reference}) that is empty or missing"
            yield warning(_name(node), words, "TS 102 221 §9.2.7")


def pins(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """Every key reference in a PIN status template is a PIN."""
    for node in index.nodes:
        if not node.is_df:
            continue
        for reference in node.df.pin_status:
            if index.pin(node, reference) is None:
                words = f"its PIN status template names '{reference:02X}', which is no PIN of the package"
                yield warning(_name(node), words, "TS 102 221 §9.5.2")


def authentication(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """A USIM or ISIM can authenticate."""
    for adf in index.adfs:
        if adf.df.aid.startswith((USIM_RID, ISIM_RID)) and adf.df.aid not in index.akas:
            yield warning(_name(adf), "has no AKA parameters", "SAIP §8.5")


def templates(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """The header lists the templates that the package uses."""
    listed = set(package.header["eUICC-Mandatory-GFSTEList"])
    for element in package.elements:
        oid = element.value.get("templateID") if isinstance(element.value, dict) else None
        if oid is not None and oid not in listed:
            words = f"uses the template {oid}, which the header does not list"
            yield warning(f"{element.index} {element.name}", words, "SAIP §8.2")


APPLICATIONS = ("usim", "isim", "csim")
"""Profile elements that need the service of the same name in the header."""
SERVICE_TABLES = (
    (USIM_RID, 0x6F38, frozenset({"usim", "opt-usim"})),
    (ISIM_RID, 0x6F07, frozenset({"isim", "opt-isim"})),
)
"""Applications, the service table of each, and the elements whose files it speaks of. Those of directories
with an element of their own are left out: whether a profile has the element is its author's choice."""
ALGORITHM_SERVICES = {
    AkaAlgorithm.MILENAGE: "milenage",
    AkaAlgorithm.USIM_TEST: "usim-test-algorithm",
}
"""The service in the header that an algorithm needs; TUAK's depends on the length of its key."""


def services(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """The header asks for the applications and algorithms that the package brings."""
    asked = package.header["eUICC-Mandatory-services"]
    brought = {element.name: element.name for element in package.elements if element.name in APPLICATIONS}
    for aka in image.akas:
        tuak = f"tuak{8 * len(aka.key)}"
        brought[ALGORITHM_SERVICES.get(aka.algorithm, tuak)] = "akaParameter"
    for service, name in brought.items():
        if service not in asked:
            yield warning(
                "header", f"does not ask for the service {service}, which {name} needs", "SAIP §8.2"
            )


def service_tables(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """A service that EF.UST or EF.IST calls available has its files."""
    for rid, fid, families in SERVICE_TABLES:
        for adf in index.adfs:
            table = adf.by_fid.get(fid)
            if not adf.df.aid.startswith(rid) or table is None or table.is_df:
                continue
            available = _services(table.target.ef.content)
            for file in _files_of(package, families):
                needed = file.services and all(available & set(any_of) for any_of in file.services)
                if needed and file.fid not in adf.by_fid:
                    numbers = ", ".join(str(min(available & set(any_of))) for any_of in file.services)
                    words = f"calls service {numbers} available, but {file.name} is missing"
                    yield warning(_name(table), words, "TS 31.102 §4.2.8, TS 31.103 §4.2.7")


def _services(table: bytes) -> set[int]:
    """Numbers of the services whose bits are set; b1 of the first byte is service 1."""
    return {8 * at + bit + 1 for at, octet in enumerate(table) for bit in range(8) if octet >> bit & 1}


def _files_of(package: ProfilePackage, families: frozenset[str]) -> Iterator[FileTemplate]:
    """The files of every template that elements of these kinds use."""
    for element in package.elements:
        if element.name in families and "templateID" in element.value:
            yield from by_oid(element.value["templateID"]).files.values()


CHECKS: tuple[Check, ...] = (
    identifications,
    iccid,
    access_rules,
    pins,
    authentication,
    templates,
    services,
    service_tables,
)


def check(package: ProfilePackage) -> list[Finding]:
    """Everything that is wrong or doubtful; a package that an eUICC refuses has one error."""
    try:
        image = build_image(package)
    except ProfileError as error:
        place = str(error).removesuffix(error.reason).rstrip(": ") or "package"
        status = error.status.name.lower().replace("_", "-")
        return [Finding("error", place, error.reason, f"SAIP §8.11, {status}")]
    index = index_of(image)
    return [finding for one in CHECKS for finding in one(package, image, index)]


def _name(node: Node) -> str:
    return f"{node.image.name or 'file'} {node.path}".strip()
