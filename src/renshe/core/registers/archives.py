"""The archives that this installation makes, entered and proved by whoever makes them: the clock or a command.

Rule (002 七 (二); S0-45, S2-57, S2-58): a backup as often as the gravest data set asks, proved by bringing it back, in
the register with time, size, checksum and place. Of the nightly archives the last good ones stay.

Invariant: every archive that is made here has a row, every attempt to bring one back a proof, good or not; no archive
is taken away before enough newer ones were proved, and its row stays.
"""

from __future__ import annotations

import datetime as dt
import os
from functools import cache
from importlib import resources
from pathlib import Path

import psycopg
import yaml
from django.db import connection
from django.utils import timezone

from renshe.core.backup.archive import Manifest, opened
from renshe.core.backup.restoring import Proof, backup_verify
from renshe.core.backup.saving import Saved, backup_make, digest_of
from renshe.core.database.connect import server_of, told
from renshe.core.errors import BusinessError
from renshe.core.jobs.models import SYSTEM
from renshe.core.journal.context import Context
from renshe.core.journal.models import Block
from renshe.core.org.models import Agency
from renshe.core.registers.backups import backup_enter, counting, proof_enter
from renshe.core.registers.models import Backup, BackupInterval, BackupProof
from renshe.core.registers.running import keeper
from renshe.standards.data_sets import ALL, data_sets

_MADE, _PROVED = Context(SYSTEM, "登记数据备份"), Context(SYSTEM, "登记备份验证")


@cache
def kept() -> int:
    """Return how many good archives stay."""
    found: int = yaml.safe_load(resources.files(__package__).joinpath("data", "backups.yaml").read_text("utf-8"))[
        "keep"
    ]
    return found


def backup_place(home: Path) -> Path:
    """Return where the nightly backup saves to: ``RENSHE_BACKUP_PLACE``, or a folder of the home."""
    elsewhere = os.environ.get("RENSHE_BACKUP_PLACE")
    return Path(elsewhere).expanduser().absolute() if elsewhere else home / "backups"


def every_days(agency: Agency) -> int:
    """Return after how many days a backup of everything is due: as the gravest data set asks, or ``agency``."""
    shorter = BackupInterval.objects.filter(agency=agency).values_list("days", flat=True)
    return min([one.level.backup_days for one in data_sets().values()] + list(shorter))


def nightly_due(agency: Agency, today: dt.date) -> bool:
    """Whether ``agency`` owes a backup of everything by the end of ``today``."""
    made = Backup.objects.filter(counting(), agency=agency.number, data_set=ALL).order_by("-at").first()
    return made is None or timezone.localdate(made.at) + dt.timedelta(days=every_days(agency)) <= today


def nightly(home: Path, agency: Agency) -> BackupProof:
    """Make the archive, enter it, bring it back, enter what was found, take away what is too old."""
    place = backup_place(home)
    saved = backup_make(home, told(), to=place)
    made = made_enter(saved, agency)
    proof = prove(made, saved.archive, home)
    if proof.good:
        prune(place)
    return proof


def made_enter(saved: Saved, agency: Agency) -> Backup:
    """Enter an archive that was just made."""
    return _enter(agency, saved.manifest, size=saved.size, sha256=saved.sha256, place=str(saved.archive))


def prove(made: Backup, archive: Path, home: Path) -> BackupProof:
    """Bring ``archive`` back beside the bureau, and enter what was found: also where it cannot even be opened."""
    try:
        found = backup_verify(archive, told(), server_of(home, os.environ.get("DATABASE_URL")))
    except BusinessError as refused:
        return refused_enter(made, refused)
    return found_enter(made, found)


def refused_enter(made: Backup, refused: BusinessError) -> BackupProof:
    """Enter that a backup could not be brought back at all."""
    return proof_enter(by=_PROVED, backup=made, good=False, how=f"恢复验证失败：{refused}", rows=0)


def found_enter(made: Backup, found: Proof) -> BackupProof:
    """Enter what was found when a backup was brought back."""
    rows, verdict = sum(found.manifest.tables.values()), found.verdict
    how = f"整库恢复 {rows} 行、材料 {found.papers} 份，日志核验 {verdict.blocks} 块 {verdict.entries} 条"
    told_ = "；".join([how, *found.problems])
    return proof_enter(by=_PROVED, backup=made, good=found.good, how=told_, rows=rows)


def row_of(archive: Path) -> Backup | None:
    """Return the row of ``archive``, entered now where it is this bureau's and has none; None where it is another's,
    or nobody knows whose."""
    if not entered_here():
        return None
    sha256, agency = digest_of(archive), keeper()
    known = Backup.objects.filter(sha256=sha256).order_by("-pk").first()
    known = known or Backup.objects.filter(place=str(archive.absolute())).order_by("-pk").first()
    if known is not None or agency is None:
        return known
    with opened(archive) as whole:
        manifest = whole.manifest
    own = Block.objects.filter(number=manifest.block).first()
    if own is None or bytes(own.chain).hex() != manifest.chain:
        return None
    return _enter(agency, manifest, size=archive.stat().st_size, sha256=sha256, place=str(archive.absolute()))


def restored_enter(archive: Path, found: Proof) -> BackupProof | None:
    """Enter in the bureau that was brought back from where it came: a backup that was proved by it."""
    agency = keeper()
    if agency is None:
        return None
    size, sha256 = archive.stat().st_size, digest_of(archive)
    made = _enter(agency, found.manifest, size=size, sha256=sha256, place=str(archive.absolute()))
    return found_enter(made, found)


def prune(place: Path) -> list[Path]:
    """Take away the archives of ``place`` that are older than the last good ones; return which."""
    # What a register row names beside it is somebody's own copy and stays.
    rows = [one for one in Backup.objects.order_by("-at", "-pk") if Path(one.place).parent == place]
    good = set(Backup.objects.filter(counting(), pk__in=[one.pk for one in rows]).values_list("pk", flat=True))
    gone, there = [], 0
    for row in rows:
        archive = Path(row.place)
        if not archive.is_file():
            continue
        if there >= kept():
            archive.unlink()
            gone.append(archive)
        there += row.pk in good
    return gone


def entered_here() -> bool:
    """Whether this database has the register; one of an older program may not."""
    try:
        return "registers_backup" in connection.introspection.table_names()
    except psycopg.Error:
        return False


def _enter(agency: Agency, manifest: Manifest, *, size: int, sha256: str, place: str) -> Backup:
    return backup_enter(
        by=_MADE,
        agency=agency,
        data_set=ALL,
        at=dt.datetime.fromisoformat(manifest.at),
        size=size,
        sha256=sha256,
        place=place,
        last_block=manifest.block or None,
    )
