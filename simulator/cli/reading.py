"""What a card says of itself, read as a terminal reads it: identities, profiles, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import info3

if TYPE_CHECKING:
    from cards.link import CardLike, CardLink
    from simulator.lpa import Event, Lpa
    from simulator.lpa.notifications import Delivery, Notification
    from simulator.lpa.profiles import InstalledProfile

NO_PROFILE = "No profile is enabled."


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the card is to a network; empty where it does not say."""

    iccid: str = ""
    imsi: str = ""
    why: str = ""
    """In a sentence, why something is not there."""


def read_identity(link: CardLink) -> Identity:
    """EF.ICCID and EF.IMSI, by SELECT and READ BINARY."""
    from cards import SW
    from cards.errors import CardError, CardStatusError
    from cards.gsm import card_on
    from cards.identities import IdentityError

    iccid = ""
    try:
        card = card_on(link)
        iccid = str(card.read_iccid())
        return Identity(iccid, str(card.read_imsi()))
    except CardStatusError as error:
        # A card without an enabled profile has an MF and nothing in it.
        if not iccid and error.sw == SW.FILE_NOT_FOUND:
            return Identity(why=NO_PROFILE)
        locked = iccid and error.sw in (SW.SECURITY_STATUS_NOT_SATISFIED, SW.GSM_CHV_FAILED)
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
    """The profile that a user means by its ICCID, its place in the list (from 1), name, nickname or AID;
    ProfileNotFound if there is none."""
    from simulator.lpa.errors import ProfileNotFound

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
    raise ProfileNotFound(f"the card has no profile {text!r} (profiles: {there}).")


def summary(card: CardLike, *, euicc: bool) -> dict[str, Any]:
    """All of it as JSON-able values."""
    from cards import InProcessLink

    data: dict[str, Any] = {}
    if euicc:
        with lpa_of(card) as lpa:
            data = {
                "eid": str(lpa.eid()),
                "profiles": [profile_data(p) for p in lpa.profiles(in_detail=True)],
            }
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
        "owner": str(profile.owner) if profile.owner else "",
        "policy_rules": list(profile.policy_rules),
        **({"enterprise": profile.enterprise} if profile.enterprise else {}),
        **({"enterprise_rules": list(profile.enterprise_rules)} if profile.enterprise_rules else {}),
        **({"esim_port": port} if (port := profile.value.get("enabledOnEsimPort")) is not None else {}),
        **({"size": size} if (size := profile.value.get("profileSize")) is not None else {}),
    }


