"""What the house tells who applied: what is lacking, all at once and with a day.

Rule (S4-168 前台业务受理、后台业务审批、前台结果反馈): what an applicant must hand in besides is told him by who
answers for the case, in words meant for him; what those who decide write to each other stays inside.

Invariant: a case waits for one answer at a time; while it waits it lies with the applicant by name.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from renshe.core.casework.held import held, require_editable, require_maker
from renshe.core.casework.models import Case, Notice
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor


def case_supplement(*, actor: Actor, number: str, told: str, due_on: dt.date) -> Case:
    """Give a case back to who applied for it: ``told``: all that he must hand in or correct, until ``due_on``."""
    with declared(actor.context("请申请人补正", case=number)):
        case, kind = held(number)
        require_maker(actor, case, kind)
        require_editable(case)
        if not case.applicant or not told.strip() or due_on <= timezone.localdate():
            raise BusinessError("case.supplement_terms")
        answered(case)
        Notice.objects.create(case=case, kind="supplement", told=told, by=actor.operator, due_on=due_on)
        case.holder, case.due_on = case.applicant, due_on
        case.save(update_fields=["holder", "due_on"])
        return case


def answered(case: Case) -> None:
    """Let what the applicant of ``case`` was asked for be over, inside what is done to it."""
    Notice.objects.filter(case=case, kind="supplement", answered_at=None).update(answered_at=timezone.now())
