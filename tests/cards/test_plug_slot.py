"""Simulated cards as hardware: the frames of vpcd, a TCP port, lpac's lines. Bytes as vsmartcard and lpac
have them."""

from __future__ import annotations

import gc
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cards.errors import LinkError
from cards.plug import CardInSlot, CardServer, Frames, LpacCard, VirtualSlot, frame, plugged

ATR = bytes.fromhex("3B800181")
READ, ANSWER = bytes.fromhex("00B0000002"), bytes.fromhex("CAFE9000")


class FakeCard:
    """Counts resets; answers READ BINARY and, as a card with an ISD-R, MANAGE CHANNEL and SELECT."""

    def __init__(self) -> None:
        self.resets = 0
        self.seen: list[str] = []

    def reset(self) -> bytes:
        self.resets += 1
        return ATR

    def transmit(self, apdu: bytes, /) -> bytes:
        self.seen.append(apdu.hex().upper())
        if apdu == READ:
            return ANSWER
        if apdu == bytes.fromhex("0070000001"):
            return bytes.fromhex("029000")
        return bytes.fromhex("9000" if apdu[1:2] and apdu[1] in (0xA4, 0x70) and apdu[-1] != 0xEE else "6A82")


def test_frames_come_in_pieces() -> None:
    data = frame(b"\x04") + frame(READ) + frame(b"")
    assert data.hex() == "000104" + "000500b0000002" + "0000"
    frames = Frames()
    assert [message for byte in data for message in frames.feed(bytes((byte,)))] == [b"\x04", READ, b""]
    assert Frames().feed(data) == [b"\x04", READ, b""]
    with pytest.raises(ValueError, match="65536 bytes do not fit"):
        frame(bytes(65536))


def test_controls_and_commands() -> None:
    card = FakeCard()
    slot = CardInSlot(card)
    assert (card.resets, slot.take(b"\x04")) == (1, ATR)
    assert (slot.take(b"\x01"), card.resets) == (None, 2)
    assert (slot.take(b"\x02"), card.resets) == (None, 3)
    assert (slot.take(b"\x00"), card.resets) == (None, 3)
    assert slot.take(READ) == ANSWER
    assert slot.take(b"\x07") is None
    assert slot.take(b"") == bytes.fromhex("6A82")


def test_a_card_that_gets_no_power_is_overlooked() -> None:
    slot = CardInSlot(FakeCard())
    for _ in range(3):
        slot.take(b"\x04")
        assert not slot.is_overlooked
    slot.take(b"\x04")
    assert slot.is_overlooked
    powered = CardInSlot(FakeCard())
    powered.take(b"\x01")
    for _ in range(9):
        powered.take(b"\x04")
    assert not powered.is_overlooked


# --- the virtual reader -------------------------------------------------------------------------------


@contextmanager
def fake_vpcd() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        yield listener


def ask(connection: socket.socket, message: bytes) -> bytes:
    connection.sendall(frame(message))
    return receive(connection)


def receive(connection: socket.socket) -> bytes:
    length = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
    return connection.recv(length, socket.MSG_WAITALL) if length else b""


def test_a_card_in_the_virtual_reader() -> None:
    with fake_vpcd() as vpcd, plugged(FakeCard(), vpcd.getsockname()[1]) as slot:
        reader, _ = vpcd.accept()
        with reader:
            reader.sendall(frame(b"\x01"))
            assert ask(reader, b"\x04") == ATR
            assert ask(reader, READ) == ANSWER
            slot.remove()
            assert reader.recv(1) == b""


def test_no_virtual_reader() -> None:
    with fake_vpcd() as vpcd:
        port = vpcd.getsockname()[1]
    with pytest.raises(
        LinkError, match=rf"no virtual reader listens on 127.0.0.1:{port}; install the packages"
    ):
        VirtualSlot(FakeCard(), port).insert()


def test_the_reader_goes() -> None:
    with fake_vpcd() as vpcd:
        slot = VirtualSlot(FakeCard(), vpcd.getsockname()[1])
        slot.insert()
        vpcd.accept()[0].close()
        with pytest.raises(LinkError, match="the virtual reader has gone"):
            slot.serve()


def test_what_the_card_raises_comes_out_at_the_end() -> None:
    class Full(FakeCard):
        def transmit(self, apdu: bytes, /) -> bytes:
            raise OSError(28, "No space left on device")

    def use(port: int) -> None:
        with plugged(Full(), port):
            reader, _ = vpcd.accept()
            with reader:
                reader.sendall(frame(READ))
                assert reader.recv(1) == b""

    with fake_vpcd() as vpcd, pytest.raises(OSError, match="No space"):
        use(vpcd.getsockname()[1])


def test_an_overlooked_card_goes_out_and_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cards.plug.vpcd._OUT_SECONDS", 0.01)
    with fake_vpcd() as vpcd, plugged(FakeCard(), vpcd.getsockname()[1]) as slot:
        reader, _ = vpcd.accept()
        with reader:
            for _ in range(4):
                assert ask(reader, b"\x04") == ATR
            assert reader.recv(1) == b""
        again, _ = vpcd.accept()
        with again:
            again.sendall(frame(b"\x01"))
            assert ask(again, READ) == ANSWER
            slot.remove()
            assert again.recv(1) == b""


