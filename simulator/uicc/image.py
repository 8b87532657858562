"""The immutable file-system image of a card (TS 102 221 §8, SAIP §8.3): what every card of a kind shares.

A profile package is read once into a `CardImage`; ten thousand cards with that profile point at the
same object and hold only what they changed (`simulator.uicc.filesystem`). Nothing here is mutable,
and nothing here knows where the image came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class FileStructure(Enum):
    """Structure of an EF; the value is bits b1–b3 (or b1–b6 for BER-TLV) of the file descriptor
    byte, TS 102 221 §11.1.1.4.3, Table 11.5."""

    TRANSPARENT = 0x01
    LINEAR_FIXED = 0x02
    CYCLIC = 0x06
    BER_TLV = 0x39


class LifeCycle(Enum):
    """Life cycle status integer, TS 102 221 §11.1.1.4.9, Table 11.7b."""

    CREATION = 0x01
    INITIALISATION = 0x03
    ACTIVATED = 0x05
    DEACTIVATED = 0x04
    TERMINATED = 0x0C

    __hash__ = object.__hash__
    """By identity: Enum's own hash is computed in Python each time."""


@dataclass(frozen=True, slots=True, eq=False)
class EfImage:
    """One elementary file.

    `content` is the whole body: for linear fixed and cyclic files the records one after another,
    record number 1 first; for BER-TLV files the data objects one after another.
    `security` is one complete TLV as it stands in the FCP: '8B' (reference to EF.ARR), '8C'
    (compact) or 'AB' (expanded), TS 102 221 §9.3; empty means: no access condition is given.
    `link` is the path from the MF (file identifiers, MF excluded; an ADF is given by its first
    identifier '7FFF' after `link_aid`) of the file whose body this one shares, SAIP §8.3.3 linkPath.
    """

    fid: int
    structure: FileStructure
    content: bytes
    name: str = ""
    record_length: int = 0
    sfi: int | None = None
    security: bytes = b""
    life_cycle: LifeCycle = LifeCycle.ACTIVATED
    shareable: bool = True
    proprietary: bytes = b""
    """Value of the 'A5' template, copied into the FCP as it is."""
    maximum_size: int = 0
    """BER-TLV files: maximum file size in bytes ('A5' tag '86'); 0: not limited but by memory."""
    link: tuple[int, ...] = ()
    link_aid: bytes = b""

    @property
    def record_count(self) -> int:
        return len(self.content) // self.record_length if self.record_length else 0


@dataclass(frozen=True, slots=True, eq=False)
class DfImage:
    """One dedicated file: the MF ('3F00'), a DF, or an ADF (which has an `aid`, 5 to 16 bytes)."""

    fid: int
    children: tuple[EfImage | DfImage, ...] = ()
    name: str = ""
    aid: bytes = b""
    security: bytes = b""
    pin_status: bytes = b""
    """Key references that the PIN Status Template DO 'C6' shows, one byte each, in order (TS 102 221
    §9.5.2; pinStatusTemplateDO of SAIP)."""
    life_cycle: LifeCycle = LifeCycle.ACTIVATED
    shareable: bool = True
    proprietary: bytes = b""

    def walk(self, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], EfImage | DfImage]]:
        """Every file below this one, depth first, with its path of file identifiers from here."""
        for child in self.children:
            here = (*path, child.fid)
            yield here, child
            if isinstance(child, DfImage):
                yield from child.walk(here)


class PinImage(NamedTuple):
    """A PIN with its PUK. `reference` is the key reference of TS 102 221 Table 9.3 ('01'–'08' PIN of
    application n, '11' universal PIN, '81'–'88' second PINs, '0A'–'0E' and '8A'–'8E' administrative).

    `aid` is empty for PINs that hold for the whole card (global and administrative), else the AID of
    the ADF to which the PIN is local. Values are 8 bytes, padded with 'FF' (TS 102 221 §9.5.1).
    """

    reference: int
    value: bytes
    tries: int = 3
    maximum_tries: int = 3
    enabled: bool = True
    unblock: bytes = b""
    unblock_tries: int = 10
    unblock_maximum_tries: int = 10
    aid: bytes = b""
    universal_replacement: bool = False
    attributes: int = 0x07
    """pinAttributes of SAIP §8.4.2: b1 enabled, b2 may be changed, b3 may be disabled and enabled."""


