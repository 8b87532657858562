"""The phone's side of the toolkit: it tells the card where it is, and hears when the card wants to be read
anew (TS 102 223 §6.4.7, §6.4.15, §7.5.4)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from cards.errors import CardStatusError
from cards.proactive import (
    PERFORMED,
    REFRESH,
    ProactiveCommand,
    Reply,
    Responder,
    ToolkitTerminal,
    location_information,
)
from cards.session import CardSession
from cards.toolkit import TYPES, DataObject, Event, Tag, first_of
from simulator.network.air import Cell
from simulator.network.handset.files import Listed, listed

NORMAL, LIMITED, NONE = 0x00, 0x01, 0x02
"""Location status (TS 102 223 §8.27)."""
STEERING = 0x07
"""Mode of REFRESH for steering of roaming (TS 31.111 §6.4.7)."""
_PLMN_LIST = 0x72
"""PLMNwAcT list (TS 31.111 §8.90)."""
_LIMITED_SERVICE = 0x06
_UNABLE_NO_SERVICE = 0x20
_LOCATION = 0x00


class PhoneToolkit:
    """A terminal whose answers come from the phone; what else the card wants is `respond`'s."""

    def __init__(
        self, session: CardSession, where: Callable[[], tuple[Cell | None, int]], respond: Responder
    ) -> None:
        self._where, self._respond = where, respond
        self.terminal = ToolkitTerminal(session, self._answer)
        self.events: frozenset[int] = frozenset()
        """What the card asked to be told of."""
        self.refresh: int | None = None
        """Mode of a REFRESH that the phone has not followed yet (§8.6)."""
        self.steered: tuple[Listed, ...] = ()
        """The list that came with the last REFRESH for steering of roaming."""
        self._told: tuple[int, object] | None = None

    def start(self) -> None:
        """TERMINAL PROFILE, and whatever the card wants then."""
        with suppress(CardStatusError):  # a card without a toolkit
            self.terminal.start()

    def tell_location(self) -> bool:
        """EVENT DOWNLOAD of the location status, if the card wants it and it is another one than it was told.
        Whether it was told."""
        cell, status = self._where()
        now = (status, (cell.plmn, cell.area) if cell and status == NORMAL else None)
        if Event.LOCATION_STATUS not in self.events or now == self._told:
            return False
        self._told = now
        objects = [DataObject(Tag.LOCATION_STATUS, bytes((status,)))]
        if cell and status == NORMAL:
            objects.append(location_information(cell.plmn.to_bytes(), cell.area & 0xFFFF, cell.identity))
        with suppress(CardStatusError):
            self.terminal.event(Event.LOCATION_STATUS, objects)
        return True

    def wants(self) -> int | None:
        """The mode of a REFRESH that came, once; 4 (UICC reset) also where the card asked for that."""
        mode, self.refresh = self.refresh, None
        if self.terminal.wants_reset:
            self.terminal.wants_reset = False
            return 4
        return mode

    def _answer(self, command: ProactiveCommand) -> Reply:
        if command.type == REFRESH:
            self.refresh = command.qualifier
            if command.qualifier == STEERING:
                self.steered = listed(first_of(command.objects, _PLMN_LIST) or b"")
            return PERFORMED
        if command.type == TYPES["SET UP EVENT LIST"]:
            self.events = frozenset(first_of(command.objects, Tag.EVENT_LIST) or b"")
            return PERFORMED
        if command.type == TYPES["PROVIDE LOCAL INFORMATION"] and command.qualifier == _LOCATION:
            return self._location()
        return self._respond(command)

    def _location(self) -> Reply:
        """§6.4.15: with a cell in limited service as well; 'no service' without one."""
        cell, status = self._where()
        if cell is None:
            return Reply(_UNABLE_NO_SERVICE)
        where = location_information(cell.plmn.to_bytes(), cell.area & 0xFFFF, cell.identity)
        return Reply(_LIMITED_SERVICE if status == LIMITED else 0x00, (where,))
