"""How a phone says who it is in 5G without telling: the SUCI, from the card or by the phone itself (TS 31.102
§5.3.48 and §4.4.11.8, TS 33.501 §6.12.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from asn1 import tlv
from asn1.errors import TlvError
from cards.errors import CardStatusError
from cards.identities import Plmn
from simulator.crypto.errors import CryptoError
from simulator.crypto.suci import ProtectionScheme, conceal, ephemeral_private_key, msin_input
from simulator.network.handset.card import PhoneCard
from simulator.network.suci import NO_ROUTING_INDICATOR, Suci

_PRIVACY, _BY_CARD = 124, 125
"""Services of EF.UST."""
_SCHEMES, _KEYS, _KEY_IDENTIFIER, _KEY = 0xA0, 0xA1, 0x80, 0x81
_SUCI = 0xA1


def suci_of(card: PhoneCard, entropy: Callable[[int], bytes]) -> bytes:
    """The SUCI for a registration. With the null scheme where the card asks for no privacy, or gives no key
    that the phone can use."""
    services = card.data.services
    if {_PRIVACY, _BY_CARD} <= services:
        try:
            return tlv.read(card.get_identity()).value
        except (CardStatusError, TlvError):
            pass  # the null scheme then, as the phone does that gets no SUCI (TS 33.501 §6.12.2)
    imsi, home = card.data.imsi, card.data.home
    assert imsi is not None
    assert home is not None
    msin = msin_input(imsi.digits[3 + len(home.mnc) :])
    scheme, identifier, key = _choice(card.data.contents.get("EF.SUCI_CALC_INFO", b""), _PRIVACY in services)
    routing = _routing_indicator(card)
    return _concealed(home, routing, scheme, identifier, key, msin, entropy)


def _concealed(
    home: Plmn,
    routing: bytes,
    scheme: ProtectionScheme,
    identifier: int,
    key: bytes,
    msin: bytes,
    entropy: Callable[[int], bytes],
) -> bytes:
    try:
        output = conceal(scheme, msin, key, ephemeral_private_key(scheme, entropy))
    except CryptoError:  # the card's key is none
        scheme, identifier, output = ProtectionScheme.NULL, 0, msin
    return Suci(home, routing, scheme, identifier, output).to_bytes()


def _choice(information: bytes, has_privacy: bool) -> tuple[ProtectionScheme, int, bytes]:
    """The scheme of highest priority that the phone knows, and its key (TS 31.102 §4.4.11.8)."""
    none = ProtectionScheme.NULL, 0, b""
    if not has_privacy:
        return none
    try:
        objects = dict(_objects(information))
        keys = _keys(objects.get(_KEYS, b""))
    except TlvError:
        return none
    schemes = objects.get(_SCHEMES, b"")
    for at in range(0, len(schemes) - 1, 2):
        number, place = schemes[at], schemes[at + 1]
        if number == ProtectionScheme.NULL:
            return none
        if number in (ProtectionScheme.PROFILE_A, ProtectionScheme.PROFILE_B) and 1 <= place <= len(keys):
            return ProtectionScheme(number), *keys[place - 1]
    return none


def _objects(information: bytes) -> Iterator[tuple[int, bytes]]:
    """The data objects before what fills the file."""
    at = 0
    while information[at : at + 1] in (bytes((_SCHEMES,)), bytes((_KEYS,))):
        item = tlv.read(information, at)
        yield item.tag, item.value
        at = item.end


def _keys(listed: bytes) -> list[tuple[int, bytes]]:
    """Identifier and value of the home network's public keys, in their order."""
    items = tlv.read_all(listed)
    identifiers = [item.value[0] for item in items if item.tag == _KEY_IDENTIFIER and item.value]
    return list(zip(identifiers, (item.value for item in items if item.tag == _KEY), strict=False))


def _routing_indicator(card: PhoneCard) -> bytes:
    """Two bytes; '0' where the card has none (TS 23.003 §2.2B)."""
    found = card.data.contents.get("EF.ROUTING_INDICATOR", b"")[:2]
    return found if len(found) == 2 and found != b"\xff\xff" else NO_ROUTING_INDICATOR
