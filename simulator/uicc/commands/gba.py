"""AUTHENTICATE in the GBA security context: bootstrapping and NAF derivation (TS 31.102 §7.1.1.3, §7.1.1.4,
TS 31.103 §7.1, TS 33.220 §5.3 and annex G)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.status import SW, StatusError
from simulator.uicc.aka import AkaState, SynchronisationFailure
from simulator.uicc.commands.authenticate_data import (
    SUCCESS,
    SYNCHRONISATION_FAILURE,
    prefixed,
    read_fields,
)
from simulator.uicc.gba import GbaState, NafKey
from simulator.uicc.image import FileStructure
from simulator.uicc.index import Node
from simulator.uicc.services import Naa, naa_of

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_BOOTSTRAPPING, _NAF_DERIVATION = 0xDD, 0xDE
_RAND_LENGTH, _AUTN_LENGTH = 16, 16
_EF_GBABP = {Naa.USIM: 0x6FD6, Naa.ISIM: 0x6FD5}
"""GBA Bootstrapping parameters, TS 31.102 §4.2.79, TS 31.103 §4.2.9: RAND, B-TID and key lifetime, each
after its length."""
_EF_GBANL = {Naa.USIM: 0x6FDA, Naa.ISIM: 0x6FD7}
"""GBA NAF List, TS 31.102 §4.2.83, TS 31.103 §4.2.11: a record for each NAF, '80' NAF_ID and '81' B-TID."""
_NAF_ID, _B_TID = 0x80, 0x81
_KEYS_WITHOUT_LIST = 8
"""How many NAF keys are kept where there is no EF.GBANL whose records would limit them."""


def state_of(channel: Channel, adf: Node) -> GbaState:
    """The bootstrapped keys of an application."""
    return channel.files.gba(adf.df.aid)


def in_gba_context(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """The first byte says which mode; a mode that is not known is no supported context."""
    if data[0] == _BOOTSTRAPPING:
        return _bootstrap(channel, adf, state, data[1:])
    if data[0] == _NAF_DERIVATION:
        return _derive(channel, adf, data[1:])
    raise StatusError(SW.SECURITY_CONTEXT_NOT_SUPPORTED)


def _bootstrap(channel: Channel, adf: Node, state: AkaState, data: bytes) -> bytes:
    """RAND and AUTN*; 'DB' with RES while CK and IK stay on the card, or 'DC' with AUTS."""
    from simulator.crypto.gba import convert_autn  # only where it is needed, as the algorithms are

    rand, autn_star = read_fields(data, _RAND_LENGTH, _AUTN_LENGTH)
    node = adf.by_fid.get(_EF_GBABP[_naa(adf)])
    parameters = prefixed(rand, b"", b"")
    if node is not None and len(channel.files.body(node)) < len(parameters):
        raise StatusError(SW.AUTHENTICATION_NO_MEMORY)
    ik = state.functions.f2345(rand)[2]
    result = state.authenticate(rand, convert_autn(autn_star, ik))
    if isinstance(result, SynchronisationFailure):
        return bytes((SYNCHRONISATION_FAILURE,)) + prefixed(result.auts)
    keys = state_of(channel, adf)
    keys.ks, keys.rand = result.ck + result.ik, rand
    if node is not None:
        # B-TID and lifetime belonged to the old Ks; the terminal writes the new ones (TS 33.220 §G.1).
        channel.card.write(node, parameters.ljust(len(channel.files.body(node)), b"\xff"))
    return bytes((SUCCESS,)) + prefixed(result.res)


def _derive(channel: Channel, adf: Node, data: bytes) -> bytes:
    """NAF_ID and IMPI; 'DB' with Ks_ext_NAF. Ks_int_NAF is kept with the B-TID, and EF.GBANL names it."""
    from simulator.crypto.gba import ks_ext_naf, ks_int_naf

    naf_id, impi = _variable_fields(data)
    state = state_of(channel, adf)
    if not state.ks:
        raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    b_tid = _current_b_tid(channel, adf)
    _list(channel, adf, state, naf_id, b_tid)
    state.keep(naf_id, NafKey(b_tid, ks_int_naf(state.ks, state.rand, impi, naf_id)))
    return bytes((SUCCESS,)) + prefixed(ks_ext_naf(state.ks, state.rand, impi, naf_id))


def _naa(adf: Node) -> Naa:
    naa = naa_of(adf)
    assert naa is not None  # the table of contexts has rows for these applications only
    return naa


def _variable_fields(data: bytes) -> tuple[bytes, bytes]:
    """Two length-prefixed fields of any length but none; 6700 if they do not fill the data."""
    first = data[0] if data else 0
    second = data[1 + first] if first and len(data) > 1 + first else 0
    if not second:
        raise StatusError(SW.WRONG_LENGTH)
    naf_id, impi = read_fields(data, first, second)
    return naf_id, impi


def _current_b_tid(channel: Channel, adf: Node) -> bytes:
    """The B-TID that the terminal wrote into EF.GBABP; empty if it has not yet."""
    node = adf.by_fid.get(_EF_GBABP[_naa(adf)])
    body = channel.files.body(node) if node else b""
    at = 1 + body[0] if body else 0
    if at >= len(body) or at + 1 + body[at] > len(body):
        return b""
    return body[at + 1 : at + 1 + body[at]]


def _list(channel: Channel, adf: Node, state: GbaState, naf_id: bytes, b_tid: bytes) -> None:
    """Enter NAF_ID and B-TID into EF.GBANL: into the NAF's record, else an empty one, else the one whose
    key was used longest ago. 9866 if no record is long enough."""
    node = adf.by_fid.get(_EF_GBANL[_naa(adf)])
    if node is None or node.structure is not FileStructure.LINEAR_FIXED or not node.record_length:
        while len(state.naf_keys) >= _KEYS_WITHOUT_LIST:
            del state.naf_keys[next(iter(state.naf_keys))]
        return
    content = tlv.encode(_NAF_ID, naf_id) + tlv.encode(_B_TID, b_tid)
    length = node.record_length
    if len(content) > length:
        raise StatusError(SW.AUTHENTICATION_NO_MEMORY)
    body = channel.files.body(node)
    listed = [_naf_id(body[at : at + length]) for at in range(0, len(body), length)]
    number = _record_for(listed, naf_id, list(state.naf_keys))
    if (overwritten := listed[number]) != naf_id:
        state.naf_keys.pop(overwritten, None)
    at = number * length
    channel.card.write(node, body[:at] + content.ljust(length, b"\xff") + body[at + length :])


def _naf_id(record: bytes) -> bytes:
    """NAF_ID of a record of EF.GBANL; empty for an unused record, or one that cannot be read."""
    try:
        item = tlv.read(record)
    except Asn1Error:
        return b""
    return item.value if item.tag == _NAF_ID else b""


def _record_for(listed: list[bytes], naf_id: bytes, used: list[bytes]) -> int:
    """Index of the record to write (TS 31.102 §7.1.1.4); `used`: NAF_IDs, the one last used last."""
    for wanted in (naf_id, b""):
        if wanted in listed:
            return listed.index(wanted)
    return min(range(len(listed)), key=lambda at: used.index(listed[at]) if listed[at] in used else -1)
