"""What an eUICC installs and what it does not: ES8+ in a bound profile package (SGP.22 §5.5, §5.7.6, §2.5.6).

Each package is wrong in one place and right in all others. The result names command and reason, is signed,
waits as a notification, and leaves no part of the profile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from asn1 import rsp, tlv
from cards.errors import CardStatusError
from simulator.conformance.model import Check, NotApplicable, Subject, expect
from simulator.conformance.outcomes import Value, case, code_of, profile_of
from simulator.conformance.server import (
    ICCID,
    OWNER,
    REPLACE_KEYS,
    SECOND_ICCID,
    Package,
    Server,
    metadata,
    package,
    pieces,
    serving,
)
from simulator.crypto.bsp import SessionKeys

Work = Callable[[Server], None]
Change = dict[str, Any] | Callable[[Server], dict[str, Any]]
_PPR1, _PPR2 = (b"\x40", 2), (b"\x20", 3)


def _right(server: Server, **members: Any) -> Package:
    return Package(package(), metadata(package(), server.equipment.address, **members))


def _with(work: Work) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        with serving(subject) as server:
            work(server)

    return run


def _fails(command: str, reason: str, change: Change) -> Work:
    """The package must end at this command for one of these reasons, parted by '|'."""

    def work(server: Server) -> None:
        _refuse(server, command, reason, change)
        server.profile()

    return work


def _refuse(server: Server, command: str, reason: str, change: Change) -> None:
    server.transaction = server.equipment.entropy(16)
    server.authenticate()
    server.prepare()
    changes = change(server) if callable(change) else change
    data = server.load(replace(_right(server), **changes))
    found = _error(data)
    wanted = [(command, name) for name in reason.split("|")]
    expect(found in wanted, f"{' '.join(found)} in place of {command} {reason}")
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")
    number = data["notificationMetadata"]["seqNumber"]
    waiting = [item["seqNumber"] for item in server.isdr.list_notification()]
    expect(number in waiting, "the result does not wait as a notification")


def _error(data: Value) -> tuple[str, str]:
    kind, value = data["finalResult"]
    if kind == "successResult":
        return "installed", "success"
    return (
        code_of(value, "bppCommandId", "BppCommandId"),
        code_of(value, "errorReason", "ErrorReason"),
    )


def _metadata(**members: Any) -> Callable[[Server], dict[str, Any]]:
    return lambda server: {"metadata": metadata(package(), server.equipment.address, **members)}


# What installs


def _installs(**changes: Any) -> Work:
    def work(server: Server) -> None:
        server.authenticate()
        server.prepare()
        data = server.load(replace(_right(server), **changes))
        expect(data["finalResult"][0] == "successResult", f"{' '.join(_error(data))} in place of success")
        profile = profile_of(server.isdr, ICCID.to_bytes())
        expect(profile is not None, "the profile is not listed")
        assert profile is not None
        expect(profile["profileState"] == 0, "the profile is not disabled after its installation")
        aid = data["finalResult"][1]["aid"]
        expect(aid == profile["isdpAid"], "the result names another ISD-P than GetProfilesInfo")

    return work


def _small_blocks(subject: Subject) -> None:
    """STORE DATA may bring a package in blocks as small as the device likes."""
    with serving(subject, segment_length=100) as server:
        _installs()(server)


def _told(server: Server) -> None:
    """What the metadata say is what GetProfilesInfo tells."""
    told: dict[str, Any] = {
        "serviceProviderName": "Provider",
        "profileName": "Name",
        "iconType": 1,
        "icon": b"\x89PNG",
        "profileOwner": OWNER.value(),
    }
    server.profile(**told)
    tags = bytes.fromhex("5A4F9F7090919293949599B6B7B8")
    (found,) = server.isdr.get_profiles_info(("iccid", ICCID.to_bytes()), tags)
    for name, value in told.items():
        expect(found.get(name) == value, f"{name} is {found.get(name)!r} in place of {value!r}")


def _notified(server: Server) -> None:
    """notificationInstall goes to other addresses of the profile; the SM-DP+ learns by the result."""
    other = {"profileManagementOperation": (b"\x80", 1), "notificationAddress": "other.example.com"}
    server.profile(notificationConfigurationInfo=[other])
    addresses = [
        item["notificationAddress"]
        for item in server.isdr.list_notification("notificationInstall")
        if item.get("iccid") == ICCID.to_bytes()
    ]
    wanted = {"other.example.com", server.equipment.address}
    expect(wanted <= set(addresses), f"notificationInstall goes to {', '.join(addresses) or 'nobody'}")


# Out of order


def _not_prepared(subject: Subject) -> None:
    with serving(subject) as server:
        server.authenticate()
        server.prepare()
        bound = pieces(server.bind(_right(server)))
        subject.link.reset()
        server.isdr.restart()
        for piece in bound:
            try:
                answer = server.isdr.store_data(piece)
            except CardStatusError as error:
                expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
                return
            if answer:
                break
        expect(
            profile_of(server.isdr, ICCID.to_bytes()) is None, "a package is installed that nobody prepared"
        )


def _twice(server: Server) -> None:
    """A package installs once; sent again it is refused, for its session is over."""
    server.authenticate()
    server.prepare()
    bound = pieces(server.bind(_right(server)))
    for piece in bound:
        answer = server.isdr.store_data(piece)
    expect(server.result(answer)["finalResult"][0] == "successResult", "the package was not installed")
    try:
        answer = server.isdr.store_data(bound[0])
    except CardStatusError as error:
        expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
        return
    expect(bool(answer), "the same package is taken once more")


def _second_beginning(server: Server) -> None:
    """InitialiseSecureChannel while a package is on its way in: it must not get two."""
    server.authenticate()
    server.prepare()
    bound = pieces(server.bind(_right(server)))
    for piece in bound[:2]:
        server.isdr.store_data(piece)
    try:
        server.isdr.store_data(bound[0])
    except CardStatusError as error:
        expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
    server.isdr.restart()
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")
    server.profile()


def _interrupted(server: Server) -> None:
    """A reset within the package leaves no part; the next attempt installs."""
    server.authenticate()
    server.prepare()
    for piece in pieces(server.bind(_right(server)))[:-1]:
        server.isdr.store_data(piece)
    server.isdr.restart()
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")
    server.profile()


def _other_function(server: Server) -> None:
    """Another function within the package ends it, or is refused; no part is left."""
    server.authenticate()
    server.prepare()
    bound = pieces(server.bind(_right(server)))
    for piece in bound[:3]:
        server.isdr.store_data(piece)
    try:
        server.isdr.get_euicc_info1()
    except CardStatusError as error:
        expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
    server.isdr.restart()
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")


# Metadata that are not welcome


def _iccid_there(server: Server) -> None:
    server.profile()
    server.authenticate()
    server.prepare()
    found = _error(server.load(_right(server)))
    wanted = ("storeMetadata", "installFailedDueToIccidAlreadyExistsOnEuicc")
    expect(found == wanted, f"{' '.join(found)} in place of {' '.join(wanted)}")


def _policy(server: Server, rule: tuple[bytes, int], **members: Any) -> None:
    """A rule that no entry of the rules authorisation table allows."""
    _refuse(server, "storeMetadata", "pprNotAllowed", _metadata(profilePolicyRules=rule, **members))


def _ppr1_beside_others(server: Server) -> None:
    if not any(one.get("profileClass", 2) == 2 for one in server.isdr.get_profiles_info()):
        server.profile(SECOND_ICCID)
    _policy(server, _PPR1)


def _owner_missing(server: Server) -> None:
    """A rule without an owner is authorised by nobody."""
    upp = package()
    value = rsp.decode(
        "StoreMetadataRequest", metadata(upp, server.equipment.address, profilePolicyRules=_PPR2)
    )
    bare = {name: member for name, member in value.items() if name != "profileOwner"}
    change = {"metadata": rsp.encode("StoreMetadataRequest", bare)}
    _refuse(server, "storeMetadata", "pprNotAllowed|incorrectInputValues", change)


def _unauthorised(server: Server) -> None:
    """The first rule that the rules authorisation table does not allow this owner."""
    table = server.isdr.get_rat()
    for bit, rule in ((1, _PPR1), (2, _PPR2)):
        if not any(_has(entry["pprIds"], bit) for entry in table):
            _policy(server, rule)
            return
    raise NotApplicable("the rules authorisation table allows every rule to some operator")


def _has(bits: tuple[bytes, int], number: int) -> bool:
    octets, length = bits
    return number < length and bool(octets[number // 8] & 0x80 >> number % 8)


def _test_class(server: Server) -> None:
    names = _capabilities(server)
    if "testProfileSupport" in names:
        raise NotApplicable("the eUICC takes test profiles")
    _refuse(server, "storeMetadata", "unsupportedProfileClass", _metadata(profileClass=0))


def _test_key(server: Server) -> None:
    if "testProfileSupport" not in _capabilities(server):
        raise NotApplicable("the eUICC takes no test profiles")
    name = "testProfileInstallFailedDueToInvalidNaaKey"
    _fails("loadProfileElements", name, _metadata(profileClass=0))(server)


def _capabilities(server: Server) -> list[str]:
    octets = server.isdr.get_euicc_info2()["rspCapability"]
    return [name for name, number in rsp.names("RspCapability").items() if _has(octets, number)]


def _enterprise(server: Server) -> None:
    """Only an enterprise capable device may bring rules; ours has not said that it is one."""
    if "enterpriseProfilesSupport" not in _capabilities(server):
        raise NotApplicable("the eUICC takes no enterprise profiles")
    rules = {"enterpriseRuleBits": (b"\x80", 1), "numberOfNonEnterpriseProfiles": 0}
    configuration = {"enterpriseOid": "2.999.100", "enterpriseName": "Acme", "enterpriseRules": rules}
    change = _metadata(enterpriseConfiguration=configuration)
    _refuse(server, "storeMetadata", "enterpriseRulesNotAllowed", change)


def _no_enterprise(server: Server) -> None:
    if "enterpriseProfilesSupport" in _capabilities(server):
        raise NotApplicable("the eUICC takes enterprise profiles")
    configuration = {"enterpriseOid": "2.999.100", "enterpriseName": "Acme"}
    change = _metadata(enterpriseConfiguration=configuration)
    _refuse(server, "storeMetadata", "enterpriseProfilesNotSupported", change)


def _unknown_member(server: Server) -> None:
    der = metadata(package(), server.equipment.address)
    body = tlv.read(der).value + tlv.encode(0x9F7D, b"\0")
    _refuse(server, "storeMetadata", "unknownTlvInMetadata", {"metadata": tlv.encode(0xBF25, body)})


def _too_big(server: Server) -> None:
    """As many whole elements as the eUICC says that it has not room for."""
    resource = server.isdr.get_euicc_info2()["extCardResource"]
    free = int.from_bytes(tlv.find(resource, 0x82) or b"", "big")
    if free > 4 << 20:
        raise NotApplicable(f"the eUICC has {free} bytes free: too many to fill")
    upp = package()
    filler = tlv.encode(0xA0, bytes(free))
    _refuse(
        server,
        "loadProfileElements",
        "installFailedDueToInsufficientMemoryForProfile|installFailedDueToPEProcessingError",
        {"upp": upp[:-2] + filler},
    )


def _elements(server: Server) -> None:
    """The result of a package that ends too early says which element was at fault."""
    server.authenticate()
    server.prepare()
    data = server.load(replace(_right(server), upp=package()[:-2]))
    found = _error(data)
    wanted = ("loadProfileElements", "installFailedDueToPEProcessingError")
    expect(found == wanted, f"{' '.join(found)} in place of {' '.join(wanted)}")
    expect("simaResponse" in data["finalResult"][1], "the result has no EUICCResponse")


_WRONG_KEYS: Final = SessionKeys(bytes(16), bytes(16), bytes(16))


def _check(
    function: str, title: str, run: Callable[[Subject], None], clause: str, needs: tuple[str, ...] = ()
) -> Check:
    return Check(
        "packages", f"{function} {title}", f"SGP.22 §{clause}", run, ("es10b", "server", *needs), True,
        case(function),
    )  # fmt: skip


_CLAUSES: Final = {
    "InitialiseSecureChannel": ("initialiseSecureChannel", "5.5.1"),
    "ConfigureISDP": ("configureISDP", "5.5.2"),
    "StoreMetadata": ("storeMetadata", "5.5.3"),
    "ReplaceSessionKeys": ("replaceSessionKeys", "5.5.4"),
    "LoadProfileElements": ("loadProfileElements", "5.5.5"),
}


def _row(function: str, what: str, reason: str, change: Change) -> Check:
    """A package that is wrong in one place."""
    command, clause = _CLAUSES[function]
    return _check(function, f"{what}: {reason}", _with(_fails(command, reason, change)), f"{clause}, §2.5.6")


def _load(title: str, work: Work) -> Check:
    return _check("LoadBoundProfilePackage", title, _with(work), "5.7.6")


def _store(title: str, work: Work, needs: tuple[str, ...] = ()) -> Check:
    return _check("StoreMetadata", title, _with(work), "5.5.3, §2.5.6", needs)


_INITIALISE, _CONFIGURE, _STORE, _REPLACE, _ELEMENTS = _CLAUSES
_SECURITY, _STRUCTURE = "scp03tSecurityError", "scp03tStructureError"
_POINT: Final = {"point": b"\x04" + bytes(64)}
CHECKS = (
    _load("installs under session keys", _installs()),
    _load("installs under replaced session keys", _installs(replace_keys=REPLACE_KEYS)),
    _check("LoadBoundProfilePackage", "takes small blocks", _small_blocks, "5.7.2, §5.7.6"),
    _check("LoadBoundProfilePackage", "needs a prepared download", _not_prepared, "5.7.6"),
    _load("installs once", _twice),
    _load("leaves no part after a reset, and installs then", _interrupted),
    _load("leaves no part when another function comes in between", _other_function),
    _row(_INITIALISE, "with another remote operation", "unsupportedRemoteOperationType", {"operation": 2}),
    _row(_INITIALISE, "with a wrong signature", "invalidSignature", {"spoils_signature": True}),
    _row(_INITIALISE, "of another transaction", "invalidTransactionId", {"transaction": bytes(16)}),
    _row(_INITIALISE, "with another key type", "unsupportedCrtValues", {"key_type": b"\x80"}),
    _row(_INITIALISE, "with another key length", "unsupportedCrtValues", {"key_length": b"\x20"}),
    _row(_INITIALISE, "with no point of the curve", "incorrectInputValues|invalidSignature", _POINT),
    _check(_INITIALISE, "while a package is on its way in", _with(_second_beginning), "5.5.1"),
    _row(_INITIALISE, "followed by StoreMetadata", _STRUCTURE, {"order": "103"}),
    _row(_CONFIGURE, "with a wrong MAC", _SECURITY, {"spoilt": {"0": -1}}),
    _row(_CONFIGURE, "with a wrong tag", _STRUCTURE, {"spoilt": {"0": 0}}),
    _row(_CONFIGURE, "that is cut off", "incorrectInputValues", {"configure": b"\xbf\x24\x01"}),
    _row(_CONFIGURE, "followed by the profile", _STRUCTURE, {"order": "031"}),
    _store("is what GetProfilesInfo tells", _told),
    _store("says who is notified of the installation", _notified),
    _row(_STORE, "with a wrong MAC", _SECURITY, {"spoilt": {"1": -1}}),
    _row(_STORE, "with a wrong tag", _STRUCTURE, {"spoilt": {"1": 0}}),
    _row(_STORE, "that is cut off", "incorrectInputValues", {"metadata": b"\xbf\x25\x02\x5a\x00"}),
    _store("with an ICCID that is there: installFailedDueToIccidAlreadyExistsOnEuicc", _iccid_there),
    _store("with ppr1 beside an operational profile: pprNotAllowed", _ppr1_beside_others),
    _store("with a rule but no owner: pprNotAllowed", _owner_missing),
    _store("with a rule that the RAT does not have: pprNotAllowed", _unauthorised),
    _store("of a test profile where there are none: unsupportedProfileClass", _test_class),
    _store("with enterprise rules in a common device: enterpriseRulesNotAllowed", _enterprise, ("version3",)),
    _store("of an enterprise where there are none: enterpriseProfilesNotSupported", _no_enterprise,
           ("version3",)),
    _store("with an unknown member: unknownTlvInMetadata", _unknown_member, ("version3",)),
    _row(_REPLACE, "with a wrong MAC", _SECURITY, {"replace_keys": REPLACE_KEYS, "spoilt": {"2": -1}}),
    _row(_REPLACE, "with a wrong tag", _STRUCTURE, {"replace_keys": REPLACE_KEYS, "spoilt": {"2": 0}}),
    _row(_REPLACE, "that is cut off", "incorrectInputValues", {"replace_keys": REPLACE_KEYS[:-1]}),
    _row(_ELEMENTS, "with a wrong MAC", _SECURITY, {"spoilt": {"3": -1}}),
    _row(_ELEMENTS, "with a wrong tag", _STRUCTURE, {"spoilt": {"3": 0}}),
    _row(_ELEMENTS, "under other keys", _SECURITY,
         {"replace_keys": REPLACE_KEYS, "upp_keys": _WRONG_KEYS}),
    _row(_ELEMENTS, "of another ICCID", "installFailedDueToDataMismatch",
         lambda server: {"upp": package(SECOND_ICCID)}),
    _check(_ELEMENTS, "that end too early say where: installFailedDueToPEProcessingError", _with(_elements),
           "5.5.5, §2.5.6"),
    _check(_ELEMENTS, "that are too many: installFailedDueToInsufficientMemoryForProfile", _with(_too_big),
           "5.5.5, §2.5.6"),
    _check(_ELEMENTS, "of a test profile with an operator's key", _with(_test_key), "5.5.5, §2.5.6"),
)  # fmt: skip
"""The checks of this suite."""
