"""`esim smds` on its database, and what `esim lpa` says of an SM-DS."""

from __future__ import annotations

import json

import pytest

from simulator.cli.reading import event_data, event_line
from simulator.cli.smds import _store
from simulator.lpa import Event as Found
from simulator.smdp.ds import Event
from simulator.smdp.records import Session
from tests.simulator.cli.conftest import Esim

EID = "89049032123451234512345678901235"


def test_events_are_listed_and_deleted(esim: Esim) -> None:
    assert esim("smds", "events").out == "No events wait.\n"
    with _store(None) as store:
        store.save(
            Event(bytes.fromhex(EID), "E-1", "smdp.example.com", "2.999.10", registered_at=1_700_000_000),
            Event(bytes.fromhex(EID), "E-2", "ds.example.com", "2.999.16", True, event_type=1),
        )
    listed = esim("smds", "events").out.splitlines()
    assert listed == [
        f"{EID}  E-1  download at smdp.example.com",
        f"{EID}  E-2  remote management at ds.example.com",
    ]
    first, second = json.loads(esim("smds", "events", "--json").out)["events"]
    assert first == {
        "eid": EID,
        "event_id": "E-1",
        "type": "download",
        "server": "smdp.example.com",
        "registered_by": "2.999.10",
        "is_forwarded": False,
        "registered_at": "2023-11-14T22:13:20+00:00",
    }
    assert second["is_forwarded"] is True
    assert esim("smds", "delete", EID, "E-1").out == "Event E-1 is deleted.\n"
    again = esim("smds", "delete", EID, "E-1")
    assert (again.status, again.err) == (1, f"esim: {EID} has no event E-1; see `esim smds events`.\n")


def test_old_sessions_are_forgotten(esim: Esim) -> None:
    assert esim("smds", "clean").out == "0 sessions, ecIds and push tokens are forgotten.\n"
    with _store(None) as store:
        store.save(Session(b"old", 1_700_000_000, bytes(20), bytes(20), bytes(16)))
    assert esim("smds", "clean").out == "1 sessions, ecIds and push tokens are forgotten.\n"


@pytest.mark.parametrize("text", ["2.999", "2.999=ftp://a", "x=http://a", "=http://a"])
def test_push_services_that_are_none(esim: Esim, text: str) -> None:
    outcome = esim("smds", "serve", "--push", text)
    assert outcome.status == 2
    assert "is not OID=URL" in outcome.err


def test_what_is_said_of_an_event() -> None:
    download = Found("smdp.example.com", "E-1", service_provider="Example")
    assert event_line(download) == "LPA:1$smdp.example.com$E-1"
    assert event_data(download) == {
        "smdpAddress": "smdp.example.com",
        "matchingId": "E-1",
        "operation": "profileDownload",
        "serviceProvider": "Example",
        "iccids": [],
    }
    assert event_line(Found("smdp.example.com", "E-2", "rpm")) == "LPA:1$smdp.example.com$E-2  rpm"


def test_a_push_token_goes_to_nobody(esim: Esim) -> None:
    """The server is not there; the whole way is in tests/simulator/lpa/test_discovery_version_3.py."""
    esim("card", "new", "phone", "--profile", "test-operator", "--enable")
    outcome = esim("lpa", "push", "2.999.70.1", "token", "--card", "phone", "--smds", "localhost:1", "--json")
    assert outcome.status == 1
    assert json.loads(outcome.out)["error"]["kind"] == "ServerUnreachable"
