"""The JSON binding of ES11, between LPA and SM-DS, as a table (SGP.22 §5.8, §6.5.2).

Requests and paths are those of ES9+, so that an LPA opens both kinds of session alike; the answer of
AuthenticateClient differs, and version 3 adds CheckEvent.
"""

from __future__ import annotations

from typing import Final

from asn1 import es9
from asn1.binding import Binding, Function, Member

_EVENT: Final = (Member("eventId", "text"), Member("rspServerAddress", "text"))

FUNCTIONS: Final[dict[str, Function]] = {
    "initiateAuthentication": es9.FUNCTIONS["initiateAuthentication"]._replace(clause="§5.8.1"),
    "authenticateClient": Function(
        "§5.8.2",
        es9.FUNCTIONS["authenticateClient"].request[:2],
        (
            Member("transactionId", "hex"),
            Member("eventEntries", _EVENT, is_optional=True),  # version 2
            Member("smdsSigned2", "der:SmdsSigned2", is_optional=True),  # version 3
            Member("smdsSignature2", "der:EuiccSign", is_optional=True),  # version 3
        ),
    ),
    "checkEvent": Function(
        "v3 §5.8",
        (Member("ecId", "bytes"), Member("smdsAddress", "text")),
        (Member("isPendingEvent", "boolean"),),
    ),
}

BINDING: Final = Binding("ES11", es9.PATH_PREFIX, FUNCTIONS)
