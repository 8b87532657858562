"""Where in a profile package an eUICC stopped: the element by name, index and offset.

The eUICC reports numbers of profile elements at most (PEStatus of TCA Profile Package §8.11); the names and
places are in the package, which is at hand where it is served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.lpa import InstallationFailed
    from simulator.profile import ProfilePackage


def place_of(der: bytes, error: InstallationFailed) -> str:
    """A sentence on where the package stopped the installation; empty if that is not known."""
    from simulator.cli.profile import fault_of
    from simulator.profile import ProfileError, ProfilePackage

    try:
        package = ProfilePackage.parse(der)
    except ProfileError as problem:
        return f"The package itself is damaged: {problem}."
    named = [_named(package, number) for number in failed_elements(error)]
    fault = fault_of(package)
    found = [f"The eUICC stopped at {', '.join(filter(None, named))}."] if any(named) else []
    return " ".join([*found, *([f"The package says why {fault}."] if fault else [])])


def _named(package: ProfilePackage, identification: int) -> str:
    for element in package.elements:
        if element.identification == identification:
            return f"profile element {element.index} ({element.name}), byte {element.offset}"
    return ""


def failed_elements(error: InstallationFailed) -> list[int]:
    """The identifications of the elements that the eUICC did not accept."""
    from asn1 import saip
    from asn1.errors import Asn1Error

    octets = error.result["profileInstallationResultData"]["finalResult"][1].get("simaResponse", b"")
    try:
        statuses = saip.decode_prefix("EUICCResponse", octets, 0)[0]["peStatus"] if octets else []
    except Asn1Error:
        return []
    return [item["identification"] for item in statuses if item["status"] and "identification" in item]
