"""What a scan must read, so that the cost of rules is held against reading and not against metadata."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from benchmarks.rule_cost import BARS, beside_bars, columns_read, scan_sql, step
from benchmarks.staged import simulate

from renshe.engine.rules.catalogue import build_catalogue, load_catalogue, read_rules

RULES = """
table: contribution
rules:
  - id: A
    title: t
    field: late_fee
    where: _kind = 'normal'
    with:
      e: {table: enrolment, on: [person_no], where: "start_month < my.period", take: {n: count(), b: max(base)}}
      r: {table: contribution, on: {insurance: insurance}, where: "paid_month > 0", take: {due: sum(unit_due)}}
    fail: e.n = 0 and r.due > person_due
    expected: interest
    message: "{months}"
    severity: must_fix
    class: logic
    dimensions: [correctness]
    source: s
    remedy: r
  - {id: B, title: t, unique: [record_no], differ: [unit_no], severity: must_fix, class: logic, dimensions: [uniqueness], source: s, remedy: r}
"""  # noqa: E501


def test_a_scan_reads_the_columns_that_decide_and_no_others(tmp_path: Path) -> None:
    file = tmp_path / "contribution.yaml"
    file.write_text(RULES, "utf-8")
    catalogue = build_catalogue(read_rules(file, file.name), b"")
    decide = "person_no unit_no insurance period paid_month unit_due person_due record_no _kind".split()
    assert sorted(columns_read(catalogue, "contribution")) == sorted(decide)


def test_a_scan_reads_every_value() -> None:
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE s_contribution AS SELECT * FROM (VALUES ('甲乙', 202101, 10.50::DECIMAL(18,2), true),"
        " ('丙', 202102, NULL, true)) v(person_no, period, base, _arrived)"
    )
    sql = scan_sql("contribution", ["person_no", "period", "base", "_arrived"])
    assert connection.execute(sql).fetchall() == [(3, 404203, Decimal("10.50"), 2)]
    connection.execute("CREATE TABLE s_person AS SELECT DATE '1970-01-02' AS birth_date")
    assert connection.execute(scan_sql("person", ["birth_date"])).fetchall() == [(86400,)]


@pytest.mark.parametrize("table", BARS)
def test_the_rules_of_the_house_read_columns_of_every_kind(table: str) -> None:
    read = columns_read(load_catalogue(), table)
    assert len(read) > 15
    assert any(name.startswith("_") for name in read)


def test_costs_are_measured_on_a_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    simulate(project, 200)
    steps = {name: step(project, "person", name) for name in ("scan", "facts", "rules")}
    assert steps["scan"]["rows"] > 200 and steps["scan"]["scan_cpu"] >= 0 < steps["facts"]["facts_cpu"]
    rules = steps["rules"]
    assert rules["findings"] > 0 and rules["rules"] > 50
    assert 0 < rules["finding_rows_cpu"] < rules["rules_cpu"]
    told = beside_bars("person", {key: value for one in steps.values() for key, value in one.items()} | {"scan_cpu": 1})
    assert told["ratio"] == pytest.approx(rules["rules_cpu"] + steps["facts"]["facts_cpu"], abs=0.01)
    assert (told["bar"], told["writing_bar"]) == (10, 0.25)


def test_figures_name_day_and_commit() -> None:
    from benchmarks.measure import machine

    assert machine()["date"] == date.today().isoformat()
