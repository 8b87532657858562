"""`esim lpa rpm`: operators manage their profiles from afar, and the user agrees (SGP.22 v3 §3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import codes, lpac, output, reading, servers
from simulator.cli.consent import Consent
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from simulator.lpa import ActivationCode, Event, Lpa, Polling, RpmOutcome, RpmResult

NOTHING = ("8.2.6", "3.8")
"""How a server says that it has no commands."""


@click.command("rpm")
@card_options("The eUICC.  [default: the only one there is]", envvar="ESIM_CARD")
@click.argument("source", required=False, default="", metavar="[CODE|HOST[:PORT]]")
@click.option("--profile", default="", metavar="PROFILE", help="Ask where this profile says, and no other.")
@click.option("--smds", default="", metavar="ADDRESS", help="Ask this SM-DS who has something.")
@click.option("--default", is_flag=True, help="Ask the eUICC's default SM-DP+.")
@click.option("--yes", is_flag=True, help="Agree to everything without being asked.")
@click.option("--refuse", is_flag=True, help="Tell servers that the user has switched remote management off.")
@click.option("--answer-within", type=float, metavar="SECONDS", help="Give up if nobody answers for so long.")
@servers.trust_options
@output.format_options
def command(
    which: Which,
    source: str,
    profile: str,
    smds: str,
    default: bool,
    yes: bool,
    refuse: bool,
    answer_within: float | None,
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    form: str,
) -> None:
    """Let operators manage their profiles: enable, disable, delete, update, list.

    \b
    esim lpa rpm                                # ask where the profiles say
    esim lpa rpm localhost:8443                 # ask this SM-DP+
    esim lpa rpm 'LPA:1$localhost:8443$MY-ID'   # for this order

    On a terminal you are shown what an operator wants, and asked. Elsewhere calling the command is consent,
    but not to the deletion of a profile, which needs --yes.
    """
    from cards import Isdr
    from simulator.lpa import Lpa

    if sum(map(bool, (source, profile, smds, default))) > 1:
        raise click.UsageError("Give one of: a code or server, --profile, --smds, --default.")
    consent = Consent(yes, answer_within)
    lines = lpac.Progress() if form == output.LPAC else None
    with (
        output.answering(form, "es9p_authenticate_client", lines),
        servers.client(ca, folder, insecure=insecure) as es9,
        which.opened_euicc() as link,
    ):
        link.reset()
        announce = lines.announce if lines else None
        with Lpa(Isdr(link), es9, consent=consent, announce=announce, allows_rpm=not refuse) as lpa:
            results = _results(lpa, consent, _sources(lpa, source, profile, smds, default))
    _tell(results, form)
    if any(result.notification_error for result in results):
        raise click.exceptions.Exit(1)


def _sources(
    lpa: Lpa, source: str, profile: str, smds: str, default: bool
) -> list[Polling | Event | ActivationCode | str]:
    """Whom to ask, and for what."""
    if default:
        return [""]
    if smds:
        return list(lpa.discover(smds))
    if source:
        is_code = "$" in source or source[:4].upper() == "LPA:" or Path(source).exists() or source == "-"
        return [codes.activation_code(source) if is_code else source]
    known = lpa.polling()
    if profile:
        iccid = reading.find_profile(lpa, profile).iccid
        known = [one for one in known if one.iccid == iccid]
        if not known:
            raise click.ClickException(f"{profile} does not say which server to ask; name one.")
    return list({one.address: one for one in known}.values())


def _results(lpa: Lpa, consent: Consent, sources: Iterable[Any]) -> list[RpmResult]:
    """What came of asking all of them. A server that has nothing counts as asked, if others may have."""
    from simulator.lpa import Event, Polling, RpmCancelled, ServerRefused

    results: list[RpmResult] = []
    for source in sources:
        try:
            results += lpa.manage(source)
        except ServerRefused as error:
            is_asked_for = not isinstance(source, Polling | Event)
            if is_asked_for or (error.subject_code, error.reason_code) != NOTHING:
                raise
        except RpmCancelled as error:
            if consent.missing:
                error.args = (f"{consent.missing}.",)
            raise
    return results


def _tell(results: list[RpmResult], form: str) -> None:
    if form == output.LPAC:
        lpac.success([result_data(result) for result in results])
    elif form == output.JSON:
        output.write_json({"packages": [result_data(result) for result in results]})
    else:
        for result in results:
            for line in result_lines(result):
                click.echo(line)
        if not results:
            click.echo("No operator wants anything.")


def result_data(result: RpmResult) -> dict[str, Any]:
    """A package and what came of it as JSON-able values."""
    pairs = zip(result.commands, result.outcomes, strict=False)
    error = result.notification_error
    return {
        "server": result.address,
        "error": result.error,
        "commands": [
            {
                "command": command.name,
                "iccid": str(command.iccid) if command.iccid else "",
                "result": outcome.result,
                **(
                    {"profiles": list(map(reading.profile_data, outcome.profiles))}
                    if outcome.profiles
                    else {}
                ),
                **({"pcmp_address": outcome.pcmp_address} if outcome.pcmp_address else {}),
            }
            for command, outcome in pairs
        ],
        "pending": result.is_pending,
        "notification_error": output.error_data(error) if error else None,
    }


def result_lines(result: RpmResult) -> Iterator[str]:
    """The same in words."""
    if result.error:
        yield f"The eUICC did not open the package of {result.address}: {result.error}."
    for command, outcome in zip(result.commands, result.outcomes, strict=False):
        about = command.profile.label if command.profile else str(command.iccid or "all profiles")
        said = "done" if outcome.is_good else f"{outcome.words or outcome.result} ({outcome.result})"
        yield f"{command.name:<16}{about:<24}{said}"
        yield from _found(outcome)
    if left := len(result.commands) - len(result.outcomes):
        yield f"{left} further {'command was' if left == 1 else 'commands were'} not carried out."
    if result.notification_error:
        yield f"The server does not know yet: {result.notification_error}"
        yield "Send it later with `esim lpa notifications send`."


def _found(outcome: RpmOutcome) -> Iterator[str]:
    for profile in outcome.profiles:
        yield f"{'':<16}{profile.iccid} {reading.state_of(profile)} {profile.name}".rstrip()
    if outcome.pcmp_address:
        yield f"{'':<16}the LPA proxy of the device would contact {outcome.pcmp_address}"
