"""PINs and their counters (TS 102 221 §9.5, §11.1.9 to §11.1.13). Values are 8 bytes, 'FF' padded."""

from __future__ import annotations

from typing import Any

from cards.status import SW, StatusError
from simulator.uicc.image import PinImage

_MAY_BE_CHANGED = 0x02
_MAY_BE_DISABLED = 0x04


class Pin:
    """The state of one PIN: value, enabled or not, tries left for it and for its PUK."""

    __slots__ = ("enabled", "image", "replaced", "tries", "unblock_tries", "value")

    def __init__(self, image: PinImage) -> None:
        self.image = image
        self.value = image.value
        self.enabled = image.enabled
        self.replaced = image.universal_replacement
        self.tries = image.tries
        self.unblock_tries = image.unblock_tries

    @property
    def key(self) -> tuple[bytes, int]:
        return self.image.aid, self.image.reference

    def verify(self, value: bytes) -> None:
        """Compare; a wrong value costs a try. StatusError 6983 when blocked, 63CX when wrong."""
        if not self.tries:
            raise StatusError(SW.AUTHENTICATION_METHOD_BLOCKED)
        # The try is taken before the comparison, so that cutting the power does not give it back.
        self.tries -= 1
        if value != self.value:
            raise StatusError(SW.retries(self.tries))
        self.tries = self.image.maximum_tries

    def change(self, old: bytes, new: bytes) -> None:
        """CHANGE PIN: 6984 while disabled, 6985 if the PIN may not be changed."""
        self._must_be_enabled()
        if not self.image.attributes & _MAY_BE_CHANGED:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)
        self.verify(old)
        self.value = new

    def disable(self, value: bytes, replace_by_universal: bool) -> None:
        """DISABLE PIN, with or without the universal PIN in its place."""
        self._must_be_enabled()
        self._may_be_switched()
        self.verify(value)
        self.enabled, self.replaced = False, replace_by_universal

    def enable(self, value: bytes) -> None:
        """ENABLE PIN: 6984 if it is enabled already."""
        if self.enabled:
            raise StatusError(SW.REFERENCED_DATA_INVALIDATED)
        self._may_be_switched()
        self.verify(value)
        self.enabled, self.replaced = True, False

    def unblock(self, puk: bytes, new: bytes) -> None:
        """UNBLOCK PIN: a wrong PUK costs one of its tries; the right one sets the PIN and enables it."""
        if not self.image.unblock:
            raise StatusError(SW.REFERENCED_DATA_NOT_FOUND)
        if not self.unblock_tries:
            raise StatusError(SW.AUTHENTICATION_METHOD_BLOCKED)
        self.unblock_tries -= 1
        if puk != self.image.unblock:
            raise StatusError(SW.retries(self.unblock_tries))
        self.unblock_tries = self.image.unblock_maximum_tries
        self.value, self.tries = new, self.image.maximum_tries
        self.enabled, self.replaced = True, False

    def _must_be_enabled(self) -> None:
        if not self.enabled:
            raise StatusError(SW.REFERENCED_DATA_INVALIDATED)

    def _may_be_switched(self) -> None:
        if not self.image.attributes & _MAY_BE_DISABLED:
            raise StatusError(SW.CONDITIONS_NOT_SATISFIED)

    def save(self) -> dict[str, Any]:
        return {
            "value": self.value.hex(),
            "enabled": self.enabled,
            "replaced": self.replaced,
            "tries": self.tries,
            "unblock_tries": self.unblock_tries,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.value = bytes.fromhex(state["value"])
        self.enabled, self.replaced = state["enabled"], state["replaced"]
        self.tries, self.unblock_tries = state["tries"], state["unblock_tries"]
