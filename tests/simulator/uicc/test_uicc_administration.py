"""Administration of files, command by command, with the status words of TS 102 222 §6 and TS 102 221 §11."""

from __future__ import annotations

from typing import Any

import pytest

from asn1 import tlv
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure, PinImage
from tests.simulator.uicc.conftest import USIM, Terminal
from tests.simulator.uicc.test_uicc_instructions import walk

ADM1 = "8001 7F A406 83010A 950108"
EVERYTHING = tlv.encode(0xAB, bytes.fromhex(f"{ADM1} 8401D4 9000 8401CA 9700"))
"""All access modes with ADM1, RESIZE FILE always."""
READ_ONLY = bytes.fromhex("AB05 800101 9000")
FCP_SECURITY = EVERYTHING.hex()


def image() -> CardImage:
    children = (
        EfImage(0x6F01, FileStructure.TRANSPARENT, bytes(range(8)), sfi=1, security=EVERYTHING),
        EfImage(0x6F02, FileStructure.LINEAR_FIXED, b"aabbcc", record_length=2, sfi=2, security=EVERYTHING),
        EfImage(0x6F03, FileStructure.CYCLIC, b"abc", record_length=1, security=EVERYTHING),
        EfImage(0x6F04, FileStructure.BER_TLV, b"", sfi=4, maximum_size=600, security=EVERYTHING),
        EfImage(0x6F05, FileStructure.TRANSPARENT, b"ro", security=READ_ONLY),
        EfImage(
            0x6F06,
            FileStructure.TRANSPARENT,
            b"x",
            security=EVERYTHING,
            proprietary=bytes.fromhex("800140"),
            shareable=False,
        ),
        DfImage(
            0x5F01,
            (EfImage(0x4F01, FileStructure.TRANSPARENT, b"deep", security=EVERYTHING),),
            security=EVERYTHING,
        ),
    )
    return CardImage(
        DfImage(0x3F00, children, name="MF", security=EVERYTHING, pin_status=b"\x0a"),
        (DfImage(0x7FF1, aid=USIM, security=EVERYTHING, pin_status=b"\x0a"),),
        pins=(PinImage(0x0A, b"55555555", tries=10, maximum_tries=10),),
    )


IMAGE = image()


def make(files: FileSystem | None = None, **options: Any) -> Terminal:
    card = Card(files or FileSystem(IMAGE), entropy=bytes, **options)
    made = Terminal(card)
    card.on_fault = lambda apdu, error: made.faults.append(error)
    return made


@pytest.fixture
def locked() -> Terminal:
    return make()


@pytest.fixture
def terminal() -> Terminal:
    made = make()
    assert made("0020000A083535353535353535") == "9000"
    return made


@pytest.mark.parametrize(
    "command",
    [
        "00040000026F01",
        "00440000026F01",
        "00E40000026F01",
        "00E80000026F01",
        "00E60000025F01",
        "00FE0000",
        "00E0000016 6214 8202 4121 8302 6FAA 8A0105 8B03 2F0601 8002 0010",
        "00E0000016 6214 8202 7821 8302 5FAA 8A0105 8B03 2F0601 8102 00FF",
    ],
)
def test_nothing_of_it_without_the_right_key(locked: Terminal, command: str) -> None:
    before = locked.card.files.save()
    assert locked(command) == "6982"
    assert locked.card.files.save() == before