def profile_lines(profiles: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A numbered list of profiles, as `profile_data` has them, two lines each."""
    number = 0
    for number, profile in enumerate(profiles, 1):
        named = [*profile["policy_rules"], *profile.get("enterprise_rules", ())]
        rules = f"  {', '.join(named)}" if named else ""
        yield f"{number:>3}    {profile['iccid']}  {profile['state']:<8}  {profile['class']}{rules}"
        enterprise = f", of {profile['enterprise']}" if profile.get("enterprise") else ""
        provider = f"({profile['service_provider']}){enterprise}"
        yield f"       {profile['nickname'] or profile['name']} {provider}"
    if not number:
        yield "       no profiles"


def addresses_data(addresses: Mapping[str, str]) -> dict[str, str]:
    """The addresses that the eUICC is configured with, '' for one that is not there."""
    return {
        "default_smdp": addresses.get("defaultDpAddress", ""),
        "root_smds": addresses.get("rootDsAddress", ""),
    }


def info_data(info: Mapping[str, Any]) -> dict[str, Any]:
    """`Lpa.info` as JSON-able values."""
    from simulator.cli import lpac
    from simulator.lpa.profiles import bit_names

    info2 = lpac.info2_data(info["info2"])
    resources = info2["extCardResource"]
    return {
        "eid": str(info["eid"]),
        "addresses": addresses_data(info["addresses"]),
        "sgp22_version": info2["svn"],
        "profile_package_version": info2["profileVersion"],
        "firmware_version": info2["euiccFirmwareVer"],
        "free_memory": resources["freeNonVolatileMemory"],
        "uicc_capabilities": list(bit_names("UICCCapability", info["info2"]["uiccCapability"])),
        "rsp_capabilities": info2["rspCapability"],
        "ci_keys_for_verification": info2["euiccCiPKIdListForVerification"],
        "ci_keys_for_signing": info2["euiccCiPKIdListForSigning"],
        "forbidden_policy_rules": info2.get("forbiddenProfilePolicyRules", []),
        "rules": [lpac.rule_data(rule) for rule in info["rat"]],
        **info3.data(info["info2"], info["addresses"]),
    }


def info_lines(info: Mapping[str, Any]) -> Iterator[str]:
    """`Lpa.info` in words, within 80 columns."""
    return info_lines_of(info_data(info))


def info_lines_of(data: Mapping[str, Any]) -> Iterator[str]:
    """The same, from `info_data`."""
    import textwrap

    yield f"EID              {data['eid']}"
    yield f"Default SM-DP+   {data['addresses']['default_smdp'] or 'none'}"
    yield f"Root SM-DS       {data['addresses']['root_smds']}"
    yield f"SGP.22           {data['sgp22_version']}"
    yield f"Packages up to   {data['profile_package_version']}"
    yield f"Firmware         {data['firmware_version']}"
    yield f"Free memory      {data['free_memory']:,} bytes"
    for title, name in (
        ("CI keys trusted", "ci_keys_for_verification"),
        ("CI keys signing", "ci_keys_for_signing"),
    ):
        for key in data[name]:
            yield f"{title:<17}{key}"
    yield from info3.lines(data)
    rules = [f"{'+'.join(rule['pprIds'])} for {_operators(rule)}" for rule in data["rules"]]
    yield f"Policy rules     {'; '.join(rules) or 'none allowed'}"
    capabilities = ", ".join([*data["rsp_capabilities"], *data["uicc_capabilities"]])
    yield textwrap.fill(
        f"Capabilities     {capabilities}", 80, subsequent_indent=" " * 17, break_on_hyphens=False
    )


def _operators(rule: Mapping[str, Any]) -> str:
    plmns = [operator["plmn"] for operator in rule["allowedOperators"]]
    return ", ".join("any operator" if set(plmn) == {"e"} else plmn for plmn in plmns)


def notification_line(notification: Notification) -> str:
    """One notification that waits."""
    about = notification.iccid or "no profile"
    return (
        f"{notification.sequence_number:>5}  {notification.operation:<8} {about}  to {notification.address}"
    )


def waiting_lines(notifications: Iterable[Notification]) -> list[str]:
    """That notifications wait, and what to do; nothing if none does."""
    waiting = list(notifications)
    if not waiting:
        return []
    count = "1 notification waits" if len(waiting) == 1 else f"{len(waiting)} notifications wait"
    servers = ", ".join(sorted({item.address for item in waiting}))
    return [f"{count} for {servers}; send with `esim lpa notifications send`."]


def delivery_lines(deliveries: Iterable[Delivery]) -> Iterator[str]:
    """What became of each notification."""
    for delivery in deliveries:
        yield notification_line(delivery.notification)
        yield f"       {f'stays: {delivery.error}' if delivery.error else 'delivered'}"


def event_data(event: Event) -> dict[str, Any]:
    """What an SM-DS tells of an event, for JSON."""
    return {
        "smdpAddress": event.server_address,
        "matchingId": event.event_id,
        "operation": event.operation,
        "serviceProvider": event.service_provider,
        "iccids": [str(iccid) for iccid in event.iccids],
    }


def event_line(event: Event) -> str:
    """An event in a line: as an activation code, and what it is about if that is no download."""
    code = f"LPA:1${event.server_address}${event.event_id}"
    of = f" of {', '.join(map(str, event.iccids))}" if event.iccids else ""
    return code if event.operation == "profileDownload" else f"{code}  {event.operation}{of}"
