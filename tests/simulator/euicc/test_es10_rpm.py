"""ES10b.LoadRpmPackage: every result code, against a server written here from `simulator.crypto` alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asn1 import rsp, tlv
from cards.status import StatusError
from simulator.crypto.ecc import sign_raw, verify_raw
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.features import V3, Features
from simulator.euicc.ports import Mep, MepMode
from simulator.euicc.profiles import PPR2, Profile
from simulator.profile import build, describe
from simulator.smdp.metadata import RPM_EVENTS, NotificationConfiguration, ProfileMetadata, ProfileOwner
from tests.simulator.conftest import ADDRESS, NOW, Bench, clock, entropy, make_bench

TRANSACTION = b"transaction"
DP, OTHER_DP, OWNER = "2.999.10", "2.999.12", "2.999.77"
DEVICE = {"tac": bytes.fromhex("35290611"), "deviceCapabilities": {}}
RPM, DOWNLOAD, BOTH = (b"\x40", 2), (b"\x80", 1), (b"\xc0", 2)
ALL = {"managingDpOid": DP}
Command = dict[str, Any]


def configuration(*managers: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"managingDpList": list(managers) or [ALL], "profileOwnerOid": OWNER, **members}


class Server:
    """An SM-DP+ before an eUICC of version 3 with the profiles of two operators, none enabled. `first` may be
    managed by it."""

    def __init__(self, pki: TestPki, features: Features) -> None:
        self.pki = pki
        self.bench: Bench = make_bench(pki, "rpm server")
        identity = EuiccIdentity.from_pki(pki, entropy=entropy("factory"), now=NOW)
        self.bench.euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=features)
        self.bench.euicc.card.on_fault = lambda apdu, error: self.bench.faults.append(error)
        own = NotificationConfiguration(ADDRESS, (*RPM_EVENTS, "enable", "disable", "delete"))
        for name, further in (
            ("home-operator", {"rpmConfiguration": configuration()}),
            ("travel-operator", {}),
        ):
            metadata = ProfileMetadata(
                notifications=(own,),
                further=further,
                owner=ProfileOwner("99970"),
                icon_type="png",
                icon=b"icon",
            )
            self.bench.download(build.build_package(describe.load_shipped(name)), metadata=metadata)
        self.bench.euicc.core.notifications.pending.clear()
        self.first, self.second = self.bench.euicc.core.registry.profiles
        self.signature1 = b""

    @property
    def auth(self) -> CertificateAndKey:
        item = next(iter(self.pki.branches.values())).dp_auth
        assert item is not None
        return item

    def execute(self, request: str, value: Any, response: str) -> Any:
        return rsp.decode(response, self.bench.euicc.isdr.execute(rsp.encode(request, value)))

    def authenticate(self, operations: Any = RPM, **context: Any) -> tuple[str, Any]:
        challenge = self.bench.euicc.isdr.execute(bytes.fromhex("BF2E00"))[-16:]
        signed = {
            "transactionId": TRANSACTION,
            "euiccChallenge": challenge,
            "serverAddress": ADDRESS,
            "serverChallenge": bytes(16),
        }
        raw = rsp.encode("ServerSigned1", signed)
        asked = {} if operations is None else {"operationType": operations}
        request = {
            "serverSigned1": rsp.decode("ServerSigned1", raw),
            "serverSignature1": sign_raw(self.auth.require_key(), raw),
            "euiccCiPKIdToBeUsed": self.bench.euicc.core.identity.credentials[0].ci_key_id,
            "serverCertificate": self.auth.certificate_der,
            "ctxParams1": ("ctxParamsForCommonAuthentication", {"deviceInfo": DEVICE, **asked, **context}),
        }
        answer: tuple[str, Any] = self.execute(
            "AuthenticateServerRequest", request, "AuthenticateServerResponse"
        )
        if answer[0] == "authenticateResponseOk":
            self.signature1 = answer[1]["euiccSignature1"]
        return answer

    def package(self, *commands: Command, transaction: bytes = TRANSACTION) -> dict[str, Any]:
        raw = rsp.encode("SmdpSigned3", {"transactionId": transaction, "rpmPackage": list(commands)})
        signature = sign_raw(self.auth.require_key(), raw + tlv.encode(0x5F37, self.signature1))
        return {"smdpSigned3": rsp.decode("SmdpSigned3", raw), "smdpSignature3": signature}

    def load(self, request: dict[str, Any]) -> tuple[str, Any]:
        """LoadRpmPackage; a signed result is checked, and that it waits as a notification."""
        before = len(self.bench.euicc.core.notifications.pending)
        kind, value = self.execute("LoadRpmPackageRequest", request, "LoadRpmPackageResult")
        if kind != "loadRpmPackageResultSigned":
            assert len(self.bench.euicc.core.notifications.pending) == before
            return kind, value["loadRpmPackageErrorCodeNotSigned"]
        data = value["loadRpmPackageResultDataSigned"]
        credential = self.bench.euicc.core.identity.credentials[0]
        assert verify_raw(credential.key.public_key(), value["euiccSignRPR"], data.raw)
        assert (data["transactionId"], data["smdpOid"]) == (TRANSACTION, DP)
        metadata = data["notificationMetadata"]
        assert metadata["notificationAddress"] == ADDRESS
        assert metadata["profileManagementOperation"] == (b"\x01", 8)
        pending = self.bench.euicc.core.notifications.pending[-1]
        assert rsp.decode("PendingNotification", pending.der) == ("loadRpmPackageResultSigned", value)
        assert pending.sequence_number == metadata["seqNumber"]
        final: tuple[str, Any] = data["finalResult"]
        return final

    def run(self, *commands: Command, **request: Any) -> list[Any]:
        """The results of a package, each its alternative and its code or value."""
        assert self.authenticate()[0] == "authenticateResponseOk"
        kind, results = self.load({**self.package(*commands), **request})
        assert kind == "rpmPackageExecutionResult"
        return [result["rpmCommandResultData"] for result in results]

    def metadata(self, profile: Profile, **members: Any) -> None:
        profile.metadata = profile.metadata | members

    def events(self) -> list[int]:
        """Bits of the events that wait to be told, oldest first."""
        pending = self.bench.euicc.core.notifications.pending
        return [item.metadata["profileManagementOperation"][1] - 1 for item in pending]


Provoke = Callable[[Server], list[Any]]


@pytest.fixture
def server(test_pki: TestPki) -> Server:
    return Server(test_pki, Features(svn=V3))


def enable(profile: Profile, **more: Any) -> Command:
    return {**more, "rpmCommandDetails": ("enable", {"iccid": profile.iccid})}


def disable(profile: Profile, **more: Any) -> Command:
    return {**more, "rpmCommandDetails": ("disable", {"iccid": profile.iccid})}


def delete(profile: Profile, **more: Any) -> Command:
    return {**more, "rpmCommandDetails": ("delete", {"iccid": profile.iccid})}


def update(profile: Profile, request: dict[str, Any], **more: Any) -> Command:
    details = {"iccid": profile.iccid, "updateMetadataRequest": request}
    return {**more, "rpmCommandDetails": ("updateMetadata", details)}


def contact(profile: Profile, **more: Any) -> Command:
    return {**more, "rpmCommandDetails": ("contactPcmp", {"iccid": profile.iccid})}


def list_info(criterion: tuple[str, Any], **members: Any) -> Command:
    return {"rpmCommandDetails": ("listProfileInfo", {"searchCriteria": criterion, **members})}


class Unknown:
    """A profile that is nowhere."""

    iccid = bytes.fromhex("98000000000000000000")


UNKNOWN: Any = Unknown()
CONTINUE: dict[str, Any] = {"continueOnFailure": None}
NAME = {"profileName": "New"}


def test_enabling_is_told_switched_and_refreshed_once(server: Server) -> None:
    euicc = server.bench.euicc
    server.run(enable(server.first))
    assert server.first.is_enabled
    assert server.events() == [4, 7]  # notificationRpmEnable, loadRpmPackageResult
    assert euicc.card.files is None or euicc.card.files is not server.first.files  # not before the REFRESH
    euicc.reset()
    assert euicc.card.files is server.first.files
    server.metadata(server.second, rpmConfiguration=configuration())
    assert server.run(disable(server.first), enable(server.second)) == [
        ("disableResult", {"disableResult": 0}),
        ("enableResult", {"enableResult": 0}),
    ]
    assert server.events()[2:] == [5, 4, 7]
    assert euicc.card.proactive.is_busy
    assert [p.is_enabled for p in euicc.core.registry] == [False, True]


def test_one_refresh_for_a_package(server: Server) -> None:
    """However much it switches, and none if it switches nothing."""
    server.metadata(server.second, rpmConfiguration=configuration())
    server.run(enable(server.first))
    server.bench.euicc.reset()
    calls: list[tuple[int, bool]] = []
    server.bench.euicc.core.switched = lambda slot, refresh: calls.append((slot, refresh))
    server.run(disable(server.first), enable(server.second))
    assert calls == [(0, True)]
    assert server.run(update(server.second, NAME)) == [("updateMetadataResult", 0)]
    assert calls == [(0, True)]


def test_deleting(server: Server) -> None:
    assert server.run(delete(server.first)) == [("deleteResult", {"deleteResult": 0})]
    assert [p.iccid for p in server.bench.euicc.core.registry] == [server.second.iccid]
    assert server.events() == [6, 7]


def test_updating_and_listing(server: Server) -> None:
    owner = ("profileOwnerOid", OWNER)
    tags = bytes.fromhex("5A929F70")
    results = server.run(update(server.first, NAME), list_info(owner, tagList=tags))
    info = {"iccid": server.first.iccid, "profileName": "New", "profileState": 0}
    assert results == [("updateMetadataResult", 0), ("listProfileInfoResult", ("profileInfoListOk", [info]))]


def test_listing_one_by_its_default_tags(server: Server) -> None:
    ((_, (kind, infos)),) = server.run(list_info(("iccid", server.first.iccid)))
    assert kind == "profileInfoListOk"
    assert set(infos[0]) >= {"iccid", "isdpAid", "profileState", "profileName", "profileClass"}
    assert "notificationConfigurationInfo" not in infos[0]


@pytest.mark.parametrize("criterion", [("profileOwnerOid", "2.999.78"), ("iccid", UNKNOWN.iccid)])
def test_listing_nothing(server: Server, criterion: tuple[str, Any]) -> None:
    assert server.run(list_info(criterion)) == [("listProfileInfoResult", ("profileInfoListOk", []))]


def test_a_result_says_which_profile(server: Server) -> None:
    server.authenticate()
    _, results = server.load(server.package(enable(server.first), list_info(("profileOwnerOid", OWNER))))
    assert [result.get("iccid") for result in results] == [server.first.iccid, None]


def test_contact(server: Server) -> None:
    server.metadata(server.first, lprConfiguration={"pcmpAddress": "pcmp.example.com"})
    results = server.run(enable(server.first), contact(server.first))
    assert results[1] == ("contactPcmpResult", ("contactPcmpResponseOk", {"pcmpAddress": "pcmp.example.com"}))


def refuse_policy(server: Server, rule: int) -> None:
    server.metadata(server.first, profilePolicyRules=(bytes((0x80 >> rule,)), rule + 1))


def busy(server: Server) -> None:
    server.bench.euicc.core.is_busy = lambda slot: True


def as_test(server: Server) -> None:
    server.metadata(server.first, profileClass=0)


def enabled_first(server: Server) -> Profile:
    server.first.state = type(server.first.state).ENABLED
    return server.first


def case_policy_enable(server: Server) -> list[Any]:
    enabled_first(server)
    refuse_policy(server, 1)
    server.metadata(server.second, rpmConfiguration=configuration())
    return server.run(enable(server.second))


def case_wrong_reenabling(server: Server) -> list[Any]:
    server.metadata(server.second, profileClass=0)
    server.second.state = type(server.second.state).ENABLED
    return server.run(enable(server.first))


def case_busy(server: Server) -> list[Any]:
    busy(server)
    return server.run(enable(server.first))


def case_busy_disable(server: Server) -> list[Any]:
    busy(server)
    enabled_first(server)
    return server.run(disable(server.first))


def case_disable_policy(server: Server) -> list[Any]:
    enabled_first(server)
    refuse_policy(server, 1)
    return server.run(disable(server.first))


def case_delete_policy(server: Server) -> list[Any]:
    refuse_policy(server, PPR2)
    return server.run(delete(server.first))


def case_delete_enabled(server: Server) -> list[Any]:
    return server.run(delete(enabled_first(server)))


def case_delete_in_test_mode(server: Server) -> list[Any]:
    server.bench.euicc.core.registry.overridden[0] = server.first.aid
    return server.run(delete(server.first))


def case_test_profile(server: Server) -> list[Any]:
    as_test(server)
    return server.run(enable(server.first))


def case_other_enterprise(server: Server) -> list[Any]:
    other = {"enterpriseOid": "2.999.5", "enterpriseName": "Other"}
    return server.run(update(server.first, {"enterpriseConfiguration": other}))


def case_other_owner(server: Server) -> list[Any]:
    taken = configuration() | {"profileOwnerOid": "2.999.78"}
    return server.run(update(server.first, {"rpmConfiguration": taken}))


CODES: dict[str, tuple[Provoke, str, Any]] = {
    "enable unknown": (lambda s: s.run(enable(UNKNOWN)), "enableResult", {"enableResult": 1}),
    "enable enabled": (lambda s: s.run(enable(enabled_first(s))), "enableResult", {"enableResult": 2}),
    "enable policy": (case_policy_enable, "enableResult", {"enableResult": 3}),
    "enable test mode": (case_wrong_reenabling, "enableResult", {"enableResult": 4}),
    "enable busy": (case_busy, "enableResult", {"enableResult": 5}),
    "enable not managed": (lambda s: s.run(enable(s.second)), "enableResult", {"enableResult": 9}),
    "enable test profile": (case_test_profile, "enableResult", {"enableResult": 9}),
    "disable unknown": (lambda s: s.run(disable(UNKNOWN)), "disableResult", {"disableResult": 1}),
    "disable disabled": (lambda s: s.run(disable(s.first)), "disableResult", {"disableResult": 2}),
    "disable policy": (case_disable_policy, "disableResult", {"disableResult": 3}),
    "disable busy": (case_busy_disable, "disableResult", {"disableResult": 5}),
    "disable not managed": (lambda s: s.run(disable(s.second)), "disableResult", {"disableResult": 9}),
    "delete unknown": (lambda s: s.run(delete(UNKNOWN)), "deleteResult", {"deleteResult": 1}),
    "delete enabled": (case_delete_enabled, "deleteResult", {"deleteResult": 2}),
    "delete policy": (case_delete_policy, "deleteResult", {"deleteResult": 3}),
    "delete test mode": (case_delete_in_test_mode, "deleteResult", {"deleteResult": 4}),
    "delete not managed": (lambda s: s.run(delete(s.second)), "deleteResult", {"deleteResult": 7}),
    "update unknown": (lambda s: s.run(update(UNKNOWN, NAME)), "updateMetadataResult", 7),
    "update not managed": (lambda s: s.run(update(s.second, NAME)), "updateMetadataResult", 7),
    "update half an icon": (lambda s: s.run(update(s.first, {"icon": b"i"})), "updateMetadataResult", 7),
    "update rules": (
        lambda s: s.run(update(s.first, {"profilePolicyRules": (b"\x80", 1)})),
        "updateMetadataResult",
        12,
    ),
    "update enterprise": (case_other_enterprise, "updateMetadataResult", 6),
    "update owner": (case_other_owner, "updateMetadataResult", 14),
    "update deletes": (
        lambda s: s.run(update(s.first, {"tagsForDeletion": b"\x91"})),
        "updateMetadataResult",
        15,
    ),
    "list cut off": (
        lambda s: s.run(list_info(("iccid", s.first.iccid), tagList=b"\x9f")),
        "listProfileInfoResult",
        ("profileInfoListError", 1),
    ),
    "contact unknown": (
        lambda s: s.run(contact(UNKNOWN)),
        "contactPcmpResult",
        ("contactPcmpResponseError", 7),
    ),
    "contact not managed": (
        lambda s: s.run(contact(s.second)),
        "contactPcmpResult",
        ("contactPcmpResponseError", 7),
    ),
    "contact disabled": (
        lambda s: s.run(contact(s.first)),
        "contactPcmpResult",
        ("contactPcmpResponseError", 2),
    ),
    "contact without": (
        lambda s: s.run(contact(enabled_first(s))),
        "contactPcmpResult",
        ("contactPcmpResponseError", 13),
    ),
}


MOVED = {
    name for name in CODES if any(word in name for word in ("enabled", "policy", "busy", "test", "without"))
}
"""Those whose set-up changes profiles."""


@pytest.mark.parametrize("name", CODES)
def test_result_codes(server: Server, name: str) -> None:
    provoke, alternative, value = CODES[name]
    before = [profile.save() for profile in server.bench.euicc.core.registry]
    assert provoke(server) == [(alternative, value)]
    changed = [profile.save() for profile in server.bench.euicc.core.registry] != before
    assert not changed or name in MOVED


def test_every_code_is_reached() -> None:
    """Those that no command can get: what concerns ports and enterprise rules has tests of its own."""
    reached = {(alternative, str(value)) for _, alternative, value in CODES.values()}
    never = {
        "enableResult": {"ok", "commandError", "noEsimPortAvailable", "disallowedByEnterpriseRule"},
        "disableResult": {"ok", "commandError", "disallowedByEnterpriseRule"},
        "deleteResult": {"ok"},
    }
    for alternative, expected in never.items():
        path = f"{alternative.removesuffix('Result').capitalize()}ProfileResponse.{alternative}"
        left = {
            name
            for name, code in rsp.names(path).items()
            if (alternative, str({alternative: code})) not in reached
        }
        assert left == expected | {"undefinedError"}
    left = {
        n
        for n, code in rsp.names("UpdateMetadataResponse").items()
        if ("updateMetadataResult", str(code)) not in reached
    }
    assert left == {"ok", "undefinedError"}


@pytest.mark.parametrize(
    ("manager", "command", "allowed"),
    [
        ({**ALL, "rpmType": (b"\x80", 1)}, "enable", True),
        ({**ALL, "rpmType": (b"\x40", 2)}, "enable", False),
        ({**ALL, "rpmType": (b"\x20", 3)}, "delete", True),
        ({**ALL, "rpmType": (b"\x80", 1)}, "delete", False),
        ({"managingDpOid": OTHER_DP}, "enable", False),
        ({"managingDpOid": OTHER_DP}, "delete", False),
    ],
)
def test_what_a_manager_may(server: Server, manager: dict[str, Any], command: str, allowed: bool) -> None:
    server.metadata(server.first, rpmConfiguration=configuration(manager))
    make = {"enable": enable, "delete": delete}[command]
    ((alternative, value),) = server.run(make(server.first))
    assert (value[alternative] == 0) is allowed


@pytest.mark.parametrize(
    ("tags", "request_", "allowed"),
    [
        ("92", NAME, True),
        ("91", NAME, False),
        ("9192", {**NAME, "serviceProviderName": "Provider"}, True),
        ("92", {**NAME, "serviceProviderName": "Provider"}, False),
        ("", NAME, False),
        ("BF22BA", {"tagsForDeletion": bytes.fromhex("BF22")}, True),
        ("BA", {"tagsForDeletion": bytes.fromhex("BF22")}, False),
    ],
)
def test_what_a_manager_may_update(
    server: Server, tags: str, request_: dict[str, Any], allowed: bool
) -> None:
    manager = {**ALL, "tagList": bytes.fromhex(tags)}
    server.metadata(server.first, rpmConfiguration=configuration(manager))
    assert server.run(update(server.first, request_)) == [("updateMetadataResult", 0 if allowed else 7)]


def test_the_ci_that_the_operator_allows(server: Server) -> None:
    own, *others = (branch.ci_key_id for branch in server.pki.branches.values())
    server.metadata(server.first, rpmConfiguration=configuration(allowedCiPKId=own))
    assert server.run(enable(server.first)) == [("enableResult", {"enableResult": 0})]
    server.metadata(server.first, rpmConfiguration=configuration(allowedCiPKId=others[0]))
    assert server.run(disable(server.first)) == [("disableResult", {"disableResult": 9})]


def test_listing_leaves_out_what_may_not_be_listed(server: Server) -> None:
    only_enabling = {**ALL, "rpmType": (b"\x80", 1)}
    server.metadata(server.first, rpmConfiguration=configuration(only_enabling))
    ((_, listed),) = server.run(list_info(("profileOwnerOid", OWNER)))
    assert listed == ("profileInfoListOk", [])


def test_a_failure_ends_the_package_unless_it_may_go_on(server: Server) -> None:
    missing = ("deleteResult", {"deleteResult": 1})
    assert server.run(delete(UNKNOWN), enable(server.first)) == [missing]
    assert not server.first.is_enabled
    results = server.run(delete(UNKNOWN, **CONTINUE), enable(server.first))
    assert results == [missing, ("enableResult", {"enableResult": 0})]


@pytest.mark.parametrize(
    ("script", "executed", "reason"),
    [
        (lambda s: [enable(s.first), enable(s.first)], 1, "commandsWithRefreshExceeded"),
        (lambda s: [enable(s.first), disable(s.first)], 1, "commandsWithRefreshExceeded"),
        (
            lambda s: [disable(s.second, **CONTINUE), disable(s.first)],
            1,
            "commandsWithRefreshExceeded",
        ),
        (lambda s: [contact(s.first, **CONTINUE), delete(s.first)], 1, "commandAfterContactPcmp"),
        (
            lambda s: [update(s.first, {"iconType": 1, "icon": bytes(515)})] * 2,
            0,
            "commandPackageTooLarge",
        ),
    ],
)
def test_what_ends_a_package(server: Server, script: Any, executed: int, reason: str) -> None:
    results = server.run(*script(server))
    code = rsp.names("RpmCommandResult.rpmCommandResultData.rpmProcessingTerminated")[reason]
    assert len(results) == executed + 1
    assert results[-1] == ("rpmProcessingTerminated", code)
    assert len(server.bench.euicc.core.registry.profiles) == 2


def test_a_command_of_a_later_version(server: Server) -> None:
    """By hand: '80' the transaction, 'A1' a package of two commands: one that is known, with '80'
    continueOnFailure and 'A3' for an unknown ICCID; and one with the alternative [9], or damaged."""
    known = "3010" + "8000" + "A30C" + "5A0A" + UNKNOWN.iccid.hex()
    for strange in ("3002" + "A900", "3004" + "A3025A00", "3000"):
        server.authenticate()
        package = tlv.encode(0xA1, bytes.fromhex(known + strange))
        body = tlv.encode(0x30, tlv.encode(0x80, TRANSACTION) + package)
        signature = sign_raw(server.auth.require_key(), body + tlv.encode(0x5F37, server.signature1))
        message = tlv.encode(0xBF44, body + tlv.encode(0x5F37, signature))
        answer = rsp.decode("LoadRpmPackageResult", server.bench.euicc.isdr.execute(message))
        kind, results = answer[1]["loadRpmPackageResultDataSigned"]["finalResult"]
        assert kind == "rpmPackageExecutionResult"
        assert [one["rpmCommandResultData"] for one in results] == [
            ("deleteResult", {"deleteResult": 1}),
            ("rpmProcessingTerminated", 2),
        ]


@pytest.mark.parametrize("message", ["BF4400", "BF44023000", "BF44053003800100", "BF440430028000"])
def test_no_package_at_all(server: Server, message: str) -> None:
    with pytest.raises(StatusError) as caught:
        server.bench.euicc.isdr.execute(bytes.fromhex(message))
    assert caught.value.sw == 0x6A80


def test_more_to_list_than_there_is_room(server: Server) -> None:
    server.metadata(server.first, iconType=1, icon=bytes(1000))
    every = list_info(("profileOwnerOid", OWNER))
    results = server.run(*[every] * 5)
    assert [alternative for alternative, _ in results[:3]] == ["listProfileInfoResult"] * 3
    assert results[-1] == ("rpmProcessingTerminated", 1)
    assert len(results) < 6


def test_a_wrong_signature(server: Server) -> None:
    server.authenticate()
    request = server.package(delete(server.first)) | {"smdpSignature3": bytes(64)}
    assert server.load(request) == ("loadRpmPackageErrorCodeSigned", 2)
    assert server.events() == [7]
    assert len(server.bench.euicc.core.registry.profiles) == 2
    assert server.load(server.package(delete(server.first))) == ("loadRpmPackageResultNotSigned", 4)


def test_a_signature_that_does_not_cover_the_euicc_s(server: Server) -> None:
    server.authenticate()
    server.signature1 = bytes(64)
    assert server.load(server.package(delete(server.first))) == ("loadRpmPackageErrorCodeSigned", 2)


def test_another_transaction(server: Server) -> None:
    server.authenticate()
    request = server.package(delete(server.first), transaction=b"another")
    assert server.load(request) == ("loadRpmPackageErrorCodeSigned", 5)


@pytest.mark.parametrize("operations", [DOWNLOAD, None])
def test_a_session_for_something_else(server: Server, operations: Any) -> None:
    server.authenticate(operations)
    assert server.load(server.package(delete(server.first))) == ("loadRpmPackageResultNotSigned", 4)


def test_no_session(server: Server) -> None:
    assert server.load(server.package(delete(server.first))) == ("loadRpmPackageResultNotSigned", 4)


def test_a_session_for_both(server: Server) -> None:
    server.authenticate(BOTH)
    kind, _ = server.load(server.package(delete(server.first)))
    assert kind == "rpmPackageExecutionResult"


def test_polling_for_a_profile(server: Server) -> None:
    own, *others = (branch.ci_key_id for branch in server.pki.branches.values())

    def outcome(profile: Any) -> int:
        kind, value = server.authenticate(iccid=profile.iccid)
        return 0 if kind == "authenticateResponseOk" else int(value["authenticateErrorCode"])

    assert [outcome(one) for one in (server.first, server.second, UNKNOWN)] == [0, 14, 14]
    server.metadata(server.first, rpmConfiguration=configuration(allowedCiPKId=others[0]))
    assert outcome(server.first) == 7
    server.metadata(server.first, rpmConfiguration=configuration(allowedCiPKId=own))
    assert outcome(server.first) == 0


@pytest.mark.parametrize("features", [Features(), Features(svn=V3, rpm=False)])
def test_an_euicc_without_it(test_pki: TestPki, features: Features) -> None:
    server = Server(test_pki, features)
    server.authenticate()
    with pytest.raises(StatusError) as caught:
        server.load(server.package(delete(server.first)))
    assert caught.value.sw == 0x6A88


def test_capability(test_pki: TestPki) -> None:
    for features, told in (
        (Features(svn=V3), True),
        (Features(svn=V3, rpm=False), False),
        (Features(), False),
    ):
        server = Server(test_pki, features)
        bits, length = server.execute("GetEuiccInfo2Request", {}, "EUICCInfo2")["rspCapability"]
        assert (length > 2 and bool(bits[0] & 0x20)) is told


def test_ports(test_pki: TestPki) -> None:
    """Where the LPA chooses the port it must; where the eUICC does it says which."""
    server = Server(test_pki, Features(svn=V3, mep=Mep(profiles=1)))
    server.metadata(server.second, rpmConfiguration=configuration())
    core = server.bench.euicc.core
    core.mode, core.slots = MepMode.A1, 1
    core.is_busy = lambda slot: False  # the terminal fetches each REFRESH at once
    assert server.run(enable(server.first)) == [("enableResult", {"enableResult": 7})]
    assert server.run(enable(server.first), targetEsimPort=1) == [("enableResult", {"enableResult": 0})]
    core.mode = MepMode.A2
    assert server.run(enable(server.second)) == [("enableResult", {"enableResult": 10})]
    results = server.run(disable(server.first), enable(server.second))
    assert results[1] == ("enableResult", {"enableResult": 0, "targetEsimPort": 1})


def test_enterprise_rules(server: Server) -> None:
    rules = {"enterpriseRuleBits": (b"\xc0", 2), "numberOfNonEnterpriseProfiles": 1}
    enterprise = {"enterpriseOid": "2.999.5", "enterpriseName": "Acme", "enterpriseRules": rules}
    server.bench.euicc.core.is_enterprise_capable = lambda: True
    server.metadata(server.second, enterpriseConfiguration=enterprise)
    assert server.run(enable(server.first)) == [("enableResult", {"enableResult": 6})]


def test_results_outlive_a_loss_of_power(server: Server) -> None:
    server.run(enable(server.first))
    saved = server.bench.euicc.save()
    again = Euicc.load(saved, entropy=entropy("again"), clock=clock)
    waiting = [
        item.metadata["profileManagementOperation"][1] - 1 for item in again.core.notifications.pending
    ]
    assert waiting == [4, 7]
    listed = rsp.decode(
        "ListNotificationResponse", again.isdr.execute(bytes.fromhex("BF2804" + "8102" + "0001"))
    )
    assert [one["seqNumber"] for one in listed[1]] == [4]
