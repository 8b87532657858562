"""Subscriptions as text: the YAML description from which `build` makes a profile package.

The format is documented, with every key, in `docs/profile-description.md`. Everything is checked on
load; what is wrong is told with file, key and reason, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from cards.identities import luhn_digit
from simulator.profile import ef

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class DescriptionError(ValueError):
    """A description cannot be used; the text names file, key and reason."""


def _hex(lengths: tuple[int, ...]) -> Any:
    def check(value: Any) -> bytes:
        try:
            data = bytes.fromhex(value)
        except (TypeError, ValueError):
            raise ValueError("must be hexadecimal digits in quotes") from None
        if len(data) not in lengths:
            raise ValueError(f"has {len(data)} bytes, must have {' or '.join(map(str, lengths))}")
        return data

    return BeforeValidator(check)


def _checked_iccid(number: str) -> str:
    if len(number) == 19 and (digit := luhn_digit(number[:18])) != number[18]:
        raise ValueError(f"the check digit of {number} is {digit}, not {number[18]}")
    return number


def _fits(encode: Callable[[Any], bytes]) -> AfterValidator:
    """Refuses what the file cannot hold, with the encoder's own words."""

    def check(value: Any) -> Any:
        encode(value)
        return value

    return AfterValidator(check)


Key = Annotated[bytes, _hex((16, 32))]
Key16 = Annotated[bytes, _hex((16,))]
Top = Annotated[bytes, _hex((32,))]
Pin = Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]
Puk = Annotated[str, Field(pattern=r"^[0-9]{8}$")]
PlmnCode = Annotated[str, Field(pattern=r"^[0-9]{3}-[0-9]{2,3}$")]
"""MCC and MNC with a hyphen, which keeps leading zeros and the length of the MNC."""


DiallingNumber = Annotated[str, _fits(ef.dialling_number)]
Host = Annotated[str, _fits(ef.host_name)]
Uri = Annotated[str, _fits(ef.uri)]


class Description(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_bytes="hex")


class Access(Description):
    """A PLMN with the access technologies it is wanted for."""

    plmn: PlmnCode
    access: tuple[Literal[tuple(ef.ACCESS_TECHNOLOGY)], ...] = ("eutran",)  # type: ignore[valid-type]


class Operator(Description):
    """`name` goes to EF.SPN (at most 16 characters) and the profile's metadata."""

    name: Annotated[str, Field(min_length=1), _fits(ef.service_provider_name)]
    full_name: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    """EF.PNN; with it comes EF.OPL for the operator's own PLMN."""
    plmn: PlmnCode

    @property
    def mcc(self) -> str:
        return self.plmn[:3]

    @property
    def mnc(self) -> str:
        return self.plmn[4:]


class Authentication(Description):
    """AKA parameters, TS 35.205 (Milenage), TS 35.231 (TUAK), TS 34.108 §8.1.2 (test)."""

    algorithm: Literal["milenage", "tuak", "test"] = "milenage"
    key: Key
    opc: Key16 | None = None
    op: Key16 | None = None
    topc: Top | None = None
    top: Top | None = None
    rotation_constants: Annotated[bytes, _hex((5,))] | None = None
    xoring_constants: Annotated[bytes, _hex((80,))] | None = None
    keccak_iterations: int = Field(default=1, ge=1, le=255)
    sqn_options: int = Field(default=0x02, ge=0, le=255)
    """Bits of sqnOptions, SAIP §8.5."""
    sqn_init: int = Field(default=0, ge=0, lt=1 << 43)
    """SEQ from which every index counts."""
    failures_allowed: int | None = Field(default=None, ge=1, lt=1 << 24)
    """authCounterMax: how many wrong MACs the card bears; None: any number."""
    sqn_delta: int = Field(default=1 << 28, ge=0, lt=1 << 43)
    sqn_age_limit: int = Field(default=1 << 28, ge=0, lt=1 << 43)

    @model_validator(mode="after")
    def operator_constant_fits(self) -> Authentication:
        wanted = {"milenage": ("op", "opc"), "tuak": ("top", "topc"), "test": ()}[self.algorithm]
        given = [name for name in ("op", "opc", "top", "topc") if getattr(self, name) is not None]
        if self.algorithm != "test" and (len(given) != 1 or given[0] not in wanted):
            raise ValueError(f"{self.algorithm} needs exactly one of {' and '.join(wanted)}")
        if self.algorithm != "tuak" and len(self.key) != 16:
            raise ValueError("a key of 32 bytes is for tuak only")
        return self


