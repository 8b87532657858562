"""ES10 messages field by field, with the offset of each byte (SGP.22 §5.7, SGP.32 §5.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from asn1 import Codec, iot, rsp, saip
from asn1 import Field as Tlv
from asn1.errors import Asn1Error
from cards.explain.certificates import certificate, public_key
from cards.explain.fields import Cursor, Decoder, Field, ascii_text, counted, hexadecimal, moved, number, read
from cards.explain.files.uicc import application, iccid
from cards.explain.tlvs import Row, template
from cards.identities import Eid, Iccid, Plmn
from cards.isdr.errors import PE_WORDS, WORDS


class Function(NamedTuple):
    """A function of ES10: its name and clause, and the types of what is asked and answered."""

    name: str
    request: str
    response: str
    clause: str
    codec: Codec = rsp


FUNCTIONS = {
    0xBF20: Function("GetEUICCInfo1", "GetEuiccInfo1Request", "EUICCInfo1", "SGP.22 §5.7.8"),
    0xBF21: Function("PrepareDownload", "PrepareDownloadRequest", "PrepareDownloadResponse", "SGP.22 §5.7.5"),
    0xBF22: Function("GetEUICCInfo2", "GetEuiccInfo2Request", "EUICCInfo2", "SGP.22 §5.7.8"),
    0xBF28: Function("ListNotification", "ListNotificationRequest", "ListNotificationResponse", "SGP.22 §5.7.9"),
    0xBF29: Function("SetNickname", "SetNicknameRequest", "SetNicknameResponse", "SGP.22 §5.7.21"),
    0xBF2A: Function("UpdateMetadata", "UpdateMetadataRequest", "UpdateMetadataResponse", "SGP.22 §5.4.1"),
    0xBF2B: Function("RetrieveNotificationsList", "RetrieveNotificationsListRequest", "RetrieveNotificationsListResponse", "SGP.22 §5.7.10"),
    0xBF2D: Function("GetProfilesInfo", "ProfileInfoListRequest", "ProfileInfoListResponse", "SGP.22 §5.7.15"),
    0xBF2E: Function("GetEUICCChallenge", "GetEuiccChallengeRequest", "GetEuiccChallengeResponse", "SGP.22 §5.7.7"),
    0xBF30: Function("RemoveNotificationFromList", "NotificationSentRequest", "NotificationSentResponse", "SGP.22 §5.7.11"),
    0xBF31: Function("EnableProfile", "EnableProfileRequest", "EnableProfileResponse", "SGP.22 §5.7.16"),
    0xBF32: Function("DisableProfile", "DisableProfileRequest", "DisableProfileResponse", "SGP.22 §5.7.17"),
    0xBF33: Function("DeleteProfile", "DeleteProfileRequest", "DeleteProfileResponse", "SGP.22 §5.7.18"),
    0xBF34: Function("eUICCMemoryReset", "EuiccMemoryResetRequest", "EuiccMemoryResetResponse", "SGP.22 §5.7.19"),
    0xBF35: Function("LoadCRL", "LoadCRLRequest", "LoadCRLResponse", "SGP.22 §5.7.12"),
    0xBF38: Function("AuthenticateServer", "AuthenticateServerRequest", "AuthenticateServerResponse", "SGP.22 §5.7.13"),
    0xBF3C: Function("GetEuiccConfiguredAddresses", "EuiccConfiguredAddressesRequest", "EuiccConfiguredAddressesResponse", "SGP.22 §5.7.3"),
    0xBF3E: Function("GetEID", "GetEuiccDataRequest", "GetEuiccDataResponse", "SGP.22 §5.7.20"),
    0xBF3F: Function("SetDefaultDpAddress", "SetDefaultDpAddressRequest", "SetDefaultDpAddressResponse", "SGP.22 §5.7.4"),
    0xBF41: Function("CancelSession", "CancelSessionRequest", "CancelSessionResponse", "SGP.22 §5.7.14"),
    0xBF43: Function("GetRAT", "GetRatRequest", "GetRatResponse", "SGP.22 §5.7.22"),
    0xBF44: Function("LoadRpmPackage", "LoadRpmPackageRequest", "LoadRpmPackageResult", "SGP.22 v3 §5.7.23"),
    0xBF45: Function("VerifySmdsResponse", "VerifySmdsResponseRequest", "VerifySmdsResponseResponse", "SGP.22 v3 §5.7"),
    0xBF4B: Function("VerifyDeviceChange", "VerifyDeviceChangeRequest", "VerifyDeviceChangeResponse", "SGP.22 v3 §5.7"),
    0xBF4D: Function("PrepareDeviceChange", "PrepareDeviceChangeRequest", "PrepareDeviceChangeResponse", "SGP.22 v3 §5.7"),
    0xBF60: Function("VerifySmdpResponse", "VerifySmdpResponseRequest", "VerifySmdpResponseResponse", "SGP.22 v3 §5.7"),
    0xBF62: Function("VerifyProfileRecovery", "VerifyProfileRecoveryRequest", "VerifyProfileRecoveryResponse", "SGP.22 v3 §5.7"),
    0xBF51: Function("LoadEuiccPackage", "EuiccPackageRequest", "EuiccPackageResult", "SGP.32 §5.9.1", iot),
    0xBF53: Function("eIM acknowledgements", "EimAcknowledgements", "", "SGP.32 §2.11.1", iot),
    0xBF55: Function("GetEimConfigurationData", "GetEimConfigurationDataRequest", "GetEimConfigurationDataResponse", "SGP.32 §5.9.18", iot),
    0xBF56: Function("GetCerts", "GetCertsRequest", "GetCertsResponse", "SGP.32 §5.9.10", iot),
    0xBF57: Function("AddInitialEim", "AddInitialEimRequest", "AddInitialEimResponse", "SGP.32 §5.9.4", iot),
    0xBF58: Function("ProfileRollback", "ProfileRollbackRequest", "ProfileRollbackResponse", "SGP.32 §5.9.16", iot),
    0xBF59: Function("ConfigureImmediateProfileEnabling", "ConfigureImmediateProfileEnablingRequest", "ConfigureImmediateProfileEnablingResponse", "SGP.32 §5.9.15", iot),
    0xBF5A: Function("ImmediateEnable", "ImmediateEnableRequest", "ImmediateEnableResponse", "SGP.32 §5.9.17", iot),
    0xBF5D: Function("ExecuteFallbackMechanism", "ExecuteFallbackMechanismRequest", "ExecuteFallbackMechanismResponse", "SGP.32 §5.9.20", iot),
    0xBF5E: Function("ReturnFromFallback", "ReturnFromFallbackRequest", "ReturnFromFallbackResponse", "SGP.32 §5.9.21", iot),
    0xBF5F: Function("GetConnectivityParameters", "GetConnectivityParametersRequest", "GetConnectivityParametersResponse", "SGP.32 §5.9.24", iot),
    0xBF64: Function("eUICCMemoryReset (IoT)", "IotEuiccMemoryResetRequest", "IotEuiccMemoryResetResponse", "SGP.32 §5.9.9", iot),
    0xBF65: Function("SetDefaultDpAddress (IoT)", "IotSetDefaultDpAddressRequest", "IotSetDefaultDpAddressResponse", "SGP.32 §5.9.25", iot),
}  # fmt: skip
"""Tag of the request → function. Where SGP.22 and SGP.32 share a tag, the answer is tried as both."""
OTHERS = {
    0xBF25: ("metadata", "StoreMetadataRequest", rsp),
    0xBF27: ("profile installation result data", "ProfileInstallationResultData", rsp),
    0xBF2F: ("notification metadata", "NotificationMetadata", rsp),
    0xBF36: ("bound profile package", "BoundProfilePackage", rsp),
    0xBF37: ("profile installation result", "ProfileInstallationResult", rsp),
    0xBF23: ("initialise secure channel", "InitialiseSecureChannelRequest", rsp),
    0xBF26: ("replace session keys", "ReplaceSessionKeysRequest", rsp),
    0xBF24: ("configure ISD-P", "ConfigureISDPRequest", rsp),
    0xBF39: ("initiate authentication (ES9+)", "InitiateAuthenticationRequest", rsp),
    0xBF3B: ("authenticate client (ES9+)", "AuthenticateClientRequest", rsp),
    0xBF3A: ("get bound profile package (ES9+)", "GetBoundProfilePackageRequest", rsp),
    0xBF3D: ("handle notification (ES9+)", "HandleNotification", rsp),
    0xBF4A: ("alert data", "AlertData", rsp),
    0xBF4C: ("confirm device change (ES9+)", "ConfirmDeviceChangeRequest", rsp),
    0xBF63: ("notification of a deletion for device change", "DeleteNotificationForDc", rsp),
    0xBF4F: ("get eIM package (ESipa)", "GetEimPackageRequest", iot),
    0xBF54: ("profile download trigger (ESipa)", "ProfileDownloadTriggerRequest", iot),
}
"""Messages that stand alone, outside a function."""
_IOT_TWINS = {
    "ProfileInfoListResponse": "IotProfileInfoListResponse",
    "RetrieveNotificationsListRequest": "IotRetrieveNotificationsListRequest",
    "RetrieveNotificationsListResponse": "IotRetrieveNotificationsListResponse",
}
"""What an IoT eUICC may say in place of a type of SGP.22."""


def tag_of(message: bytes) -> int:
    """The tag that a message begins with, of one or two bytes."""
    if message[:1] and message[0] & 0x1F == 0x1F:
        return int.from_bytes(message[:2], "big")
    return message[0] if message else 0


def request(cursor: Cursor) -> Iterator[Field]:
    """What an LPA asks of the ISD-R."""
    function = FUNCTIONS.get(tag_of(cursor.peek(2)))
    yield from _typed(cursor, function, function.request if function else "")


def response_to(tag: int) -> Callable[[Cursor], Iterator[Field]]:
    """What the ISD-R answers to the request with this tag."""
    function = FUNCTIONS.get(tag)
    return lambda cursor: _typed(cursor, function, function.response if function else "")


def _typed(cursor: Cursor, function: Function | None, name: str) -> Iterator[Field]:
    types = [(function.codec, name)] if function and name else []
    if name in _IOT_TWINS:
        types.append((iot, _IOT_TWINS[name]))
    data, start = cursor.rest, cursor.at
    reason = ""
    for codec, candidate in types:
        try:
            fields = tree(codec, candidate, data, start)
        except Asn1Error as error:
            reason = reason or str(error)
        else:
            cursor.take(len(data))
            yield from fields
            return
    yield from alone(cursor, reason)


def alone(cursor: Cursor, reason: str = "") -> Iterator[Field]:
    """A message by its own tag; one that is of no known type, or not well formed, as TLVs with the reason."""
    known = OTHERS.get(tag_of(cursor.peek(2)))
    data, start = cursor.rest, cursor.at
    if known and not reason:
        try:
            fields = tree(known[2], known[1], data, start)
        except Asn1Error as error:
            reason = str(error)
        else:
            cursor.take(len(data))
            yield from fields
            return
    if reason:
        yield Field("not of its type", "", start, 0, problem=reason)
    yield from template({})(cursor)


def tree(codec: Codec, type_name: str, data: bytes, start: int = 0) -> tuple[Field, ...]:
    """The fields of a message, as its ASN.1 type nests them. Raises Asn1Error."""
    tlvs = codec.fields(type_name, data)
    fields, at = _nested(codec, tlvs, 0, None, start)
    assert at == len(tlvs)
    return fields


def _nested(
    codec: Codec, tlvs: list[Tlv], at: int, outer: Tlv | None, start: int
) -> tuple[tuple[Field, ...], int]:
    """The fields from `at` on that lie within `outer`, and the place after them."""
    end = outer.offset + outer.header_length + outer.length if outer else None
    found: list[Field] = []
    while at < len(tlvs) and (end is None or tlvs[at].offset < end):
        tlv = tlvs[at]
        children, at = _nested(codec, tlvs, at + 1, tlv, start)
        found.append(_field(codec, tlv, outer, children, start))
    return tuple(found), at


def _field(codec: Codec, tlv: Tlv, outer: Tlv | None, children: tuple[Field, ...], start: int) -> Field:
    tag = hexadecimal(tlv.tag)
    name = f"{_member(tlv.path)} ({tag})"
    offset, length = start + tlv.offset, tlv.header_length + tlv.length
    if tlv.type == "Certificate" and isinstance(tlv.value, bytes):
        # The value begins with tag 30, under whatever tag it lies; lengths are the same.
        body = read(certificate, tlv.value)
        shift = length - len(tlv.value)
        inner = Field("certificate", "", offset + max(shift, 0), len(tlv.value), "", body, data=tlv.value)
        return Field(name, "", offset, length, "SGP.22 §4.5.2", (inner,))
    inside = _INSIDE.get(_member(tlv.path))
    if inside and not children and isinstance(tlv.value, bytes):
        start += tlv.offset + tlv.header_length
        clause, decoder = inside
        within = read(decoder, tlv.value)
        return Field(name, "", offset, length, clause, tuple(moved(field, start) for field in within))
    value = "" if children else _words(codec, tlv, outer)
    return Field(name, value, offset, length, "", children)


_RESOURCES = template(
    {
        0x81: Row("installed applications", number),
        0x82: Row("free non-volatile memory", counted("bytes")),
        0x83: Row("free volatile memory", counted("bytes")),
    }
)


def _installation_result(cursor: Cursor) -> Iterator[Field]:
    """What became of the profile elements: EUICCResponses, one after the other (SAIP §8.11)."""
    while cursor.left:
        start = cursor.at
        _, end = saip.decode_prefix("EUICCResponse", cursor.data, start)
        cursor.take(end - start)
        yield from tree(saip, "EUICCResponse", cursor.data[start:end], start)


_INSIDE: dict[str, tuple[str, Decoder]] = {
    "extCardResource": ("TS 102 226 §8.2.1.7.2", _RESOURCES),
    "simaResponse": ("SAIP §8.11", _installation_result),
}
"""Members that are octets for the messages, and have parts all the same."""


def _member(path: str) -> str:
    """'profileState', '[2]', or the type itself."""
    last = path.rpartition(".")[2]
    return last[last.index("[") :] if "[" in last and not last.startswith("[") else last


_TAGS: dict[str, str] = {
    "5A": "iccid or EID", "4F": "isdpAid", "9F70": "profileState", "90": "profileNickname",
    "91": "serviceProviderName", "92": "profileName", "93": "iconType", "94": "icon", "95": "profileClass",
    "B6": "notificationConfigurationInfo", "B7": "profileOwner", "B8": "dpProprietaryData", "99": "profilePolicyRules",
    "BF20": "euiccInfo1", "BF22": "euiccInfo2", "BF2D": "profileInfo",
}  # fmt: skip
"""Tags that GetProfilesInfo and others are asked for (SGP.22 §5.7.15)."""


def _tags(data: bytes) -> Iterator[str]:
    """A list of tags, of one or two bytes each."""
    at = 0
    while at < len(data):
        size = 2 if data[at] & 0x1F == 0x1F else 1
        yield hexadecimal(data[at : at + size])
        at += size


def _tag_list(data: bytes) -> str:
    return ", ".join(f"{tag} ({_TAGS[tag]})" if tag in _TAGS else tag for tag in _tags(data))


_BY_NAME: dict[str, Callable[[bytes], str]] = {
    "iccid": iccid,
    "eidValue": lambda data: str(Eid.from_bytes(data)),
    "eid": lambda data: str(Eid.from_bytes(data)),
    "isdpAid": application,
    "aid": application,
    "mccMnc": lambda data: str(Plmn.from_bytes(data)),
    "tagList": _tag_list,
    "hostId": lambda data: (
        f"“{ascii_text(data)}”" if all(0x20 <= o < 0x7F for o in data) else hexadecimal(data)
    ),
    "trustedEimPkTls": public_key,
    "eimPublicKey": public_key,
}
_BY_NAME_IN_PACKAGES = _BY_NAME | {"iccid": lambda data: str(Iccid(hexadecimal(data).rstrip("F")))}
"""In the header of a profile package the digits of the ICCID stand in their order, not swapped (SAIP §8.2)."""


def _words(codec: Codec, tlv: Tlv, outer: Tlv | None) -> str:
    """The value of a field without parts."""
    name, value = _member(tlv.path), tlv.value
    if isinstance(value, bytes):
        by_name = _BY_NAME_IN_PACKAGES if codec is saip else _BY_NAME
        words = by_name.get(name) or (_version if tlv.type == "VersionType" else hexadecimal)
        try:
            return words(value) or "empty"
        except ValueError as error:
            return f"{hexadecimal(value)} ({error})"
    names = _names(codec, tlv, outer)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _number(value, names)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], bytes):
        return _bits(*value, names)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if value is None:
        return "present"
    return str(value) if value not in ({}, []) else "empty"


def _version(data: bytes) -> str:
    return ".".join(str(octet) for octet in data)


def _names(codec: Codec, tlv: Tlv, outer: Tlv | None) -> dict[str, int]:
    """The named numbers or bits of a field: of its type, or of the member where it stands."""
    member = _member(tlv.path)
    for path in (tlv.type, f"{outer.type}.{member}" if outer else member, tlv.path):
        try:
            return codec.names(path)
        except Asn1Error:
            continue
    return {}


def _number(value: int, names: dict[str, int]) -> str:
    name = next((name for name, number in names.items() if number == value), "")
    if not name:
        return str(value)
    said = WORDS.get(name) or PE_WORDS.get(name)
    return f"{value}: {name}" + (f" ({said})" if said else "")


def _bits(octets: bytes, count: int, names: dict[str, int]) -> str:
    set_bits = [bit for bit in range(count) if octets[bit // 8] & 0x80 >> bit % 8]
    if not names:
        return f"{hexadecimal(octets)} ({count} bits)" if count > 16 else f"bits {set_bits}"
    by_number = {number: name for name, number in names.items()}
    return ", ".join(by_number.get(bit, f"bit {bit}") for bit in set_bits) or "none"
