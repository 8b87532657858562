"""Our card in the virtual reader of the PC/SC service, before foreign programs and before our own link."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

from cards import Isdr, Uicc
from cards.errors import LinkError
from cards.pcsc import Protocol, ReaderError, Service
from cards.plug import VirtualSlot, plugged
from simulator.crypto.pki import TestPki
from simulator.lpa import InProcessEs9, Lpa, LpaError
from simulator.lpa.steps import Step
from simulator.profile import build, describe
from simulator.uicc.card import DEFAULT_ATR
from tests.interop.conftest import READER, SECOND, Insert, Program, has_card, make_card
from tests.interop.pcscd import PcscService, eventually
from tests.simulator.cli.conftest import Esim, Start, next_line
from tests.simulator.conftest import ADDRESS, Bench, make_bench

ICCID = "8999900000000000014"
SELECT_ICCID = "00 A4 08 04 02 2F E2"
SWAPPED_ICCID = "98 99 09 00 00 00 00 00 10 F4"
T1_ATR = bytes.fromhex("3B800181")  # offers T=1 and nothing else


def spaced(data: bytes) -> str:
    return data.hex(" ").upper()


# --- foreign programs ---------------------------------------------------------------------------------


def test_opensc_tool_reads_atr_and_iccid(insert: Insert, program: Program) -> None:
    with insert(make_card()):
        assert spaced(DEFAULT_ATR).replace(" ", ":").lower() in program(
            "opensc-tool", "--reader", "0", "--atr"
        )
        sends = [part for apdu in ("00A40004023F00", "00A40804022FE2", "00B000000A") for part in ("-s", apdu)]
        assert f"{SWAPPED_ICCID} " in program("opensc-tool", "--reader", "0", *sends)


def test_pcsc_scan_sees_cards_in_both_slots(insert: Insert, program: Program) -> None:
    euicc_like = bytes.fromhex("3B9F96803F87828031E073FE211F574543753130136502")
    with insert(make_card()), insert(make_card(atr=euicc_like), 1):
        scanned = program("pcsc_scan", "-n", "-t", "1")
    assert f"{READER}" in scanned
    assert f"ATR: {spaced(DEFAULT_ATR)}" in scanned
    assert f"ATR: {spaced(euicc_like)}" in scanned


def test_scriptor_speaks_to_the_card(insert: Insert, program: Program) -> None:
    script = f"reset\n{SELECT_ICCID}\n00 B0 00 00 0A\n"
    with insert(make_card()):
        said = program("scriptor", "-r", READER, "-p", "T=0", stdin=script)
    assert f"OK: {spaced(DEFAULT_ATR)}" in said
    assert "< 61 " in said  # T=0: the program asks for the FCP itself, or not at all
    assert f"< {SWAPPED_ICCID} 90 00" in said


# --- our own link -------------------------------------------------------------------------------------


def test_our_link_reads_our_card(insert: Insert, readers: Service) -> None:
    with insert(make_card()):
        for wanted in ("0", READER, "pcd 00 00", "3B9F96801F", "3b9f96..1fc7*"):
            assert readers.find(wanted).name == READER
        with readers.connect("0") as link:
            assert link.reset() == link.reset(is_cold=True) == DEFAULT_ATR
            assert link.protocol is Protocol.T0
            assert str(Uicc(link).read_iccid()) == ICCID


def test_reset_closes_channels_and_forgets_pins(insert: Insert, readers: Service) -> None:
    with insert(make_card("home-operator")):
        for is_cold in (False, True):
            with readers.connect("0") as link:
                channel = Uicc(link).session.open_channel()
                assert channel == 1
                Uicc(link).verify_pin(0x01, "2468")
                assert str(Uicc(link).read_imsi()).startswith("999")
                link.reset(is_cold=is_cold)
                assert Uicc(link).session.open_channel() == 1
                with pytest.raises(Exception, match="6982"):
                    Uicc(link).read_imsi()


def test_closing_an_exclusive_link_resets_the_card(insert: Insert, readers: Service) -> None:
    with insert(make_card("home-operator")):
        with readers.connect("0") as link:
            Uicc(link).verify_pin(0x01, "2468")
        with readers.connect("0") as link, pytest.raises(Exception, match="6982"):
            Uicc(link).read_imsi()


def test_protocols(insert: Insert, readers: Service) -> None:
    card = make_card(atr=T1_ATR, protocol=1)
    with insert(card):
        with pytest.raises(ReaderError, match="does not speak the protocol"):
            readers.connect("0", protocol=Protocol.T0)
        with readers.connect("0", protocol=Protocol.T1) as link:
            assert link.protocol is Protocol.T1
            # T=1 carries command and answer at once: no 61XX.
            answer = link.transmit(bytes.fromhex("00A40804022FE200"))
            assert answer[:1] == b"\x62"
            assert answer[-2:] == b"\x90\x00"


def test_a_card_in_use_is_refused_in_one_sentence(insert: Insert, readers: Service) -> None:
    with insert(make_card()):
        with readers.connect("0"):
            with pytest.raises(ReaderError, match="another program uses the card") as refused:
                readers.connect("0")
            assert refused.value.name == "SCARD_E_SHARING_VIOLATION"
        with readers.connect("0", is_shared=True) as one, readers.connect("0", is_shared=True) as other:
            other.transmit(bytes.fromhex("00A40004023F00"))
            one.reset()
            with pytest.raises(ReaderError, match="another program has reset the card"):
                other.transmit(bytes.fromhex("00B000000A"))
            assert other.reset() == DEFAULT_ATR


def test_a_reader_without_a_card(readers: Service) -> None:
    with pytest.raises(ReaderError, match="there is no card in the reader"):
        readers.connect(SECOND)
    with pytest.raises(LinkError, match="fits 2 readers"):
        readers.find("virtual")
    with pytest.raises(LinkError, match="'Gemalto' fits no reader"):
        readers.find("Gemalto")


def test_pulling_the_card_in_the_middle(pcscd: PcscService, readers: Service) -> None:
    """One clear error, and the next command works once the card is back."""
    assert eventually(lambda: not has_card(readers))
    slot = VirtualSlot(make_card(), pcscd.port)
    slot.insert()
    thread = threading.Thread(target=slot.serve)
    thread.start()
    assert eventually(lambda: has_card(readers))
    with readers.connect("0") as link:
        assert str(Uicc(link).read_iccid()) == ICCID
        slot.remove()
        thread.join()
        with pytest.raises(ReaderError, match="the card was removed"):
            Uicc(link).read_iccid()
        with pytest.raises(ReaderError, match="the card was removed"):
            link.transmit(bytes.fromhex("00B000000A"))
        with pytest.raises(ReaderError, match="no card in the reader"):
            link.reset()
        slot.insert()
        thread = threading.Thread(target=slot.serve)
        thread.start()
        assert eventually(lambda: has_card(readers))
        assert link.reset() == DEFAULT_ATR
        assert str(Uicc(link).read_iccid()) == ICCID
    slot.remove()
    thread.join()


def test_a_card_exchanged_in_a_moment_is_noticed(
    insert: Insert, pcscd: PcscService, readers: Service
) -> None:
    """pcscd, which looks every 400 ms, loses track of a card that was exchanged in between while it was
    used."""
    with insert(make_card()) as slot:
        link = readers.connect("0")
        slot.remove()
        with pytest.raises(LinkError):
            link.transmit(bytes.fromhex("00B000000A"))
    with plugged(make_card("home-operator"), pcscd.port):
        assert eventually(lambda: has_card(readers))
        link.reset()
        assert str(Uicc(link).read_iccid()) != ICCID
        link.close()


@pytest.mark.parametrize("how", [PcscService.stop, PcscService.kill])
def test_the_service_ends_in_the_middle(pcscd: PcscService, readers: Service, how: object) -> None:
    """One clear error on each side, and both work again once the service is back."""
    told: list[str] = []
    assert eventually(lambda: not has_card(readers))
    slot = VirtualSlot(make_card(), pcscd.port)
    slot.insert()
    thread = threading.Thread(target=slot.stay, args=(told.append,))
    thread.start()
    assert eventually(lambda: has_card(readers))
    with readers.connect("0") as link:
        link.transmit(bytes.fromhex("00A40004023F00"))
        how(pcscd)  # type: ignore[operator]
        with pytest.raises(ReaderError, match="the PC/SC service"):
            link.transmit(bytes.fromhex("00B000000A"))
        with pytest.raises(ReaderError, match=r"does not run .*start it with"):
            readers.readers()
        assert eventually(lambda: len(told) == 1)
        assert "the virtual reader has gone" in told[0]
        pcscd.start()
        assert eventually(lambda: has_card(readers))
        assert told[1:] == ["the card is in the virtual reader again"]
        assert link.reset() == DEFAULT_ATR
        assert str(Uicc(link).read_iccid()) == ICCID
    slot.remove()
    thread.join()


def test_changes_are_told_as_they_happen(pcscd: PcscService, readers: Service) -> None:
    assert eventually(lambda: not has_card(readers))
    seen: list[tuple[str, str]] = []
    thread = threading.Thread(
        target=lambda: seen.extend((change.what, change.reader.name) for change in readers.changes(1.2))
    )
    thread.start()
    time.sleep(0.2)
    with Service() as other, plugged(make_card(), pcscd.port):
        assert eventually(lambda: has_card(other))
        time.sleep(0.3)
    thread.join()
    assert seen == [
        ("reader plugged in", READER),
        ("reader plugged in", SECOND),
        ("card inserted", READER),
        ("card removed", READER),
    ]


def test_plugging_again_and_again_leaks_nothing(pcscd: PcscService, readers: Service) -> None:
    """Three times through the real service; a thousand against a socket in tests/cards/test_plug_slot.py."""
    card = make_card()
    for _ in range(3):
        with plugged(card, pcscd.port):
            assert eventually(lambda: has_card(readers))
        assert eventually(lambda: not has_card(readers))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("card in")]


def test_an_lpa_downloads_onto_an_euicc_in_a_reader(insert: Insert, readers: Service, bench: Bench) -> None:
    """The whole of a download, enabling and its notifications through PC/SC."""
    package = build.build_package(describe.load_shipped("test-operator"))
    matching_id = bench.smdp.add_order(package)
    with (
        insert(bench.euicc),
        readers.connect("0") as link,
        Lpa(Isdr(link), InProcessEs9(bench.smdp)) as lpa,
    ):
        lpa.download(f"LPA:1${ADDRESS}${matching_id}")
        lpa.enable(lpa.profiles()[0].iccid)
        assert [delivery.error for delivery in lpa.process_notifications()] == [None]
        assert str(Uicc(link).read_iccid()) == ICCID


@pytest.mark.parametrize("step", ["authenticate_server", "prepare_download", "load_bound_profile_package"])
def test_pulling_the_card_in_the_middle_of_a_download(
    insert: Insert, readers: Service, bench: Bench, step: str
) -> None:
    """The error is the card's, not one of those that follow; the next download works, also of the same order
    where the server had not handed it out."""
    package = build.build_package(describe.load_shipped("test-operator"))
    code = f"LPA:1${ADDRESS}${bench.smdp.add_order(package)}"

    with insert(bench.euicc) as slot, readers.connect("0") as link:

        def pull(announced: Step) -> None:
            if getattr(announced, "function", "") == step:
                slot.remove()

        lpa = Lpa(Isdr(link), InProcessEs9(bench.smdp), announce=pull)
        with pytest.raises((LinkError, LpaError), match="the card was removed"), lpa:
            lpa.download(code)
        with pytest.raises(LinkError, match="no card in the reader"):
            link.reset()
    again = (
        code if step != "load_bound_profile_package" else f"LPA:1${ADDRESS}${bench.smdp.add_order(package)}"
    )
    with (
        insert(bench.euicc),
        readers.connect("0") as link,
        Lpa(Isdr(link), InProcessEs9(bench.smdp)) as lpa,
    ):
        lpa.download(again)
        assert [str(profile.iccid) for profile in lpa.profiles()] == [ICCID]


def test_a_download_with_the_published_certificates(
    insert: Insert, readers: Service, shared_data: Path, ts48_packages: list[Path]
) -> None:
    """SGP.26 on both sides, a package of GSMA's, and every APDU through the reader."""
    bench = make_bench(TestPki.load(shared_data / "sgp26"), "published")
    matching_id = bench.smdp.add_order(ts48_packages[-1].read_bytes())
    with (
        insert(bench.euicc),
        readers.connect("0") as link,
        Lpa(Isdr(link), InProcessEs9(bench.smdp)) as lpa,
    ):
        result = lpa.download(f"LPA:1${ADDRESS}${matching_id}$2.999.10")
        assert result.notification_error is None
        lpa.enable(result.iccid)
        assert Uicc(link).read_iccid() == result.iccid


