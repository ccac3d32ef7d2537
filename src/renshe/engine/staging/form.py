"""What a collection template says of itself, and whether a returned one still has its columns and its order.

Rules: only the data items of the standard are collected (以软件公司要求的数据项目为标准); the order that the settlement
centre handed out stays (不得更改基金结算中心提供的顺序). So a template carries its table, the version of the data
dictionary, its columns and the place of every published row, and what comes back is held against them.

Invariant: no difference is passed over: ``differences`` is empty only for the same columns in the same order,
``order_problem`` only for every published row once, in the published order, with new rows behind them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from renshe.engine.sources.marker import ASIDE, SHEET
from renshe.engine.sources.sheet_xml import column_letters
from renshe.engine.staging.columns import ColumnError
from renshe.standards.codes import code_list
from renshe.standards.dictionary import TABLES, Field, dictionary_version, table
from renshe.standards.text import label_key

KEY_HEADER = "行标识"
"""Header of the hidden column by which a published row is known wherever it has moved."""

HEADER_ROW = 2
"""Where a template has its header: below the row of hints, so that neither sorting nor filtering moves them."""

_FORMAT = "1"
_SHOWN = 20


class FormError(ColumnError):
    """A returned template is not the one that was given out. The text is one Chinese line with its remedy."""


@dataclass(frozen=True, slots=True)
class Form:
    """A template: ``columns`` are pairs of field name and header, ``rows`` the rows that it was published with."""

    table: str
    dictionary: str
    sheet: str
    columns: tuple[tuple[str, str], ...]
    ordered: bool
    rows: int
    aside: tuple[str, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the sheet in order, the hidden row key last."""
        return (*(header for _, header in self.columns), KEY_HEADER)

    def texts(self) -> dict[str, str]:
        """Return what the hidden sheet holds."""
        return {
            "format": _FORMAT,
            "table": self.table,
            "dictionary": self.dictionary,
            SHEET: self.sheet,
            ASIDE: json.dumps(self.aside, ensure_ascii=False),
            "columns": json.dumps(self.columns, ensure_ascii=False),
            "ordered": "1" if self.ordered else "0",
            "rows": str(self.rows),
        }


def header_of(field: Field) -> str:
    """Return the header of a field: its label, with a star where it is mandatory."""
    return f"*{field.label}" if field.mandatory else field.label


def new_form(name: str, *, sheet: str, ordered: bool = False, rows: int = 0, aside: tuple[str, ...] = ()) -> Form:
    """Return the template of table ``name`` as today's dictionary has it."""
    columns = tuple((field.name, header_of(field)) for field in table(name).fields)
    return Form(name, dictionary_version(), sheet, columns, ordered, rows, aside)


def read_form(texts: Mapping[str, str]) -> Form:
    """Return the template that a hidden sheet describes; FormError where it cannot be understood."""
    try:
        columns = tuple((str(field), str(header)) for field, header in json.loads(texts["columns"]))
        known = texts["format"] == _FORMAT and texts["table"] in TABLES
        form = Form(
            texts["table"], texts["dictionary"], texts[SHEET], columns, texts["ordered"] == "1", int(texts["rows"])
        )
    except (KeyError, ValueError, TypeError):
        known = False
    if not known:
        raise FormError(
            "是采集模板，但其中隐藏的模板信息已损坏或由别的版本写成；请用 renshe template 重新生成模板，把数据粘贴过去"
        )
    return form


def need_today(form: Form) -> None:
    """Refuse a template whose columns are not those of today's dictionary: FormError with the differences."""
    today = new_form(form.table, sheet=form.sheet)
    if form.columns != today.columns:
        found = differences(today.headers, form.headers, [column_letters(at) for at in range(len(form.headers))])
        told = _listed(found) or "数据项代码不同"
        made = f"模板按数据字典 {form.dictionary} 版生成，现为 {dictionary_version()} 版，列不同"
        if form.dictionary == dictionary_version():
            made = f"隐藏的模板信息被改过，与表 {form.table} 的列不符"
        raise FormError(f"{made}：{told}；请用 renshe template {form.table} 重新生成模板，把数据粘贴过去")


def need_columns(form: Form, found: Sequence[str], letters: Sequence[str], row: int) -> None:
    """Refuse a header (in ``row``, as shown) that is not the template's: FormError that lists every difference."""
    if told := differences(form.headers, found, letters, row):
        raise FormError(
            f"列与模板不一致，共 {len(told)} 处：{_listed(told)}；请按模板改回列名和顺序（不增列、不删列、不移动列）"
        )


def _listed(told: Sequence[str]) -> str:
    return "；".join(told[:_SHOWN]) + ("；……" if len(told) > _SHOWN else "")


