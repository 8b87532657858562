"""`esim pki revoke` and `crl`: the revocation lists of a test PKI (SGP.22 §4.5.2.1.4)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, home
from simulator.cli.pki_options import FOLDER, all_items, issuer_of, read_certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulator.crypto.branch import CertificateAndKey
    from simulator.crypto.issue import Issuer
    from simulator.crypto.revocation import Crl

_DAYS = click.option(
    "--days", default=30, show_default=True, type=click.IntRange(1, 3650), help="Until the next list."
)
_PARTS = click.option(
    "--parts", default=1, show_default=True, type=click.IntRange(1, 99), help="Cut the list into this many."
)


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@FOLDER
@_DAYS
@_PARTS
@click.option("--delta", is_flag=True, help="Write a list of only these, as a difference to the last.")
def revoke(files: tuple[Path, ...], folder: Path | None, days: int, parts: int, delta: bool) -> None:
    """Revoke certificates: write a new list of each issuer that names them, and what was revoked before.

    \b
    esim pki revoke CERT_S_SM_DPauth_ECDSA_NIST.der

    The lists are CRL_<issuer>.der beside the certificates; numbers count up. An eUICC takes them over
    ES10b.LoadCRL, programs for TLS as `openssl verify -crl_check` does.
    """
    from simulator.crypto.certificates import Certificate, Role

    pki = edge.pki(folder)
    target = folder or home.pki_folder()
    wanted: dict[bytes, tuple[Issuer, str, set[int]]] = {}
    for file in files:
        certificate = Certificate.parse(read_certificate(file))
        if certificate.role is Role.CI:
            raise click.ClickException(f"{file} is a CI's: nobody can revoke it, stop trusting it.")
        item, issuer = issuer_of(pki, certificate.der)
        serials = wanted.setdefault(item.certificate_der, (issuer, name_of(target, item), set()))[2]
        serials.add(certificate.serial_number)
    for issuer, name, serials in wanted.values():
        write_lists(target, issuer, name, serials, days=days, parts=parts, delta=delta)


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@FOLDER
@_DAYS
@_PARTS
@click.option("--issue", "is_new", is_flag=True, help="First write new lists with what is revoked so far.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def crl(path: Path | None, folder: Path | None, days: int, parts: int, is_new: bool, as_json: bool) -> None:
    """Show revocation lists: that in PATH, or those of the PKI.

    With --issue every CI writes a new list, an empty one if it has revoked nothing.
    """
    from simulator.crypto.issue import Issuer

    pki = edge.pki(folder)
    target = folder or home.pki_folder()
    if is_new:
        for branch in pki.branches.values():
            issuer = Issuer(branch.ci.certificate, branch.ci.require_key())
            write_lists(target, issuer, name_of(target, branch.ci), set(), days=days, parts=parts)
    paths = [path] if path is not None else sorted(target.glob("CRL_*.der"))
    if not paths:
        raise click.ClickException(f"{target} holds no revocation list; `esim pki revoke` writes them.")
    reports = [as_data(file, read_crl(file), all_items(pki)) for file in paths]
    if as_json:
        click.echo(json.dumps(reports, indent=1))
        return
    for report in reports:
        click.echo("\n".join(words(report)))


def name_of(folder: Path, item: CertificateAndKey) -> str:
    """Part of the file name of an issuer's list: that of its certificate, else its key id."""
    for path in sorted(folder.glob("CERT_*.der")):
        if path.read_bytes() == item.certificate_der:
            return path.stem.removeprefix("CERT_")
    return item.certificate.subject_key_id.hex().upper()


