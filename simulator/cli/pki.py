"""`esim pki`: makes the test certificates and explains who signs whom, and what for."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, home

if TYPE_CHECKING:
    from rich.tree import Tree

    from simulator.crypto.certificates import Certificate
    from simulator.crypto.pki import Branch, CertificateAndKey, TestPki

PURPOSE = {
    "ci": "the root: eUICCs and servers trust what it signs",
    "eum": "the eUICC manufacturer: signs eUICC certificates, only for its own EIDs",
    "dp_auth": "the SM-DP+ proves itself to the eUICC with it (InitiateAuthentication)",
    "dp_pb": "the SM-DP+ binds profiles to an eUICC with it (GetBoundProfilePackage)",
    "tls": "the SM-DP+ serves HTTPS to the LPA with it",
}
"""Field of a branch → what its certificate is for (SGP.22 §2.4.5)."""
PUBLISHED_CI = {
    "f54172bdf98a95d65cbeb88a38a1c11d800a85c3": "the published test CI of GSMA SGP.26",
    "c0bc70ba36929d43b467ff57570530e57ab8fcd8": "the published test CI of GSMA SGP.26",
    "81370f5125d0b1d408d4c3b232e6d25e795bebfb": "the production CI of GSMA",
}

EXPLANATION = (
    "Each branch stands for itself. RSP messages name it by the key id of its certificate issuer: server and "
    "eUICC go on only if they have one in common. Every eUICC has a certificate of its own under the "
    "manufacturer; `esim card new` issues it."
)

FOLDER = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the certificates; your own test PKI if not given.",
)


@click.group()
def command() -> None:
    """Make and explain the test certificates.

    They protect nothing: whoever has the folder can sign as anybody in it.
    """


@command.command()
@FOLDER
@click.option(
    "--host", "hosts", multiple=True, help="Further names or IP addresses the SM-DP+ is served under."
)
@click.option("--force", is_flag=True, help="Replace a PKI that is there; cards made with it stop working.")
def make(folder: Path | None, hosts: tuple[str, ...], force: bool) -> None:
    """Make a new test PKI on NIST P-256 and brainpoolP256r1."""
    from simulator.crypto.pki import DEFAULT_HOSTS, TestPki

    target = folder or home.pki_folder()
    if any(target.glob("CERT_CI_*.der")) and not force:
        raise click.ClickException(f"{target} holds a PKI already; replace it with --force.")
    made = TestPki.create(entropy=edge.entropy, now=edge.now(), hosts=(*DEFAULT_HOSTS, *hosts))
    made.save(target)
    click.echo(f"Made a test PKI in {target}; `esim pki show` explains it.")


@command.command()
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(folder: Path | None, as_json: bool) -> None:
    """Show the chain of certificates and what each is for."""
    pki = edge.pki(folder)
    if as_json:
        click.echo(json.dumps(as_data(pki), indent=1))
        return
    from rich.console import Console

    console = Console(highlight=False)
    for branch in pki.branches.values():
        console.print(_tree(branch, edge.now()))
        console.print()
    console.print(EXPLANATION)


def as_data(pki: TestPki) -> list[dict[str, Any]]:
    """Every certificate as JSON-able values."""
    return [
        {
            "curve": curve.name,
            "role": field,
            "subject": item.certificate.subject.rfc4514_string(),
            "subject_key_id": item.certificate.subject_key_id.hex(),
            "authority_key_id": item.certificate.authority_key_id.hex(),
            "policy": item.certificate.role.oid if item.certificate.role else None,
            "registered_id": item.certificate.registered_id,
            "hosts": list(item.certificate.hosts),
            "not_before": item.certificate.not_before.isoformat(),
            "not_after": item.certificate.not_after.isoformat(),
            "private_key": item.key is not None,
        }
        for curve, branch in pki.branches.items()
        for field, item in branch.items.items()
    ]


def _tree(branch: Branch, now: datetime) -> Tree:
    from rich.tree import Tree

    tree = Tree(_describe("ci", branch.ci, now))
    for field, item in branch.items.items():
        if field != "ci":
            tree.add(_describe(field, item, now))
    return tree


def _describe(field: str, item: CertificateAndKey, now: datetime) -> str:
    certificate = item.certificate
    title = certificate.role.title if certificate.role else "no role of RSP"
    lines = [
        f"[bold]{title}[/bold]  {_common_name(certificate)}",
        f"[dim]{PURPOSE[field]}[/dim]",
        f"key id {certificate.subject_key_id.hex().upper()}  {certificate.curve.label}"
        + ("" if item.key else "  [yellow]no private key[/yellow]"),
        _validity(certificate, now),
    ]
    if known := PUBLISHED_CI.get(certificate.subject_key_id.hex()):
        lines.insert(1, f"[cyan]{known}[/cyan]")
    if certificate.hosts:
        lines.append("serves " + ", ".join(certificate.hosts))
    if certificate.registered_id:
        lines.append(f"owner OID {certificate.registered_id}")
    return "\n".join(lines)


def _common_name(certificate: Certificate) -> str:
    from cryptography.x509.oid import NameOID
    from rich.markup import escape

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return escape(str(names[0].value)) if names else ""


def _validity(certificate: Certificate, now: datetime) -> str:
    span = f"{certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}"
    if now > certificate.not_after:
        return f"[red]expired[/red]: {span}"
    return f"valid {span}" if now >= certificate.not_before else f"[red]not valid yet[/red]: {span}"
