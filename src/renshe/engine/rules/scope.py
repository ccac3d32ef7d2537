"""What names mean inside a rule, and the proof that a rule can be compiled before any data is there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from renshe.engine.rules import expression as ex
from renshe.engine.rules.catalogue import CatalogueError, Relation, Rule
from renshe.engine.rules.compiling import AGGREGATES, compile_expression
from renshe.engine.rules.dialects import DUCKDB, Dialect
from renshe.engine.rules.expression import ExpressionError, parse
from renshe.engine.rules.holdings import Holdings
from renshe.engine.rules.patterns import check_pattern
from renshe.engine.rules.typed import PARAMETER, ROWS, SUM_DIGITS, Sql, fitting, integer, kept, of_type
from renshe.engine.schema import Kind, columns, kinds
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary

_COUNTS = frozenset({"count", "count_distinct"})
_NEEDS: dict[str, tuple[Kind, ...]] = {"sum": ("int", "decimal"), "bool_any": ("bool",)}
_LAST_MONTH = 999_912


@dataclass(frozen=True, slots=True)
class ParamUse:
    """A parameter as a rule asks for it: which, at which month (SQL), for which payer kind (None: the row's)."""

    name: str
    month: str
    kind: str | None
    by_insurance: bool


@dataclass(slots=True)
class Uses:
    """What compiled expressions need joined.

    ``relations`` maps each relation, without its takes and with its own keys as SQL, to the columns (look-up) or
    aggregates (texts) needed of it, so that rules which look at the same thing share one join.
    """

    relations: dict[Relation, set[str]] = field(default_factory=dict)
    params: list[ParamUse] = field(default_factory=list)
    own: set[str] = field(default_factory=set)

    def alias(self, relation: Relation, needed: str | None = None) -> str:
        """Return the alias under which ``relation`` is joined, noting a column or aggregate that is needed."""
        shared = replace(relation, take=(("", ""),)) if relation.take else relation
        columns = self.relations.setdefault(shared, set())
        if needed is not None:
            columns.add(needed)
        return f"x{list(self.relations).index(shared)}"

    def param(self, use: ParamUse) -> str:
        """Return the SQL of the value of ``use``."""
        if use not in self.params:
            self.params.append(use)
        return f"p{self.months().index(use.month)}.{parameter_column(use.name, use.kind)}"

    def months(self) -> list[str]:
        """Return the months (SQL) of which parameters are asked, each once: they are joined as ``p0``, ``p1`` …"""
        return list(dict.fromkeys(use.month for use in self.params))


def known_code_sql(name: str, value: str, dialect: Dialect = DUCKDB) -> str:
    """Return SQL that is true where ``value`` is of the code list ``name`` (or of its pattern, for open lists)."""
    codes = code_list(name)
    listed = dialect.one_of(value, [dialect.quote(code) for code in codes.values])
    if codes.pattern is None:
        return listed
    whole = f"^({codes.pattern})$"
    check_pattern(whole, 1)
    return f"({listed} OR {dialect.matches(value, whole)})"


def parameter_column(name: str, kind: str | None) -> str:
    """Return the column that holds the parameter ``name`` for the payer kind ``kind`` (None: the row's own)."""
    return f"v_{name}" if kind is None else f"v_{name}_for_{kind or 'none'}"


def take_column(text: str) -> str:
    """Return the column under which the aggregate ``text`` is kept: rules that ask for the same share it."""
    return "a_" + hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def aggregate(text: str, table: str, dialect: Dialect = DUCKDB) -> Sql:
    """Return the aggregate ``text`` over ``table`` (alias ``r``): its SQL, kind and bound."""
    node = parse(text)
    if not isinstance(node, ex.Call) or node.name not in AGGREGATES:
        raise ExpressionError("take 中应为聚合函数，如 count()、sum(字段)", 1)
    return compile_expression(node, RelatedScope(table, dialect=dialect))


def column_of(table: str, name: str, text: str) -> Sql:
    """Return the column ``name`` of ``table``, written ``text``, with its kind and bound."""
    kind = kinds(table)[name]
    arrow = columns(table).get(name)
    return Sql(text, kind) if arrow is None else of_type(text, kind, arrow)


class PlainScope:
    """Names of one table under one alias; no relations, no parameters."""

    def __init__(self, table: str, alias: str, as_of: date | None = None, dialect: Dialect = DUCKDB) -> None:
        self.table = table
        self.alias = alias
        self.dialect = dialect
        self.as_of = as_of or date(2000, 1, 31)

    def column(self, relation: str | None, name: str, place: int) -> Sql:
        if relation is not None:
            raise ExpressionError(f"此处不能引用关联 {relation}", place)
        month, day = self.dialect.as_of(self.alias, self.as_of)
        if name == "as_of":
            return integer(month, _LAST_MONTH, place)
        if name == "as_of_date":
            return Sql(day, "date")
        if name not in kinds(self.table):
            raise ExpressionError(f"表 {self.table} 没有字段 {name}", place)
        return column_of(self.table, name, self.dialect.column(self.alias, name))

    def empty(self, name: str, place: int) -> Sql:
        raise ExpressionError("此处不能用 empty()；请写 is null", place)

    def known_code(self, name: str, place: int) -> Sql:
        sql = self.column(None, name, place)
        field_ = next((f for f in dictionary()[self.table].fields if f.name == name), None)
        if field_ is None or field_.codes is None:
            raise ExpressionError(f"字段 {name} 没有代码表", place)
        return Sql(known_code_sql(field_.codes, sql.text, self.dialect), "bool")

    def param(self, name: str, month: Sql | None, kind: str | None, place: int) -> Sql:
        raise ExpressionError("此处不能用 param()", place)

    def aggregate(self, name: str, arg: ex.Node | None, place: int) -> Sql:
        raise ExpressionError(f"此处不能用聚合函数 {name}()", place)


class RelatedScope(PlainScope):
    """Names inside a relation: columns of the related table (alias ``r``), aggregates allowed at the top.

    ``my.x`` is a column of the judged row (of the table ``judged``), where the place allows it. ``given`` is SQL that
    limits what aggregates see, where rows of several relations are grouped together.
    """

    given: str | None = None

    def __init__(
        self, table: str, as_of: date | None = None, judged: str | None = None, dialect: Dialect = DUCKDB
    ) -> None:
        super().__init__(table, "r", as_of, dialect)
        self.judged = judged

    def column(self, relation: str | None, name: str, place: int) -> Sql:
        if relation == "my" and self.judged is not None:
            return PlainScope(self.judged, "t", self.as_of, self.dialect).column(None, name, place)
        return super().column(relation, name, place)

    def aggregate(self, name: str, arg: ex.Node | None, place: int) -> Sql:
        if name == "count" and arg is None:
            return Sql(f"count({self._limited('1') if self.given else '*'})", "int", ROWS)
        if arg is None:
            raise ExpressionError(f"{name}() 应有一个参数", place)
        inner = compile_expression(arg, PlainScope(self.table, "r", self.as_of, self.dialect))
        if inner.kind is None or (name in _NEEDS and inner.kind not in _NEEDS[name]):
            raise ExpressionError(f"{name}() 的参数应为" + ("条件" if name == "bool_any" else "数"), place)
        inner = kept(inner, self._limited(inner.text))
        if name == "bool_any":
            return Sql(f"bool_or({inner.text})", "bool")
        if name == "count_distinct":
            return Sql(f"count(DISTINCT {inner.text})", "int", ROWS)
        if name == "count":
            return Sql(f"count({inner.text})", "int", ROWS)
        if name == "sum":
            return _sum(inner, place)
        return kept(inner, f"{name}({inner.text})")

    def _limited(self, text: str) -> str:
        return text if self.given is None else f"CASE WHEN {self.given} THEN {text} END"


def _sum(inner: Sql, place: int) -> Sql:
    if inner.kind == "int":
        return integer(f"CAST(sum({inner.text}) AS BIGINT)", inner.limit * ROWS, place)
    # Engines add ten digits to what is summed; a fixed width keeps products with rates inside 38 digits.
    fitting(inner.digits + 10, place)
    return Sql(f"CAST(sum({inner.text}) AS DECIMAL({SUM_DIGITS}, 2))", "decimal", 10**SUM_DIGITS - 1, 2)


class RowScope(PlainScope):
    """Names inside a rule: the judged row (alias ``t``), relations, parameters; ``uses`` gathers what they need."""

    def __init__(self, rule: Rule, uses: Uses, holdings: Holdings | None = None, dialect: Dialect = DUCKDB) -> None:
        super().__init__(rule.table, "t", holdings.as_of if holdings else None, dialect)
        self.rule = rule
        self.uses = uses
        self.holdings = holdings

    def column(self, relation: str | None, name: str, place: int) -> Sql:
        if relation is None:
            self.uses.own.add(name)
            return super().column(None, name, place)
        try:
            related = self.rule.relation(relation)
        except KeyError:
            raise ExpressionError(f"with 中没有关联 {relation}", place) from None
        if name == "found":
            return Sql(f"coalesce({self.join(related)}.found, FALSE)", "bool")
        if related.take:
            return self._taken(related, name, place)
        if name not in kinds(related.table):
            raise ExpressionError(f"表 {related.table} 没有字段 {name}", place)
        return column_of(related.table, name, self.dialect.column(self.join(related, name), name))

    def join(self, relation: Relation, needed: str | None = None) -> str:
        """Return the alias under which ``relation`` is joined, its own side written as SQL.

        A key may be a column of another relation (``p._id17``): that one is then joined before.
        """
        before = set(self.uses.own)
        keys = relation.on if self.holdings is None else comparable_keys(relation, self.rule, self.holdings)
        pairs = tuple((compile_expression(parse(mine), self).text, theirs) for mine, theirs in keys)
        self.uses.own = before
        return self.uses.alias(replace(relation, on=pairs), needed)

    def _taken(self, related: Relation, name: str, place: int) -> Sql:
        text = dict(related.take).get(name)
        if text is None:
            raise ExpressionError(f"关联的 take 中没有 {name}", place)
        node = parse(text)
        counted = isinstance(node, ex.Call) and node.name in _COUNTS
        column = f"{self.join(related, text)}.{take_column(text)}"
        found = aggregate(text, related.table, self.dialect)
        return kept(found, f"coalesce({column}, 0)" if counted else column)

    def empty(self, name: str, place: int) -> Sql:
        sql = self.column(None, name, place)
        if self.holdings is None:
            return Sql(f"({sql.text} IS NULL)", "bool")
        there = self.holdings.sources_where(self.table, self.holdings.with_field(self.table, name))
        test = f"{sql.text} IS NULL AND {there}"
        if self.holdings.untyped(self.table, name):
            test += f" AND (t.raw IS NULL OR NOT {self.dialect.has_raw('t', name)})"
        return Sql(f"({test})", "bool")

    def param(self, name: str, month: Sql | None, kind: str | None, place: int) -> Sql:
        own = kinds(self.table)
        if month is None:
            if "period" not in own:
                raise ExpressionError(f"表 {self.table} 没有所属期，param() 应写明年月", place)
            month = self.column(None, "period", place)
        by_row = "payer_kind" in own or "unit_no" in own
        use = ParamUse(name, month.text, kind if kind is not None or by_row else "", "insurance" in own)
        return of_type(self.uses.param(use), "decimal", PARAMETER)


def comparable_keys(relation: Relation, rule: Rule, holdings: Holdings) -> tuple[tuple[str, str], ...]:
    """Return the keys of ``relation`` without parts that one side has no column for: unknown parts cannot separate."""

    def known(text: str, table: str) -> bool:
        return all(
            holdings.has_field(table if other is None else rule.relation(other).table, name)
            for other, name in ex.names(parse(text))
        )

    return tuple(
        (mine, theirs)
        for at, (mine, theirs) in enumerate(relation.on)
        if at == 0 or (known(mine, rule.table) and known(theirs, relation.table))
    )


class NetScope(RowScope):
    """Names inside ``net.fail``: as in a row, and aggregates over the row's group (``group``)."""

    group = "n"

    def __init__(self, rule: Rule, uses: Uses, holdings: Holdings | None = None, dialect: Dialect = DUCKDB) -> None:
        super().__init__(rule, uses, holdings, dialect)
        self.takes: list[str] = []

    def aggregate(self, name: str, arg: ex.Node | None, place: int) -> Sql:
        sql = RelatedScope(self.table, self.as_of, dialect=self.dialect).aggregate(name, arg, place)
        self.takes.append(sql.text)
        return kept(sql, f"{self.group}.a{len(self.takes) - 1}")


def _check_relation(relation: Relation, rule: Rule) -> None:
    scope = PlainScope(rule.table, "t") if relation.by_row else RowScope(rule, Uses())
    for mine, theirs in relation.on:
        own = compile_expression(parse(mine), scope).kind
        other = compile_expression(parse(theirs), RelatedScope(relation.table)).kind
        if own is None or own != other:
            raise ExpressionError(f"关联键 {mine} = {theirs} 的类型不同", 1)
    if relation.where is not None:
        compile_expression(parse(relation.where), RelatedScope(relation.table, judged=rule.table))
    if relation.by_row and not relation.take:
        raise ExpressionError("条件中用到 my 的关联只能汇总（写明 take）", 1)
    for _, text in relation.take:
        aggregate(text, relation.table)


def _check_condition(text: str, scope: RowScope) -> None:
    if compile_expression(parse(text), scope).kind != "bool":
        raise ExpressionError("此处应为条件（真假）", 1)


def _checks(rule: Rule) -> Iterator[tuple[str, Callable[[], object]]]:
    scope = RowScope(rule, Uses())
    for name, relation in rule.relations:
        yield f"with.{name}", partial(_check_relation, relation, rule)
    for item, text in (("where", rule.where), ("fail", rule.fail)):
        if text is not None:
            yield item, partial(_check_condition, text, scope)
    if rule.field is not None:
        yield "field", partial(scope.column, None, rule.field, 1)
    if rule.net is not None:
        yield "net", partial(_check_condition, rule.net.fail, NetScope(rule, Uses()))
    values = [("expected", rule.expected)] if rule.expected is not None else []
    values += [("unique/overlap/net", text) for text in grouping(rule)]
    values += [("message", text) for text in placeholders(rule.message or "")]
    for item, text in values:
        yield item, partial(lambda text: compile_expression(parse(text), scope), text)


def check_rule(rule: Rule) -> None:
    """Compile every expression of ``rule`` without data; CatalogueError names file, rule, item and place."""
    if rule.generic is not None:
        return
    for item, check in _checks(rule):
        try:
            check()
        except ExpressionError as error:
            raise CatalogueError(f"{rule.origin}：规则 {rule.id} 的 {item} {error}") from None
        except (KeyError, AttributeError, TypeError) as error:
            raise CatalogueError(
                f"{rule.origin}：规则 {rule.id} 的 {item} 写法不对（{error}）；见 docs/rules.md"
            ) from None
        except RecursionError:
            raise CatalogueError(f"{rule.origin}：规则 {rule.id} 的 {item} 嵌套过深；请拆成几条规则") from None


def grouping(rule: Rule) -> list[str]:
    """Return the expressions by which ``unique``, ``overlap`` or ``net`` group rows."""
    found: list[str] = []
    if rule.unique is not None:
        found += [*rule.unique.by, *rule.unique.differ]
    if rule.overlap is not None:
        found += [*rule.overlap.by, rule.overlap.start, rule.overlap.end, *rule.overlap.differ]
    if rule.net is not None:
        found += rule.net.by
    return found


def placeholders(message: str) -> list[str]:
    """Return what stands in braces in a message template, in order."""
    return [part.split("}", 1)[0] for part in message.split("{")[1:]]
