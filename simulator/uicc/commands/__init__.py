"""The instructions of the UICC, grouped by the clause of TS 102 221 §11 that defines them.

`CARD_COMMANDS` are understood whatever application is selected; `FILE_COMMANDS` where files are.
"""

from __future__ import annotations

from simulator.uicc.command import Command
from simulator.uicc.commands import (
    administration,
    authenticate,
    binary,
    channels,
    data_objects,
    identity,
    pin,
    record,
    select,
    suspension,
    terminal,
)

CARD_COMMANDS: tuple[Command, ...] = (
    *select.CARD_COMMANDS,
    *channels.COMMANDS,
    *terminal.COMMANDS,
    *suspension.COMMANDS,
)
FILE_COMMANDS: tuple[Command, ...] = (
    *select.FILE_COMMANDS,
    *binary.COMMANDS,
    *record.COMMANDS,
    *data_objects.COMMANDS,
    *administration.COMMANDS,
    *pin.COMMANDS,
    *authenticate.COMMANDS,
    *identity.COMMANDS,
)
