"""A test PKI for RSP: CI, EUM, SM-DP+ and eUICC certificates as SGP.22 §4.5.2 asks, named as in SGP.26.

One `Branch` per curve and variant holds what is below one CI. Its files carry the names of the published
SGP.26 sets, so that one loader reads both: `CERT_<name>.der` with the key in `SK_<name>.pem` or in
`keys.json`. Randomness and time are handed in; with the same of both the same PKI comes out, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from simulator.crypto import issue
from simulator.crypto.branch import LAYOUTS, ROLES, Branch, CertificateAndKey, PkiError, Variant, file_names
from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.ecc import Curve, Entropy, one_time_key
from simulator.crypto.pki_files import KEYS_FILE, key_pem, load_branches, save_branch
from simulator.crypto.revocation import issue_next, parse_crl

__all__ = [
    "DEFAULT_HOSTS",
    "KEYS_FILE",
    "Branch",
    "CertificateAndKey",
    "PkiError",
    "TestPki",
    "Variant",
    "file_names",
    "key_pem",
]

DEFAULT_HOSTS = ("localhost", "127.0.0.1", "::1", "testsmdpplus1.example.com")
"""Names that the TLS certificate is for: loopback, and the server of SGP.26."""
DS_HOSTS = ("localhost", "127.0.0.1", "::1", "testrootsmds.example.com")
LIST_DAYS = 365
"""How long a revocation list is good that a test server makes for itself."""
V3_VARIANTS = tuple(variant for variant in Variant if variant.is_v3)


@dataclass(frozen=True, slots=True)
class TestPki:
    """A test PKI on one curve or both, with chains of version 3 where they were asked for."""

    __test__: ClassVar[bool] = False

    branches: Mapping[Curve, Branch]
    """Variant O of each curve."""
    variants: Mapping[tuple[Curve, Variant], Branch] = field(default_factory=dict)
    """The other variants, under the same CIs."""
    lists: tuple[bytes, ...] = ()
    """Revocation lists of its issuers, DER."""

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
    def load(cls, folder: Path, *, server: str = "DP", passphrase: str = "") -> TestPki:
        """The PKI in `folder`, ours or the published one; `server` picks "DP", "DP2", … of the latter.

        PkiError if there is no CI certificate, or a key is not that of its certificate, or is encrypted with
        another passphrase.
        """
        found = load_branches(folder, server, passphrase)
        if not found:
            raise PkiError(f"{folder} holds no CI certificate (CERT_CI_ECDSA_NIST.der or …_BRP.der)")
        branches = {curve: branch for (curve, variant), branch in found.items() if variant is Variant.O}
        variants = {key: branch for key, branch in found.items() if key[1].is_v3}
        return cls(branches, variants, tuple(path.read_bytes() for path in sorted(folder.glob("CRL_*.der"))))

    def save(self, folder: Path, passphrase: str = "") -> None:
        """Writes certificates as DER and keys as PEM (PKCS #8, readable by the owner only; encrypted if there
        is a passphrase)."""
        folder.mkdir(parents=True, exist_ok=True)
        for curve, branch in self.branches.items():
            save_branch(folder, curve, branch, passphrase)
        for (curve, _), branch in self.variants.items():
            save_branch(folder, curve, branch, passphrase)

    def branch(self, curve: Curve, variant: Variant = Variant.O) -> Branch | None:
        """What stands below the CI of `curve` in this variant."""
        return self.branches.get(curve) if variant is Variant.O else self.variants.get((curve, variant))

    def with_variants(
        self,
        variants: Iterable[Variant] = V3_VARIANTS,
        *,
        entropy: Entropy,
        now: datetime,
        hosts: Iterable[str] = DEFAULT_HOSTS,
        ds_hosts: Iterable[str] = DS_HOSTS,
    ) -> TestPki:
        """This PKI with new chains of these variants on each curve; PkiError if a CI's key is not at hand."""
        made = dict(self.variants)
        names = {"tls": tuple(hosts), "ds_tls": tuple(ds_hosts)}
        for curve, root in self.branches.items():
            shared = {} if (sub_ca := self._ci_sub_ca(curve)) is None else {"ci_sub_ca": sub_ca}
            for variant in variants:
                branch = _new_variant(root.ci, variant, shared, entropy, now, names)
                made[curve, variant] = branch
                if branch.ci_sub_ca:
                    shared["ci_sub_ca"] = branch.ci_sub_ca
        return replace(self, variants=made)

    def with_sm_ds(
        self, *, entropy: Entropy, now: datetime, hosts: Iterable[str] = DS_HOSTS, oid: str = issue.DS_OID
    ) -> TestPki:
        """This PKI with new certificates for an SM-DS in variant O; PkiError if a CI's key is not at hand."""
        names = tuple(hosts)
        branches = dict(self.branches)
        for curve, branch in self.branches.items():
            auth = self.issue_sm_ds(curve, oid, entropy=entropy, now=now)
            tls = None
            if curve is Curve.NIST_P256:
                tls = self.issue_peer_tls(names, Role.DS_TLS, oid, entropy=entropy, now=now)
            branches[curve] = replace(branch, ds_auth=auth, ds_tls=tls)
        return replace(self, branches=branches)

    def with_lists(self, *, now: datetime, days: int = LIST_DAYS) -> TestPki:
        """This PKI with a revocation list, valid now, of every issuer whose key is at hand: its own, or a new
        one that names what its own lists have named. RevocationError if a list of its own is none."""
        branches = (*self.branches.values(), *self.variants.values())
        items = {item.certificate_der: item for branch in branches for item in branch.items.values()}
        known = [parse_crl(der) for der in self.lists]
        made = [
            issue_next(
                _issuer(item),
                [crl for crl in known if crl.issuer_key_id == item.certificate.subject_key_id],
                now=now,
                days=days,
            )
            for item in items.values()
            if item.key is not None and item.certificate.signs_lists
        ]
        return replace(self, lists=(*self.lists, *(der for der in made if der)))

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
        self,
        eid: bytes,
        curve: Curve = Curve.NIST_P256,
        variant: Variant = Variant.O,
        *,
        entropy: Entropy,
        now: datetime,
    ) -> CertificateAndKey:
        """A certificate with a new key for the eUICC with this EID (16 bytes), under the EUM of `curve`, or
        that one's SubCA in variants A and C.

        PkiError if the issuer's key is not at hand or the EUM's name constraints exclude the EID.
        """
        branch = self.branch(curve, variant)
        if branch is None or branch.eum is None or branch.euicc_issuer is None:
            shape = f", variant {variant.value}" if variant.is_v3 else ""
            raise PkiError(f"this PKI has no eUICC manufacturer on {curve.name}{shape}")
        prefix = issue.eid_prefix(branch.eum.certificate)
        if not eid.hex().startswith(prefix):
            raise PkiError(f"the manufacturer may only certify EIDs that begin with {prefix}")
        issuer = _issuer(branch.euicc_issuer)
        key = one_time_key(curve, entropy)
        der = issue.euicc_certificate(
            issuer, key.public_key(), eid, v3=variant.is_v3, entropy=entropy, now=now
        )
        return CertificateAndKey(der, key)

    def issue_tls(self, hosts: Iterable[str], *, entropy: Entropy, now: datetime) -> TestPki:
        """This PKI with a new TLS certificate, for other `hosts`, under its NIST CI."""
        branch, issuer = self._tls_issuer()
        tls = _new_tls(issuer, entropy, now, tuple(hosts))
        return replace(self, branches={**self.branches, Curve.NIST_P256: replace(branch, tls=tls)})

    def issue_peer_tls(
        self, hosts: Iterable[str], role: Role | None, oid: str, *, entropy: Entropy, now: datetime
    ) -> CertificateAndKey:
        """A TLS certificate with a new key for another party, whom servers know by `oid`: an SM-DS, or with
        no role of RSP an operator (ES2+) or an eIM (ESipa). It is issued under the NIST CI; PkiError if that
        key is not at hand."""
        _, issuer = self._tls_issuer()
        return _new_tls(issuer, entropy, now, tuple(hosts), role, oid)

    def issue_sm_ds(self, curve: Curve, oid: str, *, entropy: Entropy, now: datetime) -> CertificateAndKey:
        """CERT.DSauth.ECDSA with a new key for the SM-DS `oid`, under the CI of `curve`; PkiError if the CI's
        key is not at hand."""
        issuer = _issuer(self.branches[curve].ci)
        key = one_time_key(curve, entropy)
        der = issue.server_certificate(issuer, key.public_key(), Role.DS_AUTH, oid, entropy=entropy, now=now)
        return CertificateAndKey(der, key)

    def issue_eim(
        self, host: str, curve: Curve = Curve.NIST_P256, *, entropy: Entropy, now: datetime
    ) -> CertificateAndKey:
        """CERT.EIM.ECDSA with a new key, under the CI of `curve`; PkiError if the CI's key is not at hand."""
        if (branch := self.branches.get(curve)) is None:
            raise PkiError(f"this PKI has no CI on {curve.name}")
        key = one_time_key(curve, entropy)
        der = issue.eim_certificate(_issuer(branch.ci), key.public_key(), host, entropy=entropy, now=now)
        return CertificateAndKey(der, key)

    def _ci_sub_ca(self, curve: Curve) -> CertificateAndKey | None:
        found = (branch.ci_sub_ca for (its, _), branch in self.variants.items() if its is curve)
        return next((item for item in found if item is not None), None)

    def _tls_issuer(self) -> tuple[Branch, issue.Issuer]:
        branch = self.branches.get(Curve.NIST_P256)
        if branch is None:
            raise PkiError("TLS certificates are issued under a CI on NIST P-256, which this PKI lacks")
        return branch, _issuer(branch.ci)


