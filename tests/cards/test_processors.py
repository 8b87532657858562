"""Each processor alone, against a card that follows a script."""

from __future__ import annotations

import pytest

from cards import ApduError, CommandApdu, InProcessLink, ResponseApdu
from cards.errors import CardProtocolError
from cards.link import Meter
from cards.processors import (
    CommandChaining,
    Direct,
    GetResponse,
    LogicalChannel,
    Processor,
    StoreData,
    Trace,
    class_on_channel,
)


class Script:
    """A card that expects these commands, in this order, and gives these answers."""

    def __init__(self, *exchanges: tuple[str, str]) -> None:
        self.exchanges = list(exchanges)

    def transmit(self, apdu: bytes) -> bytes:
        expected, answer = self.exchanges.pop(0)
        assert apdu.hex().upper() == expected.replace(" ", "")
        return bytes.fromhex(answer)

    def reset(self) -> bytes:
        return b"\x3b\x00"


def direct(card: Script) -> Processor:
    return Direct(InProcessLink(card))


def test_get_response_collects_all_pieces() -> None:
    card = Script(("00A40004023F00", "6104"), ("00C0000004", "0102610A"), ("00C000000A", "03049000"))
    answer = GetResponse(direct(card)).transmit(CommandApdu.from_hex("00A40004023F00"))
    assert answer == ResponseApdu.parse(bytes.fromhex("010203049000"))
    assert not card.exchanges


def test_get_response_repeats_with_the_right_length() -> None:
    card = Script(("00B0000000", "6C09"), ("00B0000009", "080910101032547698 9000"))
    assert GetResponse(direct(card)).transmit(CommandApdu.from_hex("00B0000000")).data[0] == 8


def test_get_response_on_a_channel_and_after_proprietary_class() -> None:
    card = Script(("81E2910003BF2D00", "6102"), ("01C0000002", "ABCD9000"))
    assert GetResponse(direct(card)).transmit(CommandApdu.from_hex("81E2910003BF2D00")).data == b"\xab\xcd"


def test_a_card_that_announces_data_forever_is_stopped() -> None:
    class Endless:
        def transmit(self, command: CommandApdu, /) -> ResponseApdu:
            return ResponseApdu.parse(bytes(256) + b"\x61\x00")

    with pytest.raises(CardProtocolError, match="does not end"):
        GetResponse(Endless()).transmit(CommandApdu(0, 0xCA))
    with pytest.raises(CardProtocolError, match="brings none"):
        GetResponse(direct(Script(("00CA0000", "6105"), ("00C0000005", "6105")))).transmit(
            CommandApdu(0, 0xCA)
        )


@pytest.mark.parametrize(
    ("cla", "channel", "expected"),
    [(0x00, 1, 0x01), (0x80, 3, 0x83), (0x00, 4, 0x40), (0x80, 19, 0xCF), (0x0C, 5, 0x61), (0x90, 4, 0xD0)],
)
def test_class_on_channel(cla: int, channel: int, expected: int) -> None:
    assert class_on_channel(cla, channel) == expected


def test_there_are_twenty_channels() -> None:
    with pytest.raises(ApduError, match="channel 20"):
        LogicalChannel(direct(Script()), 20)


def test_logical_channel() -> None:
    card = Script(("02B0000001", "AA9000"))
    assert LogicalChannel(direct(card), 2).transmit(CommandApdu.from_hex("00B0000001")).data == b"\xaa"


def test_command_chaining() -> None:
    card = Script(("10DB0000 02 0102", "9000"), ("10DB0000 02 0304", "9000"), ("00DB0000 01 05", "9000"))
    answer = CommandChaining(direct(card), 2).transmit(CommandApdu(0, 0xDB, data=bytes([1, 2, 3, 4, 5])))
    assert answer.sw == 0x9000


def test_command_chaining_stops_at_an_error() -> None:
    card = Script(("10DB0000 02 0102", "6884"))
    answer = CommandChaining(direct(card), 2).transmit(CommandApdu(0, 0xDB, data=bytes([1, 2, 3])))
    assert answer.sw == 0x6884


def test_store_data_blocks() -> None:
    card = Script(("80E21100 02 0102", "9000"), ("80E29101 01 03", "9000"))
    StoreData(direct(card), 2).transmit(CommandApdu(0x80, 0xE2, data=bytes([1, 2, 3])))
    assert not card.exchanges
    with pytest.raises(ApduError, match="256 blocks"):
        StoreData(direct(Script()), 2).transmit(CommandApdu(0x80, 0xE2, data=bytes(513)))


def test_store_data_leaves_other_commands_alone() -> None:
    card = Script(("00A40004023F00", "9000"))
    StoreData(direct(card)).transmit(CommandApdu.from_hex("00A40004023F00"))


def test_trace_shows_command_and_answer() -> None:
    seen: list[tuple[CommandApdu, ResponseApdu]] = []
    card = Script(("00A40004023F00", "9000"))
    Trace(direct(card), lambda command, response: seen.append((command, response))).transmit(
        CommandApdu.from_hex("00A40004023F00")
    )
    assert [(str(command), str(response)) for command, response in seen] == [("00A40004023F00", "9000")]


def test_an_answer_without_status_word_is_nonsense() -> None:
    with pytest.raises(CardProtocolError, match="no response APDU"):
        direct(Script(("00A40000", "90"))).transmit(CommandApdu(0, 0xA4))


def test_meter_counts_what_passes() -> None:
    card = Script(("00A40004023F00", "0102 9000"), ("00C0000004", "9000"))
    meter = Meter(InProcessLink(card))
    Direct(meter).transmit(CommandApdu.from_hex("00A40004023F00"))
    Direct(meter).transmit(CommandApdu.from_hex("00C0000004"))
    assert (meter.apdus, meter.sent, meter.received) == (2, 12, 6)
    assert meter.reset() == b"\x3b\x00"
    meter.close()
