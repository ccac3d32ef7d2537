"""Nobody passes the gate of the national system with overlapping relations, or with two that exclude each other."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from renshe.engine.rounds.clean import clean
from renshe.standards.identity import id_check_char

# By person: relations (insurance, unit, status, start, end) and the rules that keep them out.
PEOPLE: dict[str, tuple[list[tuple[str, str, str, str, str]], set[str]]] = {
    "P1": ([("110", "U1", "1", "201001", ""), ("110", "U2", "1", "201501", "")], {"ENR-OVERLAP-M"}),
    "P2": ([("110", "U1", "1", "201001", ""), ("170", "", "1", "201201", "")], {"ENR-EXCLUSIVE-PENSION"}),
    "P3": ([("310", "U1", "1", "201001", ""), ("390", "", "1", "201201", "")], {"ENR-EXCLUSIVE-MEDICAL"}),
    "P4": ([("410", "U1", "1", "201001", ""), ("410", "U2", "1", "201501", "")], set()),
    "P5": ([("110", "U1", "3", "201001", "201412"), ("110", "U2", "1", "201501", "")], set()),
    "P6": ([("110", "U1", "1", "201001", ""), ("170", "", "2", "200901", "200912")], set()),
}


def _number(person: str) -> str:
    body = f"22080219800101{int(person[1:]) * 2:03d}"
    return body + id_check_char(body)


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Return what keeps each person out that speaks of relations."""
    folder: Path = tmp_path_factory.mktemp("gate")
    persons = [f"{one},01,{_number(one)},王芳,2,1980-01-01" for one in PEOPLE]
    relations = [",".join((one, *row)) for one, (rows, _) in PEOPLE.items() for row in rows]
    files = {
        "person": ["个人编号,证件类型,证件号码,姓名,性别,出生日期", *persons],
        "enrolment": ["个人编号,险种,单位编号,缴费状态,参保开始年月,参保终止年月", *relations],
    }
    lines = ['[project]\nname = "关口"\nregion = "220800"\nas_of = 2021-05-31\n']
    for table, rows in files.items():
        (folder / f"{table}.csv").write_text("\n".join(rows) + "\n", "utf-8")
        lines.append(f'[[source]]\nsystem = "pension"\ntable = "{table}"\nfile = "{table}.csv"\n')
    (folder / "project.toml").write_text("\n".join(lines), "utf-8")
    rows = pq.read_table(clean(folder).folder / "admission.parquet").to_pylist()
    told = {row["key"]: row["reasons"] or [] for row in rows if row["kind"] == "person"}
    return {one: {rule for rule in rules if "OVERLAP" in rule or "EXCLUSIVE" in rule} for one, rules in told.items()}


@pytest.mark.req("S0-26", part="check and admission")
@pytest.mark.parametrize("person", PEOPLE)
def test_who_has_relations_that_cannot_stand_together_is_not_admitted(
    person: str, reasons: dict[str, set[str]]
) -> None:
    assert reasons[person] == PEOPLE[person][1]