def _issuer(item: CertificateAndKey) -> issue.Issuer:
    return issue.Issuer(item.certificate, item.require_key())


def _new_branch(curve: Curve, entropy: Entropy, now: datetime, hosts: tuple[str, ...]) -> Branch:
    ci_key = one_time_key(curve, entropy)
    ci_der = issue.ci_certificate(ci_key, entropy=entropy, now=now)
    issuer = issue.Issuer(Certificate.parse(ci_der), ci_key)
    keys = [one_time_key(curve, entropy) for _ in range(3)]
    eum, auth, binding = (key.public_key() for key in keys)
    return Branch(
        ci=CertificateAndKey(ci_der, ci_key),
        eum=CertificateAndKey(issue.eum_certificate(issuer, eum, entropy=entropy, now=now), keys[0]),
        dp_auth=CertificateAndKey(
            issue.server_certificate(issuer, auth, Role.DP_AUTH, issue.DP_OID, entropy=entropy, now=now),
            keys[1],
        ),
        dp_pb=CertificateAndKey(
            issue.server_certificate(issuer, binding, Role.DP_PB, issue.DP_OID, entropy=entropy, now=now),
            keys[2],
        ),
        tls=_new_tls(issuer, entropy, now, hosts) if curve is Curve.NIST_P256 else None,
    )


