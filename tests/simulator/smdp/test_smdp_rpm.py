"""Remote profile management at the SM-DP+: orders, packages, results, each refusal and each state, against an
eUICC stand-in and over the JSON of ES2+ and ES9+ (SGP.22 v3 §2.10, §3.7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from asn1 import es2, es9, rsp
from simulator.smdp import MemoryStore, Refusal, RspError, Store
from simulator.smdp.client import UnreachableError
from simulator.smdp.metadata import MetadataError, named_bits
from simulator.smdp.progress import NotificationEvent
from simulator.smdp.rpm.configuration import managed
from simulator.smdp.rpm.script import MAX_PACKAGE, next_package, package_length, read_script
from simulator.smdp.sql import SqlStore
from simulator.smdp.states import RPM, OrderState, RpmEvent, RpmState

OPERATOR, STRANGER = "2.999.77", "2.999.78"
EID, OTHER_EID = "89049032123451234512345678901235", "89049032123451234512345678901236"
ICCID = "89000123456789012341"
ICCID_BYTES = bytes.fromhex("98001032547698103214")
BOTH, ONLY_RPM = (b"\xc0", 2), (b"\x40", 2)
Row = dict[str, Any]


class Office:
    """An operator that manages a profile which the stand-in has installed."""

    def __init__(self, world: Any) -> None:
        self.world, self.smdp, self.euicc, self.store = world, world.smdp, world.euicc, world.store
        self.euicc.rsp_capability = (b"\xb0", 4)  # with rpmSupport, bit 2
        self.smdp.add_operator(OPERATOR, "operator.example.com", is_v3=True)
        world.order("ID-1", rpm_owner=OPERATOR)
        package = world.delivered("ID-1")
        self.smdp.handle_notification(self.euicc.result(package["transactionId"]))
        self.heard()

    def order(self, *script: Row, **members: Any) -> str:
        request = {
            "functionRequesterIdentifier": OPERATOR,
            "functionCallIdentifier": "1",
            "eid": EID,
            "rpmScript": list(script),
            **members,
        }
        document = json.loads(json.dumps(es2.BINDING.encode_request("rpmOrder", request)))
        answer = self.smdp.rpm_order(es2.BINDING.decode_request("rpmOrder", document))
        matching_id: str = es2.BINDING.encode_response("rpmOrder", answer)["matchingId"]
        return matching_id

    def cancel(self, **members: Any) -> None:
        request = {"functionRequesterIdentifier": OPERATOR, "functionCallIdentifier": "2", **members}
        self.smdp.cancel_order(
            es2.BINDING.decode_request("cancelOrder", es2.BINDING.encode_request("cancelOrder", request))
        )

    def ask(
        self, matching_id: str = "", operations: Any = ONLY_RPM, euicc: Any = None, **members: Any
    ) -> Any:
        """AuthenticateClient; a package is checked as the eUICC checks it."""
        euicc = euicc or self.euicc
        opening = self.smdp.initiate_authentication(euicc.initiate())
        euicc.auth_certificate = opening["serverCertificate"]
        device = {"tac": bytes(4), "deviceCapabilities": {}}
        asked = {} if operations is None else {"operationType": operations}
        named = {"matchingId": matching_id} if matching_id else {}
        context = ("ctxParamsForCommonAuthentication", {"deviceInfo": device, **named, **asked, **members})
        proof = euicc.authenticate(opening, matching_id, ctxParams1=context)
        document = es9.encode_request("authenticateClient", proof)
        answer = self.smdp.authenticate_client(es9.decode_request("authenticateClient", document))
        document = es9.encode_response("authenticateClient", answer)
        answer = es9.decode_response("authenticateClient", document)
        if "smdpSigned3" in answer:
            euicc.check_auth(answer, 3, euicc.signature1)
        return answer

    def report(self, answer: Any, *results: tuple[str, Any], error: int | None = None, **changes: Any) -> Any:
        """The request of HandleNotification with a LoadRpmPackageResult."""
        final: tuple[str, Any] = ("loadRpmPackageErrorCodeSigned", error)
        if error is None:
            final = ("rpmPackageExecutionResult", [{"rpmCommandResultData": one} for one in results])
        self.euicc.sequence_number += 1
        metadata = {
            "seqNumber": self.euicc.sequence_number,
            "profileManagementOperation": (b"\x01", 8),
            "notificationAddress": "testsmdpplus1.example.com",
        }
        data = {
            "transactionId": answer["transactionId"],
            "notificationMetadata": metadata,
            "smdpOid": "2.999.10",
            "finalResult": final,
            **changes,
        }
        names = "loadRpmPackageResultDataSigned", "euiccSignRPR"
        draft = rsp.encode("LoadRpmPackageResultSigned", dict(zip(names, (data, b""), strict=True)))
        signed = rsp.decode("LoadRpmPackageResultSigned", draft)[names[0]]
        result = dict(zip(names, (signed, self.euicc.sign(signed.raw)), strict=True))
        request = {"pendingNotification": ("loadRpmPackageResultSigned", result)}
        document = es9.encode_request("handleNotification", request)
        return es9.decode_request("handleNotification", document)

    def state(self, matching_id: str) -> RpmState:
        order = self.store.rpm_order_by_matching_id(matching_id)
        assert order is not None
        state: RpmState = order.state
        return state

    def heard(self) -> list[tuple[int, str]]:
        """What the operator is to hear since the last time; each message fits its function."""
        messages = []
        for outgoing in self.store.undelivered():
            assert outgoing.function == "handleNotification"
            members = json.loads(outgoing.message)
            header = {
                "functionRequesterIdentifier": "2.999.10",
                "functionCallIdentifier": outgoing.message_id,
            }
            es2.CALLBACK.decode_request(outgoing.function, {"header": header, **members})
            messages.append((members["notificationEvent"], members["notificationEventStatus"]["status"]))
            self.store.save(outgoing._replace(is_delivered=True))
        return messages


@pytest.fixture(params=["memory", "sql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    sql = SqlStore("sqlite://")
    yield sql
    sql.close()


@pytest.fixture
def office(make_world: Callable[..., Any], store: Store) -> Office:
    return Office(make_world(store))


def command(name: str, iccid: str = ICCID, **members: Any) -> Row:
    return {"rpmCommand": name, "iccid": iccid, **members}


ENABLE, DISABLE, DELETE = (command(name) for name in ("enable", "disable", "delete"))
ENABLED, DISABLED = ("enableResult", {"enableResult": 0}), ("disableResult", {"disableResult": 0})
DELETED, KEPT = ("deleteResult", {"deleteResult": 0}), ("deleteResult", {"deleteResult": 3})
GOOD, BAD = "Executed-Success", "Failed"
DOWNLOAD, EXECUTION = int(NotificationEvent.RPM_DOWNLOAD), int(NotificationEvent.RPM_EXECUTION)


def test_a_package_is_ordered_delivered_and_executed(office: Office) -> None:
    matching_id = office.order(ENABLE)
    assert office.state(matching_id) is RpmState.RELEASED
    answer = office.ask(matching_id)
    assert office.state(matching_id) is RpmState.DELIVERED
    signed = answer["smdpSigned3"]
    assert signed["rpmPackage"] == [{"rpmCommandDetails": ("enable", {"iccid": ICCID_BYTES})}]
    assert "rpmPending" not in signed
    office.smdp.handle_notification(office.report(answer, ENABLED))
    assert office.state(matching_id) is RpmState.EXECUTED
    told = office.smdp.notifications()[-1]
    assert (told.event, told.is_success, told.iccid) == ("rpm-result", True, b"")
    assert office.heard() == [(DOWNLOAD, GOOD), (EXECUTION, GOOD)]


def test_every_command_as_the_euicc_reads_it(office: Office) -> None:
    update = {"serviceProviderName": "New"}
    office.order(
        command("disable", continueOnFailure=True),
        command("listProfileInfo", tagList=b"\x5a"),
        {"rpmCommand": "listProfileInfo", "profileOwnerOid": OPERATOR},
        command("updateMetadata", updateMetadataRequest=update),
        command("contactPcmp", dpiRpm="hello"),
    )
    package = office.ask()["smdpSigned3"]["rpmPackage"]
    iccid = {"iccid": ICCID_BYTES}
    assert [one["rpmCommandDetails"] for one in package] == [
        ("disable", iccid),
        ("listProfileInfo", {"searchCriteria": ("iccid", ICCID_BYTES), "tagList": b"\x5a"}),
        ("listProfileInfo", {"searchCriteria": ("profileOwnerOid", OPERATOR)}),
        ("updateMetadata", {**iccid, "updateMetadataRequest": update}),
        ("contactPcmp", {**iccid, "dpiRpm": "hello"}),
    ]
    assert ["continueOnFailure" in one for one in package] == [True, False, False, False, False]


def test_a_script_for_several_packages(office: Office) -> None:
    """Enabling twice takes two packages; what follows waits for the first one's result."""
    matching_id = office.order(
        ENABLE, DISABLE, command("updateMetadata", updateMetadataRequest={"icon": b""})
    )
    first = office.ask(matching_id)
    assert [one["rpmCommandDetails"][0] for one in first["smdpSigned3"]["rpmPackage"]] == ["enable"]
    assert "rpmPending" in first["smdpSigned3"]
    office.smdp.handle_notification(office.report(first, ENABLED))
    assert office.state(matching_id) is RpmState.RELEASED
    second = office.ask()
    names = [one["rpmCommandDetails"][0] for one in second["smdpSigned3"]["rpmPackage"]]
    assert names == ["disable", "updateMetadata"]
    assert "rpmPending" not in second["smdpSigned3"]
    office.smdp.handle_notification(office.report(second, DISABLED, ("updateMetadataResult", 7)))
    assert office.state(matching_id) is RpmState.ERROR


