"""`esim doctor`: what works on this machine, what is missing, and how to get it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata, util
from pathlib import Path
from typing import NamedTuple

import click

from simulator.cli import edge, home


class Finding(NamedTuple):
    """One line of the report. `needed`: without it the main job cannot run."""

    works: bool
    subject: str
    detail: str
    needed: bool = True


def python_version() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), "Python", f"{version} (3.11 or later is needed)")


def packages() -> Iterator[Finding]:
    """What the base install depends on, by the project's own metadata."""
    for requirement in metadata.requires("esim-simulator") or ():
        if "extra ==" in requirement:
            continue
        found = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert found is not None
        name = found.group()
        try:
            yield Finding(True, name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(False, name, "not installed; run `make demo` or `pip install esim-simulator`")


def cryptography_curves() -> Iterator[Finding]:
    """OpenSSL builds exist that lack brainpool curves."""
    from simulator.crypto.ecc import Curve, one_time_key

    for curve in Curve:
        try:
            one_time_key(curve, os.urandom)
        except Exception as error:  # noqa: BLE001 - whatever a crippled OpenSSL raises
            yield Finding(False, f"curve {curve.label}", f"OpenSSL here cannot use it: {error}")
        else:
            yield Finding(True, f"curve {curve.label}", "keys can be made", needed=True)


def data_folder() -> Iterator[Finding]:
    folder = home.home()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            yield Finding(True, str(folder), "cards and keys are kept here")
    except OSError:
        yield Finding(False, str(folder), "not writable; set ESIM_HOME to a folder of yours")


def tls() -> Iterator[Finding]:
    """ES9+ asks for TLS 1.2 or later (SGP.22 §2.6.6)."""
    try:
        import ssl
    except ImportError:
        yield Finding(False, "TLS", "this Python was built without it")
        return
    yield Finding(ssl.HAS_TLSv1_2, "TLS", f"{ssl.OPENSSL_VERSION}; ES9+ needs TLS 1.2 or later")


def certificates() -> Iterator[Finding]:
    """The user's own test PKI, which is made when it is first wanted."""
    from simulator.crypto.errors import CryptoError
    from simulator.crypto.pki import TestPki

    folder = home.pki_folder()
    if not any(folder.glob("CERT_CI_*.der")):
        yield Finding(True, "test PKI", "will be made when it is first wanted")
        return
    try:
        certificate = TestPki.load(folder).tls.certificate
    except CryptoError as error:
        yield Finding(False, "test PKI", f"{error}; make another one with `esim pki make --force`")
        return
    end = certificate.not_after
    valid = end > edge.now()
    advice = "" if valid else "; make another one with `esim pki make --force`"
    yield Finding(valid, "test PKI", f"its TLS certificate is valid until {end:%Y-%m-%d}{advice}")


def loopback() -> Iterator[Finding]:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            yield Finding(True, "loopback", "a server can listen on 127.0.0.1")
    except OSError as error:
        yield Finding(False, "loopback", f"no server can listen on 127.0.0.1: {error.strerror}")


def readers() -> Iterator[Finding]:
    """Physical cards are optional: everything else works without them."""
    found = util.find_spec("smartcard") is not None
    yield Finding(
        found,
        "pyscard",
        metadata.version("pyscard") if found else "for cards in readers: pip install 'esim-simulator[pcsc]'",
        needed=False,
    )
    service = shutil.which("pcscd") or next(
        (str(path) for path in map(Path, ("/usr/sbin/pcscd", "/sbin/pcscd")) if path.exists()), None
    )
    yield Finding(
        service is not None,
        "PC/SC service",
        service or "for cards in readers: install the package pcscd",
        needed=False,
    )


def page() -> Iterator[Finding]:
    """The page of `esim web` is optional."""
    found = util.find_spec("nicegui") is not None
    detail = metadata.version("nicegui") if found else "for esim web: pip install 'esim-simulator[web]'"
    yield Finding(found, "NiceGUI", detail, needed=False)


CHECKS: dict[str, tuple[Callable[[], Iterator[Finding]], ...]] = {
    "Simulation": (
        *(python_version, packages, cryptography_curves, tls),
        *(data_folder, certificates, loopback),
    ),
    "Cards in readers (optional)": (readers,),
    "The page (optional)": (page,),
}


@click.command()
def command() -> int:
    """Say what works on this machine and what is missing.

    The exit status is 0 when everything that a simulated download needs is there.
    """
    sound = True
    for title, checks in CHECKS.items():
        click.secho(title, bold=True)
        for finding in (finding for check in checks for finding in check()):
            sound &= finding.works or not finding.needed
            if finding.works:
                mark = click.style("ok", fg="green")
            else:
                mark = click.style("missing", fg="red" if finding.needed else "yellow")
            click.echo(f"  {mark}{' ' * (9 - len(click.unstyle(mark)))}{finding.subject}: {finding.detail}")
    return 0 if sound else 1
