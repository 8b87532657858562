"""Writes docs/reference/network.md: reject causes, refusals, messages, files that a phone reads.

python -m simulator.network.reference > docs/reference/network.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from simulator.network.causes import ATTEMPTS, CAUSES, FAILURES, Effect
from simulator.network.handset.card import READ_5GS, READ_ORDER
from simulator.network.handset.lock import Category
from simulator.network.handset.selection import Reason
from simulator.network.home import Refusal
from simulator.network.interfaces import CAUSE_CLAUSES, CAUSE_OF_REFUSAL, REQUESTS
from simulator.network.nas import MESSAGES, UPDATES, Protocol

_HEAD = """# Networks and phones, table by table

Made from the tables in `simulator/network/`; do not edit. [network.md](../network.md) says what is
simplified.
"""
_NAMES = {
    Protocol.MM: "MM (2G and 3G, circuit-switched)",
    Protocol.GMM: "GMM (2G and 3G, packet-switched)",
    Protocol.EMM: "EMM (4G)",
    Protocol.FIVE_GMM: "5GMM (5G)",
}
EFFECTS = {
    Effect.FORGET: "temporary identity, area and keys forgotten",
    Effect.UPDATE_3: "update status ROAMING NOT ALLOWED",
    Effect.INVALID_CS: "card invalid for calls and messages until switch-off",
    Effect.INVALID_PS: "card invalid for packet services until switch-off",
    Effect.INVALID_5G: "card invalid for 5G until switch-off",
    Effect.FORBID_PLMN: "network onto EF.FPLMN (not the home network)",
    Effect.FORBID_PLMN_PS: "network forbidden for packet services until switch-off",
    Effect.FORBID_AREA: "area forbidden for regional provision of service",
    Effect.FORBID_AREA_ROAMING: "area forbidden for roaming",
    Effect.OTHER_PLMN: "another network is selected",
    Effect.OTHER_AREA: "another area or technology of the network is tried",
    Effect.NO_RAT: "technology not used in this network until switch-off",
    Effect.RETRY: "tried again, while attempts are left",
    Effect.REGISTER_ANEW: "registers anew at once",
    Effect.WAIT: "tried again later",
}
"""Effect → what it is, in words."""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join((_HEAD, *_causes(), *_refusals(), *_messages(), *_files(), *_order(), *_locks()))


def _table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    titles = list(columns)
    lines = [titles, ["---"] * len(titles), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _causes() -> Iterator[str]:
    yield "## Reject causes\n"
    yield (
        "What a network says when it refuses a registration, and what the phone does. A number that is not "
        "here counts as a failed attempt.\n"
    )
    for protocol in Protocol:
        yield f"### {_NAMES[protocol]}\n\nUp to {ATTEMPTS[protocol]} attempts.\n"
        rows = (
            (f"#{cause.number}", cause.name, cause.meaning, _effects(cause.effect), cause.clause)
            for cause in CAUSES
            if cause.protocol is protocol
        )
        yield _table(("cause", "name", "meaning", "what the phone does", "clause"), rows)
    yield "Causes that a phone gives, in AUTHENTICATION FAILURE:\n"
    yield _table(("cause", "name"), ((f"#{number}", name) for number, name in FAILURES.items()))


def _effects(effect: Effect) -> str:
    return "; ".join(words for one, words in EFFECTS.items() if effect & one) or "nothing"


def _refusals() -> Iterator[str]:
    yield "## Refusals of home networks\n"
    yield "What a home network answers a serving network, and the cause that the phone gets.\n"
    rows = (
        (
            refusal.name.lower().replace("_", " "),
            refusal.map_error,
            refusal.diameter,
            refusal.problem,
            *(f"#{CAUSE_OF_REFUSAL[refusal][protocol]}" for protocol in Protocol),
        )
        for refusal in Refusal
    )
    yield _table(("refusal", "MAP", "S6a", "5G core", *(protocol.name for protocol in Protocol)), rows)
    yield _table(
        ("", "asks for vectors by", "reports the location by", "becomes a cause by"),
        (
            (_NAMES[one], f"{vectors} ({at})", f"{location} ({by})", CAUSE_CLAUSES[one])
            for one, (vectors, location, at, by) in REQUESTS.items()
        ),
    )


def _messages() -> Iterator[str]:
    yield "## Messages\n"
    for protocol in Protocol:
        yield f"### {_NAMES[protocol]}\n"
        names = [row[protocol] for row in (*MESSAGES.values(), *UPDATES.values()) if protocol in row]
        yield _table(("message", "type", "clause"), ((n.text, f"'{n.type:02X}'", n.clause) for n in names))


def _files() -> Iterator[str]:
    yield "## What a phone reads\n"
    yield "After EF.ICCID, EF.PL and EF.DIR, in this order (TS 31.102 §5.1.1.2):\n"
    rows = ((row.name, row.service or "always", row.clause) for row in (*READ_ORDER, *READ_5GS))
    yield _table(("file", "service of EF.UST", "clause"), rows)


def _order() -> Iterator[str]:
    yield "## In which order networks are tried\n"
    yield _table(("reason", "clause"), ((reason.text, reason.clause) for reason in Reason))


def _locks() -> Iterator[str]:
    yield "## SIM locks\n"
    yield _table(("personalisation", "clause"), ((lock.text, lock.clause) for lock in Category))


if __name__ == "__main__":
    sys.stdout.write(page())
