"""What the card supports, clause by clause: `python -m simulator.uicc.reference` writes
docs/reference/instructions.md.

A clause counts as supported when a row of a command table cites it. What is left out of a supported clause,
or why a clause is not supported, stands in `LIMITS`; the page is made of nothing else, so that it cannot
promise more than the tables hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulator.uicc.command import Command
from simulator.uicc.commands import CARD_COMMANDS, FILE_COMMANDS
from simulator.uicc.globalplatform.access_rules import AccessRules
from simulator.uicc.globalplatform.security_domain import SecurityDomain
from simulator.uicc.gsm.commands import COMMANDS as GSM_COMMANDS

CLAUSES = """
TS 102 221 §11.1.1    SELECT
TS 102 221 §11.1.2    STATUS
TS 102 221 §11.1.3    READ BINARY
TS 102 221 §11.1.4    UPDATE BINARY
TS 102 221 §11.1.5    READ RECORD
TS 102 221 §11.1.6    UPDATE RECORD
TS 102 221 §11.1.7    SEARCH RECORD
TS 102 221 §11.1.8    INCREASE
TS 102 221 §11.1.9    VERIFY PIN
TS 102 221 §11.1.10   CHANGE PIN
TS 102 221 §11.1.11   DISABLE PIN
TS 102 221 §11.1.12   ENABLE PIN
TS 102 221 §11.1.13   UNBLOCK PIN
TS 102 221 §11.1.14   DEACTIVATE FILE
TS 102 221 §11.1.15   ACTIVATE FILE
TS 102 221 §11.1.16   AUTHENTICATE
TS 102 221 §11.1.17   MANAGE CHANNEL
TS 102 221 §11.1.18   GET CHALLENGE
TS 102 221 §11.1.19   TERMINAL CAPABILITY
TS 102 221 §11.1.20   MANAGE SECURE CHANNEL
TS 102 221 §11.1.21   TRANSACT DATA
TS 102 221 §11.1.22   SUSPEND UICC
TS 102 221 §11.1.24   EXCHANGE CAPABILITIES
TS 102 221 §11.1.25   MANAGE LSI
TS 102 221 §11.2.1    TERMINAL PROFILE
TS 102 221 §11.2.2    ENVELOPE
TS 102 221 §11.2.3    FETCH
TS 102 221 §11.2.4    TERMINAL RESPONSE
TS 102 221 §11.3.1    RETRIEVE DATA
TS 102 221 §11.3.2    SET DATA
TS 102 221 §12.1.1    GET RESPONSE
TS 102 222 §6.3       CREATE FILE
TS 102 222 §6.4       DELETE FILE
TS 102 222 §6.5       DEACTIVATE FILE
TS 102 222 §6.6       ACTIVATE FILE
TS 102 222 §6.7       TERMINATE DF
TS 102 222 §6.8       TERMINATE EF
TS 102 222 §6.9       TERMINATE CARD USAGE
TS 102 222 §6.10      RESIZE FILE
TS 31.102 §7.5        GET IDENTITY
TS 51.011 §9.2.1       SELECT
TS 51.011 §9.2.2       STATUS
TS 51.011 §9.2.3       READ BINARY
TS 51.011 §9.2.4       UPDATE BINARY
TS 51.011 §9.2.5       READ RECORD
TS 51.011 §9.2.6       UPDATE RECORD
TS 51.011 §9.2.7       SEEK
TS 51.011 §9.2.8       INCREASE
TS 51.011 §9.2.9       VERIFY CHV
TS 51.011 §9.2.10      CHANGE CHV
TS 51.011 §9.2.11      DISABLE CHV
TS 51.011 §9.2.12      ENABLE CHV
TS 51.011 §9.2.13      UNBLOCK CHV
TS 51.011 §9.2.14      INVALIDATE
TS 51.011 §9.2.15      REHABILITATE
TS 51.011 §9.2.16      RUN GSM ALGORITHM
TS 51.011 §9.2.17      SLEEP
TS 51.011 §9.2.18      GET RESPONSE
TS 51.011 §9.2.19      TERMINAL PROFILE
TS 51.011 §9.2.20      ENVELOPE
TS 51.011 §9.2.21      FETCH
TS 51.011 §9.2.22      TERMINAL RESPONSE
GP Card Specification §11.2   DELETE
GP Card Specification §11.3   GET DATA
GP Card Specification §11.4   GET STATUS
GP Card Specification §11.5   INSTALL
GP Card Specification §11.6   LOAD
GP Card Specification §11.7   MANAGE CHANNEL
GP Card Specification §11.8   PUT KEY
GP Card Specification §11.9   SELECT
GP Card Specification §11.10  SET STATUS
GP Card Specification §11.11  STORE DATA
GP Card Specification §E.5.1  INITIALIZE UPDATE
GP Card Specification §E.5.2  EXTERNAL AUTHENTICATE
GP Card Specification §E.5.3  BEGIN R-MAC SESSION
GP Card Specification §E.5.4  END R-MAC SESSION
GPD SE Access Control §4.1    GET DATA
GPD SE Access Control §5.1    STORE DATA
"""
"""Every clause that defines a command, in its order, with the command's name."""

