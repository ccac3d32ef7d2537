"""Checked translation of a rule expression into the SQL of one engine.

The same expression must mean the same on every engine (S1-33), so only what is listed here exists: each operator and
function has typed arguments and is written by the dialect of the engine, proven equal by every rule's examples. There
are no implicit casts, division is multiplication by an exact reciprocal, and null is unknown.

Invariant: compiling is total: it returns SQL with its kind and bound, or raises ``ExpressionError`` with the place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Protocol

from renshe.engine.rules import expression as ex
from renshe.engine.rules.dialects import Dialect, one_of, quote
from renshe.engine.rules.expression import ExpressionError
from renshe.engine.rules.patterns import check_pattern
from renshe.engine.rules.rough import computed, first_known, of_value
from renshe.engine.rules.typed import Sql, amount, common, fitting, integer
from renshe.engine.rules.vocabulary import CONSTANT_TEXT, FUNCTIONS, POSITIVE, Function

__all__ = ["AGGREGATES", "Scope", "Sql", "compile_expression", "one_of", "quote"]

_LONGEST = 10_000
AGGREGATES = frozenset({"count", "count_distinct", "sum", "min", "max", "bool_any"})


class Scope(Protocol):
    """What names mean where the expression stands, and for which engine it is written."""

    @property
    def dialect(self) -> Dialect:
        """The engine's way of writing."""
        ...

    def column(self, relation: str | None, name: str, place: int) -> Sql:
        """Resolve a column, or raise ExpressionError."""
        ...

    def empty(self, name: str, place: int) -> Sql:
        """SQL that is true where the field is there and holds nothing."""
        ...

    def known_code(self, name: str, place: int) -> Sql:
        """SQL that is true where the field's value is in its code list."""
        ...

    def param(self, name: str, month: Sql | None, kind: str | None, place: int) -> Sql:
        """SQL of a dated parameter."""
        ...

    def aggregate(self, name: str, arg: ex.Node | None, place: int) -> Sql:
        """SQL of an aggregate, or raise ExpressionError where none may stand."""
        ...


_KIND_ZH = {"text": "文本", "int": "整数", "decimal": "金额", "date": "日期", "bool": "真假"}


def _literal(node: ex.Literal, dialect: Dialect) -> Sql:
    value = node.value
    if value is None:
        return Sql("NULL", None)
    if isinstance(value, bool):
        return Sql("TRUE" if value else "FALSE", "bool")
    if isinstance(value, int):
        return integer(str(value), abs(value), node.place)
    if isinstance(value, Decimal):
        scale = -int(value.as_tuple().exponent)
        return amount(f"{value:f}", abs(int(value.scaleb(scale))), scale, node.place, of_value(f"{value:f}"))
    if isinstance(value, date):
        return Sql(f"DATE '{value.isoformat()}'", "date")
    return Sql(dialect.quote(value), "text")


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
            return _literal(node, scope.dialect)
        case ex.Name():
            return scope.column(node.relation, node.name, node.place)
        case ex.Unary(op="not"):
            return Sql(f"(NOT {_boolean(node.operand, scope)})", "bool")
        case ex.Unary():
            return _negative(node, scope)
        case ex.Binary(op="and" | "or"):
            return Sql(f"({_boolean(node.left, scope)} {node.op.upper()} {_boolean(node.right, scope)})", "bool")
        case ex.Binary(op="+" | "-" | "*"):
            return _arithmetic(node.op, _number(node.left, scope), _number(node.right, scope), scope, node.place)
        case ex.Binary(op="/"):
            return _division(node, scope)
        case ex.Binary():
            left, right = _known(node.left, scope), _known(node.right, scope)
            _comparable([left, right], node.place)
            return Sql(scope.dialect.compared(node.op, left, right), "bool")
        case ex.In():
            operand = _known(node.operand, scope)
            choices = [_known(choice, scope) for choice in node.choices]
            for choice, literal in zip(choices, node.choices, strict=True):
                _comparable([operand, choice], literal.place)
            return Sql(scope.dialect.one_of(operand.text, [choice.text for choice in choices]), "bool")
        case ex.IsNull():
            return Sql(f"({_known(node.operand, scope).text} IS NULL)", "bool")
        case ex.Case():
            return _case(node, scope)
        case ex.Call():
            return _call(node, scope)


