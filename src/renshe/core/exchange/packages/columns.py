"""Rows between how we keep them and how a partner writes them, column by column, and what is wrong with them.

Rule (S2-51 对要发送信息、数据应进行最后检查…缺、错、漏项…补正; S0-43): a required column that is empty, a value that is
not of its type, length or codes, a code that the partner has no word for: each is told with its row.

Invariant: what passed outward comes back the same inward; a row that is at fault is never among those that pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from renshe.core.exchange.packages.terms import Column, Terms
from renshe.standards.codes import code_list
from renshe.standards.money import parse_ints, parse_moneys, parse_rates
from renshe.standards.periods import parse_dates, parse_months, parse_years

_Wrong = tuple[pa.BooleanArray, str]
"""Where something is wrong, and what."""
MOST_FAULTS = 1_000
"""So many faults are told one by one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that is missing or wrong: in which row, from 1, and column."""

    row: int
    column: str
    said: str


@dataclass(frozen=True, slots=True)
class Turned:
    """Rows that were turned, all of them, whether at fault or not; ``wrong``: by row, whether something is at fault;
    ``faults``: the first ``MOST_FAULTS``, ``many``: how many there are."""

    rows: pa.Table
    wrong: pa.BooleanArray
    faults: tuple[Fault, ...]
    many: int


def outward(rows: pa.Table, terms: Terms) -> Turned:
    """Return ``rows``, by our names (texts, or typed), as the partner writes them."""
    return _turned(terms, rows.num_rows, lambda one: (one.header, *_out(one, _texts(rows.column(one.name)))))


def inward(rows: pa.Table, terms: Terms) -> Turned:
    """Return ``rows`` of a partner, by its headers, by our names and with our codes, as texts in our spelling."""
    return _turned(terms, rows.num_rows, lambda one: (one.name, *_in(one, _texts(rows.column(one.header)))))


def sums_of(rows: pa.Table, terms: Terms) -> dict[str, str]:
    """Return the sums of ``rows``, as they travel, that the terms ask for."""
    types = {one.header: one.type for one in terms.columns}
    found = {}
    for header in terms.sums:
        typed = (parse_moneys if types[header] == "money" else parse_ints)(_texts(rows.column(header)))[0]
        found[header] = str(pc.sum(typed).as_py() or 0)
    return found


def keys_of(rows: pa.Table, terms: Terms) -> pa.Array:
    """Return by row what identifies it: the columns of the key, as they travel, with ``|`` between."""
    parts = [pc.fill_null(_texts(rows.column(header)), "") for header in terms.key]
    return pc.binary_join_element_wise(*parts, "|")


def _turned(terms: Terms, count: int, turn: Callable[[Column], tuple[str, pa.StringArray, list[_Wrong]]]) -> Turned:
    made: dict[str, pa.StringArray] = {}
    faults: list[Fault] = []
    many, wrong = 0, pa.array([False] * count, pa.bool_())
    for one in terms.columns:
        name, made_of, found = turn(one)
        made[name] = made_of
        for mask, said in found:
            number = pc.sum(mask).as_py() or 0
            if number:
                many += number
                rows = pc.indices_nonzero(mask)[:MOST_FAULTS].to_pylist()
                faults += [Fault(row + 1, one.header, said) for row in rows]
                wrong = pc.or_(wrong, mask)
    faults.sort(key=lambda fault: fault.row)
    return Turned(pa.table(made), wrong, tuple(faults[:MOST_FAULTS]), many)


def _out(one: Column, texts: pa.StringArray) -> tuple[pa.StringArray, list[_Wrong]]:
    _, wrong = _spelled(one, texts)
    if not one.codes:
        return texts, [*_lacking(one, texts), *wrong]
    turned, unmapped = _mapped(texts, one.codes)
    return turned, [*_lacking(one, texts), *wrong, (unmapped, "协议中没有与这个代码对应的值")]


def _in(one: Column, texts: pa.StringArray) -> tuple[pa.StringArray, list[_Wrong]]:
    unmapped: list[_Wrong] = []
    ours = texts
    if one.codes:
        ours, mask = _mapped(texts, {theirs: ours for ours, theirs in one.codes.items()})
        unmapped = [(mask, "协议中没有这个代码")]
    spelled, wrong = _spelled(one, ours)
    return spelled, [*_lacking(one, texts), *unmapped, *wrong]


def _lacking(one: Column, texts: pa.StringArray) -> Iterator[_Wrong]:
    if one.required:
        yield pc.is_null(texts), "必填而未填"


def _spelled(one: Column, texts: pa.StringArray) -> tuple[pa.StringArray, list[_Wrong]]:
    """Return ``texts`` in the one spelling of their type, and what is none or too long."""
    if one.list is not None:
        known = code_list(one.list)
        meant = {text: known.find(text) for text in pc.unique(texts).to_pylist() if text is not None}
        spelled, unknown = _mapped(texts, {text: value for text, value in meant.items() if value is not None})
        return spelled, [(unknown, f"不是“{known.label}”的代码")]
    if one.type in _TYPED:
        parse, said = _TYPED[one.type]
        typed, bad = parse(texts)
        return _texts(typed), [(bad, said)]
    if one.length is None:
        return texts, []
    return texts, [(pc.fill_null(pc.greater(pc.utf8_length(texts), one.length), False), f"超过 {one.length} 个字符")]


_TYPED: Mapping[str, tuple[Callable[[pa.StringArray], tuple[Any, pa.BooleanArray]], str]] = {
    "date": (parse_dates, "不是日期"),
    "month": (parse_months, "不是年月"),
    "year": (parse_years, "不是年份"),
    "money": (parse_moneys, "不是金额"),
    "int": (parse_ints, "不是整数"),
    "rate": (lambda texts: parse_rates(texts)[::2], "不是比例"),
}


def _mapped(texts: pa.StringArray, words: Mapping[str, str]) -> tuple[pa.StringArray, pa.BooleanArray]:
    """Return ``texts`` by ``words`` (what has none is null), and where there was a text that has none."""
    encoded = texts.dictionary_encode()
    turned = pa.array([words.get(text) for text in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)
    return turned, pc.and_(pc.is_valid(texts), pc.is_null(turned))


def _texts(column: Any) -> pa.StringArray:
    """Return a column as texts; an empty one is none."""
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if not pa.types.is_string(flat.type):
        flat = flat.cast(pa.string())
    return pc.if_else(pc.equal(flat, ""), pa.scalar(None, pa.string()), flat)
