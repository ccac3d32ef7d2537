"""How rules are planned must not be seen in what they find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renshe.engine.rules.catalogue import Catalogue, CatalogueError
from renshe.engine.rules.rows import RowPass

PENSION = ("contribution", "pension")


def fee(person: str | None, period: int, **more: Any) -> dict[str, Any]:
    return {"person_no": person, "insurance": "110", "period": period, "base": 4000, **more}


@pytest.mark.req("S1-17")
def test_a_row_that_fails_a_prerequisite_is_not_judged_further(judge) -> None:
    text = """
table: contribution
rules:
  - {id: A, title: a, field: base, fail: base < 0, HEAD}
  - {id: B, title: b, field: base, fail: base < 100, requires: [A], HEAD}
"""
    found, _ = judge(text, {PENSION: [fee("1", 202101, base=-5), fee("1", 202102, base=50)]})
    assert found == {("A", "contribution", 1), ("B", "contribution", 2)}


@pytest.mark.req("S1-17")
def test_a_cycle_of_prerequisites_is_refused_by_name(pack: Callable[[str], Catalogue]) -> None:
    text = """
table: contribution
rules:
  - {id: A, title: a, field: base, fail: base < 0, requires: [B], HEAD}
  - {id: B, title: b, field: base, fail: base < 100, requires: [A], HEAD}
"""
    with pytest.raises(CatalogueError, match=r"成环.*A.*B"):
        pack(text)


def test_an_expression_that_may_not_run_is_refused_with_file_rule_and_place(pack: Callable[[str], Catalogue]) -> None:
    text = "table: person\nrules:\n  - {id: A, title: a, field: name, fail: name = 1, HEAD}\n"
    with pytest.raises(CatalogueError, match=r"rules.yaml：规则 A 的 fail 第 6 个字符处"):
        pack(text)


def test_null_is_unknown_not_wrong_unless_the_rule_is_about_emptiness(judge) -> None:
    text = """
table: person
rules:
  - {id: SEX, title: a, field: sex, fail: sex <> _id_sex, HEAD}
  - {id: EMPTY, title: b, field: sex, fail: empty(sex), HEAD}
"""
    rows = [{"person_no": "1", "sex": None, "id_number": "11010519491231002X"}, {"person_no": "2", "sex": "1"}]
    found, _ = judge(text, {("person", "pension"): rows})
    assert found == {("EMPTY", "person", 1)}


def test_an_absent_column_is_unknown_and_untypable_text_is_not_empty(judge) -> None:
    text = "table: person\nrules:\n  - {id: EMPTY, title: b, field: birth_date, fail: empty(birth_date), HEAD}\n"
    rows = {("person", "pension"): [{"person_no": "1", "raw": {"birth_date": "待查"}}, {"person_no": "2"}]}
    assert judge(text, rows)[0] == {("EMPTY", "person", 2)}
    found, result = judge(text, rows, present=frozenset({"person_no"}))
    assert found == set()
    assert result.not_run.counts["EMPTY"] == 2


def test_keys_live_within_one_system(judge) -> None:
    text = """
table: contribution
rules:
  - {id: LOST, title: a, field: person_no, with: {p: {table: person, on: [person_no]}}, fail: not p.found, HEAD}
"""
    rows = {
        PENSION: [fee("1", 202101), fee("2", 202101)],
        ("person", "pension"): [{"person_no": "1"}],
        ("person", "medical"): [{"person_no": "2"}],
        ("contribution", "employment"): [fee("3", 202101)],
    }
    found, result = judge(text, rows)
    assert found == {("LOST", "contribution", 2)}
    assert result.not_run.counts["LOST"] == 1, "employment has no persons to look for"


def test_a_missing_parameter_is_counted_and_nothing_is_guessed(judge) -> None:
    text = "table: contribution\nrules:\n  - {id: LOW, title: a, field: base, fail: base < param('base_floor'), HEAD}\n"
    params = [{"name": "base_floor", "region": "220800", "insurance": "110", "start_month": 202101, "value": "5000"}]
    rows = {PENSION: [fee("1", 202012), fee("1", 202101), fee("1", 202102, base=6000), fee("1", 202011, base=None)]}
    found, result = judge(text, rows, params=params)
    assert found == {("LOW", "contribution", 2)}
    assert result.not_run.counts["LOW"] == 1


def test_refunds_and_differences_are_judged_on_the_net(judge) -> None:
    text = """