def test_deactivate_and_activate(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        00040000026F01   -> 9000
        00A40004026F0100 -> 62…6283   # the FCP, with a warning
        00B0000000       -> 6984
        00D6000001AA     -> 6984
        00A4000C026F01   -> 6283
        00A40004026F01   -> 6283      # T=0: the warning first, then the FCP
        00C0000000       -> 62…9000
        00040000         -> 9000      # the current EF, once more
        00440000         -> 9000
        00B0000008       -> 0001020304050607 9000
        00A40004026F0100 -> 62…9000
        00040000026F99   -> 6A82
        00040100026F01   -> 6A86
        00040001026F01   -> 6A86
        00040000016F     -> 6700
        00040000025F01   -> 6A82      # a DF
        00040800045F014F01 -> 9000
        00440900045F014F01 -> 9000
        0004080003 5F014F  -> 6A87
        00A4000C023F00   -> 9000
        00040000         -> 6986      # no EF is current
        00A40004026F0600 -> 62…9000
        00040000         -> 9000
        00B0000001       -> 78 9000   # special file information: readable when deactivated
        """,
    )
    assert "8A0104" in terminal("00A40004026F0600")


def test_terminate(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        00E8000002 6F01  -> 9000
        00A40004026F0100 -> 62…6285
        00B0000001       -> 6985
        00440000         -> 6985      # for good
        00E8000002 5F01  -> 6A82
        00E6000002 6F02  -> 6A82
        00E6000002 3F00  -> 6985      # the MF ends with TERMINATE CARD USAGE
        00E6000002 5F01  -> 9000
        00A40004025F0100 -> 62…6285
        00A40004024F0100 -> 62…6285   # with all that is below
        00B0000004       -> 6985
        00E8010002 6F02  -> 6A86
        00A4000C023F00   -> 9000
        00E4000002 6F01  -> 9000      # it can still be deleted
        00A40004026F01   -> 6A82
        """,
    )


def test_terminate_card_usage(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        00FE0100         -> 6A86
        00A4000C026F01   -> 9000
        00FE0000         -> 9000
        00B0000001       -> 6985
        00A40004023F0000 -> 62…6285
        80F2000000       -> 62…9000
        0070000001       -> 6985
        """,
    )
    files = FileSystem(IMAGE)
    files.restore(terminal.card.files.save())
    again = make(files)
    assert again("00A4000C026F01") == "9000"
    assert again("00B0000001") == "6985"
    assert again.card.reset()


def fcp(*objects: str) -> str:
    body = bytes.fromhex("".join(objects).replace(" ", ""))
    data = bytes((0x62, len(body))) + body
    return f"{len(data):02X}" + data.hex()


EF = ("8202 4121", "8302 6FAA", "8A0105", FCP_SECURITY, "8002 0004")


def test_create_files(terminal: Terminal) -> None:
    linear = ("8204 42210003", "8302 6FAB", "8A0105", FCP_SECURITY, "8002 0009", "A505 C2030A0B0C")
    filled = ("8202 4121", "8302 6FAC", "8A0105", FCP_SECURITY, "8002 0004", "8801 F0", "A504 C1020102")
    walk(
        terminal,
        f"""
        00E00000 {fcp(*EF)}     -> 9000
        00B0000000              -> FFFFFFFF 9000   # it is the current EF
        00D6000002 0102         -> 9000
        00E00000 {fcp(*EF)}     -> 6A89
        00E00000 {fcp(*linear)} -> 9000
        00B2020403              -> 0A0B0C 9000
        00E00000 {fcp(*filled)} -> 9000
        00B0000000              -> 01020202 9000
        00B09E0001              -> 01 9000         # SFI 1E
        00A40004026FAA00        -> 62…9000
        00B0000004              -> 0102FFFF 9000
        00E00100 {fcp(*EF)}     -> 6A86
        00E0000003 620182       -> 6A80
        00E0000002 6100         -> 6A80
        """,
    )


@pytest.mark.parametrize(
    ("objects", "answer"),
    [
        ((*EF[1:],), "6A80"),  # no descriptor
        ((EF[0], *EF[2:]), "6A80"),  # no identifier
        ((*EF[:3], EF[4]), "6A80"),  # no security attributes
        (EF[:4], "6A80"),  # no size
        (("8202 4721", *EF[1:]), "6A80"),  # no such structure
        (("8202 4221", *EF[1:]), "6A80"),  # records without a length
        (("8204 42210003", *EF[1:]), "6A80"),  # which does not divide the size
        ((*EF[:4], "8003 010000"), "6A84"),
        ((*EF, "A502 C105"), "6A80"),  # 'A5' is no TLV
    ],
)
def test_files_that_cannot_be_created(terminal: Terminal, objects: tuple[str, ...], answer: str) -> None:
    before = terminal.card.files.save()
    assert terminal("00E00000" + fcp(*objects)) == answer
    assert terminal.card.files.save() == before


def test_memory_ends(terminal: Terminal) -> None:
    size = "8002 FFFF"
    answers = [
        terminal("00E00000" + fcp("8202 4121", f"8302 6E{number:02X}", FCP_SECURITY, size))
        for number in range(10)
    ]
    assert answers.index("6A84") == 7
    assert set(answers[:7]) == {"9000"}


def test_directories_come_and_go(terminal: Terminal) -> None:
    df = ("8202 7821", "8302 5FAA", "8A0105", FCP_SECURITY, "8102 0100", "C606 90018083010A")
    adf = ("8202 7821", "8302 7FFA", "8408 A000000087100201", "8A0105", FCP_SECURITY)
    walk(
        terminal,
        f"""
        00E00000 {fcp(*df)}     -> 9000
        00E00000 {fcp(*EF)}     -> 9000      # below the new DF
        00A40804045FAA6FAA00    -> 62…9000
        80F2000000              -> 62…9000
        00A4030400              -> 62…9000
        00E4000002 5FAA         -> 9000
        00A40004025FAA          -> 6A82
        00E00000 {fcp(*adf)}    -> 9000
        00E00000 {fcp(*EF)}     -> 9000
        00A4040408A00000008710020100 -> 62…9000
        00A40004026FAA00        -> 62…9000
        00E00000 {fcp(*adf)}    -> 6A80      # an ADF lies under the MF
        00A4000C023F00          -> 9000
        00E00000 {fcp(*adf)}    -> 6A8A
        00E4000002 7FFA         -> 9000
        00A404040CA00000008710020100 -> 6700
        00A4040408A00000008710020100 -> 6A82
        00E4000002 3F00         -> 6985
        00E4000002 6F99         -> 6A82
        00E4000002 6F05         -> 9000      # the MF's rule allows to delete what is in it
        """,
    )


def test_deleting_what_another_channel_uses(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        0070000001         -> 01 9000
        01A4080C04 5F014F01 -> 9000
        00E4000002 5F01    -> 6985
        01A4000C023F00     -> 9000
        00A4000C025F01     -> 9000
        00E4000002 5F01    -> 9000      # the current DF itself
        80F2000000         -> 62…9000
        00A40004025F01     -> 6A82
        """,
    )


