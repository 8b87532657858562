"""`esim lpa move`, `esim lpa recover`: a profile goes to another device or comes back (SGP.22 v3 §3.11)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import lpac, output, qr, reading, recoveries, servers
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from simulator.lpa import AskMove, Decision, MovedProfile, NewDevice

_CARD = card_options("The eUICC.  [default: the only one there is]", envvar="ESIM_CARD")
_EID_DIGITS, _TAC_DIGITS = 32, 8


@click.command("move")
@_CARD
@click.argument("profile")
@click.option("--eid", default="", metavar="DIGITS", help="EID of the new device, if it is asked for.")
@click.option(
    "--tac",
    default="",
    metavar="DIGITS",
    help="TAC or IMEI of the new device, if it is asked for.",
)
@click.option("--confirmation-code", default="", metavar="CODE", help="Needed if the operator asks for one.")
@click.option("--yes", is_flag=True, help="Consent without being asked.")
@click.option("--wait", "waits", is_flag=True, help="Wait while the server prepares the new profile.")
@click.option(
    "-o",
    "--output",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the QR code as a picture, .png or .svg, instead of drawing it here.",
)
@servers.trust_options
@output.format_options
def move(
    which: Which,
    profile: str,
    eid: str,
    tac: str,
    confirmation_code: str,
    yes: bool,
    waits: bool,
    picture: Path | None,
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    form: str,
) -> None:
    """Let a PROFILE go to another device; prints the activation code for that.

    As its operator has it, the profile is deleted here. The new device downloads it with the code; keep the
    code until then. If that fails for good, `esim lpa recover` may bring the profile back.
    """
    new, consent = _new_device(eid, tac), _Consent(yes)
    with (
        output.answering(form, "es10b_verify_device_change"),
        servers.client(ca, folder, insecure=insecure) as es9,
        which.opened_lpa(es9, move_consent=consent) as lpa,
    ):
        found = reading.find_profile(lpa, profile)
        try:
            moved = lpa.move(found.iccid, new, confirmation_code, waits=waits)
        except Exception:
            if consent.missing:
                raise click.ClickException(consent.missing) from None
            raise
        if moved.recovery is not None:
            recoveries.keep(str(lpa.eid()), moved.recovery)
    if picture is not None:
        qr.save(moved.activation_code, picture)
    if form == output.JSON:
        output.write_json(_data(moved))
    elif form == output.LPAC:
        lpac.success({"activationCode": moved.activation_code.qr_text})
    else:
        _show(moved, picture)


@click.command("recover")
@_CARD
@click.argument("iccid", required=False)
@servers.trust_options
@output.format_options
def recover(
    which: Which,
    iccid: str | None,
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    form: str,
) -> None:
    """Get a profile back that left with `esim lpa move` and could not be installed on the other device.

    Without ICCID it is the one that left last.
    """
    with (
        output.answering(form, "es10b_verify_profile_recovery"),
        servers.client(ca, folder, insecure=insecure) as es9,
        which.opened_lpa(es9) as lpa,
    ):
        eid = str(lpa.eid())
        recovery = recoveries.find(eid, iccid)
        result = lpa.recover(recovery)
        recoveries.forget(eid, recovery)
    if form == output.JSON:
        output.write_json({"iccid": str(result.iccid)})
    elif form == output.LPAC:
        lpac.success()
    else:
        click.echo(f"{result.metadata.name or result.iccid} ({result.iccid}) is back, disabled.")


def _new_device(eid: str, tac: str) -> NewDevice:
    from cards.identities import to_swapped_bcd
    from simulator.lpa import NewDevice

    for name, text, digits in (("--eid", eid, (_EID_DIGITS,)), ("--tac", tac, (_TAC_DIGITS, 14, 15))):
        if text and not (text.isascii() and text.isdecimal() and len(text) in digits):
            raise click.UsageError(f"{name} has {' or '.join(map(str, digits))} digits, not {text!r}.")
    octets = to_swapped_bcd(tac[:_TAC_DIGITS], _TAC_DIGITS // 2) if tac else b""
    return NewDevice(bytes.fromhex(eid), octets)


@dataclass(slots=True)
class _Consent:
    """Asks at the terminal before a profile leaves. Where there is none, --yes must have been said."""

    yes: bool
    missing: str = ""
    """What to give where nobody can be asked."""

    def __call__(self, question: AskMove) -> Decision:
        from simulator.lpa import Decision

        can_ask = sys.stdin.isatty()
        if question.message and not question.code_refused:
            click.echo(f"{question.profile.service_provider} says: {question.message}", err=True)
        if not self.yes and not can_ask:
            return self._refuse("a profile leaves only with your consent: say --yes")
        if question.confirmation_code_required and not can_ask:
            return self._refuse("the operator asks for a confirmation code; give it with --confirmation-code")
        if not self.yes and not question.code_refused and not _agrees(question):
            return Decision(accepted=False)
        if not question.confirmation_code_required:
            return Decision()
        if question.code_refused:
            click.echo("The server refused the confirmation code.", err=True)
        return Decision(confirmation_code=str(click.prompt("Confirmation code", hide_input=True, err=True)))

    def _refuse(self, why: str) -> Decision:
        from simulator.lpa import Decision

        self.missing = why
        return Decision(accepted=False, reason="postponed")


def _agrees(question: AskMove) -> bool:
    """Strong confirmation: not by a key that is pressed by accident."""
    title = reading.title_of(question.profile)
    words = f"{title} leaves this device" + (" and is deleted here." if question.deletes else ".")
    click.echo(words, err=True)
    return str(click.prompt("Type 'move' to go on", default="no", err=True)).strip().lower() == "move"


def _data(moved: MovedProfile) -> dict[str, Any]:
    until = moved.recovery.until if moved.recovery else None
    return {
        "iccid": str(moved.profile.iccid),
        "activation_code": moved.activation_code.qr_text,
        "deleted": moved.is_deleted,
        "notifications": [output.delivery_data(delivery) for delivery in moved.deliveries],
        "is_recoverable": moved.recovery is not None,
        "recoverable_until": until.isoformat() if until else None,
    }


def _show(moved: MovedProfile, picture: Path | None) -> None:
    code = moved.activation_code
    if picture is None:
        click.echo(qr.drawing(code, colours=sys.stdout.isatty()), nl=False)
    click.echo(f"Code  {code.qr_text}")
    title = reading.title_of(moved.profile)
    click.echo(f"{title} {'is deleted here' if moved.is_deleted else 'stays here, too'}; download it there.")
    if moved.recovery is not None:
        until = f" until {moved.recovery.until:%Y-%m-%d %H:%M} UTC" if moved.recovery.until else ""
        click.echo(f"If that fails, `esim lpa recover` brings it back{until}.")
    for delivery in moved.deliveries:
        if delivery.error:
            click.echo(f"The server does not know of it yet: {delivery.error}", err=True)
