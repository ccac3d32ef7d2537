"""ODS sheets, streamed: OpenDocument 1.3 part 3 (clauses 9.1 and 19.385) as rows of text.

OpenDocument writes a million blank rows as one row "repeated 1048575 times", and may do the same with rows that hold
something; so rows are unfolded only while they are read, never into a table.

Invariant: a row carries the number that the spreadsheet shows, and each cell its stored value (see ``cells``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from renshe.engine.sources.archive import Package
from renshe.engine.sources.base import SourceError
from renshe.engine.sources.cells import iso_text, stored_number_text
from renshe.engine.sources.sheet_xml import Row, SheetFacts, XmlFeed
from renshe.engine.sources.xls import password_error
from renshe.engine.sources.xlsx import formula_notes

_CHUNK = 1 << 18
_CONTENT = "content.xml"
_MAX_ROWS = 1_048_576
_MAX_COLUMNS = 16_384
# Cells that repeated rows may unfold to: a full sheet of fifty columns that are all alike.
_MAX_UNFOLDED = 50 << 20


class OdsBook:
    """The sheets of an ODS workbook. ``sheets`` maps each name to whether it is visible; raises SourceError."""

    format = "ods"
    encoding: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._package = Package(path)
        self.sheets: dict[str, bool] = {}
        self._facts: dict[str, SheetFacts] = {}
        self._refuse_encrypted(path)
        for parser in self._parsed():
            for name in parser.names:
                self.sheets[name] = True

    def _refuse_encrypted(self, path: Path) -> None:
        if "META-INF/manifest.xml" in self._package:
            manifest = self._package.tree("META-INF/manifest.xml")
            if manifest.find(".//{*}encryption-data") is not None:
                raise password_error(path)

    def _parsed(self, *sheets: str) -> Iterator[_ContentParser]:
        """Feed the content to a parser of some sheets (none: only names), yielding it after every block."""
        parser = _ContentParser(frozenset(sheets))
        with self._package.open(_CONTENT) as stream:
            while chunk := stream.read(_CHUNK):
                parser.feed(chunk)
                yield parser
            parser.finish()
        yield parser

    def rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield (row number as shown, cells) of each row that holds anything; raises SourceError on damage."""
        return ((number, row) for _, number, row in self._rows(name))

    def all_rows(self) -> Iterator[tuple[str, int, Row]]:
        """Yield (sheet, row number, cells) of every sheet, one after another: all of them stand in one part."""
        return self._rows(*self.sheets)

    def _rows(self, *sheets: str) -> Iterator[tuple[str, int, Row]]:
        unfolded = 0
        for parser in self._parsed(*sheets):
            self._facts |= parser.facts
            for name, first, repeated, row in parser.done:
                unfolded += (min(repeated, _MAX_ROWS) - 1) * len(row)
                if unfolded > _MAX_UNFOLDED:
                    raise SourceError(
                        f"{self._path}：工作表“{name}”第 {first} 行起重复的行展开后过大，疑为压缩炸弹；"
                        "请核实来源，确为业务数据的另存为 CSV 后再导入"
                    )
                for number in range(first, min(first + repeated, _MAX_ROWS + 1)):
                    yield name, number, list(row)
            parser.done.clear()

    def facts(self, name: str) -> SheetFacts:
        """Return formulas and merged ranges of a sheet whose rows have been read to the end."""
        return self._facts.get(name, SheetFacts())

    def notes(self, name: str) -> list[str]:
        """Return what a reader of the sheet should know; complete when its rows have been read to the end."""
        return formula_notes(self.facts(name))


class _ContentParser(XmlFeed):
    """Turns content.xml into rows of some sheets: (sheet, first row number, how often it is repeated, cells)."""

    def __init__(self, sheets: frozenset[str]) -> None:
        super().__init__()
        self.names: list[str] = []
        self.done: list[tuple[str, int, int, Row]] = []
        self.facts = {sheet: SheetFacts() for sheet in sheets}
        self._inside = False
        self._next_row = 1
        self._row: Row = []
        self._repeated = 1
        self._width = 0
        self._cell: dict[str, str] = {}
        self._paragraphs: list[str] = []
        self._hidden_depth = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.names.append(attributes.get("table:name", ""))
            self._inside = self.names[-1] in self.facts
            self._next_row = 1
        elif not self._inside or self._hidden_depth or name == "office:annotation":
            # A comment on a cell has paragraphs of its own: they are not the cell's value.
            self._hidden_depth += name == "office:annotation"
        elif name == "table:table-row":
            self._row, self._width = [], 0
            self._repeated = _count(attributes, "table:number-rows-repeated")
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._cell = attributes
            self._paragraphs = []
        elif name == "text:p":
            self._paragraphs.append("")
            self._parser.CharacterDataHandler = self._text
        elif name == "text:s":
            self._text(" " * min(_count(attributes, "text:c"), 1000))
        elif name in ("text:tab", "text:line-break"):
            self._text("\t" if name == "text:tab" else "\n")

    def _text(self, data: str) -> None:
        if self._paragraphs and not self._hidden_depth:
            self._paragraphs[-1] += data

    def _end(self, name: str) -> None:
        if not self._inside:
            return
        if name == "office:annotation":
            self._hidden_depth -= 1
        elif self._hidden_depth:
            return
        elif name == "text:p":
            self._parser.CharacterDataHandler = None
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._end_cell()
        elif name == "table:table-row":
            if self._row:
                self.done.append((self.names[-1], self._next_row, self._repeated, self._row))
            self._next_row += self._repeated
        elif name == "table:table":
            self._inside = False

    def _end_cell(self) -> None:
        repeated = min(_count(self._cell, "table:number-columns-repeated"), _MAX_COLUMNS - self._width)
        text = self._shown()
        facts = self.facts[self.names[-1]]
        if "table:formula" in self._cell:
            empty = not text and "office:value-type" not in self._cell
            for column in range(self._width, self._width + repeated):
                facts.formula(self._next_row, column, empty=empty)
        if text:
            if (down := _count(self._cell, "table:number-rows-spanned")) > 1:
                facts.merged.append((self._next_row, self._next_row + down - 1, self._width))
            self._row.extend([None] * (self._width - len(self._row)))
            self._row.extend([text] * repeated)
        self._width += repeated

    def _shown(self) -> str:
        cell = self._cell
        kind = cell.get("office:value-type", "string")
        if kind in ("float", "percentage", "currency") and "office:value" in cell:
            return stored_number_text(cell["office:value"])
        if kind == "date" and "office:date-value" in cell:
            return iso_text(cell["office:date-value"])
        if kind == "time" and "office:time-value" in cell:
            return iso_text(cell["office:time-value"])
        if kind == "boolean" and "office:boolean-value" in cell:
            return cell["office:boolean-value"].upper()
        return cell.get("office:string-value") or "\n".join(self._paragraphs)


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(int(text), 1) if text.isdigit() else 1
