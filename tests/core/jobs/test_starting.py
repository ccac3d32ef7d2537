"""Who starts, sees, cancels and tries jobs again; what is refused changes nothing."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from tests.core.org.bureau import Bureau

from renshe.core.errors import BusinessError
from renshe.core.jobs.declaring import find_job, job
from renshe.core.jobs.models import Job, State
from renshe.core.jobs.running import run
from renshe.core.jobs.selectors import job_get, jobs_of
from renshe.core.jobs.services import job_cancel, job_retry, job_start

HERE = "220822"


def start(bureau: Bureau, region: str = HERE) -> Job:
    return job_start(actor=bureau.at("entry", region), name="toys.fill", region=region, arguments={"count": 1})


@pytest.mark.parametrize(
    ("group", "name", "region", "arguments", "code"),
    [
        ("entry", "toys.nothing", HERE, {}, "job.no_such_kind"),
        ("entry", "journal.seal", HERE, {}, "job.by_schedule_only"),
        ("entry", "toys.fill", HERE, {"progress": 1, "count": 1}, "job.arguments"),
        ("entry", "toys.fill", HERE, {}, "job.arguments"),
        ("entry", "toys.fill", "220802", {"count": 1}, "org.not_granted"),
        ("audit", "toys.fill", HERE, {"count": 1}, "org.not_granted"),
    ],
)
def test_what_may_not_be_started_is_not(
    bureau: Bureau, group: str, name: str, region: str, arguments: dict[str, object], code: str
) -> None:
    with pytest.raises(BusinessError) as refused:
        job_start(actor=bureau.at(group), name=name, region=region, arguments=arguments)
    assert refused.value.code == code and not Job.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)


def test_a_job_is_seen_by_its_owner_and_by_who_looks_at_jobs_of_its_region(bureau: Bureau) -> None:
    made = start(bureau)
    for group, region, seen in (
        ("entry", HERE, True),
        ("entry", "220800", True),
        ("information", "220000", True),
        ("entry", "220802", False),
        ("audit", HERE, False),
    ):
        assert list(jobs_of(bureau.at(group, region))) == ([made] if seen else [])
    for tampered in (made.pk + 1, 0, -1, 10**30, "1", None):
        with pytest.raises(BusinessError, match="没有任务"):
            job_get(actor=bureau.at("entry"), job=tampered)  # type: ignore[arg-type]


def test_only_its_owner_or_who_manages_jobs_steers_a_job(bureau: Bureau) -> None:
    made = start(bureau)
    for who, code in (
        (bureau.at("entry", "220800"), "job.not_the_owner"),
        (bureau.at("information", "220802"), "job.not_there"),
        (bureau.at("audit"), "job.not_there"),
    ):
        for act in (job_cancel, job_retry):
            with pytest.raises(BusinessError) as refused:
                act(actor=who, job=made.pk)
            assert refused.value.code == code
    made.refresh_from_db()
    assert made.state == State.WAITING
    assert job_cancel(actor=bureau.at("information"), job=made.pk).state == State.CANCELLED


def test_what_has_ended_is_not_cancelled_and_what_has_not_failed_not_tried_again(bureau: Bureau) -> None:
    made = start(bureau)
    with pytest.raises(BusinessError, match="不能重试"):
        job_retry(actor=bureau.at("entry"), job=made.pk)
    run(made.pk)
    for act in (job_cancel, job_retry):
        with pytest.raises(BusinessError, match="完成，不能"):
            act(actor=bureau.at("entry"), job=made.pk)


@pytest.mark.parametrize(
    "order",
    [
        "UPDATE jobs_job SET operator = 'entry-220800'",
        "UPDATE jobs_job SET arguments = '{\"count\": 100}'",
        "UPDATE jobs_job SET region_id = '220802'",
        "DELETE FROM jobs_job",
    ],
)
def test_the_database_keeps_whose_job_it_is_and_what_it_does(bureau: Bureau, order: str) -> None:
    made = start(bureau)
    with pytest.raises(DatabaseError, match="后台任务"), transaction.atomic():
        connection.cursor().execute(order)
    assert Job.objects.get() == made


def test_a_name_means_one_kind_and_a_schedule_can_be_read() -> None:
    assert find_job("journal.seal").label == "封存日志区块"
    with pytest.raises(ValueError, match="twice"):
        job("journal.seal", "x")(print)
    with pytest.raises(ValueError, match="no schedule"):
        job("toys.never", "x", schedule="every day")
