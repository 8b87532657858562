"""A SIM of the second generation in a phone: class 'A0', files in DF.GSM, RUN GSM ALGORITHM (TS 51.011 §9.2,
§10, §11)."""

from __future__ import annotations

from typing import Final

from cards import files as names
from cards.apdu import SHORT_DATA_LIMIT, SHORT_LE_LIMIT, CommandApdu
from cards.authentication import AuthenticationResult
from cards.errors import CardError, CardProtocolError, CardStatusError, LinkError
from cards.identities import Iccid, Imsi, from_card
from cards.status import StatusWord
from cards.uicc import pad_pin
from simulator.network.handset.card import PhoneCard, PinNeeded, ReadRow

CLA: Final = 0xA0
SELECT, READ_BINARY, UPDATE_BINARY, VERIFY_CHV, RUN_GSM = 0xA4, 0xB0, 0xD6, 0x20, 0x88
DF_GSM: Final = 0x7F20
CHV1: Final = 0x01
_AT_DF_GSM: Final = {"EF.PSLOCI": "EF.LOCIGPRS"}
"""What files are called there, where it is another name for the same content."""
_SRES, _KC = 4, 8

GSM_READ_ORDER: Final[tuple[ReadRow, ...]] = (
    ReadRow("EF.AD", 0, "TS 51.011 §10.3.18"),
    ReadRow("EF.IMSI", 0, "TS 51.011 §10.3.2"),
    ReadRow("EF.ACC", 0, "TS 51.011 §10.3.15"),
    ReadRow("EF.HPPLMN", 0, "TS 51.011 §10.3.5"),
    ReadRow("EF.PLMNSEL", 0, "TS 51.011 §10.3.4"),
    ReadRow("EF.PLMNWACT", 0, "TS 51.011 §10.3.35"),
    ReadRow("EF.OPLMNWACT", 0, "TS 51.011 §10.3.36"),
    ReadRow("EF.HPLMNWACT", 0, "TS 51.011 §10.3.37"),
    ReadRow("EF.FPLMN", 0, "TS 51.011 §10.3.16"),
    ReadRow("EF.LOCI", 0, "TS 51.011 §10.3.17"),
    ReadRow("EF.PSLOCI", 0, "TS 51.011 §10.3.33"),
    ReadRow("EF.KC", 0, "TS 51.011 §10.3.3"),
    ReadRow("EF.SPN", 0, "TS 51.011 §10.3.11"),
    ReadRow("EF.GID1", 0, "TS 51.011 §10.3.8"),
    ReadRow("EF.GID2", 0, "TS 51.011 §10.3.9"),
)
"""What a phone reads of a SIM after CHV1 (TS 51.011 §11.2.1); it tries each, for the service table is another
one than that of a USIM."""


class GsmCard(PhoneCard):
    """The SIM as a phone uses it. Contents go by the names of the USIM where both have the file."""

    is_gsm = True
    order = GSM_READ_ORDER

    def start(self) -> bytes:
        """Reset; the ATR, after EF.ICCID was read and DF.GSM selected. CardError if there is none."""
        atr = self._reset()
        self._select(names.MF)
        data = self._read_at("EF.ICCID", "MF")
        self.data.iccid = str(from_card(Iccid, data)) if data else ""
        answer = self._select(DF_GSM)
        # Byte 14 of the answer: b8 says that CHV1 is disabled (§9.2.1).
        self._asks_chv = len(answer) > 13 and not answer[13] & 0x80
        self._tries = answer[18] & 0x0F if len(answer) > 18 else 3
        return atr

    def verify(self, pin: str | None) -> None:
        """CHV1, if it is enabled (§11.3.1). PinNeeded if it is wrong or not given."""
        if not self._asks_chv:
            return
        if pin is None or not self._tries:
            raise PinNeeded(self._tries, "CHV1 is asked for" if self._tries else "CHV1 is blocked")
        sw = self._send(VERIFY_CHV, 0, CHV1, pad_pin(pin))
        if not sw.is_success:
            raise PinNeeded(self._tries - 1, f"CHV1 is wrong, {self._tries - 1} tries are left")

    def read(self, row: ReadRow) -> bytes | None:
        data = self._read_at(_AT_DF_GSM.get(row.name, row.name), "DF.GSM")
        if data is not None:
            self.data.contents[row.name] = data
            if row.name == "EF.IMSI":
                self.data.imsi = from_card(Imsi, data)
        return data

    def authenticate(self, rand: bytes, autn: bytes) -> AuthenticationResult:
        """A SIM knows no AUTN: the same as in a GSM network."""
        return self.authenticate_gsm(rand)

    def authenticate_gsm(self, rand: bytes) -> AuthenticationResult:
        """RUN GSM ALGORITHM (§9.2.16): SRES and Kc."""
        command = CommandApdu(CLA, RUN_GSM, 0, 0, rand)
        response = self.uicc.session.transmit(command)
        if not response.sw.is_success:
            raise CardStatusError(response.sw, command, "RUN GSM ALGORITHM")
        if len(response.data) != _SRES + _KC:
            raise CardProtocolError(f"RUN GSM ALGORITHM answered {len(response.data)} bytes, not 12")
        return AuthenticationResult(res=response.data[:_SRES], kc=response.data[_SRES:])

    def _update(self, name: str, data: bytes) -> None:
        self._select(names.TREE["DF.GSM"][_AT_DF_GSM.get(name, name)])
        for at in range(0, len(data), SHORT_DATA_LIMIT):
            piece = data[at : at + SHORT_DATA_LIMIT]
            command = CommandApdu(CLA, UPDATE_BINARY, at >> 8, at & 0xFF, piece)
            sw = self.uicc.session.transmit(command).sw
            if not sw.is_success:
                raise CardStatusError(sw, command, f"writing {name}")

    def _read_at(self, name: str, directory: str) -> bytes | None:
        fid = names.TREE[directory].get(name)
        if fid is None:
            return None
        try:
            answer = self._select(fid)
        except CardStatusError:
            return None
        size = int.from_bytes(answer[2:4], "big")
        command = CommandApdu(CLA, READ_BINARY, 0, 0, le=min(size, SHORT_LE_LIMIT))
        response = self.uicc.session.transmit(command)
        return response.data if response.sw.is_success else None

    def _select(self, fid: int) -> bytes:
        command = CommandApdu(CLA, SELECT, 0, 0, fid.to_bytes(2, "big"))
        response = self.uicc.session.transmit(command)
        if not response.sw.is_success:
            raise CardStatusError(response.sw, command, f"selecting {fid:04X}")
        return response.data

    def _send(self, ins: int, p1: int, p2: int, data: bytes) -> StatusWord:
        return self.uicc.session.transmit(CommandApdu(CLA, ins, p1, p2, data)).sw


def started(card: PhoneCard) -> PhoneCard:
    """The card after its reset: with a USIM, or else as a SIM (TS 31.101 annex A). CardError of the USIM if
    it is neither."""
    try:
        card.start()
    except LinkError:
        raise
    except CardError as error:
        sim = GsmCard(card.link, is_writable=card.is_writable)
        try:
            sim.start()
        except LinkError:
            raise
        except CardError:
            raise error from None
        return sim
    return card
