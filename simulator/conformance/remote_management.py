"""LoadRpmPackage: an operator manages its profiles from afar, with every result of every command (SGP.22 v3
§2.10, §3.7.3, §5.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from asn1 import rsp
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.outcomes import Value, case, profile_of, refused
from simulator.conformance.server import COMMON, DEVICE, ICCID, SECOND_ICCID, Server, flipped, serving
from simulator.conformance.states import back, enabled
from simulator.crypto.ecc import verify_raw

_OWNER: Final = "2.999.77"
_RPM: Final = (b"\x40", 2)
_NOBODY: Final = bytes.fromhex("98000000000000000000")
_CONTINUE: Final[Value] = {"continueOnFailure": None}
_PPR2: Final = (b"\x20", 3)
_NAME: Final = {"profileName": "New"}
Result = tuple[str, Any]


class _Manager:
    """An SM-DP+ that manages the first profile; the second one it may not."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.first, self.second = ICCID.to_bytes(), SECOND_ICCID.to_bytes()

    def authenticate(self, operation: Any = _RPM) -> None:
        self.server.transaction = self.server.equipment.entropy(16)
        asked = {} if operation is None else {"operationType": operation}
        self.server.authenticate(context=(COMMON, {"deviceInfo": DEVICE, **asked}))

    def package(self, *commands: Value, **members: Any) -> Value:
        value = {"rpmPackage": list(commands), **members}
        signed, signature = self.server.signed("SmdpSigned3", value, 1)
        return {"smdpSigned3": signed, "smdpSignature3": signature}

    def load(self, request: Value) -> Result:
        """finalResult, after the eUICC's signature was verified and the result found to wait."""
        value = self.server.isdr.load_rpm_package(request)
        data = value["loadRpmPackageResultDataSigned"]
        assert self.server.euicc is not None
        is_signed = verify_raw(self.server.euicc.public_key, value["euiccSignRPR"], data.raw)
        expect(is_signed, "euiccSignRPR is not the eUICC's over its result")
        number = data["notificationMetadata"]["seqNumber"]
        waiting = [one["seqNumber"] for one in self.server.isdr.list_notification()]
        expect(number in waiting, "the result does not wait as a notification")
        final: Result = data["finalResult"]
        return final

    def run(self, *commands: Value) -> list[Result]:
        """The results of the commands of one package."""
        self.authenticate()
        kind, results = self.load(self.package(*commands))
        expect(kind == "rpmPackageExecutionResult", f"{kind} in place of rpmPackageExecutionResult")
        return [result["rpmCommandResultData"] for result in results]

    def settle(self) -> None:
        """After what asks for a REFRESH."""
        self.server.isdr.restart()


@contextmanager
def _manager(subject: Subject, **members: Any) -> Iterator[_Manager]:
    """Both profiles, none of them enabled, before the operator; afterwards what was enabled is again."""
    with serving(subject) as server:
        octets, _ = server.isdr.get_euicc_info2()["rspCapability"]
        bit = rsp.names("RspCapability")["rpmSupport"]
        has = len(octets) > bit // 8 and octets[bit // 8] & 0x80 >> bit % 8
        require(bool(has), "the eUICC lets nobody manage profiles from afar (rpmSupport)")
        before = enabled(server)
        server.profile(SECOND_ICCID)
        oid = server.auth.certificate.registered_id
        configuration = {"managingDpList": [{"managingDpOid": oid}], "profileOwnerOid": _OWNER}
        server.profile(rpmConfiguration=configuration, **members)
        if before is not None:
            server.isdr.disable_profile(before["isdpAid"], refresh=False)
        try:
            yield _Manager(server)
        finally:
            _go_back(server, before)


def _go_back(server: Server, before: Value | None) -> None:
    server.isdr.restart()
    now = enabled(server)
    if now is not None and (before is None or now["isdpAid"] != before["isdpAid"]):
        back(server, now["isdpAid"], before)
    elif before is not None and now is None:
        server.isdr.enable_profile(before["isdpAid"], refresh=False)


def _command(kind: str, iccid: bytes, **more: Any) -> Value:
    return {**more, "rpmCommandDetails": (kind, {"iccid": iccid})}


def _update(iccid: bytes, request: Value, **more: Any) -> Value:
    return {
        **more,
        "rpmCommandDetails": ("updateMetadata", {"iccid": iccid, "updateMetadataRequest": request}),
    }


def _list(criterion: tuple[str, Any], **members: Any) -> Value:
    return {"rpmCommandDetails": ("listProfileInfo", {"searchCriteria": criterion, **members})}


def _named(result: Result) -> str:
    """The result of a command by its name."""
    kind, value = result
    if kind == "rpmProcessingTerminated":
        path = "RpmCommandResult.rpmCommandResultData.rpmProcessingTerminated"
    elif kind == "updateMetadataResult":
        path = "UpdateMetadataResponse"
    elif kind == "listProfileInfoResult":
        return "ok" if value[0] == "profileInfoListOk" else _name("ProfileInfoListError", value[1])
    elif kind == "contactPcmpResult":
        return "ok" if value[0] == "contactPcmpResponseOk" else _name(_PCMP, value[1])
    else:
        path = f"{kind.removesuffix('Result').capitalize()}ProfileResponse.{kind}"
        value = value[kind]
    return _name(path, value)


