"""A plain SIM from a profile package, or from the dump of another card."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from simulator.uicc import Card, FileSystem
from simulator.uicc.card import DEFAULT_ATR
from simulator.uicc.tables import Classes

if TYPE_CHECKING:
    from simulator.uicc.image import CardImage
    from simulator.uicc.toolkit import Applet


class PlainSim:
    """`card` is the card. `source` is a package (DER), or a dump as plain values (`simulator.specimens`)."""

    def __init__(
        self,
        source: bytes | dict[str, Any],
        *,
        entropy: Callable[[int], bytes],
        atr: bytes = b"",
        protocol: int = 0,
        classes: str = "both",
        applets: Sequence[Any] = (),
    ) -> None:
        self._source = source
        self._files = FileSystem(_image(source))
        self._classes, self._applets = classes, applets
        self.card = Card(
            self._files,
            entropy=entropy,
            atr=atr or DEFAULT_ATR,
            protocol=protocol,
            classes=Classes(classes),
            applets=_applets(applets),
        )

    def save(self) -> dict[str, Any]:
        """The whole card as plain values; `load` makes it again."""
        source = self._source
        stored = (
            {"dump": source} if isinstance(source, dict) else {"package": base64.b64encode(source).decode()}
        )
        return {
            **stored,
            "atr": self.card.atr.hex(),
            "protocol": self.card.protocol,
            "classes": self._classes,
            "applets": list(self._applets),
            "state": self._files.save(),
        }

    @classmethod
    def load(cls, saved: dict[str, Any], *, entropy: Callable[[int], bytes]) -> Self:
        """The card that `save` described. KeyError, TypeError or binascii.Error if it did not."""
        source = saved.get("dump") or base64.b64decode(saved["package"], validate=True)
        options = {name: saved[name] for name in ("protocol", "classes", "applets")}
        sim = cls(source, entropy=entropy, atr=bytes.fromhex(saved["atr"]), **options)
        if saved["state"]:
            sim._files.restore(saved["state"])
        return sim


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
