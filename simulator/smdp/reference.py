"""Writes docs/reference/servers.md: the functions of SM-DP+ and SM-DS, and every way in which they refuse.

python -m simulator.smdp.reference > docs/reference/servers.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from asn1 import es2, es9, es11, es12
from asn1.binding import Binding, Member, snake_case
from simulator.smdp.core import SmdpPlus
from simulator.smdp.device_change.states import DEVICE_CHANGE
from simulator.smdp.ds.core import SmDs
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.errors import Refusal
from simulator.smdp.states import ORDER, RPM

_HEAD = """# SM-DP+ and SM-DS, function by function

Made from the tables in `asn1/` and `simulator/smdp/`; do not edit. Clauses are those of GSMA SGP.22.
Members in brackets are optional. `handleDownloadProgressInfo` and `handleNotification` go from the SM-DP+ to
the operator. Clauses of what version 3 adds begin with "v3".

Of SGP.22 version 3, certificate chains of variants A, B and C, stapled revocation lists, remote profile
management, device change with profile recovery, and the SM-DS are supported: signed lists of events, event
checking, push services. What an operator of version 2 hears of a device change comes with
handleDownloadProgressInfo, and the points 5 (request), 6 (confirmation), 7 (recovery).
"""


def page() -> str:
    """The whole page, in Markdown."""
    interfaces: tuple[tuple[Binding, type], ...] = (
        (es9.BINDING, SmdpPlus),
        (es2.BINDING, SmdpPlus),
        (es2.CALLBACK, object),
        (es11.BINDING, SmDs),
        (es12.BINDING, SmDs),
    )
    parts = [_HEAD]
    parts += [_functions(binding, server) for binding, server in interfaces]
    parts += [_refusals("SM-DP+", Refusal), _refusals("SM-DS", DsRefusal)]
    parts.append(_states("States of an order (§3.1.6)", ORDER))
    parts.append(_states("States of an order of remote management (v3 §3.7)", RPM))
    parts.append(_states("States of a device change (v3 §3.11)", DEVICE_CHANGE))
    return "\n".join(parts)


def _functions(binding: Binding, server: type) -> str:
    rows = [
        (
            name,
            function.clause,
            _served(server, name),
            _members(function.request),
            "; or ".join(map(_members, (function.response, *function.alternatives))),
        )
        for name, function in binding.functions.items()
    ]
    to = " at the operator" if server is object else ""
    return f"## {binding.name}{to}\n\n" + _table(("function", "clause", "side", "request", "response"), rows)


def _served(server: type, name: str) -> str:
    return "answered" if hasattr(server, snake_case(name)) else "called"


def _members(members: Iterable[Member]) -> str:
    return ", ".join(f"[{m.name}]" if m.is_optional else m.name for m in members) or "–"


def _refusals(server: str, refusals: type[Enum]) -> str:
    rows = [(f"{r.subject_code}/{r.reason_code}", r.meaning, r.clause) for r in refusals]  # type: ignore[attr-defined]
    return f"## What the {server} refuses\n\n" + _table(("codes", "meaning", "clause"), rows)


def _states(title: str, steps: Mapping[Any, Mapping[Any, Enum]]) -> str:
    rows = [
        (state.value, event.value, after.value)
        for state, events in steps.items()
        for event, after in events.items()
    ]
    return f"## {title}\n\n" + _table(("state", "event", "then"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
