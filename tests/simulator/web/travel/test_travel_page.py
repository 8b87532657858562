"""The page /travel in a browser: a whole trip."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.simulator.web.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def _own(page: Page, label: str = "Which trip") -> None:
    """Take the trip of one's own, and wait until it was run."""
    before = page.locator("[data-runs]").get_attribute("data-runs")
    page.get_by_label(label).select_option("own")
    page.locator(f"[data-runs]:not([data-runs='{before}'])").wait_for()


def _at(page: Page, step: str) -> None:
    page.locator("[data-test=now]").filter(has_text=step).wait_for()


def test_a_whole_trip(visit: Visit, shoot: Callable[[Page, str], None]) -> None:
    page = visit("/travel")
    _own(page)
    page.get_by_role("button", name="Travel eSIM").click()
    page.get_by_role("heading", name="The journey: Travel eSIM").wait_for()
    assert page.locator("[data-option][aria-current]").inner_text().endswith("Travel eSIM")
    steps = page.locator("[data-step]").count()
    assert steps > 15
    # The slider and the keys walk; the map and the timeline follow.
    title = page.locator(".trip-wide .trip-map desc")
    assert "2 Thailand: everything worked" in title.text_content()
    assert page.locator(".trip-wide .point:has(.halo) title").text_content().startswith("United States")
    installed = page.locator("[data-step]").filter(has_text="is installed").first
    installed.click()
    _at(page, "is installed")
    number = int(installed.get_attribute("data-step") or "0") + 1
    while "registered with 520" not in page.locator(f"[data-step='{number}']").inner_text():
        number += 1
        page.keyboard.press("n")
        _at(page, f"Step {number} of {steps}")
    page.keyboard.press("n")
    page.locator("[data-step][aria-current]").filter(has_text="registered with 520").wait_for()
    assert page.locator(".trip-wide .point:has(.halo) title").text_content().startswith("Thailand")
    # Who one is registered with, and why: down to the bytes.
    said = page.locator(".why .statement").filter(has_text="sponsor's IMSI").first
    said.locator("> summary").click()
    apdu = said.locator("details").filter(has_text="AUTHENTICATE").first
    apdu.locator("> summary").click()
    assert apdu.locator(".hex").first.is_visible()
    apdu.locator(".field").filter(has_text="RAND").last.hover()
    assert apdu.locator(".hex .marked").count() >= 1
    assert "source:" in said.inner_text()
    shoot(page, "travel")
    slider = page.get_by_label("Step of the journey")
    slider.focus()
    page.keyboard.press("End")
    _at(page, f"Step {steps} of {steps}")
    page.keyboard.press("ArrowLeft")
    _at(page, f"Step {steps - 1} of {steps}")
    page.reload()
    _at(page, f"Step {steps - 1} of {steps}")


def test_options_are_compared_and_differences_named(visit: Visit) -> None:
    page = visit("/travel")
    _own(page)
    page.get_by_role("button", name="Local SIM in place of the home SIM").click()
    table = page.locator("table.travel-options")
    assert table.evaluate("element => getComputedStyle(element).display") == "table"  # no other page's style
    box = page.locator(".differences-box")
    box.get_by_text("The home number cannot be reached").wait_for()
    assert "cheaper" in box.inner_text()
    box.get_by_label("Compare with").select_option(label="Local SIM in place of the home SIM")
    box.get_by_text("Nothing that is measured here differs.").wait_for()


def test_a_trip_of_ones_own(visit: Visit) -> None:
    page = visit("/travel")
    _own(page)
    page.get_by_text("Change the trip").click()
    form = page.locator(".trip-form")
    drawn = int(form.get_attribute("data-drawn") or "0")

    def edited() -> Locator:
        """The form, once it shows the edit before."""
        nonlocal drawn
        drawn += 1
        page.locator(f".trip-form[data-drawn='{drawn}']").wait_for()
        return form

    form.get_by_label("Home country").select_option("de")
    edited().get_by_role("combobox", name="Stop 2").select_option("fr")
    edited().get_by_role("button", name="Add a stop").click()
    edited().get_by_role("combobox", name="Stop 3").select_option("us")
    edited().get_by_label("goes to shops").click()
    edited().get_by_role("button", name="Travel").click()
    desc = page.locator(".trip-wide .trip-map desc")
    page.wait_for_function("document.querySelector('.trip-wide desc')?.textContent.startsWith('1 Germany')")
    assert "2 France" in (desc.text_content() or "")
    assert "3 United States" in (desc.text_content() or "")
    edited().get_by_label("from (UTC)").last.fill("2020-01-01T00:00")
    form.get_by_label("from (UTC)").last.blur()
    edited().get_by_role("button", name="Travel").click()
    page.get_by_role("alert").filter(has_text="not in the order of their times").wait_for()
    edited().get_by_text("The trip as a file of esim travel").click()
    text = form.get_by_label("The trip as a file of esim travel").input_value()
    assert "lives_in: de" in text
    form.get_by_label("The trip as a file of esim travel").fill(text.replace("2020-01-01", "2026-12-20"))
    form.get_by_role("button", name="Use this text").click()
    page.wait_for_function("!document.querySelector('[role=alert]').textContent")


def test_on_a_phone_in_chinese(visit: Visit, shoot: Callable[[Page, str], None]) -> None:
    page = visit("/travel", locale="zh-CN", viewport={"width": 390, "height": 844}, color_scheme="dark")
    _own(page, "选择行程")
    page.get_by_role("button", name="旅行 eSIM").click()
    page.get_by_role("heading", name="行程：旅行 eSIM").wait_for()
    page.locator("[data-step]").filter(has_text="扫描二维码").first.click()
    page.locator("[data-test=now]").filter(has_text="扫描二维码").wait_for()
    assert page.locator(".trip-narrow .trip-map").is_visible()
    assert not page.locator(".trip-wide .trip-map").is_visible()
    assert page.locator(".trip-narrow .name").all_text_contents() == ["美国", "泰国"]
    page.get_by_text("修改行程").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "travel-phone-zh")
