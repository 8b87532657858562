"""How a function of ES10 ended, held against how it should have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1 import rsp
from cards.errors import CardStatusError
from cards.isdr import Isdr
from cards.isdr.errors import Es10Error
from simulator.conformance.model import Check, Subject, expect

Value = dict[str, Any]

_SECTIONS: Final = {
    "ISD-R selection": ("TC_eUICC_ATR_And_ISDR_Selection", 1),
    "UpdateMetadata": ("TC_eUICC_ES6.UpdateMetadata", 2),
    "InitialiseSecureChannel": ("TC_eUICC_ES8+.InitialiseSecureChannel", 3),
    "ConfigureISDP": ("TC_eUICC_ES8+.ConfigureISDP", 4),
    "StoreMetadata": ("TC_eUICC_ES8+.StoreMetadata", 5),
    "ReplaceSessionKeys": ("TC_eUICC_ES8+.ReplaceSessionKeys", 6),
    "LoadProfileElements": ("TC_eUICC_ES8+.LoadProfileElements", 7),
    "GetEuiccConfiguredAddresses": ("TC_eUICC_ES10a.GetEuiccConfiguredAddresses", 8),
    "SetDefaultDpAddress": ("TC_eUICC_ES10a.SetDefaultDpAddress", 9),
    "PrepareDownload": ("TC_eUICC_ES10b.PrepareDownload", 10),
    "LoadBoundProfilePackage": ("TC_eUICC_ES10b.LoadBoundProfilePackage", 11),
    "GetEUICCChallenge": ("TC_eUICC_ES10b.GetEUICCChallenge", 12),
    "GetEUICCInfo": ("TC_eUICC_ES10b.GetEUICCInfo", 13),
    "ListNotification": ("TC_eUICC_ES10b.ListNotification", 14),
    "RetrieveNotificationsList": ("TC_eUICC_ES10b.RetrieveNotificationsList", 15),
    "RemoveNotificationFromList": ("TC_eUICC_ES10b.RemoveNotificationFromList", 16),
    "LoadCRL": ("TC_eUICC_ES10b.LoadCRL", 17),
    "AuthenticateServer": ("TC_eUICC_ES10b.AuthenticateServer", 18),
    "CancelSession": ("TC_eUICC_ES10b.CancelSession", 19),
    "GetProfilesInfo": ("TC_eUICC_ES10c.GetProfilesInfo", 20),
    "EnableProfile": ("TC_eUICC_ES10c.EnableProfile", 21),
    "DisableProfile": ("TC_eUICC_ES10c.DisableProfile", 22),
    "DeleteProfile": ("TC_eUICC_ES10c.DeleteProfile", 23),
    "eUICCMemoryReset": ("TC_eUICC_ES10c.eUICCMemoryReset", 24),
    "GetEID": ("TC_eUICC_ES10c.GetEID", 25),
    "SetNickname": ("TC_eUICC_ES10c.SetNickname", 26),
    "GetRAT": ("TC_eUICC_ES10b.GetRAT", 27),
    "LoadRpmPackage": ("TC_eUICC_ES10b.LoadRpmPackage", 28),
}
"""Function → name and number of its test cases below SGP.23 §4.2. Those that are not here have none there."""


def case(function: str) -> str:
    """The test case of SGP.23 for a function; empty if there is none."""
    if function not in _SECTIONS:
        return ""
    name, number = _SECTIONS[function]
    return f"SGP.23 §4.2.{number} {name}"


def row(
    suite: str,
    function: str,
    title: str,
    clause: str,
    run: Callable[[Subject], None],
    *needs: str,
    changes: bool = True,
) -> Check:
    """A check of a function; `clause` is that of SGP.22, without its name."""
    return Check(suite, title, f"SGP.22 {clause}", run, needs, changes, case(function))


def refused(call: Callable[[], object], name: str, doing: str) -> None:
    """The call must end with this result of its function; several are parted by '|'."""
    try:
        call()
    except Es10Error as error:
        expect(error.name in name.split("|"), f"{doing}: {error.name} in place of {name}")
        return
    expect(False, f"{doing}: it was done, in place of {name}")


def refused_by_status(call: Callable[[], object], words: tuple[int, ...], doing: str) -> None:
    """The call must be refused by one of these status words."""
    shown = " or ".join(f"{word:04X}" for word in words)
    try:
        call()
    except CardStatusError as error:
        expect(error.sw in words, f"{doing}: the card answered {error.sw} in place of {shown}")
        return
    expect(False, f"{doing}: it was done, in place of {shown}")


def code_of(answer: Value | int, member: str, path: str) -> str:
    """The name of a result code, by the type or member where the ASN.1 module names it."""
    code = answer[member] if isinstance(answer, dict) else answer
    return next((name for name, number in rsp.names(path).items() if number == code), str(code))


def is_version_3(isdr: Isdr) -> bool:
    """Whether the eUICC follows version 3 of SGP.22."""
    return bool(isdr.get_euicc_info2().get("highestSvn", b"\x02")[0] >= 3)


def profile_of(isdr: Isdr, iccid: bytes) -> Value | None:
    """What the eUICC tells of a profile; None if it is not there."""
    found = isdr.get_profiles_info(("iccid", iccid))
    return found[0] if found else None
