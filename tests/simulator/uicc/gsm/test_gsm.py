"""The card through class 'A0': its own SELECT answers, status words and rules (TS 51.011)."""

from __future__ import annotations

import pytest

from simulator.crypto.aka import c2, c3
from simulator.crypto.milenage import Milenage
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import AkaAlgorithm, AkaImage, CardImage, DfImage, EfImage, FileStructure, PinImage
from simulator.uicc.tables import Classes
from tests.simulator.uicc.conftest import KEY, OPC, Terminal, arr, rule
from tests.simulator.uicc.test_uicc_instructions import walk

CHV1, CHV2, WRONG, NEW = (
    value.encode().ljust(8, b"\xff").hex() for value in ("1234", "5678", "0000", "4321")
)
UNBLOCK = b"12345678".hex()
ALWAYS, PIN1, PIN1_UPDATE, INCREASE = 10, 2, 5, 7


def sim() -> CardImage:
    """A SIM of the second generation: DF.GSM and DF.TELECOM, no ADF."""
    transparent, linear, cyclic = FileStructure.TRANSPARENT, FileStructure.LINEAR_FIXED, FileStructure.CYCLIC
    gsm = DfImage(
        0x7F20,
        (
            EfImage(0x6F07, transparent, bytes.fromhex("080910101032547698"), security=rule(PIN1)),
            EfImage(0x6F7E, transparent, bytes(11), security=rule(PIN1_UPDATE)),
            EfImage(
                0x6F39, cyclic, bytes.fromhex("000003000002000001"), record_length=3, security=rule(INCREASE)
            ),
        ),
    )
    telecom = DfImage(
        0x7F10,
        (EfImage(0x6F3A, linear, b"Ada.Bob.Eve.", record_length=4, security=rule(PIN1_UPDATE)),),
    )
    iccid = EfImage(0x2FE2, transparent, bytes.fromhex("98001032547698103214"), security=rule(ALWAYS))
    return CardImage(
        DfImage(0x3F00, (iccid, arr(0x2F06), telecom, gsm)),
        pins=(
            PinImage(0x01, bytes.fromhex(CHV1), unblock=bytes.fromhex(UNBLOCK)),
            PinImage(0x81, bytes.fromhex(CHV2), unblock=bytes.fromhex(UNBLOCK), attributes=0x03),
        ),
        akas=(AkaImage(b"", AkaAlgorithm.MILENAGE, KEY, opc=OPC),),
    )


def make(image: CardImage, classes: Classes = Classes.BOTH) -> Terminal:
    card = Card(FileSystem(image), entropy=bytes, classes=classes)
    made = Terminal(card)
    card.on_fault = lambda apdu, error: made.faults.append(error)
    return made


@pytest.fixture
def terminal() -> Terminal:
    return make(sim())


