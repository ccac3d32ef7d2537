"""Tables that web systems export as ".xls" and that are no workbooks: HTML pages and XML spreadsheets of Excel 2003.

Excel opens both after a warning, so clerks take them for workbooks; they are read as what they are.

Invariant: a row carries its number inside its table (HTML) or sheet (XML), counted from 1; cells keep their text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.parsers import expat

from renshe.engine.sources.base import SourceError
from renshe.engine.sources.cells import LOGICALS, iso_text, stored_number_text
from renshe.engine.sources.sheet_xml import Merged, Row, SheetFacts, XmlFeed
from renshe.engine.sources.xlsx import formula_notes

_CHUNK = 1 << 18
_MAX_COLUMNS = 16_384
_BLANKS = re.compile(r"[ \t\r\n\f\xa0]+")
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.I)


class HtmlBook:
    """The tables of an HTML page, as sheets "表1", "表2", … Raises SourceError where it cannot be decoded."""

    format = "html"

    def __init__(self, path: Path, encoding: str | None) -> None:
        self._path = path
        self._codec = encoding or _html_encoding(path)
        self._remedy = "请改正或删去 encoding" if encoding else "请指明 encoding，或用 Excel 打开后另存为 xlsx"
        try:
            codecs.lookup(self._codec)
        except LookupError:
            raise SourceError(f"{path}：不支持的编码“{self._codec}”；请改正 encoding，或删去由程序识别") from None
        self.encoding: str | None = self._codec
        parser = _TableParser(None)
        for _ in self._fed(parser):
            pass
        self._merged: dict[str, list[Merged]] = {}
        self.sheets = {f"表{number}": True for number in range(1, parser.tables + 1)}

    def _fed(self, parser: _TableParser) -> Iterator[None]:
        decoder = codecs.getincrementaldecoder(self._codec)()
        with self._path.open("rb") as stream:
            while True:
                place = stream.tell()
                chunk = stream.read(_CHUNK)
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as exc:
                    raise SourceError(
                        f"{self._path}：第 {place + exc.start + 1} 字节附近不是 {self._codec} 文字；{self._remedy}"
                    ) from exc
                parser.feed(text)
                yield
                if not chunk:
                    parser.close()
                    return

    def rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield (row number in the table, cells) of each row that holds anything."""
        parser = _TableParser(int(name.removeprefix("表")))
        self._merged[name] = parser.merged
        for _ in self._fed(parser):
            yield from parser.done
            parser.done.clear()

    def facts(self, name: str) -> SheetFacts:
        """Return the merged ranges of a table whose rows have been read to the end; pages have no formulas."""
        return SheetFacts(merged=self._merged.get(name, []))

    def notes(self, _name: str) -> list[str]:
        """Return what a reader of the sheet should know."""
        return ["文件内容是网页表格，不是 Excel 工作簿，已按网页表格读取"]


def _html_encoding(path: Path) -> str:
    """Return the encoding that the page declares, else UTF-8 where its beginning is UTF-8, else GB18030."""
    with path.open("rb") as stream:
        head = stream.read(_CHUNK)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = _CHARSET.search(head[:4096])
    name = declared[1].decode("ascii").lower() if declared else ""
    if name in ("gb2312", "gbk", "gb18030", "x-gbk", "cp936"):
        return "gb18030"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


class _TableParser(HTMLParser):
    """Collects the rows of one table of a page by its number (None: only counts tables)."""

    def __init__(self, wanted: int | None) -> None:
        super().__init__(convert_charrefs=True)
        self.tables = 0
        self.done: list[tuple[int, Row]] = []
        self.merged: list[Merged] = []
        self._wanted = wanted
        self._open: list[int] = []
        self._number = 0
        self._row: Row | None = None
        self._cell: list[str] | None = None
        self._span = self._down = 1
        self._below: dict[int, int] = {}

    @property
    def _here(self) -> bool:
        return bool(self._open) and self._open[-1] == self._wanted

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables += 1
            self._open.append(self.tables)
        elif not self._here:
            return
        elif tag == "tr":
            self._end_row()
            self._number += 1
            self._row = []
        elif tag in ("td", "th") and self._row is not None:
            self._start_cell({key: value or "" for key, value in attrs})
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._end_cell()
        assert self._row is not None
        while self._below.get(len(self._row), 0):
            self._below[len(self._row)] -= 1
            self._row.append(None)
        self._span = _span(attributes.get("colspan", ""), _MAX_COLUMNS - len(self._row))
        self._down = down = _span(attributes.get("rowspan", ""), 1_048_576)
        for column in range(len(self._row), len(self._row) + self._span):
            self._below[column] = down - 1
        self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if self._here and tag in ("td", "th"):
            self._end_cell()
        elif self._here and tag == "tr":
            self._end_row()
        elif tag == "table" and self._open:
            if self._here:
                self._end_row()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._here and self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        text = _BLANKS.sub(" ", "".join(self._cell)).strip(" ")
        if text and self._down > 1:
            self.merged.append((self._number, self._number + self._down - 1, len(self._row)))
        self._row.append(text or None)
        self._row.extend([None] * (self._span - 1))
        self._cell = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is None:
            return
        for column in range(len(self._row), max(self._below, default=-1) + 1):
            self._below[column] = max(self._below.get(column, 0) - 1, 0)
        if any(self._row):
            self.done.append((self._number, self._row))
        self._row = None

    def close(self) -> None:
        super().close()
        self._end_row()


