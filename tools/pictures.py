"""Take the pictures of the workbench that the documents show, from the sample bureau as it was just made.

.venv/bin/renshe demo, .venv/bin/renshe serve, both with a RENSHE_HOME of their own; then
.venv/bin/python tools/pictures.py http://127.0.0.1:8000
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

TARGET = Path(__file__).resolve().parent.parent / "docs/images"
SIZE = {"width": 1366, "height": 860}


def main(site: str) -> None:
    """Write the ten pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        door = _new(browser)
        door.goto(f"{site}/demo")
        _keep(door, "demo")
        clerk, head = _who(browser, site, "jb220822"), _who(browser, site, "fh220822")
        _keep(head, "home")
        for name, path in (("inbox", "/inbox/waiting"), ("journal", "/journal"), ("ledger", "/books/operators")):
            head.goto(site + path)
            _keep(head, name)
        clerk.goto(f"{site}/people")
        _keep(clerk, "people")
        clerk.click("tbody a >> nth=4")
        _keep(clerk, "person")
        clerk.goto(f"{site}/cases")
        clerk.click("a:has-text('XG-')")
        _keep(clerk, "case")
        _duplicate(clerk, site)
        clerk.goto(f"{site}/units")
        clerk.click("tbody a >> nth=0")
        _keep(clerk, "unit")
        browser.close()


def _duplicate(clerk: Page, site: str) -> None:
    """Enter somebody who is there already."""
    clerk.goto(f"{site}/start/registry.person_register")
    clerk.fill("#f-name", "孟丽华")
    clerk.fill("#f-birth_date", "1950-01-01")
    clerk.select_option("#f-sex", "2")
    clerk.locator("#f-birth_date").blur()
    clerk.get_by_text("可能已经登记过").wait_for()
    _keep(clerk, "duplicate")


def _new(browser: Browser) -> Page:
    return browser.new_context(viewport=SIZE, locale="zh-CN").new_page()  # type: ignore[arg-type]


def _who(browser: Browser, site: str, number: str) -> Page:
    page = _new(browser)
    page.goto(f"{site}/demo")
    page.click(f"button[value={number}]")
    page.wait_for_url(f"{site}/")
    return page


def _keep(page: Page, name: str) -> None:
    page.screenshot(path=TARGET / f"desk-{name}.png")


if __name__ == "__main__":
    main(sys.argv[1])
