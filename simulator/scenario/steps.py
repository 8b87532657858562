"""What a traveller does by hand, and what the devices do meanwhile, with how long it takes.

The durations are examples: nobody has measured them. What counts is their order of size, and how many there
are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from simulator.network.journal import Row
from simulator.scenario.evidence import counted

EXAMPLE: Final = "example"
"""The source of a row that we made up."""


@dataclass(frozen=True, slots=True)
class Step:
    """`by_hand` is what a person has to do; the rest happens by itself."""

    key: str
    text: str
    minutes: float
    by_hand: bool = True

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def row(self) -> Row:
        """The evidence for how long it takes."""
        return Row("steps", self.key, f"{self.text}: {counted(self.minutes, 'minute')}", EXAMPLE)


_TABLE: Final = (
    Step("buy-online", "choose an offer and pay online", 10),
    Step("buy-pass", "order the roaming pass in the operator's app", 5),
    Step("order-card", "order the card online", 10),
    Step("post", "wait for the post", 3 * 24 * 60, by_hand=False),
    Step("find-shop", "find a shop and queue", 30),
    Step("buy-in-shop", "choose an offer and pay in the shop", 10),
    Step("show-passport", "show the passport and be registered", 10),
    Step("give-local-number", "be registered with a local phone number", 5),
    Step("install-app", "install the seller's app and log in", 10),
    Step("reach-airport-wifi", "join the airport's Wi-Fi", 5),
    Step("reach-lodging", "get to the lodging and join its Wi-Fi", 90),
    Step("scan-qr", "scan the QR code", 2),
    Step("type-code", "type the activation code", 4),
    Step("type-confirmation-code", "type the confirmation code", 1),
    Step("accept-profile", "agree to the profile", 1),
    Step("enable-profile", "switch the profile on", 1),
    Step("switch-line-off", "switch another line off", 1),
    Step("switch-line-on", "switch the home line on again", 1),
    Step("choose-data-line", "choose the line for mobile data", 1),
    Step("allow-roaming", "allow data roaming", 1),
    Step("take-card-out", "open the tray and take the card out", 3),
    Step("put-card-in", "put the card in", 2),
    Step("keep-card", "put the taken card away safely", 1),
    Step("airplane-mode-off", "switch airplane mode off after landing", 1),
    Step("download", "the profile is downloaded and installed", 1, by_hand=False),
    Step("registration", "the phone finds a network and registers", 0.5, by_hand=False),
    Step("first-byte", "the first data pass", 0.1, by_hand=False),
)
STEPS: Final = {step.key: step for step in _TABLE}
