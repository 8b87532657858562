"""The file system of one card: an immutable image, and what this card changed (TS 102 221 §8).

A change is one assignment of a whole file body, so that it has happened or not. `save` gives the changes
as plain values for a store to write; `restore` takes them back.
"""

from __future__ import annotations

from typing import Any

from cards.status import SW, StatusError
from simulator.uicc import structure
from simulator.uicc.access import Rule, condition_for
from simulator.uicc.aka import AkaState
from simulator.uicc.gba import GbaState
from simulator.uicc.globalplatform.registry import Registry
from simulator.uicc.image import AkaImage, CardImage, FileStructure, LifeCycle, PinImage
from simulator.uicc.index import (
    EF_ARR,
    SE_PIN_DISABLED,
    SE_PIN_ENABLED,
    ImageIndex,
    Node,
    index_of,
)
from simulator.uicc.pins import Pin

MEMORY = 1 << 19
"""Bytes that all files of a card may have together before CREATE FILE and RESIZE FILE find no room."""
Change = list[Any]
"""One entry of the list of changes: what was done ("create", "delete", "resize"), the path, and with what."""


class FileSystem:
    """The overlay of one card over an image that it shares with all others of its kind."""

    __slots__ = (
        "_aka_slots",
        "_akas",
        "_changes",
        "_gbas",
        "_life_cycles",
        "_more_akas",
        "_pins",
        "_registry",
        "bodies",
        "image",
        "index",
        "is_terminated",
        "remote_counters",
        "rules_changed",
    )

    def __init__(self, image: CardImage) -> None:
        self.image = image
        self.index: ImageIndex = index_of(image)
        self.bodies: dict[int, bytes] = {}
        """Changed bodies by node number; a body that is not here is the image's."""
        self._life_cycles: dict[int, LifeCycle] = {}
        """Changed life cycles by node number."""
        self._changes: list[Change] = []
        """What CREATE, DELETE and RESIZE FILE did, in order: the image that the card began with, changed so,
        is the one it has."""
        self.remote_counters: dict[tuple[bytes, int], int] = {}
        """Highest counter accepted in secured packets, by security domain and key version (TS 102 225
        §5.1.4)."""
        self.is_terminated = False
        """TERMINATE CARD USAGE was carried out (TS 102 222 §6.9)."""
        self.rules_changed = False
        self._pins: dict[tuple[bytes, int], Pin] = {}
        self._akas: dict[bytes, AkaState] = {}
        self._aka_slots: dict[bytes, bytes] = {}
        """AID → the slot of the parameters in use, where they are not the image's."""
        self._more_akas: dict[bytes, AkaImage] = {}
        self._gbas: dict[bytes, GbaState] = {}
        self._registry: Registry | None = None

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

    def life_cycle(self, node: Node) -> LifeCycle:
        """The life cycle status of a file."""
        if not self._life_cycles:
            return node.image.life_cycle
        return self._life_cycles.get(node.number, node.image.life_cycle)

    def set_life_cycle(self, node: Node, state: LifeCycle) -> None:
        self._life_cycles[node.number] = state

    # --- structure ----------------------------------------------------------------------------------------

    def create(self, parent: Node, fcp: bytes) -> Node:
        """A new file below a DF from its FCP (TS 102 222 §6.3). StatusError 6A80, 6A84, 6A89 or 6A8A."""
        file = structure.read_file(fcp)
        aid = getattr(file, "aid", b"")
        if aid and (parent is not self.index.mf or any(adf.df.aid == aid for adf in self.index.adfs)):
            raise StatusError(SW.DF_NAME_EXISTS if parent is self.index.mf else SW.INCORRECT_DATA)
        if not aid and file.fid in parent.selectable:
            raise StatusError(SW.FILE_EXISTS)
        self._must_fit(len(getattr(file, "content", b"")))
        self._change(["create", parent.path, fcp.hex()])
        return self.index.by_path[aid.hex().upper() if aid else f"{parent.path}/{file.fid:04X}"]

    def delete(self, node: Node) -> None:
        """Remove a file, and everything below it."""
        self._change(["delete", node.path])

    def resize(self, node: Node, wanted: structure.Resizing) -> None:
        """Another size for an EF (TS 102 222 §6.10). StatusError 6A80 or 6A84."""
        body = structure.resized(self.body(node), node.ef, wanted)
        self._must_fit(wanted.size - len(self.body(node)))
        self._change(["resize", node.path, wanted.size])
        if node.structure is not FileStructure.BER_TLV:
            self.write(self.index.by_path[node.path], body)

    def _must_fit(self, more: int) -> None:
        used = sum(len(node.ef.content) for node in self.index.nodes if not node.is_df)
        if more > 0 and used + more > MEMORY:
            raise StatusError(SW.NOT_ENOUGH_MEMORY)

    def _change(self, change: Change) -> None:
        """Carry out one change and note it. What the card wrote stays with its files, which are known by
        path."""
        action, path, *details = change
        aid, place = self.index.by_path[path].place
        if action == "create":
            image = structure.with_file(
                self.image, aid, place, structure.read_file(bytes.fromhex(details[0]))
            )
        elif action == "delete":
            image = structure.without_file(self.image, aid, place)
        else:
            image = structure.with_size(self.image, aid, place, details[0])
        before = self.index.nodes
        self.image, self.index = image, index_of(image)
        self.bodies = self._kept(before, self.bodies)
        self._life_cycles = self._kept(before, self._life_cycles)
        self._changes.append(change)

    def _kept(self, before: list[Node], values: dict[int, Any]) -> dict[int, Any]:
        """Values by node number of the index before, by the numbers of this one."""
        by_path = self.index.by_path
        return {
            by_path[before[number].path].number: value
            for number, value in values.items()
            if before[number].path in by_path
        }

    # --- security -----------------------------------------------------------------------------------------

    def rule(self, node: Node) -> Rule:
        """The access rule of a file as things stand."""
        environment = self.environment(node)
        if self.rules_changed:
            return self.index.read_rule(node, self.bodies, environment)
        return self.index.rule(node, environment)

    def environment(self, node: Node) -> int:
        """The security environment of a file: SE 00 if the PIN of its application is disabled and the
        universal PIN is disabled too, or takes its place; else SE 01 (TS 102 221 §9.2.7)."""
        place = node.adf or self.index.mf
        reference = next((key for key in place.df.pin_status if 0x01 <= key <= 0x08), None)
        if reference is None or self.pin_enabled(place, reference):
            return SE_PIN_ENABLED
        image = self.index.pin(place, reference)
        pin = self._pins.get((image.aid, image.reference)) if image else None
        replaced = pin.replaced if pin else bool(image and image.universal_replacement)
        return SE_PIN_DISABLED if replaced or not self.pin_enabled(place, UNIVERSAL_PIN) else SE_PIN_ENABLED

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
        return self._aka_in(self._aka_slots.get(aid, aid))

    def akas(self) -> dict[bytes, AkaState]:
        """Every authentication state: of applications by AID, of further slots by their names."""
        found = {slot: self._aka_in(slot) for slot in (*self.index.akas, *self._more_akas)}
        return {slot: state for slot, state in found.items() if state is not None}

    def _aka_in(self, slot: bytes) -> AkaState | None:
        state = self._akas.get(slot)
        if state is None:
            image = self.index.akas.get(slot) or self._more_akas.get(slot)
            if image is not None:
                state = self._akas[slot] = AkaState(image)
        return state

    def add_aka(self, slot: bytes, image: AkaImage) -> None:
        """Further AKA parameters, of which an application may use either; each keeps sequence numbers of its
        own. Whoever brings them does so again when the card is loaded, before `restore`."""
        self._more_akas[slot] = image

    def use_aka(self, aid: bytes, slot: bytes) -> None:
        """Authenticate an application with the parameters of a slot from now on; its own AID: those of the
        image."""
        self._aka_slots[aid] = slot

    def gba(self, aid: bytes) -> GbaState:
        """The bootstrapped keys of an application; they outlive a reset, as EF.GBABP does (TS 33.220
        §G.1)."""
        return self._gbas.setdefault(aid, GbaState())

    @property
    def registry(self) -> Registry:
        """Security domains, applications and executable load files (GP Card Specification §6.4.3)."""
        if self._registry is None:
            self._registry = Registry(self.image)
        return self._registry

    def allows(self, node: Node, operation: int, verified: frozenset[tuple[bytes, int]]) -> bool:
        """Whether the access rule of a file allows an operation with these verified PINs. Before a file is
        operational, its rule does not count (ISO/IEC 7816-4 §7.4.10)."""
        if self.life_cycle(node) in (LifeCycle.CREATION, LifeCycle.INITIALISATION):
            return True
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
            "changes": self._changes,
            "terminated": self.is_terminated,
            "life_cycles": {
                self.index.nodes[number].path: state.name for number, state in self._life_cycles.items()
            },
            "files": {self.index.nodes[number].path: body.hex() for number, body in self.bodies.items()},
            "pins": {
                f"{aid.hex()}:{reference:02X}": pin.save() for (aid, reference), pin in self._pins.items()
            },
            "akas": {aid.hex(): state.save() for aid, state in self._akas.items()},
            "aka_slots": {aid.hex(): slot.hex() for aid, slot in self._aka_slots.items()},
            "remote_counters": {
                f"{domain.hex()}:{version:02X}": counter
                for (domain, version), counter in self.remote_counters.items()
            },
            "gbas": {aid.hex(): state.save() for aid, state in self._gbas.items() if state.ks},
            "registry": self._registry.save() if self._registry else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `save` gave; files that the image does not have are left out."""
        for change in state.get("changes", ()):
            self._change(list(change))
        self.is_terminated = state.get("terminated", False)
        for path, name in state.get("life_cycles", {}).items():
            if node := self.index.by_path.get(path):
                self._life_cycles[node.number] = LifeCycle[name]
        for path, body in state.get("files", {}).items():
            if node := self.index.by_path.get(path):
                self.write(node, bytes.fromhex(body))
        for key, saved in state.get("pins", {}).items():
            aid, _, reference = key.partition(":")
            if image := self.index.pins.get((bytes.fromhex(aid), int(reference, 16))):
                self._pin(image).restore(saved)
        for slot, saved in state.get("akas", {}).items():
            if aka := self.aka(bytes.fromhex(slot)):
                aka.restore(saved)
        slots = state.get("aka_slots", {})
        self._aka_slots = {bytes.fromhex(aid): bytes.fromhex(slot) for aid, slot in slots.items()}
        for key, counter in state.get("remote_counters", {}).items():
            domain, _, version = key.partition(":")
            self.remote_counters[bytes.fromhex(domain), int(version, 16)] = counter
        for aid, saved in state.get("gbas", {}).items():
            self.gba(bytes.fromhex(aid)).restore(saved)
        if saved := state.get("registry"):
            self.registry.restore(saved)


UNIVERSAL_PIN = 0x11
"""Key reference of the universal PIN, TS 102 221 Table 9.3."""
