"""Dated parameters: the rate, floor, ceiling or interest that was in force in a region and month.

Business rule: a period is judged by the parameters that were valid in it, not by today's. Source: each entry of
``data/parameters/*.yaml`` names its document (文号) and how far it is to be trusted (grade); a project's own table
``parameter`` goes before ours. How an entry is found is said at ``ParameterBook``.

Invariant: nothing is guessed. Where no entry speaks, the answer is None and the rule that asked is not run. An entry
without a value says that the law fixes no single number there and stops the search, so that a more general number
is not used in its place. Entries marked ``use: false`` (known only from memory) are kept for people and never loaded.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import product
from typing import Any, Literal, NamedTuple

from renshe.policy.law import data_folder, read_yaml
from renshe.policy.overrides import Override, parse_override
from renshe.policy.rounding import decimal_of
from renshe.standards.periods import add_months, is_month

Grade = Literal["A", "B", "C", "M"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dated value: ``name`` is worth ``value`` (in ``unit``) from ``start_month`` (yyyymm) on.

    It holds until the next start of the same name, region, insurance and person_kind, or through ``end_month``.
    ``region`` is a GB/T 2260 code ("" the whole country), ``insurance`` an AAE140 code, ``person_kind`` a payer kind
    (unit, flexible, agent, unemployment, resident); "" means any. ``value`` None: the law fixes no single number.
    ``grade``: A the document itself, B the document by a second hand, C public pages or code, M memory; "" the
    project's own.
    """

    name: str
    start_month: int
    value: Decimal | None
    region: str = ""
    insurance: str = ""
    person_kind: str = ""
    end_month: int | None = None
    label: str = ""
    unit: str = ""
    document: str = ""
    grade: str = ""
    source: str = ""
    note: str = ""


class Interval(NamedTuple):
    """A stretch of months, both ends included, in which one insurance and payer kind has one value."""

    insurance: str
    person_kind: str
    start_month: int
    end_month: int
    value: Decimal


@lru_cache(maxsize=1)
def load_parameters() -> tuple[Parameter, ...]:
    """Return every parameter of ``data/parameters/`` that may be used, in the order of the files.

    ValueError when two entries give the same name, region, insurance, payer kind and start month.
    """
    files = sorted(data_folder().joinpath("parameters").iterdir(), key=lambda file: file.name)
    found = [entry for file in files for group in read_yaml(file) for entry in _entries(group)]
    seen: set[tuple[object, ...]] = set()
    for entry in found:
        place = (entry.name, entry.region, entry.insurance, entry.person_kind, entry.start_month)
        if place in seen:
            raise ValueError(f"data/parameters: two entries for {place}")
        seen.add(place)
    return tuple(found)


@lru_cache(maxsize=1)
def parameter_names() -> frozenset[str]:
    """Return every name that ``data/parameters/`` speaks of, also those without an entry that may be used."""
    files = data_folder().joinpath("parameters").iterdir()
    groups = [group for file in files for group in read_yaml(file)]
    named = {group["name"] for group in groups if "name" in group}
    return frozenset(named | {entry["name"] for group in groups for entry in group["entries"] if "name" in entry})


def _entries(group: Mapping[str, Any]) -> Iterator[Parameter]:
    """Yield the usable parameters of one group: fields of the group are defaults; region and insurance may be lists."""
    shared = {key: value for key, value in group.items() if key != "entries"}
    for entry in group["entries"]:
        data = {**shared, **entry}
        if not data.pop("use", True):
            continue
        value = data.pop("value")
        places = product(*(_listed(data.pop(key, "")) for key in ("region", "insurance", "person_kind")))
        for region, insurance, person_kind in places:
            yield Parameter(
                value=None if value is None else decimal_of(value),
                region=region,
                insurance=insurance,
                person_kind=person_kind,
                **data,
            )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _own_parameter(read: Override) -> Parameter:
    return Parameter(
        name=read.name,
        start_month=read.start_month,
        value=read.value,
        region=read.region,
        insurance=read.insurance,
        person_kind=read.person_kind,
        end_month=read.end_month,
        source=f"项目参数表{read.place}",
    )


