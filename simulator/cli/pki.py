"""`esim pki`: makes the test certificates, explains who signs whom and what for, issues and revokes more."""

from __future__ import annotations

import json
from pathlib import Path

import click

from simulator.cli import edge, home, pki_issue, pki_revoke
from simulator.cli.pki_options import FOLDER, VARIANTS, chosen_variants


@click.group()
def command() -> None:
    """Make and explain the test certificates.

    They protect nothing: whoever has the folder can sign as anybody in it. Keys are encrypted with the
    passphrase in the environment variable ESIM_PKI_PASSPHRASE, if it is set.
    """


@command.command()
@FOLDER
@click.option(
    "--host", "hosts", multiple=True, help="Further names or IP addresses the SM-DP+ is served under."
)
@VARIANTS
@click.option("--force", is_flag=True, help="Replace a PKI that is there; cards made with it stop working.")
def make(folder: Path | None, hosts: tuple[str, ...], variants: tuple[str, ...], force: bool) -> None:
    """Make a new test PKI on NIST P-256 and brainpoolP256r1."""
    from simulator.crypto.pki import DEFAULT_HOSTS, TestPki

    target = folder or home.pki_folder()
    if any(target.glob("CERT_CI_*.der")) and not force:
        raise click.ClickException(f"{target} holds a PKI already; replace it with --force.")
    names = (*DEFAULT_HOSTS, *hosts)
    made = TestPki.create(entropy=edge.entropy, now=edge.now(), hosts=names)
    if variants:
        chosen = chosen_variants(variants)
        made = made.with_variants(chosen, entropy=edge.entropy, now=edge.now(), hosts=names)
    made.save(target, edge.pki_passphrase())
    click.echo(f"Made a test PKI in {target}; `esim pki show` explains it.")


@command.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(path: Path | None, folder: Path | None, as_json: bool) -> None:
    """Show the chains of certificates and what each is for.

    \b
    esim pki show
    esim pki show --dir other
    esim pki show some-certificate.pem

    PATH is a folder of certificates, or one certificate or revocation list, DER or PEM: then its chain is
    sought among the certificates of --dir and beside it, and checked.
    """
    from simulator.cli import pki_show

    if path is not None and path.is_file():
        report = pki_show.report_of_file(path, folder, edge.now())
        click.echo(json.dumps(report.data, indent=1) if as_json else "\n".join(report.lines))
        if report.is_refused:
            raise click.exceptions.Exit(1)
        return
    if path is not None and folder is not None:
        raise click.UsageError("PATH and --dir both name a folder.")
    pki = edge.pki(path or folder)
    if as_json:
        click.echo(json.dumps(pki_show.as_data(pki), indent=1))
        return
    pki_show.print_trees(pki, edge.now(), path or folder or home.pki_folder())


command.add_command(pki_issue.variants)
command.add_command(pki_issue.issue)
command.add_command(pki_issue.spoil)
command.add_command(pki_revoke.revoke)
command.add_command(pki_revoke.crl)
