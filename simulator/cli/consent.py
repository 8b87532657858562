"""Asks the user on the terminal: install this profile? with these rules? which confirmation code? let the
operator do this with it? (SGP.22 §3.1.3, §2.9.2.4; v3 §3.7.2)"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from simulator.lpa import AskRpm, AskUser, Decision, RpmCommand
    from simulator.lpa.profiles import ProfileMetadata
    from simulator.lpa.steps import Question

RULES = {
    "ppr1": "it cannot be disabled once it is enabled",
    "ppr2": "it cannot be deleted",
}
"""Profile policy rule → what it means to the user (§2.9.1)."""
ENTERPRISE_RULES = {
    "referenceEnterpriseRule": "its rules bind this device",
    "priorityEnterpriseProfile": "other profiles can only be enabled beside it",
    "onlyEnterpriseProfilesCanBeInstalled": "no private profiles can be installed any more",
}
"""Enterprise rule → what it means to the user (SGP.22 v3 §2.4a.1.7)."""
NOBODY_TO_ASK = "postponed"
"""Reason of CancelSession where nobody can be asked: the order stays as it is."""
ANSWERS = {"y": "", "n": "endUserRejection", "l": "postponed"}
"""What a user types → the reason of CancelSession, none for a yes."""


class _NoAnswerError(Exception):
    """The user did not answer in time."""


def _tell(line: str) -> None:
    click.echo(line, err=True)


@dataclass(slots=True)
class Consent:
    """Answers an LPA's questions: from the options, else by asking at the terminal.

    Where there is no terminal, having called the command is consent enough for an ordinary profile, but
    neither for policy rules, which need `yes`, nor for a confirmation code. `missing` says then what to give.
    """

    yes: bool = False
    seconds: float | None = None
    """How long to wait for an answer."""
    show: Callable[[str], None] = _tell
    """Where the lines go that describe the profile."""
    always_shown: bool = False
    """Whether it is described also to those who are not asked."""
    missing: str = ""

    def __call__(self, question: Question) -> Decision:
        from simulator.lpa import AskRpm, Decision

        try:
            with _time_limit(self.seconds):
                return self._agree(question) if isinstance(question, AskRpm) else self._decide(question)
        except _NoAnswerError:
            click.echo(err=True)
            return Decision(accepted=False, reason="timeout")
        except (click.Abort, KeyboardInterrupt):
            click.echo(err=True)
            return Decision(accepted=False, reason="postponed")

    def _decide(self, question: AskUser) -> Decision:
        from simulator.lpa import Decision

        can_ask = sys.stdin.isatty()
        is_asking = can_ask and not self.yes and not question.code_refused
        if is_asking or self.always_shown:
            for line in describe(question.metadata):
                self.show(line)
        if question.strong_consent_required and not self.yes and not can_ask:
            return self._refuse("the profile has policy rules; agree to them with --yes")
        if question.confirmation_code_required and not can_ask:
            return self._refuse("the order asks for a confirmation code; give it with --confirmation-code")
        if is_asking and (reason := _ask(question)):
            return Decision(accepted=False, reason=reason)
        if not question.confirmation_code_required:
            return Decision()
        if question.code_refused:
            click.echo("The server refused the confirmation code.", err=True)
        return Decision(confirmation_code=str(click.prompt("Confirmation code", hide_input=True, err=True)))

    def _agree(self, question: AskRpm) -> Decision:
        """To remote management."""
        from simulator.lpa import Decision

        can_ask = sys.stdin.isatty() and not self.yes
        if can_ask or self.always_shown:
            for line in describe_commands(question.commands):
                self.show(line)
        if question.strong_consent_required and not self.yes and not can_ask:
            return self._refuse("an operator wants to delete a profile; agree to it with --yes")
        if can_ask and (reason := _ask_rpm(question)):
            return Decision(accepted=False, reason=reason)
        return Decision()

    def _refuse(self, why: str) -> Decision:
        from simulator.lpa import Decision

        self.missing = why
        return Decision(accepted=False, reason=NOBODY_TO_ASK)


def _ask(question: AskUser) -> str:
    """The reason why not; empty for yes."""
    if question.strong_consent_required:
        click.echo("The operator binds you to these rules; only the operator can lift them.", err=True)
        agreed = click.prompt("Type 'agree' to install it nevertheless", default="no", err=True)
        return "" if agreed.strip().lower() == "agree" else "endUserRejection"
    choice = click.Choice(tuple(ANSWERS), case_sensitive=False)
    answer = click.prompt("Install it? (y)es, (n)o, (l)ater", type=choice, show_choices=False, err=True)
    return ANSWERS[answer.lower()]


def _ask_rpm(question: AskRpm) -> str:
    """The reason why not; empty for yes."""
    if question.strong_consent_required:
        click.echo("What is deleted is gone for good.", err=True)
        agreed = click.prompt("Type 'agree' to let it happen", default="no", err=True)
        return "" if agreed.strip().lower() == "agree" else "endUserRejection"
    choice = click.Choice(tuple(ANSWERS), case_sensitive=False)
    answer = click.prompt("Let it happen? (y)es, (n)o, (l)ater", type=choice, show_choices=False, err=True)
    return ANSWERS[answer.lower()]


COMMANDS = {
    "enable": "enable {}",
    "disable": "disable {}",
    "delete": "delete {}",
    "listProfileInfo": "read the list of {}",
    "updateMetadata": "change what {} says of itself",
    "contactPcmp": "have new content loaded into {}",
}
"""Command of remote management → what it means to the user."""


def describe_commands(commands: Iterable[RpmCommand]) -> list[str]:
    """What an operator wants, a line each."""
    from simulator.lpa.rpm import describe_update

    lines = ["The operator of your profiles wants to"]
    for command in commands:
        name = command.profile.label if command.profile else ""
        about = f"{name} ({command.iccid})" if name else str(command.iccid or "its profiles")
        update = describe_update(command.details) if command.name == "updateMetadata" else ""
        lines.append(
            f"  {COMMANDS.get(command.name, command.name).format(about)}{f': {update}' if update else ''}"
        )
    return lines


def describe(metadata: ProfileMetadata) -> list[str]:
    """A profile as its server announces it, a line each."""
    lines = [
        f"Profile   {metadata.name or '(no name)'}",
        f"Provider  {metadata.service_provider or '(no name)'}",
        f"ICCID     {metadata.iccid}",
        f"Class     {metadata.profile_class}",
    ]
    if metadata.owner:
        lines.append(f"Operator  {metadata.owner}")
    if metadata.enterprise:
        lines.append(f"Company   {metadata.enterprise}")
    meanings = RULES | ENTERPRISE_RULES
    rules = (*metadata.policy_rules, *metadata.enterprise_rules)
    lines += [f"Rule      {meanings.get(rule, rule)} ({rule})" for rule in rules]
    if metadata.message:
        lines.append(f"Message   {metadata.message}")
    return lines


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Raises _NoAnswerError when the block takes longer."""
    if seconds is None:
        yield
        return

    def late(*_: Any) -> None:
        raise _NoAnswerError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
