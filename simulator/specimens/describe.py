"""A card as text: what kind it is, how it answers to reset, which profiles it has (docs/card-description.md).

A plain SIM has one profile, an eUICC any number. A profile is the name of a subscription that comes along,
the path of a description or of a package, or a whole subscription in place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cards.atr import Atr, AtrError
from cards.identities import Eid, IdentityError
from simulator.profile import describe
from simulator.profile.describe import Description, DescriptionError, Subscription
from simulator.smdp.describe_metadata import MetadataDescription
from simulator.specimens.applets import AppletDescription
from simulator.specimens.dump import Dump


def _atr(value: object) -> bytes:
    try:
        return Atr.parse(bytes.fromhex(value if isinstance(value, str) else "")).raw
    except AtrError as error:
        raise ValueError(f"is no ATR: {error}") from None
    except ValueError:
        raise ValueError("must be hexadecimal digits in quotes") from None


def _eid(value: str) -> str:
    try:
        return str(Eid(value))
    except IdentityError as error:
        raise ValueError(str(error)) from None


def _additional_info(value: object) -> bytes:
    try:
        data = bytes.fromhex(value if isinstance(value, str) else "-")
    except ValueError:
        raise ValueError("must be hexadecimal digits in quotes") from None
    if len(data) > 32:
        raise ValueError(f"has {len(data)} bytes, must have at most 32")
    return data


class ProfileOnCard(Description):
    """A profile of an eUICC."""

    profile: str | Subscription
    enabled: bool = False
    nickname: Annotated[str, Field(max_length=64)] = ""
    metadata: MetadataDescription | None = None
    """What it says of itself besides what its package tells."""
    preloaded: bool = False
    """Whether it is a test profile that the manufacturer has put there, which a memory reset has an option of
    its own for."""


def _plmn_bytes(plmn: str) -> bytes:
    """Three bytes as in TS 24.008 §10.5.1.13; the wildcard digit is kept."""
    mcc, mnc = plmn[:3], plmn[4:].ljust(3, "F")
    return bytes.fromhex(mcc[1] + mcc[0] + mnc[2] + mcc[2] + mnc[1] + mnc[0])


class AuthorisedRules(Description):
    """An entry of the rules authorisation table: which operators may use which policy rules (SGP.22
    §2.9.2)."""

    rules: Annotated[tuple[Literal["ppr1", "ppr2"], ...], Field(min_length=1)]
    operators: tuple[Annotated[str, Field(pattern=r"^[0-9E]{3}-[0-9E]{2,3}$")], ...] = ("EEE-EEE",)
    """Networks like 999-70; the letter E stands for any digit (§2.9.2.3)."""
    consent: bool = True
    """Whether the user has to agree."""

    def entry(self) -> dict[str, object]:
        """ProfilePolicyAuthorisationRule."""
        bits = sum(0x80 >> int(rule[-1]) for rule in set(self.rules))
        return {
            "pprIds": (bytes((bits,)), max(int(rule[-1]) for rule in self.rules) + 1),
            "allowedOperators": [{"mccMnc": _plmn_bytes(plmn)} for plmn in self.operators],
            "pprFlags": (b"\x80", 1) if self.consent else (b"", 0),
        }


class SeveralEnabled(Description):
    """Several profiles enabled at once, on ports (SGP.22 v3 §3.4)."""

    modes: Annotated[tuple[Literal["A1", "A2", "B"], ...], Field(min_length=1)] = ("A1", "A2", "B")
    profiles: Annotated[int, Field(ge=2, le=8)] = 2


def _version(value: object) -> object:
    """ "3.3.1" as its three numbers."""
    return value.split(".") if isinstance(value, str) else value


PackageVersion = Annotated[
    tuple[Annotated[int, Field(ge=0, le=255)], ...],
    BeforeValidator(_version),
    Field(min_length=3, max_length=3),
]
V3_MEMBERS = frozenset(
    (
        *("remote_management", "enterprise_profiles", "lpa_proxy", "package_versions"),
        *("tre", "tre_product", "additional_info"),
    )
)
"""Members of a description that only an eUICC of version 3 has; `mep` makes it one."""


class CardDescription(Description):
    """One card. Members that only one kind has are refused for the other."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Literal["sim", "euicc"]
    atr: Annotated[bytes, BeforeValidator(_atr)] | None = None
    protocol: Literal[0, 1] = 0
    """T=0 or T=1; the ATR must offer it."""
    classes: Literal["uicc", "gsm", "both"] = "both"
    """Which commands a plain SIM understands: a UICC's, a GSM SIM's (class 'A0'), or both."""
    profile: str | Subscription | None = None
    """Of a plain SIM."""
    dump: Dump | None = None
    """Of a plain SIM in place of a profile: its files, as read from a card."""
    applets: tuple[AppletDescription, ...] = ()
    """Toolkit applications of a plain SIM, in the order of its menu."""
    profiles: tuple[ProfileOnCard, ...] = ()
    """Of an eUICC; at most one is enabled."""
    eid: Annotated[str, AfterValidator(_eid)] | None = None
    memory: Annotated[int, Field(ge=4096, le=1 << 24)] = 1 << 20
    """Bytes that an eUICC has for profiles."""

    policy_rules: tuple[AuthorisedRules, ...] | None = None
    """The rules authorisation table of an eUICC; every operator may use every rule if there is none."""
    iot: bool = False
    """Whether an eUICC obeys eIMs (SGP.32)."""
    version: Literal[2, 3] | None = None
    """Of SGP.22, which an eUICC follows; 3 with `mep`, else 2, if it is not told."""
    mep: SeveralEnabled | None = None
    """Whether an eUICC, then one of SGP.22 version 3, can have several profiles enabled."""
    remote_management: bool = True
    """Whether operators can manage their profiles from afar; this and the next ones are of version 3."""
    enterprise_profiles: bool = True
    """Whether it takes enterprise profiles."""
    lpa_proxy: bool = True
    """Whether it keeps what a device's LPA proxy needs to know of a profile."""
    package_versions: tuple[PackageVersion, ...] = ()
    """Versions of the profile package format besides the base one, like 3.3.1."""
    tre: Annotated[
        tuple[Literal["isDiscrete", "isIntegrated", "usesRemoteMemory"], ...], Field(min_length=1)
    ] = ("isDiscrete",)
    """How its tamper resistant element is built (treProperties)."""
    tre_product: Annotated[str, Field(max_length=255)] = ""
    """What an integrated element is part of (treProductReference)."""
    additional_info: Annotated[bytes, BeforeValidator(_additional_info)] = b""
    """additionalEuiccInfo."""
    test_profiles: bool = True
    """Whether an eUICC takes profiles of the class test."""

    @model_validator(mode="after")
    def members_fit_the_kind(self) -> CardDescription:
        if self.kind == "sim":
            if (self.profile is None) == (self.dump is None):
                raise ValueError("a sim needs a profile, or the dump of another card, not both")
            if self.profiles or self.eid or self.policy_rules is not None:
                raise ValueError("a sim has one profile, and neither profiles, eid nor policy_rules")
        elif self.profile is not None or self.dump is not None or self.applets:
            raise ValueError("an euicc has profiles, and neither a profile, a dump nor applets")
        if any(
            one.preloaded and not (one.metadata and one.metadata.profile_class == "test")
            for one in self.profiles
        ):
            raise ValueError("only a profile whose metadata have profile_class: test is preloaded")
        if sum(profile.enabled for profile in self.profiles) > 1:
            raise ValueError("at most one profile is enabled")
        self._check_version()
        if self.atr is not None and self.protocol not in Atr.parse(self.atr).protocols:
            raise ValueError(f"the ATR does not offer T={self.protocol}")
        return self

    @property
    def is_v3(self) -> bool:
        """Whether an eUICC follows version 3."""
        return (self.version or (3 if self.mep else 2)) == 3

    def _check_version(self) -> None:
        if self.kind == "sim" and ({"version", "mep"} | V3_MEMBERS) & self.model_fields_set:
            raise ValueError(
                "a sim follows no version of SGP.22: version and what goes with it are an euicc's"
            )
        if not self.is_v3 and (wrong := sorted(V3_MEMBERS & self.model_fields_set)):
            raise ValueError(f"{', '.join(wrong)} needs version: 3")
        if self.mep and self.version == 2:
            raise ValueError("mep needs version: 3")
        if self.mep and any("ppr1" in entry.rules for entry in self.policy_rules or ()):
            raise ValueError("an eUICC with mep cannot allow ppr1 (SGP.22 v3 §2.9.2.1)")


