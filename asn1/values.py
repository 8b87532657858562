"""What decoders return beyond plain Python values: records of what was signed, and fields of a message."""

from __future__ import annotations

from typing import Any, NamedTuple

from asn1 import tlv


class Record(dict[str, Any]):
    """A signed SEQUENCE as it came: its members, and in `raw` the exact TLV that the signature covers.

    Encoding writes `raw`, so a record must not change; `dict(record)` is a copy that may.
    """

    __slots__ = ("raw",)

    def __init__(self, members: dict[str, Any], raw: bytes) -> None:
        super().__init__(members)
        self.raw = raw

    def retagged(self, tag: int) -> Record:
        """The same members, in their octets, under another tag: that of a type in place of the one that
        automatic tagging gives it in a message, or the other way round."""
        return Record(dict(self), tlv.encode(tag, tlv.read(self.raw).value))

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise TypeError("a Record is kept as it was signed; change a copy: dict(record)")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return Record, (dict(self), self.raw)


class Field(NamedTuple):
    """One TLV of a message and what it means: `path` from the type on, `tag` octets, `offset` in the data,
    `header_length` (of tag and length), `length` of the value, the ASN.1 `type`, the decoded `value`."""

    path: str
    tag: bytes
    offset: int
    header_length: int
    length: int
    type: str
    value: Any