def test_resize(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        80D40000 {fcp("8302 6F01", "8002 000A", "A503 C10177")} -> 9000
        00B0000000                                 -> 00010203040506077777 9000
        80D40000 {fcp("8302 6F01", "8002 0002")}   -> 9000
        00B0000000                                 -> 0001 9000
        80D40000 {fcp("8302 6F02", "8002 0008", "A504 C2020102")} -> 9000
        00B2040402                                 -> 0102 9000
        80D40000 {fcp("8302 6F02", "8002 0007")}   -> 6A80
        80D40000 {fcp("8302 6F03", "8002 0004")}   -> 6981
        80D40000 {fcp("8302 5F01", "8002 0004")}   -> 6981
        80D40000 {fcp("8302 6F99", "8002 0004")}   -> 6A82
        80D40000 {fcp("8002 0004")}                -> 6A80
        80D40000 {fcp("8302 6F01")}                -> 6A80
        80D40200 {fcp("8302 6F01", "8002 0004")}   -> 6A86
        80D40000 {fcp("8302 6F05", "8002 0004")}   -> 6982
        80DB00840C 840A 01020304050607080910       -> 9000
        80D40000 {fcp("8302 6F04", "A504 8602 0005")} -> 6A84
        80D40100 {fcp("8302 6F04", "A504 8602 0005")} -> 9000
        80CB0080015C00                             -> 5C00 9000
        """,
    )


def test_changes_survive_the_power(terminal: Terminal) -> None:
    for command in (
        "00E00000" + fcp(*EF),
        "00D6000002 0102",
        "80D40000" + fcp("8302 6F01", "8002 0003"),
        "00D6000001AA",
        "00E4000002 6F02",
        "00040000026F05".replace("6F05", "6F01"),
    ):
        assert terminal(command) == "9000", command
    saved = terminal.card.files.save()
    files = FileSystem(IMAGE)
    files.restore(saved)
    assert files.save() == saved
    again = make(files)
    assert again("0020000A083535353535353535") == "9000"
    walk(
        again,
        """
        00A4000C026FAA -> 9000
        00B0000004     -> 0102FFFF 9000
        00A4000C026F02 -> 6A82
        00A4000C026F01 -> 6283
        00440000       -> 9000
        00B0000000     -> AA0102 9000
        """,
    )
    assert make()("00A4000C026FAA") == "6A82", "another card of the same image"


def test_a_file_that_is_not_shareable_is_current_on_one_channel_only(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        0070000001      -> 01 9000
        00A4000C026F06  -> 9000
        01A4000C026F06  -> 6985
        00A4000C026F01  -> 9000
        01A4000C026F06  -> 9000
        00A4000C026F06  -> 6985
        01A4000C026F01  -> 9000      # a shareable one
        """,
    )


