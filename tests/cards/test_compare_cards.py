"""Two cards under one script: differences by meaning."""

from __future__ import annotations

from cards.compare import FieldDifference, compare
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
