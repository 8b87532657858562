"""What an eUICC proves to an eIM: its certificate chain and its signatures (SGP.32 §2.11.2, §3.3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from asn1 import tlv
from simulator.crypto.certificates import Certificate, CertificateError, CertificateFault, Role
from simulator.crypto.ecc import SIGNATURE_LENGTH, verify_raw
from simulator.eim.context import Context
from simulator.eim.errors import UNDEFINED, Refused
from simulator.eim.records import Device

_ASSOCIATION_TOKEN: Final = 0x84
SIGNATURE: Final = 0x5F37
_TIME_FAULTS: Final = (CertificateFault.EXPIRED, CertificateFault.NOT_YET_VALID)


def association(device: Device) -> bytes:
    """The association token as signatures cover it: '84', with 0 where there is none."""
    token = device.association_token or 0
    return tlv.encode(_ASSOCIATION_TOKEN, token.to_bytes(token.bit_length() // 8 + 1, "big"))


def euicc_certificate(eim: Context, euicc: bytes, eum: bytes, others: Sequence[bytes] = ()) -> Certificate:
    """The eUICC's certificate, once its chain leads to a CI that this eIM trusts. `others` is
    otherCertsInChain. Refused, with the name that AuthenticateClient has for what is wrong."""
    try:
        return eim.identity.chains.verify_path((euicc, eum), Role.EUICC, eim.clock(), others)[0]
    except CertificateError as error:
        raise Refused(_name(error), str(error)) from error


def _name(error: CertificateError) -> str:
    if error.fault is CertificateFault.UNKNOWN_CI or error.role is Role.CI:
        return "ciPKUnknown"
    owner = "euicc" if error.role is Role.EUICC else "eum"
    return f"{owner}Certificate{'Expired' if error.fault in _TIME_FAULTS else 'Invalid'}"


def is_signed(certificate: Certificate, signature: bytes, signed: bytes) -> bool:
    """Whether `signature` (64 bytes) is the eUICC's over `signed`."""
    return len(signature) == SIGNATURE_LENGTH and verify_raw(certificate.public_key, signature, signed)


def check_result(eim: Context, device: Device, signature: bytes, signed: bytes) -> None:
    """Refused unless this device's eUICC has signed a result; the association token is signed with it."""
    if not device.euicc_certificate:
        raise Refused(UNDEFINED, "the certificate of the eUICC is not known yet")
    certificate = eim.identity.chains.parse(device.euicc_certificate)
    if not is_signed(certificate, signature, signed + association(device)):
        raise Refused(UNDEFINED, "the signature of the eUICC is wrong")
