"""One query of a database, kept as a Parquet file: PostgreSQL by psycopg, any other through SQLAlchemy.

A round must be repeatable, and a live database never answers twice alike; so what a query answered is written down
once, and the round reads that. The agency's database is somebody else's: one SELECT, in a read-only transaction.

Columns of PostgreSQL keep their types: int64, decimal128, double, date32, timestamp[us]; everything else is text, and
so is a column with a value that its type cannot hold here (a date ``infinity``). Other drivers do not agree on what
they tell of types (SQLite tells nothing), so their columns are all text.

Invariant: the URL carries a password, so no part of it but the name of the database system is ever in an error, a
note or a representation, and errors have no cause that could show it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.engine.sources.base import SourceError
from renshe.engine.sources.cells import bytes_text, value_text
from renshe.engine.sources.headers import unique_names
from renshe.engine.sources.parquet import BATCH_ROWS, LOCAL_ZONE

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Connection

_CONNECT_SECONDS = 15
_POSTGRES = frozenset({"postgres", "postgresql"})
_SQLGLOT = {"postgresql": "postgres", "postgres": "postgres", "mssql": "tsql"}
_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
# Type oids of PostgreSQL (pg_type.dat).
_BOOL, _BYTEA, _CHAR, _NUMERIC, _TIMESTAMPTZ = 16, 17, 1042, 1700, 1184
_TYPES = {
    **dict.fromkeys((20, 21, 23, 26), pa.int64()),
    **dict.fromkeys((700, 701), pa.float64()),
    1082: pa.date32(),
    **dict.fromkeys((1114, _TIMESTAMPTZ), pa.timestamp("us")),
}


class _Misfit(Exception):
    """A value does not fit the type of its column; ``column`` is its place."""

    def __init__(self, column: int) -> None:
        super().__init__(column)
        self.column = column


def snapshot_query(url: str, query: str, target_parquet: Path) -> int:
    """Write the rows that a query answers to a Parquet file; return how many there are.

    ``url`` is ``postgresql://…`` or any URL of SQLAlchemy, its secrets filled in. ``query`` is one SELECT. Raises
    SourceError when the database cannot be reached or refuses the query; then no file is left.
    """
    system = _system(url)
    query = _single_select(system, query)
    try:
        if system in _POSTGRES:
            return _snapshot_postgres(url, query, target_parquet)
        return _snapshot_other(system, url, query, target_parquet)
    except BaseException:
        target_parquet.unlink(missing_ok=True)
        raise


def _system(url: str) -> str:
    """Return the name of the database system, "" for what is no URL: it may be a password in the wrong place."""
    named = re.match(r"\s*([A-Za-z][A-Za-z0-9]{1,19})(?:\+\w+)?://", url)
    return named[1].lower() if named else ""


def _refused(system: str, what: str, remedy: str) -> SourceError:
    return SourceError(f"数据库 {system or '?'}://***：{what}；{remedy}")


def _single_select(system: str, query: str) -> str:
    """Return the query without its last semicolon; SourceError where it is anything but one SELECT."""
    from sqlglot import TokenError, TokenType, tokenize
    from sqlglot.dialects import Dialects

    dialect = _SQLGLOT.get(system, system)
    known = {item.value for item in Dialects}
    try:
        tokens = tokenize(query, read=dialect if dialect in known else None)
    except TokenError:
        raise _refused(system, "query 不是完整的 SQL 语句", "请检查引号和括号") from None
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        query = query[: tokens.pop().start]
    kinds = {token.token_type for token in tokens}
    opening = next((token.text.upper() for token in tokens if token.text != "("), "")
    if opening not in ("SELECT", "WITH", "VALUES") or kinds & {TokenType.SEMICOLON, TokenType.INTO}:
        raise _refused(system, "query 只能是一条 SELECT 语句", "请改为只读查询，多条语句分列为多个来源")
    return query


def _safe(text: str, url: str) -> str:
    """Return a database's message as one line, without anything that the URL keeps secret."""
    place, _, settings = url.partition("://")[2].partition("?")
    user = place.rpartition("@")[0]
    secrets = {url, place, user, user.partition(":")[2], *(value for _, value in parse_qsl(settings))}
    for secret in sorted({*secrets, *map(unquote, secrets)} - {""}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return " ".join(text.split())[:300]


# PostgreSQL


def _snapshot_postgres(url: str, query: str, target: Path) -> int:
    import psycopg

    try:
        connection = psycopg.connect(
            "postgresql" + url[url.index(":") :], client_encoding="utf8", connect_timeout=_CONNECT_SECONDS
        )
    except (psycopg.Error, ValueError):
        raise _refused(
            "postgresql", "无法连接", "请检查环境变量中的地址、端口、库名、用户名和密码，以及网络是否通"
        ) from None
    try:
        with closing(connection):
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute("SET LOCAL datestyle = 'ISO, YMD'")
            connection.execute("SET LOCAL bytea_output = 'hex'")
            connection.execute(f"SET LOCAL timezone = '{LOCAL_ZONE}'")
            return _write_postgres(connection, query, target)
    except psycopg.Error as exc:
        said = _safe(exc.diag.message_primary or "连接中断", url)
        raise _refused("postgresql", f"查询失败（{said}）", "请核对 query 中的表名、列名和账号的读取权限") from None
    except UnicodeDecodeError:
        raise _refused(
            "postgresql", "结果中有不是数据库字符集的文字", "请在 query 中转换，或导出为文件后再导入"
        ) from None


def _write_postgres(connection: psycopg.Connection[Any], query: str, target: Path) -> int:
    """Write the result; a column whose values do not fit its type is begun again as text, on the same snapshot."""
    from psycopg.types.string import TextLoader

    with connection.cursor(name="renshe_describe") as cursor:
        cursor.execute(query.encode())
        described = list(cursor.description or [])
    if not described:
        raise _refused("postgresql", "query 没有任何列", "请在 SELECT 后列出要读取的列")
    for column in described:
        connection.adapters.register_loader(column.type_code, TextLoader)
    schema = [_postgres_type(column) for column in described]
    codes = [column.type_code for column in described]
    names = unique_names([column.name for column in described])
    while True:
        with connection.cursor(name="renshe_read") as cursor:
            cursor.itersize = BATCH_ROWS
            cursor.execute(query.encode())
            try:
                return _write(target, names, schema, _postgres_batches(cursor, schema, codes))
            except _Misfit as misfit:
                schema[misfit.column] = pa.string()


def _postgres_type(column: psycopg.Column) -> pa.DataType:
    if column.type_code == _NUMERIC and column.precision and 0 <= (column.scale or 0) <= column.precision <= 38:
        return pa.decimal128(column.precision, column.scale or 0)
    return _TYPES.get(column.type_code, pa.string())


def _postgres_batches(
    cursor: psycopg.ServerCursor[Any], schema: list[pa.DataType], codes: list[int]
) -> Iterator[list[pa.Array]]:
    while rows := cursor.fetchmany(BATCH_ROWS):
        columns = []
        for place, values in enumerate(zip(*rows, strict=True)):
            column = pa.array(values, pa.string())
            if codes[place] == _BOOL:
                column = pc.if_else(pc.equal(column, "t"), "1", "0")
            elif codes[place] == _BYTEA:
                column = pa.array([value and bytes_text(bytes.fromhex(value[2:])) for value in values], pa.string())
            elif codes[place] == _CHAR:
                column = pc.utf8_rtrim(column, " ")
            elif codes[place] == _TIMESTAMPTZ:
                column = pc.replace_substring_regex(column, r"[+-]\d\d(:\d\d)*$", "")
            try:
                columns.append(column.cast(schema[place]))
            except pa.ArrowInvalid:
                raise _Misfit(place) from None
        yield columns


# Every other database


def _snapshot_other(system: str, url: str, query: str, target: Path) -> int:
    import sqlalchemy
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        engine = sqlalchemy.create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError):
        raise _refused(system, "没有安装这种数据库的驱动", "请安装其 SQLAlchemy 驱动，或导出为文件后再导入") from None
    except (ArgumentError, ValueError):
        raise _refused(system, "url 不是合法的数据库地址", "格式为 系统://用户:密码@主机:端口/库名") from None
    try:
        if system == "sqlite" and not Path(engine.url.database or "").is_file():
            raise _refused(system, "数据库文件不存在", "请检查环境变量中的路径")
        connection = engine.connect()
    except SQLAlchemyError:
        raise _refused(system, "无法连接", "请检查环境变量中的地址、端口、库名、用户名和密码，以及网络是否通") from None
    try:
        with closing(connection):
            return _write_other(connection, query, target, _READ_ONLY.get(system))
    except SQLAlchemyError as exc:
        said = _safe(str(getattr(exc, "orig", None) or type(exc).__name__), url)
        raise _refused(system, f"查询失败（{said}）", "请核对 query 中的表名、列名和账号的读取权限") from None
    finally:
        engine.dispose()


def _write_other(connection: Connection, query: str, target: Path, read_only: str | None) -> int:
    options = {"stream_results": True, "yield_per": BATCH_ROWS, "no_parameters": True}
    if read_only:
        connection.exec_driver_sql(read_only)
    with connection.exec_driver_sql(query, execution_options=options) as result:
        names = unique_names(list(result.keys()))
        batches = (
            [pa.array(map(value_text, values), pa.string()) for values in zip(*rows, strict=True)]
            for rows in result.partitions()
        )
        return _write(target, names, [pa.string()] * len(names), batches)


def _write(target: Path, names: tuple[str, ...], schema: list[pa.DataType], batches: Iterator[list[pa.Array]]) -> int:
    count = 0
    fields = pa.schema(list(zip(names, schema, strict=True)))
    with contextlib.closing(pq.ParquetWriter(target, fields, compression="zstd")) as writer:
        for columns in batches:
            writer.write_batch(pa.record_batch(columns, schema=fields))
            count += len(columns[0])
    return count
