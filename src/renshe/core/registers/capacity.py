"""How much of the machines is in use, and how long the system was there.

Rule (S3-33, S3-34): processor, storage and connections are sampled and held against thresholds
(``data/capacity.yaml``); each service says every minute that it is there, and the share of such minutes is the month's
availability.

Invariant: what cannot be read is null, never nought; a minute counts once.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import yaml
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.org.actor import Actor
from renshe.core.org.models import Agency
from renshe.core.org.rights import visible_regions
from renshe.core.org.scope import Scope
from renshe.core.registers.models import CapacitySample, Heartbeat
from renshe.core.registers.monthly import month_of
from renshe.core.registers.operating import QUERY

_FRESH = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Over:
    """A resource of an agency's machine that is used beyond its threshold."""

    agency: str
    what: str
    percent: float
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Availability:
    """A ``service`` was there in ``up`` of ``due`` minutes of a month."""

    service: str
    up: int
    due: int

    @property
    def percent(self) -> float:
        """How much of the time it was there."""
        return 100 * self.up / self.due if self.due else 0.0


@cache
def thresholds() -> dict[str, float]:
    """Return by resource from how many per cent on it needs attention."""
    found: dict[str, float] = yaml.safe_load(
        resources.files(__package__).joinpath("data", "capacity.yaml").read_text("utf-8")
    )
    return found


def capacity_take(*, agency: Agency, folder: Path) -> CapacitySample:
    """Sample this machine, on which ``agency``'s data lie in ``folder``; by a job, in nobody's name."""
    disk = shutil.disk_usage(folder)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) * 100.0 / current_setting('max_connections')::int FROM pg_stat_activity")
        [connections] = cursor.fetchone()
    # Not every system tells its load.
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return CapacitySample.objects.create(
        agency=agency.number,
        region=agency.region,
        at=timezone.now(),
        cpu=None if load is None else min(100.0, 100 * load / (os.cpu_count() or 1)),
        storage=100 * disk.used / disk.total,
        connections=float(connections),
    )


def capacity(actor: Actor) -> QuerySet[CapacitySample]:
    """Return the last sample of each agency that ``actor`` sees, where there is one of the last day."""
    seen = Scope(actor, QUERY).filter(CapacitySample.objects.filter(at__gt=timezone.now() - _FRESH))
    return seen.order_by("agency", "-at").distinct("agency")


def capacity_over(actor: Actor) -> list[Over]:
    """Return what is used beyond its threshold by the last sample of each agency that ``actor`` sees."""
    return [
        Over(sample.agency, what, used, sample.at)
        for sample in capacity(actor)
        for what, most in thresholds().items()
        if (used := getattr(sample, what)) is not None and used >= most
    ]


def heartbeat(service: str, at: dt.datetime | None = None) -> None:
    """Say that ``service`` is there in this minute."""
    minute = (at or timezone.now()).replace(second=0, microsecond=0)
    Heartbeat.objects.bulk_create([Heartbeat(service=service, minute=minute)], ignore_conflicts=True)


def availability_shown(actor: Actor, month: str) -> list[Availability]:
    """Return ``availability`` of ``month`` (YYYYMM): the installation's, for all who may look at a register."""
    if not visible_regions(actor, QUERY).exists():
        return []
    first = timezone.localdate(month_of(month)[0])
    return availability(first.year, first.month)


def availability(year: int, month: int, *, now: dt.datetime | None = None) -> list[Availability]:
    """Return how much of a month each service was there, from its first minute ever to now."""
    first = timezone.make_aware(dt.datetime(year, month, 1))
    last = timezone.make_aware(dt.datetime(year + month // 12, month % 12 + 1, 1))
    until = min(last, (now or timezone.now()).replace(second=0, microsecond=0) + dt.timedelta(minutes=1))
    found = []
    for service in Heartbeat.objects.order_by("service").values_list("service", flat=True).distinct():
        beats = Heartbeat.objects.filter(service=service)
        born = beats.order_by("minute").values_list("minute", flat=True)[0]
        begin = max(first, born)
        up = beats.filter(minute__gte=begin, minute__lt=until).count()
        found.append(Availability(service, up, max(0, int((until - begin).total_seconds() // 60))))
    return found
