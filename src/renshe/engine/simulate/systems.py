"""The systems of the prefecture: which files each keeps, under which headers, in which codes, spellings and formats.

All of it is data (``data/systems.yaml``); ``project.toml`` is written from the same data, so what the project says
about a file is what the file holds.

Invariant: a value leaves through one code map per system and field; the map has an inverse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.simulate.damage import damage
from renshe.engine.simulate.dbf import DbfField, DbfWriter
from renshe.engine.simulate.model import NULL, Column, Ints, Rows, data
from renshe.engine.simulate.writers import ParquetWriter, PartedWriter, SheetWriter, TextWriter, Writer
from renshe.standards import dictionary


@dataclass(slots=True)
class Truth:
    """What is wrong, row by row, as written; and which lines no reader can load."""

    parts: list[tuple[tuple[str, str, str, str, str], Ints]] = field(default_factory=list)
    rejects: list[tuple[str, int, str]] = field(default_factory=list)

    def add(self, table: str, system: str, file: str, rows: Ints, name: str, kind: str) -> None:
        """Write down that ``rows`` of ``file`` are wrong at field ``name``."""
        self.parts.append(((table, system, file, name, kind), rows))

    def table(self) -> pa.Table:
        """All of it: table, system, source_file, source_row, field, kind, in that order of sorting."""
        heads = [head for head, rows in self.parts for _ in range(len(rows))]
        texts = [pa.array(column, pa.string()) for column in zip(*heads, strict=True)] or [
            pa.array([], pa.string())
        ] * 5
        rows = np.concatenate([np.empty(0, np.int64), *(rows for _, rows in self.parts)])
        names = ["table", "system", "source_file", "field", "kind"]
        out = pa.table([*texts, pa.array(rows)], names=[*names, "source_row"])
        order = ["table", "system", "source_file", "source_row", "field", "kind"]
        return out.select(order).sort_by([(name, "ascending") for name in order])


def decimal(cents: Ints, scale: int) -> pa.Array:
    """Integers as decimals of ``scale`` places, without arithmetic; ``NULL`` is null."""
    pairs = np.empty((len(cents), 2), np.int64)
    pairs[:, 0] = cents
    pairs[:, 1] = cents >> 63
    valid = _bits(cents != NULL)
    return pa.Array.from_buffers(pa.decimal128(18, scale), len(cents), [valid, pa.py_buffer(pairs)])


def _bits(mask: np.ndarray) -> pa.Buffer | None:
    return None if mask.all() else pa.py_buffer(np.packbits(mask, bitorder="little"))


def _ints(values: Ints) -> pa.Array:
    return pa.Array.from_buffers(
        pa.int64(), len(values), [_bits(values != NULL), pa.py_buffer(np.ascontiguousarray(values))]
    )


def texts(values: Column) -> pa.Array:
    """Unicode column as Arrow text, "" as null."""
    out = pa.array(values, pa.string())
    return pc.if_else(pc.equal(out, ""), pa.scalar(None, pa.string()), out)


def format_column(kind: str, values: Column, codes: dict[str, str], style: dict[str, Any]) -> pa.Array:
    """One column as its file shows it: by field type, the system's codes and its way to write dates."""
    if values.dtype.kind == "M":
        shown = pc.strftime(pa.array(values), style["date"])
        return pc.replace_substring_regex(shown, "([-年月])0", r"\1") if style.get("unpadded") else shown
    if codes:
        return _coded(values, codes)
    if values.dtype.kind != "i":
        return texts(values)
    if kind == "money":
        return decimal(values, 2)
    if kind == "rate":
        return decimal(values, 4)
    return _ints(values)


def _coded(values: Column, codes: dict[str, str]) -> pa.Array:
    """Standard values in the system's own codes; what has none stays."""
    present, where = np.unique(values, return_inverse=True)
    shown = [None if v in ("", NULL) else codes.get(str(v), str(v)) for v in present.tolist()]
    return pa.array(shown, pa.string()).take(pa.array(where))


