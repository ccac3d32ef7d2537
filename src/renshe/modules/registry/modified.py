"""What was entered in closed data, held against what was asked for, and closed again.

Rule (002 五 (三) 1–2; S2-44, S2-45): the person designated hands in what was changed; the head of the business checks
the journal against the request. Extra or missing changes block the signature; what is right is closed again, and the
request is printed with all who signed it, for the volume of the month (S2-38, S2-47).

Invariant: a request ends only when the journal, since the unsealing, says exactly what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from renshe.core.casework.events import emit
from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case, Decision, Verdict
from renshe.core.casework.types import Step, Values, case_type, find_type
from renshe.core.errors import BusinessError
from renshe.core.filing.documents import document_make
from renshe.core.filing.forms import CHANGE_REQUEST
from renshe.core.filing.models import Attachment, Document
from renshe.core.journal.closing import rows_close
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor, actor_standing
from renshe.core.org.models import Agency, Operator
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.registers.comparing import Change, Differences, business_tables, changes_against, folded
from renshe.core.registers.tracing import masked
from renshe.modules.registry.models import Identifier, Modification, Person
from renshe.modules.registry.modifying import TABLE, UNSEAL, UPPER, approved
from renshe.modules.registry.people import DERIVED
from renshe.modules.registry.person_cases import PERSON_NO, attribute
from renshe.modules.registry.selectors import QUERY

_OWN = (Modification._meta.db_table,)
"""Tables in which the request itself is kept."""


def _entered(values: Values) -> Problems:
    # It is handed in inside the service that enters it, which writes so at its end.
    found = Modification.objects.filter(case_no=values["request"], person=values["person_no"], closed_at=None).first()
    return {} if found and found.expires_at else {"request": "没有已解封的修改申请，请核对"}


@case_type(
    "registry.modified",
    "业务数据修改核对",
    prefix="XH",
    items=[PERSON_NO, Item("request", "申请业务编号", required=True, length=60)],
    checks=[_entered],
    steps=[Step("check", "业务负责人核对修改日志", "registry.modified.check", level=UPPER)],
    person="person_no",
    workdays=3,
    channels=frozenset(("event",)),
    legal="养老保险数据管理制度 五（三）",
)
def modified(case: Case, values: Values) -> None:
    """Find the journal right, close the row again, print the request."""
    found = (
        Modification.objects.select_for_update(of=("self",))
        .select_related("person__region")
        .get(case_no=values["request"])
    )
    if case.number != found.check_no:
        raise BusinessError("registry.no_modification", number=found.case_no)
    asker = Case.objects.get(number=found.case_no)
    checker = case.decisions.filter(round=case.round, verdict=Verdict.AGREE).get()
    apart = {*asker.makers, found.designated, found.unsealed_by, found.designated_by}
    if apart & {checker.operator, checker.on_behalf} - {None}:
        raise BusinessError("case.same_person", step="核对修改日志")
    _require_right(found)
    rows_close(table=TABLE, keys=[found.person_id])
    found.closed_at = timezone.now()
    found.save(update_fields=["closed_at"])
    emit("person.changed", case, person_no=found.person_id, fields=[name for name, _, _ in found.changes])
    _print(case, found, asker, checker)


def _require_right(found: Modification) -> None:
    wrong = differences(found)
    if wrong.none:
        return
    labels = {
        "多改": [one.field for one in wrong.extra],
        "漏改": [one.field for one in wrong.missing],
        "改得不同": [one.field for one, _ in wrong.different],
    }
    told = "；".join(f"{kind}：{'、'.join(map(_label, fields))}" for kind, fields in labels.items() if fields)
    raise BusinessError("registry.log_differs", told=told)


def differences(found: Modification) -> Differences:
    """Return in what the journal since the unsealing differs from what ``found`` asks for."""
    return changes_against(asked(found), made(found))


def asked(found: Modification) -> list[Change]:
    """Return the changes that a request asks for."""
    return [Change(TABLE, found.person_id, name, old, new) for name, old, new in found.changes]


def made(found: Modification) -> list[Change]:
    """Return what was changed since the unsealing: by the request's number anywhere, in the row by anybody; without
    what follows by itself from what was asked for."""
    rows = Entry.objects.filter(
        Q(case_no=found.case_no) | Q(table_name=TABLE, key=found.person_id),
        pk__gt=found.from_entry or 0,
        table_name__in=[one for one in business_tables() if one not in _OWN],
    )
    names = {name for name, _, _ in found.changes}
    follows = {one for name in names for one in DERIVED.get(name, ())}
    kept = [one for one in rows.order_by("pk") if not (names & {"id_number", "id_type"} and _documents(one, found))]
    return folded(kept, technical=frozenset({"id", *follows}))


def _documents(entry: Entry, found: Modification) -> bool:
    """Whether ``entry`` lets the person's documents follow the number that was asked for."""
    if entry.table_name != Identifier._meta.db_table or entry.person != found.person_id:
        return False
    numbers = {value for name, *both in found.changes if name == "id_number" for value in both}
    numbers |= {Person.objects.values_list("id_number", flat=True).get(pk=found.person_id)}
    return (entry.after or entry.before or {}).get("value") in numbers