@pytest.mark.parametrize(
    ("script", "results", "state", "status"),
    [
        ((DISABLE, DELETE), (DISABLED, DELETED), RpmState.EXECUTED, GOOD),
        ((DELETE,), (KEPT,), RpmState.ERROR, BAD),
        ((command("delete", continueOnFailure=True),), (KEPT,), RpmState.EXECUTED, BAD),
        (
            (command("delete", continueOnFailure=True), ENABLE),
            (KEPT, ENABLED),
            RpmState.EXECUTED,
            BAD,
        ),
        ((DISABLE, DELETE), (DISABLED,), RpmState.ERROR, BAD),
        ((DISABLE, DELETE), (DISABLED, ("rpmProcessingTerminated", 2)), RpmState.ERROR, BAD),
        (
            (command("listProfileInfo"), command("contactPcmp")),
            (
                ("listProfileInfoResult", ("profileInfoListOk", [])),
                ("contactPcmpResult", ("contactPcmpResponseOk", {"pcmpAddress": "pcmp.example.com"})),
            ),
            RpmState.EXECUTED,
            GOOD,
        ),
        (
            (command("listProfileInfo"),),
            (("listProfileInfoResult", ("profileInfoListError", 1)),),
            RpmState.ERROR,
            BAD,
        ),
        (
            (command("contactPcmp"),),
            (("contactPcmpResult", ("contactPcmpResponseError", 13)),),
            RpmState.ERROR,
            BAD,
        ),
    ],
)
def test_results(office: Office, script: Any, results: Any, state: RpmState, status: str) -> None:
    matching_id = office.order(*script)
    office.smdp.handle_notification(office.report(office.ask(matching_id), *results))
    assert office.state(matching_id) is state
    assert office.heard()[-1] == (EXECUTION, status)
    assert office.smdp.notifications()[-1].is_success is (status == GOOD)


