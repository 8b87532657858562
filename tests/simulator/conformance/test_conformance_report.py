"""Reports of a run: for CI, for people, for programs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

from cards.link import CardLink
from simulator.conformance import Check, Verdict, conform, report
from simulator.conformance.model import NotApplicable, NotConform, Subject
from tests.simulator.conformance.cards_under_test import source_of


def _fails(subject: Subject) -> None:
    """Finds something, and takes back what it did; that fails too."""
    try:
        subject.uicc.select("MF")
        raise NotConform("the <MF> is a surprise")
    finally:
        subject.uicc.select("MF/7FFF")


def _lacks(subject: Subject) -> None:
    subject.link.transmit(bytes.fromhex("00FC0000"))
    raise NotApplicable("the card has no wheels")


CHECKS = (
    Check("uicc", "It is there", "TS 102 221 §6", lambda subject: None),
    Check("uicc", "It is no surprise", "TS 102 221 §7", _fails, case="SGP.23 §4.2.1 TC"),
    Check("uicc", "It rolls", "TS 102 221 §8", _lacks),
    Check("uicc", "It was secret", "TS 102 221 §9", _lacks, needs=("pin1",)),
)


def connect() -> CardLink:
    return source_of("usim-isim").open()


RESULTS = list(conform(connect, CHECKS))


def test_verdicts_and_reasons() -> None:
    assert report.totals(RESULTS) == "1 passed, 1 failed, 1 not applicable, 1 skipped"
    assert list(report.reasons(RESULTS, Verdict.NOT_APPLICABLE)) == ["the card has no wheels"]
    assert list(report.reasons(RESULTS, Verdict.SKIPPED)) == ["needs the value of PIN 1 (--secrets)"]


def test_what_was_said_ends_with_the_finding() -> None:
    failed = RESULTS[1]
    assert failed.finding == "the <MF> is a surprise"
    assert failed.cleanup > 0
    assert len(report.apdus(failed)) == 2
    assert report.apdus(failed)[0].endswith("SELECT MF")


WHEN = datetime(2026, 11, 28, 9, 5, 7, tzinfo=UTC)


def test_junit() -> None:
    root = ET.fromstring(report.junit(RESULTS, "mine", WHEN))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("4", "1", "2")
    assert {suite.get("timestamp") for suite in root} == {"2026-11-28T09:05:07"}
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "the <MF> is a surprise"
    assert failure.get("type") == "TS 102 221 §7"
    assert "SELECT MF" in (failure.text or "")
    assert [one.get("message") for one in root.iter("skipped")] == [
        "not applicable: the card has no wheels",
        "skipped: needs the value of PIN 1 (--secrets)",
    ]


def test_html() -> None:
    page = report.html(RESULTS, "mine & yours", WHEN)
    assert "<h1>Conformance of mine &amp; yours</h1>" in page
    assert "<p>2026-11-28 09:05 UTC: 1 passed, 1 failed" in page
    assert "the &lt;MF&gt; is a surprise" in page
    assert page.index("What failed") < page.index("It is there")
    assert "SGP.23 §4.2.1 TC" in page


def test_objects() -> None:
    told = [report.as_object(result) for result in RESULTS]
    assert [one["verdict"] for one in told] == ["passed", "failed", "not applicable", "skipped"]
    assert told[1]["case"] == "SGP.23 §4.2.1 TC"
    assert told[1]["apdus"][0][0] == "00A40004023F0000"
