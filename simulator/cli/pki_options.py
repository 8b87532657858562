"""Options and look-ups that the commands of `esim pki` share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulator.crypto.branch import CertificateAndKey, Variant
    from simulator.crypto.issue import Issuer
    from simulator.crypto.pki import TestPki

FOLDER = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the certificates; your own test PKI if not given.",
)
VARIANT_NAMES = ("Ov3", "A", "B", "C")
VARIANTS = click.option(
    "--variant",
    "variants",
    multiple=True,
    type=click.Choice(VARIANT_NAMES),
    help="Add chains of this variant of SGP.22 version 3; may be repeated.",
)


def chosen_variants(names: Iterable[str]) -> list[Variant]:
    """The variants of these names, each once, in the order given."""
    from simulator.crypto.branch import Variant

    return [Variant(name) for name in dict.fromkeys(names)]


def all_items(pki: TestPki) -> list[CertificateAndKey]:
    """Every certificate of the PKI once."""
    items = [
        item for branch in (*pki.branches.values(), *pki.variants.values()) for item in branch.items.values()
    ]
    return list({item.certificate_der: item for item in items}.values())


def issuer_of(pki: TestPki, certificate_der: bytes) -> tuple[CertificateAndKey, Issuer]:
    """Who issued a certificate, with the key; ClickException if it is nobody of this PKI."""
    from simulator.crypto.certificates import Certificate
    from simulator.crypto.issue import Issuer

    wanted = Certificate.parse(certificate_der).authority_key_id
    for item in all_items(pki):
        if wanted and item.certificate.subject_key_id == wanted:
            return item, Issuer(item.certificate, item.require_key())
    raise click.ClickException("nobody of this PKI has issued this certificate.")


def read_certificate(path: Path) -> bytes:
    """The first certificate in a file, DER; ClickException if there is none."""
    data = path.read_bytes()
    if b"-----BEGIN" not in data:
        return data
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        return x509.load_pem_x509_certificate(data).public_bytes(Encoding.DER)
    except ValueError:
        raise click.ClickException(f"{path} holds no certificate in PEM.") from None
