"""Status words: one table, named and cited (TS 102 221 §10.2, TS 31.102 §7.3, ISO/IEC 7816-4 §5.6)."""

from __future__ import annotations

from typing import Final, NamedTuple


class StatusMeaning(NamedTuple):
    """One row of the table: name as used in code, meaning in words, and the clause that says so."""

    name: str
    meaning: str
    clause: str


_UICC = "TS 102 221 §10.2.1"
_USIM = "TS 31.102 §7.3.1"
_ISO = "ISO/IEC 7816-4 §5.6"
_GSM = "TS 51.011 §9.4"
_GP = "GP Card Specification §11.1.3"

MEANINGS: Final[dict[int, StatusMeaning]] = {
    # Normal processing, TS 102 221 §10.2.1.1
    0x9000: StatusMeaning("OK", "normal ending of the command", f"{_UICC}.1"),
    # Postponed processing, TS 102 221 §10.2.1.2
    0x9300: StatusMeaning("TOOLKIT_BUSY", "the toolkit is busy: try again later", f"{_UICC}.2"),
    # Warnings, TS 102 221 §10.2.1.3
    0x6200: StatusMeaning("WARNING", "no information given, memory unchanged", f"{_UICC}.3"),
    0x6281: StatusMeaning("DATA_CORRUPTED", "part of the returned data may be corrupted", f"{_UICC}.3"),
    0x6282: StatusMeaning("END_OF_FILE", "end of file or record reached before Le bytes", f"{_UICC}.3"),
    0x6283: StatusMeaning("SELECTED_FILE_INVALIDATED", "the selected file is deactivated", f"{_UICC}.3"),
    0x6285: StatusMeaning("TERMINATED", "the selected file is in termination state", f"{_UICC}.3"),
    0x62F1: StatusMeaning("MORE_DATA", "more data available", f"{_UICC}.3"),
    0x62F2: StatusMeaning("MORE_DATA_PROACTIVE", "more data and a proactive command pending", f"{_UICC}.3"),
    0x62F3: StatusMeaning("RESPONSE_DATA_AVAILABLE", "response data available", f"{_UICC}.3"),
    0x6300: StatusMeaning("WARNING_CHANGED", "no information given, memory changed", f"{_ISO}"),
    0x63F1: StatusMeaning("MORE_DATA_EXPECTED", "more data expected", f"{_UICC}.3"),
    0x63F2: StatusMeaning("MORE_DATA_EXPECTED_PROACTIVE", "more data expected and a proactive command pending", f"{_UICC}.3"),
    # Execution errors, TS 102 221 §10.2.1.4
    0x6400: StatusMeaning("EXECUTION_ERROR_NO_INFO", "execution error, memory unchanged", f"{_UICC}.4"),
    0x6500: StatusMeaning("EXECUTION_ERROR_CHANGED", "execution error, memory changed", f"{_UICC}.4"),
    0x6581: StatusMeaning("MEMORY_PROBLEM", "memory problem", f"{_UICC}.4"),
    # Checking errors, TS 102 221 §10.2.1.5
    0x6700: StatusMeaning("WRONG_LENGTH", "wrong length", f"{_UICC}.5"),
    0x6B00: StatusMeaning("WRONG_P1_P2", "wrong parameters P1-P2", f"{_UICC}.5"),
    0x6D00: StatusMeaning("INS_NOT_SUPPORTED", "instruction not supported or invalid", f"{_UICC}.5"),
    0x6E00: StatusMeaning("CLA_NOT_SUPPORTED", "class not supported", f"{_UICC}.5"),
    0x6F00: StatusMeaning("TECHNICAL_PROBLEM", "technical problem, no precise diagnosis", f"{_UICC}.5"),
    # Functions in CLA not supported, TS 102 221 §10.2.1.6
    0x6800: StatusMeaning("CLA_FUNCTION_NOT_SUPPORTED", "function in CLA not supported", f"{_UICC}.6"),
    0x6881: StatusMeaning("LOGICAL_CHANNEL_NOT_SUPPORTED", "logical channel not supported", f"{_UICC}.6"),
    0x6882: StatusMeaning("SECURE_MESSAGING_NOT_SUPPORTED", "secure messaging not supported", f"{_UICC}.6"),
    0x6883: StatusMeaning("LAST_COMMAND_EXPECTED", "last command of the chain expected", f"{_ISO}"),
    0x6884: StatusMeaning("COMMAND_CHAINING_NOT_SUPPORTED", "command chaining not supported", f"{_ISO}"),
    # Command not allowed, TS 102 221 §10.2.1.7
    0x6900: StatusMeaning("COMMAND_NOT_ALLOWED", "command not allowed", f"{_UICC}.7"),
    0x6981: StatusMeaning("INCOMPATIBLE_FILE_STRUCTURE", "command incompatible with file structure", f"{_UICC}.7"),
    0x6982: StatusMeaning("SECURITY_STATUS_NOT_SATISFIED", "security status not satisfied", f"{_UICC}.7"),
    0x6983: StatusMeaning("AUTHENTICATION_METHOD_BLOCKED", "authentication or PIN method blocked", f"{_UICC}.7"),
    0x6984: StatusMeaning("REFERENCED_DATA_INVALIDATED", "referenced data invalidated", f"{_UICC}.7"),
    0x6985: StatusMeaning("CONDITIONS_NOT_SATISFIED", "conditions of use not satisfied", f"{_UICC}.7"),
    0x6986: StatusMeaning("COMMAND_NOT_ALLOWED_NO_EF", "command not allowed: no EF selected", f"{_UICC}.7"),
    0x6987: StatusMeaning("SECURE_MESSAGING_MISSING", "secure messaging data objects missing", f"{_ISO}"),
    0x6988: StatusMeaning("SECURE_MESSAGING_INCORRECT", "secure messaging data objects incorrect", f"{_ISO}"),
    0x6989: StatusMeaning("CHANNEL_NOT_SECURED", "command not allowed: secure channel, security not satisfied", f"{_UICC}.7"),
    0x6999: StatusMeaning("APPLET_SELECT_FAILED", "the application cannot be selected", f"{_GP}"),
    # Wrong parameters, TS 102 221 §10.2.1.8
    0x6A80: StatusMeaning("INCORRECT_DATA", "incorrect parameters in the data field", f"{_UICC}.8"),
    0x6A81: StatusMeaning("FUNCTION_NOT_SUPPORTED", "function not supported", f"{_UICC}.8"),
    0x6A82: StatusMeaning("FILE_NOT_FOUND", "file or application not found", f"{_UICC}.8"),
    0x6A83: StatusMeaning("RECORD_NOT_FOUND", "record not found", f"{_UICC}.8"),
    0x6A84: StatusMeaning("NOT_ENOUGH_MEMORY", "not enough memory space", f"{_UICC}.8"),
    0x6A85: StatusMeaning("LC_INCONSISTENT_WITH_TLV", "Lc inconsistent with TLV structure", f"{_ISO}"),
    0x6A86: StatusMeaning("INCORRECT_P1_P2", "incorrect parameters P1 to P2", f"{_UICC}.8"),
    0x6A87: StatusMeaning("LC_INCONSISTENT", "Lc inconsistent with P1 to P2", f"{_UICC}.8"),
    0x6A88: StatusMeaning("REFERENCED_DATA_NOT_FOUND", "referenced data not found", f"{_UICC}.8"),
    0x6A89: StatusMeaning("FILE_EXISTS", "file identifier already exists", "TS 102 222 §6.3.2"),
    0x6A8A: StatusMeaning("DF_NAME_EXISTS", "DF name already exists", "TS 102 222 §6.3.2"),
    # Application errors, TS 102 221 §10.2.1.9 and TS 31.102 §7.3
    0x9850: StatusMeaning("INCREASE_MAX_REACHED", "INCREASE cannot be performed: maximum reached", f"{_UICC}.9"),
    0x9862: StatusMeaning("AUTHENTICATION_ERROR_MAC", "authentication error, incorrect MAC", f"{_USIM}"),
    0x9863: StatusMeaning("SECURITY_SESSION_INVALID", "security session or association expired", f"{_USIM}"),
    0x9864: StatusMeaning("SECURITY_CONTEXT_NOT_SUPPORTED", "authentication error, security context not supported", f"{_USIM}"),
    0x9865: StatusMeaning("KEY_FRESHNESS_FAILURE", "key freshness failure", f"{_USIM}"),
    0x9866: StatusMeaning("AUTHENTICATION_NO_MEMORY", "authentication error, no memory space available", f"{_USIM}"),
    0x9867: StatusMeaning("AUTHENTICATION_NO_MEMORY_MUK", "authentication error, no memory space available in EF.MUK", f"{_USIM}"),
    # GlobalPlatform
    0x6310: StatusMeaning("MORE_STATUS_DATA", "more data available, repeat with next occurrence", "GP Card Specification §11.4.3"),
    0x9484: StatusMeaning("ALGORITHM_NOT_SUPPORTED", "algorithm not supported", "GP Card Specification §11.8.3"),
    0x9485: StatusMeaning("INVALID_KEY_CHECK_VALUE", "invalid key check value", "GP Card Specification §11.8.3"),
    # Legacy GSM, TS 51.011 §9.4
    0x9240: StatusMeaning("GSM_MEMORY_PROBLEM", "memory problem", _GSM),
    0x9400: StatusMeaning("GSM_NO_EF_SELECTED", "no EF selected", _GSM),
    0x9402: StatusMeaning("GSM_OUT_OF_RANGE", "out of range (invalid address)", _GSM),
    0x9404: StatusMeaning("GSM_NOT_FOUND", "file or pattern not found", _GSM),
    0x9408: StatusMeaning("GSM_WRONG_FILE_TYPE", "file is inconsistent with the command", _GSM),
    0x9802: StatusMeaning("GSM_NO_CHV", "no CHV initialised", _GSM),
    0x9804: StatusMeaning("GSM_CHV_FAILED", "access condition not fulfilled or CHV wrong", _GSM),
    0x9808: StatusMeaning("GSM_CHV_CONTRADICTION", "in contradiction with CHV status", _GSM),
    0x9810: StatusMeaning("GSM_INVALIDATED", "in contradiction with invalidation status", _GSM),
    0x9840: StatusMeaning("GSM_CHV_BLOCKED", "CHV blocked", _GSM),
}  # fmt: skip
"""Every status word without a parameter → its row."""

