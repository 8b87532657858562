"""Text as cards keep it: the GSM default alphabet, its seven-bit packing, and UCS2 in three codings
(TS 23.038 §6, TS 102 221 annex A)."""

from __future__ import annotations

GSM_DEFAULT_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""TS 23.038 §6.2.1, position = septet value."""
_EXTENSION = {0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]"}
_EXTENSION |= {0x40: "|", 0x65: "€"}
"""TS 23.038 §6.2.1.1: what a septet behind the escape stands for."""
_ESCAPE = 0x1B
_UCS2, _HALF_PAGE, _BASE = 0x80, 0x81, 0x82


class TextError(ValueError):
    """Octets that are no text in the coding that they say they have."""


def from_septets(septets: bytes) -> str:
    """The characters of values from 0 to 127; b8 of each is not looked at."""
    characters, escaped = [], False
    for octet in septets:
        septet = octet & 0x7F
        if escaped:
            characters.append(_EXTENSION.get(septet, GSM_DEFAULT_ALPHABET[septet]))
            escaped = False
        elif septet == _ESCAPE:
            escaped = True
        else:
            characters.append(GSM_DEFAULT_ALPHABET[septet])
    return "".join(characters)


def unpack(octets: bytes) -> str:
    """Seven-bit characters packed into octets (TS 23.038 §6.1.2.1). Seven bits that are left over at the end
    are none of them, if they are '@' or the carriage return that fills them."""
    bits = int.from_bytes(octets, "little")
    count = 8 * len(octets) // 7
    septets = bytes(bits >> 7 * at & 0x7F for at in range(count))
    if septets and count % 8 == 0 and septets[-1] in b"\0\r":
        septets = septets[:-1]
    return from_septets(septets)


def decode_alpha(octets: bytes) -> str:
    """A name on the card, 'FF' filled: the default alphabet a character an octet, or UCS2 behind '80',
    '81' or '82' (TS 102 221 annex A). Raises TextError."""
    if octets[:1] == bytes((_UCS2,)):
        # 'FFFF' is no character: it fills up, and so may one 'FF' that is left over.
        characters = (octets[at : at + 2] for at in range(1, len(octets) - 1, 2))
        used = b"".join(pair for pair in characters if pair != b"\xff\xff")
        return _utf16(used)
    if octets[:1] in (bytes((_HALF_PAGE,)), bytes((_BASE,))):
        return _half_pages(octets)
    return from_septets(octets.rstrip(b"\xff"))


def _half_pages(octets: bytes) -> str:
    """Codings '81' and '82': a count, a base of one or two octets, then one octet a character: below '80'
    of the default alphabet, else that far above the base."""
    wide = octets[0] == _BASE
    head = 4 if wide else 3
    if len(octets) < head or len(octets) < head + octets[1]:
        raise TextError(f"a text in the coding {octets[0]:02X} ends before its {len(octets)} octets do")
    base = int.from_bytes(octets[2:4], "big") if wide else octets[2] << 7
    body = octets[head : head + octets[1]]
    return "".join(
        from_septets(bytes((one,))) if one < 0x80 else _character(base + one - 0x80) for one in body
    )


def _character(code: int) -> str:
    if code > 0xFFFF or 0xD800 <= code <= 0xDFFF:
        raise TextError(f"UCS2 has no character {code:X}")
    return chr(code)


def _utf16(octets: bytes) -> str:
    try:
        return octets.decode("utf-16-be")
    except UnicodeDecodeError:
        raise TextError("the text is no UCS2") from None
