"""Whatever the language lets an author write means the same on both engines, value by value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.engine.spark.random_rows import ODD, random_row

from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dialects import DUCKDB, SPARK, Dialect
from renshe.engine.rules.expression import ExpressionError, parse
from renshe.engine.rules.scope import PlainScope
from renshe.engine.rules.stage_rows import stage_rows
from renshe.engine.schema import kinds

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EXPRESSIONS, AT_ONCE = 240, 60
TABLE, AS_OF, ROWS = "contribution", date(2021, 5, 31), 60
COLUMNS = {
    kind: [name for name, own in kinds(TABLE).items() if own == kind and name != "_system_kind"]
    for kind in ("text", "int", "decimal", "date", "bool")
}
TEXTS = ["110", "1", "张三", "", *(text for text in ODD if "\n" not in text)]
PATTERNS = ["^[0-9]+$", "[^0-9]", "[一-龥]{2}$", r"\d", "^(1|2|甲)$", "(ab?|c){1,2}", r"[a-z\-]$", "𠀀", "[甲5]$"]
Texts = st.SearchStrategy[str]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _call(name: str, *args: Texts) -> Texts:
    return st.tuples(*args).map(lambda given: f"{name}({', '.join(given)})")


def _infix(left: Texts, operators: list[str], right: Texts) -> Texts:
    return st.tuples(left, st.sampled_from(operators), right).map(lambda given: f"({' '.join(given)})")


def _case(value: Texts) -> Texts:
    return st.tuples(BOOL, value, value, st.booleans()).map(
        lambda given: f"(case when {given[0]} then {given[1]}" + (f" else {given[2]} end)" if given[3] else " end)")
    )


def _any(kind: str, value: Texts) -> Texts:
    """What holds for every kind: a column, a choice, the first that is known."""
    return st.one_of(st.sampled_from(COLUMNS[kind]), _call("coalesce", value, value), _case(value))


COUNT = st.sampled_from(["1", "2", "3", "20"])
TEXT = st.deferred(
    lambda: st.one_of(
        _any("text", TEXT),
        st.sampled_from(TEXTS).map(_quoted),
        _call("left", TEXT, COUNT),
        _call("right", TEXT, COUNT),
        _call("substr", TEXT, COUNT, COUNT),
        _call("least", TEXT, TEXT),
        _call("greatest", TEXT, TEXT),
    )
)
INT = st.deferred(
    lambda: st.one_of(
        _any("int", INT),
        st.integers(-(2**31), 2**31).map(lambda value: f"({value})"),
        st.sampled_from(["0", "12", "100", "202105", "as_of"]),
        _infix(INT, ["+", "-", "*"], INT),
        _call("length", TEXT),
        _call("abs", INT),
        _call("year_of", INT),
        _call("month_of", DATE),
        _call("add_months", INT, INT),
        _call("months_between", INT, INT),
        _call("age_months", DATE, INT),
        _call("least", INT, INT),
        _call("greatest", INT, INT, INT),
        INT.map(lambda value: f"(-{value})"),
    )
)
NUMBER = st.deferred(lambda: st.one_of(DECIMAL, INT))
DECIMAL = st.deferred(
    lambda: st.one_of(
        _any("decimal", DECIMAL),
        st.decimals(-(10**6), 10**6, places=3).map(lambda value: f"({value})"),
        _infix(DECIMAL, ["+", "-", "*"], NUMBER),
        _infix(NUMBER, ["/"], st.sampled_from(["2", "4", "100", "0.5", "12.5"])),
        _call("round_cent", NUMBER),
        _call("abs", DECIMAL),
        _call("least", DECIMAL, NUMBER),
        _call("greatest", NUMBER, DECIMAL),
        _call("coalesce", NUMBER, DECIMAL),
    )
)
DATE = st.deferred(
    lambda: st.one_of(
        _any("date", DATE),
        st.sampled_from(["as_of_date", "date '1949-10-01'", "date '0001-01-01'"]),
        _call("greatest", DATE, DATE),
    )
)
COMPARED = ["=", "<>", "<", "<=", ">", ">="]
BOOL = st.deferred(
    lambda: st.one_of(
        _any("bool", BOOL),
        _infix(TEXT, COMPARED, TEXT),
        _infix(NUMBER, COMPARED, NUMBER),
        _infix(DATE, COMPARED, DATE),
        _infix(BOOL, ["and", "or"], BOOL),
        BOOL.map(lambda value: f"(not {value})"),
        st.one_of(TEXT, NUMBER, DATE, BOOL).map(lambda value: f"({value} is null)"),
        st.tuples(TEXT, st.lists(st.sampled_from(TEXTS).map(_quoted), min_size=1, max_size=6)).map(
            lambda given: f"({given[0]} in ({', '.join(given[1])}))"
        ),
        st.tuples(NUMBER, NUMBER, NUMBER).map(lambda given: f"({given[0]} between {given[1]} and {given[2]})"),
        st.tuples(NUMBER, st.booleans()).map(lambda given: f"({given[0]} {'not ' * given[1]}in (0, -1, 2.5, 202101))"),
        _call("matches", TEXT, st.sampled_from(PATTERNS).map(_quoted)),
        _call("starts_with", TEXT, st.sampled_from(TEXTS).map(_quoted)),
        _call("contains", TEXT, st.sampled_from(TEXTS).map(_quoted)),
        _call("is_year", INT),
        st.sampled_from(["known_code(insurance)", "known_code(kind_class)"]),
    )
)
ANY = st.one_of(BOOL, DECIMAL, INT, TEXT, DATE)


def compiled(text: str, dialect: Dialect) -> str | None:
    """The value of an expression as text, None where the language refuses it."""
    try:
        return dialect.shown(compile_expression(parse(text), PlainScope(TABLE, "t", AS_OF, dialect)))
    except ExpressionError:
        return None


@pytest.fixture(scope="module")
def ask(spark: SparkSession) -> Callable[[list[str]], int]:
    """Ask both engines the same of the same rows; return how many expressions the language allows."""
    random = Random(5)
    given_rows = [random_row(TABLE, random, odd=0.5) for _ in range(ROWS)]
    rows = stage_rows(TABLE, "pension", "a.csv", given_rows, AS_OF)
    rows = rows.drop_columns(["raw"]).append_column("_as_of", pa.repeat(AS_OF, ROWS).cast(pa.date32()))
    rows = rows.append_column("_as_of_month", pa.repeat(202105, ROWS).cast(pa.int32()))
    for name, value in {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}.items():
        spark.conf.set(name, value)
    spark.createDataFrame(rows).localCheckpoint().createOrReplaceTempView("asked")
    connection = duckdb.connect(":memory:")
    connection.register("asked", rows)

    @lru_cache(maxsize=4096)
    def sql(text: str) -> tuple[str | None, str | None]:
        return compiled(text, DUCKDB), compiled(text, SPARK)

    def both(texts: list[str]) -> int:
        told = [(text, sql(text)) for text in texts]
        assert [text for text, (one, other) in told if (one is None) != (other is None)] == []
        allowed = [(text, one, other) for text, (one, other) in told if one is not None]
        if not allowed:
            return 0
        first, second = (
            f"SELECT {', '.join(f'{each[at]} AS c{n}' for n, each in enumerate(allowed))} FROM asked t"
            " ORDER BY source_row"
            for at in (1, 2)
        )
        by_duckdb: list[tuple[Any, ...]] = connection.execute(first).fetchall()
        by_spark = [tuple(row) for row in spark.sql(second).collect()]
        for n, (text, _, _) in enumerate(allowed):
            assert [row[n] for row in by_spark] == [row[n] for row in by_duckdb], text
        return len(allowed)

    return both


def gathered(count: int) -> list[str]:
    """Random expressions, all different: a query answers many of them at once."""
    found: list[str] = []

    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(ANY)
    def gather(text: str) -> None:
        found.append(text)

    gather()
    return list(dict.fromkeys(found))


@pytest.mark.req("S1-33", part="language")
def test_a_random_expression_has_the_same_value_on_every_row(ask: Callable[[list[str]], int]) -> None:
    texts = gathered(EXPRESSIONS)
    answered = sum(ask(texts[at : at + AT_ONCE]) for at in range(0, len(texts), AT_ONCE))
    assert answered > EXPRESSIONS // 4


@pytest.mark.parametrize(
    "text",
    [
        "round_cent(base / 2)",
        "round_cent(base * _person_rate)",
        "abs(base - person_due) * 1000000",
        "year_of(period - 300000)",
        "add_months(period, -2147483648)",
        "months_between(202100, period)",
        "age_months(operated_on, period)",
        "matches(operator, '^[0-9]$')",
        "left(operator, 2)",
        "right(operator, 1)",
        "substr(operator, 2, 1)",
        "length(operator)",
        "operator < 'é'",
        "case when base > 0 then base else 1 end",
        "coalesce(months, base)",
        "-(months)",
        "abs(months)",
        "months * months",
        "base * base",
    ],
)
def test_what_engines_are_known_to_read_differently_they_read_alike_here(
    ask: Callable[[list[str]], int], text: str
) -> None:
    assert ask([text]) == 1
