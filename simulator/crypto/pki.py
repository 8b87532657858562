"""A test PKI for RSP: CI, EUM, SM-DP+ and eUICC certificates as SGP.22 §4.5.2 asks, named as in SGP.26.

One `Branch` per curve holds everything below one CI. Its files carry the names of the published SGP.26
set, so that one loader reads both: `CERT_<name>.der` with the key in `SK_<name>.pem` or in `keys.json`.
Randomness and time are handed in; with the same of both the same PKI comes out, byte for byte.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from simulator.crypto import issue
from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.ecc import Curve, Entropy, PrivateKey, one_time_key, private_key, public_bytes
from simulator.crypto.errors import CryptoError

DEFAULT_HOSTS = ("localhost", "127.0.0.1", "::1", "testsmdpplus1.example.com")
"""Names that the TLS certificate is for: loopback, and the server of SGP.26."""
KEYS_FILE = "keys.json"


class PkiError(CryptoError):
    """A folder does not hold the certificates and keys that are asked for."""


@dataclass(frozen=True, slots=True)
class CertificateAndKey:
    """A certificate in DER and its private key, where that is known."""

    certificate_der: bytes
    key: PrivateKey | None = None

    @property
    def certificate(self) -> Certificate:
        return Certificate.parse(self.certificate_der)

    def require_key(self) -> PrivateKey:
        """The private key; PkiError if only the certificate is at hand."""
        if self.key is None:
            subject = self.certificate.subject.rfc4514_string()
            raise PkiError(f"the private key of {subject} is not at hand")
        return self.key


@dataclass(frozen=True, slots=True)
class Branch:
    """What stands below one CI key. A published set need not have every certificate, nor every key."""

    ci: CertificateAndKey
    eum: CertificateAndKey | None = None
    dp_auth: CertificateAndKey | None = None
    dp_pb: CertificateAndKey | None = None
    tls: CertificateAndKey | None = None

    @property
    def ci_key_id(self) -> bytes:
        """subjectKeyIdentifier of the CI, 20 bytes: how RSP messages name this branch."""
        return self.ci.certificate.subject_key_id

    @property
    def items(self) -> dict[str, CertificateAndKey]:
        """Every certificate that is there, by the name of its field."""
        fields = {name: getattr(self, name) for name in ("ci", "eum", "dp_auth", "dp_pb", "tls")}
        return {name: item for name, item in fields.items() if item is not None}


def file_names(curve: Curve, server: str = "DP") -> dict[str, str]:
    """Field of `Branch` to the part of the file name after "CERT_" or "SK_", as SGP.26 has it."""
    label = curve.label
    return {
        "ci": f"CI_ECDSA_{label}",
        "eum": f"EUM_ECDSA_{label}",
        "dp_auth": f"S_SM_{server}auth_ECDSA_{label}",
        "dp_pb": f"S_SM_{server}pb_ECDSA_{label}",
        "tls": f"S_SM_{server}_TLS_{label}",
    }


@dataclass(frozen=True, slots=True)
class TestPki:
    """A test PKI on one curve or both."""

    __test__: ClassVar[bool] = False

    branches: Mapping[Curve, Branch]

    @classmethod
    def create(
        cls,
        *,
        entropy: Entropy,
        now: datetime,
        curves: Iterable[Curve] = tuple(Curve),
        hosts: Iterable[str] = DEFAULT_HOSTS,
    ) -> TestPki:
        """A new PKI, valid from the day before `now`. The SM-DP+ serves TLS as any of `hosts`, on NIST P-256
        only: no browser and few TLS libraries take brainpool."""
        names = tuple(hosts)
        return cls({curve: _new_branch(curve, entropy, now, names) for curve in curves})

    @classmethod
    def load(cls, folder: Path, *, server: str = "DP") -> TestPki:
        """The PKI in `folder`, ours or the published one; `server` picks "DP", "DP2", … of the latter.

        PkiError if there is no CI certificate, or a key is not that of its certificate.
        """
        published = _published_keys(folder)
        branches = {}
        for curve in Curve:
            found = {
                field: item
                for field, name in file_names(curve, server).items()
                if (item := _load_item(folder, name, curve, published)) is not None
            }
            if "ci" in found:
                branches[curve] = Branch(**found)
        if not branches:
            raise PkiError(f"{folder} holds no CI certificate (CERT_CI_ECDSA_NIST.der or …_BRP.der)")
        return cls(branches)

    def save(self, folder: Path) -> None:
        """Writes certificates as DER and keys as PEM (PKCS #8, not encrypted, readable by the owner only)."""
        folder.mkdir(parents=True, exist_ok=True)
        for curve, branch in self.branches.items():
            names = file_names(curve)
            for field, item in branch.items.items():
                (folder / f"CERT_{names[field]}.der").write_bytes(item.certificate_der)
                if item.key is not None:
                    _write_key(folder / f"SK_{names[field]}.pem", item.key)

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """The CI certificates, DER."""
        return tuple(branch.ci.certificate_der for branch in self.branches.values())

    @property
    def tls(self) -> CertificateAndKey:
        """The server's TLS certificate; PkiError if there is none with its key."""
        for branch in self.branches.values():
            if branch.tls is not None and branch.tls.key is not None:
                return branch.tls
        raise PkiError("there is no TLS certificate with its key")

    def issue_euicc(
        self, eid: bytes, curve: Curve = Curve.NIST_P256, *, entropy: Entropy, now: datetime
    ) -> CertificateAndKey:
        """A certificate with a new key for the eUICC with this EID (16 bytes), under the EUM of `curve`.

        PkiError if the EUM's key is not at hand or its name constraints exclude the EID.
        """
        branch = self.branches.get(curve)
        if branch is None or branch.eum is None:
            raise PkiError(f"this PKI has no eUICC manufacturer on {curve.name}")
        eum = branch.eum.certificate
        prefix = issue.eid_prefix(eum)
        if not eid.hex().startswith(prefix):
            raise PkiError(f"the manufacturer may only certify EIDs that begin with {prefix}")
        issuer = issue.Issuer(eum, branch.eum.require_key())
        key = one_time_key(curve, entropy)
        der = issue.euicc_certificate(issuer, key.public_key(), eid, entropy=entropy, now=now)
        return CertificateAndKey(der, key)

    def issue_tls(self, hosts: Iterable[str], *, entropy: Entropy, now: datetime) -> TestPki:
        """This PKI with a new TLS certificate, for other `hosts`, under its NIST CI."""
        branch, issuer = self._tls_issuer()
        tls = _new_tls(issuer, entropy, now, tuple(hosts))
        return TestPki({**self.branches, Curve.NIST_P256: replace(branch, tls=tls)})

    def issue_peer_tls(
        self, hosts: Iterable[str], role: Role, oid: str, *, entropy: Entropy, now: datetime
    ) -> CertificateAndKey:
        """A TLS certificate with a new key for another party, an SM-DS or an operator, whom servers know by
        `oid`. It is issued under the NIST CI; PkiError if that key is not at hand."""
        _, issuer = self._tls_issuer()
        return _new_tls(issuer, entropy, now, tuple(hosts), role, oid)

    def issue_sm_ds(self, curve: Curve, oid: str, *, entropy: Entropy, now: datetime) -> CertificateAndKey:
        """CERT.DSauth.ECDSA with a new key for the SM-DS `oid`, under the CI of `curve`; PkiError if the CI's
        key is not at hand."""
        branch = self.branches[curve]
        issuer = issue.Issuer(branch.ci.certificate, branch.ci.require_key())
        key = one_time_key(curve, entropy)
        der = issue.ds_auth_certificate(issuer, key.public_key(), oid, entropy=entropy, now=now)
        return CertificateAndKey(der, key)

    def _tls_issuer(self) -> tuple[Branch, issue.Issuer]:
        branch = self.branches.get(Curve.NIST_P256)
        if branch is None:
            raise PkiError("TLS certificates are issued under a CI on NIST P-256, which this PKI lacks")
        return branch, issue.Issuer(branch.ci.certificate, branch.ci.require_key())


def _new_branch(curve: Curve, entropy: Entropy, now: datetime, hosts: tuple[str, ...]) -> Branch:
    ci_key = one_time_key(curve, entropy)
    ci_der = issue.ci_certificate(ci_key, entropy=entropy, now=now)
    issuer = issue.Issuer(Certificate.parse(ci_der), ci_key)
    keys = [one_time_key(curve, entropy) for _ in range(3)]
    eum, auth, binding = (key.public_key() for key in keys)
    return Branch(
        ci=CertificateAndKey(ci_der, ci_key),
        eum=CertificateAndKey(issue.eum_certificate(issuer, eum, entropy=entropy, now=now), keys[0]),
        dp_auth=CertificateAndKey(issue.dp_auth_certificate(issuer, auth, entropy=entropy, now=now), keys[1]),
        dp_pb=CertificateAndKey(issue.dp_pb_certificate(issuer, binding, entropy=entropy, now=now), keys[2]),
        tls=_new_tls(issuer, entropy, now, hosts) if curve is Curve.NIST_P256 else None,
    )


def _new_tls(
    issuer: issue.Issuer,
    entropy: Entropy,
    now: datetime,
    hosts: tuple[str, ...],
    role: Role = Role.DP_TLS,
    oid: str = issue.DP_OID,
) -> CertificateAndKey:
    key = one_time_key(Curve.NIST_P256, entropy)
    der = issue.tls_certificate(issuer, key.public_key(), hosts, role, oid, entropy=entropy, now=now)
    return CertificateAndKey(der, key)


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


def _load_item(
    folder: Path, name: str, curve: Curve, published: Mapping[str, PrivateKey]
) -> CertificateAndKey | None:
    path = folder / f"CERT_{name}.der"
    if not path.is_file():
        return None
    der = path.read_bytes()
    certificate = Certificate.parse(der)
    if certificate.curve is not curve:
        raise PkiError(f"{path} lies on {certificate.curve.name}, its name says {curve.name}")
    key = _load_key(folder / f"SK_{name}.pem") or published.get(f"SK_{name}")
    if key is not None and public_bytes(key) != public_bytes(certificate.public_key):
        raise PkiError(f"the private key SK_{name} is not that of {path.name}")
    return CertificateAndKey(der, key)


def _load_key(path: Path) -> PrivateKey | None:
    if not path.is_file():
        return None
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PkiError(f"{path} holds no private key: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError(f"{path} holds a key of another kind than elliptic curves")
    return key


def key_pem(key: PrivateKey) -> bytes:
    """The private key as PEM (PKCS #8, not encrypted)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_key(path: Path, key: PrivateKey) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)  # the file may have been there with another mode
        file.write(key_pem(key))
