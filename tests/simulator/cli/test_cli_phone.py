"""`esim phone`: a phone somewhere in the world, with cards on disk, fresh ones, and one behind a modem."""

from __future__ import annotations

import json
from typing import Any

from cards.at import Modem
from cards.at.terminal import ModemTerminal
from tests.simulator.cli.conftest import Esim
from tests.simulator.network.conftest import sim


def phone(esim: Esim, *arguments: object) -> dict[str, Any]:
    outcome = esim("phone", *arguments, "--json")
    assert outcome.status == 0, outcome.err
    data: dict[str, Any] = json.loads(outcome.out)
    return data


def test_a_fresh_sim_registers_abroad(esim: Esim) -> None:
    outcome = esim("phone", "--sim", "att-us", "--at", "th", "--date", "2026-12-01")
    assert outcome.status == 0
    assert "in Thailand, 2026-12-01" in outcome.out
    assert "Networks in the order in which the phone tries them" in outcome.out
    assert "Registered  " in outcome.out
    assert "roaming" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80


def test_what_is_told_is_the_same_for_a_seed(esim: Esim) -> None:
    arguments = ("--sim", "att-us", "--at", "jp", "--date", "2026-12-01", "--seed", "5")
    assert phone(esim, *arguments) == phone(esim, *arguments)


def test_a_card_on_disk_keeps_where_it_was(esim: Esim) -> None:
    esim("card", "new", "plain", "--sim", "--profile", "travel-operator")
    first = phone(esim, "--card", "plain", "--at", "de", "--home", "att-us")
    assert first["registration"]["roaming"]
    assert first["changes"]
    again = phone(esim, "--card", "plain", "--at", "de", "--home", "att-us")
    assert again["candidates"][0]["reason"] == "registered there last"
    assert again["candidates"][0]["plmn"] == first["registration"]["plmn"]
    resynchronised = [event for event in again["events"] if event["kind"] == "resynchronised"]
    assert resynchronised == []


def test_an_euicc_registers_with_its_enabled_profile(esim: Esim) -> None:
    esim("card", "new", "two", "--profile", "test-operator", "--profile", "travel-operator", "--enable")
    data = phone(esim, "--card", "two", "--at", "de", "--home", "att-us")
    assert data["card"]["imsi"] == "001010123456789"
    assert data["registration"] is not None


def test_a_card_that_asks_for_its_pin(esim: Esim) -> None:
    esim("card", "new", "locked", "--sim", "--profile", "home-operator")
    arguments = ("--card", "locked", "--at", "de", "--home", "att-us")
    without = phone(esim, *arguments)
    assert without["no_card"] == "PIN 1 is asked for"
    assert without["service"] == "emergency calls only"
    assert phone(esim, *arguments, "--pin1", "2468")["registration"] is not None
    wrong = phone(esim, *arguments, "--pin1", "1111")
    assert wrong["no_card"] == "the PIN is wrong, 2 tries are left"


def test_a_sim_of_the_second_generation(esim: Esim) -> None:
    esim("card", "new", "old", "--from", "gsm-sim")
    data = phone(esim, "--card", "old", "--at", "th", "--home", "att-us")
    assert data["card"]["imsi"] == "999800000000001"
    assert {item["rat"] for item in data["candidates"]} <= {"2G (GSM)", "3G (UMTS)"}


def test_a_network_selected_by_hand(esim: Esim) -> None:
    data = phone(esim, "--sim", "att-us", "--at", "de", "--manual", "262-02")
    assert data["registration"]["plmn"] == "262-02"
    assert {item["plmn"] for item in data["candidates"]} == {"262-02"}


def test_why_names_apdus_messages_rows_and_clauses(esim: Esim) -> None:
    outcome = esim("phone", "--sim", "att-us", "--at", "th", "--why")
    assert "APDU 00B0" in outcome.out
    assert "message ATTACH REQUEST, phone → AIS" in outcome.out
    assert "row operators/ais-th" in outcome.out
    assert "TS 23.122 §4.4.3.1.1 iii" in outcome.out


def test_wrong_words_get_a_sentence(esim: Esim) -> None:
    def said(*arguments: str) -> str:
        outcome = esim("phone", *arguments)
        assert outcome.status in (1, 2)
        return outcome.err

    assert "no country 'zz'" in said("--sim", "att-us", "--at", "zz")
    assert "no device 'zzz'" in said("--sim", "att-us", "--at", "th", "--device", "zzz")
    assert "'nobody'" in said("--sim", "nobody", "--at", "th")
    assert "hears no network 999-99" in said("--sim", "att-us", "--at", "th", "--manual", "999-99")
    assert "'x' is no PLMN" in said("--sim", "att-us", "--at", "th", "--manual", "x")
    assert "Say which card" in said("--at", "th")
    assert "Give one of --sim" in said("--sim", "att-us", "--card", "x", "--at", "th")
    esim("card", "new", "plain", "--sim", "--profile", "travel-operator")
    assert "say with --home whose subscriber it is" in said("--card", "plain", "--at", "de")
    assert "no operator 'nobody'" in said("--card", "plain", "--at", "de", "--home", "nobody")


def test_a_real_card_is_read_and_never_written(esim: Esim) -> None:
    card = sim().card
    seen: list[bytes] = []

    class Watched:
        def reset(self) -> bytes:
            return card.reset()

        def transmit(self, apdu: bytes) -> bytes:
            seen.append(apdu)
            return card.transmit(apdu)

    before = card.files.save()["files"]
    with ModemTerminal(Modem(Watched())) as terminal:
        outcome = esim("phone", "--modem", terminal.path, "--at", "de")
    assert outcome.status == 0, outcome.err
    assert "IMSI 001010123456789" in outcome.out
    assert "Networks in the order in which the phone tries them" in outcome.out
    assert "A card in a reader is not registered" in outcome.out
    assert card.files.save()["files"] == before
    reading = {0xA4, 0xB0, 0xB2, 0xC0, 0xF2, 0x70}
    assert {apdu[1] for apdu in seen} <= reading
