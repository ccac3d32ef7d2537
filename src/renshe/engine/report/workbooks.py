"""The workbooks from which clerks work: one per department, and ``report.xlsx`` over all.

Business rule: every finding stands in exactly one rule sheet of its department's workbook, never cut off;
``report.xlsx`` holds all departments too as long as that fits one workbook, else it is the index that names where each
list is. Persons and units come first, one line each, root cause first. Workbooks hold personal data unmasked, so they
belong to their owner alone (0600).

Invariant: all cells are values, never formulas; numbers of people, units and documents are text. Rows are streamed
from Parquet to the file, so memory does not grow with the lists.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from rustpy_xlsxwriter import FastExcel, Format

from renshe.engine.report.labels import CLASS_LABELS, DECISIONS, GROUP_OF, SEVERITY_LABELS
from renshe.engine.report.problems import CELL_CHARS, Problems, RuleList, quoted
from renshe.engine.report.sheets import (
    DECISION,
    IDENTITY,
    Piece,
    RowList,
    Style,
    lay_out,
    people_list,
    rejects_list,
    rule_list,
)

Progress = Callable[[str, int, int], None]
STEP = "写工作簿"
# One row less than Excel's 1,048,576: the header.
SHEET_ROWS = 1_048_575
WORKBOOK_ROWS = 300_000
_BATCH = 20_000
_FONT = "微软雅黑"
_HEAD, _LINE, _FILL = "#E4EBEE", "#B9C4C9", "#FFF9E5"
_GUIDE = (
    (
        "先看哪里",
        "“汇总”列出全部问题并可点击跳转；“按人清单”每人（单位）一行，先改“根本问题”，许多其他问题会随之消失。",
    ),
    (
        "怎样填写",
        "在各问题工作表右侧的浅黄色列填写：处理方式（下拉选择）、新值、依据、经办人、日期。其余各列请勿改动。",
    ),
    ("更正", "现值有误：在“新值”写正确的值，在“依据”写材料名称，如“居民身份证复印件”。"),
    ("补录", "现值为空：在“新值”写补采的值，并写明依据。"),
    ("剔除", "整行不应存在（测试、重复、虚构）：不填新值，写明依据。"),
    ("经核实无误", "数据属实，不需修改：写明核实材料。以后各轮不再列为问题，直至撤销。"),
    ("退回核实", "本科室无法判断：写明需要哪个科室或部门提供什么。"),
    (
        "排序与筛选",
        "可以排序、筛选、分发给多人填写；不要删除行、列，不要拆掉最右侧隐藏的“识别码”列，交回时凭它对应原记录。",
    ),
    ("保密", "本文件含未遮盖的个人信息，只限经办使用，不得外传。"),
)


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
    work: Path
    limits: Limits
    progress: Progress | None
    total: int = 0
    done: int = 0
    places: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    def advance(self, rows: int) -> None:
        """Count ``rows`` more as written."""
        self.done += rows
        if self.progress is not None:
            self.progress(STEP, self.done, max(self.total, self.done))


class _Rows:
    """A piece's rows as an Arrow stream that runs its query only when the writer asks for it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, query: str, advance: Callable[[int], None]) -> None:
        self._con, self._query, self._advance = con, query, advance

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        reader = self._con.sql(self._query).to_arrow_reader(_BATCH)

        def batches() -> Iterator[pa.RecordBatch]:
            for batch in reader:
                self._advance(batch.num_rows)
                yield batch

        return pa.RecordBatchReader.from_batches(reader.schema, batches()).__arrow_c_stream__(requested_schema)


def write_workbooks(
    problems: Problems, manifest: Mapping[str, Any], work: Path, limits: Limits, progress: Progress | None
) -> tuple[Path, tuple[Path, ...]]:
    """Write all workbooks beside the round's files; returns ``report.xlsx`` and the departments' workbooks."""
    desk = Desk(problems, manifest, work, limits, progress)
    rejected = _open_rejects(problems)
    whole = problems.count("subject") + problems.rows + rejected <= limits.workbook_rows
    people = _write_people(problems, work, over_all=whole)
    by_department = {
        name: [item for item in problems.lists if item.department == name] for name in problems.departments
    }
    plans = {
        f"report-{_file_part(name)}": [people[name], *map(rule_list, lists)] for name, lists in by_department.items()
    }
    over_all = (
        [people[""], *map(rule_list, problems.lists), rejects_list(rejected)] if whole else [rejects_list(rejected)]
    )
    desk.total = sum(item.rows for plan in (*plans.values(), over_all) for item in plan)
    made: list[Path] = []
    for (stem, plan), (name, lists) in zip(plans.items(), by_department.items(), strict=True):
        made += _write_set(desk, stem, plan, lists, name, index=True)
    first, *more = _write_set(desk, "report", over_all, list(problems.lists), "全部科室", index=False)
    return first, (*made, *more)


