"""Remote management over SMS-PP: the trace of a real card, security checks, proofs of receipt."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.status import SW, StatusError, StatusWord
from simulator.crypto.scp80 import Key, ResponseStatus, SecurityError
from simulator.uicc.card import Card
from simulator.uicc.ota import ApplicationTarget, KeySet, Ota, OtaConfiguration
from tests.simulator.uicc.ota.conftest import (
    ABSENT,
    AES_KEYS,
    CONFIGURATION,
    DES_KEYS,
    ISD,
    ISSUER,
    LIMITED,
    OPEN,
    SHARED,
    USIM_FILES,
    Issuer,
    Network,
    download,
    make_network,
    tlv,
)

SELECT_MF = "00A40004023F00"
ICCID = "98001032547698103214"
READ_ICCID = "00A40004022FE2" + "00B000000A"


def test_the_trace_of_a_card_and_its_loader_comes_out_byte_for_byte() -> None:
    """From asterix (a trace of 2014): CRC 32, ciphered, higher counter; proof of receipt by SMS-SUBMIT."""
    keys = KeySet(1, Key(bytes.fromhex("263B48DBCBC1C21C0AA13E4D4516C446")), security_domain=ISD)
    target = ApplicationTarget(bytes.fromhex("C00000"), 0x15, ISD, ISD)
    card = Card(entropy=bytes, applications=[Issuer()])
    ota = Ota(card, OtaConfiguration((keys,), (target,)))
    envelope = (
        "D13A820283818B3444038119F07FF6151124135822042502700000201115351515C000004D5C2C7F43D3E774316C66CE8E1D"
        "5045755BACEF5DC83203"
    )
    assert ota.handle(bytes.fromhex(envelope)) == b""
    assert card.proactive.waiting().hex().upper() == (
        "D04781030113008202818305008B3A4100038119F000F631027100002C0EC00000888B39C361C66D5F3DC4EFCEF508CC22"
        "8021DD34E577B147E54EFF18B3922C9176644E2E8AA9A695"
    )


# --- security ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spi", "kic", "kid", "keys"),
    [
        ("1601", 0x15, 0x15, DES_KEYS),
        ("1609", 0x15, 0x15, DES_KEYS),
        ("1619", 0x15, 0x15, DES_KEYS),
        ("1605", 0x15, 0x15, DES_KEYS),
        ("1211", 0x15, 0x15, DES_KEYS),
        ("0219", 0x15, 0x15, DES_KEYS),
        ("0E09", 0x15, 0x15, DES_KEYS),
        ("1E19", 0x15, 0x15, DES_KEYS),
        ("0619", 0x22, 0x22, AES_KEYS),
        ("0A09", 0x22, 0x22, AES_KEYS),
    ],
)
def test_scripts_are_executed_and_proven_with_each_security(
    network: Network, spi: str, kic: int, kid: int, keys: KeySet
) -> None:
    network.spi, network.kic, network.kid, network.keys = spi, kic, kid, keys
    assert network(SHARED, READ_ICCID) == "029000" + ICCID


def test_a_proof_in_clear_is_what_it_should_be_by_hand(network: Network) -> None:
    network.spi = "1601"
    assert network.send(SHARED, SELECT_MF).hex().upper() == (
        "027100" + "000E" + "0A" + "B00000" + "0000000001" + "00" + "00" + "01" + "61" + mf_length(network)
    )


def mf_length(network: Network) -> str:
    """How long the FCP of the MF is, from the card itself."""
    return network.card.transmit(bytes.fromhex(SELECT_MF))[1:].hex().upper()


def test_an_unknown_target_is_told_in_clear(network: Network) -> None:
    network.spi = "1619"
    assert network.refused(bytes.fromhex("ABCDEF")).hex() == "027100000b0aabcdef" + "0000000000" + "0009"


def test_an_adf_that_is_not_on_the_card_is_no_target(network: Network) -> None:
    network.spi = "0001"
    assert network.refused(ABSENT).hex() == "027100000b0ab0000f" + "0000000001" + "0009"


def test_too_little_security_is_told_in_clear(network: Network) -> None:
    for spi in ("0001", "0419", "0109", "1501"):
        network.spi = spi
        assert network.refused(SHARED)[-1] == ResponseStatus.INSUFFICIENT_SECURITY_LEVEL
    network.spi = "0619"
    assert network.refused(USIM_FILES).hex() == "027100000b0ab00001" + "0000000000" + "000a"


def test_a_wrong_checksum_gets_no_right_one(network: Network) -> None:
    network.spi = "1209"
    packet = bytearray(network.packet(SHARED, SELECT_MF))
    packet[-1] ^= 1
    with pytest.raises(StatusError) as caught:
        network.ota.handle(download(b"\x02\x70\x00" + packet))
    assert caught.value.data.hex() == "027100000b0ab00000" + "0000000001" + "0001"
    assert network.ota.counter((ISD, 1)) == 0


def test_what_cannot_be_deciphered_and_keys_that_are_not_there(network: Network) -> None:
    network.spi = "1619"
    packet = network.packet(SHARED, SELECT_MF)
    short = (len(packet) - 3).to_bytes(2, "big") + packet[2:-1]
    strange = packet[:5] + b"\x95\x95" + packet[7:]
    for octets, status in ((short, 0x05), (strange, 0x06)):
        with pytest.raises(StatusError) as caught:
            network.ota.handle(download(b"\x02\x70\x00" + octets))
        assert caught.value.data.hex() == f"027100000b0ab0000000000000000{0}{status:02x}"


def test_a_response_that_cannot_be_secured_is_an_error_before_anything_is_done(network: Network) -> None:
    network.spi = "160D"  # the proof of receipt shall have a digital signature
    answer = network.refused(SHARED, "00A40004022F05" + "00D6000002" + "6465")
    assert answer.hex() == "027100000b0ab00000" + "0000000001" + "0006"
    assert not network.card.files.bodies


# --- counters ---------------------------------------------------------------------------------------------


def status_at(network: Network, counter: int) -> int:
    network.counter = counter - 1
    try:
        return network.opened(network.send(SHARED, SELECT_MF)).status
    except StatusError as error:
        return network.opened(error.data).status


def test_a_counter_must_be_higher(network: Network) -> None:
    network.spi = "1619"
    assert [status_at(network, counter) for counter in (5, 5, 4, 6, 900, 899)] == [0, 2, 2, 0, 0, 2]


def test_a_counter_must_be_one_higher(network: Network) -> None:
    network.spi = "1E19"
    assert [status_at(network, counter) for counter in (1, 3, 2, 2, 1, 3)] == [0, 3, 0, 2, 2, 0]


def test_a_counter_that_is_not_checked_does_not_count(network: Network) -> None:
    for spi in ("0619", "0E19"):
        network.spi = spi
        assert [status_at(network, counter) for counter in (7, 7, 1)] == [0, 0, 0]
    network.spi = "1619"
    assert status_at(network, 1) == 0


def test_the_highest_counter_is_the_last(network: Network) -> None:
    network.spi = "1619"
    highest = (1 << 40) - 1
    assert [status_at(network, counter) for counter in (highest, highest, 1)] == [0, 4, 4]


def test_each_key_set_has_a_counter_of_its_own_that_lasts(network: Network) -> None:
    network.spi = "1619"
    assert status_at(network, 9) == 0
    network.kic = network.kid = 0x22
    network.keys = AES_KEYS
    assert [status_at(network, counter) for counter in (0x10, 0x11)] == [2, 0]
    state = network.card.files.save()
    assert state["remote_counters"] == {"a000000151000000:01": 0x09, "a000000151000000:02": 0x11}
    network.card.files.remote_counters.clear()
    network.card.files.restore(state)
    network.ota = Ota(network.card, CONFIGURATION)
    assert [status_at(network, counter) for counter in (0x11, 0x12)] == [2, 0]


def test_a_counter_counts_though_the_script_fails(network: Network) -> None:
    assert network(SHARED, "00A4000402ABCD") == "016A82"
    assert network.ota.counter((ISD, 1)) == 1


# --- proof of receipt -------------------------------------------------------------------------------------


def test_no_proof_is_sent_that_is_not_asked_for(network: Network) -> None:
    for spi in ("1600", "1602", "1603", "160C"):
        network.spi = spi
        assert network.send(SHARED, SELECT_MF) == b""
    network.counter = 0
    for spi in ("1600", "1603", "1620"):
        network.spi = spi
        assert network.send(SHARED, SELECT_MF) == b""
    assert not network.sent


def test_a_proof_on_error_comes_on_error(network: Network) -> None:
    network.spi = "161A"
    assert network.send(SHARED, SELECT_MF) == b""
    network.counter = 0
    assert network.opened(network.refused(SHARED)).status == ResponseStatus.CNTR_LOW


def test_an_error_by_submit_is_a_message_not_a_failure(network: Network) -> None:
    network.spi = "1621"
    assert network.send(bytes.fromhex("ABCDEF"), SELECT_MF) == b""
    assert network.sent[0].hex().upper().endswith("027100000B0AABCDEF" + "0000000000" + "0009")


def test_a_proof_by_submit_goes_to_the_originator_over_his_service_centre(network: Network) -> None:
    network.spi = "1221"
    packet = network.packet(SHARED, READ_ICCID)
    envelope = download(b"\x02\x70\x00" + packet, centre="919733824009F0")
    assert network.ota.handle(envelope) == b""
    response = "027100" + "0018" + "0A" + "B00000" + "0000000001" + "0000" + "029000" + ICCID
    assert network.sent[0].hex().upper() == (
        "D03C" + "8103011300" + "82028183" + "0500" + "8607919733824009F0"
        "8B26" + "4100" + "038119F0" + "00F6" + "1D" + response
    )


def test_a_long_proof_by_submit_is_concatenated(network: Network) -> None:
    """The header of the first message is that of a card in the field: '0700030302017100'."""
    network.spi = "1221"
    network.send(SHARED, "00A40004026FF1" + "00B0000000")
    texts = []
    for sent, header in zip(network.sent, ("0700030103017100", "050003010302", "050003010303"), strict=True):
        tpdu = sent[sent.index(b"\x8b") :].partition(b"\x41\x00")[2]
        user_data = tpdu[7:]
        assert tpdu[:6].hex() == "038119f000f6"
        assert len(user_data) == tpdu[6] <= 140
        assert user_data.hex().startswith(header)
        texts.append(user_data[len(header) // 2 :])
    response = network.opened(bytes.fromhex("027100") + b"".join(texts))
    assert response.data == bytes.fromhex("029000") + bytes(range(256)) + bytes(44)


def test_a_long_proof_in_the_delivery_report_is_cut(network: Network) -> None:
    for spi in ("1201", "1619"):
        network.spi = spi
        answer = network.send(SHARED, "00A40004026FF1" + "00B0000000")
        data = network.opened(answer).data
        assert len(answer) <= 128
        assert data[:3].hex() == "0262f1"
        assert data[3:] == bytes(range(len(data) - 3))


# --- messages ---------------------------------------------------------------------------------------------


def parts(packet: bytes, total: int, reference: str = "0003AB") -> list[bytes]:
    """Concatenated messages of a packet; the first says that it is a command packet."""
    size = -(-len(packet) // total)
    messages = []
    for number in range(total):
        element = bytes.fromhex(reference) + bytes((total, number + 1)) + (b"" if number else b"\x70\x00")
        messages.append(
            download(bytes((len(element),)) + element + packet[number * size : (number + 1) * size])
        )
    return messages


@pytest.mark.parametrize("reference", ["0003AB", "0804ABCD"])
def test_concatenated_messages_in_any_order(network: Network, reference: str) -> None:
    messages = parts(network.packet(SHARED, READ_ICCID), 3, reference)
    first, second, third = messages
    assert [network.ota.handle(message) for message in (third, first, first)] == [b"", b"", b""]
    assert network.opened(network.ota.handle(second)).data.hex() == "029000" + ICCID.lower()


def test_messages_that_never_become_whole_are_forgotten(network: Network) -> None:
    first, last = parts(network.packet(SHARED, SELECT_MF), 2)
    network.ota.handle(first)
    network.ota.reset()
    assert network.ota.handle(last) == b""
    for other in range(6):
        network.ota.handle(parts(bytes(40), 2, f"0003{other:02X}")[0])
    assert network.ota.handle(first) == b""


def test_elements_of_a_concatenation_that_cannot_be_are_passed_over(network: Network) -> None:
    network.spi = "1201"
    for element in ("0003AB0000", "0003AB0203", "0003AB0100", "0002AB02", "0A03010203"):
        header = bytes.fromhex(element + "7000")
        packet = network.packet(SHARED, SELECT_MF)
        answer = network.ota.handle(download(bytes((len(header),)) + header + packet))
        assert network.opened(answer).status == 0


def test_what_is_no_download_is_no_concern_of_remote_management(network: Network) -> None:
    packet = b"\x02\x70\x00" + network.packet(SHARED, READ_ICCID)
    for envelope in (
        download(packet, pid=0x00),
        download(packet, dcs=0xF4),
        download(b"Hello", first=0x04),
        download(b"\x02\x71\x00" + packet[3:]),
    ):
        assert network.ota.handle(envelope) == b""
    assert network.ota.handle(download(packet, dcs=0x16))


def test_broken_envelopes_are_refused(network: Network) -> None:
    whole = download(b"\x02\x70\x00" + network.packet(SHARED, READ_ICCID))
    deliver = whole[whole.index(b"\x8b") :]
    broken = [
        b"",
        b"\xd1",
        whole[:-1],
        whole + b"\x00",
        b"\xd6" + whole[1:],
        tlv(0xD1, deliver),
        tlv(0xD1, bytes.fromhex("82028281") + deliver),
        tlv(0xD1, bytes.fromhex("82028381")),
        tlv(0xD1, bytes.fromhex("82028381") + tlv(0x8B, b"")),
        tlv(0xD1, bytes.fromhex("82028381") + tlv(0x8B, bytes.fromhex("4403"))),
        download(b"\x02\x70\x00", first=0x45),
        download(b"\x05\x70\x00"),
        download(b"\x02\x70\x01"),
        download(b""),
        download(b"\x02\x70\x00" + b"\x00\x01\x00"),
    ]
    for envelope in broken:
        with pytest.raises(StatusError) as caught:
            network.ota.handle(envelope)
        assert caught.value.sw == SW.INCORRECT_DATA
    assert not network.faults


def test_a_user_data_length_that_lies_is_refused(network: Network) -> None:
    envelope = bytearray(download(b"\x02\x70\x00" + network.packet(SHARED, READ_ICCID)))
    envelope[envelope.index(bytes.fromhex("027000")) - 1] = 3
    with pytest.raises(StatusError):
        network.ota.handle(bytes(envelope))


def test_a_fault_of_ours_is_reported_and_answered(network: Network) -> None:
    def broken(command: bytes) -> None:
        raise ZeroDivisionError

    network.ota = Ota(network.card, CONFIGURATION, broken)
    network.spi = "1621"
    with pytest.raises(StatusError) as caught:
        network.send(SHARED, SELECT_MF)
    assert caught.value.sw == SW.TECHNICAL_PROBLEM
    assert len(network.faults) == 1


TARS = [SHARED, USIM_FILES, LIMITED, ISSUER, ABSENT, OPEN, b"\x01\x02\x03"]


def outcome(ota: Ota, envelope: bytes) -> StatusWord:
    """How ENVELOPE ends."""
    try:
        ota.handle(envelope)
    except StatusError as error:
        return error.sw
    return SW.OK


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(TARS),
    st.binary(min_size=2, max_size=2),
    st.sampled_from([0x15, 0x22, 0x00, 0x35]),
    st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda head, body: bytes((head, len(body))) + body,
            st.sampled_from([0xAA, 0xAE]),
            st.binary(max_size=60),
        ),
    ),
)
def test_whatever_an_authorised_sender_says_is_answered(
    tar: bytes, spi: bytes, keys: int, script: bytes
) -> None:
    network = make_network()
    network.spi, network.kic, network.kid = spi.hex(), keys, keys
    network.keys = AES_KEYS if keys == 0x22 else DES_KEYS
    try:
        packet = network.packet(tar, script.hex())
    except SecurityError:
        return  # a sender cannot sign
    assert outcome(network.ota, download(b"\x02\x70\x00" + packet)) in (SW.OK, SW.WARNING)
    assert all(isinstance(fault, ZeroDivisionError) for fault in network.faults)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_whatever_comes_in_an_envelope_is_answered(octets: bytes, whole: bool) -> None:
    network = make_network()
    answer = outcome(network.ota, download(octets) if whole else octets)
    assert answer in (SW.OK, SW.INCORRECT_DATA, SW.WARNING)
    assert not network.faults
