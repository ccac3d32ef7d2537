"""Kinds of agencies, told without a database."""

from __future__ import annotations

from django.db import models


class AgencyKind(models.TextChoices):
    """What an agency handles. The first seven are those from which teams are drawn (S0-16)."""

    MEDICAL = "medical", "医疗保险经办机构"
    INJURY = "injury", "工伤保险经办机构"
    MATERNITY = "maternity", "生育保险经办机构"
    PUBLIC = "public", "社会保险公共业务机构"
    UNEMPLOYMENT = "unemployment", "失业保险经办机构"
    EMPLOYMENT = "employment", "劳动就业机构"
    PENSION = "pension", "养老保险经办机构"
    BUREAU = "bureau", "人力资源和社会保障局"
    INFORMATION = "information", "信息中心"
    TALENT = "talent", "人才服务机构"
    LABOUR = "labour", "劳动监察与仲裁机构"
    STATION = "station", "基层服务站所"