def differences(
    expected: Sequence[str], found: Sequence[str], letters: Sequence[str], row: int | None = None
) -> list[str]:
    """Return in Chinese how a header differs: columns renamed, missing, unknown or moved, each with its cell.

    ``letters`` are the columns of ``found``, ``row`` the row as shown (None: it stands in no sheet). Width, blanks and
    the star do not count.
    """
    cells = [f"{letter} 列" if row is None else f"{letter}{row}" for letter in letters]
    wanted, there = [label_key(text) for text in expected], [label_key(text) for text in found]
    if wanted == there:
        return []
    places = _placed(wanted, there)
    told = []
    strange = set(range(len(found))) - set(places.values())
    for at, header in enumerate(expected):
        if at in places:
            continue
        if at in strange:
            strange.discard(at)
            told.append(f"{cells[at]} 应为“{header}”，现为“{found[at]}”")
        else:
            told.append(f"缺“{header}”（应在 {column_letters(at)} 列）")
    told += [f"多“{found[at]}”（{cells[at]}）" for at in sorted(strange)]
    told += [
        f"“{expected[at]}”移到了 {letters[places[at]]} 列，应在 {column_letters(at)} 列"
        for at in sorted(places.keys() - _in_order(places))
    ]
    return told


def _placed(wanted: Sequence[str], there: Sequence[str]) -> dict[int, int]:
    """Return which column stands where: place in the template -> place in the file, of equal names in order."""
    left: dict[str, list[int]] = {}
    for at, name in enumerate(there):
        left.setdefault(name, []).append(at)
    return {at: left[name].pop(0) for at, name in enumerate(wanted) if left.get(name)}


def _in_order(places: Mapping[int, int]) -> frozenset[int]:
    """Return the largest set of columns that kept their order: the others are those that somebody moved."""
    best: list[tuple[int, ...]] = []
    for at, place in sorted(places.items()):
        before = _longest([chain for chain in best if places[chain[-1]] < place])
        best.append((*before, at))
    return frozenset(_longest(best))


def _longest(chains: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    longest: tuple[int, ...] = ()
    for chain in chains:
        longest = chain if len(chain) > len(longest) else longest
    return longest


def row_key(ordinal: int, place: Sequence[str | int]) -> str:
    """Return the key of a published row: its number in the template (from 1), then where it came from."""
    return json.dumps([ordinal, *place], ensure_ascii=False, separators=(",", ":"))


def ordinal_of(key: str | None) -> int | None:
    """Return the number of the published row that a key names; None where it is none."""
    try:
        parts = json.loads(key or "")
    except ValueError:
        return None
    number = parts[0] if isinstance(parts, list) and parts else None
    return number if type(number) is int and number > 0 else None


def order_problem(form: Form, keys: Iterable[tuple[int, str | None]]) -> str | None:
    """Return in Chinese how the rows differ from the published ones; None where they do not.

    ``keys`` are the rows in the order of the sheet: number as shown, and text of the key column. Rows without a key
    behind the last published row are new and allowed.
    """
    first_of: dict[int, int] = {}
    told, new = [], 0
    for row, key in keys:
        ordinal = ordinal_of(key)
        if ordinal is None or ordinal > form.rows:
            new = new or row
            continue
        if ordinal in first_of:
            told.append(f"第 {row} 行与第 {first_of[ordinal]} 行是同一行（重复）")
            continue
        first_of[ordinal] = row
        if new:
            told.append(f"第 {new} 行不是模板发出的行（新增的行只能放在最后）")
            new = 0
    missing = [number for number in range(1, form.rows + 1) if number not in first_of]
    if missing:
        told.append(f"缺 {len(missing)} 行，第一处是模板原第 {HEADER_ROW + missing[0]} 行")
    told = _moved(list(first_of.items())) + told
    return _listed(told) if told else None


def _moved(present: Sequence[tuple[int, int]]) -> list[str]:
    """Name the first published row (number, row as shown) that does not stand where its order puts it."""
    for (number, row), (rightful, now) in zip(present, sorted(present), strict=True):
        if number != rightful:
            return [
                f"从第 {row} 行起顺序被改动：这里应是模板原第 {HEADER_ROW + rightful} 行（它现在在第 {now} 行），"
                f"现在却是模板原第 {HEADER_ROW + number} 行"
            ]
    return []


def choice(value: str, label: str) -> str:
    """Return how a code stands in a drop-down: value and label."""
    return f"{value} {label}"


@lru_cache(maxsize=64)
def choices(name: str) -> Mapping[str, str]:
    """Return the drop-down of code list ``name``: text shown -> value."""
    return {choice(code.value, code.label): code.value for code in code_list(name).values.values()}
