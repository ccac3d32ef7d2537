"""Files as agencies keep them: text in the encodings in use, workbooks with a title, DBF in GBK, Parquet.

Row numbers are those of the contract: physical line of text, row shown by a spreadsheet, record of DBF or Parquet.

Invariant: a writer returns the row number of every row it is given, and writes the same bytes for the same rows.
"""

from __future__ import annotations

import codecs
import datetime as dt
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import xlsxwriter

from renshe.engine.simulate.model import Ints


class Writer(Protocol):
    """A file being written, block by block."""

    @property
    def name(self) -> str:
        """Path of the file inside the project."""
        ...

    def write(self, table: pa.Table) -> Ints:
        """Append rows and return the number of each."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class TextWriter:
    """Delimited text. A value with the delimiter, a quote or a line break inside is quoted."""

    def __init__(
        self, root: Path, name: str, header: list[str], encoding: str, delimiter: str, bom: bool = False
    ) -> None:
        self.name, self.encoding, self.delimiter, self.header = name, encoding, delimiter, header
        self.rejects: list[tuple[int, str]] = []
        self.line = 0
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        if bom:
            self._file.write(codecs.BOM_UTF16_LE if encoding == "utf-16-le" else codecs.BOM_UTF8)
        self.raw_line(delimiter.join(header).encode(encoding))

    def raw_line(self, content: bytes) -> int:
        """Write one line as it stands and return its number."""
        self._file.write(content + "\r\n".encode(self.encoding))
        self.line += 1
        return self.line

    def reject_line(self, content: bytes, kind: str) -> None:
        """Write a line that no reader can load, and remember it."""
        self.rejects.append((self.raw_line(content), kind))

    def write(self, table: pa.Table) -> Ints:
        """Append rows, one line each."""
        strings = [column for column in table.columns if pa.types.is_string(column.type)]
        quoted = any(_has(column, mark) for column in strings for mark in (self.delimiter, '"', "\n"))
        options = pacsv.WriteOptions(
            include_header=False,
            delimiter=self.delimiter,
            quoting_style="needed" if quoted else "none",
            eol="\r\n",
            batch_size=8192,
        )
        sink = pa.BufferOutputStream()
        pacsv.write_csv(table, sink, options)
        content = sink.getvalue()
        self._file.write(content if self.encoding == "utf-8" else str(content, "utf-8").encode(self.encoding))
        lines = np.ones(table.num_rows, np.int64)
        if quoted:
            for column in strings:
                lines += pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy().astype(np.int64)
        numbers: Ints = self.line + np.cumsum(lines) - lines + 1
        self.line += int(lines.sum())
        return numbers

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def _has(column: pa.ChunkedArray, mark: str) -> bool:
    return bool(pc.any(pc.match_substring(column, mark)).as_py())


class SheetWriter:
    """A workbook of one sheet with title rows above the header; everything but amounts is kept as text."""

    def __init__(self, root: Path, name: str, header: list[str], titles: list[str]) -> None:
        self.name = name
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._book.set_properties({"created": dt.datetime(2021, 5, 31, tzinfo=dt.UTC).replace(tzinfo=None)})
        self._sheet = self._book.add_worksheet("Sheet1")
        bold = self._book.add_format({"bold": True})
        for row, title in enumerate(titles):
            self._sheet.write_string(row, 0, title, bold)
        self.row = len(titles)
        for column, text in enumerate(header):
            self._sheet.write_string(self.row, column, text, bold)

    def write(self, table: pa.Table) -> Ints:
        """Append rows below the last one."""
        columns = [(pa.types.is_decimal(column.type), column.to_pylist()) for column in table.columns]
        first = self.row + 1
        for number in range(table.num_rows):
            for place, (amount, values) in enumerate(columns):
                value = values[number]
                if value is None:
                    continue
                if amount:
                    self._sheet.write_number(first + number, place, float(value))
                else:
                    self._sheet.write_string(first + number, place, str(value))
        self.row += table.num_rows
        return np.arange(first + 1, first + 1 + table.num_rows, dtype=np.int64)

    def close(self) -> None:
        """Finish the workbook."""
        self._book.close()


class ParquetWriter:
    """Parquet with native types, one row group per block."""

    def __init__(self, root: Path, name: str) -> None:
        self.name, self._path = name, root / name
        self._rows = 0
        self._file: pq.ParquetWriter | None = None
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, table: pa.Table) -> Ints:
        """Append rows."""
        if self._file is None:
            self._file = pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._file.write_table(table.cast(self._file.schema))
        self._rows += table.num_rows
        return np.arange(self._rows - table.num_rows + 1, self._rows + 1, dtype=np.int64)

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


class PartedWriter:
    """A table in numbered parts of about ``limit`` rows, each a text file with the header."""

    def __init__(
        self,
        root: Path,
        stem: str,
        suffix: str,
        header: list[str],
        encoding: str,
        delimiter: str,
        bom: bool,
        limit: int,
    ) -> None:
        self._root, self._stem, self._suffix = root, stem, suffix
        self._text = (header, encoding, delimiter, bom)
        self.parts: list[TextWriter] = []
        self._add()
        self.limit = limit

    def _add(self) -> None:
        name = f"{self._stem}_{len(self.parts) + 1}{self._suffix}"
        self.parts.append(TextWriter(self._root, name, *self._text))

    @property
    def name(self) -> str:
        """The part now being written."""
        return self.parts[-1].name

    def write(self, table: pa.Table) -> Ints:
        """Append rows to the current part."""
        return self.parts[-1].write(table)

    def turn(self) -> None:
        """Begin a new part where the current one is full; rows given at once stay in one part."""
        if self.parts[-1].line > self.limit:
            self.parts[-1].close()
            self._add()

    def close(self) -> None:
        """Finish the last part."""
        self.parts[-1].close()
