"""What holds of every page that renshe writes: well-formed, complete in itself, quiet in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page as Opened
from playwright.sync_api import Request

VOID = {"meta", "input", "wbr", "br", "link", "img", "hr", "col", "rect", "line", "polyline", "circle"}


class Page(HTMLParser):
    """Checks nesting; collects tags, identifiers, captions and table rows by caption."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[list[str]]] = []
        self._caption: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "table":
            self._rows.append([])
            self._caption.append("")
        elif tag == "tr":
            self._rows[-1].append([])
        elif tag in ("td", "th"):
            self._rows[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag, tag
        if tag == "table":
            found = [[cell.strip() for cell in row] for row in self._rows.pop()]
            self.tables[self._caption.pop().strip()] = found

    def handle_data(self, data: str) -> None:
        if "caption" in self.open[-2:]:
            self._caption[-1] += data
        elif self._rows and self._rows[-1] and self._rows[-1][-1]:
            self._rows[-1][-1][-1] += data


def refers_to_nothing_outside(page: str) -> None:
    parsed = Page(page)
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in parsed.tags:
        assert tag not in ("link", "img", "iframe", "base")
        assert not {"src", "srcset", "style", "onclick", "action"} & set(attrs), (tag, attrs)
        href = attrs.get("href")
        assert href is None or (href.startswith("#") and href[1:] in ids), href
    assert not re.search(r"https?:|@import|url\(|//cdn", page)
    policy = next(attrs["content"] for _, attrs in parsed.tags if "http-equiv" in attrs)
    assert policy is not None and policy.startswith("default-src 'none'; style-src 'sha256-")
    for kind in ("style", "script"):
        (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.S)
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def headings_descend_and_tables_have_captions(page: str) -> None:
    tags = [tag for tag, _ in Page(page).tags]
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert tags.count("caption") == tags.count("table")


def needs_no_network_and_says_no_error(page: Opened, report: Path) -> None:
    requests: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        requests.append(request.url)

    page.on("request", note)
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(report.as_uri())
    assert requests == [report.as_uri()]
    assert errors == []
