"""A bureau's database for tests: made once a session, brought to shape by the product's own migration."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.core.settings")

import django

django.setup()

from django.db import connections, transaction

from renshe.core.database.connect import tell
from renshe.core.database.roles import Logins, prepare
from renshe.core.journal.installing import migrate
from renshe.core.org import approvals


@pytest.fixture(scope="session")
def logins(postgres_url: str) -> Logins:
    """The database of this session, migrated, with nobody in it."""
    found = prepare(postgres_url, owner_password="owner", application_password="application", database="bureau")
    tell(found)
    migrate("bureau_app", "test")
    return found


@pytest.fixture
def db(logins: Logins) -> Iterator[None]:
    """A transaction that is taken back after the test."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def committed(logins: Logins) -> Iterator[None]:
    """For tests that commit: everything is emptied before and afterwards, numbers begin with 1."""
    _empty()
    yield
    _empty()


def _empty() -> None:
    """Empty what is filled, as the owner, who puts the triggers aside for it: to truncate every table takes long."""
    for connection in connections.all(initialized_only=True):
        connection.close()
    with transaction.atomic("owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname <> 'django_migrations'"
        )
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (TABLE {name})" for (name,) in cursor.fetchall())
        cursor.execute(asked)
        filled = [name for (name,) in cursor.fetchall()]
        for table in filled:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table in filled:
            cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in filled:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(
            "SELECT setval(format('%I', sequencename), start_value, false) FROM pg_sequences"
            " WHERE last_value > 0 AND sequencename <> 'django_migrations_id_seq'"
        )
        cursor.execute("INSERT INTO journal_reached (id) VALUES (0)")
    connections["owner"].close()


ANYTHING = approvals.Approval(range(10**9), "220000")


@pytest.fixture
def approved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let numbers that begin with 批 or CX be those of approved matters, whatever is to be done."""
    monkeypatch.setattr(
        approvals, "_says", [lambda number, what: ANYTHING if number.startswith(("批", "CX")) else None]
    )
