"""Checked translation of a rule expression into the SQL of one engine.

The same expression must mean the same on every engine (S1-33), so only what is listed here exists: each operator and
function has typed arguments and, per dialect, a template proven equal by every rule's examples. There are no implicit
casts, division is multiplication by an exact reciprocal, and null is unknown.

Invariant: compiling is total: it returns SQL with its kind, or raises ``ExpressionError`` with the place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from renshe.engine.rules import expression as ex
from renshe.engine.rules.expression import ExpressionError
from renshe.engine.rules.patterns import check_pattern
from renshe.engine.schema import Kind

_IN_AS_JOIN = 5
_COMPARED_ONE_BY_ONE = 20
_SHORT = 40

AGGREGATES = frozenset({"count", "count_distinct", "sum", "min", "max", "bool_any"})


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the kind of its value (None for a bare null)."""

    text: str
    kind: Kind | None


class Scope(Protocol):
    """What names mean where the expression stands."""

    def column(self, relation: str | None, name: str, place: int) -> Sql:
        """Resolve a column, or raise ExpressionError."""
        ...

    def empty(self, name: str, place: int) -> Sql:
        """SQL that is true where the field is there and holds nothing."""
        ...

    def known_code(self, name: str, place: int) -> Sql:
        """SQL that is true where the field's value is in its code list."""
        ...

    def param(self, name: str, month: str | None, kind: str | None, place: int) -> Sql:
        """SQL of a dated parameter."""
        ...

    def aggregate(self, name: str, arg: ex.Node | None, place: int) -> Sql:
        """SQL of an aggregate, or raise ExpressionError where none may stand."""
        ...


def one_of(value: str, choices: Sequence[str]) -> str:
    """Return SQL that is true where ``value`` is one of ``choices``, both SQL.

    DuckDB turns a longer IN into a join of its own for every place it stands in; comparing a few values costs less.
    """
    if _IN_AS_JOIN <= len(choices) <= _COMPARED_ONE_BY_ONE and len(value) <= _SHORT:
        return "(" + " OR ".join(f"{value} = {choice}" for choice in choices) + ")"
    return f"({value} IN ({', '.join(choices)}))"


def _month_index(month: str) -> str:
    # yyyy00 stands for a year; for arithmetic it begins in January.
    return f"(({month}) // 100 * 12 + greatest(({month}) % 100, 1) - 1)"


def _add_months(month: str, count: str) -> str:
    index = f"({_month_index(month)} + ({count}))"
    return f"({index} // 12 * 100 + {index} % 12 + 1)"


def _date_index(day: str) -> str:
    return f"(year({day}) * 12 + month({day}) - 1)"


def _round_cent(value: str) -> str:
    # A 128-bit number is divided bit by bit; below a million yuan 64 bits hold twelve decimals and cost a twentieth.
    narrow = f"CAST(round(CAST({value} AS DECIMAL(18, 12)), 2) AS DECIMAL(38, 2))"
    return f"(CASE WHEN abs({value}) < 1000000 THEN {narrow} ELSE round({value}, 2) END)"


@dataclass(frozen=True, slots=True)
class _Function:
    args: tuple[tuple[Kind, ...], ...]
    result: Kind
    template: Callable[..., str]


_NUMBER: tuple[Kind, ...] = ("int", "decimal")
_FUNCTIONS: dict[str, _Function] = {
    "length": _Function((("text",),), "int", lambda x: f"length({x})"),
    "left": _Function((("text",), ("int",)), "text", lambda x, n: f"left({x}, {n})"),
    "right": _Function((("text",), ("int",)), "text", lambda x, n: f"right({x}, {n})"),
    "substr": _Function((("text",), ("int",), ("int",)), "text", lambda x, a, n: f"substr({x}, {a}, {n})"),
    "starts_with": _Function((("text",), ("text",)), "bool", lambda x, y: f"starts_with({x}, {y})"),
    "contains": _Function((("text",), ("text",)), "bool", lambda x, y: f"contains({x}, {y})"),
    "matches": _Function((("text",), ("text",)), "bool", lambda x, y: f"regexp_matches({x}, {y})"),
    "abs": _Function((_NUMBER,), "decimal", lambda x: f"abs({x})"),
    "round_cent": _Function((_NUMBER,), "decimal", _round_cent),
    "month_of": _Function((("date",),), "int", lambda d: f"(year({d}) * 100 + month({d}))"),
    "year_of": _Function((("int",),), "int", lambda m: f"(({m}) // 100)"),
    "is_year": _Function((("int",),), "bool", lambda m: f"(({m}) % 100 = 0)"),
    "add_months": _Function((("int",), ("int",)), "int", _add_months),
    "months_between": _Function((("int",), ("int",)), "int", lambda a, b: f"({_month_index(b)} - {_month_index(a)})"),
    "age_months": _Function((("date",), ("int",)), "int", lambda d, m: f"({_month_index(m)} - {_date_index(d)})"),
}
# Positions that must be constants: engines differ on what 0, negatives or columns mean there.
_POSITIVE = {"left": (1,), "right": (1,), "substr": (1, 2)}
_CONSTANT_TEXT = {"starts_with": (1,), "contains": (1,), "matches": (1,)}


