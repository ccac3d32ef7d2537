"""What posts may do where, who agreed to it, and what departments own and share.

Rule (申请、审核、批准、开通): a right is asked for, examined, approved and opened by four different people; it ends
on a day that is known.

Invariant: a grant has a request with four stamps of four people; the database refuses any other (migration 0002) but
those with which a bureau begins.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from renshe.core.org.models.places import Agency, Region
from renshe.core.org.models.staff import Operator, Post


def _by(step: str) -> models.ForeignKey[Operator | None, Operator | None]:
    return models.ForeignKey(Operator, models.PROTECT, verbose_name=step, null=True, related_name="+")


def _validity(table: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name=f"{table}_validity")


def _may_never_hold(table: str) -> models.CheckConstraint:
    """What was ended before its first day, or on it at once, has the day before as its last."""
    before = F("valid_from") - dt.timedelta(days=1)
    return models.CheckConstraint(condition=Q(valid_until__gte=before), name=f"{table}_validity")


class GrantRequest(models.Model):
    """A right that was asked for; a stamp for each step. ``grants``: what became of it, once opened."""

    scope_region = "region"

    post = models.ForeignKey(Post, models.PROTECT, verbose_name="岗位")
    operation = models.CharField("操作", max_length=60)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期")
    fields = ArrayField(models.TextField(), verbose_name="数据项", null=True)
    purpose = models.TextField("用途")
    applied_by = models.ForeignKey(Operator, models.PROTECT, verbose_name="申请人", related_name="+")
    applied_at = models.DateTimeField("申请时间")
    reviewed_by, reviewed_at = _by("审核人"), models.DateTimeField("审核时间", null=True)
    approved_by, approved_at = _by("批准人"), models.DateTimeField("批准时间", null=True)
    opened_by, opened_at = _by("开通人"), models.DateTimeField("开通时间", null=True)
    refused_by, refused_at = _by("不同意人"), models.DateTimeField("不同意时间", null=True)
    refusal = models.TextField("不同意理由", null=True)

    class Meta:
        db_table = "org_grantrequest"
        verbose_name = "授权申请"
        constraints = [
            _validity("org_grantrequest"),
            models.CheckConstraint(
                # Whoever has not stamped yet is null, and null is nobody's equal.
                condition=~Q(reviewed_by=F("applied_by"))
                & ~Q(approved_by=F("applied_by"))
                & ~Q(approved_by=F("reviewed_by"))
                & ~Q(opened_by=F("applied_by"))
                & ~Q(opened_by=F("reviewed_by"))
                & ~Q(opened_by=F("approved_by")),
                name="org_grantrequest_four_people",
            ),
            models.CheckConstraint(
                condition=(Q(approved_by=None) | Q(reviewed_by__isnull=False))
                & (Q(opened_by=None) | Q(approved_by__isnull=False))
                & (Q(opened_by=None) | Q(refused_by=None)),
                name="org_grantrequest_steps_in_order",
            ),
        ]


class Grant(models.Model):
    """Whoever holds ``post`` may do ``operation`` in the subtree of ``region``. ``kind``: that of the operation."""

    scope_region = "region"

    post = models.ForeignKey(Post, models.PROTECT, verbose_name="岗位")
    operation = models.CharField("操作", max_length=60)
    kind = models.CharField("操作类别", max_length=10)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期")
    fields = ArrayField(models.TextField(), verbose_name="数据项", null=True)
    purpose = models.TextField("用途", null=True)
    request = models.OneToOneField(GrantRequest, models.PROTECT, verbose_name="申请", null=True, related_name="grant")

    class Meta:
        db_table = "org_grant"
        verbose_name = "权限"
        constraints = [_may_never_hold("org_grant")]
        indexes = [models.Index(fields=["operation", "post"], name="org_grant_operation")]


class CrossRegion(models.Model):
    """Leave for an agency to do ``operation`` for the people of another ``region`` (异地业务经办), which sees it."""

    scope_region = ("region", "agency__region")

    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="经办机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="归属区域")
    operation = models.CharField("操作", max_length=60)
    ground = models.TextField("依据")
    permitted_by = models.ForeignKey(Operator, models.PROTECT, verbose_name="许可人")
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期")

    class Meta:
        db_table = "org_crossregion"
        verbose_name = "异地经办许可"
        constraints = [_may_never_hold("org_crossregion")]
        indexes = [models.Index(fields=["agency", "operation"], name="org_crossregion_agency")]


class ModuleSwitch(models.Model):
    """A business line goes on or off in a region and what is below, from a day on."""

    scope_region = "region"

    module = models.CharField("业务模块", max_length=40)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    valid_from = models.DateField("起始日期")
    on = models.BooleanField("启用")

    class Meta:
        db_table = "org_moduleswitch"
        verbose_name = "业务模块启停"
        constraints = [models.UniqueConstraint(fields=["module", "region", "valid_from"], name="org_moduleswitch_once")]


class AttributeGroup(models.Model):
    """Fields that one kind of department keeps, and no other writes (人才、人力资源、社会保险属性)."""

    code = models.CharField("代码", max_length=40, unique=True)
    name = models.TextField("名称")
    department_kind = models.CharField("归口科室类别", max_length=20)

    class Meta:
        db_table = "org_attributegroup"
        verbose_name = "属性组"


class AttributeField(models.Model):
    """A field belongs to one group at most."""

    group = models.ForeignKey(AttributeGroup, models.PROTECT, verbose_name="属性组")
    table = models.CharField("表", max_length=60)
    field = models.CharField("数据项", max_length=60)

    class Meta:
        db_table = "org_attributefield"
        verbose_name = "属性归口"
        constraints = [models.UniqueConstraint(fields=["table", "field"], name="org_attributefield_one_owner")]


class Sharing(models.Model):
    """Fields of a group that another kind of department may read in a region: for a purpose, until a day."""

    scope_region = "region"

    group = models.ForeignKey(AttributeGroup, models.PROTECT, verbose_name="属性组")
    department_kind = models.CharField("共享科室类别", max_length=20)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    fields = ArrayField(models.TextField(), verbose_name="数据项")
    purpose = models.TextField("用途")
    granted_by = models.ForeignKey(Operator, models.PROTECT, verbose_name="批准人")
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期")

    class Meta:
        db_table = "org_sharing"
        verbose_name = "属性共享"
        constraints = [
            _validity("org_sharing"),
            models.CheckConstraint(
                condition=Q(fields__len__gt=0) & ~Q(purpose=""), name="org_sharing_fields_and_purpose"
            ),
        ]


class Disclosure(models.Model):
    """Somebody looked at what is masked: whose, which fields, why. The journal has when."""

    scope_region = "region"
    journal_keeps = "all"

    operator = models.ForeignKey(Operator, models.PROTECT, verbose_name="操作人")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    table = models.CharField("表", max_length=60)
    key = models.TextField("记录")
    fields = ArrayField(models.TextField(), verbose_name="数据项")
    reason = models.TextField("事由")
    at = models.DateTimeField("时间")

    class Meta:
        db_table = "org_disclosure"
        verbose_name = "查看未脱敏数据"
