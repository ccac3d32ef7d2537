"""Jobs run by a real worker: begun after the commit, in their owner's name, ended once, never lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import IntegrityError, connection, connections, transaction
from psycopg.conninfo import conninfo_to_dict
from tests.core.jobs.conftest import Hook
from tests.core.org.bureau import SETUP, YESTERDAY, Bureau
from tests.core.toys.models import Shop

from renshe.core.database.roles import Logins
from renshe.core.jobs.models import Job, State
from renshe.core.jobs.progress import Progress
from renshe.core.jobs.running import run, work
from renshe.core.jobs.schedule import recover
from renshe.core.jobs.services import job_cancel, job_retry, job_start
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.models import Operator

HERE = "220822"


def start(bureau: Bureau, name: str = "toys.fill", **arguments: object) -> Job:
    return job_start(actor=bureau.at("entry"), name=name, region=HERE, arguments=arguments)


def worked(job: Job) -> Job:
    """Let a worker empty the queue; return the job as it is then."""
    work(wait=False, clock=False)
    job.refresh_from_db()
    return job


def queued() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text, attempts FROM procrastinate_jobs ORDER BY id")
        return cursor.fetchall()


def hurry() -> None:
    """Let what waits for another attempt wait no longer."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")


def test_a_job_runs_in_its_owners_name_and_tells_its_progress(bureau_committed: Bureau) -> None:
    job = worked(start(bureau_committed, count=3))
    assert (job.state, job.done, job.total, job.message) == (State.DONE, 3, 3, "已登记 3 户")
    assert Shop.objects.count() == 3 and queued() == []
    made = Entry.objects.filter(table_name="toys_shop")
    assert {(one.operator, one.agency, one.terminal, one.reason) for one in made} == {
        ("entry-220822", "ag-220822", "t-1", "批量登记")
    }


def test_a_job_starts_only_if_the_transaction_that_asks_for_it_commits(bureau_committed: Bureau) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        start(bureau_committed, count=1)
        assert Job.objects.count() == 1 and len(queued()) == 1
        raise RuntimeError
    assert not Job.objects.exists() and queued() == []
    with transaction.atomic():
        job = start(bureau_committed, count=1)
        hand = Thread(target=work, kwargs={"wait": False, "clock": False})
        hand.start()
        hand.join()
        assert not Shop.objects.exists()
    assert worked(job).state == State.DONE and Shop.objects.count() == 1


def test_a_job_whose_owner_left_fails_and_says_so(bureau_committed: Bureau) -> None:
    job = start(bureau_committed, count=1)
    with declared(SETUP):
        Operator.objects.filter(number="entry-220822").update(valid_until=YESTERDAY)
    job = worked(job)
    assert job.state == State.FAILED and "未启用或已停用" in str(job.error) and not Shop.objects.exists()


def test_a_refusal_of_the_business_fails_at_once_and_in_its_own_words(bureau_committed: Bureau) -> None:
    job = worked(start(bureau_committed, "toys.refused"))
    assert (job.state, job.error, job.attempts) == (State.FAILED, "须写明理由", 1)


def test_a_fault_is_tried_again_and_told_without_internals(bureau_committed: Bureau, hook: list[Hook]) -> None:
    def broken(progress: Progress, at: int) -> None:
        raise OSError("/srv/secret: no space on db-7")

    hook.append(broken)
    job = worked(start(bureau_committed, count=1))
    assert (job.state, job.attempts, len(queued())) == (State.WAITING, 1, 1)
    hurry()
    job = worked(job)
    assert (job.state, job.attempts) == (State.FAILED, 2) and not Shop.objects.exists()
    assert str(job.pk) in str(job.error) and "secret" not in str(job.error) and "db-7" not in str(job.error)
    hook.clear()
    job_retry(actor=bureau_committed.at("entry"), job=job.pk)
    job = worked(job)
    assert (job.state, job.error, job.attempts) == (State.DONE, None, 3)


def test_what_the_database_refuses_is_told_in_its_words(bureau_committed: Bureau, hook: list[Hook]) -> None:
    hook.append(lambda progress, at: Shop.objects.create(code="x", name="x") and None)
    job = worked(start(bureau_committed, "toys.once"))
    assert job.state == State.FAILED and not str(job.error).startswith("程序出错") and not Shop.objects.exists()


def test_a_waiting_job_that_is_cancelled_never_runs(bureau_committed: Bureau) -> None:
    job = start(bureau_committed, count=1)
    assert job_cancel(actor=bureau_committed.at("entry"), job=job.pk).state == State.CANCELLED
    assert worked(job).state == State.CANCELLED and not Shop.objects.exists()


def test_a_running_job_is_cancelled_between_two_steps(bureau_committed: Bureau, hook: list[Hook]) -> None:
    actor = bureau_committed.at("entry")

    def cancel(progress: Progress, at: int) -> None:
        progress._looked = float("-inf")
        if at == 1:
            job_cancel(actor=actor, job=progress.job.pk)

    hook.append(cancel)
    job = worked(start(bureau_committed, count=5))
    assert (job.state, job.cancel_asked, Shop.objects.count()) == (State.CANCELLED, False, 2)
    with pytest.raises(IntegrityError), transaction.atomic(), declared(SETUP):
        Shop.objects.create(code="s0", name="x")


