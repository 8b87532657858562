"""Bytes and fields as HTML: each field covers its own bytes, and nothing of a card's is taken for markup."""

from __future__ import annotations

import re
from html import unescape

from cards.explain import Explainer, Field
from simulator.web.explained import block_html, exchange_html
from simulator.web.words import Language, say

PIECE = re.compile(r'<span data-i="(\d+)">([0-9A-F ]*)</span>')
PLACE = re.compile(r'data-from="(\d+)" data-to="(\d+)"><b class="name">([^<]*)</b>')


def covered(html: str) -> dict[str, bytes]:
    """Name of a field → the bytes that are marked with it, of one block without others in it."""
    pieces = {int(number): bytes.fromhex(digits) for number, digits in PIECE.findall(html)}
    return {
        unescape(name): b"".join(pieces[number] for number in range(int(begin), int(end)))
        for begin, end, name in PLACE.findall(html)
    }


def test_every_field_marks_its_bytes() -> None:
    command = bytes.fromhex("00A40004023F00")
    found = covered(exchange_html(Explainer().exchange(command), lambda key, **v: say(Language.EN, key, **v)))
    assert found["CLA"] == command[:1]
    assert found["INS"] == command[1:2]
    assert found["P2"] == command[3:4]
    assert found["data"] == command[5:]


def test_fields_that_overlap_and_fields_without_bytes() -> None:
    fields = (
        Field("whole", "", 0, 4, children=(Field("head", "", 0, 2), Field("tail", "", 2, 2))),
        Field("note", "said", 0, 0),
    )
    found = covered(block_html("block", bytes(range(4)), fields))
    assert found == {"whole": bytes(range(4)), "head": b"\x00\x01", "tail": b"\x02\x03"}


def test_bytes_of_their_own_are_a_block_of_their_own() -> None:
    field = Field("outer", "", 0, 2, data=b"\xaa\xbb\xcc", children=(Field("inner", "", 1, 2),))
    html = block_html("block", b"\x01\x02", (field,))
    outer, inner = html.split("<figure", 2)[1:]
    assert '<span data-i="0">01 02</span>' in outer
    assert covered(inner) == {"inner": b"\xbb\xcc"}


def test_what_cards_and_servers_say_is_no_markup() -> None:
    field = Field("<img src=x>", '"><script>', 0, 1, "<b>", problem="<i>")
    html = block_html("<title>", b'{"<b>": 1}', (field,))
    assert not re.search(r"<(?:img|script|title|i)\b", html)
    assert "&lt;b&gt;" in html


def test_a_block_is_not_shown_without_end() -> None:
    html = block_html("long", bytes(5000), (Field("all", "", 0, 5000), Field("late", "", 4500, 10)))
    assert len(covered(html)["all"]) == 4096
    assert "late" not in covered(html)
    assert "… 904" in html
