"""People: who they are, how they are reached, how their lives go.

Rule (S4-19 把“人”作为基础信息管理的核心; S4-21 自然社会属性和业务属性分别对待; 002 二 (一)): a person has one number
for life. The main data (class A) stand in a row of their own, which is closed once it was reviewed and then changes by
the regime of source 002 alone; how somebody is reached is never closed. Business attributes stand in the lines.

Invariant (held by the database): an identifier is one person's at a time; a person is in a state of life once at a
time; what was merged is merged once until that is undone.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from renshe.core.org.models import Region


class Person(models.Model):
    """One person. ``name_key`` stands for how the name sounds (``naming``): by it namesakes are found whose names are
    written otherwise; it follows the name."""

    scope_region = "region"
    journal_person = "person_no"

    person_no = models.TextField("个人编号", primary_key=True)
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+", db_index=False)
    id_type = models.TextField("证件类型")
    id_number = models.TextField("社会保障号码")
    # Prefixes are looked for by ranges of an index: that holds in this order of characters alone.
    name = models.TextField("姓名", db_collation="C")
    name_key = models.BigIntegerField("姓名读音检索码")
    sex = models.TextField("性别")
    birth_date = models.DateField("出生日期")
    ethnicity = models.TextField("民族", null=True)
    nationality = models.TextField("国籍", null=True)
    work_start_date = models.DateField("参加工作日期", null=True)
    registered_on = models.DateField("登记日期")

    class Meta:
        db_table = "registry_person"
        verbose_name = "人员基本信息"
        indexes = [
            models.Index(fields=["region", "name", "person_no"], name="registry_person_region"),
            models.Index(fields=["name", "person_no"], name="registry_person_name"),
            models.Index(fields=["name_key", "birth_date"], name="registry_person_sound"),
            models.Index(fields=["region", "registered_on"], name="registry_person_registered"),
        ]


class Contact(models.Model):
    """How a person is reached and where he belongs; town and country alike (S4-3: the kind of household is an
    attribute)."""

    scope_region = "person__region"
    journal_person = "person_no"

    person = models.OneToOneField(
        Person, models.PROTECT, verbose_name="人员", primary_key=True, db_column="person_no", related_name="contact"
    )
    phone = models.TextField("联系电话", null=True)
    address = models.TextField("地址", null=True)
    household_code = models.TextField("户籍区划代码", null=True)
    household_kind = models.TextField("户口性质", null=True)
    residence_code = models.TextField("常住地区划代码", null=True)

    class Meta:
        db_table = "registry_contact"
        verbose_name = "人员联系方式"
        indexes = [models.Index(fields=["phone"], name="registry_contact_phone", condition=Q(phone__isnull=False))]


class Identifier(models.Model):
    """A document that says who somebody is, from a day to a day (open: still in force)."""

    scope_region = "person__region"
    journal_person = "person_no"

    person = models.ForeignKey(
        Person, models.PROTECT, verbose_name="人员", db_column="person_no", related_name="identifiers"
    )
    kind = models.TextField("证件类型")
    value = models.TextField("证件号码")
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True)

    class Meta:
        db_table = "registry_identifier"
        verbose_name = "人员证件"
        indexes = [models.Index(fields=["value"], name="registry_identifier_value")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value"], condition=Q(valid_to=None), name="registry_identifier_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="registry_identifier_validity"
            ),
        ]


class Life(models.Model):
    """A state of life that somebody came into, and what ended it. ``void``: the case that found that it never was."""

    scope_region = "person__region"
    journal_person = "person_no"

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="人员", db_column="person_no", related_name="lives")
    state = models.TextField("状态")
    since = models.DateField("开始")
    until = models.DateField("结束", null=True)
    ground = models.TextField("依据")
    case_no = models.TextField("业务编号")
    ended_by = models.TextField("结束依据的业务编号", null=True)
    void = models.TextField("撤销依据的业务编号", null=True)

    class Meta:
        db_table = "registry_life"
        verbose_name = "人生状态"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "state"], condition=Q(until=None, void=None), name="registry_life_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="registry_life_order"),
        ]


class CardEvent(models.TextChoices):
    """What happens to a social-security card."""

    ISSUE = "issue", "制发"
    LOSS = "loss", "挂失"
    FOUND = "found", "解挂"
    REPLACE = "replace", "补换"
    CANCEL = "cancel", "注销"


class Card(models.Model):
    """One event of a card; what holds today is the last one of its number."""

    scope_region = "person__region"
    journal_person = "person_no"

    person = models.ForeignKey(Person, models.PROTECT, verbose_name="人员", db_column="person_no", related_name="cards")
    number = models.TextField("卡号")
    event = models.TextField("事项", choices=CardEvent)
    on = models.DateField("日期")
    case_no = models.TextField("业务编号")

    class Meta:
        db_table = "registry_card"
        verbose_name = "社会保障卡"
        indexes = [models.Index(fields=["number"], name="registry_card_number")]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=Q(event="issue"), name="registry_card_issued_once")
        ]


class Merged(models.Model):
    """One number that turned out to be another's person: what of it was ``moved`` to the one that was ``kept``, and
    what the kept one took from it (``taken``: field, before, after)."""

    scope_region = ("kept__region", "old__region")
    journal_person = "old_no"

    old = models.ForeignKey(
        Person, models.PROTECT, verbose_name="并入的编号", db_column="old_no", related_name="merged_into"
    )
    kept = models.ForeignKey(
        Person, models.PROTECT, verbose_name="保留的编号", db_column="kept_no", related_name="merged_from"
    )
    case_no = models.TextField("合并业务编号", unique=True)
    moved = models.JSONField("转移的记录", default=dict)
    taken = models.JSONField("采用的数据项", default=list)
    at = models.DateTimeField("合并时间", auto_now_add=True)
    undone_case = models.TextField("撤销合并业务编号", null=True)
    undone_at = models.DateTimeField("撤销时间", null=True)

    class Meta:
        db_table = "registry_merged"
        verbose_name = "人员合并"
        constraints = [
            models.UniqueConstraint(fields=["old"], condition=Q(undone_case=None), name="registry_merged_once"),
            models.CheckConstraint(condition=~Q(old=F("kept")), name="registry_merged_two"),
        ]


class Apart(models.Model):
    """Two people who look like one and were found to be two."""

    scope_region = ("one__region", "other__region")
    journal_person = "one_no"

    one = models.ForeignKey(Person, models.PROTECT, verbose_name="甲", db_column="one_no", related_name="+")
    other = models.ForeignKey(Person, models.PROTECT, verbose_name="乙", db_column="other_no", related_name="+")
    case_no = models.TextField("业务编号", unique=True)

    class Meta:
        db_table = "registry_apart"
        verbose_name = "认定为两人"
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="registry_apart_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="registry_apart_order"),
        ]