def _file_part(name: str) -> str:
    """Return ``name`` fit for a file name on every system."""
    legal = "".join("_" if char in '/\\:*?"<>|' or not char.isprintable() else char for char in name).strip(" .")
    return legal[:60] or "未定科室"


def _write_people(problems: Problems, work: Path, *, over_all: bool) -> dict[str, RowList]:
    """Write one line per person or unit, for each department and (as department "") over all; returns the lists."""
    departments = "unnest([department, ''])" if over_all else "department"
    admission = problems.round_dir / "admission.parquet"
    path = work / "people.parquet"
    problems.con.execute(f"""
        copy (select row_number() over () rn, * from (
            with one as (
                select {departments} department, system, kind, place, rank, min(rn) first, count(*) n
                from problem group by problem.department, system, kind, place, rank),
            each as (
                select one.department, system, kind, place, s.root, s.root_department, sum(one.n)::bigint n,
                    coalesce(sum(one.n) filter (i.severity = 'must_fix'), 0)::bigint must, min(first) first,
                    left(string_agg(i.title, '；' order by rank) filter (rank <> s.root), {CELL_CHARS}) others
                from one join subject s using (system, kind, place) join rule_info i using (rank)
                group by all)
            select e.department, e.kind, p.number, p.person_name, p.id_number, p.unit_name, p.system_label,
                i.title root_title, case i.severity {_case(SEVERITY_LABELS)} end root_severity,
                e.root_department, i.remedy root_remedy, e.n, e.must, e.others,
                case a.admissible when true then '是' when false then '否' end admissible
            from each e join problem p on p.rn = e.first join rule_info i on i.rank = e.root
            left join read_parquet({quoted(admission)}) a
                on a.kind = e.kind and a.system = e.system and a.key = p.number
            order by e.department, e.root, e.system, p.number, e.first))
        to {quoted(path)} (format parquet, row_group_size 40000)""")
    problems.con.execute(f"create view people as select * from read_parquet({quoted(path)})")
    counted = problems.con.sql("select department, min(rn), count(*) from people group by department").fetchall()
    return {"": people_list(1, 0)} | {name: people_list(first, rows) for name, first, rows in counted}


def _case(labels: Mapping[str, str]) -> str:
    return " ".join(f"when '{value}' then '{label}'" for value, label in labels.items())


def _open_rejects(problems: Problems) -> int:
    """Open the rejected rows as the view ``rejected``, numbered; returns how many there are."""
    path = quoted(problems.round_dir / "rejects.parquet")
    problems.con.execute(
        "create view rejected as select file_row_number + 1 rn, source_file, source_row, reason,"
        f" left(raw, {CELL_CHARS}) raw from read_parquet({path}, file_row_number=true)"
    )
    return problems.count("rejected")


def _write_set(
    desk: Desk, stem: str, plan: list[RowList], lists: Sequence[RuleList], title: str, *, index: bool
) -> list[Path]:
    """Write one plan as one or more workbooks: ``stem.xlsx``, ``stem-2.xlsx`` …; each opens with 说明 and 汇总.

    ``index``: remember where each rule stands, for the summary of ``report.xlsx``.
    """
    books = lay_out(plan, desk.limits.sheet_rows, desk.limits.workbook_rows)
    files = [f"{stem}{f'-{number}' if number > 1 else ''}.xlsx" for number in range(1, len(books) + 1)]
    places: dict[int, list[tuple[str, str]]] = {}
    for file, book in zip(files, books, strict=True):
        for piece in book:
            if piece.rows_of.of_rule is not None:
                places.setdefault(piece.rows_of.first, []).append((file, piece.name))
    if index:
        desk.places |= places
    paths = []
    for file, book in zip(files, books, strict=True):
        path = desk.problems.round_dir / file
        summary = _summary(lists, places or desk.places, file)
        _write_book(desk, path, book, summary, _guide(desk, title, file, files))
        paths.append(path)
    return paths


