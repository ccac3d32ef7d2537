"""XLSX sheets, streamed: Office Open XML (ISO/IEC 29500-1, clauses 18.3 and 18.4) as rows of text.

Streamed by expat rather than loaded, because a table of cells costs two gigabytes for a full sheet, because one stray
cell at XFD1048576 makes such a table impossible, and because a reader of values loses what the file really says:
``#N/A``, the digits of a number, whether a formula was ever calculated.

Invariant: a row carries the number that the spreadsheet shows, and each cell the text that it shows (see ``cells``).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path

from renshe.engine.sources.archive import Package
from renshe.engine.sources.cells import number_form
from renshe.engine.sources.sheet_xml import CellContext, Row, SheetFacts, XmlFeed, sheet_rows, unescaped

_CHUNK = 1 << 18


class XlsxBook:
    """The sheets of an XLSX workbook. ``sheets`` maps each name to whether it is visible; raises SourceError."""

    format = "xlsx"
    encoding: str | None = None

    def __init__(self, path: Path) -> None:
        self._package = Package(path)
        main = self._main_part()
        root = self._package.tree(main)
        relations = self._relations(main)
        self.sheets: dict[str, bool] = {}
        self._parts: dict[str, str] = {}
        self._facts: dict[str, SheetFacts] = {}
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            link = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
            kind, part = relations.get(link, ("", ""))
            if kind == "worksheet" and part in self._package:
                name = sheet.get("name", "")
                self.sheets[name] = sheet.get("state", "visible") == "visible"
                self._parts[name] = part
        setting = root.find("{*}workbookPr")
        self._since_1904 = setting is not None and setting.get("date1904") in ("1", "true")
        calculation = root.find("{*}calcPr")
        self._recalculate = calculation is not None and calculation.get("fullCalcOnLoad") in ("1", "true")
        parts = dict(relations.values())
        self._styles = self._cell_forms(parts.get("styles", ""))
        self._strings = self._shared_strings(parts.get("sharedStrings", ""))

    def _main_part(self) -> str:
        if "_rels/.rels" in self._package:
            for kind, part in self._relations("").values():
                if kind == "officeDocument":
                    return part
        return "xl/workbook.xml"

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return relation id -> (kind, part) of a part, targets resolved against its folder."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        found = {}
        for item in self._package.tree(relations).iterfind("{*}Relationship"):
            target = item.get("Target", "").replace("\\", "/")
            resolved = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            found[item.get("Id", "")] = (item.get("Type", "").rsplit("/", 1)[-1], resolved.lstrip("/"))
        return found

    def _cell_forms(self, part: str) -> list[str]:
        """Return the form of each cell style (see ``CellContext``)."""
        if part not in self._package:
            return []
        root = self._package.tree(part)
        codes = {item.get("numFmtId", ""): item.get("formatCode", "") for item in root.iterfind("{*}numFmts/{*}numFmt")}
        numbers = [item.get("numFmtId", "0") for item in root.iterfind("{*}cellXfs/{*}xf")]
        return [number_form(int(number), codes.get(number, "")) if number.isdigit() else "" for number in numbers]

    def _shared_strings(self, part: str) -> list[str]:
        if part not in self._package:
            return []
        self._package.refuse_large(part)
        parser = _StringsParser()
        with self._package.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                parser.feed(chunk)
            parser.finish()
        return parser.strings

    def rows(self, name: str) -> Iterator[tuple[int, Row]]:
        """Yield (row number as shown, cells) of each row that holds anything; raises SourceError on damage."""
        context = CellContext(self._strings, self._styles, self._since_1904)
        self._facts[name] = context.facts
        part = self._parts[name]
        with self._package.open(part) as stream:
            try:
                yield from sheet_rows(stream, context)
            except (ValueError, IndexError) as exc:
                raise self._package.damaged(part, f" 第 {context.row_number} 行之后") from exc

    def facts(self, name: str) -> SheetFacts:
        """Return formulas and merged ranges of a sheet whose rows have been read to the end."""
        return self._facts.get(name, SheetFacts())

    def notes(self, name: str) -> list[str]:
        """Return what a reader of the sheet should know; complete when its rows have been read to the end."""
        return formula_notes(self.facts(name), recalculate=self._recalculate)


def formula_notes(facts: SheetFacts, *, recalculate: bool = False) -> list[str]:
    """Return the notes on formulas: results are those that the program saved, if it ever calculated them."""
    if not facts.formulas:
        return []
    if facts.uncalculated:
        saved = facts.formulas - facts.uncalculated
        return [
            f"含公式单元格 {facts.formulas} 个：{saved} 个有保存结果，已按其读取；"
            f"{facts.uncalculated} 个没有保存结果，按空值读取；请用 Excel 或 WPS 打开并保存后再导入"
        ]
    notes = [f"含公式单元格 {facts.formulas} 个，已按保存时的结果读取"]
    if recalculate:
        notes.append("该工作簿由程序生成，公式结果可能未经计算；请用 Excel 或 WPS 打开并保存后再导入")
    return notes


class _StringsParser(XmlFeed):
    """Collects the shared strings: the text runs of each item, phonetic hints left out."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self._buffer: list[str] = []
        self._phonetic = False

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "t" and not self._phonetic:
            self._parser.CharacterDataHandler = self._buffer.append
        elif name == "rPh":
            self._phonetic = True

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "t":
            self._parser.CharacterDataHandler = None
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.strings.append(unescaped("".join(self._buffer)))
            self._buffer.clear()
