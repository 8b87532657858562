"""Traces of real sessions: ES10 messages byte by byte, and what session keys open: bound profile packages,
secure channels, secured packets."""

from __future__ import annotations

from pathlib import Path

import pytest

from asn1 import saip, tlv
from cards import InProcessLink, Isdr
from cards.explain import Explainer, Explanation, Field
from cards.explain.objects import explain_object
from cards.trace import Entry, TracedLink
from simulator.crypto import keylog
from simulator.crypto.keylog import KeyLogError
from simulator.explain import KeyRing
from simulator.lpa.es9 import InProcessEs9
from simulator.lpa.lpa import Lpa
from simulator.profile.build import build_package
from simulator.profile.describe import load_shipped
from tests.simulator.conftest import ADDRESS, Bench
from tests.simulator.uicc.globalplatform.conftest import Terminal, make_card
from tests.simulator.uicc.ota.conftest import SHARED, USIM_FILES, download, make_network


class Log(dict[tuple[str, bytes], bytes]):
    """A key log in memory, also as the text of a file."""

    def __call__(self, label: str, identity: bytes, key: bytes) -> None:
        self[label, identity] = key

    @property
    def text(self) -> str:
        return "".join(keylog.line(label, identity, key) for (label, identity), key in self.items())


class Kept(list[Entry]):
    def take(self, entry: Entry) -> None:
        self.append(entry)

    def close(self) -> None:
        pass


def fields_of(explanations: list[Explanation]) -> list[Field]:
    return [field for one in explanations for field in one.walk()]


def recorded_download(bench: Bench, package: bytes, **order: object) -> list[Entry]:
    kept = Kept()
    link = TracedLink(InProcessLink(bench.euicc), [kept], clock=lambda: 0.0, timer=lambda: 0.0)
    link.reset()
    matching_id = bench.smdp.add_order(package, **order)  # type: ignore[arg-type]
    with Lpa(Isdr(link), InProcessEs9(bench.smdp)) as lpa:
        lpa.download(f"LPA:1${ADDRESS}${matching_id}")
        lpa.enable(lpa.profiles()[-1].iccid)
    return kept


@pytest.fixture(scope="module")
def package() -> bytes:
    return build_package(load_shipped("test-operator"))


def element_names(package: bytes) -> list[str]:
    names, offset = [], 0
    while offset < len(package):
        (name, _), offset = saip.decode_prefix("ProfileElement", package, offset)
        names.append(name)
    return names


@pytest.mark.parametrize("side", ["euicc", "smdp"])
@pytest.mark.parametrize("with_ppk", [False, True], ids=["session keys", "profile protection keys"])
def test_a_download_is_opened_with_the_keys_of_either_side(
    bench: Bench, package: bytes, side: str, with_ppk: bool
) -> None:
    log = Log()
    if side == "euicc":
        bench.euicc.log_keys(log)
    else:
        bench.smdp.key_log = log
    entries = recorded_download(bench, package, with_ppk=with_ppk)
    explainer = Explainer(KeyRing.parse(log.text))
    fields = fields_of([explainer.entry(entry) for entry in entries])
    elements = [field for field in fields if field.name.startswith("profile element ")]
    assert [element.value for element in elements] == element_names(package)
    assert b"".join(element.data or b"" for element in elements) == package
    assert not [field for field in fields if field.problem]
    notes = {field.value for field in fields if field.name == "deciphered data"}
    said = {"opened with the session keys; the MAC is right"}
    assert notes == (
        said | {"opened with the profile protection keys; the MAC is right"} if with_ppk else said
    )
    assert [field.value for field in fields if field.name == "dpOid (80)"] == ["2.999.10"]


def test_without_keys_segments_stay_closed(bench: Bench, package: bytes) -> None:
    explainer = Explainer()
    fields = fields_of([explainer.entry(entry) for entry in recorded_download(bench, package)])
    closed = [field.value for field in fields if field.name == "ciphered data"]
    assert closed
    assert set(closed) == {"no key is known"}
    assert not [field for field in fields if field.name.startswith("profile element")]


def test_wrong_keys_open_nothing(bench: Bench, package: bytes) -> None:
    log = Log()
    bench.euicc.log_keys(log)
    entries = recorded_download(bench, package)
    wrong = KeyRing({name: bytes(16) for name in log})
    fields = fields_of([each.entry(entry) for each in [Explainer(wrong)] for entry in entries])
    assert not [field for field in fields if field.name == "deciphered data"]


def test_every_es10_field_names_its_bytes(bench: Bench, package: bytes) -> None:
    explainer = Explainer()
    explanations = [explainer.entry(entry) for entry in recorded_download(bench, package)]
    checked = 0
    for one in explanations:
        for raw, tops in ((one.raw_command, one.command), (one.raw_answer, one.answer)):
            for top in tops:
                checked += check_offsets(top, raw)
    assert checked > 150
    titles = [one.title for one in explanations]
    for function in ("GetEUICCChallenge", "AuthenticateServer", "PrepareDownload", "EnableProfile"):
        assert f"STORE DATA: {function}" in titles
    fields = fields_of(explanations)
    values = {(field.name, field.value) for field in fields}
    assert ("serverAddress (83)", ADDRESS) in values
    assert ("enableResult (80)", "0: ok") in values
    assert ("certificate policies (critical)", "2.23.146.1.2.1.4 (SM-DP+ authentication)") in values
    assert ("type", "REFRESH") in values
    assert ("free volatile memory (83)", "8192 bytes") in values
    names = {field.name for field in fields}
    assert "peStatus (30)" in names or any(name.startswith("peStatus") for name in names)
    constraints = [value for name, value in values if name == "name constraints (critical)"]
    assert any("serial=89049032" in value for value in constraints)


