"""AuthenticateClient for remote profile management: the eUICC's next package (SGP.22 v3 §3.7.2, §5.6.3)."""

from __future__ import annotations

from typing import Any

from asn1 import rsp
from simulator.smdp.context import Context
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.metadata import iccid_digits
from simulator.smdp.operation import Client
from simulator.smdp.progress import NotificationEvent, rpm_progress
from simulator.smdp.records import RpmOrder
from simulator.smdp.rpm.script import next_package
from simulator.smdp.server_proof import sign
from simulator.smdp.states import RpmEvent, SessionEvent


def offer_rpm_package(smdp: Context, client: Client) -> dict[str, Any]:
    """The package, signed with the key of CERT.DPauth over euiccSignature1 too."""
    if not is_capable(client):
        raise RspError.of(Refusal.RPM_UNSUPPORTED, client.eid.hex())
    order = _find_order(smdp, client)
    package = next_package(order.commands)
    members: dict[str, Any] = {"rpmPackage": package}
    if len(package) < len(order.commands) or is_pending(smdp, client, beside=order):
        members["rpmPending"] = None
    signed3, signature = sign(smdp, client.session, "SmdpSigned3", members, client.signature1)
    session = client.session.moved(SessionEvent.DELIVER)
    assert session is not None, "a session that was just authenticated may deliver"
    told = rpm_progress(smdp, order, NotificationEvent.RPM_DOWNLOAD)
    smdp.store.save(order.moved(RpmEvent.DELIVER), session._replace(order_id=order.order_id), *told)
    return {
        "transactionId": session.transaction_id,
        "smdpSigned3": signed3,
        "smdpSignature3": signature,
    }


def is_capable(client: Client) -> bool:
    """Whether the eUICC can be managed remotely."""
    return "rpmSupport" in rsp.bit_names("RspCapability", client.euicc_info2["rspCapability"])


def is_meant(smdp: Context, client: Client) -> bool:
    """Whether an order of this kind is what a client asks for that takes downloads too."""
    return is_capable(client) and bool(_candidates(smdp, client))


def is_pending(smdp: Context, client: Client, beside: RpmOrder | None = None) -> bool:
    """Whether orders wait for the client, other than the one that it gets."""
    orders = smdp.store.rpm_orders_for_eid(client.eid)
    key = beside.key if beside else ""
    return is_capable(client) and any(order.is_open and order.key != key for order in orders)


def _find_order(smdp: Context, client: Client) -> RpmOrder:
    found = _candidates(smdp, client)
    if not found:
        matching_id = client.matching_id
        detail = "" if matching_id else f"and no remote management of {client.eid.hex()}"
        raise RspError.of(Refusal.MATCHING_ID, matching_id, detail)
    order = found[0]
    if order.eid != client.eid:
        raise RspError.of(Refusal.EID, client.eid.hex())
    if not order.is_open:
        raise RspError.of(Refusal.MATCHING_ID, order.matching_id, order.state.value)
    return order


def _candidates(smdp: Context, client: Client) -> list[RpmOrder]:
    """The order with the matching id; without one the open orders for the EID, oldest first, and only those
    of the owner of the profile that an LPA polls for."""
    if client.matching_id:
        named = smdp.store.rpm_order_by_matching_id(client.matching_id)
        return [named] if named else []
    found = [order for order in smdp.store.rpm_orders_for_eid(client.eid) if order.is_open]
    if "iccid" in client.parameters:
        profiles = smdp.store.orders_with_iccid(iccid_digits(client.parameters["iccid"]))
        owners = {profile.owner for profile in profiles if profile.owner}
        found = [order for order in found if not owners or order.owner in owners]
    return found
