"""The numbers that name a card: its EID if it is an eUICC, and the ICCID that it shows."""

from __future__ import annotations

from cards import CardLink, Isdr, Uicc
from cards.errors import CardError, LinkError


def numbers_of(link: CardLink) -> list[str]:
    """EID and ICCID, as far as the card tells them. The card is reset. LinkError if it is gone."""
    numbers = []
    for ask in (_eid, _iccid):
        link.reset()
        try:
            numbers.append(ask(link))
        except LinkError:
            raise
        except CardError:
            continue
    return numbers


def _eid(link: CardLink) -> str:
    with Isdr(link) as isdr:
        return str(isdr.get_eid())


def _iccid(link: CardLink) -> str:
    return str(Uicc(link).read_iccid())
