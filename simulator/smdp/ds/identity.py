"""Who the SM-DS is: its address, and under each CI its certificate and key (SGP.22 §4.5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import Curve, Entropy, PrivateKey
from simulator.crypto.issue import DS_OID
from simulator.crypto.pki import Branch, CertificateAndKey, PkiError, TestPki

DEFAULT_ADDRESS = "testrootsmds.example.com"


class DsCredentials(NamedTuple):
    """CERT.DSauth.ECDSA under one CI, DER, with its key."""

    ci_key_id: bytes
    """subjectKeyIdentifier of the CI, 20 bytes."""
    auth_certificate: bytes
    auth_key: PrivateKey
    oid: str
    """OID of the SM-DS, from its certificate ("2.999.15")."""
    others: tuple[bytes, ...] = ()
    """The SubCAs' certificates between this and the CI's, DER (otherCertsInChain); none in variant O."""

    @property
    def issuer_key_id(self) -> bytes:
        """subjectKeyIdentifier, 20 bytes, of who issued it: the CI in variant O, else a SubCA."""
        return Certificate.parse(self.auth_certificate).authority_key_id


@dataclass(frozen=True)
class DsIdentity:
    """An SM-DS: its address (FQDN, or host and port), credentials by preference, and the CIs it trusts."""

    address: str
    credentials: tuple[DsCredentials, ...]
    anchors: tuple[bytes, ...]
    """CI certificates, DER, under which eUICCs are accepted."""
    tls: CertificateAndKey | None = None
    aliases: tuple[str, ...] = ()
    """Other addresses that LPAs may use."""
    lists: tuple[bytes, ...] = ()
    """Revocation lists, DER, that the server staples to its certificates for eUICCs of version 3."""

    @classmethod
    def from_pki(
        cls,
        pki: TestPki,
        address: str = DEFAULT_ADDRESS,
        *,
        oid: str = DS_OID,
        aliases: Iterable[str] = (),
        entropy: Entropy,
        now: datetime,
    ) -> DsIdentity:
        """An SM-DS with new certificates under every CI of the PKI whose key is at hand, and the chains of
        version 3 that the PKI has for it; PkiError if there is none."""
        curves = [curve for curve, branch in pki.branches.items() if branch.ci.key]
        if not curves:
            raise PkiError("no CI key is at hand to issue the certificates of an SM-DS")
        credentials = tuple(
            found
            for curve in curves
            for found in (
                *_of_version_3(pki, curve, oid),
                _credentials(pki.branches[curve], pki.issue_sm_ds(curve, oid, entropy=entropy, now=now)),
            )
        )
        hosts = dict.fromkeys(name.partition(":")[0] for name in (address, *aliases))
        tls = (
            pki.issue_peer_tls(hosts, Role.DS_TLS, oid, entropy=entropy, now=now)
            if Curve.NIST_P256 in curves
            else None
        )
        return cls(address, credentials, pki.anchors, tls, tuple(aliases), pki.lists)

    @cached_property
    def chains(self) -> ChainVerifier:
        """Verifies eUICC certificates; remembers the manufacturers' that it has verified."""
        return ChainVerifier(self.anchors)

    def own_address(self, address: str) -> str | None:
        """The spelling of ours of an address, compared without regard to case; None if it is not ours."""
        return next((own for own in (self.address, *self.aliases) if own.lower() == address.lower()), None)

    def credentials_for(self, ci_key_id: bytes, *, v3: bool) -> DsCredentials | None:
        """The preferred credentials under one CI; without `v3` only those without a SubCA."""
        return next((c for c in self.credentials if c.ci_key_id == ci_key_id and (v3 or not c.others)), None)

    def credentials_under(self, issuer_key_id: bytes) -> DsCredentials | None:
        """The credentials that one CI or SubCA has issued."""
        return next((c for c in self.credentials if c.issuer_key_id == issuer_key_id), None)


def _of_version_3(pki: TestPki, curve: Curve, oid: str) -> Iterator[DsCredentials]:
    """The chains with SubCAs that the PKI has for this SM-DS, with their keys."""
    for (its_curve, _), branch in pki.variants.items():
        item = branch.ds_auth
        if its_curve is curve and item and item.key and item.certificate.registered_id == oid:
            yield _credentials(branch, item)


def _credentials(branch: Branch, item: CertificateAndKey) -> DsCredentials:
    oid = item.certificate.registered_id
    return DsCredentials(branch.ci_key_id, item.certificate_der, item.require_key(), oid, branch.above(item))
