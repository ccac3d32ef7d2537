"""What is kept of cases.

Rule (S2-10, S4-111): who enters, who checks and who approves are different people. What they decide is a row that is
put in and never changed.

Invariant (held by the database): one person decides once in each round of a case, its maker included; a number is
given once.
"""

from __future__ import annotations

from django.db import models

from renshe.core.org.models import Region


class State(models.TextChoices):
    """Where a case stands."""

    DRAFT = "draft", "草稿"
    OPEN = "open", "办理中"
    RETURNED = "returned", "退回补正"
    DONE = "done", "办结"
    REFUSED = "refused", "不予办理"
    WITHDRAWN = "withdrawn", "撤回"


class Verdict(models.TextChoices):
    """What is decided. Whoever submits decides too: that is how the database knows the maker."""

    SUBMIT = "submit", "提交"
    AGREE = "agree", "同意"
    RETURN = "return", "退回"
    REFUSE = "refuse", "不予办理"


class Case(models.Model):
    """One matter. ``round``: how often it was submitted; ``step``: the decision that it waits for, from 0; ``digest``:
    of what the form says, which every decision repeats; ``failure``: why its effect could not be carried out."""

    scope_region = "region"
    journal_person = "person"
    journal_unit = "unit"

    number = models.TextField("业务编号", unique=True)
    type = models.TextField("业务")
    version = models.IntegerField("版本")
    region = models.ForeignKey(Region, models.PROTECT, verbose_name="地区", related_name="+")
    agency = models.TextField("受理机构")
    maker = models.TextField("经办人")
    channel = models.TextField("渠道")
    state = models.TextField("状态", choices=State, default=State.DRAFT)
    step = models.IntegerField("环节", default=0)
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
        indexes = [
            models.Index(fields=["state", "due_on"], name="casework_case_waiting"),
            models.Index(fields=["maker", "state"], name="casework_case_maker"),
        ]


class Decision(models.Model):
    """What one person decided of a case in one round, upon which form."""

    scope_region = "case__region"

    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
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
        constraints = [
            models.UniqueConstraint(fields=["case", "round", "operator"], name="casework_decision_one_person_once"),
            models.CheckConstraint(
                condition=models.Q(verdict=Verdict.SUBMIT, step__isnull=True)
                | (~models.Q(verdict=Verdict.SUBMIT) & models.Q(step__isnull=False)),
                name="casework_decision_step",
            ),
        ]


class Pause(models.Model):
    """Days that do not count for the time limit (``ends_on`` null: still), or ``days`` that are added to it."""

    scope_region = "case__region"

    case = models.ForeignKey(Case, models.PROTECT, related_name="pauses")
    kind = models.TextField("种类", choices=[("suspend", "中止"), ("extend", "延长")])
    begins_on = models.DateField("开始")
    ends_on = models.DateField("结束", null=True)
    days = models.IntegerField("延长工作日", default=0)
    ground = models.TextField("依据")

    class Meta:
        db_table = "casework_pause"
