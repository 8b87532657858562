"""What `esim pki show` says: trees of certificates, and the chain of a single one, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, home
from simulator.cli.pki_options import all_items, read_certificate

if TYPE_CHECKING:
    from rich.tree import Tree

    from simulator.crypto.branch import Branch, CertificateAndKey
    from simulator.crypto.certificates import Certificate
    from simulator.crypto.pki import TestPki

PURPOSE = {
    "ci": "the root: eUICCs and servers trust what it signs",
    "ci_sub_ca": "signs in the place of the root",
    "eum": "the eUICC manufacturer: signs eUICC certificates, only for its own EIDs",
    "eum_sub_ca": "signs eUICC certificates for the manufacturer",
    "euicc": "the eUICC proves itself to servers with it (AuthenticateServer)",
    "dp_sub_ca": "signs the certificates of one SM-DP+",
    "dp_auth": "the SM-DP+ proves itself to the eUICC with it (InitiateAuthentication)",
    "dp_pb": "the SM-DP+ binds profiles to an eUICC with it (GetBoundProfilePackage)",
    "tls": "the SM-DP+ serves HTTPS to the LPA with it",
    "ds_sub_ca": "signs the certificates of one SM-DS",
    "ds_auth": "the SM-DS proves itself to the eUICC with it (InitiateAuthentication)",
    "ds_tls": "the SM-DS serves HTTPS to LPAs and servers with it",
    "other_tls": "an operator or an eIM shows it to other servers over TLS",
    "other": "no role of RSP: an eIM signs with such a one",
}
"""Field of a branch, or another kind → what its certificate is for (SGP.22 §2.4.5)."""
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
VARIANT_WORDS = (
    "Variants Ov3, A, B and C are the chains of SGP.22 version 3; the others are of variant O, which every "
    "eUICC and server knows."
)
MOST_BESIDE = 200
"""Files beside a certificate that are looked at for its issuers."""


def as_data(pki: TestPki) -> list[dict[str, Any]]:
    """Every certificate as JSON-able values."""
    found = [(curve.name, branch) for curve, branch in pki.branches.items()]
    found += [(curve.name, branch) for (curve, _), branch in pki.variants.items()]
    return [
        {"curve": curve, "variant": branch.variant.value, "role": field, **_values(item.certificate)}
        | {"private_key": item.key is not None}
        for curve, branch in found
        for field, item in branch.items.items()
        if field != "ci" or not branch.variant.is_v3
    ]


def _values(certificate: Certificate) -> dict[str, Any]:
    role = certificate.role
    policy = (role.oid_v3 if certificate.is_v3 else role.oid) if role else None
    return {
        "subject": certificate.subject.rfc4514_string(),
        "subject_key_id": certificate.subject_key_id.hex(),
        "authority_key_id": certificate.authority_key_id.hex(),
        "policy": policy,
        "registered_id": certificate.registered_id,
        "hosts": list(certificate.hosts),
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
    }


def print_trees(pki: TestPki, now: datetime, folder: Path) -> None:
    """A tree for each CI, and what they mean."""
    from rich.console import Console

    console = Console(highlight=False)
    for curve, branch in pki.branches.items():
        variants = [found for (its, _), found in pki.variants.items() if its is curve]
        console.print(_tree(branch, variants, now))
        console.print()
    console.print(EXPLANATION)
    if pki.variants:
        console.print(VARIANT_WORDS)
    if lists := sorted(path.name for path in folder.glob("CRL_*.der")):
        console.print(f"Revocation lists: {', '.join(lists)}; `esim pki crl` shows them.")


def _tree(branch: Branch, variants: list[Branch], now: datetime) -> Tree:
    """The certificates below one CI, each below its issuer."""
    from rich.tree import Tree

    root = Tree(_describe("ci", branch.ci, now))
    nodes = {branch.ci.certificate.subject_key_id: root}
    waiting = {
        item.certificate_der: (field, item, found.variant.value if found.variant.is_v3 else "")
        for found in (branch, *variants)
        for field, item in found.items.items()
        if field != "ci"
    }
    while waiting:
        ready = [d for d, (_, i, _) in waiting.items() if i.certificate.authority_key_id in nodes]
        for der in ready or list(waiting):
            field, item, variant = waiting.pop(der)
            above = nodes.get(item.certificate.authority_key_id, root)
            shared = "B and C" if field == "ci_sub_ca" and len(variants) > 1 else variant
            nodes[item.certificate.subject_key_id] = above.add(_describe(field, item, now, shared))
    return root


def _describe(field: str, item: CertificateAndKey, now: datetime, variant: str = "") -> str:
    certificate = item.certificate
    title = certificate.role.title if certificate.role else "no role of RSP"
    shape = f"  [cyan]variant {variant}[/cyan]" if variant else ""
    lines = [
        f"[bold]{title}[/bold]  {_common_name(certificate)}{shape}",
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


@dataclass(frozen=True, slots=True)
class Report:
    """A single certificate or revocation list, in words and as JSON-able values."""

    lines: list[str]
    data: dict[str, Any]
    is_refused: bool = False


def report_of_file(path: Path, folder: Path | None, now: datetime) -> Report:
    """What a file holds, and for a certificate whether its chain holds. ClickException if it holds neither
    a certificate nor a revocation list."""
    from simulator.crypto.certificates import Certificate, CertificateError

    pki = edge.pki(folder) if folder or any(home.pki_folder().glob("CERT_CI_*.der")) else None
    known = all_items(pki) if pki else []
    if _is_list(path):
        from simulator.cli.pki_revoke import as_data as list_data
        from simulator.cli.pki_revoke import read_crl, words

        data = list_data(path, read_crl(path), known)
        return Report(words(data), data, data["signature_holds"] is False)
    try:
        certificate = Certificate.parse(read_certificate(path))
    except CertificateError as error:
        raise click.ClickException(f"{path}: {error}.") from None
    pool = _pool([item.certificate for item in known], path)
    chain = _chain(certificate, pool)
    verdict, is_refused = _verdict(chain, now)
    data = {"chain": [_values(item) for item in chain], "verdict": verdict, "holds": not is_refused}
    lines = [line for item in chain for line in _words(item, now)]
    return Report([*lines, verdict], data, is_refused)


def _is_list(path: Path) -> bool:
    from simulator.crypto.revocation import RevocationError, parse_crl

    data = path.read_bytes()
    if b"-----BEGIN" in data:
        return b"-----BEGIN X509 CRL" in data
    try:
        parse_crl(data)
    except RevocationError:
        return False
    return True


def _pool(known: list[Certificate], path: Path) -> list[Certificate]:
    """Certificates among which the issuers are sought."""
    from simulator.crypto.certificates import Certificate, CertificateError

    pool = list(known)
    for other in sorted(path.parent.glob("CERT_*.der"))[:MOST_BESIDE]:
        try:
            pool.append(Certificate.parse(other.read_bytes()))
        except CertificateError:
            continue
    return pool


def _chain(certificate: Certificate, pool: list[Certificate]) -> list[Certificate]:
    """The certificate and those above it, as far as they are known."""
    chain = [certificate]
    while chain[-1].authority_key_id not in (b"", chain[-1].subject_key_id) and len(chain) < 6:
        wanted = chain[-1].authority_key_id
        issuer = next((item for item in pool if item.subject_key_id == wanted), None)
        if issuer is None or issuer in chain:
            break
        chain.append(issuer)
    return chain


def _verdict(chain: list[Certificate], now: datetime) -> tuple[str, bool]:
    """Whether the chain holds, in one sentence."""
    from simulator.crypto.certificates import CertificateError, Role
    from simulator.crypto.chains import ChainVerifier, names_and_signs

    top, role = chain[-1], chain[0].role
    if role is Role.CI:
        return "A certificate issuer: whoever trusts it trusts all below it.", False
    if top.role is not Role.CI:
        return f"Its issuer, key id {top.authority_key_id.hex().upper() or '-'}, is not known here.", True
    if role is None:
        holds = all(names_and_signs(above, below) for below, above in pairwise(chain))
        in_time = all(item.not_before <= now <= item.not_after for item in chain)
        words = "holds" if holds and in_time else "does not hold"
        return f"The chain {words}; it is for no role of RSP.", not (holds and in_time)
    try:
        others = [item.der for item in chain[1:-1]]
        ChainVerifier([top.der]).verify([chain[0].der], role, now, others)
    except CertificateError as error:
        return f"The chain does not hold: {error}.", True
    return "The chain holds.", False


def _words(certificate: Certificate, now: datetime) -> list[str]:
    from rich.text import Text

    field = _field(certificate)
    title = certificate.role.title if certificate.role else "no role of RSP"
    version = "version 3" if certificate.is_v3 else ""
    lines = [
        "  ".join(filter(None, (title, certificate.subject.rfc4514_string(), version))),
        f"  {PURPOSE[field]}",
        f"  key id {certificate.subject_key_id.hex().upper()}  {certificate.curve.label}",
        f"  {Text.from_markup(_validity(certificate, now)).plain}",
    ]
    if known := PUBLISHED_CI.get(certificate.subject_key_id.hex()):
        lines.insert(1, f"  {known}")
    if certificate.eid:
        lines.append(f"  EID {certificate.eid.hex()}")
    if certificate.eins:
        lines.append(f"  for EIDs that begin with {', '.join(certificate.eins)}")
    if certificate.hosts:
        lines.append("  serves " + ", ".join(certificate.hosts))
    if certificate.registered_id:
        lines.append(f"  owner OID {certificate.registered_id}")
    return lines


def _field(certificate: Certificate) -> str:
    from simulator.crypto.branch import ROLES
    from simulator.crypto.certificates import Role

    if certificate.role is None:
        return "other_tls" if certificate.purposes else "other"
    if certificate.role is Role.EUICC:
        return "euicc"
    return next(field for field, role in ROLES.items() if role is certificate.role)
