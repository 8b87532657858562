"""Contents of the files that a phone reads and writes for its registration, as values (TS 31.102 §4.2,
§4.4.11).

Bytes that the card holds may be anything: what is no entry is left out, and what is no content counts as
empty.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cards.identities import IdentityError, Plmn, swap_nibbles
from simulator.network.nas import Area, Protocol, Temporary
from simulator.network.world.model import Rat

EMPTY_PLMN: Final = b"\xff\xff\xff"
NO_KSI: Final = 7
BEST_FIRST: Final = (Rat.NG_RAN, Rat.E_UTRAN, Rat.UTRAN, Rat.GERAN)
"""The order of technologies where a specification leaves it to the phone."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of EF.HPLMNwAcT, EF.PLMNwAcT or EF.OPLMNwAcT (§4.2.5)."""

    plmn: Plmn
    rats: tuple[Rat, ...]

    def __str__(self) -> str:
        return f"{self.plmn} ({', '.join(rat.value for rat in self.rats) or 'any technology'})"


class UpdateStatus(IntEnum):
    """The last byte of EF.LOCI, EF.PSLOCI; EF.EPSLOCI and EF.5GS3GPPLOCI call 2 ROAMING NOT ALLOWED."""

    UPDATED = 0
    NOT_UPDATED = 1
    PLMN_NOT_ALLOWED = 2
    AREA_NOT_ALLOWED = 3


@dataclass(frozen=True, slots=True)
class Location:
    """Content of a file that says where the phone was registered last."""

    identity: Temporary | None = None
    area: Area | None = None
    status: UpdateStatus = UpdateStatus.NOT_UPDATED


def plmn(data: bytes) -> Plmn | None:
    """Three bytes of PLMN; None for 'FFFFFF' and for what is none."""
    try:
        return Plmn.from_bytes(data)
    except IdentityError:
        return None


def plmns(data: bytes) -> tuple[Plmn, ...]:
    """EF.EHPLMN, EF.FPLMN: three bytes each, in order (§4.2.84, §4.2.16)."""
    found = (plmn(data[at : at + 3]) for at in range(0, len(data) - 2, 3))
    return tuple(item for item in found if item is not None)


def listed(data: bytes) -> tuple[Listed, ...]:
    """EF.PLMNwAcT and its like: five bytes each, by priority (§4.2.5)."""
    found = []
    for at in range(0, len(data) - 4, 5):
        network = plmn(data[at : at + 3])
        if network is not None:
            found.append(Listed(network, technologies(int.from_bytes(data[at + 3 : at + 5], "big"))))
    return tuple(found)


def technologies(value: int) -> tuple[Rat, ...]:
    """Access Technology Identifier; b7 of the first byte is E-UTRAN, whatever b6 and b5 say of its modes."""
    bits = {Rat.UTRAN: 0x8000, Rat.E_UTRAN: 0x4000, Rat.NG_RAN: 0x0800, Rat.GERAN: 0x0080}
    return tuple(rat for rat in BEST_FIRST if value & bits[rat])


def with_forbidden(data: bytes, network: Plmn) -> bytes:
    """EF.FPLMN with one more: in the first empty place, or the oldest goes out and the others move up (TS
    23.122 §3.1, TS 31.102 §4.2.16). Unchanged if it is there already."""
    places = [data[at : at + 3] for at in range(0, len(data) - 2, 3)]
    coded = network.to_bytes()
    if coded in places or not places:
        return data
    if EMPTY_PLMN in places:
        places[places.index(EMPTY_PLMN)] = coded
    else:
        places = [*places[1:], coded]
    return b"".join(places).ljust(len(data), b"\xff")


def without_forbidden(data: bytes, network: Plmn) -> bytes:
    """EF.FPLMN without a network: the others keep their order, and empty places stand behind."""
    coded = network.to_bytes()
    places = [data[at : at + 3] for at in range(0, len(data) - 2, 3)]
    kept = [place for place in places if place not in (coded, EMPTY_PLMN)]
    return b"".join(kept).ljust(len(data), b"\xff")


@dataclass(frozen=True, slots=True)
class LocationFile:
    """How a protocol's location is kept on the card: lengths in bytes."""

    name: str
    protocol: Protocol
    identity: int
    area: int
    """Of PLMN and code, and what stands between or behind."""
    code: int
    clause: str


LOCATION_FILES: Final[dict[Protocol, LocationFile]] = {
    Protocol.MM: LocationFile("EF.LOCI", Protocol.MM, 4, 6, 2, "TS 31.102 §4.2.17"),
    Protocol.GMM: LocationFile("EF.PSLOCI", Protocol.GMM, 7, 6, 2, "TS 31.102 §4.2.23"),
    Protocol.EMM: LocationFile("EF.EPSLOCI", Protocol.EMM, 12, 5, 2, "TS 31.102 §4.2.91"),
    Protocol.FIVE_GMM: LocationFile("EF.5GS3GPPLOCI", Protocol.FIVE_GMM, 13, 6, 3, "TS 31.102 §4.4.11.2"),
}