class Pins(Description):
    """Card holder and administrative verification values, TS 102 221 §9.5."""

    pin1: Pin = "0000"
    pin1_enabled: bool = False
    puk1: Puk = "12345678"
    pin2: Pin = "0000"
    puk2: Puk = "87654321"
    adm1: Puk = "55555555"


class Networks(Description):
    """The PLMN lists of TS 31.102 §4.2; empty lists leave the files out or empty."""

    equivalent_home: tuple[PlmnCode, ...] = ()
    home: tuple[Access, ...] = ()
    user_controlled: tuple[Access, ...] = ()
    operator_controlled: tuple[Access, ...] = ()
    forbidden: tuple[PlmnCode, ...] = ()
    search_period: int = Field(default=10, ge=0, le=255)
    """EF.HPPLMN, in the units of TS 31.102 §4.2.6."""


class Ims(Description):
    """An ISIM. What is absent is derived from the IMSI as TS 23.003 §13 says."""

    private_identity: Uri | None = None
    public_identities: tuple[Uri, ...] = ()
    domain: Uri | None = None
    proxies: tuple[Host, ...] = ()


class HomeNetworkKey(Description):
    """A public key to conceal the SUPI with, TS 33.501 annex C: X25519 for Profile A, P-256 for Profile B."""

    scheme: Literal["profile-a", "profile-b"]
    identifier: int = Field(ge=0, le=255)
    value: Annotated[bytes, _hex((32, 33, 65))]

    @model_validator(mode="after")
    def length_fits(self) -> HomeNetworkKey:
        if (len(self.value) == 32) != (self.scheme == "profile-a"):
            raise ValueError(f"{self.scheme} takes no key of {len(self.value)} bytes")
        return self


class FiveG(Description):
    """DF.5GS, TS 31.102 §4.4.11; without a key the SUPI is concealed with the null scheme."""

    routing_indicator: Annotated[str, Field(pattern=r"^[0-9]{1,4}$")] = "0"
    concealed_by: Literal["phone", "card"] = "phone"
    home_network_keys: tuple[HomeNetworkKey, ...] = Field(default=(), max_length=3)
    """By priority."""


class RemoteKey(Description):
    """One key of the MNO-SD, GlobalPlatform Card Specification §11.8."""

    version: int = Field(ge=1, le=0x7F)
    identifier: int = Field(ge=1, le=0x7F)
    value: Annotated[bytes, _hex((16, 24, 32))]
    type: Literal["aes", "des"] = "aes"


class Subscription(Description):
    """One subscription: everything that its profile package says."""

    name: str = Field(min_length=1, max_length=100)
    iccid: Annotated[str, Field(pattern=r"^[0-9]{18,20}$"), AfterValidator(_checked_iccid)]
    """18 digits, 19 with the check digit of ITU-T E.118 §4.1, or 20, which have none."""
    operator: Operator
    imsi: Annotated[str, Field(pattern=r"^[0-9]{6,15}$")]
    msisdn: DiallingNumber | None = None
    sms_centre: DiallingNumber | None = None
    access_control_classes: Annotated[tuple[int, ...], _fits(ef.access_control_classes)] = (0,)
    emergency_numbers: Annotated[
        tuple[Annotated[str, _fits(ef.emergency_call_code)], ...], Field(min_length=1)
    ] = ("112", "911")
    group_identifier: Annotated[bytes, _hex(tuple(range(1, 9)))] | None = None
    """EF.GID1."""
    phone_book: int = Field(default=20, ge=0, le=250)
    """Entries of the phone book in DF.TELECOM; 0: no DF.TELECOM."""
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ("en",)
    services: tuple[Annotated[int, Field(ge=1, le=1000)], ...] = ()
    """Further services of EF.UST, by number, TS 31.102 §4.2.8."""
    authentication: Authentication
    pins: Pins = Pins()
    networks: Networks = Networks()
    ims: Ims | None = None
    five_g: FiveG | None = None
    remote_keys: tuple[RemoteKey, ...] = ()

    @model_validator(mode="after")
    def identities_agree(self) -> Subscription:
        if not self.imsi.startswith(self.operator.mcc + self.operator.mnc):
            raise ValueError(f"imsi {self.imsi} does not begin with operator.plmn {self.operator.plmn}")
        return self

    @property
    def full_iccid(self) -> str:
        """The ICCID with its check digit: appended where 18 digits were given."""
        return self.iccid + luhn_digit(self.iccid) if len(self.iccid) == 18 else self.iccid


