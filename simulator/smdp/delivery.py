"""What other servers are to hear is brought to them, until they take it (SGP.22 §5.3.5, §3.6.3)."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any, Final

from simulator.smdp.context import Context, Registrar
from simulator.smdp.errors import RspError
from simulator.smdp.records import Outgoing
from simulator.smdp.store import ConflictError

FIRST_PAUSE: Final = 10
"""Seconds after a failure; each further one doubles them."""
LONGEST_PAUSE: Final = 3600

Peers = Callable[[Outgoing], Registrar]
"""A message → a way to the server that it is for. LookupError if that server is not known."""


def deliver(smdp: Context, peers: Peers) -> int:
    """Tries everything that is due; how many messages were taken. A refusal counts as taken: the receiver has
    read the message, and would refuse it again."""
    delivered = 0
    for outgoing in smdp.store.undelivered():
        if outgoing.next_attempt_at > smdp.now():
            continue
        try:
            peers(outgoing).post(outgoing.function, _members(outgoing))
        except RspError:
            pass
        except (OSError, LookupError):
            _save(smdp, _postponed(outgoing, smdp.now()))
            continue
        delivered += _save(smdp, outgoing._replace(is_delivered=True))
    return delivered


def _postponed(outgoing: Outgoing, now: int) -> Outgoing:
    pause = min(FIRST_PAUSE << min(outgoing.failures, 16), LONGEST_PAUSE)
    return outgoing._replace(failures=outgoing.failures + 1, next_attempt_at=now + pause)


def _members(outgoing: Outgoing) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(outgoing.message)
    if "resultData" in members:
        members["resultData"] = b64decode(members["resultData"])
    return {"functionCallIdentifier": outgoing.message_id, **members}


def _save(smdp: Context, outgoing: Outgoing) -> bool:
    """False if another worker has delivered it in this moment."""
    try:
        smdp.store.save(outgoing)
    except ConflictError:
        return False
    return True