def quote(text: str) -> str:
    """Return ``text`` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _literal(node: ex.Literal) -> Sql:
    value = node.value
    if value is None:
        return Sql("NULL", None)
    if isinstance(value, bool):
        return Sql("TRUE" if value else "FALSE", "bool")
    if isinstance(value, int):
        return Sql(str(value), "int")
    if isinstance(value, Decimal):
        return Sql(str(value), "decimal")
    if isinstance(value, date):
        return Sql(f"DATE '{value.isoformat()}'", "date")
    return Sql(quote(value), "text")


_KIND_ZH = {"text": "文本", "int": "整数", "decimal": "金额", "date": "日期", "bool": "真假"}


def _same_kind(left: Sql, right: Sql, place: int) -> None:
    if left.kind is None or right.kind is None or left.kind == right.kind:
        return
    if {left.kind, right.kind} <= {"int", "decimal"}:
        return
    raise ExpressionError(f"{_KIND_ZH[left.kind]}不能与{_KIND_ZH[right.kind]}相比或相算（不做隐式转换）", place)


def compile_expression(node: ex.Node, scope: Scope) -> Sql:
    """Return the SQL of ``node`` in ``scope``; ExpressionError where it is not allowed."""
    match node:
        case ex.Literal():
            return _literal(node)
        case ex.Name():
            return scope.column(node.relation, node.name, node.place)
        case ex.Unary(op="not"):
            return Sql(f"(NOT {_boolean(node.operand, scope)})", "bool")
        case ex.Unary():
            return Sql(f"(-{_number(node.operand, scope).text})", _number(node.operand, scope).kind)
        case ex.Binary(op="and" | "or"):
            return Sql(f"({_boolean(node.left, scope)} {node.op.upper()} {_boolean(node.right, scope)})", "bool")
        case ex.Binary(op="+" | "-" | "*"):
            return _arithmetic(node, scope)
        case ex.Binary(op="/"):
            return _division(node, scope)
        case ex.Binary():
            left, right = compile_expression(node.left, scope), compile_expression(node.right, scope)
            _same_kind(left, right, node.place)
            return Sql(f"({left.text} {node.op} {right.text})", "bool")
        case ex.In():
            operand = compile_expression(node.operand, scope)
            for choice in node.choices:
                _same_kind(operand, _literal(choice), choice.place)
            return Sql(one_of(operand.text, [_literal(choice).text for choice in node.choices]), "bool")
        case ex.IsNull():
            return Sql(f"({compile_expression(node.operand, scope).text} IS NULL)", "bool")
        case ex.Case():
            return _case(node, scope)
        case ex.Call():
            return _call(node, scope)


def _boolean(node: ex.Node, scope: Scope) -> str:
    sql = compile_expression(node, scope)
    if sql.kind not in ("bool", None):
        raise ExpressionError("此处应为条件（真假）", node.place)
    return sql.text


def _number(node: ex.Node, scope: Scope) -> Sql:
    sql = compile_expression(node, scope)
    if sql.kind not in ("int", "decimal", None):
        raise ExpressionError("此处应为数", node.place)
    return sql


def _arithmetic(node: ex.Binary, scope: Scope) -> Sql:
    left, right = _number(node.left, scope), _number(node.right, scope)
    if left.kind == right.kind == "int":
        return Sql(f"({left.text} {node.op} {right.text})", "int")
    return Sql(f"({_wide(left.text)} {node.op} {right.text})", "decimal")


def _wide(text: str) -> str:
    """An amount of 16 digits is a finding, never an overflow: sums and products are computed in 38 digits."""
    return f"CAST({text} AS DECIMAL(28, 6))"


def _division(node: ex.Binary, scope: Scope) -> Sql:
    divisor = node.right.value if isinstance(node.right, ex.Literal) else None
    if isinstance(divisor, bool) or not isinstance(divisor, int | Decimal) or divisor == 0:
        raise ExpressionError("只能除以不为零的常数", node.place)
    reciprocal = Decimal(1) / Decimal(divisor)
    if reciprocal * divisor != 1 or -int(reciprocal.as_tuple().exponent) > 6:
        raise ExpressionError("只能除以倒数为有限小数（六位以内）的常数，如 2、4、5、10、100", node.place)
    return Sql(f"({_wide(_number(node.left, scope).text)} * {reciprocal:f})", "decimal")


def _case(node: ex.Case, scope: Scope) -> Sql:
    parts: list[str] = []
    values: list[Sql] = []
    for condition, value in node.whens:
        values.append(compile_expression(value, scope))
        parts.append(f"WHEN {_boolean(condition, scope)} THEN {values[-1].text}")
    if node.default is not None:
        values.append(compile_expression(node.default, scope))
        parts.append(f"ELSE {values[-1].text}")
    for other in values[1:]:
        _same_kind(values[0], other, node.place)
    kind = next((sql.kind for sql in values if sql.kind), None)
    return Sql(f"(CASE {' '.join(parts)} END)", kind)


def _call(node: ex.Call, scope: Scope) -> Sql:
    if node.name in AGGREGATES:
        return scope.aggregate(node.name, node.args[0] if node.args else None, node.place)
    if node.name in ("empty", "known_code"):
        if len(node.args) != 1 or not isinstance(node.args[0], ex.Name) or node.args[0].relation:
            raise ExpressionError(f"{node.name}() 的参数应为本表的一个字段", node.place)
        name = node.args[0].name
        return scope.empty(name, node.place) if node.name == "empty" else scope.known_code(name, node.place)
    if node.name == "param":
        return _param(node, scope)
    if node.name in ("coalesce", "least", "greatest"):
        return _variadic(node, scope)
    function = _FUNCTIONS.get(node.name)
    if function is None:
        raise ExpressionError(f"没有函数 {node.name}()", node.place)
    return _apply(node, function, scope)


def _apply(node: ex.Call, function: _Function, scope: Scope) -> Sql:
    if len(node.args) != len(function.args):
        raise ExpressionError(f"{node.name}() 应有 {len(function.args)} 个参数", node.place)
    for at in _POSITIVE.get(node.name, ()):
        arg = node.args[at]
        if not isinstance(arg, ex.Literal) or not isinstance(arg.value, int) or arg.value < 1:
            raise ExpressionError(f"{node.name}() 的位置和长度应为正整数常量", arg.place)
    for at in _CONSTANT_TEXT.get(node.name, ()):
        arg = node.args[at]
        if not isinstance(arg, ex.Literal) or not isinstance(arg.value, str):
            raise ExpressionError(f"{node.name}() 的第 {at + 1} 个参数应为文本常量", arg.place)
        if node.name == "matches":
            check_pattern(arg.value, arg.place)
    compiled = [compile_expression(arg, scope) for arg in node.args]
    for allowed, sql, arg in zip(function.args, compiled, node.args, strict=True):
        if sql.kind is not None and sql.kind not in allowed:
            raise ExpressionError(f"{node.name}() 的参数应为{_KIND_ZH[allowed[0]]}", arg.place)
    kind = compiled[0].kind if node.name == "abs" else function.result
    return Sql(function.template(*(sql.text for sql in compiled)), kind)


def _variadic(node: ex.Call, scope: Scope) -> Sql:
    compiled = [compile_expression(arg, scope) for arg in node.args]
    if len(compiled) < 2:
        raise ExpressionError(f"{node.name}() 至少要有两个参数", node.place)
    for sql in compiled[1:]:
        _same_kind(compiled[0], sql, node.place)
    present = [sql.kind for sql in compiled if sql.kind]
    kind = "decimal" if "decimal" in present else next(iter(present), None)
    return Sql(f"{node.name}({', '.join(sql.text for sql in compiled)})", kind)


def _param(node: ex.Call, scope: Scope) -> Sql:
    if not 1 <= len(node.args) <= 3:
        raise ExpressionError(
            "param() 应写成 param('名称')、param('名称', 年月) 或 param('名称', 年月, '缴费主体')", node.place
        )
    name, *rest = node.args
    if not isinstance(name, ex.Literal) or not isinstance(name.value, str):
        raise ExpressionError("param() 的第一个参数应为参数名称（文本常量）", node.place)
    month = _number(rest[0], scope).text if rest else None
    kind = None
    if len(rest) == 2:
        if not isinstance(rest[1], ex.Literal) or not isinstance(rest[1].value, str):
            raise ExpressionError("param() 的第三个参数应为缴费主体（文本常量）", node.place)
        kind = rest[1].value
    return scope.param(name.value, month, kind, node.place)
