"""A link on which APDUs get lost, doubled and damaged, and on which the card loses its power."""

from __future__ import annotations

import time
from collections.abc import Callable

from cards.errors import LinkError
from cards.link import CardLink
from simulator.faults.plan import Fault, Kind, Party, Plan, corrupted


class FaultyLink:
    """Puts the card's faults of a plan in the way of another link. LinkError where there is no answer."""

    def __init__(self, link: CardLink, plan: Plan, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._link = link
        self._plan = plan
        self._sleep = sleep
        self._before = b""

    def transmit(self, apdu: bytes, /) -> bytes:
        send = self._link.transmit
        for fault in self._plan.next(Party.CARD):
            send = self._struck(fault, send)
        answer = send(apdu)
        self._before = apdu
        return answer

    def _struck(self, fault: Fault, send: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
        def transmit(apdu: bytes) -> bytes:
            if fault.kind is Kind.DELAY:
                self._sleep(fault.seconds)
            if fault.kind is Kind.POWER_OFF_BEFORE:
                self._link.reset()
            if fault.kind in (Kind.DROP_REQUEST, Kind.POWER_OFF_BEFORE):
                raise LinkError(f"the card does not answer ({fault})")
            if fault.kind is Kind.REPLAY and self._before:
                send(self._before)
            if fault.kind is Kind.DUPLICATE:
                send(apdu)
            answer = send(corrupted(apdu, fault.byte) if fault.kind is Kind.CORRUPT_REQUEST else apdu)
            if fault.kind is Kind.POWER_OFF_AFTER:
                self._link.reset()
            if fault.kind in (Kind.DROP_RESPONSE, Kind.POWER_OFF_AFTER):
                raise LinkError(f"the card does not answer ({fault})")
            return corrupted(answer, fault.byte) if fault.kind is Kind.CORRUPT_RESPONSE else answer

        return transmit

    def reset(self) -> bytes:
        return self._link.reset()

    def close(self) -> None:
        self._link.close()
