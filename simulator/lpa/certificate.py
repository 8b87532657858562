"""The one thing that an LPA reads from a server's certificate: its object identifier (SGP.22 §4.5.2.1)."""

from __future__ import annotations

from asn1 import pkix
from asn1.errors import Asn1Error
from simulator.lpa.errors import ServerProtocolError

SUBJECT_ALT_NAME = "2.5.29.17"


def registered_ids(der: bytes) -> list[str]:
    """The registeredIDs of subjectAltName in a certificate. Raises ServerProtocolError."""
    try:
        certificate = pkix.decode("Certificate", der)
        extensions = certificate["tbsCertificate"].get("extensions", [])
        names = [
            name
            for extension in extensions
            if extension["extnID"] == SUBJECT_ALT_NAME
            for name in pkix.decode("GeneralNames", extension["extnValue"])
        ]
    except Asn1Error as error:
        raise ServerProtocolError(f"the server's certificate is not readable: {error}") from None
    return [value for kind, value in names if kind == "registeredID"]
