"""What a template says and holds to in each column: the hint above it, its number format, what a cell may hold.

Rule: 严格按表格采集数据 (types, lengths, codes). A spreadsheet checks only what is typed, never what is pasted; so
these checks help the clerk, and reading the sheet back decides (``staging.collected``).

Invariant: every check admits whatever reading back accepts in the form that the hint asks for; identifiers are text
cells, so that leading zeros and eighteen digits survive.
"""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import Any

from renshe.engine.staging.form import choices, header_of
from renshe.standards.codes import code_list
from renshe.standards.dictionary import Field, Table, dictionary

CODES_SHEET = "代码表"

# Invented, by label; the identity number is the example of GB 11643-1999.
_EXAMPLES = {
    "个人编号": "10000001",
    "单位编号": "20000001",
    "社会保障号码": "11010519491231002X",
    "姓名": "张三",
    "联系电话": "13900000000",
    "银行账号": "6222000000000000001",
    "行政区划代码": "220802",
    "户籍区划代码": "220802001001",
    "常住地区划代码": "220802001001",
    "转出地区划": "220800",
    "转入地区划": "220100",
    "国籍": "CHN",
    "缴费档次": "200",
}
_FORMS = {
    "date": "日期，年-月-日；例 2021-05-31",
    "month": "年月，六位数字；例 202105",
    "year": "年度，四位数字；例 2021",
    "money": "金额（元），最多两位小数；例 1234.56",
    "int": "整数；例 12",
    "rate": "比例；例 16% 或 0.16",
}
_YEARLY = "；按年缴费的填年份加 00，如 202100"
_FORMATS = {"date": "yyyy-mm-dd", "month": "0", "year": "0", "money": "0.00", "int": "0"}
_WIDTHS = {"date": 12.0, "month": 10.0, "year": 8.0, "money": 13.0, "int": 9.0, "rate": 9.0}
_LIMIT = 2**31 - 1
# A spreadsheet keeps fifteen digits: an amount with its cents has thirteen before the point.
_MOST_MONEY = 9_999_999_999_999.99


def is_aside(entry: Table, field: Field) -> bool:
    """Tell whether a column is folded away: what every table may carry, and what is no part of this table's key."""
    everywhere = all(field.name in other.names for other in dictionary().values())
    return everywhere and field.name not in (*entry.key, *entry.key_else)


def form_of(field: Field) -> str:
    """Return what a cell of the field holds, with an example."""
    if field.codes is not None:
        first = next(iter(choices(field.codes)), "")
        beyond = "，表外的标准代码直接填写" if code_list(field.codes).pattern else ""
        return f"从下拉列表选{beyond}；例 {first}"
    if field.type == "text":
        length = f"文本，最多 {field.length} 个字" if field.length else "文本"
        return f"{length}；例 {_EXAMPLES[field.label]}" if field.label in _EXAMPLES else length
    return _FORMS[field.type] + (_YEARLY if field.name == "period" else "")


def hint(field: Field) -> str:
    """Return the hint above a column: whether it must be filled in, and with what."""
    return f"{'必填' if field.mandatory else '选填'}。{form_of(field)}"


def number_format(field: Field) -> str:
    """Return the number format of a column; ``@`` keeps what is typed as text."""
    return _FORMATS.get(field.type, "@")


def width(field: Field) -> float:
    """Return the width of a column in characters: wide enough for its header and what it usually holds."""
    header = 2.0 * len(header_of(field)) + 2
    if field.codes is not None:
        usual = min(1.1 * max(lines(text, 1.0) for text in choices(field.codes)) + 2, 28.0)
    else:
        usual = _WIDTHS.get(field.type, min(max(field.length or 0, 10), 20))
    return max(usual, min(header, 16.0))


def lines(text: str, wide: float) -> int:
    """Return how many lines ``text`` takes in ``wide`` characters: a Chinese one is as wide as two others."""
    return ceil((len(text) + len(text.encode())) / 2 / wide)


def validation(field: Field, cell: str, list_range: str | None) -> dict[str, Any]:
    """Return the data validation of a column; ``cell`` is its first data cell, ``list_range`` its list of codes."""
    common = {"error_title": field.label[:32], "error_message": form_of(field)[:255], "ignore_blank": True}
    if list_range is not None and field.codes is not None:
        # An open list has standard values that no drop-down shows: there the clerk is asked, not stopped.
        stop = "warning" if code_list(field.codes).pattern else "stop"
        return {**common, "validate": "list", "source": f"={list_range}", "error_type": stop}
    return {**common, **_check(field, cell)}


def _check(field: Field, cell: str) -> dict[str, Any]:
    between: dict[str, Any] = {"criteria": "between"}
    if field.type == "date":
        # The file format knows no dates before 1900; such a date is pasted as text.
        return {**between, "validate": "date", "minimum": date(1900, 1, 1), "maximum": date(2100, 12, 31)}
    if field.type == "month":
        rest = f"MOD({cell},100)"
        return {
            "validate": "custom",
            "value": f"=AND(ISNUMBER({cell}),{cell}=INT({cell}),{cell}>=185000,{cell}<=210012,{rest}<=12)",
        }
    if field.type == "year":
        return {**between, "validate": "integer", "minimum": 1850, "maximum": 2100}
    if field.type == "int":
        return {**between, "validate": "integer", "minimum": -_LIMIT, "maximum": _LIMIT}
    if field.type == "money":
        return {**between, "validate": "decimal", "minimum": -_MOST_MONEY, "maximum": _MOST_MONEY}
    return {"validate": "length", "criteria": "<=", "value": field.length or 16}
