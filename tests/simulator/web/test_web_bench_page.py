"""The bench in a browser: a whole download, faults, languages, a keyboard alone, a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.simulator.web.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

Shoot = Callable[["Page", str], None]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}


@pytest.fixture
def bench(visit: Visit) -> Callable[..., Page]:
    """The bench, where messages come at once, and the phone is on."""

    def open_bench(**options: object) -> Page:
        page = visit("/", **options)
        page.get_by_label("Pace").select_option("at-once")
        page.get_by_role("button", name="Switch on").click()
        page.get_by_role("button", name="Switch off").wait_for()
        return page

    return open_bench


def message(page: Page, title: str) -> None:
    """Open a message of the diagram."""
    page.locator("button.message", has_text=title).last.click()


def install(page: Page) -> None:
    page.get_by_role("button", name="Order an eSIM").click()
    page.get_by_role("button", name="Scan this code").click()
    page.get_by_role("dialog").get_by_role("button", name="Install", exact=True).click()
    page.get_by_text("is installed").wait_for()


def test_a_whole_download_from_the_code_to_the_network(bench: Callable[..., Page], shoot: Shoot) -> None:
    page = bench()
    page.get_by_role("button", name="Order an eSIM").click()
    page.get_by_role("img", name="QR code of AT&T").wait_for()
    page.get_by_role("button", name="Scan this code").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("310-410").wait_for()
    shoot(page, "consent")
    dialog.get_by_role("button", name="Install", exact=True).click()
    page.get_by_text("is installed").wait_for()
    page.get_by_role("button", name="Enable: AT&T").click()
    page.locator(".service.home").wait_for()
    page.get_by_role("button", name="Disable: AT&T").wait_for()
    for title in ("AuthenticateServer", "GetBoundProfilePackage", "EnableProfile", "REGISTRATION ACCEPT"):
        assert page.locator("button.message", has_text=title).count()
    message(page, "LoadProfileElements")
    page.get_by_role(
        "button", name="STORE DATA: LoadBoundProfilePackage, LoadProfileElements, segment"
    ).first.click()
    page.get_by_text("profile element 1").first.scroll_into_view_if_needed()
    shoot(page, "download")


def test_fields_and_bytes_mark_one_another(bench: Callable[..., Page], shoot: Shoot) -> None:
    page = bench()
    page.get_by_role("button", name="Buy a SIM").click()
    page.get_by_role("button", name="Into slot 1: AT&T").click()
    page.locator("button.message", has_text="REGISTRATION COMPLETE").wait_for()
    message(page, "AUTHENTICATE")
    rand = page.locator(".field", has_text="RAND").nth(1)
    rand.hover()
    marked = page.locator(".hex span.marked")
    assert marked.count() == 1
    assert marked.inner_text().replace(" ", "") in rand.inner_text()
    page.locator(".hex span").first.hover()
    assert page.locator(".field.marked").first.inner_text().startswith("CLA")
    shoot(page, "bytes")
    message(page, "AUTHENTICATION REQUEST")
    page.locator(".field", has_text="AUTN").last.focus()
    assert len(marked.inner_text().replace(" ", "")) == 32


def test_a_sim_is_dragged_into_its_slot_and_taken_out(bench: Callable[..., Page]) -> None:
    page = bench(viewport={"width": 1280, "height": 1600})
    page.get_by_role("button", name="Buy a SIM").click()
    page.locator(".sim strong").hover()
    page.mouse.down()
    there = page.locator(".slot").bounding_box()
    assert there is not None
    page.mouse.move(there["x"] + 20, there["y"] + 20, steps=5)
    page.mouse.up()
    page.locator(".slot .service.home").wait_for()
    page.get_by_role("button", name="Take out: AT&T").click()
    page.locator(".sim").wait_for()
    assert page.locator(".slot").get_by_text("empty").count() == 1


def test_faults_are_switched_on_and_the_page_says_who_answered_what(
    bench: Callable[..., Page], shoot: Shoot
) -> None:
    page = bench()
    page.get_by_text("Let something go wrong").click()
    page.get_by_label("What", exact=True).select_option("certificate")
    page.get_by_label("What is wrong with it").select_option("EXPIRED")
    page.get_by_role("button", name="Order an eSIM").click()
    page.get_by_role("button", name="Scan this code").click()
    page.locator(".result.failed").wait_for()
    assert "certificate" in page.locator(".result.failed").inner_text()
    assert page.locator(".face.fault").count() == 1
    assert "invalidCertificate" in page.locator(".face.wrong", has_text="AuthenticateServer").inner_text()
    shoot(page, "fault")
    page.get_by_label("What", exact=True).select_option("")
    install_again = page.get_by_role("button", name="Scan this code")
    install_again.click()
    page.get_by_role("dialog").get_by_role("button", name="Install", exact=True).click()
    page.get_by_text("is installed").wait_for()


def test_a_confirmation_code_is_asked_for(bench: Callable[..., Page]) -> None:
    page = bench()
    page.get_by_text("Options of the order").click()
    page.locator("details", has_text="Options of the order").get_by_label("Confirmation code").fill("2468")
    install_with = page.get_by_role("button", name="Order an eSIM")
    install_with.click()
    page.get_by_role("button", name="Scan this code").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Confirmation code").fill("1111")
    dialog.get_by_role("button", name="Install", exact=True).click()
    dialog.get_by_text("The server refused the code before").wait_for()
    dialog.get_by_label("Confirmation code").fill("2468")
    dialog.get_by_role("button", name="Install", exact=True).click()
    page.get_by_text("is installed").wait_for()


def test_a_reload_keeps_the_bench_and_another_visitor_has_another(
    bench: Callable[..., Page], visit: Visit
) -> None:
    page = bench()
    install(page)
    page.reload()
    page.get_by_role("button", name="Enable: AT&T").wait_for()
    assert page.locator("button.message", has_text="AuthenticateServer").count() == 1
    second = visit("/", same=page)
    second.get_by_role("button", name="Enable: AT&T").click()
    page.get_by_role("button", name="Disable: AT&T").wait_for()
    stranger = visit("/")
    stranger.get_by_text("No profile is installed yet.").wait_for()


def test_a_keyboard_alone_is_enough(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Pace").select_option("at-once")
    keyboard = page.keyboard
    page.locator("#content").focus()
    keyboard.press("p")
    page.get_by_role("button", name="Switch off").wait_for()
    keyboard.press("e")
    page.get_by_role("button", name="Scan this code").wait_for()
    keyboard.press("q")
    page.get_by_role("dialog").wait_for()
    page.wait_for_function("document.activeElement.closest('.q-dialog')")
    page.wait_for_function("document.activeElement.textContent === 'Install'")
    keyboard.press("Enter")
    page.get_by_text("is installed").wait_for()
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function("document.activeElement.dataset.focus === 'power'")
    for _ in range(20):
        keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Enable: AT&T":
            break
    keyboard.press("Space")
    page.wait_for_function("document.activeElement.textContent === 'Disable'")
    page.locator(".acts").focus()
    keyboard.press("Tab")
    keyboard.press("End")
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    page.wait_for_function("document.activeElement.getAttribute('aria-expanded') === 'true'")
    keyboard.press("Tab")
    page.wait_for_selector(".detail:not(:empty)")


def test_it_is_readable_on_a_phone_and_in_chinese(visit: Visit, shoot: Shoot) -> None:
    page = visit("/", locale="zh-CN", color_scheme="dark", **PHONE)
    page.get_by_label("节奏").select_option("at-once")
    page.get_by_role("button", name="购买 SIM 卡").tap()
    page.get_by_role("button", name="放入卡槽 1").tap()
    page.get_by_role("button", name="开机").tap()
    page.locator(".service.home").wait_for()
    page.locator("button.message", has_text="AUTHENTICATE").last.tap()
    page.locator(".detail .hex").first.wait_for()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    shoot(page, "phone")


def test_step_by_step_waits_for_the_person(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Pace").select_option("step")
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("under way").wait_for()
    assert page.locator("button.message").count() == 0
    page.get_by_role("button", name="Next message").click()
    page.locator("button.message").first.wait_for()
    page.get_by_label("Pace").select_option("at-once")
    page.get_by_role("button", name="Switch off").wait_for()


def test_sim_and_esim_side_by_side(visit: Visit, shoot: Shoot) -> None:
    page = visit("/")
    page.get_by_text("SIM or eSIM?").click()
    page.get_by_role("button", name="Go both ways").click()
    row = page.get_by_role("row", name="Something had to be bought in a shop")
    row.wait_for()
    assert row.get_by_role("cell").all_inner_texts() == ["yes", "no"]
    page.locator(".sides button.message", has_text="AuthenticateServer").first.click()
    shoot(page, "versus")
    page.reload()
    row.wait_for()
