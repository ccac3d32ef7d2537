"""Which value survives: declared rules (``survivorship.yaml``) over what each record says of the person.

Business rule: police over pension over others; then what was verified last; never an empty value over a filled one,
nor one that stands for nothing (1900-01-01, 不详); of contradicting birth dates the one in the valid identity number.
The birth date that decides retirement is a field of its own: the earliest record of the personal file, not the
identity card.

Invariant: the value that survives is one that a record has; where any record has one that could be typed and stands
for something, it is filled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

from renshe.engine.precedence import AUTHORITIES
from renshe.engine.report.labels import system_label
from renshe.engine.schema import system_family
from renshe.standards.identity import identify, is_valid_social_security_number
from renshe.standards.placeholders import stands_for_nothing

OLD, NEW = "old", "new"
"""Where a value comes from: the number that goes, the one that stays; else the name of another system."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one record says of a person: shown values by field, those of them that could be typed, when it was checked.

    ``side``: ``OLD``, ``NEW``, or the name of another system. ``verified``: by field, the day when a clerk checked it;
    ``operated_on`` the day when the record was worked on ("" where nobody knows).
    """

    side: str
    system: str
    values: Mapping[str, str | None]
    untyped: frozenset[str] = frozenset()
    verified: Mapping[str, str] | None = None
    operated_on: str = ""


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """A field in which two records differ: what each says, the best other record, what survives, whence and why.

    ``untyped``: the sides whose value is no value of the field's type, and can only stay where it is.
    """

    name: str
    old: str | None
    new: str | None
    other: str | None
    other_system: str | None
    value: str | None
    origin: str
    why: str
    untyped: frozenset[str] = frozenset()

    def value_of(self, origin: str) -> str | None:
        """Return what the record ``origin`` says."""
        return {OLD: self.old, NEW: self.new}.get(origin, self.other)


@dataclass(frozen=True, slots=True)
class NumberRule:
    """What makes one number survive: an aggregate over the rows of ``table``, or its region (no table)."""

    table: str | None
    take: str
    prefer: Literal["most", "least"]
    label: str


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How the value of some fields is chosen."""

    fields: tuple[str, ...]
    prefer: tuple[str, ...]
    authority: tuple[str, ...] = ()
    together: bool = False


@dataclass(frozen=True, slots=True)
class Survivorship:
    """All rules; a field that none names goes by what was verified last."""

    number: tuple[NumberRule, ...]
    fields: tuple[FieldRule, ...]

    def rule(self, name: str) -> FieldRule:
        """Return the rule by which the field ``name`` is chosen."""
        return next((rule for rule in self.fields if name in rule.fields), _PLAIN)

    def choose(self, records: Sequence[Record], names: Sequence[str]) -> list[FieldPlan]:
        """Return what survives of the fields ``names`` in which the two records of the pair differ."""
        [old] = (one for one in records if one.side == OLD)
        [new] = (one for one in records if one.side == NEW)
        chosen: dict[str, tuple[Record, str]] = {}
        for rule in (*self.fields, _PLAIN):
            for name in rule.fields if rule is not _PLAIN else names:
                if name in names and name not in chosen and old.values.get(name) != new.values.get(name):
                    chosen[name] = self._one(rule, name, records, chosen)
        return [
            _plan(name, (old, new), _others(self.rule(name), name, records), *chosen[name])
            for name in names
            if name in chosen
        ]

    def _one(
        self, rule: FieldRule, name: str, records: Sequence[Record], chosen: Mapping[str, tuple[Record, str]]
    ) -> tuple[Record, str]:
        lead = chosen.get(rule.fields[0]) if rule.together else None
        if lead is not None and _says(lead[0], name):
            return lead[0], "与同一证件或账户的其他项同取一处"
        return _choose(rule, name, records)


_PLAIN = FieldRule((), ("verified", "latest", "kept"))
_SIDES = (NEW, OLD)


def _says(record: Record, name: str) -> bool:
    return record.values.get(name) is not None and name not in record.untyped


def _rank(record: Record, rule: FieldRule) -> int:
    """Return the place of a record's system among those that decide; one more than there are where it is none."""
    system = system_family(record.system)
    return rule.authority.index(system) if system in rule.authority else len(rule.authority)


def _others(rule: FieldRule, name: str, records: Iterable[Record]) -> list[Record]:
    """Return the records of other systems that may decide on a field, the best first."""
    found = [
        one for one in records if one.side not in _SIDES and _rank(one, rule) < len(rule.authority) and _says(one, name)
    ]
    return sorted(found, key=lambda one: (_rank(one, rule), one.side, str(one.values[name])))