def _known(node: ex.Node, scope: Scope) -> Sql:
    """Compile what must have a kind: engines give a bare null different ones."""
    sql = compile_expression(node, scope)
    if sql.kind is None:
        raise ExpressionError("此处不能写 null；要问是否为空请写 is null", node.place)
    return sql


def _boolean(node: ex.Node, scope: Scope) -> str:
    sql = _known(node, scope)
    if sql.kind != "bool":
        raise ExpressionError("此处应为条件（真假）", node.place)
    return sql.text


def _number(node: ex.Node, scope: Scope) -> Sql:
    sql = _known(node, scope)
    if sql.kind not in ("int", "decimal"):
        raise ExpressionError("此处应为数", node.place)
    return sql


def _comparable(values: list[Sql], place: int) -> None:
    for other in values[1:]:
        _same_kind(values[0], other, place)
    if any(value.kind == "decimal" for value in values):
        common(values, place)


def _negative(node: ex.Unary, scope: Scope) -> Sql:
    value = _number(node.operand, scope)
    text = scope.dialect.wide(value, value.limit) if value.kind == "int" else value.text
    rough = computed("-", of_value("0"), value.rough)
    return Sql(f"(-{text})", value.kind, value.limit, value.scale, rough if value.kind == "decimal" else None)


def _arithmetic(op: str, left: Sql, right: Sql, scope: Scope, place: int) -> Sql:
    if left.kind == right.kind == "int":
        limit = left.limit * right.limit if op == "*" else left.limit + right.limit
        return integer(f"({scope.dialect.wide(left, limit)} {op} {right.text})", limit, place)
    left, right = (value.cast if value.kind == "int" else value for value in (left, right))
    if op == "*":
        limit, scale = left.limit * right.limit, left.scale + right.scale
        # Engines give a product one digit more than its factors have.
        fitting(left.digits + right.digits + 1, place)
    else:
        scale = max(left.scale, right.scale)
        limit = sum(value.limit * 10 ** (scale - value.scale) for value in (left, right))
        fitting(max(value.digits - value.scale for value in (left, right)) + scale + 1, place)
    found = amount("", limit, scale, place, computed(op, left.rough, right.rough))
    first, second = scope.dialect.operands(left, right, limit)
    return scope.dialect.pinned(replace(found, text=f"({first} {op} {second})"))


def _division(node: ex.Binary, scope: Scope) -> Sql:
    divisor = node.right.value if isinstance(node.right, ex.Literal) else None
    if isinstance(divisor, bool) or not isinstance(divisor, int | Decimal) or divisor == 0:
        raise ExpressionError("只能除以不为零的常数", node.place)
    reciprocal = Decimal(1) / Decimal(divisor)
    scale = max(-int(reciprocal.normalize().as_tuple().exponent), 0)
    if reciprocal * divisor != 1 or scale > 6:
        raise ExpressionError("只能除以倒数为有限小数（六位以内）的常数，如 2、4、5、10、100", node.place)
    factor = amount(
        f"{reciprocal:f}", abs(int(reciprocal.scaleb(scale))), scale, node.place, of_value(f"{reciprocal:f}")
    )
    value = _number(node.left, scope)
    # Half of a count is an amount.
    return _arithmetic("*", value.cast if value.kind == "int" else value, factor.cast, scope, node.place)


def _united(write: Callable[[list[str]], str], values: list[Sql], scope: Scope, place: int) -> Sql:
    """Return the value that is one of ``values``, all of one kind; amounts and counts mixed are an amount."""
    known = [value for value in values if value.kind is not None]
    if not known:
        raise ExpressionError("此处至少要有一个不是 null 的值", place)
    for other in known[1:]:
        _same_kind(known[0], other, place)
    text = write([value.text for value in values])
    if all(value.kind == "int" for value in known):
        return Sql(text, "int", max(value.limit for value in known))
    if known[0].kind not in ("int", "decimal"):
        return Sql(text, known[0].kind)
    limit, scale = common(known, place)
    return scope.dialect.pinned(amount(text, limit, scale, place))


def _case(node: ex.Case, scope: Scope) -> Sql:
    conditions = [_boolean(condition, scope) for condition, _ in node.whens]
    values = [compile_expression(value, scope) for _, value in node.whens]
    if node.default is not None:
        values.append(compile_expression(node.default, scope))

    def write(texts: list[str]) -> str:
        parts = [f"WHEN {when} THEN {then}" for when, then in zip(conditions, texts, strict=False)]
        return f"(CASE {' '.join(parts + [f'ELSE {text}' for text in texts[len(conditions) :]])} END)"

    return _united(write, values, scope, node.place)


