"""The one error family of the ASN.1 layer: what was wrong, in which field, at which byte."""

from __future__ import annotations


class Asn1Error(ValueError):
    """Anything that this layer refuses. Nothing else leaves its decoders, whatever the input."""


class DecodeError(Asn1Error):
    """The input is no DER encoding of the type.

    `path` names the field from the type on (`ProfileElement.header.iccid`, `File[3].fillFileContent`),
    `offset` is the position of the offending TLV in the whole input, `reason` says what is wrong.
    """

    def __init__(self, path: str, offset: int, reason: str) -> None:
        super().__init__(path, offset, reason)
        self.path = path
        self.offset = offset
        self.reason = reason

    def within(self, name: str) -> None:
        """Put `name` in front of the path: called by each enclosing type as the error passes."""
        self.path = join(name, self.path)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.reason} (byte {self.offset})"


class EncodeError(Asn1Error):
    """The value does not fit its type; `path` names the field, `reason` says what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def within(self, name: str) -> None:
        """Put `name` in front of the path: called by each enclosing type as the error passes."""
        self.path = join(name, self.path)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class TlvError(DecodeError):
    """The octets at `offset` are no TLV, or one that runs over its end."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__("", offset, reason)


def join(outer: str, inner: str) -> str:
    """Two parts of a path, with a dot between them unless `inner` is an index."""
    return f"{outer}{inner}" if not inner or inner[0] == "[" else f"{outer}.{inner}"