def check_offsets(field: Field, data: bytes) -> int:
    """A field with a tag in its name begins with that tag in the bytes that it counts in."""
    count = 0
    assert 0 <= field.offset <= field.offset + field.length <= len(data), field.name
    tag = field.name.rpartition("(")[2].rstrip(")")
    if field.name.endswith(")") and len(tag) in (2, 4, 6) and all(c in "0123456789ABCDEF" for c in tag):
        octets = data[field.offset : field.offset + field.length]
        # A COMPREHENSION-TLV is named without its highest bit.
        assert octets.hex().upper().startswith(tag) or f"{octets[0] & 0x7F:02X}" == tag, field
        count = 1
    inner = field.data if field.data is not None else data
    return count + sum(check_offsets(child, inner) for child in field.children)


@pytest.mark.parametrize(
    ("version", "level"), [(0x20, 0x01), (0x20, 0x03), (0x30, 0x03), (0x31, 0x13), (0x32, 0x33)]
)
def test_a_secure_channel_is_opened(version: int, level: int) -> None:
    log, kept = Log(), Kept()
    card = make_card()
    card.key_log = log
    link = TracedLink(card, [kept], clock=lambda: 0.0, timer=lambda: 0.0)
    terminal = Terminal(link)  # type: ignore[arg-type]
    terminal.open(version, level)
    answer = terminal.send("F28002", bytes.fromhex("4F00"))
    assert answer.sw == "9000"
    explainer = Explainer(KeyRing(log))
    explanations = [explainer.entry(entry) for entry in kept]
    status = next(one for one in explanations if one.title.startswith("GET STATUS"))
    (data,) = [field for field in status.command if field.name == "data"]
    protocol = "SCP02" if version == 0x20 else "SCP03"
    assert data.value == f"opened with the {protocol} session keys; the MAC is right"
    assert data.children[0].data == bytes.fromhex("4F00")
    entries = [field.data for field in fields_of(explanations) if field.name == "opened"]
    assert entries == ([answer.data] if level & 0x10 else [])


def test_a_secured_packet_is_opened() -> None:
    network, log = make_network(), Log()
    network.card.key_log = log
    script = "00A40004023F0000A40004022FE200D6000001AA"
    user_data = b"\x02\x70\x00" + network.packet(USIM_FILES, script)
    network.ota.handle(download(user_data))
    assert {label for label, _ in log} == set(keylog.SCP80)
    envelope = download(user_data)
    command = bytes.fromhex("80C20000") + bytes((len(envelope),)) + envelope
    fields = fields_of([Explainer(KeyRing.parse(log.text)).exchange(command, b"\x90\x00")])
    values = {field.name: field.value for field in fields}
    assert values["ciphered: counter, padding, checksum, data"] == "opened with KIc; the checksum is right"
    assert values["counter"] == "1"
    assert [field.value for field in fields if field.name.startswith("command: ")] == [
        "00A40004023F00",
        "00A40004022FE2",
        "00D6000001AA",
    ]
    closed = fields_of([Explainer().exchange(command, b"\x90\x00")])
    assert "counter" not in {field.name for field in closed}


def test_a_packet_with_a_wrong_checksum_is_opened_and_told() -> None:
    network, log = make_network(), Log()
    network.card.key_log = log
    packet = network.packet(SHARED, "00A40004023F00")
    network.ota.handle(download(b"\x02\x70\x00" + packet))
    ring = KeyRing({name: key if name[0] == "SCP80_KIC" else bytes(16) for name, key in log.items()})
    opened = ring.packet(packet)
    assert opened is not None
    assert "RC/CC/DS is wrong" in opened.note


def test_key_logs_are_read_strictly() -> None:
    text = "# by hand\n\nCLIENT_RANDOM 00 11\nBSP_S_ENC 04AA 0011\n"
    assert keylog.parse(text) == {("BSP_S_ENC", b"\x04\xaa"): b"\x00\x11"}
    for line in ("BSP_S_ENC 04AA", "BSP_S_ENC zz 00", "BSP_S_ENC 00 11 22"):
        with pytest.raises(KeyLogError, match="line 2 of the key log"):
            keylog.parse(f"\n{line}\n")


def test_published_certificates_are_explained(shared_data: Path) -> None:
    der = (shared_data / "sgp26" / "CERT_S_SM_DPauth_ECDSA_NIST.der").read_bytes()
    explanation = explain_object(der)
    values = {field.name: field.value for field in explanation.walk()}
    assert explanation.title == "Certificate"
    assert values["subject"] == "O=ACME, CN=TEST SM-DP+"
    assert values["issuer"] == "CN=Test CI, OU=TESTCERT, O=RSPTEST, C=IT"
    assert values["valid"] == "2020-04-01 to 2030-03-30"
    assert values["serial number"] == "100"
    assert values["subject alternative name"] == "2.999.10"
    assert values["authority key identifier"] == "F54172BDF98A95D65CBEB88A38A1C11D800A85C3"
    assert values["certificate policies (critical)"] == "2.23.146.1.2.1.4 (SM-DP+ authentication)"
    assert values["public key"].startswith("NIST P-256, 04")


def test_every_published_certificate_is_read(shared_data: Path) -> None:
    for path in sorted((shared_data / "sgp26").glob("*.der")):
        explanation = explain_object(path.read_bytes())
        assert explanation.title == "Certificate", path.name
        assert not [field for field in explanation.walk() if field.problem], path.name


def test_profile_packages_are_explained_element_by_element(package: bytes) -> None:
    explanation = explain_object(package)
    assert explanation.title == "Profile elements"
    assert [field.name.partition(" (")[0] for field in explanation.answer] == element_names(package)
    assert sum(field.length for field in explanation.answer) == len(package)
    assert tlv.read(package).tag == 0xA0
