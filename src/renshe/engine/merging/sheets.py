"""The workbook 合并方案: pairs side by side, values that survive, contributions to be refunded; room for the clerks.

Business rule (S1-42): what stands in the way is told with its remedy; when, by whom and with what result the insured
person was contacted is written down before a merge. Clerks may choose another record's value for a field.

Invariant: a row's hidden identity names its pair and the digest of what was planned for it, so an answer to another
plan is known as such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from renshe.engine.decisions.pairs import PERSON
from renshe.engine.decisions.terms import RESULTS
from renshe.engine.mending.lists import Form
from renshe.engine.merging.held import keep_table
from renshe.engine.merging.people import People
from renshe.engine.merging.plan import STATES, PairPlan, Plan
from renshe.engine.merging.survivorship import NEW, OLD, FieldPlan
from renshe.engine.merging.tables import REFUND
from renshe.engine.report.labels import region_label, system_label
from renshe.engine.report.sheets import (
    CHECKER,
    DAY,
    GROUND,
    IDENTITY,
    OPERATOR,
    STAMP,
    Column,
    RowList,
    lay_out,
    stamp_of,
)
from renshe.engine.report.shelving import SHEET_ROWS
from renshe.engine.report.spreadsheet import Book, write_book
from renshe.engine.rules.merge_rules import merge_rules
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary

FILE = "合并方案.xlsx"
MERGE, APART = "合并", "不合并"
DEED, CHOSEN = "合并处理", "改取"
CONTACT_DAY, CONTACT_BY, CONTACT_RESULT = "联系时间", "联系人", "联系结果"
OTHER = "other"
ORIGINS: Mapping[str, str] = {NEW: "保留编号的值", OLD: "被并编号的值", OTHER: "其他系统的值"}
_NUMBERS = ("系统", "保留编号", "被并编号")
_PEOPLE: Mapping[str, tuple[str, str]] = {
    "保留方姓名": (NEW, "name"),
    "保留方证件号码": (NEW, "id_number"),
    "被并方姓名": (OLD, "name"),
    "被并方证件号码": (OLD, "id_number"),
}
_VALUES: Mapping[str, str] = {
    "字段": "field",
    "保留编号的值": "new_value",
    "被并编号的值": "old_value",
    "其他系统的值": "other_value",
    "方案取值": "value",
}
PAIR_FORM = Form(
    DEED,
    (*_NUMBERS, CONTACT_DAY, CONTACT_BY, CONTACT_RESULT, GROUND, OPERATOR),
    (DEED, CONTACT_DAY, CONTACT_BY, CONTACT_RESULT, GROUND, OPERATOR, CHECKER, DAY),
    {DEED: (MERGE, APART), CONTACT_RESULT: tuple(RESULTS.values())},
    (CONTACT_DAY, DAY),
    (*_NUMBERS, *_PEOPLE),
)
FIELD_FORM = Form(CHOSEN, _NUMBERS, (CHOSEN,), {CHOSEN: tuple(ORIGINS.values())}, (), (*_NUMBERS, *_VALUES))
PAIR_MARK, FIELD_MARK = "merge", "field"
"""What the identities of the rows begin with."""
SCOPES = {"local": "本地", "cross": "跨统筹区"}

_PAIR = (
    Column("次序", "rn", 6, "count"),
    Column("范围", "scope", 9),
    Column("系统", "system", 10),
    Column("保留编号", "new", 15),
    Column("保留方姓名", "new_name", 10),
    Column("保留方证件号码", "new_id", 20),
    Column("保留方统筹区", "new_region", 16),
    Column("被并编号", "old", 15),
    Column("被并方姓名", "old_name", 10),
    Column("被并方证件号码", "old_id", 20),
    Column("被并方统筹区", "old_region", 16),
    Column("判为同一人的理由", "why", 30, "wrap"),
    Column("状态", "state", 16, "wrap"),
    Column("须先处理", "obstacles", 44, "wrap"),
    Column("不一致项", "fields", 9, "count"),
    Column("并入记录", "moved", 9, "count"),
    Column("同月缴费待退", "refunds", 12, "count"),
    Column("待退金额", "amount", 12),
    Column(DEED, "", 10, "choice", same="", choices=PAIR_FORM.choices[DEED]),
    Column(CONTACT_DAY, "", 12, "date", same=""),
    Column(CONTACT_BY, "", 10, "fill", same=""),
    Column(CONTACT_RESULT, "", 12, "fill", same="", choices=PAIR_FORM.choices[CONTACT_RESULT]),
    Column(GROUND, "", 22, "fill", same=""),
    Column(OPERATOR, "", 10, "fill", same=""),
    Column(CHECKER, "", 10, "fill", same=""),
    Column(DAY, "", 12, "date", same=""),
    Column(IDENTITY, f"json_array('{PAIR_MARK}', system_name, old, new, digest, {STAMP})::varchar", 8, "identity"),
)
_FIELD = (
    Column("次序", "step", 6, "count"),
    Column("系统", "system", 10),
    Column("保留编号", "new", 15),
    Column("被并编号", "old", 15),
    Column("字段", "field", 14),
    Column("保留编号的值", "new_value", 24, "wrap"),
    Column("被并编号的值", "old_value", 24, "wrap"),
    Column("其他系统的值", "other_value", 24, "wrap"),
    Column("方案取值", "value", 24, "wrap"),
    Column("取自", "origin", 14),
    Column("取值依据", "why", 22, "wrap"),
    Column(CHOSEN, "", 14, "choice", same="", choices=FIELD_FORM.choices[CHOSEN]),
    Column(
        IDENTITY,
        f"json_array('{FIELD_MARK}', system_name, old, new, field_name, digest, {STAMP})::varchar",
        8,
        "identity",
    ),
)
_REFUND = (
    Column("次序", "step", 6, "count"),
    Column("系统", "system", 10),
    Column("保留编号", "new", 15),
    Column("被并编号", "old", 15),
    Column("险种", "insurance", 18),
    Column("所属期", "period", 9),
    Column("单位部分", "unit", 12),
    Column("个人部分", "person", 12),
    Column("合计", "amount", 12),
    Column("来源文件", "source_file", 24),
    Column("行号", "source_row", 9, "count"),
)
_GUIDE = (
    (
        "先看哪里",
        "“合并方案”每对编号一行，按先本地后异地的次序排列；“须先处理”写明还差什么、怎样处理。"
        "“不一致项”列出两条记录不同的各项和方案取值；“同月缴费待退”列出两个编号同月都有的缴费，合并后不重复计算，按规定退费。",
    ),
    (
        "怎样填写",
        "先联系参保对象，再在浅黄色的列填写：合并处理、联系时间、联系人、联系结果、依据、经办人、复核人、日期。"
        "只有状态为“可办理”、联系结果为“同意合并”的才能合并。依据和经办人必填；填了复核人就不能与经办人是同一人。",
    ),
    (MERGE, "被并编号的参保关系、缴费等记录归到保留编号；两个编号都能查到本人。错了可以撤销，撤销后恢复原样。"),
    (APART, "查明不是同一人，或本人不同意：写明依据，以后不再列入方案，直至撤销。联系各栏可以不填。"),
    # No cell of the guide may be the header of a list.
    (
        "改取某项",
        "某项不按方案取值的，在“不一致项”中选取自哪一方；已有的值不能改取为空。要填第三个值的，合并后另行更正。",
    ),
    (
        "交回",
        "用 Excel、WPS 或 LibreOffice 存为 xlsx 或 ods，由项目管理员运行 renshe decide 读回；"
        "不合格的行逐一指出单元格，另存为“…-未采纳.xlsx”，改好后再交。不要删除行，不要拆掉隐藏的“识别码”列。",
    ),
    ("保密", "本文件含未遮盖的个人信息，只限经办使用，不得外传。"),
)


def write_workbook(plan: Plan, folder: Path) -> None:
    """Write the workbook of ``plan`` (its rows known, see ``tables.know_rows``) into ``folder``."""
    con = plan.connection
    refunds = con.sql(
        "SELECT step, system, new, old, insurance, period, unit, person, amount, source_file, source_row"
        f" FROM planned_rows WHERE what = '{REFUND}' ORDER BY ALL"
    ).to_arrow_table()
    fields = [_shown_field(one, field) for one in plan.pairs for field in one.fields]
    lists = [
        _list(con, "合并方案", "merge_pair", _PAIR, [_shown_pair(one, plan) for one in plan.pairs]),
        _list(con, "不一致项", "merge_field", _FIELD, fields),
        _list(con, "同月缴费待退", "merge_refund", _REFUND, [_shown_refund(row) for row in refunds.to_pylist()]),
    ]
    kept = [one for one in lists if one.rows]
    [pieces] = lay_out(kept, SHEET_ROWS, sum(one.rows for one in kept) or 1, stamp_of(plan.newest.manifest))
    write_book(con, Book(folder / FILE, _guide(plan), [], pieces), lambda _rows: None)


def _list(
    con: duckdb.DuckDBPyConnection, title: str, name: str, shown: Sequence[Column], rows: Sequence[Mapping[str, Any]]
) -> RowList:
    given: dict[str, Any] = {"rn": pa.array(range(1, len(rows) + 1), pa.int64())}
    for column in rows[0] if rows else ():
        given[column] = pa.array([None if row[column] is None else str(row[column]) for row in rows], pa.string())
    keep_table(con, name, pa.table(given))
    return RowList(title, name, 1, len(rows), tuple(shown))


def number_cells(system: str, old: str, new: str) -> dict[str, str | None]:
    """Return, by header, what the rows of a pair show of its numbers."""
    return dict(zip(_NUMBERS, (system_label(system), new, old), strict=True))


def people_cells(people: People, system: str, old: str, new: str) -> dict[str, str | None]:
    """Return, by header, what the row of a pair shows of its people, as far as they are in the data now."""
    numbers = {OLD: (system, old), NEW: (system, new)}
    known = {side for side, number in numbers.items() if number in people.records}
    return {header: people.value(numbers[side], name) for header, (side, name) in _PEOPLE.items() if side in known}


def field_cells(one: PairPlan, field: FieldPlan) -> dict[str, str | None]:
    """Return, by header, what the row of a field shows."""
    told = _shown_field(one, field)
    return {header: told[name] for header, name in _VALUES.items()}


def _shown_pair(one: PairPlan, plan: Plan) -> dict[str, Any]:
    pair = one.pair
    told: dict[str, Any] = {"scope": SCOPES[pair.scope], "system": system_label(pair.system)}
    for side, number, region in zip((OLD, NEW), (pair.old, pair.new), pair.regions, strict=True):
        told[side] = number
        told[f"{side}_name"] = plan.people.value((pair.system, number), "name")
        told[f"{side}_id"] = plan.people.value((pair.system, number), "id_number")
        told[f"{side}_region"] = region_label(region)
    detailed = one.moved is not None
    return told | {
        "why": pair.why,
        "state": STATES[one.state],
        "obstacles": "\n".join(obstacle.line for obstacle in one.obstacles) or None,
        "fields": len(one.fields) if detailed else None,
        "moved": sum((one.moved or {}).values()) if detailed else None,
        "refunds": len(one.refunds) if detailed else None,
        "amount": sum(refund.amount for refund in one.refunds) or None,
        "system_name": pair.system,
        "digest": one.digest,
    }


def _shown_field(one: PairPlan, field: FieldPlan) -> dict[str, Any]:
    pair = one.pair
    other = _shown_value(field.name, field.other)
    if other is not None and field.other_system is not None:
        other = f"{other}（{system_label(field.other_system)}）"
    return {
        "step": one.step,
        "system": system_label(pair.system),
        "new": pair.new,
        "old": pair.old,
        "field": dictionary()[PERSON].field(field.name).label,
        "new_value": _shown_value(field.name, field.new),
        "old_value": _shown_value(field.name, field.old),
        "other_value": other,
        "value": _shown_value(field.name, field.value),
        "origin": ORIGINS.get(field.origin) or system_label(field.origin),
        "why": field.why,
        "system_name": pair.system,
        "field_name": field.name,
        "digest": one.digest,
    }


def _shown_value(name: str, value: str | None) -> str | None:
    """Return a value as a clerk reads it: a code with its name."""
    codes = dictionary()[PERSON].field(name).codes
    if value is None or codes is None or value not in code_list(codes).values:
        return value
    return f"{value} {code_list(codes).values[value].label}"


def _shown_refund(row: Mapping[str, Any]) -> dict[str, Any]:
    kinds = code_list("insurance").values
    kind = kinds[row["insurance"]].label if row["insurance"] in kinds else row["insurance"]
    return {**row, "system": system_label(row["system"]), "insurance": kind}


def _guide(plan: Plan) -> list[dict[str, str]]:
    manifest = plan.newest.manifest
    counts = Counter(one.state for one in plan.pairs)
    facts: list[tuple[str, str]] = [
        ("项目", str(manifest["name"])),
        ("轮次", f"第 {manifest['round']} 轮，数据截至 {manifest['as_of']}"),
        ("共有", "，".join(f"{label} {counts[state]:,} 对" for state, label in STATES.items())),
        *_GUIDE,
        *_conditions(plan.unchecked),
    ]
    return [{"项目": name, "内容": text} for name, text in facts]


def _conditions(unchecked: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for one in merge_rules().conditions.values():
        blind = f"本项目无法检查（{unchecked[one.id]}），请在联系参保对象时核实。" if one.id in unchecked else ""
        yield f"条件 {one.id}", f"{blind}{one.title}的不能合并；{one.remedy}。依据：{one.source}"
