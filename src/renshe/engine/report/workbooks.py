"""The workbooks from which clerks work: one per department, and ``report.xlsx`` over all.

Business rule: every finding stands in exactly one rule sheet of its department's workbook, never cut off;
``report.xlsx`` holds all departments too as long as that fits one workbook, else it is the index that names where each
list is. Persons and units come first, one line each, root cause first. Workbooks hold personal data unmasked, so they
belong to their owner alone (0600).

Invariant: all cells are values, never formulas; numbers of people, units and documents are text. Rows are streamed
from disk to the file, so memory does not grow with the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from renshe.engine.report.decided import has_decisions
from renshe.engine.report.guide import how_to_fill
from renshe.engine.report.labels import SEVERITY_LABELS
from renshe.engine.report.problems import CELL_CHARS, Problems, case_sql, quoted, subject_sql
from renshe.engine.report.reading import sources
from renshe.engine.report.sheets import (
    RowList,
    aside_list,
    compared_list,
    decided_list,
    people_list,
    rejects_list,
    rule_list,
    sources_list,
    stamp_of,
)
from renshe.engine.report.shelving import Facts, Limits, Shelf, stems

Progress = Callable[[str, int, int], None]
STEP = "写工作簿"
# Persons and units whose lines are made at once; the lines of all are then sorted on disk.
PEOPLE_SLICE = 400_000
_FIRST = (
    "先看哪里",
    "“汇总”列出全部问题并可点击跳转；“按人清单”每人（单位）一行，先改“根本问题”，许多其他问题会随之消失。",
)
_DECIDED_GUIDE = (
    (
        "处理结果",
        "“处理结果”逐条列出全部处理决定：改了谁的哪个值、依据、经办与结果，不再适用的排在最前；"
        "“前后对比”按规则列出整理前后的问题数；“经核实无误”列出已搁置的问题。"
        "要撤回某条决定，由项目管理员用 renshe revoke 加“决定编号”撤销。这几张表只供查阅，不在其中填写。",
    ),
)
_OVER_ALL = "全部科室"


@dataclass(slots=True)
class Desk:
    """Counts the rows of all workbooks of a round as they are written, for the progress report."""

    progress: Progress | None
    total: int = 0
    done: int = 0
    lock: Lock = field(default_factory=Lock)

    def advance(self, rows: int) -> None:
        """Count ``rows`` more as written; called by several writers at once."""
        with self.lock:
            self.done += rows
            if self.progress is not None:
                self.progress(STEP, self.done, self.total)


def write_workbooks(
    problems: Problems, manifest: Mapping[str, Any], work: Path, limits: Limits, progress: Progress | None
) -> tuple[Path, tuple[Path, ...]]:
    """Write all workbooks beside the round's files; returns ``report.xlsx`` and the departments' workbooks."""
    shelf = Shelf(problems.round_dir, stamp_of(manifest), limits, partial(_guide, manifest))
    rejected = _open_rejects(problems)
    read = _open_sources(problems, manifest)
    handled = _handled(problems, manifest)
    rest = [sources_list(read), rejects_list(rejected)]
    others = sum(item.rows for item in (*handled, *rest))
    whole = problems.count("subject") + problems.rows + others <= limits.workbook_rows
    people = write_people(problems, work, over_all=whole)
    files = stems(problems.departments)
    for name in problems.departments:
        lists = [item for item in problems.lists if item.department == name]
        plan = [people[name], *map(rule_list, lists)]
        shelf.put(files[name], plan, lists, name)
    over_all = [people[""], *handled, *map(rule_list, problems.lists), *rest] if whole else [*handled, *rest]
    first, *_ = shelf.put("report", over_all, problems.lists, _OVER_ALL)
    shelf.write(problems.con, Desk(progress, shelf.rows).advance)
    return first.path, tuple(book.path for book in shelf.books if book is not first)


def _handled(problems: Problems, manifest: Mapping[str, Any]) -> list[RowList]:
    """Return the lists of what was decided and what that did; none where nothing was decided."""
    if not has_decisions(manifest):
        return []
    made: list[tuple[Callable[[int], RowList], str]] = [(decided_list, "decided"), (aside_list, "aside")]
    if manifest["round"] > 1:
        made.insert(1, (compared_list, "compared"))
    return [make(problems.count(relation)) for make, relation in made]


def write_people(problems: Problems, work: Path, *, over_all: bool) -> dict[str, RowList]:
    """Write one line per person or unit, for each department and (as department "") over all; returns the lists."""
    con = problems.con
    admission = problems.round_dir / "admission.parquet"
    con.execute(
        f"create temp table admitted as select {subject_sql('system', 'kind', 'key')} sid, admissible"
        f" from read_parquet({quoted(admission)})"
    )
    parts = -(-problems.count("subject") // PEOPLE_SLICE) or 1
    pieces = [work / f"people-{part}.parquet" for part in range(parts)]
    for part, piece in enumerate(pieces):
        _write_people_part(con, piece, f"hash(sid) % {parts} = {part}", over_all=over_all)
    con.execute("drop table admitted")
    # Named one by one: the folder's own name may hold what a pattern takes for more than itself.
    listed = ", ".join(map(quoted, pieces))
    path = work / "people.parquet"
    con.execute(f"""
        copy (select row_number() over () rn, * from (
            from read_parquet([{listed}]) order by department, root, system, number, first))
        to {quoted(path)} (format parquet, row_group_size 40000)""")
    con.execute(f"create view people as select * from read_parquet({quoted(path)})")
    counted = con.sql("select department, min(rn), count(*) from people group by department").fetchall()
    return {"": people_list(1, 0)} | {name: people_list(first, rows) for name, first, rows in counted}


def _write_people_part(con: duckdb.DuckDBPyConnection, path: Path, chosen: str, *, over_all: bool) -> None:
    """Write the lines of those persons and units for whom the SQL condition ``chosen`` holds, in no order."""
    departments = "unnest([department, ''])" if over_all else "department"
    con.execute(f"""
        copy (
            with one as (
                select {departments} department, sid, rank, min(rn) first, count(*) n
                from problem where {chosen} group by problem.department, sid, rank),
            each as (
                select one.department, sid, s.root, s.root_department, sum(one.n)::bigint n,
                    coalesce(sum(one.n) filter (i.severity = 'must_fix'), 0)::bigint must, min(first) first,
                    left(string_agg(i.title, '；' order by rank) filter (rank <> s.root), {CELL_CHARS}) others
                from one join (from subject where {chosen}) s using (sid) join rule_info i using (rank) group by all)
            select e.department, e.root, e.first, p.kind, p.system, p.number, p.person_name, p.id_number, p.unit_name,
                p.system_label, i.title root_title,
                case i.severity {case_sql(SEVERITY_LABELS)} end root_severity, e.root_department, i.remedy root_remedy,
                e.n, e.must, e.others, case a.admissible when true then '是' when false then '否' end admissible
            from each e join (from problem where {chosen}) p on p.rn = e.first join rule_info i on i.rank = e.root
            left join (from admitted where {chosen}) a on a.sid = e.sid)
        to {quoted(path)} (format parquet)""")


def _open_rejects(problems: Problems) -> int:
    """Open the rejected rows as the view ``rejected``, numbered; returns how many there are."""
    path = quoted(problems.round_dir / "rejects.parquet")
    problems.con.execute(
        "create view rejected as select file_row_number + 1 rn, source_file, source_row, reason,"
        f" left(raw, {CELL_CHARS}) raw from read_parquet({path}, file_row_number=true)"
    )
    return problems.count("rejected")


def _open_sources(problems: Problems, manifest: Mapping[str, Any]) -> int:
    """Open the sources as the table ``reading``; returns how many there are."""
    problems.con.execute(
        "create table reading (rn bigint, system varchar, table_name varchar, file varchar, form varchar,"
        " rows_read bigint, rows_loaded bigint, rows_rejected bigint, notes varchar, sha256 varchar)"
    )
    for rn, item in enumerate(sources(manifest), 1):
        notes = "；".join(item.notes)[:CELL_CHARS]
        row = (item.system, item.table, item.file, item.form, item.read, item.loaded, item.rejected, notes, item.sha256)
        problems.con.execute("insert into reading values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [rn, *row])
    return problems.count("reading")


def _guide(manifest: Mapping[str, Any], title: str) -> Facts:
    """Return the lines of the sheet 说明 of the workbooks that are called ``title``."""
    facts = [
        ("项目", str(manifest["name"])),
        ("轮次", f"第 {manifest['round']} 轮，数据截至 {manifest['as_of']}"),
        ("科室", title),
    ]
    told = _DECIDED_GUIDE if title == _OVER_ALL and has_decisions(manifest) else ()
    return (*facts, _FIRST, *how_to_fill(), *told)