def test_select_answers_as_a_sim(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        A0A4000002 3F00 -> 9F17
        A0C0000017      -> 0000 1000 3F00 01 0000000000 0A 01 02 02 05 00 838A838A 00 9000
        A0A4000002 7F20 -> 9F17
        A0C0000017      -> 0000 1000 7F20 02 0000000000 0A 01 00 03 05 00 838A838A 00 9000
        A0A4000002 6F07 -> 9F0F
        A0C000000F      -> 0000 0009 6F07 04 00 14FF44 01 02 00 00 9000
        A0A4000002 6F39 -> 9F0F
        A0C000000F      -> 0000 0009 6F39 04 40 111F44 01 02 03 03 9000
        A0A4000002 7F10 -> 9F17      # a DF beside the current one
        A0A4000002 6F3A -> 9F0F
        A0C000000F      -> 0000 000C 6F3A 04 00 11FF44 01 02 01 04 9000
        A0A4000002 2FE2 -> 9404
        A0A4000002 6F99 -> 9404
        A0A4000001 3F   -> 6702
        A0A4010002 3F00 -> 6B00
        A0F2000017      -> 0000 1000 7F10 02…9000
        A0F2000016      -> 0000 1000 7F10 02…9000
        A0F2000018      -> 6717
        A0C0000001      -> 6F00      # nothing waits
        A0A4000002 3F00 -> 9F17
        A0A4000002 2FE2 -> 9F0F
        A0C0000010      -> 670F
        """,
    )


def test_files_are_read_and_written(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        A0B0000001         -> 9400
        A0A4000002 7F20    -> 9F17
        A0A4000002 6F07    -> 9F0F
        A0B0000009         -> 9804
        A020000108 {CHV1}  -> 9000
        A0B0000009         -> 080910101032547698 9000
        A0B000000A         -> 6709
        A0B0000900         -> 9402
        A0B2010403         -> 9408
        A0D6000001 AA      -> 9804   # ADM only
        A0A4000002 6F7E    -> 9F0F
        A0D6000003 010203  -> 9000
        A0B0000003         -> 010203 9000
        A0D6000A02 0102    -> 9402
        A0A4000002 7F10    -> 9F17
        A0A4000002 6F3A    -> 9F0F
        A0B2010404         -> 4164612E 9000
        A0B2000204         -> 4164612E 9000
        A0B2000204         -> 426F622E 9000
        A0B2000404         -> 426F622E 9000   # the current one
        A0B2040404         -> 9402
        A0B2010405         -> 6704
        A0B2010704         -> 6B00
        A0DC010404 58585858 -> 9000
        A0DC010403 585858  -> 6704
        A0A2000003 457665  -> 9000
        A0B2000404         -> 4576652E 9000
        A0A2001003 426F62  -> 9F01
        A0C0000001         -> 02 9000
        A0A2000203 426F62  -> 9404   # forwards from the next one
        A0A2000303 585858  -> 9000   # backwards
        A0A2000403 585858  -> 6B00
        A0A2000005 0102030405 -> 6704
        """,
    )


