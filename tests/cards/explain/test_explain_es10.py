"""What is in octets of ES10 messages: tag lists, resources, installation results, names that certificates are
confined to; and the messages of device change."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards.explain import Explainer
from cards.explain.certificates import public_key
from cards.explain.es10 import FUNCTIONS, OTHERS, alone, request, response_to
from cards.explain.fields import read
from cards.explain.objects import explain_object


def tlv(tag: str, value: str) -> str:
    """Put together by hand: tag, length of one or two bytes, value."""
    length = len(value) // 2
    return f"{tag}{'81' if length > 127 else ''}{length:02X}{value}"


def values(data: str) -> dict[str, str]:
    fields = list(explain_object(bytes.fromhex(data)).walk())
    assert not [field for field in fields if field.problem]
    return {field.name: field.value for field in fields}


def test_a_tag_list_names_what_is_asked_for() -> None:
    """GetProfilesInfo as LPAs ask it (SGP.22 §5.7.15)."""
    found = values("BF2D0A5C085A4F9F7090BF22C0")
    assert found["tagList (5C)"] == (
        "5A (iccid or EID), 4F (isdpAid), 9F70 (profileState), 90 (profileNickname), BF22 (euiccInfo2), C0"
    )


def test_an_installation_result_tells_of_its_elements() -> None:
    """The shortest answer of SAIP, '3007 A005 3003 8001 00': status 0 (ok) of one element."""
    metadata = tlv("BF2F", "800101" + "81020780" + tlv("0C", b"smdp.local".hex()))
    success = tlv("A0", tlv("4F", "A0000005591010FFFFFFFF8900001000") + tlv("04", "3007A0053003800100"))
    data = tlv("BF27", "800101" + metadata + "06032A0304" + tlv("A2", success))
    result = tlv("BF37", data + tlv("5F37", "11" * 64))
    fields = list(explain_object(bytes.fromhex(result)).walk())
    named = {field.name: field for field in fields}
    assert named["status (80)"].value == "0: ok"
    status = named["status (80)"]
    raw = bytes.fromhex(result)
    assert raw[status.offset : status.offset + status.length].hex().upper() == "800100"


def test_a_certificate_says_which_names_its_children_may_have(shared_data: Path) -> None:
    der = (shared_data / "sgp26" / "CERT_EUM_ECDSA_NIST.der").read_bytes()
    found = {field.name: field.value for field in explain_object(der).walk()}
    assert found["name constraints (critical)"] == "only O=RSP Test EUM, serial=89049032"


def test_a_public_key_says_its_curve() -> None:
    information = "3059301306072A8648CE3D020106082A8648CE3D030107034200" + "04" + "11" * 64
    assert public_key(bytes.fromhex(information)) == "NIST P-256, 04" + "11" * 64
    assert public_key(b"\x30") == "30"


@pytest.mark.parametrize(
    ("tag", "title"),
    [("BF4D", "PrepareDeviceChange"), ("BF4B", "VerifyDeviceChange"), ("BF45", "VerifySmdsResponse"),
     ("BF60", "VerifySmdpResponse"), ("BF62", "VerifyProfileRecovery")],
)  # fmt: skip
def test_messages_of_device_change_have_names(tag: str, title: str) -> None:
    explanation = Explainer().exchange(bytes.fromhex(f"80E2910003{tag}00"))
    assert explanation.title == f"STORE DATA: {title}"


@settings(deadline=None)
@given(st.sampled_from(sorted({*FUNCTIONS, *OTHERS})), st.binary(max_size=30))
def test_no_message_raises(tag: int, value: bytes) -> None:
    data = tag.to_bytes(2, "big") + bytes((len(value),)) + value
    for decoder in (request, response_to(tag), alone):
        assert read(decoder, data)


def test_several_interfaces_are_configured_and_reset() -> None:
    """MANAGE LSI [configure], P1 '04', then [reset], P1 '01', which an ATR answers (TS 102 221 §11.1.25)."""
    explainer = Explainer()
    asked = bytes.fromhex("807C040008" + "800101" + "900101" + "9100")
    found = {field.name: field.value for field in explainer.exchange(asked, b"\x90\0").walk()}
    assert found["highest interface (80)"] == "1"
    assert found["modes of several enabled profiles (90)"] == "01"
    answer = bytes.fromhex("80163B9F96801FC78031A073BE21136743200718000001A59000")
    reset = explainer.exchange(bytes.fromhex("807C010100"), answer)
    assert {field.name: field.value for field in reset.walk()}["TS, convention"] == "direct"