PARAMETERISED: Final[dict[int, StatusMeaning]] = {
    0x61: StatusMeaning("BYTES_AVAILABLE", "{n} bytes of response available", "TS 102 221 §7.3.1.1"),
    0x6C: StatusMeaning("WRONG_LE", "wrong Le: {n} bytes are available", "TS 102 221 §7.3.1.1"),
    0x91: StatusMeaning(
        "PROACTIVE", "normal ending, a proactive command of {n} bytes is pending", f"{_UICC}.1"
    ),
    0x92: StatusMeaning(
        "DATA_TRANSFER", "normal ending, extra information about a data transfer", f"{_UICC}.1"
    ),
    0x9E: StatusMeaning("GSM_DOWNLOAD_ERROR", "SIM data download error, {n} bytes of response", _GSM),
    0x9F: StatusMeaning("GSM_BYTES_AVAILABLE", "{n} bytes of response available", _GSM),
}
"""SW1 of the kinds whose SW2 is a number → their row ({n}: that number, 256 for '00' of 61XX and 6CXX)."""

_RETRIES = StatusMeaning("RETRIES", "verification failed, {n} tries left", f"{_UICC}.3")


class StatusWord(int):
    """SW1-SW2 as one number from '0000' to 'FFFF', with its meaning in words."""

    @property
    def sw1(self) -> int:
        return self >> 8

    @property
    def sw2(self) -> int:
        return self & 0xFF

    @property
    def row(self) -> StatusMeaning | None:
        """The row of the table that this status word belongs to; None if it is unknown."""
        if self & 0xFFF0 == 0x63C0:
            return _RETRIES
        return MEANINGS.get(self) or PARAMETERISED.get(self >> 8)

    @property
    def name(self) -> str:
        row = self.row
        return row.name if row else "UNKNOWN"

    @property
    def meaning(self) -> str:
        row = self.row
        return row.meaning.format(n=self.number) if row else "unknown status word"

    @property
    def clause(self) -> str:
        row = self.row
        return row.clause if row else ""

    @property
    def number(self) -> int:
        """The parameter of a parameterised kind: bytes (61XX, 6CXX, 91XX, 9FXX) or tries (63CX)."""
        if self & 0xFFF0 == 0x63C0:
            return self & 0x0F
        return self.sw2 or 256 if self.sw1 in (0x61, 0x6C, 0x9F) else self.sw2

    @property
    def is_success(self) -> bool:
        """Normal processing: 9000, 61XX, 91XX, 92XX and 9FXX."""
        return self == 0x9000 or self.sw1 in (0x61, 0x91, 0x92, 0x9F)

    @property
    def is_warning(self) -> bool:
        return self.sw1 in (0x62, 0x63)

    @property
    def remaining_length(self) -> int | None:
        """Bytes of response that wait (61XX, 9FXX) or that Le should have been (6CXX)."""
        return self.number if self.sw1 in (0x61, 0x6C, 0x9F) else None

    @property
    def retries(self) -> int | None:
        """Tries left after a failed verification (63CX)."""
        return self.number if self & 0xFFF0 == 0x63C0 else None

    @property
    def proactive_length(self) -> int | None:
        """Length of the proactive command to FETCH (91XX)."""
        return self.sw2 or 256 if self.sw1 == 0x91 else None

    def __repr__(self) -> str:
        return f"StatusWord({self})"

    def __str__(self) -> str:
        return f"{int(self):04X}"

    def __format__(self, specification: str) -> str:
        return format(str(self) if not specification else int(self), specification)


