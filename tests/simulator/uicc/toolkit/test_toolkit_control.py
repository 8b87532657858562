"""Call control and MO short message control: envelopes and answers by hand, from TS 31.111 §7.3."""

from __future__ import annotations

import pytest

from cards.toolkit import (
    ControlAnswer,
    ControlResult,
    DataObject,
    Envelope,
    Tag,
    ToolkitError,
    call_control,
    decode_address,
    decode_ussd,
    mo_sms_control,
)
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.toolkit import Applet, commands
from simulator.uicc.toolkit.control import Decision, Request, allow, change, forbid
from simulator.uicc.toolkit.runtime import Session

OPERATOR = image_of(build.build_package(describe.load_shipped("test-operator")))
LOCATION = "9307" + "62F2100001" + "0001"


def envelope_of(what: str, tag: str = "D4", device: str = "82028281") -> bytes:
    body = bytes.fromhex(device + what + LOCATION)
    return bytes.fromhex(tag) + bytes((len(body),)) + body


PREMIUM, FRIEND = "8604810921F3", "860491214365"
"""Addresses: 90123 of unknown type, +123456."""
USSD = "8A05" + "0F" + "2A180C06"
"""'*100' in seven bits, packed."""
SMS = "8606912143658709" + "8604810921F3"


class Guard(Applet):
    """Forbids what begins with 90, writes +123456 as another number, sends messages over its own centre."""

    controls = frozenset({Envelope.CALL_CONTROL, Envelope.MO_SMS_CONTROL})

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def control(self, card: Card, request: Request) -> Decision:
        self.asked.append(request)
        if request.envelope == Envelope.MO_SMS_CONTROL:
            return change([commands.address("+999"), commands.address(request.number)])
        if request.number.startswith("90"):
            return forbid("No premium", self._explain())
        if request.number == "+123456":
            return change([commands.address("+654321")], "Friend")
        if request.ussd:
            return allow("USSD")
        return allow()

    def _explain(self) -> Session:
        yield commands.display_text("no")


class Silent(Applet):
    pass


class Broken(Applet):
    controls = frozenset({Envelope.CALL_CONTROL})

    def control(self, card: Card, request: Request) -> Decision:
        raise ZeroDivisionError


def make_card(*applets: Applet, services: bytes | None = None) -> Card:
    card = Card(FileSystem(OPERATOR), entropy=bytes, applets=applets)
    card.transmit(bytes.fromhex("8010000009") + b"\xff" * 9)
    usim = card.files.index.adfs[0]
    table = usim.by_fid[0x6F38]
    if services is not None:
        card.write(table, services)
    return card


ALL = b"\xff" * 17
WITHOUT_CALL_CONTROL = ALL[:3] + b"\xdf" + ALL[4:]
"""EF.UST: service 30 is bit 6 of byte 4, service 31 bit 7."""
WITHOUT_MO_SMS_CONTROL = ALL[:3] + b"\xbf" + ALL[4:]


def send(card: Card, data: bytes) -> str:
    """The answer to ENVELOPE with Le."""
    return card.transmit(bytes.fromhex("80C20000") + bytes((len(data),)) + data + b"\0").hex().upper()


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        (PREMIUM, "010C" + "850A" + b"No premium".hex().upper() + "9110"),
        (FRIEND, "020E" + "860491563412" + "8506" + b"Friend".hex().upper() + "9000"),
        ("86028101", "00009000"),
        (USSD, "0006" + "8504" + b"USSD".hex().upper() + "9000"),
        ("89028111", "00009000"),
        ("D20101", "00009000"),
    ],
)
def test_calls(what: str, answer: str) -> None:
    guard = Guard()
    card = make_card(guard, services=ALL)
    assert send(card, envelope_of(what)) == answer
    assert len(guard.asked) == 1
    assert guard.asked[0].value(Tag.LOCATION_INFORMATION) == bytes.fromhex(LOCATION[4:])


def test_what_is_done_afterwards() -> None:
    """DISPLAY TEXT "no", once the call is forbidden."""
    card = make_card(Guard(), services=ALL)
    assert send(card, envelope_of(PREMIUM)).endswith("9110")
    fetched = card.transmit(bytes.fromhex("8012000010")).hex().upper()
    assert fetched == "D00E" + "8103012180" + "82028102" + "8D03046E6F" + "9000"


