"""What a card can do, found out by asking it: the words of `@pytest.mark.requires`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from cards import CardLink, Isdr, Uicc
from cards.apdu import CommandApdu
from cards.errors import CardError, LinkError
from cards.ports import EsimPorts
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


def _is_version_2(link: CardLink) -> bool:
    return not _is_version_3(link)


def _has_profile(state: int | None) -> Callable[[CardLink], bool]:
    def ask(link: CardLink) -> bool:
        with Isdr(link) as isdr:
            return any(state in (None, one["profileState"]) for one in isdr.get_profiles_info())

    return ask


def _is_iot(link: CardLink) -> bool:
    with Isdr(link) as isdr:
        isdr.get_eim_configuration_data()
        return True


def _has_ports(link: CardLink) -> bool:
    EsimPorts(link).configure()
    return True


def _has_sim_files(link: CardLink) -> bool:
    return _answers(link, "A0A40000022FE2") and _answers(link, "A0A40000027F20")


def _can_be_suspended(link: CardLink) -> bool:
    """Asked with a token that cannot be: a card that knows the command does not find it."""
    sw = CardSession(link).transmit(CommandApdu.from_hex("80760100080000000000000000")).sw
    return sw.sw1 not in (0x6D, 0x6E)


def _has_files(link: CardLink) -> bool:
    return _answers(link, "00A4000C022FE2") and _answers(link, "00A4000C022F00")


def find_domain(link: CardLink) -> bytes:
    """The first bytes of an AID with which SELECT finds an issuer security domain; empty without one."""
    return next((aid for aid in ISSUER_DOMAINS if _answers(link, f"00A40400{len(aid):02X}{aid.hex()}")), b"")


ISSUER_DOMAINS: Final = (bytes.fromhex("A000000151"), bytes.fromhex("A000000003"))
"""RIDs under which issuer security domains are (GP Card Specification annex H)."""


PROFILE: Final = bytes.fromhex("FFFFFFFF7F1100DF5F")
"""TERMINAL PROFILE of a terminal with the common functions of the toolkit (TS 102 223 §5.2)."""
_TABLE = (
    Capability(
        "uicc",
        "knows the class of UICCs",
        "TS 102 221 §11.1.1",
        lambda link: _answers(link, "00A40004023F00"),
    ),
    Capability("files", "has the files of a profile: EF.ICCID and EF.DIR", "TS 102 221 §13", _has_files),
    Capability(
        "gsm",
        "knows the class of GSM SIMs",
        "TS 51.011 §9.2.1",
        lambda link: _answers(link, "A0A40000023F00"),
    ),
    Capability("simfiles", "has DF.GSM and EF.ICCID for GSM SIMs", "TS 51.011 §10.1", _has_sim_files),
    Capability("suspend", "can be suspended", "TS 102 221 §11.1.22", _can_be_suspended),
    Capability(
        "channels", "opens logical channels", "TS 102 221 §11.1.17", lambda link: _answers(link, "0070000001")
    ),
    Capability("usim", "has a USIM", "TS 31.102 §4.2", _application("ADF.USIM")),
    Capability("isim", "has an ISIM", "TS 31.103 §4.2", _application("ADF.ISIM")),
    Capability("es10a", "is an eUICC, which has addresses", "SGP.22 §5.7.3", _isdr),
    Capability("es10b", "is an eUICC, which loads profiles", "SGP.22 §5.7.5", _isdr),
    Capability("es10c", "is an eUICC, which manages profiles", "SGP.22 §5.7.15", _isdr),
    Capability("version2", "is an eUICC of version 2", "SGP.22 §4.3", _is_version_2),
    Capability("version3", "is an eUICC of version 3", "SGP.22 §4.3", _is_version_3),
    Capability("profile", "is an eUICC with a profile", "SGP.22 §3.2", _has_profile(None)),
    Capability("enabled", "is an eUICC with an enabled profile", "SGP.22 §3.2", _has_profile(1)),
    Capability("mep", "is an eUICC with several eSIM ports", "SGP.22 v3 §3.4", _has_ports),
    Capability("iot", "is an eUICC that obeys eIMs", "SGP.32 §5.9.18", _is_iot),
    Capability(
        "toolkit",
        "takes TERMINAL PROFILE",
        "TS 102 221 §11.2.1",
        lambda link: _answers(link, f"80100000{len(PROFILE):02X}{PROFILE.hex()}"),
    ),
    Capability(
        "domain",
        "has an issuer security domain",
        "GP Card Specification §7.3",
        lambda link: bool(find_domain(link)),
    ),
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
