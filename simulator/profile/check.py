"""Checks a profile package beyond what an eUICC must refuse: what its author wants to know (SAIP §8, §9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from asn1 import tlv
from cards.identities import luhn_digit
from simulator.profile.errors import ProfileError
from simulator.profile.package import ProfilePackage
from simulator.profile.reader import build_image
from simulator.uicc.image import CardImage
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


SERVICE_OF = {"usim": "usim", "isim": "isim", "csim": "csim", "cdmaParameter": "cave"}
"""Profile element → the service in the header that it needs."""


def services(package: ProfilePackage, image: CardImage, index: ImageIndex) -> Iterator[Finding]:
    """The header asks for the applications that the package brings."""
    asked = package.header["eUICC-Mandatory-services"]
    for name in dict.fromkeys(element.name for element in package.elements):
        service = SERVICE_OF.get(name)
        if service in ("usim", "isim", "csim") and service not in asked:
            yield warning(
                "header", f"does not ask for the service {service}, which {name} needs", "SAIP §8.2"
            )


CHECKS: tuple[Check, ...] = (
    identifications,
    iccid,
    access_rules,
    pins,
    authentication,
    templates,
    services,
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