class System:
    """One system's files, open for writing."""

    def __init__(self, root: Path, name: str, truth: Truth, small: bool) -> None:
        self.root, self.name, self.truth, self.small = root, name, truth, small
        self.spec = data("systems")[name]
        self.style: dict[str, Any] = self.spec["style"]
        self.codes: dict[str, dict[str, str]] = self.spec.get("codes", {})
        self.writers: dict[str, Writer] = {}
        self.rows: dict[str, int] = {}

    @property
    def business(self) -> bool:
        """Whether this is a business system of the agency, not an extract to compare with."""
        return bool(self.spec.get("kind") != "compare")

    def emit(self, rows: Rows, rng: np.random.Generator | None = None) -> None:
        """Append rows of a standard table to its file and write down their marks as truth.

        With ``rng`` text files get damaged lines between the rows, one for some thousands.
        """
        writer = self._writer(rows.table)
        if isinstance(writer, PartedWriter):
            writer.turn()
        keep = np.ones(len(rows), np.bool_) if rows.gone is None else ~rows.gone
        numbers = np.full(len(rows), -1, np.int64)
        shown = self._formatted(rows, keep)
        cut = 0 if rng is None else int(rng.integers(0, shown.num_rows + 1))
        parts = [writer.write(shown.slice(0, cut))] if cut else []
        text = writer.parts[-1] if isinstance(writer, PartedWriter) else writer
        if rng is not None and isinstance(text, TextWriter) and text.encoding != "utf-16-le" and self.business:
            damage(text, rng, shown.num_columns, max(5, shown.num_rows // 10_000))
        parts.append(writer.write(shown.slice(cut)))
        numbers[keep] = np.concatenate(parts)
        self.rows[rows.table] = self.rows.get(rows.table, 0) + int(keep.sum())
        for mark in rows.marks:
            at = numbers[mark.rows]
            self.truth.add(rows.table, self.name, writer.name, at[at >= 0], mark.field, mark.kind)

    def _formatted(self, rows: Rows, keep: np.ndarray) -> pa.Table:
        columns = self.spec["tables"][rows.table]["columns"]
        types = {f.name: f.type for f in dictionary.table(rows.table).fields}
        arrays = []
        for name, *_ in columns:
            shown = self._shown(rows, name, types[name])
            if name in rows.raw:
                values = shown.cast(pa.string()).to_pylist()
                for at, text in rows.raw[name]:
                    values[at] = text
                shown = pa.array(values, pa.string())
            arrays.append(shown if keep.all() else shown.filter(pa.array(keep)))
        return pa.table(arrays, names=[column[1] for column in columns])

    def _shown(self, rows: Rows, name: str, kind: str) -> pa.Array:
        """One column as the file shows it; Parquet keeps dates as dates and everything else as text."""
        if self.spec["tables"][rows.table].get("format") == "parquet":
            if kind == "date" and name not in rows.raw:
                return pa.array(rows[name])
            shown = format_column(kind, rows[name], self.codes.get(name, {}), self.style)
            return shown if kind == "money" else shown.cast(pa.string())
        return format_column(kind, rows[name], self.codes.get(name, {}), self.style)

    def _writer(self, table: str) -> Writer:
        if table not in self.writers:
            self.writers[table] = self._open(table, self.spec["tables"][table])
        return self.writers[table]

    def _open(self, table: str, spec: dict[str, Any]) -> Writer:
        header = [column[1] for column in spec["columns"]]
        if self.style.get("dbf"):
            return DbfWriter(self.root, spec["file"] + ".dbf", [DbfField(*column[1:]) for column in spec["columns"]])
        if spec.get("format") == "parquet":
            return ParquetWriter(self.root, spec["file"] + ".parquet")
        if self.small and spec.get("small") == "xlsx":
            return SheetWriter(self.root, spec["file"] + ".xlsx", header, spec["titles"])
        text = (header, self.style["encoding"], self.style["delimiter"], bool(self.style.get("bom")))
        if "part" in self.style and not self.small:
            return PartedWriter(self.root, spec["file"], self.style["suffix"], *text, self.style["part"])
        return TextWriter(self.root, spec["file"] + self.style["suffix"], *text)

    def files(self) -> dict[str, list[str]]:
        """Files per table, as written."""
        return {table: _names(writer) for table, writer in self.writers.items()}

    def close(self) -> None:
        """Finish every file."""
        for writer in self.writers.values():
            writer.close()
            for part in writer.parts if isinstance(writer, PartedWriter) else [writer]:
                if isinstance(part, TextWriter):
                    self.truth.rejects += [(part.name, line, kind) for line, kind in part.rejects]


def _names(writer: Writer) -> list[str]:
    return [part.name for part in writer.parts] if isinstance(writer, PartedWriter) else [writer.name]
