"""The report in a real browser: it asks the network for nothing, fits the screen, and hides identity numbers."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from tests.pages import needs_no_network_and_says_no_error

from renshe.engine.rounds.clean import clean

pytestmark = pytest.mark.xdist_group("report")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/small"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("small")
    for name in ("project.toml", "person.csv", "contribution.csv", "parameter.csv"):
        shutil.copy(EXAMPLE / name, project)
    return clean(project).folder / "report.html"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium on this machine: run scripts/test-deps.sh as root, or install it yourself")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_the_page_needs_no_network_and_says_no_error(page: Page, report: Path) -> None:
    needs_no_network_and_says_no_error(page, report)


@pytest.mark.parametrize("width", [1920, 1024])
def test_the_page_fits_the_width_of_the_screen(page: Page, report: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_only_tables_scroll_sideways_each_in_its_box_and_by_keyboard_too(page: Page, report: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('{0}')].filter(box => box.scrollWidth > box.clientWidth + 1)"
    assert page.evaluate(wide.format("header, section, dl, p, form") + ".map(box => box.id || box.className)") == []
    page.wait_for_function(wide.format(".scroll") + ".every(box => box.tabIndex === 0)")
    if width == 390:
        assert page.evaluate(wide.format(".scroll") + ".length") > 0


def test_no_whole_identity_number_can_be_read(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
    text = page.inner_text("body")
    assert "220802" in text
    assert re.search(r"\d{17}[\dXx]", text) is None


def test_no_printed_page_holds_only_the_end_of_the_first_section(page: Page, report: Path) -> None:
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    # Wherever the box of workbooks comes to stand, what follows it may follow on the same sheet.
    breaks = "name => getComputedStyle(document.getElementById(name)).breakBefore"
    assert page.evaluate(breaks, "scores") == "auto"
    assert page.evaluate(breaks, "spread") == "page"
    page.emulate_media(media="screen")
