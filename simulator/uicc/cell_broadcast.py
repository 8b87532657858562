"""Cell broadcast pages as the card gets them: ENVELOPE (CELL BROADCAST DOWNLOAD) (TS 31.111 §7.1.2, TS 23.041
§9.4.1.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from cards.status import SW, StatusError
from cards.toolkit import Device, Tag, ToolkitError, first_of, read_template

_PAGE_LENGTH: Final = 88
_HEADER: Final = 6
"""Octets before the content: serial number (2), message identifier (2), data coding, page parameter."""
_SECURED: Final = range(0x1080, 0x1100)
"""Message identifiers of data download secured as TS 31.115 says (TS 23.041 §9.4.1.2.2)."""
_ASSEMBLIES = 5
"""Messages that may be incomplete at a time; the oldest makes room for another."""


class Page(NamedTuple):
    """One page of a message; `content` has 82 octets."""

    serial: int
    identifier: int
    coding: int
    number: int
    total: int
    content: bytes

    @property
    def is_secured(self) -> bool:
        """Whether it carries a command packet of remote management."""
        return self.identifier in _SECURED


def read_page(envelope: bytes) -> Page:
    """The page of an ENVELOPE, its data field from the tag 'D2' on. StatusError 6A80 if it is none, does not
    come from the network, or is no page."""
    try:
        _, objects = read_template(envelope)
    except ToolkitError:
        raise StatusError(SW.INCORRECT_DATA) from None
    page = first_of(objects, Tag.CELL_BROADCAST_PAGE)
    if first_of(objects, Tag.DEVICE_IDENTITIES) != bytes((Device.NETWORK, Device.UICC)):
        raise StatusError(SW.INCORRECT_DATA)
    if page is None or len(page) != _PAGE_LENGTH:
        raise StatusError(SW.INCORRECT_DATA)
    number, total = page[5] >> 4, page[5] & 0x0F
    if not number or not total:
        number, total = 1, 1  # TS 23.041 §9.4.1.2.4: a value of zero is taken as one page of one
    return Page(
        int.from_bytes(page[:2], "big"),
        int.from_bytes(page[2:4], "big"),
        page[4],
        number,
        total,
        page[_HEADER:],
    )


class PageAssembly:
    """Pages of secured messages until all are there, in any order (TS 31.115 §5.1)."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int, int], dict[int, bytes]] = {}

    def add(self, page: Page) -> bytes | None:
        """The content of the whole message, or None while pages are missing. A page whose number exceeds
        their total belongs to none."""
        if page.number > page.total:
            return None
        key = page.serial, page.identifier, page.total
        pages = self._open.setdefault(key, {})
        pages[page.number] = page.content
        if len(pages) < page.total:
            if len(self._open) > _ASSEMBLIES:
                del self._open[next(iter(self._open))]
            return None
        del self._open[key]
        return b"".join(pages[number] for number in range(1, page.total + 1))

    def clear(self) -> None:
        self._open.clear()
