"""The workbooks from which clerks work: one per department, and ``report.xlsx`` over all.

Business rule: every finding stands in exactly one rule sheet of its department's workbook, never cut off;
``report.xlsx`` holds all departments too as long as that fits one workbook, else it is the index that names where each
list is. Persons and units come first, one line each, root cause first. Workbooks hold personal data unmasked, so they
belong to their owner alone (0600).

Invariant: all cells are values, never formulas; numbers of people, units and documents are text. Rows are streamed
from disk to the file, so memory does not grow with the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from renshe.engine.report.decided import has_decisions
from renshe.engine.report.labels import CLASS_LABELS, GROUP_OF, SEVERITY_LABELS
from renshe.engine.report.problems import CELL_CHARS, Problems, RuleList, case_sql, quoted, subject_sql
from renshe.engine.report.reading import sources
from renshe.engine.report.sheets import (
    RowList,
    aside_list,
    compared_list,
    decided_list,
    lay_out,
    people_list,
    rejects_list,
    rule_list,
    sources_list,
    stamp_of,
)
from renshe.engine.report.spreadsheet import Book, write_book

Progress = Callable[[str, int, int], None]
STEP = "写工作簿"
# One row less than Excel's 1,048,576: the header.
SHEET_ROWS = 1_048_575
WORKBOOK_ROWS = 300_000
# Persons and units whose lines are made at once; the lines of all are then sorted on disk.
PEOPLE_SLICE = 400_000
# The writer leaves the interpreter's lock while it compresses: two books at a time use two cores.
_AT_ONCE = 2
_GUIDE = (
    (
        "先看哪里",
        "“汇总”列出全部问题并可点击跳转；“按人清单”每人（单位）一行，先改“根本问题”，许多其他问题会随之消失。",
    ),
    (
        "怎样填写",
        "在各问题工作表右侧的浅黄色列填写：处理方式（下拉选择）、新值、依据、经办人、复核人、日期。其余各列请勿改动。"
        "依据和经办人必填；复核人、日期可以不填，填了复核人就不能与经办人是同一人。直接填值，不要用公式，不要合并单元格。",
    ),
    ("更正", "现值有误：在“新值”写正确的值，在“依据”写材料名称，如“居民身份证复印件”。"),
    ("补录", "现值为空：向本人或单位联系后，在“新值”写补采的值，并写明依据。"),
    (
        "按规则补录",
        "现值为空又联系不上：按统一规则补默认值，依据写规则文号；新值不填则取“应为”。今后仍能与实采的值分开。",
    ),
    (
        "采信他方",
        "与另一系统矛盾，以对方为准：新值不填则取“应为”，依据写明采信的理由（以本系统为准的选“经核实无误”）。",
    ),
    ("剔除", "整行不应存在（测试、重复、虚构）：不填新值，写明依据。"),
    ("经核实无误", "数据属实，不需修改：不填新值，写明核实材料。以后各轮不再列为问题，直至撤销。"),
    ("退回核实", "本科室无法判断：不填新值，写明需要哪个科室或部门提供什么。"),
    (
        "排序与筛选",
        "可以排序、筛选、移动列、分发给多人填写；不要删除行，不要拆掉最右侧隐藏的“识别码”列，交回时凭它对应原记录。",
    ),
    (
        "交回",
        "用 Excel、WPS 或 LibreOffice 存为 xlsx 或 ods，由项目管理员运行 renshe decide 读回；"
        "不合格的行逐一指出单元格，另存为“…-未采纳.xlsx”，改好后再交。",
    ),
    ("保密", "本文件含未遮盖的个人信息，只限经办使用，不得外传。"),
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


@dataclass(frozen=True, slots=True)
class Limits:
    """Rows at most on a sheet and in a workbook, headers not counted."""

    sheet_rows: int = SHEET_ROWS
    workbook_rows: int = WORKBOOK_ROWS


@dataclass(slots=True)
class Desk:
    """What all workbooks of a round share; ``done`` counts rows written, for the progress report.

    ``places``: where each list of the departments stands (file, sheet), by its first row.
    """

    problems: Problems
    manifest: Mapping[str, Any]
    limits: Limits
    progress: Progress | None
    total: int = 0
    done: int = 0
    places: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
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
    desk = Desk(problems, manifest, limits, progress)
    rejected = _open_rejects(problems)
    read = _open_sources(problems, manifest)
    handled = _handled(problems, manifest)
    rest = [sources_list(read), rejects_list(rejected)]
    others = sum(item.rows for item in (*handled, *rest))
    whole = problems.count("subject") + problems.rows + others <= limits.workbook_rows
    people = write_people(problems, work, over_all=whole)
    books: list[Book] = []
    stems = _stems(problems.departments)
    for name in problems.departments:
        lists = [item for item in problems.lists if item.department == name]
        plan = [people[name], *map(rule_list, lists)]
        books += _plan_set(desk, stems[name], plan, lists, name)
    over_all = [people[""], *handled, *map(rule_list, problems.lists), *rest] if whole else [*handled, *rest]
    first, *more = _plan_set(desk, "report", over_all, problems.lists, _OVER_ALL)
    books += [first, *more]
    desk.total = sum(piece.rows for book in books for piece in book.pieces)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for written in [pool.submit(write_book, problems.con, book, desk.advance) for book in books]:
            written.result()
    return first.path, tuple(book.path for book in books if book is not first)


def _handled(problems: Problems, manifest: Mapping[str, Any]) -> list[RowList]:
    """Return the lists of what was decided and what that did; none where nothing was decided."""
    if not has_decisions(manifest):
        return []
    made: list[tuple[Callable[[int], RowList], str]] = [(decided_list, "decided"), (aside_list, "aside")]
    if manifest["round"] > 1:
        made.insert(1, (compared_list, "compared"))
    return [make(problems.count(relation)) for make, relation in made]


def _stems(departments: Iterable[str]) -> dict[str, str]:
    """Return for each department the name of its workbook, without ending: legal on every system, all different."""
    stems: dict[str, str] = {}
    for name in departments:
        legal = "".join("_" if char in '/\\:*?"<>|' or not char.isprintable() else char for char in name).strip(" .")
        stem = f"report-{legal[:60] or '未定科室'}"
        while stem.lower() in map(str.lower, stems.values()):
            stem += "_"
        stems[name] = stem
    return stems


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


def _plan_set(desk: Desk, stem: str, plan: list[RowList], lists: Sequence[RuleList], title: str) -> list[Book]:
    """Lay one plan on workbooks, ``stem.xlsx``, ``stem-第2册.xlsx`` …; each opens with 说明 and a 汇总 of ``lists``.

    Where the plan holds no rules of its own (an index), its summary says where the departments have them.
    """
    laid = lay_out(plan, desk.limits.sheet_rows, desk.limits.workbook_rows, stamp_of(desk.manifest))
    files = [f"{stem}{f'-第{number}册' if number > 1 else ''}.xlsx" for number in range(1, len(laid) + 1)]
    places: dict[int, list[tuple[str, str]]] = {}
    for file, pieces in zip(files, laid, strict=True):
        for piece in pieces:
            if piece.rows_of.of_rule is not None:
                places.setdefault(piece.rows_of.first, []).append((file, piece.name))
    for first, found in places.items():
        desk.places.setdefault(first, found)
    return [
        Book(
            path=desk.problems.round_dir / file,
            guide=_guide(desk, title, file, files),
            summary=_summary(lists, places or desk.places, file),
            pieces=pieces,
        )
        for file, pieces in zip(files, laid, strict=True)
    ]


def _guide(desk: Desk, title: str, file: str, files: list[str]) -> list[dict[str, str]]:
    facts = [
        ("项目", str(desk.manifest["name"])),
        ("轮次", f"第 {desk.manifest['round']} 轮，数据截至 {desk.manifest['as_of']}"),
        ("科室", title),
    ]
    if len(files) > 1:
        facts.append(("本册", f"{file}，全套共 {len(files)} 册：{'、'.join(files)}"))
    told = _DECIDED_GUIDE if title == _OVER_ALL and has_decisions(desk.manifest) else ()
    return [{"项目": name, "内容": text} for name, text in (*facts, *_GUIDE, *told)]


def _summary(lists: Sequence[RuleList], places: Mapping[int, list[tuple[str, str]]], file: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, item in enumerate(lists, 1):
        rule = item.rule
        here = [sheet for book, sheet in places[item.first] if book == file]
        rows.append(
            {
                "序号": number,
                "规则编号": rule.id,
                "问题": rule.title,
                "严重程度": SEVERITY_LABELS[rule.severity],
                "类别": CLASS_LABELS[rule.class_],
                "归组": GROUP_OF[rule.class_],
                "问题数": item.rows,
                "涉及人数": item.persons,
                "涉及单位数": item.units,
                "责任科室": item.department,
                "工作表": f"internal:'{here[0]}'!A1" if here else None,
                "工作簿": "、".join(dict.fromkeys(book for book, _ in places[item.first])),
                "法规依据": rule.source,
                "处理建议": rule.remedy,
                "表名": here[0] if here else None,
            }
        )
    return rows
