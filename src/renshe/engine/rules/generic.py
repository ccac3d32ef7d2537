"""Rules that hold for every field alike: a value that cannot be typed, a code that is in no list.

What staging could not read stays as text in ``raw`` and becomes a finding here; a code that no list and no mapping
knows is reported, never taken silently (S0-1).

Invariant: a built-in rule is judged on the rows of business systems that count, whatever their insurance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.dialects import DUCKDB, Dialect
from renshe.engine.rules.findings import key_sql, owner_sql
from renshe.engine.rules.holdings import Holdings
from renshe.engine.rules.scope import known_code_sql
from renshe.standards.dictionary import Field, dictionary


@dataclass(frozen=True, slots=True)
class Check:
    """A built-in rule on one field: the rule as that field's, and SQL (row alias ``t``) of what fails and shows."""

    rule: Rule
    test: str
    value: str
    message: str


def checks(catalogue: Catalogue, table: str, holdings: Holdings, dialect: Dialect) -> Iterator[Check]:
    """Yield what the built-in rules ask of each field of ``table``."""
    for rule in catalogue.rules.values():
        for field in dictionary()[table].fields if rule.generic is not None else ():
            asked = _asked(rule, table, field, holdings, dialect)
            if asked is not None:
                test, value = asked
                own = replace(rule, table=table, field=field.name, department=field.owner)
                label, title = dialect.quote(f"{field.label}“"), dialect.quote(f"”{rule.title}")
                yield Check(own, test, value, f"{label} || {value} || {title}")


def run_generic(dataset: Dataset, catalogue: Catalogue, table: str) -> None:
    """Insert the findings of the generic rules on the rows of ``table``."""
    asked = list(checks(catalogue, table, dataset, DUCKDB))
    if not asked:
        return
    rows = f"{dataset.counting_rows(table)} t WHERE t._system_kind = 'business'"
    # Most find nothing: one look at the table says which do.
    sums = ", ".join(f"count(CASE WHEN {check.test} THEN 1 END)" for check in asked)
    [counts] = dataset.connection.execute(f"SELECT {sums} FROM {rows}").fetchall()
    for check, count in zip(asked, counts, strict=True):
        own = check.rule
        if count:
            dataset.connection.execute(
                f"INSERT INTO findings SELECT {quote(own.id)}, {quote(own.class_)}, {quote(own.severity)},"
                f" {quote(table)}, {quote(own.field or '')}, t.system, t.source_file, t.source_row,"
                f" {key_sql(table, 't')}, {check.value}, NULL, {check.message}, NULL,"
                f" {owner_sql(own, table, dataset.region)} FROM {rows} AND {check.test}"
            )


def _asked(rule: Rule, table: str, field: Field, holdings: Holdings, dialect: Dialect) -> tuple[str, str] | None:
    """Return the test and the value shown, None where the rule asks nothing of the field."""
    kind, _, detail = (rule.generic or "").partition(":")
    if kind == "untyped" and field.type in detail.split(",") and holdings.untyped(table, field.name):
        return f"t.raw IS NOT NULL AND {dialect.has_raw('t', field.name)}", dialect.raw("t", field.name)
    if kind == "code" and field.codes is not None and _chosen(field, detail) and holdings.has_field(table, field.name):
        column = dialect.column("t", field.name)
        return f"NOT {known_code_sql(field.codes, column, dialect)}", column
    return None


def _chosen(field: Field, detail: str) -> bool:
    """``code:sex,alive`` names lists; ``code:!sex,alive`` all others."""
    names = detail.lstrip("!").split(",")
    return (field.codes not in names) if detail.startswith("!") else (field.codes in names)
