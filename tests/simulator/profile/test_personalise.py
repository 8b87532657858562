"""Personalisation: numbers and keys go to their places, all else stays; what is told of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from cards import InProcessLink
from cards.authentication import AuthenticationResult
from cards.uicc import Uicc
from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage
from simulator.profile import ProfilePackage, build, describe, image_of
from simulator.profile.personalise import COLUMNS, PersonalisationError, Template, personalise, read_csv
from simulator.uicc import Card, FileSystem

K, OP = "465B5CE8B199B49FAA5F0A2EE238A6BC", "CDC202D5123E20F62B6D676AC72CB318"
"""TS 35.208 §4.3, test set 1; its OPc is below."""
OPC = "CD63CB71954A9F4E48A5994E37A02BAF"
ROW = {
    "iccid": "8988211000000000011",
    "imsi": "001019876543217",
    "k": K,
    "opc": OPC,
    "pin1": "4711",
    "puk1": "87654321",
    "pin2": "8888",
    "puk2": "12345678",
    "adm1": "13572468",
}


@pytest.fixture(scope="module")
def package() -> bytes:
    return build.build_package(describe.load_shipped("test-operator"))


def card_of(package: bytes) -> Uicc:
    link = InProcessLink(Card(FileSystem(image_of(package)), entropy=bytes))
    link.reset()
    return Uicc(link)


def test_a_card_has_the_numbers_and_keys_of_its_row(package: bytes) -> None:
    made = Template(package).apply(ROW)
    uicc = card_of(made)
    assert str(uicc.read_iccid()) == ROW["iccid"]
    uicc.select("ADF.USIM")
    uicc.verify_pin(0x0A, ROW["adm1"])
    assert str(uicc.read_imsi()) == ROW["imsi"]
    functions = Milenage(bytes.fromhex(K), bytes.fromhex(OPC))
    vector = generate_vector(functions, bytes(16), bytes.fromhex("000000000021"), bytes(2))
    answer = uicc.authenticate(vector.rand, vector.autn)
    assert isinstance(answer, AuthenticationResult)
    assert answer.res == vector.xres
    assert made != package
    assert ProfilePackage.parse(made).iccid.hex().upper() == ROW["iccid"] + "F"


def test_what_is_not_named_stays_byte_for_byte(ts48_packages: list[Path]) -> None:
    """Real packages: only elements that hold a number of the row differ."""
    row = {"iccid": "8988211000000000011", "imsi": "001019876543217"}
    for path in ts48_packages:
        before = path.read_bytes()
        after = Template(before).apply(row)
        pairs = zip(ProfilePackage.parse(before).elements, ProfilePackage.parse(after).elements, strict=True)
        changed = [one.name for one, other in pairs if one.value != other.value]
        assert set(changed) == {"header", "mf", "usim"}, path.name
        iccid = Template(after).apply({"iccid": "89000123456789012341"})
        assert Template(before).apply({"imsi": row["imsi"], "iccid": "89000123456789012341"}) == iccid


def test_real_packages_answer_with_their_new_numbers(ts48_packages: list[Path]) -> None:
    row = {"iccid": "8988211000000000011", "imsi": "001019876543217"}
    for path in ts48_packages:
        uicc = card_of(Template(path.read_bytes()).apply(row))
        assert str(uicc.read_iccid()) == row["iccid"]
        uicc.select("ADF.USIM")
        assert str(uicc.read_imsi()) == row["imsi"]


def test_opc_comes_from_op(package: bytes) -> None:
    template = Template(package)
    with_op = {name: value for name, value in ROW.items() if name != "opc"} | {"op": OP}
    assert template.apply(with_op) == template.apply(ROW)


def test_access_class_follows_the_imsi_or_the_column(package: bytes) -> None:
    def access_class(row: dict[str, str]) -> bytes:
        (usim,) = [e for e in ProfilePackage.parse(Template(package).apply(row)).elements if e.name == "usim"]
        content: bytes = dict(usim.value["ef-acc"])["fillFileContent"]
        return content

    assert access_class(ROW) == bytes.fromhex("0080")
    assert access_class({**ROW, "acc": "0 15"}) == bytes.fromhex("8001")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("imsi", "12", "imsi: "),
        ("k", "00", "k: 16 or 32 bytes expected, not 1"),
        ("opc", "xx", "opc: hexadecimal digits expected"),
        ("pin1", "1", "pin1: "),
        ("acc", "16", "acc: access control classes are numbers from 0 to 15"),
        ("msisdn", "x", "msisdn: "),
    ],
)
def test_values_that_cannot_be_used(package: bytes, column: str, value: str, reason: str) -> None:
    with pytest.raises(PersonalisationError) as caught:
        Template(package).apply({**ROW, column: value})
    assert str(caught.value).startswith(reason)


def test_codes_go_to_their_references(package: bytes) -> None:
    codes: dict[str, bytes] = {}
    for element in ProfilePackage.parse(Template(package).apply(ROW)).elements:
        if element.name == "pinCodes" and element.value["pinCodes"][0] == "pinconfig":
            for code in element.value["pinCodes"][1]:
                codes[f"pin {code['keyReference']:02X}"] = code["pinValue"]
        for code in element.value.get("pukCodes", ()):
            codes[f"puk {code['keyReference']:02X}"] = code["pukValue"]
    assert codes == {
        "pin 01": b"4711\xff\xff\xff\xff",
        "pin 0A": b"13572468",
        "pin 81": b"8888\xff\xff\xff\xff",
        "puk 01": b"87654321",
        "puk 81": b"12345678",
    }


def test_the_number_of_the_subscriber(package: bytes) -> None:
    """TS 31.102 §4.2.26: length, TON/NPI of an international number, digits swapped."""
    made = Template(package).apply({**ROW, "msisdn": "+491701234567"})
    (content,) = [
        dict(element.value["ef-msisdn"])["fillFileContent"]
        for element in ProfilePackage.parse(made).elements
        if "ef-msisdn" in element.value
    ]
    assert content[-14:-6] == bytes.fromhex("0791947110325476")


def test_a_template_without_a_place(package: bytes) -> None:
    header = package[: ProfilePackage.parse(package).elements[1].offset]
    with pytest.raises(PersonalisationError, match="imsi: the template has no place for it"):
        Template(header).apply({"iccid": ROW["iccid"], "imsi": ROW["imsi"]})


def test_op_needs_k(package: bytes) -> None:
    with pytest.raises(PersonalisationError, match="there is no column k"):
        Template(package).apply({"iccid": ROW["iccid"], "op": OP})


def write(folder: Path, *lines: str) -> Path:
    path = folder / "subscriptions.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_csv(package: bytes, tmp_path: Path) -> None:
    path = write(
        tmp_path, "iccid,imsi", "898821100000000001,001010000000001", "8988211000000000029, 001010000000002"
    )
    made = list(personalise(Template(package), path))
    assert [row["iccid"] for row, _ in made] == ["8988211000000000011", "8988211000000000029"]
    assert [str(card_of(item).read_iccid()) for _, item in made] == [row["iccid"] for row, _ in made]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["iccid,colour"], "line 1: there is no column 'colour'; known are iccid, imsi, k"),
        (["imsi"], "line 1: one column iccid is needed"),
        (["iccid,iccid"], "line 1: one column iccid is needed, and no column twice"),
        (["iccid,op,opc"], "line 1: give op or opc, not both"),
        (["iccid,imsi", "8988211000000000011"], "line 2: 2 cells expected"),
        (["iccid", "8988211000000000011,1"], "line 2: 1 cells expected"),
        (["iccid", "89"], "line 2: iccid: 18 to 20 digits expected, not '89'"),
        (
            ["iccid", "8988211000000000010"],
            "line 2: iccid: the check digit of 8988211000000000010 is 1, not 0",
        ),
        (
            ["iccid", "8988211000000000011", "8988211000000000011"],
            "line 3: iccid: 8988211000000000011 stands in line 2 already",
        ),
        (["iccid,imsi", "8988211000000000011,1"], "line 2: imsi: "),
        (['iccid,"x'], "line"),
    ],
)
def test_mistakes_name_their_line(package: bytes, tmp_path: Path, lines: list[str], reason: str) -> None:
    path = write(tmp_path, *lines)
    with pytest.raises(PersonalisationError) as caught:
        list(personalise(Template(package), path))
    assert str(caught.value).startswith(f"{path}, {reason}")


def test_an_empty_file_has_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("")
    with pytest.raises(PersonalisationError, match="one column iccid is needed"):
        list(read_csv(path))


def test_every_column_says_what_it_means() -> None:
    assert all(column.meaning and column.elements for column in COLUMNS.values())
