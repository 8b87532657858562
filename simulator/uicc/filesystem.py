"""The file system of one card: an immutable image, and what this card changed (TS 102 221 §8).

A change is one assignment of a whole file body, so that it has happened or not. `save` gives the changes
as plain values for a store to write; `restore` takes them back.
"""

from __future__ import annotations

from typing import Any

from simulator.uicc.access import Rule, condition_for
from simulator.uicc.aka import AkaState
from simulator.uicc.image import CardImage, FileStructure, PinImage
from simulator.uicc.index import EF_ARR, ImageIndex, Node, index_of
from simulator.uicc.pins import Pin


class FileSystem:
    """The overlay of one card over an image that it shares with all others of its kind."""

    __slots__ = ("_akas", "_pins", "bodies", "image", "index", "rules_changed")

    def __init__(self, image: CardImage) -> None:
        self.image = image
        self.index: ImageIndex = index_of(image)
        self.bodies: dict[int, bytes] = {}
        """Changed bodies by node number; a body that is not here is the image's."""
        self.rules_changed = False
        self._pins: dict[tuple[bytes, int], Pin] = {}
        self._akas: dict[bytes, AkaState] = {}

    def body(self, node: Node) -> bytes:
        """The content of an EF, of a link the content of its target."""
        target = node.target
        changed = self.bodies.get(target.number)
        return target.ef.content if changed is None else changed

    def write(self, node: Node, body: bytes) -> None:
        """Replace the content of an EF as a whole."""
        target = node.target
        self.bodies[target.number] = body
        if target.structure is FileStructure.LINEAR_FIXED and target.fid in (EF_ARR, 0x6F06):
            self.rules_changed = True

    def rule(self, node: Node) -> Rule:
        if self.rules_changed:
            return self.index.read_rule(node, self.bodies)
        return self.index.rule(node)

    def pin(self, place: Node, reference: int) -> Pin | None:
        """The PIN that a key reference means at this place; None if the card has none."""
        image = self.index.pin(place, reference)
        return self._pin(image) if image else None

    def _pin(self, image: PinImage) -> Pin:
        key = (image.aid, image.reference)
        pin = self._pins.get(key)
        if pin is None:
            pin = self._pins[key] = Pin(image)
        return pin

    @property
    def pins_touched(self) -> bool:
        """Whether any PIN may differ from the image."""
        return bool(self._pins)

    def pin_enabled(self, place: Node, reference: int) -> bool:
        """Whether the PIN with this reference is enabled; False if there is none."""
        image = self.index.pin(place, reference)
        if image is None:
            return False
        pin = self._pins.get((image.aid, image.reference))
        return pin.enabled if pin else image.enabled

    def aka(self, aid: bytes) -> AkaState | None:
        """The authentication state of an application; None if it has no AKA parameters."""
        state = self._akas.get(aid)
        if state is None and (image := self.index.akas.get(aid)) is not None:
            state = self._akas[aid] = AkaState(image)
        return state

    def allows(self, node: Node, operation: int, verified: frozenset[tuple[bytes, int]]) -> bool:
        """Whether the access rule of a file allows an operation with these verified PINs."""
        return condition_for(self.rule(node), operation).holds(
            lambda reference: self.is_satisfied(node, reference, verified)
        )

    def is_satisfied(self, place: Node, reference: int, verified: frozenset[tuple[bytes, int]]) -> bool:
        """Whether a key reference counts as verified: it was, or it is disabled (TS 102 221 §9.5.1)."""
        image = self.index.pin(place, reference)
        if image is None:
            return False
        if (image.aid, image.reference) in verified:
            return True
        pin = self._pins.get((image.aid, image.reference))
        if pin is None:
            return not image.enabled
        if pin.enabled:
            return False
        return not pin.replaced or self.is_satisfied(place, UNIVERSAL_PIN, verified)

    def save(self) -> dict[str, Any]:
        """What this card changed, as plain values (bytes in hexadecimal)."""
        return {
            "files": {self.index.nodes[number].path: body.hex() for number, body in self.bodies.items()},
            "pins": {
                f"{aid.hex()}:{reference:02X}": pin.save() for (aid, reference), pin in self._pins.items()
            },
            "akas": {aid.hex(): state.save() for aid, state in self._akas.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `save` gave; files that the image does not have are left out."""
        for path, body in state.get("files", {}).items():
            if node := self.index.by_path.get(path):
                self.write(node, bytes.fromhex(body))
        for key, saved in state.get("pins", {}).items():
            aid, _, reference = key.partition(":")
            if image := self.index.pins.get((bytes.fromhex(aid), int(reference, 16))):
                self._pin(image).restore(saved)
        for aid, saved in state.get("akas", {}).items():
            if aka := self.aka(bytes.fromhex(aid)):
                aka.restore(saved)


UNIVERSAL_PIN = 0x11
"""Key reference of the universal PIN, TS 102 221 Table 9.3."""
