"""The XML of one XLSX sheet as rows of text (ISO/IEC 29500-1, 18.3.1).

Two ways to the same rows: cells written as Excel, WPS, LibreOffice and the common libraries write them are taken by
one regular expression per block of rows, everything else by an XML parser, which is three times as slow and knows all
of XML. A block goes the fast way only if every cell and row in it was recognised.

Invariant: both ways give the same rows; nothing is skipped because it looks unusual.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import IO, Any
from xml.parsers import expat

from renshe.engine.sources.cells import LOGICALS, formed_text, iso_text, stored_number_text

Row = list[str | None]
Attributes = list[str]

_CHUNK = 1 << 20
_MAX_COLUMNS = 16_384
# A row of 16,384 cells is about a megabyte; what runs on beyond this without the end of a row is no sheet.
_MAX_ROW_BYTES = 64 << 20
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HEAD = re.compile(rb"(?:<\?xml(?:(?!encoding)[^>])*(?:encoding=[\"']utf-8[\"'][^>]*)?\?>\s*)?<worksheet[\s>]", re.I)
_CELL = re.compile(
    r'<row r="(\d+)"[^>]*>'
    r'|<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="([a-zA-Z]+)")?'
    r"(?:/>|>(<f(?:/>| [^>]*/>|(?: [^>]*)?>[^<]*</f>))?"
    r'(?:<v>([^<]*)</v>|<v ?/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)


_MERGED = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})")
_MERGED_TAG = re.compile(rb"<mergeCell\s[^>]*?ref=[\"']([A-Z$0-9:]+)[\"']")

Merged = tuple[int, int, int]
"""A merged range: first and last row as shown, first column from 0."""

MAX_PLACES = 100_000
"""Formulas whose places are kept: a sheet of more of them is no sheet that people filled in."""


class SheetDamage(ValueError):
    """The XML of a sheet ends early or holds what no sheet holds."""


@dataclass(slots=True)
class SheetFacts:
    """What is worth telling about a sheet; complete when its rows have been read to the end.

    ``places`` are the cells that hold the first ``MAX_PLACES`` formulas.
    """

    formulas: int = 0
    uncalculated: int = 0
    merged: list[Merged] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)

    def formula(self, row: int, column: int, *, empty: bool) -> None:
        """Note a formula in a cell (row as shown, column from 0); ``empty``: its result was never saved."""
        self.formulas += 1
        self.uncalculated += empty
        if len(self.places) < MAX_PLACES:
            self.places.append((row, column))

    def merge(self, reference: str) -> None:
        """Note a merged range ("A2:B4") if it has several rows."""
        if (found := _MERGED.fullmatch(reference)) and found[2] != found[3]:
            self.merged.append((int(found[2]), int(found[3]), column_index(found[1])))


@dataclass(slots=True)
class CellContext:
    """What the cells of a workbook refer to: the shared strings, and the form of each style (``cells.number_form``)."""

    strings: list[str]
    styles: list[str]
    since_1904: bool
    facts: SheetFacts = field(default_factory=SheetFacts)
    row_number: int = 0

    def shown(self, text: str, kind: str, style: str) -> str:
        """Return what a cell shows; ``text`` is its stored value. IndexError or ValueError for a broken one."""
        if kind == "s":
            return self.strings[int(text)]
        if kind in ("inlineStr", "str"):
            return unescaped(text)
        if kind == "b":
            return LOGICALS.get(text, text)
        if kind == "e":
            return text
        if kind == "d":
            return iso_text(text)
        index = int(style) if style else 0
        form = self.styles[index] if index < len(self.styles) else ""
        return formed_text(text, form, since_1904=self.since_1904) if form else stored_number_text(text)


def sheet_rows(stream: IO[bytes], context: CellContext) -> Iterator[tuple[int, Row]]:
    """Yield (row number, cells) of the rows of a sheet that hold anything.

    Raises SheetDamage, ExpatError, or ValueError and IndexError for cells that refer to nothing.
    """
    head = b""
    while b"<sheetData" not in head and (chunk := stream.read(_CHUNK)):
        head += chunk
        if len(head) > _MAX_ROW_BYTES:
            break
    opening = head.find(b"<sheetData>")
    if opening < 0 or not _HEAD.match(head.removeprefix(b"\xef\xbb\xbf")):
        yield from _parsed_rows(stream, head, context)
        return
    rest = head[opening + len(b"<sheetData>") :]
    while True:
        end = rest.rfind(b"</row>")
        if end >= 0:
            end += len(b"</row>")
            yield from _block_rows(rest[:end], context)
            rest = rest[end:]
        if len(rest) > _MAX_ROW_BYTES:
            raise SheetDamage("row without end")
        chunk = stream.read(_CHUNK)
        if not chunk:
            break
        rest += chunk
    if b"</sheetData>" not in rest:
        raise SheetDamage("sheet without end")
    for reference in _MERGED_TAG.findall(rest):
        context.facts.merge(reference.decode("ascii"))


def _parsed_rows(stream: IO[bytes], head: bytes, context: CellContext) -> Iterator[tuple[int, Row]]:
    parser = _SheetParser(context)
    parser.feed(head)
    while chunk := stream.read(_CHUNK):
        yield from parser.done
        parser.done.clear()
        parser.feed(chunk)
    parser.finish()
    yield from parser.done


def _block_rows(block: bytes, context: CellContext) -> list[tuple[int, Row]]:
    """Return the rows of a block of whole <row> elements."""
    try:
        text = block.decode("utf-8")
    except UnicodeDecodeError:
        text = "<!"
    found = [] if "<!" in text or "\r" in text else _CELL.findall(text)
    if len(found) == text.count("<c ") + text.count("<row") + text.count("<c>"):
        return _found_rows(found, context)
    parser = _SheetParser(context)
    parser.feed(b"<worksheet>" + block + b"</worksheet>")
    parser.finish()
    return parser.done


def _found_rows(found: list[tuple[str, ...]], context: CellContext) -> list[tuple[int, Row]]:
    done: list[tuple[int, Row]] = []
    row: Row = []
    facts, strings, columns = context.facts, context.strings, _COLUMNS
    for number, letters, style, kind, formula, value, inline in found:
        if number:
            if row:
                done.append((context.row_number, row))
                row = []
            context.row_number = int(number)
            continue
        text = value or inline
        if formula:
            facts.formula(context.row_number, column_index(letters), empty=not text and kind != "str")
        if not text:
            continue
        if "&" in text:
            text = unescape(text)
        shown = strings[int(text)] if kind == "s" else context.shown(text, kind, style)
        column = columns.get(letters)
        if column is None:
            column = columns[letters] = column_index(letters)
        if column == len(row):
            row.append(shown or None)
        elif shown:
            put(row, column, shown)
    if row:
        done.append((context.row_number, row))
    return done


_COLUMNS: dict[str, int] = {}


def put(row: Row, column: int, text: str) -> None:
    """Put a text into a row at a column that it may not reach yet."""
    if column >= len(row):
        row.extend([None] * (column + 1 - len(row)))
    row[column] = text


class XmlFeed(ABC):
    """An XML parser that is fed as bytes come in and calls ``_start`` and ``_end`` of its heirs."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def feed(self, chunk: bytes) -> None:
        """Parse the next bytes; ExpatError where they are no XML."""
        self._parser.Parse(chunk, False)

    def finish(self) -> None:
        """Say that there are no more bytes; ExpatError where the document is not at its end."""
        self._parser.Parse(b"", True)

    @abstractmethod
    def _start(self, name: str, attributes: Any) -> None:
        """Meet the beginning of an element."""

    @abstractmethod
    def _end(self, name: str) -> None:
        """Meet the end of an element."""


