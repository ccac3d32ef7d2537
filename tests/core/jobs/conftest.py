"""A bureau, and jobs over the toys that one can hold up, break and cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from tests.core.org.bureau import NEXT_YEAR, SETUP, Bureau, make
from tests.core.toys.models import Shop

from renshe.core.database.home import secret
from renshe.core.errors import BusinessError
from renshe.core.jobs.declaring import job
from renshe.core.jobs.progress import Progress
from renshe.core.journal.context import declared
from renshe.core.org.setting_up import grant_install

Hook = Callable[[Progress, int], None]
hooks: list[Hook] = []


@job("toys.fill", "登记单位", retry=1, operation="toys.enter")
def fill(progress: Progress, count: int) -> None:
    for at in range(count):
        for hook in hooks:
            hook(progress, at)
        with declared(progress.context("批量登记")):
            Shop.objects.create(code=f"s{at}", name="白杨市第一中学")
        progress.step(at + 1, count, f"已登记 {at + 1} 户")


@job("toys.once", "导入一次", operation="toys.enter")
def once(progress: Progress) -> None:
    for hook in hooks:
        hook(progress, 0)


@job("toys.refused", "不能办理的任务", retry=5, operation="toys.enter")
def refused(progress: Progress) -> None:
    raise BusinessError("org.reason_missing")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Path:
    """Jobs of this room and the ones above look after the chain, papers and backups of a home."""
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers")
    monkeypatch.setenv("RENSHE_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    secret(tmp_path, "django")
    return tmp_path


@pytest.fixture
def hook() -> Iterator[list[Hook]]:
    """What is done at each step of a job."""
    hooks.clear()
    yield hooks
    hooks.clear()


def _furnish() -> Bureau:
    found = make()
    with declared(SETUP):
        for post, operation in (("entry", "job.query"), ("information", "job.query"), ("information", "job.manage")):
            grant_install(
                post=found.posts[post],
                operation_name=operation,
                region=found.regions["220000"],
                valid_until=NEXT_YEAR,
            )
    return found


@pytest.fixture
def bureau(db: None) -> Bureau:
    return _furnish()


@pytest.fixture
def bureau_committed(committed: None) -> Bureau:
    return _furnish()
