"""The comparison with peers: what the checks mean, in plain Python, beside what renshe finds; and when it refuses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from benchmarks.peers import checks, compare, with_renshe
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.rules.catalogue import Catalogue
from renshe.standards.identity import id_check_char, id_state


def right_number(number: str) -> bool:
    """Whether a number passes the check as the peers express it: by the form, then by the weighted sum."""
    places = [10 if place == "X" else int(place) for place in number] if re.match(checks.ID_FORM, number) else []
    return bool(places) and sum(a * b for a, b in zip(places, checks.ID_WEIGHTS, strict=True)) % 11 == 1


def failing(rows: list[dict[str, Any]], columns: str, right: Any) -> int:
    """Count the rows that have all of ``columns`` and on which ``right`` of their values is false."""
    named = columns.split()
    told = [[row[name] for name in named] for row in rows]
    return sum(None not in values and not right(*values) for values in told)


def repeated(rows: list[dict[str, Any]], *columns: str) -> int:
    """Count the rows that share all of ``columns`` with another row."""
    keys = Counter(tuple(row[name] for name in columns) for row in rows)
    return sum(count for key, count in keys.items() if count > 1 and None not in key)


def expected(data: Path) -> Iterator[tuple[str, int]]:
    """Yield each check with the number of rows that fail it, row by row."""
    payments, people, units = (pq.read_table(data / f"{name}.parquet").to_pylist() for name in compare.TABLES)
    known = {unit["unit_no"] for unit in units}
    normal = [row for row in payments if row["kind"] == checks.NORMAL]
    yield "person_present", sum(row["person_no"] is None for row in payments)
    yield "base_range", failing(payments, "base", lambda base: checks.BASE_LOW <= base <= checks.BASE_HIGH)
    yield "unit_paid_due", failing(payments, "unit_paid unit_due", lambda paid, due: paid <= due)
    yield "person_paid_due", failing(payments, "person_paid person_due", lambda paid, due: paid <= due)
    yield "period_range", failing(payments, "period", lambda month: checks.FIRST_MONTH <= month <= checks.LAST_MONTH)
    yield "insurance_known", failing(payments, "insurance", lambda value: value in checks.INSURANCES)
    yield "kind_known", failing(payments, "kind", lambda value: value in checks.KINDS)
    yield "unit_due_sign", failing(payments, "unit_due", lambda due: due >= 0)
    yield "person_due_sign", failing(payments, "person_due", lambda due: due >= 0)
    yield "month_unique", repeated(normal, *checks.MONTH_KEY)
    yield "id_number_valid", failing(people, "id_number", right_number)
    yield "name_present", sum(row["name"] is None for row in people)
    yield "name_form", failing(people, "name", lambda name: re.match(checks.NAME_FORM, name))
    yield "sex_known", failing(people, "sex", lambda sex: sex in checks.SEXES)
    yield "birth_range", failing(people, "birth_date", lambda born: checks.BORN_FROM <= born <= checks.BORN_TO)
    yield "person_unique", repeated(people, "person_no")
    yield "unit_exists", failing(people, "unit_no", lambda unit: unit in known)


@pytest.fixture(scope="module")
def rules() -> Catalogue:
    return with_renshe.load()


def test_renshe_finds_what_the_checks_say_and_hands_over_every_row(rules: Catalogue, tmp_path: Path) -> None:
    data = compare.prepare(tmp_path, 600)
    found = with_renshe.work(rules, data)
    told = dict(expected(data))
    assert found.counts == told
    assert found.rows_returned == sum(told.values())
    assert {"month_unique", "id_number_valid", "period_range"} <= {name for name, count in told.items() if count}


def test_every_check_is_a_rule_with_the_same_bounds(rules: Catalogue) -> None:
    assert set(rules.rules) == set(checks.CHECKS)
    for name, values in (
        ("insurance_known", checks.INSURANCES),
        ("kind_known", checks.KINDS),
        ("sex_known", checks.SEXES),
        ("period_range", (checks.FIRST_MONTH, checks.LAST_MONTH)),
        ("base_range", (checks.BASE_LOW, checks.BASE_HIGH)),
        ("birth_range", (checks.BORN_FROM, checks.BORN_TO)),
        ("name_form", (checks.NAME_FORM,)),
    ):
        text = rules.rules[name].fail or ""
        written = re.findall(r"'([^']*)'|\b(\d+)\b", text)
        assert [quoted or bare for quoted, bare in written] == [str(value) for value in values], name


_DAYS = st.dates(date(1850, 1, 1), date(2021, 5, 31)).map(lambda day: day.strftime("%Y%m%d"))


@given(
    region=st.from_regex(r"\A[1-9][0-9]{5}\Z"),
    born=_DAYS | st.from_regex(r"\A(18|19|200|201)[0-9]{6}\Z").filter(lambda text: len(text) == 8),
    serial=st.from_regex(r"\A[0-9]{3}\Z"),
    check=st.none() | st.sampled_from("0123456789X"),
)
def test_the_pattern_and_weights_of_the_peers_say_what_the_standard_says(
    region: str, born: str, serial: str, check: str | None
) -> None:
    body = region + born + serial
    number = body + (check or id_check_char(body))
    assert right_number(number) == (id_state(number, on=date(2021, 5, 31)) in ("valid", "region", "foreign"))


def test_no_figure_is_written_where_counts_differ() -> None:
    counts = {"renshe": {"base_range": 3, "sex_known": 1}, "polars": {"base_range": 3, "sex_known": 2}}
    with pytest.raises(AssertionError, match="sex_known: renshe 1, polars 2"):
        compare.agree(counts)
    compare.agree({"renshe": counts["renshe"], "spark": dict(counts["renshe"])})


def test_ratios_say_how_many_times_renshe_is_ahead() -> None:
    own = {"tool": "renshe", "counts": {}, "work_wall": 2.0, "work_cpu": 4.0, "peak_mb": 100}
    peer = {"tool": "peer", "counts": {}, "work_wall": 20.0, "work_cpu": 2.0, "peak_mb": 300}
    told = compare.compared(peer, own, 1000)
    assert (told["times_rows_a_second"], told["times_cpu"], told["times_memory"]) == (10, 0.5, 3)
    assert (told["rows_a_second"], told["rows_a_cpu_second"]) == (50, 500)
