"""Queries kept as Parquet: values and types, one SELECT only, and never a secret in an error."""

from __future__ import annotations

import datetime as dt
import sqlite3
import traceback
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from renshe.engine.sources import database
from renshe.engine.sources.base import Reader, SourceError
from renshe.engine.sources.database import snapshot_query
from renshe.engine.sources.opening import open_source

ReadRows = Callable[[Reader], dict[int, list[Any]]]

SECRET = "Ge%20heim-93"
PLAIN_SECRET = "Ge heim-93"


@pytest.fixture(scope="module")
def pension(postgres_url: str) -> str:
    """A database of its own with a table of every type; the URL carries a password."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS pension")
        connection.execute("CREATE DATABASE pension")
    url = postgres_url.replace("/postgres?", "/pension?").replace(":@", f":{SECRET}@")
    with psycopg.connect(url) as connection:
        connection.execute(
            """CREATE TABLE ac01 (aac001 bigint, aac003 text, aac004 char(4), aac006 date, aae180 numeric(18,2),
               rate numeric, retired boolean, aae036 timestamp, seen timestamptz, share float8, tags text[])"""
        )
        connection.execute("SET timezone = 'UTC'")
        connection.execute(
            """INSERT INTO ac01 VALUES
               (1, '张三', '1', '1949-12-31', 3000.50, 0.08, true, '2021-05-31 08:30', '2021-05-30 16:00+00', 1.5,
                '{甲,乙}'),
               (2, '', NULL, NULL, -1, NULL, false, NULL, NULL, NULL, NULL),
               (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
               (4, '李四', '2', 'infinity', NULL, 'NaN', NULL, NULL, NULL, NULL, NULL)"""
        )
    return url


def test_postgresql_keeps_its_types(pension: str, tmp_path: Path, read_rows: ReadRows) -> None:
    target = tmp_path / "a"
    assert snapshot_query(pension, "SELECT * FROM ac01 WHERE aac001 <> 4 ORDER BY 1;", target) == 2
    schema = pq.read_schema(target)
    kinds = dict(zip(schema.names, schema.types, strict=True))
    assert kinds == {
        "aac001": pa.int64(),
        "aac003": pa.string(),
        "aac004": pa.string(),
        "aac006": pa.date32(),
        "aae180": pa.decimal128(18, 2),
        "rate": pa.string(),
        "retired": pa.string(),
        "aae036": pa.timestamp("us"),
        "seen": pa.timestamp("us"),
        "share": pa.float64(),
        "tags": pa.string(),
    }
    midnight = dt.datetime(2021, 5, 31)
    assert read_rows(open_source(target)) == {
        1: [
            1,
            "张三",
            "1",
            dt.date(1949, 12, 31),
            Decimal("3000.50"),
            "0.08",
            "1",
            dt.datetime(2021, 5, 31, 8, 30),
            midnight,
            1.5,
            "{甲,乙}",
        ],
        2: [2, None, None, None, Decimal("-1.00"), None, "0", None, None, None, None],
    }


def test_a_value_that_no_type_holds_makes_its_column_text(pension: str, tmp_path: Path, read_rows: ReadRows) -> None:
    target = tmp_path / "a"
    assert snapshot_query(pension, "SELECT aac001, aac006, rate FROM ac01 ORDER BY aac001 NULLS FIRST", target) == 4
    assert read_rows(open_source(target)) == {
        2: [1, "1949-12-31", "0.08"],
        3: [2, None, None],
        4: [4, "infinity", "NaN"],
    }


def test_a_result_of_many_batches(pension: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BATCH_ROWS", 7)
    target = tmp_path / "a"
    assert snapshot_query(pension, "SELECT n, 'x' || n AS t FROM generate_series(1, 100) AS n", target) == 100
    assert pq.read_table(target)["t"].to_pylist() == [f"x{number}" for number in range(1, 101)]
    assert snapshot_query(pension, "SELECT 1 AS a, 2 AS a WHERE false", target) == 0
    assert pq.read_schema(target).names == ["a", "a_2"]


def test_a_percent_sign_a_colon_and_a_comment_are_part_of_the_query(pension: str, tmp_path: Path) -> None:
    query = "SELECT count(*) AS n -- all; of them\nFROM ac01 WHERE aac003 LIKE '张%' AND ':x;' <> ''"
    for url in (pension, pension.replace("postgresql:", "postgresql+psycopg:")):
        assert snapshot_query(url, query, tmp_path / "a") == 1
        assert pq.read_table(tmp_path / "a")["n"].to_pylist() == [1]


@pytest.fixture
def civil(tmp_path: Path) -> str:
    path = tmp_path / "civil.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE 死亡 (编号, 姓名, 日期, 金额)")
        connection.execute("INSERT INTO 死亡 VALUES (1, '张三', '2021-05-31', 3000.5), (NULL, 'a%b', x'ff', 7.0)")
    connection.close()
    return f"sqlite:///{path}"


def test_any_other_database_by_sqlalchemy(civil: str, tmp_path: Path, read_rows: ReadRows) -> None:
    target = tmp_path / "a"
    assert snapshot_query(civil, "SELECT * FROM 死亡 WHERE 姓名 LIKE '%' OR 1 = 2", target) == 2
    assert read_rows(open_source(target)) == {1: ["1", "张三", "2021-05-31", "3000.5"], 2: [None, "a%b", "\\xff", "7"]}


def test_a_blob_is_the_text_that_it_holds_and_what_is_none_is_noted(tmp_path: Path, read_rows: ReadRows) -> None:
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE t (aac001 BLOB, aac003 BLOB, zp BLOB)")
        values = (b"7", "张三".encode("gb18030"), b"\xff\xd8\xff\xe0")
        connection.execute("INSERT INTO t VALUES (?, ?, ?), (NULL, ?, NULL)", (*values, "李四".encode()))
    connection.close()
    assert snapshot_query(f"sqlite:///{tmp_path / 'a.db'}", "SELECT * FROM t", tmp_path / "a") == 2
    reader = open_source(tmp_path / "a")
    assert read_rows(reader) == {1: ["7", "张三", "\\xffd8ffe0"], 2: [None, "李四", None]}
    assert reader.layout.notes == [
        "列“zp”有 1 个值是二进制内容，不是文字，以十六进制原样保留；请在查询或导出时转换为文字"
    ]


def test_bytes_of_postgresql_are_text_where_they_hold_text(pension: str, tmp_path: Path, read_rows: ReadRows) -> None:
    query = "SELECT convert_to('张三', 'GBK') AS a, '\\xff00'::bytea AS b, NULL::bytea AS c, 1 AS d"
    assert snapshot_query(pension, query, tmp_path / "a") == 1
    assert read_rows(open_source(tmp_path / "a")) == {1: ["张三", "\\xff00", None, 1]}


WRITES = [
    "DELETE FROM ac01",
    "SELECT 1; DELETE FROM ac01",
    "SELECT * INTO copy FROM ac01",
    "WITH gone AS (DELETE FROM ac01 RETURNING 1) SELECT * FROM gone",
    "DROP TABLE ac01",
    "SELECT 'unclosed",
    "",
    "-- nothing",
]


@pytest.mark.parametrize("query", WRITES)
def test_a_query_that_is_not_one_select_is_refused_and_changes_nothing(
    pension: str, civil: str, tmp_path: Path, query: str
) -> None:
    before = database.snapshot_query(pension, "SELECT * FROM ac01", tmp_path / "before")
    for url, text in ((pension, query), (civil, query.replace("ac01", "死亡"))):
        with pytest.raises(SourceError) as caught:
            snapshot_query(url, text, tmp_path / "a")
        _assert_safe(caught, url)
        assert not (tmp_path / "a").exists()
    assert snapshot_query(pension, "SELECT * FROM ac01", tmp_path / "after") == before
    assert snapshot_query(civil, "SELECT * FROM 死亡", tmp_path / "after") == 2


def _assert_safe(caught: pytest.ExceptionInfo[SourceError], url: str) -> None:
    """One line, and nothing of the URL in it nor in anything that Python would print with it."""
    text = str(caught.value)
    assert "\n" not in text
    assert "；" in text
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    for secret in (SECRET, PLAIN_SECRET, url, url.partition("//")[2]):
        assert len(secret) < 10 or secret.lower() not in shown.lower()


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT * FROM nowhere", '查询失败（relation "nowhere" does not exist）'),
        ("SELECT nothing FROM ac01", '查询失败（column "nothing" does not exist）'),
        ("SELECT 1 / (aac001 - aac001) FROM ac01", "查询失败（division by zero）"),
        (f"SELECT '{PLAIN_SECRET}'::int", '查询失败（invalid input syntax for type integer: "***"）'),
        ("SELECT FROM ac01", "query 没有任何列"),
    ],
)
def test_errors_of_a_query_say_what_and_hide_the_url(pension: str, tmp_path: Path, query: str, what: str) -> None:
    with pytest.raises(SourceError) as caught:
        snapshot_query(pension, query, tmp_path / "a")
    assert what in str(caught.value)
    _assert_safe(caught, pension)
    assert not (tmp_path / "a").exists()


def test_errors_of_other_databases_say_what_and_hide_the_url(civil: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"查询失败（no such table: nowhere）") as caught:
        snapshot_query(civil, "SELECT * FROM nowhere", tmp_path / "a")
    _assert_safe(caught, civil)


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"postgresql://u:{SECRET}@127.0.0.1:1/db", "无法连接"),
        (f"postgresql://u:{SECRET}@/db?host=nowhere-at-all", "无法连接"),
        (f"postgresql://u:{SECRET}@[::1/db", "无法连接"),
        (f"postgresql://u:{SECRET}@127.0.0.1:port/db", "无法连接"),
        (f"klingon://u:{SECRET}@h/db", "没有安装这种数据库的驱动"),
        (f"oracle://u:{SECRET}@h/db", "没有安装这种数据库的驱动"),
        (f"mysql+pymysql://u:{SECRET}@h/db", "没有安装这种数据库的驱动"),
        (f"u:{SECRET}@h/db", "不是合法的数据库地址"),
        (SECRET, "不是合法的数据库地址"),
        ("", "不是合法的数据库地址"),
        ("sqlite:///no-such-file.db", "数据库文件不存在"),
        ("sqlite://", "数据库文件不存在"),
    ],
)
def test_a_database_that_cannot_be_reached(url: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=what) as caught:
        snapshot_query(url, "SELECT 1", tmp_path / "a")
    if url:
        _assert_safe(caught, url)
    assert not Path("no-such-file.db").exists()


def test_a_wrong_database_or_role_is_a_failed_connection(pension: str, tmp_path: Path) -> None:
    for url in (pension.replace("/pension?", "/nowhere?"), pension.replace("postgres:", "nobody:")):
        with pytest.raises(SourceError, match="无法连接") as caught:
            snapshot_query(url, "SELECT 1", tmp_path / "a")
        _assert_safe(caught, url)
