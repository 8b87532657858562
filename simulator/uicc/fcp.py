"""File control parameters as SELECT and STATUS return them (TS 102 221 §11.1.1.3, §11.1.1.4)."""

from __future__ import annotations

from asn1 import tlv
from simulator.uicc.filesystem import UNIVERSAL_PIN, FileSystem
from simulator.uicc.image import FileStructure, LifeCycle
from simulator.uicc.index import MF_FID, Node

FCP_TEMPLATE = 0x62
_DESCRIPTOR, _FID, _DF_NAME, _PROPRIETARY = 0x82, 0x83, 0x84, 0xA5
_LIFE_CYCLE, _FILE_SIZE, _TOTAL_SIZE, _SFI, _PIN_STATUS = 0x8A, 0x80, 0x81, 0x88, 0xC6
_DATA_CODING = 0x21
"""Data coding byte: write behaviour proprietary, unit one byte (ISO/IEC 7816-4 Table 87)."""
_SHAREABLE = 0x40
_DF = 0x38
_UICC_CHARACTERISTICS = bytes.fromhex("800171")
"""Clock stop allowed in any state, UICC supports 5, 3 and 1.8 V (Table 11.8)."""


def fcp(files: FileSystem, node: Node) -> bytes:
    """The FCP template of a file on this card."""
    # An FCP depends on nothing but the image, the life cycle and, for a DF, on which of its PINs are enabled.
    enabled = (
        tuple(files.pin_enabled(node, reference) for reference in node.df.pin_status) if node.is_df else ()
    )
    state = files.life_cycle(node)
    key = (node.number, state, enabled)
    cached = files.index.fcps.get(key)
    if cached is None:
        body = _df(files, node, state) if node.is_df else _ef(node, state)
        cached = files.index.fcps[key] = tlv.encode(FCP_TEMPLATE, body)
    return cached


def _df(files: FileSystem, node: Node, state: LifeCycle) -> bytes:
    image = node.df
    descriptor = bytes((_DF | (_SHAREABLE if image.shareable else 0), _DATA_CODING))
    proprietary = image.proprietary or (_UICC_CHARACTERISTICS if node.fid == MF_FID else b"")
    return (
        tlv.encode(_DESCRIPTOR, descriptor)
        + (b"" if image.aid else tlv.encode(_FID, image.fid.to_bytes(2, "big")))
        + (tlv.encode(_DF_NAME, image.aid) if image.aid else b"")
        + (tlv.encode(_PROPRIETARY, proprietary) if proprietary else b"")
        + tlv.encode(_LIFE_CYCLE, bytes((state.value,)))
        + image.security
        + pin_status(files, node)
    )


def pin_status(files: FileSystem, node: Node) -> bytes:
    """The PIN Status Template DO: one bit for each PIN, set when it is enabled, then the key references;
    the universal PIN is preceded by its usage qualifier (§9.5.2)."""
    references = node.df.pin_status
    if not references:
        return b""
    bits = 0
    for position, reference in enumerate(references):
        if files.pin_enabled(node, reference):
            bits |= 1 << (8 * ((len(references) + 7) // 8) - 1 - position)
    body = tlv.encode(0x90, bits.to_bytes((len(references) + 7) // 8, "big"))
    for reference in references:
        if reference == UNIVERSAL_PIN:
            body += tlv.encode(0x95, b"\x08" if files.pin_enabled(node, reference) else b"\x00")
        body += tlv.encode(0x83, bytes((reference,)))
    return tlv.encode(_PIN_STATUS, body)


def _ef(node: Node, state: LifeCycle) -> bytes:
    image, target = node.ef, node.target.ef
    descriptor = bytes((image.structure.value | (_SHAREABLE if image.shareable else 0), _DATA_CODING))
    if target.record_length:
        descriptor += target.record_length.to_bytes(2, "big") + bytes((target.record_count,))
    proprietary = image.proprietary
    if image.structure is FileStructure.BER_TLV and not proprietary and image.maximum_size:
        proprietary = tlv.encode(0x86, _number(image.maximum_size))
    sfi = b"" if image.sfi is None else bytes((image.sfi << 3,))
    return (
        tlv.encode(_DESCRIPTOR, descriptor)
        + tlv.encode(_FID, image.fid.to_bytes(2, "big"))
        + (tlv.encode(_PROPRIETARY, proprietary) if proprietary else b"")
        + tlv.encode(_LIFE_CYCLE, bytes((state.value,)))
        + image.security
        + tlv.encode(_FILE_SIZE, len(target.content).to_bytes(2, "big"))
        + tlv.encode(_SFI, sfi)
    )


def _number(value: int) -> bytes:
    return value.to_bytes(max(2, (value.bit_length() + 7) // 8), "big")
