"""Business with units: registered, changed, named, split into accounts, deleted.

Rule (S0-38 随时进行添加,并报信息(中心)备案; S0-29; S0-36 没有发生业务关系的原则上可以删除; S4-30 to S4-34): each is a
case type. A unit is deleted only where no line has to do with it; it is kept whole beforehand, and the province agrees.

Invariant: every write is an effect, through ``units``; what refers to a unit keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from renshe.core.casework.events import emit
from renshe.core.casework.forms import Item, Problems, item
from renshe.core.casework.models import Case, State
from renshe.core.casework.types import Paper, Step, Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.filing.models import Attachment
from renshe.modules.registry.models import (
    Account,
    Filing,
    NameSource,
    OldNumber,
    Unit,
    UnitMerged,
    UnitName,
    UnitSnapshot,
)
from renshe.modules.registry.people import writer_of
from renshe.modules.registry.units import (
    BASE,
    account_open,
    accounts_of,
    plain_rows,
    unit_create,
    unit_held,
    unit_rename,
    unit_write,
)

_RULES = ("UNI-NAME-CHARS", "UNI-USCC-LENGTH", "UNI-USCC-CHARS", "UNI-USCC-CHECK")
_UNIT_NO = item("unit.unit_no", required=True)
_GROUND = Item("ground", "依据", required=True, length=500)
_SOURCE = Item("name_source", "名称依据", "choice", required=True, choices=NameSource.choices)
_SEEN = Paper("evidence", "加盖单位公章的材料、营业执照或批文", lambda values: values["name_source"] != "provisional")
_BASE = [item(f"unit.{name}", required=name == "unit_type") for name in BASE]

Refers = Callable[[str], bool]
_REFER: dict[str, Refers] = {}


def refers(label: str) -> Callable[[Refers], Refers]:
    """Let the function that this decorates say whether a line (``label``, in Chinese) has to do with a unit."""

    def declare(asked: Refers) -> Refers:
        if _REFER.setdefault(label, asked) is not asked:
            raise ValueError(f"{label} is declared twice")
        return asked

    return declare


def unit_known(values: Values) -> Problems:
    """Find a number that is no unit's."""
    there = Unit.objects.filter(pk=values["unit_no"]).exists()
    return {} if there else {"unit_no": "没有此单位编号，请核对"}


def _held_of(unit_no: str) -> dict[str, Any]:
    """Return what is held of a unit, by item (S4-56)."""
    unit = Unit.objects.filter(pk=unit_no).first()
    return {name: getattr(unit, name) for name in ("name", "name_source", *BASE)} if unit else {}


def _coded(values: Values) -> Problems:
    code = values["uscc"]
    if code is None:
        return {}
    holder = Unit.objects.filter(uscc=code).exclude(pk=str(values.get("unit_no") or "")).first()
    return {"uscc": f"该代码已登记在单位编号 {holder.pk} 名下，请核对"} if holder else {}


def _evidence(case: Case) -> str | None:
    there = Attachment.objects.filter(matter=case.number, kind="evidence", state=Attachment.State.ATTACHED)
    return there.order_by("pk").values_list("digest", flat=True).first()


@case_type(
    "registry.unit_register",
    "单位登记",
    prefix="DD",
    items=[item("unit.name", required=True), _SOURCE, *_BASE],
    rules=_RULES,
    checks=[_coded],
    papers=[_SEEN],
    workdays=5,
    lead="handling",
    legal="社会保险法第五十七条",
)
def unit_register(case: Case, values: Values) -> None:
    """Register a unit and file it with the information centre."""
    unit = unit_create(case=case, values=values, evidence=_evidence(case))
    Case.objects.filter(pk=case.pk).update(unit=unit.pk)
    emit("unit.registered", case, unit_no=unit.pk)


@case_type(
    "registry.unit_change",
    "单位信息变更",
    prefix="DB",
    items=[_UNIT_NO, *(item(f"unit.{name}", required=False) for name in BASE), _GROUND],
    rules=_RULES[1:],
    checks=[unit_known, _coded],
    unit="unit_no",
    applicants=frozenset({"unit"}),
    known=_held_of,
    workdays=5,
    lead="handling",
)
def unit_change(case: Case, values: Values) -> None:
    """Change base data."""
    unit = unit_held(str(values["unit_no"]), case)
    told: dict[str, Any] = {name: values[name] for name in BASE if values[name] is not None}
    changed = unit_write(actor=writer_of(case), unit=unit, values=told)
    emit("unit.changed", case, unit_no=unit.pk, fields=changed)


