"""Files of a card before and after, and what the page says of them."""

from __future__ import annotations

import pytest

from cards import Uicc
from simulator.testing.sources import source_of
from simulator.web.card import changes, files
from simulator.web.card.changes import Kind, spans
from simulator.web.card.files import Rule, Snapshot
from simulator.web.card.model import FIRST, CardDesk, Choice
from simulator.web.card.sources import SavedCards, ShippedCards


def _desk(*shelves: object) -> CardDesk:
    return CardDesk(shelves or (ShippedCards(),), clock=lambda: 0.0, timer=lambda: 0.0)  # type: ignore[arg-type]


@pytest.fixture
def desk() -> CardDesk:
    desk = _desk()
    desk.choose(Choice(*FIRST))
    assert desk.problem == ""
    return desk


def test_files_are_read_on_a_channel_of_their_own(desk):
    desk.type("select MF/ADF.USIM/EF.SPN")
    desk.read()
    assert desk.now is not None
    assert desk.now.problem == ""
    (line,) = desk.type("READ BINARY 0000 00")
    assert "EF.SPN" in line.exchanges[-1].title
    assert line.exchanges[-1].raw_command[0] == 0x00


def test_tree_of_names(desk):
    nodes = {node.path: node for root in desk.tree for node in root.walk()}
    assert next(iter(nodes)) == "MF"
    imsi = nodes["MF/ADF.USIM/EF.IMSI"]
    assert (imsi.name, imsi.title, imsi.is_directory) == ("EF.IMSI", "subscriber identity", False)
    assert imsi in nodes["MF/ADF.USIM"].children
    assert nodes["MF/ADF.USIM"].is_directory
    assert imsi.file is not None
    assert files.summary(imsi.file.parsed) == "transparent, 9 bytes, SFI 7, FID 6F07"
    sms = nodes["MF/ADF.USIM/EF.SMS"].file
    assert sms is not None
    assert files.summary(sms.parsed) == "linear fixed, 10 × 176 bytes, FID 6F3C"


def test_access_rules_in_words(desk):
    file = desk.file("MF/ADF.USIM/EF.IMSI")
    assert file is not None
    assert desk.now is not None
    assert files.rules(file, desk.now) == [
        Rule("READ, SEARCH", "after PIN 1"),
        Rule("DELETE FILE, ACTIVATE FILE, DEACTIVATE FILE, UPDATE", "after ADM 1"),
    ]
    directory = desk.file("MF/ADF.USIM")
    assert directory is not None
    assert "CREATE FILE EF" in files.rules(directory, desk.now)[0].operations
    assert files.rules(file, Snapshot({"MF/ADF.USIM/EF.IMSI": file})) == []  # without its EF.ARR


@pytest.mark.parametrize(
    ("expanded", "rules"),
    [
        # ISO/IEC 7816-4 §9.3.3: AM_DO '80', then SC_DO; OR 'A0', AND 'A7' of control reference templates 'A4'
        ("AB 05 80 01 01 90 00", [Rule("READ, SEARCH", "always")]),
        ("AB 05 80 01 02 97 00", [Rule("UPDATE", "never")]),
        (
            "AB 0F 80 01 01 A0 0A A4 03 83 01 01 A4 03 83 01 0A",
            [Rule("READ, SEARCH", "one of: after PIN 1, after ADM 1")],
        ),
        ("AB 08 84 01 32 A4 03 83 01 81", [Rule("INCREASE (INS 32)", "after PIN 2")]),
    ],
)
def test_expanded_rules_in_words(desk, expanded, rules):
    file = desk.file("MF/EF.ICCID")
    assert file is not None
    security = bytes.fromhex(expanded)
    inside = bytes.fromhex("82024121 83022FE2 8A0105 8002000A") + security
    file.fcp = b"\x62" + bytes((len(inside),)) + inside
    assert files.rules(file, Snapshot()) == rules


