"""Questions judge answers; texts carry values; places in a lesson move."""

from __future__ import annotations

import pytest

from cards.explain import Explainer
from simulator.lessons.model import (
    ClaimError,
    Free,
    Judgement,
    Kind,
    ask,
    choice,
    claim,
    mistake,
    option,
    show,
    text,
)
from simulator.lessons.outline import outline

RIGHT, WRONG, UNREADABLE = Judgement.RIGHT, Judgement.WRONG, Judgement.UNREADABLE


def free(kind: Kind, right: object, *mistakes: object) -> Free:
    reasons = [mistake(one, "because of {what}", what=one) for one in mistakes]
    question = ask(kind, text("?"), right, *reasons, why=text("yes"), hint=text("h")).question
    assert isinstance(question, Free)
    return question


@pytest.mark.parametrize(
    ("kind", "right", "answer", "judgement"),
    [
        (Kind.HEX, b"\xa4", "a4", RIGHT),
        (Kind.HEX, b"\xa4", "0xA4", RIGHT),
        (Kind.HEX, b"\x99\xf9\x08", "99 F9:08", RIGHT),
        (Kind.HEX, b"\x99\xf9\x08", "0x99, 0xF9, 0x08".replace(",", ""), RIGHT),
        (Kind.HEX, b"\xa4", "A5", WRONG),
        (Kind.HEX, b"\xa4", "A", UNREADABLE),
        (Kind.HEX, b"\xa4", "A4 is it", UNREADABLE),
        (Kind.HEX, b"\xa4", "", UNREADABLE),
        (Kind.NUMBER, 30, "30", RIGHT),
        (Kind.NUMBER, 30, "0x1e", RIGHT),
        (Kind.NUMBER, 1234, "1,234", RIGHT),
        (Kind.NUMBER, 30, "030", RIGHT),
        (Kind.NUMBER, 30, "1E", UNREADABLE),
        (Kind.NUMBER, 30, "-30", UNREADABLE),
        (Kind.NUMBER, 30, "³", UNREADABLE),
        (Kind.DIGITS, "070", "070", RIGHT),
        (Kind.DIGITS, "070", "0-7 0", RIGHT),
        (Kind.DIGITS, "070", "70", WRONG),
        (Kind.DIGITS, "070", "07x", UNREADABLE),
    ],
)
def test_typed_answers_are_judged_whatever_way_they_are_written(
    kind: Kind, right: object, answer: str, judgement: Judgement
) -> None:
    verdict = free(kind, right).judge(answer)
    assert verdict.judgement is judgement
    assert verdict.text.said()


def test_a_known_mistake_gets_its_own_words_and_is_never_the_right_answer() -> None:
    question = free(Kind.HEX, b"\xa4", b"\x00", b"\xa4")
    assert question.judge("00").text.said() == "because of b'\\x00'"
    assert question.judge("A4").judgement is RIGHT
    assert len(question.mistakes) == 1
    assert question.right_answer == "A4"


def test_a_choice_has_one_right_option_and_each_has_its_reason() -> None:
    options = (option("no", False, text("not so")), option("{n} times", True, text("so"), n=3))
    question = choice(text("?"), *options, hint=text("h")).question
    assert question.right_answer == "2"
    assert [question.judge(answer).judgement for answer in ("1", "2", "2.", "3", "0", "two", "")] == [
        *(WRONG, RIGHT, RIGHT, UNREADABLE, UNREADABLE, UNREADABLE, UNREADABLE)
    ]
    assert question.judge("1").text.said() == "not so"
    for broken in ((options[0],), (options[1], options[1]), ()):
        with pytest.raises(ValueError, match="one right option"):
            choice(text("?"), *broken, hint=text("h"))


def test_texts_are_one_line_a_paragraph_and_translate_with_their_values() -> None:
    words = text(
        """One {thing}
        in two lines.

        - a
        - b""",
        thing="text",
    )
    assert words.said() == "One text in two lines.\n\n- a\n- b"
    assert words.said({words.template: "{thing}, zwei Zeilen"}) == "text, zwei Zeilen"
    assert words.said({"other": "x"}) == words.said()
    with pytest.raises(KeyError):
        text("{missing}").said()


def test_what_a_lesson_says_must_be_so() -> None:
    claim(True, "1 is 1")
    with pytest.raises(ClaimError, match="a lesson says that pigs fly, and it is not so"):
        claim(False, "pigs fly")


def test_an_exchange_is_shown_with_the_fields_that_matter() -> None:
    exchange = Explainer().exchange(bytes.fromhex("00A40004022FE2"), bytes.fromhex("6A82"))
    (whole,) = show(exchange, command=True).exchanges
    assert [line.text for line in outline(whole)] == [
        "SELECT EF.ICCID (TS 102 221 §11.1.1)",
        "  → 00A40004022FE2",
        "    file identifier: 2FE2 (EF.ICCID)",
        "  ← 6A82",
        "    6A82: file or application not found",
    ]
    (brief,) = show(exchange, command=True, brief=True).exchanges
    assert not brief.command
    fcp = bytes.fromhex("62168202412183022FE28A01058B032F060B8002000A8800") + b"\x90\x00"
    (one,) = show(Explainer().exchange(bytes.fromhex("00A40004022FE200"), fcp), only=("file size",)).exchanges
    kinds = [(line.kind, line.text.strip()) for line in outline(one)]
    assert ("field", "file size (80): 10 bytes") in kinds
    assert sum(kind == "field" for kind, _ in kinds) == 2
    assert kinds[-1][0] == "outcome"


def test_lines_of_an_exchange_fit_and_long_ones_are_cut() -> None:
    exchange = Explainer().exchange(bytes.fromhex("80E29100FF") + bytes(255), bytes.fromhex("9000"))
    lines = list(outline(exchange, 50))
    assert max(len(line.text) for line in lines) <= 50
    assert "(260 bytes)" in "".join(line.text for line in lines)
