"""What `renshe migrate` does after the tables stand: functions, triggers and rights, made anew each time.

Invariant: when it is done, every watched table writes the journal and the application may do no more than it needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.core.management import call_command
from django.db import connections, transaction
from psycopg import sql

from renshe.core.journal import sealing, triggers
from renshe.core.journal.context import Context
from renshe.core.journal.scripts import script
from renshe.core.journal.watching import watched

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


def _statements(application: str) -> Iterator[str]:
    yield script("sealing", leaf=script("leaf"), size=sealing.SIZE)
    yield from triggers.statements(watched())
    yield script("closing")
    role = sql.Identifier(application).as_string()
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    yield f"REVOKE INSERT, UPDATE, DELETE ON {', '.join(_NOT_WRITTEN)} FROM {role}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    yield f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}"
