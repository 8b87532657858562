"""What reaches a real card: reading, and nothing else until the user has named that card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cards import CommandApdu, ResponseApdu
from cards.errors import CardError, LinkError
from cards.protection import ES10, INSTRUCTIONS, Protected, ProtectedLink, Protection
from simulator.crypto.pki import TestPki
from simulator.profile import build, describe
from simulator.uicc.commands import CARD_COMMANDS, FILE_COMMANDS
from simulator.uicc.gsm.commands import COMMANDS as GSM_COMMANDS
from tests.simulator.conftest import Bench, bench, make_bench, test_pki

__all__ = ["bench", "test_pki"]

READING = (
    *("00A40004023F00", "00B000000A", "00B2010410", "00A2010403414243", "80F2000000", "00C0000010"),
    *("0070000001", "0070800100", "0084000008", "80AA00000AA9088100820101830107", "8078000000"),
    *("80CB008000", "801200000A", "80CA005A00", "A0A40000023F00", "A0FA000000", "0020000100", "00200001"),
    *("002C000100", "00A4040C07A0000000871002", "81E2910003BF2D00", "81E2910003BF2000"),
    "C1E2910006BF3E035C015A",
)
CHANGING = {
    "00D6000001FF": "UPDATE BINARY (TS 102 221 §11.1.4)",
    "00DC010402FFFF": "UPDATE RECORD",
    "80DB008003FF0101": "SET DATA",
    "8032000003000001": "INCREASE",
    "00200001083030303030303030": "VERIFY PIN",
    "0024000110" + "30" * 16: "CHANGE PIN",
    "0026000108" + "30" * 8: "DISABLE PIN",
    "0028000108" + "30" * 8: "ENABLE PIN",
    "002C000110" + "30" * 16: "UNBLOCK PIN",
    "0004000000": "DEACTIVATE FILE",
    "00440000": "ACTIVATE FILE",
    "0088008122" + "10" + "00" * 16 + "10" + "00" * 16: "AUTHENTICATE",
    "A088000010" + "00" * 16: "AUTHENTICATE",
    "8010000001FF": "TERMINAL PROFILE",
    "80C2000003D10100": "ENVELOPE",
    "80140000028100": "TERMINAL RESPONSE",
    "00E0000003620100": "CREATE FILE",
    "00E4000002" + "6F07": "DELETE",
    "00E6000000": "TERMINATE DF or INSTALL",
    "00E8000000": "TERMINATE EF or LOAD",
    "00FE0000": "TERMINATE CARD USAGE",
    "80D4000003620100": "RESIZE FILE",
    "80D80181020102": "PUT KEY",
    "80F08000" + "07A0000000871002": "SET STATUS",
    "8050000008" + "00" * 8: "INITIALIZE UPDATE",
    "8482000010" + "00" * 16: "EXTERNAL AUTHENTICATE",
    "00E2000002FFFF": "STORE DATA or APPEND RECORD",
    "80E2910003" + "BF3400": "eUICCMemoryReset (SGP.22 §5.7.19)",
    "81E2910003" + "BF3300": "DeleteProfile",
    "81E2110003" + "BF3600": "LoadBoundProfilePackage",
    "81E2910003" + "BF2100": "PrepareDownload",
    "81E2910003" + "BF7F00": "STORE DATA",
    "81E2910002" + "8801": "STORE DATA",
    "80EE000000": "instruction 'EE'",
}  # fmt: skip


class Listener:
    def __init__(self) -> None:
        self.seen: list[CommandApdu] = []

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        self.seen.append(command)
        return ResponseApdu()


@pytest.mark.parametrize("apdu", READING)
def test_reading_passes(apdu: str) -> None:
    card = Listener()
    Protection(card).transmit(CommandApdu.from_hex(apdu))
    assert [command.to_bytes().hex().upper() for command in card.seen] == [apdu]


@pytest.mark.parametrize("apdu", CHANGING)
def test_what_changes_a_card_is_kept_away(apdu: str) -> None:
    card = Listener()
    command = CommandApdu.from_hex(apdu)
    with pytest.raises(Protected) as refused:
        Protection(card).transmit(command)
    assert card.seen == []
    assert str(refused.value).startswith(CHANGING[apdu])
    assert str(refused.value).endswith("name it with --allow-changes and its ICCID or EID")
    Protection(card, is_allowed=True).transmit(command)
    assert card.seen == [command]


def test_every_row_that_changes_is_tried_here() -> None:
    tried = {CommandApdu.from_hex(apdu).ins for apdu in CHANGING}
    assert {ins for ins, row in INSTRUCTIONS.items() if row.harm} - {0x89, 0x76} <= tried


def test_every_command_of_our_own_card_has_a_row() -> None:
    assert {row.ins for row in (*CARD_COMMANDS, *FILE_COMMANDS, *GSM_COMMANDS)} <= set(INSTRUCTIONS)


@pytest.mark.parametrize("tag", ES10)
def test_every_es10_function(tag: int) -> None:
    message = CommandApdu(0x81, 0xE2, 0x91, 0, tag.to_bytes(2, "big") + b"\0")
    if ES10[tag].harm:
        with pytest.raises(Protected, match=ES10[tag].name):
            Protection(Listener()).transmit(message)
    else:
        Protection(Listener()).transmit(message)


def test_blocks_after_the_first_follow_it_on_their_channel() -> None:
    card = Listener()
    protection = Protection(card)
    protection.transmit(CommandApdu.from_hex("81E2110003BF3830"))
    protection.transmit(CommandApdu.from_hex("81E29101020102"))
    with pytest.raises(Protected):
        protection.transmit(CommandApdu.from_hex("82E29101020102"))
    with pytest.raises(Protected):
        protection.transmit(CommandApdu.from_hex("81E2110003BF3600"))
    with pytest.raises(Protected):
        protection.transmit(CommandApdu.from_hex("81E29101020102"))
    assert len(card.seen) == 2


class Link:
    def __init__(self, bench: Bench) -> None:
        self.transmit = bench.euicc.transmit
        self.reset = bench.euicc.reset
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_only_the_card_that_was_named_may_change(bench: Bench) -> None:
    eid = bench.euicc.core.identity.eid.hex()
    delete = bytes.fromhex("80E2910003BF3300")
    link = Link(bench)
    with pytest.raises(Protected):
        ProtectedLink(link).transmit(delete)
    allowed = ProtectedLink(link, eid)
    assert allowed.reset() == bench.euicc.reset()
    assert allowed.transmit(delete)
    allowed.close()
    assert link.is_closed
    with pytest.raises(CardError, match=f"allowed to the card 8999.*one here has the number {eid}"):
        ProtectedLink(link, "8999900000000000014")


def test_an_exchanged_card_may_not_change(bench: Bench, test_pki: TestPki) -> None:
    """The number is asked for again after each reset; the EID stays what it is when profiles come and go."""
    link = Link(bench)
    protected = ProtectedLink(link, bench.euicc.core.identity.eid.hex())
    bench.download(build.build_package(describe.load_shipped("test-operator")), enable=True)
    protected.reset()
    delete = bytes.fromhex("80E2910003BF3300")
    assert protected.transmit(delete)
    other = make_bench(test_pki, "another card")
    other.euicc.core.identity = replace(other.euicc.core.identity, eid=bytes.fromhex("89" * 16))
    link.transmit, link.reset = other.euicc.transmit, other.euicc.reset
    with pytest.raises(CardError, match=f"but the one here has the number {'89' * 16}"):
        protected.reset()
    with pytest.raises(Protected):
        protected.transmit(delete)


def test_a_suspended_card_resumes_before_it_is_asked(bench: Bench, test_pki: TestPki) -> None:
    """RESUME must be the first command after the reset; before any other one the number is asked for."""
    link = Link(bench)
    bench.download(build.build_package(describe.load_shipped("test-operator")), enable=True)
    protected = ProtectedLink(link, bench.euicc.core.identity.eid.hex())
    suspend = bytes.fromhex("8076000004010101050A")
    token = protected.transmit(suspend)[2:10]
    protected.reset()
    assert protected.transmit(bytes.fromhex("8076010008") + token) == bytes.fromhex("9000")
    protected.transmit(suspend)
    protected.reset()
    other = make_bench(test_pki, "another card")
    other.euicc.core.identity = replace(other.euicc.core.identity, eid=bytes.fromhex("89" * 16))
    link.transmit, link.reset = other.euicc.transmit, other.euicc.reset
    with pytest.raises(CardError, match="but the one here has the number"):
        protected.transmit(bytes.fromhex("80E2910003BF3300"))


def test_a_card_that_goes_while_its_number_is_read(bench: Bench) -> None:
    link = Link(bench)

    def gone(apdu: bytes, /) -> bytes:
        raise LinkError("the card was removed")

    link.transmit = gone
    with pytest.raises(LinkError, match="the card was removed"):
        ProtectedLink(link, "8999900000000000014")


def test_a_card_without_any_number(bench: Bench) -> None:
    class Mute(Link):
        def __init__(self) -> None:
            self.transmit = lambda apdu: bytes.fromhex("6D00")
            self.reset = lambda: bytes.fromhex("3B00")

    with pytest.raises(CardError, match="the number none that can be read"):
        ProtectedLink(Mute(), "8999900000000000014")
