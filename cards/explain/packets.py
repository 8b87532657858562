"""Secured packets in a tree of fields, opened where somebody has the keys (TS 102 225 §5.1)."""

from __future__ import annotations

from dataclasses import replace

from cards.explain.fields import Field, read
from cards.explain.secrets import Secrets
from cards.explain.sms import CIPHERED, HEADER_LENGTH, SECURED_PACKET, secured_part


def with_packets(field: Field, data: bytes, secrets: Secrets) -> Field:
    """The field, in which the ciphered part of each command packet has what is in it below; `data` is what
    its offset counts in."""
    if not field.children:
        return field
    inner = field.data if field.data is not None else data
    children = tuple(with_packets(child, inner, secrets) for child in field.children)
    if field.name == SECURED_PACKET and children[-1].name == CIPHERED:
        packet = data[field.offset : field.offset + field.length]
        opened = secrets.packet(packet)
        if opened is not None:
            checksum = packet[2] - HEADER_LENGTH
            parts = read(lambda cursor: secured_part(cursor, checksum), opened.data)
            last = replace(children[-1], value=opened.note, children=parts, data=opened.data)
            children = (*children[:-1], last)
    if all(new is old for new, old in zip(children, field.children, strict=True)):
        return field
    return replace(field, children=children)
