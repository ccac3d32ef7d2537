"""Parquet: native types stay, rare ones become text, numbers count from 1."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from renshe.engine.sources import parquet
from renshe.engine.sources.base import Reader, SourceError
from renshe.engine.sources.opening import open_source

ReadRows = Callable[[Reader], dict[int, list[Any]]]

MIDNIGHT_IN_BEIJING = dt.datetime(2021, 5, 30, 16, 0, tzinfo=dt.UTC)
COLUMNS: dict[str, tuple[pa.Array, pa.DataType, list[Any]]] = {
    "text": (pa.array(["00123", ""]), pa.string(), ["00123", None]),
    "large": (pa.array(["张三", None], pa.large_string()), pa.string(), ["张三", None]),
    "coded": (pa.array(["男", "女"]).dictionary_encode(), pa.string(), ["男", "女"]),
    "bytes": (pa.array(["张".encode(), None]), pa.string(), ["张", None]),
    "binary": (pa.array([b"\xff\x00", None]), pa.string(), ["\\xff00", None]),
    "small": (pa.array([110, None], pa.int16()), pa.int64(), [110, None]),
    "unsigned": (pa.array([1, 2], pa.uint32()), pa.int64(), [1, 2]),
    "huge": (pa.array([2**64 - 1, None], pa.uint64()), pa.string(), [str(2**64 - 1), None]),
    "double": (pa.array([3000.5, float("nan")]), pa.float64(), [3000.5, float("nan")]),
    "single": (pa.array([0.1, None], pa.float32()), pa.float64(), [0.1, None]),
    "money": (pa.array([Decimal("3000.50"), None]), pa.decimal128(6, 2), [Decimal("3000.50"), None]),
    "date": (pa.array([dt.date(1989, 1, 1), None]), pa.date32(), [dt.date(1989, 1, 1), None]),
    "date64": (pa.array([dt.date(1989, 1, 1), None], pa.date64()), pa.date32(), [dt.date(1989, 1, 1), None]),
    "moment": (
        pa.array([dt.datetime(2021, 5, 31), None], pa.timestamp("ns")),
        pa.timestamp("us"),
        [dt.datetime(2021, 5, 31), None],
    ),
    "instant": (
        pa.array([MIDNIGHT_IN_BEIJING, None], pa.timestamp("ms", "UTC")),
        pa.timestamp("us"),
        [dt.datetime(2021, 5, 31), None],
    ),
    "logical": (pa.array([True, None]), pa.string(), ["1", None]),
    "time": (pa.array([dt.time(8, 30), None]), pa.string(), ["08:30:00", None]),
    "list": (pa.array([["甲", "乙"], None]), pa.string(), ['["甲", "乙"]', None]),
    "struct": (
        pa.array([{"a": Decimal("1.50"), "b": dt.date(2021, 5, 31)}, None]),
        pa.string(),
        ['{"a": "1.50", "b": "2021-05-31"}', None],
    ),
    "nothing": (pa.nulls(2), pa.string(), [None, None]),
}


@pytest.mark.parametrize("name", list(COLUMNS))
def test_types(tmp_path: Path, name: str) -> None:
    array, kind, values = COLUMNS[name]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"key": ["1", "2"], name: array}), path)
    reader = open_source(path)
    (batch,) = reader.batches()
    assert reader.header == ("key", name)
    assert batch.columns[1].type == kind
    assert repr(batch.columns[1].to_pylist()) == repr(values)


def test_rows_are_numbered_over_batches_and_empty_ones_are_no_rows(
    tmp_path: Path, read_rows: ReadRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "renamed.csv"
    pq.write_table(pa.table({"a": ["1", None, "", "4", "5"], "b": [1, None, None, None, 5]}), path, row_group_size=2)
    monkeypatch.setattr(parquet, "BATCH_ROWS", 2)
    reader = open_source(path)
    assert reader.layout.format == "parquet"
    assert read_rows(reader) == {1: ["1", 1], 4: ["4", None], 5: ["5", 5]}


def test_columns_called_alike_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1])] * 3, names=["a", "a", ""]), path)
    assert open_source(path).header == ("a", "a_2", "列3")


@pytest.mark.parametrize("keep", [4, 50, -1])
def test_a_damaged_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": list(range(100))}), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SourceError, match="Parquet 文件已损坏"):
        open_source(path)


def test_a_damaged_page_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [str(number) for number in range(1000)]}), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[4:60] = bytes(56)
    path.write_bytes(data)
    with pytest.raises(SourceError, match="Parquet 文件已损坏"):
        list(open_source(path).batches())
