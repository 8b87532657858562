"""Class, instruction and parameters of a command as fields (TS 102 221 §10.1)."""

from __future__ import annotations

from cards.apdu import CommandApdu
from cards.explain.commands import Command
from cards.explain.fields import Field
from cards.explain.parameters import GSM, kind_of

CHAINING = 0x10
_FURTHER = 0x40


def channel_of(cla: int) -> int:
    """The logical channel that a class byte names (TS 102 221 §10.1.1)."""
    if cla == 0xA0:
        return 0
    return 4 + (cla & 0x0F) if cla & _FURTHER else cla & 0x03


def is_secured(cla: int) -> bool:
    """Whether a class byte says that secure messaging is used."""
    return cla != 0xA0 and bool(cla & 0x20 if cla & _FURTHER else cla & 0x0C)


def header_fields(command: CommandApdu, row: Command | None) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """What stands before the data (CLA, INS, P1, P2, Lc) and behind them (Le)."""
    first, second = row.parameters(command) if row else ("", "")
    name = row.name if row else "unknown"
    fields = [
        Field("CLA", f"{command.cla:02X}: {_class(command.cla)}", 0, 1, "TS 102 221 §10.1.1"),
        Field("INS", f"{command.ins:02X}: {name}", 1, 1, row.clause if row else ""),
        Field("P1", f"{command.p1:02X}" + (f": {first}" if first else ""), 2, 1),
        Field("P2", f"{command.p2:02X}" + (f": {second}" if second else ""), 3, 1),
    ]
    length = len(command.data)
    wide = command.extended or length > 255 or (command.le or 0) > 256
    if length:
        fields.append(Field("Lc", f"{length} bytes follow", 4, 3 if wide else 1))
    if command.le is not None:
        at = (7 if wide else 5) + length if length else 4
        return tuple(fields), (Field("Le", f"up to {command.le} bytes wanted", at, 2 if wide else 1),)
    return tuple(fields), ()


def _class(cla: int) -> str:
    kind = kind_of(cla)
    if kind == GSM:
        return "GSM SIM"
    said = [kind]
    if channel_of(cla):
        said.append(f"logical channel {channel_of(cla)}")
    if is_secured(cla):
        said.append("secure messaging")
    if cla & CHAINING and not cla & _FURTHER:
        said.append("part of a chain")
    return ", ".join(said)
