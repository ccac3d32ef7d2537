"""Main data closed (封存) once they were reviewed.

Rule (002 四 (一) 3 新增人员按月…送业务负责人审核; S2-37): what was entered up to a month, and reviewed, is closed by a
case of high risk; from then on it changes by the regime of source 002 alone (``modifying``).

Invariant: what is closed are rows of the case's region and below; how people are reached stays open.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef
from django.utils import timezone

from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case
from renshe.core.casework.types import Values, case_type
from renshe.core.journal.closing import rows_close
from renshe.core.journal.models import SealedRow
from renshe.core.org.rights import within
from renshe.modules.registry.models import Person

_BLOCK = 20_000


def _over(values: Values) -> Problems:
    month = str(values["month"])
    return {"month": "该月尚未结束，请在月末后封存"} if _next_month(month) > timezone.localdate() else {}


@case_type(
    "registry.seal",
    "人员主要数据封存",
    prefix="FC",
    items=[
        Item("month", "登记截止月份", "month", required=True),
        Item("ground", "审核依据", required=True, length=500),
    ],
    checks=[_over],
    risk="high",
    workdays=10,
    legal="养老保险数据管理制度 四、五：审核后的主要业务数据予以封存",
)
def seal(case: Case, values: Values) -> None:
    """Close what was registered up to the month and is open."""
    table = Person._meta.db_table
    closed = SealedRow.objects.filter(table_name=table, key=OuterRef("person_no"))
    people = Person.objects.filter(
        within(case.region.path, prefix="region__"), registered_on__lt=_next_month(str(values["month"]))
    )
    keys = list(people.filter(~Exists(closed)).values_list("person_no", flat=True))
    for at in range(0, len(keys), _BLOCK):
        rows_close(table=table, keys=keys[at : at + _BLOCK])


def _next_month(month: str) -> dt.date:
    year, at = int(month[:4]), int(month[4:])
    return dt.date(year + at // 12, at % 12 + 1, 1)
