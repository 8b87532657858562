"""The link to a card in a reader (PC/SC part 5 §3.2.5)."""

from __future__ import annotations

import time
from enum import Enum
from typing import Any, Self

from cards.errors import LinkError
from cards.pcsc.errors import ReaderError
from cards.pcsc.limits import longest_apdu

_POLLING_SECONDS = 0.4
"""How often pcsc-lite asks a reader for its card."""


class Protocol(Enum):
    """The transmission protocol asked for."""

    ANY = "any"
    T0 = "T=0"
    T1 = "T=1"


class PcscLink:
    """A `CardLink` to the card in a reader.

    After an error the link is down: `transmit` raises it again, and `reset` connects anew, also after the
    card was taken out and put back or the service was restarted. A card that was out has lost its channels
    and verified PINs, which is why nothing goes on by itself.
    """

    def __init__(
        self, scard: Any, reader: str, *, protocol: Protocol = Protocol.ANY, is_shared: bool = False
    ) -> None:
        """Connects. ReaderError if that fails. Exclusive unless `is_shared`."""
        self._scard = scard
        self.reader = reader
        self._share = scard.SCARD_SHARE_SHARED if is_shared else scard.SCARD_SHARE_EXCLUSIVE
        self._protocols = {
            Protocol.ANY: scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
            Protocol.T0: scard.SCARD_PROTOCOL_T0,
            Protocol.T1: scard.SCARD_PROTOCOL_T1,
        }[protocol]
        self._context: Any = None
        self._card: Any = None
        self._active = 0
        self._failure: int | None = None
        self.longest_apdu: int | None = None
        """Bytes of the longest command APDU that the reader takes; None if it does not say."""
        self.atr = b""
        self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def protocol(self) -> Protocol:
        """The protocol in use; ANY while the link is down."""
        scard = self._scard
        return {scard.SCARD_PROTOCOL_T0: Protocol.T0, scard.SCARD_PROTOCOL_T1: Protocol.T1}.get(
            self._active, Protocol.ANY
        )

    def transmit(self, apdu: bytes, /) -> bytes:
        """Exchange one APDU. ReaderError, or LinkError for an APDU that the reader cannot carry."""
        if self._card is None:
            raise self._down()
        if self.longest_apdu is not None and len(apdu) > self.longest_apdu:
            raise LinkError(
                f"{self.reader} takes APDUs of up to {self.longest_apdu} bytes, this has {len(apdu)}; "
                "send the data in a chain of short commands"
            )
        code, answer = self._scard.SCardTransmit(self._card, self._active, list(apdu))
        if (
            code or not answer
        ):  # some drivers answer nothing at all, and no error, where the card was just pulled
            raise self._failed(code or self._scard.SCARD_E_NOT_TRANSACTED)
        return bytes(answer)

    def reset(self, *, is_cold: bool = False) -> bytes:
        """Reset the card, warm or by taking its power away, and return its ATR. Connects again if the link is
        down."""
        if self._card is None:
            self._connect()
        scard = self._scard
        how = scard.SCARD_UNPOWER_CARD if is_cold else scard.SCARD_RESET_CARD
        code, active = scard.SCardReconnect(self._card, self._share, self._protocols, how)
        if code:
            raise self._failed(code)
        self._active = active
        return self._read_atr()

    def close(self) -> None:
        """Release card and service. A card that was held exclusively is reset, so that no verified PIN and no
        open channel is left to the next program."""
        if self._card is not None:
            scard = self._scard
            alone = self._share == scard.SCARD_SHARE_EXCLUSIVE
            scard.SCardDisconnect(self._card, scard.SCARD_RESET_CARD if alone else scard.SCARD_LEAVE_CARD)
        self._release()
        self._failure = None

    def _connect(self) -> None:
        scard = self._scard
        code, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        if code:
            self._context = None
            raise ReaderError(code)
        code, card, active = scard.SCardConnect(self._context, self.reader, self._share, self._protocols)
        if code:
            self._release()
            raise ReaderError(code, self.reader)
        self._card, self._active, self._failure = card, active, None
        self._read_atr()
        self.longest_apdu = longest_apdu(scard, card)

    def _read_atr(self) -> bytes:
        code, _, _, _, atr = self._scard.SCardStatus(self._card)
        if code:
            raise self._failed(code)
        self.atr = bytes(atr)
        return self.atr

    def _down(self) -> LinkError:
        """Why the link is down: what went wrong last, or that it was closed."""
        if self._failure is not None:
            return ReaderError(self._failure, self.reader)
        return LinkError(f"{self.reader}: the link was closed; reset it to connect again")

    def _failed(self, code: int) -> ReaderError:
        """The error, once the link is down."""
        failure = code & 0xFFFFFFFF
        if failure == self._scard.SCARD_E_NOT_TRANSACTED & 0xFFFFFFFF and self._was_removed():
            code = self._scard.SCARD_W_REMOVED_CARD
        if self._card is not None:
            self._scard.SCardDisconnect(self._card, self._scard.SCARD_LEAVE_CARD)
        self._release()
        self._failure = code
        return ReaderError(code, self.reader)

    def _was_removed(self) -> bool:
        """Whether an exchange failed because the card is gone, which the service notices a little later."""
        for _ in range(10):
            code, states = self._scard.SCardGetStatusChange(self._context, 0, [(self.reader, 0)])
            if not code and states[0][1] & self._scard.SCARD_STATE_EMPTY:
                return True
            time.sleep(_POLLING_SECONDS / 5)
        return False

    def _release(self) -> None:
        self._card, self._active = None, 0
        if self._context is not None:
            context, self._context = self._context, None
            self._scard.SCardReleaseContext(context)