def test_increase(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        A020000108 {CHV1} -> 9000
        A0A4000002 7F20   -> 9F17
        A0A4000002 6F39   -> 9F0F
        A032000003 000005 -> 9F06
        A0C0000006        -> 000008000005 9000
        A0B2010403        -> 000008 9000
        A0B2020403        -> 000003 9000
        A032000003 FFFFFF -> 9850
        A032000002 0001   -> 6703
        """,
    )


def test_chvs(terminal: Terminal) -> None:
    walk(
        terminal,
        f"""
        A020000108 {WRONG}        -> 9804
        A0F2000017                -> …828A838A009000
        A020000108 {CHV1}         -> 9000
        A020000308 {CHV1}         -> 6B00
        A020000104 01020304       -> 6708
        A024000110 {CHV1} {NEW}   -> 9000
        A020000108 {CHV1}         -> 9804
        A020000108 {NEW}          -> 9000
        A026000108 {NEW}          -> 9000
        A026000108 {NEW}          -> 9808
        A020000108 {NEW}          -> 9808   # CHV1 is disabled
        A028000108 {NEW}          -> 9000
        A028000108 {NEW}          -> 9808
        A026000208 {CHV2}         -> 6B00   # CHV2 cannot be disabled
        A020000208 {WRONG}        -> 9804
        A020000208 {WRONG}        -> 9804
        A020000208 {WRONG}        -> 9840
        A020000208 {CHV2}         -> 9840
        A02C000210 {WRONG}{NEW}   -> 9804
        A02C000210 {UNBLOCK}{NEW} -> 9000
        A020000208 {NEW}          -> 9000
        A02C000010 {UNBLOCK}{CHV1} -> 9000
        A02C000110 {UNBLOCK}{CHV1} -> 6B00
        """,
    )


def test_a_card_without_chv2(terminal: Terminal) -> None:
    image = sim()
    bare = make(CardImage(image.mf, pins=image.pins[:1]))
    assert bare("A020000208" + CHV2) == "9802"


def test_invalidate_and_rehabilitate() -> None:
    image = sim()
    admin = PinImage(0x0A, b"55555555", tries=10, maximum_tries=10)
    terminal = make(CardImage(image.mf, pins=(*image.pins, admin)))
    walk(
        terminal,
        f"""
        A020000108 {CHV1}   -> 9000
        A004000000          -> 9400
        A0A4000002 7F20     -> 9F17
        A0A4000002 6F07     -> 9F0F
        A004000000          -> 9804
        0020000A08 {b"55555555".hex()} -> 9000   # class A0 has no command for ADM keys
        A004000000          -> 9000
        A004000000          -> 9810
        A0B0000009          -> 9810
        A0A4000002 6F07     -> 9F0F
        A0C000000F          -> …00020000 9000
        A044000000          -> 9000
        A044000000          -> 9810
        A0B0000009          -> 080910101032547698 9000
        """,
    )


def test_run_gsm_algorithm(terminal: Terminal) -> None:
    rand = bytes(range(16))
    res, ck, ik, _ = Milenage(KEY, OPC).f2345(rand)
    walk(
        terminal,
        f"""
        A0A4000002 7F20         -> 9F17
        A088000010 {rand.hex()} -> 9804
        A020000108 {CHV1}       -> 9000
        A088000010 {rand.hex()} -> 9F0C
        A0C000000C              -> {(c2(res) + c3(ck, ik)).hex()} 9000
        A08800000F {rand[1:].hex()} -> 6710
        A0A4000002 3F00         -> 9F17
        A088000010 {rand.hex()} -> 9804   # not in DF.GSM
        A0FA000000              -> 9000
        A099000000              -> 6D00
        """,
    )


def test_a_usim_serves_a_gsm_terminal() -> None:
    """The files of ADF.USIM stand in DF.GSM, those of DF.GSM-ACCESS under their GSM identifiers."""
    terminal = make(image_of(build.build_package(describe.load_shipped("home-operator"))))
    pin = b"2468\xff\xff\xff\xff".hex()
    walk(
        terminal,
        f"""
        A020000108 {pin}  -> 9000
        A0A4000002 7F20   -> 9F17
        A0A4000002 6F07   -> 9F0F
        A0B0000009        -> 0899990700000000 10 9000
        A0A4000002 6F38   -> 9F0F
        A0B0000001        -> F3 9000     # CHV1 disabling, FDN, SMS
        A0D6000001 FF     -> 9804
        A0A4000002 6F20   -> 9F0F
        A0A4000002 7F10   -> 9F17
        A0A4000002 6F3C   -> 9F0F
        A088000010 {bytes(16).hex()} -> 9804
        A0A4000002 7F20   -> 9F17
        A088000010 {bytes(16).hex()} -> 9F0C
        00A4000C023F00    -> 9000       # the UICC's own class keeps a selection of its own
        A0B0000001        -> 9400
        """,
    )


def test_cards_of_one_class_only() -> None:
    old, new = make(sim(), Classes.GSM), make(sim(), Classes.UICC)
    assert old("00A4000C023F00") == "6E00"
    assert old("A0A40000023F00") == "9F17"
    assert new("A0A40000023F00") == "6E00"


def test_the_session_ends_with_a_reset(terminal: Terminal) -> None:
    assert terminal("A0A40000027F20") == "9F17"
    terminal.card.reset()
    assert terminal("A0F2000017").startswith("000010003F00")


def test_the_toolkit_in_class_a0(terminal: Terminal) -> None:
    terminal.card.proactive.queue(bytes.fromhex("D009810301010482028182"))
    walk(
        terminal,
        """
        A010000002 FFFF -> 910B
        A01200000B      -> D009810301010482028182…
        A01400000C 810301010482028281830100 -> 9000
        A0C2000004 D6020000 -> 9000
        """,
    )
