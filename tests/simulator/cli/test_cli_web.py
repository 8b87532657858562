"""`esim web`: what it says when it cannot show its page. That it does is in tests/simulator/web."""

from __future__ import annotations

import importlib.util
import socket

import pytest

from tests.simulator.cli.conftest import Esim


def test_without_nicegui_it_says_what_to_install(esim: Esim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    outcome = esim("web", "--no-open")
    assert outcome.status == 1
    assert outcome.err == (
        "esim: the page needs NiceGUI: install it with pip install 'esim-simulator[web]'.\n"
    )


def test_a_port_that_is_taken_is_named(esim: Esim) -> None:
    pytest.importorskip("nicegui")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = esim("web", "--no-open", "--port", str(port))
    assert outcome.status == 1
    assert outcome.err.startswith(f"esim: cannot listen on 127.0.0.1:{port}: Address already in use; choose")
