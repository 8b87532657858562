"""A trip as text (docs/travel.md): who travels, with which devices and cards, where to and when, what they
try, and which options are compared. Everything is checked on load, names against the world's tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from simulator.faults import Kind, Party
from simulator.network.world import World
from simulator.network.world.model import Device, OfferKind, Rat
from simulator.profile import describe
from simulator.profile.describe import Description, DescriptionError
from simulator.scenario.evidence import counted

DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 2000, 2099


def _named(table: str, what: str) -> Any:
    """A key of one of the world's tables."""

    def check(value: str, info: ValidationInfo) -> str:
        rows = getattr(_world(info), table)
        if value not in rows:
            raise ValueError(
                f"the world has no {what} {value!r}{_like(value, rows)}; see `esim world {table}`"
            )
        return value

    return AfterValidator(check)


def _like(value: str, rows: dict[str, Any]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(value.lower(), list(rows), 3, 0.5)
    return f" (did you mean {' or '.join(found)}?)" if found else ""


def _world(info: ValidationInfo) -> World:
    assert info.context is not None, "a trip is read with the world as context"
    world: World = info.context["world"]
    return world


def _time(value: object) -> object:
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "-")
    except ValueError:
        raise ValueError("must be a date and a time like 2026-12-01 09:30") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


CountryKey = Annotated[str, _named("countries", "country")]
OperatorKey = Annotated[str, _named("operators", "operator")]
DeviceKey = Annotated[str, _named("devices", "device")]
OfferKey = Annotated[str, _named("offers", "offer")]
Time = Annotated[datetime, BeforeValidator(_time)]


class OptionName(Enum):
    """A way to be connected abroad."""

    ROAMING = "home-roaming"
    PASS = "roaming-pass"
    SWAP = "local-sim-swap"
    SECOND_SLOT = "local-sim-second-slot"
    MULTI_IMSI = "multi-imsi"
    LOCAL_ESIM = "local-esim"
    TRAVEL_ESIM = "travel-esim"

    @property
    def title(self) -> str:
        return _TITLES[self]

    @property
    def kind(self) -> OfferKind | None:
        """What is bought for it; None: nothing, the home subscription does."""
        return _KINDS.get(self)


_TITLES = {
    OptionName.ROAMING: "home SIM, roaming",
    OptionName.PASS: "home SIM with a roaming pass",
    OptionName.SWAP: "local SIM in place of the home SIM",
    OptionName.SECOND_SLOT: "local SIM in the second slot",
    OptionName.MULTI_IMSI: "multi-IMSI SIM",
    OptionName.LOCAL_ESIM: "local eSIM",
    OptionName.TRAVEL_ESIM: "travel eSIM",
}
_KINDS = {
    OptionName.PASS: OfferKind.ROAMING_PASS,
    OptionName.SWAP: OfferKind.LOCAL_SIM,
    OptionName.SECOND_SLOT: OfferKind.LOCAL_SIM,
    OptionName.MULTI_IMSI: OfferKind.MULTI_IMSI,
    OptionName.LOCAL_ESIM: OfferKind.LOCAL_ESIM,
    OptionName.TRAVEL_ESIM: OfferKind.TRAVEL_ESIM,
}


class Wifi(Enum):
    """Where there is a network besides the mobile ones."""

    HOME = "home"
    AIRPORT = "airport"
    LODGING = "lodging"


class Traveller(Description):
    """Who travels. Languages are never in the way: a simplification."""

    lives_in: CountryKey
    passport: bool = True
    """Whether there is one to be shown in a shop."""
    shops: bool = True
    """Whether a shop is gone to, at the destination."""
    post: bool = True
    """Whether there is time to wait for the post before leaving."""
    prepares: bool = True
    """Whether purchases and downloads are made before leaving; otherwise after arrival."""
    wifi: tuple[Wifi, ...] = tuple(Wifi)


class OwnDevice(Description):
    """A device that is not in the world's tables."""

    maker: str
    model: str
    market: str = "anywhere"
    year: Annotated[int, Field(ge=1990, le=2100)] = 2026
    bands: dict[Literal["2G", "3G", "4G", "5G"], tuple[str, ...]]
    sim_slots: Annotated[int, Field(ge=0, le=4)] = 1
    profiles: Annotated[int, Field(ge=0, le=100)] = 0
    """That its eUICC holds; 0 without one."""
    enabled_profiles: Annotated[int, Field(ge=0, le=2)] | None = None
    """At once; 1 if it has an eUICC and nothing is said."""
    active: Annotated[int, Field(ge=1, le=2)] = 1
    """Subscriptions that can be registered at once."""


_GENERATIONS = {"2G": Rat.GERAN, "3G": Rat.UTRAN, "4G": Rat.E_UTRAN, "5G": Rat.NG_RAN}


