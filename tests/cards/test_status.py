"""Status words: every row named once and cited, the kinds with a number understood."""

from __future__ import annotations

import pytest

from cards.status import MEANINGS, PARAMETERISED, SW, StatusError, StatusWord


def test_names_and_rows_agree() -> None:
    named = {name: int(sw) for name, sw in vars(SW).items() if isinstance(sw, StatusWord)}
    assert named == {row.name: sw for sw, row in MEANINGS.items()}


def test_every_row_cites_its_clause() -> None:
    assert all("§" in row.clause and row.meaning for row in (*MEANINGS.values(), *PARAMETERISED.values()))


def test_termination_state_is_6285() -> None:
    assert SW.TERMINATED == 0x6285


@pytest.mark.parametrize(
    ("sw", "attribute", "value"),
    [
        (0x6110, "remaining_length", 16),
        (0x6100, "remaining_length", 256),
        (0x6C09, "remaining_length", 9),
        (0x9F16, "remaining_length", 22),
        (0x9000, "remaining_length", None),
        (0x63C2, "retries", 2),
        (0x63C0, "retries", 0),
        (0x6300, "retries", None),
        (0x910B, "proactive_length", 11),
        (0x9000, "proactive_length", None),
        (0x910B, "is_success", True),
        (0x6282, "is_warning", True),
        (0x6A82, "is_success", False),
    ],
)
def test_parameters(sw: int, attribute: str, value: object) -> None:
    assert getattr(StatusWord(sw), attribute) == value


def test_words() -> None:
    assert str(StatusWord(0x63C2)) == "63C2"
    assert StatusWord(0x63C2).meaning == "verification failed, 2 tries left"
    assert StatusWord(0x6A82).meaning == "file or application not found"
    assert StatusWord(0x1234).meaning == "unknown status word"
    assert f"{SW.OK}" == "9000"
    assert str(StatusError(SW.FILE_NOT_FOUND)) == "6A82: file or application not found"


def test_constructors_are_the_inverse_of_the_parameters() -> None:
    assert SW.bytes_available(256) == 0x6100
    assert SW.bytes_available(300) == 0x6100
    assert SW.wrong_le(9) == 0x6C09
    assert SW.retries(3).retries == 3
    assert SW.proactive(11).proactive_length == 11