MILENAGE_CONSTANTS = bytes(16) + b"".join(bytes(15) + bytes([1 << n]) for n in range(4))
"""c1 to c5, 16 bytes each (TS 35.206 §4.1)."""


class AkaAlgorithm(Enum):
    """algorithmID of SAIP §8.6 (AlgoParameter)."""

    MILENAGE = 1
    TUAK = 2
    USIM_TEST = 3
    """The XOR algorithm of TS 34.108 §8.1.2."""


class AkaImage(NamedTuple):
    """AKA parameters of one NAA, SAIP §8.6 (PE-AKAParameter). Lengths in bytes, rotations in bits."""

    aid: bytes
    """AID of the ADF that authenticates with it; empty for GSM access without any ADF."""
    algorithm: AkaAlgorithm
    key: bytes
    opc: bytes = b""
    """OPc (Milenage, 16) or TOPc (TUAK, 32)."""
    rotations: bytes = bytes.fromhex("4000204060")
    constants: bytes = MILENAGE_CONSTANTS
    keccak_iterations: int = 1
    res_length: int = 8
    mac_length: int = 8
    ck_length: int = 16
    ik_length: int = 16
    sqn_options: int = 0x02
    sqn_delta: int = 1 << 28
    sqn_age_limit: int = 1 << 28
    sqn_init: tuple[int, ...] = (0,) * 32
    """Highest SEQ accepted, without IND, for each of the 32 values of IND."""
    authentication_counter_maximum: int | None = None
    """authCounterMax of SAIP: how often a wrong MAC may be seen before AUTHENTICATE is blocked."""


class KeyImage(NamedTuple):
    """One key of a security domain (SAIP §8.7.3 keyList; GP Card Spec §11.8)."""

    identifier: int
    version: int
    components: tuple[tuple[int, bytes], ...]
    """(key type of GP Table 11-16, value) for each component."""
    usage_qualifier: int = 0
    access: int = 0
    counter: int = 0
    mac_length: int = 8
    """Bytes of the MACs that an AES key makes in secured packets: 8 or 4 (SAIP §8.7.3 macLength)."""


class SecurityDomainImage(NamedTuple):
    """A security domain as the profile personalises it (SAIP §8.7); the MNO-SD is the first."""

    instance_aid: bytes
    load_package_aid: bytes = b""
    class_aid: bytes = b""
    privileges: bytes = b""
    life_cycle: int = 0x0F
    application_specific_parameters: bytes = b""
    toolkit_parameters: bytes = b""
    """UICC Toolkit Application Specific Parameters: minimum security level, TARs (TS 102 226
    §8.2.1.3.2.2)."""
    keys: tuple[KeyImage, ...] = ()
    personalisation: tuple[bytes, ...] = ()
    """sdPersoData: STORE DATA payloads in order."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CardImage:
    """Everything that a profile puts on a card. Two cards of one image differ only in their overlay."""

    mf: DfImage
    adfs: tuple[DfImage, ...] = ()
    pins: tuple[PinImage, ...] = ()
    pin_links: tuple[tuple[bytes, bytes], ...] = ()
    """(AID, AID of the application whose local PINs the first one shares)."""
    akas: tuple[AkaImage, ...] = ()
    security_domains: tuple[SecurityDomainImage, ...] = ()
    kept: tuple[tuple[str, bytes], ...] = ()
    """Elements that a card stores but does not run (RFM, application, non-standard), as (PE name, DER)."""
    iccid: bytes = b""
    """ICCID of the profile, 10 bytes as the header of the package writes it, not swapped (SAIP §8.2)."""
