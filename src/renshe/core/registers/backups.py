"""Which backups there are, which are good, which are due.

Rule (002 七 (二); S0-45, S2-57, S2-58): a backup every one to five days, as the risk of the data set asks, or shorter
where an agency wants it; it counts once a restore of it was verified. One day past the interval is an alarm: on day 6
where five days are allowed.

Invariant: an agency that keeps a database owes a good backup of every data set, from the first day on which it does.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.registers.models import Backup, BackupInterval, BackupProof
from renshe.core.registers.operating import KEEP, QUERY
from renshe.core.registers.running import centres
from renshe.standards.data_sets import ALL, data_sets

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Overdue:
    """A data set of an agency without a good backup in time. ``last``: the day of the last good one, if any."""

    agency: str
    data_set: str
    last: dt.date | None
    due: dt.date


def backup_register(
    *,
    actor: Actor,
    data_set: str,
    at: dt.datetime,
    size: int,
    sha256: str,
    place: str,
    last_block: int | None = None,
    covers_from: dt.date | None = None,
) -> Backup:
    """Write down a backup of ``data_set`` ("all": of everything) of the actor's agency."""
    require(actor, KEEP, actor.region)
    known = data_set == ALL or data_set in data_sets()
    if not known or size <= 0 or not _SHA256.fullmatch(sha256) or not place.strip() or at > timezone.now():
        raise BusinessError("registers.backup_terms")
    return backup_enter(
        by=actor.context("登记数据备份"),
        agency=Agency.objects.get(number=actor.agency),
        data_set=data_set,
        at=at,
        size=size,
        sha256=sha256,
        place=place,
        last_block=last_block,
        covers_from=covers_from,
    )


def backup_enter(*, by: Context, agency: Agency, **told: Any) -> Backup:
    """As ``backup_register``, for what was made here, by whoever ``by`` names: no right is asked."""
    with declared(by):
        return Backup.objects.create(agency=agency.number, region=agency.region, by=by.operator, **told)


def backup_prove(*, actor: Actor, backup: Backup, good: bool, how: str, rows: int) -> BackupProof:
    """Write down that ``backup`` was restored, ``rows`` rows of it, and what was found."""
    require(actor, KEEP, backup.region)
    if not how.strip() or rows < 0 or (good and not rows):
        raise BusinessError("registers.backup_proof")
    return proof_enter(by=actor.context("登记备份验证"), backup=backup, good=good, how=how, rows=rows)


def proof_enter(*, by: Context, backup: Backup, good: bool, how: str, rows: int) -> BackupProof:
    """As ``backup_prove``, for a restore that was done here: no right is asked."""
    with declared(by):
        return BackupProof.objects.create(
            backup=backup, good=good, how=how, rows=rows, by=by.operator, at=timezone.now()
        )


def backup_interval_set(*, actor: Actor, agency: Agency, data_set: str, days: int) -> BackupInterval:
    """Let ``agency`` back up ``data_set`` every so many days: not more than its risk allows."""
    require(actor, KEEP, agency.region)
    found = data_sets()[data_set]
    if not 1 <= days <= found.level.backup_days:
        raise BusinessError("registers.backup_interval", data_set=found.label, most=found.level.backup_days)
    with declared(actor.context("设置备份间隔")):
        made, _ = BackupInterval.objects.update_or_create(agency=agency, data_set=data_set, defaults={"days": days})
    return made


def backups_good(actor: Actor) -> QuerySet[Backup]:
    """Return the backups that count: proved once, and never found bad."""
    return backups(actor).filter(counting())


def counting() -> Q:
    """Return the condition that a backup counts."""
    proofs = BackupProof.objects.filter(backup=OuterRef("pk"))
    return Q(Exists(proofs.filter(good=True)) & ~Exists(proofs.filter(good=False)))


def backups(actor: Actor) -> QuerySet[Backup]:
    """Return the register as ``actor`` may see it, the newest first."""
    return Scope(actor, QUERY).filter(Backup.objects.order_by("-at", "-pk"))


def backups_covering(actor: Actor, *, first: dt.date, last: dt.date, data_set: str | None = None) -> QuerySet[Backup]:
    """Return the good backups made from ``first`` on that hold data up to ``last`` or before: in which what was there
    in those days may be found. The nearest to ``first`` come first."""
    found = backups_good(actor).filter(Q(covers_from=None) | Q(covers_from__lte=last), at__date__gte=first)
    if data_set is not None:
        found = found.filter(data_set__in=(data_set, ALL))
    return found.order_by("at", "pk")


def backups_overdue(actor: Actor) -> list[Overdue]:
    """Return what should have been backed up by today at the agencies that ``actor`` sees."""
    today, found = timezone.localdate(), []
    shorter = {
        (one.agency.number, one.data_set): one.days
        for one in Scope(actor, QUERY).filter(BackupInterval.objects.select_related("agency"))
    }
    newest = backups_good(actor).order_by().values_list("agency", "data_set").annotate(Max("at"))
    good = {(agency, data_set): at for agency, data_set, at in newest}
    for agency, duty in centres(actor).items():
        for code, one in data_sets().items():
            days = min(shorter.get((agency, code), one.level.backup_days), one.level.backup_days)
            made = [good[agency, of] for of in (code, ALL) if (agency, of) in good]
            last = timezone.localdate(max(made)) if made else None
            due = (last or duty.valid_from) + dt.timedelta(days=days)
            if due < today:
                found.append(Overdue(agency, code, last, due))
    return found