def test_a_package_that_was_not_opened(office: Office) -> None:
    matching_id = office.order(ENABLE)
    office.smdp.handle_notification(office.report(office.ask(matching_id), error=2))
    assert office.state(matching_id) is RpmState.ERROR
    assert office.heard()[-1] == (EXECUTION, BAD)


def test_a_result_twice_counts_once(office: Office) -> None:
    matching_id = office.order(ENABLE, DISABLE)
    report = office.report(office.ask(matching_id), ENABLED)
    office.smdp.handle_notification(report)
    office.smdp.handle_notification(report)
    order = office.store.rpm_order_by_matching_id(matching_id)
    assert order is not None
    assert (order.done, order.state) == (1, RpmState.RELEASED)
    assert len(office.heard()) == 2


def test_a_result_after_the_operator_has_cancelled(office: Office) -> None:
    matching_id = office.order(ENABLE)
    answer = office.ask(matching_id)
    office.cancel(matchingId=matching_id)
    office.smdp.handle_notification(office.report(answer, ENABLED))
    assert office.state(matching_id) is RpmState.CANCELLED
    assert office.smdp.notifications()[-1].event == "rpm-result"


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        *((reason, RpmState.RELEASED) for reason in (1, 2, 16)),
        *((reason, RpmState.ERROR) for reason in (0, 3, 27, 28, 29, 127)),
    ],
)
def test_the_lpa_gives_up(office: Office, reason: int, state: RpmState) -> None:
    matching_id = office.order(ENABLE)
    answer = office.ask(matching_id)
    office.smdp.cancel_session(office.euicc.cancel(answer["transactionId"], reason))
    assert office.state(matching_id) is state
    assert office.heard() == [(DOWNLOAD, GOOD), (DOWNLOAD, BAD)]
    # The eUICC may have done it before the LPA gave up: its word counts as long as the order is open.
    office.smdp.handle_notification(office.report(answer, ENABLED))
    assert office.state(matching_id) is (RpmState.EXECUTED if state is RpmState.RELEASED else state)