def _new_variant(
    ci: CertificateAndKey,
    variant: Variant,
    shared: Mapping[str, CertificateAndKey],
    entropy: Entropy,
    now: datetime,
    hosts: Mapping[str, tuple[str, ...]],
) -> Branch:
    """All certificates of a variant below this CI; those in `shared` are taken as they are."""
    made = {"ci": ci}
    for name, issuer in LAYOUTS[variant].items():
        if name in shared:
            made[name] = shared[name]
        elif name not in hosts or ci.certificate.curve is Curve.NIST_P256:
            made[name] = _new_item(_issuer(made[issuer]), name, hosts.get(name, ()), entropy, now)
    return Branch(**made, variant=variant)


def _new_item(
    issuer: issue.Issuer, name: str, hosts: tuple[str, ...], entropy: Entropy, now: datetime
) -> CertificateAndKey:
    """The certificate of version 3, with a new key, that a field of `Branch` names."""
    role = ROLES[name]
    oid = issue.DS_OID if name.startswith("ds_") else issue.DP_OID
    key = one_time_key(issuer.certificate.curve, entropy)
    public = key.public_key()
    if role is Role.EUM:
        der = issue.eum_certificate(issuer, public, v3=True, entropy=entropy, now=now)
    elif role.is_sub_ca:
        der = issue.sub_ca_certificate(issuer, public, role, entropy=entropy, now=now)
    elif role.is_tls:
        der = issue.tls_certificate(issuer, public, hosts, role, oid, v3=True, entropy=entropy, now=now)
    else:
        der = issue.server_certificate(issuer, public, role, oid, v3=True, entropy=entropy, now=now)
    return CertificateAndKey(der, key)


def _new_tls(
    issuer: issue.Issuer,
    entropy: Entropy,
    now: datetime,
    hosts: tuple[str, ...],
    role: Role | None = Role.DP_TLS,
    oid: str = issue.DP_OID,
) -> CertificateAndKey:
    key = one_time_key(Curve.NIST_P256, entropy)
    der = issue.tls_certificate(issuer, key.public_key(), hosts, role, oid, entropy=entropy, now=now)
    return CertificateAndKey(der, key)
