"""What `renshe migrate` does after the tables stand: functions, triggers and rights, made anew each time.

Invariant: when it is done, every watched table writes the journal and the application may do no more than it needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from renshe.core.journal import sealing, triggers, vouching
from renshe.core.journal.context import Context
from renshe.core.journal.scripts import script
from renshe.core.journal.watching import watched

_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (\S+?)\(.*?AS (\$\w*\$)(.*?)\2", re.DOTALL)
_TRIGGER = re.compile(
    r"CREATE OR REPLACE TRIGGER (\w+) (?:BEFORE|AFTER) [A-Z ]+ ON (\S+)\s.*?EXECUTE FUNCTION (\S+?)\(\)", re.DOTALL
)
_NOT_WRITTEN = (
    *triggers.APPEND_ONLY,
    triggers.SEALED,
    triggers.UNSEALING,
    "journal_reached",
    "django_migrations",
)
"""Tables that the application only reads: functions or the owner write them."""


def migrate(application: str, version: str) -> None:
    """Bring the database to this program's shape, as the owner; ``application``: the role that then works in it."""
    reason = Context(operator="migrate", reason=f"升级到 renshe {version}")
    with connections["owner"].cursor() as cursor:
        # Of two that begin at once the second finds it done; the lock ends with the connection.
        cursor.execute("SELECT pg_advisory_lock(hashtext('renshe.migrate'))")
    try:
        _migrate(application, reason)
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")


def _migrate(application: str, reason: Context) -> None:
    with connections["owner"].cursor() as cursor:
        # What migrations change in journalled tables they change in the name of the upgrade.
        told = json.dumps({**json.loads(reason.told()), "xact": "session"})
        cursor.execute("SELECT set_config('renshe.context', %s, false)", [told])
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for statement in _statements(application):
            cursor.execute(statement)


def altered(cursor: CursorWrapper, application: str) -> list[str]:
    """Return the functions and triggers of the journal that are not as ``migrate`` makes them, and every trigger that
    is switched off."""
    made = "\n".join(_statements(application))
    functions = {name.strip('"'): body for name, _, body in _FUNCTION.findall(made)}
    triggers = {(table.strip('"'), name): does.strip('"') for name, table, does in _TRIGGER.findall(made)}
    cursor.execute(
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname = ANY (%s)",
        [list(functions)],
    )
    there = dict(cursor.fetchall())
    cursor.execute(
        "SELECT c.relname, t.tgname, CASE WHEN t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL THEN p.proname END"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE c.relnamespace = 'public'::regnamespace"
    )
    standing = {(table, name): does for table, name, does in cursor.fetchall()}
    wrong = {name for name, body in functions.items() if there.get(name) != body}
    wrong |= {f"{table}.{name}" for (table, name), does in triggers.items() if standing.get((table, name)) != does}
    cursor.execute(
        "SELECT c.relname || '.' || t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled NOT IN ('O', 'A') AND NOT t.tgisinternal"
    )
    return sorted(wrong | {name for (name,) in cursor.fetchall()})


def _statements(application: str) -> Iterator[str]:
    yield script("sealing", leaf=script("leaf"), size=sealing.SIZE)
    yield from vouching.statements()
    yield from triggers.statements(watched())
    yield script("closing")
    role = sql.Identifier(application).as_string()
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    yield f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(_NOT_WRITTEN)} FROM {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    yield f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}"
