"""The functions of the rule language: what each takes, what it gives, and how large that can get.

Invariant: a function is null where an argument is null, and is written so that no engine stops at any value that its
arguments can have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from renshe.engine.rules.dialects import Dialect
from renshe.engine.rules.rough import absolute, rounded
from renshe.engine.rules.typed import NARROW, Sql, amount, integer
from renshe.engine.schema import Kind

Build = Callable[[Dialect, tuple[Sql, ...], int], Sql]
_CENT, _HALF_CENT = 2, Decimal("0.005")


@dataclass(frozen=True, slots=True)
class Function:
    """The kinds of the arguments, and what writes the call (given the dialect, the arguments and the place)."""

    args: tuple[tuple[Kind, ...], ...]
    build: Build


def _month_index(dialect: Dialect, month: Sql, place: int) -> Sql:
    # yyyy00 stands for a year; for arithmetic it begins in January.
    years = dialect.quotient(month.text, 100)
    text = f"({years} * 12 + greatest(({month.text}) % 100, 1) - 1)"
    return integer(text, month.limit // 100 * 12 + 100, place)


def _date_index(day: Sql, place: int) -> Sql:
    return integer(f"(year({day.text}) * 12 + month({day.text}) - 1)", 10**8, place)


def _difference(dialect: Dialect, later: Sql, earlier: Sql, place: int) -> Sql:
    limit = later.limit + earlier.limit
    return integer(f"({dialect.wide(later, limit)} - {earlier.text})", limit, place)


def _add_months(dialect: Dialect, args: tuple[Sql, ...], place: int) -> Sql:
    month, count = _month_index(dialect, args[0], place), args[1]
    # The sum is written twice and multiplied once: computed wide, so that neither can overflow.
    reached = integer(f"({dialect.wide(month, NARROW)} + ({count.text}))", month.limit + count.limit, place)
    text = f"({dialect.quotient(reached.text, 12)} * 100 + {reached.text} % 12 + 1)"
    return integer(text, reached.limit // 12 * 100 + 112, place)


def _round_cent(dialect: Dialect, args: tuple[Sql, ...], place: int) -> Sql:
    [value] = args
    if value.scale <= _CENT:
        limit = value.limit * 10 ** (_CENT - value.scale)
    else:
        limit = value.limit // 10 ** (value.scale - _CENT) + 1
    result = amount("", limit, _CENT, place)
    if value.scale <= _CENT:
        return Sql(f"CAST({value.text} AS {result.decimal})", "decimal", limit, _CENT, value.rough)
    return Sql(dialect.cent(value, result), "decimal", limit, _CENT, rounded(value.rough, _HALF_CENT))


def _abs(dialect: Dialect, args: tuple[Sql, ...], place: int) -> Sql:
    [value] = args
    if value.kind == "int":
        return integer(f"abs({dialect.wide(value, value.limit)})", value.limit, place)
    return Sql(f"abs({value.text})", "decimal", value.limit, value.scale, absolute(value.rough))


def _text(name: str) -> Build:
    return lambda dialect, args, place: Sql(f"{name}({', '.join(arg.text for arg in args)})", "text")


_NUMBER: tuple[Kind, ...] = ("int", "decimal")
FUNCTIONS: dict[str, Function] = {
    "length": Function((("text",),), lambda d, a, at: integer(f"length({a[0].text})", NARROW - 1, at)),
    "left": Function((("text",), ("int",)), _text("left")),
    "right": Function((("text",), ("int",)), _text("right")),
    "substr": Function((("text",), ("int",), ("int",)), _text("substr")),
    "starts_with": Function((("text",), ("text",)), lambda d, a, at: Sql(d.starts_with(a[0].text, a[1].text), "bool")),
    "contains": Function((("text",), ("text",)), lambda d, a, at: Sql(f"contains({a[0].text}, {a[1].text})", "bool")),
    "abs": Function((_NUMBER,), _abs),
    "round_cent": Function((_NUMBER,), _round_cent),
    "month_of": Function(
        (("date",),), lambda d, a, at: integer(f"(year({a[0].text}) * 100 + month({a[0].text}))", 10**9, at)
    ),
    "year_of": Function(
        (("int",),), lambda d, a, at: integer(f"({d.quotient(a[0].text, 100)})", a[0].limit // 100, at)
    ),
    "is_year": Function((("int",),), lambda d, a, at: Sql(f"(({a[0].text}) % 100 = 0)", "bool")),
    "add_months": Function((("int",), ("int",)), _add_months),
    "months_between": Function(
        (("int",), ("int",)),
        lambda d, a, at: _difference(d, _month_index(d, a[1], at), _month_index(d, a[0], at), at),
    ),
    "age_months": Function(
        (("date",), ("int",)), lambda d, a, at: _difference(d, _month_index(d, a[1], at), _date_index(a[0], at), at)
    ),
}
# Positions that must be constants: engines differ on what 0, negatives or columns mean there.
POSITIVE = {"left": (1,), "right": (1,), "substr": (1, 2)}
CONSTANT_TEXT = {"starts_with": (1,), "contains": (1,)}
