"""Where `esim` keeps its things: named cards and the test PKI, in one folder of the user's."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

FORMAT = 2
CARD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def home() -> Path:
    """`$ESIM_HOME`, else `esim` below the user's data folder (XDG Base Directory Specification)."""
    if chosen := os.environ.get("ESIM_HOME"):
        return Path(chosen).expanduser()
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "esim"


def pki_folder() -> Path:
    return home() / "pki"


def card_path(name: str) -> Path:
    if not CARD_NAME.fullmatch(name):
        raise click.UsageError(
            f"{name!r} is no card name: use letters, digits, '.', '_' and '-', at most 64, "
            "beginning with a letter or digit."
        )
    return home() / "cards" / f"{name}.json"


def card_names() -> Iterator[str]:
    """The names of all cards on disk, sorted."""
    yield from sorted(path.stem for path in (home() / "cards").glob("*.json"))


def read_card(name: str) -> dict[str, Any]:
    """The state of a named card as `write_card` stored it."""
    path = card_path(name)
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(card_names()) or "none yet; make one with `esim card new`"
        raise click.ClickException(f"there is no card named {name} (cards: {known}).") from None
    except ValueError as error:
        raise click.ClickException(f"{path} is not a card file of ours: {error}.") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise click.ClickException(f"{path} is a card file of another version; make the card anew.")
    return state


def write_card(name: str, state: dict[str, Any]) -> None:
    """Store a card so that a crash leaves the old state or the new one, never a part."""
    write_atomically(card_path(name), json.dumps({"format": FORMAT, **state}, indent=1).encode())


def delete_card(name: str) -> None:
    read_card(name)
    card_path(name).unlink()


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write to a temporary file beside `path`, force it to disk, then take its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_page(path: Path, data: bytes) -> None:
    """Like `write_atomically`, with the permissions of the user's other new files: others may read it."""
    mask = os.umask(0)
    os.umask(mask)
    write_atomically(path, data, 0o666 & ~mask)
