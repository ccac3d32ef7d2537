"""Work on many rows at once, clean-up of what is out of date, and the monthly check of what was changed.

Rule (002 七 (五), (六), 五 (三) 3): bulk entry and queries are written down with time, number and name; out-of-date
data are looked for every half year and deleted only when approved; the business department checks each month's log.

Invariant: a bulk row stands before the first row is touched or leaves; what is written of it stays.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from renshe.core.org.models import Region
from renshe.core.registers.models.said import said


class BulkWork(models.Model):
    """One bulk entry, query or export. ``count`` is null until it ended; ``whole``: it was not broken off."""

    scope_region = "region"
    journal_keeps = "written"

    kind = models.CharField("方式", max_length=10, choices=[("entry", "录入"), ("query", "查询"), ("export", "导出")])
    operation = models.TextField("操作")
    data_set = models.TextField("数据集")
    operator = models.TextField("操作人工号")
    name = models.TextField("操作人姓名")
    agency = models.TextField("机构")
    terminal = models.TextField("终端", null=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    filter = models.JSONField("条件")
    reason = models.TextField("事由")
    at = models.DateTimeField("开始时间")
    ended_at = models.DateTimeField("结束时间", null=True)
    count = models.BigIntegerField("数量", null=True)
    whole = models.BooleanField("完整结束", null=True)

    class Meta:
        db_table = "registers_bulkwork"
        verbose_name = "批量操作"
        constraints = [said("bulkwork", "operator", "name", "reason")]
        indexes = [models.Index(fields=["at"], name="registers_bulkwork_at")]


class ChangeLogCheck(models.Model):
    """The business department's check of one month's log of changes (业务数据修改日志表) of a jurisdiction: ``rows``
    and ``digest`` say which log was looked at."""

    scope_region = "region"
    journal_keeps = "all"

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="辖区", related_name="+")
    month = models.CharField("月份", max_length=6)
    rows = models.IntegerField("行数")
    digest = models.TextField("日志摘要")
    agrees = models.BooleanField("无误")
    opinion = models.TextField("核对意见", blank=True)
    by = models.TextField("核对人")
    agency = models.TextField("机构")
    at = models.DateTimeField("核对时间")

    class Meta:
        db_table = "registers_changelogcheck"
        verbose_name = "修改日志核对"
        constraints = [
            models.CheckConstraint(condition=Q(agrees=True) | Q(opinion__regex=r"\S"), name="registers_check_opinion"),
            models.CheckConstraint(condition=Q(month__regex=r"^\d{4}(0[1-9]|1[0-2])$"), name="registers_check_month"),
        ]


class CleanUp(models.Model):
    """An agency looked for what is out of date or double in one half of a year; ``found`` candidates."""

    scope_region = "region"
    journal_keeps = "all"

    agency = models.TextField("机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    year = models.SmallIntegerField("年度")
    half = models.SmallIntegerField("半年", choices=[(1, "上半年"), (2, "下半年")])
    found = models.IntegerField("待清理数")
    by = models.TextField("清理人")
    at = models.DateTimeField("时间")

    class Meta:
        db_table = "registers_cleanup"
        verbose_name = "半年数据清理"
        constraints = [models.CheckConstraint(condition=Q(half__in=[1, 2]), name="registers_cleanup_half")]


class Candidate(models.Model):
    """A row that a clean-up found; ``approval``: the number by which it was deleted."""

    scope_region = "region"
    journal_keeps = "written"

    clean_up = models.ForeignKey(CleanUp, models.PROTECT, verbose_name="清理", related_name="candidates")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    table_name = models.TextField("表")
    key = models.TextField("记录")
    why = models.TextField("理由")
    approval = models.TextField("批准文号", null=True)
    deleted_at = models.DateTimeField("删除时间", null=True)

    class Meta:
        db_table = "registers_candidate"
        verbose_name = "待清理数据"
        constraints = [
            models.UniqueConstraint(fields=["clean_up", "table_name", "key"], name="registers_candidate_once")
        ]
