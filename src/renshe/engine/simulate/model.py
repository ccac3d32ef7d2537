"""Rows of a standard table while they are being invented, with the errors put into them.

A table is a set of NumPy columns. Integers (keys, months, counts, codes without leading zeros, money in cents) are
int64 with ``NULL`` for an empty cell; dates are datetime64[D] with NaT; everything else is Unicode text, "" for empty.

Invariant: all columns of a table have one length; a mark points at a row by its index until the row is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

Column = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NULL = int(np.iinfo(np.int64).min)
NAT = np.datetime64("NaT", "D")


@dataclass(slots=True)
class Mark:
    """Truth about some rows: at ``rows`` the value of ``field`` is wrong in the way called ``kind``."""

    rows: Ints
    field: str
    kind: str


@dataclass(slots=True)
class Rows:
    """The rows of one standard table of one system.

    ``raw`` holds text that stands in a typed field instead of its value; ``gone`` marks rows that will not be written.
    """

    table: str
    columns: dict[str, Column]
    marks: list[Mark] = field(default_factory=list)
    raw: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    gone: Mask | None = None
    _spare: dict[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def put(self, name: str, rows: Ints, values: Any) -> None:
        """Write ``values`` at ``rows`` of a column, widening text columns as needed (NumPy would cut it silently)."""
        column = self.columns[name]
        if column.dtype.kind == "U":
            new = np.asarray(values)
            if new.dtype.itemsize > column.dtype.itemsize:
                self.columns[name] = column = column.astype(new.dtype)
        column[rows] = values

    def mark(self, rows: Ints, name: str, kind: str) -> None:
        """Write down that ``rows`` are wrong at ``name``."""
        if len(rows):
            self.marks.append(Mark(np.asarray(rows, np.int64), name, kind))

    def copy_rows(self, rows: Ints) -> Ints:
        """Append copies of ``rows`` and return the indices of the copies."""
        start, stop = len(self), len(self) + len(rows)
        for name, column in self.columns.items():
            spare = self._spare.get(name)
            if spare is None or column.base is not spare or len(spare) < stop:
                # Room to grow: errors append a few rows many times.
                spare = np.empty(stop + start // 16, column.dtype)
                spare[:start] = column
                self._spare[name] = spare
            spare[start:stop] = column[rows]
            self.columns[name] = spare[:stop]
        if self.gone is not None:
            self.gone = np.concatenate([self.gone, np.zeros(len(rows), np.bool_)])
        return np.arange(start, stop, dtype=np.int64)

    def drop(self, rows: Ints) -> None:
        """Leave ``rows`` out when the table is written."""
        if self.gone is None:
            self.gone = np.zeros(len(self), np.bool_)
        self.gone[rows] = True


def stack(table: str, parts: Sequence[Mapping[str, Column]]) -> Rows:
    """Put blocks of columns one under the other; a column that a block lacks is empty there."""
    names: dict[str, np.dtype[Any]] = {}
    for part in parts:
        for name, column in part.items():
            names[name] = np.promote_types(names[name], column.dtype) if name in names else column.dtype
    columns = {}
    for name, dtype in names.items():
        blocks = [part[name] if name in part else empty(dtype, _length(part)) for part in parts]
        columns[name] = np.concatenate(blocks).astype(dtype, copy=False)
    return Rows(table, columns)


def _length(part: Mapping[str, Column]) -> int:
    return len(next(iter(part.values())))


def empty(dtype: np.dtype[Any], n: int) -> Column:
    """A column of ``n`` empty cells."""
    if dtype.kind == "i":
        return np.full(n, NULL, np.int64)
    if dtype.kind == "M":
        return np.full(n, NAT)
    return np.full(n, "", dtype)


@lru_cache(maxsize=8)
def data(name: str) -> dict[str, Any]:
    """Read ``data/<name>.yaml``."""
    text = resources.files("renshe.engine.simulate").joinpath(f"data/{name}.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return loaded


def month_index(month: Ints | int) -> Any:
    """Month yyyymm as a running number (months since year 0)."""
    return month // 100 * 12 + month % 100 - 1


def month_of(index: Ints | int) -> Any:
    """Running number back to yyyymm."""
    return index // 12 * 100 + index % 12 + 1


def first_day(index: Ints) -> npt.NDArray[np.datetime64]:
    """First day of each month given by running number."""
    return (np.asarray(index, np.int64) - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")


def last_day(index: Ints) -> npt.NDArray[np.datetime64]:
    """Last day of each month given by running number."""
    return first_day(np.asarray(index, np.int64) + 1) - np.timedelta64(1, "D")


def index_of(dates: npt.NDArray[np.datetime64]) -> Ints:
    """Running month number of each date."""
    return dates.astype("datetime64[M]").astype(np.int64) + 1970 * 12
