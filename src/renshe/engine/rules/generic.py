"""Rules that hold for every field alike: a value that cannot be typed, a code that is in no list.

What staging could not read stays as text in ``raw`` and becomes a finding here; a code that no list and no mapping
knows is reported, never taken silently (S0-1).
"""

from __future__ import annotations

from dataclasses import replace

from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.findings import key_sql, owner_sql
from renshe.engine.rules.scope import known_code_sql
from renshe.standards.dictionary import Field, dictionary


def run_generic(dataset: Dataset, catalogue: Catalogue, table: str) -> None:
    """Insert the findings of the generic rules on the rows of ``table``."""
    for rule in catalogue.rules.values():
        if rule.generic is not None:
            for field in dictionary()[table].fields:
                _judge(rule, table, field, dataset)


def _judge(rule: Rule, table: str, field: Field, dataset: Dataset) -> None:
    kind, _, detail = (rule.generic or "").partition(":")
    if kind == "untyped" and field.type in detail.split(",") and dataset.untyped(table, field.name):
        name = quote(field.name)
        _insert(rule, table, field, dataset, f"raw IS NOT NULL AND map_contains(raw, {name})", f"raw[{name}]")
    if kind == "code" and field.codes is not None and _chosen(field, detail) and dataset.has_field(table, field.name):
        column = f'"{field.name}"'
        _insert(rule, table, field, dataset, f"NOT {known_code_sql(field.codes, column)}", column)


def _chosen(field: Field, detail: str) -> bool:
    """``code:sex,alive`` names lists; ``code:!sex,alive`` all others."""
    names = detail.lstrip("!").split(",")
    return (field.codes not in names) if detail.startswith("!") else (field.codes in names)


def _insert(rule: Rule, table: str, field: Field, dataset: Dataset, test: str, value: str) -> None:
    own = replace(rule, field=field.name, department=field.owner)
    label = quote(f"{field.label}“")
    rows = f"(SELECT * FROM {dataset.counting_rows(table)} WHERE _system_kind = 'business' AND {test})"
    dataset.connection.execute(
        f"INSERT INTO findings SELECT {quote(own.id)}, {quote(own.class_)}, {quote(own.severity)}, {quote(table)},"
        f" {quote(field.name)}, t.system, t.source_file, t.source_row, {key_sql(table, 't')}, t.{value}, NULL,"
        f" {label} || t.{value} || {quote('”' + own.title)}, NULL, {owner_sql(own, table, dataset.region)}"
        f" FROM {rows} t"
    )
