"""The Local Profile Assistant: an eUICC, a way to servers, and what a user asks of them (SGP.22 §3)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from cards.errors import CardError
from cards.identities import Eid, Iccid, IdentityError
from cards.isdr import Isdr
from simulator.lpa.activation_code import ActivationCode, is_server_address
from simulator.lpa.device import Device
from simulator.lpa.device_change import MovedProfile, NewDevice, Recovery, move, recover
from simulator.lpa.discovery import Checks, Event, discover
from simulator.lpa.download import DownloadResult
from simulator.lpa.driver import Consent, Driver, MoveConsent, ProgressSink, accept, let_go
from simulator.lpa.errors import ActivationCodeError, InstallationFailed, LpaError, ProfileNotFound
from simulator.lpa.es9 import Es9
from simulator.lpa.notifications import (
    Delivery,
    Notification,
    deliver_all,
    deliver_result,
    deliver_rpm_result,
    deliver_some,
    waiting,
)
from simulator.lpa.profiles import InstalledProfile
from simulator.lpa.push import register_push
from simulator.lpa.retry import Patience, download_patiently
from simulator.lpa.rpm import Polling, RpmResult, manage, polling_addresses
from simulator.lpa.steps import Procedure, Step

GSMA_RID = "A000000559"
"""What the AID of every ISD-P begins with (SGP.02 Annex H)."""
DETAILS = bytes.fromhex("5A4F9F7090919295B799")
"""ICCID, AID, state, nickname, provider, name, class, owner, policy rules (§5.7.15)."""
DETAILS_V3 = bytes.fromhex("BD9F249F25")
"""Enterprise, eSIM port, size."""
RPM_LIMIT = 16
"""Packages that are fetched one after the other; a server that has more gets them next time."""
ProfileName = Iccid | bytes | str
"""How a user names a profile: ICCID, AID of its ISD-P (bytes or hexadecimal), or its nickname."""


class Lpa:
    """An LPA over an open or closed `Isdr` and a way to servers. Errors are LpaErrors and CardErrors."""

    def __init__(
        self,
        isdr: Isdr,
        es9: Es9,
        *,
        device: Device | None = None,
        consent: Consent = accept,
        progress: ProgressSink | None = None,
        patience: Patience | None = None,
        announce: Callable[[Step], None] | None = None,
        checks: Checks | None = None,
        move_consent: MoveConsent = let_go,
        allows_rpm: bool = True,
    ) -> None:
        """`progress` hears of each step when it is done, `announce` before; `patience` is for downloads;
        `consent` is asked before a profile comes and before an operator manages one, `move_consent` before
        one leaves for another device; `checks` keeps the ecIds that SM-DSs give, beyond the life of this
        object if it does. Without `allows_rpm` servers are told that the user has switched remote management
        off."""
        self._allows_rpm = allows_rpm
        self.isdr = isdr
        self._device = device
        if device is not None:
            isdr.device_capabilities = device.terminal_capabilities
        self._patience = patience
        self._checks: Checks = {} if checks is None else checks
        self._driver = Driver(isdr, es9, consent, progress, announce=announce, move_consent=move_consent)

    def __enter__(self) -> Self:
        self.isdr.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.isdr.close()

    def download(
        self, activation_code: str | ActivationCode | Event | None = None, confirmation_code: str = ""
    ) -> DownloadResult:
        """Download and install a profile, and deliver the notification of it; without an activation code
        from the eUICC's default SM-DP+. What is interrupted is attempted as often as the LPA's `patience`
        says. A notification that cannot be delivered now stays on the eUICC."""
        if isinstance(activation_code, str):
            activation_code = ActivationCode.parse(activation_code)
        elif isinstance(activation_code, Event):
            activation_code = ActivationCode(activation_code.server_address, activation_code.event_id)
        return self._delivered(
            download_patiently(activation_code, confirmation_code, self._device, self._patience)
        )

    def _delivered(self, procedure: Procedure[DownloadResult]) -> DownloadResult:
        try:
            result = self._driver.run(procedure)
        except InstallationFailed as error:
            self._driver.run(deliver_result(error.result))
            raise
        return replace(result, notification_error=self._driver.run(deliver_result(result.notification)))

    def move(
        self,
        profile: ProfileName,
        new: NewDevice | None = None,
        confirmation_code: str = "",
        *,
        waits: bool = False,
    ) -> MovedProfile:
        """Let a profile go to another device, which downloads it with the activation code that comes back;
        as its operator has it, the profile is deleted here (SGP.22 v3 §3.11.1). With `waits` a server that
        prepares another profile first is waited for, else it is a DeviceChangeDelayed."""
        iccid = self._iccid(profile)
        return self._driver.run(move(iccid, new, self._device, confirmation_code, waits=waits))

    def recover(self, recovery: Recovery) -> DownloadResult:
        """Get a profile back that left and could not be installed on the other device (SGP.22 v3 §3.11.2)."""
        return self._delivered(recover(recovery, self._device, self._patience))

    def discover(self, address: str = "") -> list[Event]:
        """What waits for the eUICC, oldest first, at this SM-DS, or at those that the eUICC names (§3.6.2);
        `download` takes an event as it takes an activation code. An SM-DS of version 3 that was asked before
        is first asked whether anything waits at all."""
        return self._driver.run(discover(address, self._device, self._checks))

    def register_push(self, service: str, token: str, address: str = "") -> datetime | None:
        """Have this SM-DS, or the eUICC's root SM-DS, tell of new events by the push service with this OID;
        until when the token is good, if it says so (version 3, §3.6.5)."""
        return self._driver.run(register_push(service, token, address, self._device))

    def polling(self) -> list[Polling]:
        """Where the operators of the profiles have their commands fetched (SGP.22 v3 §2.4a.1.6)."""
        return self._driver.run(polling_addresses())

    def manage(
        self, source: Polling | Event | ActivationCode | str = "", *, port: int | None = None
    ) -> list[RpmResult]:
        """Let an operator manage its profiles: fetch its commands from an SM-DP+ (a polling address, an
        event, a code, or an address alone; by default the eUICC's default SM-DP+), ask the user, have the
        eUICC carry them out, and deliver its result; again as long as the server has more (SGP.22 v3
        §3.7). `port` is the eSIM port for a profile that is enabled, in mode MEP-A1."""
        address, matching_id, iccid = self._server_of(source)
        results: list[RpmResult] = []
        while len(results) < RPM_LIMIT:
            procedure = manage(
                address, matching_id, iccid, self._device, is_allowed=self._allows_rpm, port=port
            )
            result = self._driver.run(procedure)
            error = self._driver.run(deliver_rpm_result(result.notification))
            results.append(replace(result, notification_error=error))
            if error or not result.is_pending:
                break
            matching_id = ""  # what follows is found by the EID
        return results

    def _server_of(self, source: Polling | Event | ActivationCode | str) -> tuple[str, str, Iccid | None]:
        if isinstance(source, Polling):
            return source.address, "", source.iccid
        if isinstance(source, Event):
            return source.server_address, source.event_id, None
        if isinstance(source, ActivationCode):
            return source.smdp_address, source.matching_id, None
        address = source or self.addresses().get("defaultDpAddress", "")
        if not address:
            raise LpaError("the eUICC has no default SM-DP+ address: say which server to ask")
        return address, "", None

    def profiles(self, *, in_detail: bool = False) -> list[InstalledProfile]:
        """All profiles on the eUICC; `in_detail` with owner and policy rules, and from an eUICC of version 3
        with enterprise, port and size, but without icons."""
        tags = None
        if in_detail:
            tags = DETAILS
            if "highestSvn" in self.isdr.get_euicc_info1():
                tags += DETAILS_V3
        return [InstalledProfile.of(value) for value in self.isdr.get_profiles_info(tags=tags)]

    def enable(self, profile: ProfileName, *, refresh: bool = True) -> None:
        """Enable a profile, and disable the one that was; then the card is reset, after its REFRESH if
        `refresh` asks for one (§3.2.1)."""
        self._switch(self.isdr.enable_profile, profile, refresh)

    def disable(self, profile: ProfileName, *, refresh: bool = True) -> None:
        """Disable a profile (§3.2.2); the card is reset as after `enable`."""
        self._switch(self.isdr.disable_profile, profile, refresh)

    def _switch(self, function: Callable[..., object], profile: ProfileName, refresh: bool) -> None:
        function(self._identify(profile), refresh=refresh)
        self.isdr.settle()

    def delete(self, profile: ProfileName) -> None:
        """Delete a disabled profile (§3.2.3)."""
        self.isdr.delete_profile(self._identify(profile))

    def set_nickname(self, profile: ProfileName, nickname: str) -> None:
        """Name a profile; an empty name removes it (§3.2.6)."""
        self.isdr.set_nickname(self._iccid(profile), nickname)

    def notifications(self) -> list[Notification]:
        """Notifications that wait to be delivered, oldest first."""
        return self._driver.run(waiting())

    def process_notifications(self, numbers: Collection[int] | None = None) -> list[Delivery]:
        """Deliver all notifications, or those with these sequence numbers, oldest first, and remove those
        delivered; each Delivery tells how it went (§3.5)."""
        if numbers is None:
            return self._driver.run(deliver_all())
        return self._driver.run(deliver_some(self._numbered(numbers)))

    def remove_notifications(self, numbers: Collection[int]) -> None:
        """Have the eUICC forget the notifications with these sequence numbers, undelivered: server and eUICC
        then disagree (§5.7.11)."""
        for number in numbers:
            self.isdr.remove_notification_from_list(number)

    def _numbered(self, numbers: Collection[int]) -> list[Notification]:
        found = [item for item in self.notifications() if item.sequence_number in numbers]
        if missing := sorted(set(numbers) - {item.sequence_number for item in found}):
            named = ", ".join(map(str, missing))
            raise LpaError(f"no notification waits with the sequence number {named}")
        return found

    def memory_reset(self, *options: str) -> None:
        """Delete what the options name (resetOptions of §5.7.19), by default all operational and field-loaded
        test profiles and the default SM-DP+ address (§3.3.2); the card is reset as after `enable`."""
        self.isdr.euicc_memory_reset(*options)
        self.isdr.settle()

    def set_default_smdp_address(self, address: str, allowed_ci: bytes = b"") -> None:
        """Set the address that is asked without an activation code; an empty one removes it (§3.3.4).
        `allowed_ci`, for an eUICC of version 3, is the only CI that it may be certified by."""
        if address and not is_server_address(address):
            raise ActivationCodeError(f"{address!r} is no SM-DP+ address: a host name is expected")
        self.isdr.set_default_dp_address(address, allowed_ci)

    def addresses(self) -> dict[str, str]:
        """'defaultDpAddress', if there is one, and 'rootDsAddress' (§5.7.3)."""
        addresses: dict[str, str] = self.isdr.get_euicc_configured_addresses()
        return addresses

    def eid(self) -> Eid:
        """The number of the eUICC."""
        return self.isdr.get_eid()

    def info(self) -> dict[str, Any]:
        """What the eUICC says of itself: 'eid', 'addresses', 'info2' and 'rat', values as the codec has
        them."""
        return {
            "eid": self.eid(),
            "addresses": self.isdr.get_euicc_configured_addresses(),
            "info2": self.isdr.get_euicc_info2(),
            "rat": self._rules(),
        }

    def _rules(self) -> list[dict[str, Any]]:
        try:
            return self.isdr.get_rat()
        except CardError:
            return []  # eUICCs before version 2.1 have no GetRAT

    def _iccid(self, profile: ProfileName) -> Iccid:
        identified = self._identify(profile)
        if isinstance(identified, bytes):
            return self._find(lambda item: item.aid == identified, identified.hex().upper()).iccid
        return identified

    def _identify(self, profile: ProfileName) -> Iccid | bytes:
        if not isinstance(profile, str):
            return profile
        with suppress(IdentityError):
            return Iccid(profile)
        if profile.upper().startswith(GSMA_RID):
            with suppress(ValueError):
                return bytes.fromhex(profile)
        return self._find(lambda item: profile in (item.nickname, item.name), profile).iccid

    def _find(self, wanted: Callable[[InstalledProfile], bool], name: str) -> InstalledProfile:
        found = [profile for profile in self.profiles() if wanted(profile)]
        if not found:
            raise ProfileNotFound(f"no profile on the eUICC is called {name}")
        if len(found) > 1:
            raise LpaError(f"{len(found)} profiles on the eUICC are called {name}: use the ICCID")
        return found[0]
