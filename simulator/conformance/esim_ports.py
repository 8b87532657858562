"""Several profiles enabled at once, on eSIM ports, in the modes MEP-A1, MEP-A2, MEP-B (SGP.22 v3 §3.4;
MANAGE LSI of TS 102 221)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from cards import Iccid, Isdr, Uicc
from cards.errors import CardError
from cards.ports import EsimPorts
from simulator.conformance.exchange import Line, answers
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.outcomes import Value, case, refused
from simulator.conformance.server import ICCID, SECOND_ICCID, clean, serving

_THIRD: Final = Iccid.with_check_digit("899990000000009992")
_OURS: Final = (ICCID, SECOND_ICCID, _THIRD)


@contextmanager
def ports_in(
    subject: Subject, mode: str, *, device_capabilities: int = 0, members: Value | None = None
) -> Iterator[tuple[EsimPorts, Isdr, list[bytes]]]:
    """The mode configured, its ISD-R, and three profiles of ours, of which none is enabled. NotApplicable if
    the eUICC has not this mode. `members`: of the first profile's metadata."""
    with serving(subject, device_capabilities=device_capabilities) as server:
        clean(server.isdr, _OURS)
        given: list[Value] = [members or {}, {}, {}]
        aids = [server.profile(iccid, **more)["isdpAid"] for iccid, more in zip(_OURS, given, strict=True)]
        busy = [one for one in server.isdr.get_profiles_info() if one["profileState"] == 1]
        for one in busy:
            server.isdr.disable_profile(one["isdpAid"], refresh=False)
        subject.link.reset()
        ports = EsimPorts(subject.link)
        try:
            agreed = ports.configure([mode])
            require(agreed.mode == mode, f"the eUICC has no mode {mode}")
            opened = Isdr(ports.port(0))
            opened.device_capabilities = device_capabilities
            with opened as isdr:
                yield ports, isdr, aids
        finally:
            with suppress(CardError):
                server.isdr.restart()
                clean(server.isdr, _OURS)
                for one in busy:
                    server.isdr.enable_profile(one["isdpAid"], refresh=False)


def _shown(ports: EsimPorts, number: int) -> Iccid:
    return Uicc(ports.port(number)).read_iccid()


def _enabled(isdr: Isdr) -> dict[bytes, int | None]:
    """Of our profiles, the port that each is enabled on."""
    infos: list[Value] = isdr.get_profiles_info()
    ours = {iccid.to_bytes() for iccid in _OURS}
    return {one["isdpAid"]: one.get("enabledOnEsimPort") for one in infos if one["iccid"] in ours}


def _lpa_chooses(subject: Subject) -> None:
    """In MEP-A1 the LPA names the port; the files come on it."""
    with ports_in(subject, "MEP-A1") as (ports, isdr, (first, second, _)):
        isdr.enable_profile(first, refresh=False, port=1)
        isdr.enable_profile(second, refresh=False, port=2)
        found = _enabled(isdr)
        expect(
            (found[first], found[second]) == (1, 2),
            f"GetProfilesInfo tells the ports {found[first]}, {found[second]}",
        )
        expect(_shown(ports, 1) == ICCID, "port 1 shows other files than those of the profile enabled there")
        expect(
            _shown(ports, 2) == SECOND_ICCID,
            "port 2 shows other files than those of the profile enabled there",
        )


def _lpa_must_choose(subject: Subject) -> None:
    with ports_in(subject, "MEP-A1") as (_, isdr, (first, _, _)):
        for port in (None, 0, 9):
            call = lambda: isdr.enable_profile(first, refresh=False, port=port)  # noqa: B023, E731
            refused(call, "commandError", f"port {port}")


def _replaces(subject: Subject) -> None:
    """On a port that is taken, the profile there is disabled; that of another port stays."""
    with ports_in(subject, "MEP-A1") as (_, isdr, (first, second, third)):
        isdr.enable_profile(first, refresh=False, port=1)
        isdr.enable_profile(second, refresh=False, port=2)
        isdr.enable_profile(third, refresh=False, port=1)
        found = _enabled(isdr)
        expect(found == {first: None, second: 2, third: 1}, "other profiles are enabled than should be")


def _twice(subject: Subject) -> None:
    """A profile is enabled on one port."""
    with ports_in(subject, "MEP-A1") as (_, isdr, (first, _, _)):
        isdr.enable_profile(first, refresh=False, port=1)
        call = lambda: isdr.enable_profile(first, refresh=False, port=2)  # noqa: E731
        refused(call, "profileNotInDisabledState", "the same profile on another port")


