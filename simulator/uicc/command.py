"""Rows of the instruction tables: what a card application understands, each with its clause."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Handler = Callable[..., bytes]
"""(channel, command) → response data, or StatusError; in a card application's table (self, channel,
command)."""

ISO = 0x00
"""Interindustry class: '0X', '4X', '6X'."""
GSM = 0xA0
"""Class of the GSM SIM, TS 51.011 §9.2; it knows no channels."""
PROPRIETARY = 0x80
"""Class of ETSI TS 102 221 and GlobalPlatform: '8X', 'CX', 'EX'."""


class Command(NamedTuple):
    """One instruction. `cases` are the APDU cases that its clause allows (ISO/IEC 7816-3 §12.1)."""

    name: str
    cla: int
    ins: int
    cases: frozenset[int]
    clause: str
    handler: Handler

    @property
    def key(self) -> int:
        """What the dispatcher finds it by: class without channel and security bits, and INS."""
        return self.cla << 8 | self.ins


def command(name: str, cla: int, ins: int, cases: str, clause: str, handler: Handler) -> Command:
    """A row; `cases` as digits: "24" for cases 2 and 4."""
    return Command(name, cla, ins, frozenset(map(int, cases)), clause, handler)
