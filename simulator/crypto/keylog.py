"""Key logs: session keys written down so that a trace can be read, as TLS implementations do with
SSLKEYLOGFILE.

A line is a label, what identifies the session in the trace, and the key, both in hexadecimal:

    BSP_S_ENC 0494…(otPK.DP.ECKA, 65 bytes) 00112233445566778899AABBCCDDEEFF

Whoever derives keys is handed a `KeyLog` and calls it; nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from simulator.crypto.errors import CryptoError

KeyLog = Callable[[str, bytes, bytes], None]
"""Takes a label, the identifying octets, and the key."""

BSP: Final = ("BSP_S_ENC", "BSP_S_MAC", "BSP_INITIAL_MCV")
"""Keys of a bound profile package (SGP.22 §2.6.4); identified by otPK.DP.ECKA of InitialiseSecureChannel."""
SCP02: Final = ("SCP02_S_ENC", "SCP02_S_MAC")
"""Session keys of SCP02; identified by host challenge (8 bytes), sequence counter and card challenge (8)."""
SCP03: Final = ("SCP03_S_ENC", "SCP03_S_MAC", "SCP03_S_RMAC")
"""Session keys of SCP03; identified by the challenges of host and card, 8 bytes each."""
SCP80: Final = ("SCP80_KIC", "SCP80_KID")
"""Keys of a secured packet; identified by KIc, KID and TAR of its header, 5 bytes."""
LABELS: Final = frozenset((*BSP, *SCP02, *SCP03, *SCP80))


class KeyLogError(CryptoError):
    """A line of a key log is none; the sentence says which."""


def no_key_log(label: str, identity: bytes, key: bytes, /) -> None:
    """Keeps keys to itself."""


def log_keys(log: KeyLog, labels: Iterable[str], identity: bytes, keys: Iterable[bytes]) -> None:
    """Hand over the keys of one session."""
    for label, key in zip(labels, keys, strict=True):
        log(label, identity, key)


def line(label: str, identity: bytes, key: bytes) -> str:
    """A key as a line, with its end."""
    return f"{label} {identity.hex().upper()} {key.hex().upper()}\n"


def parse(text: str) -> dict[tuple[str, bytes], bytes]:
    """(Label, identifying octets) → key, the last one where a key was written twice. Empty lines, comments
    ('#') and labels of others are left out. Raises KeyLogError."""
    found: dict[tuple[str, bytes], bytes] = {}
    for number, row in enumerate(text.splitlines(), 1):
        words = row.partition("#")[0].split()
        if not words or words[0] not in LABELS:
            continue
        try:
            label, identity, key = words
            found[label, bytes.fromhex(identity)] = bytes.fromhex(key)
        except ValueError:
            raise KeyLogError(
                f"line {number} of the key log is not a label and two hexadecimal numbers"
            ) from None
    return found
