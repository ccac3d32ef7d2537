"""Partners, their keys and agreements, changed by cases and by nothing else.

Rule (issue 7; S3-36 明确交换的内容、渠道和周期): whoever answers for an exchange asks, another checks, a head approves;
what counted before stays as it was and says until when.

Invariant: what an agreement says can be kept to (``packages.terms``); a partner's key is one of its suite.
"""

from __future__ import annotations

import binascii
import datetime as dt
from typing import Any

from django.utils import timezone

from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.models import Case
from renshe.core.casework.types import Values, case_type
from renshe.core.exchange.emergency import MOST_HOURS
from renshe.core.exchange.keys import own_key_draw
from renshe.core.exchange.models import Agreement, Emergency, Key, Partner, Sort
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.exchange.packages.terms import TermsRefused, terms_read
from renshe.core.org.data import settled
from renshe.core.org.models import Operator

SUITES = (("sm", "国密 SM2、SM3、SM4"), ("intl", "Ed25519、SHA-256、AES-256"))
_PURPOSES = (("sign", "签名"), ("seal", "加密"))
_WAYS = ("directory", "sftp", "https")
_CODE = Item("code", "代码", required=True, length=40)
_GROUND = Item("ground", "依据", required=True, length=1000)


def _standing(code: object) -> Partner | None:
    return Partner.objects.filter(code=code, valid_until=None).first()


def _known(values: Values) -> Problems:
    return {} if _standing(values["code"]) else {"code": "没有登记这个交换对方，或者已停用，请核对代码"}


def _partner(values: Values) -> Problems:
    above = values["above"]
    if above and _standing(above) is None:
        return {"above": "没有登记这个上级单位，请核对代码"}
    if not str(values["code"]).replace("-", "").replace("_", "").replace(".", "").isalnum():
        return {"code": "代码只用字母、数字、点和横线"}
    return {}


@case_type(
    "exchange.partner",
    "交换对方登记变更",
    prefix="JH",
    items=[
        _CODE,
        Item("name", "名称", required=True, length=100),
        Item("sort", "类别", "choice", required=True, choices=tuple(Sort.choices)),
        Item("own", "是本方", "flag"),
        Item("above", "上级单位代码", length=40),
        *(Item(f"{way}_address", f"{way} 地址", length=500) for way in _WAYS),
        Item("notify", "通知方式", length=200),
        Item("ended", "停用", "flag"),
        _GROUND,
    ],
    checks=[_partner],
    risk="high",
    lead="information",
)
def partner(case: Case, values: Values) -> None:
    """Register a partner, change what is known of it, or end it."""
    told: dict[str, Any] = {
        "name": values["name"],
        "sort": values["sort"],
        "above": _standing(values["above"]) if values["above"] else None,
        "addresses": {way: values[f"{way}_address"] for way in _WAYS if values[f"{way}_address"]},
        "notify": values["notify"] or "",
        "valid_until": timezone.localdate() if values["ended"] else None,
    }
    new = {
        "region": case.region,
        "own": bool(values["own"]),
        "case_no": case.number,
        "valid_from": timezone.localdate(),
    }
    Partner.objects.update_or_create(code=values["code"], defaults=told, create_defaults={**told, **new})


def _key(values: Values) -> Problems:
    if problems := _known(values):
        return problems
    side = _standing(values["code"])
    if side is not None and side.own:
        return {"public": "本方的密钥由系统生成，不要填写"} if values["public"] else {}
    try:
        public = binascii.unhexlify(str(values["public"] or "").strip())
    except (binascii.Error, ValueError):
        return {"public": "公钥应为十六进制"}
    if not suite(str(values["suite"])).is_key(public):
        return {"public": "不是这种算法的公钥，请对方重新提供"}
    if Key.objects.filter(fingerprint=fingerprint(public)).exists():
        return {"public": "这个密钥已经登记过"}
    return {}


