"""Who an eIM is: its id and address, the key that signs its packages, and whom it trusts (SGP.32 §2.6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from simulator.crypto.chains import ChainVerifier
from simulator.crypto.ecc import Curve, Entropy
from simulator.crypto.issue import EIM_OID
from simulator.crypto.pki import CertificateAndKey, TestPki

DEFAULT_ADDRESS: Final = "eim.example.com"
_OID_TYPE, _FQDN_TYPE, _PROPRIETARY_TYPE = 1, 2, 3
_RETRIEVE_HTTPS: Final = (b"\x80", 1)
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


@dataclass(frozen=True)
class EimIdentity:
    """An eIM: its id, its address (FQDN, or host and port), its certificates, and the CIs that it trusts."""

    eim_id: str
    """1 to 128 characters: an OID, an FQDN, or what the operator likes (§2.11.1.1.1)."""
    address: str
    signing: CertificateAndKey
    """CERT.EIM.ECDSA; eUICCs that know it obey what its key signs."""
    anchors: tuple[bytes, ...]
    """CI certificates, DER, under which eUICCs are accepted."""
    tls: CertificateAndKey | None = None
    aliases: tuple[str, ...] = ()
    """Other addresses that it answers at."""

    @classmethod
    def from_pki(
        cls,
        pki: TestPki,
        address: str = DEFAULT_ADDRESS,
        *,
        eim_id: str = "",
        signing: CertificateAndKey | None = None,
        curve: Curve = Curve.NIST_P256,
        entropy: Entropy,
        now: datetime,
    ) -> EimIdentity:
        """An eIM under the CI of a test PKI, with a new TLS certificate, and a new signing key where none is
        given. Its id is its host name if not given. PkiError if the CI's key is not at hand."""
        host = address.rpartition(":")[0] if re.search(r":\d+$", address) else address
        signing = signing or pki.issue_eim(host, curve, entropy=entropy, now=now)
        tls = pki.issue_peer_tls([host], None, EIM_OID, entropy=entropy, now=now)
        return cls(eim_id or host, address, signing, pki.anchors, tls)

    @cached_property
    def chains(self) -> ChainVerifier:
        """Verifies eUICC certificates."""
        return ChainVerifier(self.anchors)

    @property
    def eim_id_type(self) -> int:
        """EimIdType: an OID, an FQDN, or proprietary."""
        if _OID.fullmatch(self.eim_id):
            return _OID_TYPE
        return _FQDN_TYPE if _HOST.fullmatch(self.eim_id) else _PROPRIETARY_TYPE

    def configuration(
        self,
        *,
        counter: int = 0,
        with_token: bool = False,
        is_indirect: bool = True,
        euicc_ci_key_id: bytes = b"",
    ) -> dict[str, Any]:
        """EimConfigurationData that makes an eUICC obey this eIM. `counter` is that of the last package;
        `with_token`: the eUICC shall make an association token; `is_indirect`: IPAs may download through
        this eIM; `euicc_ci_key_id`: under which CI the eUICC signs its results, the one that it prefers if
        empty."""
        data: dict[str, Any] = {
            "eimId": self.eim_id,
            "eimFqdn": self.address,
            "eimIdType": self.eim_id_type,
            "counterValue": counter,
            "eimPublicKeyData": ("eimCertificate", self.signing.certificate_der),
            "eimSupportedProtocol": _RETRIEVE_HTTPS,
        }
        if is_indirect:
            data["indirectProfileDownload"] = None
        if with_token:
            data["associationToken"] = -1
        if self.anchors:
            data["trustedPublicKeyDataTls"] = ("trustedCertificateTls", self._tls_issuer())
        if euicc_ci_key_id:
            data["euiccCiPKId"] = euicc_ci_key_id
        return data

    def _tls_issuer(self) -> bytes:
        """The CI that stands above the TLS certificate: it outlives it."""
        if self.tls is not None:
            found = self.chains.anchor(self.tls.certificate.authority_key_id)
            if found is not None:
                return found.der
        return self.anchors[0]
