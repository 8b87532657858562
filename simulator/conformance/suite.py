"""Where the checks are: scripts (`*.apdu`) and modules beside this one; a suite has one of each at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module, resources
from typing import Final, NamedTuple

from cards.script import Runner, Script, Section, parse
from simulator.conformance.model import Check, NotConform, Subject


class Suite(NamedTuple):
    """What a suite is about, whether a script and a module of its name have checks for it."""

    about: str
    has_script: bool = False
    modules: tuple[str, ...] = ()


SUITES: Final = {
    "uicc": Suite("files, channels and instructions of any UICC (TS 102 221)", True, ("atr", "selection")),
    "files": Suite("contents of its files (TS 102 221 §13, TS 31.102)", modules=("files",)),
    "pins": Suite("PINs and their counters (TS 102 221 §9.5, §11.1.9 to §11.1.13)", modules=("pins",)),
    "writing": Suite(
        "writing, searching, counting, access rules (TS 102 221 §9.2, §11.1.4 to §11.1.8)",
        modules=("writing",),
    ),
    "usim": Suite("the USIM (TS 31.102)", True),
    "authenticate": Suite("authentication by USIM and ISIM (TS 31.102 §7.1)", modules=("aka",)),
    "lifecycle": Suite("files from their creation to their deletion (TS 102 222 §6)", True),
    "gsm": Suite("class 'A0' of GSM SIMs (TS 51.011)", True),
    "toolkit": Suite("the card application toolkit (TS 102 221 §11.2, TS 102 223)", True, ("proactive",)),
    "ota": Suite("remote management by short messages (TS 102 225, TS 102 226, TS 31.115)", modules=("ota",)),
    "domains": Suite(
        "the issuer's security domain and its secure channels (GP Card Specification)", modules=("domains",)
    ),
    "es10": Suite("functions of an eUICC that need no server (SGP.22 §5.7)", True, ("information",)),
    "profiles": Suite(
        "states of profiles on an eUICC (SGP.22 §3.2, §5.7.16 to §5.7.19)",
        modules=("profiles", "memory_reset", "notifications"),
    ),
    "authentication": Suite(
        "servers that an eUICC believes, and others (SGP.22 §5.7.5, §5.7.13, §5.7.14)",
        modules=("authentication", "preparation"),
    ),
    "packages": Suite(
        "profile packages that an eUICC installs, and others (SGP.22 §5.5, §2.5.6)",
        modules=("packages", "stored_metadata"),
    ),
    "revocation": Suite(
        "revocation lists on an eUICC (SGP.22 v2 §5.7.12, v3 §5.7.13)", modules=("revocation",)
    ),
    "metadata": Suite("UpdateMetadata over the air (SGP.22 §5.4.1)", modules=("metadata_update",)),
    "version3": Suite(
        "remote management, device change, discovery (SGP.22 v3 §5.7)",
        modules=("remote_management", "device_change", "enterprise"),
    ),
    "mep": Suite("several profiles enabled at once (SGP.22 v3 §3.4)", modules=("esim_ports",)),
    "iot": Suite("eIMs of an IoT eUICC (SGP.32 §5.9)", modules=("iot",)),
    "provisioning": Suite(
        "whole procedures with a server and an LPA of ours (SGP.22 §3.1)",
        modules=("provisioning",),
    ),
}
"""Name → suite, in the order in which they run."""
SCRIPTS: Final = tuple(name for name, suite in SUITES.items() if suite.has_script)


def checks(names: Iterable[str] = SUITES) -> list[Check]:
    """The checks of these suites, in order. KeyError for a suite that is not in `SUITES`."""
    found: list[Check] = []
    for name in names:
        suite = SUITES[name]
        if suite.has_script:
            found += _script(name)
        for module in suite.modules:
            found += _module(module)
    return found


def _module(name: str) -> list[Check]:
    module = import_module(f"simulator.conformance.{name}")
    rows: tuple[Check, ...] = module.CHECKS
    return list(rows)


def script(name: str) -> Script:
    """The script of a suite in `SCRIPTS`."""
    folder = resources.files("simulator.conformance")
    return parse((folder / f"{name}.apdu").read_text(encoding="utf-8"), f"{name}.apdu")


def _script(name: str) -> list[Check]:
    return [
        Check(
            name,
            section.title,
            section.clause,
            _runs(section),
            section.needs,
            section.destructive,
            section.case,
        )
        for section in script(name).sections
    ]


def _runs(section: Section) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        failure = Runner(subject.link, variables=subject.known.variables).run_section(section).failure
        if failure:
            raise NotConform(str(failure))

    return run
