"""What passes between LPA, server and card, counted: the stuff that the story of a download is told from.

A `Tape` sees every APDU (it stands in for the link) and every ES9+ exchange, and groups them into steps
named after the functions of SGP.22 §5.6 and §5.7. It changes nothing that passes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cards.link import CardLink

STORE_DATA = 0xE2
FUNCTIONS = {
    b"\xbf\x20": "GetEUICCInfo1",
    b"\xbf\x21": "PrepareDownload",
    b"\xbf\x22": "GetEUICCInfo2",
    b"\xbf\x28": "ListNotification",
    b"\xbf\x29": "SetNickname",
    b"\xbf\x2b": "RetrieveNotificationsList",
    b"\xbf\x2d": "GetProfilesInfo",
    b"\xbf\x2e": "GetEUICCChallenge",
    b"\xbf\x30": "RemoveNotificationFromList",
    b"\xbf\x31": "EnableProfile",
    b"\xbf\x32": "DisableProfile",
    b"\xbf\x33": "DeleteProfile",
    b"\xbf\x34": "eUICCMemoryReset",
    b"\xbf\x36": "LoadBoundProfilePackage",
    b"\xbf\x38": "AuthenticateServer",
    b"\xbf\x3c": "GetEuiccConfiguredAddresses",
    b"\xbf\x3e": "GetEID",
    b"\xbf\x3f": "SetDefaultDpAddress",
    b"\xbf\x41": "CancelSession",
    b"\xbf\x43": "GetRAT",
}
"""Tag that a STORE DATA begins with → function (SGP.22 §5.7)."""
SEGMENTS = frozenset((0x86, 0x87, 0x88, 0xA0, 0xA1, 0xA2, 0xA3))
"""Tags that the later pieces of a bound profile package begin with (§2.5.5)."""
ES10A = frozenset(("GetEuiccConfiguredAddresses", "SetDefaultDpAddress"))
ES10C = frozenset(
    (
        "GetProfilesInfo",
        "EnableProfile",
        "DisableProfile",
        "DeleteProfile",
        "eUICCMemoryReset",
        "GetEID",
        "SetNickname",
    )
)


@dataclass(slots=True)
class Step:
    """One function, or the plain commands between two. Bytes are counted as they pass."""

    interface: str
    """"ES9+", "ES10a", "ES10b", "ES10c" or "UICC"."""
    function: str
    exchanges: int = 0
    sent: int = 0
    received: int = 0
    seconds: float = 0.0


@dataclass
class Tape:
    """Stands in front of a link; a second call of a function right after the first counts into it."""

    link: CardLink
    steps: list[Step] = field(default_factory=list)

    def transmit(self, apdu: bytes) -> bytes:
        begin = time.perf_counter()
        answer = self.link.transmit(apdu)
        self._count(*self._name(apdu), len(apdu), len(answer), time.perf_counter() - begin)
        return answer

    def reset(self) -> bytes:
        return self.link.reset()

    def close(self) -> None:
        self.link.close()

    def es9(self, function: str, sent: int, received: int, seconds: float) -> None:
        """Note an exchange with the server: bytes of both bodies."""
        self._count("ES9+", function, sent, received, seconds)

    def since(self, begin: int) -> list[Step]:
        """The steps after the first `begin` of them."""
        return self.steps[begin:]

    @property
    def apdus(self) -> int:
        return sum(step.exchanges for step in self.steps if step.interface != "ES9+")

    def _count(self, interface: str, function: str, sent: int, received: int, seconds: float) -> None:
        last = self.steps[-1] if self.steps else None
        if last is None or (last.interface, last.function) != (interface, function):
            last = Step(interface, function)
            self.steps.append(last)
        last.exchanges += 1
        last.sent += sent
        last.received += received
        last.seconds += seconds

    def _name(self, apdu: bytes) -> tuple[str, str]:
        """Interface and function that this command belongs to."""
        proprietary = len(apdu) > 4 and apdu[0] & 0x80
        if proprietary and apdu[1] == STORE_DATA:
            function = FUNCTIONS.get(apdu[5:7]) if apdu[3] == 0 else None
            if function is not None:
                return _interface(function), function
            if apdu[3] == 0 and len(apdu) > 5 and apdu[5] in SEGMENTS:
                return "ES10b", "LoadBoundProfilePackage"
        if (
            self.steps
            and self.steps[-1].interface.startswith("ES10")
            and (apdu[1] == 0xC0 or (proprietary and apdu[1] == STORE_DATA))
        ):
            return self.steps[-1].interface, self.steps[-1].function
        return "UICC", "commands"


def _interface(function: str) -> str:
    return "ES10a" if function in ES10A else "ES10c" if function in ES10C else "ES10b"
