"""The link report in a real browser: no network, no error; it fits the screen and hides numbers."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.engine.linking.clerks.conftest import link_folder
from tests.pages import needs_no_network_and_says_no_error


@pytest.fixture(scope="module")
def report(linked: Path) -> Path:
    return link_folder(linked) / "report.html"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium on this machine: run scripts/test-deps.sh as root, or install it yourself")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def opened(page: Page, report: Path, width: int = 1280) -> Page:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
    return page


def test_the_page_needs_no_network_and_says_no_error(page: Page, report: Path) -> None:
    needs_no_network_and_says_no_error(page, report)


@pytest.mark.parametrize("width", [390, 1024, 1920])
def test_the_page_fits_the_screen_and_what_scrolls_can_be_reached_by_keyboard(
    page: Page, report: Path, width: int
) -> None:
    opened(page, report, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('{0}')].filter(box => box.scrollWidth > box.clientWidth + 1)"
    assert page.evaluate(wide.format("header, section, dl, p") + ".map(box => box.id || box.className)") == []
    page.wait_for_function(wide.format(".scroll, figure") + ".every(box => box.tabIndex === 0)")


def test_on_a_phone_counts_and_explanations_need_no_scrolling(page: Page, report: Path) -> None:
    opened(page, report, 390)
    beyond = "[...document.querySelectorAll('{0}')].filter(box => box.getBoundingClientRect().right > 390).length"
    for shown in ("table.few td", ".pairs .why div"):
        assert page.locator(shown).count() and page.evaluate(beyond.format(shown)) == 0


def test_the_keyboard_leads_through_contents_and_details(page: Page, report: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(report.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    names = []
    for _ in range(7):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.getAttribute('href')"))
    assert names == ["#people", "#decisions", "#review", "#quality", "#moved", "#method", "#notes"]
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#notes"
    page.locator("summary", has_text="各项的权重").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open] summary", has_text="各项的权重").count() == 1


def test_no_whole_number_name_or_birth_can_be_read(page: Page, report: Path) -> None:
    text = opened(page, report).inner_text("body")
    assert "220802" in text
    assert re.search(r"\d{17}[\dXx]|\d{15}", text) is None
    assert "慕容雪梅" not in text and "1966-06-06" not in text


def test_in_print_pairs_are_not_torn_and_menus_are_gone(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('.pairs tbody')).breakInside") == "avoid"
    page.emulate_media(media="screen")
