"""What the PC/SC service answers, and what to do about it (PC/SC part 5 §3.1; numbers as in pcsclite.h and
winscard.h)."""

from __future__ import annotations

from typing import Final, NamedTuple

from cards.errors import LinkError
from cards.pcsc.daemon import is_forbidden


class Row(NamedTuple):
    """A return code: its name, what happened, and what to do."""

    code: int
    name: str
    what: str
    advice: str


_AGAIN = "try again"
_OURS = "report it with what `esim --debug …` prints"
_SERVICE = "restart the PC/SC service (`systemctl restart pcscd`)"
_START = "start it with `systemctl start pcscd`, or run `pcscd`"
_LOG = "look into the log of pcscd"
_INSERT = "insert a card, or name another reader; see `esim reader list`"
_CONTACTS = "take the card out, clean its contacts, and insert it again the right way round"
_ANOTHER = "try another reader"

ROWS: Final = (
    Row(0x80100001, "SCARD_F_INTERNAL_ERROR", "the PC/SC service failed inside", _SERVICE),
    Row(0x80100002, "SCARD_E_CANCELLED", "waiting was cancelled", _AGAIN),
    Row(0x80100003, "SCARD_E_INVALID_HANDLE", "the connection to the reader is lost", "connect again"),
    Row(0x80100004, "SCARD_E_INVALID_PARAMETER", "the PC/SC service was called wrongly", _OURS),
    Row(0x80100005, "SCARD_E_INVALID_TARGET", "the PC/SC service is set up wrongly", "install it again"),
    Row(0x80100006, "SCARD_E_NO_MEMORY", "the PC/SC service has no memory left", "end other programs"),
    Row(0x80100007, "SCARD_F_WAITED_TOO_LONG", "the PC/SC service waited too long", _SERVICE),
    Row(0x80100008, "SCARD_E_INSUFFICIENT_BUFFER", "the answer is longer than expected", "ask for less"),
    Row(0x80100009, "SCARD_E_UNKNOWN_READER", "there is no reader of that name", "see `esim reader list`"),
    Row(0x8010000A, "SCARD_E_TIMEOUT", "nothing happened in time", _AGAIN),
    Row(
        0x8010000B, "SCARD_E_SHARING_VIOLATION", "another program uses the card",
        "end that program, or connect shared with --shared if it shares",
    ),
    Row(0x8010000C, "SCARD_E_NO_SMARTCARD", "there is no card in the reader", _INSERT),
    Row(0x8010000D, "SCARD_E_UNKNOWN_CARD", "the card is not known to the system", _ANOTHER),
    Row(0x8010000E, "SCARD_E_CANT_DISPOSE", "the card cannot be released as asked", "take the card out"),
    Row(
        0x8010000F, "SCARD_E_PROTO_MISMATCH", "the card does not speak the protocol asked for",
        "leave out --protocol; the ATR says which ones it speaks",
    ),
    Row(0x80100010, "SCARD_E_NOT_READY", "the reader or card is not ready", "wait a second and try again"),
    Row(0x80100011, "SCARD_E_INVALID_VALUE", "the PC/SC service was called with a wrong value", _OURS),
    Row(0x80100012, "SCARD_E_SYSTEM_CANCELLED", "the system is shutting down", "try again afterwards"),
    Row(0x80100013, "SCARD_F_COMM_ERROR", "the PC/SC service does not answer any more", _SERVICE),
    Row(0x80100014, "SCARD_F_UNKNOWN_ERROR", "the PC/SC service failed without saying why", _LOG),
    Row(0x80100015, "SCARD_E_INVALID_ATR", "the card's answer to reset is invalid", _CONTACTS),
    Row(
        0x80100016, "SCARD_E_NOT_TRANSACTED", "the reader could not exchange the APDU with the card",
        "check that card and reader support its length and protocol, then try again",
    ),
    Row(0x80100017, "SCARD_E_READER_UNAVAILABLE", "the reader was unplugged", "plug the reader in again"),
    Row(0x80100018, "SCARD_P_SHUTDOWN", "the PC/SC service is shutting down", _START),
    Row(0x80100019, "SCARD_E_PCI_TOO_SMALL", "the PC/SC service was called wrongly", _OURS),
    Row(0x8010001A, "SCARD_E_READER_UNSUPPORTED", "the driver does not support the reader", _ANOTHER),
    Row(0x8010001B, "SCARD_E_DUPLICATE_READER", "two readers have one name", "unplug one of them"),
    Row(0x8010001C, "SCARD_E_CARD_UNSUPPORTED", "the reader does not support the card", _ANOTHER),
    Row(0x8010001D, "SCARD_E_NO_SERVICE", "the PC/SC service does not run", _START),
    Row(0x8010001E, "SCARD_E_SERVICE_STOPPED", "the PC/SC service was stopped", _START),
    Row(0x8010001F, "SCARD_E_UNSUPPORTED_FEATURE", "the reader cannot do that", _ANOTHER),
    Row(0x80100020, "SCARD_E_ICC_INSTALLATION", "no provider is installed for the card", _LOG),
    Row(0x80100021, "SCARD_E_ICC_CREATEORDER", "objects cannot be made in the order asked for", _OURS),
    Row(0x80100022, "SCARD_E_UNSUPPORTED_FEATURE", "the card cannot do that", _ANOTHER),
    Row(0x80100023, "SCARD_E_DIR_NOT_FOUND", "the card has no such directory", _LOG),
    Row(0x80100024, "SCARD_E_FILE_NOT_FOUND", "the card has no such file", _LOG),
    Row(0x80100025, "SCARD_E_NO_DIR", "the path on the card leads to no directory", _LOG),
    Row(0x80100026, "SCARD_E_NO_FILE", "the path on the card leads to no file", _LOG),
    Row(0x80100027, "SCARD_E_NO_ACCESS", "access to the card or reader is denied", "ask who set it up"),
    Row(0x80100028, "SCARD_E_WRITE_TOO_MANY", "the card has no room for so much", "write less"),
    Row(0x80100029, "SCARD_E_BAD_SEEK", "a place on the card does not exist", _OURS),
    Row(0x8010002A, "SCARD_E_INVALID_CHV", "the PIN is invalid", "check it before you try again"),
    Row(0x8010002B, "SCARD_E_UNKNOWN_RES_MNG", "the PC/SC service failed without a known reason", _SERVICE),
    Row(0x8010002C, "SCARD_E_NO_SUCH_CERTIFICATE", "the certificate asked for does not exist", _LOG),
    Row(0x8010002D, "SCARD_E_CERTIFICATE_UNAVAILABLE", "the certificate cannot be read", _LOG),
    Row(
        0x8010002E, "SCARD_E_NO_READERS_AVAILABLE", "there is no reader",
        "plug one in, or plug in a simulated card with `esim reader plug`",
    ),
    Row(0x8010002F, "SCARD_E_COMM_DATA_LOST", "bytes between reader and card were lost", _CONTACTS),
    Row(0x80100030, "SCARD_E_NO_KEY_CONTAINER", "the key container asked for does not exist", _LOG),
    Row(0x80100031, "SCARD_E_SERVER_TOO_BUSY", "the PC/SC service has too much to do", "wait and try again"),
    Row(0x80100065, "SCARD_W_UNSUPPORTED_CARD", "the reader cannot talk to this card", _ANOTHER),
    Row(0x80100066, "SCARD_W_UNRESPONSIVE_CARD", "the card does not answer to reset", _CONTACTS),
    Row(0x80100067, "SCARD_W_UNPOWERED_CARD", "the card has no power", "take it out and insert it again"),
    Row(
        0x80100068, "SCARD_W_RESET_CARD", "another program has reset the card, and what was selected is lost",
        "start again, without --shared to have the card alone",
    ),
    Row(0x80100069, "SCARD_W_REMOVED_CARD", "the card was removed", "insert it and start again"),
    Row(
        0x8010006A, "SCARD_W_SECURITY_VIOLATION", "you are not allowed to use the reader",
        "ask the administrator for a polkit rule for org.debian.pcsc-lite.access_card, or work as root",
    ),
    Row(0x8010006B, "SCARD_W_WRONG_CHV", "the PIN is wrong", "check it before you try again"),
    Row(0x8010006C, "SCARD_W_CHV_BLOCKED", "the PIN is blocked", "unblock it with the PUK"),
    Row(0x8010006D, "SCARD_W_EOF", "the end of the file was reached", _OURS),
    Row(0x8010006E, "SCARD_W_CANCELLED_BY_USER", "the user cancelled it", _AGAIN),
    Row(0x8010006F, "SCARD_W_CARD_NOT_AUTHENTICATED", "the card asks for a PIN first", "verify the PIN"),
)  # fmt: skip
_BY_CODE: Final = {row.code: row for row in ROWS}


class ReaderError(LinkError):
    """The PC/SC service, a reader or its card refused; `code` and `name` are those of PC/SC."""

    def __init__(self, code: int, doing: str = "") -> None:
        self.code = code & 0xFFFFFFFF
        row = _BY_CODE.get(self.code) or Row(
            self.code, f"0x{self.code:08X}", f"the PC/SC service answered 0x{self.code:08X}", _LOG
        )
        self.name = row.name
        what, advice = row.what, row.advice
        if row.name == "SCARD_E_NO_SERVICE" and is_forbidden():
            what, advice = "you are not allowed to call the PC/SC service", "ask the administrator for it"
        super().__init__(
            f"{doing}: {what} ({row.name}); {advice}" if doing else f"{what} ({row.name}); {advice}"
        )