def _euicc_chooses(subject: Subject) -> None:
    """In MEP-A2 the eUICC names the port, until there is none left: noEsimPortAvailable."""
    with ports_in(subject, "MEP-A2") as (_, isdr, (first, second, third)):
        chosen = [isdr.enable_profile(aid, refresh=False) for aid in (first, second)]
        expect(None not in chosen and len(set(chosen)) == 2, f"the eUICC chooses the ports {chosen}")
        call = lambda: isdr.enable_profile(third, refresh=False)  # noqa: E731
        refused(call, "noEsimPortAvailable", "a third profile")
        isdr.disable_profile(first, refresh=False)
        expect(isdr.enable_profile(third, refresh=False) == chosen[0], "the port that is free is not taken")


def _of_the_command(subject: Subject) -> None:
    """In MEP-B a profile is enabled on the port that the command came on."""
    with ports_in(subject, "MEP-B") as (ports, here, (first, second, _)), Isdr(ports.port(1)) as there:
        here.enable_profile(first, refresh=False)
        there.enable_profile(second, refresh=False)
        found = _enabled(here)
        expect((found[first], found[second]) == (0, 1), "GetProfilesInfo tells other ports")
        expect(_shown(ports, 0) == ICCID, "port 0 shows other files")
        expect(_shown(ports, 1) == SECOND_ICCID, "port 1 shows other files")


def _command_port(subject: Subject) -> None:
    """In the modes MEP-A only port 0 has an ISD-R."""
    with ports_in(subject, "MEP-A1") as (ports, _, _):
        try:
            with Isdr(ports.port(1)):
                pass
        except CardError:
            return
        expect(False, "port 1 has an ISD-R")


def _isolated(subject: Subject) -> None:
    """A reset of one port leaves the other's selection alone."""
    with ports_in(subject, "MEP-A1") as (ports, isdr, (first, second, _)):
        isdr.enable_profile(first, refresh=False, port=1)
        isdr.enable_profile(second, refresh=False, port=2)
        uicc = Uicc(ports.port(2))
        uicc.select("MF/EF.ICCID")
        ports.port(1).reset()
        expect(uicc.read_binary() == SECOND_ICCID.to_bytes(), "port 2 has lost its selection")


def _forgotten(subject: Subject) -> None:
    """A reset of the chip ends the mode: there is one port, and one profile at most."""
    with ports_in(subject, "MEP-A1") as (_, isdr, (first, second, _)):
        isdr.enable_profile(first, refresh=False, port=1)
        isdr.enable_profile(second, refresh=False, port=2)
    answers(Line(subject.link).send("807C0001").sw, "6A88|6A86|6985", "selecting port 1 after a reset")


def _wrong_interface(subject: Subject) -> None:
    with ports_in(subject, "MEP-A1"):
        line = Line(subject.link)
        answers(line.send("807C0009").sw, "6A88|6A86", "selecting port 9")
        answers(line.send("807C0700").sw, "6A86|6B00", "MANAGE LSI with P1 '07'")


def _row(function: str, title: str, run: Callable[[Subject], None]) -> Check:
    needs = ("es10c", "version3", "mep", "server")
    return Check("mep", title, "SGP.22 v3 §3.4", run, needs, True, case(function))


CHECKS = (
    _row("EnableProfile", "MEP-A1: the LPA names the port, where the files are shown", _lpa_chooses),
    _row("EnableProfile", "MEP-A1: no port, or one without a profile: commandError", _lpa_must_choose),
    _row("EnableProfile", "MEP-A1: the profile on a port is replaced, the other one stays", _replaces),
    _row("EnableProfile", "MEP-A1: a profile is enabled once: profileNotInDisabledState", _twice),
    _row("EnableProfile", "MEP-A2: the eUICC names the port; all taken: noEsimPortAvailable", _euicc_chooses),
    _row("EnableProfile", "MEP-B: the profile comes on the port of the command", _of_the_command),
    _row("ISD-R selection", "MEP-A1: only port 0 has an ISD-R", _command_port),
    _row("", "A reset of one port leaves the others alone", _isolated),
    _row("", "A reset of the chip ends the mode", _forgotten),
    _row("", "MANAGE LSI of what is not there: 6A88, 6A86", _wrong_interface),
)
"""The checks of this suite."""
