"""Tells a download as a story on the terminal: each step in words, with its messages, bytes and time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from simulator.cli.reading import Identity, Profile
    from simulator.cli.tape import Step

WORDS = {
    "GetEuiccConfiguredAddresses": "Which SM-DP+ does the eUICC know by itself?",
    "GetEUICCInfo1": "Which certificate issuers does the eUICC trust?",
    "GetEUICCInfo2": "What can the eUICC do?",
    "GetEUICCChallenge": "The eUICC draws 16 random bytes for the server to sign.",
    "GetEID": "Which eUICC is this?",
    "GetRAT": "Which rules may profiles come with?",
    "InitiateAuthentication": "The server signs the challenge and shows its certificate.",
    "AuthenticateServer": "The eUICC checks the server, and signs in turn.",
    "AuthenticateClient": "The server checks the eUICC and finds the order.",
    "PrepareDownload": "The eUICC agrees and makes a one-time key.",
    "GetBoundProfilePackage": "The server encrypts the profile for this eUICC alone.",
    "LoadBoundProfilePackage": "The eUICC decrypts, checks and installs it, piece by piece.",
    "ListNotification": "Which news has the eUICC for servers?",
    "RetrieveNotificationsList": "The eUICC hands out its signed news.",
    "HandleNotification": "The server learns what became of the profile.",
    "RemoveNotificationFromList": "The eUICC may forget the news.",
    "EnableProfile": "The profile becomes the card.",
    "DisableProfile": "The profile is put aside.",
    "GetProfilesInfo": "Which profiles are on the eUICC?",
    "CancelSession": "The session ends without a profile.",
    "commands": "SELECT, MANAGE CHANNEL, READ BINARY and the like.",
}
"""Function of SGP.22 §5.6 and §5.7 → what happens in it."""


class Story:
    """Prints to a console that is at least 80 columns wide."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self.console.print()
        self.console.print(f"[bold cyan]{escape(title)}[/bold cyan]")

    def say(self, text: str) -> None:
        """A sentence, indented."""
        self.console.print(f"  {escape(text)}")

    def fact(self, name: str, value: str) -> None:
        self.console.print(f"  {escape(name):<10}[bold]{escape(value)}[/bold]")

    def identity(self, identity: Identity) -> None:
        """What a terminal reads from the card."""
        if not identity.iccid:
            self.fact("ICCID", "none")
            self.fact("IMSI", "none")
            self.console.print(f"  [dim]{escape(identity.why)}[/dim]")
            return
        self.fact("ICCID", identity.iccid)
        self.fact("IMSI", identity.imsi or f"not readable: {identity.why}")

    def profiles(self, profiles: Iterable[Profile]) -> None:
        """The profile list, as GetProfilesInfo gives it."""
        rows = list(profiles)
        if not rows:
            self.say("No profiles.")
        for profile in rows:
            colour = "green" if profile.state == "enabled" else "yellow"
            self.console.print(
                f"  {profile.number}  {profile.iccid}  [{colour}]{profile.state}[/{colour}]  "
                f"{escape(profile.nickname or profile.name)} ({escape(profile.provider)})"
            )

    def steps(self, steps: Iterable[Step]) -> None:
        """A line for each function, and what it is for below it."""
        table = Table(box=None, padding=(0, 1), pad_edge=False, show_edge=False)
        table.add_column("  ")
        table.add_column("Function", overflow="fold")
        table.add_column("Msgs", justify="right")
        table.add_column("To", justify="right")
        table.add_column("From", justify="right")
        table.add_column("ms", justify="right")
        for step in steps:
            server = step.interface == "ES9+"
            colour = "magenta" if server else "blue"
            table.add_row(
                f"  [{colour}]{step.interface}[/{colour}]",
                f"{step.function}\n[dim]{WORDS.get(step.function, '')}[/dim]",
                str(step.exchanges),
                f"{step.sent:,}",
                f"{step.received:,}",
                f"{step.seconds * 1e3:.1f}",
            )
        self.console.print(table)
