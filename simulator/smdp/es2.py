"""ES2+: an operator orders profiles, confirms, releases and cancels (SGP.22 §3.1.1, §5.3).

A profile lies in stock (Available) until DownloadOrder draws it. Only its owner may order it, and only who
ordered it may go on. What an SM-DS must hear of is told it first; an order that it does not take stays as it
was.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from simulator.smdp.context import Context
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.event_registration import delete_event, register_event
from simulator.smdp.records import Order
from simulator.smdp.requests import MATCHING_ID_CHARACTERS, MATCHING_ID_LENGTH, eid_of
from simulator.smdp.rpm.orders import cancel_rpm_order
from simulator.smdp.states import ORDER, OrderEvent, OrderState
from simulator.smdp.store import ConflictError

_FINAL_STATES: Final = {"Available": OrderEvent.RETURN, "Unavailable": OrderEvent.WITHDRAW}


def download_order(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """§5.3.1: reserves a profile, by ICCID or of a type, perhaps for an EID; its ICCID."""
    eid = eid_of(request)
    if "iccid" in request:
        order = _owned(smdp, request)
        if order.state is not OrderState.AVAILABLE:
            raise RspError.of(Refusal.ICCID_IN_USE, order.iccid, order.state.value)
        if request.get("profileType", order.profile_type) != order.profile_type:
            raise RspError.of(Refusal.PROFILE_TYPE_OTHER, request["profileType"], order.profile_type)
    else:
        order = _of_type(smdp, request)
    event = OrderEvent.LINK if eid else OrderEvent.ALLOCATE
    owner = order.owner or request["functionRequesterIdentifier"]
    smdp.store.save(order.moved(event)._replace(owner=owner, eid=eid, is_linked=bool(eid)))
    return {"iccid": padded(order.iccid)}


def confirm_order(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """§5.3.2: gives the order its matching id, confirmation code and SM-DS; releases it with releaseFlag."""
    order = _ordered(smdp, request, OrderEvent.CONFIRM)
    eid = eid_of(request)
    if eid and order.eid not in (b"", eid):
        raise RspError.of(Refusal.EID_ASSOCIATION, request["eid"])
    eid = eid or order.eid
    smds_address = request.get("smdsAddress", "")
    # An event is found by its id, which is the matching id: there must be one.
    matching_id = _matching_id(smdp, request, order) or (smdp.new_matching_id() if smds_address else "")
    if not eid and (smds_address or not matching_id):
        raise RspError.of(Refusal.EID_MISSING, order.iccid)
    code = request.get("confirmationCode", "")
    event = OrderEvent.RELEASE if request["releaseFlag"] else OrderEvent.CONFIRM
    confirmed = order.moved(event)._replace(
        matching_id=matching_id,
        eid=eid,
        is_linked=bool(eid),
        confirmation_code_hash=sha256(code.encode()).digest() if code else b"",
        smds_address=smds_address,
    )
    if confirmed.state is OrderState.RELEASED:
        confirmed = register_event(smdp, confirmed)
    _save(smdp, confirmed)
    answer = {"matchingId": matching_id, "smdpAddress": smdp.identity.address}
    return {**answer, "eid": eid.hex()} if eid else answer


def cancel_order(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """§5.3.3: the profile goes back to stock, or is withdrawn; in version 3 also an order of remote
    management, which has a matching id and no ICCID."""
    if "iccid" not in request and "matchingId" in request:
        return cancel_rpm_order(smdp, request)
    for member in ("iccid", "finalProfileStatusIndicator"):
        if member not in request:
            raise RspError.of(Refusal.INCOMPLETE, member)
    event = _FINAL_STATES.get(request["finalProfileStatusIndicator"])
    if event is None:
        raise RspError.of(
            Refusal.MALFORMED, "finalProfileStatusIndicator", f"{' or '.join(_FINAL_STATES)} expected"
        )
    order = _ordered(smdp, request, event)
    eid = eid_of(request)
    if eid and order.eid != eid:
        raise RspError.of(Refusal.EID_ASSOCIATION, request["eid"])
    if request.get("matchingId", order.matching_id) != order.matching_id:
        raise RspError.of(Refusal.MATCHING_ID_ASSOCIATION, request["matchingId"])
    order = delete_event(smdp, order)
    smdp.store.save(order.returned() if event is OrderEvent.RETURN else order.moved(event))
    return {}


def release_profile(smdp: Context, request: dict[str, Any]) -> dict[str, Any]:
    """§5.3.4: the confirmed profile may be downloaded from now on."""
    order = _ordered(smdp, request, OrderEvent.RELEASE)
    if order.state is not OrderState.CONFIRMED:
        raise RspError.of(Refusal.ICCID_STATE, order.iccid, order.state.value)
    smdp.store.save(register_event(smdp, order.moved(OrderEvent.RELEASE)))
    return {}


def padded(iccid: str) -> str:
    """An ICCID as ES2+ spells it: 19 digits are followed by 'F' (§6.5.2)."""
    return iccid.ljust(20, "F")


def _owned(smdp: Context, request: dict[str, Any]) -> Order:
    """The profile with the ICCID of the request: the one on its way if there is one, else the newest."""
    iccid = request["iccid"].rstrip("Ff")
    orders = smdp.store.orders_with_iccid(iccid)
    if not orders:
        raise RspError.of(Refusal.ICCID, request["iccid"])
    order = next((order for order in orders if order.is_open), orders[-1])
    if order.owner not in ("", request["functionRequesterIdentifier"]):
        raise RspError.of(Refusal.ICCID_OWNER, request["iccid"])
    return order


def _ordered(smdp: Context, request: dict[str, Any], event: OrderEvent) -> Order:
    """The order of the request's ICCID, if `event` may happen to it."""
    order = _owned(smdp, request)
    if order.state is OrderState.AVAILABLE or event not in ORDER[order.state]:
        is_taken = order.state in (OrderState.DOWNLOADED, OrderState.INSTALLED)
        cancels = event in _FINAL_STATES.values()
        refusal = Refusal.ICCID_IN_USE if is_taken and cancels else Refusal.ICCID_STATE
        raise RspError.of(refusal, order.iccid, order.state.value)
    return order