SAME = {
    "TS 102 222 §6.5": "TS 102 221 §11.1.14",
    "TS 102 222 §6.6": "TS 102 221 §11.1.15",
    "GP Card Specification §11.7": "TS 102 221 §11.1.17",
    "GP Card Specification §11.9": "TS 102 221 §11.1.1",
}
"""Clauses that say the same of one command as another one does."""

LIMITS = {
    "TS 102 221 §11.1.16": "no VGCS/VBS, HTTP digest, local key establishment; MBMS checks no MIKEY",
    "TS 31.102 §7.5": "no 5G NSWO context",
    "TS 102 221 §11.1.18": "at most 256 bytes",
    "TS 102 221 §11.1.20": "6D00: there is no secured channel between terminal and card",
    "TS 102 221 §11.1.21": "6D00",
    "TS 102 221 §11.1.22": "at most twelve hours; not while a secure channel is open",
    "TS 102 221 §11.1.24": "6D00",
    "TS 102 221 §11.1.25": "6D00: the card has one logical secure element",
    "TS 102 221 §11.2.2": "no USSD data download, no MMS, no geographical location reporting",
    "TS 102 222 §6.3": "of the proprietary template special file information, patterns and maximum size",
    "TS 102 222 §6.10": "size of the file only; 6981 for cyclic files",
    "GP Card Specification §11.3": "no confirmation counter, as there are no receipts; CPLC names no chip",
    "GP Card Specification §11.5": "no tokens or DAPs (6985, 6A80); no module but the card's own (6A81)",
    "GP Card Specification §11.6": "bytecode is kept, not executed; DAP blocks are refused (6A80)",
    "GP Card Specification §11.8": "symmetric keys only",
    "GP Card Specification §11.11": "data grouping 0070 only",
    "GP Card Specification §E.5.1": "SCP02 i = 15, 55; SCP03 i = 60, 70 with 8-byte challenges",
    "GP Card Specification §E.5.3": "6D00: no response MAC in SCP02 with i = 15, 55",
    "GP Card Specification §E.5.4": "6D00",
    "GPD SE Access Control §5.1": "no clients (ARA-C): their registration is refused with 6A81",
}
"""What is missing from a clause, or how it is answered without support."""


def rows() -> tuple[Command, ...]:
    """Every row of the card's tables."""
    return (
        *CARD_COMMANDS,
        *FILE_COMMANDS,
        *GSM_COMMANDS,
        *SecurityDomain.COMMANDS,
        *AccessRules.COMMANDS[2:],
    )


def clauses() -> Iterator[tuple[str, str]]:
    """Clause and name of the command, in the order of the specifications."""
    for line in CLAUSES.strip().splitlines():
        clause, name = line.split("  ", 1)
        yield clause, name.strip()


def rows_of(clause: str) -> list[Command]:
    """The rows that cite a clause, or the one that says the same."""
    return [row for row in rows() if row.clause in (clause, SAME.get(clause))]


def support(clause: str) -> str:
    """'yes', 'partly' or 'no'."""
    if not rows_of(clause):
        return "no"
    return "partly" if clause in LIMITS else "yes"


def page() -> str:
    """The page in Markdown."""
    lines = [
        "# Instructions of the card",
        "",
        "Made from the command tables by `python -m simulator.uicc.reference`; a test compares the two.",
        "Cases are those of ISO/IEC 7816-3 §12.1. What is not supported is answered 6D00.",
        "",
        "| clause | command | class and instruction | cases | supported | limits |",
        "|---|---|---|---|---|---|",
    ]
    for clause, name in clauses():
        codes, cases = _codes(rows_of(clause))
        lines.append(
            f"| {clause} | {name} | {codes} | {cases} | {support(clause)} | {LIMITS.get(clause, '')} |"
        )
    named = {clause for clause, _ in clauses()}
    lines += [
        "",
        "Further commands:",
        "",
        "| command | class and instruction | cases | clause |",
        "|---|---|---|---|",
    ]
    for row in rows():
        if row.clause not in named:
            codes, cases = _codes([row])
            lines.append(f"| {row.name} | {codes} | {cases} | {row.clause} |")
    return "\n".join(lines) + "\n"


def _codes(found: list[Command]) -> tuple[str, str]:
    """Class and instruction, and the cases, of the rows of one command."""
    codes = "; ".join(f"{_CLASSES.get(row.cla, f'{row.cla:02X}')} {row.ins:02X}" for row in found)
    return codes, ", ".join(map(str, sorted({case for row in found for case in row.cases})))


_CLASSES = {0x00: "0X/4X/6X", 0x80: "8X/CX/EX"}


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "instructions.md"

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