def test_every_state_and_event() -> None:
    """Only open orders move; every event but delivery and postponement ends them, or leads on."""
    for state, steps in RPM.items():
        assert set(steps) == (set(RpmEvent) if state in (RpmState.RELEASED, RpmState.DELIVERED) else set())
    assert {RPM[RpmState.RELEASED][event] for event in RpmEvent} == set(RpmState)


def test_what_waits_is_told_with_a_download_too(office: Office) -> None:
    office.world.order("ID-2", metadata=None)
    assert "rpmPending" not in office.ask("ID-2", None)["smdpSigned2"]
    matching_id = office.order(ENABLE)
    assert "rpmPending" in office.ask("ID-2", None)["smdpSigned2"]
    office.euicc.rsp_capability = (b"\x90", 4)
    assert "rpmPending" not in office.ask("ID-2", None)["smdpSigned2"]
    assert office.state(matching_id) is RpmState.RELEASED


def test_an_lpa_that_takes_both_gets_what_its_matching_id_means(office: Office) -> None:
    office.world.order("ID-2")
    matching_id = office.order(ENABLE)
    assert "smdpSigned2" in office.ask("ID-2", BOTH)
    assert "smdpSigned3" in office.ask(matching_id, BOTH)
    assert "smdpSigned3" in office.ask("", BOTH)


def test_orders_by_the_eid_come_in_their_order(office: Office) -> None:
    first, second = office.order(ENABLE), office.order(DELETE)
    answer = office.ask()
    assert "rpmPending" in answer["smdpSigned3"]
    office.smdp.handle_notification(office.report(answer, ENABLED))
    assert (office.state(first), office.state(second)) == (RpmState.EXECUTED, RpmState.RELEASED)
    answer = office.ask(iccid=ICCID_BYTES)
    assert answer["smdpSigned3"]["rpmPackage"][0]["rpmCommandDetails"][0] == "delete"
    assert "rpmPending" not in answer["smdpSigned3"]


def test_polling_for_a_profile_brings_its_owner_s_orders_only(office: Office) -> None:
    office.order(ENABLE)
    order = office.smdp.find_order("ID-1")
    office.store.save(order._replace(owner=STRANGER))
    with pytest.raises(RspError) as caught:
        office.ask(iccid=ICCID_BYTES)
    assert caught.value.subject_code == "8.2.6"
    assert "smdpSigned3" in office.ask()


