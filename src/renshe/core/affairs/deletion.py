"""Deletion of business data: written, approved by the province, restorable.

Rule (S2-65 需要删除的数据,应书面报省局信息中心,经核对批准后方能进行; S2-66): a request names table, rows and ground;
the province agrees last; the effect deletes exactly these, and the journal keeps each row whole.

Invariant: nothing is deleted that something refers to, nor more than was asked for.
"""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.db.models import ProtectedError, RestrictedError

from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case
from renshe.core.casework.types import Step, Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.org.scope import lookups

MOST = 1_000


def deletable() -> dict[str, type[models.Model]]:
    """Return by table the models whose rows may be asked to be deleted: those that say ``deletable``."""
    return {one._meta.db_table: one for one in apps.get_models() if getattr(one, "deletable", False)}


def _keys(values: Values) -> list[str]:
    told = str(values["keys"] or "").replace("，", ",").replace("、", ",").split(",")
    return list(dict.fromkeys(one.strip() for one in told if one.strip()))


def _named(values: Values) -> Problems:
    model = deletable().get(str(values["table"]))
    if model is None:
        return {"table": f"数据表 {values['table']} 的数据不能申请删除，请核对"}
    keys = _keys(values)
    if not keys or len(keys) > MOST:
        return {"keys": f"请填写 1 至 {MOST} 条记录的编号，以逗号分隔"}
    try:
        lacking = len(keys) - model._default_manager.filter(pk__in=keys).count()
    except ValueError:
        return {"keys": "记录编号不正确，请核对"}
    return {"keys": f"有 {lacking} 条记录不存在，请核对编号"} if lacking else {}


@case_type(
    "affairs.deletion",
    "业务数据删除",
    prefix="SC",
    items=[
        Item("table", "数据表", required=True, length=60),
        Item("keys", "记录编号", required=True, length=20_000),
        Item("ground", "删除依据", required=True, length=1000),
    ],
    checks=[_named],
    risk="high",
    steps=[
        Step("check", "业务负责人审核", "affairs.deletion.check"),
        Step("province", "省级信息中心核对批准", "affairs.deletion.province", "approve", level=1),
    ],
    workdays=20,
    legal="业务数据删除须书面报省级信息中心核对批准",
)
def delete(case: Case, values: Values) -> None:
    """Delete the rows; the approval is the case."""
    model = deletable()[str(values["table"])]
    rows = model._default_manager.filter(pk__in=_keys(values))
    inside = {f"{way}__path__startswith": case.region.path for way in lookups(model)}
    if rows.filter(**inside).count() != len(_keys(values)):
        raise BusinessError("org.out_of_scope")
    try:
        rows.delete()
    except (ProtectedError, RestrictedError):
        raise BusinessError("affairs.referred_to") from None