class CarriedDevice(Description):
    """A device that is taken along."""

    model: DeviceKey | OwnDevice
    locked_to: OperatorKey | None = None
    """The operator whose SIM lock it has: network personalisation (TS 22.022 §5)."""
    memory: Annotated[int, Field(ge=0, le=1 << 24)] | None = None
    """Bytes that its eUICC has for profiles."""
    other_profiles: Annotated[int, Field(ge=0, le=20)] = 0
    """Disabled profiles of earlier trips that lie on its eUICC already."""

    def device(self, world: World) -> Device:
        """The row of the world, or one made of what is told of a device of one's own."""
        own = self.model
        if isinstance(own, str):
            return world.devices[own]
        enabled = own.enabled_profiles
        return Device(
            key=f"{own.maker} {own.model}".lower().replace(" ", "-"),
            maker=own.maker,
            model=own.model,
            market=own.market,
            year=own.year,
            bands={_GENERATIONS[name]: bands for name, bands in own.bands.items()},
            sim_slots=own.sim_slots,
            esim=own.profiles > 0,
            profiles=own.profiles,
            enabled_profiles=enabled if enabled is not None else min(own.profiles, 1),
            active=own.active,
            source="example",
            note="told in the trip's file",
        )


class HomeSubscription(Description):
    """A subscription that the traveller has before the trip; the first one has the home number."""

    operator: OperatorKey
    offer: OfferKey | None = None
    """Its tariff; without, nothing is known of what it costs at home."""
    form: Literal["card", "esim"] = "card"
    device: Annotated[int, Field(ge=0)] = 0
    """Which of the devices it is in, counted from 0."""
    ppr: tuple[Literal["ppr1", "ppr2"], ...] = ()
    """Profile policy rules of a profile on the eUICC: not to be disabled, not to be deleted."""


class Stop(Description):
    """Where the traveller is from a time on (UTC)."""

    at: Time
    country: CountryKey


class Tries(Description):
    """What the traveller wants to do on each day abroad."""

    data: Annotated[int, Field(ge=0, le=1_000_000)] = 200
    """Megabytes."""
    call: bool = False
    """One call to somebody in the country."""
    message: bool = False
    """One SMS, to the home country."""
    emergency_call: bool = False
    """Whether an emergency call would get through; it is not made."""


class Option(Description):
    """An option to be compared; offers are chosen from the world's if none are told."""

    option: OptionName
    offers: tuple[OfferKey, ...] = ()
    device: Annotated[int, Field(ge=0)] = 0


def _option(value: object) -> object:
    return {"option": value} if isinstance(value, str) else value


class QrUsed(Description):
    """The activation code was used on another device before."""

    fault: Literal["qr-used"]


class CodeMissing(Description):
    """The order needs a confirmation code, and the traveller does not have it; or types a wrong one."""

    fault: Literal["confirmation-code"]
    typed: Annotated[str, Field(max_length=20)] = ""


class ServerDown(Description):
    """The SM-DP+ cannot be reached."""

    fault: Literal["server-down"]


class Interrupted(Description):
    """A download is interrupted, as `simulator.faults` has it: between whom, and what happens."""

    fault: Literal["interrupted"]
    party: Party = Party.SERVER
    kind: Kind = Kind.DROP_RESPONSE
    number: Annotated[int, Field(ge=1)] = 1
    function: str = ""
    attempts: Annotated[int, Field(ge=1, le=5)] = 1
    """How often the LPA tries."""


class Rejection(Description):
    """A network rejects the next registrations with a cause, whoever asks (TS 24.008 §10.5.3.6, §10.5.5.14,
    TS 24.301 §9.9.3.9, TS 24.501 §9.11.3.2)."""

    fault: Literal["rejected"]
    operator: OperatorKey
    cause: Annotated[int, Field(ge=1, le=127)] = 22
    """22 is congestion."""
    times: Annotated[int, Field(ge=1, le=100)] = 10


class CardLocked(Description):
    """The card that is bought asks for a PIN that the traveller does not have."""

    fault: Literal["pin"]


TripFault = Annotated[
    QrUsed | CodeMissing | ServerDown | Interrupted | Rejection | CardLocked, Field(discriminator="fault")
]