class _Series:
    """The entries of one name and place in the order of their starts."""

    __slots__ = ("entries", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.entries: list[Parameter] = []

    def add(self, entry: Parameter) -> None:
        at = bisect_right(self.starts, entry.start_month)
        self.starts.insert(at, entry.start_month)
        self.entries.insert(at, entry)

    def at(self, month: int) -> Parameter | None:
        """Return the entry with the latest start up to ``month``, None when there is none or it has ended."""
        position = bisect_right(self.starts, month)
        if not position:
            return None
        entry = self.entries[position - 1]
        return None if entry.end_month is not None and entry.end_month < month else entry


_Layer = dict[tuple[str, str, str, str], _Series]


class ParameterBook:
    """Our parameters and a project's own, answering "what was it, here and then".

    Of the entries in force in the month, the first of this order decides:

    1. the payer kind itself before "any kind": what the law fixes for flexible payers is not undone by a general rate;
    2. the project's own before ours;
    3. the nearest region: 220802, then 220800, then 220000, then the whole country;
    4. the insurance itself before "any insurance".
    """

    def __init__(
        self,
        entries: Iterable[Parameter],
        overrides: Iterable[Mapping[str, object]] = (),
        known: Collection[str] | None = None,
    ) -> None:
        """Index ``entries`` (ours) and ``overrides``: rows of the project's table ``parameter``.

        ``overrides`` have the keys name, region, insurance, person_kind, start_month, value (and optionally end_month
        and source_file, source_row), typed or as text. ``known`` are the names that they may give (None: any).
        ValueError, one line in Chinese that names the row and the remedy, when a row cannot be read, its name is not
        known, or two rows contradict each other.
        """
        self._own: _Layer = {}
        self._ours: _Layer = {}
        for entry in entries:
            self._put(self._ours, entry)
        seen: dict[tuple[str, str, str, str, int], Override] = {}
        for number, row in enumerate(overrides, start=1):
            read = parse_override(row, number, known)
            place = (read.name, read.region, read.insurance, read.person_kind, read.start_month)
            earlier = seen.setdefault(place, read)
            if earlier is read:
                self._put(self._own, _own_parameter(read))
            elif (earlier.value, earlier.end_month) != (read.value, read.end_month):
                raise ValueError(
                    f"参数表{read.place}：{read.name} 自 {read.start_month} 起的取值 {read.value} 与{earlier.place}"
                    f"的 {earlier.value} 矛盾，请只保留一行"
                )

    @staticmethod
    def _put(layer: _Layer, entry: Parameter) -> None:
        place = (entry.name, entry.person_kind, entry.region, entry.insurance)
        layer.setdefault(place, _Series()).add(entry)

    def _candidates(self, name: str, region: str, insurance: str, person_kind: str) -> Iterator[_Series]:
        kinds = dict.fromkeys((person_kind, ""))
        insurances = dict.fromkeys((insurance, ""))
        for kind, layer in product(kinds, (self._own, self._ours)):
            for place, scheme in product(region_chain(region), insurances):
                series = layer.get((name, kind, place, scheme))
                if series is not None:
                    yield series

    def find(self, name: str, *, region: str, insurance: str, person_kind: str, month: int) -> Parameter | None:
        """Return the entry that decides (its document is the ground to quote), None when none speaks.

        ``month`` is yyyymm; anything that is no month (a year yyyy00 too) has no parameter. An entry whose ``value``
        is None says that there is no single number.
        """
        if not is_month(month):
            return None
        for series in self._candidates(name, region, insurance, person_kind):
            entry = series.at(month)
            if entry is not None:
                return entry
        return None

    def value(self, name: str, *, region: str, insurance: str, person_kind: str, month: int) -> Decimal | None:
        """Return the value in force, None when there is none: the rule is then not run, and nothing is guessed."""
        entry = self.find(name, region=region, insurance=insurance, person_kind=person_kind, month=month)
        return None if entry is None else entry.value

    def dense(
        self, name: str, *, region: str, months: range, insurances: Sequence[str], person_kinds: Sequence[str]
    ) -> tuple[Interval, ...]:
        """Return ``value`` for one region as stretches of equal value, to be joined against in bulk.

        For every listed insurance and payer kind (name "" too, for rows where it is null) the real months of
        ``months`` (a range of yyyymm: ``range(199001, 202106)`` ends with May 2021) are covered where and only where
        ``value`` is not None; stretches of one insurance and kind do not overlap and come in order.
        """
        real = [month for month in months if is_month(month)]
        rows: list[Interval] = []
        for insurance, kind in product(dict.fromkeys(insurances), dict.fromkeys(person_kinds)) if real else ():
            pieces: list[Interval] = []
            candidates = tuple(self._candidates(name, region, insurance, kind))
            for start, end in _stretches(candidates, real[0], real[-1]):
                value = self.value(name, region=region, insurance=insurance, person_kind=kind, month=start)
                if value is None:
                    continue
                last = pieces[-1] if pieces else None
                if last is not None and last.value == value and add_months(last.end_month, 1) == start:
                    pieces[-1] = last._replace(end_month=end)
                else:
                    pieces.append(Interval(insurance, kind, start, end, value))
            rows.extend(pieces)
        return tuple(rows)


def _stretches(candidates: Iterable[_Series], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield, from ``first`` to ``last``, the stretches between the months in which an answer can change."""
    cuts = {first}
    for series in candidates:
        cuts.update(series.starts)
        cuts.update(add_months(entry.end_month, 1) for entry in series.entries if entry.end_month is not None)
    starts = sorted(cut for cut in cuts if first <= cut <= last)
    yield from zip(starts, [*(add_months(start, -1) for start in starts[1:]), last], strict=True)


def region_chain(region: str) -> tuple[str, ...]:
    """Return where a value for ``region`` may stand, nearest first: county, prefecture, province, "" the country."""
    code = region[:6]
    if not code:
        return ("",)
    return (*dict.fromkeys((code, code[:4].ljust(6, "0"), code[:2].ljust(6, "0"))), "")


@lru_cache(maxsize=1)
def national_book() -> ParameterBook:
    """Return the book of our own parameters alone, for formulas that need a national figure."""
    return ParameterBook(load_parameters())
