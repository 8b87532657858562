"""ES10b beyond the download: information, notifications, rules (SGP.22 §5.7.8 to §5.7.11, §5.7.22)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asn1 import rsp, tlv
from simulator.euicc.core import EuiccCore
from simulator.euicc.es10 import Es10Function
from simulator.euicc.info import euicc_info1, euicc_info2
from simulator.euicc.notifications import Notification


def get_euicc_info1(core: EuiccCore, request: dict[str, Any]) -> bytes:
    return rsp.encode("EUICCInfo1", euicc_info1(core))


def get_euicc_info2(core: EuiccCore, request: dict[str, Any]) -> bytes:
    return rsp.encode("EUICCInfo2", euicc_info2(core))


def list_notification(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """Metadata of the pending notifications, all or those of some events."""
    wanted = request.get("profileManagementOperation")
    found = [item.metadata for item in core.notifications.pending if item.concerns(wanted)]
    return rsp.encode("ListNotificationResponse", ("notificationMetadataList", found))


def retrieve_notifications_list(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """The pending notifications themselves, in the octets that were signed."""
    found = _retrieve(core, request.get("searchCriteria"))
    body = b"".join(item.der for item in found)
    return tlv.encode(0xBF2B, tlv.encode(0xA0, body))


def _retrieve(core: EuiccCore, criterion: tuple[str, Any] | None) -> Iterable[Notification]:
    pending = core.notifications.pending
    if criterion is None:
        return pending
    kind, value = criterion
    if kind == "seqNumber":
        return [item for item in pending if item.sequence_number == value]
    return [item for item in pending if item.concerns(value)]


def remove_notification_from_list(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """ok, or nothingToDelete."""
    removed = core.notifications.remove(request["seqNumber"])
    return rsp.encode("NotificationSentResponse", {"deleteNotificationStatus": 0 if removed else 1})


def get_rat(core: EuiccCore, request: dict[str, Any]) -> bytes:
    return rsp.encode("GetRatResponse", {"rat": list(core.features.rules)})


FUNCTIONS = (
    Es10Function("GetEUICCInfo1", 0xBF20, "GetEuiccInfo1Request", "SGP.22 §5.7.8", get_euicc_info1),
    Es10Function("GetEUICCInfo2", 0xBF22, "GetEuiccInfo2Request", "SGP.22 §5.7.8", get_euicc_info2),
    Es10Function("ListNotification", 0xBF28, "ListNotificationRequest", "SGP.22 §5.7.9", list_notification),
    Es10Function(
        "RetrieveNotificationsList",
        0xBF2B,
        "RetrieveNotificationsListRequest",
        "SGP.22 §5.7.10",
        retrieve_notifications_list,
    ),
    Es10Function(
        "RemoveNotificationFromList",
        0xBF30,
        "NotificationSentRequest",
        "SGP.22 §5.7.11",
        remove_notification_from_list,
    ),
    Es10Function("GetRAT", 0xBF43, "GetRatRequest", "SGP.22 §5.7.22", get_rat),
)