class Trip(Description):
    """One trip."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    says: str = ""
    """The claim that the trip shows, in a sentence or two."""
    seed: Annotated[int, Field(ge=0, lt=1 << 32)] = 1
    traveller: Traveller
    devices: Annotated[
        tuple[
            Annotated[CarriedDevice, BeforeValidator(lambda v: {"model": v} if isinstance(v, str) else v)],
            ...,
        ],
        Field(min_length=1),
    ]
    home: tuple[HomeSubscription, ...] = ()
    itinerary: Annotated[tuple[Stop, ...], Field(min_length=2, max_length=60)]
    ends: Time | None = None
    """A day after the last stop, if it is not told."""
    tries: Tries = Tries()
    options: tuple[Annotated[Option, BeforeValidator(_option)], ...] = tuple(
        Option(option=name) for name in OptionName
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    faults: tuple[TripFault, ...] = ()

    @model_validator(mode="after")
    def parts_fit_each_other(self, info: ValidationInfo) -> Trip:
        times = [stop.at for stop in self.itinerary]
        if times != sorted(times) or len(set(times)) < len(times):
            raise ValueError("the stops of the itinerary are not in the order of their times")
        if all(stop.country == self.traveller.lives_in for stop in self.itinerary):
            raise ValueError(
                f"the itinerary never leaves {self.traveller.lives_in}, where the traveller lives"
            )
        if self.ends is not None and self.ends <= times[-1]:
            raise ValueError(f"it ends {self.ends:%Y-%m-%d %H:%M}, before the last stop begins")
        if self.currency not in _world(info).rates:
            raise ValueError(
                f"the world has no rate for {self.currency}; it has {', '.join(_world(info).rates)}"
            )
        for carried in self.devices:
            device = carried.device(_world(info))
            if device.year > times[0].year:
                name = f"{device.maker} {device.model}"
                raise ValueError(f"the trip begins in {times[0].year}, and {name} is of {device.year}")
        for number in (*(one.device for one in self.home), *(one.device for one in self.options)):
            if number >= len(self.devices):
                raise ValueError(f"there is no device {number}: they are counted from 0")
        for number, subscription in enumerate(self.home):
            self._check_home(number, subscription, _world(info))
        for option in self.options:
            self._check_option(option, _world(info))
        return self

    def _check_home(self, number: int, subscription: HomeSubscription, world: World) -> None:
        device = self.devices[subscription.device].device(world)
        if subscription.offer is not None:
            offer = world.offers[subscription.offer]
            if offer.kind is not OfferKind.HOME or offer.seller != subscription.operator:
                known = [one.key for one in world.offers.values() if one.kind is OfferKind.HOME]
                known = [key for key in known if world.offers[key].seller == subscription.operator]
                tells = f"; there is {', '.join(known)}" if known else ""
                raise ValueError(
                    f"home.{number}: offer {offer.key} is no home tariff of {subscription.operator}{tells}"
                )
        if subscription.form == "esim" and not device.esim:
            raise ValueError(f"home.{number} is on an eSIM, and {device.maker} {device.model} has none")
        if subscription.ppr and subscription.form == "card":
            raise ValueError(f"home.{number} is a card: policy rules are for profiles on an eSIM")
        if "ppr1" in subscription.ppr and device.enabled_profiles > 1:
            raise ValueError(
                f"home.{number} has ppr1, and an eUICC with several profiles enabled allows that to none "
                "(SGP.22 v3 §2.9.2.1)"
            )
        here = [one for one in self.home if one.device == subscription.device]
        if sum(one.form == "card" for one in here) > device.sim_slots:
            slots = counted(device.sim_slots, "slot")
            raise ValueError(f"{device.maker} {device.model} has {slots} for cards, too few")
        if len(here) > device.active:
            lines = counted(device.active, "line")
            raise ValueError(f"{device.maker} {device.model} has at most {lines} at once")

    def _check_option(self, option: Option, world: World) -> None:
        for key in option.offers:
            kind = world.offers[key].kind
            if kind is not option.option.kind:
                raise ValueError(f"offer {key} is a {kind.value}, which is not for {option.option.value}")

    @property
    def end(self) -> datetime:
        return self.ends or self.itinerary[-1].at + DAY

    def options_named(self, name: OptionName) -> list[Option]:
        """The options of this kind that the trip has, else this kind as it is."""
        return [one for one in self.options if one.option is name] or [Option(option=name)]

    def visits(self) -> list[tuple[Stop, datetime]]:
        """The stops, each with the time at which it ends."""
        ends = [stop.at for stop in self.itinerary[1:]] + [self.end]
        return list(zip(self.itinerary, ends, strict=True))


def parse(text: str, world: World, where: str = "trip") -> Trip:
    """Check a trip; DescriptionError names file, line, key and reason."""
    return describe.parse_as(Trip, text, where, context={"world": world})


def load(name: str, world: World) -> Trip:
    """The trip in a file, or one that comes along. DescriptionError."""
    path = Path(name)
    if path.exists() or path.suffix:
        return parse(describe.read_text(path), world, str(path))
    texts = shipped()
    if name not in texts:
        raise DescriptionError(
            f"no trip {name!r} comes along; `esim travel list` shows those that do, and a file ends in .yaml"
        )
    return parse(texts[name], world, name)


def shipped() -> dict[str, str]:
    """The trips that come with the project: name → text."""
    return describe.texts("simulator.scenario", "trips")


__all__ = [
    "Option",
    "OptionName",
    "Stop",
    "Traveller",
    "Trip",
    "Wifi",
    "load",
    "parse",
    "shipped",
]