def _guide(desk: Desk, title: str, file: str, files: list[str]) -> list[dict[str, str]]:
    facts = [
        ("项目", str(desk.manifest["name"])),
        ("轮次", f"第 {desk.manifest['round']} 轮，数据截至 {desk.manifest['as_of']}"),
        ("科室", title),
    ]
    if len(files) > 1:
        facts.append(("本册", f"{file}，全套共 {len(files)} 册：{'、'.join(files)}"))
    return [{"项目": name, "内容": text} for name, text in (*facts, *_GUIDE)]


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


_SUMMARY_WIDTHS: list[float] = [6, 18, 34, 9, 10, 14, 9, 10, 11, 22, 26, 32, 30, 36, 5]


def _plain() -> Format:
    return Format().set_font_name(_FONT).set_font_size(10).set_align("top")


def _head() -> Format:
    edged = Format().set_border_bottom("thin").set_border_color(_LINE).set_background_color(_HEAD)
    return edged.set_font_name(_FONT).set_font_size(10).set_bold().set_text_wrap().set_align("vcenter")


def _format(style: Style) -> Format:
    if style == "wrap":
        return _plain().set_text_wrap()
    if style in ("fill", "choice", "date"):
        # Text, so that an identity number typed here keeps its last digits; a date stays a date.
        kind = "yyyy-mm-dd" if style == "date" else "@"
        edged = _plain().set_text_wrap().set_num_format(kind).set_background_color(_FILL)
        return edged.set_border("hair").set_border_color(_LINE)
    if style == "count":
        return _plain().set_align("center")
    return _plain().set_bold() if style == "title" else _plain()


_PAGE: dict[str, Any] = {
    "landscape": True,
    "paper_size": 9,
    "fit_to_pages": (1, 0),
    "repeat_rows": 0,
    "margins": {"left": 0.4, "right": 0.4, "top": 0.5, "bottom": 0.6},
    "footer": "&L&A&R第 &P 页，共 &N 页",
}


def _write_book(
    desk: Desk, path: Path, book: list[Piece], summary: list[dict[str, Any]], guide: list[dict[str, str]]
) -> None:
    # The file exists with its final mode before the first byte of personal data is written.
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    excel = FastExcel(path).freeze(row=1, col=0)
    excel.sheet(
        "说明",
        guide,
        column_widths=[14.0, 96.0],
        column_formats=[_format("title"), _format("wrap")],
        header_format=_head(),
        row_heights={0: 22},
        page_setup=_PAGE,
    )
    if summary:
        wrapped = ("问题", "责任科室", "工作簿", "法规依据", "处理建议")
        excel.sheet(
            "汇总",
            summary,
            column_widths=_SUMMARY_WIDTHS,
            column_formats={
                name: _format("count" if isinstance(value, int) else "wrap" if name in wrapped else "plain")
                for name, value in summary[0].items()
            },
            header_format=_head(),
            row_heights={0: 22},
            autofilter=True,
            url_columns={"工作表": "表名"},
            outline={"columns": [{"from": "表名", "to": "表名", "collapsed": True}]},
            page_setup=_WIDE,
        )
    for piece in book:
        _add_piece(desk, excel, piece)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        excel.save()


def _add_piece(desk: Desk, excel: FastExcel, piece: Piece) -> None:
    columns = piece.rows_of.columns
    of_rule = piece.rows_of.of_rule
    excel.freeze(row=1, col=3 if of_rule else 2, sheet=piece.name)
    excel.sheet(
        piece.name,
        _Rows(desk.problems.con.cursor(), piece.query, desk.advance),
        column_widths={column.header: column.width for column in columns},
        column_formats={column.header: _format(column.style) for column in columns},
        header_format=_head(),
        autofilter=True,
        row_heights={0: 22},
        page_setup=_WIDE,
        ignore_errors=[column.header for column in columns if column.style != "count"],
        data_validations={DECISION: _CHOICE} if of_rule else None,
        outline={"columns": [{"from": IDENTITY, "to": IDENTITY, "collapsed": True}]} if of_rule else None,
        sheet_view={"tab_color": _TAB[of_rule.rule.severity]} if of_rule else None,
    )


_CHOICE: dict[str, Any] = {
    "type": "list",
    "values": list(DECISIONS),
    "error_title": DECISION,
    "error_message": "请从下拉列表中选择：" + "、".join(DECISIONS),
}
_WIDE: dict[str, Any] = _PAGE | {"fit_to_pages": (2, 0), "repeat_columns": (0, 2)}
_TAB = {"must_fix": "#A63A2E", "optional": "#8A97A0"}
