"""`esim phone`: power up a card in a phone somewhere in the world: what it reads, which networks it tries,
where it registers, and what it writes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import output
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards.identities import Imsi, Plmn
    from cards.link import CardLink
    from simulator.crypto.aka import AkaFunctions
    from simulator.network.handset.phone import Handset
    from simulator.network.journal import Journal
    from simulator.network.networks import Networks
    from simulator.network.world import World

LABEL = 12


@click.command()
@card_options("The card; see `esim card list`.")
@click.option("--sim", "issued", metavar="OPERATOR", help="Use a fresh SIM of this operator of the world.")
@click.option("--at", "country", metavar="COUNTRY", required=True, help="Where the phone is, such as th.")
@click.option("--device", metavar="KEY", help="The phone, by its row; any band if not given.")
@click.option("--date", "day", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Today if not given.")
@click.option("--home", metavar="OPERATOR", help="Whose subscriber the card is, whatever its IMSI says.")
@click.option("--manual", metavar="PLMN", help="Select this network by hand, such as 520-03.")
@click.option("--steering", is_flag=True, help="Home networks refuse networks that they do not prefer.")
@click.option("--pin1", metavar="PIN", help="What the user types if the card asks for PIN 1.")
@click.option("--seed", default=0, show_default=True, help="For levels, challenges and random order.")
@click.option(
    "--why", is_flag=True, help="Tell every step with what it stands on: APDUs, messages, rows, clauses."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    which: Which,
    issued: str | None,
    country: str,
    device: str | None,
    day: datetime | None,
    home: str | None,
    manual: str | None,
    steering: bool,
    pin1: str | None,
    seed: int,
    why: bool,
    as_json: bool,
) -> None:
    """Switch a phone on somewhere in the world.

    \b
    esim phone --sim att-us --at th
    esim phone --card NAME --home att-us --at jp --device iphone-14-us --why
    esim phone --reader 0 --at de

    A simulated card registers for real, for its keys are known. A card in a reader or modem is read, and the
    networks are put in order; nothing is written to it, and nothing that it says goes anywhere.
    """
    from simulator.network.handset.phone import Handset
    from simulator.network.journal import Journal
    from simulator.network.networks import Networks
    from simulator.network.world import load

    world = load()
    world.country(country)
    moment = _moment(day)
    networks = Networks(world, Journal(lambda: moment), seed=seed, steering=steering)
    row = world.device(device) if device else None
    with _inserted(which, issued, networks, home, moment) as link:
        phone = Handset(networks, row, pin1=pin1, is_writable=not which.is_real)
        phone.switch_on(link, networks.cells(country), manual=_plmn(manual) if manual else None)
        if as_json:
            output.write_json(_data(phone, world, country, moment))
            return
        for line in _lines(phone, world, country, moment, which.is_real):
            click.echo(line)
        if why:
            _tell(networks.journal, world)


def _moment(day: datetime | None) -> datetime:
    from simulator.cli import edge

    return datetime.combine(day.date(), time(12)) if day else edge.now()


# --- the card and its subscriptions -----------------------------------------------------------------------


@contextmanager
def _inserted(
    which: Which, issued: str | None, networks: Networks, home: str | None, moment: datetime
) -> Iterator[CardLink]:
    """A link to the card that is meant, whose subscriptions the networks know."""
    if issued is None:
        with which.opened() as link:
            if not which.is_real:
                _subscribe(networks, which.name or "", home)
            yield link
        return
    if which.title:
        raise click.UsageError("Give one of --sim, --card, --reader and --modem.")
    from cards import InProcessLink
    from simulator.scenario.issuing import Issuer

    issuer = Issuer(networks.world, networks.seed, moment.date())
    made = issuer.subscription(issued)
    for subscriber in made.subscribers:
        networks.subscribe(home or subscriber.operator, subscriber.imsi, subscriber.aka)
    yield InProcessLink(issuer.sim(made).card)


def _subscribe(networks: Networks, name: str, home: str | None) -> None:
    """Make the subscriptions on a simulated card known to their home networks. No network is kept between two
    commands: it goes on from the card's own sequence number."""
    from simulator.network.suci import TEST_KEYS

    for imsi, functions, seq, is_gsm in _subscriptions(name):
        operator = networks.world.operator_of(imsi)
        key = home or (operator.key if operator else "")
        if not key:
            raise click.ClickException(
                f"no operator of the world has IMSIs like {imsi}: say with --home whose subscriber it is, "
                "such as --home att-us (esim world operators)."
            )
        networks.subscribe(key, imsi, functions, seq=seq, is_gsm=is_gsm)
        networks.home(key).concealment_keys |= TEST_KEYS


