"""What people read of a trace has names in their language."""

from __future__ import annotations

from django.apps import apps
from tests.core import conftest  # noqa: F401  (sets Django up)

from renshe.core.journal.watching import watched
from renshe.core.registers.wording import column_label, table_label


def test_every_table_and_column_that_the_journal_watches_has_a_name_that_people_read() -> None:
    watches = {one.table for one in watched()}
    ours = [one for one in apps.get_models() if one._meta.db_table in watches and one.__module__.startswith("renshe.")]
    lacking = [one._meta.db_table for one in ours if table_label(one._meta.db_table).isascii()]
    lacking += [
        f"{one._meta.db_table}.{field.column}"
        for one in ours
        for field in one._meta.concrete_fields
        if column_label(one._meta.db_table, field.column).isascii() and not field.primary_key
    ]
    assert len(ours) > 50 and lacking == []


def test_what_is_nobodys_is_called_as_it_is() -> None:
    assert (table_label("nobody"), column_label("nobody", "x"), column_label("org_agency", "x")) == ("nobody", "x", "x")
