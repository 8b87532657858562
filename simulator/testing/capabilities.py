"""What a card can do, found out by asking it: the words of `@pytest.mark.requires`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from cards import CardLink, Isdr, Uicc
from cards.apdu import CommandApdu
from cards.errors import CardError, LinkError
from cards.session import CardSession


class Capability(NamedTuple):
    """One word: what it means, where that stands, and how a card is asked."""

    word: str
    meaning: str
    clause: str
    ask: Callable[[CardLink], bool]


def _answers(link: CardLink, apdu: str) -> bool:
    return CardSession(link).transmit(CommandApdu.from_hex(apdu)).sw.is_success


def _application(name: str) -> Callable[[CardLink], bool]:
    def ask(link: CardLink) -> bool:
        uicc = Uicc(link)
        uicc.select(uicc.find_application(name))
        return True

    return ask


def _is_version_3(link: CardLink) -> bool:
    with Isdr(link) as isdr:
        info: Any = isdr.get_euicc_info2()
    return bool(info.get("highestSvn", b"\x02")[0] >= 3)


def _isdr(link: CardLink) -> bool:
    with Isdr(link):
        return True


_TABLE = (
    Capability(
        "uicc",
        "knows the class of UICCs",
        "TS 102 221 §11.1.1",
        lambda link: _answers(link, "00A40004023F00"),
    ),
    Capability(
        "gsm",
        "knows the class of GSM SIMs",
        "TS 51.011 §9.2.1",
        lambda link: _answers(link, "A0A40000023F00"),
    ),
    Capability(
        "channels", "opens logical channels", "TS 102 221 §11.1.17", lambda link: _answers(link, "0070000001")
    ),
    Capability("usim", "has a USIM", "TS 31.102 §4.2", _application("ADF.USIM")),
    Capability("isim", "has an ISIM", "TS 31.103 §4.2", _application("ADF.ISIM")),
    Capability("es10a", "is an eUICC, which has addresses", "SGP.22 §5.7.3", _isdr),
    Capability("es10b", "is an eUICC, which loads profiles", "SGP.22 §5.7.5", _isdr),
    Capability("es10c", "is an eUICC, which manages profiles", "SGP.22 §5.7.15", _isdr),
    Capability("version3", "is an eUICC of version 3", "SGP.22 §4.3", _is_version_3),
)
CAPABILITIES: Final = {row.word: row for row in _TABLE}


def has(link: CardLink, word: str) -> bool:
    """Whether the card behind `link` has a capability. The card is reset before and after. KeyError for a
    word that is not in `CAPABILITIES`; LinkError if the card is gone."""
    capability = CAPABILITIES[word]
    link.reset()
    try:
        return capability.ask(link)
    except LinkError:
        raise
    except CardError:
        return False
    finally:
        link.reset()
