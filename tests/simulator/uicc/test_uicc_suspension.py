"""SUSPEND UICC: what the card forgets in a reset, it knows again with the token."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import Bench
from tests.simulator.uicc.conftest import USIM, Terminal
from tests.simulator.uicc.globalplatform import conftest as gp
from tests.simulator.uicc.test_uicc_instructions import walk

TOKEN = bytes(range(8)).hex()


def test_suspend_and_resume(terminal: Terminal) -> None:
    terminal.verified()
    walk(
        terminal,
        f"""
        00A40004026F07    -> 61…
        0070000001        -> 01 9000
        8076000004 00010005 00  -> 0005 {TOKEN} 9000   # 1 to 5 seconds
        """,
    )
    terminal.card.reset()
    walk(
        terminal,
        f"""
        8076010008 {TOKEN} -> 9000
        00B0000001        -> 08 9000
        01A4000C023F00    -> 9000
        8076010008 {TOKEN} -> 6A88   # only once
        """,
    )
    terminal.card.reset()
    assert terminal("00B0000001") == "6986"


def test_a_token_serves_one_reset(terminal: Terminal) -> None:
    assert terminal("80760000040001000500").startswith("0005")
    terminal.card.reset()
    terminal.card.reset()
    assert terminal("8076010008" + TOKEN) == "6A88"


def test_a_wrong_token_ends_the_suspension(terminal: Terminal) -> None:
    assert terminal("80760000040001000500").startswith("0005")
    terminal.card.reset()
    assert terminal("8076010008" + "FF" * 8) == "6A88"
    assert terminal("8076010008" + TOKEN) == "6A88"


@pytest.mark.parametrize(
    "first",
    [
        "00A40000023F00",
        "80F2000C",
        "0016000000",  # not even known
        "00A4",  # not even a command
        "01A4000C023F00",  # on a channel that is not open
        "0CA4000C023F00",  # secure messaging that nobody agreed on
        "A0A40000023F00",
        "80760000040001000500",  # another suspension
        "8076000004000100",
        "80760100",
        "807601000800",
        "8076010108" + TOKEN,
    ],
)
def test_whatever_comes_before_resume_ends_the_suspension(terminal: Terminal, first: str) -> None:
    terminal.verified()
    assert terminal("80760000040001000500").startswith("0005")
    terminal.card.reset()
    terminal(first)
    assert terminal("8076010008" + TOKEN) == "6A88"
    terminal.usim()
    assert terminal("00A4000C026F07") == "9000"
    assert terminal("00B0000009") == "6982", "the verification went with the session"


def test_a_card_in_a_secure_channel_is_not_suspended() -> None:
    secured = gp.Terminal(gp.make_card(), channel=0)
    secured.open()
    assert secured.card.transmit(bytes.fromhex("80760000040001000500")).hex() == "6985"
    secured.card.reset()
    assert secured.card.transmit(bytes.fromhex("80760000040001000500")).hex().startswith("0005")


def test_an_euicc_in_a_session_is_not_suspended(bench: Bench) -> None:
    """GetEuiccChallenge opens one; it ends with the reset."""
    euicc = bench.euicc
    suspend = bytes.fromhex("80760000040001000500")
    assert euicc.transmit(bytes.fromhex("00A4040C10A0000005591010FFFFFFFF8900000100")).hex() == "9000"
    assert euicc.transmit(bytes.fromhex("80E2910003BF2E00")).hex()[:2] == "61"
    assert euicc.transmit(suspend).hex() == "6985"
    euicc.reset()
    assert euicc.transmit(suspend).hex().startswith("0005")


def test_another_profile_is_not_resumed(terminal: Terminal) -> None:
    """What was current belongs to files that are gone."""
    assert terminal("80760000040001000500").startswith("0005")
    terminal.card.reset()
    terminal.card.mount(None)
    assert terminal("8076010008" + TOKEN) == "6A88"


def test_what_the_card_refuses(terminal: Terminal) -> None:
    walk(
        terminal,
        """
        8076000104 00010005 00 -> 6A86
        8076020004 00010005 00 -> 6A86
        8076000003 000100 00   -> 6700
        8076000004 00050001 00 -> 6A80
        8076000004 09050901 00 -> 6A80
        8076000004 03010302 00 -> 6985   # a day at least
        8076000004 00010302 00 -> 020C…9000
        8076010004 00010203    -> 6700
        8076010008 0001020304050607 -> 6A88
        """,
    )
    terminal.card.proactive.queue(bytes.fromhex("D009810301010482028182"))
    assert terminal("80760000040001000500") == "6985"


def test_rules_follow_the_security_environment() -> None:
    """'8B' with a record for SE 00 and one for SE 01 (TS 102 221 §9.2.7)."""
    from simulator.uicc import Card, FileSystem
    from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure, PinImage
    from tests.simulator.uicc.conftest import PIN1_READ, arr

    always, pin1 = 10, PIN1_READ
    reference = bytes((0x8B, 0x06, 0x6F, 0x06, 0x00, always, 0x01, pin1))
    file = EfImage(0x6F07, FileStructure.TRANSPARENT, b"\x08", security=reference)
    usim = DfImage(0x7FF1, (arr(0x6F06), file), aid=USIM, pin_status=b"\x01")
    image = CardImage(
        DfImage(0x3F00),
        (usim,),
        pins=(PinImage(0x01, b"1234\xff\xff\xff\xff"), PinImage(0x11, b"9999\xff\xff\xff\xff")),
    )
    terminal = Terminal(Card(FileSystem(image), entropy=bytes)).usim()
    pin, universal = b"1234\xff\xff\xff\xff".hex(), b"9999\xff\xff\xff\xff".hex()
    walk(
        terminal,
        f"""
        00A4000C026F07     -> 9000
        00B0000001         -> 6982           # SE 01: PIN1
        0020000108 {pin}   -> 9000
        00B0000001         -> 08 9000
        0026000108 {pin}   -> 9000           # PIN1 disabled, the universal PIN enabled but not used
        00B0000001         -> 08 9000        # SE 01, and PIN1 counts as verified
        0026001108 {universal} -> 9000
        00B0000001         -> 08 9000        # SE 00: always
        """,
    )
