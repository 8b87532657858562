"""What the command line hands to the sans-IO core: randomness, the time, and the user's test PKI."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import home

if TYPE_CHECKING:
    from simulator.crypto.keylog import KeyLog
    from simulator.crypto.pki import TestPki
    from simulator.faults.quirks import Quirks

_QUIRKS = "simulator.cli.quirks"
entropy = os.urandom
PKI_FOLDER = click.option(
    "--pki",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of certificates; your own test PKI if not given.",
)
"""The option of all commands that sign or trust."""


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)


def key_log() -> KeyLog:
    """Appends session keys to the file that ESIM_KEYLOG names; does nothing without. Only the user may
    read it."""
    from simulator.crypto import keylog

    path = os.environ.get("ESIM_KEYLOG")
    if not path:
        return keylog.no_key_log

    def write(label: str, identity: bytes, key: bytes, /) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(keylog.line(label, identity, key))

    return write


def quirks() -> Quirks | None:
    """What `esim --quirks` names: loaded once a command, each change told on standard error."""
    context = click.get_current_context(silent=True)
    path = context.find_root().params.get("quirks") if context else None
    if context is None or path is None:
        return None
    from simulator.faults.quirks import load_quirks

    kept = context.find_root().meta
    if _QUIRKS not in kept:
        click.echo(f"Quirks of {path} are in the way.", err=True)
        kept[_QUIRKS] = load_quirks(path, lambda sentence: click.echo(sentence, err=True))
    loaded: Quirks = kept[_QUIRKS]
    return loaded


def pki(folder: Path | None = None) -> TestPki:
    """The PKI in `folder`, or the user's own, which is made when it is first wanted."""
    from simulator.crypto.pki import TestPki

    passphrase = pki_passphrase()
    if folder is not None:
        return TestPki.load(folder, passphrase=passphrase)
    own = home.pki_folder()
    if any(own.glob("CERT_CI_*.der")):
        return TestPki.load(own, passphrase=passphrase)
    click.echo(f"Making a test PKI in {own}", err=True)
    made = TestPki.create(entropy=entropy, now=now())
    made.save(own, passphrase)
    return made


def pki_passphrase() -> str:
    """With which the keys of a PKI are encrypted; empty if they are not."""
    return os.environ.get("ESIM_PKI_PASSPHRASE", "")


def with_tls_for(pki: TestPki, hosts: Iterable[str]) -> TestPki:
    """The PKI with a TLS certificate that holds today for all of `hosts`: its own, or a new one."""
    from simulator.crypto.pki import PkiError

    wanted = tuple(dict.fromkeys(hosts))
    try:
        certificate = pki.tls.certificate
    except PkiError:
        return pki.issue_tls(wanted, entropy=entropy, now=now())
    valid = certificate.not_before <= now() <= certificate.not_after
    if valid and set(wanted) <= set(certificate.hosts):
        return pki
    hosts_of_both = dict.fromkeys((*wanted, *certificate.hosts))
    return pki.issue_tls(tuple(hosts_of_both), entropy=entropy, now=now())