class SW:
    """The status words by name: `SW.FILE_NOT_FOUND`; a name per row of `MEANINGS`."""

    OK: Final = StatusWord(0x9000)
    TOOLKIT_BUSY: Final = StatusWord(0x9300)
    WARNING: Final = StatusWord(0x6200)
    DATA_CORRUPTED: Final = StatusWord(0x6281)
    END_OF_FILE: Final = StatusWord(0x6282)
    SELECTED_FILE_INVALIDATED: Final = StatusWord(0x6283)
    TERMINATED: Final = StatusWord(0x6285)
    MORE_DATA: Final = StatusWord(0x62F1)
    MORE_DATA_PROACTIVE: Final = StatusWord(0x62F2)
    RESPONSE_DATA_AVAILABLE: Final = StatusWord(0x62F3)
    WARNING_CHANGED: Final = StatusWord(0x6300)
    MORE_DATA_EXPECTED: Final = StatusWord(0x63F1)
    MORE_DATA_EXPECTED_PROACTIVE: Final = StatusWord(0x63F2)
    EXECUTION_ERROR_NO_INFO: Final = StatusWord(0x6400)
    EXECUTION_ERROR_CHANGED: Final = StatusWord(0x6500)
    MEMORY_PROBLEM: Final = StatusWord(0x6581)
    WRONG_LENGTH: Final = StatusWord(0x6700)
    CLA_FUNCTION_NOT_SUPPORTED: Final = StatusWord(0x6800)
    LOGICAL_CHANNEL_NOT_SUPPORTED: Final = StatusWord(0x6881)
    SECURE_MESSAGING_NOT_SUPPORTED: Final = StatusWord(0x6882)
    LAST_COMMAND_EXPECTED: Final = StatusWord(0x6883)
    COMMAND_CHAINING_NOT_SUPPORTED: Final = StatusWord(0x6884)
    COMMAND_NOT_ALLOWED: Final = StatusWord(0x6900)
    INCOMPATIBLE_FILE_STRUCTURE: Final = StatusWord(0x6981)
    SECURITY_STATUS_NOT_SATISFIED: Final = StatusWord(0x6982)
    AUTHENTICATION_METHOD_BLOCKED: Final = StatusWord(0x6983)
    REFERENCED_DATA_INVALIDATED: Final = StatusWord(0x6984)
    CONDITIONS_NOT_SATISFIED: Final = StatusWord(0x6985)
    COMMAND_NOT_ALLOWED_NO_EF: Final = StatusWord(0x6986)
    SECURE_MESSAGING_MISSING: Final = StatusWord(0x6987)
    SECURE_MESSAGING_INCORRECT: Final = StatusWord(0x6988)
    CHANNEL_NOT_SECURED: Final = StatusWord(0x6989)
    APPLET_SELECT_FAILED: Final = StatusWord(0x6999)
    INCORRECT_DATA: Final = StatusWord(0x6A80)
    FUNCTION_NOT_SUPPORTED: Final = StatusWord(0x6A81)
    FILE_NOT_FOUND: Final = StatusWord(0x6A82)
    RECORD_NOT_FOUND: Final = StatusWord(0x6A83)
    NOT_ENOUGH_MEMORY: Final = StatusWord(0x6A84)
    LC_INCONSISTENT_WITH_TLV: Final = StatusWord(0x6A85)
    INCORRECT_P1_P2: Final = StatusWord(0x6A86)
    LC_INCONSISTENT: Final = StatusWord(0x6A87)
    REFERENCED_DATA_NOT_FOUND: Final = StatusWord(0x6A88)
    FILE_EXISTS: Final = StatusWord(0x6A89)
    DF_NAME_EXISTS: Final = StatusWord(0x6A8A)
    WRONG_P1_P2: Final = StatusWord(0x6B00)
    INS_NOT_SUPPORTED: Final = StatusWord(0x6D00)
    CLA_NOT_SUPPORTED: Final = StatusWord(0x6E00)
    TECHNICAL_PROBLEM: Final = StatusWord(0x6F00)
    INCREASE_MAX_REACHED: Final = StatusWord(0x9850)
    AUTHENTICATION_ERROR_MAC: Final = StatusWord(0x9862)
    SECURITY_SESSION_INVALID: Final = StatusWord(0x9863)
    SECURITY_CONTEXT_NOT_SUPPORTED: Final = StatusWord(0x9864)
    KEY_FRESHNESS_FAILURE: Final = StatusWord(0x9865)
    AUTHENTICATION_NO_MEMORY: Final = StatusWord(0x9866)
    AUTHENTICATION_NO_MEMORY_MUK: Final = StatusWord(0x9867)
    MORE_STATUS_DATA: Final = StatusWord(0x6310)
    ALGORITHM_NOT_SUPPORTED: Final = StatusWord(0x9484)
    INVALID_KEY_CHECK_VALUE: Final = StatusWord(0x9485)
    GSM_MEMORY_PROBLEM: Final = StatusWord(0x9240)
    GSM_NO_EF_SELECTED: Final = StatusWord(0x9400)
    GSM_OUT_OF_RANGE: Final = StatusWord(0x9402)
    GSM_NOT_FOUND: Final = StatusWord(0x9404)
    GSM_WRONG_FILE_TYPE: Final = StatusWord(0x9408)
    GSM_NO_CHV: Final = StatusWord(0x9802)
    GSM_CHV_FAILED: Final = StatusWord(0x9804)
    GSM_CHV_CONTRADICTION: Final = StatusWord(0x9808)
    GSM_INVALIDATED: Final = StatusWord(0x9810)
    GSM_CHV_BLOCKED: Final = StatusWord(0x9840)

    @staticmethod
    def bytes_available(count: int) -> StatusWord:
        """61XX: `count` bytes wait for GET RESPONSE; '00' stands for 256 or more."""
        return StatusWord(0x6100 | (count if count < 256 else 0))

    @staticmethod
    def wrong_le(length: int) -> StatusWord:
        """6CXX: repeat the command with Le = `length`; '00' stands for 256."""
        return StatusWord(0x6C00 | (length if length < 256 else 0))

    @staticmethod
    def retries(left: int) -> StatusWord:
        """63CX: verification failed, `left` tries (0 to 15) remain."""
        return StatusWord(0x63C0 | min(left, 15))

    @staticmethod
    def proactive(length: int) -> StatusWord:
        """91XX: done, and a proactive command of `length` bytes waits for FETCH."""
        return StatusWord(0x9100 | (length if length < 256 else 0))


class StatusError(Exception):
    """Raised by a card's handler: the command ends with this status word and nothing has changed.

    `data` goes out before the status word; only warnings have any.
    """

    def __init__(self, sw: StatusWord, data: bytes = b"") -> None:
        super().__init__(f"{sw}: {sw.meaning}")
        self.sw = sw
        self.data = data
