"""`esim ipa`: what the IPA of a device without a user does with its eUICC (SGP.32 §3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import home, output, reading, servers
from simulator.cli.smdp import interruptible
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards import Isdr
    from simulator.ipa import Handled, Ipa, Memory
    from simulator.ipa.esipa import Esipa
    from simulator.lpa.es9 import Es9

CARD = card_options(
    "The eUICC, of a card with iot: true.  [default: the only one there is]", envvar="ESIM_CARD"
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
NO_SERVICE = click.option(
    "--no-service",
    "dead",
    multiple=True,
    metavar="PROFILE",
    help="Have no network with this profile: its ICCID, name or nickname.",
)


@click.group()
def command() -> None:
    """Play the IPA of an IoT device: fetch what eIMs want, and carry it out.

    \b
    esim card new meter --from euicc-iot
    esim eim config --out eim.der
    esim ipa add-eim eim.der
    esim ipa run

    What the IPA must not lose is kept beside the cards, by EID.
    """


@command.command("add-eim")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@CARD
@JSON
def add_eim(which: Which, file: Path, as_json: bool) -> None:
    """Have the eUICC obey the eIMs in FILE, its first ones.

    FILE holds EimConfigurationData, an AddInitialEimRequest or a GetEimConfigurationDataResponse, in DER,
    hexadecimal or base64. Further eIMs are added by one that the eUICC obeys already.
    """
    with _answering(as_json), _ipa(which) as ipa:
        added = ipa.add_eims(file.read_bytes())
    if as_json:
        output.write_json({"eims": [{"id": name, "association_token": token} for name, token in added]})
        return
    for name, token in added:
        click.echo(f"The eUICC obeys {name}" + (f", with association token {token}." if token else "."))


@command.command()
@CARD
@click.option("--once", is_flag=True, help="Do what there is to do, and end.  [default]")
@click.option("--every", type=click.FloatRange(min=0), metavar="SECONDS", help="Do it again and again.")
@click.option("--binding", type=click.Choice(("asn1", "json")), default="asn1", show_default=True)
@click.option("--compact", is_flag=True, help="Leave out what the eIM has already.")
@click.option("--confirmation-code", default="", help="For orders that ask for one.")
@click.option("--imei", default="", help="Of the device.  [default: TAC 35290611, no IMEI]")
@NO_SERVICE
@servers.trust_options
@JSON
def run(
    which: Which,
    once: bool,
    every: float | None,
    binding: str,
    compact: bool,
    confirmation_code: str,
    imei: str,
    dead: tuple[str, ...],
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Bring results and notifications, and fetch and carry out the eIM's packages until there is none.

    \b
    esim ipa run
    esim ipa run --every 60
    esim ipa run --no-service 8988...    the device loses its network with this profile

    The exit status is 1 if something went wrong; what could not be brought waits for the next run.
    """
    from simulator.ipa import EsipaClient
    from simulator.lpa import Device, Patience

    if once and every is not None:
        raise click.UsageError("Say --once or --every, not both.")
    options: dict[str, Any] = {"confirmation_code": confirmation_code, "compact": compact}
    if imei:
        options["device"] = Device.of_imei(imei)
    options["patience"] = Patience(attempts=3)
    issuers = servers.issuers(ca, folder)
    with (
        _answering(as_json),
        servers.client(ca, folder, insecure=insecure) as es9,
        EsipaClient(issuers, binding=binding, verify=not insecure) as esipa,
    ):
        handled = _run(which, es9, esipa, dead, options, as_json)
        if every is not None:
            with interruptible() as interrupted:
                click.echo(f"Asks again every {every:g} seconds; Ctrl-C ends it.", err=True)
                while not interrupted.wait(every):
                    _run(which, es9, esipa, dead, options, as_json)
            return
    if any(one.error for one in handled):
        raise click.exceptions.Exit(1)


def _run(
    which: Which, es9: Es9, esipa: Esipa, dead: Sequence[str], options: dict[str, Any], as_json: bool
) -> list[Handled]:
    """One run, and what is told of it."""
    with _ipa(which, es9, esipa, dead, **options) as ipa:
        handled = ipa.run_once()
        waiting = ipa.waiting()
    _tell(handled, waiting, as_json)
    return handled


def _tell(handled: Sequence[Handled], waiting: dict[str, int], as_json: bool) -> None:
    """What was done, line by line."""
    if as_json:
        output.write_json({"handled": [_handled_data(one) for one in handled], "waiting": waiting})
        return
    for one in handled:
        for text in one.done:
            click.echo(f"{one.eim_id}  {one.what}  {text}")
        if one.error:
            click.echo(f"{one.eim_id}  {one.what}  failed: {one.error}")
    if not handled:
        click.echo("There was nothing to do.")
    names = {
        "package_results": "package results",
        "notifications": "notifications",
        "memory": "in the memory",
    }
    if left := ", ".join(f"{count} {names[name]}" for name, count in waiting.items() if count):
        click.echo(f"Still waiting: {left}.")


