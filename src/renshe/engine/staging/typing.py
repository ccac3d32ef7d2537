"""Values get their type: text as written becomes dates, months, money, codes, or stays text in ``raw``.

A number that the source holds in fewer digits than it shows is no identity number or account, whatever its check digit
says, and 2021.1 from a number cell is January or October. A bare year is the month of what is paid by the year.

Invariant: nothing is lost and nothing is guessed. A value that cannot be typed is null in its column and stands,
as written, in ``raw``; a code that no list knows keeps its own value and is counted as unmapped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.sources.cells import UNREADABLE, Unsure, number_text
from renshe.standards import codes, money, periods, text
from renshe.standards.bulk import Mask
from renshe.standards.dictionary import Field

_NAMES = frozenset({"name", "legal_rep", "payee", "bank_holder"})
_OPEN_ENDS = frozenset({"end_date", "end_month"})
_NO_END = r"^\s*(9999|2999)[-/.年]?(12|99|00)"
_IDENTIFIERS = frozenset({"id_number", "uscc", "org_code"})
_LONG_NUMBER = r"^-?\d{16}"
_BARE_YEAR = r"^(19|20)\d\d$"


@dataclass(slots=True)
class Tally:
    """What typing met on its way: untypable values per field, unmapped codes per field and value."""

    untyped: Counter[str] = field(default_factory=Counter)
    unmapped: dict[str, Counter[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Typed:
    """One typed column: its values, and the text of those that could not be typed (None where all could)."""

    values: pa.Array
    raw: pa.Array | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column's codes are read: the project's own values first, then as the system with this field code does."""

    overrides: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None


def type_column(
    spec: Field, wanted: pa.DataType, column: pa.Array, reading: Reading, tally: Tally, unsure: Mask | None = None
) -> Typed:
    """Return ``column`` as the dictionary types it, counting in ``tally`` what would not be typed.

    ``unsure`` marks texts that a source held as numbers and may not show as they were written; doubles mark themselves.
    """
    held = _held_back(spec, column, unsure)
    if held is None:
        return _with_doubtful(spec, _typed(spec, wanted, column, reading, tally), column, tally)
    typed = _typed(spec, wanted, pc.if_else(held.is_valid(), pa.scalar(None, column.type), column), reading, tally)
    tally.untyped[spec.name] += len(held) - held.null_count
    typed = Typed(typed.values, held if typed.raw is None else pc.coalesce(typed.raw, held))
    return _with_doubtful(spec, typed, column, tally)


def _with_doubtful(spec: Field, typed: Typed, column: pa.Array, tally: Tally) -> Typed:
    """Keep in ``raw`` what was taken for nothing and may have been something: ``nan``, ``None``, ``#N/A``, NaN."""
    lost = pc.and_(column.is_valid(), typed.values.is_null())
    if typed.raw is not None:
        lost = pc.and_(lost, typed.raw.is_null())
    if not pc.any(lost).as_py():
        return typed
    written = column if pa.types.is_string(column.type) else as_string(column)
    doubtful = [word for word in written.filter(lost).unique().to_pylist() if word and text.is_doubtful_nothing(word)]
    if not doubtful:
        return typed
    here = pc.and_(lost, pc.is_in(written, value_set=pa.array(doubtful, pa.string())))
    tally.untyped[spec.name] += pc.sum(here).as_py()
    raw = pc.if_else(here, written, pa.scalar(None, pa.string()))
    return Typed(typed.values, raw if typed.raw is None else pc.coalesce(typed.raw, raw))


def _held_back(spec: Field, column: pa.Array, unsure: Mask | None) -> pa.Array | None:
    """Return the texts that must not become values: bytes, numbers not to be trusted (else null); None if none."""
    numbers = _unsure_numbers(spec, column, unsure)
    if not pa.types.is_string(column.type) or not pc.any(pc.starts_with(column, "\\x")).as_py():
        return numbers
    held = pc.if_else(pc.match_substring_regex(column, UNREADABLE), column, pa.scalar(None, pa.string()))
    if held.null_count == len(held):
        return numbers
    return held if numbers is None else pc.coalesce(numbers, held)


def _unsure_numbers(spec: Field, column: pa.Array, unsure: Mask | None) -> pa.Array | None:
    """Return the texts of numbers that cannot be trusted in a field of this type (else null); None where none is."""
    if spec.type not in ("text", "date", "month", "year"):
        return None
    if pa.types.is_floating(column.type):
        column = _numbers_as_text(column, Unsure)
    elif unsure is not None:
        column = pc.if_else(pa.array(unsure), column, pa.scalar(None, pa.string()))
    else:
        return None
    if spec.type == "text":
        column = pc.if_else(pc.match_substring_regex(column, _LONG_NUMBER), column, pa.scalar(None, pa.string()))
    return column if column.null_count < len(column) else None


