"""What the clock makes of the registers by itself: backups that are proved and pruned, samples, heartbeats."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.org.bureau import TODAY, Bureau
from tests.core.registers.test_running import named

from renshe.core.database.home import secret
from renshe.core.jobs.models import SYSTEM, Job, State
from renshe.core.jobs.running import run
from renshe.core.registers import archives
from renshe.core.registers.backups import backup_interval_set, backups_overdue
from renshe.core.registers.models import Backup, BackupProof, CapacitySample, Heartbeat
from renshe.core.registers.running import keeper


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Path:
    monkeypatch.setenv("RENSHE_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    monkeypatch.delenv("RENSHE_BACKUP_PLACE", raising=False)
    secret(tmp_path, "django")
    return tmp_path


def ran(name: str) -> Job:
    job = Job.objects.create(operator=SYSTEM, name=name, label="x")
    run(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.req("S0-45", "S2-57", "S2-58", part="by the clock")
def test_the_nightly_backup_is_entered_and_proved_once_a_day(bureau_committed: Bureau, own_home: Path) -> None:
    named(bureau_committed, "database", days=40)
    assert backups_overdue(bureau_committed.at("information"))
    assert ran("registers.backup").state == State.DONE
    made, proof = Backup.objects.get(), BackupProof.objects.get()
    assert (made.agency, made.by, made.data_set, proof.good) == ("ag-220822", SYSTEM, "all", True)
    assert proof.rows > 0 and Path(made.place).parent == own_home / "backups"
    assert backups_overdue(bureau_committed.at("information")) == []
    assert ran("registers.backup").message == "今日不需备份" and Backup.objects.count() == 1


@pytest.mark.req("S2-58", part="one that cannot be brought back is entered as such")
def test_a_backup_that_cannot_be_brought_back_fails_the_job(
    bureau_committed: Bureau, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archives.backup_make

    def torn(*args: object, **more: object) -> object:
        saved = real(*args, **more)  # type: ignore[arg-type]
        saved.archive.write_bytes(saved.archive.read_bytes()[:20_000])
        return saved

    monkeypatch.setattr(archives, "backup_make", torn)
    job = ran("registers.backup")
    assert job.state == State.FAILED and "没有通过恢复验证" in (job.error or "")
    assert not BackupProof.objects.get().good and Backup.objects.count() == 1
    assert archives.nightly_due(bureau_committed.agencies["220000"], TODAY)


def test_only_the_last_good_archives_stay_and_every_row_does(
    bureau_committed: Bureau, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "kept", lambda: 2)
    agency = bureau_committed.agencies["220000"]
    proofs = [archives.nightly(own_home, agency) for _ in range(3)]
    foreign = own_home / "backups" / "renshe-of-somebody.tar"
    foreign.touch()
    places = [Path(one.backup.place) for one in proofs]
    assert [one.exists() for one in places] == [False, True, True] and Backup.objects.count() == 3
    bad = BackupProof.objects.order_by("-pk")[0].backup
    archives.proof_enter(by=archives._PROVED, backup=bad, good=False, how="x", rows=0)
    # What was found bad does not push out what is good.
    assert archives.prune(own_home / "backups") == [] and foreign.exists()


def test_a_backup_is_due_as_often_as_the_gravest_data_set_or_the_agency_asks(bureau: Bureau) -> None:
    agency = bureau.agencies["220822"]
    assert archives.every_days(agency) == 1
    backup_interval_set(actor=bureau.at("information"), agency=agency, data_set="registers", days=2)
    assert archives.every_days(agency) == 1


@pytest.mark.req("S3-33", "S3-34", part="sampled by the clock")
def test_the_clock_says_that_the_system_is_there_and_how_full(bureau: Bureau, own_home: Path) -> None:
    assert [ran(name).state for name in ("registers.heartbeat", "registers.capacity")] == [State.DONE] * 2
    assert Heartbeat.objects.get().service == "worker"
    assert CapacitySample.objects.get().agency == "ag-220000"
    named(bureau, "database")
    assert keeper() == bureau.agencies["220822"]
