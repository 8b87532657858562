"""The phone's question before a profile comes: what it is, what it may do, and a confirmation code."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from simulator.lpa import Decision
from simulator.lpa.steps import AskUser, Question
from simulator.web.bench.model import Bench
from simulator.web.visitors import Visitor
from simulator.web.widgets import button, field, tag


class Consent:
    """A dialog that is there as long as the bench has a question."""

    def __init__(self, visitor: Visitor, bench: Bench) -> None:
        self._say, self._bench = visitor.say, bench
        self._shown: Question | None = None
        self._dialog: ui.dialog | None = None
        self._code = ""

    def refresh(self) -> None:
        """Open or close it."""
        question = self._bench.question
        if question is self._shown:
            return
        self._shown = question
        if self._dialog is not None:
            self._dialog.delete()
            self._dialog = None
            # What opened it may be drawn anew since; the phone, where one goes on, stays.
            ui.run_javascript("document.querySelector('[data-focus=power]')?.focus()")
        if isinstance(question, AskUser):
            self._open(question)

    def _open(self, question: AskUser) -> None:
        say, self._code = self._say, ""
        with ui.dialog(value=True).props("persistent") as self._dialog:
            self._dialog.props.update({"aria-label": say("ask.title")})
            with tag("div", css="card"):
                tag("h2", say("ask.title"))
                self._metadata(question)
                if question.strong_consent_required:
                    tag("p", say("ask.strong"), "warn")
                if question.confirmation_code_required:
                    tag("p", say("ask.cc.wrong" if question.code_refused else "ask.cc"))
                    field(say("bench.cc"), self._typed, enter=partial(self._answer, ""))
                with tag("div", css="row-of"):
                    button(say("ask.yes"), partial(self._answer, ""), css="main", autofocus=True)
                    button(say("ask.no"), partial(self._answer, "endUserRejection"))
                    button(say("ask.later"), partial(self._answer, "postponed"))

    def _metadata(self, question: AskUser) -> None:
        say, metadata = self._say, question.metadata
        facts = {
            "ask.name": metadata.name,
            "ask.provider": metadata.service_provider,
            "ask.owner": str(metadata.owner or ""),
            "ask.class": metadata.profile_class,
        }
        with tag("dl", css="facts-list"):
            for key, value in facts.items():
                if value:
                    tag("dt", say(key))
                    tag("dd", value)
            tag("dt", "ICCID")
            tag("dd", str(metadata.iccid), "mono")
            if metadata.policy_rules:
                tag("dt", say("ask.rules"))
                with tag("dd"):
                    for rule in metadata.policy_rules:
                        tag("div", say(f"ask.rule.{rule}"))

    def _typed(self, code: str) -> None:
        self._code = code

    def _answer(self, reason: str) -> None:
        if reason:
            self._bench.reply(Decision(accepted=False, reason=reason))
        else:
            self._bench.reply(Decision(confirmation_code=self._code))
