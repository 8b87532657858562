"""What a phone hears: the cells of a place in the bands that it has."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.network.air import Cell, hearable
from simulator.network.journal import Evidence, Journal, Row, Rule
from simulator.network.world.model import Device

_SEARCH = Rule("TS 23.122 §4.4.3.1.1", "the phone searches all technologies that it has")


def hear(cells: Sequence[Cell], device: Device | None, journal: Journal) -> tuple[Cell, ...]:
    """The cells that a device can use, all if there is none; told with the rows of operators and device."""
    heard = tuple(cells if device is None else hearable(cells, device.bands))
    plmns = ", ".join(sorted({str(cell.plmn) for cell in heard})) or "none"
    rows: list[Evidence] = list(dict.fromkeys(row for cell in heard for row in cell.evidence))
    if device is not None:
        rows.insert(
            0, Row("devices", device.key, _bands(device, heard), device.bands_source or device.source)
        )
    journal.tell("phone", "cells found", f"the phone hears the networks {plmns}", *rows, _SEARCH)
    return heard


def _bands(device: Device, heard: Sequence[Cell]) -> str:
    """Those that the device has in common with the cells that it hears; all of them if it hears none."""
    if not heard:
        return device.says_bands()
    common = {(cell.rat, cell.band) for cell in heard}
    return f"in common with the networks here: {device.says_bands(common)}"
