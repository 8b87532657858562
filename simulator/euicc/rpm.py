"""ES10b.LoadRpmPackage: an operator manages its profiles from afar (SGP.22 v3 §2.10, §3.7.3, §5.7).

A package comes from an SM-DP+ that was authenticated for it, signed with the key of its CERT.DPauth over
euiccSignature1 too. Its commands are carried out one after another. The first that fails ends it, unless the
command says continueOnFailure. The signed result stays as a notification until it was delivered.

A command is for the profiles whose rpmConfiguration lets this SM-DP+ give it: it is in managingDpList, below
the CI that allowedCiPKId names, if any; rpmType, if there, has the command; tagList, if there, has what an
update touches. Test profiles are managed by nobody. A server that may not gets disallowedForRpm where the
result has such a code, commandError elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1 import Asn1Error, Codec, Record, rsp, tlv
from cards.status import SW, StatusError
from simulator.crypto.ecc import sign_raw, verify_raw
from simulator.euicc import es10c, switching
from simulator.euicc.authentication import COMMON, SIGNATURE_LENGTH, signature_tlv
from simulator.euicc.core import EuiccCore, Session
from simulator.euicc.es6 import UpdateRefusal, apply_update
from simulator.euicc.es10 import Es10Function
from simulator.euicc.notifications import RPM_RESULT, Notification
from simulator.euicc.ports import MepMode
from simulator.euicc.profiles import Profile, has_bit

PACKAGE_LIMIT: Final = 1057
"""Bytes that the value of an RpmPackage may have (§2.10.1)."""
LIST_LIMIT: Final = 4096
"""Bytes of profile information that the results of a package may have; how many is left to the eUICC."""
_RPM: Final = 1
"""Bit of OperationType."""
_DISALLOWED_FOR_RPM, _PROFILE_NOT_ENABLED, _NO_LPR = 9, 2, 13
_INCORRECT_INPUT: Final = 1
_SWITCHING: Final = ((), ("enable",), ("disable",), ("disable", "enable"))
"""Which enabling and disabling a package may have, in this order."""
_PACKAGE, _TAG_LIST = 0xA1, 0x5C
"""Tags of rpmPackage in SmdpSigned3, and of tagsForDeletion."""
_DATA, _SIGNATURE = "loadRpmPackageResultDataSigned", "euiccSignRPR"
Value = dict[str, Any]
Result = tuple[str, Any]
"""rpmCommandResultData: the alternative and its value."""


def load_rpm_package(core: EuiccCore, request: Value) -> bytes:
    """noSession unsigned if no server was authenticated for remote management; else the signed result, also
    of a package with a wrong signature or of another transaction. It ends the session."""
    if not core.features.rpm:
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
    signed, session = request["smdpSigned3"], core.session
    if session is None or not session.is_for(COMMON) or not _is_managing(session):
        code = rsp.names("LoadRpmPackageErrorCodeNotSigned")["noSession"]
        error = {"transactionId": signed["transactionId"], "loadRpmPackageErrorCodeNotSigned": code}
        return rsp.encode("LoadRpmPackageResult", ("loadRpmPackageResultNotSigned", error))
    core.session = None
    if refusal := _refusal(session, signed, request["smdpSignature3"]):
        code = rsp.names("LoadRpmPackageErrorCodeSigned")[refusal]
        return _signed(core, session, ("loadRpmPackageErrorCodeSigned", code))
    run = _Run(core, session, request.get("targetEsimPort"))
    with core.remote_management():
        results = run.all(signed)
    return _signed(core, session, ("rpmPackageExecutionResult", results))


def _is_managing(session: Session) -> bool:
    return has_bit(session.context[1].get("operationType"), _RPM)


def _refusal(session: Session, signed: Record, signature: bytes) -> str:
    """Why a package is not opened; empty if it is."""
    assert session.server_key is not None
    covered = signed.raw + signature_tlv(session.signature1)
    if len(signature) != SIGNATURE_LENGTH or not verify_raw(session.server_key, signature, covered):
        return "invalidSignature"
    return "" if signed["transactionId"] == session.transaction_id else "invalidTransactionId"


def _signed(core: EuiccCore, session: Session, final_result: tuple[str, Any]) -> bytes:
    """LoadRpmPackageResult, kept as a notification for the server of the session."""
    assert session.credential is not None
    metadata = core.notifications.next_metadata(RPM_RESULT, session.server_address, None)
    data = {
        "transactionId": session.transaction_id,
        "notificationMetadata": metadata,
        "smdpOid": session.server_oid,
        "finalResult": final_result,
    }
    draft = rsp.encode("LoadRpmPackageResultSigned", {_DATA: data, _SIGNATURE: b""})
    covered = rsp.decode("LoadRpmPackageResultSigned", draft)[_DATA]
    result = {_DATA: covered, _SIGNATURE: sign_raw(session.credential.key, covered.raw)}
    der = rsp.encode("PendingNotification", ("loadRpmPackageResultSigned", result))
    core.notifications.add(Notification(metadata, der))
    return rsp.encode("LoadRpmPackageResult", ("loadRpmPackageResultSigned", result))


class _Reader(Codec):
    """Reads a request whose commands are not all known, or are damaged: those become ("...", octets)."""

    def decode(self, type_name: str, data: bytes) -> Any:
        try:
            return super().decode(type_name, data)
        except Asn1Error:
            request = tlv.read(data)
            if not request.value:
                raise
            return self._by_commands(type_name, request)

    def _by_commands(self, type_name: str, request: tlv.Tlv) -> Value:
        """The request read without its commands, and these one by one."""
        commands: list[Value] = []
        signed, *others = tlv.read_all(request.value)
        parts = tlv.read_all(signed.value)
        for part in parts:
            if part.tag == _PACKAGE:
                commands += [self._command(one) for one in tlv.read_all(part.value)]
        bare = b"".join(tlv.encode(part.tag, b"" if part.tag == _PACKAGE else part.value) for part in parts)
        others_octets = b"".join(other.raw for other in others)
        whole = tlv.encode(request.tag, tlv.encode(signed.tag, bare) + others_octets)
        value: Value = super().decode(type_name, whole)
        members = {**value["smdpSigned3"], "rpmPackage": commands}
        return {**value, "smdpSigned3": Record(members, signed.raw)}

    def _command(self, command: tlv.Tlv) -> Value:
        try:
            read: Value = super().decode("RpmCommand", command.raw)
        except Asn1Error:
            return {"rpmCommandDetails": ("...", command.value)}
        return read


class _Run:
    """One package under way."""

    def __init__(self, core: EuiccCore, session: Session, port: int | None) -> None:
        self._core, self._session, self._port = core, session, port
        self._names: list[str] = []
        self._listed = 0
        """Bytes of profile information so far."""

    def all(self, signed: Record) -> list[Value]:
        """RpmCommandResults, up to what ends the package."""
        if len(tlv.find(tlv.read(signed.raw).value, _PACKAGE) or b"") > PACKAGE_LIMIT:
            return [_terminated("commandPackageTooLarge")]
        results: list[Value] = []
        for command in signed["rpmPackage"]:
            name, details = command["rpmCommandDetails"]
            if obstacle := self._obstacle(name):
                return [*results, _terminated(obstacle)]
            self._names.append(name)
            result = _COMMANDS[name](self, details)
            if self._listed > LIST_LIMIT:
                return [*results, _terminated("resultSizeOverflow")]
            target = {"iccid": details["iccid"]} if "iccid" in details else {}
            results.append({**target, "rpmCommandResultData": result})
            if "continueOnFailure" not in command and not _is_good(result):
                break
        return results

    def _obstacle(self, name: str) -> str:
        """Why a command ends the package before it is carried out; empty if it does not."""
        if name not in _COMMANDS:
            return "unknownOrDamagedCommand"
        if "contactPcmp" in self._names:
            return "commandAfterContactPcmp"
        switches = tuple(one for one in (*self._names, name) if one in ("enable", "disable"))
        return "" if switches in _SWITCHING else "commandsWithRefreshExceeded"

    def enable(self, details: Value) -> Result:
        profile = self._core.registry.by_iccid(details["iccid"])
        slot, code = es10c.slot_for(self._core, self._port)
        if profile is not None and not self._may(profile, "enable"):
            code = _DISALLOWED_FOR_RPM
        code = code or switching.enable(self._core, profile, True, slot)
        answer = {"enableResult": code}
        if self._core.mode is MepMode.A2 and code == switching.OK:
            answer["targetEsimPort"] = slot + self._core.mode.first_port
        return "enableResult", answer

    def disable(self, details: Value) -> Result:
        profile = self._core.registry.by_iccid(details["iccid"])
        if profile is not None and not self._may(profile, "disable"):
            return "disableResult", {"disableResult": _DISALLOWED_FOR_RPM}
        return "disableResult", {"disableResult": switching.disable(self._core, profile, True)}

    def delete(self, details: Value) -> Result:
        profile = self._core.registry.by_iccid(details["iccid"])
        if profile is not None and not self._may(profile, "delete"):
            return "deleteResult", {"deleteResult": switching.COMMAND_ERROR}
        return "deleteResult", {"deleteResult": switching.delete(self._core, profile)}

    def list_profile_info(self, details: Value) -> Result:
        """Of the profile, or of all that the owner has; those that this server may not list are left out."""
        try:
            members = es10c.info_members(details.get("tagList"), is_v3=True)
        except Asn1Error:
            return "listProfileInfoResult", ("profileInfoListError", _INCORRECT_INPUT)
        infos = []
        for profile in self._core.registry:
            if self._may(profile, "listProfileInfo") and _is_meant(profile, details["searchCriteria"]):
                info = es10c.profile_info(self._core, profile)
                infos.append({name: value for name, value in info.items() if name in members})
        listed = ("profileInfoListOk", infos)
        self._listed += len(rsp.encode("ProfileInfoListResponse", listed))
        return "listProfileInfoResult", listed

    def update_metadata(self, details: Value) -> Result:
        codes = rsp.names("UpdateMetadataResponse")
        profile = self._core.registry.by_iccid(details["iccid"])
        request = details["updateMetadataRequest"]
        if profile is None or not self._may_update(profile, request):
            return "updateMetadataResult", codes["commandError"]
        try:
            apply_update(self._core, profile, request)
        except UpdateRefusal as refusal:
            return "updateMetadataResult", codes[refusal.name]
        return "updateMetadataResult", codes["ok"]

    def contact_pcmp(self, details: Value) -> Result:
        """Where the LPA proxy of the device finds its server; the contact itself is the device's."""
        profile = self._core.registry.by_iccid(details["iccid"])
        configuration = profile.metadata.get("lprConfiguration") if profile else None
        if profile is None or not self._may(profile, "contactPcmp"):
            code = switching.COMMAND_ERROR
        elif not profile.is_enabled:
            code = _PROFILE_NOT_ENABLED
        elif configuration is None:
            code = _NO_LPR
        else:
            answer = {"pcmpAddress": configuration["pcmpAddress"]}
            return "contactPcmpResult", ("contactPcmpResponseOk", answer)
        return "contactPcmpResult", ("contactPcmpResponseError", code)

    def _manager(self, profile: Profile) -> Value | None:
        """What the profile says of the server as its manager; None if it is none."""
        configuration = profile.metadata.get("rpmConfiguration")
        if configuration is None or profile.is_test:
            return None
        root = self._session.server_root_key_id
        if configuration.get("allowedCiPKId", root) != root:
            return None
        managers: list[Value] = configuration["managingDpList"]
        oid = self._session.server_oid
        return next((manager for manager in managers if manager["managingDpOid"] == oid), None)

    def _may(self, profile: Profile, command: str) -> bool:
        manager = self._manager(profile)
        if manager is None:
            return False
        return "rpmType" not in manager or has_bit(manager["rpmType"], rsp.names("RpmType")[command])

    def _may_update(self, profile: Profile, request: Value) -> bool:
        manager = self._manager(profile)
        if manager is None:
            return False
        return "tagList" not in manager or _touched(request) <= _tags(manager["tagList"])


