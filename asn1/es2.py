"""The JSON binding of ES2+, between operator and SM-DP+, as tables (SGP.22 §5.3, §6.5.2).

BINDING has the functions that the SM-DP+ answers, CALLBACK those that it calls at the operator.

Members that are numbers printed in decimal, as ICCID and EID, are text here: which digits are wrong the
function says with its own codes.
"""

from __future__ import annotations

from typing import Final

from asn1.binding import Binding, Function, Member

_ICCID: Final = Member("iccid", "text")
_EID: Final = Member("eid", "text", is_optional=True)
_MATCHING_ID: Final = Member("matchingId", "text", is_optional=True)
_SMDS: Final = Member("smdsAddress", "text", is_optional=True)
_RPM_COMMAND: Final = (
    Member("rpmCommand", "text"),  # name of the choice in RpmCommand
    Member("continueOnFailure", "boolean", is_optional=True),
    Member("iccid", "text", is_optional=True),
    Member("profileOwnerOid", "text", is_optional=True),
    Member("tagList", "hex", is_optional=True),
    Member("updateMetadataRequest", "der:UpdateMetadataRequest", is_optional=True),
    Member("dpiRpm", "text", is_optional=True),
)

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
            _SMDS,
            Member("releaseFlag", "boolean"),
        ),
        (_EID, _MATCHING_ID, Member("smdpAddress", "text", is_optional=True)),
    ),
    "cancelOrder": Function(
        "§5.3.3",
        # Without an ICCID, an RPM order is meant, by its matching id (version 3).
        (
            Member("iccid", "text", is_optional=True),
            _EID,
            _MATCHING_ID,
            Member("finalProfileStatusIndicator", "text", is_optional=True),
        ),
        (),
    ),
    "releaseProfile": Function("§5.3.4", (_ICCID,), ()),
    "rpmOrder": Function(
        "v3 §5.3.6",
        (_EID, Member("rpmScript", _RPM_COMMAND), _MATCHING_ID, _SMDS),
        (Member("matchingId", "text"),),
    ),
}

CALLBACK_FUNCTIONS: Final[dict[str, Function]] = {
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
    "handleNotification": Function(
        "v3 §5.3.5",
        (
            _EID,
            Member("iccid", "text", is_optional=True),
            Member("profileType", "text", is_optional=True),
            _MATCHING_ID,
            Member("timestamp", "text"),
            Member("notificationEvent", "integer"),
            Member("notificationEventStatus", "object"),
            Member("resultData", "bytes", is_optional=True),
        ),
        (),
        is_notification=True,
    ),
}

_PREFIX: Final = "/gsma/rsp2/es2plus/"
BINDING: Final = Binding("ES2+", _PREFIX, FUNCTIONS, has_header=True)
CALLBACK: Final = Binding("ES2+", _PREFIX, CALLBACK_FUNCTIONS, has_header=True)