def parse(text: str, where: str = "card") -> CardDescription:
    """Check a description; DescriptionError names file, line, key and reason."""
    return describe.parse_as(CardDescription, text, where)


def load(path: Path) -> CardDescription:
    """Read a description from a file."""
    return parse(describe.read_text(path), str(path))


def shipped() -> dict[str, str]:
    """The specimens that come with the project: name → text."""
    return describe.texts("simulator.specimens")


def load_shipped(name: str) -> CardDescription:
    """One of them, by name."""
    try:
        text = shipped()[name]
    except KeyError:
        known = ", ".join(shipped())
        raise DescriptionError(f"no specimen {name!r} comes along; there are {known}") from None
    return parse(text, name)


def package_of(profile: str | Subscription, beside: Path | None = None) -> bytes:
    """The profile package that a description means; paths count from the folder of the description,
    `beside`."""
    from simulator.profile import build

    if isinstance(profile, Subscription):
        return build.build_package(profile)
    if profile in describe.shipped():
        return build.build_package(describe.load_shipped(profile))
    path = (beside or Path()) / profile
    if path.suffix in (".yaml", ".yml"):
        return build.build_package(describe.load(path))
    try:
        return path.read_bytes()
    except OSError as error:
        known = ", ".join(describe.shipped())
        words = f"neither a subscription that comes along ({known}) nor a file"
        raise DescriptionError(f"profile {profile}: {words}: {error.strerror}") from None
