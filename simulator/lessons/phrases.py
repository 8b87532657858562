"""What faces say around the lessons, as templates: see `model.Text`."""

from __future__ import annotations

from typing import Final

TITLE: Final = "Lesson {number}: {title}"
GOING_ON: Final = "Going on at question {number} of {count}."
QUESTION: Final = "Question {number} of {count}"
KEYS: Final = "? hint · s skip · b back · q leave"
HINT: Final = "Hint"
IT_IS: Final = "It is {answer}."
DONE: Final = "Lesson {number} is done: {result}."
AT_ONCE: Final = "{right} of {count} right at once"
LATER: Final = "{count} later"
SKIPPED: Final = "{count} skipped"
ALL: Final = (TITLE, GOING_ON, QUESTION, KEYS, HINT, IT_IS, DONE, AT_ONCE, LATER, SKIPPED)
