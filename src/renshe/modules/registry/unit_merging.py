"""Two unit numbers that are one unit made one, and taken apart again.

Rule (S1-43; S4-30): the accounts of the one go on under the other, none of them as its default; both numbers lead to
the unit. Of each field the kept number's value survives; where it has none, the other's (an empty value never survives
a filled one). The name stays: another is given by its own case, with its evidence.

Invariant: what a merger moved and took is kept with it, and an unmerger puts back exactly that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from renshe.core.casework.events import emit
from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case
from renshe.core.casework.types import Paper, Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.modules.registry.merge_conditions import Obstacle
from renshe.modules.registry.merging import FieldChoice, Preview
from renshe.modules.registry.models import Account, Unit, UnitMerged
from renshe.modules.registry.people import writer_of
from renshe.modules.registry.units import BASE, unit_held, unit_write, units
from renshe.standards import dictionary
from renshe.standards.identity import is_valid_uscc
from renshe.standards.masks import mask_value

_OLD = Item("old_no", "并入的单位编号", required=True, length=20, source="unit.unit_no")
_KEPT = Item("unit_no", "保留的单位编号", required=True, length=20, source="unit.unit_no")
_GROUND = Item("ground", "依据", required=True, length=500)
_SOURCE = "GB 32100-2015；社会保险费征缴暂行条例 第八条"


def unit_merge_preview(*, actor: Actor, old_unit: str, kept_unit: str) -> Preview:
    """Return what merging number ``old_unit`` into ``kept_unit`` would do, and what stands against it; masked."""
    found = []
    for number in (old_unit, kept_unit):
        if (one := units(actor).filter(pk=number).first()) is None:
            raise BusinessError("registry.no_such_unit", unit=number)
        found.append(one)
    first, second = found
    return Preview([_masked(one) for one in choices_of(first, second)], obstacles(first, second))


def choices_of(old: Unit, kept: Unit) -> list[FieldChoice]:
    """Return of each field in which two units differ what survives."""
    table = dictionary.table("unit")
    pairs = [(name, getattr(old, name), getattr(kept, name)) for name in ("name", *BASE)]
    return [
        FieldChoice(
            name,
            table.field(name).label,
            one,
            other,
            not other,
            "保留编号没有此项" if not other else "保留编号的值",
            False,
        )
        for name, one, other in pairs
        if one and one != other
    ]


def obstacles(old: Unit, kept: Unit) -> list[Obstacle]:
    """Return what stands against making ``old`` and ``kept`` one."""
    found = []
    if old.pk == kept.pk or UnitMerged.objects.filter(old__in=[old, kept], undone_case=None).exists():
        found.append(
            Obstacle("registry.unit_merged", "两个编号相同，或其中一个已并入其他编号", _SOURCE, "请用保留的编号办理")
        )
    if len({one.uscc for one in (old, kept) if is_valid_uscc(one.uscc)}) > 1:
        remedy = "不是同一单位；代码有误的，请先核对更正"
        found.append(Obstacle("registry.two_uscc", "两个单位的统一社会信用代码有效而不同", _SOURCE, remedy))
    return found


def _mergeable(values: Values) -> Problems:
    found = Unit.objects.in_bulk([str(values["old_no"]), str(values["unit_no"])])
    pair = [found.get(str(values[name])) for name in ("old_no", "unit_no")]
    if None in pair:
        return {"old_no": "没有其中一个单位编号，请核对"}
    told = "；".join(f"{one.title}，{one.remedy}" for one in obstacles(*(one for one in pair if one)))
    return {"old_no": told} if told else {}


@case_type(
    "registry.unit_merge",
    "单位合并",
    prefix="DH",
    items=[_OLD, _KEPT, _GROUND],
    checks=[_mergeable],
    risk="high",
    papers=[Paper("evidence", "同一单位的证明材料")],
    unit="unit_no",
    workdays=10,
)
def unit_merge(case: Case, values: Values) -> None:
    """Make two unit numbers one."""
    held = {number: unit_held(number, case) for number in sorted([str(values["old_no"]), str(values["unit_no"])])}
    old, kept = held[str(values["old_no"])], held[str(values["unit_no"])]
    taken = {one.field: one.old for one in choices_of(old, kept) if one.takes_old}
    accounts = Account.objects.filter(unit=old)
    moved = [[number, default] for number, default in accounts.values_list("number", "default")]
    accounts.update(unit=kept, default=False)
    unit_write(actor=writer_of(case), unit=kept, values=taken)
    UnitMerged.objects.create(old=old, kept=kept, case_no=case.number, moved=moved, taken=taken)
    emit("unit.merged", case, old_no=old.pk, kept_no=kept.pk)


def _undoable(values: Values) -> Problems:
    found = UnitMerged.objects.filter(old=str(values["old_no"]), undone_case=None).first()
    if found is None:
        return {"old_no": "该编号没有并入其他编号，不需要撤销；请核对"}
    if UnitMerged.objects.filter(old=found.kept_id, undone_case=None).exists():
        return {"old_no": "保留的编号后来又并入其他编号，请先撤销那一次合并"}
    return {}


@case_type(
    "registry.unit_unmerge",
    "撤销单位合并",
    prefix="DC",
    items=[_OLD, _GROUND],
    checks=[_undoable],
    risk="high",
    papers=[Paper("evidence", "不是同一单位的证明材料")],
    unit="old_no",
    workdays=10,
)
def unit_unmerge(case: Case, values: Values) -> None:
    """Take apart what was made one."""
    merged = UnitMerged.objects.select_for_update().get(old=str(values["old_no"]), undone_case=None)
    kept = unit_held(merged.kept_id, case)
    merged.undone_case, merged.undone_at = case.number, timezone.now()
    merged.save(update_fields=["undone_case", "undone_at"])
    # What was written since then stays as it was written.
    back: Mapping[str, Any] = {name: None for name, value in merged.taken.items() if getattr(kept, name) == value}
    unit_write(actor=writer_of(case), unit=kept, values=back)
    for number, default in merged.moved:
        Account.objects.filter(number=number).update(unit=merged.old, default=default)
    emit("unit.unmerged", case, old_no=merged.old_id, kept_no=merged.kept_id)


def _masked(one: FieldChoice) -> FieldChoice:
    old, kept = (None if told is None else mask_value("unit", one.field, told) for told in (one.old, one.kept))
    return replace(one, old=old, kept=kept)
