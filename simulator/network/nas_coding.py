"""Bytes of mobility management messages (TS 24.008 §9.2, §9.4; TS 24.301 §8.2; TS 24.501 §8.2).

One function per message; the four protocols differ in order and tags, which stand in small tables. What the
simulation does not vary has one value: capabilities, attach type, timers, the default bearer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from cards.identities import Imsi, Plmn, to_swapped_bcd
from simulator.network.nas import (
    Accepted,
    Area,
    AuthenticationFailure,
    AuthenticationReject,
    AuthenticationRequest,
    AuthenticationResponse,
    Completed,
    Identity,
    IdentityRequest,
    IdentityResponse,
    Nas,
    Protocol,
    Registering,
    Rejected,
    SecurityModeCommand,
    SecurityModeComplete,
    Temporary,
    name_of,
)

_MM, _GMM, _EMM, _5GMM = Protocol.MM, Protocol.GMM, Protocol.EMM, Protocol.FIVE_GMM
HEADERS: Final = {_MM: b"\x05", _GMM: b"\x08", _EMM: b"\x07", _5GMM: b"\x7e\x00"}
"""Protocol discriminator (TS 24.007 §11.2.3.1.1), in EMM with a plain security header, in 5GMM before one."""

_CLASSMARK_1: Final = b"\x53"
"""Revision level R99, early sending, A5/1 available, power class 4 (TS 24.008 §10.5.1.5)."""
_MS_NETWORK_CAPABILITY: Final = b"\xe5\xe0"
"""GEA/1 to GEA/3, revision level R99 (TS 24.008 §10.5.5.12)."""
_RADIO_ACCESS_CAPABILITY: Final = bytes.fromhex("1213 4300".replace(" ", ""))
"""GSM E, power class 4, A5/1 and A5/3 (TS 24.008 §10.5.5.12a)."""
_DRX: Final = b"\x00\x00"
EEA_EIA: Final = b"\xf0\x70"
"""EEA0 to EEA3 and EIA1 to EIA3, in 5GS NEA and NIA (TS 24.301 §9.9.3.34, TS 24.501 §9.11.3.54)."""
SELECTED_ALGORITHMS: Final = b"\x02"
"""EEA0, no ciphering, and 128-EIA2 (TS 24.301 §9.9.3.23): what passes stays readable."""
_PDN_CONNECTIVITY_REQUEST: Final = bytes.fromhex("0201D031")
"""IPv4v6, initial request (TS 24.301 §8.3.20)."""
_DEFAULT_BEARER: Final = bytes.fromhex("5201C101090908") + b"internet" + bytes.fromhex("05010A000001")
"""ACTIVATE DEFAULT EPS BEARER CONTEXT REQUEST: QCI 9, APN internet, IPv4 (TS 24.301 §8.3.6)."""
_DEFAULT_BEARER_ACCEPTED: Final = bytes.fromhex("5200C2")
_ABBA: Final = b"\x00\x00"
NO_LAC: Final = 0xFFFE
"""LAC or TAC that says that there is none (TS 23.003 §4.1, §19.4.2.3)."""
_NO_PLMN: Final = b"\x00\xf1\x10"


def encode(message: Nas, protocol: Protocol) -> bytes:
    """The whole plain message."""
    body = _BODIES[type(message)](message, protocol)
    return HEADERS[protocol] + bytes((name_of(message, protocol).type,)) + body


def lv(value: bytes) -> bytes:
    """A value after its length in a byte."""
    return bytes((len(value),)) + value


def lve(value: bytes) -> bytes:
    """A value after its length in two bytes."""
    return len(value).to_bytes(2, "big") + value


def mobile_identity(identity: Identity, protocol: Protocol) -> bytes:
    """TS 24.008 §10.5.1.4, TS 24.301 §9.9.3.12, TS 24.501 §9.11.3.4, without length."""
    if isinstance(identity, bytes):
        return identity
    if isinstance(identity, Imsi):
        digits = identity.digits
        odd = len(digits) % 2
        first = int(digits[0]) << 4 | odd << 3 | 1
        return bytes((first,)) + to_swapped_bcd(digits[1:], len(digits) // 2)
    kind = {_EMM: b"\xf6", _5GMM: b"\xf2"}.get(protocol)
    if kind is None:
        return b"\xf4" + identity.value
    return kind + identity.plmn.to_bytes() + identity.pool + identity.value


def area(value: Area | None, protocol: Protocol) -> bytes:
    """LAI, RAI or TAI; where there is none, a code that says so."""
    plmn = value.plmn.to_bytes() if value else _NO_PLMN
    code = (value.code if value else NO_LAC).to_bytes(3 if protocol is _5GMM else 2, "big")
    return plmn + code + (b"\x01" if protocol is _GMM else b"")


def _registering(message: Registering, protocol: Protocol) -> bytes:
    identity = mobile_identity(message.identity, protocol)
    if protocol is _MM:
        # IMSI attach, or normal updating.
        kind = 0 if message.is_update else 2
        return bytes((message.ksi << 4 | kind,)) + area(message.area, protocol) + _CLASSMARK_1 + lv(identity)
    if protocol is _GMM and message.is_update:
        # RA updating without a follow-on request.
        start = bytes((message.ksi << 4,)) + area(message.area, protocol) + lv(_RADIO_ACCESS_CAPABILITY)
        return start + (b"\x18" + lv(identity) if isinstance(message.identity, Temporary) else b"")
    if protocol is _GMM:
        return (
            lv(_MS_NETWORK_CAPABILITY) + bytes((message.ksi << 4 | 1,)) + _DRX + lv(identity)
            + area(message.area, protocol) + lv(_RADIO_ACCESS_CAPABILITY)
        )  # fmt: skip
    if protocol is _EMM:
        return _attaching(message, identity)
    kind = 2 if message.is_update else 1
    last = b"\x52" + area(message.area, protocol) if message.area else b""
    return bytes((message.ksi << 4 | 8 | kind,)) + lve(identity) + b"\x2e" + lv(EEA_EIA) + last


def _attaching(message: Registering, identity: bytes) -> bytes:
    """ATTACH REQUEST or TRACKING AREA UPDATE REQUEST (TS 24.301 §8.2.4, §8.2.29)."""
    last = b"\x52" + area(message.area, _EMM) if message.area else b""
    if message.is_update:
        kind = 1 if message.is_combined else 0
        return bytes((message.ksi << 4 | kind,)) + lv(identity) + b"\x58" + lv(EEA_EIA) + last
    kind = 2 if message.is_combined else 1
    start = bytes((message.ksi << 4 | kind,)) + lv(identity) + lv(EEA_EIA)
    return start + lve(_PDN_CONNECTIVITY_REQUEST) + last


def _identity_request(_: IdentityRequest, protocol: Protocol) -> bytes:
    """IMSI, in 5GS SUCI: both are number 1."""
    return b"\x01"


def _identity_response(message: IdentityResponse, protocol: Protocol) -> bytes:
    identity = mobile_identity(message.identity, protocol)
    return lve(identity) if protocol is _5GMM else lv(identity)


def _authentication_request(message: AuthenticationRequest, protocol: Protocol) -> bytes:
    autn = lv(message.autn)
    if protocol is _MM:
        return bytes((message.ksi,)) + message.rand + (b"\x20" + autn if message.autn else b"")
    if protocol is _GMM:
        # GEA/1 (0: none), no IMEISV; force to standby not indicated, A&C reference number 0.
        start = b"\x00\x00\x21" + message.rand + bytes((0x80 | message.ksi,))
        return start + (b"\x28" + autn if message.autn else b"")
    if protocol is _EMM:
        return bytes((message.ksi,)) + message.rand + autn
    return bytes((message.ksi,)) + lv(_ABBA) + b"\x21" + message.rand + b"\x20" + autn


def _authentication_response(message: AuthenticationResponse, protocol: Protocol) -> bytes:
    if protocol is _EMM:
        return lv(message.res)
    if protocol is _5GMM:
        return b"\x2d" + lv(message.res)
    first, rest = message.res[:4], message.res[4:]
    if protocol is _MM:
        return first + (b"\x21" + lv(rest) if rest else b"")
    return b"\x00\x22" + first + (b"\x29" + lv(rest) if rest else b"")


def _authentication_failure(message: AuthenticationFailure, protocol: Protocol) -> bytes:
    tag = b"\x22" if protocol is _MM else b"\x30"
    return bytes((message.cause,)) + (tag + lv(message.auts) if message.auts else b"")


def _nothing(_: Any, protocol: Protocol) -> bytes:
    return b""


def _security_mode_command(message: SecurityModeCommand, protocol: Protocol) -> bytes:
    return SELECTED_ALGORITHMS + bytes((message.ksi,)) + lv(EEA_EIA)


def _accepted(message: Accepted, protocol: Protocol) -> bytes:
    identity = mobile_identity(message.identity, protocol)
    where = area(message.area, protocol)
    if protocol is _MM:
        return where + b"\x17" + lv(identity) + _lists(message, with_emergency=True)
    if protocol is _GMM:
        # RA updated, or GPRS only attached; periodic RA update timer 54 minutes; radio priority 1.
        start = b"\x00\x49" if message.is_update else b"\x01\x49\x01"
        return start + where + b"\x18" + lv(identity) + _cause(message, b"\x25") + _lists(message)
    areas = b"\x00" + where
    if protocol is _EMM:
        features = b"\x64" + lv(_features(message))
        rest = (
            b"\x50" + lv(identity) + _circuit(message) + _cause(message, b"\x53") + _lists(message) + features
        )
        if message.is_update:
            # TA updated, or combined TA/LA updated; T3412 54 minutes.
            return bytes((1 if message.circuit else 0,)) + b"\x5a\x49" + _tai_list(areas, rest)
        return bytes((2 if message.circuit else 1,)) + b"\x49" + lv(areas) + lve(_DEFAULT_BEARER) + rest
    start = b"\x01\x01\x77" + lve(identity) + _equivalent(message.equivalent)
    # 5GS network feature support stands between the TAI list and the emergency numbers.
    return start + b"\x54" + lv(areas) + b"\x21" + lv(_features(message)) + _emergency(message)


def _features(message: Accepted) -> bytes:
    """Network feature support: b1 is IMS voice over PS sessions (TS 24.301 §9.9.3.12A, TS 24.501
    §9.11.3.5)."""
    return b"\x01" if message.has_ims_voice else b"\x00"


def _tai_list(areas: bytes, rest: bytes) -> bytes:
    """In TRACKING AREA UPDATE ACCEPT the list stands behind the GUTI and has a tag (TS 24.301 §8.2.26)."""
    end = 2 + rest[1]
    return rest[:end] + b"\x54" + lv(areas) + rest[end:]


def _circuit(message: Accepted) -> bytes:
    """LAI and TMSI of a combined attach (TS 24.301 §8.2.1.4, §8.2.1.5)."""
    if message.circuit is None:
        return b""
    identity, where = message.circuit
    return b"\x13" + area(where, _MM) + b"\x23" + lv(mobile_identity(identity, _MM))


def _cause(message: Accepted, tag: bytes) -> bytes:
    return b"" if message.cause is None else tag + bytes((message.cause,))


def _lists(message: Accepted, with_emergency: bool = True) -> bytes:
    return _equivalent(message.equivalent) + (_emergency(message) if with_emergency else b"")


def _equivalent(plmns: Iterable[Plmn]) -> bytes:
    """TS 24.008 §10.5.1.13: at most 15."""
    listed = b"".join(plmn.to_bytes() for plmn in list(plmns)[:15])
    return b"\x4a" + lv(listed) if listed else b""


def _emergency(message: Accepted) -> bytes:
    """TS 24.008 §10.5.3.13: each number behind its length and category; no category is named."""
    numbers = b"".join(
        lv(b"\x00" + to_swapped_bcd(number, (len(number) + 1) // 2)) for number in message.emergency_numbers
    )
    return b"\x34" + lv(numbers) if numbers else b""


def _completed(message: Completed, protocol: Protocol) -> bytes:
    return lve(_DEFAULT_BEARER_ACCEPTED) if protocol is _EMM and not message.is_update else b""


def _rejected(message: Rejected, protocol: Protocol) -> bytes:
    # ROUTING AREA UPDATE REJECT ends with force to standby and a spare half octet (TS 24.008 §9.4.17).
    return bytes((message.cause,)) + (b"\x00" if protocol is _GMM and message.is_update else b"")


_BODIES: Final[dict[type[object], Callable[[Any, Protocol], bytes]]] = {
    Registering: _registering,
    IdentityRequest: _identity_request,
    IdentityResponse: _identity_response,
    AuthenticationRequest: _authentication_request,
    AuthenticationResponse: _authentication_response,
    AuthenticationFailure: _authentication_failure,
    AuthenticationReject: _nothing,
    SecurityModeCommand: _security_mode_command,
    SecurityModeComplete: _nothing,
    Accepted: _accepted,
    Completed: _completed,
    Rejected: _rejected,
}