def test_messages() -> None:
    guard = Guard()
    card = make_card(Silent(), guard, services=ALL)
    answer = send(card, envelope_of(SMS, "D5"))
    assert answer == "020B" + "86039199F9" + "8604810921F3" + "9000"
    assert guard.asked[0].addresses == ["+1234567890", "90123"]


def test_without_le_the_answer_waits() -> None:
    data = envelope_of(FRIEND)
    card = make_card(Guard(), services=ALL)
    assert card.transmit(bytes.fromhex("80C20000") + bytes((len(data),)) + data).hex() == "6110"
    assert card.transmit(bytes.fromhex("00C0000010")).hex().upper().startswith("020E8604")


@pytest.mark.parametrize(
    ("applets", "services"),
    [((Silent(),), ALL), ((), ALL), ((Guard(),), WITHOUT_CALL_CONTROL), ((Guard(),), b"")],
)
def test_nobody_is_asked_that_is_not_registered_or_not_in_service(
    applets: tuple[Applet, ...], services: bytes
) -> None:
    card = make_card(*applets, services=services)
    assert send(card, envelope_of(PREMIUM)) in ("00009000", "9000")
    assert not any(guard.asked for guard in applets if isinstance(guard, Guard))


def test_each_service_for_itself() -> None:
    calls_only = make_card(Guard(), services=WITHOUT_MO_SMS_CONTROL)
    assert send(calls_only, envelope_of(SMS, "D5")) == "00009000"
    assert send(calls_only, envelope_of(PREMIUM)).startswith("01")
    messages_only = make_card(Guard(), services=WITHOUT_CALL_CONTROL)
    assert send(messages_only, envelope_of(SMS, "D5")).startswith("02")


def test_the_first_that_is_registered_decides() -> None:
    first, second = Guard(), Guard()
    send(make_card(Silent(), first, second, services=ALL), envelope_of(PREMIUM))
    assert (len(first.asked), len(second.asked)) == (1, 0)


def test_an_application_that_fails_allows() -> None:
    faults: list[Exception] = []
    card = make_card(Broken(), services=ALL)
    card.on_fault = lambda apdu, error: faults.append(error)
    assert send(card, envelope_of(PREMIUM)) == "00009000"
    assert isinstance(faults[0], ZeroDivisionError)


@pytest.mark.parametrize(
    ("tag", "what", "device"),
    [
        ("D4", "", "82028281"),
        ("D4", PREMIUM, "82028381"),
        ("D4", PREMIUM, ""),
        ("D4", PREMIUM + USSD, "82028281"),
        ("D5", PREMIUM, "82028281"),
        ("D5", PREMIUM + USSD, "82028281"),
    ],
)
def test_what_asks_for_nothing(tag: str, what: str, device: str) -> None:
    guard = Guard()
    card = make_card(guard, services=ALL)
    assert send(card, envelope_of(what, tag, device)) == "6A80"
    assert guard.asked == []


# --- the terminal's side ------------------------------------------------------------------------------


def test_a_terminal_asks_and_reads() -> None:
    card = make_card(Guard(), services=ALL)
    called = DataObject(Tag.ADDRESS, bytes.fromhex("91214365"))
    where = DataObject(Tag.LOCATION_INFORMATION, bytes.fromhex(LOCATION[4:]))
    assert call_control(called, [where]) == envelope_of(FRIEND)
    answer = ControlAnswer.parse(bytes.fromhex(send(card, call_control(called, [where])))[:-2])
    assert answer.result is ControlResult.ALLOWED_WITH_MODIFICATIONS
    assert [decode_address(item.value) for item in answer.objects if item.tag == Tag.ADDRESS] == ["+654321"]
    centre, receiver = bytes.fromhex("912143658709"), bytes.fromhex("810921F3")
    assert mo_sms_control(centre, receiver, [where]) == envelope_of(SMS, "D5")
    assert ControlAnswer.parse(b"") == ControlAnswer()
    for wrong in ("00", "0300", "000100FF", "0002"):
        with pytest.raises(ToolkitError):
            ControlAnswer.parse(bytes.fromhex(wrong))


def test_numbers_and_codes() -> None:
    assert decode_address(b"") == ""
    assert decode_address(bytes.fromhex("811A10F0")) == "*1010"
    assert decode_address(commands.address("+44*#12").value) == "+44*#12"
    assert decode_ussd(bytes.fromhex("0FAA180C3602")) == "*100#"
    assert decode_ussd(bytes.fromhex("44") + b"*101#") == "*101#"
    with pytest.raises(ToolkitError):
        decode_ussd(b"\x4c\x00")