@case_type(
    "exchange.key",
    "交换密钥登记更换",
    prefix="JY",
    items=[
        _CODE,
        Item("suite", "算法", "choice", required=True, choices=SUITES),
        Item("purpose", "用途", "choice", required=True, choices=_PURPOSES),
        Item("public", "公钥（十六进制）", length=200),
        Item("overlap_days", "旧密钥继续有效天数", "int"),
        _GROUND,
    ],
    checks=[_key],
    risk="high",
    lead="information",
)
def key(case: Case, values: Values) -> None:
    """Register a key; those before it of its suite and purpose end, at once or after some days."""
    side = Partner.objects.get(code=values["code"])
    now = timezone.now()
    until = now + dt.timedelta(days=int(values["overlap_days"] or 0))
    before = Key.objects.filter(partner=side, suite=values["suite"], purpose=values["purpose"], valid_until=None)
    before.update(valid_until=until)
    about: dict[str, Any] = {"suite": values["suite"], "purpose": values["purpose"], "case_no": case.number}
    if side.own:
        own_key_draw(side, now, **about)
        return
    public = binascii.unhexlify(str(values["public"]).strip())
    Key.objects.create(partner=side, public=public, fingerprint=fingerprint(public), valid_from=now, **about)


def _agreement(values: Values) -> Problems:
    found: Problems = {}
    own, other = _standing(values["own"]), _standing(values["code"])
    if own is None or not own.own:
        found["own"] = "没有登记这个本方，请核对代码"
    if other is None or other.own:
        found["code"] = "没有登记这个交换对方，或者已停用，请核对代码"
    if values["owner"] not in {one["kind"] for one in settled("departments")}:
        found["owner"] = "请选择责任科室"
    try:
        terms = terms_read(str(values["text"]))
    except TermsRefused as refused:
        return found | {"text": "；".join(refused.problems[:10])}
    if terms.personal and not terms.sealed:
        found["text"] = f"sealed：{'、'.join(terms.personal)}是个人信息，必须加密"
    return found


@case_type(
    "exchange.agreement",
    "交换协议签订变更",
    prefix="XY",
    items=[
        Item("number", "协议编号", required=True, length=40),
        Item("own", "本方代码", required=True, length=40),
        _CODE,
        Item("title", "名称", required=True, length=100),
        Item(
            "owner", "责任科室", "choice", required=True,
            choices=tuple((one["kind"], one["name"]) for one in settled("departments")),
        ),
        Item("text", "协议内容", required=True, length=20_000),
        Item("ended", "终止", "flag"),
        _GROUND,
    ],
    checks=[_agreement],
    risk="high",
    lead="information",
)  # fmt: skip
def agreement(case: Case, values: Values) -> None:
    """Let a new version of an agreement count from now on, or end it."""
    today = timezone.localdate()
    before = Agreement.objects.filter(number=values["number"]).order_by("-version").first()
    Agreement.objects.filter(number=values["number"], valid_until=None).update(valid_until=today)
    if values["ended"]:
        return
    Agreement.objects.create(
        number=values["number"],
        version=before.version + 1 if before else 1,
        own=Partner.objects.get(code=values["own"]),
        partner=Partner.objects.get(code=values["code"]),
        title=values["title"],
        ground=values["ground"],
        owner=values["owner"],
        text=values["text"],
        case_no=case.number,
        valid_from=today,
    )


def _emergency(values: Values) -> Problems:
    person = Operator.objects.filter(number=str(values["person"]), valid_until=None).exists()
    found: Problems = {} if person else {"person": "没有这个工作人员，或者已停用，请核对工号"}
    if not 1 <= int(values["hours"] or 0) <= MOST_HOURS:
        found["hours"] = f"应为 1 到 {MOST_HOURS}"
    return found


@case_type(
    "exchange.emergency",
    "启动应急交换",
    prefix="YJ",
    items=[
        Item("plan", "应急预案", required=True, length=200),
        Item("person", "指定人员（工号）", required=True, length=40),
        Item("hours", "时长（小时）", "int", required=True),
        _GROUND,
    ],
    checks=[_emergency],
    risk="high",
    lead="information",
    legal="002 数据传输：启动应急预案时，应保证信息数据及时发送、接收",
)
def emergency(case: Case, values: Values) -> None:
    """Let a plan be in force, under which one designated person sends and receives."""
    now = timezone.now()
    Emergency.objects.create(
        region=case.region,
        plan=values["plan"],
        person=values["person"],
        case_no=case.number,
        since=now,
        until=now + dt.timedelta(hours=int(values["hours"])),
    )
