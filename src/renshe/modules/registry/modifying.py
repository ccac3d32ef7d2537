"""Closed data changed by the regime of source 002: asked for, approved, unsealed, entered by one designated person.

Rule (002 五 (一)–(三); S2-37 to S2-43): who wants closed data changed hands in the 《业务数据修改申请表》 with the old
and the new evidence; the head of the applicant's unit confirms; at the upper (city) agency the head of the business
checks and the head of the agency approves, who designates the one person that enters. The lead of the information
system unseals the fields that were asked for, for that person, for days. What was entered is checked in ``modified``.

Invariant: whoever confirms, checks, approves, unseals and enters are different people; what was not asked for cannot
be entered, and nobody else can enter it: the database refuses as well.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Max
from django.utils import timezone

from renshe.core.casework.delegating import stands_in_for
from renshe.core.casework.forms import Item, Problems, item, read
from renshe.core.casework.held import held, not_there, problems_of, require_here, require_state
from renshe.core.casework.models import Case, State, Verdict
from renshe.core.casework.ruling import judge
from renshe.core.casework.services import case_start, case_submit
from renshe.core.casework.types import Paper, Step, Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.journal.closing import row_open
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry, SealedRow
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.models import Region
from renshe.core.org.operations import Operation, declare
from renshe.core.org.rights import may, require
from renshe.modules.registry.limits import limit
from renshe.modules.registry.models import Modification, Person
from renshe.modules.registry.people import DERIVED, MAIN, person_held, person_write
from renshe.modules.registry.person_cases import GROUND, PERSON_NO, RULES, attribute, known

UPPER = 2
"""The level of the agencies that approve: the city's."""
UNSEAL, CHECK_TYPE = "registry.unseal", "registry.modified"
declare(Operation(UNSEAL, "解封业务数据", "admin", frozenset({UPPER})))
DIRECTOR = 2
TABLE = Person._meta.db_table


def _both(name: str) -> list[Item]:
    """Return the items of one field: what stands, and what shall stand."""
    known_as = attribute(name)
    source = f"person.{name}"
    return [
        item(source, name=f"old_{name}", label=f"原{known_as.label}", required=False),
        item(source, name=f"new_{name}", label=f"{known_as.label}修改为", required=False),
    ]


