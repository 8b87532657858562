"""What stands below one CI key: its certificates, by the variant of their chains (SGP.22 §4.5.2; SGP.26)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Final

from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.ecc import Curve, PrivateKey
from simulator.crypto.errors import CryptoError


class PkiError(CryptoError):
    """A folder does not hold the certificates and keys that are asked for."""


class Variant(Enum):
    """A shape of certificate chains; `simulator.crypto.chains` draws them."""

    O = "O"  # noqa: E741 - the specification's own letter
    OV3 = "Ov3"
    A = "A"
    B = "B"
    C = "C"

    @property
    def is_v3(self) -> bool:
        return self is not Variant.O


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
    """What stands below one CI key in one variant. A published set need not have every certificate, nor every
    key."""

    ci: CertificateAndKey
    eum: CertificateAndKey | None = None
    dp_auth: CertificateAndKey | None = None
    dp_pb: CertificateAndKey | None = None
    tls: CertificateAndKey | None = None
    ds_auth: CertificateAndKey | None = None
    ds_tls: CertificateAndKey | None = None
    ci_sub_ca: CertificateAndKey | None = None
    eum_sub_ca: CertificateAndKey | None = None
    dp_sub_ca: CertificateAndKey | None = None
    ds_sub_ca: CertificateAndKey | None = None
    variant: Variant = Variant.O

    @property
    def ci_key_id(self) -> bytes:
        """subjectKeyIdentifier of the CI, 20 bytes: how RSP messages name this branch."""
        return self.ci.certificate.subject_key_id

    @property
    def items(self) -> dict[str, CertificateAndKey]:
        """Every certificate that is there, by the name of its field."""
        found = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "variant"}
        return {name: item for name, item in found.items() if item is not None}

    @property
    def euicc_issuer(self) -> CertificateAndKey | None:
        """Who certifies eUICCs: the manufacturer, or its SubCA."""
        return self.eum_sub_ca or self.eum

    def above(self, certificate: CertificateAndKey) -> tuple[bytes, ...]:
        """The certificates from the issuer of this one up to the CI, without the CI, DER: for a server just
        what otherCertsInChain holds, for an eUICC the next certificate and then otherCertsInChain."""
        by_key_id = {item.certificate.subject_key_id: item for item in self.items.values()}
        found: list[bytes] = []
        key_id = certificate.certificate.authority_key_id
        while key_id != self.ci_key_id and (issuer := by_key_id.pop(key_id, None)):
            found.append(issuer.certificate_der)
            key_id = issuer.certificate.authority_key_id
        return tuple(found)


ROLES: Final = {
    "ci": Role.CI,
    "eum": Role.EUM,
    "dp_auth": Role.DP_AUTH,
    "dp_pb": Role.DP_PB,
    "tls": Role.DP_TLS,
    "ds_auth": Role.DS_AUTH,
    "ds_tls": Role.DS_TLS,
    "ci_sub_ca": Role.CI_SUB_CA,
    "eum_sub_ca": Role.EUM_SUB_CA,
    "dp_sub_ca": Role.DP_SUB_CA,
    "ds_sub_ca": Role.DS_SUB_CA,
}
"""Field of `Branch` → what it is."""

_DP: Final = ("dp_auth", "dp_pb", "tls")
_DS: Final = ("ds_auth", "ds_tls")
LAYOUTS: Final[dict[Variant, dict[str, str]]] = {
    Variant.OV3: {"eum": "ci"},
    Variant.A: {
        "eum": "ci",
        "eum_sub_ca": "eum",
        "dp_sub_ca": "ci",
        **dict.fromkeys(_DP, "dp_sub_ca"),
        "ds_sub_ca": "ci",
        **dict.fromkeys(_DS, "ds_sub_ca"),
    },
    Variant.B: {"ci_sub_ca": "ci", **dict.fromkeys(("eum", *_DP, *_DS), "ci_sub_ca")},
    Variant.C: {
        "ci_sub_ca": "ci",
        "eum": "ci_sub_ca",
        "eum_sub_ca": "eum",
        "dp_sub_ca": "ci_sub_ca",
        **dict.fromkeys(_DP, "dp_sub_ca"),
        "ds_sub_ca": "ci_sub_ca",
        **dict.fromkeys(_DS, "ds_sub_ca"),
    },
}
"""The variants of version 3: what each has, and who issues it, from the CI downwards. In Ov3 servers have the
certificates of variant O, as in SGP.26."""


def file_names(curve: Curve, server: str = "DP", variant: Variant = Variant.O) -> dict[str, str]:
    """Field of `Branch` to the part of the file name after "CERT_" or "SK_", as SGP.26 has it."""
    label = curve.label
    names = {"ci": f"CI_ECDSA_{label}"}
    if variant is Variant.O:
        return names | {
            "eum": f"EUM_ECDSA_{label}",
            "dp_auth": f"S_SM_{server}auth_ECDSA_{label}",
            "dp_pb": f"S_SM_{server}pb_ECDSA_{label}",
            "tls": f"S_SM_{server}_TLS_{label}",
            "ds_auth": f"S_SM_DSauth_ECDSA_{label}",
            "ds_tls": f"S_SM_DS_TLS_{label}",
        }
    if variant is Variant.OV3:
        return names | {"eum": f"EUM_SIG_{label}"}
    infix = f"VAR{variant.value}"
    by_field = {
        "ci_sub_ca": f"CISubCA_SIG_{label}",
        "eum": f"EUM_{infix}_SIG_{label}",
        "eum_sub_ca": f"EUMSubCA_{infix}_SIG_{label}",
        "dp_sub_ca": f"SM_DPSubCA_{infix}_SIG_{label}",
        "dp_auth": f"S_SM_{server}auth_{infix}_SIG_{label}",
        "dp_pb": f"S_SM_{server}pb_{infix}_SIG_{label}",
        "tls": f"S_SM_{server}_{infix}_TLS_{label}",
        "ds_sub_ca": f"SM_DSSubCA_{infix}_SIG_{label}",
        "ds_auth": f"S_SM_DSauth_{infix}_SIG_{label}",
        "ds_tls": f"S_SM_DS_{infix}_TLS_{label}",
    }
    return names | {field: by_field[field] for field in LAYOUTS[variant]}
