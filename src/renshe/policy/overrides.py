"""A project's own parameters: rows of its table ``parameter`` are read strictly.

Business rule: local floors, rates and wages are the agency's to give; a value typed wrongly would make thousands of
false findings, so a row that cannot be read with certainty stops the round and is named with its remedy.

Invariant: what passes has a name that is no slip of one that something asks for, a real month, a finite number, and a
rate that is a share (0 to 1), not a percentage.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from renshe.policy.rounding import decimal_of
from renshe.standards.periods import is_month, parse_month

_ALMOST = 0.85
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REGION = re.compile(r"(?:(\d{6})(?:0{6})?)?")
_COUNTRY = ("000000", "100000")
_EITHER_MONTH = re.compile(r"\d{4}\.1")
_INSURANCE = re.compile(r"(\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Override:
    """One row of the project's parameter table, typed; ``place`` names the row for people (第3行)."""

    place: str
    name: str
    region: str
    insurance: str
    person_kind: str
    start_month: int
    end_month: int | None
    value: Decimal


def parse_override(row: Mapping[str, object], number: int, known: Collection[str] | None = None) -> Override:
    """Return the typed ``row``, the ``number``-th of its table, or the row its ``source_file`` and ``source_row`` name.

    Months as 202101, 2021-01 or 2021年1月; values as numbers or text, rates also as "8%"; regions of six digits, or of
    twelve that end in zeros; 000000 and 100000 are the whole country. ValueError, one line in Chinese with row and
    remedy, for a missing name or value, a name that is almost one of ``known`` (None: any passes), an unreadable month,
    region or value, a negative value or a rate above 1.
    """
    place = f"{row.get('source_file') or ''}第{row.get('source_row') or number}行"

    def text(key: str) -> str:
        return _text(row.get(key))

    name = text("name")
    if not _NAME.fullmatch(name):
        raise ValueError(f"参数表{place}：参数名 name 为“{name}”，应为小写英文名称，例如 base_floor、person_rate")
    if known is not None and name not in known:
        # What resembles nothing is a name of the agency's own; what almost is a name is a slip.
        near = get_close_matches(name, sorted(known), 1, _ALMOST)
        if near:
            raise ValueError(f"参数表{place}：没有规则用到参数 name“{name}”，是不是 {near[0]}？请改正或删去这一行")
    region, insurance = text("region"), text("insurance")
    place_of = _REGION.fullmatch(region)
    if place_of is None:
        raise ValueError(f"参数表{place}：地区 region 为“{region}”，应为 6 位行政区划代码（全国留空），例如 220800")
    if not _INSURANCE.fullmatch(insurance):
        raise ValueError(f"参数表{place}：险种 insurance 为“{insurance}”，应为险种代码（不分险种留空），例如 110")
    start_month = _month(text("start_month"), place, "start_month")
    end = text("end_month")
    end_month = _month(end, place, "end_month") if end else None
    if end_month is not None and end_month < start_month:
        raise ValueError(f"参数表{place}：终止年月 {end_month} 早于起始年月 {start_month}，请核对后改正")
    return Override(
        place=place,
        name=name,
        region="" if place_of[1] is None or place_of[1] in _COUNTRY else place_of[1],
        insurance=insurance,
        person_kind=text("person_kind"),
        start_month=start_month,
        end_month=end_month,
        value=_value(name, text("value"), place),
    )


def _text(value: object) -> str:
    """Return a cell as half-width text; a whole number that a spreadsheet keeps as 110.0 reads as 110."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFKC", str(value)).strip()


def _month(text: str, place: str, key: str) -> int:
    try:
        month = parse_month(text)
    except ValueError:
        month = 0
    # 2021.1 may be October with its zero lost: a parameter nine months early makes thousands of false findings.
    if not is_month(month) or _EITHER_MONTH.fullmatch(text):
        raise ValueError(f"参数表{place}：年月 {key} 为“{text}”，应为六位年月，例如 202101")
    return month


def _value(name: str, text: str, place: str) -> Decimal:
    percent = text.endswith("%")
    digits = text.removesuffix("%").strip().replace(",", "")
    try:
        value = decimal_of(digits)
    except ValueError:
        raise ValueError(f"参数表{place}：{name} 的取值 value 为“{text}”，应为数字，例如 0.08 或 4500.00") from None
    if percent:
        value = value.scaleb(-2)
    if value < 0:
        raise ValueError(f"参数表{place}：{name} 的取值 value 为“{text}”，不能为负数，请核对后改正")
    if name.endswith("_rate") and value > 1:
        raise ValueError(f"参数表{place}：{name} 的取值 value 为“{text}”，应在 0 与 1 之间，百分之八写作 0.08 或 8%")
    return value
