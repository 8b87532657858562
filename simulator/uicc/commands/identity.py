"""GET IDENTITY: the subscription concealed identifier, calculated by the USIM (TS 31.102 §7.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from asn1 import tlv
from asn1.errors import Asn1Error
from cards.apdu import CommandApdu
from cards.identities import IdentityError, Imsi, swap_nibbles
from cards.status import SW, StatusError
from simulator.uicc import services
from simulator.uicc.command import PROPRIETARY, command
from simulator.uicc.commands.authenticate_data import require_pin
from simulator.uicc.index import Node
from simulator.uicc.services import Naa

if TYPE_CHECKING:
    from simulator.uicc.channel import Channel

_SUCI_CONTEXT, _SUCI_5G_NSWO_CONTEXT = 0x01, 0x02
_SUCI = 0xA1
_EF_IMSI, _EF_AD = (0x6F07,), (0x6FAD,)
_EF_SUPI_NAI, _EF_ROUTING_INDICATOR = (0x5FC0, 0x4F09), (0x5FC0, 0x4F0A)
_EF_SUCI_CALC_INFO = (0x5FD0, 0x4F01)
"""In DF.SAIP, where the terminal does not read it; coded as its namesake in DF.5GS (SAIP §9.5.12, TS 31.102
§4.4.11.8)."""
_NO_ROUTING_INDICATOR = bytes.fromhex("F0FF")
"""Digit 0 alone: what is sent when no routing indicator is configured (TS 24.501 §9.11.3.4)."""
_IMSI_FORMAT = 0x01


def get_identity(channel: Channel, command: CommandApdu) -> bytes:
    """GET IDENTITY in SUCI context: 'A1' with the SUCI as the 5GS mobile identity has it from octet 4 on.

    StatusError 6D00 outside a USIM, 6A86, 6A81 for the 5G NSWO context, 6982 without PIN, 6985 unless the
    USIM is the one to calculate (services 124 and 125), 6A88 if what it takes is not on the card.
    """
    adf = channel.adf
    if adf is None or services.naa_of(adf) is not Naa.USIM:
        raise StatusError(SW.INS_NOT_SUPPORTED)
    if command.p1 or command.p2 not in (_SUCI_CONTEXT, _SUCI_5G_NSWO_CONTEXT):
        raise StatusError(SW.INCORRECT_P1_P2)
    if command.p2 != _SUCI_CONTEXT:
        raise StatusError(SW.FUNCTION_NOT_SUPPORTED)
    require_pin(channel, adf)
    for service in (services.SUBSCRIPTION_IDENTIFIER_PRIVACY, services.SUCI_BY_USIM):
        if not services.is_available(channel, adf, service):
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
    return tlv.encode(_SUCI, _suci(channel, adf))


def _suci(channel: Channel, adf: Node) -> bytes:
    routing_indicator = _read(channel, adf, _EF_ROUTING_INDICATOR)[:2]
    if len(routing_indicator) < 2 or routing_indicator == b"\xff\xff":
        routing_indicator = _NO_ROUTING_INDICATOR
    if services.is_available(channel, adf, services.SUPI_NAI):
        supi = _read_supi(_read(channel, adf, _EF_SUPI_NAI))
        if supi is not None:
            return _suci_of_nai(channel, adf, supi, routing_indicator)
    return _suci_of_imsi(channel, adf, routing_indicator)


def _suci_of_imsi(channel: Channel, adf: Node, routing_indicator: bytes) -> bytes:
    """SUPI format IMSI: home network, routing indicator, scheme, key identifier, scheme output."""
    from simulator.crypto.suci import msin_input  # only where it is needed: it loads the cryptography

    try:
        imsi = Imsi.from_bytes(_read(channel, adf, _EF_IMSI))
        plmn = imsi.plmn(_mnc_length(_read(channel, adf, _EF_AD)))
        home_network = plmn.to_bytes()
    except (IdentityError, ValueError):
        raise StatusError(SW.REFERENCED_DATA_NOT_FOUND) from None
    msin = imsi.digits[len(plmn.mcc + plmn.mnc) :]
    concealed = _conceal(channel, adf, msin_input(msin))
    protection = bytes((concealed.scheme, concealed.key_identifier))
    return bytes((_IMSI_FORMAT,)) + home_network + routing_indicator + protection + concealed.output


def _mnc_length(administrative_data: bytes) -> int:
    """2 or 3, from byte 4 of EF.AD (TS 31.102 §4.2.18); 2 where it is not given."""
    return 3 if len(administrative_data) > 3 and administrative_data[3] & 0x0F == 3 else 2


class _NaiType(NamedTuple):
    """A SUPI that is a NAI: first byte of its SUCI (TS 24.501 §9.11.3.4), SUPI type in the NAI (TS 23.003
    §2.2B), and whether it is ever concealed."""

    format: int
    supi_type: int
    may_be_concealed: bool


_NAI_TYPES = {
    0x80: _NaiType(0x11, 1, True),  # network specific identifier
    0x81: _NaiType(0x31, 2, False),  # global line identifier (GLI)
    0x82: _NaiType(0x21, 3, False),  # global cable identifier (GCI)
}
"""Tag in EF.SUPI_NAI (TS 31.102 §4.4.11.10) → type."""


class _Supi(NamedTuple):
    type: _NaiType
    nai: bytes


def _read_supi(body: bytes) -> _Supi | None:
    """The first identifier of EF.SUPI_NAI; None if there is none."""
    for item in _objects(body):
        if item.tag in _NAI_TYPES and item.value:
            return _Supi(_NAI_TYPES[item.tag], item.value)
    return None


def _suci_of_nai(channel: Channel, adf: Node, supi: _Supi, routing_indicator: bytes) -> bytes:
    """SUPI formats that are a NAI: the SUCI is a NAI too, in UTF-8 (TS 23.003 §28.7.3). The realm stays."""
    username, at, realm = supi.nai.rpartition(b"@") if b"@" in supi.nai else (supi.nai, b"", b"")
    concealed = _Concealed(0, 0, username)
    if supi.type.may_be_concealed:
        concealed = _conceal(channel, adf, username)
    digits = swap_nibbles(routing_indicator).rstrip("F") or "0"
    start = f"type{supi.type.supi_type}.rid{digits}.schid{concealed.scheme}"
    return bytes((supi.type.format,)) + start.encode() + concealed.in_nai() + at + realm


class _Concealed(NamedTuple):
    """A scheme output, and the scheme and home network public key that it is made with."""

    scheme: int
    key_identifier: int
    output: bytes

    def in_nai(self) -> bytes:
        """The end of the username in a SUCI NAI (TS 23.003 §28.7.3, TS 33.501 §C.4)."""
        from simulator.crypto.suci import ProtectionScheme, split

        if self.scheme == ProtectionScheme.NULL:
            return b".userid" + self.output
        key, ciphertext, mac = (
            part.hex().upper() for part in split(ProtectionScheme(self.scheme), self.output)
        )
        return f".hnkey{self.key_identifier}.ecckey{key}.cip{ciphertext}.mac{mac}".encode()


def _conceal(channel: Channel, adf: Node, scheme_input: bytes) -> _Concealed:
    """By the first scheme of the list that the card knows and has a good key for; by the null scheme if no
    list is provisioned (TS 33.501 §6.12.2). 6A88 if a list is there and nothing in it can be used."""
    from simulator.crypto.errors import CryptoError
    from simulator.crypto.suci import ProtectionScheme, conceal, ephemeral_private_key

    listed = _read_calculation_information(_read(channel, adf, _EF_SUCI_CALC_INFO))
    if not listed:
        return _Concealed(ProtectionScheme.NULL, 0, scheme_input)
    for identifier, key in listed:
        try:
            scheme = ProtectionScheme(identifier)
            ephemeral = ephemeral_private_key(scheme, channel.card.entropy)
            output = conceal(scheme, scheme_input, key.value, ephemeral)
        except (ValueError, CryptoError):
            continue
        return _Concealed(scheme, key.identifier if scheme else 0, output)
    raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)


class _PublicKey(NamedTuple):
    identifier: int
    value: bytes


_SCHEMES, _KEYS, _KEY_IDENTIFIER, _KEY = 0xA0, 0xA1, 0x80, 0x81
_NO_KEY = _PublicKey(0, b"")


def _read_calculation_information(body: bytes) -> list[tuple[int, _PublicKey]]:
    """Protection scheme identifiers, highest priority first, each with its home network public key; the
    key index counts the keys from 1, and is 0 for the null scheme (TS 31.102 §4.4.11.8)."""
    objects = {item.tag: item.value for item in _objects(body)}
    schemes, keys = objects.get(_SCHEMES, b""), [_NO_KEY]
    identifier = b""
    for item in _objects(objects.get(_KEYS, b"")):
        if item.tag == _KEY_IDENTIFIER:
            identifier = item.value
        elif item.tag == _KEY and len(identifier) == 1:
            keys.append(_PublicKey(identifier[0], item.value))
    pairs = zip(schemes[::2], schemes[1::2], strict=False)
    return [(scheme, keys[index] if index < len(keys) else _NO_KEY) for scheme, index in pairs]


def _objects(body: bytes) -> list[tlv.Tlv]:
    """The data objects of a file up to its padding, or to the first that cannot be read."""
    found: list[tlv.Tlv] = []
    at = 0
    while at < len(body) and body[at] not in (0x00, 0xFF):
        try:
            item = tlv.read(body, at)
        except Asn1Error:
            break
        found.append(item)
        at = item.end
    return found


def _read(channel: Channel, adf: Node, path: tuple[int, ...]) -> bytes:
    """The content of a file below the ADF, whatever its access rules say; empty if there is none."""
    node: Node | None = adf
    for fid in path:
        node = node.by_fid.get(fid) if node else None
    return channel.files.body(node) if node and not node.is_df else b""


COMMANDS = (command("GET IDENTITY", PROPRIETARY, 0x78, "2", "TS 31.102 §7.5", get_identity),)