table: contribution
rules:
  - id: OVER
    title: a
    field: person_paid
    fail: person_paid > person_due
    net: {by: [person_no, insurance, period], fail: sum(person_paid) > sum(person_due)}
    severity: must_fix
    class: logic
    dimensions: [accuracy]
    source: 测试
    remedy: 测试
"""
    rows = [
        fee("1", 202101, person_due=320, person_paid=400),
        fee("1", 202101, person_due=0, person_paid=-80),
        fee("2", 202101, person_due=320, person_paid=400),
    ]
    assert judge(text, {PENSION: rows})[0] == {("OVER", "contribution", 3)}


def test_compared_systems_and_invalid_rows_are_not_judged(judge) -> None:
    text = "table: person\nrules:\n  - {id: EMPTY, title: b, field: name, fail: empty(name), HEAD}\n"
    rows = {
        ("person", "police"): [{"person_no": "1"}],
        ("person", "pension"): [{"person_no": "2", "valid": "0"}, {"person_no": "3"}],
    }
    assert judge(text, rows)[0] == {("EMPTY", "person", 2)}


def test_rows_that_a_backup_has_are_judged_where_the_rule_says_so(judge) -> None:
    text = """
table: person
rules:
  - {id: GONE, title: a, field: person_no, judge: backup,
     with: {p: {table: person, on: [person_no], system: "*"}}, fail: not p.found, HEAD}
"""
    rows = {
        ("person", "pension"): [{"person_no": "1"}],
        ("person", "backup"): [{"person_no": "1"}, {"person_no": "2"}],
    }
    assert judge(text, rows)[0] == {("GONE", "person", 2)}


UNIQUE = """
table: contribution
rules:
  - {id: TWICE, title: a, field: period, unique: [person_no, insurance, period], HEAD}
"""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "2", None]), st.sampled_from([201900, 201901, 202012, 202101]), st.booleans()),
        max_size=12,
    )
)
def test_repeated_months_by_bitmap_are_those_found_by_counting(judge, rows: list[tuple[str | None, int, bool]]) -> None:
    fees = [fee(person, period, valid="1" if valid else "0") for person, period, valid in rows]
    found, _ = judge(UNIQUE, {PENSION: fees})
    counted = Counter((person, period) for person, period, valid in rows if valid and person)
    expected = {at for at, (p, period, valid) in enumerate(rows, 1) if valid and p and counted[p, period] > 1}
    assert found == {("TWICE", "contribution", at) for at in expected}


OVERLAP = """
table: enrolment
rules:
  - id: OVERLAP
    title: a
    field: start_month
    overlap: {by: [person_no, insurance], from: start_month, to: end_month}
    severity: must_fix
    class: duplicate
    dimensions: [uniqueness]
    source: 测试
    remedy: 测试
"""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["1", "2"]), st.integers(202001, 202008), st.none() | st.integers(202001, 202009)),
        max_size=8,
    )
)
def test_overlaps_are_those_found_pair_by_pair(judge, rows: list[tuple[str, int, int | None]]) -> None:
    spans = [(person, start, end if end is None else max(start, end)) for person, start, end in rows]
    items = [{"person_no": p, "insurance": "110", "start_month": s, "end_month": e} for p, s, e in spans]
    found, _ = judge(OVERLAP, {("enrolment", "pension"): items})
    open_end = 999912
    expected = {
        at
        for at, (p, s, e) in enumerate(spans, 1)
        for other, (p2, s2, e2) in enumerate(spans, 1)
        if at != other and p == p2 and s < (e2 or open_end) and s2 < (e or open_end)
    }
    assert found == {("OVERLAP", "enrolment", at) for at in expected}


def test_keys_may_be_expressions_and_a_table_may_look_at_itself(judge) -> None:
    text = """
table: account
rules:
  - {id: OPENING, title: a, field: opening, HEAD,
     with: {last: {table: account, on: {person_no: person_no, "year - 1": year}}}, fail: opening <> last.closing}
  - {id: PRINCIPAL, title: a, field: principal, HEAD,
     with: {c: {table: contribution, on: {person_no: person_no, year: "year_of(period)"},
            take: {sum: sum(person_credited)}}}, fail: principal <> c.sum}
