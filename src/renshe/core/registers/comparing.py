"""What was changed, held against what was asked for.

Rule (002 五 (三) 2, S2-45): when the change was entered, the head of the business checks the journal against the
request: what was changed besides, what was not, and what became something else block the signature.

Invariant: several changes of one field count as one, from what stood first to what stands last; a field that is again
what it was has not changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps

from renshe.core.journal.models import Entry
from renshe.core.registers.tracing import fields_changed

_GROUND = "renshe.core."
# A code with a leading nought is no number.
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Change:
    """``field`` of one row goes from ``old`` to ``new`` (JSON values). ``key`` None: of a row that is new, whose number
    nobody can know beforehand."""

    table: str
    key: str | None
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Differences:
    """``extra``: changed and not asked for; ``missing``: asked for and not changed; ``different``: asked for, and what
    was made of it instead."""

    extra: Sequence[Change]
    missing: Sequence[Change]
    different: Sequence[tuple[Change, Change]]

    @property
    def none(self) -> bool:
        """Whether exactly what was asked for was done."""
        return not (self.extra or self.missing or self.different)


def case_changes(case: str, *, technical: frozenset[str] = frozenset({"id"})) -> list[Change]:
    """Return what was changed in business tables in the course of ``case``; not its own running, nor ``technical``
    fields."""
    rows = Entry.objects.filter(case_no=case, table_name__in=business_tables()).order_by("id")
    return folded(rows, technical=technical)


def business_tables() -> list[str]:
    """Return the tables of the business lines: all but those of the ground that they stand on."""
    return [one._meta.db_table for one in apps.get_models() if not one.__module__.startswith(_GROUND)]


def folded(rows: Iterable[Entry], *, technical: frozenset[str] = frozenset({"id"})) -> list[Change]:
    """Return the changes that ``rows``, in their order, come to."""
    made: dict[tuple[str, str, str], Change] = {}
    new: set[tuple[str, str]] = set()
    for entry in rows:
        if entry.operation == "I":
            new.add((entry.table_name, entry.key))
        key = None if (entry.table_name, entry.key) in new else entry.key
        for field, was, became in fields_changed(entry):
            if field in technical:
                continue
            place = (entry.table_name, entry.key, field)
            first = made[place].old if place in made else was
            made[place] = Change(entry.table_name, key, field, first, became)
    return [one for one in made.values() if _plain(one.old) != _plain(one.new)]


def changes_against(asked: Iterable[Change], made: Iterable[Change]) -> Differences:
    """Return in what the changes ``made`` differ from those ``asked`` for."""
    wanted, done = Counter(map(_exact, asked)), Counter(map(_exact, made))
    missing, extra = list((wanted - done).elements()), list((done - wanted).elements())
    different = []
    for one in [*missing]:
        # A new row has no number to find its fellow by: what it lacks and has too much is named as it is.
        fellow = next((two for two in extra if one.key is not None and _place(two) == _place(one)), None)
        if fellow is not None:
            missing.remove(one)
            extra.remove(fellow)
            different.append((one, fellow))
    return Differences(extra, missing, different)


def _place(one: Change) -> tuple[str, str | None, str]:
    return one.table, one.key, one.field


def _exact(one: Change) -> Change:
    return Change(one.table, one.key, one.field, _plain(one.old), _plain(one.new))


def _plain(value: Any) -> Any:
    """Return ``value`` so that equal ones are equal: a number is one however it is written, text is as it is."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, list):
        return tuple(_plain(one) for one in value)
    if isinstance(value, dict):
        return tuple(sorted((name, _plain(one)) for name, one in value.items()))
    told = str(value)
    return Decimal(told).normalize() if _NUMBER.fullmatch(told) else value