_PCMP: Final = "ContactPcmpResponse.contactPcmpResponseError"


def _name(path: str, code: int) -> str:
    return next((name for name, number in rsp.names(path).items() if number == code), str(code))


Commands = Callable[[_Manager], list[Value]]


def _gives(*wanted: str, commands: Commands, before: Callable[[_Manager], object] = lambda _: None,
           **members: Any) -> Callable[[Subject], None]:  # fmt: skip
    """The commands of a package have these results, by name."""

    def run(subject: Subject) -> None:
        with _manager(subject, **members) as manager:
            before(manager)
            found = tuple(_named(result) for result in manager.run(*commands(manager)))
            expect(found == wanted, f"the results are {', '.join(found)} in place of {', '.join(wanted)}")

    return run


def _enable_first(manager: _Manager) -> None:
    manager.server.isdr.enable_profile(ICCID, refresh=False)


_EVENTS: Final = {"enable": 4, "disable": 5, "delete": 6}
"""Command → bit of NotificationEvent that tells that it came from afar."""
_STATES: Final = {"enable": 1, "disable": 0, "delete": None}


def _switches(subject: Subject) -> None:
    """Enabled, told as caused from afar, then disabled and deleted with the next packages."""
    told = [
        {
            "profileManagementOperation": (bytes((0x80 >> bit,)), bit + 1),
            "notificationAddress": "a.example.com",
        }
        for bit in _EVENTS.values()
    ]
    with _manager(subject, notificationConfigurationInfo=told) as manager:
        isdr = manager.server.isdr
        for kind, event in _EVENTS.items():
            (result,) = manager.run(_command(kind, manager.first))
            expect(_named(result) == "ok", f"{kind}: {_named(result)}")
            manager.settle()
            profile = profile_of(isdr, manager.first)
            state = None if profile is None else profile["profileState"]
            expect(state == _STATES[kind], f"{kind} did nothing")
            events = [one["profileManagementOperation"][1] - 1 for one in isdr.list_notification()]
            expect(event in events, f"{kind} from afar does not wait to be told")


def _signed(subject: Subject) -> None:
    with _manager(subject) as manager:
        manager.authenticate()
        request = manager.package(_update(manager.first, _NAME))
        request["smdpSignature3"] = flipped(request["smdpSignature3"])
        _signed_error(manager, request, "invalidSignature")


def _transaction(subject: Subject) -> None:
    with _manager(subject) as manager:
        manager.authenticate()
        request = manager.package(_update(manager.first, _NAME), transactionId=b"another")
        _signed_error(manager, request, "invalidTransactionId")


def _signed_error(manager: _Manager, request: Value, wanted: str) -> None:
    kind, code = manager.load(request)
    found = _name("LoadRpmPackageErrorCodeSigned", code) if kind == "loadRpmPackageErrorCodeSigned" else kind
    expect(found == wanted, f"{found} in place of {wanted}")
    profile = profile_of(manager.server.isdr, manager.first)
    expect(profile is not None and profile["profileName"] != "New", "a refused package was carried out")


def _session(subject: Subject) -> None:
    """Neither without a server that was authenticated, nor for a download, nor twice."""
    with _manager(subject) as manager:
        isdr = manager.server.isdr
        manager.authenticate(None)
        request = manager.package(_update(manager.first, _NAME))
        refused(
            lambda: isdr.load_rpm_package(request),
            "noSession",
            "a server that was authenticated for a download",
        )
        manager.authenticate()
        request = manager.package(_update(manager.first, _NAME))
        manager.load(request)
        refused(lambda: isdr.load_rpm_package(request), "noSession", "the same package once more")


def _listing(subject: Subject) -> None:
    """By owner, the profiles that the server may list, with the members of a tag list."""
    with _manager(subject) as manager:
        tags = bytes.fromhex("5A929F70")
        (result,) = manager.run(_list(("profileOwnerOid", _OWNER), tagList=tags))
        expect(_named(result) == "ok", f"listProfileInfo: {_named(result)}")
        infos = [dict(one) for one in result[1][1]]
        keys = {"iccid", "profileName", "profileState"}
        expect(
            [one["iccid"] for one in infos] == [manager.first],
            f"{len(infos)} profiles are listed in place of one",
        )
        expect(infos[0].keys() == keys, f"the members are {', '.join(infos[0])}")


def _row(title: str, run: Callable[[Subject], None]) -> Check:
    return Check(
        "version3", f"LoadRpmPackage {title}", "SGP.22 v3 §5.7", run, ("es10b", "version3", "server"), True,
        case("LoadRpmPackage"),
    )  # fmt: skip


def _one(kind: str, which: str, **more: Any) -> Commands:
    return lambda manager: [_command(kind, _ICCIDS[which](manager), **more)]


