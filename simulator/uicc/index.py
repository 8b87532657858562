"""What all cards of one image share beyond the image: who lies where, which rule protects what, FCPs.

Built once per image and kept as long as the image lives. Nodes are numbered; a card's own changes are
keyed by these numbers (`simulator.uicc.filesystem`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast
from weakref import WeakKeyDictionary

from asn1 import tlv
from simulator.uicc.access import OPEN, Rule, parse_compact, parse_expanded
from simulator.uicc.image import AkaImage, CardImage, DfImage, EfImage, FileStructure, PinImage

MF_FID = 0x3F00
CURRENT_ADF = 0x7FFF
"""The file identifier that stands for the current application in paths (TS 102 221 §8.4.1)."""
EF_DIR = 0x2F00
EF_ARR = 0x2F06
SE_PIN_DISABLED, SE_PIN_ENABLED = 0x00, 0x01
"""Security environments (TS 102 221 §9.2.7): SE 01 while the PIN of the application is enabled."""


class Node:
    """One file in its place. `number` is unique in the index; `body` is the number of the file that holds
    the content (another file's, where this one is a link)."""

    __slots__ = (
        "adf",
        "by_fid",
        "by_sfi",
        "children",
        "df",
        "ef",
        "fid",
        "image",
        "is_df",
        "number",
        "parent",
        "path",
        "record_length",
        "selectable",
        "structure",
        "target",
    )

    def __init__(self, number: int, image: EfImage | DfImage, parent: Node | None, path: str) -> None:
        self.number = number
        self.image = image
        # The image again, for who has asked `is_df`: an attribute, because every command reads it.
        self.df = cast("DfImage", image)
        self.ef = cast("EfImage", image)
        self.parent = parent
        self.path = path
        self.fid = image.fid
        self.is_df = isinstance(image, DfImage)
        self.adf: Node | None = self if getattr(image, "aid", b"") else parent.adf if parent else None
        self.children: list[Node] = []
        self.by_fid: dict[int, Node] = {}
        self.by_sfi: dict[int, Node] = {}
        self.selectable: dict[int, Node] = {}
        self.target: Node = self
        self.structure = image.structure if isinstance(image, EfImage) else None
        self.record_length = image.record_length if isinstance(image, EfImage) else 0

    @property
    def aid(self) -> bytes:
        """AID of the application that the file belongs to; empty under the MF."""
        return self.adf.df.aid if self.adf else b""

    @property
    def place(self) -> tuple[bytes, tuple[int, ...]]:
        """The AID of its ADF (empty: the MF), and the file identifiers from there."""
        root, *fids = self.path.split("/")
        return (b"" if root == f"{MF_FID:04X}" else bytes.fromhex(root)), tuple(int(fid, 16) for fid in fids)

    def __repr__(self) -> str:
        return f"<Node {self.path}>"


class ImageIndex:
    """Nodes of an image by path, FID, SFI and AID, the rules that protect them, PINs and AKA parameters."""

    def __init__(self, image: CardImage) -> None:
        self.nodes: list[Node] = []
        self.mf = self._add(image.mf, None, "3F00")
        self.adfs = [self._add(adf, None, adf.aid.hex().upper()) for adf in image.adfs]
        self.by_path = {node.path: node for node in self.nodes}
        self.pins: dict[tuple[bytes, int], PinImage] = {(pin.aid, pin.reference): pin for pin in image.pins}
        for aid, source in image.pin_links:
            self.pins |= {(aid, pin.reference): pin for pin in image.pins if pin.aid == source and source}
        self.akas: dict[bytes, AkaImage] = {aka.aid: aka for aka in image.akas}
        for node in self.nodes:
            self._connect(node)
        self.fcps: dict[tuple[object, ...], bytes] = {}
        self._rules: dict[tuple[int, int], Rule] = {}

    def _add(self, image: EfImage | DfImage, parent: Node | None, path: str) -> Node:
        node = Node(len(self.nodes), image, parent, path)
        self.nodes.append(node)
        if isinstance(image, DfImage):
            for child in image.children:
                node.children.append(self._add(child, node, f"{path}/{child.fid:04X}"))
        return node

    def _connect(self, node: Node) -> None:
        if node.is_df:
            self._connect_df(node)
        elif node.ef.link:
            node.target = self._link_target(node)
            # The body is the target's, and so is the way in which it is cut into records.
            node.record_length = node.target.ef.record_length

    def _connect_df(self, node: Node) -> None:
        node.by_fid = {child.fid: child for child in node.children}
        node.by_sfi = {
            child.ef.sfi: child for child in node.children if not child.is_df and child.ef.sfi is not None
        }
        node.selectable = {self.mf.fid: self.mf}
        if node.parent:
            siblings = {sibling.fid: sibling for sibling in node.parent.children if sibling.is_df}
            node.selectable |= {**siblings, node.parent.fid: node.parent}
        if not node.df.aid:
            node.selectable[node.fid] = node
        # TS 102 221 §8.4.2: first the children of the current DF.
        node.selectable |= node.by_fid

    def _link_target(self, node: Node) -> Node:
        """The file at the end of the links that begin here; the file itself where they lead in a circle."""
        target, passed = self._link_step(node), {node}
        while target.ef.link and target not in passed:
            passed.add(target)
            target = self._link_step(target)
        return target

    def _link_step(self, node: Node) -> Node:
        root = next((adf for adf in self.adfs if adf.df.aid == node.ef.link_aid), self.mf)
        path = [fid for fid in node.ef.link if fid not in (MF_FID, CURRENT_ADF)]
        for fid in path:
            root = next((child for child in root.children if child.fid == fid), node)
        return root if not root.is_df and root.structure is node.structure else node

    def rule(self, node: Node, environment: int = SE_PIN_ENABLED) -> Rule:
        """The access rule of a file in a security environment, as the image has it."""
        key = node.number, environment
        if key not in self._rules:
            self._rules[key] = self.read_rule(node, None, environment)
        return self._rules[key]

    def read_rule(self, node: Node, changed: dict[int, bytes] | None, environment: int) -> Rule:
        """Read the access rule of a file, from EF.ARR contents in `changed` where there are any."""
        security = node.image.security
        if not security:
            return () if node.is_df else OPEN
        attribute = tlv.read(security)
        if attribute.tag == 0xAB:
            return parse_expanded(attribute.value)
        if attribute.tag == 0x8C:
            return parse_compact(attribute.value)
        reference = self._arr_reference(node, attribute.value, environment)
        if reference is None:
            return ()
        arr, number = reference
        body = (changed or {}).get(arr.target.number, arr.target.ef.content)
        length = arr.record_length
        return parse_expanded(body[length * (number - 1) : length * number]) if number else ()

    def _arr_reference(self, node: Node, value: bytes, environment: int) -> tuple[Node, int] | None:
        """EF.ARR and record of an '8B': record; FID and record; or FID and pairs of SEID and record
        (TS 102 221 §9.2.7). A file that names no record for the environment has the other one's."""
        if len(value) == 1:
            fid, number = self._implicit_arr(node), value[0]
        elif len(value) == 3:
            fid, number = int.from_bytes(value[:2], "big"), value[2]
        elif len(value) >= 4:
            pairs = dict(zip(value[2::2], value[3::2], strict=False))
            other = pairs.get(SE_PIN_ENABLED, pairs.get(SE_PIN_DISABLED, 0))
            fid, number = int.from_bytes(value[:2], "big"), pairs.get(environment, other)
        else:
            return None
        arr = self._find_arr(node, fid)
        return (arr, number) if arr else None

    @staticmethod
    def _implicit_arr(node: Node) -> int:
        under_mf = node.parent is None or node.parent.fid == MF_FID
        return EF_ARR if under_mf else 0x6F06

    def _find_arr(self, node: Node, fid: int) -> Node | None:
        """The nearest EF with this identifier: in the DF itself, then upwards, at last under the MF."""
        place: Node | None = node if node.is_df else node.parent
        while place is not None:
            found = place.by_fid.get(fid)
            if found is not None and found.structure is FileStructure.LINEAR_FIXED:
                return found
            place = place.parent
        return self.mf.by_fid.get(fid)

    def pin(self, place: Node, reference: int) -> PinImage | None:
        """The PIN that a key reference means at this place: the application's own, else the card's."""
        return self.pins.get((place.aid, reference)) or self.pins.get((b"", reference))

    def applications(self) -> Iterator[Node]:
        """The ADFs, in the order of EF.DIR where it names them, the others behind."""
        yield from self.adfs


_INDICES: WeakKeyDictionary[CardImage, ImageIndex] = WeakKeyDictionary()


def index_of(image: CardImage) -> ImageIndex:
    """The index of an image, the same object for every card that has the image."""
    index = _INDICES.get(image)
    if index is None:
        index = _INDICES[image] = ImageIndex(image)
    return index
