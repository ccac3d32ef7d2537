"""What others hold of whom we hold, and where it differs.

Rule (S1-32 核对确认: the values held by others stand beside ours; 政务数据共享条例: who finds a value of another wrong
asks him to correct it): what was returned stays as it was returned; a difference is looked at by somebody, who asks for
a change here or there, or says why both may stand.

Invariant: nothing here changes what we hold; one difference is open for a subject, a column and a value.
"""

from __future__ import annotations

from django.db import models

from renshe.core.exchange.models.batches import Batch


class Returned(models.Model):
    """What was returned of one record of a query of ours: ``values`` by our names, in our spelling and codes."""

    scope_region = "batch__region"

    batch = models.ForeignKey(Batch, models.PROTECT, verbose_name="批次", related_name="returned")
    place = models.IntegerField("行号")
    subject = models.TextField("本方编号", null=True)
    values = models.JSONField("返回信息")

    class Meta:
        db_table = "exchange_returned"
        verbose_name = "返回信息"
        constraints = [models.UniqueConstraint(fields=["batch", "place"], name="exchange_returned_place")]
        indexes = [models.Index(fields=["subject"], name="exchange_returned_subject")]


class Difference(models.Model):
    """One value that another holds otherwise than we. ``case_no``: by which business ours is to change, ``correction``:
    the batch by which the other is asked to; ``told``: what was said of it, by us or by the other."""

    scope_region = "batch__region"

    class State(models.TextChoices):
        """What is done about it."""

        OPEN = "open", "待核实"
        CHANGING = "changing", "办理我方变更"
        DOUBTED = "doubted", "请对方更正"
        SETTLED = "settled", "已核实"

    batch = models.ForeignKey(Batch, models.PROTECT, verbose_name="批次", related_name="differences")
    place = models.IntegerField("行号")
    subject = models.TextField("本方编号")
    column = models.TextField("项目代码")
    label = models.TextField("项目")
    ours = models.TextField("我方信息", null=True)
    theirs = models.TextField("对方信息")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OPEN)
    told = models.TextField("说明", blank=True)
    case_no = models.TextField("业务编号", null=True)
    correction = models.ForeignKey(Batch, models.PROTECT, verbose_name="更正请求", null=True, related_name="doubts")
    correction_place = models.IntegerField("更正请求行号", null=True)
    found_at = models.DateTimeField("发现时间")
    decided_by = models.TextField("核实人", null=True)
    decided_at = models.DateTimeField("核实时间", null=True)

    class Meta:
        db_table = "exchange_difference"
        verbose_name = "比对差异"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "column", "theirs"],
                condition=~models.Q(state="settled"),
                name="exchange_difference_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state="open") | models.Q(decided_by__isnull=False), name="exchange_difference_by"
            ),
        ]
