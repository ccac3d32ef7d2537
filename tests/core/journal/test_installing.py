"""What migration makes is known again, and whatever is not as it was made is named."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connections, transaction
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.database.roles import Logins
from renshe.core.journal.installing import altered
from renshe.core.journal.standing import lacking


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ("DROP TRIGGER journal_keep ON journal_entry", "journal_entry.journal_keep"),
        ("ALTER TABLE casework_case DISABLE TRIGGER journal_update", "casework_case.journal_update"),
        ("ALTER TABLE casework_decision DISABLE TRIGGER casework_decision_apart", "casework_decision_apart"),
        (
            "CREATE OR REPLACE FUNCTION journal_of_casework_case() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RETURN NULL; END $$",
            "journal_of_casework_case",
        ),
        (
            "CREATE OR REPLACE TRIGGER journal_truncate BEFORE TRUNCATE ON casework_case FOR EACH STATEMENT"
            " EXECUTE FUNCTION journal_refuse_change()",
            "casework_case.journal_truncate",
        ),
    ],
)
def test_what_writes_the_journal_and_is_not_as_it_was_made_is_named(
    logins: Logins, committed: None, order: str, named: str, postgres_url: str
) -> None:
    superuser = make_conninfo("", **{**conninfo_to_dict(postgres_url), "dbname": "bureau"})
    with psycopg.connect(superuser) as own, own.cursor() as cursor:
        assert altered(cursor, "bureau_app") == []  # type: ignore[arg-type]
        own.execute(order)
        assert [named in one for one in altered(cursor, "bureau_app")] == [True]  # type: ignore[arg-type]
        own.rollback()


@pytest.mark.parametrize(
    ("done", "named"),
    [
        ("DROP TRIGGER casework_decision_apart ON casework_decision", "casework_decision.casework_decision_apart"),
        ("ALTER TABLE filing_attachment DISABLE TRIGGER USER", "filing_attachment.filing_attachment_kept"),
        ("ALTER TABLE casework_decision DROP CONSTRAINT casework_decision_step", "casework_decision_step"),
        (
            "CREATE OR REPLACE FUNCTION casework_case_holds() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RETURN NEW; END'",
            "casework_case_holds",
        ),
    ],
)
def test_what_the_migrations_made_and_somebody_took_away_is_named(logins: Logins, done: str, named: str) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        assert lacking(cursor) == []
        cursor.execute(done)
        assert named in lacking(cursor)
        transaction.set_rollback(True, using="owner")
    connections["owner"].close()
