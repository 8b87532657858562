"""The JSON binding of ES2+, between operator and SM-DP+, as a table (SGP.22 §5.3, §6.5.2).

Members that are numbers printed in decimal, as ICCID and EID, are text here: which digits are wrong the
function says with its own codes.
"""

from __future__ import annotations

from typing import Final

from asn1.binding import Binding, Function, Member

_ICCID: Final = Member("iccid", "text")
_EID: Final = Member("eid", "text", is_optional=True)
_MATCHING_ID: Final = Member("matchingId", "text", is_optional=True)

FUNCTIONS: Final[dict[str, Function]] = {
    "downloadOrder": Function(
        "§5.3.1",
        (_EID, Member("iccid", "text", is_optional=True), Member("profileType", "text", is_optional=True)),
        (_ICCID,),
    ),
    "confirmOrder": Function(
        "§5.3.2",
        (
            _ICCID,
            _EID,
            _MATCHING_ID,
            Member("confirmationCode", "text", is_optional=True),
            Member("smdsAddress", "text", is_optional=True),
            Member("releaseFlag", "boolean"),
        ),
        (_EID, _MATCHING_ID, Member("smdpAddress", "text", is_optional=True)),
    ),
    "cancelOrder": Function(
        "§5.3.3",
        (_ICCID, _EID, _MATCHING_ID, Member("finalProfileStatusIndicator", "text")),
        (),
    ),
    "releaseProfile": Function("§5.3.4", (_ICCID,), ()),
    # From the SM-DP+ to the operator; the first one is of version 3.
    "handleDeviceChangeRequest": Function(
        "v3 §5.3.8",
        (_ICCID, _EID, Member("tac", "text", is_optional=True)),
        (
            Member("newProfileIccid", "text", is_optional=True),
            Member("serviceProviderMessageForDc", "object", is_optional=True),
            Member("confirmationCode", "text", is_optional=True),
        ),
    ),
    "handleDownloadProgressInfo": Function(
        "§5.3.5",
        (
            _EID,
            _ICCID,
            Member("profileType", "text"),
            Member("timestamp", "text"),
            Member("notificationPointId", "integer"),
            Member("notificationPointStatus", "object"),
            Member("resultData", "bytes", is_optional=True),
        ),
        (),
        is_notification=True,
    ),
}

BINDING: Final = Binding("ES2+", "/gsma/rsp2/es2plus/", FUNCTIONS, has_header=True)
