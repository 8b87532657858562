"""Captures and GSMTAP: bytes by hand, our files decoded by tshark, foreign files read."""

from __future__ import annotations

import io
import socket
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.trace import Exchange, Reset, TraceError, gsmtap, pcap
from cards.trace.entries import Entry
from cards.trace.gsmtap import UdpSink
from cards.trace.pcap import PcapngSink
from cards.trace.reading import read

ATR = bytes.fromhex("3B9F96801FC78031A073BE21136743200718000001A5")
ENTRIES: list[Entry] = [
    Reset(ATR, 1700000000.25),
    Exchange(bytes.fromhex("00A40004023F0000"), bytes.fromhex("6202820178219000"), 1700000000.5),
    Exchange(bytes.fromhex("00B000000A"), bytes.fromhex("980010325476981032149000"), 1700000001.0),
    Exchange(bytes.fromhex("00D6000002FFFF"), bytes.fromhex("6982"), 1700000001.5),
    Exchange(bytes.fromhex("0070000001"), bytes.fromhex("019000"), 1700000002.0),
    Exchange(bytes.fromhex("00700001"), bytes.fromhex("6881"), 1700000002.5),
    Exchange(bytes.fromhex("80F2000000"), bytes(range(200)) + b"\x90\x00", 1700000003.0),
    Exchange(bytes.fromhex("00B0000000"), bytes(256) + b"\x91\x0b", 1700000003.5),
    Exchange(
        bytes.fromhex("801200000B"), bytes.fromhex("D009810301010482028182") + b"\x90\x00", 1700000004.0
    ),
]


def written(entries: list[Entry]) -> bytes:
    file = io.BytesIO()
    sink = PcapngSink(file)
    for entry in entries:
        sink.take(entry)
    return file.getvalue()


def test_a_gsmtap_packet_is_header_command_answer() -> None:
    # Version 2, four words, type 4 (SIM), sub-type 0 at byte 12; then CLA to P3, data and status word.
    packet = gsmtap.encode(Exchange(bytes.fromhex("00A40004023F0000"), bytes.fromhex("6117")))
    assert packet.hex() == "02040400" + "00000000" + "00000000" + "00000000" + "00a40004023f00" + "6117"
    assert gsmtap.encode(Reset(ATR))[:16].hex() == "02040400" + "00000000" + "00000000" + "01000000"


def test_what_is_written_is_read_again() -> None:
    assert read(written(ENTRIES)) == ENTRIES


def test_an_extended_command_survives() -> None:
    entry = Exchange(bytes.fromhex("80E29100000190") + bytes(400), bytes.fromhex("9000"))
    assert read(written([entry])) == [entry]


@given(command=st.binary(min_size=4, max_size=40), response=st.binary(min_size=2, max_size=40))
def test_no_entry_is_refused(command: bytes, response: bytes) -> None:
    (entry,) = read(written([Exchange(command, response)]))
    assert isinstance(entry, Exchange)
    assert entry.response.endswith(response[-2:])


@given(st.binary(max_size=200), st.sampled_from([pcap.SECTION, *pcap.PCAP_MAGICS]))
def test_damaged_captures_are_refused_in_a_sentence(data: bytes, magic: bytes) -> None:
    with suppress(TraceError):
        pcap.read(magic + data)


@given(st.integers(0, 600), st.integers(0, 255))
def test_a_capture_with_a_wrong_byte_is_read_or_refused(at: int, value: int) -> None:
    data = bytearray(written(ENTRIES))
    data[at % len(data)] = value
    with suppress(TraceError):
        read(bytes(data))


@pytest.mark.parametrize(("order", "magic"), [("<", 0xA1B2C3D4), (">", 0xA1B2C3D4), ("<", 0xA1B23C4D)])
def test_pcap_with_ethernet_frames_is_read(order: str, magic: int) -> None:
    packet = gsmtap.encode(ENTRIES[2])
    udp = struct.pack(">HHHH", 50000, 4729, 8 + len(packet), 0) + packet
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + bytes(8) + udp
    other = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + bytes(28)
    frames = [bytes(12) + b"\x08\x00" + ip, bytes(12) + b"\x81\x00\x00\x01\x08\x00" + ip, bytes(14) + other]
    fraction = 500_000 if magic == 0xA1B2C3D4 else 500_000_000
    data = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65535, 1)
    for frame in frames:
        data += struct.pack(f"{order}IIII", 1700000001, fraction, len(frame), len(frame)) + frame
    first, second = read(data)
    assert first == second
    assert isinstance(first, Exchange)
    assert (first.command.hex(), first.time) == ("00b000000a", pytest.approx(1700000001.5))


def test_live_packets_reach_a_listener_and_nobody_listening_is_no_error() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        port = listener.getsockname()[1]
        sink = UdpSink(port=port)
        sink.take(ENTRIES[1])
        assert listener.recv(2000) == gsmtap.encode(ENTRIES[1])
    for _ in range(4):
        sink.take(ENTRIES[1])
    sink.close()


def test_an_unknown_host_is_told() -> None:
    with pytest.raises(TraceError, match=r"cannot send a trace to nowhere\.invalid"):
        UdpSink("nowhere.invalid")


def tshark(path: Path, *options: str) -> list[str]:
    """Lines of tshark, which `make system-packages` installs."""
    run = subprocess.run(["tshark", "-r", path, *options], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def test_tshark_decodes_every_packet(tmp_path: Path) -> None:
    path = tmp_path / "trace.pcapng"
    path.write_bytes(written(ENTRIES))
    lines = tshark(path)
    assert len(lines) == len(ENTRIES)
    assert all("GSM SIM" in line for line in lines)
    assert "SELECT File MF" in lines[1]
    assert "FETCH Proactive Command REFRESH" in lines[8]
    assert tshark(path, "-Y", "_ws.malformed") == []
    assert tshark(path, "-Y", "gsm_sim.apdu.sw", "-T", "fields", "-e", "gsm_sim.apdu.sw")[3] == "0x6982"
    times = tshark(path, "-T", "fields", "-e", "frame.time_epoch")
    assert float(times[1]) == 1700000000.5
