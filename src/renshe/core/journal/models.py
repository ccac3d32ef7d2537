"""The journal's tables.

Rule (修正数据,并留存数据修正记录备查; 数据修改过程要留有痕迹): every change leaves who, when, from where, for which
case, why, and what stood before and after. Rows name people, units and agencies by their plain numbers: the journal
outlives them.

Invariant: triggers write ``Entry``, ``journal_seal`` writes ``Block``; nobody changes or deletes either.
"""

from __future__ import annotations

import json
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.contrib.postgres.indexes import BrinIndex
from django.db import models


class Exact(json.JSONDecoder):
    """Reads sums as the decimals that they are."""

    def __init__(self) -> None:
        super().__init__(parse_float=Decimal)


class Entry(models.Model):
    """One row changed. ``operation``: I, U or D; rows whole, null where there was none. ``region``: to which the row
    belonged when it was changed, where that is known; ``region_before``: from which the change took it away."""

    at = models.DateTimeField("时间")
    operator = models.TextField("操作人")
    agency = models.TextField("机构", null=True)
    terminal = models.TextField("终端", null=True)
    case_no = models.TextField("业务编号", null=True)
    reason = models.TextField("事由")
    table_name = models.TextField("表")
    operation = models.CharField("操作", max_length=1)
    key = models.TextField("记录")
    person = models.TextField("人员", null=True)
    unit = models.TextField("单位", null=True)
    region = models.TextField("地区", null=True)
    region_before = models.TextField("原地区", null=True)
    before = models.JSONField("修改前", null=True, decoder=Exact)
    after = models.JSONField("修改后", null=True, decoder=Exact)

    class Meta:
        db_table = "journal_entry"
        verbose_name = "修改痕迹"
        indexes = [
            # The table's name in it would cost more than it finds: few tables share a key.
            models.Index(fields=["key"], name="journal_entry_row"),
            models.Index(fields=["person"], name="journal_entry_person", condition=models.Q(person__isnull=False)),
            models.Index(fields=["unit"], name="journal_entry_unit", condition=models.Q(unit__isnull=False)),
            models.Index(fields=["case_no"], name="journal_entry_case", condition=models.Q(case_no__isnull=False)),
            models.Index(fields=["operator", "at"], name="journal_entry_operator"),
            BrinIndex(fields=["at"], name="journal_entry_at"),
        ]


class Block(models.Model):
    """Entries sealed together: ``leaves`` are the digests of the entries ``ids``, 32 bytes each, ``root`` that of their
    Merkle tree, ``chain`` the digest of the chain before and this root."""

    number = models.BigIntegerField(primary_key=True)
    ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()
    root = models.BinaryField()
    chain = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        db_table = "journal_block"
        verbose_name = "痕迹封块"


class SealedRow(models.Model):
    """A row of business data that is closed (封存): it changes only for whom it was unsealed for."""

    table_name = models.TextField("表")
    key = models.TextField("记录")
    case_no = models.TextField("封存依据")

    class Meta:
        db_table = "journal_sealedrow"
        verbose_name = "数据封存"
        constraints = [models.UniqueConstraint(fields=["table_name", "key"], name="journal_sealedrow_once")]


class Unsealing(models.Model):
    """Leave to change ``fields`` of one sealed row: for one operator, by an approved request, for a time."""

    table_name = models.TextField("表")
    key = models.TextField("记录")
    fields = ArrayField(models.TextField(), verbose_name="项目")
    operator = models.TextField("指定修改人")
    case_no = models.TextField("申请编号")
    opened_at = models.DateTimeField("解封时间", db_default=TransactionNow())
    expires_at = models.DateTimeField("有效期至")
    closed_at = models.DateTimeField("关闭时间", null=True)

    class Meta:
        db_table = "journal_unsealing"
        verbose_name = "数据解封"
        indexes = [models.Index(fields=["table_name", "key"], name="journal_unsealing_row")]
