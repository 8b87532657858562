"""`esim lpa`: what an LPA does with the profiles of an eUICC (SGP.22 §3.2, §3.3, §3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import device, download, lpac, move, output, reading, rpm, servers
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from simulator.lpa import Lpa

CARD = card_options("The eUICC.  [default: the only one there is]", envvar="ESIM_CARD")
PROFILE = click.argument("profile")
NO_REFRESH = click.option("--no-refresh", is_flag=True, help="Do not have the card ask for a REFRESH.")
NUMBERS = click.argument("numbers", nargs=-1, type=int, metavar="[NUMBER]...")
RESETS = {
    "operational": "deleteOperationalProfiles",
    "test": "deleteFieldLoadedTestProfiles",
    "address": "resetDefaultSmdpAddress",
    "preloaded": "deletePreLoadedTestProfiles",
    "provisioning": "deleteProvisioningProfiles",
}
"""What a user says → the option of eUICCMemoryReset (SGP.22 §5.7.19); the last two are of version 3."""


@click.group()
def command() -> None:
    """Look after the profiles of an eUICC, as the LPA of a phone does.

    A PROFILE is named by its ICCID, its number in the list, its name or its nickname. `esim card` makes the
    eUICC itself, `esim profile` the packages that profiles come in.
    """


command.add_command(download.command, "download")
command.add_command(move.move)
command.add_command(move.recover)
command.add_command(rpm.command, "rpm")


@command.command()
@CARD
@output.format_options
def info(which: Which, form: str) -> None:
    """Say what the eUICC tells of itself. EID, addresses, versions, memory, keys, rules."""
    with output.answering(form, "es10c_get_eid"), which.opened_lpa() as lpa:
        data = lpa.info()
    if form == output.LPAC:
        lpac.success(lpac.chip_data(data))
    elif form == output.JSON:
        output.write_json(reading.info_data(data))
    else:
        for line in reading.info_lines(data):
            click.echo(line)


@command.command("list")
@CARD
@output.format_options
def list_profiles(which: Which, form: str) -> None:
    """List the profiles."""
    with output.answering(form, "es10c_get_profiles_info"), which.opened_lpa() as lpa:
        profiles = lpa.profiles(in_detail=form != output.LPAC)
    if form == output.LPAC:
        lpac.success([lpac.profile_data(profile) for profile in profiles])
    elif form == output.JSON:
        output.write_json({"profiles": [reading.profile_data(profile) for profile in profiles]})
    else:
        for line in reading.profile_lines(map(reading.profile_data, profiles)):
            click.echo(line)


@command.command()
@CARD
@click.option(
    "--smds", default="", metavar="ADDRESS", help="Ask this SM-DS.  [default: those that the eUICC names]"
)
@click.option("--download", "downloads", is_flag=True, help="Download what is found.")
@click.option("--yes", is_flag=True, help="Consent to every profile.")
@servers.trust_options
@output.format_options
def discover(
    which: Which,
    smds: str,
    downloads: bool,
    yes: bool,
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    form: str,
) -> None:
    """Ask an SM-DS which servers have something for the eUICC."""
    from simulator.lpa.discovery import DOWNLOAD

    if downloads and not yes:
        raise click.UsageError("Say --yes too: what is found is downloaded without a question.")
    with (
        output.answering(form, "es11_authenticate_client"),
        servers.client(ca, folder, insecure=insecure) as es9,
        which.opened_lpa(es9) as lpa,
    ):
        events = lpa.discover(smds)
        offered = [event for event in events if event.operation == DOWNLOAD]
        results = [lpa.download(event) for event in offered] if downloads else []
    if form == output.LPAC:
        lpac.success([event.server_address for event in events])
    elif form == output.JSON:
        found = [reading.event_data(event) for event in events]
        output.write_json({"events": found, "iccids": [str(result.iccid) for result in results]})
    else:
        for event in events:
            click.echo(reading.event_line(event))
        if not events:
            click.echo("Nothing waits for this eUICC.")
        for result in results:
            click.echo(f"Installed {result.metadata.name} ({result.iccid}).")


@command.command()
@CARD
@click.argument("service")
@click.argument("token")
@click.option(
    "--smds", default="", metavar="ADDRESS", help="Ask this SM-DS.  [default: the eUICC's root SM-DS]"
)
@servers.trust_options
@output.format_options
def push(
    which: Which,
    service: str,
    token: str,
    smds: str,
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    form: str,
) -> None:
    """Have an SM-DS tell of new events by the push service SERVICE, an OID, with TOKEN."""
    with (
        output.answering(form, "es11_authenticate_client"),
        servers.client(ca, folder, insecure=insecure) as es9,
        which.opened_lpa(es9) as lpa,
    ):
        until = lpa.register_push(service, token, smds)
    if form == output.LPAC:
        lpac.success(None)
    elif form == output.JSON:
        output.write_json({"refresh": until.isoformat() if until else None})
    else:
        click.echo("The token is registered" + (f" until {until:%Y-%m-%d %H:%M} UTC." if until else "."))


@command.command()
@CARD
@PROFILE
@NO_REFRESH
@device.ENTERPRISE
@output.format_options
def enable(which: Which, profile: str, no_refresh: bool, enterprise: bool, form: str) -> None:
    """Enable a profile; the one that was enabled is disabled."""
    with _doing(which, form, "es10c_enable_profile", enterprise=enterprise) as (lpa, said):
        found = reading.find_profile(lpa, profile)
        lpa.enable(found.aid, refresh=not no_refresh)
        said.append(f"Enabled {reading.title_of(found)}.")


@command.command()
@CARD
@PROFILE
@NO_REFRESH
@device.ENTERPRISE
@output.format_options
def disable(which: Which, profile: str, no_refresh: bool, enterprise: bool, form: str) -> None:
    """Disable a profile; then none is enabled."""
    with _doing(which, form, "es10c_disable_profile", enterprise=enterprise) as (lpa, said):
        found = reading.find_profile(lpa, profile)
        lpa.disable(found.aid, refresh=not no_refresh)
        said.append(f"Disabled {reading.title_of(found)}.")


@command.command()
@CARD
@PROFILE
@output.format_options
def delete(which: Which, profile: str, form: str) -> None:
    """Delete a disabled profile."""
    with _doing(which, form, "es10c_delete_profile") as (lpa, said):
        found = reading.find_profile(lpa, profile)
        lpa.delete(found.aid)
        said.append(f"Deleted {reading.title_of(found)}.")


@command.command()
@CARD
@PROFILE
@click.argument("nickname", default="")
@output.format_options
def nickname(which: Which, profile: str, nickname: str, form: str) -> None:
    """Give a profile a NICKNAME; without one, take it away."""
    with _doing(which, form, "es10c_set_nickname") as (lpa, said):
        found = reading.find_profile(lpa, profile)
        lpa.set_nickname(found.iccid, nickname)
        said.append(f"{found.iccid} is called {nickname or found.name} now.")


@command.command()
@CARD
@click.argument("what", nargs=-1, type=click.Choice(tuple(RESETS)))
@click.option("--yes", is_flag=True, help="Do not ask.")
@output.format_options
def reset(which: Which, what: tuple[str, ...], yes: bool, form: str) -> None:
    """Reset the eUICC's memory: all of it, or WHAT of it.

    \b
    operational   all operational profiles, the enabled one too
    test          test profiles that were downloaded
    address       the default SM-DP+ address
    preloaded     test profiles of the manufacturer (SGP.22 version 3)
    provisioning  provisioning profiles (SGP.22 version 3)

    Without WHAT these are the first three. Rules of profiles do not hinder it.
    """
    if not yes:
        click.confirm(f"Delete {', '.join(what) or 'all profiles'} for good?", abort=True, err=True)
    with _doing(which, form, "es10c_euicc_memory_reset") as (lpa, said):
        lpa.memory_reset(*(RESETS[word] for word in what))
        said.append("The memory was reset.")


@command.command()
@CARD
@click.argument("address", required=False)
@click.option("--clear", is_flag=True, help="Have no default SM-DP+.")
@click.option("--ci", default="", metavar="KEY-ID", help="The only CI for it (SGP.22 version 3).")
@output.format_options
def smdp(which: Which, address: str | None, clear: bool, ci: str, form: str) -> None:
    """Show or set the default SM-DP+. Its ADDRESS is asked by `esim download --default`."""
    if address and clear:
        raise click.UsageError("Give an ADDRESS or --clear, not both.")
    if ci and not address:
        raise click.UsageError("--ci goes with an ADDRESS.")
    try:
        allowed = bytes.fromhex(ci)
    except ValueError:
        raise click.UsageError("--ci wants hexadecimal digits, as `esim lpa info` shows them.") from None
    if address or clear:
        with _doing(which, form, "es10a_set_default_dp_address") as (lpa, said):
            lpa.set_default_smdp_address(address or "", allowed)
            said.append(f"The default SM-DP+ is {address}." if address else "There is no default SM-DP+.")
        return
    with output.answering(form, "es10a_get_euicc_configured_addresses"), which.opened_lpa() as lpa:
        addresses = reading.addresses_data(lpa.addresses())
    if form == output.TEXT:
        click.echo(f"Default SM-DP+  {addresses['default_smdp'] or 'none'}")
        click.echo(f"Root SM-DS      {addresses['root_smds']}")
    elif form == output.JSON:
        output.write_json(addresses)
    else:
        lpac.success(
            {"defaultDpAddress": addresses["default_smdp"] or None, "rootDsAddress": addresses["root_smds"]}
        )


@contextmanager
def _doing(
    which: Which, form: str, function: str, *, enterprise: bool = False
) -> Iterator[tuple[Lpa, list[str]]]:
    """An LPA for something that is done without further answer; then how many notifications wait."""
    said: list[str] = []
    with output.answering(form, function), which.opened_lpa(device=device.made(enterprise=enterprise)) as lpa:
        yield lpa, said
        waiting = lpa.notifications()
    if form == output.LPAC:
        lpac.success()
    elif form == output.JSON:
        output.write_json({"done": " ".join(said), "notifications_waiting": len(waiting)})
    else:
        click.echo("\n".join([*said, *reading.waiting_lines(waiting)]))


@command.group(invoke_without_command=True)
@CARD
@output.format_options
@click.pass_context
def notifications(ctx: click.Context, which: Which, form: str) -> None:
    """List, send or remove notifications to servers."""
    if ctx.invoked_subcommand:
        return
    with output.answering(form, "es10b_list_notification"), which.opened_lpa() as lpa:
        waiting = lpa.notifications()
    if form == output.LPAC:
        lpac.success([lpac.notification_data(item) for item in waiting])
    elif form == output.JSON:
        output.write_json({"notifications": [output.notification_data(item) for item in waiting]})
    else:
        for item in waiting:
            click.echo(reading.notification_line(item))
        if not waiting:
            click.echo("No notification waits.")


@notifications.command()
@CARD
@NUMBERS
@servers.trust_options
@output.format_options
def send(
    which: Which,
    numbers: tuple[int, ...],
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    form: str,
) -> None:
    """Send all notifications, or those with these NUMBERs, oldest first; delivered ones are removed."""
    progress = lpac.Progress() if form == output.LPAC else None
    announce = progress.announce if progress else None
    with (
        output.answering(form, "es9p_handle_notification", progress),
        servers.client(ca, folder, insecure=insecure) as es9,
        which.opened_lpa(es9, announce=announce) as lpa,
    ):
        deliveries = lpa.process_notifications(numbers or None)
        failed = [delivery.error for delivery in deliveries if delivery.error]
        if form == output.JSON:
            output.write_json({"notifications": [output.delivery_data(item) for item in deliveries]})
        elif form == output.TEXT:
            click.echo("\n".join(reading.delivery_lines(deliveries)) or "No notification waits.")
        elif failed:
            raise failed[0]
        else:
            lpac.success()
    if failed:
        raise click.exceptions.Exit(1)


@notifications.command()
@CARD
@NUMBERS
@click.option("--all", "everything", is_flag=True, help="Remove all of them.")
@output.format_options
def remove(which: Which, numbers: tuple[int, ...], everything: bool, form: str) -> None:
    """Have the eUICC forget notifications that were not sent: its servers will never know."""
    if bool(numbers) == everything:
        raise click.UsageError("Give the NUMBERs of notifications, or --all.")
    from simulator.lpa import SendToCard

    function = "remove_notification_from_list"
    with _doing(which, form, f"es10b_{function}") as (lpa, said):
        chosen = numbers or [item.sequence_number for item in lpa.notifications()]
        for number in chosen:
            if form == output.LPAC:
                lpac.Progress().announce(SendToCard(function, (number,)))
            lpa.remove_notifications([number])
        said.append(f"Removed {len(chosen)} {'notification' if len(chosen) == 1 else 'notifications'}.")