_COMMANDS: Final[dict[str, Callable[[_Run, Value], Result]]] = {
    "enable": _Run.enable,
    "disable": _Run.disable,
    "delete": _Run.delete,
    "listProfileInfo": _Run.list_profile_info,
    "updateMetadata": _Run.update_metadata,
    "contactPcmp": _Run.contact_pcmp,
}


def _is_meant(profile: Profile, criterion: tuple[str, Any]) -> bool:
    kind, value = criterion
    owner = profile.metadata["rpmConfiguration"]["profileOwnerOid"]
    return bool(value == (profile.iccid if kind == "iccid" else owner))


def _touched(request: Value) -> set[bytes]:
    """The tags of what an UpdateMetadataRequest sets or deletes."""
    body = tlv.read(rsp.encode("UpdateMetadataRequest", request)).value
    tags = {tlv.tag_bytes(part.tag) for part in tlv.read_all(body) if part.tag != _TAG_LIST}
    return tags | _tags(request.get("tagsForDeletion", b""))


def _tags(tag_list: bytes) -> set[bytes]:
    """The tags in a row of bare tags of one or two bytes."""
    found = set()
    while tag_list:
        length = 2 if tag_list[0] & 0x1F == 0x1F else 1
        found.add(tag_list[:length])
        tag_list = tag_list[length:]
    return found


def _is_good(result: Result) -> bool:
    kind, value = result
    if isinstance(value, tuple):
        return bool(value[0] in ("profileInfoListOk", "contactPcmpResponseOk"))
    return bool((value[kind] if isinstance(value, dict) else value) == switching.OK)


def _terminated(reason: str) -> Value:
    code = rsp.names("RpmCommandResult.rpmCommandResultData.rpmProcessingTerminated")[reason]
    return {"rpmCommandResultData": ("rpmProcessingTerminated", code)}


FUNCTIONS = (
    Es10Function(
        "LoadRpmPackage",
        0xBF44,
        "LoadRpmPackageRequest",
        "SGP.22 v3 §5.7",
        load_rpm_package,
        codec=_Reader("rsp"),
        is_v3=True,
    ),
)
