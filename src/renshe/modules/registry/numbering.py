"""Numbers for life of people and units.

Rule (S4-19; S4-30 唯一的单位索引号): a number says nothing of whom it names and is never given again; its last digit
is a check digit, so that a slip of the pen finds nobody rather than somebody else.

Invariant: a number is given once, also where its transaction fails: what was drawn is gone.
"""

from __future__ import annotations

from django.db import connection

from renshe.standards.serials import with_check_digit


def person_numbers(count: int) -> list[str]:
    """Draw ``count`` numbers for people, in one question."""
    return _drawn("registry_person_serial", count)


def unit_numbers(count: int) -> list[str]:
    """Draw ``count`` numbers for units, in one question."""
    return _drawn("registry_unit_serial", count)


def _drawn(sequence: str, count: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s::text::regclass) FROM generate_series(1, %s)", [sequence, count])
        return [with_check_digit(serial) for (serial,) in cursor.fetchall()]