def _span(text: str, limit: int) -> int:
    return max(min(int(text), limit), 1) if text.isdigit() else 1


class XmlBook:
    """The sheets of an XML spreadsheet (Excel 2003, urn:schemas-microsoft-com:office:spreadsheet)."""

    format = "xml"
    encoding: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._facts: dict[str, SheetFacts] = {}
        parser = _SpreadsheetParser(None)
        for _ in self._fed(parser):
            pass
        self.sheets = dict.fromkeys(parser.names, True)

    def _fed(self, parser: _SpreadsheetParser) -> Iterator[None]:
        with self._path.open("rb") as stream:
            try:
                while chunk := stream.read(_CHUNK):
                    parser.feed(chunk)
                    yield
                parser.finish()
            except (expat.ExpatError, ValueError) as exc:
                place = f"第 {parser.line} 行"
                raise SourceError(
                    f"{self._path}：XML 表格在{place}损坏；请用 Excel 打开后另存为 xlsx，或向提供方重新索取"
                ) from exc
        yield

    def rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield (row number as shown, cells) of each row that holds anything."""
        parser = _SpreadsheetParser(name)
        self._facts[name] = parser.facts
        for _ in self._fed(parser):
            yield from parser.done
            parser.done.clear()

    def facts(self, name: str) -> SheetFacts:
        """Return formulas and merged ranges of a sheet whose rows have been read to the end."""
        return self._facts.get(name, SheetFacts())

    def notes(self, name: str) -> list[str]:
        """Return what a reader of the sheet should know; complete when its rows have been read to the end."""
        return [
            "文件内容是 XML 表格（Excel 2003），已按 XML 表格读取",
            *formula_notes(self.facts(name)),
        ]


class _SpreadsheetParser(XmlFeed):
    """Turns an XML spreadsheet into the rows of one sheet; names are taken without their prefixes."""

    def __init__(self, sheet: str | None) -> None:
        super().__init__()
        self.names: list[str] = []
        self.done: list[tuple[int, Row]] = []
        self.facts = SheetFacts()
        self._sheet = sheet
        self._inside = False
        self._number = 0
        self._row: Row = []
        self._column = 0
        self._cell: dict[str, str] = {}
        self._kind = ""
        self._buffer: list[str] = []

    @property
    def line(self) -> int:
        """The line of the file that the parser has come to."""
        return self._parser.CurrentLineNumber

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        values = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        if name == "Worksheet":
            self.names.append(values.get("Name", ""))
            self._inside = self.names[-1] == self._sheet
            self._number = 0
        elif not self._inside:
            return
        elif name == "Row":
            self._number = int(values.get("Index", self._number + 1))
            self._row, self._column = [], 0
        elif name == "Cell":
            self._column = int(values.get("Index", self._column + 1))
            self._cell = values
            self._kind = ""
        elif name == "Data":
            self._kind = values.get("Type", "String")
            self._parser.CharacterDataHandler = self._buffer.append

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if not self._inside:
            return
        if name == "Data":
            self._parser.CharacterDataHandler = None
        elif name == "Cell":
            self._end_cell()
        elif name == "Row" and self._row:
            self.done.append((self._number, self._row))
        elif name == "Worksheet":
            self._inside = False

    def _end_cell(self) -> None:
        text = "".join(self._buffer)
        self._buffer.clear()
        if "Formula" in self._cell:
            self.facts.formula(self._number, self._column - 1, empty=not self._kind)
        if not 1 <= self._column <= _MAX_COLUMNS:
            raise ValueError(f"column {self._column}")
        if text:
            if down := int(self._cell.get("MergeDown", 0)):
                self.facts.merged.append((self._number, self._number + down, self._column - 1))
            self._row.extend([None] * (self._column - len(self._row)))
            if self._kind == "Number":
                text = stored_number_text(text)
            elif self._kind == "DateTime":
                text = iso_text(text)
            elif self._kind == "Boolean":
                text = LOGICALS.get(text, text)
            self._row[self._column - 1] = text
        self._column += int(self._cell.get("MergeAcross", 0))
