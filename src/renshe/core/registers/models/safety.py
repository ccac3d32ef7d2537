"""What there is for the bad day: backups that were proved, plans that were tried.

Rule (002 七 (二); S0-45..S0-49): a backup every one to five days, none lost or incomplete; plans with an owner, drilled
in their period, one of them for the loss of everything.

Invariant: a backup is good when a restore of it was verified, not when it was made; its row is never changed.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from renshe.core.org.models import Agency, Operator, Region
from renshe.core.registers.models.said import said


class BackupInterval(models.Model):
    """How many days may pass between backups of a data set, where an agency wants it shorter than its risk asks."""

    scope_region = "agency__region"

    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构")
    data_set = models.TextField("数据集")
    days = models.SmallIntegerField("间隔（天）")

    class Meta:
        db_table = "registers_backupinterval"
        verbose_name = "备份周期"
        constraints = [
            models.UniqueConstraint(fields=["agency", "data_set"], name="registers_interval_once"),
            models.CheckConstraint(condition=Q(days__range=(1, 5)), name="registers_interval_days"),
        ]


class Backup(models.Model):
    """A backup that was made. ``last_block``: the last sealed block of the journal in it; ``covers_from``: since when
    it has data (null: from the beginning)."""

    scope_region = "region"
    journal_keeps = "all"

    agency = models.TextField("机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    data_set = models.TextField("数据集")
    at = models.DateTimeField("备份时间")
    size = models.BigIntegerField("大小（字节）")
    sha256 = models.CharField("校验值", max_length=64)
    place = models.TextField("存放位置")
    last_block = models.BigIntegerField("最后封条", null=True)
    covers_from = models.DateField("数据起始日期", null=True)
    by = models.TextField("备份人")

    class Meta:
        db_table = "registers_backup"
        verbose_name = "备份"
        constraints = [
            said("backup", "place"),
            models.CheckConstraint(
                condition=Q(size__gt=0, sha256__regex=r"^[0-9a-f]{64}$"), name="registers_backup_file"
            ),
        ]
        indexes = [models.Index(fields=["agency", "data_set", "at"], name="registers_backup_at")]


class BackupProof(models.Model):
    """A backup was restored, wholly or a sample of it, and looked at."""

    scope_region = "backup__region"
    journal_keeps = "all"

    backup = models.ForeignKey(Backup, models.PROTECT, verbose_name="备份", related_name="proofs")
    good = models.BooleanField("可用")
    how = models.TextField("验证方式和结果")
    rows = models.BigIntegerField("恢复行数")
    by = models.TextField("验证人")
    at = models.DateTimeField("验证时间")

    class Meta:
        db_table = "registers_backupproof"
        verbose_name = "备份验证"
        constraints = [said("backupproof", "how")]


class Plan(models.Model):
    """What to do when something happens (应急预案). ``total_loss``: for the loss of the whole main database."""

    scope_region = "agency__region"
    journal_keeps = "written"

    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构")
    name = models.TextField("预案")
    total_loss = models.BooleanField("主数据库全部丢失")
    owner = models.ForeignKey(Operator, models.PROTECT, verbose_name="负责人")
    trigger = models.TextField("启动条件")
    steps = ArrayField(models.TextField(), verbose_name="步骤")
    period_days = models.SmallIntegerField("演练周期（天）")
    valid_from = models.DateField("起始日期")
    valid_until = models.DateField("终止日期", null=True)

    class Meta:
        db_table = "registers_plan"
        verbose_name = "应急预案"
        constraints = [
            said("plan", "name", "trigger"),
            models.CheckConstraint(condition=Q(steps__len__gt=0, period_days__gt=0), name="registers_plan_steps"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="registers_plan_validity"),
        ]


class Drill(models.Model):
    """A plan was tried: how many minutes it may take, how many it took, on which machine, and whether it worked."""

    scope_region = "plan__agency__region"
    journal_keeps = "all"

    plan = models.ForeignKey(Plan, models.PROTECT, verbose_name="预案", related_name="drills")
    day = models.DateField("演练日期")
    machine = models.TextField("演练机器")
    stated_minutes = models.IntegerField("规定用时（分钟）")
    took_minutes = models.IntegerField("实际用时（分钟）")
    good = models.BooleanField("成功")
    report = models.TextField("演练情况")
    by = models.TextField("记录人")
    at = models.DateTimeField("记录时间")

    class Meta:
        db_table = "registers_drill"
        verbose_name = "应急演练"
        constraints = [
            said("drill", "machine", "report"),
            # What took longer than it may has not worked.
            models.CheckConstraint(
                condition=Q(good=False) | Q(took_minutes__lte=F("stated_minutes")), name="registers_drill_in_time"
            ),
        ]
