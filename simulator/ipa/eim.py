"""An eIM as the eUICC knows it, and the file that it is introduced by (SGP.32 §2.11.1.1.1)."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from asn1 import iot, tlv
from asn1.errors import Asn1Error
from simulator.ipa.errors import EimFileError

FQDN_TYPE = 2
RETRIEVE_HTTPS = 0
ADD_INITIAL_EIM, GET_CONFIGURATION = 0xBF57, 0xBF55
PEM_FREE = b"\r\n\t "


@dataclass(frozen=True, slots=True)
class Eim:
    """`data` is EimConfigurationData, as decoded."""

    data: dict[str, Any]

    @property
    def eim_id(self) -> str:
        return str(self.data["eimId"])

    @property
    def address(self) -> str:
        """FQDN, with a port if it is not 443; empty if the eIM cannot be asked for packages."""
        if fqdn := self.data.get("eimFqdn"):
            return str(fqdn)
        return self.eim_id if self.data.get("eimIdType") == FQDN_TYPE else ""

    @property
    def can_be_polled(self) -> bool:
        """Whether it has an address, and does not exclude retrieval over HTTPS."""
        protocols = self.data.get("eimSupportedProtocol")
        return bool(self.address) and (protocols is None or has_bit(protocols, RETRIEVE_HTTPS))

    @property
    def is_indirect(self) -> bool:
        """Whether profiles are downloaded through it, instead of from the SM-DP+ (§3.2.3)."""
        return "indirectProfileDownload" in self.data

    @property
    def association_token(self) -> int | None:
        token: int | None = self.data.get("associationToken")
        return token

    @property
    def tls_trust(self) -> tuple[str, bytes] | None:
        """('trustedEimPkTls', SubjectPublicKeyInfo) or ('trustedCertificateTls', certificate of the eIM or of
        its CA), DER; None: a server of a CI."""
        trust: tuple[str, bytes] | None = self.data.get("trustedPublicKeyDataTls")
        return trust


def has_bit(value: tuple[bytes, int], bit: int) -> bool:
    """Whether a named bit of a decoded BIT STRING is set."""
    octets, length = value
    return bit < length and bool(octets[bit // 8] & 0x80 >> bit % 8)


def read_eims(octets: bytes) -> list[dict[str, Any]]:
    """EimConfigurationData from a file: one, an AddInitialEimRequest or a GetEimConfigurationDataResponse, in
    DER, hexadecimal or base64. Raises EimFileError."""
    der = _as_der(octets)
    try:
        tag = tlv.read(der).tag
        if tag == ADD_INITIAL_EIM:
            found = iot.decode("AddInitialEimRequest", der)["eimConfigurationDataList"]
        elif tag == GET_CONFIGURATION:
            found = iot.decode("GetEimConfigurationDataResponse", der)["eimConfigurationDataList"]
        else:
            found = [iot.decode("EimConfigurationData", der)]
    except Asn1Error as error:
        raise EimFileError(f"this is no eIM configuration data (SGP.32 §2.11.1.1.1): {error}") from None
    if not found:
        raise EimFileError("the eIM configuration data lists no eIM")
    eims: list[dict[str, Any]] = found
    return eims


def _as_der(octets: bytes) -> bytes:
    """DER as it is, or from text."""
    text = octets.translate(None, PEM_FREE)
    if not text:
        raise EimFileError("the file with eIM configuration data is empty")
    try:
        return binascii.unhexlify(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return octets