# --- the command line ---------------------------------------------------------------------------------


def test_a_named_card_plugged_in_by_the_command_line(
    pcscd: PcscService, readers: Service, esim: Esim, start: Start
) -> None:
    assert esim("card", "new", "phone", "--profile", "test-operator", "--enable").status == 0
    assert esim("card", "new", "plain", "--sim", "--profile", "home-operator").status == 0
    assert eventually(lambda: not has_card(readers) and not has_card(readers, 1))
    process = start("reader", "plug", "phone", "plain", "--port", pcscd.port)
    assert next_line(process.stderr).startswith("Card phone is in the virtual reader")
    assert next_line(process.stderr).startswith("Card plain is in the virtual reader")
    assert eventually(lambda: has_card(readers) and has_card(readers, 1))
    assert "card phone is in use by another esim command" in esim("lpa", "list", "--card", "phone").err
    assert eventually(lambda: f"0  {READER}: card" in esim("reader", "list").out)
    assert "(an eUICC)" in esim("reader", "list").out
    assert ICCID in esim("lpa", "list", "--reader", READER).out
    assert esim("card", "show", "--reader", 0).out == esim("card", "show", "phone").out
    assert esim("card", "show", "--reader", 1, "--json").out == esim("card", "show", "plain", "--json").out
    assert "EID " in esim("card", "info", "--reader", 0).out
    talk = esim("shell", "--reader", 1, stdin="select MF/EF.ICCID\nread\nverify 0000\nupdate 98\n")
    assert SWAPPED_ICCID[:4].replace(" ", "") in talk.out
    assert [line.split(" (")[0] for line in talk.err.splitlines()] == [
        *("esim: VERIFY PIN", "esim: UPDATE BINARY"),
    ]
    assert esim("card", "dump", "--reader", 1).out == esim("card", "dump", "--reader", 1).out
    assert "9000 normal ending" in esim("apdu", "--reader", 1, "00A40004023F00").out
    refused = esim("lpa", "disable", "--reader", 0, "1")
    assert refused.status == 1
    assert "DisableProfile (SGP.22 §5.7.17) was not sent" in refused.err
    wrong = esim("lpa", "disable", "--reader", 0, "1", "--allow-changes", "8999900000000000022")
    assert f"but the one here has the number {ICCID} and 8904" in wrong.err
    assert esim("lpa", "disable", "--reader", 0, "1", "--allow-changes", ICCID).status == 0
    assert "disabled" in esim("lpa", "list", "--reader", "3B9F96803F").out
    assert "has no ISD-R" in esim("lpa", "list", "--reader", 1).err
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    assert eventually(lambda: not has_card(readers))
    assert "there is no card in the reader" in esim("lpa", "list", "--reader", 0).err
    assert "disabled" in esim("lpa", "list", "--card", "phone").out
