"""APDU scripts: commands and what a card shall answer, as text (docs/scripts.md), run over any card link.

script = load(path)
for result in Runner(link).run(script):
    print(result)
"""

from __future__ import annotations

from cards.script.errors import ScriptError
from cards.script.formats import load, parse
from cards.script.model import Script, Section
from cards.script.runner import Runner, SectionResult, StepResult

__all__ = ["Runner", "Script", "ScriptError", "Section", "SectionResult", "StepResult", "load", "parse"]
