"""What is kept of papers: attachments, documents as they were issued, archive volumes.

Rule (S1-66): papers on which a change rests are kept while it stands. S2-15, S2-36, S2-47: what is filed is filed for
good. A matter is known by its number: this room does not know cases.

Invariant (held by the database, migration 0002): what a row says of a paper never changes; an attachment that is held
or filed stays, whoever asks; a document that was issued stays, voided or not; a closed volume is closed.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from renshe.core.org.models import Region


def _a_digest(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name=name)


class Counter(models.Model):
    """The last number that was given, by prefix, region and year."""

    key = models.TextField(primary_key=True)
    last = models.BigIntegerField()

    class Meta:
        db_table = "filing_counter"
        verbose_name = "编号"


class Attachment(models.Model):
    """One file that was handed in for a ``matter``, as one ``kind`` of paper. ``held``: a change rests on it;
    ``scanned``: a virus scanner looked at it."""

    scope_region = "region"
    journal_person = "person"

    class State(models.TextChoices):
        """Whether it is part of its matter."""

        ATTACHED = "attached", "已附"
        REMOVED = "removed", "已移除"

    matter = models.TextField("业务编号", db_index=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    kind = models.TextField("材料种类")
    name = models.TextField("文件名")
    digest = models.CharField("摘要", max_length=64, db_index=True)
    size = models.BigIntegerField("大小")
    media_type = models.TextField("文件种类")
    pages = models.IntegerField("页数", null=True)
    person = models.TextField("人员", null=True, db_index=True)
    scanned = models.BooleanField("已查毒")
    state = models.TextField("状态", choices=State, default=State.ATTACHED)
    held = models.BooleanField("留存", default=False)
    added_by = models.TextField("上传人")
    added_at = models.DateTimeField("上传时间", auto_now_add=True)
    removed_by = models.TextField("移除人", null=True)
    removed_at = models.DateTimeField("移除时间", null=True)
    removal = models.TextField("移除理由", null=True)
    released = models.TextField("解除留存依据", null=True)

    class Meta:
        db_table = "filing_attachment"
        verbose_name = "材料"
        constraints = [
            _a_digest("filing_attachment_digest"),
            models.CheckConstraint(condition=Q(held=False) | Q(state="attached"), name="filing_attachment_held_stays"),
        ]

    @property
    def told(self) -> str:
        """How a user knows it."""
        return self.name


class Document(models.Model):
    """One document as it was issued: ``data`` are what it was made of, ``template`` the digest of what it was made
    with, ``code`` what its pages carry; ``digest`` is that of the PDF."""

    scope_region = "region"
    journal_person = "person"

    number = models.TextField("文书编号", unique=True)
    name = models.TextField("文书")
    label = models.TextField("名称")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    agency = models.TextField("出具机构")
    matter = models.TextField("业务编号", null=True, db_index=True)
    person = models.TextField("人员", null=True, db_index=True)
    data = models.JSONField("内容")
    template = models.CharField("模板版本", max_length=64)
    code = models.CharField("核验码", max_length=19, db_index=True)
    digest = models.CharField("摘要", max_length=64, db_index=True)
    size = models.BigIntegerField("大小")
    pages = models.IntegerField("页数")
    issued_by = models.TextField("出具人")
    issued_at = models.DateTimeField("出具时间")
    voided_by = models.TextField("作废人", null=True)
    voided_at = models.DateTimeField("作废时间", null=True)
    voided_for = models.TextField("作废理由", null=True)

    class Meta:
        db_table = "filing_document"
        verbose_name = "文书"
        constraints = [
            _a_digest("filing_document_digest"),
            models.CheckConstraint(
                condition=Q(voided_at=None, voided_by=None, voided_for=None)
                | (Q(voided_at__isnull=False, voided_by__isnull=False) & Q(voided_for__gt="")),
                name="filing_document_voided",
            ),
        ]

    @property
    def told(self) -> str:
        """How a user knows it."""
        return f"{self.label} {self.number}"


class Volume(models.Model):
    """An archive volume (案卷). ``period``: the month or year it is of; ``place``: where its paper stands; ``digest``:
    that of its list, once it is closed."""

    scope_region = "region"

    class State(models.TextChoices):
        """Whether something may still be put in."""

        OPEN = "open", "组卷中"
        CLOSED = "closed", "已归档"

    number = models.TextField("案卷号", unique=True)
    title = models.TextField("题名")
    kind = models.TextField("类别")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    agency = models.TextField("立卷机构")
    period = models.TextField("所属期")
    place = models.TextField("存放位置")
    state = models.TextField("状态", choices=State, default=State.OPEN)
    pages = models.IntegerField("页数", default=0)
    catalogue = models.OneToOneField(Document, models.PROTECT, verbose_name="卷内目录", null=True, related_name="+")
    digest = models.CharField("摘要", max_length=64, null=True)
    opened_by = models.TextField("立卷人")
    opened_at = models.DateTimeField("立卷时间", auto_now_add=True)
    closed_by = models.TextField("归档人", null=True)
    closed_at = models.DateTimeField("归档时间", null=True)

    class Meta:
        db_table = "filing_volume"
        verbose_name = "案卷"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", digest=None, closed_at=None)
                | Q(state="closed", digest__isnull=False, closed_at__isnull=False, catalogue__isnull=False),
                name="filing_volume_closed_whole",
            ),
        ]


class VolumeEntry(models.Model):
    """One paper in a volume: a document or an attachment, as it was when it was put in. ``first_page``: where it begins
    once the volume is closed."""

    scope_region = "volume__region"

    volume = models.ForeignKey(Volume, models.PROTECT, verbose_name="案卷", related_name="entries")
    position = models.IntegerField("顺序号")
    document = models.ForeignKey(Document, models.PROTECT, verbose_name="文书", null=True, related_name="+")
    attachment = models.ForeignKey(Attachment, models.PROTECT, verbose_name="材料", null=True, related_name="+")
    title = models.TextField("题名")
    number = models.TextField("文号")
    digest = models.CharField("摘要", max_length=64)
    pages = models.IntegerField("页数")
    first_page = models.IntegerField("页号", null=True)

    class Meta:
        db_table = "filing_volumeentry"
        verbose_name = "卷内文件"
        constraints = [
            _a_digest("filing_volumeentry_digest"),
            models.UniqueConstraint(fields=["volume", "position"], name="filing_volumeentry_position"),
            models.UniqueConstraint(fields=["volume", "document"], name="filing_volumeentry_document_once"),
            models.UniqueConstraint(fields=["volume", "attachment"], name="filing_volumeentry_attachment_once"),
            models.CheckConstraint(
                condition=Q(document=None, attachment__isnull=False) | Q(document__isnull=False, attachment=None),
                name="filing_volumeentry_one_paper",
            ),
            models.CheckConstraint(condition=Q(pages__gte=0, position__gte=1), name="filing_volumeentry_counts"),
        ]


class Alarm(models.Model):
    """A paper was found missing or altered: which, of which region, when, by whom; ``cleared_at``: once it is whole
    again."""

    scope_region = "region"

    digest = models.CharField("摘要", max_length=64)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    found = models.TextField("情况", choices=[("missing", "丢失"), ("altered", "被改动")])
    found_by = models.TextField("发现人")
    found_at = models.DateTimeField("发现时间", auto_now_add=True)
    cleared_at = models.DateTimeField("恢复时间", null=True)

    class Meta:
        db_table = "filing_alarm"
        verbose_name = "材料异常"
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "region", "found"], condition=Q(cleared_at=None), name="filing_alarm_once"
            ),
            models.CheckConstraint(condition=Q(cleared_at__gte=F("found_at")), name="filing_alarm_cleared_later"),
        ]
