"""What whoever watches machines is told, and who is told nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from tests.core.backup.standing import furnish

from renshe.core.database.home import home, secret
from renshe.core.database.roles import Logins
from renshe.core.jobs.models import Job
from renshe.core.org.models import Agency
from renshe.core.registers import archives


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RENSHE_HOME", str(tmp_path))


def gauges(**more: str) -> dict[str, float]:
    answer = Client().get("/metrics", **more)  # type: ignore[arg-type]
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_healthz_says_whether_and_nothing_else(db: None) -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert (answer["X-Content-Type-Options"], answer["X-Frame-Options"]) == ("nosniff", "DENY")
    assert Client().post("/healthz").status_code == 405


def test_healthz_is_503_where_the_database_is_gone(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("host db-7 password wrong")

    monkeypatch.setattr(connection, "cursor", gone)
    monkeypatch.setattr(connection, "close", lambda: None)
    for page in ("/healthz", "/metrics"):
        answer = Client().get(page)
        assert (answer.status_code, answer.content) == (503, b"unavailable\n")


def test_metrics_count_what_is_there(
    committed: None, logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    furnish(tmp_path, logins.application)
    before = gauges()
    assert "renshe_backup_age_seconds" not in before
    secret(home(), "django")
    proof = archives.nightly(home(), Agency.objects.get(number="ag-220000"))
    found = gauges()
    assert found["renshe_backup_proved_age_seconds"] >= found["renshe_backup_age_seconds"] - 60
    assert (found["renshe_paper_alarms"], found["renshe_seal_places_unreached"]) == (0, 0)
    assert found["renshe_migrations_pending"] == 0
    assert found["renshe_database_connections"] >= 1
    # Behind the seal: a shop, the backup, its proof.
    assert found["renshe_journal_unsealed_entries"] == 3
    assert found["renshe_journal_unsealed_age_seconds"] >= 0
    assert found["renshe_cases_open"] == 2
    assert found["renshe_backup_age_seconds"] >= 0
    archives.proof_enter(by=archives._PROVED, backup=proof.backup, good=False, how="x", rows=0)
    assert "renshe_backup_proved_age_seconds" not in gauges()


def test_metrics_count_background_jobs_by_state_and_forget_old_failures(db: None) -> None:
    now = timezone.now()
    for state, ended in (("waiting", None), ("failed", now), ("failed", now - timedelta(days=2)), ("done", now)):
        Job.objects.create(operator="op-1", name="x", label="x", state=state, ended_at=ended)
    found = gauges()
    assert [found[f'renshe_jobs{{state="{one}"}}'] for one in ("failed", "running", "waiting")] == [1, 0, 1]


@pytest.mark.parametrize(
    "more",
    [
        {"REMOTE_ADDR": "10.1.2.3"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"REMOTE_ADDR": "10.1.2.3", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": "10.1.2.3", "HTTP_AUTHORIZATION": "Bearer wrong"},
    ],
)
@pytest.mark.parametrize("token", ["", "right"])
def test_metrics_are_told_to_nobody_from_elsewhere(
    db: None, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], token: str
) -> None:
    monkeypatch.setenv("RENSHE_METRICS_TOKEN", token)
    answer = Client().get("/metrics", **more)  # type: ignore[arg-type]
    assert (answer.status_code, answer.content) == (403, b"forbidden\n")


def test_metrics_are_told_to_who_shows_the_token(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENSHE_METRICS_TOKEN", "right")
    assert gauges(REMOTE_ADDR="10.1.2.3", HTTP_AUTHORIZATION="Bearer right")
