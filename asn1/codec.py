"""A module's codec: decodes and encodes its types by name, strictly in DER, from the committed tables."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from asn1.errors import Asn1Error, DecodeError, EncodeError
from asn1.values import Field

if TYPE_CHECKING:
    from asn1.der.assemble import Assembler
    from asn1.der.recorder import Recorder


class Codec:
    """The types of one ASN.1 module. Nothing is loaded before the first use.

    Values: SEQUENCE `dict`, SEQUENCE OF `list`, CHOICE `(alternative, value)`, OCTET STRING `bytes`, BIT
    STRING `(bytes, number_of_bits)`, INTEGER `int`, BOOLEAN `bool`, NULL None, ENUMERATED and strings `str`,
    OBJECT IDENTIFIER dotted `str`, times `datetime` in UTC, ANY the `bytes` of the TLV. Members with a
    DEFAULT are always present after decoding. TLVs that a SEQUENCE does not know stay, in order, as `bytes`
    under "..."; an unknown alternative of a CHOICE that the module marks extensible is `("...", bytes)`.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __repr__(self) -> str:
        return f"<ASN.1 codec of {self._module}>"

    def decode(self, type_name: str, data: bytes) -> Any:
        """The value of `data`, all of it. Raises DecodeError with path and byte offset."""
        value, end = self.decode_prefix(type_name, data)
        if end != len(data):
            raise DecodeError(type_name, end, f"{len(data) - end} octets after the end")
        return value

    def decode_prefix(self, type_name: str, data: bytes, offset: int = 0) -> tuple[Any, int]:
        """The value of the TLV at `offset`, and the offset after it. Raises DecodeError."""
        self._check(type_name)
        return self._assembler.decode(type_name, bytes(data), offset)

    def encode(self, type_name: str, value: Any) -> bytes:
        """The DER of a value, tag and length included. Raises EncodeError with the path."""
        self._check(type_name)
        try:
            return self._assembler.named(type_name).encode(value)
        except EncodeError as error:
            error.within(type_name)
            raise

    def fields(self, type_name: str, data: bytes) -> list[Field]:
        """Every TLV of `data` in the order of its bytes. Slower than decode, and as strict."""
        self._check(type_name)
        return self._recorder.record(type_name, bytes(data))

    def names(self, path: str) -> dict[str, int]:
        """The named numbers or bits of a type (`ProfileState`), or of a member defined in place
        (`PEStatus.status`). Raises Asn1Error where there are none."""
        try:
            return dict(self._tables.NAMES[path])
        except KeyError:
            raise Asn1Error(f"{self._module}: {path} has no named numbers or bits") from None

    def bits(self, path: str, names: Iterable[str]) -> tuple[bytes, int]:
        """The BIT STRING of a type with named bits in which just these are set, without trailing zero bits
        as X.690 §11.2.2 wants it. Raises Asn1Error for a name that it does not have."""
        numbers = self.names(path)
        try:
            wanted = [numbers[name] for name in names]
        except KeyError as error:
            raise Asn1Error(f"{self._module}: {path} has no bit {error}") from None
        length = max(wanted, default=-1) + 1
        size = (length + 7) // 8
        value = sum(1 << (size * 8 - 1 - number) for number in set(wanted))
        return value.to_bytes(size, "big"), length

    def bit_names(self, path: str, value: tuple[bytes, int]) -> tuple[str, ...]:
        """Names of the bits that are set in the BIT STRING of a type; "bit 7" for one without a name."""
        octets, length = value
        names = {number: name for name, number in self.names(path).items()}
        numbers = [number for number in range(length) if octets[number // 8] & 0x80 >> number % 8]
        return tuple(names.get(number, f"bit {number}") for number in numbers)

    @property
    def types(self) -> frozenset[str]:
        """The names of all types."""
        return frozenset(self._tables.TYPES)

    @cached_property
    def _tables(self) -> Any:
        return importlib.import_module(f"asn1.tables.{self._module}")

    @cached_property
    def _assembler(self) -> Assembler:
        from asn1.der.assemble import Assembler

        return Assembler(self._tables.TYPES, *self._kept)

    @cached_property
    def _recorder(self) -> Recorder:
        from asn1.der.recorder import Recorder

        return Recorder(self._tables.TYPES, *self._kept)

    @cached_property
    def _kept(self) -> tuple[frozenset[str], frozenset[str]]:
        """The types that are kept as they came: signed ones beside their value, opaque ones in its place."""
        from asn1.signed import OPAQUE, SIGNED

        return SIGNED.get(self._module, frozenset()), OPAQUE.get(self._module, frozenset())

    def _check(self, type_name: str) -> None:
        if type_name not in self._tables.TYPES and type_name not in self._kept[1]:
            raise Asn1Error(f"{self._module} has no type {type_name}")
