"""What is kept of cases.

Rule (S2-10, S4-111): who enters, who checks and who approves are different people. What they decide is a row that is
put in and never changed.

Invariant (held by the database, migration 0002): one person decides once in each round of a case, and nobody decides
what he had a hand in entering; a case is done when as many people agreed in its round as its type asks for, upon the
form that stands; a number is given once.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from renshe.core.org.models import Operator, Region


class State(models.TextChoices):
    """Where a case stands."""

    PROPOSED = "proposed", "待认领"
    DRAFT = "draft", "草稿"
    OPEN = "open", "办理中"
    RETURNED = "returned", "退回补正"
    DONE = "done", "办结"
    REFUSED = "refused", "不予办理"
    WITHDRAWN = "withdrawn", "撤回"


UNFINISHED = (State.DRAFT, State.PROPOSED, State.OPEN, State.RETURNED)
"""What a case is that has not ended."""


class Verdict(models.TextChoices):
    """What is decided. Whoever submits decides too: that is how the database knows the maker."""

    SUBMIT = "submit", "提交"
    AGREE = "agree", "同意"
    RETURN = "return", "退回"
    REFUSE = "refuse", "不予办理"


class Case(models.Model):
    """One matter. ``maker``: who answers for it (null: proposed by another matter, ``origin``, and not taken up yet);
    ``makers``: everybody who had a hand in entering it; ``holder``: with whom it lies, if with somebody by name.
    ``round``: how often it was submitted; ``step``: the place of the decision that it waits for among those of its
    type, from 0; ``needed``: how many people must agree; ``terms``: what differs here from its type (``local``), and
    under ``steps`` which of its type's steps it passes, where not all; ``digest``: of what the form says, which every
    decision repeats; ``failure``: why its effect could not be carried out. ``applicant``: who applied for it from
    outside (``applying``), ``applied_at``: when; of what he has not handed in yet nobody is the maker."""

    scope_region = "region"
    journal_person = "person"
    journal_unit = "unit"

    number = models.TextField("业务编号", unique=True)
    type = models.TextField("业务")
    version = models.IntegerField("版本")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    agency = models.TextField("受理机构")
    maker = models.TextField("经办人", null=True)
    makers = ArrayField(models.TextField(), verbose_name="录入过的人员", default=list)
    origin = models.ForeignKey("self", models.PROTECT, verbose_name="来源业务", null=True, related_name="proposed")
    channel = models.TextField("渠道")
    applicant = models.TextField("申请人", null=True)
    applied_at = models.DateTimeField("申请时间", null=True)
    state = models.TextField("状态", choices=State, default=State.DRAFT)
    step = models.IntegerField("环节", default=0)
    needed = models.IntegerField("须同意人数")
    terms = models.JSONField("本地规定", default=dict)
    round = models.IntegerField("提交次数", default=0)
    form = models.JSONField("表单")
    digest = models.TextField("表单摘要")
    person = models.TextField("人员", null=True, db_index=True)
    unit = models.TextField("单位", null=True, db_index=True)
    holder = models.TextField("办理人", null=True)
    started_at = models.DateTimeField("受理时间", auto_now_add=True)
    submitted_at = models.DateTimeField("提交时间", null=True)
    ended_at = models.DateTimeField("办结时间", null=True)
    due_on = models.DateField("办理期限", null=True)
    failure = models.TextField("未能办结的原因", null=True)

    class Meta:
        db_table = "casework_case"
        verbose_name = "业务"
        indexes = [
            models.Index(fields=["state", "due_on"], name="casework_case_waiting"),
            models.Index(fields=["maker", "state"], name="casework_case_maker"),
            models.Index(fields=["region", "type", "state"], name="casework_case_region"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(needed__gte=1), name="casework_case_somebody_agrees"),
            models.CheckConstraint(
                condition=models.Q(maker__isnull=False)
                | models.Q(state__in=[State.PROPOSED, State.WITHDRAWN])
                | models.Q(state=State.DRAFT, applicant__isnull=False),
                name="casework_case_somebody_answers",
            ),
            models.UniqueConstraint(
                fields=["applicant", "type"],
                condition=models.Q(
                    applicant__isnull=False, state__in=[State.DRAFT, State.PROPOSED, State.OPEN, State.RETURNED]
                ),
                name="casework_case_applied_once",
            ),
        ]


class Decision(models.Model):
    """What one person decided of a case in one round, upon which form."""

    scope_region = "case__region"

    case = models.ForeignKey(Case, models.PROTECT, verbose_name="业务", related_name="decisions")
    round = models.IntegerField("提交次数")
    step = models.IntegerField("环节", null=True)
    operator = models.TextField("办理人")
    on_behalf = models.TextField("代办", null=True)
    verdict = models.TextField("意见", choices=Verdict)
    opinion = models.TextField("说明", blank=True)
    digest = models.TextField("表单摘要")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        db_table = "casework_decision"
        verbose_name = "审核审批"
        constraints = [
            models.UniqueConstraint(fields=["case", "round", "operator"], name="casework_decision_one_person_once"),
            models.CheckConstraint(
                condition=models.Q(verdict=Verdict.SUBMIT, step__isnull=True)
                | (~models.Q(verdict=Verdict.SUBMIT) & models.Q(step__isnull=False)),
                name="casework_decision_step",
            ),
        ]


class Pause(models.Model):
    """Days of one round that do not count for the time limit (``ends_on`` null: still), or ``days`` that are added."""

    scope_region = "case__region"

    case = models.ForeignKey(Case, models.PROTECT, verbose_name="业务", related_name="pauses")
    round = models.IntegerField("提交次数")
    kind = models.TextField("种类", choices=[("suspend", "中止"), ("extend", "延长")])
    begins_on = models.DateField("开始")
    ends_on = models.DateField("结束", null=True)
    days = models.IntegerField("延长工作日", default=0)
    ground = models.TextField("依据")

    class Meta:
        db_table = "casework_pause"
        verbose_name = "中止计时"
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(kind="suspend", ends_on__isnull=True),
                name="casework_pause_one_at_a_time",
            ),
            models.CheckConstraint(condition=models.Q(days__range=(0, 250)), name="casework_pause_days"),
        ]


class Notice(models.Model):
    """What the house told the applicant of a case: what he must still hand in until ``due_on`` (``answered_at``: when
    that was over), or why his application is not taken up."""

    scope_region = "case__region"

    case = models.ForeignKey(Case, models.PROTECT, verbose_name="业务", related_name="notices")
    kind = models.TextField("种类", choices=[("supplement", "补正通知"), ("declined", "不予受理")])
    told = models.TextField("内容")
    by = models.TextField("告知人")
    at = models.DateTimeField("时间", auto_now_add=True)
    due_on = models.DateField("补正期限", null=True)
    answered_at = models.DateTimeField("补正时间", null=True)

    class Meta:
        db_table = "casework_notice"
        verbose_name = "告知申请人"
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=models.Q(kind="supplement", answered_at__isnull=True),
                name="casework_notice_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="supplement", due_on__isnull=False) | models.Q(kind="declined", due_on=None),
                name="casework_notice_due",
            ),
        ]


class Delegation(models.Model):
    """``deputy`` decides for ``absent`` in the region and below, from the first day to the last; ``types``: of which
    case types (empty: of all)."""

    scope_region = "region"

    absent = models.ForeignKey(Operator, models.PROTECT, verbose_name="委托人", related_name="+")
    deputy = models.ForeignKey(Operator, models.PROTECT, verbose_name="代办人", related_name="+")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    types = ArrayField(models.TextField(), verbose_name="业务", default=list)
    ground = models.TextField("依据")
    valid_from = models.DateField("开始")
    valid_until = models.DateField("结束")
    ended_at = models.DateTimeField("终止时间", null=True)

    class Meta:
        db_table = "casework_delegation"
        verbose_name = "代办安排"
        indexes = [models.Index(fields=["deputy", "valid_until"], name="casework_delegation_deputy")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("valid_from")), name="casework_delegation_validity"
            ),
            models.CheckConstraint(
                condition=~models.Q(absent=models.F("deputy")), name="casework_delegation_two_people"
            ),
        ]


class Reminder(models.Model):
    """A case whose limit comes near, or has passed: told once to who leads there, for each limit and kind."""

    scope_region = "case__region"

    case = models.ForeignKey(Case, models.PROTECT, verbose_name="业务", related_name="reminders")
    kind = models.TextField("种类", choices=[("near", "即将到期"), ("late", "已超期")])
    due_on = models.DateField("办理期限")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        db_table = "casework_reminder"
        verbose_name = "期限提醒"
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "due_on"], name="casework_reminder_once"),
        ]


class Difference(models.Model):
    """What one place does otherwise than the type says: a shorter limit, or a document more."""

    scope_region = "region"

    type = models.TextField("业务")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="区域")
    workdays = models.IntegerField("办理期限（工作日）", null=True)
    paper = models.TextField("增加的材料", null=True)
    label = models.TextField("材料名称", null=True)
    ground = models.TextField("依据")
    valid_from = models.DateField("开始")
    valid_until = models.DateField("结束", null=True)

    class Meta:
        db_table = "casework_difference"
        verbose_name = "本地办理要求"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(workdays__gte=1, paper__isnull=True)
                | models.Q(workdays__isnull=True, paper__isnull=False, label__isnull=False),
                name="casework_difference_one_thing",
            ),
        ]
