"""Activation codes as they are printed, scanned and mistyped (SGP.22 §4.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1 import tlv
from simulator.lpa import ActivationCode, ActivationCodeError

SPECIFIED = [
    # the examples of §4.1
    ("1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815", ("SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815", "", False)),
    ("1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$$1", ("SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815", "", True)),
    (
        "1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1",
        ("SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815", "1.3.6.1.4.1.31746", True),
    ),
    (
        "1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746",
        ("SMDP.GSMA.COM", "04386-AGYFT-A74Y8-3F815", "1.3.6.1.4.1.31746", False),
    ),
    ("1$SMDP.GSMA.COM$", ("SMDP.GSMA.COM", "", "", False)),
    ("1$localhost:8443$TS48", ("localhost:8443", "TS48", "", False)),
]


@pytest.mark.parametrize(("text", "fields"), SPECIFIED)
def test_specified_codes(text: str, fields: tuple[str, str, str, bool]) -> None:
    code = ActivationCode.parse(text)
    assert (code.smdp_address, code.matching_id, code.smdp_oid, code.confirmation_code_required) == fields
    assert str(code) == text


@pytest.mark.parametrize("prefix", ["LPA:", "lpa:", "Lpa: ", " LPA:"])
def test_prefix_of_the_qr_code(prefix: str) -> None:
    code = ActivationCode.parse(f"{prefix}1$a.example$ID\n")
    assert code.smdp_address == "a.example"
    assert code.qr_text == "LPA:1$a.example$ID"


def test_fields_of_later_versions_are_kept() -> None:
    text = "1$a.example$ID$2.999.10$1$C0BC70$$1"
    code = ActivationCode.parse(text)
    assert code.further == ("1",)
    assert str(code) == text


def test_what_version_3_adds() -> None:
    """The CI below which the server is trusted, and what another eUICC has signed of a deletion."""
    metadata = tlv.encode(0x80, b"\x01") + tlv.encode(0x81, b"\x04\x10") + tlv.encode(0x0C, b"a.example")
    deletion = tlv.encode(0xBF63, tlv.encode(0xA0, metadata) + tlv.encode(0x81, bytes(64)))
    text = f"1$a.example$ID$$$c0bc70${deletion.hex()}"
    code = ActivationCode.parse(f"LPA:{text}")
    assert (code.ci_key_id, code.delete_notification) == ("C0BC70", deletion)
    assert not code.confirmation_code_required
    assert str(code).lower() == text.lower()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("LPA:", "single quotes"),
        ("LPA:1.example.com-QR", "single quotes"),  # LPA:1$smdp.example.com$ID between double quotes
        ("hello", "no activation code$"),
        ("2$a.example$ID", "format '2'"),
        ("1$$ID", "single quotes"),
        ("1$a example$ID", "no SM-DP"),
        ("1$https://a.example$ID", "host name"),
        ("1$a.example$A B", "matching id"),
        ("1$a.example$ID$x.y", "object identifier"),
        ("1$a.example$ID$$1234", "does not hold the code"),
        ("1$a.example$ID$$$C0BG", "no key identifier"),
        ("1$a.example$ID$$$$1", "sixth field"),
        ("1$a.example$ID$$$$BF6300", "sixth field"),
    ],
)
def test_wrong_codes_are_explained_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ActivationCodeError, match=words) as caught:
        ActivationCode.parse(text)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=60))
def test_no_other_error(text: str) -> None:
    try:
        code = ActivationCode.parse(text)
    except ActivationCodeError:
        return
    assert ActivationCode.parse(str(code)) == code
