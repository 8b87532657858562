"""ES2+.RpmOrder, and CancelOrder for what it ordered (SGP.22 v3 §3.7.1, §5.3.3, §5.3.6)."""

from __future__ import annotations

from typing import Any

from asn1 import rsp
from simulator.smdp.context import Context
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.event_registration import delete_event, register_event
from simulator.smdp.metadata import iccid_digits
from simulator.smdp.records import Order, RpmOrder
from simulator.smdp.requests import MATCHING_ID_CHARACTERS, MATCHING_ID_LENGTH, eid_of
from simulator.smdp.rpm.script import Command, read_script, target_of
from simulator.smdp.states import RPM, OrderState, RpmEvent
from simulator.smdp.store import ConflictError

_ON_EUICC = (OrderState.DOWNLOADED, OrderState.INSTALLED)


def rpm_order(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """§5.3.6: keeps what is to be done on an eUICC until that asks; the matching id to ask with."""
    eid = eid_of(request)
    if not eid:
        raise RspError.of(Refusal.EID_MISSING)
    requester = request["functionRequesterIdentifier"]
    commands = read_script(request["rpmScript"])
    profiles = [order for order in smdp.store.orders() if order.eid == eid and order.state in _ON_EUICC]
    if not profiles:
        raise RspError.of(Refusal.EID_UNKNOWN, request["eid"])
    for command in commands:
        _check_owner(smdp, requester, profiles, command)
    order = RpmOrder(
        order_id=smdp.entropy(8).hex(),
        eid=eid,
        script=rsp.encode("RpmPackage", commands),
        matching_id=_matching_id(smdp, request),
        owner=requester,
        created_at=smdp.now(),
        smds_address=request.get("smdsAddress", ""),
    )
    order = register_event(smdp, order)
    try:
        smdp.store.save(order)
    except ConflictError:
        raise RspError.of(Refusal.MATCHING_ID_IN_USE, order.matching_id) from None
    return {"matchingId": order.matching_id}


def _check_owner(smdp: Context, requester: str, profiles: list[Order], command: Command) -> None:
    """An operator manages its own profiles, on the eUICC that they are on."""
    iccid = target_of(command)
    if iccid is None:
        owner = command["rpmCommandDetails"][1]["searchCriteria"][1]
        if owner != requester:
            raise RspError.of(Refusal.PROFILE_OWNER, owner)
        return
    digits = iccid_digits(iccid)
    order = next((order for order in reversed(profiles) if order.iccid == digits), None)
    if order is None:
        refusal = Refusal.EID_ASSOCIATION if smdp.store.orders_with_iccid(digits) else Refusal.ICCID
        raise RspError.of(refusal, digits)
    metadata = rsp.decode("StoreMetadataRequest", order.profile_metadata)
    owner = metadata.get("rpmConfiguration", {}).get("profileOwnerOid", order.owner)
    if owner not in ("", requester):
        raise RspError.of(Refusal.PROFILE_OWNER, digits, f"it is {owner}'s")


def _matching_id(smdp: Context, request: dict[str, Any]) -> str:
    """That of the request, or a new one."""
    matching_id: str = request.get("matchingId", "")
    if not matching_id:
        return smdp.new_matching_id()
    if len(matching_id) > MATCHING_ID_LENGTH or not MATCHING_ID_CHARACTERS.issuperset(matching_id):
        raise RspError.of(Refusal.MATCHING_ID_INVALID, matching_id)
    if smdp.store.order_by_matching_id(matching_id) or smdp.store.rpm_order_by_matching_id(matching_id):
        raise RspError.of(Refusal.MATCHING_ID_IN_USE, matching_id)
    return matching_id


def cancel_rpm_order(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """§5.3.3 without an ICCID: what was not sent yet is not done any more."""
    matching_id = request["matchingId"]
    order = smdp.store.rpm_order_by_matching_id(matching_id)
    if order is None:
        raise RspError.of(Refusal.MATCHING_ID, matching_id)
    if order.owner != request["functionRequesterIdentifier"]:
        raise RspError.of(Refusal.PROFILE_OWNER, matching_id, "the order is another operator's")
    eid = eid_of(request)
    if eid and order.eid != eid:
        raise RspError.of(Refusal.EID_ASSOCIATION, request["eid"])
    if RpmEvent.WITHDRAW not in RPM[order.state]:
        raise RspError.of(Refusal.RPM_STATE, matching_id, order.state.value)
    smdp.store.save(delete_event(smdp, order).moved(RpmEvent.WITHDRAW))
    return {}
