"""What the rooms keep and is not as it should be is found, each with its remedy."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone
from tests.core.casework.conftest import furnish, started
from tests.core.org.bureau import SETUP, TODAY, make

from renshe.core.casework.models import Case
from renshe.core.filing.models import Alarm
from renshe.core.jobs.models import SYSTEM
from renshe.core.journal.context import Context, declared
from renshe.core.registers.backups import backup_enter, proof_enter
from renshe.core.registers.models import Plan
from renshe.web.operating import Finding, operating

BY = Context(SYSTEM, "x")


def found(home: Path, *, deploy: bool = False) -> list[Finding]:
    told = list(operating(home, deploy=deploy))
    assert all(one.remedy for one in told)
    return told


def test_of_a_new_bureau_nothing_is_said(db: None, tmp_path: Path) -> None:
    make()
    assert found(tmp_path) == []


def test_cases_of_a_version_that_is_gone_forbid_operation(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = furnish()
    started(office)
    assert found(tmp_path) == []
    monkeypatch.setattr("renshe.core.casework.selectors.case_types", lambda: [])
    [one] = found(tmp_path)
    assert one.forbids and "1 笔业务属于“shop.open”第 1 版" in one.what and Case.objects.count() == 1


@pytest.mark.req("S2-57", "S2-58", part="told by the check of an installation")
def test_the_age_of_the_last_proved_backup_is_told(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENSHE_SEAL_PLACE", str(tmp_path))
    agency = make().agencies["220000"]

    def told() -> str:
        whats = [one.what for one in found(tmp_path, deploy=True)]
        assert whats.pop(0) == "备份与业务数据在同一块磁盘上"
        return "；".join(whats)

    def backed_up(days: int) -> None:
        at = timezone.now() - dt.timedelta(days=days)
        made = backup_enter(by=BY, agency=agency, data_set="all", at=at, size=1, sha256="ab" * 32, place="x")
        proof_enter(by=BY, backup=made, good=True, how="x", rows=1)

    assert told() == "没有一份经过恢复验证的备份"
    backed_up(3)
    assert told().startswith("上次有效备份在 3 天前")
    backed_up(1)
    assert told() == ""
    monkeypatch.setenv("RENSHE_BACKUP_PLACE", str(tmp_path / "not-mounted"))
    [one] = found(tmp_path, deploy=True)
    assert one.forbids and "not-mounted 不存在" in one.what


def test_papers_seals_and_plans_are_told(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RENSHE_SEAL_PLACE", raising=False)
    bureau = make()
    with declared(SETUP):
        Alarm.objects.create(digest="ab" * 32, region=bureau.regions["220822"], found="missing", found_by="x")
        Plan.objects.create(
            agency=bureau.agencies["220822"],
            name="断电",
            total_loss=False,
            owner=bureau.operator("information"),
            trigger="x",
            steps=["x"],
            period_days=30,
            valid_from=TODAY - dt.timedelta(days=31),
        )
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "told-troubles.json").write_text(
        '[{"place": "/share", "since": "2026-11-01T00:00:00Z", "why": "away"}]', "utf-8"
    )
    whats = [one.what for one in found(tmp_path)]
    assert whats[0] == "有 1 份材料丢失或被改动" and "/share" in whats[1] and whats[2].startswith("预案“断电”应在")
    assert any("没有设置封条" in one.what for one in found(tmp_path, deploy=True))
    later = timezone.now() + dt.timedelta(days=2)
    monkeypatch.setattr("renshe.core.registers.alarms.timezone.now", lambda: later)
    assert any("条起未封存" in one.what for one in found(tmp_path))
