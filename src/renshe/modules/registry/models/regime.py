"""Requests to change closed data, on their way through the regime of source 002.

Invariant: a row says who did each of the steps; what was asked for is fixed when the heads of the upper agency agreed.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from renshe.modules.registry.models.people import Person


class Modification(models.Model):
    """One request: ``case_no`` the case that asks, ``digest`` of the form upon which somebody was ``designated``.
    ``changes``: field, old and new value of each. ``from_entry``: the last entry of the journal before it was unsealed;
    ``check_no``: the case in which the journal is held against the request."""

    scope_region = "person__region"
    journal_person = "person_no"

    case_no = models.TextField("申请业务编号", unique=True)
    digest = models.TextField("表单摘要")
    person = models.ForeignKey(
        Person, models.PROTECT, verbose_name="人员", db_column="person_no", related_name="modifications"
    )
    changes = models.JSONField("申请修改的项目", default=list)
    designated = models.TextField("指定修改人")
    designated_by = models.TextField("指定人")
    approved_at = models.DateTimeField("批准时间", null=True)
    unsealed_by = models.TextField("解封人", null=True)
    unsealed_at = models.DateTimeField("解封时间", null=True)
    expires_at = models.DateTimeField("解封有效期至", null=True)
    from_entry = models.BigIntegerField("解封前最后一条日志", null=True)
    entered_at = models.DateTimeField("修改时间", null=True)
    check_no = models.TextField("核对业务编号", null=True)
    closed_at = models.DateTimeField("核对封存时间", null=True)

    class Meta:
        db_table = "registry_modification"
        verbose_name = "业务数据修改申请"
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(closed_at=None, approved_at__isnull=False),
                name="registry_modification_one_at_a_time",
            )
        ]
