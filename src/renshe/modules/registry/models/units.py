"""Units: one index number for life, one base record, the accounts by which business is done with them.

Rule (S4-30 统一的单位法人信息库,…唯一的单位索引号; S4-31 一套基本信息; S4-32, S4-33; S0-29): a unit's name is that of
its seal; one that rests on nothing yet is provisional. By default a unit has one business account; it may be split by
scheme or branch. Old numbers lead to the account that they were (S4-34).

Invariant (held by the database): a unit has one name at a time and one default account; a number of an account is
given once; what was merged is merged once until that is undone.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from renshe.core.org.models import Region


class NameSource(models.TextChoices):
    """What a unit's name rests on."""

    SEAL = "seal", "单位公章"
    LICENCE = "licence", "营业执照或批文"
    PROVISIONAL = "provisional", "暂定"


class Unit(models.Model):
    """One unit. ``code_due_on``: until when its missing code must be handed in (null: it has one)."""

    scope_region = "region"
    journal_unit = "unit_no"

    unit_no = models.TextField("单位编号", primary_key=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+", db_index=False)
    name = models.TextField("单位名称", db_collation="C")
    name_source = models.TextField("名称依据", choices=NameSource)
    uscc = models.TextField("统一社会信用代码", null=True)
    org_code = models.TextField("组织机构代码", null=True)
    si_reg_no = models.TextField("社会保险登记证号", null=True)
    unit_type = models.TextField("单位类型")
    economic_type = models.TextField("经济类型", null=True)
    industry = models.TextField("行业代码", null=True)
    life_status = models.TextField("单位存续状态", null=True)
    legal_rep = models.TextField("法定代表人姓名", null=True)
    phone = models.TextField("联系电话", null=True)
    address = models.TextField("地址", null=True)
    registered_on = models.DateField("登记日期")
    code_due_on = models.DateField("补齐代码期限", null=True)

    class Meta:
        db_table = "registry_unit"
        verbose_name = "单位基本信息"
        indexes = [
            models.Index(fields=["region", "name", "unit_no"], name="registry_unit_region"),
            models.Index(fields=["uscc"], name="registry_unit_uscc", condition=Q(uscc__isnull=False)),
            models.Index(fields=["org_code"], name="registry_unit_org_code", condition=Q(org_code__isnull=False)),
            models.Index(fields=["code_due_on"], name="registry_unit_due", condition=Q(code_due_on__isnull=False)),
        ]


def _unit(related: str) -> models.ForeignKey[Unit, Unit]:
    return models.ForeignKey(Unit, models.PROTECT, verbose_name="单位", db_column="unit_no", related_name=related)


class UnitName(models.Model):
    """A name that a unit had, from a day to a day; ``evidence``: the digest of the scanned seal or licence."""

    scope_region = "unit__region"
    journal_unit = "unit_no"

    unit = _unit("names")
    name = models.TextField("单位名称")
    source = models.TextField("名称依据", choices=NameSource)
    evidence = models.TextField("依据材料摘要", null=True)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        db_table = "registry_unit_name"
        verbose_name = "单位名称"
        constraints = [
            models.UniqueConstraint(fields=["unit"], condition=Q(valid_to=None), name="registry_unit_name_one"),
            models.CheckConstraint(
                condition=Q(source=NameSource.PROVISIONAL) | Q(evidence__isnull=False),
                name="registry_unit_name_evidence",
            ),
        ]


class Account(models.Model):
    """An account by which business is done with a unit: of a scheme or a branch, kept by an agency."""

    scope_region = "unit__region"
    journal_unit = "unit_no"

    unit = _unit("accounts")
    number = models.TextField("业务账户编号", unique=True)
    scheme = models.TextField("险种或业务", null=True)
    branch = models.TextField("分支机构", null=True)
    agency = models.TextField("经办机构")
    default = models.BooleanField("默认账户", default=False)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        db_table = "registry_account"
        verbose_name = "单位业务账户"
        constraints = [
            models.UniqueConstraint(
                fields=["unit"], condition=Q(default=True, valid_to=None), name="registry_account_one_default"
            )
        ]


class OldNumber(models.Model):
    """A number by which an older system knew an account."""

    scope_region = "account__unit__region"

    account = models.ForeignKey(Account, models.PROTECT, verbose_name="业务账户", related_name="old_numbers")
    system = models.TextField("原系统")
    value = models.TextField("原编号")

    class Meta:
        db_table = "registry_old_number"
        verbose_name = "原单位编号"
        indexes = [models.Index(fields=["value"], name="registry_old_number_value")]
        constraints = [models.UniqueConstraint(fields=["system", "value"], name="registry_old_number_once")]


class UnitMerged(models.Model):
    """One unit number that turned out to be another's unit: what of it was ``moved`` to the one that was
    ``kept``; ``taken``: the fields that were empty there, with the values they took."""

    scope_region = ("kept__region", "old__region")
    journal_unit = "old_no"

    old = models.ForeignKey(
        Unit, models.PROTECT, verbose_name="并入的编号", db_column="old_no", related_name="merged_into"
    )
    kept = models.ForeignKey(
        Unit, models.PROTECT, verbose_name="保留的编号", db_column="kept_no", related_name="merged_from"
    )
    case_no = models.TextField("合并业务编号", unique=True)
    moved = models.JSONField("转移的账户", default=list)
    taken = models.JSONField("采用的值", default=dict)
    at = models.DateTimeField("合并时间", auto_now_add=True)
    undone_case = models.TextField("撤销合并业务编号", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        db_table = "registry_unit_merged"
        verbose_name = "单位合并"
        constraints = [
            models.UniqueConstraint(fields=["old"], condition=Q(undone_case=None), name="registry_unit_merged_once"),
            models.CheckConstraint(condition=~Q(old=F("kept")), name="registry_unit_merged_two"),
        ]


class Filing(models.Model):
    """A unit that was added, told to the information centre (备案); ``received_by``: who took note there."""

    scope_region = "region"
    journal_unit = "unit_no"

    unit_no = models.TextField("单位编号", unique=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    case_no = models.TextField("登记业务编号")
    filed_at = models.DateTimeField("备案时间", auto_now_add=True)
    received_by = models.TextField("接收人", null=True)
    received_at = models.DateTimeField("接收时间", null=True)

    class Meta:
        db_table = "registry_filing"
        verbose_name = "新增单位备案"


class UnitSnapshot(models.Model):
    """A unit as it stood before it was deleted, whole."""

    scope_region = "region"
    journal_unit = "unit_no"
    journal_keeps = "all"

    unit_no = models.TextField("单位编号", unique=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    case_no = models.TextField("删除业务编号")
    rows = models.JSONField("删除前的数据")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        db_table = "registry_unit_snapshot"
        verbose_name = "单位删除前快照"