def test_before_and_after_byte_by_byte_and_by_meaning(desk):
    desk.type("select MF/ADF.USIM/EF.LOCI\nUPDATE BINARY 0000 (01020304)")
    assert list(desk.changes) == ["MF/ADF.USIM/EF.LOCI"]
    change = desk.changes["MF/ADF.USIM/EF.LOCI"]
    assert change.kind is Kind.CHANGED
    (part,) = change.parts
    assert part.spans == ((0, 4),)
    assert [(d.name, d.left, d.right) for d in part.fields] == [("TMSI", "not set", "01020304")]
    desk.mark()
    assert desk.changes == {}
    desk.type("select MF/ADF.USIM/EF.LOCI\nUPDATE BINARY 0000 (FFFFFFFF)")
    assert desk.changes["MF/ADF.USIM/EF.LOCI"].parts[0].fields[0].right == "not set"


def test_a_record_that_changed(desk):
    desk.type("verify ADM1 55555555\nselect MF/ADF.USIM/EF.ECC\nUPDATE RECORD 0204 (11F2FF01)")
    (part,) = desk.changes["MF/ADF.USIM/EF.ECC"].parts
    assert part.key == "2"
    assert part.after == bytes.fromhex("11F2FF01")


def test_files_that_come_go_and_change_their_state(desk):
    desk.type("verify ADM1 55555555\nselect MF/EF.ICCID\nDEACTIVATE FILE 0000")
    change = desk.changes["MF/EF.ICCID"]
    assert change.kind in (Kind.CHANGED, Kind.CLOSED)
    before, after = Snapshot(dict(desk.now.files)), Snapshot(dict(desk.now.files))  # type: ignore[union-attr]
    gone = after.files.pop("MF/EF.PL")
    new = before.files.pop("MF/EF.DIR")
    found = changes.compare(before, after)
    assert {path: one.kind for path, one in found.items()} == {"MF/EF.PL": Kind.GONE, "MF/EF.DIR": Kind.NEW}
    names = [node.path for root in files.tree(before, after) for node in root.walk()]
    assert {gone.path, new.path} <= set(names)


def test_a_pin_opens_files():
    desk = _desk()
    desk.choose(Choice("shipped", "usim-isim"))
    assert desk.now is not None
    assert desk.now.locked > 20
    assert desk.file("MF/ADF.USIM/EF.IMSI").unreadable == "6982 locked until a PIN is verified"  # type: ignore[union-attr]
    (line,) = desk.type("select MF/ADF.USIM")
    (line,) = desk.type("verify PIN1 2468")
    assert line.succeeded, line.problem
    assert desk.changes["MF/ADF.USIM/EF.IMSI"].kind is Kind.OPENED
    assert desk.now.locked < 20


def test_objects_of_a_ber_tlv_file():
    from cards.dump import DumpedFile

    fcp = bytes.fromhex("62 0F 82 02 79 21 83 02 6F DA 8A 01 05 80 02 00 20")
    before = DumpedFile("MF/ADF.USIM/EF.X", fcp, objects={0x80: b"\x01", 0x81: b"\x02"})
    after = DumpedFile("MF/ADF.USIM/EF.X", fcp, objects={0x80: b"\x01", 0x82: b"\x03\x04"})
    found = changes.compare(Snapshot({"x": before}), Snapshot({"x": after}))["x"]
    assert [(part.key, part.before, part.after) for part in found.parts] == [
        ("81", b"\x02", b""),
        ("82", b"", b"\x03\x04"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("010203", "010203", ()),
        ("010203", "FF02FF", ((0, 1), (2, 3))),
        ("01", "010203", ((1, 3),)),
        ("010203", "01", ()),
        ("", "01", ((0, 1),)),
        ("0102030405", "0103040506", ((1, 5),)),
    ],
)
def test_spans(before, after, found):
    assert spans(bytes.fromhex(before), bytes.fromhex(after)) == found


