"""New values held against the dictionary: type, length, code list, check digits, sense of dates.

Source: GB/T 40217-2021 §4.2 (forms of data elements), GB 11643-1999 and GB 32100-2015 (check digits). What a clerk
writes is typed by the same functions that type the agency's files, so that what is taken here is taken in the round.

Invariant: a value that fits comes back as a finding of the next round would show it: 2021-01-31, 202101, 3000.00, the
code and not its label.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from renshe.engine.schema import columns
from renshe.engine.staging.typing import Reading, Tally, Typed, type_column
from renshe.standards.codes import CodeList, code_list
from renshe.standards.dictionary import Field, table
from renshe.standards.identity import is_valid_org_code, is_valid_social_security_number, is_valid_uscc

_FORMS = {
    "date": ("不是日期", "请写成 1989-01-31 的样子"),
    "month": ("不是年月", "请写成 202101 的样子，整年写成 202100"),
    "year": ("不是年度", "请写成 2021 的样子"),
    "money": ("不是金额", "请只写数字，如 3000.00"),
    "int": ("不是整数", "请只写数字"),
    "rate": ("不是比例", "请写成 0.08 或 8%"),
}
_MEANINGLESS = ("不是有意义的值", "请填写真实的值；确实没有的选“退回核实”")
# What has happened cannot lie ahead.
_PAST = frozenset({"birth_date", "file_birth_date", "work_start_date", "death_date"})
_LISTED = 12
# What people write where they know nothing.
_NO_VALUE = re.compile(r"\W*|无|没有|空|不详|未知|不知道|待查|待定|同上")
_RESIDENT_PAPERS = ("01", "17", "90")
_OTHER_PAPER = re.compile(r"[0-9A-Z\u4e00-\u9fff()（）/-]{5,}")


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value does not fit, and what to write instead; both Chinese."""

    what: str
    remedy: str


def fit_values(name: str, field: str, texts: Sequence[str], unsure: Sequence[bool]) -> list[str | Misfit]:
    """Return, for texts meant for ``field`` of table ``name``, what a finding would show of each, or why it is none.

    ``unsure`` marks numbers whose digits may not be those that were typed (``sources.cells.Unsure``).
    """
    spec = table(name).field(field)
    given = pa.array(texts, pa.string())
    typed = type_column(spec, columns(name)[field], given, Reading(), Tally(), np.array(unsure, np.bool_))
    shown = _shown(typed)
    return [_fitted(spec, text, value, doubtful) for text, value, doubtful in zip(texts, shown, unsure, strict=True)]


def _shown(typed: Typed) -> list[str | None]:
    found: list[str | None] = typed.values.cast(pa.string()).to_pylist()
    return found


def _fitted(spec: Field, text: str, value: str | None, doubtful: bool) -> str | Misfit:
    if value is None:
        return _untyped(spec, text, doubtful)
    if spec.type == "code" and spec.codes is not None:
        known = code_list(spec.codes)
        return value if known.known(value) else Misfit(f"不在代码表“{known.label}”中", _choices(known))
    if spec.type == "text" and _NO_VALUE.fullmatch(value):
        return Misfit(*_MEANINGLESS)
    if spec.type == "text" and spec.length is not None and len(value) > spec.length:
        return Misfit(f"有 {len(value)} 个字，超过“{spec.label}”的 {spec.length} 个字", "请核对是否填错了列")
    if spec.name in _PAST and value > date.today().isoformat():
        return Misfit("日期晚于今天", "请核对年份")
    if spec.name == "uscc" and not is_valid_uscc(value):
        return Misfit("统一社会信用代码的位数或校验码不符", "请按营业执照逐位核对（GB 32100）")
    if spec.name == "org_code" and not is_valid_org_code(value):
        return Misfit("组织机构代码的位数或校验码不符", "请按原证书逐位核对（GB 11714）")
    return value


def _untyped(spec: Field, text: str, doubtful: bool) -> Misfit:
    if doubtful and len(text.lstrip("-")) > 15:
        return Misfit("以数字存放，15 位以后的数字已经丢失", "请先把单元格设为文本，再重新输入全部数字")
    if doubtful:
        return Misfit("以数字存放，分不清 1 月和 10 月", "请写成 202101 或 202110 的样子")
    return Misfit(*_FORMS.get(spec.type, _MEANINGLESS))


def _choices(known: CodeList) -> str:
    listed = [f"{code.value} {code.label}" for code in known.values.values()]
    more = f" 等 {len(listed)} 种" if len(listed) > _LISTED else ""
    return f"请填标准代码或名称：{'、'.join(listed[:_LISTED])}{more}"


def fits_paper(id_type: str | None, number: str) -> bool:
    """Whether an identity number can be that of a paper of this type; where the type is not known, of a resident."""
    if id_type is None or id_type in _RESIDENT_PAPERS:
        return is_valid_social_security_number(number)
    return _OTHER_PAPER.fullmatch(number) is not None
