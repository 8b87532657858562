"""A card read file by file becomes a card again that answers the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cards import InProcessLink, Uicc
from cards.dump import DumpedFile, Walker, walk
from cards.gsm import Sim, card_on
from cards.survey import survey
from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage
from simulator.profile import build, describe, image_of
from simulator.profile.describe import DescriptionError
from simulator.specimens import describe as specimens
from simulator.specimens.dump import text_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import CardImage
from simulator.uicc.tables import Classes

PIN1 = "2468"


def read(image: CardImage, pin1: str, *, scan: bool = True) -> tuple[list[DumpedFile], str]:
    card = Card(FileSystem(image), entropy=bytes)
    link = InProcessLink(card)
    atr = link.reset()
    uicc = Uicc(link)
    if pin1:
        uicc.verify_pin(0x01, pin1)
    files = list(Walker(uicc, scan=scan).walk())
    found = survey(uicc, atr)
    return files, text_of(files, found.pins, atr, f"Copy of {found.iccid}", 0)


def original() -> CardImage:
    return image_of(build.build_package(describe.load_shipped("home-operator")))


def copy_of(text: str) -> CardImage:
    dump = specimens.parse(text).dump
    assert dump is not None
    return dump.image()


def test_a_copy_answers_as_the_card_that_it_was_read_from() -> None:
    files, text = read(original(), PIN1)
    assert all(not file.unreadable for file in files)
    copies, again = read(copy_of(text), "0000")
    assert copies == files
    assert again == text


def test_unreadable_files_are_filled_with_ff() -> None:
    _, text = read(original(), "")
    assert 'unreadable: "6982 locked until a PIN is verified"' in text
    copies, _ = read(copy_of(text), "0000")
    imsi = next(file for file in copies if file.path == "MF/ADF.USIM/EF.IMSI")
    assert imsi.content == b"\xff" * 9


def test_real_packages(ts48_package: Path) -> None:
    image = image_of(ts48_package.read_bytes())
    files, text = read(image, "", scan=False)
    copies, _ = read(copy_of(text), "", scan=False)
    assert [file.path for file in copies] == [file.path for file in files]
    assert [file.fcp for file in copies if not file.parsed.is_df] == [
        file.fcp for file in files if not file.parsed.is_df
    ]


def test_a_copy_with_keys_authenticates() -> None:
    _, text = read(original(), PIN1)
    key, opc = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"
    keyed = text.replace("dump:\n", f"dump:\n  authentication: {{key: {key}, opc: {opc}}}\n")
    rand = bytes(range(16))
    milenage = Milenage(bytes.fromhex(key), bytes.fromhex(opc))
    vector = generate_vector(milenage, rand, (32).to_bytes(6, "big"), b"\0\0")
    for description, works in ((text, False), (keyed, True)):
        link = InProcessLink(Card(FileSystem(copy_of(description)), entropy=bytes))
        link.reset()
        uicc = Uicc(link)
        uicc.verify_pin(0x01, "0000")
        uicc.select("MF/ADF.USIM")
        if works:
            assert uicc.authenticate(rand, vector.autn).res == vector.xres
        else:
            with pytest.raises(Exception, match="AUTHENTICATE: the card answered"):
                uicc.authenticate(rand, vector.autn)


FCP_DIR = "620B8205422100040183022F00"
FCP_MF, FCP_ICCID = (
    "620B8202782183023F008A0105",
    "62178202412183022FE28A01058B032F06018002000A880110",
)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("MF/EF.ICCID", FCP_ICCID, "")], "MF/EF.ICCID has no directory before it"),
        ([("MF", FCP_ICCID, "")], "the first file is the MF"),
        ([("MF", FCP_MF, ""), ("MF", FCP_MF, "")], "MF is there twice"),
        ([("MF", "61", "")], "the file control parameters are no TLV"),
        ([("MF", "zz", "")], "must be hexadecimal digits in quotes"),
        ([("MF", FCP_MF, ""), ("MF/EF.ICCID", FCP_ICCID, "content: '0102030405060708090A0B'")],
         "MF/EF.ICCID: 11 bytes are more than the 10 that the FCP says"),
        ([("MF", FCP_MF, ""), ("MF/EF.DIR", FCP_DIR, "records: ['0102']")],
         "MF/EF.DIR: a record does not have the 4 bytes that the FCP says"),
        ([("MF", FCP_MF, ""), ("MF/EF.X", "620482024121", "")],
         "MF/EF.X: the FCP has no identifier"),
        ([("MF", FCP_MF, ""), ("MF/EF.X", "620483026F01", "")], "the FCP names no structure"),
        ([], "dump.files: 1 or more are expected, and there are 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_file(files: list[Any], reason: str) -> None:
    lines = [f"    - {{path: {path}, fcp: '{fcp}'{more and ', ' + more}}}" for path, fcp, more in files]
    text = "\n".join(("name: x", "kind: sim", "dump:", "  files:" if lines else "  files: []", *lines))
    with pytest.raises(DescriptionError, match=reason):
        specimens.parse(text, "card.yaml")


def test_a_sim_has_a_profile_or_a_dump() -> None:
    with pytest.raises(
        DescriptionError, match="a sim needs a profile, or the dump of another card, not both"
    ):
        specimens.parse("name: x\nkind: sim\n")
    with pytest.raises(DescriptionError, match="neither a profile, a dump nor applets"):
        specimens.parse(f"name: x\nkind: euicc\ndump: {{files: [{{path: MF, fcp: '{FCP_MF}'}}]}}\n")


def read_sim(image: CardImage, pin1: str) -> tuple[list[DumpedFile], str]:
    """A SIM that knows class 'A0' alone, as `esim card dump` reads it."""
    link = InProcessLink(Card(FileSystem(image), entropy=bytes, classes=Classes.GSM))
    atr = link.reset()
    card = card_on(link)
    assert isinstance(card, Sim)
    if pin1:
        card.verify_pin(0x01, pin1)
    files = list(walk(card))
    found = survey(card, atr)
    return files, text_of(files, found.pins, atr, f"Copy of {found.iccid}", 0, "gsm")


def test_a_copy_of_a_sim_of_the_second_generation_answers_as_it_does() -> None:
    files, text = read_sim(original(), PIN1)
    assert all(not file.unreadable for file in files)
    assert "MF/DF.GSM/EF.SST" in {file.path for file in files}
    description = specimens.parse(text)
    assert description.classes == "gsm"
    copies, again = read_sim(copy_of(text), "0000")
    assert copies == files
    assert again == text


def test_a_copy_of_a_card_behind_a_modem_has_an_atr_of_its_own() -> None:
    """A modem does not tell the ATR, so that none stands in the dump."""
    files, _ = read_sim(original(), PIN1)
    text = text_of(files, (), b"", "Copy", 0, "gsm")
    assert "atr" not in text
    assert specimens.parse(text).atr is None


def test_a_copy_of_a_sim_with_keys_runs_the_gsm_algorithm() -> None:
    """As its USIM would in the GSM context: SRES and Kc of Milenage (TS 35.206, TS 33.102 §6.8.1.2)."""
    _, text = read_sim(original(), PIN1)
    key, opc = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"
    keyed = text.replace("dump:\n", f"dump:\n  authentication: {{key: {key}, opc: {opc}}}\n")
    link = InProcessLink(Card(FileSystem(copy_of(keyed)), entropy=bytes, classes=Classes.GSM))
    link.reset()
    sim = Sim(link)
    sim.verify_pin(0x01, "0000")
    # Test set 1 of TS 35.207: RES a54211d5e3ba50bf, whose halves SRES is the exclusive or of.
    answer = sim.authenticate_gsm(bytes.fromhex("23553cbe9637a89d218ae64dae47bf35"))
    assert answer.res.hex() == "46f8416a"
    assert answer.kc.hex() == "eae4be823af9a08b"
