"""The wire language: ASN.1 modules of RSP, IoT, SAIP and PKIX in DER, and BER-TLV (ITU-T X.680, X.690).

    from asn1 import rsp, saip, pkix
    rsp.decode("GetEuiccChallengeRequest", bytes.fromhex("BF2E00"))

Tables load on the first use of a codec, types are put together on the first use of each.
"""

from asn1.codec import Codec
from asn1.errors import Asn1Error, DecodeError, EncodeError, TlvError
from asn1.values import Field, Record

__all__ = [
    "Asn1Error",
    "Codec",
    "DecodeError",
    "EncodeError",
    "Field",
    "Record",
    "TlvError",
    "iot",
    "pkix",
    "rsp",
    "saip",
]

iot = Codec("iot")
pkix = Codec("pkix")
rsp = Codec("rsp")
saip = Codec("saip")
