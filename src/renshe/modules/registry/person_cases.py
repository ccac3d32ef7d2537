"""Business with people: registered, changed, brought through life, their cards.

Rule (S4-3 统筹城乡: one flow for town and country; S4-22; S4-27; S4-1 一卡通; S3-12): each is a case type; what
changes in the main data of somebody not yet reviewed goes through these, of who was reviewed through the regime of
source 002 (``modifying``). A change of name and identity number together, or of one within a year of the other, is
how one person is made into another: it is checked a second time.

Invariant: every write is an effect, through ``people`` and ``life``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from renshe.core.casework.events import emit
from renshe.core.casework.forms import Item, Problems, item
from renshe.core.casework.models import Case
from renshe.core.casework.types import Paper, Step, Values, case_type
from renshe.core.journal.models import Entry
from renshe.core.registers.tracing import changing
from renshe.modules.registry.cards import card_event, card_now, card_problem
from renshe.modules.registry.life import DEAD, death_revoke, life_begin, life_end, states, transition_problem
from renshe.modules.registry.limits import limit
from renshe.modules.registry.models import CardEvent, Identifier, Person
from renshe.modules.registry.people import CONTACT, MAIN, person_change, person_create, person_held

KEY = ("id_type", "id_number", "name")
RULES = (
    "PER-ID-ROUNDED", "PER-ID-LENGTH", "PER-ID-CHARS", "PER-ID-DATE", "PER-ID-CHECK", "PER-NAME-CHARS", "PER-NATION-ID",
    "PER-SEX-ID", "PER-BIRTH-ID", "PER-BIRTH-FUTURE", "PER-WORK-FUTURE", "PER-WORK-BIRTH", "PER-PHONE",
)  # fmt: skip
_NEEDED = {"id_type", "id_number", "name", "sex", "birth_date"}

PERSON_NO = item("person.person_no", required=True)
GROUND = Item("ground", "依据", required=True, length=500)


def attribute(name: str, *, required: bool = False) -> Item:
    """Return the item that is the attribute ``name`` of a person."""
    if name == "household_kind":
        return Item(name, "户口性质", "code", length=2, codes="household_kind", required=required)
    return item(f"person.{name}", required=required)


def known(values: Values) -> Problems:
    """Find a number that is nobody's."""
    if Person.objects.filter(pk=values["person_no"]).exists():
        return {}
    return {"person_no": "没有此个人编号，请核对"}


def held_of(person_no: str) -> dict[str, Any]:
    """Return what is held of a person, by item: what needs not be asked for again (S4-56)."""
    person = Person.objects.select_related("contact").filter(pk=person_no).first()
    rows = ((person, MAIN), (getattr(person, "contact", None), CONTACT))
    return {name: getattr(row, name) for row, names in rows if row is not None for name in names}


def _free(values: Values) -> Problems:
    """Find an identity number that is somebody's already."""
    held = Identifier.objects.filter(kind=values["id_type"], value=values["id_number"], valid_to=None).first()
    if held is None or held.person_id == values.get("person_no"):
        return {}
    return {"id_number": f"该证件已登记在个人编号 {held.person_id} 名下，请核对；确为同一人的，不需要再登记"}


def _something(values: Values) -> Problems:
    told = [name for name in (*MAIN, *CONTACT) if values.get(name) is not None]
    return {} if told else {"person_no": "没有填写要变更的项目"}


@case_type(
    "registry.person_register",
    "人员登记",
    prefix="RD",
    items=[attribute(name, required=name in _NEEDED) for name in (*MAIN, *CONTACT)],
    rules=RULES,
    checks=[_free],
    workdays=5,
    lead="handling",
    legal="社会保险法第五十八条；社会保险经办条例第十三条",
)
def person_register(case: Case, values: Values) -> None:
    """Register somebody, who is born."""
    person = person_create(case=case, values=values)
    life_begin(case=case, person=person, state="birth", since=person.birth_date, ground="人员登记")
    emit("person.registered", case, person_no=person.pk)
    # Whoever looks for cases of this person finds the one by which he came.
    Case.objects.filter(pk=case.pk).update(person=person.pk)


def both_keys(values: Values) -> bool:
    """Whether the form changes name and identity number both, or one of them within a year of the other's change."""
    asked = {name for name in ("name", "id_number") if values.get(name) is not None}
    if len(asked) == 2:
        return True
    window = dt.timedelta(days=limit("key_window_days"))
    before = Entry.objects.filter(
        person=values["person_no"], table_name="registry_person", operation="U", at__gte=timezone.now() - window
    )
    return any(changing(before, other).exists() for other in {"name", "id_number"} - asked if asked)


