"""The SM-DP+ tells an SM-DS of orders: ES12 as its client (SGP.22 §3.6.1, §5.3.2, §5.9)."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from asn1 import rsp
from simulator.smdp.context import Context
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.records import ES12, Order, Outgoing, RpmOrder

Announced = TypeVar("Announced", Order, RpmOrder)
_EXISTS, _UNKNOWN = ("8.9.5", "3.3"), ("8.9.5", "3.9")


def register_event(smdp: Context, order: Announced) -> Announced:
    """The order, once the SM-DS that it names knows of it. The event id is the matching id, so that the LPA
    can give it to the SM-DP+."""
    if not order.smds_address:
        return order
    message = {
        "eid": order.eid.hex(),
        "rspServerAddress": smdp.identity.address,
        "eventId": order.matching_id,
        "forwardingIndicator": True,
        **_details(order),
    }
    _tell(smdp, order, "registerEvent", message, ignored=_EXISTS)
    return order._replace(is_event_registered=True)


def _details(order: Order | RpmOrder) -> dict[str, Any]:
    """What an SM-DS of version 3 tells the LPA besides; one of version 2 passes over it."""
    types = rsp.names("OperationType")
    if isinstance(order, RpmOrder):
        return {"eventType": types["rpm"]}
    metadata = rsp.decode("StoreMetadataRequest", order.profile_metadata)
    details: dict[str, Any] = {"eventType": types["profileDownload"]}
    if name := metadata["serviceProviderName"]:
        details["serviceProviderName"] = name
    if "profileOwner" in metadata:
        details["operatorId"] = metadata["profileOwner"]
    return details


def delete_event(smdp: Context, order: Announced) -> Announced:
    """The order, once the SM-DS has forgotten it."""
    if not order.is_event_registered:
        return order
    message = {"eid": order.eid.hex(), "eventId": order.matching_id}
    _tell(smdp, order, "deleteEvent", message, ignored=_UNKNOWN)
    return order._replace(is_event_registered=False)


def closed(smdp: Context, order: Announced) -> tuple[Announced | Outgoing, ...]:
    """What to save of an order that may be over: without its event then, and with what tells the SM-DS so
    later, because an eUICC's notification must not wait for another server (§3.6.3)."""
    if order.is_open or not order.is_event_registered:
        return (order,)
    message = {"eid": order.eid.hex(), "eventId": order.matching_id}
    outgoing = Outgoing(
        smdp.entropy(8).hex(), ES12, order.smds_address, "deleteEvent", json.dumps(message), smdp.now()
    )
    return order._replace(is_event_registered=False), outgoing


def _tell(
    smdp: Context, order: Order | RpmOrder, function: str, message: dict[str, Any], ignored: tuple[str, str]
) -> None:
    if smdp.registrars is None:
        raise RspError.of(Refusal.SMDS_INACCESSIBLE, order.smds_address, "this server knows no SM-DS")
    try:
        smdp.registrars(order.smds_address).post(function, message)
    except RspError as error:
        # A repeated attempt finds the SM-DS as the first one left it.
        if (error.subject_code, error.reason_code) != ignored:
            raise RspError.of(Refusal.SMDS_FAILED, order.smds_address, str(error)) from error
    except OSError as error:
        raise RspError.of(Refusal.SMDS_INACCESSIBLE, order.smds_address, str(error)) from error
