"""Cards with a defect are found out: by the check about it, with clause, expectation and what was said."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cards.link import CardLink
from cards.status import SW, StatusError
from simulator.conformance import CheckResult, Verdict, report
from simulator.faults.quirks import QuirkyCard, load_quirks
from simulator.uicc.access import Condition, Kind
from simulator.uicc.pins import Pin
from tests.simulator.conformance.cards_under_test import run, source_of


class Defect(NamedTuple):
    """What is wrong where in our card, on which specimen, and the check that must find it."""

    where: str
    instead: Any
    suite: str
    title: str
    clause: str
    finding: str
    specimen: str = ""


def anything(*_: Any, **__: Any) -> bool:
    return True


def nothing(*_: Any, **__: Any) -> None:
    return None


def forgiving(pin: Pin, value: bytes) -> None:
    """VERIFY PIN that takes no try."""
    if value != pin.value:
        raise StatusError(SW.retries(pin.tries))


RSP = "simulator.euicc"
DEFECTS = (
    Defect(f"{RSP}.authentication.verify_raw", anything, "authentication",
           "AuthenticateServer refuses a wrong signature: invalidSignature", "SGP.22 §5.7.13",
           "in place of invalidSignature"),
    Defect(f"{RSP}.download.verify_raw", anything, "authentication",
           "PrepareDownload refuses a wrong signature: invalidSignature", "SGP.22 §5.7.5",
           "in place of invalidSignature"),
    Defect(f"{RSP}.installation.verify_raw", anything, "packages",
           "InitialiseSecureChannel with a wrong signature: invalidSignature", "SGP.22 §5.5.1, §2.5.6",
           "in place of initialiseSecureChannel invalidSignature"),
    Defect("simulator.crypto.bsp.Bsp._check_mac", nothing, "packages",
           "StoreMetadata with a wrong MAC: scp03tSecurityError", "SGP.22 §5.5.3, §2.5.6",
           "in place of storeMetadata scp03tSecurityError"),
    Defect(f"{RSP}.revocation.RevocationLists.is_revoked", lambda *_: False, "revocation",
           "LoadCRL makes a server that is on the list unbelievable", "SGP.22 v2 §5.7.12",
           "it was done, in place of invalidCertificate"),
    Defect(f"{RSP}.es6._unset", nothing, "metadata",
           "UpdateMetadata unsets a policy rule, and sets none", "SGP.22 §5.4.1", "the rule is still there"),
    Defect(f"{RSP}.notifications.NotificationList.remove", anything, "profiles",
           "RemoveNotificationFromList removes once: nothingToDelete", "SGP.22 §5.7.11",
           "the notification is still listed"),
    Defect(f"{RSP}.profiles.Profile.forbids", lambda *_: False, "profiles",
           "DeleteProfile under ppr2: disallowedByPolicy", "SGP.22 §2.9.2, §5.7.18",
           "it was done, in place of disallowedByPolicy", "euicc-empty"),
    Defect(f"{RSP}.core.EuiccCore.announce", nothing, "provisioning",
           "The server hears of enabling, disabling and deletion", "SGP.22 §3.5", "nothing waits to be told"),
    Defect(f"{RSP}.rpm.verify_raw", anything, "version3",
           "LoadRpmPackage refuses a wrong signature, signed: invalidSignature", "SGP.22 v3 §5.7",
           "in place of invalidSignature",
           "euicc-version3"),
    Defect(f"{RSP}.device_change.verify_raw", anything, "version3",
           "PrepareDeviceChange refuses: noSessionContext, invalidSignature, invalidTransactionId",
           "SGP.22 v3 §5.7", "invalidSignature", "euicc-version3"),
    Defect(f"{RSP}.smds_response.verify_raw", anything, "version3",
           "VerifySmdsResponse is taken once: noSession, invalidSignature, invalidTransactionId",
           "SGP.22 v3 §5.7", "invalidSignature", "euicc-version3"),
    Defect(f"{RSP}.enterprise.forbids_enabling", lambda *_: False, "version3",
           "EnableProfile against an enterprise's rules: disallowedByEnterpriseRule",
           "SGP.22 v3 §5.7.16, §2.4.12", "in place of disallowedByEnterpriseRule", "euicc-version3"),
    Defect(f"{RSP}.ports.Ports.count", 9, "mep", "A reset of the chip ends the mode",
           "SGP.22 v3 §3.4", "in place of 6A88", "euicc-company-phone"),
    Defect(f"{RSP}.iot.packages.verify_raw", anything, "iot",
           "LoadEuiccPackage of a stranger, or with a wrong signature, is answered unsigned",
           "SGP.32 §5.9.1", "a package with a wrong signature is carried out", "euicc-iot"),
    Defect("simulator.uicc.pins.Pin.verify", forgiving, "pins",
           "VERIFY PIN counts wrong values, and a reset forgives none", "TS 102 221 §11.1.9", "63C",
           "laboratory-sim"),
    Defect("simulator.uicc.filesystem.condition_for", lambda *_: Condition(Kind.ALWAYS), "writing",
           "Reading obeys the access rules", "TS 102 221 §9.2",
           "forbids it (key 01), and the card answered 9000", "laboratory-sim"),
    Defect("simulator.uicc.aka.AkaState._is_fresh", anything, "authenticate",
           "The same vector once more is a synchronisation failure, with AUTS", "TS 31.102 §7.1.1.1",
           "the SQN 0 is taken as a new one"),
    Defect("simulator.uicc.ota.receiver.Ota._count", nothing, "ota",
           "The same packet once more: CNTR low", "TS 102 225 §5.1.4", "POR_OK in place of CNTR_LOW"),
    Defect("simulator.crypto.secure_channel.bytes_eq", anything, "domains",
           "A wrong host cryptogram: 6300, and no session",
           "GP Card Specification §E.5.2, Amendment D §7.1.2", "in place of 6300", "laboratory-sim"),
)  # fmt: skip


def the_failure(results: list[CheckResult], title: str) -> CheckResult:
    """The result of that check, which must have failed; most others have not."""
    failed = [one for one in results if one.verdict is Verdict.FAILED]
    passed = [one for one in results if one.verdict is Verdict.PASSED]
    found = next((one for one in failed if one.check.title == title), None)
    assert found is not None, [one.check.title for one in failed]
    assert len(failed) <= len(passed)
    return found


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.where.partition(".")[2])
def test_a_card_with_a_defect(defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(defect.specimen)
    monkeypatch.setattr(defect.where, defect.instead)
    failure = the_failure(run(source, defect.suite), defect.title)
    assert failure.check.clause == defect.clause
    assert failure.finding
    assert defect.finding in failure.finding
    said = report.apdus(failure)
    assert said[-2].startswith("-> ")
    assert said[-1].startswith("<- ")


class Quirk(NamedTuple):
    """A hook's body for `command` (and `response`), and the check that must find it."""

    body: str
    suite: str
    title: str
    clause: str
    finding: str
    specimen: str = ""


