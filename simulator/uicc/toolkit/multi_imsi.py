"""The "global SIM": one card with several operators' identities, that takes the one that is at home where it
is.

It asks the terminal where it is, hears of every change of location, and when another identity fits the
country better writes its IMSI and what depends on it, takes its keys, forgets the old network's location, and
asks for a REFRESH.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from cards.identities import Imsi, Plmn
from cards.toolkit import DataObject, Event, Tag, first_of
from simulator.uicc.image import AkaImage
from simulator.uicc.index import Node
from simulator.uicc.services import Naa, naa_of
from simulator.uicc.toolkit import commands
from simulator.uicc.toolkit.commands import RefreshMode
from simulator.uicc.toolkit.runtime import Applet, Session

if TYPE_CHECKING:
    from simulator.uicc.card import Card

_EF_IMSI, _EF_AD, _EF_EHPLMN, _EF_FPLMN, _EF_SPN = 0x6F07, 0x6FAD, 0x6FD9, 0x6F7B, 0x6F46
_UNKNOWN_LOCATION = {
    0x6F7E: bytes.fromhex("FFFFFFFFFFFFFF0000FF01"),
    0x6F73: bytes.fromhex("FFFFFFFFFFFFFFFFFFFF0000FF01"),
    0x6FE3: b"\xff" * 12 + bytes.fromhex("FFFFFF000001"),
}
"""EF.LOCI, EF.PSLOCI, EF.EPSLOCI of a card that was nowhere yet (TS 31.102 §4.2.17, §4.2.23, §4.2.91)."""
_KEYS = {0x6F08: b"\x07" + b"\xff" * 32, 0x6F09: b"\x07" + b"\xff" * 32, 0x6FE4: b""}
"""EF.Keys and EF.KeysPS without keys, EF.EPSNSC without a context."""
_DF_5GS = 0x5FC0
_UNKNOWN_TO_5G = {
    **dict.fromkeys((0x4F01, 0x4F02), b"\xff" * 16 + bytes.fromhex("00000001")),
    **dict.fromkeys((0x4F03, 0x4F04, 0x4F05), b""),
}
"""In DF.5GS the locations (EF.5GS3GPPLOCI, EF.5GSN3GPPLOCI) of a card that was nowhere yet, and no security
contexts and keys (TS 31.102 §4.4.11.2 to §4.4.11.6)."""


class Identity(NamedTuple):
    """A subscription on the card. `countries` are the MCCs in which it is the one to take; without any it is
    taken where no other fits."""

    name: str
    imsi: Imsi
    plmn: Plmn
    aka: AkaImage
    countries: frozenset[str] = frozenset()


class MultiImsi(Applet):
    """Chooses among `identities`; the first one without countries is the one for everywhere else."""

    events = frozenset({Event.LOCATION_STATUS})

    def __init__(self, identities: Sequence[Identity], title: str = "Network") -> None:
        self.title = title
        self.identities = tuple(identities)

    def attach(self, card: Card) -> None:
        """Bring the keys of all identities to the card; before its state is restored."""
        for identity in self.identities:
            card.files.add_aka(_slot(identity), identity.aka)

    def started(self, card: Card) -> Session:
        answer = yield commands.provide_local_information()
        if answer.is_ok:
            yield from self._move(card, answer.objects)

    def happened(self, card: Card, event: int, objects: Sequence[DataObject]) -> Session:
        """A location comes with normal service only (§7.5.4.2): in limited service the card asks for it."""
        if first_of(objects, Tag.LOCATION_INFORMATION) is not None:
            yield from self._move(card, objects)
        else:
            yield from self.started(card)

    def selected(self, card: Card) -> Session:
        """The user takes an identity by hand."""
        answer = yield commands.select_item(self.title, [identity.name for identity in self.identities])
        if answer.is_ok and 1 <= answer.item <= len(self.identities):
            yield from self._take(card, self.identities[answer.item - 1])

    def _move(self, card: Card, objects: Sequence[DataObject]) -> Session:
        """The terminal says where it is: MCC and MNC stand first in the location information (§8.19)."""
        location = first_of(objects, Tag.LOCATION_INFORMATION)
        if location is not None and len(location) >= 3 and (mcc := country_of(location[:3])):
            yield from self._take(card, self.choose(mcc))

    def choose(self, mcc: str) -> Identity:
        """The identity for a country."""
        fitting = [identity for identity in self.identities if mcc in identity.countries]
        everywhere = [identity for identity in self.identities if not identity.countries]
        return (fitting or everywhere or list(self.identities))[0]

    def _take(self, card: Card, identity: Identity) -> Session:
        usim = _usim(card)
        if usim is None or current_imsi(card) == identity.imsi.to_bytes():
            return
        switch(card, usim, identity)
        yield commands.refresh(RefreshMode.NAA_INITIALIZATION_AND_FULL_FILE_CHANGE)


def switch(card: Card, usim: Node, identity: Identity) -> None:
    """Make an identity the card's: IMSI, its files and its keys. All of it happens within one command, so
    that the power fails before it or after."""
    plmn = identity.plmn.to_bytes()
    mnc_length = bytes((len(identity.plmn.mnc),))
    _write(card, usim, _EF_IMSI, identity.imsi.to_bytes())
    _write(card, usim, _EF_EHPLMN, plmn)
    _write(card, usim, _EF_FPLMN, b"")
    _write(card, usim, _EF_SPN, b"\x01" + identity.name.encode()[:16])
    if (node := usim.by_fid.get(_EF_AD)) is not None:
        body = card.files.body(node)
        card.write(node, body[:3] + mnc_length + body[4:])
    for fid, content in {**_UNKNOWN_LOCATION, **_KEYS}.items():
        _write(card, usim, fid, content)
    for_5g = usim.by_fid.get(_DF_5GS)
    if for_5g is not None and for_5g.is_df:
        for fid, content in _UNKNOWN_TO_5G.items():
            _write(card, for_5g, fid, content)
    card.files.use_aka(usim.df.aid, _slot(identity))


def _write(card: Card, directory: Node, fid: int, content: bytes) -> None:
    """A file's whole content, filled with 'FF'; files that are not there are passed over."""
    node = directory.by_fid.get(fid)
    if node is not None and not node.is_df:
        length = len(card.files.body(node))
        card.write(node, content[:length].ljust(length, b"\xff"))


def _usim(card: Card) -> Node | None:
    return next((adf for adf in card.files.index.adfs if naa_of(adf) is Naa.USIM), None)


def current_imsi(card: Card) -> bytes:
    """EF.IMSI as it is now; empty without a USIM."""
    usim = _usim(card)
    node = usim.by_fid.get(_EF_IMSI) if usim else None
    return card.files.body(node) if node else b""


def country_of(plmn: bytes) -> str:
    """The MCC of three bytes as in location information; empty where they are no PLMN."""
    digits = f"{plmn[0] & 0x0F:X}{plmn[0] >> 4:X}{plmn[1] & 0x0F:X}"
    return digits if digits.isdecimal() else ""


def _slot(identity: Identity) -> bytes:
    return str(identity.imsi).encode()
