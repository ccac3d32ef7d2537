"""Applications that approve what others then carry out: clean-up, putting back what was deleted, letting papers go.

Rule (S2-66; 半年数据清理): business asks, another checks, a head approves; the information centre carries out just what
was named. Who carries out has approved nothing, and who approves carries nothing out.

Invariant: an application approves the things that its form names, and only once it is done.
"""

from __future__ import annotations

from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case, State
from renshe.core.casework.types import Values, case_type
from renshe.core.journal.vouching import vouches
from renshe.core.org.approvals import Approval, says_approved

_ITEMS = [
    Item("things", "编号", required=True, length=4000),
    Item("ground", "依据", required=True, length=1000),
]


def _things(told: object) -> set[int]:
    parts = str(told or "").replace("，", ",").replace("、", ",").split(",")
    return {int(one) for one in parts if one.strip().isdecimal()}


def _named(values: Values) -> Problems:
    return {} if _things(values["things"]) else {"things": "请填写编号，以逗号分隔"}


@case_type("affairs.clean_up", "过期、冗余数据清理申请", prefix="QL", items=_ITEMS, checks=[_named], risk="high")
def clean_up(case: Case, values: Values) -> None:
    """Approve the deletion of the candidates that are named."""


@case_type("affairs.restoration", "已删除数据恢复申请", prefix="HF", items=_ITEMS, checks=[_named], risk="high")
def restoration(case: Case, values: Values) -> None:
    """Approve that the rows whose deletions are named are put back."""


@case_type("affairs.release", "材料解除留存申请", prefix="JC", items=_ITEMS, checks=[_named], risk="high")
def release(case: Case, values: Values) -> None:
    """Approve that the papers that are named are let go: the change that rested on them was taken back."""


# The database knows of what kind the finished application must be; which things it names, only the service asks.
_DONE = "EXISTS (SELECT FROM casework_case k WHERE k.number = asked AND k.state = 'done' AND k.type = '{}')"
vouches(_DONE.format("affairs.clean_up"), "deletion")
vouches(_DONE.format("affairs.release"), "release")


@says_approved
def _of_cases(number: str, what: str) -> Approval | None:
    """Return what the finished case ``number`` approves."""
    named = Case.objects.select_related("region").filter(state=State.DONE, type=f"affairs.{what}")
    done = None if "\x00" in number else named.filter(number=number).first()
    return Approval(_things(done.form.get("things")), done.region.path) if done else None
