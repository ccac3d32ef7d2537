"""What runs by the clock: due once, made up for once, sealed and cleaned."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from tests.core.org.bureau import SETUP, Bureau
from tests.core.toys.models import Shop

from renshe.core.jobs.declaring import find_job
from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.jobs.running import run, work
from renshe.core.jobs.schedule import _due, tick
from renshe.core.jobs.selectors import jobs_of
from renshe.core.journal.context import declared
from renshe.core.journal.models import Block
from renshe.core.journal.telling import Places, read_told


def past(days: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days)


def test_what_is_due_is_started_once_however_often_one_looks(bureau: Bureau) -> None:
    tick()
    tick()
    names = list(Job.objects.filter(operator=SYSTEM).values_list("name", flat=True))
    assert len(names) == len(set(names)) and "journal.seal" in names
    assert set(jobs_of(bureau.at("entry", "220000")).values_list("name", flat=True)) == set(names)
    assert not jobs_of(bureau.at("entry", "220822")).exists()


def test_a_schedule_is_read_in_the_bureaus_own_time_and_made_up_for_once(bureau: Bureau) -> None:
    kind = find_job("job.clean")  # at 3:10
    zone = timezone.get_current_timezone()
    Job.objects.create(operator=SYSTEM, name=kind.name, label=kind.label, state=State.DONE)
    Job.objects.update(ended_at=timezone.now())
    now = timezone.localtime()
    day = now.date() + dt.timedelta(days=now.time() >= dt.time(3, 9))
    assert not _due(kind, dt.datetime.combine(day, dt.time(3, 9), zone))
    assert _due(kind, dt.datetime.combine(day, dt.time(3, 11), zone))
    assert _due(kind, dt.datetime.combine(day + dt.timedelta(days=9), dt.time(1), zone))
    tick()
    assert Job.objects.filter(name=kind.name).count() == 1


def test_the_journal_is_sealed_and_told_by_the_clock(bureau_committed: Bureau, own_home: Path) -> None:
    with declared(SETUP):
        Shop.objects.create(code="s", name="x")
    tick()
    work(wait=False, clock=True)
    jobs = {one.name: one for one in Job.objects.all()}
    # What falls due while this runs may wait.
    assert {one.state for one in jobs.values()} <= {State.DONE, State.WAITING}
    assert jobs["journal.seal.tail"].state == State.DONE
    assert jobs["journal.seal.tail"].message == "封存 1 个区块" and Block.objects.count() >= 1
    assert set(read_told(Places(own_home).kept)) == set(Block.objects.values_list("number", flat=True))


@pytest.mark.parametrize(("days", "kept"), [(31, 1), (29, 2)])
def test_old_jobs_of_the_system_are_cleaned_and_the_newest_kept(bureau: Bureau, days: int, kept: int) -> None:
    from tests.core.jobs.test_starting import start

    mine = start(bureau)
    run(mine.pk)
    for _ in range(2):
        Job.objects.create(operator=SYSTEM, name="journal.seal", label="x", state=State.DONE, ended_at=past(days))
    Job.objects.filter(pk=mine.pk).update(ended_at=past(400))
    cleaning = Job.objects.create(operator=SYSTEM, name="job.clean", label="x")
    run(cleaning.pk)
    assert Job.objects.filter(name="journal.seal").count() == kept
    assert Job.objects.filter(pk=mine.pk).exists()


def test_an_empty_database_without_regions_has_jobs_too(committed: None) -> None:
    tick()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM jobs_job WHERE region_id IS NULL")
        assert cursor.fetchone() > (1,)


def test_jobs_that_run_all_day_are_kept_for_two_days_where_they_went_well(bureau: Bureau) -> None:
    for days, state in ((3.0, State.DONE), (3.0, State.FAILED), (1.0, State.DONE)):
        Job.objects.bulk_create(
            Job(operator=SYSTEM, name="registers.heartbeat", label="x", state=state, ended_at=past(days))
            for _ in range(50)
        )
    Job.objects.create(operator=SYSTEM, name="registers.backup", label="x", state=State.DONE, ended_at=past(3))
    run(Job.objects.create(operator=SYSTEM, name="job.clean", label="x").pk)
    assert Job.objects.filter(name="registers.heartbeat").count() == 100
    assert Job.objects.filter(name="registers.backup").count() == 1
