"""Rounds larger than memory: findings are named in slices, persons listed in parts; nothing shows where these end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook

from renshe.engine.report import build_report, decided, problems, workbooks
from renshe.engine.report.figures import gather_figures

SERVICE = "社会保险经办服务科"


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_slices_change_neither_page_nor_workbooks(
    make_round: Callable[..., Path], rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_round()
    whole = build_report(folder, rules)
    page, books = (
        whole.html.read_text("utf-8"),
        {path.name: sheets(path) for path in (whole.workbook, *whole.departments)},
    )
    monkeypatch.setattr(problems, "SLICE", 4)
    monkeypatch.setattr(workbooks, "PEOPLE_SLICE", 2)
    again = build_report(folder, rules)
    assert again.html.read_text("utf-8") == page
    assert {path.name: sheets(path) for path in (again.workbook, *again.departments)} == books


def test_many_findings_take_no_more_memory_than_a_few(
    make_round: Callable[..., Path], rules: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = 300_000
    folder = make_round([])
    con = duckdb.connect()
    con.execute(f"""
        copy (select 'PER-PHONE' as rule, 'empty' as class, 'optional' severity, 'person' as "table", 'phone' field,
            'pension' as system, 'pension/person.csv' source_file, i + 2 source_row,
            json_array(i::varchar)::varchar as key, null::varchar as value, null::varchar expected,
            '联系电话为空' message, null::varchar related,
            i::varchar person_no, null::varchar unit_no, '220802' region, '{SERVICE}' department
        from range({rows}) t(i)) to '{folder}/findings.parquet'""")
    con.execute(f"""
        copy (select i::varchar person_no, 'pension' as system, 'pension/person.csv' source_file, i + 2 source_row,
            '张三' as name, '220802198001011234' id_number, 'U1' unit_no
        from range({rows}) t(i)) to '{folder}/tables/person.parquet'""")
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    # Without slices DuckDB refuses: it cannot hold the tables of so many rows at once.
    monkeypatch.setattr(problems, "MEMORY_LIMIT", "96MB")
    monkeypatch.setattr(problems, "THREADS", 2)
    monkeypatch.setattr(problems, "SLICE", 20_000)
    monkeypatch.setattr(workbooks, "PEOPLE_SLICE", 20_000)
    work = folder / "work"
    work.mkdir()
    found = problems.prepare_problems(folder, rules, [], work)
    try:
        decided.prepare_decided(found, told, work)
        figures = gather_figures(found, told, rules, 10, folder.parent)
        people = workbooks.write_people(found, work, over_all=False)
        named = found.con.sql("select count(*), min(rn), max(rn), min(person_name) from problem").fetchall()
    finally:
        found.con.close()
    assert named == [(rows, 1, rows, "张三")]
    assert (figures.all.optional, figures.all.persons) == (rows, rows)
    assert people[SERVICE].rows == rows
