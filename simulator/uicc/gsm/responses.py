"""What SELECT and STATUS of class 'A0' answer (TS 51.011 §9.2.1)."""

from __future__ import annotations

from simulator.uicc.access import Condition, Kind, Operation, condition_for
from simulator.uicc.gsm.view import GsmFile, GsmView
from simulator.uicc.image import FileStructure, LifeCycle
from simulator.uicc.index import MF_FID
from simulator.uicc.pins import Pin

CHV1, CHV2 = 0x01, 0x81
"""Key references of the card's PINs that are called CHV1 and CHV2 here."""
_MF, _DF, _EF = 0x01, 0x02, 0x04
_STRUCTURES = {FileStructure.TRANSPARENT: 0x00, FileStructure.LINEAR_FIXED: 0x01, FileStructure.CYCLIC: 0x03}
_MEMORY = 0x1000
"""Bytes that a directory tells of as free."""
_CLOCK_STOP = 0x01
"""File characteristics: clock stop allowed, no preferred level."""
_ALWAYS, _FIRST_ADMINISTRATIVE, _NEVER = 0x0, 0x4, 0xF
_FIRST_ADM_REFERENCE, _LAST_ADM_REFERENCE = 0x0A, 0x0E
_INCREASE_ALLOWED = 0x40
_NOT_INVALIDATED, _READABLE_WHEN_INVALIDATED = 0x01, 0x04


def directory_response(view: GsmView, file: GsmFile, chvs: tuple[Pin | None, Pin | None]) -> bytes:
    """MF or DF: 23 bytes."""
    files = view.directories.get(file.fid, {}).values()
    directories = sum(child.is_df for child in files)
    chv1, chv2 = chvs
    characteristics = _CLOCK_STOP | (0x80 if chv1 is None or not chv1.enabled else 0)
    count = 2 * sum(chv is not None for chv in chvs) + 1
    specific = bytes((characteristics, directories, len(files) - directories, count, 0))
    specific += b"".join(map(_chv_status, (chv1, chv2))) + b"\x00"
    kind = _MF if file.fid == MF_FID else _DF
    head = bytes(2) + _MEMORY.to_bytes(2, "big") + file.fid.to_bytes(2, "big") + bytes((kind,)) + bytes(5)
    return head + bytes((len(specific),)) + specific


def _chv_status(pin: Pin | None) -> bytes:
    """Tries left for a CHV and for its UNBLOCK CHV; b8: the secret code is initialised."""
    if pin is None:
        return bytes(2)
    unblock = 0x80 | min(pin.unblock_tries, 15) if pin.image.unblock else 0
    return bytes((0x80 | min(pin.tries, 15), unblock))


def ef_response(view: GsmView, file: GsmFile) -> bytes:
    """EF: 15 bytes, or 14 for a transparent one's meaningful part, with the record length behind."""
    image = view.image(file)
    is_cyclic = image.structure is FileStructure.CYCLIC
    levels = [_level(view, file, operation) for operation in (Operation.READ, Operation.UPDATE)]
    increase = _level(view, file, Operation.INCREASE) if is_cyclic else _NEVER
    switches = [_level(view, file, operation) for operation in (Operation.ACTIVATE, Operation.DEACTIVATE)]
    return (
        bytes(2)
        + len(view.body(file)).to_bytes(2, "big")
        + file.fid.to_bytes(2, "big")
        + bytes((_EF, _INCREASE_ALLOWED if is_cyclic and increase != _NEVER else 0))
        + bytes((levels[0] << 4 | levels[1], increase << 4 | _NEVER, switches[0] << 4 | switches[1]))
        + bytes((_status(view, file), 2, _STRUCTURES.get(image.structure, 0), image.record_length))
    )


def _status(view: GsmView, file: GsmFile) -> int:
    deactivated = view.files.life_cycle(file.node) is LifeCycle.DEACTIVATED
    readable = _READABLE_WHEN_INVALIDATED if file.node.image.proprietary[2:3] == b"\x40" else 0
    return (0 if deactivated else _NOT_INVALIDATED) | readable


def _level(view: GsmView, file: GsmFile, operation: int) -> int:
    """The access condition level of an operation (§7.3): of several keys the first, for GSM knows one."""
    return _level_of(condition_for(view.files.rule(file.node), operation))


def _level_of(condition: Condition) -> int:
    if condition.kind is Kind.ALWAYS:
        return _ALWAYS
    if condition.kind is Kind.OR and condition.parts:
        return min(map(_level_of, condition.parts))
    if condition.kind is Kind.AND and condition.parts:
        return _level_of(condition.parts[0])
    if condition.kind is not Kind.KEY:
        return _NEVER
    reference = condition.key_reference
    if reference in (CHV1, CHV2):
        return 1 if reference == CHV1 else 2
    if _FIRST_ADM_REFERENCE <= reference <= _LAST_ADM_REFERENCE:
        return _FIRST_ADMINISTRATIVE + reference - _FIRST_ADM_REFERENCE
    return _NEVER
