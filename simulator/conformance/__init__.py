"""Checks of cards, each named after the clause it holds them to: `esim conform` (docs/conformance.md)."""

from __future__ import annotations

from simulator.conformance.known import Known
from simulator.conformance.model import Check, CheckResult, Subject, Verdict
from simulator.conformance.run import conform
from simulator.conformance.suite import SUITES, checks

__all__ = ["SUITES", "Check", "CheckResult", "Known", "Subject", "Verdict", "checks", "conform"]
