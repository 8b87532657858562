"""Two cards under one script: differences by meaning."""

from __future__ import annotations

from cards.compare import FieldDifference, compare
from cards.protection import ProtectedLink
from cards.script import parse
from cards.trace import Exchange, Reset
from cards.trace.replay import ReplayCard


def card(atr: str, *exchanges: tuple[str, str]) -> ReplayCard:
    entries = [Exchange(bytes.fromhex(command), bytes.fromhex(answer)) for command, answer in exchanges]
    return ReplayCard([Reset(bytes.fromhex(atr)), *entries], exact=False)


def test_fields_and_status_words() -> None:
    script = parse(
        "[one]\n00A40004022FE2 => 6A82\n00B000000A => {iccid} 9000\n[two]\n00B0000001\n00B0000002\n"
    )
    left = card(
        "3B00",
        ("00A40004022FE2", "62088202412183022FE29000"),
        ("00B000000A", "989909000000000010F49000"),
        ("00B0000001", "989000"),
        ("00B0000002", "98999000"),
    )
    right = card(
        "3B00",
        ("00A40004022FE2", "62088202412183022FE29000"),
        ("00B000000A", "989909000000000007F99000"),
        ("00B0000001", "6982"),
        ("00B0000002", "98999000"),
    )
    same, iccid, refused, again = compare(script, left, right)
    assert not same.differs
    assert iccid.fields == (
        FieldDifference("EF.ICCID, number of the card / ICCID", "8999900000000000014", "8999900000000000709"),
    )
    assert (refused.left, refused.right) == (
        "9000, normal ending of the command",
        "6982, security status not satisfied",
    )
    assert refused.fields == ()
    assert not again.differs
    assert refused.section.title == "two"


def test_what_a_step_cannot_be_run_for_is_the_same_on_both() -> None:
    (result,) = compare(parse("00B000 $nothing"), card("3B00"), card("3B00"))
    assert not result.differs
    assert result.left == "$nothing is not set"


def test_what_is_made_anew_counts_by_its_length() -> None:
    """A challenge (TS 102 221 §11.1.18), then a SUCI of Profile A (TS 33.501 §C.4.3.1) with another ephemeral
    key, and one with another routing indicator."""
    script = parse("0084000004\n0084000004\n8078000100\n8078000100\n8078000100\n")
    suci = "A13501722410{}011E{}9000"
    one, other = (
        "B2E92F836055A255837DEBF850B528997CE0201CB82ADFE4BE1F587D07D8457DCB02352410CDDD9E730EF3FA87",
        "5A" * 45,
    )
    left = card(
        "3B00",
        ("0084000004", "010203049000"),
        ("0084000004", "010203049000"),
        ("8078000100", suci.format("F0FF", one)),
        ("8078000100", suci.format("F0FF", one)),
        ("8078000100", "A10D01722410F0FF000000012080F69000"),
    )
    right = card(
        "3B00",
        ("0084000004", "020304059000"),
        ("0084000004", "0203049000"),
        ("8078000100", suci.format("F0FF", other)),
        ("8078000100", suci.format("F1FF", other)),
        ("8078000100", "A10D01722410F0FF000000012080F79000"),
    )
    challenge, short, hidden, routed, in_clear = compare(script, left, right)
    assert not challenge.differs
    assert short.fields == (FieldDifference("challenge", "4 bytes, new each time", "3 bytes, new each time"),)
    assert not hidden.differs
    assert [field.name for field in routed.fields] == ["SUCI (A1) / routing indicator"]
    assert in_clear.fields == (FieldDifference("SUCI (A1) / MSIN", "001002086", "001002087"),)


def test_a_section_ends_before_what_is_kept_from_the_cards() -> None:
    script = parse("[one]\n00B0000001\n00D6000001FF\n00B0000001\n[two]\n00B0000002\n")
    links = [ProtectedLink(card("3B00", ("00B0000001", "989000"), ("00B0000002", "98999000"))) for _ in "AB"]
    read, written, after = compare(script, *links)
    assert (read.is_withheld, written.is_withheld, after.is_withheld) == (False, True, False)
    assert not written.differs
    assert "was not sent" in written.left