def read_location(row: LocationFile, data: bytes) -> Location:
    """A location file's content. An area whose code is '0000' or 'FFFE' is none (TS 23.003 §4.1)."""
    if len(data) < row.identity + row.area + 1:
        return Location()
    rest = data[row.identity :]
    network = plmn(rest[:3])
    code = int.from_bytes(rest[3 : 3 + row.code], "big")
    nowhere = (0, 0xFFFE, 0xFFFF, 0xFFFFFE, 0xFFFFFF)
    area = Area(network, code) if network is not None and code not in nowhere else None
    status = rest[row.area]
    known = UpdateStatus(status) if status in UpdateStatus._value2member_map_ else UpdateStatus.NOT_UPDATED
    return Location(_read_identity(row, data[: row.identity], network), area, known)


def _read_identity(row: LocationFile, data: bytes, network: Plmn | None) -> Temporary | None:
    if not data.strip(b"\xff"):
        return None
    if row.identity <= 7:
        return Temporary(data[:4], network) if network and data[:4] != b"\xff" * 4 else None
    start = 2 if row.protocol is Protocol.EMM else 3
    owner = plmn(data[start : start + 3])
    return Temporary(data[-4:], owner, data[start + 3 : -4]) if owner else None


def write_location(row: LocationFile, location: Location) -> bytes:
    """The content to write. A code of '0000' stands for no area in EF.LOCI, as cards are issued."""
    area = location.area
    where = (
        area.plmn.to_bytes() + area.code.to_bytes(row.code, "big") if area else EMPTY_PLMN + bytes(row.code)
    )
    if row.protocol is Protocol.MM:
        where += b"\xff" if area is None else b"\x00"
    elif row.protocol is Protocol.GMM:
        where += b"\xff" if area is None else b"\x01"
    return _write_identity(row, location.identity) + where + bytes((location.status,))


def _write_identity(row: LocationFile, identity: Temporary | None) -> bytes:
    if identity is None:
        return b"\xff" * row.identity
    if row.identity <= 7:
        return identity.value.ljust(row.identity, b"\xff")
    kind = b"\x0b\xf6" if row.protocol is Protocol.EMM else b"\x00\x0b\xf2"
    return kind + identity.plmn.to_bytes() + identity.pool + identity.value


def keys(data: bytes) -> int:
    """The key set identifier of EF.KEYS or EF.KEYSPS; 7: no keys (§4.2.3, §4.2.4)."""
    return data[0] & 7 if data and data[1:17].strip(b"\xff") else NO_KSI


def eps_context(ksi: int, kasme: bytes, algorithms: bytes) -> bytes:
    """A record of EF.EPSNSC: key set identifier, KASME, NAS counts of a context just taken into use,
    algorithms (§4.2.92). Identifier 7: the context is not valid."""
    body = b"\x80\x01" + bytes((ksi,)) + b"\x81\x20" + kasme.ljust(32, b"\xff")
    body += b"\x82\x04" + bytes(4) + b"\x83\x04" + bytes(4) + b"\x84\x01" + algorithms
    return b"\xa0" + bytes((len(body),)) + body


def eps_keys(data: bytes) -> int:
    """The key set identifier of EF.EPSNSC; 7: no valid context."""
    start = data[:2] == b"\xa0\x34" and data[2:4] == b"\x80\x01"
    return data[4] & 7 if start and len(data) > 4 else NO_KSI


def five_g_keys(kausf: bytes, kseaf: bytes) -> bytes:
    """The beginning of EF.5GAUTHKEYS (§4.4.11.6)."""
    return b"\x80\x20" + kausf + b"\x81\x20" + kseaf


def emergency_numbers(records: Iterable[bytes]) -> tuple[str, ...]:
    """The codes of EF.ECC: three bytes of swapped BCD first in each record (§4.2.21)."""
    found = (swap_nibbles(record[:3]).partition("F")[0] for record in records)
    return tuple(code for code in found if code.isdecimal())


def service_numbers(table: bytes) -> frozenset[int]:
    """EF.UST: b1 of its first byte is service 1 (§4.2.8)."""
    return frozenset(8 * at + bit + 1 for at, byte in enumerate(table) for bit in range(8) if byte >> bit & 1)


def access_classes(data: bytes) -> frozenset[int]:
    """EF.ACC: bit n is class n (§4.2.15)."""
    value = int.from_bytes(data[:2], "big")
    return frozenset(number for number in range(16) if value >> number & 1)


def search_period(data: bytes) -> int | None:
    """EF.HPPLMN in minutes: steps of 6, up to 8 hours; None: never. 60 where the file says nothing (§4.2.6,
    TS 23.122 §4.4.3.3.1)."""
    if not data or data[0] == 0xFF:
        return 60
    return 6 * min(data[0], 80) or None


def forbidden_bytes(networks: Iterable[Plmn], places: int = 4) -> bytes:
    """Content of EF.FPLMN."""
    return b"".join(network.to_bytes() for network in networks).ljust(3 * places, b"\xff")
