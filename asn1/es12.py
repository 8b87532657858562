"""The JSON binding of ES12 and ES15, by which an SM-DS hears of events, as a table (SGP.22 §5.9, §5.10).

ES15, from an alternative SM-DS to the root, has the same functions and paths.
"""

from __future__ import annotations

from typing import Final

from asn1.binding import Binding, Function, Member

_EID: Final = Member("eid", "text")
_EVENT_ID: Final = Member("eventId", "text")

FUNCTIONS: Final[dict[str, Function]] = {
    "registerEvent": Function(
        "§5.9.1",
        (
            _EID,
            Member("rspServerAddress", "text"),
            _EVENT_ID,
            Member("forwardingIndicator", "boolean"),
            # Version 3 from here on.
            Member("eventType", "integer", is_optional=True),
            Member("hashedIccids", "hex[]", is_optional=True),
            Member("salt", "hex", is_optional=True),
            Member("serviceProviderName", "text", is_optional=True),
            Member("operatorId", "der:OperatorId", is_optional=True),
        ),
        (),
    ),
    "deleteEvent": Function("§5.9.2", (_EID, _EVENT_ID), ()),
}

BINDING: Final = Binding("ES12", "/gsma/rsp2/es12/", FUNCTIONS, has_header=True)
