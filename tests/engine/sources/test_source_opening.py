"""A file is opened by what it is, whatever it is called."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from renshe.engine.sources.base import NO_ROWS_NOTE, Reader, SourceError
from renshe.engine.sources.opening import open_source

WriteBook = Callable[..., Path]
ReadRows = Callable[[Reader], dict[int, list[Any]]]

KNOWN = frozenset({"个人编号", "姓名"})
ROWS = [["00123", "张三"], ["7", "李四"]]
SUFFIXES = ["", ".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods", ".dbf", ".parquet", ".XLSX", ".dat"]


@pytest.fixture
def contents(tmp_path: Path, write_book: WriteBook, write_dbf: WriteBook) -> dict[str, bytes]:
    """The same table in every format."""
    book = write_book(人员=[["个人编号", "姓名"], *ROWS])
    pq.write_table(pa.table({"个人编号": ["00123", "7"], "姓名": ["张三", "李四"]}), tmp_path / "p")
    text = "个人编号,姓名\n00123,张三\n7,李四\n"
    html = "<table><tr><td>个人编号<td>姓名<tr><td>00123<td>张三<tr><td>7<td>李四</table>"
    return {
        book.suffix[1:]: book.read_bytes(),
        "parquet": (tmp_path / "p").read_bytes(),
        "dbf": write_dbf([("个人编号", "C", 10, 0), ("姓名", "C", 10, 0)], ROWS).read_bytes(),
        "gb18030": text.encode("gb18030"),
        "utf-8": text.encode("utf-8-sig"),
        "utf-16": text.encode("utf-16"),
        "tab": text.replace(",", "\t").encode(),
        "html": html.encode(),
    }


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_content_decides_and_not_the_name(
    tmp_path: Path, contents: dict[str, bytes], read_rows: ReadRows, suffix: str
) -> None:
    for what, content in contents.items():
        path = tmp_path / f"renamed{suffix}"
        path.write_bytes(content)
        reader = open_source(path, known_names=KNOWN)
        assert reader.header == ("个人编号", "姓名"), what
        assert list(read_rows(reader).values()) == ROWS, what


def test_a_reader_can_be_read_again(tmp_path: Path, contents: dict[str, bytes], read_rows: ReadRows) -> None:
    for content in contents.values():
        (tmp_path / "a").write_bytes(content)
        reader = open_source(tmp_path / "a", known_names=KNOWN)
        assert read_rows(reader) == read_rows(reader) != {}
        assert len(reader.layout.notes) == len(set(reader.layout.notes))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_file_or_no_data_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with pytest.raises(SourceError, match="文件不存在"):
        open_source(path)
    path.mkdir()
    with pytest.raises(SourceError, match="不是文件"):
        open_source(path)
    path.rmdir()
    path.write_bytes(b"")
    with pytest.raises(SourceError, match="0 字节"):
        open_source(path)
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(SourceError) as caught:
        open_source(path)
    assert str(caught.value).startswith(f"{path}：")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EACCES, "没有读取权限"), (errno.EIO, "磁盘或网络盘读取出错"), (errno.ENOENT, "刚被移走或改名")],
)
def test_a_file_that_the_system_refuses_is_refused_in_chinese(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n")

    def refuse(self: Path, *args: object, **settings: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match=said) as caught:
        open_source(path)
    assert str(caught.value).startswith(f"{path}：")


def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("b.csv")
    (tmp_path / "b.csv").symlink_to("a.csv")
    with pytest.raises(SourceError, match="符号链接循环"):
        open_source(tmp_path / "a.csv")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "dbf"])
def test_a_header_without_rows_is_said_once(
    tmp_path: Path, kind: str, write_xlsx: Callable[..., Path], write_dbf: Callable[..., Path]
) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "csv":
        path.write_text("个人编号,姓名\n", "utf-8")
    elif kind == "parquet":
        pq.write_table(pa.table({"个人编号": pa.array([], pa.string())}), path)
    else:
        path = write_xlsx(人员=[["个人编号", "姓名"]]) if kind == "xlsx" else write_dbf([("AAC001", "C", 8, 0)], [])
    reader = open_source(path, known_names=frozenset({"个人编号", "姓名"}))
    for _ in range(2):
        assert sum(len(batch.rows) for batch in reader.batches()) == 0
    assert reader.layout.notes == [NO_ROWS_NOTE]
