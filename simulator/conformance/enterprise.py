"""Rules of an enterprise, which bind the other profiles in a device that heeds them (SGP.22 v3 §2.4.12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from cards import Isdr
from simulator.conformance.esim_ports import ports_in
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.outcomes import Value, case, profile_of, refused
from simulator.conformance.packages import changed_metadata, refuse
from simulator.conformance.server import ICCID, SECOND_ICCID, Server, serving
from simulator.conformance.states import back, enabled
from simulator.conformance.stored_metadata import capabilities

_ENTERPRISE: Final = "2.999.100"
_REFERENCE, _PRIORITY, _ONLY = 0x80, 0x40, 0x20
"""enterpriseRuleBits."""
_HEEDS_RULES: Final = 0x20
"""What an enterprise capable device announces in TERMINAL CAPABILITY (TS 102 221 §11.1.19.2.4)."""


def _configuration(bits: int = 0, others: int = 0, oid: str = _ENTERPRISE) -> Value:
    found: Value = {"enterpriseOid": oid, "enterpriseName": "Acme"}
    rules = {"enterpriseRuleBits": (bytes((bits,)), 3), "numberOfNonEnterpriseProfiles": others}
    return found | ({"enterpriseRules": rules} if bits else {})


@contextmanager
def _device(subject: Subject) -> Iterator[Server]:
    """A server before an eUICC that takes enterprise profiles, in a device that heeds their rules."""
    with serving(subject, device_capabilities=_HEEDS_RULES) as server:
        require("enterpriseProfilesSupport" in capabilities(server), "the eUICC takes no enterprise profiles")
        _require_none(server.isdr)
        yield server


def _require_none(isdr: Isdr) -> None:
    """NotApplicable if an enterprise has a profile already: its rules would bind those of the checks."""
    found = isdr.get_profiles_info(tags=bytes.fromhex("5ABD"))
    is_there = any("enterpriseConfiguration" in one for one in found)
    require(not is_there, "an enterprise has a profile on the eUICC, which would bind others")


def _enabling(subject: Subject) -> None:
    """No profile but the enterprise's may be enabled, unless the device does not heed the rules."""
    with _device(subject) as server:
        isdr, before = server.isdr, enabled(server)
        server.profile(enterpriseConfiguration=_configuration(_REFERENCE))
        other = server.profile(SECOND_ICCID)["isdpAid"]
        call = lambda: isdr.enable_profile(other, refresh=False)  # noqa: E731
        refused(call, "disallowedByEnterpriseRule", "enabling another profile")
        isdr.enable_profile(ICCID, refresh=False)
        found = profile_of(isdr, ICCID.to_bytes())
        expect(found is not None and found["profileState"] == 1, "the enterprise's profile is not enabled")
        isdr.device_capabilities = 0
        isdr.restart()
        isdr.enable_profile(other, refresh=False)
        back(server, other, before)


def _disabling(subject: Subject) -> None:
    """The profile that has priority stays enabled while another one is."""
    with subject.isdr() as opened:
        _require_none(opened)
    rules = {"enterpriseConfiguration": _configuration(_REFERENCE | _PRIORITY, others=9)}
    ports = ports_in(subject, "MEP-A1", device_capabilities=_HEEDS_RULES, members=rules)
    with ports as (_, isdr, (first, second, _)):
        call = lambda: isdr.enable_profile(second, refresh=False, port=2)  # noqa: E731
        refused(call, "disallowedByEnterpriseRule", "enabling another profile first")
        isdr.enable_profile(first, refresh=False, port=1)
        isdr.enable_profile(second, refresh=False, port=2)
        call = lambda: isdr.disable_profile(first, refresh=False)  # noqa: E731
        refused(call, "disallowedByEnterpriseRule", "disabling the one that has priority")
        isdr.disable_profile(second, refresh=False)
        isdr.disable_profile(first, refresh=False)


def _installing(subject: Subject) -> None:
    """What may be installed beside a profile with rules."""
    with _device(subject) as server:
        server.profile(SECOND_ICCID, enterpriseConfiguration=_configuration(_REFERENCE | _ONLY))
        for reason, configuration in (
            ("enterpriseProfilesOnly", None),
            ("enterpriseOidMismatch", _configuration(oid="2.999.101")),
            ("enterpriseRulesError", _configuration(_REFERENCE)),
        ):
            members = {"enterpriseConfiguration": configuration} if configuration else {}
            refuse(server, "storeMetadata", reason, changed_metadata(**members))
        server.profile(enterpriseConfiguration=_configuration())


def _row(function: str, title: str, clause: str, run: Callable[[Subject], None], *needs: str) -> Check:
    words = ("es10b", "version3", "server", *needs)
    return Check("version3", f"{function} {title}", f"SGP.22 v3 §{clause}", run, words, True, case(function))


CHECKS = (
    _row("StoreMetadata", "beside an enterprise's rules: enterpriseProfilesOnly, enterpriseOidMismatch",
         "5.5.3, §2.4.12", _installing),
    _row("EnableProfile", "against an enterprise's rules: disallowedByEnterpriseRule", "5.7.16, §2.4.12",
         _enabling),
    _row("DisableProfile", "against an enterprise's rules: disallowedByEnterpriseRule", "5.7.17, §2.4.12",
         _disabling, "mep"),
)  # fmt: skip
"""The checks of this module."""