def test_a_worker_that_is_told_to_stop_lets_its_job_wait_for_the_next(
    bureau_committed: Bureau,
) -> None:
    job = start(bureau_committed, count=3)
    run(job.pk, stopping=lambda: Shop.objects.count() == 1)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.allowed, Shop.objects.count()) == (State.WAITING, 1, 3, 1)


WORKER = """
import os, sys
from tests.core import settings
for alias in ("default", "owner"):
    settings.DATABASES[alias].update(dict(pair.split("=", 1) for pair in sys.argv[1:]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.core.settings"
import django
django.setup()
from tests.core.jobs import conftest
from renshe.core.jobs.running import work
"""
WORKER = """
import os, signal, sys
from tests.core import settings
for alias in ("default", "owner"):
    settings.DATABASES[alias].update(dict(pair.split("=", 1) for pair in sys.argv[1:]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.core.settings"
import django
django.setup()
from tests.core.jobs import conftest
from renshe.core.jobs.running import work
"""
KILLED = """
conftest.hooks.append(lambda progress, at: os._exit(9) if at == {step} else None)
work(wait=False, clock=False)
"""
STOPPED = """
conftest.hooks.append(lambda progress, at: os.kill(os.getpid(), signal.{signal}) if at == 1 else None)
work(clock=False)
"""


def worker(logins: Logins, script: str) -> int:
    """Run a worker in a process of its own; return how it ended."""
    told = {key: str(value) for key, value in conninfo_to_dict(logins.application).items()}
    words = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    where = [f"{key}={told.get(word, '')}" for key, word in words.items()]
    folder = Path(__file__).parents[3]
    return subprocess.run([sys.executable, "-c", WORKER + script, *where], cwd=folder, check=False).returncode


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGINT"])
def test_a_worker_works_until_it_is_told_to_stop_and_finishes_what_it_has(
    bureau_committed: Bureau, logins: Logins, signal: str
) -> None:
    job = start(bureau_committed, count=3)
    assert worker(logins, STOPPED.format(signal=signal)) == 0
    job.refresh_from_db()
    assert job.state == State.DONE and Shop.objects.count() == 3 and queued() == []


@pytest.mark.parametrize(("name", "after"), [("toys.fill", State.WAITING), ("toys.once", State.FAILED)])
def test_a_job_whose_worker_was_killed_is_found_and_not_lost(
    bureau_committed: Bureau, logins: Logins, name: str, after: State
) -> None:
    job = start(bureau_committed, name, **({"count": 3} if name == "toys.fill" else {}))
    assert worker(logins, KILLED.format(step=1 if name == "toys.fill" else 0)) == 9
    job.refresh_from_db()
    assert job.state == State.RUNNING and queued() == [("doing", 0)]
    assert recover() == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
    assert recover() == [job.pk] and recover() == []
    job.refresh_from_db()
    assert job.state == after
    with declared(SETUP):
        Shop.objects.filter(code="s0").delete()
    job = worked(job)
    if after == State.WAITING:
        assert (job.state, job.attempts, Shop.objects.count()) == (State.DONE, 2, 3)
    else:
        assert job.state == State.FAILED and "进程中断" in str(job.error)


def test_a_run_that_was_taken_for_dead_ends_at_its_next_step_and_says_nothing_more(
    bureau_committed: Bureau, hook: list[Hook]
) -> None:
    def taken(progress: Progress, at: int) -> None:
        progress._looked = float("-inf")
        if at == 1:
            Job.objects.filter(pk=progress.job.pk).update(attempts=2, message="新的一次")

    hook.append(taken)
    job = worked(start(bureau_committed, count=5))
    assert (job.state, job.attempts, job.message, Shop.objects.count()) == (State.RUNNING, 2, "新的一次", 2)


def test_the_end_of_a_run_that_was_taken_for_dead_counts_for_nothing(
    bureau_committed: Bureau, hook: list[Hook]
) -> None:
    hook.append(lambda progress, at: Job.objects.filter(pk=progress.job.pk).update(attempts=2) and None)
    job = worked(start(bureau_committed, "toys.once"))
    assert (job.state, job.attempts, job.ended_at) == (State.RUNNING, 2, None)


def test_two_workers_run_each_job_once(bureau_committed: Bureau, hook: list[Hook]) -> None:
    begun: list[int] = []
    gate = Event()

    def count(progress: Progress, at: int) -> None:
        begun.append(progress.job.pk)
        gate.wait(0.05)

    hook.append(count)
    jobs = [start(bureau_committed, "toys.once") for _ in range(6)]

    def hand() -> None:
        work(wait=False, clock=False)
        connections.close_all()

    hands = [Thread(target=hand) for _ in range(2)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert sorted(begun) == sorted(job.pk for job in jobs)
    assert set(Job.objects.values_list("state", flat=True)) == {State.DONE}
