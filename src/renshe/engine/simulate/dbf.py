"""A small DBF writer: dBASE III records of fixed width, Chinese text in GBK (language driver 0x4D).

Invariant: every record has the length that the header says; a value that does not fit raises, it is never cut.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.simulate.model import Ints

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DbfField:
    """One field: name of up to ten ASCII characters; kind C text, N number, D date; width in bytes, places."""

    name: str
    kind: str
    width: int
    places: int = 0


class DbfWriter:
    """A DBF file, appended to block by block; the record count is written when it is closed."""

    def __init__(self, root: Path, name: str, fields: list[DbfField]) -> None:
        self.name, self.fields = name, fields
        self._count = 0
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._file.write(self._header())

    def _header(self) -> bytes:
        size = 32 + 32 * len(self.fields) + 1
        length = 1 + sum(field.width for field in self.fields)
        head = struct.pack("<B3BIHH20x", 3, 121, 5, 31, self._count, size, length)
        out = bytearray(head)
        out[29] = 0x4D
        for field in self.fields:
            out += struct.pack(
                "<11sc4xBB14x", field.name.encode("ascii"), field.kind.encode("ascii"), field.width, field.places
            )
        return bytes(out) + b"\r"

    def write(self, table: pa.Table) -> Ints:
        """Append records; columns in the order of the fields."""
        length = 1 + sum(field.width for field in self.fields)
        records = np.full((table.num_rows, length), 32, np.uint8)
        at = 1
        for field, column in zip(self.fields, table.columns, strict=True):
            records[:, at : at + field.width] = cells(column.combine_chunks(), field)
            at += field.width
        self._file.write(records.tobytes())
        self._count += table.num_rows
        return np.arange(self._count - table.num_rows + 1, self._count + 1, dtype=np.int64)

    def close(self) -> None:
        """Write the end mark and the record count."""
        self._file.write(b"\x1a")
        self._file.seek(0)
        self._file.write(self._header())
        self._file.close()


def cells(column: pa.Array, field: DbfField) -> Bytes:
    """A column as fixed-width bytes: numbers to the right, GBK text to the left. ValueError where one is too wide."""
    texts = column.cast(pa.string())
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return _ascii(texts, field)
    encoded = [b"" if value is None else value.encode("gbk") for value in texts.to_pylist()]
    if max(map(len, encoded), default=0) > field.width:
        raise ValueError(f"DBF field {field.name}: a value is wider than {field.width} bytes")
    joined = b"".join(value.ljust(field.width) for value in encoded)
    return np.frombuffer(joined, np.uint8).reshape(len(encoded), field.width)


def _ascii(texts: pa.Array, field: DbfField) -> Bytes:
    filled = pc.fill_null(texts, "")
    widest = pc.max(pc.binary_length(filled)).as_py() or 0
    if widest > field.width:
        raise ValueError(f"DBF field {field.name}: a value is wider than {field.width} bytes")
    padded = pc.ascii_lpad(filled, field.width) if field.kind == "N" else pc.ascii_rpad(filled, field.width)
    data = padded.buffers()[2]
    start = padded.offset * field.width
    out: Bytes = np.frombuffer(data, np.uint8)[start : start + len(padded) * field.width].reshape(
        len(padded), field.width
    )
    return out
