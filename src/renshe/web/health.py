"""Whether it runs and how it is, for whoever watches machines: ``/healthz`` and ``/metrics``.

Rule (防止信息泄露): the first tells nothing but whether; the second counts, names nobody, and is told only to this
machine or to who shows the token.

Invariant: a request that a proxy hands on is not this machine's, whatever its address says.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from renshe.core.database.home import home
from renshe.core.journal.telling import troubles

Sample = tuple[str, float]

_COUNTED = {
    "renshe_database_connections": (
        "Open connections to the database",
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
    ),
    "renshe_journal_unsealed_entries": (
        "Entries of the journal that are not sealed yet",
        "SELECT count(*) FROM journal_entry WHERE id > coalesce("
        "(SELECT ids[cardinality(ids)] FROM journal_block ORDER BY number DESC LIMIT 1), 0)",
    ),
    "renshe_journal_unsealed_age_seconds": (
        "Age of the oldest entry that is not sealed yet",
        "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0) FROM journal_entry WHERE id > coalesce("
        "(SELECT ids[cardinality(ids)] FROM journal_block ORDER BY number DESC LIMIT 1), 0)",
    ),
    "renshe_paper_alarms": (
        "Papers that are missing or altered",
        "SELECT count(*) FROM filing_alarm WHERE cleared_at IS NULL",
    ),
    "renshe_cases_open": (
        "Cases that have not ended",
        "SELECT count(*) FROM casework_case WHERE ended_at IS NULL",
    ),
}
"""What one number of SQL tells: name, help, statement."""
_AGES = (
    (
        "renshe_backup_age_seconds",
        "Time since the last backup was made",
        "SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM registers_backup",
    ),
    (
        "renshe_backup_proved_age_seconds",
        "Time since the last backup was made that was brought back well, and never badly",
        "SELECT extract(epoch FROM clock_timestamp() - max(b.at)) FROM registers_backup b"
        " WHERE EXISTS (SELECT FROM registers_backupproof p WHERE p.backup_id = b.id AND p.good)"
        " AND NOT EXISTS (SELECT FROM registers_backupproof p WHERE p.backup_id = b.id AND NOT p.good)",
    ),
)
"""Not there where there was none."""
_JOBS = (
    "SELECT state, count(*) FROM jobs_job WHERE state IN ('waiting', 'running')"
    " OR state = 'failed' AND ended_at > now() - interval '1 day' GROUP BY 1"
)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 where the process runs and reaches the database, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return _text("unavailable\n", status=503)
    return _text("ok\n")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return how it is, in the text form of Prometheus."""
    if not _allowed(request):
        return _text("forbidden\n", status=403)
    try:
        lines = [line for name, told, samples in _gauges() for line in _written(name, told, samples)]
    except DatabaseError:
        connection.close()
        return _text("unavailable\n", status=503)
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _gauges() -> Iterator[tuple[str, str, list[Sample]]]:
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    yield "renshe_migrations_pending", "Migrations that have not been applied", [("", pending)]
    with connection.cursor() as cursor:
        for name, (told, asked) in _COUNTED.items():
            cursor.execute(asked)
            yield name, told, [("", float(cursor.fetchone()[0]))]
        cursor.execute(_JOBS)
        found = {"waiting": 0, "running": 0, "failed": 0, **dict(cursor.fetchall())}
        jobs = [(f'{{state="{one}"}}', found[one]) for one in sorted(found)]
        yield "renshe_jobs", "Background jobs; failed ones of the last day", jobs
        for name, told, asked in _AGES:
            cursor.execute(asked)
            [age] = cursor.fetchone()
            if age is not None:
                yield name, told, [("", max(0.0, float(age)))]
    yield (
        "renshe_seal_places_unreached",
        "Places that lack a part of the journal's chain",
        [("", len(troubles(home())))],
    )


def _written(name: str, told: str, samples: list[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} gauge"
    yield from (
        f"{name}{labels} {value:g}" if value < 1e6 else f"{name}{labels} {value:.0f}" for labels, value in samples
    )


def _allowed(request: HttpRequest) -> bool:
    token = os.environ.get("RENSHE_METRICS_TOKEN", "")
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(shown.encode("utf-8", "replace"), token.encode()):
        return True
    if {"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} & set(request.headers):
        return False
    with suppress(ValueError):
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    return False


def _text(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)
