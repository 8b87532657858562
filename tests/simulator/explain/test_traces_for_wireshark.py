"""Traces of long and various sessions, as tshark decodes them and as we read them again."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from cards import SW, InProcessLink, Uicc
from cards.errors import CardStatusError
from cards.explain import Explainer
from cards.proactive import ToolkitTerminal, scripted
from cards.session import CardSession
from cards.trace import Entry, Exchange, TracedLink
from cards.trace.pcap import PcapngSink
from cards.trace.reading import read
from simulator.profile import image_of
from simulator.profile.build import build_package
from simulator.profile.describe import load_shipped
from simulator.specimens import describe
from simulator.specimens.applets import load
from simulator.uicc import Card, FileSystem
from tests.simulator.conftest import Bench, entropy
from tests.simulator.explain.test_explain_with_keys import Kept, recorded_download
from tests.simulator.uicc.globalplatform.conftest import Terminal, make_card
from tests.simulator.uicc.ota.conftest import SHARED, download, make_network


def everything_read(card: Card, package: bytes) -> list[Entry]:
    """Every file of a profile, by SELECT, READ BINARY and READ RECORD, and the same with class 'A0'."""
    kept = Kept()
    link = TracedLink(InProcessLink(card), [kept], clock=lambda: 1.5, timer=lambda: 0.0)
    link.reset()
    uicc = Uicc(link)
    image = image_of(package)
    for adf in (image.mf, *image.adfs):
        uicc.select(adf.aid or 0x3F00)
        for path, _ in adf.walk():
            uicc.select(adf.aid or 0x3F00)
            try:
                fcp = [uicc.select(fid) for fid in path][-1]
                if fcp.structure == "transparent":
                    uicc.read_binary()
                elif not fcp.is_df and fcp.record_count:
                    uicc.read_record(1)
            except CardStatusError as error:
                if error.sw not in (SW.SECURITY_STATUS_NOT_SATISFIED, SW.REFERENCED_DATA_INVALIDATED):
                    raise
    for command in (
        "A0A40000023F00",
        "A0C0000016",
        "A0A40000027F20",
        "A0A40000026F38",
        "A0B0000002",
        "A0F2000016",
    ):
        link.transmit(bytes.fromhex(command))
    return kept


def toolkit_session() -> list[Entry]:
    """A card with a toolkit application: TERMINAL PROFILE, FETCH, TERMINAL RESPONSE, ENVELOPE."""
    description = describe.load_shipped("multi-imsi-sim")
    assert description.profile is not None
    applets = load(description.model_dump(mode="json", include={"applets"})["applets"])
    files = FileSystem(image_of(describe.package_of(description.profile, None)))
    kept = Kept()
    card = Card(files, entropy=entropy("toolkit"), applets=applets)
    link = TracedLink(InProcessLink(card), [kept], clock=lambda: 2.5, timer=lambda: 0.0)
    link.reset()
    terminal = ToolkitTerminal(CardSession(link), scripted({}))
    terminal.start()
    for item in terminal.menu:
        terminal.choose(item)
    return kept


def secured_sessions() -> list[Entry]:
    """Secure channels, and a secured packet in an ENVELOPE."""
    kept = Kept()
    for version, level in ((0x20, 0x03), (0x32, 0x33)):
        link = TracedLink(make_card(), [kept], clock=lambda: 3.5, timer=lambda: 0.0)
        terminal = Terminal(link)  # type: ignore[arg-type]
        terminal.open(version, level)
        terminal.send("F28002", bytes.fromhex("4F00"))
    network = make_network()
    envelope = download(b"\x02\x70\x00" + network.packet(SHARED, "00A40004023F00"))
    report = network.ota.handle(envelope)
    kept.take(
        Exchange(bytes.fromhex("80C20000") + bytes((len(envelope),)) + envelope, report + b"\x90\x00", 4.5)
    )
    return kept


def test_no_packet_of_any_session_is_malformed(bench: Bench, tmp_path: Path) -> None:
    package = build_package(load_shipped("test-operator"))
    card = Card(FileSystem(image_of(package)), entropy=entropy("files"))
    entries = recorded_download(bench, package) + everything_read(card, package)
    entries += toolkit_session() + secured_sessions()
    assert len(entries) > 250
    file = io.BytesIO()
    sink = PcapngSink(file)
    for entry in entries:
        sink.take(entry)
    path = tmp_path / "all.pcapng"
    path.write_bytes(file.getvalue())
    fields = ("frame.number", "_ws.malformed", "frame.protocols")
    command = ["tshark", "-r", str(path), "-T", "fields", *(word for name in fields for word in ("-e", name))]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(lines) == len(entries)
    for number, line in enumerate(lines, 1):
        frame, malformed, protocols = line.split("\t")
        assert (frame, malformed) == (str(number), ""), line
        assert "gsmtap:gsm_sim" in protocols
    # Read again, all is as it was but for Le of commands with data, for which T=0 has no place.
    for before, after in zip(entries, read(path.read_bytes()), strict=True):
        assert type(before) is type(after)
        if isinstance(before, Exchange) and isinstance(after, Exchange):
            assert after.response == before.response
            assert (
                before.command.rstrip(b"\0") == after.command.rstrip(b"\0")
                or after.command[:-1] == before.command
            )


def test_nothing_in_these_sessions_stays_unread() -> None:
    package = build_package(load_shipped("test-operator"))
    card = Card(FileSystem(image_of(package)), entropy=entropy("files"))
    for entries in (everything_read(card, package), toolkit_session(), secured_sessions()):
        explainer = Explainer()
        problems = [
            (explanation.title, field.name, field.problem)
            for explanation in map(explainer.entry, entries)
            for field in explanation.walk()
            if field.problem
        ]
        assert problems == []
        assert not [one for one in map(explainer.entry, entries) if one.title.startswith("Unknown")]


def test_a_proof_of_receipt_is_explained() -> None:
    *_, envelope = secured_sessions()
    fields = {field.name: field.value for field in Explainer().entry(envelope).walk()}
    assert fields["application (TAR)"] == SHARED.hex().upper()
    assert fields["response status"] == "00: PoR OK"