_ICCIDS: Final[dict[str, Callable[[_Manager], bytes]]] = {
    "first": lambda manager: manager.first,
    "second": lambda manager: manager.second,
    "nobody": lambda manager: _NOBODY,
}
_EXCEEDED: Final = "commandsWithRefreshExceeded"
CHECKS = (
    _row("enables, disables and deletes, and a signed result waits", _switches),
    _row("updates metadata", _gives("ok", commands=lambda m: [_update(m.first, _NAME)])),
    _row("lists the profiles that the server may list", _listing),
    _row("needs a server that was authenticated for it: noSession", _session),
    _row("refuses a wrong signature, signed: invalidSignature", _signed),
    _row("refuses another transaction, signed: invalidTransactionId", _transaction),
    _row("enable of what is not there: iccidOrAidNotFound",
         _gives("iccidOrAidNotFound", commands=_one("enable", "nobody"))),
    _row("enable of an enabled profile: profileNotInDisabledState",
         _gives("profileNotInDisabledState", commands=_one("enable", "first"), before=_enable_first)),
    _row("enable of a profile that others manage: disallowedForRpm",
         _gives("disallowedForRpm", commands=_one("enable", "second"))),
    _row("disable of what is not there: iccidOrAidNotFound",
         _gives("iccidOrAidNotFound", commands=_one("disable", "nobody"))),
    _row("disable of a disabled profile: profileNotInEnabledState",
         _gives("profileNotInEnabledState", commands=_one("disable", "first"))),
    _row("disable of a profile that others manage: disallowedForRpm",
         _gives("disallowedForRpm", commands=_one("disable", "second"))),
    _row("delete of what is not there: iccidOrAidNotFound",
         _gives("iccidOrAidNotFound", commands=_one("delete", "nobody"))),
    _row("delete of an enabled profile: profileNotInDisabledState",
         _gives("profileNotInDisabledState", commands=_one("delete", "first"), before=_enable_first)),
    _row("delete of a profile that others manage: commandError",
         _gives("commandError", commands=_one("delete", "second"))),
    _row("updateMetadata of what is not there: commandError",
         _gives("commandError", commands=lambda m: [_update(_NOBODY, _NAME)])),
    _row("updateMetadata with half an icon: commandError",
         _gives("commandError", commands=lambda m: [_update(m.first, {"icon": b"i"})])),
    _row("updateMetadata with pprUpdateControl: pprUpdateInvalidSetting",
         _gives("pprUpdateInvalidSetting",
                commands=lambda m: [_update(m.first, {"profilePolicyRules": (b"\x80", 1)})])),
    _row("updateMetadata that deletes a name: deleteNotAllowed",
         _gives("deleteNotAllowed", commands=lambda m: [_update(m.first, {"tagsForDeletion": b"\x91"})])),
    _row("updateMetadata to another owner: invalidRpmConfiguration",
         _gives("invalidRpmConfiguration",
                commands=lambda m: [_update(m.first, {"rpmConfiguration": {
                    "managingDpList": [{"managingDpOid": "2.999.10"}], "profileOwnerOid": "2.999.78"}})])),
    _row("updateMetadata to an enterprise: enterpriseConfigurationNotAllowed",
         _gives("enterpriseConfigurationNotAllowed",
                commands=lambda m: [_update(m.first, {"enterpriseConfiguration": {
                    "enterpriseOid": "2.999.5", "enterpriseName": "Other"}})])),
    _row("listProfileInfo with half a tag: incorrectInputValues",
         _gives("incorrectInputValues", commands=lambda m: [_list(("iccid", m.first), tagList=b"\x9f")])),
    _row("contactPcmp of a disabled profile: profileNotEnabled",
         _gives("profileNotEnabled", commands=_one("contactPcmp", "first"))),
    _row("contactPcmp without an address: noLprConfiguration",
         _gives("noLprConfiguration", commands=_one("contactPcmp", "first"), before=_enable_first)),
    _row("ends a package at the first failure",
         _gives("iccidOrAidNotFound",
                commands=lambda m: [_command("delete", _NOBODY), _update(m.first, _NAME)])),
    _row("goes on after a failure where the command says so",
         _gives("iccidOrAidNotFound", "ok",
                commands=lambda m: [_command("delete", _NOBODY, **_CONTINUE), _update(m.first, _NAME)])),
    _row("enables once in a package: commandsWithRefreshExceeded",
         _gives("ok", _EXCEEDED,
                commands=lambda m: [_command("enable", m.first), _command("enable", m.first)])),
    _row("carries nothing out after contactPcmp: commandAfterContactPcmp",
         _gives("profileNotEnabled", "commandAfterContactPcmp",
                commands=lambda m: [_command("contactPcmp", m.first, **_CONTINUE), _update(m.first, _NAME)])),
    _row("refuses a package that is too long: commandPackageTooLarge",
         _gives("commandPackageTooLarge",
                commands=lambda m: [_update(m.first, {"iconType": 1, "icon": bytes(515)})] * 2)),
)  # fmt: skip
"""The checks of this suite about remote management."""
