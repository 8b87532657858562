"""Lines to choose from, for those who do not know an instruction by heart. Names and clauses come from the
tables that explain commands; what a line does stands in the words of the page, by the template's key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cards import files
from cards.apdu import CommandApdu
from cards.explain.commands import find
from cards.explain.es10 import FUNCTIONS
from simulator.web.card import es10


class Template(NamedTuple):
    """A line that can be typed as it stands, or be changed first."""

    key: str
    """`card.does.<key>` says what it does; empty for a function of ES10, whose clause says it."""
    line: str
    name: str
    clause: str


_LINES: Final = {
    "files": (
        ("select", "select MF/ADF.USIM/EF.IMSI", "00A40004"),
        ("select.fid", "00A40004023F00", "00A40004"),
        ("select.aid", "00A40404 (A0000000871002) 00", "00A40404"),
        ("read.binary", "READ BINARY 0000 00", "00B00000"),
        ("read.record", "READ RECORD 0104 00", "00B20104"),
        ("update.binary", "UPDATE BINARY 0000 (FFFF)", "00D60000"),
        ("update.record", "UPDATE RECORD 0104 (FFFF)", "00DC0104"),
        ("search", "SEARCH RECORD 0104 (4F) 00", "00A20104"),
        ("status", "80F20000 00", "80F20000"),
        ("retrieve", "80CB8000 (5C) 00", "80CB8000"),
    ),
    "pins": (
        ("tries", "VERIFY PIN 0001 => 63C?|9000", "00200001"),
        ("verify", "verify PIN1 1234", "00200001"),
        ("verify.adm", "verify ADM1 55555555", "0020000A"),
        ("change", "CHANGE PIN 0001 (31323334FFFFFFFF 35363738FFFFFFFF)", "00240001"),
        ("disable", "DISABLE PIN 0001 (31323334FFFFFFFF)", "00260001"),
        ("enable", "ENABLE PIN 0001 (31323334FFFFFFFF)", "00280001"),
        ("unblock", "UNBLOCK PIN 0001 (3132333435363738 31323334FFFFFFFF)", "002C0001"),
    ),
    "network": (
        (
            "authenticate",
            "00880081 (10 00112233445566778899AABBCCDDEEFF 10 00000000000000000000000000000000) 00",
            "00880081",
        ),
        ("authenticate.gsm", "00880080 (10 00112233445566778899AABBCCDDEEFF) 00", "00880080"),
        ("identity", "00780001 00", "00780001"),
    ),
    "toolkit": (
        ("profile", "TERMINAL PROFILE 0000 (FFFFFFFF1F)", "80100000"),
        ("fetch", "FETCH 0000 00", "80120000"),
        ("menu", "ENVELOPE 0000 (D3 (82020181 900101)) 00", "80C20000"),
    ),
    "card": (
        ("reset", "reset", ""),
        ("channel.open", "open channel", "00700000"),
        ("channel.close", "close", "00708001"),
        ("challenge", "GET CHALLENGE 0000 08", "00840000"),
        ("raw", "raw 00A40004023F00", "00C00000"),
    ),
}
"""Group → key, line, and the header of a command by which instruction and clause are found."""
GROUPS: Final = (*_LINES, "es10")


def of(group: str) -> Iterator[Template]:
    """The templates of a group."""
    if group == "es10":
        for function in FUNCTIONS.values():
            if function.name.lower() in es10.BY_NAME:
                yield Template("", es10.usage(function), function.name, function.clause)
        return
    for key, line, header in _LINES[group]:
        row = find(CommandApdu.parse(bytes.fromhex(header))) if header else None
        yield Template(key, line, row.name if row else "reset", row.clause if row else "TS 102 221 §6.2")


def paths() -> list[str]:
    """Paths of files that have names, for completion: 'MF/ADF.USIM/EF.IMSI'."""
    return sorted(_below("MF", 0)) + [
        f"MF/{name}/{child}" for name in files.APPLICATIONS for child in _below(name, 1)
    ]


def _below(directory: str, depth: int) -> Iterator[str]:
    prefix = f"{directory}/" if depth == 0 else ""
    for child in files.TREE.get(directory, {}):
        yield f"{prefix}{child}"
        if child in files.TREE and depth < 2:
            yield from (f"{prefix}{child}/{one}" for one in _below(child, depth + 1))
