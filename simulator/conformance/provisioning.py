"""Whole procedures with an SM-DP+ and an LPA of ours, which verify every answer of the card (SGP.22 §3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cards import Isdr
from cards.errors import CardError
from cards.isdr.errors import Es10Error
from simulator.conformance.equipment import Equipment
from simulator.conformance.model import Check, NotConform, Subject, expect
from simulator.conformance.outcomes import case, profile_of
from simulator.conformance.server import ICCID, clean, package
from simulator.lpa import InProcessEs9, Lpa, LpaError
from simulator.smdp.core import SmdpPlus


@dataclass
class _Procedures:
    """An LPA between the card and a server."""

    isdr: Isdr
    smdp: SmdpPlus
    lpa: Lpa

    def download(self, *, confirmation_code: str = "", **order: Any) -> None:
        """Order the profile of these checks, and download it; the server verifies its result."""
        matching_id = self.smdp.add_order(package(), confirmation_code=confirmation_code, **order)
        code = f"LPA:1${self.smdp.identity.address}${matching_id}"
        try:
            self.lpa.download(code, confirmation_code=confirmation_code)
        except LpaError as error:
            raise NotConform(f"the download failed: {error}") from None

    def deliver(self, numbers: set[int]) -> None:
        """Have the server take these notifications; it verifies them."""
        for delivery in self.lpa.process_notifications(numbers):
            expect(delivery.error is None, f"the server refuses a notification: {delivery.error}")

    def waiting(self) -> dict[int, str]:
        """Number and operation of the notifications of this profile."""
        return {one.sequence_number: one.operation for one in self.lpa.notifications() if one.iccid == ICCID}


@contextmanager
def _procedures(subject: Subject, equipment: Equipment | None = None) -> Iterator[_Procedures]:
    smdp = (equipment or subject.bench).smdp()
    with Lpa(Isdr(subject.link), InProcessEs9(smdp)) as lpa, subject.isdr() as isdr:
        clean(isdr)
        before = {one["seqNumber"] for one in isdr.list_notification()}
        try:
            yield _Procedures(isdr, smdp, lpa)
        finally:
            clean(isdr)
            for number in {one["seqNumber"] for one in isdr.list_notification()} - before:
                isdr.remove_notification_from_list(number)


def _downloads(**order: Any) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        with _procedures(subject) as bench:
            bench.download(**order)
            profile = profile_of(bench.isdr, ICCID.to_bytes())
            expect(profile is not None, "the profile is not there after its download")

    return run


def _life(subject: Subject) -> None:
    """Install, enable, disable, delete: the server hears of each, signed, in this order."""
    with _procedures(subject) as bench:
        bench.download()
        isdr = bench.isdr
        others = [one for one in isdr.get_profiles_info() if one["profileState"] == 1]
        for one in others:
            isdr.disable_profile(one["isdpAid"], refresh=False)
        isdr.enable_profile(ICCID, refresh=False)
        isdr.disable_profile(ICCID, refresh=False)
        isdr.delete_profile(ICCID)
        for one in others:
            isdr.enable_profile(one["isdpAid"], refresh=False)
        waiting = bench.waiting()
        events = ", ".join(waiting.values()) or "nothing"
        expect(
            [*waiting.values()] == ["enable", "disable", "delete"],
            f"{events} waits to be told in place of enable, disable, delete",
        )
        bench.deliver(set(waiting))


def _refused_code(subject: Subject) -> None:
    """A wrong confirmation code, then the right one: the eUICC bears the second attempt."""
    with _procedures(subject) as bench:
        matching_id = bench.smdp.add_order(package(), confirmation_code="1234")
        code = f"LPA:1${bench.smdp.identity.address}${matching_id}"
        try:
            bench.lpa.download(code, confirmation_code="9999")
        except LpaError:
            pass
        else:
            raise NotConform("a wrong confirmation code was taken")
        expect(profile_of(bench.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")
        bench.lpa.download(code, confirmation_code="1234")


def _deleted(subject: Subject) -> None:
    with _procedures(subject) as bench:
        bench.download()
        bench.isdr.delete_profile(ICCID)
        try:
            bench.isdr.delete_profile(ICCID)
        except Es10Error as error:
            expect(error.name == "iccidOrAidNotFound", f"{error.name} in place of iccidOrAidNotFound")
        except CardError as error:
            expect(False, str(error))
        else:
            expect(False, "a profile that is not there is deleted")


def _check(function: str, title: str, clause: str, run: Callable[[Subject], None]) -> Check:
    needs = ("es10b", "server")
    return Check("provisioning", title, f"SGP.22 {clause}", run, needs, True, case(function))


_LOAD = "LoadBoundProfilePackage"
CHECKS = (
    _check(_LOAD, "A download, whose result the server verifies", "§3.1.3", _downloads()),
    _check(_LOAD, "A download under keys of the profile's own", "§2.5.3, §3.1.3", _downloads(with_ppk=True)),
    _check("PrepareDownload", "A download with a confirmation code", "§3.1.3",
           _downloads(confirmation_code="1234")),
    _check("PrepareDownload", "A wrong confirmation code, then the right one", "§3.1.3.1", _refused_code),
    _check("EnableProfile", "The server hears of enabling, disabling and deletion", "§3.5", _life),
    _check("DeleteProfile", "A profile is deleted once", "§5.7.18", _deleted),
)  # fmt: skip
"""The checks of this suite."""
