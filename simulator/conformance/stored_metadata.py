"""What metadata an eUICC takes with a profile: StoreMetadata of ES8+ (SGP.22 §5.5.3, §2.5.6, §2.9.2.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asn1 import rsp, tlv
from simulator.conformance.model import Check, NotApplicable, expect
from simulator.conformance.packages import (
    ELEMENTS,
    SECURITY,
    STORE,
    STRUCTURE,
    changed_metadata,
    fails,
    installation_error,
    package_check,
    refuse,
    right,
    wrong,
)
from simulator.conformance.server import (
    ICCID,
    OWNER,
    SECOND_ICCID,
    Server,
    metadata,
    package,
    with_server,
)

Work = Callable[[Server], None]
_PPR1, _PPR2 = (b"\x40", 2), (b"\x20", 3)


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


def _iccid_there(server: Server) -> None:
    server.profile()
    server.authenticate()
    server.prepare()
    found = installation_error(server.load(right(server)))
    wanted = ("storeMetadata", "installFailedDueToIccidAlreadyExistsOnEuicc")
    expect(found == wanted, f"{' '.join(found)} in place of {' '.join(wanted)}")


def _policy(server: Server, rule: tuple[bytes, int], **members: Any) -> None:
    """A rule that no entry of the rules authorisation table allows."""
    refuse(server, "storeMetadata", "pprNotAllowed", changed_metadata(profilePolicyRules=rule, **members))


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
    refuse(server, "storeMetadata", "pprNotAllowed|incorrectInputValues", change)


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
    names = capabilities(server)
    if "testProfileSupport" in names:
        raise NotApplicable("the eUICC takes test profiles")
    refuse(server, "storeMetadata", "unsupportedProfileClass", changed_metadata(profileClass=0))


def _test_key(server: Server) -> None:
    if "testProfileSupport" not in capabilities(server):
        raise NotApplicable("the eUICC takes no test profiles")
    name = "testProfileInstallFailedDueToInvalidNaaKey"
    fails("loadProfileElements", name, changed_metadata(profileClass=0))(server)


def capabilities(server: Server) -> list[str]:
    """Names of what the eUICC says it can do in remote provisioning."""
    octets = server.isdr.get_euicc_info2()["rspCapability"]
    return [name for name, number in rsp.names("RspCapability").items() if _has(octets, number)]


def _enterprise(server: Server) -> None:
    """Only an enterprise capable device may bring rules; ours has not said that it is one."""
    if "enterpriseProfilesSupport" not in capabilities(server):
        raise NotApplicable("the eUICC takes no enterprise profiles")
    rules = {"enterpriseRuleBits": (b"\x80", 1), "numberOfNonEnterpriseProfiles": 0}
    configuration = {"enterpriseOid": "2.999.100", "enterpriseName": "Acme", "enterpriseRules": rules}
    change = changed_metadata(enterpriseConfiguration=configuration)
    refuse(server, "storeMetadata", "enterpriseRulesNotAllowed", change)


def _no_enterprise(server: Server) -> None:
    if "enterpriseProfilesSupport" in capabilities(server):
        raise NotApplicable("the eUICC takes enterprise profiles")
    configuration = {"enterpriseOid": "2.999.100", "enterpriseName": "Acme"}
    change = changed_metadata(enterpriseConfiguration=configuration)
    refuse(server, "storeMetadata", "enterpriseProfilesNotSupported", change)


def _unknown_member(server: Server) -> None:
    der = metadata(package(), server.equipment.address)
    body = tlv.read(der).value + tlv.encode(0x9F7D, b"\0")
    refuse(server, "storeMetadata", "unknownTlvInMetadata", {"metadata": tlv.encode(0xBF25, body)})


def _store(title: str, work: Work, needs: tuple[str, ...] = ()) -> Check:
    return package_check("StoreMetadata", title, with_server(work), "5.5.3, §2.5.6", needs)


CHECKS = (
    _store("is what GetProfilesInfo tells", _told),
    _store("says who is notified of the installation", _notified),
    wrong(STORE, "with a wrong MAC", SECURITY, {"spoilt": {"1": -1}}),
    wrong(STORE, "with a wrong tag", STRUCTURE, {"spoilt": {"1": 0}}),
    wrong(STORE, "that is cut off", "incorrectInputValues", {"metadata": b"\xbf\x25\x02\x5a\x00"}),
    _store("with an ICCID that is there: installFailedDueToIccidAlreadyExistsOnEuicc", _iccid_there),
    _store("with ppr1 beside an operational profile: pprNotAllowed", _ppr1_beside_others),
    _store("with a rule but no owner: pprNotAllowed", _owner_missing),
    _store("with a rule that the RAT does not have: pprNotAllowed", _unauthorised),
    _store("of a test profile where there are none: unsupportedProfileClass", _test_class),
    _store("with enterprise rules in a common device: enterpriseRulesNotAllowed", _enterprise, ("version3",)),
    _store("of an enterprise where there are none: enterpriseProfilesNotSupported", _no_enterprise,
           ("version3",)),
    _store("with an unknown member: unknownTlvInMetadata", _unknown_member, ("version3",)),
    package_check(ELEMENTS, "of a test profile with an operator's key", with_server(_test_key),
                  "5.5.5, §2.5.6"),
)  # fmt: skip
"""The checks of this module."""
