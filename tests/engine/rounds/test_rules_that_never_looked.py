"""A rule that never looked must not pass for one that found nothing: it stands in ``not_run`` with a reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from renshe.engine.rounds.coverage import complete_not_run
from renshe.engine.rules.applicable import NotRun
from renshe.engine.rules.catalogue import Catalogue, load_catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.runner import run_rules
from renshe.engine.schema import columns
from renshe.policy.parameters import ParameterBook


def source(table: str, system: str, rows: list[dict[str, Any]], *present: str) -> StagedSource:
    """A staged source of these rows that has only the columns ``present``."""
    told = [{"system": system, "source_file": "a.csv", "source_row": at, **row} for at, row in enumerate(rows, 2)]
    data = pa.Table.from_pylist(told, schema=pa.schema(list(columns(table).items())))
    return StagedSource(table, system, "a.csv", data, len(rows), frozenset(present))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(())


def not_run(
    catalogue: Catalogue, sources: list[StagedSource], *, controls: bool = True
) -> tuple[dict[str, tuple[int, str]], dict[str, int], set[str]]:
    """Run all rules; return counts and reasons, the rows each rule is about, and the rules with findings."""
    book = ParameterBook((), [])
    with duckdb.connect() as connection:
        dataset = Dataset(connection, sources, as_of=date(2021, 5, 31), region="220800", parameters=book)
        result = run_rules(dataset, catalogue)
        about = complete_not_run(dataset, catalogue, result.not_run, controls=controls)
    counts, reasons = result.not_run.counts, result.not_run.reasons
    return {name: (counts[name], reasons[name]) for name in counts}, about, set(result.findings)


PERSON = source("person", "pension", [{"person_no": "1", "name": "张三"}, {"person_no": "2"}], "person_no", "name")


@pytest.mark.req("S1-33", part="detect")
def test_rules_about_another_departments_rows_need_that_department(catalogue: Catalogue) -> None:
    judged = {rule.id: rule for rule in catalogue.rules.values() if rule.judge == "backup" and rule.table == "person"}
    assert judged
    found, about, _ = not_run(catalogue, [PERSON])
    for name in judged:
        assert found[name] == (0, "项目中没有系统 backup 的“人员”表") and about[name] == 0
    found, _, _ = not_run(catalogue, [PERSON, source("person", "backup", [], "person_no")])
    assert {found[name] for name in judged} == {(0, "系统 backup 的“人员”表没有数据行")}


def test_duplicates_of_a_column_that_is_not_there_were_not_looked_for(catalogue: Catalogue) -> None:
    by_account = [rule.id for rule in catalogue.of("person") if rule.unique and "bank_account" in rule.unique.by]
    assert by_account
    found, about, _ = not_run(catalogue, [PERSON])
    assert {(found[name], about[name]) for name in by_account} == {((2, "来源中没有“银行账号”列"), 2)}
    assert "PER-NO-DUP" not in found


def test_missing_parameters_are_named_as_a_project_gives_them_and_in_chinese(catalogue: Catalogue) -> None:
    counted = NotRun()
    counted.add("ACC-INTEREST-HIGH", 1, "缺少参数 account_interest_rate、local_rate")
    with duckdb.connect() as connection:
        dataset = Dataset(
            connection, [PERSON], as_of=date(2021, 5, 31), region="220800", parameters=ParameterBook((), [])
        )
        complete_not_run(dataset, catalogue, counted, controls=True)
    assert counted.reasons["ACC-INTEREST-HIGH"] == "缺少参数 account_interest_rate（个人账户记账利率）、local_rate"


def test_control_totals_that_nobody_gave_were_not_checked(catalogue: Catalogue) -> None:
    (control,) = [rule.id for rule in catalogue.rules.values() if rule.generic == "control"]
    assert control not in not_run(catalogue, [PERSON])[0]
    assert not_run(catalogue, [PERSON], controls=False)[0][control][0] == 0


def test_every_rule_of_a_table_that_is_there_looked_or_is_named(catalogue: Catalogue) -> None:
    found, about, _ = not_run(catalogue, [PERSON])
    assert set(found) == set(about)
    tables = {rule.table for rule in catalogue.rules.values() if rule.id not in found and rule.generic is None}
    assert tables == {"person"}
