"""The activation code, typed in or read from a QR image (SGP.22 §4.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from asn1 import rsp
from asn1.errors import Asn1Error
from simulator.lpa.errors import ActivationCodeError

FORMAT = "1"
SHELL_HINT = (
    "; a shell replaces what follows a '$': put the code in single quotes, or hand it in by a file or "
    "standard input"
)

_HOST = re.compile(r"(?=.{1,255}$)([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.?)+(:\d{1,5})?")
_MATCHING_ID = re.compile(r"[\x21-\x23\x25-\x7e]*")
_HEX = re.compile(r"[0-9A-Fa-f]*")
_FIELDS = 6
"""That are known, after the format."""
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


@dataclass(frozen=True, slots=True)
class ActivationCode:
    """Where a profile waits and which one: `LPA:1$address$matching id[$OID][$1][$CI][$deletion]`."""

    smdp_address: str
    """FQDN of the SM-DP+, with a port if it is not 443."""
    matching_id: str = ""
    smdp_oid: str = ""
    """If given, the server's certificate must hold it."""
    confirmation_code_required: bool = False
    ci_key_id: str = ""
    """subjectKeyIdentifier, in hexadecimal, of the only CI under which the server may be trusted; or its
    beginning (version 3)."""
    delete_notification: bytes = b""
    """DeleteNotificationForDc, DER: what the eUICC of another device has signed when it deleted the profile
    (version 3); in hexadecimal within the code."""
    further: tuple[str, ...] = ()
    """Fields of later versions, kept as they are."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code, with or without 'LPA:' in any case. ActivationCodeError says in a sentence what is
        wrong with it."""
        code = text.strip()
        if code[:4].upper() == "LPA:":
            code = code[4:].strip()
        if not code:
            raise ActivationCodeError(f"the activation code is empty{SHELL_HINT}")
        version, *fields = code.split("$")
        if not fields:
            hint = SHELL_HINT if version.startswith(FORMAT) else ""
            raise ActivationCodeError(f"{code!r} has no '$' and so is no activation code{hint}")
        if version != FORMAT:
            raise ActivationCodeError(f"the activation code has format {version!r}; only format 1 exists")
        fields += [""] * (_FIELDS - len(fields))
        address, matching_id, oid, flag, ci, deletion, *further = fields
        _check(address, matching_id, oid, flag)
        if not _HEX.fullmatch(ci):
            raise ActivationCodeError(f"{ci!r} is no key identifier of a CI: hexadecimal digits are expected")
        return cls(address, matching_id, oid, flag == "1", ci.upper(), _deletion(deletion), tuple(further))

    def __str__(self) -> str:
        fields = [FORMAT, self.smdp_address, self.matching_id, self.smdp_oid]
        fields += ["1" if self.confirmation_code_required else "", self.ci_key_id]
        fields += [self.delete_notification.hex().upper(), *self.further]
        while len(fields) > 3 and not fields[-1]:
            fields.pop()
        return "$".join(fields)

    @property
    def qr_text(self) -> str:
        """The text of the QR code."""
        return f"LPA:{self}"


def _deletion(text: str) -> bytes:
    try:
        octets = bytes.fromhex(text)
        if octets:
            rsp.decode("DeleteNotificationForDc", octets)
    except (ValueError, Asn1Error) as error:
        raise ActivationCodeError(
            f"the sixth field of the code is no notification of a deletion on another device: {error}"
        ) from error
    return octets


def is_server_address(text: str) -> bool:
    """Whether the text is a host name or address, with a port or without."""
    return bool(_HOST.fullmatch(text))


def _check(address: str, matching_id: str, oid: str, flag: str) -> None:
    if not is_server_address(address):
        missing = not address or address.startswith(".")
        hint = SHELL_HINT if missing else ""
        raise ActivationCodeError(f"{address!r} is no SM-DP+ address: a host name is expected{hint}")
    if not _MATCHING_ID.fullmatch(matching_id):
        raise ActivationCodeError(f"the matching id {matching_id!r} holds a character that is not allowed")
    if oid and not _OID.fullmatch(oid):
        raise ActivationCodeError(f"{oid!r} is no object identifier of an SM-DP+ such as 2.999.10")
    if flag not in ("", "0", "1"):
        raise ActivationCodeError(
            f"the last field is {flag!r}: it only says with a '1' that a confirmation code is required, "
            "and does not hold the code"
        )
