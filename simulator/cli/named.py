"""Named cards on disk: what `esim card`, `esim apdu` and `esim download` open, use and put back.

A card file holds either a plain SIM (its profile package and what the card changed) or an eUICC (its
identity with private keys, and its state). One command at a time holds a card; another one is told so.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, home, tracing

if TYPE_CHECKING:
    from cards.link import CardLike
    from simulator.crypto.pki import TestPki
    from simulator.euicc import Euicc
    from simulator.uicc import Card
    from simulator.uicc.image import CardImage
    from simulator.uicc.toolkit import Applet

SIM, EUICC = "sim", "euicc"


class SimCard:
    """A plain SIM from a profile package, or from the dump of another card (plain values)."""

    kind = SIM

    def __init__(
        self,
        source: bytes | dict[str, Any],
        state: dict[str, Any] | None = None,
        *,
        atr: bytes = b"",
        protocol: int = 0,
        classes: str = "both",
        applets: Sequence[Any] = (),
    ) -> None:
        from simulator.uicc import Card, FileSystem
        from simulator.uicc.card import DEFAULT_ATR
        from simulator.uicc.tables import Classes

        self._source = source
        self._files = FileSystem(_image(source))
        self._classes, self._applets = classes, applets
        self.card: Card = Card(
            self._files,
            entropy=edge.entropy,
            atr=atr or DEFAULT_ATR,
            protocol=protocol,
            classes=Classes(classes),
            applets=_applets(applets),
        )
        self.card.key_log = edge.key_log()
        if state:
            self._files.restore(state)
        self.end: CardLike = self.card
        """What a terminal's link leads to."""

    def save(self) -> dict[str, Any]:
        source = self._source
        stored = (
            {"dump": source} if isinstance(source, dict) else {"package": base64.b64encode(source).decode()}
        )
        return {
            "kind": SIM,
            **stored,
            "atr": self.card.atr.hex(),
            "protocol": self.card.protocol,
            "classes": self._classes,
            "applets": list(self._applets),
            "state": self._files.save(),
        }


def _image(source: bytes | dict[str, Any]) -> CardImage:
    if isinstance(source, dict):
        from simulator.specimens.dump import Dump

        return Dump.model_validate(source).image()
    from simulator.profile import image_of

    return image_of(source)


def _applets(stored: Sequence[Any]) -> Sequence[Applet]:
    """Toolkit applications from their descriptions; what reads those is loaded only if there are any."""
    if not stored:
        return ()
    from simulator.specimens.applets import load

    return load(stored)


class EuiccCard:
    """A software eUICC."""

    kind = EUICC

    def __init__(self, euicc: Euicc) -> None:
        self.card = euicc
        euicc.log_keys(edge.key_log())
        self.end: CardLike = euicc

    @classmethod
    def make(cls, pki: TestPki, eid: bytes, **options: Any) -> EuiccCard:
        """A new eUICC without any profile, certified by the PKI's manufacturer; options are those of
        `Euicc`."""
        from simulator.crypto.pki import Variant
        from simulator.euicc import Euicc, EuiccIdentity

        features = options.get("features")
        variants = tuple(Variant) if features is not None and features.is_v3 else (Variant.O,)
        identity = EuiccIdentity.from_pki(pki, eid, entropy=edge.entropy, now=edge.now(), variants=variants)
        return cls(Euicc(identity, entropy=edge.entropy, clock=edge.now, **options))

    def save(self) -> dict[str, Any]:
        return {"kind": EUICC, "euicc": self.card.save()}


NamedCard = SimCard | EuiccCard


def revive(name: str, stored: dict[str, Any]) -> NamedCard:
    """The card that a card file describes."""
    try:
        if stored["kind"] == SIM:
            source = stored.get("dump") or base64.b64decode(stored["package"], validate=True)
            options = {name: stored[name] for name in ("protocol", "classes", "applets")}
            return SimCard(source, stored["state"], atr=bytes.fromhex(stored["atr"]), **options)
        from simulator.euicc import Euicc

        return EuiccCard(Euicc.load(stored["euicc"], entropy=edge.entropy, clock=edge.now))
    except (KeyError, TypeError, binascii.Error) as error:
        path = home.card_path(name)
        raise click.ClickException(f"{path} is not a card file of ours: {error!r}.") from None


@contextmanager
def opened(name: str) -> Iterator[NamedCard]:
    """The card, for as long as the block runs. What a command changes is on disk before it is answered, so
    that neither an error nor the end of this program takes anything back."""
    from simulator.uicc.durable import DurableCard

    with _held(name):
        card = revive(name, home.read_card(name))
        durable = DurableCard(card.card, card.save, lambda state: home.write_card(name, state))
        card.end = tracing.watched(with_quirks(durable), f"card {name}")
        yield card


def with_quirks(card: CardLike) -> CardLike:
    """The card behind what `esim --quirks` puts in the way, if anything."""
    quirks = edge.quirks()
    if quirks is None:
        return card
    from simulator.faults import QuirkyCard

    return QuirkyCard(card, quirks)


@contextmanager
def _held(name: str) -> Iterator[None]:
    """Nobody else holds the card meanwhile."""
    path = home.card_path(name).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(f"card {name} is in use by another esim command.") from None
        yield
