"""Where the table of a sheet begins, and what its columns are called.

Agency sheets carry a title, a line "填报单位：… 单位：元", a header of one to three rows (缴费金额 over 单位 | 个人),
perhaps a row of field codes and a row that numbers the columns (栏次), and only then the data. The header is the row in
which most cells are names of the standard table (``known_names``); where none is known, the first row that is filled
like the data below and holds words only.

Names of a header of several rows: for a column with a parent P and a child C, the first of "CP", "PC" and "C" that is
a known name (单位 under 缴费金额 is 单位缴费金额; 应缴 under 养老保险, where nothing else is called so, stays 应缴);
else "PC", or "CP" where the child only says who pays.

Invariant: a row is a header only if every cell of it reads like a label; data are never taken for names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from renshe.standards.text import label_key

Cells = Sequence[str | None]

PREVIEW_ROWS = 60
_MAX_LABEL = 40
_MAX_HEADER_ROWS = 3
# Words that say nothing without the header above them, whatever the dictionary calls by them.
_PAYERS = frozenset("单位 个人 集体 财政".split())
_PARTIAL = _PAYERS | frozenset("合计 小计 总计 金额 人数 年 月 日 月数 比例 本金 利息".split())
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_NUMBER_OR_DATE = re.compile(
    r"[-+¥￥]?[\d,.]*\d[\d,.]*(%|元)?|\d{4}\s*[-/.年]\s*\d{1,2}(\s*[-/.月]\s*\d{1,2}\s*日?|\s*月)?", re.A
)


@dataclass(frozen=True, slots=True)
class Header:
    """A header found: ``first``..``last`` are its rows (indexes into the rows given), ``names`` one per column.

    A column without a name has "". ``known`` counts the columns whose name the table knows. Without any header,
    ``first`` is 0, ``last`` -1 and every name "".
    """

    first: int
    last: int
    names: tuple[str, ...]
    known: int

    @property
    def found(self) -> bool:
        """Whether there is a header at all."""
        return self.last >= self.first


def clean_name(text: str | None) -> str:
    """Return a column name as written, without line breaks and outer blanks."""
    return re.sub(r"[\r\n\t]+ *", "", text or "").strip(" \u3000\xa0")


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names with repeated ones told apart: 金额, 金额_2, 金额_3."""
    seen: set[str] = set()
    taken = set(names)
    result = []
    for name in names:
        unique, number = name, 1
        while unique in seen or (number > 1 and unique in taken):
            number += 1
            unique = f"{name}_{number}"
        seen.add(unique)
        result.append(unique)
    return tuple(result)


def is_label(text: str | None) -> bool:
    """Tell whether a cell may be (part of) a column name: words, not a number, a date or a sentence."""
    name = clean_name(text)
    return 0 < len(name) <= _MAX_LABEL and not _NUMBER_OR_DATE.fullmatch(name)


def find_header(rows: Sequence[Cells], known_names: frozenset[str]) -> Header:
    """Return the header among the first rows of a sheet (blank rows left out).

    ``known_names`` are labels, codes and aliases of the table that is expected; they may be given in any spelling.
    """
    known = frozenset(label_key(name) for name in known_names)
    preview = [list(row) for row in rows[:PREVIEW_ROWS]]
    width = max((len(row) for row in preview), default=0)
    preview = [row + [None] * (width - len(row)) for row in preview]
    start = _best_known(preview, known)
    if start is None:
        start = _first_filled(preview)
    if start is None:
        return Header(0, -1, ("",) * width, 0)
    return _widest(preview, start, known)


def _labels(row: Cells) -> int:
    return sum(1 for cell in row if _filled(cell))


def _known_count(names: Sequence[str | None], known: frozenset[str]) -> int:
    return len({key for name in names if name and (key := label_key(name)) in known})


def _best_known(rows: list[list[str | None]], known: frozenset[str]) -> int | None:
    """Return the first row with the most known names, if they are enough to call it a header."""
    counts = [_known_count(row, known) for row in rows]
    best = max(counts, default=0)
    if not best:
        return None
    start = counts.index(best)
    return start if best >= 2 or _labels(rows[start]) <= 2 else None


def _first_filled(rows: list[list[str | None]]) -> int | None:
    """Return the first row of labels that is filled about as much as the rows of the table are."""
    filled = Counter(_labels(row) for row in rows)
    usual = max(filled, key=lambda count: (filled[count] * min(count, 3), count), default=0)
    for index, row in enumerate(rows):
        if _labels(row) >= max(0.6 * usual, min(usual, 2)) and not _is_remark(row):
            return index if _all_labels(row) else None
    return None


def _is_remark(row: Cells) -> bool:
    """Tell whether a row says something about the table (填报单位：… 日期：…) instead of naming its columns."""
    return any(cell and re.search(r"[:：]\s*\S|[:：]\s*$", cell) for cell in row)


def _all_labels(row: Cells) -> bool:
    cells = [cell for cell in row if _filled(cell)]
    return bool(cells) and all(is_label(cell) for cell in cells) and len(set(cells)) * 2 > len(cells)


