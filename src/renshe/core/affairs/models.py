"""What the affairs of an agency leave behind. Each row is the effect of one case, whose number it carries.

Invariant (held by the database): points are 1 to 5; a deduction is answered once.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from renshe.core.org.models import Agency, Region


def _case() -> models.TextField[str, str]:
    return models.TextField("业务编号", unique=True)


class Ruling(models.Model):
    """How a dispute was decided."""

    scope_region = "region"
    journal_unit = "unit"

    case_no = _case()
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    unit = models.TextField("单位", null=True)
    question = models.TextField("争议事项")
    decision = models.TextField("处理意见")
    decided_at = models.DateTimeField("决定时间", auto_now_add=True)

    class Meta:
        db_table = "affairs_ruling"
        verbose_name = "争议裁定"


class Meeting(models.Model):
    """A meeting whose record is a ground for what was decided in it."""

    scope_region = "region"

    case_no = _case()
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    held_on = models.DateField("会议日期")
    title = models.TextField("议题")
    participants = models.TextField("参加人员")
    decision = models.TextField("议定事项")

    class Meta:
        db_table = "affairs_meeting"
        verbose_name = "会议"


class Method(models.Model):
    """A way of handling data that the planning department approved. ``meeting``: the number of the record it rests on;
    ``withdrawn_at``: from when it may not be used any more."""

    scope_region = "region"

    case_no = _case()
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    name = models.TextField("整理办法")
    text = models.TextField("具体办法")
    meeting = models.TextField("会议记录", null=True)
    approved_at = models.DateTimeField("审定时间", auto_now_add=True)
    withdrawn_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        db_table = "affairs_method"
        verbose_name = "处理方法"
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"], condition=models.Q(withdrawn_at=None), name="affairs_method_once"
            )
        ]


class Deduction(models.Model):
    """Points taken from an agency for a breach of the data rules; ``entries``: the entries of the journal concerned."""

    scope_region = "agency__region"

    case_no = _case()
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构", related_name="deductions")
    year = models.IntegerField("年度")
    points = models.SmallIntegerField("扣分")
    facts = models.TextField("违规事实")
    entries = ArrayField(models.BigIntegerField(), verbose_name="日志编号", default=list)

    class Meta:
        db_table = "affairs_deduction"
        verbose_name = "扣分"
        constraints = [
            models.CheckConstraint(condition=models.Q(points__range=(1, 5)), name="affairs_deduction_points"),
        ]


class Responsibility(models.Model):
    """What the agency from which points were taken decided of the people responsible."""

    scope_region = "deduction__agency__region"

    case_no = _case()
    deduction = models.OneToOneField(Deduction, models.PROTECT, verbose_name="扣分", related_name="responsibility")
    decision = models.TextField("责任追究决定")

    class Meta:
        db_table = "affairs_responsibility"
        verbose_name = "责任认定"


class Leak(models.Model):
    """Data that came into wrong hands: ``classes`` of protection (A file, B account, C benefit), how many ``persons``,
    and to which authority it was handed over, if it was."""

    scope_region = "region"

    case_no = _case()
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    found_on = models.DateField("发现日期")
    classes = ArrayField(models.TextField(), verbose_name="数据类别")
    persons = models.IntegerField("涉及人数")
    facts = models.TextField("事件经过")
    handed_to = models.TextField("移送机关", null=True)
    handed_on = models.DateField("移送日期", null=True)

    class Meta:
        db_table = "affairs_leak"
        verbose_name = "数据泄露"
        constraints = [
            models.CheckConstraint(condition=models.Q(persons__gte=0), name="affairs_leak_persons"),
            models.CheckConstraint(
                condition=models.Q(handed_to__isnull=True, handed_on__isnull=True)
                | models.Q(handed_to__isnull=False, handed_on__isnull=False),
                name="affairs_leak_handing_over",
            ),
        ]
