"""What stands on the sheets of a workbook: columns, their order, their width, and which the clerk fills in.

Business rule: a clerk finds each row by number, name, identity number and unit, sees what is there and what it should
be and on what ground, and writes the decision beside it (处理方式、新值、依据、经办人、复核人、日期). A workbook comes
back as decisions; the last column, hidden, is the finding's identity by which it is read, whatever became of the sheet.

Invariant: every list is one stream of rows numbered by ``rn``; the identity column is JSON text
``[rule, table, system, key, field, related, source, source_row, stamp]``: key and related verbatim as in
findings.parquet, source the place of the file in the manifest's sources (rows may share a key), and the stamp
``round:findings:first:rows``: the round, the head of its findings' digest, and which rows the sheet was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from renshe.engine.report.labels import CLASS_LABELS, COMPARED, DECISIONS, SEVERITY_LABELS
from renshe.engine.report.problems import RuleList, case_sql

Style = Literal["plain", "title", "count", "share", "wrap", "fill", "choice", "date", "identity"]
NUMBERS: tuple[Style, ...] = ("count", "share")
"""Styles of cells that hold numbers; a share has two places."""

IDENTITY = "识别码"
DECISION = "处理方式"
NEW, GROUND, OPERATOR, CHECKER, DAY, PRESENT, EXPECTED = "新值", "依据", "经办人", "复核人", "日期", "现值", "应为"
FILLED = (DECISION, NEW, GROUND, OPERATOR, CHECKER, DAY)
"""The columns that a clerk fills in."""
_STAMP_DIGITS = 8


def stamp_of(manifest: Mapping[str, Any], listed: str = "findings") -> str:
    """Return what the stamps of a round's lists begin with: its number and the head of the digest of what they list."""
    return f"{manifest['round']}:{manifest['digests'][listed][:_STAMP_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, the SQL that fills it, its width in characters and how it looks.

    ``same``: the text of every row, where that is one ("": every cell is empty); there is no SQL then. ``choices``:
    what may be chosen from its drop-down list.
    """

    header: str
    sql: str
    width: float
    style: Style = "plain"
    same: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowList:
    """Rows ``first`` to ``first + rows - 1`` (by ``rn``) of ``relation``, shown under ``title``."""

    title: str
    relation: str
    first: int
    rows: int
    columns: tuple[Column, ...]
    of_rule: RuleList | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a list that fits one sheet: ``rows`` rows from ``first`` on the sheet ``name``."""

    rows_of: RowList
    name: str
    first: int
    rows: int
    stamp: str = ""

    @property
    def numbered_query(self) -> str:
        """The SQL that yields the rows in order: row number on the sheet (as text), what is not the same in all."""
        # One constant per sheet folds to next to nothing in the file, and survives whatever is done to the sheet.
        stamp = literal(f"{self.stamp}:{self.first}:{self.rows}")
        columns = ", ".join(
            column.sql.replace(STAMP, stamp) if column.style == "identity" else column.sql
            for column in self.rows_of.columns
            if column.same is None
        )
        last = self.first + self.rows - 1
        return (
            f"select (rn - {self.first} + 2)::varchar, {columns}"
            f" from {self.rows_of.relation} where rn between {self.first} and {last}"
        )


