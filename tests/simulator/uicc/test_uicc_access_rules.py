"""Access rules read from bytes written by hand (ISO/IEC 7816-4 §5.4.3, TS 102 221 §9.2.4), and what a card
makes of them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from simulator.uicc import Card, FileSystem
from simulator.uicc.access import Operation, condition_for, parse_compact, parse_expanded
from simulator.uicc.image import CardImage, DfImage, EfImage, FileStructure, PinImage
from tests.simulator.uicc.conftest import USIM, Terminal
from tests.simulator.uicc.test_uicc_instructions import walk

PIN1, ADM1, PIN2 = "A40683010195 0108".replace(" ", ""), "A40683010A950108", "A406830181950108"
READ, UPDATE, READ_AND_UPDATE = "800101", "800102", "800103"


def opens(rule: str, operation: int, verified: Iterable[int]) -> bool:
    known = set(verified)
    return condition_for(parse_expanded(bytes.fromhex(rule)), operation).holds(lambda key: key in known)


@pytest.mark.parametrize(
    ("rule", "operation", "openers", "not_openers"),
    [
        (READ + "9000", Operation.READ, [()], []),
        (READ + "9700", Operation.READ, [], [(), (1, 10)]),
        (READ + PIN1, Operation.READ, [(1,)], [(), (10,)]),
        (READ + PIN1, Operation.UPDATE, [], [(), (1,)]),
        (READ_AND_UPDATE + PIN1, Operation.UPDATE, [(1,)], [()]),
        (READ + PIN1 + UPDATE + ADM1, Operation.UPDATE, [(10,)], [(), (1,)]),
        # two conditions in a row, and the template OR
        (READ + PIN1 + ADM1, Operation.READ, [(1,), (10,)], [()]),
        (READ + "A010" + PIN1 + ADM1, Operation.READ, [(1,), (10,), (1, 10)], [(), (0x81,)]),
        (READ + "AF10" + PIN1 + ADM1, Operation.READ, [(1, 10)], [(), (1,), (10,)]),
        (READ + "A708" + PIN1, Operation.READ, [(), (10,)], [(1,), (1, 10)]),
        # PIN1 and not ADM1; (PIN1 or PIN2) and ADM1
        (READ + "AF12" + PIN1 + "A708" + ADM1, Operation.READ, [(1,)], [(), (1, 10), (10,)]),
        (
            READ + "AF1A" + "A010" + PIN1 + PIN2 + ADM1,
            Operation.READ,
            [(1, 10), (0x81, 10)],
            [(1,), (10,), (1, 0x81)],
        ),
        # INCREASE and RESIZE FILE are named by their INS
        ("840132" + PIN1, Operation.INCREASE, [(1,)], [()]),
        ("8401D4" + ADM1, Operation.RESIZE, [(10,)], [(1,)]),
        (READ + PIN1, Operation.INCREASE, [], [(1,)]),
        # padding of a record
        (READ + PIN1 + "FF" * 9, Operation.READ, [(1,)], [()]),
    ],
)
def test_expanded_rules(
    rule: str, operation: int, openers: list[tuple[int, ...]], not_openers: list[tuple[int, ...]]
) -> None:
    for verified in openers:
        assert opens(rule, operation, verified), verified
    for verified in not_openers:
        assert not opens(rule, operation, verified), verified


@pytest.mark.parametrize(
    "rule",
    [
        READ,
        READ + "AF00",
        READ + "A000",
        READ + "A700",
        READ + "A702B600",  # NOT of what nobody understands
        READ + "AF0AB600" + PIN1,
        READ + "A403830100"[:8],
        READ + "A4020102",
        READ + "A4",
        "80020101" + "9000",
        "FF",
        "",
    ],
)
def test_what_cannot_be_read_opens_nothing(rule: str) -> None:
    assert not opens(rule, Operation.READ, ())
    assert not opens(rule, Operation.READ, range(256))


@pytest.mark.parametrize(
    ("value", "operation", "key", "expected"),
    [
        ("0300 00".replace(" ", ""), Operation.READ, None, True),
        ("03FF00", Operation.READ, None, True),  # conditions go from b7 down: UPDATE never, READ always
        ("03FF00", Operation.UPDATE, 1, False),
        ("0110", Operation.READ, None, False),
        ("0110", Operation.READ, 1, True),
        ("0190", Operation.READ, 1, True),
        ("01D0", Operation.READ, 1, False),  # secure messaging and the user
        ("01B0", Operation.READ, 1, False),  # external authentication and the user
        ("0150", Operation.READ, 1, True),  # either will do
        ("0120", Operation.READ, 1, False),
        ("01", Operation.READ, 1, False),
        ("", Operation.READ, 1, False),
    ],
)
def test_compact_rules(value: str, operation: int, key: int | None, expected: bool) -> None:
    condition = condition_for(parse_compact(bytes.fromhex(value)), operation)
    assert condition.holds(lambda reference: reference == key) is expected


def make(security: dict[int, str]) -> Terminal:
    """A USIM whose files have these security attributes, whole as in an FCP."""
    files = tuple(
        EfImage(fid, FileStructure.TRANSPARENT, b"\xaa\xbb", security=bytes.fromhex(value))
        for fid, value in security.items()
    )
    usim = DfImage(0x7FF1, files, aid=USIM, pin_status=bytes((0x01, 0x81, 0x0A)))
    pins = (
        PinImage(0x01, b"1234\xff\xff\xff\xff"),
        PinImage(0x81, b"5678\xff\xff\xff\xff", aid=USIM),
        PinImage(0x0A, b"55555555"),
    )
    card = Card(FileSystem(CardImage(DfImage(0x3F00), (usim,), pins=pins)), entropy=bytes)
    terminal = Terminal(card)
    card.on_fault = lambda apdu, error: terminal.faults.append(error)
    return terminal.usim()


def test_on_a_card() -> None:
    """AND of PIN1 and PIN2, NOT ADM1, and a compact rule, each asked as the terminal asks."""
    terminal = make(
        {
            0x6F01: "AB15" + READ + "AF10" + PIN1 + PIN2,
            0x6F02: "AB0D" + READ + "A708" + ADM1,
            0x6F03: "8C03031000",
        }
    )
    pin1, pin2, adm1 = (value.hex() for value in (b"1234\xff\xff\xff\xff", b"5678\xff\xff\xff\xff", b"5" * 8))
    walk(
        terminal,
        f"""
        00A4000C026F01      -> 9000
        00B0000002          -> 6982
        0020000108{pin1}    -> 9000
        00B0000002          -> 6982
        0020008108{pin2}    -> 9000
        00B0000002          -> AABB 9000
        00D6000001CC        -> 6982
        00A4000C026F02      -> 9000
        00B0000002          -> AABB 9000
        0020000A08{adm1}    -> 9000
        00B0000002          -> 6982
        00A4000C026F03      -> 9000
        00B0000002          -> AABB 9000
        00D6000001CC        -> 9000
        """,
    )
    terminal.card.reset()
    walk(terminal.usim(), "00A4000C026F03 -> 9000\n00D6000001CC -> 6982\n00B0000002 -> CCBB 9000")
