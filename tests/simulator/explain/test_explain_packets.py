"""Secured packets in sessions: proofs of receipt that are ciphered, packets over several short messages,
scripts and their answers. What is right comes from the network's end of `tests.simulator.uicc.ota`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.explain import Explainer, Explanation, Field
from cards.explain.fields import read
from cards.explain.scripts import response, script
from simulator.crypto.scp80 import ResponsePacket, secure_response
from simulator.crypto.scp80_algorithms import Keys, ResponseStatus
from simulator.explain import KeyRing
from tests.simulator.explain.test_explain_with_keys import Log
from tests.simulator.uicc.ota.conftest import ISSUER, SHARED, Network, download, make_network, tlv
from tests.simulator.uicc.ota.test_ota_receiver import parts

CLOSED = "ciphered: counter, padding, checksum, data"
READ_ICCID = "00A40004022FE2" + "00B000000A"
ICCID = "98001032547698103214"


@pytest.fixture
def sent() -> tuple[Network, Log]:
    network, log = make_network(), Log()
    network.card.key_log = log
    return network, log


def envelope(data: bytes) -> bytes:
    extended = len(data) > 255
    length = b"\0" + len(data).to_bytes(2, "big") if extended else bytes((len(data),))
    return bytes.fromhex("80C20000") + length + data


def fields_of(*explanations: Explanation) -> list[Field]:
    return [field for one in explanations for field in one.walk()]


def values(*explanations: Explanation) -> dict[str, str]:
    fields = fields_of(*explanations)
    assert not [field for field in fields if field.problem]
    return {field.name: field.value for field in fields}


def test_a_ciphered_proof_of_receipt_is_opened(sent: tuple[Network, Log]) -> None:
    network, log = sent
    network.spi = "1619"  # ciphered both ways, checksum both ways, response always
    user_data = b"\x02\x70\x00" + network.packet(SHARED, READ_ICCID)
    answer = network.ota.handle(download(user_data)) + b"\x90\x00"
    explanation = Explainer(KeyRing.parse(log.text)).exchange(envelope(download(user_data)), answer)
    (closed,) = [field for field in explanation.answer[1].children if field.name == CLOSED]
    assert closed.value == "opened with KIc; the checksum is right"
    found = {field.name: field.value for field in closed.walk()}
    assert found["response status"] == "00: PoR OK"
    assert found["commands executed"] == "2"
    assert found["data"] == ICCID
    without = Explainer().exchange(envelope(download(user_data)), answer)
    assert without.answer[1].children[-1].name == CLOSED
    assert not without.answer[1].children[-1].children
    # Who has the ciphering key alone reads, too, but is told that nothing is proved.
    ring = KeyRing({name: key if name[0] == "SCP80_KIC" else bytes(16) for name, key in log.items()})
    packet, proof = user_data[3:], answer[3:-2]
    opened = ring.response(packet, proof)
    assert opened is not None
    assert "RC/CC/DS is wrong" in opened.note
    assert KeyRing({}).response(packet, proof) is None


@pytest.mark.parametrize("reference", ["0003AB", "0804ABCD"])
def test_a_packet_over_several_messages_is_joined_and_opened(
    sent: tuple[Network, Log], reference: str
) -> None:
    network, log = sent
    messages = parts(network.packet(SHARED, READ_ICCID), 3, reference)
    first, second, third = messages
    answers = [network.ota.handle(message) + b"\x90\x00" for message in (third, first, second)]
    explainer = Explainer(KeyRing.parse(log.text))
    explanations = [
        explainer.exchange(envelope(message), answer)
        for message, answer in zip((third, first, second), answers, strict=True)
    ]
    said = [
        field.value.partition(":")[0]
        for field in fields_of(*explanations)
        if field.name == "part of a message"
    ]
    assert said == ["part 3 of 3", "part 1 of 3", "part 2 of 3, the last to come"]
    found = values(explanations[-1])
    assert found["command: SELECT"] == "00A40004022FE2"
    assert found["command: READ BINARY"] == "00B000000A"
    assert found["response status"] == "00: PoR OK"
    assert not [field for field in fields_of(*explanations[:-1]) if field.name == "packet length (CPL)"]


def test_a_proof_over_several_messages_is_joined_and_opened(sent: tuple[Network, Log]) -> None:
    """By SMS-SUBMIT (second byte of SPI '39'), in SEND SHORT MESSAGEs that the terminal fetches."""
    network, log = sent
    network.spi = "1639"
    user_data = b"\x02\x70\x00" + network.packet(SHARED, "00A40004026FF1" + "00B0000000")
    answer = network.ota.handle(download(user_data)) + b"\x91\x40"
    explainer = Explainer(KeyRing.parse(log.text))
    explainer.exchange(envelope(download(user_data)), answer)
    explanations = [
        explainer.exchange(bytes.fromhex("8012000000"), one + b"\x90\x00") for one in network.sent
    ]
    assert len(explanations) == 3
    assert {one.title for one in explanations} == {"FETCH 256 bytes"}
    found = values(explanations[-1])
    assert found[CLOSED].startswith("opened with KIc")
    assert found["commands executed"] == "2"
    assert found["data"] == (bytes(range(256)) + bytes(44)).hex().upper()


def test_messages_of_other_data_are_joined_as_bytes() -> None:
    explainer = Explainer()
    for number in (1, 2):
        user_data = bytes.fromhex(f"0500037702{number:02X}") + b"AB"
        explanation = explainer.exchange(envelope(download(user_data)), b"\x90\x00")
    assert values(explanation)["user data, joined"] == b"ABAB".hex().upper()


def test_a_script_in_the_expanded_format_and_its_answer(sent: tuple[Network, Log]) -> None:
    """TS 102 226 §5.2: template 'AA' with C-APDUs '22'; 'AB' with the number executed and R-APDUs '23'."""
    network, log = sent
    network.spi = "1619"
    body = tlv(0x22, bytes.fromhex("00A40004022FE2")) + tlv(0x22, bytes.fromhex("00B000000A"))
    user_data = b"\x02\x70\x00" + network.packet(SHARED, tlv(0xAA, body).hex())
    answer = network.ota.handle(download(user_data)) + b"\x90\x00"
    fields = fields_of(Explainer(KeyRing.parse(log.text)).exchange(envelope(download(user_data)), answer))
    commands = [field.value for field in fields if field.name == "command (22)"]
    assert commands == ["SELECT: 00A40004022FE2", "READ BINARY: 00B000000A"]
    answers = [field.value for field in fields if field.name == "answer (23)"]
    assert answers[-1] == f"{ICCID}, 9000: normal ending of the command"
    assert [field.value for field in fields if field.name == "commands executed (80)"] == ["2"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("AE80" + "830111" + "2205" + "80CA00E000" + "0000",
         {"script chaining (83)": "11: first script, kept over a reset",
          "command (22)": "GET DATA: 80CA00E000"}),
        ("AA06" + "810181" + "820105",
         {"immediate action (81)": "a proactive session is asked for",
          "error action (82)": "record 5 of EF.RMA"}),
        ("80F24002024F00" + "80CAFF2100",
         {"command: GET STATUS": "80F24002024F00", "command: GET DATA": "80CAFF2100"}),
    ],
    ids=["indefinite length", "actions", "GET STATUS has data"],
)  # fmt: skip
def test_scripts(data: str, expected: dict[str, str]) -> None:
    fields = read(script, bytes.fromhex(data))
    found = {field.name: field.value for top in fields for field in top.walk()}
    assert found.items() >= expected.items()
    assert not [field for top in fields for field in top.walk() if field.problem]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("AB06" + "800101" + "900101", {"bad format (90)": "01: unknown tag"}),
        ("AF80" + "800102" + "23029000" + "0000", {"answer (23)": "9000: normal ending of the command"}),
        ("AB03" + "830101", {"script chaining (83)": "01: no previous script"}),
        ("AB03" + "810101", {"immediate action (81)": "01: suspension error"}),
        ("026A82", {"commands executed": "2", "status word": "6A82: file or application not found"}),
    ],
)
def test_answers_to_scripts(data: str, expected: dict[str, str]) -> None:
    found = {field.name: field.value for top in read(response, bytes.fromhex(data)) for field in top.walk()}
    assert found.items() >= expected.items()


def test_a_proof_that_is_not_ciphered_is_read_without_keys(sent: tuple[Network, Log]) -> None:
    network, _ = sent
    network.spi = "1201"
    packet = network.packet(ISSUER, "80CA00E000")
    proof = secure_response(ResponsePacket(ISSUER, 1, ResponseStatus.CNTR_LOW, b""), network.command, Keys())
    user_data = download(b"\x02\x70\x00" + packet)
    explanation = Explainer().exchange(envelope(user_data), b"\x02\x71\x00" + proof + b"\x90\x00")
    assert values(explanation)["response status"] == "02: counter too low"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.binary(max_size=40)), max_size=5))
def test_no_message_makes_the_explainer_raise(messages: list[tuple[int, int, bytes]]) -> None:
    explainer = Explainer(KeyRing({}))
    for total, number, data in messages:
        header = bytes((7, 0, 3, 9, total, number)) + (b"\x70\0" if number == 1 else b"\x71\0")
        envelope_data = download(header + data)
        for answer in (b"\x02\x71\x00" + data, data):
            explanation = explainer.exchange(envelope(envelope_data), answer + b"\x90\x00")
            assert explanation.as_data()


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_no_script_makes_a_decoder_raise(data: bytes) -> None:
    for decoder in (script, response):
        for top in read(decoder, data):
            for field in top.walk():
                assert 0 <= field.offset <= field.offset + field.length <= len(data)
