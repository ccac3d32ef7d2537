"""Posts and the people who hold them.

Rule (不相容岗位相互分离; 信息中心管理数据,不得录入和审批业务): posts belong to groups, groups that must not combine are
rows, and so is what each group may be granted at all.

Invariant: nobody holds at one time two posts of groups that must not combine; the database refuses it (migration 0002).
"""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from renshe.core.org.kinds import AgencyKind
from renshe.core.org.models.places import Agency, Department

_DAY_BEFORE = F("valid_from") - dt.timedelta(days=1)


class PostGroup(models.Model):
    """Posts of one nature. ``kinds``: what its posts may be granted; ``second_factor``: its holders sign in with a code
    from their telephone besides."""

    code = models.CharField("代码", max_length=20, primary_key=True)
    name = models.TextField("名称")
    kinds = ArrayField(models.CharField(max_length=10), verbose_name="可授权的操作类别")
    second_factor = models.BooleanField("须双因素登录")

    class Meta:
        db_table = "org_postgroup"
        verbose_name = "岗位类别"


class PostConflict(models.Model):
    """Two groups that must not combine, and why."""

    journal_keeps = "all"

    one = models.ForeignKey(PostGroup, models.PROTECT, verbose_name="岗位组", related_name="+")
    other = models.ForeignKey(PostGroup, models.PROTECT, verbose_name="不相容岗位组", related_name="+")
    ground = models.TextField("依据")

    class Meta:
        db_table = "org_postconflict"
        verbose_name = "不相容岗位"
        constraints = [
            # Written once, the lesser code first (migration 0002, where the order does not depend on the server).
            models.UniqueConstraint(fields=["one", "other"], name="org_postconflict_once"),
        ]


class Post(models.Model):
    """A post: of one agency, or of every agency of one kind, or of all; of a department kind where one is named."""

    code = models.CharField("岗位代码", max_length=40, unique=True)
    name = models.TextField("名称")
    group = models.ForeignKey(PostGroup, models.PROTECT, verbose_name="岗位组")
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构", null=True)
    agency_kind = models.CharField("机构类别", max_length=20, choices=AgencyKind.choices, null=True)
    department_kind = models.CharField("科室类别", max_length=20, null=True)

    class Meta:
        db_table = "org_post"
        verbose_name = "岗位"
        constraints = [
            models.CheckConstraint(condition=Q(agency=None) | Q(agency_kind=None), name="org_post_agency_or_kind"),
        ]


class Operator(models.Model):
    """Somebody who works with the system; ``number`` is the sign-in name. What opens the door is in ``Credential``.

    ``home_agency``: where somebody lent out comes from; ``kind``: temporary staff (公益岗) leave on a day that is
    known; ``identity``: stands for the person, of whom there is one account at a time.
    """

    scope_region = "agency__region"

    class Kind(models.TextChoices):
        """How somebody is employed."""

        REGULAR = "regular", "正式人员"
        TEMPORARY = "temporary", "公益岗等临时人员"

    number = models.CharField("工号", max_length=40, unique=True)
    name = models.TextField("姓名")
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构", related_name="operators")
    department = models.ForeignKey(Department, models.PROTECT, verbose_name="科室", null=True)
    home_agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="派出机构", null=True, related_name="lent")
    kind = models.CharField("人员类别", max_length=10, choices=Kind.choices, default=Kind.REGULAR)
    valid_from = models.DateField("启用日期")
    valid_until = models.DateField("停用日期", null=True)
    locked_until = models.DateTimeField("锁定至", null=True)
    identity = models.CharField("身份摘要", max_length=64, null=True, editable=False)
    credential_changed_at = models.DateTimeField("登录凭据变更时间", null=True)

    class Meta:
        db_table = "org_operator"
        verbose_name = "人员"
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="temporary") | Q(valid_until__isnull=False), name="org_operator_temporary_ends"
            ),
            models.CheckConstraint(condition=Q(kind__in=["regular", "temporary"]), name="org_operator_kind"),
            # Who was ended on his first day, or what was before its own, has the day before as its last.
            models.CheckConstraint(condition=Q(valid_until__gte=_DAY_BEFORE), name="org_operator_validity"),
            models.UniqueConstraint(
                fields=["identity"], condition=Q(valid_until=None), name="org_operator_one_account_each"
            ),
        ]


class Holding(models.Model):
    """An operator holds a post, the first and the last day included."""

    scope_region = "operator__agency__region"

    operator = models.ForeignKey(Operator, models.PROTECT, verbose_name="操作人")
    post = models.ForeignKey(Post, models.PROTECT, verbose_name="岗位")
    valid_from = models.DateField("任职日期")
    valid_until = models.DateField("离任日期", null=True)

    class Meta:
        db_table = "org_holding"
        verbose_name = "任职"
        constraints = [
            models.CheckConstraint(condition=Q(valid_until__gte=_DAY_BEFORE), name="org_holding_validity"),
        ]
