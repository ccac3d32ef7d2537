"""The XML of GB/T 40217: one of its tables, each record with the codes of the table in their order.

``<table code="表2" name="养老保险个人基本信息表"><record><AAC001>…</AAC001>…</record>…</table>``. A layout names the
``table``; columns are called by their codes; a code that the agreement does not carry is written empty.

Rule (S3-4: a message that breaks the declared version is refused): an element that is unknown, missing, repeated or out
of order is named with its record.

Invariant: what is written is read back the same; declarations of types and entities are refused unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import ParseError, XMLParser
from xml.sax.saxutils import escape

import pyarrow as pa

from renshe.standards.layouts import TableLayout, table_layouts

_TABLE, _RECORD = "table", "record"
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_KEPT = {"\r": "&#13;"}
"""A parser would make a line end of it."""


class Unread(ValueError):
    """What is not in its layout, or cannot be written in it; the text says in Chinese where."""


def layout_problems(layout: Mapping[str, Any], headers: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with ``layout`` for a table with ``headers``."""
    known = table_layouts()
    if set(layout) != {"table"} or layout["table"] not in known:
        yield f"layout：xml 应写明 table，为 {'、'.join(known)} 之一"
        return
    codes = known[layout["table"]].codes
    yield from (
        f"layout：{layout['table']}没有指标“{name}”，xml 的列应以指标代码命名" for name in headers if name not in codes
    )


def markup_written(rows: pa.Table, layout: Mapping[str, Any]) -> bytes:
    """Return ``rows``, whose columns are texts called by codes, as XML; Unread where a text cannot stand in it."""
    table = table_layouts()[layout["table"]]
    parts = [f'<?xml version="1.0" encoding="UTF-8"?>\n<table code="{table.number}" name="{table.name}">\n']
    for at, row in enumerate(rows.to_pylist(), 1):
        parts.append(f"<record>{''.join(_element(code, row.get(code), at) for code in table.codes)}</record>\n")
    parts.append("</table>\n")
    return "".join(parts).encode()


def _element(code: str, value: str | None, at: int) -> str:
    if not value:
        return f"<{code}/>"
    if _IMPOSSIBLE.search(value):
        raise Unread(f"第 {at} 行 {code} 含有 XML 不能表示的字符")
    return f"<{code}>{escape(value, _KEPT)}</{code}>"


def markup_read(data: bytes, layout: Mapping[str, Any], columns: Sequence[str]) -> pa.Table:
    """Return the ``columns`` of the table that ``data`` is, as texts; Unread where it is not in ``layout``, or has
    something in a code that is not among them."""
    reading = _Reading(table_layouts()[layout["table"]], columns)
    # The encoding is that of the house, whatever the text says of itself.
    parser = XMLParser(target=reading, encoding="utf-8")
    try:
        parser.feed(data)
        parser.close()
    except (ParseError, UnicodeError, LookupError):
        raise Unread("不是可读的 XML") from None
    return pa.table({name: pa.array(reading.found[name], pa.string()) for name in columns})


class _Reading:
    """What the parser tells, element by element."""

    def __init__(self, table: TableLayout, columns: Sequence[str]) -> None:
        self._table, self._wanted = table, set(columns)
        self.found: dict[str, list[str | None]] = {name: [] for name in columns}
        self._open: list[str] = []
        self._at = self._records = 0
        self._text: list[str] = []

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise Unread("不应含有 DOCTYPE 声明")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        depth = len(self._open)
        if depth == 0 and (tag != _TABLE or attributes.get("code") != self._table.number):
            raise Unread(f"根元素应为 {_TABLE}，code 为 {self._table.number}")
        if depth == 1:
            if tag != _RECORD:
                raise Unread(f"第 {self._records + 1} 条应为 {_RECORD}")
            self._at, self._records = 0, self._records + 1
        if depth == 2:
            codes = self._table.codes
            expected = codes[self._at] if self._at < len(codes) else "（没有）"
            if tag != expected:
                raise Unread(f"第 {self._records} 条应为 {expected}，实为 {tag[:20]}")
        if depth > 2:
            raise Unread(f"第 {self._records} 条的 {self._open[-1]} 中不应再有元素")
        self._open.append(tag)
        self._text.clear()

    def data(self, text: str) -> None:
        if len(self._open) == 3:
            self._text.append(text)
        elif text.strip():
            raise Unread(f"第 {self._records} 条附近有元素以外的文字")

    def end(self, tag: str) -> None:
        depth = len(self._open)
        self._open.pop()
        if depth == 3:
            self._at += 1
            value = "".join(self._text) or None
            if tag in self._wanted:
                self.found[tag].append(value)
            elif value is not None:
                raise Unread(f"第 {self._records} 条的 {tag} 不在协议的各列之中")
        elif depth == 2 and self._at != len(self._table.codes):
            raise Unread(f"第 {self._records} 条缺少 {self._table.codes[self._at]}")

    def close(self) -> None:
        """End: nothing is left open, or the parser has said so."""