def _call(node: ex.Call, scope: Scope) -> Sql:
    if node.name in AGGREGATES:
        if len(node.args) > 1:
            raise ExpressionError(f"{node.name}() 应有一个参数", node.place)
        return scope.aggregate(node.name, node.args[0] if node.args else None, node.place)
    if node.name in ("empty", "known_code"):
        if len(node.args) != 1 or not isinstance(node.args[0], ex.Name) or node.args[0].relation:
            raise ExpressionError(f"{node.name}() 的参数应为本表的一个字段", node.place)
        name = node.args[0].name
        return scope.empty(name, node.place) if node.name == "empty" else scope.known_code(name, node.place)
    if node.name == "param":
        return _param(node, scope)
    if node.name == "matches":
        return _matches(node, scope)
    if node.name in ("coalesce", "least", "greatest"):
        return _variadic(node, scope)
    function = FUNCTIONS.get(node.name)
    if function is None:
        raise ExpressionError(f"没有函数 {node.name}()", node.place)
    return _apply(node, function, scope)


def _matches(node: ex.Call, scope: Scope) -> Sql:
    if len(node.args) != 2:
        raise ExpressionError("matches() 应有 2 个参数", node.place)
    value, pattern = _known(node.args[0], scope), node.args[1]
    if not isinstance(pattern, ex.Literal) or not isinstance(pattern.value, str):
        raise ExpressionError("matches() 的第 2 个参数应为文本常量", pattern.place)
    check_pattern(pattern.value, pattern.place)
    if value.kind != "text":
        raise ExpressionError("matches() 的参数应为文本", node.args[0].place)
    return Sql(scope.dialect.matches(value.text, pattern.value), "bool")


def _apply(node: ex.Call, function: Function, scope: Scope) -> Sql:
    if len(node.args) != len(function.args):
        raise ExpressionError(f"{node.name}() 应有 {len(function.args)} 个参数", node.place)
    for at in POSITIVE.get(node.name, ()):
        arg = node.args[at]
        if not isinstance(arg, ex.Literal) or not isinstance(arg.value, int) or not 1 <= arg.value <= _LONGEST:
            raise ExpressionError(f"{node.name}() 的位置和长度应为正整数常量", arg.place)
    for at in CONSTANT_TEXT.get(node.name, ()):
        arg = node.args[at]
        if not isinstance(arg, ex.Literal) or not isinstance(arg.value, str):
            raise ExpressionError(f"{node.name}() 的第 {at + 1} 个参数应为文本常量", arg.place)
    compiled = tuple(_known(arg, scope) for arg in node.args)
    for allowed, sql, arg in zip(function.args, compiled, node.args, strict=True):
        if sql.kind not in allowed:
            raise ExpressionError(f"{node.name}() 的参数应为{_KIND_ZH[allowed[0]]}", arg.place)
    return function.build(scope.dialect, compiled, node.place)


def _variadic(node: ex.Call, scope: Scope) -> Sql:
    compiled = [compile_expression(arg, scope) for arg in node.args]
    if len(compiled) < 2:
        raise ExpressionError(f"{node.name}() 至少要有两个参数", node.place)
    found = _united(lambda texts: f"{node.name}({', '.join(texts)})", compiled, scope, node.place)
    if node.name != "coalesce" or found.kind != "decimal":
        return found
    return replace(found, rough=first_known([value.as_rough for value in compiled]))


def _param(node: ex.Call, scope: Scope) -> Sql:
    if not 1 <= len(node.args) <= 3:
        raise ExpressionError(
            "param() 应写成 param('名称')、param('名称', 年月) 或 param('名称', 年月, '缴费主体')", node.place
        )
    name, *rest = node.args
    if not isinstance(name, ex.Literal) or not isinstance(name.value, str):
        raise ExpressionError("param() 的第一个参数应为参数名称（文本常量）", node.place)
    month = _number(rest[0], scope) if rest else None
    if month is not None and month.kind != "int":
        raise ExpressionError("param() 的第二个参数应为年月（整数）", node.place)
    kind = None
    if len(rest) == 2:
        if not isinstance(rest[1], ex.Literal) or not isinstance(rest[1].value, str):
            raise ExpressionError("param() 的第三个参数应为缴费主体（文本常量）", node.place)
        kind = rest[1].value
    return scope.param(name.value, month, kind, node.place)
