"""The review queue as a workbook: both records of a pair side by side, why it waits, room for the clerks' answer.

Business rule: whether two records are one person is verified with papers or the insured person, by one clerk, and
checked by another (核实数据问题); the workbook comes back through ``renshe link --answers``.

Invariant: a row's hidden identity names both records and the digest of what was shown of them, so an answer to other
data is known as such. The file holds personal data unmasked and is its owner's alone (0600).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from renshe.engine.linking.entities import ENTITIES, Entity, number_sql, shown_number
from renshe.engine.linking.report.figures import Part
from renshe.engine.mending.lists import Form
from renshe.engine.report.labels import SYSTEM_LABELS, system_label
from renshe.engine.report.problems import case_sql
from renshe.engine.report.sheets import (
    CHECKER,
    DAY,
    GROUND,
    IDENTITY,
    OPERATOR,
    STAMP,
    Column,
    RowList,
    Style,
    lay_out,
    stamp_of,
)
from renshe.engine.report.shelving import SHEET_ROWS
from renshe.engine.report.spreadsheet import Book, write_book
from renshe.engine.rules.compiling import quote

FILE = "待核实.xlsx"
VERDICT = "结论"
MARK = "link"
"""What the identities of the rows begin with."""
_SIDES = (("left", "甲"), ("right", "乙"))


def side_headers(entity: Entity) -> tuple[str, ...]:
    """Return the headers of the columns in which both records may stand."""
    labels = ("系统", entity.number_label, *entity.labels.values())
    return tuple(f"{label}{mark}" for label in labels for _, mark in _SIDES)


FORM = Form(
    VERDICT,
    (GROUND, OPERATOR, CHECKER),
    (VERDICT, GROUND, OPERATOR, CHECKER, DAY),
    {VERDICT: tuple(dict.fromkeys(label for one in ENTITIES.values() for label in one.answers.values()))},
    shown=tuple(dict.fromkeys(header for one in ENTITIES.values() for header in side_headers(one))),
)
_NARROW = {
    **{"name": 10, "legal_rep": 10, "birth_date": 12, "sex": 6},
    **{"id_number": 20, "uscc": 20, "org_code": 12, "phone": 14},
}
_WIDE = 22
_GUIDE = (
    (
        "先看哪里",
        "每对一行，最可能相同的在前；“待核实原因”写明为什么机器不能定，“不一致项”列出双方都有而不同的各项，"
        "甲乙两条记录逐项并列。“比对情况”中的数字是各项的权重：正数支持同一人，负数相反，每加 1 可能性加倍。",
    ),
    (
        "怎样填写",
        "查阅档案或联系本人后，在浅黄色的列填写：结论（下拉选择）、依据、经办人、复核人、日期。依据和经办人必填；"
        "判为同一或不同的须有复核人，且与经办人不是同一人。其余各列请勿改动。直接填值，不要用公式，不要合并单元格。",
    ),
    ("选同一人（同一单位）", "甲乙是同一个：下次关联时按此判定，并可列入合并方案；两个编号本身不变。错了可以撤销。"),
    ("选不是同一人（单位）", "甲乙是两个：以后各次关联都不再判为同一，直至撤销。"),
    ("选无法确定", "查不清：仍留在清单中，写明查过什么、还缺什么；可以不填复核人。"),
    (
        "排序与筛选",
        "可以排序、筛选、移动列、分发给多人填写；不要删除行，不要拆掉最右侧隐藏的“识别码”列，交回时凭它对应原记录。",
    ),
    (
        "交回",
        "用 Excel、WPS 或 LibreOffice 存为 xlsx 或 ods，由项目管理员运行 renshe link 项目文件夹 --answers 文件 读回；"
        "不合格的行逐一指出单元格，另存为“…-未采纳.xlsx”，改好后再交。下一次 renshe link 按结论判定。",
    ),
    ("保密", "本文件含未遮盖的个人信息，只限经办使用，不得外传。"),
)


def side_columns(connection: duckdb.DuckDBPyConnection, entity: Entity, pairs: str) -> list[Column]:
    """Return the columns in which the records of the table ``pairs`` stand side by side, field by field; without fields
    that none of them has."""
    known = case_sql({name: system_label(name) for name in SYSTEM_LABELS})
    columns = [
        *(Column(f"系统{mark}", f"case {side}_system {known} else {side}_system end", 12) for side, mark in _SIDES),
        *(Column(f"{entity.number_label}{mark}", number_sql(f"{side}_key"), 16) for side, mark in _SIDES),
    ]
    told = ", ".join(f"count(l_{name}) + count(r_{name})" for name in entity.shown)
    [counts] = connection.sql(f"SELECT {told} FROM {pairs}").fetchall()
    for (name, label), count in zip(entity.labels.items(), counts, strict=True):
        if count:
            width, style = _NARROW.get(name, _WIDE), _style(name)
            columns += [Column(f"{label}{mark}", f"{side[0]}_{name}", width, style) for side, mark in _SIDES]
    return columns


def side_cells(
    entity: Entity, pair: Sequence[tuple[str, str]], values: Sequence[Mapping[str, str | None]]
) -> dict[str, str | None]:
    """Return, by header, what the columns of ``side_columns`` show of two records: system and key, and their fields."""
    cells: dict[str, str | None] = {}
    for (_, mark), (system, key), told in zip(_SIDES, pair, values, strict=True):
        cells |= {f"系统{mark}": system_label(system), f"{entity.number_label}{mark}": shown_number(key)}
        cells |= {f"{label}{mark}": told[name] for name, label in entity.labels.items() if name in told}
    return cells


def _style(name: str) -> Style:
    return "plain" if name in _NARROW else "wrap"


def _columns(connection: duckdb.DuckDBPyConnection, entity: Entity, queue: str) -> tuple[Column, ...]:
    told = f"'{MARK}', {quote(entity.name)}, left_system, left_key, right_system, right_key, digest, {STAMP}"
    return (
        Column("序号", "rn", 7, "count"),
        Column("待核实原因", "reason", 24, "wrap"),
        Column("权重", "printf('%.1f', weight)", 7),
        Column("不一致项", "differing", 16, "wrap"),
        *side_columns(connection, entity, queue),
        Column("比对情况", "why", 44, "wrap"),
        Column(VERDICT, "", 13, "choice", same="", choices=tuple(entity.answers.values())),
        Column(GROUND, "", 24, "fill", same=""),
        Column(OPERATOR, "", 10, "fill", same=""),
        Column(CHECKER, "", 10, "fill", same=""),
        Column(DAY, "", 12, "date", same=""),
        Column(IDENTITY, f"json_array({told})::varchar", 8, "identity"),
    )


def write_queue(
    connection: duckdb.DuckDBPyConnection, told: Mapping[str, Any], parts: Sequence[Part], target: Path
) -> None:
    """Write the pairs that wait (tables as ``pairs.hold_queue`` leaves them) to ``target``.

    ``told`` is the round's manifest.
    """
    lists = []
    for part in parts:
        waiting, queue = sum(one.pairs for one in part.reasons), f"queue_{part.entity}"
        columns = _columns(connection, ENTITIES[part.entity], queue)
        lists.append(RowList(f"{part.label}待核实", queue, 1, waiting, columns))
    rows = sum(one.rows for one in lists)
    [pieces] = lay_out([one for one in lists if one.rows], SHEET_ROWS, rows or 1, stamp_of(told))
    facts = [
        ("项目", str(told["name"])),
        ("轮次", f"第 {told['round']} 轮，数据截至 {told['as_of']}"),
        ("共有", "，".join(f"{one.title} {one.rows:,} 对" for one in lists)),
        *_GUIDE,
    ]
    guide = [{"项目": name, "内容": text} for name, text in facts]
    write_book(connection, Book(target, guide, [], pieces), lambda _rows: None)
