"""What a load file says about itself: the Header and Applet components of a CAP file (Java Card VM
Specification §6.4, §6.6)."""

from __future__ import annotations

from typing import NamedTuple

_HEADER, _APPLET = 1, 3
_MAGIC = bytes.fromhex("DECAFFED")


class Package(NamedTuple):
    """AID and version (major, minor) of a package, and the AIDs of its applets."""

    aid: bytes
    version: bytes
    modules: tuple[bytes, ...]


def read_package(data: bytes) -> Package:
    """Read the components, which begin with the header; ValueError if they are none."""
    try:
        return _read(data)
    except IndexError:
        raise ValueError("a component of the load file is cut off") from None


def _read(data: bytes) -> Package:
    components: dict[int, bytes] = {}
    place = 0
    while place < len(data):
        end = place + 3 + int.from_bytes(data[place + 1 : place + 3], "big")
        if end > len(data) or data[place] in components:
            raise ValueError("the load file is no sequence of components")
        components[data[place]] = data[place + 3 : end]
        place = end
    header = components.get(_HEADER, b"")
    if header[:4] != _MAGIC:
        raise ValueError("the load file has no Header component")
    # Magic, version of the format (2), flags, then of the package: minor, major, length of AID, AID.
    aid = header[10 : 10 + header[9]]
    if len(aid) != header[9]:
        raise ValueError("the AID of the package is cut off")
    return Package(aid, bytes((header[8], header[7])), _applets(components.get(_APPLET, b"\0")))


def _applets(component: bytes) -> tuple[bytes, ...]:
    """Each applet: length of AID, AID, offset of its install method (2)."""
    found: list[bytes] = []
    place = 1
    for _ in range(component[0]):
        length = component[place]
        found.append(component[place + 1 : place + 1 + length])
        place += 3 + length
    if place != len(component):
        raise ValueError("the Applet component is not what its count says")
    return tuple(found)
