"""What an LPA reads from a server's certificates: object identifier and role (SGP.22 §4.5.2.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asn1 import pkix
from asn1.errors import Asn1Error
from simulator.lpa.errors import ServerProtocolError

SUBJECT_ALT_NAME = "2.5.29.17"
CERTIFICATE_POLICIES = "2.5.29.32"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35", "AuthorityKeyIdentifier"
ROLES = {
    "2.23.146.1.2.1.0": "ci",
    "2.23.146.1.2.1.1": "euicc",
    "2.23.146.1.2.1.2": "eum",
    "2.23.146.1.2.1.3": "dp-tls",
    "2.23.146.1.2.1.4": "dp-auth",
    "2.23.146.1.2.1.5": "dp-pb",
    "2.23.146.1.2.1.6": "ds-tls",
    "2.23.146.1.2.1.7": "ds-auth",
    "2.23.146.1.2.1.0.0.1.0": "dp-tls",
    "2.23.146.1.2.1.0.0.1.1": "dp-auth",
    "2.23.146.1.2.1.0.0.1.2": "dp-pb",
    "2.23.146.1.2.1.0.0.2.0": "ds-tls",
    "2.23.146.1.2.1.0.0.2.1": "ds-auth",
}
"""Certificate policy → the role that it gives (id-rspRole, SGP.22 annex H); the longer are of version 3."""


def registered_ids(der: bytes) -> list[str]:
    """The registeredIDs of subjectAltName in a certificate. Raises ServerProtocolError."""
    names = _extension(der, SUBJECT_ALT_NAME, "GeneralNames")
    return [value for kind, value in names if kind == "registeredID"]


def role_names(der: bytes) -> list[str]:
    """The roles that a certificate's policies give it, such as 'dp-tls'; none for a public issuer's.
    Raises ServerProtocolError."""
    policies = _extension(der, CERTIFICATE_POLICIES, "CertificatePolicies")
    return [ROLES[item["policyIdentifier"]] for item in policies if item["policyIdentifier"] in ROLES]


def issuers(der: bytes, others: Iterable[bytes] = ()) -> set[bytes]:
    """subjectKeyIdentifiers of those who issued a certificate and others of its chain. Raises
    ServerProtocolError."""
    found = (one for each in (der, *others) for one in _values(each, *AUTHORITY_KEY_IDENTIFIER))
    return {value["keyIdentifier"] for value in found if "keyIdentifier" in value}


def _extension(der: bytes, identifier: str, type_name: str) -> list[Any]:
    """The items of an extension that is a list; none if the certificate does not have it."""
    return [item for value in _values(der, identifier, type_name) for item in value]


def _values(der: bytes, identifier: str, type_name: str) -> list[Any]:
    """The value of an extension; none if the certificate does not have it."""
    try:
        extensions = pkix.decode("Certificate", der)["tbsCertificate"].get("extensions", [])
        return [
            pkix.decode(type_name, extension["extnValue"])
            for extension in extensions
            if extension["extnID"] == identifier
        ]
    except Asn1Error as error:
        raise ServerProtocolError(f"the server's certificate is not readable: {error}") from None
