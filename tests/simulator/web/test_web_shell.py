"""What is around every page, in a browser: languages, themes, keys, and who may come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2
import pytest

from simulator.web.pages import PAGES
from tests.simulator.web.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.title)
def test_every_page_opens_in_both_languages_and_stays_so(visit: Visit, page: object) -> None:
    path = page.path  # type: ignore[attr-defined]
    shown = visit(path)
    assert shown.locator("html").get_attribute("lang") == "en"
    heading = shown.locator("h1").inner_text()
    shown.get_by_role("button", name="中文").click()
    shown.wait_for_function("document.documentElement.lang === 'zh-Hans'")
    assert shown.locator("h1").inner_text() != heading
    shown.reload()
    assert shown.locator("html").get_attribute("lang") == "zh-Hans"


def test_a_chinese_browser_is_spoken_to_in_chinese(visit: Visit) -> None:
    page = visit("/", locale="zh-CN")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


def test_the_theme_changes_from_the_devices_to_light_to_dark(visit: Visit) -> None:
    page = visit("/", color_scheme="dark")
    page.wait_for_selector("body.body--dark")
    page.get_by_role("button", name="Theme").click()
    page.wait_for_selector("body.body--light")
    page.get_by_role("button", name="Theme: light").click()
    page.wait_for_selector("body.body--dark")


def test_keys_open_help_and_pages_and_can_be_switched_off(
    visit: Visit, shoot: Callable[[Page, str], None]
) -> None:
    page = visit("/")
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog")
    help_dialog.get_by_role("cell", name="Bench").wait_for()
    shoot(page, "help")
    help_dialog.get_by_label("Single keys do something").click()
    page.wait_for_function("!document.querySelector('[data-key]')")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").count() == 0


def test_the_first_tab_skips_to_the_content(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_only_this_machine_is_let_in(address: str) -> None:
    for headers in (
        {"Host": "elsewhere.example"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ):
        assert httpx2.get(address, headers=headers).status_code == 403
    answer = httpx2.get(address)
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
