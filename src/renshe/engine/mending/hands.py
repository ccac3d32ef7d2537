"""Who filled in a row, on what ground, and when; and what of any list is no value.

Business rule: each decision has a ground and a clerk; a second clerk, where there is one, is somebody else.

Invariant: what is refused here is refused in every kind of list alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from renshe.engine.mending.lists import Filled
from renshe.engine.mending.refusals import Wrong
from renshe.engine.report.problems import CELL_CHARS
from renshe.engine.report.sheets import CHECKER, DAY, GROUND, IDENTITY, OPERATOR
from renshe.standards.periods import parse_date

# A person's name fits in so many characters (AAE011).
_NAME_CHARS = 64
_GROUND_CHARS = 500
_FIRST_DAY = date(1990, 1, 1)
_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)|(Err:|#ERR)\d+", re.ASCII)
_UNSHOWN = re.compile(r"[\x00-\x20\x7f\u3000\u00a0]+|_x[0-9A-Fa-f]{4}_")


def shown(text: str | None) -> str:
    """Return a value without what spreadsheets lose or change on their way: blanks, line ends, control characters."""
    return _UNSHOWN.sub("", (text or "")[:CELL_CHARS])


def written_identity(filled: Filled) -> str | Wrong:
    """Return the hidden identity of a row whose cells are plain values."""
    if filled.wrong is not None:
        return filled.wrong
    for column in (*filled.sheet.form.filled, IDENTITY):
        text = filled.text(column)
        if text is not None and (text.startswith("=") or _ERROR.fullmatch(text)):
            return Wrong(column, f"“{column}”里是公式或错误值 {text[:20]}，不是值", "请直接填写值")
    written = filled.text(IDENTITY)
    if written is None:
        return Wrong(IDENTITY, "这一行没有识别码，无法对应原记录", "请把填写内容移到原清单的相应行，不要自己加行")
    return written


def identity_parts(filled: Filled) -> list[Any] | Wrong:
    """Return the parts of a row's hidden identity, a list in JSON; none where it is damaged."""
    written = written_identity(filled)
    if isinstance(written, Wrong):
        return written
    try:
        parts = json.loads(written)
    except ValueError:
        parts = None
    return parts if isinstance(parts, list) else []


def wrong_identity(remedy: str = "请从原清单复制回这一行的识别码") -> Wrong:
    """Say that a hidden identity is none."""
    return Wrong(IDENTITY, "识别码已损坏，无法对应原记录", remedy)


def wrong_shown(filled: Filled, cells: Mapping[str, str | None], remedy: str) -> Wrong | None:
    """Say which of ``cells`` (by header) a row does not show, though its hidden identity means the row that has them.

    Whoever sorts or copies what he sees, without the hidden column, would decide on other people than he looked at.
    """
    for column, text in cells.items():
        if column in filled.sheet.columns and shown(filled.text(column)) != shown(text):
            return Wrong(column, f"“{column}”与这一行隐藏的识别码不符：被改动，或与别的行错了位", remedy)
    return None


def wrong_hand(filled: Filled) -> Wrong | None:
    """Say what is wrong with ground, clerks or date."""
    ground, by, checker, day = (filled.text(column) for column in (GROUND, OPERATOR, CHECKER, DAY))
    if ground is None:
        return Wrong(GROUND, "没有填“依据”", "请写明材料名称或文号")
    if len(ground) > _GROUND_CHARS:
        return Wrong(GROUND, f"“依据”有 {len(ground)} 个字", f"请写在 {_GROUND_CHARS} 个字以内")
    if by is None:
        return Wrong(OPERATOR, "没有填“经办人”", "请写经办人姓名")
    for column, name in ((OPERATOR, by), (CHECKER, checker)):
        if name is not None and (wrong := wrong_name(column, name)):
            return wrong
    if checker is not None and shown(checker) == shown(by):
        return Wrong(CHECKER, "复核人与经办人是同一人", "请由另一人复核，或清空复核人")
    return wrong_day(DAY, day) if day is not None else None


def wrong_name(column: str, name: str) -> Wrong | None:
    """Say what is wrong with a clerk's name."""
    if len(name) > _NAME_CHARS:
        return Wrong(column, f"“{column}”有 {len(name)} 个字", "请只写姓名")
    return None


def wrong_day(column: str, text: str) -> Wrong | None:
    """Say what is wrong with a day that has been."""
    try:
        day = parse_date(text)
    except ValueError:
        return Wrong(column, f"“{column}”不是日期", "请写成 2021-05-31 的样子，或清空")
    if not _FIRST_DAY <= day <= date.today():
        return Wrong(column, f"“{column}”应在 {_FIRST_DAY} 与今天之间", "请核对年份，或清空")
    return None