def answers(beginning: str, answer: str) -> str:
    """Every command that begins so is answered with this."""
    return f"""
def before_apdu(command):
    if command.startswith(bytes.fromhex("{beginning}")):
        return Answer(bytes.fromhex("{answer}"))
"""


def changes(beginning: str, old: str, new: str) -> str:
    """In answers to commands that begin so, these bytes are others."""
    return f"""
def after_apdu(command, response):
    if command.startswith(bytes.fromhex("{beginning}")):
        return response.replace(bytes.fromhex("{old}"), bytes.fromhex("{new}"))
"""


ATR_WITH_WRONG_TCK = """
def on_reset(atr):
    return atr[:-1] + bytes((atr[-1] ^ 1,))
"""
QUIRKS = (
    Quirk(ATR_WITH_WRONG_TCK, "uicc", "The ATR is well formed, TCK too", "ISO/IEC 7816-3 §8.2", "TCK"),
    Quirk(answers("00FC", "9000"), "uicc", "An unknown instruction", "TS 102 221 §10.1.2",
          "in place of 6D00"),
    Quirk(changes("00B000000A", "98990900", "98991900"), "files",
          "EF.ICCID holds a number with the right check digit", "TS 102 221 §13.2", "check digit"),
    Quirk(answers("00880081", "9000"), "usim", "AUTHENTICATE refuses a wrong MAC", "TS 31.102 §7.1.1.1",
          "in place of 9862"),
    Quirk(answers("0004", "9000"), "lifecycle", "DEACTIVATE FILE closes a file, ACTIVATE FILE opens it again",
          "TS 102 221 §11.1.14, §11.1.15", ""),
    Quirk(answers("A088", "9404"), "gsm", "RUN GSM ALGORITHM answers SRES and Kc, the same twice",
          "TS 51.011 §9.2.16", ""),
    Quirk(answers("8014", "9000"), "toolkit", "TERMINAL RESPONSE is taken once", "TS 102 221 §11.2.4", "",
          "laboratory-sim"),
    Quirk(changes("", "BF3E125A10", "BF3E125A11"), "es10", "GetEID", "SGP.22 §5.7.20", ""),
)  # fmt: skip


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.title)
def test_a_card_with_a_quirk(quirk: Quirk, tmp_path: Path) -> None:
    file = tmp_path / "quirk.py"
    file.write_text(f"from simulator.faults.quirks import Answer\n{quirk.body}")
    source = source_of(quirk.specimen)

    def connect() -> CardLink:
        return QuirkyCard(source.open(), load_quirks(file))

    failure = the_failure(run(source, quirk.suite, connect=connect), quirk.title)
    assert failure.check.clause == quirk.clause
    assert quirk.finding in failure.finding
    assert failure.check.title.startswith("The ATR") or report.apdus(failure)
