"""PIN 1 as checks need it: presented where it is enabled, or enabled for as long as a check lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cards import Uicc
from cards.apdu import CommandApdu
from cards.errors import CardError
from cards.status import SW, StatusWord
from cards.uicc import ENABLE, VERIFY
from simulator.conformance.known import ADM1, PIN1
from simulator.conformance.model import Subject, require


def send(uicc: Uicc, ins: int, reference: int, data: bytes = b"", p1: int = 0) -> StatusWord:
    """A PIN command; its status word."""
    return uicc.session.transmit(CommandApdu(0, ins, p1, reference, data)).sw


def is_enabled(uicc: Uicc, reference: int = PIN1) -> bool:
    """Whether the PIN status template of the current directory says that a PIN is enabled; then it must be
    presented (TS 102 221 §9.5.2)."""
    return any(pin.enabled for pin in uicc.status().pins if pin.reference == reference)


def present_pin(subject: Subject, uicc: Uicc) -> None:
    """Verify PIN 1 of the current application, if it is enabled. NotApplicable if its value is not known."""
    if not is_enabled(uicc):
        return
    require(subject.known.has("pin1"), "PIN 1 is enabled, and its value is not known (--secrets)")
    uicc.verify_pin(PIN1, subject.known.pins[PIN1])


def present_adm(subject: Subject, uicc: Uicc) -> None:
    """Verify ADM 1, which a check must have among its needs."""
    uicc.verify_pin(ADM1, subject.known.pins[ADM1])


@contextmanager
def enabled_pin(subject: Subject) -> Iterator[Uicc]:
    """The USIM with PIN 1 enabled and presented to nobody; afterwards it is as it was, with all its tries."""
    value = subject.known.pins[PIN1]
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    was_enabled = is_enabled(uicc)
    if not was_enabled:
        uicc.enable_pin(PIN1, value)
    subject.link.reset()
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    try:
        yield uicc
    finally:
        _restore(subject, value, was_enabled)


def _restore(subject: Subject, value: bytes, was_enabled: bool) -> None:
    subject.link.reset()
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    puk = subject.known.puks.get(PIN1)
    if puk and send(uicc, VERIFY, PIN1) == SW.AUTHENTICATION_METHOD_BLOCKED:
        uicc.unblock_pin(PIN1, puk, value)
    if send(uicc, VERIFY, PIN1, value) == SW.REFERENCED_DATA_INVALIDATED and was_enabled:
        send(uicc, ENABLE, PIN1, value)
    if not was_enabled:
        with suppress(CardError):
            uicc.disable_pin(PIN1, value)