def _subscriptions(name: str) -> Iterator[tuple[Imsi, AkaFunctions, int, bool]]:
    """IMSI, functions, highest SEQ, and whether it is a SIM, of every subscription that a card on disk can
    authenticate as."""
    from cards.files import APPLICATIONS, TREE
    from cards.identities import Imsi as Number
    from simulator.cli import home, named
    from simulator.uicc.aka import functions_of

    stored = home.read_card(name)
    card, is_gsm = named.revive(name, stored), stored.get("classes") == "gsm"
    files = card.card.files if isinstance(card, named.SimCard) else card.card.card.files
    own = {
        adf.df.aid: Number.from_bytes(node.target.ef.content)
        for adf in files.index.adfs
        if adf.df.aid.startswith(APPLICATIONS["ADF.USIM"])
        if (node := adf.by_fid.get(TREE["ADF.USIM"]["EF.IMSI"])) and not node.is_df
    }
    for slot, state in files.akas().items():
        # Further slots of a card with several IMSIs are called after them.
        imsi = own.get(slot) or (Number(slot.decode()) if slot.isdigit() else None)
        if imsi is not None:
            yield imsi, functions_of(state.image), state.highest, is_gsm


def _plmn(text: str) -> Plmn:
    from cards.identities import IdentityError
    from cards.identities import Plmn as Network

    try:
        return Network.parse(text)
    except IdentityError as error:
        raise click.ClickException(f"{error}.") from None


# --- what is shown ----------------------------------------------------------------------------------------


def _data(phone: Handset, world: World, country: str, moment: datetime) -> dict[str, Any]:
    from simulator.scenario.evidence import event_as_object

    found, data = phone.registration, phone.data
    return {
        "country": country,
        "date": moment.date().isoformat(),
        "device": phone.device.key if phone.device else "",
        "card": {
            "iccid": data.iccid,
            "imsi": str(data.imsi or ""),
            "home": str(data.home or ""),
            "homes": [str(plmn) for plmn in data.homes],
            "provider": data.provider,
            "forbidden": [str(plmn) for plmn in data.forbidden],
            "search_period": data.search_period,
        },
        "candidates": [
            {
                "plmn": str(item.plmn),
                "operator": item.cell.operator,
                "rat": item.rat.value,
                "band": item.cell.band,
                "level": item.cell.level,
                "reason": item.reason.text,
                "place": item.place,
                "clause": item.reason.clause,
            }
            for item in phone.candidates
        ],
        "service": phone.service.value,
        "no_card": phone.no_card,
        "registration": None
        if found is None
        else {
            "plmn": str(found.plmn),
            "operator": found.operator,
            "home": found.home,
            "roaming": found.is_roaming,
            "rat": found.rat.value,
            "band": found.cell.band,
            "services": sorted(found.services),
            "voice": found.voice,
        },
        "failures": [
            {
                "plmn": str(failure.cell.plmn),
                "rat": failure.cell.rat.value,
                "cause": failure.cause.number,
                "name": failure.cause.name,
                "why": failure.why,
                "attempts": failure.attempts,
            }
            for failure in phone.failures
        ],
        "changes": [
            {"file": name, "before": before.hex().upper(), "after": after.hex().upper()}
            for name, before, after in _changes(phone)
        ],
        "events": [event_as_object(event) for event in phone.journal],
    }


