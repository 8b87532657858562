"""Binds a profile package to one eUICC: the Bound Profile Package of SGP.22 §2.5.4, by ES8+ (§5.5).

Keys come from ECKA with the eUICC's one-time key; ConfigureISDP, StoreMetadata, ReplaceSessionKeys and the
package itself follow one another in one chain of MACs. Segments are at most 1020 bytes long (§2.5.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from asn1 import rsp, tlv
from simulator.crypto.bsp import KEY_TYPE_AES, Bsp, SessionKeys, derive_session_keys
from simulator.crypto.ecc import Curve, Entropy, one_time_key, public_bytes, shared_secret, sign_raw
from simulator.crypto.keylog import BSP, KeyLog, log_keys, no_key_log
from simulator.smdp.identity import Credentials

KEY_LENGTH: Final = 16
HOST_ID: Final = b"esim-simulator"
_INSTALL: Final = bytes.fromhex("820101")
"""remoteOpId: installBoundProfilePackage."""


@dataclass(frozen=True, slots=True)
class ProtectedPackage:
    """A Protected Profile Package with keys of its own (§2.5.3): made once, bound to any number of
    downloads."""

    ppk: bytes
    """PPK-ENC, PPK-CMAC and the initial MAC chaining value, 16 bytes each."""
    segments: bytes

    @classmethod
    def make(cls, upp: bytes, entropy: Entropy) -> ProtectedPackage:
        """The package protected with new keys."""
        ppk = entropy(3 * KEY_LENGTH)
        return cls(ppk, b"".join(Bsp.from_keys(_session_keys(ppk)).protect_all(0x86, upp)))


def _session_keys(ppk: bytes) -> SessionKeys:
    return SessionKeys(ppk[:KEY_LENGTH], ppk[KEY_LENGTH : 2 * KEY_LENGTH], ppk[2 * KEY_LENGTH :])


@dataclass(frozen=True, slots=True)
class Content:
    """What is bound: the metadata, DER, and the package, as DER or protected with keys of its own."""

    profile_metadata: bytes
    package: bytes | ProtectedPackage


@dataclass(frozen=True, slots=True)
class Binding:
    """A package protected for one eUICC: all but the first member of the Bound Profile Package."""

    smdp_otpk: bytes
    """otPK.DP.ECKA, 65 bytes."""
    body: bytes


def bind(
    content: Content,
    *,
    curve: Curve,
    euicc_otpk: bytes,
    eid: bytes,
    oid: str,
    entropy: Entropy,
    key_log: KeyLog = no_key_log,
) -> Binding:
    """Protects `content` for the eUICC with this EID (16 bytes) and one-time key (65 bytes).

    KeyFormatError if `euicc_otpk` is not a point on the curve.
    """
    one_time = one_time_key(curve, entropy)
    secret = shared_secret(one_time, euicc_otpk)
    keys = derive_session_keys(secret, host_id=HOST_ID, eid=eid)
    log_keys(key_log, BSP, public_bytes(one_time), keys)
    session = Bsp.from_keys(keys)
    configure = rsp.encode("ConfigureISDPRequest", {"dpProprietaryData": {"dpOid": oid}})
    parts = [
        _sequence(0xA0, session.protect_all(0x87, configure)),
        _sequence(0xA1, session.mac_only_all(0x88, content.profile_metadata)),
    ]
    package = content.package
    if isinstance(package, ProtectedPackage):
        replacement = _replace_session_keys(_session_keys(package.ppk))
        parts.append(_sequence(0xA2, session.protect_all(0x87, replacement)))
        parts.append(tlv.encode(0xA3, package.segments))
    else:
        parts.append(_sequence(0xA3, session.protect_all(0x86, package)))
    return Binding(public_bytes(one_time), b"".join(parts))


def bound_profile_package(
    binding: Binding, *, transaction_id: bytes, euicc_otpk: bytes, credentials: Credentials
) -> bytes:
    """BoundProfilePackage, DER: the binding behind an InitialiseSecureChannelRequest of this transaction.

    It is signed with SK.DPpb.ECDSA over its members and otPK.EUICC.ECKA (§5.5.1).
    """
    signed = b"".join(
        (
            _INSTALL,
            tlv.encode(0x80, transaction_id),
            tlv.encode(0xA6, bytes([0x80, 1, KEY_TYPE_AES, 0x81, 1, KEY_LENGTH]) + tlv.encode(0x84, HOST_ID)),
            tlv.encode(0x5F49, binding.smdp_otpk),
        )
    )
    signature = sign_raw(credentials.pb_key, signed + tlv.encode(0x5F49, euicc_otpk))
    request = tlv.encode(0xBF23, signed + tlv.encode(0x5F37, signature))
    return tlv.encode(0xBF36, request + binding.body)


def _replace_session_keys(keys: SessionKeys) -> bytes:
    return rsp.encode(
        "ReplaceSessionKeysRequest",
        {"initialMacChainingValue": keys.initial_mcv, "ppkEnc": keys.s_enc, "ppkCmac": keys.s_mac},
    )


def _sequence(tag: int, segments: list[bytes]) -> bytes:
    return tlv.encode(tag, b"".join(segments))