def write_lists(
    folder: Path,
    issuer: Issuer,
    name: str,
    serials: Iterable[int],
    *,
    days: int,
    parts: int = 1,
    delta: bool = False,
) -> None:
    """Writes the next list of an issuer: what was revoked before and `serials`, or as a difference these."""
    from simulator.crypto.revocation import issue_crl

    if not issuer.certificate.signs_lists:
        raise click.ClickException(f"{name} may sign no revocation lists (keyUsage without cRLSign).")
    before = [read_crl(path) for path in _lists(folder, name)]
    number = max((crl.number for crl in before), default=0) + 1
    whole = [crl for crl in before if crl.base_number is None]
    if delta and not whole:
        raise click.ClickException(f"{name} has no list yet that another could be a difference to.")
    base = max(crl.number for crl in whole) if delta else None
    new = set(serials)
    revoked = sorted(new if delta else new.union(*(crl.revoked for crl in before)))
    if delta:
        parts = 1
    now = edge.now()
    made = [
        issue_crl(
            issuer,
            revoked[part::parts],
            number,
            now=now,
            next_update=now.replace(microsecond=0) + timedelta(days=days),
            part=part + 1,
            parts=parts,
            base_number=base,
        )
        for part in range(parts)
    ]
    if not delta:
        for path in _lists(folder, name):
            path.unlink()
    for part, der in enumerate(made, 1):
        ending = f"_delta{number}" if delta else f"_part{part}" if parts > 1 else ""
        path = folder / f"CRL_{name}{ending}.der"
        path.write_bytes(der)
        click.echo(f"Wrote {path}: number {number}, {_count(len(revoked))} revoked.")


def _lists(folder: Path, name: str) -> list[Path]:
    """The lists of an issuer that are there: whole, in parts, and differences."""
    ways = (f"CRL_{name}.der", f"CRL_{name}_part*.der", f"CRL_{name}_delta*.der")
    return [path for way in ways for path in sorted(folder.glob(way))]


def _count(number: int) -> str:
    return "1 certificate" if number == 1 else f"{number} certificates"


def read_crl(path: Path) -> Crl:
    """The list in a file, DER or PEM; ClickException if there is none."""
    from simulator.crypto.revocation import RevocationError, parse_crl

    data = path.read_bytes()
    try:
        if b"-----BEGIN" in data:
            from cryptography import x509
            from cryptography.hazmat.primitives.serialization import Encoding

            data = x509.load_pem_x509_crl(data).public_bytes(Encoding.DER)
        return parse_crl(data)
    except (RevocationError, ValueError) as error:
        raise click.ClickException(f"{path} is no revocation list of RSP: {error}.") from None


def as_data(path: Path, crl: Crl, known: Sequence[CertificateAndKey]) -> dict[str, Any]:
    """A list as JSON-able values, and whether its issuer's key has signed it."""
    issuer = next((i for i in known if i.certificate.subject_key_id == crl.issuer_key_id), None)
    subjects = {item.certificate.serial_number: item for item in known}
    return {
        "file": str(path),
        "issuer_key_id": crl.issuer_key_id.hex(),
        "issuer": issuer.certificate.subject.rfc4514_string() if issuer else None,
        "signature_holds": crl.verify(issuer.certificate.public_key) if issuer else None,
        "number": crl.number,
        "base_number": crl.base_number,
        "part": crl.part,
        "parts": crl.parts,
        "this_update": crl.this_update.isoformat(),
        "next_update": crl.next_update.isoformat() if crl.next_update else None,
        "revoked": [
            {
                "serial_number": f"{serial:X}",
                "subject": subjects[serial].certificate.subject.rfc4514_string()
                if serial in subjects
                else None,
            }
            for serial in sorted(crl.revoked)
        ],
    }


def words(report: dict[str, Any]) -> list[str]:
    """A list as lines for a person; `report` is `as_data` of it."""
    kind = (
        f"difference to number {report['base_number']}" if report["base_number"] is not None else "whole list"
    )
    if report["parts"] > 1:
        kind = f"part {report['part']} of {report['parts']}"
    verdict = {True: "signature holds", False: "WRONG SIGNATURE", None: "issuer unknown here"}
    lines = [
        str(report["file"]),
        f"  number {report['number']}, {kind}, {verdict[report['signature_holds']]}",
        f"  of {report['issuer'] or report['issuer_key_id'].upper()}",
        f"  from {report['this_update'][:10]}, next on {(report['next_update'] or 'never')[:10]}",
    ]
    lines += [
        f"  revoked {entry['serial_number']}  {entry['subject'] or ''}".rstrip()
        for entry in report["revoked"]
    ]
    return lines if report["revoked"] else [*lines, "  nothing is revoked"]
