"""The file control parameters that SELECT and STATUS answer with (TS 102 221 §11.1.1.3 and §11.1.1.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from asn1 import tlv
from asn1.errors import TlvError
from cards.errors import CardProtocolError

FCP_TEMPLATE = 0x62
FCI_TEMPLATE = 0x6F

STRUCTURES = {0x00: "none", 0x01: "transparent", 0x02: "linear fixed", 0x06: "cyclic", 0x39: "BER-TLV"}
"""b6 to b1 of the file descriptor byte as far as they tell the structure, TS 102 221 Table 11.5."""
LIFE_CYCLES = {
    0x00: "no information", 0x01: "creation", 0x03: "initialisation", 0x04: "deactivated", 0x05: "activated",
    0x06: "deactivated", 0x07: "activated", 0x0C: "terminated", 0x0D: "terminated", 0x0E: "terminated",
    0x0F: "terminated",
}  # fmt: skip
"""TS 102 221 Table 11.7b."""


@dataclass(frozen=True, slots=True)
class PinStatus:
    """One PIN of the PIN Status Template: its key reference and whether it must be verified."""

    reference: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Fcp:
    """What a card says of the selected file. None or empty: the object is absent."""

    is_df: bool = False
    shareable: bool = False
    structure: str = ""
    """'transparent', 'linear fixed', 'cyclic', 'BER-TLV', or 'none' for a DF."""
    record_length: int = 0
    record_count: int = 0
    fid: int | None = None
    aid: bytes = b""
    file_size: int | None = None
    """Bytes of the body without structural information ('80')."""
    total_size: int | None = None
    sfi: int | None = None
    """Short file identifier, 1 to 30. Where '88' is absent, the low five bits of the FID (§11.1.1.4.8)."""
    life_cycle: int | None = None
    arr_fid: int | None = None
    """File identifier of the EF.ARR that '8B' refers to."""
    arr_records: tuple[int, ...] = ()
    """Its record numbers; with several security environments in the order in which they stand."""
    security: bytes = b""
    """The security attributes TLV ('8B', '8C' or 'AB') as it stands."""
    pins: tuple[PinStatus, ...] = ()
    proprietary: dict[int, bytes] = field(default_factory=dict)
    """Objects of the template 'A5': tag → value ('80' UICC characteristics, '82' power, …)."""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a template '62' (or the FCI '6F' of other applications). CardProtocolError if it is none."""
        try:
            template = tlv.read(data)
            if template.tag not in (FCP_TEMPLATE, FCI_TEMPLATE):
                raise CardProtocolError(f"tag '{template.tag:X}' in place of the FCP template '62'")
            return cls(**_members({item.tag: item.value for item in tlv.read_all(template.value)}))
        except TlvError as error:
            raise CardProtocolError(f"the file control parameters are no TLV: {error}") from None

    @property
    def life_cycle_name(self) -> str:
        """The life cycle in words; b8 to b5 set means proprietary."""
        if self.life_cycle is None:
            return ""
        return LIFE_CYCLES.get(self.life_cycle, "proprietary")


def _members(objects: dict[int, bytes]) -> dict[str, Any]:
    def number(tag: int) -> int | None:
        return int.from_bytes(objects[tag], "big") if objects.get(tag) else None

    fid = number(0x83)
    members: dict[str, Any] = {
        "fid": fid,
        "aid": objects.get(0x84, b""),
        "file_size": number(0x80),
        "total_size": number(0x81),
        "life_cycle": number(0x8A),
        "proprietary": {item.tag: item.value for item in tlv.read_all(objects.get(0xA5, b""))},
        "pins": _pins(objects.get(0xC6, b"")),
        **_descriptor(objects.get(0x82, b"")),
        **_security(objects),
    }
    return members | {"sfi": None if members["is_df"] else _sfi(objects.get(0x88), fid)}


def _descriptor(value: bytes) -> dict[str, Any]:
    """'82': file descriptor byte, data coding byte and, for record files, record length and number."""
    if not value:
        return {"is_df": False}
    descriptor = value[0]
    is_df = descriptor & 0xBF == 0x38
    known = STRUCTURES.get(descriptor & 0x3F) or STRUCTURES.get(descriptor & 0x07, "unknown")
    return {
        "is_df": is_df,
        "shareable": bool(descriptor & 0x40),
        "structure": "none" if is_df else known,
        "record_length": int.from_bytes(value[2:4], "big"),
        "record_count": value[4] if len(value) > 4 else 0,
    }


def _sfi(value: bytes | None, fid: int | None) -> int | None:
    if value is None:
        return fid & 0x1F if fid is not None else None
    return value[0] >> 3 or None if value else None


def _security(objects: dict[int, bytes]) -> dict[str, Any]:
    """'8B' (EF.ARR and record number, or pairs of security environment and record), '8C' or 'AB'."""
    tag = next((tag for tag in (0x8B, 0x8C, 0xAB) if tag in objects), None)
    if tag is None:
        return {}
    value = objects[tag]
    members: dict[str, Any] = {"security": tlv.encode(tag, value)}
    if tag == 0x8B and len(value) >= 3:
        records = value[2:] if len(value) == 3 else value[3::2]
        members |= {"arr_fid": int.from_bytes(value[:2], "big"), "arr_records": tuple(records)}
    return members


def _pins(template: bytes) -> tuple[PinStatus, ...]:
    """'C6', TS 102 221 §9.5.2: a bit mask '90', most significant bit first, then the key references '83'
    (each after a usage qualifier '95' that is not kept)."""
    items = tlv.read_all(template)
    mask = next((item.value for item in items if item.tag == 0x90), b"")
    references = [item.value[0] for item in items if item.tag == 0x83 and item.value]
    bits = "".join(f"{byte:08b}" for byte in mask)
    return tuple(PinStatus(ref, bit == "1") for ref, bit in zip(references, bits, strict=False))
