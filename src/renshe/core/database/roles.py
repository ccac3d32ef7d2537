"""Who may do what in the database.

Rule (防止恶意篡改生产数据): three roles. The server's own makes the database and is not used again; the owner migrates
and alone may change tables, triggers and functions; the application works. It can neither define anything nor empty
a table, switch off a trigger or write in the journal.

Invariant: the application's role owns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.errors import BusinessError

DATABASE = "renshe"
_OF = "renshe home "


@dataclass(frozen=True, slots=True)
class Logins:
    """How to reach the database, in libpq's words: as the ``owner`` of its tables, as the ``application``."""

    owner: str
    application: str


def prepare(
    server: str,
    *,
    owner_password: str,
    application_password: str,
    database: str = DATABASE,
    home: str | None = None,
    begin: bool = True,
) -> Logins:
    """Make the roles and the ``database`` on the server whose superuser, or creator of roles and databases, the URL
    ``server`` reaches; what is there stays, passwords are set anew. psycopg.Error where that may not be done,
    BusinessError where the database is that of another ``home``, which would be shut out, or is not there and not to
    ``begin``."""
    owner, application = f"{database}_owner", f"{database}_app"
    reached = {**conninfo_to_dict(server), "dbname": database}
    with psycopg.connect(server, autocommit=True) as connection:
        # Processes that begin at once do all of this one after the other; the lock ends with the connection.
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"renshe.prepare.{database}"])
        _refuse_another(connection, database, home)
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not there and not begin:
            raise BusinessError("start.no_database", database=database)
        for role, password in ((owner, owner_password), (application, application_password)):
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                    verb, sql.Identifier(role), password
                )
            )
        if connection.info.parameter_status("is_superuser") == "off":
            # Others make databases only for roles that they are members of.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))
        if not there:
            new_database(connection, database, owner)
        named = {"db": sql.Identifier(database), "app": sql.Identifier(application)}
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {db} FROM PUBLIC").format(**named))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {db} TO {app}").format(**named))
        if home is not None:
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), _OF + home))
        with psycopg.connect(make_conninfo("", **reached), autocommit=True) as inside:
            inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(owner)))
            inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            inside.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {app}").format(**named))
    return Logins(
        make_conninfo("", **{**reached, "user": owner, "password": owner_password}),
        make_conninfo("", **{**reached, "user": application, "password": application_password}),
    )


def _refuse_another(connection: psycopg.Connection, database: str, home: str | None) -> None:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [database]
    ).fetchone()
    told = row[0] if row else None
    if home is not None and told is not None and told.startswith(_OF) and told != _OF + home:
        raise BusinessError("start.other_home")


def new_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    """Make the database ``name`` of the role ``owner``.

    Text is ordered by its bytes: the same on every server, found by its first characters through plain indexes, and
    a quarter more rows a second through the journal's (``benchmarks/results/journal.json``).
    """
    # PostgreSQL 14 knows no other provider.
    provider = "LOCALE_PROVIDER libc" if connection.info.server_version >= 150000 else ""
    connection.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' {} LC_COLLATE 'C'").format(
            sql.Identifier(name), sql.Identifier(owner), sql.SQL(provider)
        )
    )
