"""What makes an eUICC this one: EID, certificates and keys per curve, trusted CIs (SGP.22 §2.4.5, §2.6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import Curve, Entropy, PrivateKey, curve_of, private_key
from simulator.crypto.pki import TestPki

TEST_EID = bytes.fromhex("89049032123451234512345678901235")
"""The EID of SGP.26's test eUICC."""


@dataclass(frozen=True, slots=True)
class Credential:
    """CERT.EUICC.ECDSA and CERT.EUM.ECDSA under one CI, DER, with SK.EUICC.ECDSA."""

    ci_key_id: bytes
    """subjectKeyIdentifier of the CI, 20 bytes."""
    certificate: bytes
    eum_certificate: bytes
    key: PrivateKey

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
    ) -> EuiccIdentity:
        """A new eUICC of a PKI, certified on each curve on which it has a manufacturer with its key.

        PkiError if there is none, or the manufacturer may not certify this EID.
        """
        credentials = []
        for curve in curves:
            branch = pki.branches.get(curve)
            if branch is None or branch.eum is None or branch.eum.key is None:
                continue
            issued = pki.issue_euicc(eid, curve, entropy=entropy, now=now)
            credentials.append(
                Credential(
                    branch.ci_key_id,
                    issued.certificate_der,
                    branch.eum.certificate_der,
                    issued.require_key(),
                )
            )
        return cls(eid, tuple(credentials), pki.anchors)

    @cached_property
    def chains(self) -> ChainVerifier:
        """Verifies server certificates; remembers those that it has verified."""
        return ChainVerifier(self.anchors)

    def credential(self, ci_key_id: bytes) -> Credential | None:
        """The credential under one CI."""
        return next((item for item in self.credentials if item.ci_key_id == ci_key_id), None)

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
                )
                for item in credentials
            ),
            tuple(bytes.fromhex(anchor) for anchor in anchors),
        )
