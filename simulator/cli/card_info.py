"""`esim card info` and `esim card dump`: what a card says of itself, and all its files, read without changing
it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import reading
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards.link import CardLink
    from cards.survey import Survey

LABEL = 17
PIN1 = click.option(
    "--pin1",
    metavar="PIN",
    help="Verify PIN 1 first. A wrong one costs a try: name the card with --allow-changes.",
)


@click.command()
@card_options()
@PIN1
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(which: Which, pin1: str | None, as_json: bool) -> None:
    """Say what a card tells of itself: ATR, numbers, services, PINs, applications; profiles of an eUICC."""
    from cards.gsm import card_on
    from cards.survey import survey

    with which.opened() as link:
        atr = link.reset()
        euicc = _euicc(link)
        link.reset()
        card = card_on(link)
        if pin1 is not None:
            card.select("MF")
            card.verify_pin(0x01, pin1)
        found = survey(card, atr)
    if as_json:
        click.echo(json.dumps({**survey_data(found), "euicc": euicc}, indent=1, ensure_ascii=False))
        return
    for line in survey_lines(found):
        click.echo(line)
    if euicc:
        for line in _euicc_lines(euicc):
            click.echo(line)


def is_euicc(link: CardLink) -> bool:
    """Whether the card, freshly reset, has an ISD-R. LinkError if the card goes."""
    from cards import Isdr
    from cards.errors import CardError, LinkError

    link.reset()
    try:
        with Isdr(link):
            return True
    except LinkError:
        raise
    except CardError:
        return False


def _euicc(link: CardLink) -> dict[str, Any] | None:
    """EID, EUICCInfo1 and 2, and the profiles; None where there is no ISD-R. LinkError if the card goes."""
    from cards import Isdr
    from simulator.lpa import InProcessEs9, Lpa

    if not is_euicc(link):
        return None
    isdr = Isdr(link)
    with Lpa(isdr, InProcessEs9(None)) as lpa:
        data = reading.info_data(lpa.info())
        info1 = isdr.get_euicc_info1()
        profiles = [reading.profile_data(profile) for profile in lpa.profiles()]
    keys = {name: [key.hex().upper() for key in info1[f"euiccCiPKIdListFor{name}"]] for name in _USES}
    return {
        **data,
        "info1": {"sgp22_version": ".".join(map(str, info1["svn"])), **keys},
        "profiles": profiles,
    }


_USES = ("Verification", "Signing")


def survey_data(found: Survey) -> dict[str, Any]:
    """What was read, as JSON-able values."""
    from cards.explain.services import ISIM, SIM
    from cards.survey import services_in_words

    return {
        "atr": found.atr.hex().upper(),
        "atr_words": found.atr_words,
        "iccid": found.iccid,
        "imsi": found.imsi,
        "service_provider": found.service_provider,
        "applications": [
            {"aid": entry.aid.hex().upper(), "label": entry.label} for entry in found.applications
        ],
        "usim_services": services_in_words(found.usim_services),
        "isim_services": services_in_words(found.isim_services, ISIM),
        "sim_services": services_in_words(found.sim_services, SIM),
        "pins": [
            {"reference": pin.reference, "name": pin.name, "enabled": pin.enabled, "tries": pin.tries}
            for pin in found.pins
        ],
        "missing": found.missing,
    }


def survey_lines(found: Survey) -> Iterator[str]:
    """The same in words, within 80 columns."""
    data = survey_data(found)
    yield _line("ATR", data["atr"])
    for words in data["atr_words"]:
        yield _line("", words)
    for title, key in (("ICCID", "iccid"), ("IMSI", "imsi"), ("Provider", "service_provider")):
        yield _line(title, data[key] or found.missing.get(key, "none"))
    for entry in data["applications"]:
        yield _line("Application", f"{entry['aid']} {entry['label']}".rstrip())
    if not data["applications"]:
        yield _line("Applications", found.missing.get("applications", "none"))
    for pin in data["pins"]:
        asked = "enabled" if pin["enabled"] else "disabled"
        tries = "" if pin["tries"] is None else f", {pin['tries']} tries left"
        yield _line(pin["name"], f"{asked}{tries}")
    tables = ("USIM services", "usim_services"), ("ISIM services", "isim_services")
    for title, key in (*tables, ("SIM services", "sim_services")):
        if data[key]:
            yield _line(title, "; ".join(f"{number} {name}" for number, name in data[key].items()))
        elif key in found.missing:
            yield _line(title, found.missing[key])


def _line(title: str, text: str) -> str:
    return textwrap.fill(
        f"{title:<{LABEL}}{text}",
        80,
        subsequent_indent=" " * LABEL,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _euicc_lines(euicc: dict[str, Any]) -> Iterator[str]:
    yield from reading.info_lines_of(euicc)
    yield "Profiles"
    yield from reading.profile_lines(euicc["profiles"])


@click.command()
@card_options()
@PIN1
@click.option("--scan", is_flag=True, help="Try all file identifiers, not only known ones: takes minutes.")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file, and tell progress.",
)
def dump(which: Which, pin1: str | None, scan: bool, output: Path | None) -> None:
    """Read all files of a card, and print them as a description (YAML) for `esim card new --from`."""
    from cards.dump import walk
    from cards.gsm import Sim, card_on
    from cards.survey import survey
    from simulator.specimens.dump import text_of

    def tell(path: str) -> None:
        if output:
            click.echo(path, err=True)

    with which.opened() as link:
        atr = link.reset()
        card = card_on(link)
        if pin1 is not None:
            card.select("MF")
            card.verify_pin(0x01, pin1)
        files = list(walk(card, tell, scan=scan))
        found = survey(card, atr)
    name = f"Copy of {found.iccid}" if found.iccid else "Copy of a card"
    classes = "gsm" if isinstance(card, Sim) else ""
    text = text_of(files, found.pins, atr, name, _protocol(atr), classes)
    if output is None:
        click.echo(text, nl=False)
        return
    from simulator.cli import home

    home.write_atomically(output, text.encode())
    unreadable = sum(bool(file.unreadable) for file in files)
    click.echo(f"{len(files)} files, {unreadable} of them unreadable, are in {output}.")


def _protocol(atr: bytes) -> Any:
    """The first protocol that the ATR offers; T=0 if it is none of those that cards here speak."""
    from cards.atr import Atr, AtrError

    try:
        return 1 if Atr.parse(atr).protocols[0] == 1 else 0
    except AtrError:
        return 0
