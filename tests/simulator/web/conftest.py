"""The page in a process of its own, and a Chromium that looks at it; each test is a new visitor."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

REPOSITORY = Path(__file__).parents[3]
SCREENSHOTS = REPOSITORY / "build" / "screenshots"
PATIENCE = 30_000
"""Milliseconds that a state may take on a busy machine; nothing ever waits that long for itself."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOOPBACK = ("127.0.0.1", "localhost")


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where `esim web` shows its page, until all tests are over; Ctrl-C ends it without a word."""
    pytest.importorskip("nicegui", reason="the page needs NiceGUI")
    run = (sys.executable, "-c", "from simulator.cli import main; main()", "web", "--port", "0", "--no-open")
    server = subprocess.Popen(
        run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=os.environ.copy()
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    found = re.search(r"http://\S+/", line)
    try:
        assert found, f"no address in {line!r}"
        yield found[0]
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=30)
        assert server.returncode == 0, errors
        assert not errors
    finally:
        server.kill()
        server.communicate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the tests of the page need playwright")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("the tests of the page need chromium")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


Visit = Callable[..., "Page"]


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    """Opens a path of the page as a new visitor; options are those of a browser context, 'same' another page
    of whose visitor it is. Afterwards: nothing was loaded from elsewhere, and nothing went wrong in the
    browser."""
    contexts: list[BrowserContext] = []
    requested: list[str] = []
    wrong: list[str] = []

    def open_page(path: str = "/", *, same: Page | None = None, **options: Any) -> Page:
        context = same.context if same else browser.new_context(**{"locale": "en-GB", **options})
        if same is None:
            context.set_default_timeout(PATIENCE)
            contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requested.append(request.url))
        page.on("websocket", lambda socket: requested.append(socket.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(address.rstrip("/") + path)
        page.wait_for_function("window.socket && window.socket.connected")
        return page

    yield open_page
    for context in contexts:
        context.close()
    hosts = {urlsplit(url).hostname for url in requested if not url.startswith(("data:", "blob:"))}
    assert hosts <= set(LOOPBACK), hosts
    assert not wrong


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Keeps a picture of a page under build/screenshots."""

    def take(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return take
