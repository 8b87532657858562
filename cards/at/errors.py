"""Mobile termination errors in words: `+CME ERROR: <err>` (3GPP TS 27.007 §9.2)."""

from __future__ import annotations

from typing import Final, NamedTuple


class CmeError(NamedTuple):
    """One row: the text of the specification, and what to do."""

    text: str
    advice: str = ""


CME_ERRORS: Final[dict[int, CmeError]] = {
    # §9.2.1, general errors
    0: CmeError("phone failure", "restart the modem"),
    1: CmeError("no connection to phone", "check that the port is the modem's AT port"),
    3: CmeError(
        "operation not allowed", "the modem keeps the card to itself now: try another way (csim, cgla, crsm)"
    ),
    4: CmeError(
        "operation not supported", "this modem does not know the command: try another way (csim, cgla, crsm)"
    ),
    5: CmeError("PH-SIM PIN required", "the modem is locked to another SIM"),
    10: CmeError("SIM not inserted", "insert a card"),
    11: CmeError("SIM PIN required", "enter the PIN with AT+CPIN"),
    12: CmeError("SIM PUK required", "unblock the PIN with AT+CPIN"),
    13: CmeError("SIM failure", "reset the modem, or clean the contacts of the card"),
    14: CmeError("SIM busy", "wait until the modem has read its card"),
    15: CmeError("SIM wrong", "the modem does not accept this card"),
    16: CmeError("incorrect password"),
    17: CmeError("SIM PIN2 required"),
    18: CmeError("SIM PUK2 required"),
    20: CmeError("memory full"),
    21: CmeError("invalid index"),
    22: CmeError("not found"),
    23: CmeError("memory failure"),
    24: CmeError("text string too long"),
    25: CmeError("invalid characters in text string"),
    26: CmeError("dial string too long"),
    27: CmeError("invalid characters in dial string"),
    50: CmeError("incorrect parameters"),
    51: CmeError("command implemented but currently disabled", "switch the radio on with AT+CFUN=1"),
    52: CmeError("command aborted by user"),
    100: CmeError("unknown"),
}
"""<err> → what it means."""

NOT_ALLOWED, NOT_SUPPORTED, NO_CARD, NOT_FOUND, INCORRECT = 3, 4, 10, 22, 50


def describe(number: int) -> str:
    """An error in words, with what to do where there is something."""
    row = CME_ERRORS.get(number)
    if row is None:
        return f"error {number}"
    return f"error {number}, {row.text}" + (f": {row.advice}" if row.advice else "")
