"""Floating point only says which rows are looked at exactly: what it asks first never hides what is true."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.engine.rules.compiling import compile_expression
from renshe.engine.rules.dialects import DUCKDB, Dialect
from renshe.engine.rules.expression import parse
from renshe.engine.rules.scope import PlainScope
from renshe.engine.schema import columns

AMOUNTS = ("base", "unit_due", "person_due", "unit_paid")
RATES = ("_unit_rate", "_person_rate")


class _Exact(type(DUCKDB)):  # type: ignore[misc]
    """The dialect without any question asked first."""

    compared = Dialect.compared


amounts = st.one_of(
    st.none(),
    st.decimals(-999, 999, places=2),
    st.decimals(-(10**16) + 1, 10**16 - 1, places=2),
    st.sampled_from([Decimal(text) for text in ("0", "0.01", "-0.01", "3000", "240.00", "240.01", "240.05", "240.06")]),
)
rates = st.one_of(st.none(), st.sampled_from([Decimal(text) for text in ("0", "0.08", "0.16", "0.005", "0.000001")]))
rows = st.lists(
    st.fixed_dictionaries(dict.fromkeys(AMOUNTS, amounts) | dict.fromkeys(RATES, rates)),
    min_size=1,
    max_size=20,
)
products = st.builds(
    "{} * {}".format, st.sampled_from(["base", "coalesce(unit_paid, base)"]), st.sampled_from([*RATES, "0.08"])
)
computed = st.one_of(
    products, st.builds("round_cent({})".format, products), st.builds("{} / 4".format, st.just("base"))
)
comparisons = st.builds(
    "{} {} {}".format,
    st.one_of(
        st.builds("abs({} - {})".format, st.sampled_from(AMOUNTS), computed),
        st.builds("{} + {}".format, computed, st.sampled_from(AMOUNTS)),
        st.builds("-{} - {}".format, st.sampled_from(AMOUNTS), st.sampled_from(AMOUNTS)),
        computed,
    ),
    st.sampled_from(["=", "<>", "<", "<=", ">", ">="]),
    st.sampled_from(["0", "0.05", "0.006", "240", "240.01", "unit_due", "coalesce(person_due, 0)"]),
)


@settings(max_examples=150)
@given(comparisons, rows)
def test_asking_roughly_first_changes_no_answer(text: str, given_rows: list[dict[str, Decimal | None]]) -> None:
    kinds = columns("contribution")
    schema = pa.schema([(name, kinds[name]) for name in (*AMOUNTS, *RATES)])
    table = pa.Table.from_pylist(given_rows, schema)
    quick, exact = (
        compile_expression(parse(text), PlainScope("contribution", "t", None, dialect)).text
        for dialect in (DUCKDB, _Exact())
    )
    with duckdb.connect() as connection:
        connection.register("t", table)
        [(differing,)] = connection.execute(
            f"SELECT count(*) FROM t WHERE ({quick}) IS DISTINCT FROM ({exact})"
        ).fetchall()
    assert differing == 0


def test_a_computed_amount_is_asked_roughly_and_a_column_is_not() -> None:
    scope = PlainScope("contribution", "t")
    assert "DOUBLE" in compile_expression(parse("abs(unit_due - base * 0.16) > 0.05"), scope).text
    assert "DOUBLE" not in compile_expression(parse("unit_due > base"), scope).text
