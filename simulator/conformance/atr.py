"""The answer to reset (ISO/IEC 7816-3 §8, TS 102 221 §6.3)."""

from __future__ import annotations

from cards.atr import VOLTAGE_CLASSES, Atr, AtrError
from simulator.conformance.model import Check, Subject, expect, require


def _atr(subject: Subject) -> Atr:
    raw = subject.link.reset()
    require(bool(raw), "the way to the card does not tell its ATR")
    try:
        return Atr.parse(raw)
    except AtrError as error:
        expect(False, f"{raw.hex().upper()} is {error}")
        raise AssertionError from error  # for the type checker


def _well_formed(subject: Subject) -> None:
    _atr(subject)


def _same(subject: Subject) -> None:
    first, second = _atr(subject), _atr(subject)
    expect(first.raw == second.raw, f"after another reset it is {second}, not {first}")


def _protocols(subject: Subject) -> None:
    atr = _atr(subject)
    offered = ", ".join(f"T={number}" for number in atr.protocols)
    expect(bool({0, 1} & set(atr.protocols)), f"it offers {offered}, neither T=0 nor T=1")


def _speed(subject: Subject) -> None:
    fi, di = _atr(subject).bit_rate
    expect(bool(fi and di), "TA1 has a value of F or D that is reserved")


def _voltages(subject: Subject) -> None:
    found = _atr(subject).voltage_classes
    require(bool(found), "the ATR does not tell its supply voltages")
    names = [name for _, name in VOLTAGE_CLASSES]
    places = [names.index(name) for name in found]
    expect(places == list(range(places[0], places[-1] + 1)), f"there is a gap between {' and '.join(found)}")


def _historical(subject: Subject) -> None:
    atr = _atr(subject)
    expect(bool(atr.historical), "it has no historical bytes")
    if atr.historical[0] == 0x80:
        expect(bool(atr.compact_tlvs), f"the historical bytes {atr.historical.hex().upper()} do not add up")


CHECKS = (
    Check("uicc", "The ATR is well formed, TCK too", "ISO/IEC 7816-3 §8.2", _well_formed),
    Check("uicc", "The ATR is the same after each reset", "TS 102 221 §6.3", _same),
    Check("uicc", "The ATR offers T=0 or T=1", "TS 102 221 §7.2", _protocols),
    Check("uicc", "The ATR names a speed that there is", "ISO/IEC 7816-3 §8.3", _speed),
    Check("uicc", "The ATR tells supply voltages that are neighbours", "TS 102 221 §6.2.1", _voltages),
    Check("uicc", "The ATR has historical bytes that add up", "TS 102 221 §6.3.1", _historical, ("uicc",)),
)
"""The checks of this suite about the answer to reset."""
