"""The eUICC as one object: a card that answers APDUs, with an ISD-R and profiles in it (SGP.22 §2.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from asn1 import tlv
from simulator.crypto.ecc import Entropy
from simulator.crypto.keylog import KeyLog
from simulator.euicc.core import DEFAULT_MEMORY, EuiccCore
from simulator.euicc.es6 import update_metadata
from simulator.euicc.features import CONSUMER, Features
from simulator.euicc.identity import EuiccIdentity
from simulator.euicc.iot.state import IotState
from simulator.euicc.isdr import Ecasd, IsdR
from simulator.euicc.ports import Ports
from simulator.euicc.profiles import Registry
from simulator.uicc.card import T0, Card

EUICC_ATR = bytes.fromhex("3B9F96803F87828031E073FE211F574543753130136502")
"""Offers T=0, and tells by its global interface bytes that this is an eUICC (SGP.22 §5.7.1)."""

REFRESH_UICC_RESET = bytes.fromhex("D009" + "8103010104" + "82028182")
"""REFRESH with the mode UICC Reset (TS 102 223 §6.4.7, §8.6)."""

_EUICC_RELATED = 0x83
"""In TERMINAL CAPABILITY: what the device can do for an eUICC (TS 102 221 §11.1.19.2.4)."""
_ENTERPRISE_CAPABLE = 0x20


class Euicc:
    """An eUICC in software: `transmit` and `reset`, as any card.

    `entropy(n)` gives n random bytes, `clock()` the time in UTC; with the same ones, and the same commands,
    every answer is the same.
    """

    def __init__(
        self,
        identity: EuiccIdentity,
        *,
        entropy: Entropy,
        clock: Callable[[], datetime],
        features: Features = CONSUMER,
        memory: int = DEFAULT_MEMORY,
        atr: bytes = EUICC_ATR,
        protocol: int = T0,
    ) -> None:
        self.core = EuiccCore(identity, entropy, clock, features, Registry(memory))
        if features.iot:
            self.core.iot = IotState()
        ports = features.mep.profiles + 1 if features.mep else 1
        self.cards = tuple(self._card(port, atr, protocol) for port in range(ports))
        """By eSIM port; a single one unless several profiles can be enabled at once."""
        self.card = self.cards[0]
        self.isdr: IsdR = self.card.applications[0]  # type: ignore[assignment]
        self.core.switched = self._switch
        self.core.remount = self._mount
        self.core.is_busy = lambda slot: self._card_of(slot).proactive.is_busy
        self.core.is_enterprise_capable = self._is_enterprise_capable
        self._ports = Ports(self.core, self.cards)
        self.transmit: Callable[[bytes], bytes] = self._ports.transmit if features.mep else self.card.transmit
        """Execute one command APDU; data and status word. It never raises."""

    def _card(self, port: int, atr: bytes, protocol: int) -> Card:
        applications = (IsdR(self.core, port), Ecasd(self.core))
        card = Card(entropy=self.core.entropy, atr=atr, protocol=protocol, applications=applications)
        card.update_metadata = partial(self._update_metadata, card)
        return card

    def log_keys(self, log: KeyLog) -> None:
        """Have the session keys of downloads, secure channels and secured packets written down."""
        self.core.key_log = log
        for card in self.cards:
            card.key_log = log

    def reset(self) -> bytes:
        """Reset; the enabled profile is what the card shows from now on. Returns the ATR."""
        self.core.mode, self.core.last_installed = None, b""
        for port in range(len(self.cards)):
            self._mount(port)
        return self._ports.reset()

    def _mount(self, port: int) -> None:
        """A port shows the files of its profile, or none. Those that it shows already stay as they are, for a
        suspended card is to be resumed with them."""
        mode = self.core.mode
        slot = port - (mode.first_port if mode else 0)
        enabled = self.core.registry.enabled_in(slot) if slot == 0 or mode else None
        if enabled is None or self.cards[port].files is not enabled.files:
            self.cards[port].mount(enabled.files if enabled else None)

    def _card_of(self, slot: int) -> Card:
        """The card on whose port the profile of a slot is."""
        mode = self.core.mode
        return self.cards[slot + mode.first_port if mode else 0]

    def _switch(self, slot: int, refresh: bool) -> None:
        """After enabling or disabling: with the refresh flag the terminal is asked to reset the card and
        the old files stay until it does, otherwise the new ones show at once (SGP.22 §3.2.1)."""
        card = self._card_of(slot)
        mount = partial(self._mount, self.cards.index(card))
        if refresh:
            card.proactive.queue(REFRESH_UICC_RESET, lambda response: mount())
        else:
            mount()

    def _is_enterprise_capable(self) -> bool:
        """Whether the terminal has said so, on any port (TERMINAL CAPABILITY, SGP.22 v3 §3.4.2)."""
        templates = (tlv.find(card.terminal_capability, _EUICC_RELATED) or b"" for card in self.cards)
        return any(value[:1] and value[0] & _ENTERPRISE_CAPABLE for value in templates)

    def _update_metadata(self, card: Card, message: bytes) -> None:
        """For the profile whose files the card shows, which is not the enabled one while a REFRESH waits."""
        shown = next(one for one in self.core.registry if one.files is card.files)
        update_metadata(self.core, shown, message)

    def save(self) -> dict[str, Any]:
        """The whole eUICC as plain values, identity and keys included; `load` makes it again."""
        return {
            "identity": self.core.identity.save(),
            "atr": self.card.atr.hex(),
            "protocol": self.card.protocol,
            "features": self.core.features.save(),
            "state": self.core.save(),
        }

    @classmethod
    def load(cls, saved: dict[str, Any], *, entropy: Entropy, clock: Callable[[], datetime]) -> Euicc:
        """The eUICC that `save` described, after a reset."""
        identity, atr = EuiccIdentity.load(saved["identity"]), bytes.fromhex(saved["atr"])
        features = Features.load(saved["features"]) if "features" in saved else CONSUMER
        euicc = cls(
            identity, entropy=entropy, clock=clock, features=features, atr=atr, protocol=saved["protocol"]
        )
        euicc.core.restore(saved["state"])
        euicc.reset()
        return euicc
