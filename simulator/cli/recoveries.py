"""Profiles that left for another device and may come back: what an LPA keeps of them, by EID, in a file of
the user's (SGP.22 v3 §3.11.2)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import home

if TYPE_CHECKING:
    from simulator.lpa import Recovery


def keep(eid: str, recovery: Recovery) -> None:
    """Remember that the profile has left the eUICC with this EID."""
    kept = _without(eid, str(recovery.iccid))
    kept.setdefault(eid, []).append(
        {
            "iccid": str(recovery.iccid),
            "smdp_address": recovery.smdp_address,
            "until": recovery.until.isoformat() if recovery.until else None,
            "allowed_ci": recovery.allowed_ci,
        }
    )
    _write(kept)


def find(eid: str, iccid: str | None) -> Recovery:
    """The profile with this ICCID, or else the last, that left this eUICC; ClickException if none has."""
    from cards.identities import Iccid
    from simulator.lpa import Recovery

    found = [one for one in _read().get(eid, []) if iccid in (None, one["iccid"])]
    if not found:
        which = f"No profile {iccid}" if iccid else "No profile"
        raise click.ClickException(f"{which} has left this eUICC with the promise that it may come back.")
    last = found[-1]
    until = datetime.fromisoformat(last["until"]) if last["until"] else None
    return Recovery(Iccid(last["iccid"]), last["smdp_address"], until, last["allowed_ci"])


def forget(eid: str, recovery: Recovery) -> None:
    """The profile is back."""
    _write(_without(eid, str(recovery.iccid)))


def _path() -> Path:
    return home.home() / "recoveries.json"


def _read() -> dict[str, list[dict[str, Any]]]:
    try:
        kept: dict[str, list[dict[str, Any]]] = json.loads(_path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise click.ClickException(f"{_path()} is not readable: {error}; delete it.") from None
    return kept


def _write(kept: dict[str, list[dict[str, Any]]]) -> None:
    home.write_atomically(_path(), json.dumps(kept, indent=1).encode())


def _without(eid: str, iccid: str) -> dict[str, list[dict[str, Any]]]:
    kept = _read()
    return {**kept, eid: [one for one in kept.get(eid, []) if one["iccid"] != iccid]}