STAMP = "$stamp"
"""Stands in the SQL of an identity column for the stamp of the sheet."""
# What became of a decision, as ``case state … end``.
_RESULTS = (
    "when 'applied' then '已应用' when 'unfit' then '不再适用：' || reason when 'revoked' then '已撤销'"
    " else case deed when 'accept' then '经核实无误' ||"
    f" case when starts_with(rule, '{COMPARED}') then '' when held is null then '（本轮没有这一问题）'"
    " else '（搁置 ' || held || ' 个问题）' end"
    " when 'recollect' then '退回核实' when 'revoke' then '撤销已生效' else '已记录' end"
)
PERSON = (
    Column("个人编号", "case kind when 'person' then number end", 16),
    Column("姓名", "person_name", 10),
    Column("证件号码", "case kind when 'person' then id_number end", 20),
    Column("单位编号", "unit_no", 12),
    Column("单位名称", "unit_name", 26, "wrap"),
)
_UNIT = (
    Column("单位编号", "unit_no", 14),
    Column("单位名称", "unit_name", 30, "wrap"),
    Column("统一社会信用代码", "id_number", 20),
)
_ROW = (
    Column("系统", "system_label", 10),
    Column("来源文件", "source_file", 22),
    Column("行号", "source_row", 9, "count"),
    Column("字段", "coalesce(field_label, nullif(field, ''), '整行')", 14),
    Column(PRESENT, "value", 20, "wrap"),
    Column(EXPECTED, "expected", 20, "wrap"),
    Column("问题说明", "message", 34, "wrap"),
)
FILL = (
    Column(DECISION, "", 12, "choice", same="", choices=DECISIONS),
    Column(NEW, "", 20, "fill", same=""),
    Column(GROUND, "", 22, "fill", same=""),
    Column(OPERATOR, "", 10, "fill", same=""),
    Column(CHECKER, "", 10, "fill", same=""),
    Column(DAY, "", 12, "date", same=""),
    Column(
        IDENTITY,
        "json_array(rule, \"table\", nullif(system, ''), key, field, related, source_no, source_row, "
        f"{STAMP})::varchar",
        8,
        "identity",
    ),
)
_PEOPLE = (
    Column("类别", "case kind when 'person' then '个人' when 'unit' then '单位' else '全表' end", 7),
    Column("编号", "number", 16),
    Column("姓名或单位名称", "coalesce(person_name, unit_name)", 24, "wrap"),
    Column("证件号码或信用代码", "id_number", 20),
    Column("所在单位", "case kind when 'person' then unit_name end", 26, "wrap"),
    Column("系统", "system_label", 10),
    Column("根本问题", "root_title", 30, "wrap"),
    Column("严重程度", "root_severity", 9),
    Column("责任科室", "root_department", 20, "wrap"),
    Column("处理建议", "root_remedy", 34, "wrap"),
    Column("问题数", "n", 8, "count"),
    Column("必改问题数", "must", 11, "count"),
    Column("其他问题", "others", 40, "wrap"),
    Column("可入库", "admissible", 8),
)
_SOURCES = (
    Column("序号", "rn", 6, "count"),
    Column("系统", "system", 14),
    Column("表", "table_name", 14),
    Column("来源文件", "file", 30, "wrap"),
    Column("读取方式", "form", 34, "wrap"),
    Column("读取行数", "rows_read", 10, "count"),
    Column("载入行数", "rows_loaded", 10, "count"),
    Column("未载入行数", "rows_rejected", 11, "count"),
    Column("读取说明", "notes", 60, "wrap"),
    Column("SHA-256 摘要", "sha256", 68),
)
_REJECTS = (
    Column("序号", "rn", 8, "count"),
    Column("来源文件", "source_file", 26),
    Column("行号", "source_row", 10, "count"),
    Column("原因", "reason", 40, "wrap"),
    Column("原文", "raw", 90, "wrap"),
)
# None of these sheets is a list to be filled in: their headers must not be taken for one's (``mending.lists``).
_DECIDED = (
    Column("序号", "rn", 8, "count"),
    *PERSON,
    Column("系统", "system_label", 10),
    Column("表", "table_label", 12),
    Column("来源文件", "source_file", 22),
    Column("行号", "source_row", 9, "count"),
    Column("字段", "coalesce(field_label, nullif(field, ''), case when \"table\" is not null then '整行' end)", 14),
    Column("原值", "old", 20, "wrap"),
    Column(
        NEW,
        "case deed when 'remove' then '（整行剔除）' when 'restore' then '（恢复原值）'"
        " else coalesce(new, case when deed in ('fill', 'correct', 'resolve') then '（清空）' end) end",
        20,
        "wrap",
    ),
    Column("所作处理", "way", 12),
    Column("结果", f"case state {_RESULTS} end", 30, "wrap"),
    Column("来源", "coalesce(source_label, '未写明')", 24, "wrap"),
    Column(GROUND, "ground", 26, "wrap"),
    Column(OPERATOR, "clerk", 10),
    Column(CHECKER, "checked_by", 10),
    Column(DAY, "day", 12),
    Column("规则", "coalesce(title, rule)", 30, "wrap"),
    Column("填写位置", "nullif(noted_at, '')", 34, "wrap"),
    Column("决定编号", "id", 18),
    Column("所撤销的决定", "revokes", 18),
)
_ASIDE = (
    Column("序号", "rn", 8, "count"),
    *PERSON,
    *(column for column in _ROW if column.header != EXPECTED),
    Column("规则", "title", 30, "wrap"),
    Column(GROUND, "ground", 26, "wrap"),
    Column(OPERATOR, "clerk", 10),
    Column(CHECKER, "checked_by", 10),
    Column(DAY, "day", 12),
    Column("决定编号", "decision", 18),
)
_COMPARED = (
    Column("序号", "rn", 6, "count"),
    Column("规则编号", "rule", 22),
    Column("问题", "title", 40, "wrap"),
    Column("严重程度", f"case severity {case_sql(SEVERITY_LABELS)} end", 9),
    Column("类别", f"case class {case_sql(CLASS_LABELS)} end", 10),
    Column("整理前", "was", 10, "count"),
    Column("修复", "fixed", 10, "count"),
    Column("其中核实无误", "aside", 13, "count"),
    Column("新增", "added", 10, "count"),
    Column("复发", "back", 10, "count"),
    Column("整理后", "now", 10, "count"),
    Column("增减", "now - was", 10, "count"),
)