class _SheetParser(XmlFeed):
    """Turns the XML of one sheet into rows, as the bytes come in."""

    def __init__(self, context: CellContext) -> None:
        super().__init__()
        self.done: list[tuple[int, Row]] = []
        self._context = context
        self._row: Row = []
        self._column = -1
        self._cell: Attributes = []
        self._formula = self._phonetic = False
        self._buffer: list[str] = []
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._root

    def _root(self, name: str, _attributes: Attributes) -> None:
        """Learn the prefix that this writer puts before every name ("" or "x:")."""
        prefix = name[: name.rfind(":") + 1]
        self._c, self._v, self._t, self._f = prefix + "c", prefix + "v", prefix + "t", prefix + "f"
        self._r, self._ph, self._merge = prefix + "row", prefix + "rPh", prefix + "mergeCell"
        self._parser.StartElementHandler = self._start

    def _start(self, name: str, attributes: Attributes) -> None:
        if name == self._c:
            self._cell = attributes
            self._formula = False
        elif name in (self._v, self._t):
            if not self._phonetic:
                self._parser.CharacterDataHandler = self._buffer.append
        elif name == self._f:
            self._formula = True
        elif name == self._r:
            self._context.row_number = int(_attribute(attributes, "r") or self._context.row_number + 1)
            self._row, self._column = [], -1
        elif name == self._ph:
            self._phonetic = True
        elif name == self._merge:
            self._context.facts.merge(_attribute(attributes, "ref"))

    def _end(self, name: str) -> None:
        if name == self._c:
            self._end_cell()
        elif name in (self._v, self._t):
            self._parser.CharacterDataHandler = None
        elif name == self._r:
            if self._row:
                self.done.append((self._context.row_number, self._row))
        elif name == self._ph:
            self._phonetic = False

    def _end_cell(self) -> None:
        text = "".join(self._buffer)
        self._buffer.clear()
        reference, style, kind = "", "", ""
        pairs = iter(self._cell)
        for key, value in zip(pairs, pairs, strict=True):
            if key == "r":
                reference = value
            elif key == "t":
                kind = value
            elif key == "s":
                style = value
        self._column = self._index(reference)
        if self._formula:
            self._context.facts.formula(self._context.row_number, self._column, empty=not text and kind != "str")
        if text and (shown := self._context.shown(text, kind, style)):
            put(self._row, self._column, shown)

    def _index(self, reference: str) -> int:
        """Return the column (from 0) of a reference such as "AB12"; without one, the next column."""
        if not reference:
            return self._column + 1
        letters = reference.rstrip("0123456789")
        return column_index(letters)


def column_index(letters: str) -> int:
    """Return the column (from 0) of its letters: "A" is 0, "XFD" 16383. ValueError for what is no column."""
    index = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError(letters)
        index = index * 26 + ord(letter) - 64
    if not 1 <= index <= _MAX_COLUMNS:
        raise ValueError(letters)
    return index - 1


def column_letters(index: int) -> str:
    """Return the letters of a column (from 0): 0 is "A", 27 is "AB"."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _attribute(attributes: Attributes, name: str) -> str:
    pairs = iter(attributes)
    return next((value for key, value in zip(pairs, pairs, strict=True) if key == name), "")


def unescaped(text: str) -> str:
    """Undo the escapes of control characters (``_x0001_``), ISO/IEC 29500-1, 22.9.2.19."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    # Half of a surrogate pair is no character; it must not travel further as if it were.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
