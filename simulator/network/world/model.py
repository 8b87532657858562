"""What the world's tables say, as values. Every row names its source; 'example' is one that we made up."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from cards.identities import Plmn


class Rat(Enum):
    """A radio access technology, by the name that TS 23.122 and TS 31.102 use for its network."""

    GERAN = "2G (GSM)"
    UTRAN = "3G (UMTS)"
    E_UTRAN = "4G (LTE)"
    NG_RAN = "5G (NR)"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from."""

    key: str
    title: str
    address: str = ""
    seen: str = ""
    """Year, or date of the edition."""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """An operating band: TS 45.005 (GERAN), 25.101, 36.101 (E-UTRAN), 38.101 (NG-RAN). Frequencies in MHz."""

    rat: Rat
    name: str
    """'GSM900', '1' (UTRAN and E-UTRAN by number), 'n78'."""
    uplink: tuple[Decimal, Decimal] | None
    downlink: tuple[Decimal, Decimal]
    duplex: str
    """'FDD', 'TDD', 'SDL' …"""
    source: str


@dataclass(frozen=True, slots=True)
class Country:
    key: str
    """ISO 3166-1 alpha-2, lower case."""
    name: str
    name_zh: str
    region: str
    mccs: tuple[str, ...]
    numeric: str
    """ISO 3166-1 numeric, which outlines on the map are named by."""
    latitude: float
    longitude: float
    """Of its capital or largest city, in degrees: where trips draw a point."""
    source: str
    areas: tuple[str, ...] = ()
    """Within which roaming is regulated: 'EEA', where Regulation (EU) 2022/612 holds."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Radio:
    """A technology that an operator runs, and the bands that matter to a traveller."""

    rat: Rat
    bands: tuple[str, ...]
    source: str
    since: date | None = None
    until: date | None = None
    """The day after which it is switched off; None: not announced."""


class EsimSupport(Enum):
    """How an operator sells an eSIM profile."""

    NONE = "none"
    SHOP = "in shop only"
    APP = "in its app"
    ONLINE = "online"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A network, a virtual operator (with `host`) or a reseller (without network codes, radios and host)."""

    key: str
    name: str
    esim: EsimSupport
    source: str
    esim_source: str
    """Where it is said how it sells eSIMs."""
    country: str = ""
    """Key of the country; empty for a reseller that is at home nowhere."""
    plmns: tuple[Plmn, ...] = ()
    """The first is the one that it broadcasts; others are equivalent. Empty: it has no IMSIs of its own."""
    radios: tuple[Radio, ...] = ()
    smdp_address: str = ""
    """Empty without eSIM. Made up under example.com, for no real server is ever asked."""
    host: str = ""
    """A virtual operator's host: key of the operator whose network it uses at home."""
    note: str = ""


class PriceClass(Enum):
    """What data costs a subscriber abroad, by agreement: the words are ours, prices stand in offers."""

    LIKE_AT_HOME = "like at home"
    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Subscribers of `home` may use the network of `visited`, with these services, or are barred from it."""

    home: str
    visited: str
    rats: tuple[Rat, ...]
    services: tuple[str, ...]
    """Of 'voice', 'sms', 'data'."""
    price: PriceClass
    preferred: bool
    """The home operator steers its subscribers to this network."""
    barred: bool
    source: str
    note: str = ""
    volte: bool = True
    """Whether 'voice' also goes over 4G and 5G (GSMA IR.65); if not, it needs a 2G or 3G network."""
    longest_days: int | None = None
    """How long a guest may stay; after that it is permanent roaming, and the home operator ends it. None: as
    long as one likes."""

    @property
    def key(self) -> str:
        return f"{self.home}/{self.visited}"


@dataclass(frozen=True, slots=True)
class Device:
    key: str
    maker: str
    model: str
    market: str
    """Where this variant is sold, for bands and slots differ: 'United States', 'China mainland' …"""
    year: int
    bands: dict[Rat, tuple[str, ...]]
    sim_slots: int
    """For cards that are put in."""
    esim: bool
    profiles: int
    """That the eUICC holds; 0 without one."""
    enabled_profiles: int
    """At once: 2 with MEP, 1 without, 0 without eUICC."""
    active: int
    """Subscriptions that can be registered at once: 2 in a dual-SIM dual-standby device."""
    source: str
    bands_source: str = ""
    """Who says which bands it has, if another source does."""
    locked_to: str = ""
    """Key of the operator whose SIM lock it is sold with (network personalisation, TS 22.022 §5)."""
    note: str = ""
    volte: bool = True
    """Whether it makes calls over 4G and 5G; if not, they need a 2G or 3G network."""

    def says_bands(self, only: Container[tuple[Rat, str]] | None = None) -> str:
        """Its bands in words, or those `only`."""
        found = {
            rat: [band for band in bands if only is None or (rat, band) in only]
            for rat, bands in self.bands.items()
        }
        return "; ".join(f"{rat.value}: {', '.join(bands)}" for rat, bands in found.items() if bands)


class OfferKind(Enum):
    HOME = "home tariff"
    ROAMING_PASS = "roaming pass"
    LOCAL_SIM = "local prepaid SIM"
    LOCAL_ESIM = "local eSIM"
    TRAVEL_ESIM = "travel eSIM"
    MULTI_IMSI = "multi-IMSI SIM"


class Need(Enum):
    """What a person must do or have before an offer works."""

    SHOP = "go to a shop"
    PASSPORT = "show a passport"
    APP = "use an app"
    WIFI = "have Wi-Fi or another network"
    QR = "scan a QR code"
    POST = "wait for the post"
    LOCAL_NUMBER = "have a local phone number"


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to buy. Prices are what a list said when `source` was seen, or examples."""

    key: str
    kind: OfferKind
    seller: str
    """Key of an operator: an MNO, a virtual operator or a reseller."""
    sponsor: str
    """Key of the operator whose IMSI and keys the profile has; the seller itself, but for resellers."""
    name: str
    countries: tuple[str, ...]
    """Where it gives service."""
    price: Decimal
    currency: str
    """ISO 4217."""
    data_mb: int | None
    """Megabytes within the price; None: no limit."""
    days: int | None
    """How long it lasts; None: until it is cancelled."""
    per_mb: Decimal | None
    """Price of a megabyte beyond `data_mb`, or of each if there is no pass; None: service ends instead."""
    needs: tuple[Need, ...]
    source: str
    sponsors: tuple[str, ...] = ()
    """Of a multi-IMSI SIM: operators whose IMSIs it changes between."""
    ppr: tuple[str, ...] = ()
    """Profile policy rules in the profile: 'ppr1' (not to be disabled), 'ppr2' (not to be deleted)."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """What a unit of a currency (ISO 4217) is worth in US dollars, so that prices can be compared."""

    currency: str
    usd: Decimal
    source: str
