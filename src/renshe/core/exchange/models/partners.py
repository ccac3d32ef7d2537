"""Who is exchanged with, under which keys, on which terms.

Rule (S3-16, S3-17, S4-81, S4-89, S4-97: each partner is registered; S3-36): a partner, a key, a version of an agreement
comes by a case and stays; what ends says when.

Invariant (held by the database): a version of an agreement is given once; keys and versions are not changed, only
ended.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from renshe.core.org.models import Region


class Sort(models.TextChoices):
    """What a partner is."""

    PROVINCE = "province", "上级人社部门"
    MINISTRY = "ministry", "部级系统"
    POLICE = "police", "公安"
    CIVIL = "civil", "民政"
    HEALTH = "health", "卫生健康"
    DISABLED = "disabled", "残疾人联合会"
    MARKET = "market", "市场监督管理"
    TAX = "tax", "税务"
    EDUCATION = "education", "教育"
    BANK = "bank", "银行"
    TREASURY = "treasury", "财政"
    HOSPITAL = "hospital", "医疗机构"
    MEDICAL = "medical", "医疗保障"
    BUREAU = "bureau", "本系统其他机构"
    PLATFORM = "platform", "信息交换平台"
    OTHER = "other", "其他部门"


class Partner(models.Model):
    """One side of an exchange, known by a ``code`` that stands in packages: ``own``, one that we are ourselves, or
    another. ``above``: of which partner it is a unit; ``addresses``: by channel, where it is reached; ``notify``: whom
    to tell there that something waits."""

    scope_region = "region"

    code = models.CharField("代码", max_length=40, unique=True)
    name = models.TextField("名称")
    sort = models.CharField("类别", max_length=12, choices=Sort.choices)
    own = models.BooleanField("本方", default=False)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域", related_name="+")
    above = models.ForeignKey("self", models.PROTECT, verbose_name="上级单位", null=True, related_name="units")
    addresses = models.JSONField("通道地址", default=dict)
    notify = models.TextField("通知方式", blank=True)
    case_no = models.TextField("业务编号")
    valid_from = models.DateField("启用日期")
    valid_until = models.DateField("停用日期", null=True)

    class Meta:
        db_table = "exchange_partner"
        verbose_name = "交换对方"
        constraints = [
            models.CheckConstraint(condition=Q(sort__in=Sort.values), name="exchange_partner_sort"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="exchange_partner_validity"),
        ]


class Key(models.Model):
    """A public key of a ``partner``; where that is we ourselves, its private half is a ``Secret``."""

    scope_region = "partner__region"
    journal_keeps = "written"

    class Purpose(models.TextChoices):
        """For what it is."""

        SIGN = "sign", "签名"
        SEAL = "seal", "加密"

    partner = models.ForeignKey(Partner, models.PROTECT, verbose_name="交换对方", related_name="keys")
    suite = models.CharField("算法", max_length=8)
    purpose = models.CharField("用途", max_length=4, choices=Purpose.choices)
    public = models.BinaryField("公钥")
    fingerprint = models.CharField("指纹", max_length=32, unique=True)
    valid_from = models.DateTimeField("生效时间")
    case_no = models.TextField("业务编号", null=True)
    valid_until = models.DateTimeField("失效时间", null=True)

    class Meta:
        db_table = "exchange_key"
        verbose_name = "交换密钥"
        constraints = [
            models.CheckConstraint(condition=Q(suite__in=["sm", "intl"]), name="exchange_key_suite"),
            models.CheckConstraint(condition=Q(purpose__in=["sign", "seal"]), name="exchange_key_purpose"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="exchange_key_validity"),
        ]


class Secret(models.Model):
    """The private half of a key of ours, sealed under the home's own key (``org.keeping``)."""

    scope_region = "key__partner__region"

    key = models.OneToOneField(Key, models.PROTECT, primary_key=True, related_name="secret")
    sealed = models.TextField("私钥（加密）")

    class Meta:
        db_table = "exchange_secret"
        verbose_name = "交换私钥"


class Agreement(models.Model):
    """One version of an agreement between ``own``, one of our sides, and ``partner``: ``text`` are its terms
    (``packages.terms``), ``ground`` the law on which it rests, ``owner`` the kind of department that answers for it."""

    scope_region = "partner__region"
    journal_keeps = "written"

    number = models.CharField("协议编号", max_length=40)
    version = models.IntegerField("版本")
    own = models.ForeignKey(Partner, models.PROTECT, verbose_name="本方", related_name="+")
    partner = models.ForeignKey(Partner, models.PROTECT, verbose_name="交换对方", related_name="agreements")
    title = models.TextField("名称")
    ground = models.TextField("法律依据")
    owner = models.CharField("责任科室", max_length=20)
    text = models.TextField("协议内容")
    case_no = models.TextField("业务编号")
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("终止日期", null=True)

    class Meta:
        db_table = "exchange_agreement"
        verbose_name = "交换协议"
        constraints = [
            models.UniqueConstraint(fields=["number", "version"], name="exchange_agreement_version"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="exchange_agreement_validity"),
        ]