def asked_for(values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return by field what the form says stands, and what shall stand."""
    told = {name: (values[f"old_{name}"], values[f"new_{name}"]) for name in MAIN}
    return {name: pair for name, pair in told.items() if pair[1] is not None}


def _changes(values: Values) -> Problems:
    person = Person.objects.filter(pk=values["person_no"]).first()
    asked = asked_for(values)
    if person is None:
        return {}
    if not asked:
        return {"person_no": "没有填写要修改的项目"}
    if not SealedRow.objects.filter(table_name=TABLE, key=person.pk).exists():
        return {"person_no": "该人员的主要数据尚未封存，请按信息变更办理"}
    if Modification.objects.filter(person=person, closed_at=None, approved_at__isnull=False).exists():
        return {"person_no": "该人员另有未完成的修改申请，请等其核对封存后再申请"}
    found: Problems = {}
    for name, (old, new) in asked.items():
        if old != getattr(person, name):
            found[f"old_{name}"] = f"所填的原{attribute(name).label}与库中数据不符，请核对"
        elif old == new:
            found[f"new_{name}"] = f"{attribute(name).label}没有变化，不需要修改"
    return found


def _resulting(values: Values) -> Problems:
    """Judge the person as he would stand."""
    person = Person.objects.filter(pk=values["person_no"]).first()
    if person is None:
        return {}
    row = {name: getattr(person, name) for name in MAIN} | {name: new for name, (_, new) in asked_for(values).items()}
    return {f"new_{field}": told for field, told in judge([attribute(name) for name in MAIN], RULES, row).items()}


@case_type(
    "registry.modify",
    "业务数据修改申请",
    prefix="XG",
    items=[PERSON_NO, *(one for name in MAIN for one in _both(name)), GROUND],
    checks=[known, _changes, _resulting],
    steps=[
        Step("head", "申请单位负责人确认", "registry.modify.head", "approve"),
        Step("business", "上级机构业务负责人审核", "registry.modify.business", "check", level=UPPER),
        Step("director", "上级机构负责人审批", "registry.modify.director", "approve", level=UPPER),
    ],
    risk="high",
    papers=[Paper("original", "原输入数据的档案资料"), Paper("evidence", "新修改数据的档案资料")],
    person="person_no",
    workdays=10,
    legal="养老保险数据管理制度 五（一）（二）",
)
def modify(case: Case, values: Values) -> None:
    """Approve the change, for the person whom the head of the upper agency designated."""
    found = Modification.objects.filter(case_no=case.number, digest=case.digest).first()
    last = case.decisions.filter(round=case.round, verdict=Verdict.AGREE).order_by("pk").last()
    if found is None or last is None or found.designated_by != last.operator:
        raise BusinessError("registry.designate_first")
    asked = asked_for(values)
    found.changes = [[name, _plain(old), _plain(new)] for name, (old, new) in asked.items()]
    found.approved_at = timezone.now()
    found.save(update_fields=["changes", "approved_at"])


def modification_designate(*, actor: Actor, number: str, operator: str, seen: str) -> Modification:
    """Designate who shall enter what the request ``number`` asks for: by who is about to approve it, of the form
    ``seen`` (its digest)."""
    with declared(actor.context("指定修改人", case=number)):
        case, kind = held(number)
        step = kind.steps[DIRECTOR] if case.type == "registry.modify" else None
        if step is None:
            raise not_there(number)
        if stands_in_for(actor, step, case) is None:
            require_here(actor, step.operation, case)
        require_state(case, State.OPEN)
        if case.step != DIRECTOR or seen != case.digest:
            raise BusinessError("case.changed_meanwhile", number=number)
        had = hands(case)
        if actor.operator in had:
            raise BusinessError("case.same_person", step=step.label)
        _require_fit(operator, case, {*had, actor.operator})
        made, _ = Modification.objects.update_or_create(
            case_no=number,
            defaults={
                "digest": case.digest,
                "person_id": str(case.person),
                "designated": operator,
                "designated_by": actor.operator,
            },
        )
        return made


def modification_unseal(*, actor: Actor, number: str, days: int = 1) -> Modification:
    """Unseal what the approved request ``number`` asks for, for the person designated, for ``days``."""
    with declared(actor.context("解封业务数据", case=number, approval=number)):
        found = approved(number)
        require(actor, UNSEAL, found.person.region)
        case = Case.objects.get(number=number)
        if actor.operator in {*hands(case), found.designated}:
            raise BusinessError("case.same_person", step="解封")
        if not 1 <= days <= limit("unsealed_days"):
            raise BusinessError("registry.unseal_days", most=limit("unsealed_days"))
        if found.expires_at is not None and found.expires_at > timezone.now():
            raise BusinessError("registry.unsealed_already", number=number)
        # From here on nobody else changes the row before this ends: later entries have later numbers.
        person = person_held(found.person_id)
        found.unsealed_by, found.unsealed_at = actor.operator, timezone.now()
        found.expires_at = found.unsealed_at + dt.timedelta(days=days)
        found.from_entry = found.from_entry or Entry.objects.aggregate(last=Max("pk"))["last"] or 0
        found.save(update_fields=["unsealed_by", "unsealed_at", "expires_at", "from_entry"])
        fields = [name for name, _, _ in found.changes]
        fields += [one for name in fields for one in DERIVED.get(name, ())]
        row_open(table=TABLE, key=person.pk, fields=fields, operator=found.designated, until=found.expires_at)
        return found


def modification_enter(*, actor: Actor, number: str, values: Mapping[str, Any]) -> Case:
    """Enter the ``values`` (as a form has them) that the request ``number`` asks for, as the person designated, and
    hand what was done in to be checked; return the case of the check."""
    with declared(actor.context("按申请表修改业务数据", case=number, approval=number)):
        found = approved(number)
        if found.designated != actor.operator:
            raise BusinessError("registry.not_designated")
        if found.expires_at is None or found.expires_at <= timezone.now():
            raise BusinessError("registry.not_unsealed")
        names = [name for name, _, _ in found.changes]
        if not values or not set(values) <= set(names):
            raise BusinessError("registry.not_asked", fields="、".join(attribute(name).label for name in names))
        filled = read([attribute(name) for name in names if name in values], values)
        if filled.problems:
            raise problems_of(filled.problems)
        person_write(actor=actor, person=person_held(found.person_id), values=filled.values)
        found.entered_at = timezone.now()
        check = _hand_in(actor, found)
        found.check_no = check.number
        found.save(update_fields=["entered_at", "check_no"])
        return check


def hands(case: Case) -> set[str]:
    """Return everybody who had a hand in ``case``, deputies and those for whom they stood."""
    had = {*case.makers, case.maker or ""}
    for operator, absent in case.decisions.filter(round=case.round).values_list("operator", "on_behalf"):
        had |= {operator, absent or ""}
    return had - {""}


def _hand_in(actor: Actor, found: Modification) -> Case:
    if found.check_no is None:
        form = {"person_no": found.person_id, "request": found.case_no}
        region = found.person.region_id
        return case_start(actor=actor, type=CHECK_TYPE, region=region, form=form, channel="event", submit=True)
    check = Case.objects.get(number=found.check_no)
    if check.state in (State.REFUSED, State.WITHDRAWN):
        found.check_no = None
        return _hand_in(actor, found)
    require_state(check, State.RETURNED)
    return case_submit(actor=actor, number=check.number, seen=check.digest)


def approved(number: str) -> Modification:
    """Return the request ``number``, approved and not closed, which nobody else changes until the transaction ends."""
    rows = Modification.objects.select_for_update(of=("self",)).select_related("person__region")
    found = rows.filter(case_no=number, approved_at__isnull=False).first()
    if found is None or found.closed_at is not None:
        raise BusinessError("registry.no_modification", number=number)
    return found


def _require_fit(operator: str, case: Case, had: set[str]) -> None:
    """Refuse to designate who had a hand in the request, is of no upper agency, or may not enter there."""
    if operator in had:
        raise BusinessError("case.same_person", step="修改")
    taker = actor_of(operator)
    upper = Region.objects.get(pk=taker.region).level <= UPPER
    if not upper or not may(taker, f"{CHECK_TYPE}.enter", case.region):
        raise BusinessError("case.assign_whom", number=operator)


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)
