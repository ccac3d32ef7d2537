"""States of life: which may follow which, and what the lines do for who is in one.

Rule (S4-27 出生、入学、就业、失业(无业)、伤残、病患、养老、死亡; S4-28; S4-29): the states, their transitions and the
operations that apply are data (``life.yaml``). A case brings somebody into a state; what it sets off elsewhere other
lines subscribe to.

Invariant: nobody comes into a state that may not follow what stands; who is dead comes into none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import yaml
from django.db.models import QuerySet
from django.utils import timezone

from renshe.core.casework.events import emit
from renshe.core.casework.models import Case
from renshe.core.errors import BusinessError
from renshe.modules.registry.models import Life, Person

DEAD, BIRTH = "dead", "birth"


@dataclass(frozen=True, slots=True)
class State:
    """One state of life, as ``life.yaml`` tells it."""

    name: str
    label: str
    after: tuple[str, ...]
    ends: tuple[str, ...]
    beside: bool = False
    age: int = 0
    operations: Mapping[str, Sequence[str]] = field(default_factory=dict)


@cache
def states() -> Mapping[str, State]:
    """Return the states of life by name, in the order of a life."""
    told = yaml.safe_load(resources.files(__package__).joinpath("life.yaml").read_text("utf-8"))
    return {
        name: State(name, **{**one, "after": tuple(one["after"]), "ends": tuple(one["ends"])})
        for name, one in told.items()
    }


def lives_of(person_no: str) -> QuerySet[Life]:
    """Return the states that a person came into, the first first; none that was found never to have been."""
    return Life.objects.filter(person=person_no, void=None).order_by("since", "pk")


def states_now(person_no: str) -> list[str]:
    """Return the states in which a person is."""
    return list(lives_of(person_no).filter(until=None).values_list("state", flat=True))


def operations_now(person_no: str) -> dict[str, list[str]]:
    """Return by area what the lines do for a person as he stands (S4-28)."""
    found: dict[str, list[str]] = {}
    for name in states_now(person_no):
        for area, labels in states()[name].operations.items():
            found[area] = [*found.get(area, []), *(one for one in labels if one not in found.get(area, []))]
    return found


def transition_problem(person: Person, state: str, since: dt.date) -> str | None:
    """Return, in Chinese, why ``person`` cannot come into ``state`` on that day; None where he can."""
    coming, before = states()[state], list(lives_of(person.pk))
    standing = {one.state for one in before if one.until is None}
    if DEAD in standing:
        return "已登记死亡，不能再登记其他状态；登记有误的，请先办理死亡撤销"
    if state in standing:
        return f"已在“{coming.label}”状态，不需要重复登记"
    if before and not {one.state for one in before} & set(coming.after):
        labels = "、".join(states()[one].label for one in coming.after) or "无"
        return f"“{coming.label}”之前应有：{labels}；请先补登之前的状态"
    if since > timezone.localdate():
        return "开始日期不能晚于今天，请核对"
    if since < _birthday(person.birth_date, coming.age):
        return f"开始日期早于{f'年满 {coming.age} 周岁' if coming.age else '出生日期'}，请核对"
    later = [one for one in before if one.until is None and one.state in coming.ends and one.since > since]
    if later:
        return f"“{states()[later[0].state].label}”自 {later[0].since} 开始，晚于所填日期；请核对"
    return None


def life_begin(*, case: Case, person: Person, state: str, since: dt.date, ground: str) -> Life:
    """Bring ``person`` into ``state`` as the effect of ``case``: what it ends, ends; others are told."""
    if problem := transition_problem(person, state, since):
        raise BusinessError("registry.life", why=problem)
    ended = lives_of(person.pk).filter(until=None, state__in=states()[state].ends)
    for one in ended:
        one.until, one.ended_by = since, case.number
        one.save(update_fields=["until", "ended_by"])
    made = Life.objects.create(person=person, state=state, since=since, ground=ground, case_no=case.number)
    emit("person.life_changed", case, person_no=person.pk, state=state, since=since)
    if state == DEAD:
        emit("person.died", case, person_no=person.pk, died_on=since)
    return made


def life_end(*, case: Case, person: Person, state: str, until: dt.date) -> None:
    """End a state that stands beside others (康复), as the effect of ``case``."""
    standing = lives_of(person.pk).filter(until=None, state=state).first()
    if standing is None or not states()[state].beside or not standing.since <= until <= timezone.localdate():
        raise BusinessError("registry.life", why="只有正在伤残或病患状态的可以终止，日期应在开始之后、今天之前；请核对")
    standing.until, standing.ended_by = until, case.number
    standing.save(update_fields=["until", "ended_by"])
    emit("person.life_changed", case, person_no=person.pk, state=state, until=until)


def death_revoke(*, case: Case, person: Person) -> None:
    """Take back a death that never was, as the effect of ``case``: what it had ended stands again."""
    dead = lives_of(person.pk).filter(until=None, state=DEAD).first()
    if dead is None:
        raise BusinessError("registry.life", why="没有登记死亡，不需要撤销；请核对个人编号")
    dead.void = case.number
    dead.save(update_fields=["void"])
    for one in lives_of(person.pk).filter(ended_by=dead.case_no):
        one.until = one.ended_by = None
        one.save(update_fields=["until", "ended_by"])
    emit("person.revived", case, person_no=person.pk)


def _birthday(born: dt.date, age: int) -> dt.date:
    # Who was born on 29 February comes of age on 1 March.
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return dt.date(born.year + age, 3, 1)
