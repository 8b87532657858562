"""Where the checks are: scripts (`*.apdu`) and modules beside this one, one suite each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module, resources
from typing import Final

from cards.script import Runner, Script, Section, parse
from simulator.conformance.model import Check, NotConform, Subject

SUITES: Final = {
    "uicc": "files and channels of any UICC (TS 102 221)",
    "files": "contents of its files (TS 102 221 §13, TS 31.102)",
    "usim": "the USIM (TS 31.102)",
    "es10": "functions of an eUICC that need no server (SGP.22 §5.7)",
    "profiles": "states of profiles on an eUICC (SGP.22 §3.2, §5.7.16 to §5.7.19)",
    "provisioning": "downloads, right and wrong, with a server that the card trusts (SGP.22 §3.1.3, §5.7)",
}
"""Name → what it is about."""
_SCRIPTS = ("uicc", "usim", "es10")


def checks(names: Iterable[str] = SUITES) -> list[Check]:
    """The checks of these suites, in order. KeyError for a suite that is not in `SUITES`."""
    found: list[Check] = []
    for name in names:
        SUITES[name]
        found += _script(name) if name in _SCRIPTS else _module(name)
    return found


def _module(name: str) -> list[Check]:
    module = import_module(f"simulator.conformance.{name}")
    rows: tuple[Check, ...] = module.CHECKS
    return list(rows)


def script(name: str) -> Script:
    """A suite that is a script: 'uicc', 'usim', 'es10'."""
    text = (resources.files("simulator.conformance") / f"{name}.apdu").read_text(encoding="utf-8")
    return parse(text, f"{name}.apdu")


def _script(name: str) -> list[Check]:
    return [
        Check(name, section.title, section.clause, _runs(section), section.needs, section.destructive)
        for section in script(name).sections
    ]


def _runs(section: Section) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        failure = Runner(subject.link).run_section(section).failure
        if failure:
            raise NotConform(str(failure))

    return run
