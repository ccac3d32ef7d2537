"""The ways in: terminals and networks, credentials, sessions, tokens, and what cuts them off.

Rule (不得在非专用计算机上录入、传输、查询、保存信息数据; 必要时可以切断用户接入并向有关领导报告): people come in from
where is registered, prove who they are, and can be cut off at once.

Invariant: no secret that is handed out can be read here: passwords as argon2, tokens as SHA-256. What opens a door is
not in the journal; that it was changed is.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from renshe.core.org.models.places import Agency, Region
from renshe.core.org.models.staff import Operator


class Status(models.TextChoices):
    """Whether people may come in by it."""

    ACTIVE = "active", "在用"
    STOPPED = "stopped", "停用"


class Terminal(models.Model):
    """A registered machine, down to the township's. ``address``: the only one it comes from, where it is fixed."""

    scope_region = "region"

    number = models.CharField("终端编号", max_length=40, unique=True)
    name = models.TextField("名称")
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    address = models.GenericIPAddressField("IP地址", null=True)
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.ACTIVE)
    permitted_software = ArrayField(models.TextField(), verbose_name="许可软件", default=list)

    class Meta:
        db_table = "org_terminal"
        verbose_name = "终端"


class Network(models.Model):
    """A registered network; ``cidr`` like 10.22.8.0/24."""

    scope_region = "region"

    cidr = models.CharField("网段", max_length=43, unique=True)
    name = models.TextField("名称")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    status = models.CharField("状态", max_length=10, choices=Status.choices, default=Status.ACTIVE)

    class Meta:
        db_table = "org_network"
        verbose_name = "网络"


class CutOff(models.Model):
    """Access cut off at once: of an operator, an agency, a terminal or a network; until it is lifted.

    ``leader``: to whom it is reported; ``seen_at``: when that person read it.
    """

    scope_region = "region"

    operator = models.ForeignKey(Operator, models.PROTECT, verbose_name="操作人", null=True, related_name="cut_offs")
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="机构", null=True, related_name="cut_offs")
    terminal = models.ForeignKey(Terminal, models.PROTECT, verbose_name="终端", null=True, related_name="cut_offs")
    network = models.ForeignKey(Network, models.PROTECT, verbose_name="网段", null=True, related_name="cut_offs")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    reason = models.TextField("原因")
    by = models.ForeignKey(Operator, models.PROTECT, verbose_name="切断人", related_name="+")
    at = models.DateTimeField("切断时间")
    leader = models.ForeignKey(Operator, models.PROTECT, verbose_name="报告领导", related_name="+")
    seen_at = models.DateTimeField("领导阅知时间", null=True)
    lifted_by = models.ForeignKey(Operator, models.PROTECT, verbose_name="恢复人", null=True, related_name="+")
    lifted_at = models.DateTimeField("恢复时间", null=True)
    lifting = models.TextField("恢复说明", null=True)

    class Meta:
        db_table = "org_cutoff"
        verbose_name = "切断接入"
        constraints = [
            models.CheckConstraint(
                condition=Q(operator__isnull=False, agency=None, terminal=None, network=None)
                | Q(operator=None, agency__isnull=False, terminal=None, network=None)
                | Q(operator=None, agency=None, terminal__isnull=False, network=None)
                | Q(operator=None, agency=None, terminal=None, network__isnull=False),
                name="org_cutoff_one_target",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="org_cutoff_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None) | Q(lifted_at__gte=F("at"), lifted_by__isnull=False),
                name="org_cutoff_lifting",
            ),
        ]


class Credential(models.Model):
    """What opens the door to an operator. ``totp_secret``: encrypted (``org.keeping``); ``totp_step``: the step of the
    last code that was taken."""

    operator = models.OneToOneField(Operator, models.PROTECT, primary_key=True, related_name="credential")
    password_hash = models.TextField()
    totp_secret = models.TextField(null=True)
    totp_step = models.BigIntegerField(default=0)

    class Meta:
        db_table = "org_credential"
        verbose_name = "登录凭据"


class Session(models.Model):
    """Somebody who is signed in, or was."""

    scope_region = "operator__agency__region"

    digest = models.BinaryField("令牌摘要", max_length=32, unique=True)
    operator = models.ForeignKey(Operator, models.PROTECT, verbose_name="操作人")
    terminal = models.ForeignKey(Terminal, models.PROTECT, verbose_name="终端", null=True)
    address = models.GenericIPAddressField("IP地址")
    started_at = models.DateTimeField("登录时间")
    seen_at = models.DateTimeField("最近活动")
    ended_at = models.DateTimeField("结束时间", null=True)
    ending = models.TextField("结束原因", null=True)

    class Meta:
        db_table = "org_session"
        verbose_name = "登录会话"
        indexes = [
            models.Index(fields=["operator"], name="org_session_open", condition=Q(ended_at__isnull=True)),
        ]


class SignInFailure(models.Model):
    """A sign-in that was refused, and why. ``counted``: it still counts towards the lock-out."""

    number = models.TextField("登录名")
    at = models.DateTimeField("时间")
    address = models.TextField("IP地址")
    terminal = models.TextField("终端", null=True)
    why = models.CharField("原因", max_length=10)
    counted = models.BooleanField()

    class Meta:
        db_table = "org_signinfailure"
        verbose_name = "登录失败"
        indexes = [models.Index(fields=["number", "at"], name="org_signinfailure_number")]


class ApiToken(models.Model):
    """A way in for a program: of a ``partner``, or of an operator. ``scopes``: the operations it may be used for."""

    scope_region = "region"

    digest = models.BinaryField("令牌摘要", max_length=32, unique=True)
    partner = models.TextField("合作单位", null=True)
    operator = models.ForeignKey(Operator, models.PROTECT, verbose_name="操作人", null=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    scopes = ArrayField(models.TextField(), verbose_name="范围")
    expires_at = models.DateTimeField("有效期至")
    revoked_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        db_table = "org_apitoken"
        verbose_name = "接口令牌"
        constraints = [
            models.CheckConstraint(
                condition=Q(partner__isnull=False, operator=None) | Q(partner=None, operator__isnull=False),
                name="org_apitoken_one_holder",
            ),
        ]
