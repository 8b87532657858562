"""Rules of reading that no published package exercises: unknown elements, paths, order of elements."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import saip, tlv
from simulator.profile import PeStatus, ProfileError, ProfilePackage, build, build_image, describe
from simulator.uicc import FileSystem

Elements = list[tuple[str, dict[str, Any]]]


def elements(name: str = "home-operator") -> Elements:
    return list(build.elements(describe.load_shipped(name)))


def encode(parts: Elements) -> list[bytes]:
    return [saip.encode("ProfileElement", part) for part in parts]


def read(parts: list[bytes]) -> Any:
    return build_image(ProfilePackage.parse(b"".join(parts)))


def unknown(header: bytes) -> bytes:
    return tlv.encode(0xBF7E, tlv.encode(0xA0, header) + b"\x81\x01\x00")


def test_an_unknown_element_is_passed_over_unless_it_is_mandated() -> None:
    parts = encode(elements())
    identification = b"\x81\x01\x63"
    image = read([*parts[:-1], unknown(identification), parts[-1]])
    assert image.kept[-1] == ("...", unknown(identification))
    with pytest.raises(ProfileError) as caught:
        read([*parts[:-1], unknown(b"\x80\x00" + identification), parts[-1]])
    assert caught.value.status is PeStatus.PE_NOT_SUPPORTED
    assert caught.value.index == len(parts) - 1


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (lambda parts: parts[1:], PeStatus.INVALID_REQUEST_FORMAT, "begins with its header"),
        (lambda parts: parts[:-1], PeStatus.INVALID_REQUEST_FORMAT, "ends with the element 'end'"),
        (lambda parts: [parts[0], *parts], PeStatus.INVALID_REQUEST_FORMAT, "one header"),
        (lambda parts: [*parts, parts[-1]], PeStatus.INVALID_REQUEST_FORMAT, "behind 'end'"),
        (lambda parts: [*parts[:2], parts[1], *parts[2:]], PeStatus.BAD_VALUES, "already"),
        (lambda parts: [parts[0], *parts[2:]], PeStatus.PIN_CODE_MISSING, ""),
        (lambda parts: [*parts[:-1], b"\xa0\x05abc", parts[-1]], PeStatus.INVALID_REQUEST_FORMAT, ""),
        (lambda parts: [], PeStatus.INVALID_REQUEST_FORMAT, "empty"),
    ],
)
def test_elements_out_of_order(change: Any, status: PeStatus, words: str) -> None:
    with pytest.raises(ProfileError) as caught:
        read(change(encode(elements())))
    assert words in str(caught.value)
    if words:
        assert caught.value.status is status


def with_header(**members: Any) -> list[bytes]:
    parts = elements()
    parts[0][1].update(members)
    return encode(parts)


@pytest.mark.parametrize(
    ("members", "status", "field"),
    [
        ({"major-version": 9}, PeStatus.UNSUPPORTED_PROFILE_VERSION, "major-version"),
        (
            {"eUICC-Mandatory-services": {"multos": None}},
            PeStatus.FEATURE_NOT_SUPPORTED,
            "eUICC-Mandatory-services",
        ),
        (
            {"eUICC-Mandatory-GFSTEList": ["2.23.143.1.2.99"]},
            PeStatus.TEMPLATE_NOT_SUPPORTED,
            "eUICC-Mandatory-GFSTEList",
        ),
    ],
)
def test_headers_that_ask_for_too_much(members: dict[str, Any], status: PeStatus, field: str) -> None:
    with pytest.raises(ProfileError) as caught:
        read(with_header(**members))
    assert (caught.value.status, caught.value.field, caught.value.index) == (status, field, 0)


def generic(*commands: tuple[str, Any]) -> bytes:
    header = {"mandated": None, "identification": 99}
    return saip.encode(
        "ProfileElement",
        ("genericFileManagement", {"gfm-header": header, "fileManagementCMD": [list(commands)]}),
    )


EF = {"fileDescriptor": b"\x41\x21", "fileID": b"\x6f\xaa", "efFileSize": b"\x04", "shortEFID": b""}


@pytest.mark.parametrize(
    ("path", "application"),
    [(b"", False), (b"\x7f\xf1", True), (b"\x7f\xf1\x5f\x3b", True), (b"\x7f\xff", True)],
)
def test_files_without_template_go_where_the_path_says(path: bytes, application: bool) -> None:
    parts = encode(elements())
    made = generic(
        ("filePath", path), ("createFCP", EF), ("fillFileOffset", 1), ("fillFileContent", b"\x01\x02")
    )
    image = read([*parts[:-1], made, parts[-1]])
    roots = image.adfs if application else (image.mf,)
    found = [file for root in roots for _, file in root.walk() if file.fid == 0x6FAA]
    assert [file.content.hex() for file in found] == ["ff0102ff"]


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ((("filePath", b"\x7f\x99"), ("createFCP", EF)), "there is no file 7F99"),
        ((("filePath", b"\x2f\xe2\x6f\x07"), ("createFCP", EF)), "there is no file 6F07"),
        ((("filePath", b""), ("createFCP", EF), ("fillFileContent", bytes(5))), "reaches byte 5"),
        ((("filePath", b""), ("createFCP", EF), ("fillFileOffset", 5)), "reaches byte 5"),
        ((("filePath", b""), ("createFCP", {**EF, "linkPath": b"\x2f"})), "cannot be followed"),
        ((("filePath", b""), ("createFCP", {**EF, "linkPath": b"\x7f\x99"})), "no file 7F99"),
        ((("filePath", b""), ("createFCP", {**EF, "linkPath": b"\x6f\xaa"})), "to no content"),
        ((("filePath", b""), ("createFCP", {**EF, "linkPath": b"\x7f\xf1"})), "to no content"),
        ((("filePath", b""), ("createFCP", EF), ("createFCP", EF)), "exists already"),
        ((("filePath", b""), ("fillFileContent", b"\0")), "without a file"),
        ((("filePath", b""), ("createFCP", {"fileID": b"\x6f\xab"})), "fileDescriptor"),
        ((("filePath", b""), ("createFCP", {**EF, "fileDescriptor": b"\x42\x21"})), "record length"),
        (
            (("filePath", b""), ("createFCP", {**EF, "fileDescriptor": b"\x42\x21\x00\x03"})),
            "cannot be divided",
        ),
    ],
)
def test_files_that_cannot_be_made(commands: tuple[tuple[str, Any], ...], words: str) -> None:
    parts = encode(elements())
    with pytest.raises(ProfileError, match=words) as caught:
        read([*parts[:-1], generic(*commands), parts[-1]])
    assert caught.value.element == "genericFileManagement"
    assert caught.value.identification == 99


@pytest.mark.parametrize(
    ("proprietary", "content"),
    [
        ({"fillPattern": b"\x01\x02"}, "01020202"),
        ({"repeatPattern": b"\x01\x02\x03"}, "01020301"),
        ({}, "ffffffff"),
    ],
)
def test_patterns(proprietary: dict[str, bytes], content: str) -> None:
    parts = encode(elements())
    fcp = {**EF, "proprietaryEFInfo": proprietary} if proprietary else EF
    image = read([*parts[:-1], generic(("filePath", b""), ("createFCP", fcp)), parts[-1]])
    assert [file.content.hex() for _, file in image.mf.walk() if file.fid == 0x6FAA] == [content]


def test_an_empty_key_type_is_refused() -> None:
    parts = elements()
    domain = next(value for name, value in parts if name == "securityDomain")
    domain["keyList"][0]["keyComponents"][0]["keyType"] = b""
    with pytest.raises(ProfileError, match="empty key type"):
        read(encode(parts))


def test_a_link_shows_the_content_of_its_target() -> None:
    parts = encode(elements())
    link = {**EF, "fileID": b"\x6f\xab", "linkPath": b"\x6f\xac"}
    chain = {**EF, "fileID": b"\x6f\xac", "linkPath": b"\x6f\xaa"}
    made = generic(
        ("filePath", b""),
        *(("createFCP", fcp) for fcp in (link, chain, EF)),
        ("fillFileContent", bytes.fromhex("0A0B0C0D")),
    )
    files = FileSystem(read([*parts[:-1], made, parts[-1]]))
    bodies = [files.body(files.index.mf.by_fid[fid]).hex() for fid in (0x6FAA, 0x6FAB, 0x6FAC)]
    assert bodies == ["0a0b0c0d"] * 3
