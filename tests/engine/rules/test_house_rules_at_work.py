"""The rules of the house over small projects: what an example of one row cannot show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from typing import Any

import duckdb
import pytest

from renshe.engine.rules.catalogue import load_catalogue
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.runner import run_rules
from renshe.engine.rules.stage_rows import stage_rows
from renshe.policy.parameters import ParameterBook
from renshe.standards.dictionary import table

Rows = Mapping[tuple[str, str], list[Mapping[str, Any]]]
Finding = dict[str, Any]
Judge = Callable[..., list[Finding]]

AS_OF = date(2021, 5, 31)
ID = "220802195805050110"


@pytest.fixture
def judge() -> Iterator[Judge]:
    """Judge rows {(table, system): rows} by the house rules; ``absent`` are fields without a column in pension."""
    connection = duckdb.connect(":memory:")

    def run(rows: Rows, absent: Collection[str] = ()) -> list[Finding]:
        sources = [
            StagedSource(
                table=name,
                system=system,
                source_file=f"{system}-{name}",
                data=stage_rows(name, system, f"{system}-{name}", items, AS_OF),
                rows=len(items),
                present=frozenset(table(name).names) - set(absent if system == "pension" else ()),
            )
            for (name, system), items in rows.items()
        ]
        dataset = Dataset(connection, sources, as_of=AS_OF, region="220800", parameters=ParameterBook((), []))
        run_rules(dataset, load_catalogue())
        return connection.sql("SELECT * FROM findings").to_arrow_table().to_pylist()

    yield run
    connection.close()


def rules(findings: list[Finding]) -> set[str]:
    return {str(found["rule"]) for found in findings}


def test_a_clerk_sees_with_whom_an_account_is_shared(judge: Judge) -> None:
    persons = [
        {"person_no": "P1", "name": "王建国", "bank_account": "6217000010001234567"},
        {"person_no": "P2", "name": "李秀兰", "bank_account": "6217000010001234567"},
    ]
    benefits = [{**person, "benefit_no": f"B{at}"} for at, person in enumerate(persons)]
    for one in benefits:
        del one["name"]
    findings = judge({("person", "pension"): persons, ("benefit", "pension"): benefits})
    shared = {
        (f["rule"], f["key"], f["related"]) for f in findings if f["rule"] in ("PER-ACCOUNT-PAIR", "BEN-ACCOUNT-PAIR")
    }
    assert shared == {
        ("PER-ACCOUNT-PAIR", '["P1"]', '["P2"]'),
        ("PER-ACCOUNT-PAIR", '["P2"]', '["P1"]'),
        ("BEN-ACCOUNT-PAIR", '["B0"]', '["B1"]'),
        ("BEN-ACCOUNT-PAIR", '["B1"]', '["B0"]'),
    }


@pytest.mark.parametrize(
    ("system", "known"),
    [
        ("police", {"death_date": date(2020, 3, 2)}),
        ("police", {"alive": "2"}),
        ("civil", {"death_date": date(2020, 3, 2)}),
        ("cremation", {"death_date": date(2020, 3, 2)}),
        ("cremation", {}),
    ],
)
def test_a_death_is_found_in_a_system_that_keeps_no_death_dates(judge: Judge, system: str, known: Finding) -> None:
    rows = {("person", "pension"): [{"person_no": "P1", "id_number": ID}]}
    rows["person", system] = [{"id_number": ID, **known}]
    found = [f for f in judge(rows, ["death_date", "alive"]) if f["rule"].startswith("PER-DEATH")]
    assert [(f["rule"], f["field"]) for f in found] == [(f"PER-DEATH-{system.upper()}", "death_date")]


def test_who_is_marked_dead_where_there_is_no_date_to_fill_is_registered(judge: Judge) -> None:
    rows = {("person", "pension"): [{"person_no": "P1", "id_number": ID, "alive": "2"}]}
    rows["person", "civil"] = [{"id_number": ID, "death_date": date(2020, 3, 2)}]
    assert not any(name.startswith("PER-DEATH") for name in rules(judge(rows, ["death_date"])))


def test_refunds_of_injury_insurance_belong_to_the_employer_that_paid(judge: Judge) -> None:
    def fee(unit: str, due: int, **more: str) -> Finding:
        return {"person_no": "P1", "insurance": "410", "period": 202101, "unit_no": unit, "unit_due": due, **more}

    refunded = [fee("U1", 40), fee("U2", 40), fee("U1", -50, kind_class="refund")]
    found = judge({("contribution", "pension"): refunded})
    assert [f["source_row"] for f in found if f["rule"] == "CON-REFUND-UDUE"] == [3]
    settled = [fee("U1", 40), fee("U2", 40), fee("U1", -40, kind_class="refund")]
    assert "CON-REFUND-UDUE" not in rules(judge({("contribution", "pension"): settled}))


def test_a_refund_that_is_too_large_is_one_finding(judge: Judge) -> None:
    amounts = ("person_due", "unit_due", "person_paid", "unit_paid")
    row = {"person_no": "P1", "insurance": "110", "period": 202101, "unit_no": "U1"}
    paid, back = dict.fromkeys(amounts, 400), dict.fromkeys(amounts, -500)
    found = judge({("contribution", "pension"): [{**row, **paid}, {**row, **back, "kind_class": "refund"}]})
    assert [(f["source_row"], f["field"]) for f in found if f["rule"].startswith("CON-REFUND")] == [(2, "person_due")]
    alone = judge({("contribution", "pension"): [{**row, **back, "kind_class": "refund"}]})
    assert not any(name.startswith("CON-REFUND") for name in rules(alone)), "what it refunds may be older than the file"


def test_headcount_counts_persons_where_the_ledger_has_no_book_month(judge: Judge) -> None:
    row = {"unit_no": "U1", "insurance": "110", "period": 202101, "kind": "10"}
    fees = [
        {**row, "person_no": "P1", "base": 5000, "book_month": 202101},
        {**row, "person_no": "P1", "base": 5000, "book_month": 202103},
        {**row, "person_no": "P1", "base": -5000, "book_month": 202102, "kind": "18", "kind_class": "refund"},
        {**row, "person_no": "P2", "base": 5000, "book_month": 202101},
    ]

    def headcount(count: int) -> set[str]:
        ledger = [{**row, "headcount": count, "base_total": 15000}]
        found = judge({("unit_ledger", "pension"): ledger, ("contribution", "pension"): fees}, ["book_month"])
        return {name for name in rules(found) if name == "LED-HEADCOUNT"}

    assert headcount(2) == set()
    assert headcount(5) == {"LED-HEADCOUNT"}
