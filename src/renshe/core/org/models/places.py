"""Regions, agencies and their departments.

Rule (服务延伸到区县、街道和乡镇、社区和行政村): five levels of regions, agencies at each of them, departments with the
duties that the plan gives them.

Invariant: a region's path begins with the path of the region that answers for it today: of its parent, or, once it is
abolished, of its successor. So whoever sees a region sees what was merged into it.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from renshe.core.org.kinds import AgencyKind


class Level(models.IntegerChoices):
    """The levels of the region tree."""

    PROVINCE = 1, "省"
    CITY = 2, "市"
    COUNTY = 3, "县（市、区）"
    TOWNSHIP = 4, "乡镇（街道）"
    VILLAGE = 5, "村（社区）"


class Region(models.Model):
    """A place of the region tree; ``code`` has up to 12 digits (GB/T 2260, GB/T 10114)."""

    scope_region = "pk"

    code = models.CharField("代码", max_length=12, primary_key=True)
    name = models.TextField("名称")
    level = models.SmallIntegerField("级别", choices=Level.choices)
    parent = models.ForeignKey("self", models.PROTECT, verbose_name="上级", null=True, related_name="children")
    path = models.TextField("路径", unique=True)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("撤销日期", null=True)
    successor = models.ForeignKey("self", models.PROTECT, verbose_name="并入", null=True, related_name="predecessors")

    class Meta:
        db_table = "org_region"
        verbose_name = "行政区划"
        constraints = [
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="org_region_level"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="org_region_validity"),
        ]


class Agency(models.Model):
    """An agency, known by its ``number``; it answers for its region and what is below."""

    scope_region = "region"

    number = models.CharField("机构编号", max_length=20, unique=True)
    name = models.TextField("名称")
    kind = models.CharField("类别", max_length=20, choices=AgencyKind.choices)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="行政区划")
    parent = models.ForeignKey("self", models.PROTECT, verbose_name="上级机构", null=True, related_name="children")

    class Meta:
        db_table = "org_agency"
        verbose_name = "机构"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AgencyKind.values), name="org_agency_kind"),
        ]


class Department(models.Model):
    """A department of an agency. ``kind`` is the same word in every agency; the six of the plan stand in
    ``data/departments.yaml``."""

    scope_region = "agency__region"

    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构")
    kind = models.CharField("类别", max_length=20)
    name = models.TextField("名称")
    duties = ArrayField(models.TextField(), verbose_name="职责", default=list)

    class Meta:
        db_table = "org_department"
        verbose_name = "部门"
        constraints = [models.UniqueConstraint(fields=["agency", "kind"], name="org_department_once")]
