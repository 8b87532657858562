"""Mobility management messages: bytes by hand, and every message of real registrations as tshark decodes
it."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cards.identities import Imsi, Plmn
from simulator.network.handset.phone import Handset
from simulator.network.journal import Message
from simulator.network.nas import (
    MESSAGES,
    UPDATES,
    Accepted,
    Area,
    AuthenticationFailure,
    AuthenticationReject,
    AuthenticationRequest,
    AuthenticationResponse,
    Completed,
    IdentityRequest,
    IdentityResponse,
    Nas,
    Protocol,
    Registering,
    Rejected,
    SecurityModeCommand,
    SecurityModeComplete,
    Temporary,
    name_of,
)
from simulator.network.nas_coding import encode
from simulator.network.nas_words import members
from simulator.network.networks import Networks
from simulator.network.world.model import Rat
from tests.simulator.network.conftest import HOME, link_to, sim

MM, GMM, EMM, FIVE = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
DISSECTORS = {MM: "gsm_a_dtap", GMM: "gsm_a_dtap", EMM: "nas-eps", FIVE: "nas-5gs"}
IMSI, PLMN = Imsi("001010123456789"), Plmn("310", "410")
AREA = Area(PLMN, 0x0A1B)
RAND, AUTN = bytes(range(16)), bytes(range(16, 32))
TMSI = Temporary(bytes.fromhex("01020304"), PLMN)
GUTI = Temporary(bytes.fromhex("01020304"), PLMN, bytes.fromhex("800102"))


@pytest.mark.parametrize(
    ("message", "protocol", "coded"),
    [
        (Rejected(11), MM, "05040B"),
        (Rejected(14), GMM, "08040E"),
        (Rejected(15), EMM, "07440F"),
        (Rejected(15, is_update=True), EMM, "074B0F"),
        (Rejected(27), FIVE, "7E00441B"),
        (IdentityRequest(), MM, "051801"),
        (IdentityRequest(), GMM, "081501"),
        (IdentityRequest(), EMM, "075501"),
        (IdentityRequest(), FIVE, "7E005B01"),
        (IdentityResponse(IMSI), EMM, "0756080910101032547698"),
        (IdentityResponse(Imsi("00101012345678")), MM, "0519080110101032547" + "6F8"),
        (Registering(IMSI), MM, "05087200F110FFFE53080910101032547698"),
        (Registering(TMSI, AREA, 2), MM, "0508221300140A1B5305F401020304"),
        (Registering(GUTI, AREA, 1), EMM, "0741110BF61300148001020102030402F07000040201D031521300140A1B"),
        (AuthenticationRequest(RAND, AUTN), MM, "051200" + RAND.hex() + "2010" + AUTN.hex()),
        (AuthenticationRequest(RAND, b""), MM, "051200" + RAND.hex()),
        (AuthenticationRequest(RAND, AUTN, 1), EMM, "075201" + RAND.hex() + "10" + AUTN.hex()),
        (AuthenticationRequest(RAND, AUTN), FIVE, "7E00560002000021" + RAND.hex() + "2010" + AUTN.hex()),
        (AuthenticationResponse(bytes(range(8))), MM, "0514000102032104" + "04050607"),
        (AuthenticationResponse(bytes(range(4))), MM, "051400010203"),
        (AuthenticationResponse(bytes(range(8))), EMM, "075308" + bytes(range(8)).hex()),
        (AuthenticationFailure(21, bytes(14)), MM, "051C15220E" + 14 * "00"),
        (AuthenticationFailure(21, bytes(14)), EMM, "075C15300E" + 14 * "00"),
        (AuthenticationFailure(20), GMM, "081C14"),
        (AuthenticationReject(), FIVE, "7E0058"),
        (SecurityModeComplete(), EMM, "075E"),
        (Completed(), GMM, "0803"),
        (Completed(is_update=True), EMM, "074A"),
        (Accepted(TMSI, AREA), MM, "05021300140A1B1705F401020304"),
    ],
)  # fmt: skip
def test_bytes_by_hand(message: Nas, protocol: Protocol, coded: str) -> None:
    assert encode(message, protocol).hex().upper() == coded.upper()


def decoded(path: Path, protocol: Protocol, messages: list[bytes], *fields: str) -> list[str]:
    """Lines of tshark, which `make system-packages` installs."""
    capture = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 147)
    for data in messages:
        capture += struct.pack("<IIII", 0, 0, len(data), len(data)) + data
    path.write_bytes(capture)
    user = f'uat:user_dlts:"User 0 (DLT=147)","{DISSECTORS[protocol]}","0","","0",""'
    wanted = [part for field in fields for part in ("-e", field)]
    command = ["tshark", "-r", str(path), "-o", user, "-T", "fields", *wanted]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def sent_in(networks: Networks, rat: Rat) -> list[Message]:
    """Every coded message of a registration, an update in another area, and one that is refused."""
    core, phone = networks.serving(HOME), Handset(networks)
    core.emergency_numbers, core.equivalent = ("112", "911", "08"), (PLMN, Plmn("001", "02"))
    cells = [cell for cell in networks.cells("hm") if cell.rat is rat]
    phone.switch_on(link_to(sim()), cells)
    phone.move([replace(cell, area=0x1234) for cell in cells])
    assert phone.registration is not None
    core.contexts.clear()  # so that the network asks who the phone is
    phone.move([replace(cell, area=0x1235) for cell in cells])
    core.reject_next = [(protocol, 15) for protocol in phone.registration.protocols]
    phone.move([replace(cell, area=0x1236) for cell in cells])
    return [one for event in phone.journal for one in event.evidence if isinstance(one, Message) and one.data]


@pytest.mark.parametrize("rat", list(Rat), ids=lambda rat: rat.name)
def test_tshark_finds_nothing_wrong(networks: Networks, rat: Rat, tmp_path: Path) -> None:
    messages = sent_in(networks, rat)
    names = {message.name for message in messages}
    assert {"IDENTITY REQUEST", "IDENTITY RESPONSE"} <= names
    for protocol in Protocol:
        coded = [m.data for m in messages if m.clause[:9] == protocol.value[:9] and _is_of(m, protocol)]
        if not coded:
            continue
        fields = ("_ws.col.Info", "_ws.malformed", "_ws.expert.message")
        lines = decoded(tmp_path / "nas.pcap", protocol, coded, *fields)
        assert len(lines) == len(coded)
        for line in lines:
            assert line.rstrip("\t").count("\t") == 0, line  # no malformed, no expert's remark


def _is_of(message: Message, protocol: Protocol) -> bool:
    first = {MM: 5, GMM: 8, EMM: 7, FIVE: 0x7E}[protocol]
    return message.data[0] == first


def test_tshark_reads_the_same_values(tmp_path: Path) -> None:
    accepted = Accepted(GUTI, AREA, circuit=(TMSI, Area(PLMN, 0x0C0D)), has_ims_voice=True)
    fields = ("nas_eps.emm.m_tmsi", "gsm_a.lac", "nas_eps.emm.tai_tac", "nas_eps.emm.ims_vops")
    (line,) = decoded(tmp_path / "a.pcap", EMM, [encode(accepted, EMM)], *fields)
    assert line.split("\t")[:3] == ["16909060", "0x0c0d", "2587"]
    assert line.split("\t")[3] in ("1", "True")
    suci = encode(IdentityResponse(bytes.fromhex("0113001420F1000010325476F8")), FIVE)
    fields = ("nas_5gs.mm.suci.msin", "nas_5gs.mm.suci.routing_indicator")
    (line,) = decoded(tmp_path / "b.pcap", FIVE, [suci], *fields)
    assert line.split("\t") == ["012345678", "021"]


def test_every_message_has_a_name_a_type_and_a_clause_in_each_protocol() -> None:
    for names in (*MESSAGES.values(), *UPDATES.values()):
        for protocol, name in names.items():
            assert name.clause.startswith(protocol.value[:9])
    for protocol in Protocol:
        named = [row[protocol] for row in (*MESSAGES.values(), *UPDATES.values()) if protocol in row]
        types = [name.type for name in named]
        assert len(types) == len(set(types))


def test_words() -> None:
    said = members(Rejected(11), EMM)
    assert said["cause"] == "#11 PLMN not allowed"
    assert members(Registering(GUTI, AREA, 7), EMM)["key set identifier"] == "no key"
    assert members(Accepted(GUTI, AREA, cause=18), EMM)["cause"] == "#18 CS domain not available"
    assert members(AuthenticationFailure(21, b"\1"), MM) == {"cause": "#21 synch failure", "AUTS": "01"}
    assert members(SecurityModeCommand(), EMM)["integrity"] == "128-EIA2"
    assert name_of(Registering(IMSI, is_update=True), MM).text == "LOCATION UPDATING REQUEST"
    concealed = bytes.fromhex("0113001420F1000010325476F8")
    assert members(IdentityResponse(concealed), FIVE)["MSIN"] == "012345678"
