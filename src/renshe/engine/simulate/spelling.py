"""The same value written in many ways, all lawful: what clerks, spreadsheets and old programs do to clean data.

Blanks inside two-character names, a lower-case x, an apostrophe before a number, full-width digits, four ways to write
a date, thousands separators. Readers must keep the meaning; nothing here is an error.

Invariant: only rows without an error are respelled, and each respelling means what the value means.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import numpy as np

from renshe.engine.simulate.model import NULL, Column, Ints, Mask, Rows

WIDE = {ord(str(digit)): ord("０") + digit for digit in range(10)}
Spell = Callable[[Column], list[str]]


def vary(system: str, rows: Rows) -> None:
    """Respell some cells of the systems whose files pass through people's hands."""
    if rows.table == "person" and system in ("medical", "resident", "employment"):
        _names(rows)
        _numbers(rows, apostrophe=system == "medical")
        if system == "medical":
            _dates(rows)
            _spread(rows, "phone", 97, 5, lambda values: [value.translate(WIDE) for value in values.tolist()])
    if rows.table == "unit_ledger" and system == "medical":
        some = rows["base_total"] != NULL
        _put(
            rows,
            "base_total",
            some,
            lambda values: [f"{Decimal(cents).scaleb(-2):,.2f}" for cents in values.tolist()],
        )


def _clean(rows: Rows) -> Mask:
    out = np.ones(len(rows), np.bool_)
    for mark in rows.marks:
        out[mark.rows] = False
    return out


def _put(rows: Rows, name: str, among: Mask, spell: Spell) -> None:
    at: Ints = np.flatnonzero(among & _clean(rows) & (rows[name] != "" if rows[name].dtype.kind == "U" else True))
    texts = spell(rows[name][at])
    rows.raw.setdefault(name, []).extend((int(row), text) for row, text in zip(at, texts, strict=True))


def _spread(rows: Rows, name: str, step: int, first: int, spell: Spell) -> None:
    """Respell one row in ``step``."""
    _put(rows, name, rows["_person"] % step == first, spell)


def _names(rows: Rows) -> None:
    two = (np.strings.str_len(rows["name"]) == 2) & (rows["_person"] % 3 == 0)
    _put(rows, "name", two, lambda values: [f"{value[0]}\u3000{value[1]}" for value in values.tolist()])


def _numbers(rows: Rows, apostrophe: bool) -> None:
    numbers = rows["id_number"]
    lower = np.strings.endswith(numbers, "X") & (rows["_person"] % 2 == 0)
    _put(rows, "id_number", lower, lambda values: [value.lower() for value in values.tolist()])
    if apostrophe:
        quoted = ~np.strings.endswith(numbers, "X") & (rows["_person"] % 41 == 3)
        _put(rows, "id_number", quoted, lambda values: [f"'{value}" for value in values.tolist()])


def _dates(rows: Rows) -> None:
    forms = ("{0:%Y}年{0.month}月{0.day}日", "{0:%Y}.{0.month}.{0.day}", "{0:%Y%m%d}", "{0:%Y/%m/%d}")
    for number, form in enumerate(forms):
        some = (rows["_person"] % 29 == number) & ~np.isnat(rows["birth_date"])
        _put(rows, "birth_date", some, partial(_dated, form))


def _dated(form: str, values: Column) -> list[str]:
    return [form.format(day) for day in values.tolist()]
