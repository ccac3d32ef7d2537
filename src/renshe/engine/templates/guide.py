"""The page that tells a clerk how to fill a template in, and what every column is.

Invariant: all that it says of a column comes from the data dictionary; what it promises of wrong values is what
``staging.collected`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from renshe.engine.staging.form import HEADER_ROW, Form
from renshe.engine.templates.columns import form_of, lines
from renshe.standards.dictionary import Field, table

GUIDE_SHEET = "说明"

_FONT = {"font_name": "微软雅黑", "font_size": 10, "valign": "vcenter"}
_LINE = {"border": 1, "border_color": "#B9C4C9"}
_HEAD = {**_FONT, **_LINE, "bold": True, "bg_color": "#E4EBEE"}
_WIDTHS = (22, 12, 8, 70)
_LINE_HEIGHT = 16.5


def _paragraphs(form: Form) -> list[tuple[str, str]]:
    entry = table(form.table)
    first = HEADER_ROW + 1
    filled = [
        (
            "已填的行",
            f"模板已装入 {form.rows:,} 行。必填而未填的单元格以黄色标出，请补齐；其余内容有误的请改正，无误的不动。",
        )
    ]
    ordered = [
        (
            "行的顺序",
            "本模板不得更改行的顺序：不排序、不移动、不删行；新增的行只能放在最后。顺序有变的整个文件退回，并指出第一处。",
        )
    ]
    return [
        ("用途", f"采集“{entry.label}”（{form.table}）的数据。每行一条记录。"),
        ("版本", f"数据字典 {form.dictionary} 版。字典更新而列有变化后，旧模板不再接收，请取新模板。"),
        *(filled if form.rows else []),
        ("怎么填", f"在工作表“{form.sheet}”第 {first} 行起填写；第 1 行是各列的填写要求，第 {HEADER_ROW} 行是列名。"),
        ("必填项", "列名带 * 且为红色的必填。一时不掌握的可以空着交回：行照收，空项列入检查结果，待补。"),
        ("折叠的列", "经办机构、经办人等各表共有的列默认折叠，需要时点列号上方的 + 展开；不填即为空。"),
        ("代码", "有下拉列表的列请从列表中选；从别处粘贴的，只写代码或只写名称也可以。全部代码见工作表“代码表”。"),
        ("号码", "证件号码、编号、账号按文本保存，开头的 0 和 18 位数字不会丢失；粘贴时请选“只粘贴值”，保持文本格式。"),
        ("不要做", "不改列名，不增列、删列、移动列，不合并单元格，不用公式（请粘贴为数值）；空行会略过。"),
        *(ordered if form.ordered else [("排序", "可以排序和筛选，隐藏的“行标识”列随行移动，请勿删改。")]),
        (
            "填错会怎样",
            "列或版本不符的，整个文件退回并列出差异；某行有单元格不合要求的，该行拒收并写明单元格和要求，其他行照收。",
        ),
        ("交回之前", "用 renshe template --check 文件名 自查：列出接收和拒收的行，并生成装载报告。"),
    ]


def write_guide(book: Any, form: Form, fields: Sequence[Field]) -> None:
    """Add the page to a workbook: paragraphs, then one line for each column."""
    sheet = book.add_worksheet(GUIDE_SHEET)
    title = book.add_format({**_FONT, "font_size": 14, "bold": True})
    name = book.add_format({**_FONT, **_LINE, "bold": True, "text_wrap": True})
    text = book.add_format({**_FONT, **_LINE, "text_wrap": True})
    must = book.add_format({**_FONT, **_LINE, "font_color": "#9C2A1F", "bold": True})
    head = book.add_format(_HEAD)
    for at, wide in enumerate(_WIDTHS):
        sheet.set_column(at, at, wide)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, f"{table(form.table).label}采集模板填写说明", title)
    row = 1
    for label, paragraph in _paragraphs(form):
        sheet.set_row(row, _LINE_HEIGHT * lines(paragraph, sum(_WIDTHS[1:])))
        sheet.write_string(row, 0, label, name)
        sheet.merge_range(row, 1, row, len(_WIDTHS) - 1, paragraph, text)
        row += 1
    row += 1
    for at, label in enumerate(("列名", "数据项代码", "必填", "填写要求")):
        sheet.write_string(row, at, label, head)
    for number, field in enumerate(fields, row + 1):
        sheet.write_string(number, 0, field.label, must if field.mandatory else name)
        sheet.write_string(number, 1, field.code, text)
        sheet.write_string(number, 2, "必填" if field.mandatory else "", must)
        sheet.write_string(number, 3, form_of(field), text)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
