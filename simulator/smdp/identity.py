"""Who the SM-DP+ is: its address, and under each CI its certificates and keys (SGP.22 §4.5.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from simulator.crypto.certificates import Certificate
from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import Curve, PrivateKey, curve_of
from simulator.crypto.pki import Branch, CertificateAndKey, PkiError, TestPki, Variant

DEFAULT_ADDRESS = "testsmdpplus1.example.com"
SERVER_VARIANTS = (Variant.A, Variant.B, Variant.C, Variant.O)
"""Those of servers, as far as a PKI has them, in the order of preference."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """CERT.DPauth.ECDSA and CERT.DPpb.ECDSA under one CI and of one issuer, DER, with their keys."""

    ci_key_id: bytes
    """subjectKeyIdentifier of the CI, 20 bytes."""
    auth_certificate: bytes
    auth_key: PrivateKey
    pb_certificate: bytes
    pb_key: PrivateKey
    oid: str
    """OID of the SM-DP+, from CERT.DPauth.ECDSA ("2.999.10")."""
    others: tuple[bytes, ...] = ()
    """The SubCAs' certificates between these and the CI's, DER (otherCertsInChain); none in variant O."""

    @property
    def issuer_key_id(self) -> bytes:
        """subjectKeyIdentifier, 20 bytes, of who issued them: the CI in variant O, else a SubCA."""
        return Certificate.parse(self.auth_certificate).authority_key_id

    @property
    def curve(self) -> Curve:
        """The curve that profiles are bound on."""
        return curve_of(self.pb_key)


@dataclass(frozen=True)
class SmdpIdentity:
    """An SM-DP+: its address (FQDN, or host and port), credentials by preference, and the CIs it trusts."""

    address: str
    credentials: tuple[Credentials, ...]
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
        aliases: Iterable[str] = (),
        variants: Iterable[Variant] = SERVER_VARIANTS,
    ) -> SmdpIdentity:
        """The SM-DP+ of a PKI, on all its curves, with the chains of `variants` that are there: where eUICC
        and LPA can use several, the first is taken. PkiError if there are no certificates with keys."""
        branches = [pki.branch(curve, variant) for curve in pki.branches for variant in variants]
        credentials = tuple(c for branch in branches if branch and (c := _credentials(branch)))
        if not credentials:
            raise PkiError("there are no SM-DP+ certificates with their keys")
        tls = next((b.tls for b in pki.branches.values() if b.tls and b.tls.key), None)
        return cls(address, credentials, pki.anchors, tls, tuple(aliases), pki.lists)

    @classmethod
    def load(cls, folder: Path, address: str = DEFAULT_ADDRESS, *, server: str = "DP") -> SmdpIdentity:
        """The SM-DP+ of a folder of certificates, such as SGP.26; `server` is "DP", "DP2", …"""
        return cls.from_pki(TestPki.load(folder, server=server), address)

    @cached_property
    def chains(self) -> ChainVerifier:
        """Verifies eUICC certificates; remembers the manufacturers' that it has verified."""
        return ChainVerifier(self.anchors)

    @cached_property
    def _addresses(self) -> dict[str, str]:
        return {address.lower(): address for address in (*self.aliases, self.address)}

    def own_address(self, address: str) -> str | None:
        """The spelling of ours of an address, compared without regard to case; None if it is not ours."""
        return self._addresses.get(address.lower())

    def credentials_for(self, ci_key_id: bytes, *, v3: bool) -> Credentials | None:
        """The preferred credentials under one CI; without `v3` only those without a SubCA."""
        return next((c for c in self.credentials if c.ci_key_id == ci_key_id and (v3 or not c.others)), None)

    def credentials_under(self, issuer_key_id: bytes) -> Credentials | None:
        """The credentials that one CI or SubCA has issued."""
        return next((c for c in self.credentials if c.issuer_key_id == issuer_key_id), None)


def _credentials(branch: Branch) -> Credentials | None:
    auth, binding = branch.dp_auth, branch.dp_pb
    if auth is None or binding is None or auth.key is None or binding.key is None:
        return None
    return Credentials(
        branch.ci_key_id,
        auth.certificate_der,
        auth.key,
        binding.certificate_der,
        binding.key,
        auth.certificate.registered_id,
        branch.above(auth),
    )
