"""ES2+.HandleDownloadProgressInfo: the operator hears how the download of its profile goes (SGP.22 §5.3.5).

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
from simulator.smdp.records import ES2_PLUS, Order, Outgoing


class NotificationPoint(IntEnum):
    """notificationPointId, §5.3.5."""

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


def progress(
    smdp: Context,
    order: Order,
    point: NotificationPoint,
    eid: bytes,
    error: RspError | None = None,
    result: bytes = b"",
) -> tuple[Outgoing, ...]:
    """The record to save; none if nobody wants to hear. `result` is a ProfileInstallationResult, DER."""
    operator = smdp.store.operator(order.owner) if order.owner else None
    if operator is None or not operator.callback:
        return ()
    message: dict[str, Any] = {
        "eid": eid.hex(),
        "iccid": order.iccid.ljust(20, "F"),
        "profileType": order.profile_type,
        "timestamp": smdp.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notificationPointId": int(point),
        "notificationPointStatus": _status(error),
    }
    if result:
        message["resultData"] = b64encode(result).decode()
    content = json.dumps(message)
    function = "handleDownloadProgressInfo"
    return (Outgoing(smdp.entropy(8).hex(), ES2_PLUS, operator.oid, function, content, smdp.now()),)


def _status(error: RspError | None) -> dict[str, Any]:
    if error is None:
        return {"status": SUCCESS}
    code = {"subjectCode": error.subject_code, "reasonCode": error.reason_code, "message": error.message}
    return {"status": FAILED, "statusCodeData": code}
