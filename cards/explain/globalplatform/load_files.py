"""LOAD: signatures over a load file, then the load file data block with the components of a CAP file (GP Card
Specification §11.6, Java Card Virtual Machine Specification §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cards.apdu import CommandApdu
from cards.explain.fields import (
    Cursor,
    Field,
    Unreadable,
    ascii_text,
    counted,
    flags,
    hexadecimal,
    named,
    number,
)
from cards.explain.files.uicc import application
from cards.explain.place import Place
from cards.explain.tlvs import Row, template

_CLAUSE = "JCVM §6"
_MAGIC = b"\xde\xca\xff\xed"


def asked(command: CommandApdu, place: Place) -> str:
    return f"block {command.p2}{', the last' if command.p1 & 0x80 else ''}"


def parameters(command: CommandApdu) -> tuple[str, str]:
    return ("last block" if command.p1 & 0x80 else "more blocks follow"), f"block {command.p2}"


def _version(cursor: Cursor, name: str) -> Field:
    """Minor version, then major version."""
    return cursor.field(name, 2, lambda data: f"{data[1]}.{data[0]}")


def _aid(cursor: Cursor, name: str) -> Iterator[Field]:
    length = cursor.peek()
    yield cursor.field("length of AID", 1, number)
    yield cursor.field(name, length[0], application)


def _header(cursor: Cursor) -> Iterator[Field]:
    if cursor.peek(4) != _MAGIC:
        raise Unreadable("a CAP file's header begins with DECAFFED")
    yield cursor.field("magic", 4)
    yield _version(cursor, "version of the format")
    yield cursor.field("flags", 1, flags({1: "uses int", 2: "exports", 3: "has applets", 4: "extended"}))
    yield _version(cursor, "version of the package")
    yield from _aid(cursor, "package")
    if cursor.left:
        length = cursor.peek()
        yield cursor.field("length of name", 1, number)
        if length[0]:
            yield cursor.field("name of the package", length[0], ascii_text)


_NAMES = {
    1: "Header", 2: "Directory", 3: "Applet", 4: "Import", 5: "ConstantPool", 6: "Class", 7: "Method",
    8: "StaticField", 9: "ReferenceLocation", 10: "Export", 11: "Descriptor", 12: "Debug",
    13: "StaticResources",
}  # fmt: skip
"""Tag → component (Table 6-2)."""
_DIRECTORY = ("Header", "Directory", "Applet", "Import", "ConstantPool", "Class", "Method", "StaticField",
              "ReferenceLocation", "Export", "Descriptor")  # fmt: skip
_SIZES_LATER = ("Debug",)


def _directory(cursor: Cursor) -> Iterator[Field]:
    """Sizes of components, of the image of static fields, counts of imports and applets (§6.5)."""
    # Before format 2.2 there is no size of Debug: what is left behind the eleven sizes tells it.
    fixed = 2 * len(_DIRECTORY) + 6 + 3
    names = (*_DIRECTORY, *_SIZES_LATER) if cursor.left >= fixed + 2 else _DIRECTORY
    for name in names:
        yield cursor.field(f"size of {name}", 2, counted("bytes"))
    yield cursor.field("size of static fields", 2, counted("bytes"))
    yield cursor.field("arrays to set up", 2, number)
    yield cursor.field("bytes of these arrays", 2, number)
    yield cursor.field("imported packages", 1, number)
    yield cursor.field("applets", 1, number)
    yield cursor.field("own components", 1, number)
    if cursor.left:
        yield cursor.field("own components, in detail", None)


def _applets(cursor: Cursor) -> Iterator[Field]:
    count = cursor.peek()
    yield cursor.field("number of applets", 1, number)
    for _ in range(count[0]):
        yield from _aid(cursor, "applet")
        yield cursor.field("offset of install()", 2, number)


def _imports(cursor: Cursor) -> Iterator[Field]:
    count = cursor.peek()
    yield cursor.field("number of packages", 1, number)
    for _ in range(count[0]):
        yield _version(cursor, "version")
        yield from _aid(cursor, "package")


_POOL = {1: "class", 2: "instance field", 3: "virtual method", 4: "super method", 5: "static field",
         6: "static method"}  # fmt: skip


def _constants(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("number of constants", 2, number)
    while cursor.left >= 4:
        yield cursor.field(
            "constant", 4, lambda data: f"{_POOL.get(data[0], 'unknown')} {hexadecimal(data[1:])}"
        )


def _static_fields(cursor: Cursor) -> Iterator[Field]:
    yield cursor.field("size of the image", 2, number)
    yield cursor.field("references", 2, number)
    count = int.from_bytes(cursor.peek(2), "big")
    yield cursor.field("arrays", 2, number)
    kinds = {2: "boolean", 3: "byte", 4: "short", 5: "int"}
    for _ in range(count):
        yield cursor.field("type", 1, named(kinds))
        length = int.from_bytes(cursor.peek(2), "big")
        yield cursor.field("length of array", 2, number)
        yield cursor.field("array", length)
    yield cursor.field("fields of default value, bytes", 2, number)
    length = int.from_bytes(cursor.peek(2), "big")
    yield cursor.field("fields of other values, bytes", 2, number)
    if length:
        yield cursor.field("values", length)


def _code(name: str) -> Callable[[Cursor], Iterator[Field]]:
    """Bytecode, and tables that only make sense beside it, stay bytes."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        yield cursor.field(name, None)

    return decode


_COMPONENTS: dict[int, Callable[[Cursor], Iterator[Field]]] = {
    1: _header, 2: _directory, 3: _applets, 4: _imports, 5: _constants, 6: _code("classes"),
    7: _code("bytecode"), 8: _static_fields, 9: _code("places to link"),
    10: _code("exported classes"), 11: _code("types"), 12: _code("debug information"), 13: _code("resources"),
}  # fmt: skip


def components(cursor: Cursor) -> Iterator[Field]:
    """Components one after the other: tag, size, content (§6.1)."""
    while cursor.left:
        start = cursor.at
        tag = cursor.take(1)[0]
        size = int.from_bytes(cursor.take(2), "big")
        if size > cursor.left:
            raise Unreadable(f"component {tag} has {size} bytes, {cursor.left} are there")
        name = f"{_NAMES.get(tag, 'component')} ({tag:02X})"
        inner = cursor.group(name, size, _COMPONENTS.get(tag, _code("content")))
        yield Field(name, f"{size} bytes", start, 3 + size, _CLAUSE, inner.children)


def block(cursor: Cursor) -> Iterator[Field]:
    """A load file data block: a CAP file where it begins as one."""
    if cursor.peek(7)[3:] == _MAGIC:
        yield from components(cursor)
    else:
        yield cursor.field("code, in another format than a CAP file's", None)


_DAP = {
    0x4F: Row("security domain that verifies", application, "GP Card Specification Table 11-58"),
    0xC3: Row("signature over the load file data block", hexadecimal, "GP Card Specification Table 11-58"),
}
whole = template(
    {
        0xE2: Row("DAP block", clause="GP Card Specification Table 11-58", inside=template(_DAP)),
        0xC4: Row("load file data block", clause="GP Card Specification Table 11-58", inside=block),
        0xD3: Row("initial chaining vector", hexadecimal, "GP Card Specification Table 11-58"),
        0xD4: Row("ciphered load file data block", hexadecimal, "GP Card Specification Table 11-58"),
    }
)
"""A load file, whose blocks LOAD brings one after the other."""
