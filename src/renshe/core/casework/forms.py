"""What a case is started with: items, typed and checked before anything is saved.

Rule (S0-43 严格按表格采集数据): only the declared items are taken, in their types, lengths and codes. Items come from
the data dictionary where it knows them, and are read as the field writes them (``standards``).

Invariant: what ``read`` returns as JSON, read again, gives the same JSON and the same values.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from renshe.standards import dictionary
from renshe.standards.codes import code_list
from renshe.standards.money import parse_int, parse_money, parse_rate
from renshe.standards.periods import parse_date, parse_month, parse_year

LONG = 200
"""Characters from which on a text may have several lines."""

Value = str | int | bool | Decimal | dt.date | None
Problems = dict[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a form. ``type`` as in the dictionary (text, code, date, month, year, money, int, rate), ``flag``, or
    ``choice`` of ``choices``, as value and label; ``source``: the field of the dictionary that it is, as
    ``person.name``."""

    name: str
    label: str
    type: str = "text"
    required: bool = False
    length: int | None = None
    codes: str | None = None
    source: str | None = None
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was read: ``values`` by item in their types, ``json`` as it is kept, ``problems`` by item in Chinese.
    With problems the values are not to be used."""

    values: Mapping[str, Value]
    json: Mapping[str, Any]
    problems: Problems


def item(source: str, *, name: str | None = None, label: str | None = None, required: bool | None = None) -> Item:
    """Return the item that is the field ``source`` (``table.field``) of the dictionary. KeyError if there is none."""
    table, _, field = source.partition(".")
    known = dictionary.table(table).field(field)
    return Item(
        name or field,
        label or known.label,
        known.type,
        known.mandatory if required is None else required,
        known.length,
        known.codes,
        source,
    )


def read(items: Sequence[Item], given: Mapping[str, Any]) -> Filled:
    """Read what was ``given`` for ``items``: texts as typed, or JSON values."""
    values: dict[str, Value] = {}
    problems: Problems = {name: _unknown(name) for name in sorted(set(given) - {one.name for one in items})}
    for one in items:
        try:
            values[one.name] = _value(one, given.get(one.name))
        except ValueError as refused:
            problems[one.name] = str(refused)
    return Filled(values, {name: _plain(value) for name, value in values.items()}, problems)


def item_shown(one: Item, value: Any) -> Any:
    """Return a value of an item as people read it: codes by their names, flags as yes and no."""
    if value is None:
        return None
    if one.codes is not None:
        known = code_list(one.codes).values.get(str(value))
        return known.label if known else value
    if one.choices:
        return dict(one.choices).get(str(value), value)
    return ("是" if value else "否") if one.type == "flag" else value


def _unknown(name: str) -> str:
    # Somebody's data in the place of a name is not repeated.
    named = f"“{name}”" if name.isascii() and name.isidentifier() and len(name) <= 40 else ""
    return f"没有{named}这一项，请按表格填写"


def _value(one: Item, given: Any) -> Value:
    if isinstance(given, str):
        given = given.strip()
    if given in (None, ""):
        if one.required:
            raise ValueError(f"{one.label}必填")
        return None
    if isinstance(given, list | dict) or (isinstance(given, bool) and one.type != "flag"):
        raise ValueError(f"{one.label}不是一个值，请按表格填写")
    return _READ[one.type](one, given)


def _written(one: Item, given: Any) -> str:
    # A number would lose the zeros that it began with.
    if not isinstance(given, str):
        raise ValueError(f"{one.label}应为文字")
    return given


def _text(one: Item, given: Any) -> str:
    told = _written(one, given)
    if one.length is not None and len(told) > one.length:
        raise ValueError(f"{one.label}最多 {one.length} 个字符，现有 {len(told)} 个")
    lines = told.splitlines() if (one.length or 0) >= LONG else [told]
    if not all(line.isprintable() for line in lines):
        raise ValueError(f"{one.label}含有看不见的字符，请重新录入")
    return "\n".join(lines)


def _code(one: Item, given: Any) -> str:
    told = _written(one, given)
    if one.codes is None or not code_list(one.codes).known(told):
        raise ValueError(f"{one.label}没有代码 {told}，请从代码表中选择")
    return told


def _choice(one: Item, given: Any) -> str:
    told = _written(one, given)
    if told not in dict(one.choices):
        allowed = "、".join(f"{value} {label}" for value, label in one.choices)
        raise ValueError(f"{one.label}没有“{told}”，请选择：{allowed}")
    return told


def _parsed(parse: Callable[[str], Value], example: str) -> Callable[[Item, Any], Value]:
    """Return how an item is read whose spellings the standards know."""

    def read_value(one: Item, given: Any) -> Value:
        try:
            return parse(str(given))
        except ValueError as refused:
            raise ValueError(f"{one.label}{refused}，请按 {example} 的样子填写") from None

    return read_value


def _flag(one: Item, given: Any) -> bool:
    told = {True: True, False: False, "1": True, "0": False, "true": True, "false": False}.get(given)
    if told is None:
        raise ValueError(f"{one.label}应为 1（是）或 0（否）")
    return told


_READ: Mapping[str, Callable[[Item, Any], Value]] = {
    "text": _text,
    "code": _code,
    "date": _parsed(parse_date, "2026-11-30"),
    "month": _parsed(parse_month, "202611"),
    "year": _parsed(parse_year, "2026"),
    "money": _parsed(parse_money, "1234.56"),
    "rate": _parsed(lambda text: Decimal(parse_rate(text)), "0.08"),
    "int": _parsed(parse_int, "12"),
    "flag": _flag,
    "choice": _choice,
}


def _plain(value: Value) -> str | int | bool | None:
    if isinstance(value, Decimal | dt.date):
        return str(value)
    return value
