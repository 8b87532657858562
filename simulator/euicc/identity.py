"""What makes an eUICC this one: EID, certificates and keys per curve, trusted CIs (SGP.22 §2.4.5, §2.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import product

from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import Curve, Entropy, PrivateKey, curve_of, private_key
from simulator.crypto.pki import TestPki, Variant

TEST_EID = bytes.fromhex("89049032123451234512345678901235")
"""The EID of SGP.26's test eUICC."""


@dataclass(frozen=True, slots=True)
class Credential:
    """CERT.EUICC.ECDSA and the certificate that certifies it, the EUM's or its SubCA's, DER, under one CI,
    with SK.EUICC.ECDSA."""

    ci_key_id: bytes
    """subjectKeyIdentifier of the CI, 20 bytes."""
    certificate: bytes
    eum_certificate: bytes
    key: PrivateKey
    others: tuple[bytes, ...] = ()
    """The further certificates up to the CI, DER: otherCertsInChain."""
    is_v3: bool = False
    """Whether the chain is of a variant of version 3, not O."""

    @property
    def curve(self) -> Curve:
        return curve_of(self.key)


@dataclass(frozen=True)
class EuiccIdentity:
    """The contents of the ECASD. `eid` is 16 bytes, `credentials` stand in the order of preference."""

    eid: bytes
    credentials: tuple[Credential, ...]
    anchors: tuple[bytes, ...]
    """CI certificates, DER, under which servers are accepted."""

    @classmethod
    def from_pki(
        cls,
        pki: TestPki,
        eid: bytes = TEST_EID,
        *,
        entropy: Entropy,
        now: datetime,
        curves: Iterable[Curve] = tuple(Curve),
        variants: Iterable[Variant] = (Variant.O,),
    ) -> EuiccIdentity:
        """A new eUICC of a PKI, certified on each curve and in each of `variants` in which it has a
        manufacturer with its key.

        PkiError if there is none, or the manufacturer may not certify this EID.
        """
        credentials = []
        for curve, variant in product(curves, variants):
            branch = pki.branch(curve, variant)
            if branch is None or branch.euicc_issuer is None or branch.euicc_issuer.key is None:
                continue
            issued = pki.issue_euicc(eid, curve, variant, entropy=entropy, now=now)
            issuer, *others = branch.above(issued)
            credentials.append(
                Credential(
                    branch.ci_key_id,
                    issued.certificate_der,
                    issuer,
                    issued.require_key(),
                    tuple(others),
                    variant.is_v3,
                )
            )
        return cls(eid, tuple(credentials), pki.anchors)

    @cached_property
    def chains(self) -> ChainVerifier:
        """Verifies server certificates; remembers those that it has verified."""
        return ChainVerifier(self.anchors)

    def credential(self, ci_key_id: bytes, *, v3: bool | None = None) -> Credential | None:
        """The credential under one CI; only one of version 3, or only one of variant O, if `v3` says so."""
        return next((c for c in self.credentials if c.ci_key_id == ci_key_id and v3 in (None, c.is_v3)), None)

    def save(self) -> dict[str, object]:
        """The identity as plain values, private keys included (scalars in hexadecimal)."""
        return {
            "eid": self.eid.hex(),
            "anchors": [anchor.hex() for anchor in self.anchors],
            "credentials": [
                {
                    "ci": item.ci_key_id.hex(),
                    "certificate": item.certificate.hex(),
                    "eum": item.eum_certificate.hex(),
                    "others": [other.hex() for other in item.others],
                    "v3": item.is_v3,
                    "curve": item.curve.name,
                    "key": f"{item.key.private_numbers().private_value:064x}",
                }
                for item in self.credentials
            ],
        }

    @classmethod
    def load(cls, state: dict[str, object]) -> EuiccIdentity:
        """The identity that `save` gave."""
        credentials = state["credentials"]
        anchors = state["anchors"]
        assert isinstance(credentials, list)
        assert isinstance(anchors, list)
        return cls(
            bytes.fromhex(str(state["eid"])),
            tuple(
                Credential(
                    bytes.fromhex(item["ci"]),
                    bytes.fromhex(item["certificate"]),
                    bytes.fromhex(item["eum"]),
                    private_key(Curve[item["curve"]], int(item["key"], 16)),
                    tuple(bytes.fromhex(other) for other in item.get("others", ())),
                    item.get("v3", False),
                )
                for item in credentials
            ),
            tuple(bytes.fromhex(anchor) for anchor in anchors),
        )