def _plan(name: str, pair: tuple[Record, Record], others: Sequence[Record], chosen: Record, why: str) -> FieldPlan:
    old, new = pair
    value = chosen.values.get(name)
    # A value that one of the two numbers has is theirs, whoever confirms it.
    origin = next((one.side for one in (new, old) if one.values.get(name) == value), chosen.side)
    other, system = (others[0].values[name], others[0].side) if others else (None, None)
    untyped = frozenset(one.side for one in pair if name in one.untyped)
    return FieldPlan(name, old.values.get(name), new.values.get(name), other, system, value, origin, why, untyped)


def _choose(rule: FieldRule, name: str, records: Sequence[Record]) -> tuple[Record, str]:
    """Return the record whose value survives, and the Chinese of why."""
    stays = next(one for one in records if one.side == NEW)
    left = [one for one in records if one.side in _SIDES and _says(one, name)] + _others(rule, name, records)
    if not left:
        return stays, "没有可用的值，保留原样"
    why = "另一条为空"
    # 1900-01-01, 不详 and the like say nothing where another record says something.
    if saying := [one for one in left if not stands_for_nothing(name, str(one.values[name]))]:
        why = why if len(saying) == len(left) else "另一条是占位值，等于没有填"
        left = saying
    elif stays.values.get(name) is None:
        return stays, "占位值等于没有填，保留原样"
    for step in rule.prefer:
        if len({one.values[name] for one in left}) == 1:
            break
        kept, told = _STEPS[step](left, name, rule)
        if len(kept) < len(left):
            left, why = kept, told
    return min(left, key=lambda one: (one.side != NEW, one.side != OLD, one.side)), why


Step = tuple[list[Record], str]


def _valid(left: list[Record], name: str, _rule: FieldRule) -> Step:
    return [one for one in left if is_valid_social_security_number(str(one.values[name]))] or left, "号码有效"


def _numbered(left: list[Record], name: str, _rule: FieldRule) -> Step:
    """Keep the values that stand in the valid identity numbers of the records, where these say one thing."""
    numbers = {str(one.values["id_number"]) for one in left if one.values.get("id_number") is not None}
    known = [found for found in map(identify, sorted(numbers)) if found is not None and found.state == "valid"]
    told = {str(found.birth if name == "birth_date" else found.sex) for found in known}
    kept = [one for one in left if one.values[name] in told] if len(told) == 1 else []
    return kept or left, "与有效证件号码相符"


def _authority(left: list[Record], _name: str, rule: FieldRule) -> Step:
    best = min(_rank(one, rule) for one in left)
    kept = [one for one in left if _rank(one, rule) == best]
    return kept, f"以{system_label(kept[0].system)}为准"


def _earliest(left: list[Record], name: str, _rule: FieldRule) -> Step:
    first = min(str(one.values[name]) for one in left)
    return [one for one in left if one.values[name] == first], "档案最早记载"


def _verified(left: list[Record], name: str, _rule: FieldRule) -> Step:
    last = max((one.verified or {}).get(name, "") for one in left)
    return [one for one in left if (one.verified or {}).get(name, "") == last], "最近核实"


def _latest(left: list[Record], _name: str, _rule: FieldRule) -> Step:
    last = max(one.operated_on for one in left)
    return [one for one in left if one.operated_on == last], "经办日期最近"


def _kept(left: list[Record], _name: str, _rule: FieldRule) -> Step:
    return [one for one in left if one.side == NEW] or left, "从保留编号"


_STEPS: Mapping[str, Callable[[list[Record], str, FieldRule], Step]] = {
    "valid": _valid,
    "numbered": _numbered,
    "authority": _authority,
    "earliest": _earliest,
    "verified": _verified,
    "latest": _latest,
    "kept": _kept,
}


@lru_cache(maxsize=1)
def survivorship() -> Survivorship:
    """Return the declared rules."""
    text = resources.files("renshe.engine.merging").joinpath("survivorship.yaml").read_text("utf-8")
    data = yaml.load(text, Loader=yaml.CSafeLoader)
    numbers = [
        NumberRule(item.get("table"), item.get("take", ""), item["prefer"], item["label"]) for item in data["number"]
    ]
    fields = [
        FieldRule(tuple(item["fields"]), tuple(item["prefer"]), _authority_of(item), item.get("together", False))
        for item in data["fields"]
    ]
    return Survivorship(tuple(numbers), tuple(fields))


def _authority_of(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the systems that decide on the fields of ``item``."""
    told = item.get("authority", ())
    return AUTHORITIES if told == "declared" else tuple(told)
