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
        bands = "; ".join(f"{rat.value}: {', '.join(names)}" for rat, names in device.bands.items())
        rows.insert(0, Row("devices", device.key, bands, device.bands_source or device.source))
    journal.tell("phone", "cells found", f"the phone hears the networks {plmns}", *rows, _SEARCH)
    return heard
