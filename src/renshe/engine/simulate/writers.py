"""Files as agencies keep them: text in the encodings in use, workbooks with a title, DBF in GBK, Parquet.

Row numbers are those of the contract: physical line of a text file, row shown by a spreadsheet, record of DBF or Parquet.

Invariant: a writer returns the row number of every row it is given, and writes the same bytes for the same rows.
"""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from renshe.engine.simulate.model import Ints


class Writer(Protocol):
    """A file being written, block by block. ``name`` is its path inside the project."""

    name: str

    def write(self, table: pa.Table) -> Ints:
        """Append rows and return the number of each."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


@dataclass(slots=True)
class TextWriter:
    """Delimited text. A value with the delimiter, a quote or a line break inside is quoted."""

    root: Path
    name: str
    header: list[str]
    encoding: str = "utf-8"
    delimiter: str = ","
    bom: bool = False
    line: int = 0
    rejects: list[tuple[int, str]] = field(default_factory=list)
    _file: io.BufferedWriter | None = None

    def __post_init__(self) -> None:
        path = self.root / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        if self.bom:
            self._file.write(codecs.BOM_UTF16_LE if self.encoding == "utf-16-le" else codecs.BOM_UTF8)
        self.raw_line(self.delimiter.join(self.header).encode(self.encoding))

    def raw_line(self, content: bytes) -> int:
        """Write one line as it stands and return its number."""
        assert self._file is not None
        self._file.write(content + "\r\n".encode(self.encoding))
        self.line += 1
        return self.line

    def reject_line(self, content: bytes, kind: str) -> None:
        """Write a line that no reader can load, and remember it."""
        self.rejects.append((self.raw_line(content), kind))

    def write(self, table: pa.Table) -> Ints:
        assert self._file is not None
        quoted = any(
            _needs_quotes(column, self.delimiter) for column in table.columns if pa.types.is_string(column.type)
        )
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
        if self.encoding == "utf-8":
            self._file.write(content)
        else:
            self._file.write(str(content, "utf-8").encode(self.encoding))
        first = self.line + 1
        self.line += table.num_rows
        return np.arange(first, first + table.num_rows, dtype=np.int64)

    def close(self) -> None:
        assert self._file is not None
        self._file.close()


def _needs_quotes(column: pa.ChunkedArray, delimiter: str) -> bool:
    import pyarrow.compute as pc

    for mark in (delimiter, '"', "\n"):
        if pc.any(pc.match_substring(column, mark)).as_py():
            return True
    return False
