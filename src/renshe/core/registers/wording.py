"""What tables and columns are called where people read of them.

Rule: a trace names what was changed as forms and lists do.

Invariant: the names are those that the models give; nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.apps import apps


@cache
def _tables() -> Mapping[str, tuple[str, Mapping[str, str]]]:
    return {
        str(one._meta.db_table): (
            str(one._meta.verbose_name),
            {str(field.column): str(field.verbose_name) for field in one._meta.concrete_fields},
        )
        for one in apps.get_models()
    }


def table_label(table: str) -> str:
    """Return what ``table`` is called; its name where it is nobody's."""
    return _tables()[table][0] if table in _tables() else table


def column_label(table: str, column: str) -> str:
    """Return what ``column`` of ``table`` is called; its name where it is nobody's."""
    return _tables()[table][1].get(column, column) if table in _tables() else column