def _of_type(smdp: Context, request: dict[str, Any]) -> Order:
    """The oldest profile in stock of the request's type."""
    profile_type = request.get("profileType", "")
    if not profile_type:
        raise RspError.of(Refusal.CONDITIONAL, "iccid, profileType")
    orders = smdp.store.orders_of_type(profile_type)
    if not orders:
        raise RspError.of(Refusal.PROFILE_TYPE, profile_type)
    own = [order for order in orders if order.owner in ("", request["functionRequesterIdentifier"])]
    if not own:
        raise RspError.of(Refusal.PROFILE_TYPE_OWNER, profile_type)
    for order in own:
        if order.state is OrderState.AVAILABLE:
            return order
    raise RspError.of(Refusal.PROFILE_TYPE_USED_UP, profile_type)


def _matching_id(smdp: Context, request: dict[str, Any], order: Order) -> str:
    """The matching id of the request, or a new one; empty where the EID alone finds the order (§3.1.1.2)."""
    matching_id: str | None = request.get("matchingId")
    if matching_id is None:
        return smdp.new_matching_id()
    if len(matching_id) > MATCHING_ID_LENGTH or not MATCHING_ID_CHARACTERS.issuperset(matching_id):
        raise RspError.of(Refusal.MALFORMED, "matchingId", "letters, digits and '-' expected")
    taken = smdp.store.order_by_matching_id(matching_id) if matching_id else None
    is_managing = matching_id and smdp.store.rpm_order_by_matching_id(matching_id)
    if is_managing or (taken is not None and taken.order_id != order.order_id):
        raise RspError.of(Refusal.MATCHING_ID_IN_USE, matching_id)
    return matching_id


def _save(smdp: Context, order: Order) -> None:
    """Saves; that another order took the matching id in this moment is told as if it had had it before."""
    try:
        smdp.store.save(order)
    except ConflictError:
        taken = smdp.store.order_by_matching_id(order.matching_id) if order.matching_id else None
        if taken is None or taken.order_id == order.order_id:
            raise
        raise RspError.of(Refusal.MATCHING_ID_IN_USE, order.matching_id) from None