def modification_abandon(*, actor: Actor, number: str, reason: str) -> Modification:
    """Close again what request ``number`` had unsealed, or would have, where nothing was changed: by who unseals."""
    if not reason.strip():
        raise BusinessError("org.reason_missing")
    with declared(actor.context(f"申请不再办理：{reason}", case=number, approval=number)):
        found = approved(number)
        require(actor, UNSEAL, found.person.region)
        if found.from_entry is not None:
            if made(found):
                raise BusinessError("registry.changed_already", number=number)
            rows_close(table=TABLE, keys=[found.person_id])
        found.closed_at = timezone.now()
        found.save(update_fields=["closed_at"])
        return found


@dataclass(frozen=True, slots=True)
class Log:
    """A request and what the journal says was done, masked, as the head of the business holds them together."""

    modification: Modification
    asked: Sequence[Change]
    made: Sequence[Change]
    right: bool


def modifications(actor: Actor) -> QuerySet[Modification]:
    """Return the requests, of people whom ``actor`` may look at, that are on their way, the oldest first."""
    return Scope(actor, QUERY).filter(Modification.objects.filter(closed_at=None)).order_by("pk")


def modification_log(*, actor: Actor, number: str) -> Log:
    """Return what request ``number`` asked for and what was done."""
    try:
        found = Scope(actor, QUERY).get(Modification.objects.select_related("person"), case_no=number)
    except Modification.DoesNotExist:
        raise BusinessError("registry.no_modification", number=number) from None
    return Log(found, _masked(asked(found)), _masked(made(found)), differences(found).none)


def _masked(changes: Iterable[Change]) -> list[Change]:
    return [
        Change(one.table, one.key, one.field, *(masked("person", one.field, value) for value in (one.old, one.new)))
        for one in changes
    ]


def _print(case: Case, found: Modification, asker: Case, checker: Decision) -> Document:
    """Issue the request with all who signed it; it belongs to the case in which it ended, and to the month of that."""
    person = Person.objects.get(pk=found.person_id)
    agency = Agency.objects.filter(number=asker.agency).values_list("name", flat=True).first()
    papers = Attachment.objects.filter(matter=asker.number, state=Attachment.State.ATTACHED).order_by("pk")
    data: Mapping[str, Any] = {
        "matter": asker.number,
        "unit": agency,
        "applied_on": str(timezone.localdate(asker.submitted_at)),
        "person": person.name,
        "person_no": person.pk,
        "id_number": person.id_number,
        "changes": [
            {"table": str(Person._meta.verbose_name), "field": _label(name), "before": old, "after": new}
            for name, old, new in found.changes
        ],
        "reason": asker.form["ground"],
        "papers": [one.name for one in papers],
        "signatures": _signatures(asker, found, checker),
    }
    actor = actor_standing(checker.operator, terminal=None)
    return document_make(
        actor=actor,
        name=CHANGE_REQUEST.name,
        region=person.region_id,
        data=data,
        matter=case.number,
        person=person.pk,
    )


def _signatures(asker: Case, found: Modification, checker: Decision) -> dict[str, dict[str, str]]:
    signed: dict[str, dict[str, str]] = {}
    names = ["applicant", *(step.name for step in find_type(asker.type, asker.version).steps)]
    for one in asker.decisions.filter(round=asker.round).order_by("pk"):
        at = 0 if one.step is None else one.step + 1
        signed[names[at]] = _signed(one.operator, str(timezone.localdate(one.at)), one.opinion)
    assert found.entered_at is not None and found.unsealed_at is not None
    signed["information"] = _signed(found.unsealed_by or "", str(timezone.localdate(found.unsealed_at)), "已解封")
    signed["editor"] = _signed(found.designated, str(timezone.localdate(found.entered_at)), "修改完成")
    signed["checked"] = _signed(checker.operator, str(timezone.localdate(checker.at)), checker.opinion or "核对无误")
    return signed


def _signed(operator: str, on: str, said: str) -> dict[str, str]:
    name = Operator.objects.filter(number=operator).values_list("name", flat=True).first() or operator
    return {"name": name, "date": on, "said": said}


def _label(name: str) -> str:
    try:
        return attribute(name).label
    except KeyError:
        return name
