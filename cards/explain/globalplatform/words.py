"""Numbers that GlobalPlatform commands share, in words: life cycles, privileges, kinds of keys (GP Card
Specification §11.1)."""

from __future__ import annotations

from cards.explain.fields import Words, flags, hexadecimal, named

CARD = {0x01: "OP_READY", 0x07: "INITIALIZED", 0x0F: "SECURED", 0x7F: "CARD_LOCKED", 0xFF: "TERMINATED"}
"""Life cycle of the card, which is the issuer security domain's (Table 11-6)."""
SECURITY_DOMAIN = {0x03: "INSTALLED", 0x07: "SELECTABLE", 0x0F: "PERSONALIZED"}
"""Life cycle of applications and security domains (Tables 11-4, 11-5); an application has states of its own
between SELECTABLE and '7F'."""
LOAD_FILE = {0x01: "LOADED"}
"""Table 11-3."""
_LOCKED = 0x80


def application_state(data: bytes) -> str:
    """The life cycle of an application or a security domain; b8 locks it, the state before stays."""
    value = data[0]
    before = value & ~_LOCKED
    name = SECURITY_DOMAIN.get(before, "a state of its own" if before & 0x07 == 0x07 else "unknown")
    return f"{value:02X}: {f'LOCKED, before: {name}' if value & _LOCKED else name}"


card_state = named(CARD)
load_file_state = named(LOAD_FILE)

_PRIVILEGES = (
    ("mandated DAP verification", "CVM management", "card reset", "card terminate", "card lock",
     "delegated management", "DAP verification", "security domain"),
    ("global service", "final application", "global registry", "global lock", "global delete",
     "token verification", "authorized management", "trusted path"),
    (None, None, None, None, "contactless self-activation", "contactless activation",
     "ciphered load file data block", "receipt generation"),
)  # fmt: skip
"""Octet by octet, from the lowest bit on (Tables 11-7 to 11-9)."""


def privileges(data: bytes) -> str:
    """One octet, or three. A mandated DAP is verified by who has b1 and b7 of the first octet."""
    found = [
        name
        for octet, names in zip(data, _PRIVILEGES, strict=False)
        for bit, name in reversed(list(enumerate(names)))
        if name and octet >> bit & 1
    ]
    return f"{hexadecimal(data)}: {', '.join(found) or 'none'}" if data else "not changed"


KEY_TYPES = {
    0x80: "DES", 0x81: "DES, reserved", 0x82: "triple DES, CBC", 0x83: "DES, ECB", 0x84: "DES, CBC",
    0x85: "pre-shared key for TLS", 0x88: "AES", 0x90: "HMAC with SHA-1", 0x91: "HMAC with SHA-1, 160 bits",
    0xA0: "RSA public exponent, clear", 0xA1: "RSA modulus, clear", 0xA2: "RSA modulus",
    0xA3: "RSA private exponent", 0xA4: "RSA, CRT P", 0xA5: "RSA, CRT Q", 0xA6: "RSA, CRT PQ",
    0xA7: "RSA, CRT DP1", 0xA8: "RSA, CRT DQ1", 0xB0: "ECC public key", 0xB1: "ECC private key",
    0xB2: "ECC field parameter P", 0xB3: "ECC field parameter A", 0xB4: "ECC field parameter B",
    0xB5: "ECC field parameter G", 0xB6: "ECC field parameter N", 0xB7: "ECC field parameter k",
    0xF0: "ECC parameters reference", 0xFF: "extended format",
}  # fmt: skip
"""Table 11-16."""
key_type = named(KEY_TYPES)


def key_version(data: bytes) -> str:
    """A key version number, and for what it is set aside (TS 102 226 §8.2.1.5, UICC Configuration §9)."""
    value = data[0]
    uses = (
        (range(0x01, 0x10), "SCP80"), (range(0x11, 0x12), "DAP"), (range(0x20, 0x30), "SCP02"),
        (range(0x30, 0x40), "SCP03"), (range(0x40, 0x50), "SCP81"), (range(0x70, 0x71), "tokens"),
        (range(0x71, 0x72), "receipts"), (range(0x73, 0x74), "DAP"), (range(0x74, 0x75), "CASD"),
        (range(0x75, 0x76), "ciphered load files"),
    )  # fmt: skip
    use = next((name for numbers, name in uses if value in numbers), "")
    return f"{value:02X}{f': {use}' if use else ''}"


key_usage: Words = flags(
    {16: "verification or encipherment", 15: "computation or decipherment", 14: "secure messaging of answers",
     13: "secure messaging of commands", 12: "confidentiality", 11: "checksum", 10: "digital signature",
     9: "cryptographic authorization", 8: "key agreement"}
)  # fmt: skip
"""Key usage qualifier of two octets (Table 11-17)."""


def key_usage_of_one_or_two(data: bytes) -> str:
    return key_usage(data.ljust(2, b"\0"))


key_access = named(
    {0: "the security domain and its applications", 1: "the security domain only", 2: "its applications only"}
)
"""Table 11-18."""


def implicit_selection(data: bytes) -> str:
    """For which interface and logical channel an application is selected by itself (Table 11-15)."""
    interfaces = [name for bit, name in ((0x80, "contactless"), (0x40, "contacts")) if data[0] & bit]
    return f"{' and '.join(interfaces) or 'no interface'}, logical channel {data[0] & 0x1F}"


_GLOBALPLATFORM = bytes.fromhex("2A864886FC6B")
_OIDS = {1: "card recognition data", 2: "GlobalPlatform version", 3: "card identification scheme"}
_OIDS |= {4: "secure channel protocol", 5: "card configuration", 6: "card chip"}


def object_identifier(data: bytes) -> str:
    """An OID below that of GlobalPlatform in words (annex H.2), any other as bytes."""
    if not data.startswith(_GLOBALPLATFORM) or len(data) == len(_GLOBALPLATFORM):
        return hexadecimal(data)
    kind, rest = data[len(_GLOBALPLATFORM)], data[len(_GLOBALPLATFORM) + 1 :]
    if kind == 2 and rest:
        return f"GlobalPlatform {'.'.join(str(part) for part in rest)}"
    if kind == 4 and len(rest) >= 2:
        return f"SCP{rest[0]:02X}, i = {hexadecimal(rest[1:])}"
    return f"{_OIDS.get(kind, 'an object')}{f' {hexadecimal(rest)}' if rest else ''}"


def scp03_options(data: bytes) -> str:
    """The parameter i of SCP03 (Amendment D Table 5-1)."""
    said = ["pseudo-random challenge" if data[0] & 0x10 else "random challenge"]
    said += [name for bit, name in ((0x20, "R-MAC"), (0x40, "R-ENCRYPTION")) if data[0] & bit]
    said += ["S16 mode"] if data[0] & 0x01 else []
    return f"{data[0]:02X}: {', '.join(said)}"
