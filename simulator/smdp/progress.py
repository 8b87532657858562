"""What an operator hears of its profiles: how downloads go, and in version 3 all that becomes of them.

ES2+.HandleDownloadProgressInfo tells an operator of version 2 of downloads (SGP.22 §5.3.5),
HandleNotification one of version 3 of downloads, of remote management, and of what eUICCs report (v3 §5.3.5).
What an operator is to hear is a record, saved with the change that it tells of, and delivered afterwards; so
no eUICC waits for an operator, and nothing is lost when the operator does not answer.
"""

from __future__ import annotations

import json
from base64 import b64encode
from enum import IntEnum
from typing import Any

from asn1.binding import FAILED, SUCCESS
from simulator.smdp.context import Context
from simulator.smdp.errors import RspError
from simulator.smdp.metadata import iccid_digits
from simulator.smdp.records import ES2_PLUS, Notification, Operator, Order, Outgoing, RpmOrder


class NotificationPoint(IntEnum):
    """notificationPointId, §5.3.5, and the same steps in notificationEvent of version 3."""

    ELIGIBILITY = 1
    """AuthenticateClient: eligibility of the eUICC, and the number of attempts."""
    CONFIRMATION_FAILURE = 2
    DOWNLOAD = 3
    """GetBoundProfilePackage, or CancelSession."""
    INSTALLATION = 4
    """HandleNotification with a ProfileInstallationResult."""
    DEVICE_CHANGE_REQUEST = 5
    """AuthenticateClient for a device change; these of version 3 are numbered after the others."""
    DEVICE_CHANGE_CONFIRMATION = 6
    PROFILE_RECOVERY = 7


class NotificationEvent(IntEnum):
    """Further values of notificationEvent in version 3. Their numbers are ours: no source tells them."""

    ENABLED = 8
    DISABLED = 9
    DELETED = 10
    RPM_DOWNLOAD = 11
    """AuthenticateClient with an RPM package, or CancelSession."""
    RPM_EXECUTION = 12
    """HandleNotification with a LoadRpmPackageResult."""


_EVENTS = {
    "enable": NotificationEvent.ENABLED,
    "disable": NotificationEvent.DISABLED,
    "delete": NotificationEvent.DELETED,
}
"""Event of an eUICC, locally caused or by remote management → what the operator hears."""


def progress(
    smdp: Context,
    order: Order,
    point: NotificationPoint,
    eid: bytes,
    error: RspError | None = None,
    result: bytes = b"",
) -> tuple[Outgoing, ...]:
    """The record to save; none if nobody wants to hear. `result` is a ProfileInstallationResult, DER."""
    operator = _listener(smdp, order.owner)
    if operator is None:
        return ()
    about = {"eid": eid.hex(), "iccid": order.iccid.ljust(20, "F"), "profileType": order.profile_type}
    if operator.is_v3:
        return (_notification(smdp, operator, about, point, error, result),)
    about |= {"timestamp": _timestamp(smdp)}
    members = {**about, "notificationPointId": int(point), "notificationPointStatus": _status(error)}
    return (_outgoing(smdp, operator, "handleDownloadProgressInfo", members, result),)


def rpm_progress(
    smdp: Context,
    order: RpmOrder,
    event: NotificationEvent,
    error: RspError | None = None,
    result: bytes = b"",
) -> tuple[Outgoing, ...]:
    """The same of an order of remote management, which only an operator of version 3 gives. `result` is a
    PendingNotification, DER."""
    operator = _listener(smdp, order.owner)
    if operator is None:
        return ()
    about = {"eid": order.eid.hex(), "matchingId": order.matching_id}
    return (_notification(smdp, operator, about, event, error, result),)


def profile_notification(smdp: Context, told: Notification) -> tuple[Outgoing, ...]:
    """The same of a profile that an eUICC has enabled, disabled or deleted; in version 3."""
    event = _EVENTS.get(told.event.removeprefix("rpm-"))
    digits = iccid_digits(told.iccid)
    order = next((one for one in smdp.store.orders_with_iccid(digits) if one.eid == told.eid), None)
    operator = _listener(smdp, order.owner) if order else None
    if event is None or order is None or operator is None or not operator.is_v3:
        return ()
    about = {"eid": told.eid.hex(), "iccid": digits.ljust(20, "F"), "profileType": order.profile_type}
    return (_notification(smdp, operator, about, event, None, told.content),)


def _listener(smdp: Context, oid: str) -> Operator | None:
    """The operator, if it has a place to hear at."""
    operator = smdp.store.operator(oid) if oid else None
    return operator if operator and operator.callback else None


def _notification(
    smdp: Context,
    operator: Operator,
    about: dict[str, Any],
    event: IntEnum,
    error: RspError | None,
    result: bytes,
) -> Outgoing:
    members = {
        **about,
        "timestamp": _timestamp(smdp),
        "notificationEvent": int(event),
        "notificationEventStatus": _status(error),
    }
    return _outgoing(smdp, operator, "handleNotification", members, result)


def _outgoing(
    smdp: Context, operator: Operator, function: str, members: dict[str, Any], result: bytes
) -> Outgoing:
    if result:
        members = {**members, "resultData": b64encode(result).decode()}
    content = json.dumps(members)
    return Outgoing(smdp.entropy(8).hex(), ES2_PLUS, operator.oid, function, content, smdp.now())


def _timestamp(smdp: Context) -> str:
    return smdp.clock().strftime("%Y-%m-%dT%H:%M:%SZ")


def _status(error: RspError | None) -> dict[str, Any]:
    if error is None:
        return {"status": SUCCESS}
    code = {"subjectCode": error.subject_code, "reasonCode": error.reason_code, "message": error.message}
    return {"status": FAILED, "statusCodeData": code}
