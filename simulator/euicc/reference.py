"""Writes docs/reference/es10.md: the functions of the eUICC, their results, and what ends an installation.

python -m simulator.euicc.reference > docs/reference/es10.md
"""

from __future__ import annotations

from collections.abc import Iterable

from asn1 import rsp
from cards.isdr.errors import Es10Error, in_words
from simulator.euicc.features import V2
from simulator.euicc.installation import BppCommand, Reason
from simulator.euicc.isdr import FUNCTIONS

_HEAD = f"""# The eUICC, function by function

Made from the tables in `simulator/euicc/` and the ASN.1 modules; do not edit. Clauses are those of
GSMA SGP.22, of which an eUICC follows version {".".join(map(str, V2))}.

Every function needs the ISD-R to be selected on the channel that its STORE DATA comes on. A message that
cannot be decoded is answered 6A80, an unknown tag 6A88.
ES6.UpdateMetadata (§5.4.1, tag BF2A) is taken by the MNO-SD of the enabled profile, over the air or in a
secure channel: service provider name, profile name, icon, and policy rules, which it can only unset.

Of version 3, an eUICC that is described with `mep` has several profiles enabled at once: MANAGE LSI (select,
reset, configure) goes between its eSIM ports in the modes MEP-A1, MEP-A2 and MEP-B. One that follows
version 3 knows chains of certificates with SubCAs, of variants A, B and C, and tells more faults of
certificates apart; only it knows the functions of version 3 (v3), to an older one their tags are unknown.
"""


_NEVER_GIVEN = {
    "undefinedError": "whatever goes wrong has a name of its own",
    "noResultAvailable": "until version 2.1; since then there is an empty list",
    "invalidOid": "no check of AuthenticateServer compares object identifiers: those of the two certificates "
    "PrepareDownload compares, with invalidCertificate",
    "transactionIdError": "the eUICC learns the transaction from this very message, whose challenge is new",
    "profileChangeOngoing": "a switch is done when it is answered; only remote profile management can ask "
    "in between",
    "DisableProfile.commandError": "nothing but the profile can be wrong",
    "DeleteProfile.commandError": "nothing but the profile can be wrong",
    "disallowedForRpm": "for remote profile management only",
    "PrepareDeviceChange.invalidCertificate": "the server brings no certificate besides the first one",
    "PrepareDeviceChange.unsupportedCurve": "the curve is that of the server's first certificate",
}
"""Results that the ASN.1 names and that no function of ES10 gives, and why."""


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join((_HEAD, _functions(), _never_given(), _installation()))


def _functions() -> str:
    codes = {cls.FUNCTION.partition(".")[2]: cls.CODES for cls in Es10Error.__subclasses__()}
    interfaces = {cls.FUNCTION.partition(".")[2]: cls.FUNCTION for cls in Es10Error.__subclasses__()}
    rows = [
        (
            interfaces.get(one.name, one.name),
            f"{one.tag:X}",
            one.clause,
            *_codes(one.name, codes.get(one.name, "")),
        )
        for one in FUNCTIONS.values()
    ]
    return "## Functions\n\n" + _table(("function", "tag", "clause", "results", "never given"), rows)


def _codes(function: str, where: str) -> tuple[str, str]:
    """The results that are given, and those that are not."""
    named = rsp.names(where) if where else {}
    never = [name for name in named if _NEVER_GIVEN.keys() & {name, f"{function}.{name}"}]
    given = [f"{name} ({number})" for name, number in named.items() if name not in never]
    return ", ".join(given) or "–", ", ".join(never) or "–"


def _never_given() -> str:
    rows = sorted(_NEVER_GIVEN.items())
    return "## What is never given, and why\n\n" + _table(("result", "why"), rows)


def _installation() -> str:
    named = {number: name for name, number in rsp.names("ErrorReason").items()}
    commands = {number: name for name, number in rsp.names("BppCommandId").items()}
    reasons = [
        (str(int(reason)), named.get(reason, reason.name), in_words(named.get(reason, "")))
        for reason in Reason
        if reason is not Reason.UNKNOWN
    ]
    head = "## Why an installation ends (§2.5.6)\n\nThe result is signed, names one of the commands "
    listed = ", ".join(f"{commands[command]} ({int(command)})" for command in BppCommand)
    return f"{head}{listed}, and one of the reasons.\n\n" + _table(("code", "reason", "in words"), reasons)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
