"""From hits to findings: the failing rows with what a clerk needs to mend them.

Invariant: a finding's identity is (rule, table, system, key, field, related), and ``source_row`` leads back to the
line of the file; nothing here decides what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from renshe.engine.rules import expression as ex
from renshe.engine.rules.catalogue import Rule
from renshe.engine.rules.compiling import compile_expression, quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.dialects import DUCKDB, Dialect
from renshe.engine.rules.expression import parse
from renshe.engine.rules.holdings import DATASET_COLUMNS, Holdings
from renshe.engine.rules.keys import columns_named
from renshe.engine.rules.relations import Joins
from renshe.engine.rules.scope import RowScope, Uses, column_of
from renshe.engine.schema import columns
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary

SCHEMA = pa.schema(
    [
        ("rule", pa.string()),
        ("class", pa.string()),
        ("severity", pa.string()),
        ("table", pa.string()),
        ("field", pa.string()),
        ("system", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("key", pa.string()),
        ("value", pa.string()),
        ("expected", pa.string()),
        ("message", pa.string()),
        ("related", pa.string()),
        # Beyond the contract: whose row it is, where, and who mends.
        ("person_no", pa.string()),
        ("unit_no", pa.string()),
        ("region", pa.string()),
        ("department", pa.string()),
    ]
)
_CODED_FACTS = {"_id_sex": "sex"}
_SHORT = 12
# Stands for ``related`` of hits that only say that a prerequisite failed, on rows that are not judged again.
KNOWN = -1
COLUMNS = ", ".join(f'"{name}"' for name in SCHEMA.names)


def key_sql(table: str, alias: str, dialect: Dialect = DUCKDB) -> str:
    """Return SQL of the JSON array that identifies a row of ``table`` (alias ``alias``)."""
    entry = dictionary()[table]

    def array(names: tuple[str, ...]) -> str:
        return dialect.array([column_of(table, name, dialect.column(alias, name)) for name in names])

    if not entry.key_else:
        return array(entry.key)
    first = dialect.column(alias, entry.key[0])
    return f"CASE WHEN {first} IS NOT NULL THEN {array(entry.key)} ELSE {array(entry.key_else)} END"


def owner_columns(table: str, dialect: Dialect) -> list[str]:
    """Return SQL of person_no and unit_no of a row (alias ``t``)."""
    names = dictionary()[table].names
    return [dialect.column("t", name) if name in names else "NULL" for name in ("person_no", "unit_no")]


def owner_sql(rule: Rule, table: str, region: str) -> str:
    """Return SQL for DuckDB of the columns person_no, unit_no, region and department of a row (alias ``t``)."""
    person, unit = owner_columns(table, DUCKDB)
    return f"{person}, {unit}, coalesce(t.region_code, {quote(region)}), {quote(rule.department)}"


def create_findings(dataset: Dataset) -> None:
    """Create the empty table ``findings``."""
    listed = ", ".join(f'"{name}" {"BIGINT" if name == "source_row" else "VARCHAR"}' for name in SCHEMA.names)
    dataset.connection.execute(f"CREATE OR REPLACE TEMP TABLE findings ({listed})")


class FindingWriter:
    """Turns the hits of one table into rows of ``findings``."""

    def __init__(self, dataset: Dataset, joins: Joins, table: str) -> None:
        self.dataset = dataset
        self.joins = joins
        self.table = table

    def write(self, rules: Mapping[int, Rule]) -> None:
        """Insert the findings of ``rules``, given by the numbers under which their hits stand."""
        statements = [self._statement(number, rule) for number, rule in rules.items()]
        # One scan fetches, of every row that any rule points at, what findings show; the rules then work on few rows.
        named = columns_named(statements, "to") | {"rid"}
        needed = ", ".join(f'"{name}"' for name in (*columns(self.table), *DATASET_COLUMNS) if name in named)
        hits, connection = f"hits_{self.table}", self.dataset.connection
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE rows_{self.table} AS SELECT {needed}"
            f" FROM {self.dataset.loaded_rows(self.table)} WHERE rid IN"
            f" (SELECT unnest([rid, related]) FROM {hits} WHERE related IS DISTINCT FROM {KNOWN})"
        )
        # Few rules find many rows: one after another they would leave a core idle.
        connection.execute(f"INSERT INTO findings {' UNION ALL '.join(statements)}")
        connection.execute(f"DROP TABLE rows_{self.table}")

    def _statement(self, number: int, rule: Rule) -> str:
        uses = Uses()
        value, expected, message = shown(rule, uses, self.dataset)
        joins = self.joins.clause(uses, rule.table, rule.judge)
        return (
            f"SELECT {quote(rule.id)}, {quote(rule.class_)}, {quote(rule.severity)},"
            f" {quote(rule.table)}, {quote(rule.field) if rule.field else 'NULL'}, t.system, t.source_file,"
            f" t.source_row, {key_sql(rule.table, 't')}, {value}, {expected}, {message},"
            f" CASE WHEN o.rid IS NULL THEN NULL ELSE {key_sql(rule.table, 'o')} END,"
            f" {owner_sql(rule, rule.table, self.dataset.region)}"
            f" FROM (SELECT * FROM hits_{self.table} WHERE rule = {number}"
            f" AND related IS DISTINCT FROM {KNOWN}) h JOIN rows_{self.table} t USING (rid)"
            f" LEFT JOIN rows_{self.table} o ON o.rid = h.related {joins}"
        )


def shown(rule: Rule, uses: Uses, holdings: Holdings, dialect: Dialect = DUCKDB) -> tuple[str, str, str]:
    """Return SQL of what a finding of ``rule`` shows: the value found, the value expected, the message."""
    scope = RowScope(rule, uses, holdings, dialect)
    value = expected = "NULL"
    if rule.field is not None:
        value = dialect.text(dialect.column("t", rule.field))
        if holdings.untyped(rule.table, rule.field):
            value = f"coalesce({value}, {dialect.raw('t', rule.field)})"
    if rule.expected is not None:
        expected = dialect.shown(compile_expression(parse(rule.expected), scope))
    return value, expected, _message(rule, scope)


def _labelled(node: ex.Node, rule: Rule, value: str, dialect: Dialect) -> str | None:
    """Return SQL of a code's label where ``node`` is a field of a short code list: a clerk reads 女, not 2."""
    if not isinstance(node, ex.Name):
        return None
    table = rule.table if node.relation is None else rule.relation(node.relation).table
    name = _CODED_FACTS.get(node.name) or next(
        (f.codes for f in dictionary()[table].fields if f.name == node.name), None
    )
    if name is None or len(code_list(name).values) > _SHORT:
        return None
    codes = code_list(name).values.values()
    whens = " ".join(f"WHEN {dialect.quote(code.value)} THEN {dialect.quote(code.label)}" for code in codes)
    return f"CASE {value} {whens} ELSE {value} END"


def _message(rule: Rule, scope: RowScope) -> str:
    dialect = scope.dialect
    if rule.message is None:
        return dialect.quote(rule.title)
    first, *rest = rule.message.split("{")
    parts = [dialect.quote(first)]
    for piece in rest:
        name, text = piece.split("}", 1)
        node = parse(name)
        compiled = compile_expression(node, scope)
        shown = _labelled(node, rule, compiled.text, dialect) or dialect.shown(compiled)
        parts += [f"coalesce({shown}, {dialect.quote('（空）')})", dialect.quote(text)]
    return " || ".join(part for part in parts if part != "''") or "''"
