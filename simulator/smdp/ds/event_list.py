"""What an eUICC hears of its events: a plain list in version 2, a signed one in version 3 (SGP.22 §5.8.2).

The list of version 3 says more of each event. It is signed together with the eUICC's own signature, and the
eUICC checks it (ES10b.VerifySmdsResponse), so that it takes eUICC, LPA and server to be of version 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asn1 import Record, rsp
from simulator.crypto.ecc import sign_raw
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.ds.store import HASH_LENGTH, Event
from simulator.smdp.euicc_proof import signature_tlv
from simulator.smdp.records import Session

if TYPE_CHECKING:
    from simulator.smdp.ds.core import SmDs

_SIGNED = "signedSmdsResponseV3Support"
DEFAULT_OPERATIONS = ("profileDownload",)
"""What a request without operationType asks for."""


def is_signed(session: Session) -> bool:
    """Whether eUICC and LPA of the session can do with signed answers."""
    return _SIGNED in session.euicc_can and _SIGNED in session.lpa_can


def waiting(ds: SmDs, eid: bytes, parameters: dict[str, Any]) -> list[Event]:
    """The events that the LPA asks for in ctxParamsForCommonAuthentication: those of its operation types, or
    the one with its matching id."""
    bits = parameters.get("operationType")
    wanted = rsp.bit_names("OperationType", bits) if bits else DEFAULT_OPERATIONS
    numbers = {rsp.names("OperationType").get(name) for name in wanted}
    found = [event for event in ds.store.events_for_eid(eid) if event.event_type in numbers]
    if matching_id := parameters.get("matchingId", ""):
        found = [event for event in found if event.event_id == matching_id]
        if not found:
            raise DsRefusal.EVENT_UNKNOWN.error(matching_id)
    return found


def entry(event: Event) -> dict[str, Any]:
    """EventEntries of version 2."""
    return {"eventId": event.event_id, "rspServerAddress": event.rsp_server_address}


def record(event: Event) -> dict[str, Any]:
    """EventRecordV3."""
    hashes = event.hashed_iccids
    cut = [hashes[at : at + HASH_LENGTH] for at in range(0, len(hashes), HASH_LENGTH)]
    return {
        **entry(event),
        "eventType": event.event_type,
        **({"hashedIccids": cut, "salt": event.salt} if cut else {}),
        **({"serviceProviderName": event.service_provider_name} if event.service_provider_name else {}),
        **({"operatorId": rsp.decode("OperatorId", event.operator_id)} if event.operator_id else {}),
    }


def signed(
    ds: SmDs, session: Session, content: tuple[str, dict[str, Any]], euicc_signature1: bytes
) -> dict[str, Any]:
    """smdsSigned2 and its signature, which covers the eUICC's signature too. `content` is
    requestSpecificData."""
    members = {"transactionId": session.transaction_id, "requestSpecificData": content}
    raw = rsp.encode("SmdsSigned2", members)
    credentials = ds.identity.credentials_under(session.server_ci_key_id)
    if credentials is None:  # the server came back with other certificates
        raise DsRefusal.SMDS_CERTIFICATE.error(session.server_ci_key_id.hex().upper())
    signature = sign_raw(credentials.auth_key, raw + signature_tlv(euicc_signature1))
    return {"smdsSigned2": Record(members, raw), "smdsSignature2": signature}
