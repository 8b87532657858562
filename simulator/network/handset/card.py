"""The card in a phone: read in the order in which a phone reads it (TS 31.102 §5.1.1.2), and written to.

Every APDU is kept until the phone has told what it did with it: it is the evidence of that statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cards import files as names
from cards.apdu import CommandApdu, ResponseApdu
from cards.authentication import AuthenticationResult
from cards.errors import CardError, CardStatusError, InvalidPin, LinkError
from cards.fcp import PinStatus
from cards.identities import Iccid, Imsi, Plmn, from_card
from cards.link import CardLink
from cards.status import SW
from cards.text import TextError, decode_alpha
from cards.uicc import PIN1, Uicc
from simulator.network.handset import files
from simulator.network.handset.files import LOCATION_FILES, Listed, Location
from simulator.network.journal import Apdu, Journal, Rule
from simulator.network.nas import Protocol
from simulator.network.world.model import Rat


class ReadRow(NamedTuple):
    """A file that a phone reads, and the service of EF.UST that says whether it is there (0: always)."""

    name: str
    service: int
    clause: str


READ_ORDER: Final[tuple[ReadRow, ...]] = (
    ReadRow("EF.AD", 0, "TS 31.102 §4.2.18"),
    ReadRow("EF.UST", 0, "TS 31.102 §4.2.8"),
    ReadRow("EF.IMSI", 0, "TS 31.102 §4.2.2"),
    ReadRow("EF.ACC", 0, "TS 31.102 §4.2.15"),
    ReadRow("EF.HPPLMN", 0, "TS 31.102 §4.2.6"),
    ReadRow("EF.EHPLMN", 71, "TS 31.102 §4.2.84"),
    ReadRow("EF.LRPLMNSI", 74, "TS 31.102 §4.2.86"),
    ReadRow("EF.HPLMNWACT", 43, "TS 31.102 §4.2.54"),
    ReadRow("EF.PLMNWACT", 20, "TS 31.102 §4.2.5"),
    ReadRow("EF.OPLMNWACT", 42, "TS 31.102 §4.2.53"),
    ReadRow("EF.FPLMN", 0, "TS 31.102 §4.2.16"),
    ReadRow("EF.LOCI", 0, "TS 31.102 §4.2.17"),
    ReadRow("EF.PSLOCI", 0, "TS 31.102 §4.2.23"),
    ReadRow("EF.EPSLOCI", 85, "TS 31.102 §4.2.91"),
    ReadRow("EF.EPSNSC", 85, "TS 31.102 §4.2.92"),
    ReadRow("EF.KEYS", 0, "TS 31.102 §4.2.3"),
    ReadRow("EF.KEYSPS", 0, "TS 31.102 §4.2.4"),
    ReadRow("EF.SPN", 19, "TS 31.102 §4.2.12"),
    ReadRow("EF.GID1", 17, "TS 31.102 §4.2.10"),
    ReadRow("EF.GID2", 18, "TS 31.102 §4.2.11"),
    ReadRow("EF.DCK", 36, "TS 31.102 §4.2.49"),
)
"""What a phone reads of the USIM after the PIN, in order (TS 31.102 §5.1.1.2)."""
READ_5GS: Final = (
    ReadRow("EF.5GS3GPPLOCI", 122, "TS 31.102 §4.4.11.2"),
    ReadRow("EF.5GAUTHKEYS", 123, "TS 31.102 §4.4.11.6"),
    ReadRow("EF.SUCI_CALC_INFO", 124, "TS 31.102 §4.4.11.8"),
    ReadRow("EF.ROUTING_INDICATOR", 124, "TS 31.102 §4.4.11.11"),
)
"""The same of DF.5GS."""


@dataclass(slots=True)
class CardData:
    """What the phone knows of the card after reading it."""

    iccid: str = ""
    emergency_numbers: tuple[str, ...] = ()
    """From EF.ECC."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """File → its bytes as read, or as written since."""
    imsi: Imsi | None = None
    services: frozenset[int] = frozenset()

    @property
    def mnc_length(self) -> int:
        """From EF.AD; 2 where it says nothing (§4.2.18)."""
        data = self.contents.get("EF.AD", b"")
        length = data[3] & 0x0F if len(data) > 3 else 2
        return length if length in (2, 3) else 2

    @property
    def home(self) -> Plmn | None:
        return self.imsi.plmn(self.mnc_length) if self.imsi else None

    @property
    def homes(self) -> tuple[Plmn, ...]:
        """EF.EHPLMN by priority; the HPLMN of the IMSI where that file is not there or is empty (TS 23.122
        §1.2)."""
        listed = files.plmns(self.contents.get("EF.EHPLMN", b""))
        return listed or ((self.home,) if self.home else ())

    @property
    def access_classes(self) -> frozenset[int]:
        return files.access_classes(self.contents.get("EF.ACC", b""))

    @property
    def search_period(self) -> int | None:
        return files.search_period(self.contents.get("EF.HPPLMN", b""))

    @property
    def home_list(self) -> tuple[Listed, ...]:
        return files.listed(self.contents.get("EF.HPLMNWACT", b""))

    @property
    def user_list(self) -> tuple[Listed, ...]:
        """EF.PLMNwAcT; of a SIM without it EF.PLMNsel, with GSM before the others (TS 23.122 §4.4.3.1.1
        c)."""
        if "EF.PLMNWACT" in self.contents:
            return files.listed(self.contents["EF.PLMNWACT"])
        found = files.plmns(self.contents.get("EF.PLMNSEL", b""))
        return tuple(Listed(plmn, (Rat.GERAN, Rat.UTRAN)) for plmn in found)

    @property
    def operator_list(self) -> tuple[Listed, ...]:
        return files.listed(self.contents.get("EF.OPLMNWACT", b""))

    @property
    def forbidden(self) -> tuple[Plmn, ...]:
        return files.plmns(self.contents.get("EF.FPLMN", b""))

    def location(self, protocol: Protocol) -> Location:
        row = LOCATION_FILES[protocol]
        return files.read_location(row, self.contents.get(row.name, b""))

    @property
    def registered(self) -> Plmn | None:
        """The network of the last registration: of the newest technology whose file says UPDATED, else of one
        that has an area."""
        newest = (Protocol.FIVE_GMM, Protocol.EMM, Protocol.GMM, Protocol.MM)
        known = [location for protocol in newest if (location := self.location(protocol)).area]
        updated = [location for location in known if location.status is files.UpdateStatus.UPDATED]
        found = next(iter(updated or known), None)
        return found.area.plmn if found and found.area else None

    @property
    def provider(self) -> str:
        """EF.SPN, '' where there is none."""
        try:
            return decode_alpha(self.contents.get("EF.SPN", b"")[1:])
        except TextError:
            return ""

    def group(self, number: int) -> bytes:
        """EF.GID1 or EF.GID2, without what fills it."""
        return self.contents.get(f"EF.GID{number}", b"").rstrip(b"\xff")


class PinNeeded(Exception):  # noqa: N818 - says what the card wants
    """The card asks for its PIN; `tries` are left, 0 if it is blocked."""

    def __init__(self, tries: int, why: str) -> None:
        super().__init__(why)
        self.tries = tries


class PhoneCard:
    """The USIM as a phone uses it, over one link. `is_writable`: False for a card that nothing may change."""

    is_gsm = False
    """Whether it is a SIM of the second generation, which knows neither AUTN nor 4G."""
    order: tuple[ReadRow, ...] = (*READ_ORDER, *READ_5GS)

    def __init__(self, link: CardLink, *, is_writable: bool = True) -> None:
        self.link = link
        self.is_writable = is_writable
        self.uicc = Uicc(link, trace=self._note)
        self.data = CardData()
        self.changes: list[tuple[str, bytes, bytes]] = []
        """What was written: file, bytes before, bytes after."""
        self._notes: list[Apdu] = []
        self._directory = ""

    def _note(self, command: CommandApdu, response: ResponseApdu) -> None:
        self._notes.append(Apdu(command.to_bytes(), response.to_bytes()))

    def evidence(self) -> tuple[Apdu, ...]:
        """The APDUs since this was asked last."""
        notes, self._notes = tuple(self._notes), []
        return notes

    def start(self) -> bytes:
        """Reset; the ATR, after EF.ICCID and EF.PL were read and the USIM selected (TS 102 221 §14.1, TS
        31.102 §5.1.1.1). CardError if there is no USIM."""
        atr = self._reset()
        self.data.iccid = str(self._iccid() or "")
        self.data.contents |= self._optional("EF.PL", self._read_at_mf("EF.PL"))
        self.uicc.select(self.uicc.find_application("ADF.USIM"))
        self._directory = "ADF.USIM"
        self.data.contents |= self._optional("EF.LI", self._read("EF.LI"))
        self.data.emergency_numbers = files.emergency_numbers(self._records("EF.ECC"))
        return atr

    def _reset(self) -> bytes:
        self.data, self._directory = CardData(), ""
        return self.link.reset()

    def _records(self, name: str) -> list[bytes]:
        try:
            self.uicc.select(names.file_identifier(name, self._directory))
            return self.uicc.read_records()
        except CardStatusError:
            return []

    def _iccid(self) -> Iccid | None:
        data = self._read_at_mf("EF.ICCID")
        return from_card(Iccid, data) if data else None

    def _read_at_mf(self, name: str) -> bytes | None:
        self.uicc.select(names.MF)
        return self._read(name, "MF")

    @staticmethod
    def _optional(name: str, data: bytes | None) -> dict[str, bytes]:
        return {} if data is None else {name: data}

    def verify(self, pin: str | None) -> None:
        """User verification, if PIN 1 is enabled (TS 31.102 §5.1.1.2). PinNeeded if it is wrong or not
        given."""
        if not any(status.reference == PIN1 and status.enabled for status in self._usim_pins()):
            return
        tries = self.uicc.pin_tries(PIN1)
        if pin is None or not tries:
            why = "PIN 1 is asked for" if tries else "PIN 1 is blocked and has to be unblocked with the PUK"
            raise PinNeeded(tries, why)
        try:
            self.uicc.verify_pin(PIN1, pin)
        except InvalidPin as error:
            raise PinNeeded(error.remaining, str(error)) from None

    def _usim_pins(self) -> tuple[PinStatus, ...]:
        return self.uicc.select(names.CURRENT_ADF).pins

    def read(self, row: ReadRow) -> bytes | None:
        """Read one file of the USIM, or of its DF.5GS. None if it is not on the card, or not for
        everybody."""
        data = self._read(row.name)
        if data is not None:
            self.data.contents[row.name] = data
            if row.name == "EF.IMSI":
                self.data.imsi = from_card(Imsi, data)
            if row.name == "EF.UST":
                self.data.services = files.service_numbers(data)
        return data

    def read_all(self, journal: Journal) -> None:
        """Read what a phone reads, each with an event in the journal. CardError if there is no IMSI."""
        text = f"the phone finds the card {self.data.iccid}"
        rule = Rule("TS 31.102 §5.1.1", "the UICC is activated, and the USIM selected from EF.DIR")
        journal.tell("phone", "card found", text, *self.evidence(), rule)
        for row in self.order:
            if self.has(row):
                says = f"{row.name} read" if self.read(row) is not None else f"{row.name} is not to be had"
                rule = Rule(row.clause, f"{row.name} request")
                journal.tell("phone", "file read", says, *self.evidence(), rule)
        if self.data.imsi is None:
            raise CardError("the card gives no IMSI")

    def has(self, row: ReadRow) -> bool:
        """Whether the service table says that the file is there; without the table, the phone tries."""
        return not row.service or row.service in self.data.services

    def write(self, name: str, data: bytes) -> bool:
        """Write a file that was read, of records the first. False where the card does not have it, does not
        let the phone, or holds that already."""
        if not self.is_writable or name not in self.data.contents:
            return False
        # Behind what is written, the file is filled.
        data = data[: len(self.data.contents[name])].ljust(len(self.data.contents[name]), b"\xff")
        if self.data.contents[name] == data:
            return False
        try:
            self._update(name, data)
        except CardStatusError:
            return False
        self.changes.append((name, self.data.contents[name], data))
        self.data.contents[name] = data
        return True

    def _update(self, name: str, data: bytes) -> None:
        self._enter(name)
        self.uicc.select(names.file_identifier(name, self._directory))
        if self._is_record:
            self.uicc.update_record(1, data)
        else:
            self.uicc.update_binary(data)

    def get_identity(self) -> bytes:
        """GET IDENTITY in SUCI context (TS 31.102 §7.5): the template 'A1'."""
        self._enter("")
        answer = self.uicc.session.send(0x78, 0, 1, b"", 256, cla=0x80, doing="GET IDENTITY")
        return answer.data

    def authenticate(self, rand: bytes, autn: bytes) -> AuthenticationResult:
        """AUTHENTICATE in the USIM. CardStatusError, 9862 for a wrong MAC."""
        self._enter("")
        return self.uicc.authenticate(rand, autn)

    def authenticate_gsm(self, rand: bytes) -> AuthenticationResult:
        self._enter("")
        return self.uicc.authenticate_gsm(rand)

    def _read(self, name: str, directory: str = "") -> bytes | None:
        try:
            if not directory:
                self._enter(name)
            self.uicc.select(names.file_identifier(name, directory or self._directory))
            return self.uicc.read_record(1) if self._is_record else self.uicc.read_binary()
        except LinkError:
            raise
        except CardStatusError as error:
            if error.sw in (SW.FILE_NOT_FOUND, SW.SECURITY_STATUS_NOT_SATISFIED, SW.CONDITIONS_NOT_SATISFIED):
                return None
            raise

    @property
    def _is_record(self) -> bool:
        """Whether the selected file has records, of which a phone uses the first."""
        return self.uicc.selected is not None and self.uicc.selected.structure == "linear fixed"

    def _enter(self, name: str) -> None:
        """Make the directory of a file current: the USIM's, or DF.5GS in it."""
        wanted = "DF.5GS" if name in names.TREE["DF.5GS"] else "ADF.USIM"
        if wanted == self._directory or not self._directory:
            return
        self.uicc.select(names.CURRENT_ADF)
        if wanted == "DF.5GS":
            self.uicc.select(names.TREE["ADF.USIM"]["DF.5GS"])
        self._directory = wanted
