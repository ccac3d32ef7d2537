"""Cases of the demo's bureau, in every state that a person brings a case to.

Rule: they are entered, decided and printed by the posts through the services, so that whoever looks at an inbox, a
trace or a document sees what the system itself made. What they tell is invented.

Invariant: put in once, and only into the sample bureau.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from django.utils import timezone
from xlsxwriter import Workbook

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.models import Case, State
from renshe.core.casework.printing import case_print
from renshe.core.casework.services import case_start, case_submit, case_withdraw
from renshe.core.casework.types import find_type
from renshe.core.filing.attachments import attachment_add
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.sample import require_no_other

REGION = "220822"
_MARKS = {"entry": "jb", "check": "fh", "approve": "sp"}


def cases_sample() -> list[tuple[str, str, str]]:
    """Put the cases in, or find them there; return number, name and state of each."""
    require_no_other()
    if not Case.objects.filter(type__startswith="affairs.").exists():
        _disputes()
        _meetings()
    return [
        (one.number, find_type(one.type, one.version).label, State(one.state).label)
        for one in Case.objects.filter(region=REGION, type__startswith="affairs.").order_by("pk")
    ]


def _disputes() -> None:
    """One to be filled in, two on their way, one refused, one done."""
    _begin("affairs.dispute", _dispute("白杨市第一中学", "与白杨一中是否同一单位"), submit=False)
    _begin("affairs.dispute", _dispute("河西县粮食储备库", "改制前后是否同一单位"))
    settled = _begin("affairs.dispute", _dispute("永丰粮店", "已注销单位的欠费由谁承担"))
    _decide(settled, "check", "agree", "两次登记为同一单位")
    refused = _begin("affairs.dispute", _dispute("井台村砖厂", "无营业执照可否登记"))
    _decide(refused, "check", "refuse", "不属于受理范围")
    done = _begin("affairs.dispute", _dispute("柳树镇卫生院", "单位名称与批文不符"))
    _decide(done, "check", "agree", "以批文为准")
    _decide(done, "approve", "agree", "以编制部门批文的名称为准")


def _meetings() -> None:
    """One with a paper, printed and done; one returned, one taken back."""
    held = _begin("affairs.meeting", _meeting("单位名称规范专题会"), submit=False)
    attachment_add(
        actor=_actor("entry"),
        matter=held.number,
        region=REGION,
        kind="signed",
        name="签到表.xlsx",
        content=signed_sheet(),
    )
    held = case_submit(actor=_actor("entry"), number=held.number, seen=held.digest)
    case_print(actor=_actor("entry"), number=held.number)
    _decide(held, "check", "agree", "")
    returned = _begin("affairs.meeting", _meeting("历史账户核对专题会"))
    _decide(returned, "check", "return", "请补充参加人员")
    twice = _begin("affairs.meeting", _meeting("历史账户核对专题会"))
    case_withdraw(actor=_actor("entry"), number=twice.number, reason="重复登记")


def _begin(type: str, form: Mapping[str, Any], *, submit: bool = True) -> Case:
    return case_start(actor=_actor("entry"), type=type, region=REGION, form=form, submit=submit)


def _decide(case: Case, group: str, verdict: str, opinion: str) -> None:
    case_decide(actor=_actor(group), number=case.number, verdict=verdict, seen=case.digest, opinion=opinion)


def _actor(group: str) -> Actor:
    return actor_of(f"{_MARKS[group]}{REGION}")


def _dispute(unit: str, question: str) -> Mapping[str, Any]:
    return {"unit": None, "question": f"{unit}{question}", "proposal": "建议以原始批文为准"}


def _meeting(title: str) -> Mapping[str, Any]:
    return {
        "held_on": timezone.localdate().isoformat(),
        "title": title,
        "participants": "经办、复核、信息管理人员",
        "decision": "按原始资料逐户核对，月底前完成",
    }


def signed_sheet() -> bytes:
    """Return a sheet with who was there."""
    made = BytesIO()
    names: Sequence[str] = ("姓名", "赵晓岚", "钱文博", "孙思远")
    with Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("签到")
        for at, name in enumerate(names):
            sheet.write_string(at, 0, name)
    return made.getvalue()