def literal(text: str) -> str:
    """Return ``text`` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def rule_list(item: RuleList) -> RowList:
    """Return the working list of a rule: where the row is, what is wrong, on what ground, room for the decision."""
    rule = item.rule
    who = _UNIT if item.of_units else PERSON
    ground = (
        Column("法规依据", "", 26, "wrap", same=rule.source),
        Column("处理建议", "", 30, "wrap", same=rule.remedy),
    )
    number = Column("处理序号", f"rn - {item.first} + 1", 9, "count")
    return RowList(rule.title, "problem", item.first, item.rows, (number, *who, *_ROW, *ground, *FILL), item)


def people_list(first: int, rows: int) -> RowList:
    """Return the list of persons and units, one line each."""
    number = Column("序号", f"rn - {first} + 1", 8, "count")
    return RowList("按人清单", "people", first, rows, (number, *_PEOPLE))


def sources_list(rows: int) -> RowList:
    """Return the list of sources and how each was read."""
    return RowList("来源与读取情况", "reading", 1, rows, _SOURCES)


def decided_list(rows: int) -> RowList:
    """Return the list of all decisions: what was changed, by whom, on what ground, and what became of it."""
    return RowList("处理结果", "decided", 1, rows, _DECIDED)


def compared_list(rows: int) -> RowList:
    """Return the list of rules before and after."""
    return RowList("前后对比", "compared", 1, rows, _COMPARED)


def aside_list(rows: int) -> RowList:
    """Return the list of findings that are set aside as true, each with the decision to be revoked."""
    return RowList("经核实无误", "aside", 1, rows, _ASIDE)


def rejects_list(rows: int) -> RowList:
    """Return the list of input rows that could not be loaded."""
    return RowList("未能载入的行", "rejected", 1, rows, _REJECTS)


class _Names:
    """Sheet names: legal in Excel and WPS, at most 31 UTF-16 units, unique without regard to case."""

    _ILLEGAL = str.maketrans("[]:*?/\\'", "（）：＊？／＼’")

    def __init__(self) -> None:
        self._taken = {"history", "说明", "汇总"}

    def take(self, title: str) -> str:
        """Return a free name for ``title``: itself, else title(2), title(3) …"""
        plain = (
            "".join(char if char.isprintable() else " " for char in title.translate(self._ILLEGAL)).strip(" '")
            or "清单"
        )
        number = 1
        while True:
            tail = f"({number})" if number > 1 else ""
            name = plain
            while len(name.encode("utf-16-le")) // 2 + len(tail) > 31:
                name = name[:-1]
            name = name.rstrip() + tail
            if name.lower() not in self._taken:
                self._taken.add(name.lower())
                return name
            number += 1


def lay_out(lists: list[RowList], sheet_rows: int, workbook_rows: int, stamp: str = "") -> list[list[Piece]]:
    """Lay lists on sheets of at most ``sheet_rows`` rows and workbooks of at most ``workbook_rows`` rows, in order.

    Every row gets exactly one place. A list that fits a workbook is not torn between two; one that does not is.
    """
    books: list[list[Piece]] = [[]]
    names = _Names()
    room = workbook_rows
    for item in lists:
        first, left = item.first, item.rows
        torn = left > workbook_rows
        while left:
            if room == 0 or (left > room and not torn):
                books.append([])
                room = workbook_rows
            rows = min(left, sheet_rows, room)
            books[-1].append(Piece(item, names.take(item.title), first, rows, stamp))
            first, left, room = first + rows, left - rows, room - rows
    return books
