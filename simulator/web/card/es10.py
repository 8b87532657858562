"""Functions of ES10 by name, as one types them: `EnableProfile 8944…`, `GetEID` (SGP.22 §5.7, SGP.32 §5.9).

Names, clauses and types are those of `cards.explain.es10`. Functions without a row of arguments here take
their whole request in hexadecimal, tag included.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple

from asn1 import rsp
from asn1.errors import Asn1Error
from cards.explain.es10 import FUNCTIONS, Function, tag_of
from cards.identities import Iccid, IdentityError
from cards.isdr.es10c import EID_TAG, RESET_ALL


class Es10Line(NamedTuple):
    """A function that somebody typed, and the request that goes to the ISD-R."""

    function: Function
    request: bytes


class Arguments(NamedTuple):
    """How a function is called: words for its arguments, how many there must be and may be, and how the value
    of its request is made of them."""

    words: str
    least: int
    most: int
    value: Callable[[list[str]], Any]


def parse(text: str) -> Es10Line | None:
    """The function that a line calls by its name, or whose request it is in hexadecimal; None if it is
    neither. ValueError says what is wrong with its arguments."""
    name, *words = text.split()
    tag, function = BY_NAME.get(name.lower(), (0, None))
    if function is None:
        return _bare(text)
    if len(words) == 1 and (whole := _whole_request(words[0], tag)):
        return Es10Line(function, whole)
    row = ARGUMENTS.get(function.name)
    if row is None and not words and (empty := _empty_request(function)):
        return Es10Line(function, empty)
    if row is None:
        raise ValueError(
            f"{function.name} takes its whole request in hexadecimal, from its tag {tag:02X} on "
            f"({function.clause})"
        )
    if not row.least <= len(words) <= row.most:
        raise ValueError(f"{function.name} is called so: {function.name} {row.words}".rstrip())
    try:
        return Es10Line(function, function.codec.encode(function.request, row.value(words)))
    except Asn1Error as error:
        raise ValueError(f"{function.name} cannot be asked for that: {error}") from None


def usage(function: Function) -> str:
    """The function as one types it: 'EnableProfile ICCID-or-AID [norefresh]'."""
    row = ARGUMENTS.get(function.name)
    words = row.words if row else "" if _empty_request(function) else "REQUEST"
    return f"{function.name} {words}".rstrip()


@cache
def _empty_request(function: Function) -> bytes:
    """A request without members; no bytes if there is none."""
    if function.name in _NEVER_EMPTY:
        return b""
    try:
        return function.codec.encode(function.request, {})
    except (Asn1Error, TypeError, ValueError, KeyError):
        return b""


def _bare(text: str) -> Es10Line | None:
    """A request in hexadecimal without a name: no command begins with class 'BF', which ISO/IEC 7816-4 §5.4.1
    reserves."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return None
    function = FUNCTIONS.get(tag_of(data))
    return Es10Line(function, data) if function and data[0] == _FIRST_BYTE else None


def _whole_request(word: str, tag: int) -> bytes:
    """A request in hexadecimal; empty for a word that is none."""
    start = f"{tag:02X}"
    if not word.upper().startswith(start):
        return b""
    try:
        return bytes.fromhex(word)
    except ValueError:
        return b""


def _profile(word: str) -> tuple[str, bytes]:
    """An ICCID of 18 to 20 digits, or the AID of an ISD-P in hexadecimal (SGP.22 §5.7.16)."""
    if word.upper().startswith("A0"):
        try:
            return "isdpAid", bytes.fromhex(word)
        except ValueError:
            raise ValueError(f"{word} is no AID in hexadecimal") from None
    try:
        return "iccid", Iccid(word).to_bytes()
    except IdentityError as error:
        raise ValueError(f"{error}; name a profile by its ICCID, or by its AID in hexadecimal") from None


def _switch(words: list[str]) -> dict[str, Any]:
    return {"profileIdentifier": _profile(words[0]), **_refresh(words[1:])}


def _refresh(words: list[str]) -> dict[str, Any]:
    if words not in ([], ["norefresh"]):
        raise ValueError(f"only norefresh may stand here, not {words[0]}")
    return {"refreshFlag": not words}


def _nickname(words: list[str]) -> dict[str, Any]:
    kind, iccid = _profile(words[0])
    if kind != "iccid":
        raise ValueError("SetNickname names the profile by its ICCID")
    return {"iccid": iccid, "profileNickname": " ".join(words[1:])}


def _number(word: str) -> int:
    if not word.isdecimal():
        raise ValueError(f"{word} is no sequence number: ListNotification tells them")
    return int(word)


def _search(words: list[str]) -> dict[str, Any]:
    return {"searchCriteria": ("seqNumber", _number(words[0]))} if words else {}


_FIRST_BYTE: Final = 0xBF
_PROFILE = "ICCID-or-AID"
ARGUMENTS: Final[dict[str, Arguments]] = {
    "GetEID": Arguments("", 0, 0, lambda words: {"tagList": EID_TAG}),
    "EnableProfile": Arguments(f"{_PROFILE} [norefresh]", 1, 2, _switch),
    "DisableProfile": Arguments(f"{_PROFILE} [norefresh]", 1, 2, _switch),
    "DeleteProfile": Arguments(_PROFILE, 1, 1, lambda words: _profile(words[0])),
    "SetNickname": Arguments("ICCID [NAME]", 1, 64, _nickname),
    "SetDefaultDpAddress": Arguments(
        "[ADDRESS]", 0, 1, lambda words: {"defaultDpAddress": words[0] if words else ""}
    ),
    "RetrieveNotificationsList": Arguments("[NUMBER]", 0, 1, _search),
    "RemoveNotificationFromList": Arguments("NUMBER", 1, 1, lambda words: {"seqNumber": _number(words[0])}),
    "eUICCMemoryReset": Arguments(
        "",
        0,
        0,
        lambda words: {"resetOptions": rsp.bits("EuiccMemoryResetRequest.resetOptions", RESET_ALL)},
    ),
    "ProfileRollback": Arguments("[norefresh]", 0, 1, _refresh),
    "ImmediateEnable": Arguments("[norefresh]", 0, 1, _refresh),
    "ExecuteFallbackMechanism": Arguments("[norefresh]", 0, 1, _refresh),
    "ReturnFromFallback": Arguments("[norefresh]", 0, 1, _refresh),
}
"""Functions whose requests are made from words. Those not here are asked with an empty request, if their type
allows one."""
_NEVER_EMPTY: Final = frozenset({"UpdateMetadata", "ConfigureImmediateProfileEnabling"})
"""Whose request may be empty by its type, but says nothing then."""
BY_NAME: Final = {
    function.name.lower(): (tag, function) for tag, function in FUNCTIONS.items() if " " not in function.name
}
"""Functions that can be typed, by their names in lower case."""