def _handled_data(one: Handled) -> dict[str, Any]:
    error = output.error_data(one.error) if one.error else None
    return {"eim": one.eim_id, "what": one.what, "done": list(one.done), "error": error}


@command.command()
@CARD
@JSON
def status(which: Which, as_json: bool) -> None:
    """Say whom the eUICC obeys, which profile is the fallback, and what waits."""
    with _answering(as_json), _ipa(which) as ipa:
        eims = ipa.eims()
        eid = str(ipa.isdr.get_eid())
        profiles = [reading.profile_data(profile) for profile in ipa.profiles()]
        fallback = next((str(one.iccid) for one in ipa.profiles() if one.value.get("fallbackAttribute")), "")
        waiting = ipa.waiting()
    data = {
        "eid": eid,
        "eims": [
            {
                "id": eim.eim_id,
                "address": eim.address,
                "downloads": "indirect" if eim.is_indirect else "direct",
                "counter": eim.data.get("counterValue"),
                "association_token": eim.association_token,
            }
            for eim in eims
        ],
        "profiles": profiles,
        "fallback": fallback,
        "waiting": waiting,
    }
    if as_json:
        output.write_json(data)
        return
    click.echo(f"EID       {eid}")
    for eim in eims:
        mode = "profiles by way of it" if eim.is_indirect else "profiles from the SM-DP+"
        click.echo(f"eIM       {eim.eim_id} at {eim.address or 'no address'}, {mode}")
    if not eims:
        click.echo("eIM       none; add one with `esim ipa add-eim FILE`")
    click.echo(f"Fallback  {fallback or 'none'}")
    click.echo(
        "Waiting   " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in waiting.items())
    )
    for line in reading.profile_lines(profiles):
        click.echo(line)


@command.command()
@CARD
@JSON
def fallback(which: Which, as_json: bool) -> None:
    """Enable the profile with the fallback attribute, as a device without network does."""
    _switch(which, as_json, lambda ipa: ipa.fall_back(), "The fallback profile is enabled.")


@command.command("return")
@CARD
@JSON
def return_from_fallback(which: Which, as_json: bool) -> None:
    """Enable the profile again whose place the fallback profile took."""
    _switch(which, as_json, lambda ipa: ipa.return_from_fallback(), "The profile before is enabled again.")


@command.command()
@click.option("--end", is_flag=True, help="The emergency is over.")
@CARD
@JSON
def emergency(which: Which, end: bool, as_json: bool) -> None:
    """Enable the profile for emergency calls; until --end nothing else is done."""
    if end:
        done = "The profile before is enabled again."
        _switch(which, as_json, lambda ipa: ipa.disable_emergency_profile(), done)
    else:
        _switch(
            which, as_json, lambda ipa: ipa.enable_emergency_profile(), "The emergency profile is enabled."
        )


def _switch(which: Which, as_json: bool, function: Callable[[Ipa], None], done: str) -> None:
    with _answering(as_json), _ipa(which) as ipa:
        function(ipa)
    if as_json:
        output.write_json({"done": done})
    else:
        click.echo(f"{done} The eIMs hear of it with the next `esim ipa run`.")


@contextmanager
def _answering(as_json: bool) -> Iterator[None]:
    with output.answering(output.JSON if as_json else output.TEXT):
        yield


@contextmanager
def _ipa(
    which: Which,
    es9: Es9 | None = None,
    esipa: Esipa | None = None,
    dead: Sequence[str] = (),
    **options: Any,
) -> Iterator[Ipa]:
    """An IPA before the eUICC that is meant, with what it remembers of it."""
    from cards import Isdr
    from simulator.ipa import InProcessEsipa, Ipa, Setup
    from simulator.lpa import InProcessEs9

    with which.opened_euicc() as link:
        link.reset()
        with Isdr(link) as isdr:
            path = home.home() / "ipa" / f"{isdr.get_eid()}.json"
            setup = Setup(memory=_memory(path), **options)
            yield Ipa(
                isdr,
                es9 or InProcessEs9(None),
                esipa or InProcessEsipa(lambda octets: b""),
                setup,
                connectivity=lambda: not _is_dead(isdr, dead),
                store=lambda memory: home.write_atomically(path, json.dumps(memory, indent=1).encode()),
            )


def _memory(path: Path) -> Memory:
    from simulator.ipa import Memory

    try:
        return Memory.load(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Memory()
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise click.ClickException(f"{path} is not the memory of an IPA: {error!r}. Delete it.") from None


def _is_dead(isdr: Isdr, dead: Sequence[str]) -> bool:
    """Whether the enabled profile is among those without a network."""
    from simulator.lpa.profiles import InstalledProfile

    profiles = [InstalledProfile.of(value) for value in isdr.get_profiles_info()] if dead else []
    return any(
        profile.is_enabled and {str(profile.iccid), profile.name, profile.nickname} & set(dead)
        for profile in profiles
    )
