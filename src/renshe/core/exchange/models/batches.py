"""What went out and came in: batches, their records, and what came and was not taken.

Rule (S2-4 每一批批量信息数据的发送、接收; S3-7): every batch is registered with direction, partner, count, sums and
digest; of every record it is known whether it is prepared, sent, accepted, refused or applied.

Invariant (held by the database): a sequence is given once for an agreement, a direction and a kind; what was released
is not changed; records are not journalled, for they follow from packages and answers, which are kept by digest.
"""

from __future__ import annotations

from django.db import models

from renshe.core.exchange.models.partners import Agreement
from renshe.core.org.models import Region


class Stage(models.TextChoices):
    """Where a batch stands."""

    PREPARED = "prepared", "待发送检查"
    RETURNED = "returned", "退回补正"
    RELEASED = "released", "待发送"
    SENT = "sent", "已发送，待回执"
    HELD = "held", "已收到，等前一批"
    RECEIVED = "received", "已接收"
    REFUSED = "refused", "对方拒收"
    ANSWERED = "answered", "已全部答复"
    WITHDRAWN = "withdrawn", "撤回"


class Fate(models.TextChoices):
    """Where a record stands."""

    PREPARED = "prepared", "待发送"
    SENT = "sent", "已发送"
    ACCEPTED = "accepted", "已接受"
    REFUSED = "refused", "被退回"
    APPLIED = "applied", "已入库"


class Batch(models.Model):
    """One batch. ``direction``: out or in; ``sequence``: which of its agreement, direction and kind, once it is let go;
    ``content``: the rows as they travel, kept as a paper of that digest; ``package``: the package, so too; ``digest``:
    of its manifest; ``purpose``: for what a query asks; ``faults``: what the last check found; ``direct``: reported by
    a department itself; ``emergency``: the plan under which it went."""

    scope_region = "region"

    number = models.TextField("批次号", unique=True)
    agreement = models.ForeignKey(Agreement, models.PROTECT, verbose_name="协议", related_name="batches")
    agreement_number = models.TextField("协议编号")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    direction = models.CharField("方向", max_length=3)
    kind = models.CharField("种类", max_length=12)
    sequence = models.IntegerField("序号", null=True)
    about = models.ForeignKey("self", models.PROTECT, verbose_name="所答复的批次", null=True, related_name="answers")
    stage = models.CharField("状态", max_length=10, choices=Stage.choices)
    rows = models.IntegerField("记录数")
    sums = models.JSONField("合计", default=dict)
    content = models.TextField("内容摘要")
    package = models.TextField("数据包", null=True)
    digest = models.TextField("包说明摘要", null=True)
    purpose = models.TextField("查询事由", blank=True)
    faults = models.JSONField("检查结果", default=dict)
    reason = models.TextField("原因", blank=True)
    prepared_by = models.TextField("生成人", null=True)
    released_by = models.TextField("放行人", null=True)
    emergency = models.TextField("应急预案", null=True)
    direct = models.BooleanField("直报", default=False)
    made_at = models.DateTimeField("生成时间")
    released_at = models.DateTimeField("放行时间", null=True)
    sent_at = models.DateTimeField("发送时间", null=True)
    received_at = models.DateTimeField("回执时间", null=True)
    answered_at = models.DateTimeField("答复完成时间", null=True)
    answer_due = models.DateField("答复期限", null=True)
    tries = models.IntegerField("发送次数", default=0)
    try_at = models.DateTimeField("下次发送", null=True)

    @property
    def file_name(self) -> str:
        """How the file of its package is called, once it is let go."""
        return f"{self.agreement_number}-{self.kind}-{self.sequence or 0:06d}.rsp"

    class Meta:
        db_table = "exchange_batch"
        verbose_name = "交换批次"
        constraints = [
            models.UniqueConstraint(
                fields=["agreement_number", "direction", "kind", "sequence"], name="exchange_batch_once"
            ),
            models.CheckConstraint(condition=models.Q(direction__in=["out", "in"]), name="exchange_batch_direction"),
            models.CheckConstraint(
                condition=models.Q(sequence__gte=1)
                | models.Q(sequence=None, stage__in=[Stage.PREPARED, Stage.RETURNED, Stage.WITHDRAWN, Stage.REFUSED]),
                name="exchange_batch_sequence",
            ),
            models.CheckConstraint(
                condition=models.Q(released_by=None) | ~models.Q(released_by=models.F("prepared_by")),
                name="exchange_batch_two_people",
            ),
        ]
        indexes = [models.Index(fields=["stage", "try_at"], name="exchange_batch_waiting")]


class Record(models.Model):
    """One record of a batch, by its place in it, from 1; ``key`` as the terms identify it; ``subject``: the number that
    whom it is about has with us, where that is known; ``fate``: what became of it (null: it stands as its batch does,
    prepared or sent), ``said``: why it was refused."""

    scope_region = "batch__region"

    batch = models.ForeignKey(Batch, models.PROTECT, verbose_name="批次", related_name="records")
    place = models.IntegerField("行号")
    key = models.TextField("标识")
    subject = models.TextField("本方编号", null=True)
    fate = models.CharField("状态", max_length=8, choices=Fate.choices, null=True)
    said = models.TextField("原因", blank=True)

    class Meta:
        db_table = "exchange_record"
        verbose_name = "交换记录"
        constraints = [models.UniqueConstraint(fields=["batch", "place"], name="exchange_record_place")]
        indexes = [
            models.Index(fields=["batch", "fate"], name="exchange_record_fate"),
            models.Index(fields=["subject"], name="exchange_record_subject", condition=models.Q(subject__isnull=False)),
        ]


class Passage(models.Model):
    """One package that came or went, taken or not: what the log of the gate holds. ``region``: of whose side it came
    to, where that could be told, else of who brought it; ``by``: who of ours registered it, or took it out, by hand;
    ``receipt``: what is handed back to who brought it so."""

    scope_region = "region"
    journal_keeps = "all"

    at = models.DateTimeField("时间")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", null=True, related_name="+")
    direction = models.CharField("方向", max_length=3)
    channel = models.TextField("通道")
    partner = models.TextField("对方", blank=True)
    agreement = models.TextField("协议", blank=True)
    kind = models.TextField("种类", blank=True)
    sequence = models.IntegerField("序号", null=True)
    digest = models.TextField("摘要")
    outcome = models.TextField("结果")
    reason = models.TextField("原因", blank=True)
    by = models.TextField("登记人", null=True)
    receipt = models.BinaryField("回执", null=True)

    class Meta:
        db_table = "exchange_passage"
        verbose_name = "交换日志"
        indexes = [models.Index(fields=["at"], name="exchange_passage_at")]
