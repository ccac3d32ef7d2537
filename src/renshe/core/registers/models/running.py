"""How the system runs from day to day: who answers for it, the daily log, faults, checks, capacity.

Rule (002 六 (一), 七 (一)): named people look after the network and the database; the network's log is written every
day with six items, the database is checked at set times, a fault is cleared in time.

Invariant: a day's log has all six items; a fault without a resolution is open.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from renshe.core.org.models import Agency, Operator, Region
from renshe.core.registers.models.said import said


class Duty(models.Model):
    """Who answers at an agency for the network, or for the database, which is checked every so many days."""

    scope_region = "agency__region"

    class Kind(models.TextChoices):
        """What is looked after."""

        NETWORK = "network", "网络维护"
        DATABASE = "database", "数据库管理"

    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构")
    kind = models.CharField("职责", max_length=10, choices=Kind.choices)
    operator = models.ForeignKey(Operator, models.PROTECT, verbose_name="责任人")
    every_days = models.SmallIntegerField("检查间隔（天）", default=1)
    valid_from = models.DateField("起始日期")
    valid_until = models.DateField("终止日期", null=True)

    class Meta:
        db_table = "registers_duty"
        verbose_name = "责任人"
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="registers_duty_validity"),
            models.CheckConstraint(condition=Q(every_days__range=(1, 31)), name="registers_duty_every"),
        ]


class RunningLog(models.Model):
    """One day's log (网络运行日志); whoever enters it signs it."""

    scope_region = "region"
    journal_keeps = "all"

    agency = models.TextField("机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    day = models.DateField("运行日期")
    ports = models.TextField("各个端口运行状况")
    servers = models.TextField("服务器")
    communications = models.TextField("通信设备")
    faults = models.TextField("故障处理排除情况")
    signed = models.TextField("责任人员签名")
    operator = models.TextField("责任人工号")
    at = models.DateTimeField("填写时间")

    class Meta:
        db_table = "registers_runninglog"
        verbose_name = "网络运行日志"
        constraints = [said("runninglog", "ports", "servers", "communications", "faults", "signed")]
        indexes = [models.Index(fields=["agency", "day"], name="registers_runninglog_day")]


class Fault(models.Model):
    """A fault of network, server or database, open until its ``resolution`` is entered."""

    scope_region = "region"
    journal_keeps = "written"

    agency = models.TextField("机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    what = models.TextField("故障")
    found_at = models.DateTimeField("发现时间")
    found_by = models.TextField("发现人")
    resolution = models.TextField("排除情况", null=True)
    resolved_at = models.DateTimeField("排除时间", null=True)
    resolved_by = models.TextField("排除人", null=True)

    class Meta:
        db_table = "registers_fault"
        verbose_name = "故障"
        constraints = [
            said("fault", "what"),
            models.CheckConstraint(
                condition=Q(resolution=None, resolved_at=None, resolved_by=None)
                | Q(resolution__regex=r"\S", resolved_at__gte=F("found_at"), resolved_by__isnull=False),
                name="registers_fault_resolution",
            ),
        ]


class DatabaseCheck(models.Model):
    """What the named administrator found when the database was checked."""

    scope_region = "region"
    journal_keeps = "all"

    agency = models.TextField("机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    day = models.DateField("检查日期")
    good = models.BooleanField("正常")
    result = models.TextField("检查情况")
    operator = models.TextField("数据库管理人员")
    at = models.DateTimeField("填写时间")

    class Meta:
        db_table = "registers_databasecheck"
        verbose_name = "数据库检查"
        constraints = [said("databasecheck", "result")]
        indexes = [models.Index(fields=["agency", "day"], name="registers_databasecheck_day")]


class CapacitySample(models.Model):
    """How much of a machine was in use, in per cent; null where it could not be read."""

    scope_region = "region"

    agency = models.TextField("机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    at = models.DateTimeField("时间")
    cpu = models.FloatField("处理器", null=True)
    storage = models.FloatField("存储", null=True)
    connections = models.FloatField("连接", null=True)

    class Meta:
        db_table = "registers_capacitysample"
        verbose_name = "容量记录"
        indexes = [models.Index(fields=["agency", "at"], name="registers_capacity_at")]


class Heartbeat(models.Model):
    """A ``service`` (web, worker) was alive in this minute."""

    service = models.CharField("服务", max_length=20)
    minute = models.DateTimeField("分钟")

    class Meta:
        db_table = "registers_heartbeat"
        verbose_name = "服务存活"
        constraints = [models.UniqueConstraint(fields=["service", "minute"], name="registers_heartbeat_once")]
