"""Every page that a link leads to, in a real browser: whole, quiet, for everybody, on a screen and on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Browser
from tests.web.browser.conftest import SCREEN, Visitor, visitor

pytestmark = pytest.mark.xdist_group("pages")
FILES = {"paper", "document", "portal_paper", "portal_document"}
WIDTHS = (1366, 390)


def pages_of(one: Visitor, first: str = "/") -> Iterator[str]:
    """Open what links lead to, from the first page on, one of each kind of page; yield the address of each."""
    found, queue, kinds = set(), [first], set()
    while queue:
        path = queue.pop(0)
        match = resolve(path)
        kind = (match.url_name, match.kwargs.get("name"))
        if kind in kinds or match.url_name in FILES:
            continue
        kinds.add(kind)
        found.add(path)
        one.to(path)
        for link in one.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
            at = urlsplit(link)
            if link.startswith(one.site) and at.path not in found:
                queue.append(at.path)
        yield path


@pytest.mark.parametrize("number", ["jb220822", "xx220822"])
def test_pages_are_whole_quiet_and_for_everybody(chromium: Browser, site: str, number: str) -> None:
    one = visitor(chromium, site, number)
    wrong, seen = [], 0
    for path in pages_of(one):
        seen += 1
        one.page.set_viewport_size(dict(zip(("width", "height"), SCREEN, strict=True)))
        one.page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
        wrong += one.looked_over()
        for width in WIDTHS:
            one.page.set_viewport_size({"width": width, "height": 768})
            broad = one.page.evaluate("document.documentElement.scrollWidth")
            wrong += [f"{path} is {broad} wide on {width}"] if broad > width else []
    assert seen > 15 and (wrong, one.outside, one.complaints) == ([], [], [])


def test_the_door_is_for_everybody(chromium: Browser, site: str) -> None:
    one = visitor(chromium, site, None)
    for path in ("/sign-in", "/demo", "/sign-in?next=/cases"):
        assert one.to(path).looked_over() == []
    assert (one.outside, one.complaints) == ([], [])


def test_a_list_is_walked_by_the_keyboard(chromium: Browser, site: str) -> None:
    one = visitor(chromium, site, "jb220822").to("/cases")
    second = one.page.locator("tbody tr").nth(1).get_attribute("data-href")
    for key in ("j", "j", "Enter"):
        one.page.keyboard.press(key)
    one.page.wait_for_url(f"{site}{second}")
    one.page.keyboard.press("/")
    one.page.keyboard.type(str(second).rpartition("/")[2].lower())
    one.page.keyboard.press("Enter")
    one.page.wait_for_url(f"{site}{second}")
