"""A link to a card that shows what passes as rows: one for each function, however many APDUs it takes.

Which APDUs belong together is read from them: blocks of STORE DATA go on until the last one, an answer goes
on while '61XX' says so, and pieces of a profile package that carry the same are one row.
"""

from __future__ import annotations

import re
import time
from typing import Final

from cards.explain import Explainer, Explanation
from cards.link import CardLike
from simulator.lpa.steps import CARD_EXCHANGES
from simulator.lpa.words import STEPS
from simulator.web.bench.record import Party, Piece, Recorder, Row, Said

INTERFACES: Final = {
    exchange.function: exchange.interface
    for exchange in CARD_EXCHANGES.values()
    if exchange.interface.startswith("ES10")
}
"""Function of ES10 → its interface."""
_FETCH: Final = "GET RESPONSE to "
_BLOCK: Final = "STORE DATA, block"
_STORED: Final = re.compile(r"STORE DATA(: |, block \d+ of )(?!a message)")
"""What the title of a block or a whole message of ES10 begins with."""
_PACKAGE: Final = "LoadBoundProfilePackage"
_MORE: Final = (0x61, 0x6C, 0x9F)
"""SW1 of an answer that another command goes on with."""
_READS: Final = re.compile(r"(?:SELECT (?!ISD-R)|READ (?:BINARY|RECORD) (?:.*/)?(?P<file>EF\.\w+))")
"""A step of reading: to another file, or what is in it."""
_RESULT: Final = re.compile(r"(\w*(?:Result|Error|ErrorCode|errorReason|Reason)) ")
_NUMBER: Final = re.compile(r"(\d+): (\w+)(?: \((.*)\))?")


class WatchedLink:
    """Stands before a card, real or simulated."""

    def __init__(self, card: CardLike, recorder: Recorder, explainer: Explainer) -> None:
        self._card = card
        self._recorder = recorder
        self._explainer = explainer
        self._open: Row | None = None
        """The row that the next APDU goes on with."""
        self._reading: Row | None = None
        """The row of a phone that reads one file after the other, or has only selected one so far."""
        self._files: list[str] = []
        self._package: tuple[str, Row] | None = None
        """What the last pieces of a profile package carried, and their row."""

    def transmit(self, apdu: bytes, /) -> bytes:
        begin = time.perf_counter()
        answer = self._card.transmit(apdu)
        seconds = time.perf_counter() - begin
        self._show(Piece(self._explainer.exchange(bytes(apdu), bytes(answer)), seconds))
        return answer

    def reset(self) -> bytes:
        atr = self._card.reset()
        self._open = self._package = self._reading = None
        piece, title = Piece(self._explainer.reset(atr)), Said("msg.reset")
        self._recorder.add(Party.PHONE, Party.CARD, title, piece=piece, outcome="ATR", succeeded=True)
        return atr

    def close(self) -> None:
        """The card stays where it is."""

    def _show(self, piece: Piece) -> None:
        explanation = piece.explanation
        title = explanation.title.removeprefix(_FETCH)
        function = _STORED.sub("", title) if _STORED.match(title) else ""
        carries = re.sub(", (begin|segment)$", "", function) if function.startswith(_PACKAGE) else ""
        row = self._row_of(title, carries)
        if row is None:
            row = self._recorder.add(Party.PHONE, Party.CARD, title, piece=piece)
        else:
            row.pieces.append(piece)
        _complete(row, title, carries or function, explanation)
        self._open = row if _goes_on(title, explanation) else None
        self._package = (carries, row) if carries else None
        self._follow_files(row, title)
        self._recorder.changed()

    def _row_of(self, title: str, carries: str) -> Row | None:
        """The row that an APDU goes on with."""
        if self._open is not None:
            return self._open
        if self._package and self._package[0] == carries:
            return self._package[1]
        if self._reading and (_READS.match(title) or not self._files):
            return self._reading
        return None

    def _follow_files(self, row: Row, title: str) -> None:
        """A phone that goes from file to file, reading, is one row: what it read."""
        read = _READS.match(title)
        if row is not self._reading:
            self._files = []
        if not read:
            self._reading = None
            return
        self._reading = row
        if read["file"] and read["file"] not in self._files:
            self._files.append(read["file"])
        if self._files:
            row.title = Said("msg.reads", {"files": ", ".join(self._files)})


def _goes_on(title: str, explanation: Explanation) -> bool:
    """Whether the next APDU belongs to the same row."""
    if explanation.succeeded is False:
        return explanation.raw_answer[:-1][-1:] == bytes([0x6C])
    return title.startswith(_BLOCK) or explanation.raw_answer[-2:][0] in _MORE


def _complete(row: Row, title: str, function: str, explanation: Explanation) -> None:
    """What the row is, as far as it is known by now."""
    row.outcome, row.succeeded = explanation.outcome, explanation.succeeded
    if function:
        name = function.partition(",")[0]
        row.interface = INTERFACES.get(name) or INTERFACES.get(name.rstrip("12"), "ES10b")
        row.title = function
        row.why = Said(f"step.{name.rstrip('12')}") if name.rstrip("12") in STEPS else ""
        if problem := problem_of(explanation):
            row.outcome, row.succeeded = problem, False
    elif not title.startswith(_BLOCK):
        row.title = title


def problem_of(explanation: Explanation) -> str:
    """The error in an answer of ES10, which its status word does not tell; empty if there is none."""
    for field in (one for top in explanation.answer for one in top.walk()):
        named, value = _RESULT.match(field.name), _NUMBER.fullmatch(field.value)
        if named and value and value[2] not in ("ok", "success"):
            return f"{named[1]} {value[1]}: {value[2]}" + (f" ({value[3]})" if value[3] else "")
    return ""
