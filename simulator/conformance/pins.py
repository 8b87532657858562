"""PINs: VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK, their counters and refusals (TS 102 221 §9.5, §11.1.9 to
§11.1.13).

PIN 1 is enabled for as long as a check lasts; afterwards it has its value, its state and all its tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cards import Uicc
from cards.apdu import CommandApdu
from cards.status import SW, StatusWord
from cards.uicc import CHANGE, DISABLE, ENABLE, UNBLOCK, VERIFY
from simulator.conformance.exchange import answers
from simulator.conformance.known import ADM1, PIN1, PIN2
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.pin_state import enabled_pin, is_enabled, send
from simulator.conformance.server import flipped

_OTHER: Final = b"97531\xff\xff\xff"
"""A value for as long as a check lasts."""
_NOT_THERE: Final = 0x1E
Work = Callable[[Subject, Uicc, bytes], None]


def _with(work: Work) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        with enabled_pin(subject) as uicc:
            work(subject, uicc, subject.known.pins[PIN1])

    return run


def _wrong(value: bytes) -> bytes:
    """Another PIN of the same length."""
    return flipped(value, 0)


def _reads_imsi(uicc: Uicc) -> StatusWord:
    """READ BINARY of EF.IMSI, which PIN 1 protects (TS 31.102 §4.2.2)."""
    uicc.select("MF/ADF.USIM/EF.IMSI")
    return uicc.session.transmit(CommandApdu(0, 0xB0, 0, 0, b"", 9)).sw


# VERIFY PIN, §11.1.9


def _verify(subject: Subject, uicc: Uicc, value: bytes) -> None:
    answers(_reads_imsi(uicc), "6982", "reading EF.IMSI before")
    answers(send(uicc, VERIFY, PIN1, value), "9000", "the right value")
    answers(_reads_imsi(uicc), "9000", "reading EF.IMSI then")


def _counts(subject: Subject, uicc: Uicc, value: bytes) -> None:
    tries = uicc.pin_tries(PIN1)
    require(tries > 1, f"PIN 1 has {tries} tries left")
    answers(send(uicc, VERIFY, PIN1, _wrong(value)), f"63C{tries - 1:X}", "a wrong value")
    answers(send(uicc, VERIFY, PIN1), f"63C{tries - 1:X}", "asking for the tries")
    subject.link.reset()
    uicc.select("MF/ADF.USIM")
    answers(send(uicc, VERIFY, PIN1), f"63C{tries - 1:X}", "asking after a reset")
    answers(send(uicc, VERIFY, PIN1, value), "9000", "the right value")
    left = uicc.pin_tries(PIN1)
    expect(left >= tries, f"{left} tries are left after the right value, {tries} before")


def _lost(subject: Subject, uicc: Uicc, value: bytes) -> None:
    """A reset takes a verification back."""
    uicc.verify_pin(PIN1, value)
    subject.link.reset()
    uicc.select("MF/ADF.USIM")
    answers(_reads_imsi(uicc), "6982", "reading EF.IMSI after a reset")


def _lost_by_wrong(subject: Subject, uicc: Uicc, value: bytes) -> None:
    """A wrong value takes an earlier verification back."""
    uicc.verify_pin(PIN1, value)
    send(uicc, VERIFY, PIN1, _wrong(value))
    answers(_reads_imsi(uicc), "6982", "reading EF.IMSI after a wrong value")


def _length(subject: Subject, uicc: Uicc, value: bytes) -> None:
    tries = uicc.pin_tries(PIN1)
    answers(send(uicc, VERIFY, PIN1, value[:7]), "6700", "seven bytes")
    answers(send(uicc, VERIFY, PIN1, value + b"\xff"), "6700", "nine bytes")
    expect(uicc.pin_tries(PIN1) == tries, "a wrong length costs a try")


def _parameters(subject: Subject, uicc: Uicc, value: bytes) -> None:
    tries = uicc.pin_tries(PIN1)
    answers(send(uicc, VERIFY, PIN1, value, p1=1), "6A86|6B00", "P1 '01'")
    answers(send(uicc, VERIFY, _NOT_THERE, value), "6A88|6A86", "a key reference that is not there")
    expect(uicc.pin_tries(PIN1) == tries, "wrong parameters cost a try")


def _second_pin(subject: Subject) -> None:
    """PIN 2 has a counter of its own."""
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    value, tries = subject.known.pins[PIN2], uicc.pin_tries(PIN2)
    first = uicc.pin_tries(PIN1)
    require(tries > 1, f"PIN 2 has {tries} tries left")
    answers(send(uicc, VERIFY, PIN2, _wrong(value)), f"63C{tries - 1:X}", "a wrong PIN 2")
    expect(uicc.pin_tries(PIN1) == first, "a wrong PIN 2 costs a try of PIN 1")
    answers(send(uicc, VERIFY, PIN2, value), "9000", "the right PIN 2")


def _administrative(subject: Subject) -> None:
    """ADM 1 opens what it protects, and nothing before."""
    uicc = subject.uicc
    uicc.select("MF/ADF.USIM")
    value = subject.known.pins[ADM1]
    answers(send(uicc, VERIFY, ADM1, value), "9000", "the right ADM 1")
    subject.link.reset()
    uicc.select("MF/ADF.USIM")
    tries = uicc.pin_tries(ADM1)
    require(tries > 2, f"ADM 1 has {tries} tries left")
    answers(send(uicc, VERIFY, ADM1, _wrong(value)), f"63C{tries - 1:X}", "a wrong ADM 1")
    answers(send(uicc, VERIFY, ADM1, value), "9000", "the right ADM 1")


# CHANGE PIN, §11.1.10


def _change(subject: Subject, uicc: Uicc, value: bytes) -> None:
    answers(send(uicc, CHANGE, PIN1, value + _OTHER), "9000", "changing")
    try:
        subject.link.reset()
        uicc.select("MF/ADF.USIM")
        answers(send(uicc, VERIFY, PIN1, value), "63CX", "the former value")
        answers(send(uicc, VERIFY, PIN1, _OTHER), "9000", "the new value")
    finally:
        send(uicc, CHANGE, PIN1, _OTHER + value)


def _change_verifies(subject: Subject, uicc: Uicc, value: bytes) -> None:
    uicc.change_pin(PIN1, value, value)
    answers(_reads_imsi(uicc), "9000", "reading EF.IMSI after changing")


def _change_wrong(subject: Subject, uicc: Uicc, value: bytes) -> None:
    tries = uicc.pin_tries(PIN1)
    answers(send(uicc, CHANGE, PIN1, _wrong(value) + _OTHER), f"63C{tries - 1:X}", "a wrong value")
    answers(send(uicc, VERIFY, PIN1, value), "9000", "the value that it had")


def _change_length(subject: Subject, uicc: Uicc, value: bytes) -> None:
    answers(send(uicc, CHANGE, PIN1, value), "6700", "one value")


def _change_disabled(subject: Subject, uicc: Uicc, value: bytes) -> None:
    uicc.disable_pin(PIN1, value)
    answers(send(uicc, CHANGE, PIN1, value + value), "6984", "changing a disabled PIN")
    uicc.enable_pin(PIN1, value)


# DISABLE PIN and ENABLE PIN, §11.1.11, §11.1.12


def _disable(subject: Subject, uicc: Uicc, value: bytes) -> None:
    uicc.disable_pin(PIN1, value)
    subject.link.reset()
    uicc.select("MF/ADF.USIM")
    expect(not is_enabled(uicc), "the PIN status template says that the PIN is enabled")
    answers(_reads_imsi(uicc), "9000", "reading EF.IMSI without the PIN")
    answers(send(uicc, VERIFY, PIN1, value), "6984", "VERIFY of a disabled PIN")
    answers(send(uicc, DISABLE, PIN1, value), "6984", "disabling once more")
    uicc.enable_pin(PIN1, value)


def _disable_wrong(subject: Subject, uicc: Uicc, value: bytes) -> None:
    tries = uicc.pin_tries(PIN1)
    answers(send(uicc, DISABLE, PIN1, _wrong(value)), f"63C{tries - 1:X}", "a wrong value")
    expect(is_enabled(uicc), "the PIN is disabled nevertheless")


def _enable(subject: Subject, uicc: Uicc, value: bytes) -> None:
    answers(send(uicc, ENABLE, PIN1, value), "6984", "enabling an enabled PIN")
    uicc.disable_pin(PIN1, value)
    tries = uicc.pin_tries(PIN1)
    answers(send(uicc, ENABLE, PIN1, _wrong(value)), f"63C{tries - 1:X}", "a wrong value")
    answers(send(uicc, ENABLE, PIN1, value), "9000", "the right value")
    expect(is_enabled(uicc), "the PIN status template says that the PIN is disabled")


# UNBLOCK PIN, §11.1.13


def _block(uicc: Uicc, value: bytes) -> None:
    for _ in range(16):
        if send(uicc, VERIFY, PIN1, _wrong(value)) in (SW.retries(0), SW.AUTHENTICATION_METHOD_BLOCKED):
            return
    expect(False, "sixteen wrong values do not block the PIN")


def _blocked(subject: Subject, uicc: Uicc, value: bytes) -> None:
    puk = subject.known.puks[PIN1]
    _block(uicc, value)
    answers(send(uicc, VERIFY, PIN1, value), "6983", "the right value while blocked")
    answers(send(uicc, VERIFY, PIN1), "6983|63C0", "asking for the tries")
    answers(send(uicc, CHANGE, PIN1, value + _OTHER), "6983", "changing while blocked")
    answers(send(uicc, DISABLE, PIN1, value), "6983", "disabling while blocked")
    answers(send(uicc, UNBLOCK, PIN1, puk + value), "9000", "the right PUK")
    answers(_reads_imsi(uicc), "9000", "reading EF.IMSI after unblocking")


def _unblock_wrong(subject: Subject, uicc: Uicc, value: bytes) -> None:
    puk = subject.known.puks[PIN1]
    tries = send(uicc, UNBLOCK, PIN1).retries or 0
    require(tries > 2, f"the PUK has {tries} tries left")
    answers(send(uicc, UNBLOCK, PIN1, _wrong(puk) + value), f"63C{tries - 1:X}", "a wrong PUK")
    answers(send(uicc, UNBLOCK, PIN1), f"63C{tries - 1:X}", "asking for the tries of the PUK")
    answers(send(uicc, VERIFY, PIN1, value), "9000", "the PIN after a wrong PUK")
    answers(send(uicc, UNBLOCK, PIN1, puk + value), "9000", "the right PUK")
    answers(send(uicc, UNBLOCK, PIN1), f"63C{max(tries, 10):X}", "the tries of the PUK then")


def _unblock_sets(subject: Subject, uicc: Uicc, value: bytes) -> None:
    """A new value, also where the PIN was not blocked."""
    answers(send(uicc, UNBLOCK, PIN1, subject.known.puks[PIN1] + _OTHER), "9000", "the right PUK")
    try:
        answers(send(uicc, VERIFY, PIN1, _OTHER), "9000", "the new value")
    finally:
        send(uicc, CHANGE, PIN1, _OTHER + value)


def _unblock_length(subject: Subject, uicc: Uicc, value: bytes) -> None:
    answers(send(uicc, UNBLOCK, PIN1, subject.known.puks[PIN1]), "6700", "a PUK alone")


def _row(title: str, clause: str, work: Work, *needs: str) -> Check:
    return Check("pins", title, f"TS 102 221 §{clause}", _with(work), ("usim", "pin1", *needs), True)


CHECKS = (
    _row("VERIFY PIN opens what the PIN protects", "11.1.9, §9.5", _verify),
    _row("VERIFY PIN counts wrong values, and a reset forgives none", "11.1.9", _counts),
    _row("A reset takes a verification back", "9.4", _lost),
    _row("A wrong PIN takes a verification back", "11.1.9", _lost_by_wrong),
    _row("VERIFY PIN of a wrong length: 6700, and no try is lost", "11.1.9", _length),
    _row("VERIFY PIN with wrong parameters: 6A86, 6A88", "11.1.9", _parameters),
    Check("pins", "PIN 2 has a counter of its own", "TS 102 221 §9.5.1", _second_pin,
          ("usim", "pin2"), True),
    Check("pins", "ADM 1 is verified, and counts wrong values", "TS 102 221 §9.5.1", _administrative,
          ("usim", "adm1"), True),
    _row("CHANGE PIN sets a new value", "11.1.10", _change),
    _row("CHANGE PIN counts as a verification", "11.1.10", _change_verifies),
    _row("CHANGE PIN with a wrong value: 63CX", "11.1.10", _change_wrong),
    _row("CHANGE PIN with one value: 6700", "11.1.10", _change_length),
    _row("CHANGE PIN of a disabled PIN: 6984", "11.1.10", _change_disabled),
    _row("DISABLE PIN opens what the PIN protects; disabled it is not verified: 6984", "11.1.11", _disable),
    _row("DISABLE PIN with a wrong value: 63CX", "11.1.11", _disable_wrong),
    _row("ENABLE PIN, once: 6984", "11.1.12", _enable),
    _row("The last wrong value blocks: 6983, until UNBLOCK PIN", "11.1.9, §11.1.13", _blocked, "puk1"),
    _row("UNBLOCK PIN counts wrong PUKs: 63CX", "11.1.13", _unblock_wrong, "puk1"),
    _row("UNBLOCK PIN sets a new value", "11.1.13", _unblock_sets, "puk1"),
    _row("UNBLOCK PIN with a PUK alone: 6700", "11.1.13", _unblock_length, "puk1"),
)  # fmt: skip
"""The checks of this suite."""