def _numbers_as_text(column: pa.Array, kind: type[str] = str) -> pa.Array:
    """Return doubles as a spreadsheet shows them; those that are no ``kind`` of text become null."""
    encoded = pc.dictionary_encode(column)
    texts = [number_text(value) for value in encoded.dictionary.to_pylist()]
    return pa.array([text if isinstance(text, kind) else None for text in texts], pa.string()).take(encoded.indices)


def _typed(spec: Field, wanted: pa.DataType, column: pa.Array, reading: Reading, tally: Tally) -> Typed:
    if spec.name in _OPEN_ENDS:
        column = _without_open_ends(column)
    if spec.type in ("text", "code", "rate"):
        clean = _as_text(spec, column)
        if spec.type == "code" and spec.codes is not None:
            mapped, unmapped = codes.map_codes(spec.codes, clean, reading.overrides, reading.system)
            if unmapped:
                tally.unmapped.setdefault(spec.name, Counter()).update(unmapped)
            return Typed(mapped)
        if spec.type == "rate":
            canonical, _, bad = money.parse_rates(clean)
            return _with_raw(spec, canonical, bad, column, tally)
        return Typed(clean)
    if spec.type == "date":
        values, bad = periods.parse_dates(column)
    elif spec.type == "month":
        values, bad = periods.parse_months(column)
    elif spec.type == "year":
        values, bad = periods.parse_years(column)
    elif spec.type == "int":
        values, bad = money.parse_ints(column)
    else:
        values, bad = money.parse_moneys(column)
    if values.type != wanted:
        values = values.cast(wanted)
    return _with_raw(spec, values, bad, column, tally)


def _without_open_ends(column: pa.Array) -> pa.Array:
    """Old systems write 9999-12-31 for "no end": that is no date but its absence."""
    if not pa.types.is_string(column.type):
        return column
    return pc.if_else(pc.match_substring_regex(column, _NO_END), pa.scalar(None, pa.string()), column)


def _as_text(spec: Field, column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        column = as_string(column)
    if spec.name in _NAMES:
        return text.clean_name_array(column)
    clean = text.clean_array(column)
    # The last character of an identity number or code is a letter that people also write small.
    return pc.utf8_upper(clean) if spec.name in _IDENTIFIERS else clean


def as_string(column: pa.Array) -> pa.Array:
    """Return a native column as text; whole numbers never carry a decimal point."""
    if pa.types.is_floating(column.type):
        return _numbers_as_text(column)
    if pa.types.is_decimal(column.type):
        whole = pc.equal(column, pc.round(column))
        plain = column.cast(pa.string())
        return pc.if_else(whole, pc.replace_substring_regex(plain, r"\.0+$", ""), plain)
    return column.cast(pa.string())


def _with_raw(spec: Field, values: pa.Array, bad: pa.BooleanArray, column: pa.Array, tally: Tally) -> Typed:
    count = pc.sum(bad).as_py() or 0
    if not count:
        return Typed(values)
    tally.untyped[spec.name] += count
    written = column if pa.types.is_string(column.type) else as_string(column)
    return Typed(values, pc.if_else(bad, written, pa.scalar(None, pa.string())))


def settle_years(found: dict[str, pa.Array], untyped: dict[str, pa.Array], tally: Tally) -> None:
    """Type, in place, bare years as ``period`` of insurances that are paid by the year: 2021 is then 202100.

    Source: 国发〔2014〕8号, 国发〔2016〕3号 (residents pay once a year). Elsewhere a bare year stays text.
    """
    if "period" not in untyped:
        return
    written = text.clean_array(untyped["period"])
    yearly = pc.equal(codes.attribute_array("insurance", found["insurance"], "cycle"), "year")
    years = pc.fill_null(pc.and_(yearly, pc.match_substring_regex(written, _BARE_YEAR)), False)
    count = pc.sum(years).as_py() or 0
    if not count:
        return
    months = pc.multiply(pc.if_else(years, written, pa.scalar(None, pa.string())).cast(pa.int32()), 100)
    found["period"] = pc.coalesce(found["period"], months.cast(found["period"].type))
    untyped["period"] = pc.if_else(years, pa.scalar(None, pa.string()), untyped["period"])
    tally.untyped["period"] -= count


def raw_maps(rows: int, untyped: Mapping[str, pa.Array]) -> pa.Array:
    """Return the column ``raw``: per row a map of field to text that could not be typed, null where there is none."""
    kind = pa.map_(pa.string(), pa.string())
    if not untyped:
        return pa.nulls(rows, kind)
    maps: list[list[tuple[str, str]] | None] = [None] * rows
    for name, texts in untyped.items():
        for at in cast("list[int]", pc.indices_nonzero(texts.is_valid()).to_pylist()):
            entry = maps[at]
            pair = (name, str(texts[at].as_py()))
            if entry is None:
                maps[at] = [pair]
            else:
                entry.append(pair)
    return pa.array(maps, kind)
