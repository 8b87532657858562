"""From parsed ASN.1 modules to the nodes of the tables: tags, references, constraints, defaults (X.680).

Used when the tables are built, never at run time. Input is the parse tree of asn1tools; the node forms are
those of asn1/der/assemble.py. What the run-time decoders could not tell apart, or could recurse in without
end, is refused here, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Descriptor = dict[str, Any]
Node = Any

UNIVERSAL = {
    "BOOLEAN": 0x01,
    "INTEGER": 0x02,
    "BIT STRING": 0x03,
    "OCTET STRING": 0x04,
    "NULL": 0x05,
    "OBJECT IDENTIFIER": 0x06,
    "ENUMERATED": 0x0A,
    "UTF8String": 0x0C,
    "SEQUENCE": 0x30,
    "SEQUENCE OF": 0x30,
    "SET": 0x31,
    "SET OF": 0x31,
    "NumericString": 0x12,
    "PrintableString": 0x13,
    "TeletexString": 0x14,
    "T61String": 0x14,
    "IA5String": 0x16,
    "UTCTime": 0x17,
    "GeneralizedTime": 0x18,
    "VisibleString": 0x1A,
    "UniversalString": 0x1C,
    "BMPString": 0x1E,
}
UNTAGGED = {"CHOICE", "ANY", "ANY DEFINED BY"}
CONSTRUCTED = {"SEQUENCE", "SEQUENCE OF", "SET", "SET OF"}
CLASSES = {"UNIVERSAL": 0x00, "APPLICATION": 0x40, "CONTEXT": 0x80, "PRIVATE": 0xC0}


class SchemaError(Exception):
    """The modules say something that the tables cannot hold; the message names the type."""


class Schema:
    """The nodes of the types of one set of modules; `names` collects named numbers and bits by path."""

    def __init__(self, modules: dict[str, Any], opaque: Iterable[str] = ()) -> None:
        self._modules = modules
        self._opaque = frozenset(opaque)
        self.types: dict[str, Node] = {}
        self.names: dict[str, dict[str, int]] = {}
        self._origin: dict[str, str] = {}

    def add_module(self, module: str) -> None:
        """All types of a module, and those that they refer to in others."""
        for name in self._modules[module]["types"]:
            self._add(name, module)

    def _add(self, name: str, module: str) -> None:
        if name in self._origin:
            if self._origin[name] != module:
                raise SchemaError(f"{name} is defined in {self._origin[name]} and in {module}")
            if self.types.get(name) == ():
                # Where no type contains itself, the nesting of the types bounds that of the input.
                raise SchemaError(f"{name} contains itself")
            return
        self._origin[name] = module
        if name not in self._opaque:
            self.types[name] = ()  # holds the place: types stand in the order of the module
            self.types[name] = self._node(self._modules[module]["types"][name], module, name)

    def _find(self, name: str, module: str) -> tuple[Descriptor, str]:
        """The definition of a type as `module` sees it, and the module it stands in."""
        if name in self._modules[module]["types"]:
            return self._modules[module]["types"][name], module
        for source, imported in self._modules[module]["imports"].items():
            if name in imported:
                return self._find(name, source)
        raise SchemaError(f"{module}: no type {name}")

    def _value(self, value: Any, module: str) -> Any:
        """A number, or what the value of that name is; None for MIN and MAX."""
        if not isinstance(value, str):
            return value
        if value in ("MIN", "MAX"):
            return None
        values = self._modules[module]["values"]
        if value in values:
            return self._value(values[value]["value"], module)
        for source, imported in self._modules[module]["imports"].items():
            if value in imported:
                return self._value(value, source)
        raise SchemaError(f"{module}: no value {value}")

    def _node(self, descriptor: Descriptor, module: str, path: str) -> Node:
        """The node of a type as it stands somewhere; `path` is where, for names and for messages."""
        self._note_names(descriptor, module, path)
        kind = descriptor["type"]
        if kind in UNIVERSAL or kind in UNTAGGED:
            node = self._builtin(descriptor, module, path)
        else:
            definition, source = self._find(kind, module)
            self._add(kind, source)
            node = kind
            if "size" in descriptor or "restricted-to" in descriptor:
                constraints: Descriptor = {
                    k: descriptor[k] for k in ("size", "restricted-to") if k in descriptor
                }
                node = self._node({**definition, **constraints}, source, path)
        return self._tagged(node, descriptor.get("tag"), module)

    def _tagged(self, node: Node, tag: dict[str, Any] | None, module: str) -> Node:
        """The node under a tag of the module, implicit or explicit as X.680 §31.2.7 says."""
        if tag is None:
            return node
        kind = tag.get("kind", self._modules[module].get("tags", "EXPLICIT"))
        if kind == "EXPLICIT" or self._is_untagged(node):
            return "EXPLICIT", identifier(tag, constructed=True), node
        octets = identifier(tag, constructed=self._is_constructed(node))
        if isinstance(node, str):
            return "IMPLICIT", octets, node
        return node[0], octets, *node[2:]

    def _is_untagged(self, node: Node) -> bool:
        """Whether it is a CHOICE or open type without a tag of its own, which cannot be tagged implicitly."""
        if isinstance(node, str):
            return node not in self._opaque and self._is_untagged(self.types[node])
        return node[0] in ("CHOICE", "ANY")

    def _is_constructed(self, node: Node) -> bool:
        if isinstance(node, str):
            return node in self._opaque or self._is_constructed(self.types[node])
        return (
            node[0] in CONSTRUCTED
            or node[0] == "EXPLICIT"
            or (node[0] == "IMPLICIT" and self._is_constructed(node[2]))
        )

    def _builtin(self, descriptor: Descriptor, module: str, path: str) -> Node:
        kind = descriptor["type"]
        tag = UNIVERSAL.get(kind)
        match kind:
            case "ANY" | "ANY DEFINED BY":
                return "ANY", None
            case "CHOICE":
                members, _ = self._members(descriptor, module, path)
                return "CHOICE", None, members, None in descriptor["members"]
            case "SEQUENCE" | "SET":
                members, extension_at = self._members(descriptor, module, path)
                if kind == "SET":
                    members = tuple(sorted(members, key=lambda member: min(self.tags(member[1]))))
                self._check_unambiguous(members, path)
                return kind, tag, members, extension_at
            case "SEQUENCE OF" | "SET OF":
                element = self._node(descriptor["element"], module, f"{path}[]")
                return kind, tag, element, self._ranges(descriptor.get("size"), module)
            case "ENUMERATED":
                values = [v for v in descriptor["values"] if v is not None]
                return kind, tag, tuple((number, name) for name, number in values)
            case "INTEGER":
                return kind, tag, self._ranges(descriptor.get("restricted-to"), module)
            case "BOOLEAN" | "NULL" | "OBJECT IDENTIFIER" | "UTCTime" | "GeneralizedTime":
                return kind, tag
        return kind, tag, self._ranges(descriptor.get("size"), module)

    def _members(self, descriptor: Descriptor, module: str, path: str) -> tuple[tuple[Node, ...], int | None]:
        """The members of a SEQUENCE, SET or CHOICE, and the index before which unknown ones may stand."""
        root, additions, tail, marked = split_at_markers(descriptor["members"])
        extensible = marked or self._modules[module]["extensibility-implied"]
        textual = [*root, *additions, *tail]
        if self._modules[module].get("tags") == "AUTOMATIC" and not any("tag" in m for m in textual):
            # X.680 §25.7: the root is counted first, then the additions.
            for number, member in enumerate([*root, *tail, *additions]):
                member["tag"] = {"number": number}
        if descriptor["type"] != "CHOICE":
            # A sender of an earlier version knows none of the additions.
            additions = [m if "default" in m else {**m, "optional": True} for m in additions]
        members = tuple(self._member(m, module, path) for m in [*root, *additions, *tail])
        return members, len(root) + len(additions) if extensible else None

    def _member(self, descriptor: Descriptor, module: str, path: str) -> Node:
        name = descriptor["name"]
        node = self._node(descriptor, module, f"{path}.{name}")
        if "default" in descriptor:
            return name, node, "DEFAULT", self._default(descriptor, descriptor["default"], module)
        return (name, node, "OPTIONAL") if descriptor.get("optional") else (name, node)

    def _default(self, descriptor: Descriptor, default: Any, module: str) -> Any:
        """The Python value of a DEFAULT, for a list as a tuple."""
        kind = descriptor["type"]
        if kind not in UNIVERSAL:
            definition, source = self._find(kind, module)
            return self._default({**definition, **_own(descriptor)}, default, source)
        if kind == "OCTET STRING":
            return octets_of(default)
        if kind == "INTEGER" and isinstance(default, str):
            named = descriptor.get("named-numbers", {})
            return named[default] if default in named else self._value(default, module)
        if kind == "SEQUENCE OF":
            # sqnInit of SAIP gives one element, to stand for all that SIZE asks for.
            items = default if isinstance(default, list) else [default] * descriptor["size"][0]
            return tuple(self._default(descriptor["element"], item, module) for item in items)
        if kind in ("BOOLEAN", "INTEGER", "ENUMERATED", "UTF8String"):
            return default
        raise SchemaError(f"{module}: DEFAULT {default!r} of {descriptor.get('name')}, a {kind}")

    def _ranges(self, constraint: Any, module: str) -> tuple[tuple[int | None, int | None], ...]:
        """Inclusive ranges; none where there is no constraint, or one that a later version may widen."""
        if constraint is None or None in constraint:
            return ()
        pairs = [item if isinstance(item, tuple) else (item, item) for item in constraint]
        return tuple((self._value(low, module), self._value(high, module)) for low, high in pairs)

    def _note_names(self, descriptor: Descriptor, module: str, path: str) -> None:
        named = descriptor.get("named-numbers") or dict(descriptor.get("named-bits") or ())
        if named:
            self.names[path] = {
                name: int(self._value(_number(value), module)) for name, value in named.items()
            }

    def tags(self, node: Node) -> set[int]:
        """The tags that an encoding of the node may start with; empty for ANY."""
        if isinstance(node, str):
            return {0x30} if node in self._opaque else self.tags(self.types[node])
        if node[0] == "CHOICE":
            return {tag for member in node[2] for tag in self.tags(member[1])}
        return set() if node[0] == "ANY" else {node[1]}

    def _check_unambiguous(self, members: tuple[Node, ...], path: str) -> None:
        """A tag may come twice in a SEQUENCE, but never twice among the members that may come next."""
        for first in range(len(members)):
            seen: set[int] = set()
            for member in members[first:]:
                tags = self.tags(member[1])
                if seen & tags:
                    raise SchemaError(f"{path}.{member[0]}: its tag may belong to a member before it")
                seen |= tags
                if len(member) == 2:
                    break


def identifier(tag: dict[str, Any], *, constructed: bool) -> int:
    """The identifier octets of a tag as one big-endian integer (X.690 §8.1.2)."""
    leading = CLASSES[tag.get("class", "CONTEXT")] | (0x20 if constructed else 0)
    number = int(tag["number"])
    if number < 0x1F:
        return leading | number
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return int.from_bytes(bytes([leading | 0x1F, *reversed(octets)]), "big")


def split_at_markers(members: list[Any]) -> tuple[list[Any], list[Any], list[Any], bool]:
    """Root, additions, second root, and whether there is a `...` at all; `[[ ]]` groups are dissolved."""
    parts: list[list[Any]] = [[], [], []]
    at = 0
    for member in members:
        if member is None:
            at = min(at + 1, 2)
        else:
            parts[at] += member if isinstance(member, list) else [member]
    return parts[0], parts[1], parts[2], at > 0


def octets_of(default: str) -> bytes:
    """The octets of an OCTET STRING value as asn1tools writes it: `0x…`."""
    if not default.startswith("0x"):
        raise SchemaError(f"an OCTET STRING value in hexadecimal expected, not {default}")
    return bytes.fromhex(default[2:])


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else value


def _own(descriptor: Descriptor) -> Descriptor:
    return {key: descriptor[key] for key in ("name", "size") if key in descriptor}
