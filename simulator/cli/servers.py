"""The way to servers that a command line asks for: which issuers to trust, and how patiently to try."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from simulator.cli import edge, home

if TYPE_CHECKING:
    from simulator.lpa import Es9Client

Function = TypeVar("Function", bound=Callable[..., Any])
_CA = click.option(
    "--ca", multiple=True, type=click.Path(path_type=Path, exists=True), help="Trust this TLS issuer."
)
_INSECURE = click.option("--insecure", is_flag=True, help="Accept any TLS certificate.")


def trust_options(function: Function) -> Function:
    """--ca, --insecure and --pki, handed over as `ca`, `insecure` and `folder`."""
    return _CA(_INSECURE(edge.PKI_FOLDER(function)))


def client(ca: Sequence[Path], folder: Path | None, *, insecure: bool) -> Es9Client:
    """Trusts what `issuers` says."""
    from simulator.lpa import Es9Client

    try:
        return Es9Client(issuers(ca, folder), verify=not insecure)
    except ssl.SSLError as error:
        named = ", ".join(map(str, ca))
        raise click.ClickException(f"{named or 'the test PKI'} holds no certificate: {error}.") from None


def issuers(ca: Sequence[Path], folder: Path | None) -> list[str | Path | bytes]:
    """Issuers of TLS certificates: what `ca` holds, else the test PKI and what this system trusts."""
    found: list[str | Path | bytes] = [path.read_bytes() for path in ca]
    if not ca:
        found += [path.read_bytes() for path in sorted((folder or home.pki_folder()).glob("CERT_CI_*.der"))]
        system = ssl.get_default_verify_paths().cafile
        found += [system] if system else []
    return found
