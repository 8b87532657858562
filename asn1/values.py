"""What decoders return beyond plain Python values: records of what was signed, and fields of a message."""

from __future__ import annotations

from typing import Any, NamedTuple


class Record(dict[str, Any]):
    """A signed SEQUENCE as it came: its members, and in `raw` the exact TLV that the signature covers.

    Encoding writes `raw`, so a record must not change; `dict(record)` is a copy that may.
    """

    __slots__ = ("raw",)

    def __init__(self, members: dict[str, Any], raw: bytes) -> None:
        super().__init__(members)
        self.raw = raw

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