@case_type(
    "registry.person_key",
    "人员关键信息变更",
    prefix="RG",
    items=[PERSON_NO, *(attribute(name) for name in KEY), GROUND],
    rules=[one for one in RULES if one.startswith(("PER-ID", "PER-NAME"))],
    checks=[known, _something, _free],
    steps=[
        Step("check", "复核", "registry.person_key.check"),
        Step("second", "二次复核（姓名、证件号码一年内均有变更）", "registry.person_key.second", when=both_keys),
        Step("approve", "审批", "registry.person_key.approve", "approve"),
    ],
    risk="high",
    papers=[Paper("evidence", "变更依据（户籍证明、身份证件）")],
    person="person_no",
    applicants=frozenset({"person"}),
    known=held_of,
    workdays=10,
    lead="handling",
)
def person_key(case: Case, values: Values) -> None:
    """Change by what somebody is known."""
    _change(case, values, KEY)


@case_type(
    "registry.person_change",
    "人员一般信息变更",
    prefix="RB",
    items=[PERSON_NO, *(attribute(name) for name in (*MAIN, *CONTACT) if name not in KEY), GROUND],
    rules=["PER-BIRTH-FUTURE", "PER-WORK-FUTURE", "PER-WORK-BIRTH", "PER-PHONE"],
    checks=[known, _something],
    person="person_no",
    applicants=frozenset({"person"}),
    known=held_of,
    workdays=5,
    lead="handling",
)
def person_ordinary(case: Case, values: Values) -> None:
    """Change what else is known of somebody."""
    _change(case, values, [name for name in (*MAIN, *CONTACT) if name not in KEY])


def _change(case: Case, values: Values, fields: list[str] | tuple[str, ...]) -> None:
    person = person_held(str(values["person_no"]), case)
    told: Mapping[str, Any] = {name: values[name] for name in fields if values[name] is not None}
    person_change(case=case, person=person, values=told)


def _follows(values: Values) -> Problems:
    state = states().get(str(values["state"]))
    person = Person.objects.filter(pk=values["person_no"]).first()
    if state is None or state.name == DEAD or person is None:
        labels = "、".join(f"{one.name}（{one.label}）" for one in states().values() if one.name != DEAD)
        return {} if person is None else {"state": f"状态请填写：{labels}；死亡请办理死亡登记"}
    if values["ends"]:
        return {}
    problem = transition_problem(person, state.name, values["since"])
    return {"state": problem} if problem else {}


@case_type(
    "registry.person_life",
    "人生状态登记",
    prefix="RS",
    items=[
        PERSON_NO,
        Item("state", "状态", required=True, length=20),
        Item("since", "日期", "date", required=True),
        Item("ends", "是否为状态终止（伤残、病患）", "flag"),
        GROUND,
    ],
    checks=[known, _follows],
    person="person_no",
    workdays=5,
)
def person_life(case: Case, values: Values) -> None:
    """Bring somebody into a state of life, or out of one that stands beside others."""
    person = person_held(str(values["person_no"]), case)
    if values["ends"]:
        life_end(case=case, person=person, state=values["state"], until=values["since"])
    else:
        life_begin(case=case, person=person, state=values["state"], since=values["since"], ground=values["ground"])


def _dies(values: Values) -> Problems:
    person = Person.objects.filter(pk=values["person_no"]).first()
    problem = transition_problem(person, DEAD, values["death_date"]) if person else None
    return {"death_date": problem} if problem else {}


@case_type(
    "registry.person_death",
    "死亡登记",
    prefix="RW",
    items=[PERSON_NO, item("person.death_date", required=True), GROUND],
    checks=[known, _dies],
    risk="high",
    papers=[Paper("evidence", "死亡证明或火化证明")],
    person="person_no",
    workdays=5,
    legal="社会保险法第十四条、第十七条",
)
def person_death(case: Case, values: Values) -> None:
    """Register a death: every line does what it declared to follow."""
    person = person_held(str(values["person_no"]), case)
    life_begin(case=case, person=person, state=DEAD, since=values["death_date"], ground=values["ground"])


@case_type(
    "registry.person_revival",
    "死亡撤销",
    prefix="RF",
    items=[PERSON_NO, GROUND],
    checks=[known],
    risk="high",
    papers=[Paper("evidence", "生存证明")],
    person="person_no",
    workdays=5,
)
def person_revival(case: Case, values: Values) -> None:
    """Take back a death that never was."""
    death_revoke(case=case, person=person_held(str(values["person_no"]), case))


def _card(values: Values) -> Problems:
    problem = card_problem(str(values["person_no"]), str(values["number"]), str(values["event"]))
    return {"event": problem} if problem else {}


def card_held(person_no: str) -> dict[str, Any]:
    """Return the number of the card that is somebody's today, by item."""
    now = card_now(person_no)
    return {"number": now.number} if now else {}


@case_type(
    "registry.card",
    "社会保障卡登记",
    prefix="RK",
    items=[
        PERSON_NO,
        Item("number", "卡号", required=True, length=20),
        Item("event", "事项", "choice", required=True, choices=CardEvent.choices),
        Item("new_number", "新卡号（补换）", length=20),
    ],
    checks=[known, _card],
    person="person_no",
    applicants=frozenset({"person"}),
    known=card_held,
    workdays=3,
)
def card(case: Case, values: Values) -> None:
    """Put down what happened to a card."""
    person = person_held(str(values["person_no"]), case)
    card_event(case=case, person=person, number=values["number"], event=values["event"], new=values["new_number"])
