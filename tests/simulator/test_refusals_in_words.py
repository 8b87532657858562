"""An LPA has words for every pair of codes that our servers answer."""

from __future__ import annotations

from simulator.lpa.reasons import TABLE
from simulator.smdp.ds.errors import DsRefusal
from simulator.smdp.errors import Refusal


def test_every_refusal_of_our_servers_is_explained() -> None:
    pairs = {(refusal.subject_code, refusal.reason_code) for refusal in (*Refusal, *DsRefusal)}
    assert pairs <= TABLE.keys()
