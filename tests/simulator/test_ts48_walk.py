"""Every GSMA TS.48 package, downloaded and installed: what the package says is what the card answers.

The expected contents are worked out here from the decoded package alone, without the reader and templates
that the card was built with: wherever an element gives a file's content from its first byte on, the card
must give the same bytes back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asn1 import saip, tlv
from cards import InProcessLink
from cards.uicc import Uicc
from simulator.crypto.aka import generate_vector
from simulator.crypto.xor_test import XorTest
from simulator.uicc.image import FileStructure
from tests.simulator.conftest import Bench

ADM1, PIN1, PIN2 = 0x0A, 0x01, 0x81


def elements(der: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    offset = 0
    while offset < len(der):
        element, offset = saip.decode_prefix("ProfileElement", der, offset)
        yield element


def written(listed: list[tuple[str, Any]]) -> dict[int, int]:
    """Byte offset → value, for every byte that a File list writes."""
    at, contents = 0, {}
    for choice, value in listed:
        if choice == "fillFileOffset":
            at += value
        elif choice == "fillFileContent":
            contents |= dict(enumerate(value, at))
            at += len(value)
    return contents


def expected_files(der: bytes) -> Iterator[tuple[str, str, dict[int, int]]]:
    """(profile element, FID, bytes) of every file that a template element fills and gives an FID for."""
    for name, value in elements(der):
        for member, listed in value.items():
            if not (isinstance(listed, list) and listed and member.startswith("ef-")):
                continue
            fcp = next((value for choice, value in listed if choice == "fileDescriptor"), {})
            if "fileID" in fcp and written(listed):
                yield name, fcp["fileID"].hex().upper(), written(listed)


def test_everything_that_the_package_defines_is_on_the_card(bench: Bench, ts48_package: Path) -> None:
    der = ts48_package.read_bytes()
    bench.download(der, enable=True)
    files = bench.euicc.card.files
    bodies: dict[str, list[bytes]] = {}
    for node in files.index.nodes:
        if not node.is_df:
            bodies.setdefault(f"{node.fid:04X}", []).append(files.body(node))
    checked = 0
    for element, fid, contents in expected_files(der):
        fitting = [body for body in bodies.get(fid, []) if _holds(body, contents)]
        assert fitting, f"{element}: no file {fid} holds what the package writes"
        checked += 1
    assert checked > 60
    assert not bench.faults


def _holds(body: bytes, contents: dict[int, int]) -> bool:
    return all(at < len(body) and body[at] == value for at, value in contents.items())


def test_every_file_can_be_selected_and_read(bench: Bench, ts48_package: Path) -> None:
    bench.download(ts48_package.read_bytes(), enable=True)
    card = bench.euicc.card
    uicc = Uicc(InProcessLink(bench.euicc))
    pins = {(pin.aid, pin.reference): pin for pin in card.files.image.pins}
    for (aid, reference), pin in pins.items():
        uicc.select(aid or 0x3F00)
        if pin.enabled:
            uicc.verify_pin(reference, pin.value)
    read = 0
    for node in card.files.index.nodes:
        if node.is_df:
            continue
        _select(uicc, card, node)
        if not _allowed(card, node):
            continue
        if node.structure is FileStructure.BER_TLV:
            objects = uicc.read_objects().items()
            assert b"".join(tlv.encode(tag, value) for tag, value in objects) == card.files.body(node)
        elif node.structure is FileStructure.TRANSPARENT:
            assert uicc.read_binary() == card.files.body(node)
        else:
            assert b"".join(uicc.read_records()) == card.files.body(node)
        read += 1
    assert read > 150
    assert not bench.faults


def _select(uicc: Uicc, card: Any, node: Any) -> None:
    """From the application down to the file, one SELECT by FID after the other."""
    path = []
    while node.parent is not None:
        path.append(node)
        node = node.parent
    uicc.select(node.df.aid or 0x3F00)
    for step in reversed(path):
        uicc.select(step.fid)


def _allowed(card: Any, node: Any) -> bool:
    return bool(card.files.allows(node, 0x01, card.verified))


def test_pins_of_the_package_verify(bench: Bench, ts48_package: Path) -> None:
    der = ts48_package.read_bytes()
    bench.download(der, enable=True)
    uicc = Uicc(InProcessLink(bench.euicc))
    uicc.select("MF/ADF.USIM")
    configured = [
        pin
        for name, value in elements(der)
        if name == "pinCodes" and value["pinCodes"][0] == "pinconfig"
        for pin in value["pinCodes"][1]
    ]
    assert {pin["keyReference"] for pin in configured} >= {PIN1, PIN2, ADM1}
    for pin in configured:
        if pin["pinAttributes"] & 1 and pin["keyReference"] in (PIN2, ADM1):
            uicc.verify_pin(pin["keyReference"], pin["pinValue"])


def test_aka_answers_a_network_that_knows_the_key(bench: Bench, ts48_package: Path) -> None:
    der = ts48_package.read_bytes()
    bench.download(der, enable=True)
    parameter = next(value["algoConfiguration"][1] for name, value in elements(der) if name == "akaParameter")
    vector = generate_vector(XorTest(parameter["key"]), os.urandom(16), (1 << 5).to_bytes(6, "big"), b"\0\0")
    uicc = Uicc(InProcessLink(bench.euicc))
    uicc.select("MF/ADF.USIM")
    answer = uicc.authenticate(vector.rand, vector.autn)
    assert (answer.res, answer.ck, answer.ik) == (vector.xres, vector.ck, vector.ik)
