"""What all contexts of AUTHENTICATE share: length-prefixed fields, tags of the answer, the PIN (TS 31.102
§7.1.1, §7.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.status import SW, StatusError
from simulator.uicc.index import Node

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

SUCCESS, SYNCHRONISATION_FAILURE = 0xDB, 0xDC
"""First byte of an answer: "Successful …" and "Synchronisation failure"."""


def require_pin(channel: Channel, adf: Node) -> None:
    """StatusError 6982 unless the application's PIN is verified or disabled: the first global PIN that its
    PIN status template names."""
    for reference in adf.df.pin_status:
        if 0x01 <= reference <= 0x08:
            if not channel.files.is_satisfied(adf, reference, channel.card.verified):
                raise StatusError(SW.SECURITY_STATUS_NOT_SATISFIED)
            return


def read_fields(data: bytes, *lengths: int) -> list[bytes]:
    """Length-prefixed fields; 6700 if they are not as long as the context wants or do not fill the data."""
    if len(data) != sum(lengths) + len(lengths):
        raise StatusError(SW.WRONG_LENGTH)
    fields, at = [], 0
    for length in lengths:
        end = at + 1 + length
        if data[at] != length:
            raise StatusError(SW.INCORRECT_DATA)
        fields.append(data[at + 1 : end])
        at = end
    return fields


def prefixed(*fields: bytes) -> bytes:
    """Fields, each after its length in one byte."""
    return b"".join([bytes((len(field),)) + field for field in fields])