def _changes(phone: Handset) -> list[tuple[str, bytes, bytes]]:
    """Each file that the phone wrote, once: before the first writing and after the last."""
    found: dict[str, tuple[bytes, bytes]] = {}
    for name, before, after in phone.card.changes if phone.card else ():
        found[name] = (found[name][0] if name in found else before, after)
    return [(name, *values) for name, values in found.items() if values[0] != values[1]]


def _lines(phone: Handset, world: World, country: str, moment: datetime, is_real: bool) -> Iterator[str]:
    data = phone.data
    place = f"{world.country(country).name}, {moment.date()}"
    device = f"{phone.device.maker} {phone.device.model}" if phone.device else "with all bands"
    yield _line("Phone", f"{device}, in {place}")
    if phone.no_card:
        yield _line("Card", phone.no_card)
    else:
        yield _line("Card", f"{data.iccid}, IMSI {data.imsi}{f', {data.provider}' if data.provider else ''}")
        homes = ", ".join(map(str, data.homes))
        yield _line("Home", f"{homes}; looks for it every {data.search_period} minutes when abroad"
                    if data.search_period else homes)  # fmt: skip
        yield _line("Forbidden", ", ".join(map(str, data.forbidden)) or "no network")
    if phone.candidates:
        yield ""
        yield "Networks in the order in which the phone tries them"
        yield from _candidates(phone, world)
    yield ""
    if is_real and not phone.no_card:
        yield "A card in a reader is not registered: nobody but its operator has its keys."
        return
    yield from _outcome(phone, world)


def _candidates(phone: Handset, world: World) -> Iterator[str]:
    for number, item in enumerate(phone.candidates, 1):
        name = world.operator(item.cell.operator).name
        place = f", place {item.place}" if item.place else ""
        radio = f"{item.rat.value}, band {item.cell.band}, {item.cell.level} dBm"
        yield f"{number:>3}  {item.plmn!s:<8} {name}: {radio}"
        yield f"              {item.reason.text}{place} ({item.reason.clause})"


def _outcome(phone: Handset, world: World) -> Iterator[str]:
    for failure in phone.failures:
        name = world.operator(failure.cell.operator).name
        times = f" ({failure.attempts} times)" if failure.attempts > 1 else ""
        cause = (
            f"#{failure.cause.number} {failure.cause.name}" if failure.cause.number else failure.cause.name
        )
        yield _line("Refused", f"by {name} over {failure.cell.rat.value}, {cause}{times}: {failure.why}")
    found = phone.registration
    if found is None:
        camped = f" in a cell of {world.operator(phone.camped.operator).name}" if phone.camped else ""
        yield _line("Service", f"{phone.service.value}{camped}")
    else:
        name = world.operator(found.operator).name
        how = "roaming" if found.is_roaming else "at home"
        yield _line(
            "Registered", f"{name} ({found.plmn}) over {found.rat.value}, band {found.cell.band}, {how}"
        )
        calls = f"calls by {found.voice}" if found.voice else "no way for calls"
        yield _line("Services", f"{', '.join(sorted(found.services))}; {calls}")
    for name, _, after in _changes(phone):
        yield _line("Written", f"{name}: {_content(name, after)}")


def _content(name: str, data: bytes) -> str:
    """The fields of a file in words."""
    from cards.explain.fields import read
    from cards.explain.files import decoder_of

    row = decoder_of("ADF.USIM", name) or decoder_of("DF.5GS", name)
    fields = read(row.decoder, data) if row else ()
    words = [
        f"{field.name} {field.value}" for field in fields if field.value and "reserved" not in field.name
    ]
    return "; ".join(words) or data.hex().upper()


def _line(title: str, text: str) -> str:
    import textwrap

    return textwrap.fill(f"{title:<{LABEL}}{text}", 80, subsequent_indent=" " * LABEL, break_on_hyphens=False)


def _tell(journal: Journal, world: World) -> None:
    """Every event with its evidence."""
    from simulator.scenario.evidence import Words

    words = Words(world)
    click.echo("\nWhat happened, and what each statement stands on")
    for number, event in enumerate(journal, 1):
        click.echo(f"{number:>4}  {event.actor}: {event.text}")
        for one in event.evidence:
            click.echo(f"        {words.line(one)}")