def _widest(rows: list[list[str | None]], start: int, known: frozenset[str]) -> Header:
    """Grow the header row upwards and downwards over the rows that belong to it."""
    first = last = start
    while first > 0 and last - first + 1 < _MAX_HEADER_ROWS and _is_parent(rows[first - 1], rows[first]):
        first -= 1
    while last + 1 < len(rows) and last - first + 1 < _MAX_HEADER_ROWS and _is_child(rows, first, last, known):
        last += 1
    names = _combined(rows[first : last + 1], known)
    if last + 1 < len(rows) and _is_second_label_row(rows[last], rows[last + 1], known):
        last += 1
    if last + 1 < len(rows) and _is_column_numbers(rows[last + 1]):
        last += 1
    return Header(first, last, names, _known_count(names, known))


def _is_parent(upper: Cells, lower: Cells) -> bool:
    """Tell whether ``upper`` groups the columns of ``lower``: two cells or more, one at least above several columns.

    Only where ``lower`` cannot stand alone: a name twice, a name that says nothing alone (单位), or a column that only
    ``upper`` names. So a title or a remark above a complete header is left out.
    """
    if _labels(upper) < 2 or not _all_labels(upper) or _is_remark(upper):
        return False
    names = [clean_name(cell) for cell in lower if _filled(cell)]
    only_above = any(_filled(above) and not _filled(below) for above, below in zip(upper, lower, strict=True))
    needed = len(set(names)) < len(names) or not _PARTIAL.isdisjoint(names) or only_above
    return needed and any(
        sum(_filled(lower[column]) for column in range(begin, end)) > 1 for begin, end in _spans(upper)
    )


def _filled(cell: str | None) -> bool:
    return bool(cell) and not str(cell).isspace()


def _spans(row: Cells) -> list[tuple[int, int]]:
    """Return the columns that each cell of a row stands over, as far as the next cell."""
    starts = [column for column, cell in enumerate(row) if _filled(cell)]
    return list(pairwise([*starts, len(row)]))


def _lowest(rows: list[list[str | None]]) -> list[str | None]:
    """Return for each column the lowest cell that is filled."""
    return [next((cell for cell in reversed(cells) if _filled(cell)), None) for cells in zip(*rows, strict=True)]


def _is_child(rows: list[list[str | None]], first: int, last: int, known: frozenset[str]) -> bool:
    """Tell whether the row after ``last`` continues the header below cells merged across.

    Each of its cells stands under a cell that covers two columns or more; columns merged downwards are blank in it and
    are filled by the row that follows: data fill the columns of the header, a second header row does not. And either
    it gives known names, or what stands below it are not words again.
    """
    upper = _lowest(rows[first : last + 1])
    lower = rows[last + 1]
    if not all(is_label(cell) for cell in lower if _filled(cell)):
        return False
    kept = [column for column, cell in enumerate(upper) if _filled(cell) and not _filled(lower[column])]
    children: list[int] = []
    for begin, end in _spans(upper):
        below = [column for column in range(begin, end) if _filled(lower[column])]
        if below and (len(below) < 2 or below[0] != begin):
            return False
        children += below
    if not kept or not children or len(children) != _labels(lower):
        return False
    if last + 2 >= len(rows):
        return True
    following = rows[last + 2]
    named = _known_count(_combined([upper, lower], known), known) > _known_count(upper, known)
    words = all(is_label(following[column]) for column in children)
    return any(_filled(following[column]) for column in kept) and (named or not words)


def _combined(rows: list[list[str | None]], known: frozenset[str]) -> tuple[str, ...]:
    """Return one name per column from header rows above one another."""
    names = [clean_name(cell) for cell in rows[-1]]
    for depth in range(len(rows) - 2, -1, -1):
        parents = [""] * len(names)
        for begin, end in _spans(rows[depth]):
            for column in range(begin, end):
                if column == begin or names[column]:
                    parents[column] = clean_name(rows[depth][begin])
        counts = Counter(names)
        names = [
            _joined(parent, child, known, alone=counts[child] == 1)
            for parent, child in zip(parents, names, strict=True)
        ]
    return tuple(names)


def _joined(parent: str, child: str, known: frozenset[str], *, alone: bool) -> str:
    if not parent or not child or label_key(parent) == label_key(child):
        return child or parent
    for name in (child + parent, parent + child):
        if label_key(name) in known:
            return name
    if alone and child not in _PARTIAL and label_key(child) in known:
        return child
    return child + parent if child in _PAYERS else parent + child


def _is_second_label_row(header: Cells, row: Cells, known: frozenset[str]) -> bool:
    """Tell whether a row names the columns once more, as field codes (AAC001) or in words."""
    if not _all_labels(row) or [clean_name(cell) for cell in row] == [clean_name(cell) for cell in header]:
        return False
    return _known_count(row, known) >= max(2, _labels(row) / 2)


def _is_column_numbers(row: Cells) -> bool:
    """Tell whether a row only numbers the columns: 1 2 3 …, or 甲 乙 1 2 3 …"""
    marks = [clean_name(cell).strip("()（）[]") for cell in row if _filled(cell)]
    if len(marks) < 3:
        return False
    stems = 0
    while stems < len(marks) and marks[stems] == _STEMS[stems : stems + 1]:
        stems += 1
    return marks[stems:] == [str(number) for number in range(1, len(marks) - stems + 1)]
