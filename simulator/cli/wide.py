"""Lines of text in scripts without spaces, for terminals: broken between characters, not where punctuation
would begin a line (UAX #14, in short)."""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len

_WIDE: Final = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
"""Ranges of ideographs and of full-width signs."""
_CLOSING: Final = "。，、；：？！）”…"
_OPENING: Final = "（“"
_PIECES: Final = re.compile(rf"[{_OPENING}]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[{_CLOSING}]*|\s+")


def broken(text: str, width: int) -> str:
    """Markdown whose paragraphs have hard breaks, so that no line is wider than `width` columns. Text without
    wide characters stays as it is, for whoever fills lines at spaces."""
    if not re.search(f"[{_WIDE}]", text):
        return text
    return "\n\n".join("\\\n".join(_lines(paragraph, width)) for paragraph in text.split("\n\n"))


def _lines(paragraph: str, width: int) -> list[str]:
    lines = [""]
    for piece in _PIECES.findall(paragraph):
        if cell_len(lines[-1] + piece.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line for line in lines if line]