"""
    rows = {
        ("account", "pension"): [
            {"person_no": "1", "year": 2020, "opening": 0, "principal": 640, "closing": 640},
            {"person_no": "1", "year": 2021, "opening": 600, "principal": 320, "closing": 920},
        ],
        PENSION: [
            fee("1", 202011, person_credited=320),
            fee("1", 202012, person_credited=320),
            fee("1", 202101, person_credited=300),
        ],
    }
    assert judge(text, rows)[0] == {("OPENING", "account", 2), ("PRINCIPAL", "account", 2)}


def test_a_condition_on_the_judged_row_gives_each_row_its_own_related_rows(judge) -> None:
    text = """
table: transfer
rules:
  - {id: DOUBLED, title: a, field: start_month, HEAD,
     with: {c: {table: contribution, on: [person_no], take: {n: count()},
            where: period between my.start_month and my.end_month}}, fail: c.n > 0}
"""
    rows = {
        ("transfer", "pension"): [
            {"person_no": "1", "start_month": 201501, "end_month": 201512},
            {"person_no": "1", "start_month": 201601, "end_month": 201606},
        ],
        PENSION: [fee("1", 201412), fee("1", 201603), fee("2", 201503)],
    }
    assert judge(text, rows)[0] == {("DOUBLED", "transfer", 2)}


def test_a_key_may_come_from_another_relation(judge) -> None:
    text = """
table: benefit_payment
rules:
  - {id: AFTER, title: a, field: period, HEAD,
     with: {p: {table: person, on: [person_no]}, civil: {table: person, system: civil, on: {p._id17: _id17}}},
     fail: period > month_of(civil.death_date)}
"""
    rows = {
        ("benefit_payment", "pension"): [
            {"person_no": "1", "period": 202001},
            {"person_no": "1", "period": 202004},
            {"person_no": "2", "period": 202004},
        ],
        ("person", "pension"): [
            {"person_no": "1", "id_number": "11010519491231002X"},
            {"person_no": "2", "id_number": "220802198503120172"},
        ],
        ("person", "civil"): [{"id_number": "11010519491231002X", "death_date": "2020-02-03"}],
    }
    assert judge(text, rows)[0] == {("AFTER", "benefit_payment", 2)}


def test_a_message_shows_what_a_code_means(judge) -> None:
    text = """
table: person
rules:
  - {id: SEX, title: a, field: sex, fail: sex <> _id_sex, message: "登记为{sex}，证件为{_id_sex}", HEAD}
"""
    rows = {("person", "pension"): [{"person_no": "1", "sex": "1", "id_number": "11010519491231002X"}]}
    assert judge(text, rows)[1].findings == {"SEX": 1}
    assert judge.messages() == ["登记为男，证件为女"]


def test_amounts_of_sixteen_digits_are_judged_and_never_end_a_round(judge) -> None:
    text = """
table: contribution
rules:
  - {id: DUE, title: a, field: person_due, fail: abs(person_due - round_cent(base * _person_rate)) + base > 1, HEAD}
"""
    rows = [fee("1", 202101, base="9999999999999999.99", person_due="9999999999999999.99", person_rate="0.08")]
    assert judge(text, {PENSION: rows})[0] == {("DUE", "contribution", 1)}


def test_a_pass_that_does_not_fit_in_memory_is_run_as_two(judge, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
table: contribution
rules:
  - {id: A, title: a, field: base, fail: base < 0, HEAD}
  - {id: B, title: b, field: base, fail: base < 100, HEAD}
  - {id: C, title: c, field: person_no, with: {p: {table: person, on: [person_no]}}, fail: not p.found, HEAD}
"""
    rows = {
        PENSION: [fee("1", 202101, base=-5), fee("2", 202102, base=50)],
        ("person", "pension"): [{"person_no": "1"}],
    }
    whole, _ = judge(text, rows)
    passes: list[int] = []
    run = RowPass._pass

    def tight(self: RowPass, table: str, judge: str | None, group: list[Any]) -> None:
        passes.append(len(group))
        if len(group) > 1:
            raise duckdb.OutOfMemoryException("no room for two")
        run(self, table, judge, group)

    monkeypatch.setattr(RowPass, "_pass", tight)
    found, _ = judge(text, rows)
    assert found == whole and len(whole) == 4
    assert passes == [2, 1, 1, 1]
