"""A piece of SQL with the kind of its value and, for numbers, how large it can get.

Engines part where a number no longer fits: one widens, one rounds, one stops. So every number carries its bound, and
an expression whose result could leave 64 bits (counts, months) or 38 digits (amounts) is refused before anything runs.

Invariant: no value of ``Sql`` is larger than ``limit`` units of 10^-``scale``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from renshe.engine.rules.expression import ExpressionError
from renshe.engine.rules.rough import Rough, of_value
from renshe.engine.schema import Kind

NARROW = 1 << 31
_INTEGER = 1 << 63
_DIGITS = 38
# A group of a billion rows is beyond any agency.
ROWS = 10**9
SUM_DIGITS = 26
# What a parameter's value is kept as.
PARAMETER = pa.decimal128(16, 6)


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the kind of its value (None for a bare null); ``rough`` is an amount as a double."""

    text: str
    kind: Kind | None
    limit: int = 0
    scale: int = 0
    rough: Rough | None = None

    @property
    def digits(self) -> int:
        """Return the precision that holds every value, with at least one digit before the point."""
        return max(len(str(self.limit)), self.scale + 1)

    @property
    def decimal(self) -> str:
        """Return the SQL type that holds every value exactly."""
        return f"DECIMAL({self.digits}, {self.scale})"

    @property
    def cast(self) -> Sql:
        """Return the number as a decimal of its own precision."""
        return replace(self, text=f"CAST({self.text} AS {self.decimal})", kind="decimal", rough=self.as_rough)

    @property
    def as_rough(self) -> Rough | None:
        """Return the number as a double; None where its error cannot be told, or where it is none."""
        return of_value(self.text) if self.kind == "int" else self.rough


def kept(found: Sql, text: str) -> Sql:
    """Return a value that stands in the column ``text``."""
    return replace(found, text=text, rough=of_value(text) if found.kind == "decimal" else None)


def of_type(text: str, kind: Kind, arrow: pa.DataType) -> Sql:
    """Return a column of the Arrow type ``arrow`` with the bound that the type gives it."""
    if kind == "int":
        return Sql(text, kind, 1 << (arrow.bit_width - 1))
    if kind == "decimal":
        return Sql(text, kind, 10**arrow.precision - 1, arrow.scale, of_value(text))
    return Sql(text, kind)


def sql_type(kind: pa.DataType) -> str:
    """Return the type of a column of the dictionary, as all engines call it."""
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return {"int32": "INT", "int64": "BIGINT", "date32[day]": "DATE", "bool": "BOOLEAN"}.get(str(kind), "STRING")


def integer(text: str, limit: int, place: int) -> Sql:
    """Return an integer; ExpressionError where it may leave 64 bits."""
    if limit >= _INTEGER:
        raise ExpressionError("结果可能超出 64 位整数；请改写", place)
    return Sql(text, "int", limit)


def amount(text: str, limit: int, scale: int, place: int, rough: Rough | None = None) -> Sql:
    """Return a decimal; ExpressionError where it may need more than 38 digits."""
    found = Sql(text, "decimal", limit, scale, rough)
    fitting(found.digits, place)
    return found


def fitting(digits: int, place: int) -> None:
    """Raise ExpressionError where a step of a computation may need more than 38 digits."""
    if digits > _DIGITS:
        raise ExpressionError("结果可能超过 38 位数字；请改写（如先取整到分）", place)


def common(values: list[Sql], place: int) -> tuple[int, int]:
    """Return limit and scale of the decimal that holds every one of ``values``."""
    scale = max(value.scale for value in values)
    limit = max(value.limit * 10 ** (scale - value.scale) for value in values)
    # Engines take a 64-bit integer for 20 digits when they compare it with an amount.
    whole = max(20 if value.kind == "int" else value.digits - value.scale for value in values)
    fitting(whole + scale, place)
    return limit, scale
