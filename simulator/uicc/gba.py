"""What a card keeps of GBA bootstrappings, one state for each application (TS 33.220 §5.3.2, annex G)."""

from __future__ import annotations

from typing import Any, NamedTuple


class NafKey(NamedTuple):
    """A Ks_int_NAF, 32 bytes, and the B-TID of the bootstrapping that it comes from."""

    b_tid: bytes
    key: bytes


class GbaState:
    """Ks and RAND of the last bootstrapping, empty before the first, and the NAF keys. A new bootstrapping
    replaces Ks; NAF keys stay."""

    __slots__ = ("ks", "naf_keys", "rand")

    def __init__(self) -> None:
        self.ks = b""
        self.rand = b""
        self.naf_keys: dict[bytes, NafKey] = {}
        """NAF_ID → key; the one last derived or used stands last."""

    def keep(self, naf_id: bytes, key: NafKey) -> None:
        """Note a key as the one last used."""
        self.naf_keys.pop(naf_id, None)
        self.naf_keys[naf_id] = key

    def save(self) -> dict[str, Any]:
        """The state as plain values (bytes in hexadecimal)."""
        keys = [[naf_id.hex(), *(value.hex() for value in key)] for naf_id, key in self.naf_keys.items()]
        return {"ks": self.ks.hex(), "rand": self.rand.hex(), "naf_keys": keys}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `save` gave."""
        self.ks, self.rand = bytes.fromhex(state["ks"]), bytes.fromhex(state["rand"])
        self.naf_keys = {
            bytes.fromhex(naf_id): NafKey(bytes.fromhex(b_tid), bytes.fromhex(key))
            for naf_id, b_tid, key in state["naf_keys"]
        }