def test_a_sim_of_the_second_generation_is_read_when_one_asks(desk):
    desk.choose(Choice("shipped", "gsm-sim"))
    assert desk.problem == ""
    assert desk.now is not None
    assert desk.now.problem == ""
    assert desk.now.is_gsm
    assert desk.reads_on_demand
    line = files.selecting("MF/DF.GSM/EF.LOCI", desk.now)
    assert line == "A0A40000023F00\nA0A40000027F20\nA0A40000026F7E"
    said = desk.type(f"{line}\nA0D6000004 01020304")
    assert [one.problem for one in said] == [""] * 4
    assert desk.changes == {}  # not read yet
    desk.read()
    assert [d.right for d in desk.changes["MF/DF.GSM/EF.LOCI"].parts[0].fields] == ["01020304"]
    imsi = desk.file("MF/DF.GSM/EF.IMSI")
    assert imsi is not None
    assert ("PIN 1", "VERIFY CHV 0001 ") in files.unlocking(imsi, desk.now)


def test_what_selects_and_unlocks_a_file_of_a_uicc(desk):
    file = desk.file("MF/ADF.USIM/EF.EST")
    assert files.selecting("MF/ADF.USIM/EF.EST", desk.now) == "select MF/ADF.USIM/EF.EST"
    assert files.unlocking(file, desk.now) == [
        ("PIN 1", "select MF/ADF.USIM\nverify PIN1 "),
        ("PIN 2", "select MF/ADF.USIM\nverify LOCAL1 "),
        ("ADM 1", "select MF/ADF.USIM\nverify ADM1 "),
    ]
    assert files.unlocking(None, desk.now) == []


def test_an_euicc_shows_the_files_of_its_enabled_profile(desk):
    desk.choose(Choice("shipped", "euicc-two-profiles"))
    before = desk.file("MF/EF.ICCID")
    assert before is not None
    desk.type("GetProfilesInfo")
    assert desk.filled("DeleteProfile ICCID-or-AID") == "DeleteProfile 8999900000000000808"
    assert desk.filled("GetEID") == "GetEID"
    said = desk.type("EnableProfile 8999900000000000808\nFETCH 0000 0B\nreset")
    assert [line.problem for line in said] == ["", "", ""]
    assert desk.changes["MF/EF.ICCID"].parts[0].after != before.content


def test_saved_cards_are_copies_and_cards_that_are_not_there_are_told(desk):
    source = source_of("sim:test-usim")
    desk = _desk(SavedCards(lambda: ["mine"], lambda name: source.open()))
    assert desk.choices() == [Choice("saved", "mine")]
    desk.choose(Choice("saved", "mine"))
    assert desk.choice == Choice("saved", "mine")
    assert not desk.is_real
    desk.choose(Choice("saved", "other"))
    assert desk.problem == "there is no card saved:other any more"
    assert desk.choice is None
    assert (desk.lines, desk.typed, desk.tree, desk.changes, desk.type("reset")) == ([], [], [], {}, [])


def test_a_card_in_a_reader_is_read_only_when_one_asks_and_not_changed():
    class Reader:
        kind, is_real = "reader", True

        def names(self) -> list[str]:
            return ["Reader 00"]

        def open(self, name: str) -> object:
            from cards.protection import ProtectedLink

            return ProtectedLink(source_of("sim:test-usim").open(), "")

    desk = _desk(Reader())
    desk.choose(Choice("reader", "Reader 00"))
    assert desk.is_real
    assert desk.now is None
    (line,) = desk.type("select MF/EF.ICCID")
    assert line.succeeded
    assert desk.now is None
    (line,) = desk.type("verify PIN1 9999")
    assert "a wrong value costs a try" in line.problem
    desk.read()
    assert desk.now is not None
    assert desk.now.files["MF/EF.ICCID"].content


def test_a_second_usim_is_read_by_the_same_rows():
    path = "MF/A0000000871002FFFFFFFF8907090001/EF.IMSI"
    assert files.directory_of(path) == "ADF.USIM"
    row = files.row_of(path)
    assert row is not None
    assert row.title == "subscriber identity"


def test_link_is_shared_with_other_clients_of_the_card(desk):
    link = source_of("sim:test-usim").open()
    uicc = Uicc(link)
    uicc.select("MF/EF.ICCID")
    assert files.snapshot(link).problem == ""
    assert len(uicc.read_binary()) == 10
