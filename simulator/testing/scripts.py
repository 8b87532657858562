"""APDU scripts as tests: one file, one card; one section, one test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from cards.script import Runner, ScriptError, load
from simulator.testing.trace import ApduTrace, in_words

if TYPE_CHECKING:
    from cards.script.model import Section
    from cards.script.runner import SectionResult


class ScriptFailure(Exception):  # noqa: N818 - what a report shows, not an error of anybody
    """A step of a script did not get what it expects."""

    def __init__(self, result: SectionResult) -> None:
        clause = f" ({result.section.clause})" if result.section.clause else ""
        super().__init__(f"{result.failure}{clause}")


class ScriptFile(pytest.File):
    """A script; its sections run in order on one card."""

    def collect(self) -> Iterator[pytest.Item]:
        try:
            script = load(self.path)
        except (ScriptError, OSError) as error:
            raise self.CollectError(str(error)) from None
        self._runner: Runner | None = None
        self._variables = dict(script.variables)
        self.trace = ApduTrace()
        for section in script.sections:
            yield SectionItem.from_parent(self, name=section.title, section=section)

    def runner(self) -> Runner:
        """The card of this file, opened by the first section that runs."""
        if self._runner is None:
            from simulator.testing.plugin import opened, source

            link = opened(source(self.config))
            self.addfinalizer(link.close)
            self._runner = Runner(self.trace.of(link), variables=self._variables)
        return self._runner


class SectionItem(pytest.Item):
    """A section of a script."""

    def __init__(self, *, section: Section, **options: Any) -> None:
        super().__init__(**options)
        self.section = section

    def runtest(self) -> None:
        from simulator.testing.plugin import check_needs

        assert isinstance(self.parent, ScriptFile)
        check_needs(self, self.section.needs, self.section.destructive)
        self._first = len(self.parent.trace.entries)
        result = self.parent.runner().run_section(self.section)
        if result.failure:
            raise ScriptFailure(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        assert isinstance(self.parent, ScriptFile)
        if isinstance(excinfo.value, ScriptFailure):
            said = in_words(self.parent.trace.entries[self._first :])
            return "\n".join([str(excinfo.value), "", *said])
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"
