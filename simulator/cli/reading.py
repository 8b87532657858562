"""What a card says of itself, read as a terminal reads it: identities, profiles, in words and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from cards.link import CardLike, CardLink
    from simulator.lpa import Lpa
    from simulator.lpa.profiles import InstalledProfile


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the card is to a network; empty where it does not say."""

    iccid: str = ""
    imsi: str = ""
    why: str = ""
    """In a sentence, why something is not there."""


def read_identity(link: CardLink) -> Identity:
    """EF.ICCID and EF.IMSI, by SELECT and READ BINARY."""
    from cards import SW, Uicc
    from cards.errors import CardError, CardStatusError
    from cards.identities import IdentityError

    uicc = Uicc(link)
    iccid = ""
    try:
        iccid = str(uicc.read_iccid())
        return Identity(iccid, str(uicc.read_imsi()))
    except CardStatusError as error:
        locked = iccid and error.sw == SW.SECURITY_STATUS_NOT_SATISFIED
        return Identity(iccid, why="EF.IMSI is locked until PIN 1 is verified" if locked else str(error))
    except (CardError, IdentityError) as error:
        return Identity(iccid, why=str(error))


def lpa_of(card: CardLike) -> Lpa:
    """An LPA before a card that was just powered up, without any way to servers."""
    from cards import InProcessLink, Isdr
    from simulator.lpa import InProcessEs9, Lpa

    link = InProcessLink(card)
    link.reset()
    return Lpa(Isdr(link), InProcessEs9(None))


def state_of(profile: InstalledProfile) -> str:
    return "enabled" if profile.is_enabled else "disabled"


def title_of(profile: InstalledProfile) -> str:
    return f"{profile.label} ({profile.iccid})"


def find_profile(lpa: Lpa, text: str) -> InstalledProfile:
    """The profile that a user means by its ICCID, its place in the list (from 1), name, nickname or AID."""
    known = lpa.profiles()
    found = [
        profile
        for number, profile in enumerate(known, 1)
        if text
        in (str(profile.iccid), str(number), profile.name, profile.nickname, profile.aid.hex().upper())
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise click.ClickException(f"{text!r} fits {len(found)} profiles; name one by its ICCID.")
    there = "; ".join(f"{number}: {title_of(profile)}" for number, profile in enumerate(known, 1)) or "none"
    raise click.ClickException(f"the card has no profile {text!r} (profiles: {there}).")


def summary(card: CardLike, *, euicc: bool) -> dict[str, Any]:
    """All of it as JSON-able values."""
    from cards import InProcessLink

    data: dict[str, Any] = {}
    if euicc:
        with lpa_of(card) as lpa:
            data = {"eid": str(lpa.eid()), "profiles": [profile_data(p) for p in lpa.profiles()]}
    link = InProcessLink(card)
    link.reset()
    identity = read_identity(link)
    return {**data, "iccid": identity.iccid, "imsi": identity.imsi}


def profile_data(profile: InstalledProfile) -> dict[str, Any]:
    """An installed profile as JSON-able values."""
    return {
        "iccid": str(profile.iccid),
        "isdp_aid": profile.aid.hex().upper(),
        "state": state_of(profile),
        "class": profile.profile_class,
        "name": profile.name,
        "service_provider": profile.service_provider,
        "nickname": profile.nickname,
    }
