"""Keeps commands away from a real card that could change or block it, unless the user has named that card.

A card in a reader may be somebody's only one. What passes is the table of commands that only read, and ES10
functions that only read; everything else changes a card, or might: a wrong PIN counts, an unknown instruction
may do anything. The user allows it for one card, by its ICCID or EID.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cards.apdu import CommandApdu, ResponseApdu
from cards.errors import CardError, LinkError
from cards.identities import Eid, Iccid
from cards.link import CardLink
from cards.processors import Direct, Processor, StoreData

FIRST_BLOCK = 0


class Row(NamedTuple):
    """An instruction or ES10 function: its name, the clause that defines it, and what it would do ('' : it
    reads)."""

    name: str
    clause: str
    harm: str = ""


_COUNTS = "a wrong value costs a try, and the last one blocks the card"
_WRITES = "it changes what the card stores"
_FOR_GOOD = "it cannot be taken back"
_TOOLKIT = "it sets toolkit applications going, which may change the card"

INSTRUCTIONS: Final[dict[int, Row]] = {
    0xA4: Row("SELECT", "TS 102 221 §11.1.1"),
    0xF2: Row("STATUS", "TS 102 221 §11.1.2"),
    0xB0: Row("READ BINARY", "TS 102 221 §11.1.3"),
    0xB2: Row("READ RECORD", "TS 102 221 §11.1.5"),
    0xA2: Row("SEARCH RECORD", "TS 102 221 §11.1.7"),
    0xC0: Row("GET RESPONSE", "TS 102 221 §12.1.1"),
    0x70: Row("MANAGE CHANNEL", "TS 102 221 §11.1.17"),
    0x84: Row("GET CHALLENGE", "TS 102 221 §11.1.18"),
    0xAA: Row("TERMINAL CAPABILITY", "TS 102 221 §11.1.19"),
    0x78: Row("GET IDENTITY", "TS 31.102 §7.5"),
    0xCB: Row("RETRIEVE DATA", "TS 102 221 §11.3.1"),
    0x12: Row("FETCH", "TS 102 221 §11.2.3"),
    0xCA: Row("GET DATA", "GP Card Specification §11.3"),
    0xFA: Row("SLEEP", "TS 51.011 §9.2.17"),
    0xD6: Row("UPDATE BINARY", "TS 102 221 §11.1.4", _WRITES),
    0xDC: Row("UPDATE RECORD", "TS 102 221 §11.1.6", _WRITES),
    0xDB: Row("SET DATA", "TS 102 221 §11.3.2", _WRITES),
    0x32: Row("INCREASE", "TS 102 221 §11.1.8", _WRITES),
    0x20: Row("VERIFY PIN", "TS 102 221 §11.1.9", _COUNTS),
    0x24: Row("CHANGE PIN", "TS 102 221 §11.1.10", _COUNTS),
    0x26: Row("DISABLE PIN", "TS 102 221 §11.1.11", _COUNTS),
    0x28: Row("ENABLE PIN", "TS 102 221 §11.1.12", _COUNTS),
    0x2C: Row("UNBLOCK PIN", "TS 102 221 §11.1.13", _COUNTS),
    0x04: Row("DEACTIVATE FILE", "TS 102 221 §11.1.14", _WRITES),
    0x44: Row("ACTIVATE FILE", "TS 102 221 §11.1.15", _WRITES),
    0x88: Row(
        "AUTHENTICATE", "TS 102 221 §11.1.16",
        "it moves the sequence number on, and some cards count wrong challenges and block",
    ),
    0x89: Row(
        "AUTHENTICATE", "TS 102 221 §11.1.16",
        "it moves the sequence number on, and some cards count wrong challenges and block",
    ),
    0x76: Row("SUSPEND UICC", "TS 102 221 §11.1.22", "it puts the card to sleep"),
    0x10: Row("TERMINAL PROFILE", "TS 102 221 §11.2.1", _TOOLKIT),
    0xC2: Row("ENVELOPE", "TS 102 221 §11.2.2", _TOOLKIT),
    0x14: Row("TERMINAL RESPONSE", "TS 102 221 §11.2.4", _TOOLKIT),
    0xE0: Row("CREATE FILE", "TS 102 222 §6.3", _WRITES),
    0xE4: Row("DELETE", "TS 102 222 §6.4, GP Card Specification §11.2", _FOR_GOOD),
    0xE6: Row("TERMINATE DF or INSTALL", "TS 102 222 §6.7, GP Card Specification §11.5", _FOR_GOOD),
    0xE8: Row("TERMINATE EF or LOAD", "TS 102 222 §6.8, GP Card Specification §11.6", _FOR_GOOD),
    0xFE: Row("TERMINATE CARD USAGE", "TS 102 222 §6.9", _FOR_GOOD),
    0xD4: Row("RESIZE FILE", "TS 102 222 §6.10", _WRITES),
    0xD8: Row("PUT KEY", "GP Card Specification §11.8", _WRITES),
    0xF0: Row("SET STATUS", "GP Card Specification §11.10", _FOR_GOOD),
    0x50: Row("INITIALIZE UPDATE", "GP Card Specification §E.5.1", _COUNTS),
    0x82: Row("EXTERNAL AUTHENTICATE", "GP Card Specification §E.5.2", _COUNTS),
    0xE2: Row("STORE DATA or APPEND RECORD", "GP Card Specification §11.11", _WRITES),
}  # fmt: skip
"""INS → what it is. A command that is not here might do anything."""

_SUSPENSION, _GET_RESPONSE = 0x76, 0xC0
_COUNTERS: Final = frozenset({0x20, 0x2C})
"""Without data these two only ask how many tries are left (TS 102 221 §11.1.9.2, §11.1.13.2)."""

_DOWNLOAD = "it is a step of an installation"
_SWITCH = "it switches profiles, and the line may go dead"

ES10: Final[dict[int, Row]] = {
    0xBF20: Row("GetEUICCInfo1", "SGP.22 §5.7.8"),
    0xBF22: Row("GetEUICCInfo2", "SGP.22 §5.7.8"),
    0xBF28: Row("ListNotification", "SGP.22 §5.7.9"),
    0xBF2B: Row("RetrieveNotificationsList", "SGP.22 §5.7.10"),
    0xBF2D: Row("GetProfilesInfo", "SGP.22 §5.7.15"),
    0xBF2E: Row("GetEUICCChallenge", "SGP.22 §5.7.7"),
    0xBF38: Row("AuthenticateServer", "SGP.22 §5.7.13"),
    0xBF3C: Row("GetEuiccConfiguredAddresses", "SGP.22 §5.7.3"),
    0xBF3E: Row("GetEUICCData", "SGP.22 §5.7.20"),
    0xBF41: Row("CancelSession", "SGP.22 §5.7.14"),
    0xBF43: Row("GetRAT", "SGP.22 §5.7.22"),
    0xBF55: Row("GetEimConfigurationData", "SGP.32 §5.9.18"),
    0xBF56: Row("GetCerts", "SGP.32 §5.9.10"),
    0xBF21: Row("PrepareDownload", "SGP.22 §5.7.5", _DOWNLOAD),
    0xBF36: Row("LoadBoundProfilePackage", "SGP.22 §5.7.6", _DOWNLOAD),
    0xBF30: Row(
        "RemoveNotificationFromList", "SGP.22 §5.7.11", "the server of the profile would never hear of it"
    ),
    0xBF35: Row("LoadCRL", "SGP.22 §5.7.12", _WRITES),
    0xBF29: Row("SetNickname", "SGP.22 §5.7.21", _WRITES),
    0xBF31: Row("EnableProfile", "SGP.22 §5.7.16", _SWITCH),
    0xBF32: Row("DisableProfile", "SGP.22 §5.7.17", _SWITCH),
    0xBF33: Row("DeleteProfile", "SGP.22 §5.7.18", _FOR_GOOD),
    0xBF34: Row("eUICCMemoryReset", "SGP.22 §5.7.19", _FOR_GOOD),
    0xBF3F: Row("SetDefaultDpAddress", "SGP.22 §5.7.4", _WRITES),
}
"""Tag of a STORE DATA message to the ISD-R → what it is."""


class Protection:
    """A processor that passes what only reads, and all the rest if the card `is_allowed`."""

    def __init__(self, following: Processor, *, is_allowed: bool = False) -> None:
        self._following = following
        self.is_allowed = is_allowed
        self._reading: dict[int, bool] = {}
        """Class byte → whether the STORE DATA message that runs there only reads; its further blocks follow
        it."""

    def transmit(self, command: CommandApdu, /) -> ResponseApdu:
        """Raises `Protected` for what is kept away."""
        if not self.is_allowed and (row := self._danger(command)):
            raise Protected(row)
        return self._following.transmit(command)

    def _danger(self, command: CommandApdu) -> Row | None:
        if command.ins == StoreData.INS and command.cla & 0x80:
            return self._danger_of_message(command)
        row = INSTRUCTIONS.get(command.ins)
        if row is None:
            return Row(
                f"instruction '{command.ins:02X}'", "no clause known here", "nobody knows what it does"
            )
        if not row.harm or (command.ins in _COUNTERS and not command.data):
            return None
        return row

    def _danger_of_message(self, command: CommandApdu) -> Row | None:
        if command.p2 == FIRST_BLOCK:
            row = ES10.get(int.from_bytes(command.data[:2], "big"), INSTRUCTIONS[StoreData.INS])
            self._reading[command.cla] = not row.harm
            return row if row.harm else None
        return None if self._reading.get(command.cla) else INSTRUCTIONS[StoreData.INS]


class Protected(CardError):  # noqa: N818 - says what the card is
    """A command was not sent, for it could change or block a card that the user has not named."""

    def __init__(self, row: Row) -> None:
        super().__init__(
            f"{row.name} ({row.clause}) was not sent: {row.harm}; to allow changes to this very card, "
            "name it with --allow-changes and its ICCID or EID"
        )
        self.row = row


class ProtectedLink:
    """A link to a card behind a `Protection`. All changes are allowed to the card that has the number
    `allowed`, an ICCID or EID; CardError if the card in the reader is another one, now or after a reset."""

    def __init__(self, link: CardLink, allowed: str = "") -> None:
        self._link = link
        self._protection = Protection(Direct(link))
        self._allowed = ""
        """The number of the card that may change: its EID, which no profile changes, or that of a plain
        SIM."""
        if allowed:
            self._allowed = _number_of(link, allowed)
            self._protection.is_allowed = True
        self._is_suspended = self._is_unidentified = False
        """Whether the last command was SUSPEND UICC; whether there was a reset since, but no RESUME."""

    def transmit(self, apdu: bytes, /) -> bytes:
        command = CommandApdu.parse(apdu)
        is_of_suspension = command.ins == _SUSPENSION
        if self._is_unidentified and not (is_of_suspension and command.p1):
            self._identify()
        response = self._protection.transmit(command)
        is_done = response.sw.sw1 in (0x90, 0x61)
        if is_done:
            self._is_unidentified = False
        if command.ins != _GET_RESPONSE:
            self._is_suspended = is_of_suspension and is_done and not command.p1
        return response.to_bytes()

    def reset(self) -> bytes:
        """Reset the card. It may have been exchanged since: only the one that was named may change. One that
        was suspended is not asked: RESUME must come first, and only this card takes the token (TS 102 221
        §11.1.22)."""
        if self._allowed and self._is_suspended:
            self._is_suspended, self._is_unidentified = False, True
        elif self._allowed:
            self._identify()
        return self._link.reset()

    def _identify(self) -> None:
        self._protection.is_allowed = False
        _number_of(self._link, self._allowed)
        self._protection.is_allowed = True
        self._is_unidentified = False

    def close(self) -> None:
        self._link.close()


def _number_of(link: CardLink, allowed: str) -> str:
    """The EID of the card here, or the ICCID if it has none; CardError if it is not the one that is
    allowed."""
    wanted = "".join(allowed.split()).replace("-", "")
    link.reset()
    numbers = numbers_of(link)
    link.reset()
    if wanted not in numbers:
        known = " and ".join(numbers) or "none that can be read"
        raise CardError(f"changes are allowed to the card {allowed}, but the one here has the number {known}")
    return numbers[-1]


def numbers_of(link: CardLink) -> list[str]:
    """The numbers by which a user names a card: its ICCID, and its EID if it is an eUICC; as far as it tells
    them. LinkError if the card goes meanwhile."""
    return [str(number) for number in (_iccid(link), _eid(link)) if number]


def _iccid(link: CardLink) -> Iccid | None:
    from cards.gsm import card_on

    try:
        return card_on(link).read_iccid()
    except LinkError:
        raise
    except CardError:
        return None


def _eid(link: CardLink) -> Eid | None:
    from cards.isdr import Isdr

    try:
        with Isdr(link) as isdr:
            return isdr.get_eid()
    except LinkError:
        raise
    except CardError:
        return None
