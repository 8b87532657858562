"""A PKI as files: certificates in DER, keys in PEM, named as in SGP.26; published keys in keys.json."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_der_x509_certificate

from simulator.crypto.branch import Branch, CertificateAndKey, PkiError, Variant, file_names
from simulator.crypto.certificates import Certificate
from simulator.crypto.ecc import Curve, PrivateKey, private_key, public_bytes

KEYS_FILE = "keys.json"


def load_branches(folder: Path, server: str, passphrase: str = "") -> dict[tuple[Curve, Variant], Branch]:
    """Every branch that `folder` has a certificate of besides the CI's, and those of variant O in any case.
    PkiError as `TestPki.load` says."""
    published = _published_keys(folder)
    branches = {}
    for curve in Curve:
        for variant in Variant:
            found = {
                field: item
                for field, name in file_names(curve, server, variant).items()
                if (item := load_item(folder, name, curve, published, passphrase)) is not None
            }
            if "ci" in found and (variant is Variant.O or found.keys() - {"ci", "ci_sub_ca"}):
                branches[curve, variant] = Branch(**found, variant=variant)
    return branches


def save_branch(folder: Path, curve: Curve, branch: Branch, passphrase: str = "") -> None:
    """Writes the certificates and keys of a branch."""
    names = file_names(curve, variant=branch.variant)
    for field, item in branch.items.items():
        save_item(folder, names[field], item, passphrase)


def save_item(
    folder: Path, name: str, item: CertificateAndKey, passphrase: str = "", *, pem: bool = False
) -> None:
    """Writes CERT_<name>.der, with `pem` CERT_<name>.pem too as TLS programs want it, and SK_<name>.pem,
    readable by the owner only."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"CERT_{name}.der").write_bytes(item.certificate_der)
    if pem:
        (folder / f"CERT_{name}.pem").write_bytes(certificate_pem(item.certificate_der))
    if item.key is not None:
        _write_key(folder / f"SK_{name}.pem", key_pem(item.key, passphrase))


def load_item(
    folder: Path, name: str, curve: Curve, published: Mapping[str, PrivateKey], passphrase: str = ""
) -> CertificateAndKey | None:
    """CERT_<name>.der and its key; None if there is no such certificate, PkiError if they do not fit."""
    path = folder / f"CERT_{name}.der"
    if not path.is_file():
        return None
    der = path.read_bytes()
    certificate = Certificate.parse(der)
    if certificate.curve is not curve:
        raise PkiError(f"{path} lies on {certificate.curve.name}, its name says {curve.name}")
    key = load_key(folder / f"SK_{name}.pem", passphrase) or published.get(f"SK_{name}")
    if key is not None and public_bytes(key) != public_bytes(certificate.public_key):
        raise PkiError(f"the private key SK_{name} is not that of {path.name}")
    return CertificateAndKey(der, key)


def load_key(path: Path, passphrase: str = "") -> PrivateKey | None:
    """The private key in a PEM file; None if there is no file. A passphrase is only used where one is
    needed."""
    if not path.is_file():
        return None
    data = path.read_bytes()
    is_encrypted = b"ENCRYPTED" in data
    if is_encrypted and not passphrase:
        raise PkiError(f"{path} is encrypted: its passphrase is needed")
    try:
        key = load_pem_private_key(data, passphrase.encode() if is_encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        wrong = "is encrypted with another passphrase" if is_encrypted else f"holds no private key: {error}"
        raise PkiError(f"{path} {wrong}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError(f"{path} holds a key of another kind than elliptic curves")
    return key


def key_pem(key: PrivateKey, passphrase: str = "") -> bytes:
    """The private key as PEM (PKCS #8), encrypted if there is a passphrase."""
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase:
        encryption = BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def certificate_pem(der: bytes) -> bytes:
    return load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _published_keys(folder: Path) -> dict[str, PrivateKey]:
    """Keys by name from keys.json: {"SK_…": {"curve": "secp256r1", "d": "<hexadecimal scalar>"}}."""
    path = folder / KEYS_FILE
    if not path.is_file():
        return {}
    curves = {"secp256r1": Curve.NIST_P256, "brainpoolP256r1": Curve.BRAINPOOL_P256R1}
    try:
        entries = json.loads(path.read_text())
        return {name: private_key(curves[e["curve"]], int(e["d"], 16)) for name, e in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PkiError(f"{path} is not a list of published keys: {error}") from error


def _write_key(path: Path, pem: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # the file may have been there with another mode
        file.write(pem)
