"""``renshe backup``: the bureau as it was at one moment, in one file.

Rule (每1~5天进行一次数据备份; 不得因数据备份不及时、不完整造成工作损失): rows, their counts and the journal's last seal
are read in one snapshot; papers never change once they are there, so those that the snapshot names are among those
that are saved after it. Passwords of the database stay behind: a new home draws its own.

Invariant: an archive appears under its name whole and on the disk, or not at all; only its owner can read it.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

from renshe import __version__
from renshe.core.backup.archive import DUMP, PAPERS, SECRETS, Manifest, Writer
from renshe.core.database.embedded import SUPERUSER
from renshe.core.database.home import held
from renshe.core.database.programs import ProgramError, dump
from renshe.core.database.roles import DATABASE, Logins
from renshe.core.errors import BusinessError

OF_THE_SERVER = frozenset({SUPERUSER, f"{DATABASE}_owner", f"{DATABASE}_app"})
"""Secrets that belong to one server and are not saved."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup that was made; ``size`` in bytes, ``sha256`` of the whole file, ``seconds`` that it took."""

    archive: Path
    size: int
    sha256: str
    manifest: Manifest
    seconds: float


def backup_make(folder: Path, logins: Logins, *, to: Path | None = None) -> Saved:
    """Save the bureau whose home is ``folder`` into the folder ``to`` (``backups`` in the home where none is told)."""
    began = datetime.now(UTC)
    target = (to or folder / "backups").absolute()
    with held(folder, "backup") as alone:
        if not alone:
            raise BusinessError("backup.busy")
        place, size, digest, manifest = _save(folder, logins, target, began)
    return Saved(place, size, digest, manifest, (datetime.now(UTC) - began).total_seconds())


def _save(folder: Path, logins: Logins, target: Path, began: datetime) -> tuple[Path, int, str, Manifest]:
    with _place(folder, target, began) as (part, dumped, place):
        with psycopg.connect(logins.owner) as connection, part.open("wb") as written:
            manifest = _told(connection, began)
            [(snapshot,)] = connection.execute("SELECT pg_export_snapshot()").fetchall()
            try:
                dump(logins.owner, dumped, snapshot=snapshot)
            except ProgramError as error:
                raise BusinessError("backup.dump_failed", why=error) from None
            writer = Writer(written)
            writer.add(DUMP, dumped)
            manifest = replace(manifest, damaged=_add_files(writer, folder), members=writer.members)
            writer.close(manifest)
            written.flush()
            os.fsync(written.fileno())
        size, digest = part.stat().st_size, digest_of(part)
        part.rename(place)
        _settle(target)
    return place, size, digest, manifest


@contextmanager
def _place(folder: Path, target: Path, began: datetime) -> Iterator[tuple[Path, Path, Path]]:
    """Yield two files that only the owner can read, gone afterwards (those of a backup that was killed are written
    over), and the name that the archive will have."""
    # Several homes may save into one folder: each has names of its own.
    whose = sha256(f"{platform.node()}:{folder}".encode()).hexdigest()[:8]
    part, dumped = (target / f".renshe-{whose}.{what}" for what in ("part", "dump"))
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        for draft in (part, dumped):
            draft.unlink(missing_ok=True)
            draft.touch(0o600, exist_ok=False)
    except OSError as error:
        raise BusinessError("backup.not_writable", folder=target, why=error.strerror) from None
    named = f"renshe-{began.astimezone():%Y%m%d-%H%M%S}-{whose}"
    names = (target / f"{named}{more}.tar" for more in ("", *(f"-{n}" for n in range(2, 1000))))
    try:
        yield part, dumped, next(name for name in names if not name.exists())
    finally:
        for draft in (part, dumped):
            draft.unlink(missing_ok=True)


def _told(connection: psycopg.Connection, began: datetime) -> Manifest:
    """Begin the snapshot, and return what it holds."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    tables = counts(connection)
    if "journal_block" not in tables:
        raise BusinessError("backup.nothing_there")
    sealed = connection.execute("SELECT number, chain FROM journal_block ORDER BY number DESC LIMIT 1").fetchone()
    block, chain = sealed or (0, b"")
    migrated = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    return Manifest(
        program=__version__,
        at=began.isoformat(timespec="seconds"),
        server=str(connection.info.server_version),
        migrations=[name for (name,) in migrated],
        tables=tables,
        entries=tables["journal_entry"],
        block=block,
        chain=chain.hex(),
    )


def counts(connection: psycopg.Connection) -> dict[str, int]:
    """Return how many rows each table has."""
    found = {}
    names = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    for (name,) in names:
        [(count,)] = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchall()
        found[name] = count
    return found


def _add_files(writer: Writer, folder: Path) -> list[str]:
    """Add papers and secrets; return the papers that do not fit their names."""
    damaged = []
    for paper in papers(folder):
        name = paper.relative_to(folder / PAPERS).as_posix()
        member = writer.add(f"{PAPERS}/{name}", paper)
        if member.sha256 != name.replace("/", ""):
            damaged.append(name)
    for secret in sorted((folder / SECRETS).iterdir()):
        if secret.name not in OF_THE_SERVER and not secret.name.startswith("."):
            writer.add(f"{SECRETS}/{secret.name}", secret)
    return damaged


def papers(folder: Path) -> list[Path]:
    """Return the papers of the home ``folder``: files whose path below ``papers`` is a digest, with or without folders
    in between; what is still coming in has other names."""
    root = folder / PAPERS
    found = (file for file in root.rglob("*") if _DIGEST.fullmatch(file.relative_to(root).as_posix().replace("/", "")))
    return sorted(file for file in found if file.is_file() and not file.is_symlink())


def digest_of(archive: Path) -> str:
    """Return what stands for the whole file ``archive``."""
    with archive.open("rb") as whole:
        return _digest_of(whole.fileno())


def _digest_of(handle: int) -> str:
    made = sha256()
    while piece := os.read(handle, 1 << 20):
        made.update(piece)
    return made.hexdigest()


def _settle(folder: Path) -> None:
    """Let the name of a file in ``folder`` be on the disk, where the system can tell."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
