"""``renshe restore`` and ``renshe verify-backup``: a bureau comes back, or a backup is proved to be one.

Rule (数据的容灾工作; 不得因数据备份不及时、不完整造成工作损失): a backup counts once it was brought back: every member
has its digest, every table its rows, and the journal verifies against the seal that the archive tells.

Invariant: nothing is brought back over a bureau. A restoration that was broken off leaves a home in which nothing but
another restoration runs.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db.migrations.loader import MigrationLoader
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe import __version__
from renshe.core.backup.archive import DUMP, PAPERS, SECRETS, Archive, Manifest, opened
from renshe.core.backup.saving import OF_THE_SERVER, counts, papers
from renshe.core.database import programs
from renshe.core.database.connect import reach, server_of, tell
from renshe.core.database.home import half_restored
from renshe.core.database.roles import DATABASE, Logins, new_database
from renshe.core.errors import BusinessError
from renshe.core.journal.installing import migrate
from renshe.core.journal.verifying import Verdict, verify

_TRIED = "renshe_verify_"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of a backup that was brought back. ``problems``: one Chinese line each, none where all is well."""

    archive: Path
    manifest: Manifest
    verdict: Verdict
    problems: tuple[str, ...]
    papers: int
    seconds: float

    @property
    def good(self) -> bool:
        """Whether the bureau came back as it was saved, with its journal whole."""
        return not self.problems


def backup_verify(path: Path, logins: Logins, server: str) -> Proof:
    """Bring the archive ``path`` back into a database of its own on ``server``, compare it with what the archive
    says, and drop it; BusinessError where the archive is not even whole."""
    began = time.monotonic()
    with opened(path) as archive:
        archive.digests_check()
        with _tried(server, logins) as login:
            _bring_rows(archive, login)
            differ, verdict = _compare(archive.manifest, login)
        problems = (*differ, *_problems(archive.manifest, verdict))
        count = len(archive.names(PAPERS))
        return Proof(path, archive.manifest, verdict, problems, count, time.monotonic() - began)


def archive_restore(path: Path, folder: Path, own_server: str | None = None) -> Proof:
    """Bring the bureau of the archive ``path`` into the empty home ``folder`` and bring it to this program's shape.

    BusinessError where the archive is not whole or newer than the program, or the home is not empty; ``own_server``:
    URL of an agency's own server. Django must be set up, without a database.
    """
    began = time.monotonic()
    with opened(path) as archive:
        _refuse_newer(archive.manifest)
        archive.digests_check()
        mark = half_restored(folder)
        if own_server is None and not (folder / "database").exists() and not papers(folder):
            # Before anything is made: what is broken off now must not look like a bureau that is new.
            mark.touch(0o600)
        server = server_of(folder, own_server)
        if not mark.exists() and (papers(folder) or _stands(server)):
            raise BusinessError("backup.home_not_empty", home=folder)
        mark.touch(0o600)
        logins = reach(folder, own_server)
        _empty(folder, logins)
        # Emptying takes rights away with the schema.
        logins = reach(folder, own_server)
        _bring_files(archive, folder)
        _bring_rows(archive, logins.owner)
        differ, verdict = _compare(archive.manifest, logins.owner)
        if differ:
            raise BusinessError("backup.rows_differ", what="；".join(differ))
        tell(logins)
        migrate(f"{DATABASE}_app", __version__)
        if os.name == "posix":
            os.sync()
        mark.unlink()
        problems = tuple(_problems(archive.manifest, verdict))
        return Proof(path, archive.manifest, verdict, problems, len(papers(folder)), time.monotonic() - began)


def _refuse_newer(manifest: Manifest) -> None:
    known = {".".join(key) for key in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if _release(manifest.program) > _release(__version__) or set(manifest.migrations) - known:
        raise BusinessError("backup.newer", archive="", program=manifest.program)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _stands(server: str) -> bool:
    """Whether ``server`` has a bureau already. Asked before passwords are set, which would shut its people out."""
    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            return False
    with psycopg.connect(make_conninfo(server, dbname=DATABASE), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1")
        return found.fetchone() is not None


def _empty(folder: Path, logins: Logins) -> None:
    """Take away what a restoration that was broken off has left."""
    shutil.rmtree(folder / PAPERS, ignore_errors=True)
    with psycopg.connect(logins.owner, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _bring_files(archive: Archive, folder: Path) -> None:
    for name in archive.names(PAPERS):
        archive.extract(name, folder / name)
    for name in archive.names(SECRETS):
        if Path(name).name not in OF_THE_SERVER:
            draft = folder / SECRETS / ".restored"
            archive.extract(name, draft)
            draft.replace(folder / name)


def _bring_rows(archive: Archive, login: str) -> None:
    with tempfile.TemporaryDirectory(prefix="renshe-", dir=_roomy(archive)) as place:
        dumped = Path(place) / DUMP
        archive.extract(DUMP, dumped)
        try:
            programs.restore(login, dumped)
        except programs.ProgramError as error:
            raise BusinessError("backup.restore_failed", why=error) from None


def _roomy(archive: Archive) -> Path | None:
    """Return where the dump is laid for a moment: beside the archive where that may be written, which has held it."""
    beside = archive.path.absolute().parent
    return beside if os.access(beside, os.W_OK) else None


def _compare(manifest: Manifest, login: str) -> tuple[list[str], Verdict]:
    """Return which tables have not the rows that the archive says, and the verdict on the journal."""
    with psycopg.connect(login) as connection:
        found = counts(connection)
        connection.rollback()
        verdict = verify(connection, manifest.told)
    told = manifest.tables
    differ = [
        f"表 {table} 应有 {told.get(table, 0)} 行，实有 {found.get(table, 0)} 行"
        for table in sorted({*told, *found})
        if told.get(table) != found.get(table)
    ]
    return differ, verdict


def _problems(manifest: Manifest, verdict: Verdict) -> list[str]:
    """Return what was wrong already when the backup was made."""
    named = (("被改动", verdict.altered), ("缺失", verdict.missing), ("被插入", verdict.inserted))
    found = [f"日志有 {len(ids)} 条{what}：{'、'.join(map(str, ids[:5]))}" for what, ids in named if ids]
    if verdict.broken:
        found.append(f"日志第 {'、'.join(map(str, verdict.broken[:5]))} 块与封条不符")
    return found + [f"材料 {name} 在备份时已经损坏" for name in manifest.damaged]


@contextmanager
def _tried(server: str, logins: Logins) -> Iterator[str]:
    """Yield the owner's login to a new database of ``server``, dropped afterwards."""
    name = f"{_TRIED}{os.getpid()}_{time.time_ns() % 10**9}"
    made, login = sql.Identifier(name), make_conninfo(logins.owner, dbname=name)
    with psycopg.connect(server, autocommit=True) as connection:
        _drop_leftovers(connection)
        new_database(connection, name, str(conninfo_to_dict(logins.owner)["user"]))
        try:
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(made))
            # While a session is there nobody takes it for a leftover.
            with psycopg.connect(login):
                yield login
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(made))


def _drop_leftovers(connection: psycopg.Connection) -> None:
    """Drop what verifications have left that were killed."""
    idle = connection.execute(
        "SELECT datname FROM pg_database d WHERE starts_with(datname, %s)"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)",
        [_TRIED],
    ).fetchall()
    for (name,) in idle:
        with suppress(psycopg.errors.ObjectInUse):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
