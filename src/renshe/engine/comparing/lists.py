"""The workbooks of a comparison: per department and kind of difference a list to be filled in; who is missing where.

Business rule: a list has the columns that ``renshe decide`` reads back, so what is decided on a difference comes into
the log as what is decided on a problem does. Who stands on one side only is a list for reading: whether somebody is to
be enrolled or struck off is not decided on a row.

Invariant: every difference stands on exactly one sheet of its department's workbook; those found true stand on the
sheet 经核实无误 with the decisions to be revoked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from renshe.engine.comparing.kinds import BY_ID
from renshe.engine.comparing.resolving import SUGGESTIONS
from renshe.engine.comparing.sides import Bench, Side
from renshe.engine.report.guide import how_to_fill
from renshe.engine.report.problems import RuleList, case_sql
from renshe.engine.report.sheets import FILL, PRESENT, Column, RowList, stamp_of
from renshe.engine.report.shelving import Facts, Limits, Shelf, stems
from renshe.standards.dictionary import table

TAKEN = "采信值"
_ALL = "全部科室"
_WHO = (
    Column("个人编号", "person_no", 16),
    Column("姓名", "person_name", 10),
    Column("证件号码", "id_number", 20),
    Column("单位名称", "unit_name", 24, "wrap"),
)
_SAID = (
    Column("系统", "system_label", 10),
    Column("来源文件", "source_file", 20),
    Column("行号", "source_row", 8, "count"),
    Column("字段", "field_label", 13),
    Column(PRESENT, "value", 19, "wrap"),
    Column("对方系统", "other_label", 10),
    Column("对方编号", "other_no", 14),
    Column("对方现值", "other_value", 19, "wrap"),
    Column(TAKEN, "expected", 19, "wrap"),
    Column("建议", f"case suggestion {case_sql(SUGGESTIONS)} end", 9),
    Column("理由", "reason", 22, "wrap"),
    Column("问题说明", "message", 34, "wrap"),
    Column("对方来源", "other_file || ' 第 ' || other_row || ' 行'", 22, "wrap"),
)
_ONLY = (
    Column("序号", "rn", 8, "count"),
    Column("个人编号", "person_no", 16),
    Column("姓名", "name", 10),
    Column("证件号码", "id_number", 20),
    Column("出生日期", "birth_date", 12),
    Column("性别", "case sex when '1' then '男' when '2' then '女' else sex end", 7),
    Column("单位编号", "unit_no", 12),
    Column("单位名称", "unit_name", 30, "wrap"),
    Column("来源文件", "source_file", 22),
    Column("行号", "source_row", 9, "count"),
    Column("疑似对方编号", "maybe", 18),
)


def write_lists(bench: Bench, manifest: Mapping[str, Any], limits: Limits) -> list[str]:
    """Write the workbooks; return their names, ``report.xlsx`` first."""
    bench.in_order()
    lists = _lists(bench)
    only = tuple(_only_list(bench, side) for side in bench.sides)
    aside = _aside_list(bench, sum(item.rows for item in lists))
    shelf = Shelf(bench.target, stamp_of(manifest, "differences"), limits, partial(_guide, bench, manifest))
    owner = table("person").owner
    departments = list(dict.fromkeys([item.department for item in lists] + [owner] * any(one.rows for one in only)))
    files = stems(departments)
    for name in departments:
        own = [item for item in lists if item.department == name]
        shelf.put(files[name], [*map(_kind_list, own), *(only if name == owner else ())], own, name)
    rest = [*only, aside]
    fits = sum(item.rows for item in lists) + sum(item.rows for item in rest) <= limits.workbook_rows
    first, *_ = shelf.put("report", [*(map(_kind_list, lists) if fits else ()), *rest], lists, _ALL)
    shelf.write(bench.connection, lambda _rows: None)
    return [first.path.name, *(book.path.name for book in shelf.books if book is not first)]


def _lists(bench: Bench) -> list[RuleList]:
    rows = bench.connection.execute(
        "SELECT rule, department, bool_and(person_no IS NULL), min(rn), count(*), count(DISTINCT person_no),"
        " count(DISTINCT unit_no) FILTER (person_no IS NULL) FROM difference WHERE accepted IS NULL"
        " GROUP BY rule, department ORDER BY 4"
    ).fetchall()
    return [RuleList(BY_ID[rule], *rest) for rule, *rest in rows]


def _kind_list(item: RuleList) -> RowList:
    number = Column("处理序号", f"rn - {item.first} + 1", 9, "count")
    ground = Column("处理建议", "", 26, "wrap", same=item.rule.remedy)
    return RowList(item.rule.title, "difference", item.first, item.rows, (number, *_WHO, *_SAID, ground, *FILL), item)


def _only_list(bench: Bench, side: Side) -> RowList:
    other = bench.other(side)
    name = f"numbered_{side.at}"
    bench.keep(name, f"SELECT row_number() OVER (ORDER BY unit_no, key) AS rn, * FROM only_{side.at} ORDER BY rn")
    return RowList(f"{side.label}有{other.label}无", name, 1, bench.count(name), _ONLY)


def _aside_list(bench: Bench, before: int) -> RowList:
    number = Column("序号", f"rn - {before}", 8, "count")
    said = tuple(column for column in _SAID if column.header not in (TAKEN, "建议", "理由"))
    columns = (number, *_WHO, *said, Column("决定编号", "accepted", 22, "wrap"))
    return RowList(
        "经核实无误", "difference", before + 1, bench.count("difference WHERE accepted IS NOT NULL"), columns
    )


def _guide(bench: Bench, manifest: Mapping[str, Any], title: str) -> Facts:
    left, right = bench.sides
    persons, only = manifest["persons"], manifest["only"]
    return (
        ("项目", str(bench.found.manifest["name"])),
        ("轮次", f"第 {bench.found.number} 轮，数据截至 {manifest['as_of']}"),
        ("科室", title),
        ("比对", f"{left.label}（{left.system}）与{right.label}（{right.system}）"),
        ("配对方式", manifest["by_reason"]),
        (
            "人数",
            f"{left.label} {persons[left.system]:,} 人，{right.label} {persons[right.system]:,} 人，"
            f"双方都有 {manifest['pairs']:,} 对；只在{left.label} {only[left.system]:,} 人，"
            f"只在{right.label} {only[right.system]:,} 人",
        ),
        *(("未比对", note) for note in manifest["notes"]),
        (
            "建议的依据",
            "先看数据本身能证明的（校验码、证件号码中的出生日期和性别、死亡登记），再按来源优先顺序"
            "（公安、养老保险、其他系统；备份只用来补空）；双方同级的须核实原始材料。",
        ),
        *how_to_fill(TAKEN),
    )
