"""What stands among the rows of a table but is no record: blank rows, repeated headers, totals, lines, footers.

Business rule: extracts are printed reports as often as tables. A total that is loaded as a person doubles the money,
a header loaded as a row is junk, and a unit called 合计科技有限公司 is a unit. So a row is furniture only when it says
so in so many words and shows no identifier; it is then a reject, never dropped in silence.

Invariant: every reader of text and sheets asks this module, so the same row gets the same answer in every format.
Whether a row is furniture depends on its cells and the header alone, never on the rows around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Cells = Sequence[str | None]

REPEATED_HEADER = "重复表头"
TOTAL_ROW = "合计行"
FOOTER_ROW = "表尾行"
RULED_LINE = "分隔线"
EMPTY_ROW = "空行：只有分隔符"

BLANKS = " \t\r\n\x0b\x0c\x1a\x1f\u00a0\u3000\ufeff"
"""Characters that make no cell: blanks of both widths, line ends, the byte order mark, the DOS end-of-file mark."""

TOTAL_MARK, TOTAL_LEADS = "计", "合小总共累"
"""Every total has the mark after one of the leads, perhaps with blanks between: what a fast search may look for."""

LINE_CHARACTERS = "-=_+─━—"
"""Characters that draw a line."""

FOOTER_WORDS = (
    *("制表", "填表", "填报", "编制", "审核", "复核", "复审", "初审", "审批", "经办", "主管", "分管", "负责", "单位"),
    *("部门", "科室", "打印", "导出", "统计", "报送", "上报", "联系", "数据来源", "盖章", "公章", "签章", "签字"),
    *("签名", "日期", "备注", "说明", "附注", "注", "以下", "第", "共"),
)
"""Every footer begins with one of these, perhaps behind a bracket: what a fast search may look for."""

FOOTER_BRACKETS = "（(【["
"""Brackets that may open a footer."""

_NO_BLANKS = {ord(char): None for char in BLANKS}
_TOTAL = re.compile(
    r"[（(【\[]?(?:(?:[本当此]?[页表月年期季次]|[本分各]?单位|[本分]?部门|全年|全部|全[省市县区]|以上|总|分)?"
    r"(?:合计|小计|总计|共计|累计))(?:人数|金额|数|额)?[）)】\]]?"
    r"(?:[:：].*|[(（][^()（）]*[)）]|[\d.,，]+(?:人|人次|元|万元|条|户|笔|行|家|个月|月)?)?"
)
_INNER_TOTAL = frozenset({"合计", "小计", "总计", "本页合计", "本页小计"})
_IDENTIFIER = re.compile(r"\d{15}|\d{17}[\dXx]|[0-9A-HJ-NP-Z]{18}|0\d{4,}|[A-Za-z]{1,4}\d{4,}")
_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_OWNER = re.compile(r"\d{15}|\d{17}[\dXx]|[0-9A-HJ-NP-Z]{18}")
_DUTY = (
    r"(?:制表|填表|填报|编制|审核|复核|复审|初审|审批|经办|主管|(?:单位|部门|科室|分管)?负责|分管领导|打印|导出|统计"
    r"|报送|上报|联系|数据来源)"
)
_SIGNED = r"(?:[（(]?(?:签字|签章|盖章|签名|公章)[）)]?)"
_FOOTER = re.compile(
    rf"[（(【\[]?(?:{_DUTY}(?:人|人员|单位|部门|机构|日期|时间|电话|领导)?{_SIGNED}?|(?:单位|部门|科室)?{_SIGNED})"
    r"[）)】\]]?(?:[:：].*)?"
    r"|[（(【\[]?(?:(?:备注|说明|附注)[）)】\]]?|(?:注\d*|日期)[）)】\]]?(?=[:：]))(?:[:：].*)?"
    r"|以下(?:空白|无正文)|第\d+页[,，/]?(?:共\d+页)?"
    r"|共\d+(?:页|条|人|人次|户|家|笔|行)(?:记录|数据)?[,，/]?(?:第\d+页)?"
)
_BARE_WORD = re.compile(rf"{_DUTY}|备注|说明|附注")
"""Labels that may as well be the state or the remark of a record."""


def is_blank(cells: Cells) -> bool:
    """Tell whether a row holds nothing but blanks: it is then no row at all."""
    return not any(cell and cell.strip(BLANKS) for cell in cells)


def furniture(cells: Cells, header: Cells) -> str | None:
    """Return why a row below the header is no record (``REPEATED_HEADER`` …), or None where it may be one.

    ``header`` is the header row as written in the file.
    """
    if is_repeated_header(cells, header):
        return REPEATED_HEADER
    if is_total(cells):
        return TOTAL_ROW
    if is_ruled_line(cells):
        return RULED_LINE
    return FOOTER_ROW if is_footer(cells) else None


def is_repeated_header(cells: Cells, header: Cells) -> bool:
    """Tell whether a row has exactly the cells of the header, blanks at their ends aside."""
    if len(cells) != len(header):
        return False
    for cell, name in zip(cells, header, strict=True):
        if (cell or "").strip(BLANKS) != (name or "").strip(BLANKS):
            return False
    return not is_blank(header)


def is_total(cells: Cells) -> bool:
    """Tell whether one of the first three filled cells says 合计, 小计, 总计 … and no cell is an identifier.

    Where it is not the first cell, the cells behind it must hold no Chinese text: 王某、合计、男 is somebody.
    """
    if not any(cell and TOTAL_MARK in cell for cell in cells):
        return False
    filled = [text for cell in cells if cell and (text := cell.translate(_NO_BLANKS))]
    if any(map(_IDENTIFIER.fullmatch, filled)):
        return False
    if _TOTAL.fullmatch(filled[0]):
        return True
    for at, text in enumerate(filled[1:3], 1):
        if text in _INNER_TOTAL:
            return not any(map(_CHINESE.search, filled[at + 1 :]))
    return False


def is_ruled_line(cells: Cells) -> bool:
    """Tell whether a row only draws a line, as query tools do below the header: every filled cell is -, ----, ==== …"""
    filled = [text for cell in cells if cell and (text := cell.strip(BLANKS))]
    return any(len(text) > 1 for text in filled) and not any(text.strip(LINE_CHARACTERS) for text in filled)


def is_footer(cells: Cells) -> bool:
    """Tell whether a row is signed, dated, remarked or numbered as the foot of a page.

    Its first filled cell is a label of a fixed list (a bare 审核 only in the first column), no cell is an identity
    number or credit code, and either at most half of the cells are filled or each is a label or follows one.
    """
    filled = [(at, text) for at, cell in enumerate(cells) if cell and (text := cell.translate(_NO_BLANKS))]
    if not filled or not _FOOTER.fullmatch(filled[0][1]):
        return False
    if filled[0][0] and _BARE_WORD.fullmatch(filled[0][1]):
        return False
    if any(_OWNER.fullmatch(text) for _, text in filled):
        return False
    if 2 * len(filled) <= len(cells):
        return True
    labels = [_FOOTER.fullmatch(text) is not None for _, text in filled]
    return all(label or before for label, before in zip(labels[1:], labels, strict=False))