class SmDs:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.told: list[tuple[str, str]] = []

    def __call__(self, address: str) -> SmDs:
        return self

    def post(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            raise self.error
        self.told.append((function, message["eventId"]))
        return {}


def test_an_event_at_an_sm_ds(office: Office) -> None:
    office.smdp.registrars = ds = SmDs()
    matching_id = office.order(ENABLE, smdsAddress="ds.example.com")
    assert ds.told == [("registerEvent", matching_id)]
    office.heard()
    office.smdp.handle_notification(office.report(office.ask(matching_id), ENABLED))
    functions = [one.function for one in office.store.undelivered()]
    assert functions.count("deleteEvent") == 1
    again = office.order(ENABLE, smdsAddress="ds.example.com")
    office.cancel(matchingId=again, eid=EID)
    assert ds.told[1:] == [("registerEvent", again), ("deleteEvent", again)]
    assert office.state(again) is RpmState.CANCELLED


def unknown_eid(office: Office) -> None:
    office.order(ENABLE, eid=OTHER_EID)


def of_another_euicc(office: Office) -> None:
    """The profile is known, but on another eUICC than the one that has one of ours too."""
    order = office.smdp.find_order("ID-1")
    twin = order._replace(order_id="twin", matching_id="", iccid="89000000000000000017", version=0)
    office.store.save(order._replace(eid=bytes.fromhex(OTHER_EID)), twin)
    office.order(ENABLE)


def taken_by_a_download(office: Office) -> None:
    office.world.order("TAKEN")
    office.order(ENABLE, matchingId="TAKEN")


def taken_by_another(office: Office) -> None:
    office.order(ENABLE, matchingId="TAKEN")
    office.order(ENABLE, matchingId="TAKEN")


def taken_for_a_download(office: Office) -> None:
    taken = office.order(ENABLE)
    office.smdp.add_profile(
        office.world.upp.replace(
            bytes.fromhex("89000123456789012341"), bytes.fromhex("89000123456789012358")
        ),
        owner=OPERATOR,
    )
    header = {"functionRequesterIdentifier": OPERATOR, "functionCallIdentifier": "1"}
    office.smdp.download_order({**header, "iccid": "89000123456789012358"})
    office.smdp.confirm_order(
        {**header, "iccid": "89000123456789012358", "matchingId": taken, "releaseFlag": True}
    )


def too_long(office: Office) -> None:
    """An icon of 1024 bytes just fits: 1056 bytes; with a name it does not."""
    update = {"iconType": 1, "icon": bytes(1024)}
    assert package_length(read_script([command("updateMetadata", updateMetadataRequest=update)])) == 1056
    office.order(command("updateMetadata", updateMetadataRequest={**update, "profileName": "New"}))


def sm_ds_away(office: Office) -> None:
    office.smdp.registrars = SmDs(UnreachableError("away"))
    office.order(ENABLE, smdsAddress="ds.example.com")


def sm_ds_refuses(office: Office) -> None:
    office.smdp.registrars = SmDs(RspError("8.9.1", "3.8"))
    office.order(ENABLE, smdsAddress="ds.example.com")


def cancelled_twice(office: Office) -> None:
    matching_id = office.order(ENABLE)
    office.cancel(matchingId=matching_id)
    office.cancel(matchingId=matching_id)


def another_eid(office: Office) -> None:
    office.cancel(matchingId=office.order(ENABLE), eid=OTHER_EID)


def by_a_stranger(office: Office) -> None:
    office.cancel(matchingId=office.order(ENABLE), functionRequesterIdentifier=STRANGER)


def incapable(office: Office) -> None:
    matching_id = office.order(ENABLE)
    office.euicc.rsp_capability = (b"\x90", 4)
    office.ask(matching_id)


def over(office: Office) -> None:
    matching_id = office.order(ENABLE)
    office.cancel(matchingId=matching_id)
    office.ask(matching_id)


def for_a_download(office: Office) -> None:
    office.ask(office.order(ENABLE), None)


def by_another_euicc(office: Office) -> None:
    matching_id = office.order(ENABLE)
    order = office.store.rpm_order_by_matching_id(matching_id)
    assert order is not None
    office.store.save(order._replace(eid=bytes.fromhex(OTHER_EID)))
    office.ask(matching_id)


def signed_by_somebody_else(office: Office) -> None:
    report = office.report(office.ask(office.order(ENABLE)), ENABLED)
    kind, value = report["pendingNotification"]
    report["pendingNotification"] = kind, {**value, "euiccSignRPR": bytes(64)}
    office.smdp.handle_notification(report)


REFUSED: list[tuple[Refusal, Callable[[Office], Any]]] = [
    (Refusal.EID_MISSING, lambda o: o.order(ENABLE, eid="")),
    (Refusal.MALFORMED, lambda o: o.order(ENABLE, eid="12")),
    (Refusal.EID_UNKNOWN, unknown_eid),
    (Refusal.MALFORMED, lambda o: o.order()),
    (Refusal.MALFORMED, lambda o: o.order(command("reset"))),
    (Refusal.MALFORMED, lambda o: o.order(command("enable", "89"))),
    (Refusal.MALFORMED, lambda o: o.order({"rpmCommand": "listProfileInfo", "profileOwnerOid": "x"})),
    (Refusal.MALFORMED, too_long),
    (Refusal.ICCID_MISSING, lambda o: o.order({"rpmCommand": "delete"})),
    (Refusal.ICCID_MISSING, lambda o: o.order({"rpmCommand": "listProfileInfo"})),
    (Refusal.ICCID, lambda o: o.order(command("enable", "8900000000000000009"))),
    (Refusal.EID_ASSOCIATION, of_another_euicc),
    (Refusal.METADATA_MISSING, lambda o: o.order(command("updateMetadata"))),
    (Refusal.METADATA_MISSING, lambda o: o.order(command("updateMetadata", updateMetadataRequest={}))),
    (Refusal.PROFILE_OWNER, lambda o: o.order(ENABLE, functionRequesterIdentifier=STRANGER)),
    (
        Refusal.PROFILE_OWNER,
        lambda o: o.order({"rpmCommand": "listProfileInfo", "profileOwnerOid": STRANGER}),
    ),
    (Refusal.MATCHING_ID_INVALID, lambda o: o.order(ENABLE, matchingId="A B")),
    (Refusal.MATCHING_ID_IN_USE, taken_by_a_download),
    (Refusal.MATCHING_ID_IN_USE, taken_by_another),
    (Refusal.MATCHING_ID_IN_USE, taken_for_a_download),
    (Refusal.SMDS_INACCESSIBLE, sm_ds_away),
    (Refusal.SMDS_FAILED, sm_ds_refuses),
    (Refusal.MATCHING_ID, lambda o: o.cancel(matchingId="NONE")),
    (Refusal.INCOMPLETE, lambda o: o.cancel()),
    (Refusal.INCOMPLETE, lambda o: o.cancel(iccid=ICCID)),
    (Refusal.RPM_STATE, cancelled_twice),
    (Refusal.EID_ASSOCIATION, another_eid),
    (Refusal.PROFILE_OWNER, by_a_stranger),
    (Refusal.RPM_UNSUPPORTED, incapable),
    (Refusal.MATCHING_ID, lambda o: o.ask("NONE")),
    (Refusal.MATCHING_ID, lambda o: o.ask()),
    (Refusal.MATCHING_ID, over),
    (Refusal.MATCHING_ID, for_a_download),
    (Refusal.EID, by_another_euicc),
    (Refusal.MALFORMED, lambda o: o.ask("ID-1", (b"\x20", 3))),
    (Refusal.EUICC_SIGNATURE, signed_by_somebody_else),
    (
        Refusal.SMDP_OID,
        lambda o: o.smdp.handle_notification(o.report(o.ask(o.order(ENABLE)), ENABLED, smdpOid="2.999.12")),
    ),
    (
        Refusal.TRANSACTION_ID,
        lambda o: o.smdp.handle_notification(o.report({"transactionId": bytes(16)}, ENABLED)),
    ),
]


@pytest.mark.parametrize(("refusal", "provoke"), REFUSED)
def test_refusals(office: Office, refusal: Refusal, provoke: Callable[[Office], Any]) -> None:
    with pytest.raises(RspError) as caught:
        provoke(office)
    codes = caught.value.subject_code, caught.value.reason_code
    assert codes == (refusal.subject_code, refusal.reason_code)


def test_a_refused_order_leaves_nothing(office: Office) -> None:
    for provoke in (sm_ds_away, too_long, unknown_eid):
        with pytest.raises(RspError):
            provoke(office)
    assert office.store.rpm_orders() == []


def test_an_operator_hears_of_its_profiles(office: Office) -> None:
    for event in ("enable", "disable", "delete"):
        office.smdp.handle_notification(office.euicc.notify(event))
    told = [NotificationEvent.ENABLED, NotificationEvent.DISABLED, NotificationEvent.DELETED]
    assert office.heard() == [(int(event), GOOD) for event in told]
    office.smdp.add_operator(OPERATOR, "operator.example.com")
    office.smdp.handle_notification(office.euicc.notify("enable"))
    assert office.store.undelivered() == []


def test_an_operator_of_version_3_hears_of_downloads_by_the_same_function(make_world: Any) -> None:
    world = make_world()
    world.smdp.add_operator(OPERATOR, "operator.example.com", is_v3=True)
    world.order("ID-1", rpm_owner=OPERATOR)
    package = world.delivered("ID-1")
    world.smdp.handle_notification(world.euicc.result(package["transactionId"]))
    messages = [json.loads(one.message) for one in world.store.undelivered()]
    assert [one["notificationEvent"] for one in messages] == [1, 3, 4]
    assert messages[2]["resultData"].startswith("vz")  # 'BF37'
    assert world.smdp.find_order("ID-1").state is OrderState.INSTALLED


def test_metadata_of_a_managed_profile(office: Office) -> None:
    metadata = rsp.decode("StoreMetadataRequest", office.smdp.find_order("ID-1").profile_metadata)
    assert metadata["rpmConfiguration"] == {
        "managingDpList": [{"managingDpOid": "2.999.10"}],
        "pollingAddress": "testsmdpplus1.example.com",
        "profileOwnerOid": OPERATOR,
    }
    events = {one["profileManagementOperation"] for one in metadata["notificationConfigurationInfo"]}
    assert {(b"\x08", 5), (b"\x04", 6), (b"\x02", 7)} <= events


def test_limits_in_the_metadata(office: Office) -> None:
    plain = office.smdp.find_order("ID-1").profile_metadata
    options: dict[str, Any] = {"managers": ["2.999.10", "2.999.12"], "address": "a.example.com"}
    limited = managed(plain, OPERATOR, commands=["enable", "contactPcmp"], tag_list=b"\x92", **options)
    managers = rsp.decode("StoreMetadataRequest", limited)["rpmConfiguration"]["managingDpList"]
    assert [one["managingDpOid"] for one in managers] == ["2.999.10", "2.999.12"]
    assert {(one["rpmType"], one["tagList"]) for one in managers} == {((b"\x88", 5), b"\x92")}
    for wrong in ({"commands": ["reset"]}, {"managers": ["x"]}):
        with pytest.raises(MetadataError, match="remote management"):
            managed(plain, OPERATOR, **{**options, **wrong})
    with pytest.raises(ValueError, match="needs an owner"):
        office.smdp.add_profile(office.world.upp, is_managed=True)


def test_packages_are_cut_where_the_euicc_wants_it() -> None:
    icon = command("updateMetadata", updateMetadataRequest={"iconType": 1, "icon": bytes(450)})
    cases: list[tuple[list[Row], int]] = [
        ([ENABLE], 1),
        ([DISABLE, ENABLE], 2),
        ([ENABLE, DISABLE], 1),
        ([DISABLE, DISABLE], 1),
        ([DISABLE, ENABLE, ENABLE], 2),
        ([command("contactPcmp"), ENABLE], 1),
        ([ENABLE, command("contactPcmp")], 2),
        ([icon, icon, icon], 2),
        ([DELETE] * 80, 1057 // 16),  # each has '30 0E', 'A3 0C', '5A 0A' and the ICCID
    ]
    for script, length in cases:
        commands = read_script(script)
        package = next_package(commands)
        assert len(package) == length, script[0]
        assert package_length(package) <= MAX_PACKAGE


def test_bits_of_events() -> None:
    """Independent of the table: bit 4 is the fifth, '08' in a byte."""
    from simulator.smdp.metadata import EVENTS

    assert named_bits(["rpm-enable"], EVENTS) == (b"\x08", 5)
    assert named_bits(["rpm-result"], EVENTS) == (b"\x01", 8)