def test_a_file_in_creation_asks_for_no_key(terminal: Terminal) -> None:
    """Its rule counts from ACTIVATE FILE on."""
    new = ("8202 4121", "8302 6FAD", "8A0103", FCP_SECURITY, "8002 0001")
    assert terminal("00E00000" + fcp(*new)) == "9000"
    terminal.card.reset()
    walk(
        terminal,
        """
        00A4000C026FAD -> 9000
        00D6000001AA   -> 9000
        00440000       -> 9000
        00B0000001     -> 6982
        """,
    )


def test_data_objects(terminal: Terminal) -> None:
    long = bytes(range(200)) * 2
    block = long[:250].hex()
    walk(
        terminal,
        f"""
        00A4000C026F04          -> 9000
        80CB0080015C00          -> 5C00 9000
        80DB008004 8402AABB     -> 9000
        80DB008006 BF38 03 010203 -> 9000
        80CB0080018400          -> 8402AABB 9000
        80CB008002BF3800        -> BF3803010203 9000
        80CB0080015C00          -> 5C0384BF38 9000
        80DB008003 840105       -> 9000      # replaces
        80CB0080018400          -> 840105 9000
        80DB008001 84           -> 9000      # deletes
        80DB008001 84           -> 6A88
        80CB0080018400          -> 6A88
        80DB0080FE 85820190 {block} -> 63F1
        80CB0080018500          -> 6A88      # not before the last block
        80DB0080FE 85820190 {block} -> 63F1  # and from the beginning again
        80DB000096 {long[250:].hex()} -> 9000
        80CB0080018500          -> 85820190 {long[:252].hex()} 62F1
        80CB000000              -> {long[252:].hex()} 9000
        80CB000000              -> 6985
        80CB00800185            -> 62F3      # without Le: GET RESPONSE
        00C0000000              -> 85820190…62F1
        80CB0000                -> 6700
        80CB004000              -> 85820190…62F1
        80CB000010              -> {long[252:268].hex()} 62F1
        80CB004010              -> {long[252:268].hex()} 62F1
        00A4000C026F04          -> 9000
        80CB000000              -> 6985      # the transfer ended with the selection
        80DB000001 00           -> 6985
        80DB008004 84820300     -> 6A84
        80DB008003 5A0100       -> 6A80      # no context-specific tag
        80CB0080015A00          -> 6A80
        80CB0080028485 00       -> 6A80
        80CB010001 84 00        -> 6A86
        80CB0020018400          -> 6A86
        80DB008005 8402AABBCC   -> 6A80
        80CB00840184 00         -> 6A88      # by SFI
        00A4000C026F01          -> 9000
        80CB0080018400          -> 6981
        00A4000C023F00          -> 9000
        80CB0080018400          -> 6986
        """,
    )


def test_objects_are_transferred_on_each_channel_for_itself(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        80DB008406 840401020304 -> 9000
        80DB008406 850405060708 -> 9000
        0070000001              -> 01 9000
        80CB0080018403          -> 840401 62F1
        81CB0084018503          -> 850405 62F1
        80CB000003              -> 020304 9000
        81CB000003              -> 060708 9000
        """,
    )


def test_t1_has_neither_61_nor_6c() -> None:
    terminal = make(protocol=1)
    assert terminal("0020000A083535353535353535") == "9000"
    walk(
        terminal,
        """
        00A40004026F01   -> 9000                       # no Le, no data
        00A40004026F0100 -> 62…9000
        00A40004026F0102 -> 62…9000
        00B0000010       -> 0001020304050607 6282      # T=0 says 6C08
        00B0000004       -> 00010203 9000
        00A4000C026F02   -> 9000
        00B2010401       -> 61 6282
        00B2010404       -> 6161 6282
        """,
    )
