"""What passes between a terminal and a card, in words: commands, answers, and everything in them as trees of
fields. Faces (terminal, JSON, web) print the same tree.

    from cards.explain import Explainer
    Explainer().exchange(bytes.fromhex("00A40004023F00"), bytes.fromhex("9000")).title
"""

from cards.explain.fields import Field
from cards.explain.session import Explainer, Explanation

__all__ = ["Explainer", "Explanation", "Field"]
