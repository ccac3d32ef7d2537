"""What lies there for nobody, what is missing, what was altered; and that clearing away takes nothing that is named."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection
from django.utils import timezone
from tests.core.filing.conftest import HERE, a_pdf
from tests.core.filing.test_attaching import attach
from tests.core.org.bureau import Bureau

from renshe.core.filing import checking, store
from renshe.core.filing.attachments import attachment_read, attachment_remove
from renshe.core.filing.checking import papers_check, papers_sweep
from renshe.core.filing.limits import limits
from renshe.core.filing.models import Alarm, Attachment
from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.jobs.running import run


def forgotten(content: bytes) -> str:
    """Keep what nothing names, as if it were old."""
    digest = store.put(content)
    old = timezone.now().timestamp() - 86_400 * (limits().orphan_days + 1)
    os.utime(store.place_of(digest), (old, old))
    return digest


def test_who_was_killed_between_paper_and_row_leaves_an_orphan_that_is_found_and_swept(
    bureau_committed: Bureau, papers: Path
) -> None:
    kept = attach(bureau_committed)
    child = os.fork()
    if child == 0:
        # Killed after the paper lies there, before its row is committed.
        store.put(a_pdf(5))
        os.open(papers / "incoming" / "half", os.O_CREAT | os.O_WRONLY, 0o600)
        os._exit(9)
    os.waitpid(child, 0)
    found = papers_check()
    assert found.whole and found.checked == 1
    assert found.orphans == [store.digest_of(a_pdf(5))] and [one.name for one in found.leftovers] == ["half"]
    assert papers_sweep() == 0, "what is fresh may be somebody's who is not done yet"
    assert papers_sweep(older_than=-1) == 2
    found = papers_check()
    assert found.whole and not found.orphans and not found.leftovers
    assert attachment_read(actor=bureau_committed.at("entry"), attachment=kept.pk)[1] == a_pdf(2)


def test_a_paper_goes_only_when_no_row_wants_it(bureau_committed: Bureau) -> None:
    one, other = attach(bureau_committed), attach(bureau_committed, matter="XG-220822-2026-000002")
    actor = bureau_committed.at("entry")
    attachment_remove(actor=actor, attachment=one.pk, reason="x")
    assert papers_sweep(older_than=-1) == 0
    attachment_remove(actor=actor, attachment=other.pk, reason="x")
    assert papers_sweep(older_than=-1) == 0, "what was taken out is kept for some time"
    later = timezone.now() + dt.timedelta(days=limits().removed_days + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("renshe.core.filing.referring.timezone.now", lambda: later)
        assert papers_sweep(older_than=-1) == 1
    assert store.state(one.digest) == "missing"


def test_missing_and_altered_papers_are_named_alarmed_and_cleared_when_whole_again(bureau_committed: Bureau) -> None:
    gone, bent = attach(bureau_committed), attach(bureau_committed, a_pdf(3))
    store.remove(gone.digest)
    store.place_of(bent.digest).write_bytes(b"x")
    found = papers_check()
    assert (found.missing, found.altered, found.orphans) == ([gone.digest], [bent.digest], [])
    job = Job.objects.create(operator=SYSTEM, name="filing.check", label="检查材料完整")
    run(job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED and "1 份材料丢失、1 份被改动" in str(job.error)
    told = set(Alarm.objects.values_list("digest", "found", "region_id", "found_by"))
    assert told == {(gone.digest, "missing", HERE, SYSTEM), (bent.digest, "altered", HERE, SYSTEM)}
    store.put(a_pdf(2))
    store.put(a_pdf(3))
    job = Job.objects.create(operator=SYSTEM, name="filing.check", label="检查材料完整")
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.message) == (State.DONE, 2, "已检查 2 份")
    assert not Alarm.objects.filter(cleared_at=None).exists() and Alarm.objects.count() == 2


def test_whoever_attaches_what_is_being_swept_has_it_afterwards(
    bureau_committed: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep has found the paper unnamed; before it takes the paper out somebody attaches the same file."""
    digest = store.put(a_pdf(2))
    looked, attached = Event(), Event()
    ask = checking.wanted
    asked: list[bool] = []

    def wanted(which: str) -> bool:
        asked.append(ask(which))
        if len(asked) == 1:
            looked.set()
            attached.wait(30)
        return asked[-1]

    monkeypatch.setattr(checking, "wanted", wanted)

    def sweep() -> None:
        try:
            papers_sweep(older_than=-1)
        finally:
            connection.close()

    hand = Thread(target=sweep)
    hand.start()
    looked.wait(30)
    made = attach(bureau_committed)
    attached.set()
    hand.join()
    assert asked == [False, True] and made.digest == digest and store.state(digest) == "whole"
    assert Attachment.objects.count() == 1


def test_whoever_attaches_while_a_paper_is_taken_out_waits_and_puts_it_there_again(
    bureau_committed: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = forgotten(a_pdf(2))
    take_out = store.remove
    hands: list[Thread] = []

    def attaching() -> None:
        try:
            attach(bureau_committed)
        finally:
            connection.close()

    def remove(which: str) -> None:
        hands.append(Thread(target=attaching))
        hands[0].start()
        waits = False
        while not waits and hands[0].is_alive():
            with connection.cursor() as cursor:
                cursor.execute("SELECT exists (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
                [waits] = cursor.fetchone()
        take_out(which)

    monkeypatch.setattr(store, "remove", remove)
    assert papers_sweep() == 1
    hands[0].join()
    assert Attachment.objects.get().digest == digest and store.state(digest) == "whole"


def test_the_nightly_sweep_runs_as_a_job(bureau_committed: Bureau) -> None:
    digest = forgotten(a_pdf(9))
    job = Job.objects.create(operator=SYSTEM, name="filing.sweep", label="清理无主文件")
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (State.DONE, "清理 1 个文件") and store.state(digest) == "missing"