@case_type(
    "registry.unit_name",
    "单位名称变更",
    prefix="DM",
    items=[_UNIT_NO, item("unit.name", required=True), _SOURCE, _GROUND],
    rules=_RULES[:1],
    checks=[unit_known],
    papers=[_SEEN],
    unit="unit_no",
    applicants=frozenset({"unit"}),
    known=_held_of,
    workdays=5,
)
def unit_name(case: Case, values: Values) -> None:
    """Change a name, or what it rests on."""
    unit = unit_held(str(values["unit_no"]), case)
    unit_rename(unit=unit, name=str(values["name"]), source=str(values["name_source"]), evidence=_evidence(case))
    emit("unit.changed", case, unit_no=unit.pk, fields=["name", "name_source"])


def _alone(values: Values) -> Problems:
    if bool(values["system"]) != bool(values["old_unit_no"]):
        return {"system": "原系统和原单位编号须同时填写"}
    if not (values["scheme"] or values["branch"] or values["old_unit_no"]):
        return {"scheme": "请填写险种、分支机构或原单位编号"}
    taken = OldNumber.objects.filter(system=values["system"], value=values["old_unit_no"]).exists()
    return {"old_unit_no": "该原编号已登记在其他账户名下，请核对"} if taken else {}


@case_type(
    "registry.unit_account",
    "单位业务账户设立",
    prefix="DZ",
    items=[
        _UNIT_NO,
        Item("scheme", "险种或业务", length=40),
        Item("branch", "分支机构", length=100),
        Item("system", "原系统", length=40),
        item("unit.old_unit_no", label="原单位编号"),
        _GROUND,
    ],
    checks=[unit_known, _alone],
    unit="unit_no",
    workdays=5,
)
def unit_account(case: Case, values: Values) -> None:
    """Open one more account of a scheme or branch, or keep the number by which an older system knew the default one."""
    unit = unit_held(str(values["unit_no"]), case)
    if values["scheme"] or values["branch"]:
        account = account_open(case=case, unit=unit, scheme=values["scheme"], branch=values["branch"])
    else:
        account = accounts_of(unit.pk).filter(default=True, valid_to=None).get()
    if values["old_unit_no"]:
        OldNumber.objects.create(account=account, system=values["system"], value=values["old_unit_no"])


@refers("已办结或在办的业务")
def _cases(unit_no: str) -> bool:
    own = ("registry.unit_register", "registry.unit_delete")
    return Case.objects.filter(unit=unit_no).exclude(type__in=own).exclude(state=State.WITHDRAWN).exists()


@refers("单位合并")
def _mergers(unit_no: str) -> bool:
    return UnitMerged.objects.filter(old=unit_no).exists() or UnitMerged.objects.filter(kept=unit_no).exists()


def _unused(values: Values) -> Problems:
    found = [label for label, asked in _REFER.items() if asked(str(values["unit_no"]))]
    return {"unit_no": f"该单位已有{'、'.join(found)}，不能删除；请改为注销或合并"} if found else {}


@case_type(
    "registry.unit_delete",
    "单位删除",
    prefix="DS",
    items=[_UNIT_NO, _GROUND],
    checks=[unit_known, _unused],
    steps=[
        Step("check", "业务负责人审核", "registry.unit_delete.check"),
        Step("province", "省级信息中心核对批准", "registry.unit_delete.province", "approve", level=1),
    ],
    risk="high",
    unit="unit_no",
    workdays=20,
    legal="没有发生业务关系的原则上可以删除；删除须书面报省级信息中心核对批准",
)
def unit_delete(case: Case, values: Values) -> None:
    """Keep a unit whole as it stands, then delete it."""
    unit = unit_held(str(values["unit_no"]), case)
    if problems := _unused(values):
        raise BusinessError("case.problems", problems=problems["unit_no"])
    accounts = Account.objects.filter(unit=unit)
    parts = (OldNumber.objects.filter(account__in=accounts), accounts, UnitName.objects.filter(unit=unit),
             Filing.objects.filter(unit_no=unit.pk), Unit.objects.filter(pk=unit.pk))  # fmt: skip
    rows = {part.model._meta.db_table: plain_rows(part) for part in parts}
    UnitSnapshot.objects.create(unit_no=unit.pk, region=unit.region, case_no=case.number, rows=rows)
    emit("unit.deleted", case, unit_no=unit.pk)
    for part in parts:
        part.delete()