class _Loader(yaml.SafeLoader):
    """YAML without dates: a PLMN such as 2001-01 is text. No name may stand twice in one place."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands here twice", key.start_mark
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


D = TypeVar("D", bound=Description)


def parse(text: str, where: str = "description") -> Subscription:
    """Check a description; `where` names it in errors. DescriptionError names line, key and reason."""
    return parse_as(Subscription, text, where)


def parse_as(kind: type[D], text: str, where: str, *, context: dict[str, Any] | None = None) -> D:
    """Check a description of any kind, as `parse` does; `context` is for its validators."""
    try:
        return kind.model_validate(yaml.load(text, Loader=_Loader), context=context)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        what = "" if isinstance(error, yaml.constructor.ConstructorError) else "not YAML: "
        raise DescriptionError(f"{where}:{line}: {what}{error.problem}") from None
    except yaml.YAMLError as error:
        raise DescriptionError(f"{where}: not YAML: {str(error).splitlines()[0]}") from None
    except ValidationError as error:
        first = error.errors()[0]
        path = tuple(step for step in first["loc"] if "[" not in str(step))  # pydantic's names of types
        key = ".".join(map(str, path)) or "the description"
        line = _line(yaml.compose(text, Loader=_Loader), path)
        raise DescriptionError(f"{where}:{line}: {key}: {_reason(first)}") from None


_REASONS: Final = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such member here",
    "model_type": "'name: value' lines are expected",
    "dict_type": "'name: value' lines are expected",
    "tuple_type": "a list is expected",
    "too_short": "{min_length} or more are expected, and there {be} {actual_length}",
    "union_tag_invalid": "{tag!r} is none of {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing",
    "string_type": "text is expected (put it into quotes)",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
}
"""Types of pydantic's errors that it tells in words of programs → in ours."""


def _reason(error: ErrorDetails) -> str:
    """What is wrong, in words of whoever writes a description."""
    if (words := _REASONS.get(error["type"])) is None:
        return error["msg"].removeprefix("Value error, ").replace("Input should ", "must ")
    context = error.get("ctx", {})
    return words.format(**context, be="is" if context.get("actual_length") == 1 else "are")


def _line(node: yaml.Node | None, path: tuple[int | str, ...]) -> int:
    """The line of a key (or of the nearest thing around it that is there), from 1."""
    line = 1
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode) and (found := [v for k, v in node.value if k.value == step]):
            node = found[0]
        else:
            break
        line = node.start_mark.line + 1
    return line


def load(path: Path) -> Subscription:
    """Read a description from a file."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of a description; DescriptionError if the file is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DescriptionError(f"{path}: is not a text file") from None
    except OSError as error:
        raise DescriptionError(f"{path}: cannot be read: {error.strerror}") from None


def shipped() -> dict[str, str]:
    """The descriptions that come with the project: name → text."""
    return texts("simulator.profile", "subscriptions")


def texts(package: str, folder_name: str = "") -> dict[str, str]:
    """The YAML files of a package, or of a folder in it: name → text."""
    folder = resources.files(package) / folder_name
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


def load_shipped(name: str) -> Subscription:
    """One of the shipped descriptions, by name."""
    try:
        text = shipped()[name]
    except KeyError:
        raise DescriptionError(
            f"no description {name!r} is shipped; there are {', '.join(shipped())}"
        ) from None
    return parse(text, name)


__all__ = [
    "Description",
    "DescriptionError",
    "Subscription",
    "load",
    "load_shipped",
    "parse",
    "parse_as",
    "read_text",
    "shipped",
    "texts",
]
