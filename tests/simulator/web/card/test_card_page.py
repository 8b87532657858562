"""The page /card in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulator.web.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

LOCI = "MF/ADF.USIM/EF.LOCI"


def _say(page: Page, line: str) -> None:
    page.fill("#console-line", line)
    page.press("#console-line", "Enter")
    page.locator(".said-line h3").filter(has_text=line).first.wait_for()


def test_what_is_said_is_explained_and_what_it_changes_is_marked(
    visit: Visit, shoot: Callable[[Page, str], None]
) -> None:
    page = visit("/card")
    _say(page, f"select {LOCI}")
    _say(page, "UPDATE BINARY 0000 (01020304)")
    newest = page.locator(".said-line").first
    assert newest.locator(".status").inner_text() == "9000"
    # A field marks its bytes, and a byte its field.
    newest.locator(".field", has_text="TMSI").hover()
    assert newest.locator(".hex .marked").all_inner_texts() == ["01 02 03 04"]
    mark = page.locator(f"[data-path='{LOCI}'] .mark")
    assert mark.inner_text() == "changed"
    page.locator(f"[data-path='{LOCI}']").click()
    shown = page.locator(".file-shown")
    assert shown.locator(".before-after mark").inner_text() == "01 02 03 04"
    row = shown.locator(".differences tbody tr").first
    assert row.locator("td").all_inner_texts() == ["TMSI", "not set", "01020304"]
    assert "after PIN 1" in shown.inner_text()
    shoot(page, "card")
    page.reload()
    assert page.locator(".said-line h3").first.inner_text().startswith("❯ UPDATE BINARY")
    page.get_by_role("button", name="Mark changes from now on").click()
    page.get_by_text("nothing changed").wait_for()


def test_a_function_of_es10_from_the_list_with_a_number_that_the_card_told(visit: Visit) -> None:
    page = visit("/card")
    page.get_by_label("Which card").select_option("shipped:euicc-two-profiles")
    page.locator("[data-path='MF/ADF.ISIM']").wait_for()
    _say(page, "GetProfilesInfo")
    page.get_by_label("Or choose a line").select_option("DeleteProfile ICCID-or-AID")
    page.wait_for_function("document.getElementById('console-line').value.startsWith('DeleteProfile 8999')")
    page.get_by_role("button", name="Send").click()
    page.locator(".said-line h3").filter(has_text="DeleteProfile").wait_for()
    assert page.locator(".said-line").first.locator(".bad").count() == 0
    _say(page, "DeleteProfile 8999900000000000808")
    assert "The eUICC refuses: iccidOrAidNotFound" in page.get_by_role("alert").inner_text()


def test_a_card_of_the_bench(visit: Visit) -> None:
    bench = visit("/")
    page = visit("/card", same=bench)
    page.get_by_label("Which card").select_option("bench:eUICC, Apple iPhone 15")
    page.locator("[data-path='MF/ADF.USIM']").wait_for(state="detached")  # no profile is enabled on it
    _say(page, "GetEID")
    assert page.locator(".said-line").first.locator(".bad").count() == 0


def test_mistakes_are_told_with_what_helps_and_typed_lines_come_back(visit: Visit) -> None:
    page = visit("/card")
    _say(page, "nonsense")
    assert "neither bytes in hexadecimal nor a word" in page.get_by_role("alert").inner_text()
    _say(page, "READ BINARY 0000 00")
    assert "No file is selected: SELECT one first." in page.locator(".said-line").first.inner_text()
    page.press("#console-line", "ArrowUp")
    page.press("#console-line", "ArrowUp")
    assert page.input_value("#console-line") == "nonsense"
    page.press("#console-line", "ArrowDown")
    assert page.input_value("#console-line") == "READ BINARY 0000 00"


def test_with_keys_alone_on_a_phone_in_chinese(visit: Visit, shoot: Callable[[Page, str], None]) -> None:
    page = visit("/card", locale="zh-CN", viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.keyboard.press("c")
    page.keyboard.type("select MF/EF.ICCID")
    page.keyboard.press("Enter")
    page.locator(".said-line h3").filter(has_text="EF.ICCID").wait_for()
    page.keyboard.press("Tab")  # from the field to Send, to the lines, to the exchanges …
    page.locator("[data-path='MF']").focus()
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".file-shown h3").filter(has_text="MF/EF.ICCID").wait_for()
    assert page.evaluate("document.activeElement.dataset.path") == "MF/EF.ICCID"  # focus stays in the tree
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    shoot(page, "card-phone-zh")