def test_a_card_stays_for_a_service_that_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cards.plug.vpcd._RETRY_SECONDS", 0.01)
    told: list[str] = []
    with fake_vpcd() as vpcd:
        slot = VirtualSlot(FakeCard(), vpcd.getsockname()[1])
        slot.insert()
        thread = threading.Thread(target=slot.stay, args=(told.append,))
        thread.start()
        vpcd.accept()[0].close()
        reader, _ = vpcd.accept()
        with reader:
            assert ask(reader, READ) == ANSWER
            slot.remove()
            slot.remove()
            thread.join(5)
    assert not thread.is_alive()
    assert told[0] == (
        "the virtual reader has gone: the PC/SC service was stopped; the card goes in again when it is back"
    )
    assert told[1] == "the card is in the virtual reader again"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def living_objects() -> int:
    """Objects of ours, sockets, threads; what measures coverage keeps some of its own for each thread."""
    modules = ("cards", "socket", "_socket", "threading", "tests")
    return sum(str(type(one).__module__).partition(".")[0] in modules for one in gc.get_objects())


def test_a_thousand_cards_in_and_out_leak_nothing() -> None:
    card = FakeCard()
    with fake_vpcd() as vpcd:
        port = vpcd.getsockname()[1]

        def cycle() -> None:
            with plugged(card, port) as slot:
                reader, _ = vpcd.accept()
                with reader:
                    assert ask(reader, READ) == ANSWER
                    slot.remove()
                    assert reader.recv(1) == b""

        cycle()
        gc.collect()
        before = open_files(), threading.active_count(), living_objects()
        for _ in range(1000):
            cycle()
        gc.collect()
        after = open_files(), threading.active_count(), living_objects()
    assert after[:2] == before[:2]
    assert after[2] - before[2] < 100  # what a cycle leaves would be thousands


# --- TCP ----------------------------------------------------------------------------------------------


def test_a_card_behind_a_port_serves_one_client_after_another() -> None:
    card = FakeCard()
    server = CardServer(card)
    thread = threading.Thread(target=server.serve)
    thread.start()
    for client_number in (1, 2):
        with socket.create_connection((server.host, server.port)) as client:
            assert ask(client, b"\x04") == ATR
            assert card.resets == client_number
            # Two commands in one piece, one in two.
            client.sendall(frame(READ) + frame(READ))
            assert [receive(client), receive(client)] == [ANSWER, ANSWER]
            client.sendall(frame(READ)[:3])
            client.sendall(frame(READ)[3:])
            assert receive(client) == ANSWER
    server.close()
    server.close()
    thread.join(5)
    assert not thread.is_alive()


def test_a_port_that_is_taken() -> None:
    first = CardServer(FakeCard())
    with pytest.raises(LinkError, match=rf"cannot listen on 127.0.0.1:{first.port}: .*; name another port"):
        CardServer(FakeCard(), first.port)
    first.close()


# --- lpac ---------------------------------------------------------------------------------------------


def call(card: LpacCard, function: str, param: str | None = None) -> dict[str, object]:
    line = json.dumps({"type": "apdu", "payload": {"func": function, "param": param}})
    answer = json.loads(card.take(line) or "")
    assert answer["type"] == "apdu"
    payload: dict[str, object] = answer["payload"]
    return payload


def test_lines_of_lpac() -> None:
    fake = FakeCard()
    card = LpacCard(fake)
    assert call(card, "connect") == {"ecode": 0}
    assert fake.resets == 1
    assert call(card, "logic_channel_open", "A0000005591010FFFFFFFF8900000100") == {"ecode": 2}
    assert fake.seen == ["0070000001", "02A4040410A0000005591010FFFFFFFF8900000100"]
    assert call(card, "transmit", READ.hex()) == {"ecode": 0, "data": "CAFE9000"}
    assert call(card, "logic_channel_close", "02") == {"ecode": 0}
    assert fake.seen[-1] == "00708002"
    assert call(card, "disconnect") == {"ecode": 0}


def test_an_application_that_is_not_there_leaves_no_channel_open() -> None:
    fake = FakeCard()
    assert call(LpacCard(fake), "logic_channel_open", "A0000000EE") == {"ecode": -1}
    assert fake.seen[-1] == "00708002"


@pytest.mark.parametrize(
    ("function", "param"),
    [("transmit", "0G"), ("fly", None), ("logic_channel_close", "0102"), ("logic_channel_close", None)],
)
def test_calls_that_make_no_sense(function: str, param: str | None) -> None:
    assert call(LpacCard(FakeCard()), function, param) == {"ecode": -1}


@pytest.mark.parametrize("line", ['{"type":"lpa","payload":{"code":0}}', "no JSON", "[]", '"apdu"', ""])
def test_lines_for_others_are_left_alone(line: str) -> None:
    assert LpacCard(FakeCard()).take(line) is None


def test_a_line_without_payload() -> None:
    assert LpacCard(FakeCard()).take('{"type":"apdu"}') == '{"type":"apdu","payload":{"ecode":-1}}'
