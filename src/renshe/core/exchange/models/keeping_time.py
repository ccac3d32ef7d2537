"""When something was due and did not come, and who acts in an emergency.

Rule (S3-31 定期数据同步: a missed run alarms; S2-55 启动应急预案时…及时发送、接收): a day on which an agreement was due
and nothing went or came is written down until something does; in an emergency one designated person does what else
takes the network and two posts.

Invariant: a day is missed once; an emergency has one person, a plan, a beginning and an end.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from renshe.core.exchange.models.partners import Agreement
from renshe.core.org.models import Region


class Missed(models.Model):
    """One day on which something was ``due_on`` by an agreement and had not gone, or come; ``done_on``: when it had."""

    scope_region = "agreement__own__region"

    agreement = models.ForeignKey(Agreement, models.PROTECT, verbose_name="协议", related_name="missed")
    number = models.TextField("协议编号")
    due_on = models.DateField("应交换日期")
    done_on = models.DateField("补做日期", null=True)

    class Meta:
        db_table = "exchange_missed"
        verbose_name = "未按期交换"
        constraints = [models.UniqueConstraint(fields=["number", "due_on"], name="exchange_missed_once")]


class Emergency(models.Model):
    """A time in which a plan is in force, and the ``person`` (an operator) whom it designates."""

    scope_region = "region"

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    plan = models.TextField("应急预案")
    person = models.TextField("指定人员")
    case_no = models.TextField("业务编号")
    since = models.DateTimeField("开始时间")
    until = models.DateTimeField("结束时间")

    class Meta:
        db_table = "exchange_emergency"
        verbose_name = "应急交换"
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("since")), name="exchange_emergency_time")]
