"""Accounts by which people, and units by a clerk of theirs, come in from outside.

Rule (S4-83 网上申报、信息查询; 个人信息保护法 第五十一条): an account is opened at a counter for whom an officer saw,
never by whoever asks for it. It names a person or a unit of the register by its number.

Invariant (held by the database): a person has one account that stands; an account is a person's or a unit's. No secret
can be read here, nor in the journal; that one was changed is in the journal (migration 0002).
"""

from __future__ import annotations

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Q

from renshe.core.org.models import Region


class Kind(models.TextChoices):
    """For whom an account acts."""

    PERSON = "person", "个人"
    UNIT = "unit", "单位"


class Account(models.Model):
    """One account. ``name``: who acts by it; ``ground``: which documents were seen when it was opened; ``agency``: the
    number of the one that opened it and takes its applications up."""

    scope_region = "region"
    journal_person = "person_no"
    journal_unit = "unit_no"

    number = models.TextField("账户编号", unique=True)
    kind = models.TextField("类别", choices=Kind)
    person_no = models.TextField("个人编号", null=True)
    unit_no = models.TextField("单位编号", null=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    agency = models.TextField("开户机构")
    name = models.TextField("使用人")
    phone = models.TextField("手机号码")
    ground = models.TextField("核验的证件")
    opened_at = models.DateTimeField("开户时间", auto_now_add=True)
    secret_changed_at = models.DateTimeField("口令变更时间", null=True)
    closed_at = models.DateTimeField("停用时间", null=True)
    closing = models.TextField("停用原因", null=True)

    class Meta:
        db_table = "portal_account"
        verbose_name = "网上服务账户"
        indexes = [models.Index(fields=["unit_no"], name="portal_account_unit")]
        constraints = [
            models.UniqueConstraint(fields=["person_no"], condition=Q(closed_at=None), name="portal_account_one"),
            models.UniqueConstraint(
                fields=["unit_no", "phone"], condition=Q(closed_at=None), name="portal_account_one_clerk_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.PERSON, person_no__isnull=False, unit_no=None)
                | Q(kind=Kind.UNIT, person_no=None, unit_no__isnull=False),
                name="portal_account_of_one",
            ),
        ]


class Secret(models.Model):
    """What opens an account: a password, or the code with which one sets it, until ``code_until``; both as
    ``org.credentials`` keeps passwords."""

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, related_name="secret")
    password = models.TextField(null=True)
    code = models.TextField(null=True)
    code_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "portal_secret"


class Session(models.Model):
    """Somebody who is signed in, or was; ``digest``: of the token that his browser keeps."""

    scope_region = "account__region"

    digest = models.BinaryField("令牌摘要", max_length=32, unique=True)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name="账户")
    address = models.GenericIPAddressField("IP地址")
    started_at = models.DateTimeField("登录时间")
    seen_at = models.DateTimeField("最近活动")
    ended_at = models.DateTimeField("结束时间", null=True)
    ending = models.TextField("结束原因", null=True)

    class Meta:
        db_table = "portal_session"
        indexes = [models.Index(fields=["account"], name="portal_session_open", condition=Q(ended_at__isnull=True))]


class Failure(models.Model):
    """A sign-in that was refused. ``tried``: digest of the account, or of the name that nobody has; ``counted``: it
    still counts towards the lock; ``locked_until``: it was the one too many."""

    tried = models.BinaryField("登录名摘要", max_length=32)
    account = models.ForeignKey(Account, models.PROTECT, verbose_name="账户", null=True)
    at = models.DateTimeField("时间")
    address = models.TextField("IP地址")
    counted = models.BooleanField()
    locked_until = models.DateTimeField("锁定至", null=True)

    class Meta:
        db_table = "portal_failure"
        indexes = [
            models.Index(fields=["tried", "at"], name="portal_failure_tried"),
            models.Index(fields=["address", "at"], name="portal_failure_address"),
        ]


class Look(models.Model):
    """Somebody looked at what is kept of him: ``what``, by which account."""

    scope_region = "account__region"

    account = models.ForeignKey(Account, models.PROTECT, verbose_name="账户")
    person_no = models.TextField("个人编号", null=True)
    unit_no = models.TextField("单位编号", null=True)
    what = models.TextField("查看内容")
    at = models.DateTimeField("时间", db_default=TransactionNow())

    journal_person = "person_no"
    journal_unit = "unit_no"

    class Meta:
        db_table = "portal_look"
        verbose_name = "网上查看本人信息"
