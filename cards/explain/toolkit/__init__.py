"""The card application toolkit in words: proactive commands, envelopes, what terminals can do (TS 102 223,
TS 31.111, TS 102 221 §11.1.19)."""

from cards.explain.toolkit.messages import (
    TEMPLATES,
    control_answer,
    messages,
    title_of,
)
from cards.explain.toolkit.objects import objects
from cards.explain.toolkit.terminal import terminal_capability, terminal_profile

__all__ = [
    "TEMPLATES",
    "control_answer",
    "messages",
    "objects",
    "terminal_capability",
    "terminal_profile",
    "title_of",
]
